//! Floor 3: what is wrong with a correct dialplan: overlap, dead ends, words that cannot be heard.
//! Knows no model and no call.
