//! The last guard before storage: facts arrive masked; should one not be, no phone, ID or card number in it gets further.

use crate::call::{TapEvent, TapWhat};

/// Masks whatever still looks like a phone, ID or card number in a fact's words.
pub(super) fn guard(event: &mut TapEvent) {
    let words = match &mut event.what {
        TapWhat::Said { text, .. }
        | TapWhat::Hearing { text, .. }
        | TapWhat::Amended { text, .. }
        | TapWhat::Keys { text }
        | TapWhat::Note { text }
        | TapWhat::Unknown { text, .. }
        | TapWhat::Message { text } => text,
        TapWhat::Slot { value, .. } | TapWhat::Survey { score: value, .. } => value,
        TapWhat::Began { caller, .. } => caller,
        TapWhat::Answered
        | TapWhat::Caller { .. }
        | TapWhat::Intent { .. }
        | TapWhat::LookedUp { .. }
        | TapWhat::Queued { .. }
        | TapWhat::Offered { .. }
        | TapWhat::Bridged { .. }
        | TapWhat::CallbackPromised { .. }
        | TapWhat::Recorded { .. }
        | TapWhat::Sent { .. }
        | TapWhat::Ticket { .. }
        | TapWhat::Remembered { .. }
        | TapWhat::Mood { .. }
        | TapWhat::LetDown { .. }
        | TapWhat::Ended { .. } => return,
    };
    if let Some(masked) = masked(words) {
        tracing::warn!(at = event.t, "a fact arrived unmasked and was masked before storage");
        *words = masked;
    }
}

/// Returns the text with such numbers masked, or nothing if it holds none. Single spaces and hyphens may part the digits.
fn masked(text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut out = letters.clone();
    let mut run: Vec<usize> = Vec::new();
    let mut found = false;
    for place in 0..=letters.len() {
        let letter = letters.get(place).copied();
        if letter.is_some_and(|letter| letter.is_ascii_digit()) {
            run.push(place);
        } else if !(matches!(letter, Some(' ' | '-')) && run.last().is_some_and(|last| last + 1 == place)) {
            if is_personal(&run, &letters) {
                found = true;
                let hidden = run.len() - 7;
                run.iter().skip(3).take(hidden).for_each(|place| out[*place] = '*');
            }
            run.clear();
        }
    }
    found.then(|| out.into_iter().collect())
}

/// A mobile number, with or without 86 before it, or an ID or card number of 15 to 19 digits.
fn is_personal(run: &[usize], letters: &[char]) -> bool {
    let digits: String = run.iter().map(|place| letters[*place]).collect();
    let mobile = digits.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(&digits);
    let is_mobile = mobile.len() == 11 && mobile.starts_with('1') && mobile.as_bytes()[1] >= b'3';
    is_mobile || (15..=19).contains(&digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_id_and_card_numbers_are_masked_and_others_stay() {
        let check = |text: &str, expected: &str| assert_eq!(masked(text).as_deref().unwrap_or(text), expected);
        check("打13800001234找我", "打138****1234找我");
        check("138 0000 1234", "138 **** 1234");
        check("138-0000-1234。", "138-****-1234。");
        check("+8613800001234", "+861******1234");
        check("身份证110101199003078888", "身份证110***********8888");
        check("卡号6222 0200 1234 5678 901", "卡号622* **** **** ***8 901");
        check("订单20261234", "订单20261234");
        check("2026-11-21 15:30", "2026-11-21 15:30");
        check("138****1234", "138****1234");
        check("", "");
    }
}
