//! Floor 1: written to spoken and back, zh and en: numbers, reading aloud, pinyin, finding personal data in text.
//! Knows no audio and no dialplan.
