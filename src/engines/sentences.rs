//! A text in pieces that can be spoken one after the other: the first is heard while the next is made. Knows no engine.

/// A piece may be so long, in characters, before it is cut at a comma, and so long before it is cut anywhere.
const LONG: usize = 120;
const LONGEST: usize = 240;
/// A shorter piece joins the next: an engine says a word alone with a tune of its own.
const SHORT: usize = 4;

/// Silence after a piece, in samples at 8 kHz.
const AFTER_SENTENCE: usize = 2000;
const AFTER_COMMA: usize = 1000;

/// A piece and the silence after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) text: String,
    pub(super) pause: usize,
}

/// Cuts a text into sentences; what holds nothing that can be said is left out.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut pieces: Vec<Sentence> = Vec::new();
    let mut piece = String::new();
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c }).peekable();
    let mut length = 0;
    while let Some(c) = characters.next() {
        piece.push(c);
        length += 1;
        let ends = matches!(c, '。' | '！' | '？' | '!' | '?' | '；' | '…')
            || (matches!(c, '.' | ';') && characters.peek().is_none_or(|next| next.is_whitespace()));
        let rests = matches!(c, '，' | '、' | ',' | '：' | ':') && characters.peek().is_none_or(|next| !next.is_ascii_digit());
        let closes = characters.peek().is_some_and(|next| matches!(next, '”' | '」' | '）' | ')' | '"' | '。' | '！' | '？' | '…'));
        let pause = if ends && length >= SHORT && !closes {
            AFTER_SENTENCE
        } else if rests && length >= LONG {
            AFTER_COMMA
        } else if length >= LONGEST
            && !(c.is_ascii_alphanumeric() && characters.peek().is_some_and(char::is_ascii_alphanumeric) && length < 2 * LONGEST)
        {
            0
        } else {
            continue;
        };
        length = 0;
        pieces.push(Sentence { text: std::mem::take(&mut piece), pause });
    }
    pieces.push(Sentence { text: piece, pause: 0 });
    pieces.retain(|piece| piece.text.chars().any(char::is_alphanumeric));
    for piece in &mut pieces {
        piece.text = piece.text.trim().to_owned();
    }
    if let Some(last) = pieces.last_mut() {
        last.pause = 0;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        sentences(text).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn a_text_is_cut_where_a_sentence_ends_and_nowhere_in_a_number_or_name() {
        assert_eq!(cut("您好。请问有什么可以帮您？"), ["您好。请问有什么可以帮您？"]);
        assert_eq!(cut("您的订单已发货。预计明天到！还有别的吗"), ["您的订单已发货。", "预计明天到！", "还有别的吗"]);
        assert_eq!(cut("It costs 3.50 dollars. Do you want it?"), ["It costs 3.50 dollars.", "Do you want it?"]);
        assert_eq!(cut("他说：“马上到。”然后走了。"), ["他说：“马上到。”然后走了。"]);
        assert_eq!(cut("请稍等……马上好"), ["请稍等……", "马上好"]);
    }

    #[test]
    fn what_cannot_be_said_is_no_piece() {
        for text in ["", " \n\t", "……！？", "😀😀", "\u{0}\u{7}"] {
            assert_eq!(cut(text), Vec::<String>::new(), "{text:?}");
        }
        assert_eq!(sentences("好的，马上。😀"), [Sentence { text: "好的，马上。".into(), pause: 0 }]);
    }

    #[test]
    fn a_text_without_end_is_cut_all_the_same_and_loses_nothing() {
        for text in ["一二三四五六七八九十，".repeat(400), "字".repeat(4000), "word ".repeat(900), "x".repeat(4000)] {
            let pieces = cut(&text);
            assert!(pieces.iter().all(|piece| piece.chars().count() <= 2 * LONGEST), "{:?}", pieces[0]);
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
            assert_eq!(pieces.iter().map(|piece| letters(piece)).sum::<usize>(), letters(&text));
        }
    }
}
