//! Floor 1: written to spoken and back, zh and en: numbers, reading aloud, pinyin, finding personal data in text.
//! Knows no audio and no dialplan.

mod aloud;
mod amount;
mod answers;
mod calendar;
mod checks;
mod choosing;
mod corrections;
mod digits;
mod en;
mod expected;
mod found;
mod ipa;
mod masking;
mod normalizing;
mod pinyin;
mod reading;
mod scripts;
mod slots;
mod sounding;
mod spelled;
mod yes_no;
mod zh;

pub use aloud::read_aloud;
pub use digits::{digit_words, digits_from_speech};
pub use expected::expected_words;
pub use ipa::to_ipa;
pub use masking::{mask, mask_number, mask_turns};
pub use normalizing::normalize;
pub use pinyin::to_pinyin;
pub use reading::{read_date, read_digits, read_integer, read_money, read_time, spell};
pub use scripts::by_voice;
pub use slots::{Fit, FoundSlot, Origin, Reading, SlotForm, SoFar, Surroundings, find_in_sentence, read_slot};
pub use spelled::pointing_words;
pub use yes_no::{YesNo, yes_or_no};
