//! Talk of other things: what people say on the phone that no hotline is meant by. Only for learning what is out of scope.

use std::sync::LazyLock;

use super::features::{Row, Vocabulary, alike};
use super::text::{Unit, units};
use super::views::View;

const CHINESE: &str = include_str!("lexicon/background-zh.txt");
const ENGLISH: &str = include_str!("lexicon/background-en.txt");

/// Lists sentences of no hotline's business, Chinese and English.
pub(super) fn background() -> impl Iterator<Item = &'static str> {
    CHINESE.lines().chain(ENGLISH.lines()).filter(|line| !line.is_empty())
}

/// The sentences in their own n-grams.
static ALL: LazyLock<(Vocabulary, Vec<Row>)> = LazyLock::new(|| {
    let texts: Vec<Vec<Unit>> = background().map(units).collect();
    let (vocabulary, seen) = Vocabulary::learn(View::Written, &texts);
    (vocabulary, seen.into_iter().map(|seen| seen.row).collect())
});

/// How like one of these sentences a text is, 0 to 1; what none of them knows makes it less so.
pub(super) fn like_background(said: &[Unit]) -> f32 {
    let (vocabulary, rows) = &*ALL;
    let seen = vocabulary.see(said);
    let mut laid_out = vec![0.0; vocabulary.size()];
    seen.row.iter().for_each(|(place, weight)| laid_out[*place as usize] = *weight);
    rows.iter().map(|row| alike(&laid_out, row)).fold(0.0, f32::max) * seen.coverage.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn talk_of_other_things_is_like_itself_and_business_is_not() {
        assert!(like_background(&units("帮我把窗帘拉开一点")) > 0.7);
        assert!(like_background(&units("my dog keeps barking")) > 0.4);
        assert!(like_background(&units("我要退货退款")) < 0.31);
        assert!(like_background(&[]) < 0.01);
    }
}
