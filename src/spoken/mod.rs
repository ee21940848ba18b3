//! Floor 1: written to spoken and back, zh and en: numbers, reading aloud, pinyin, finding personal data in text.
//! Knows no audio and no dialplan.

mod digits;
mod masking;
mod pinyin;
mod reading;

pub use digits::digits_from_speech;
pub use masking::{mask, mask_number};
pub use pinyin::to_pinyin;
pub use reading::{read_aloud, read_date, read_digits, read_integer, read_money, read_time, spell};
