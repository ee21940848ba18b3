//! A trained matcher as bytes, and back: only what learning found. Everything else is made again from the examples, so that a matcher can
//! never speak of other examples than those it was given.

use super::calibration::Calibration;
use super::matcher::Matcher;
use super::model::Model;
use super::{Example, Stage};

/// What every file begins with.
const MARK: &[u8; 8] = b"bellhop1";

impl Matcher {
    /// Writes what was learnt, to be given to [`Matcher::from_bytes`] with the same examples and the same version of the program.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MARK.to_vec();
        out.extend(self.fingerprint().to_le_bytes());
        self.calibration.write(&mut out);
        self.model.write(&mut out);
        let sum = checksum(&out);
        out.extend(sum.to_le_bytes());
        out
    }

    /// Makes a matcher of examples and of what was learnt from them; `None` where the bytes are broken or belong to other examples.
    #[must_use]
    pub fn from_bytes(examples: &[Example], bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk::<8>()?;
        if u64::from_le_bytes(*sum) != checksum(body) {
            return None;
        }
        let (fingerprint, body) = body.strip_prefix(MARK)?.split_first_chunk::<8>()?;
        let mut input = Numbers(body);
        let (mut matcher, learnt_from) = Self::with_examples(examples, &mut |_: Stage| {});
        if u64::from_le_bytes(*fingerprint) != matcher.fingerprint() {
            return None;
        }
        matcher.calibration = Calibration::read(&mut input)?;
        matcher.model = Model::read(&learnt_from.texts, &learnt_from.of, matcher.intents.len(), &mut input)?;
        input.0.is_empty().then_some(matcher)
    }

    /// Of the examples learnt from.
    fn fingerprint(&self) -> u64 {
        let parts = self.examples.iter().flat_map(|example| [example.text.as_str(), self.intents[example.intent].as_str()]);
        parts.fold(0, |sum, part| checksum(&[&sum.to_le_bytes(), part.as_bytes()].concat()))
    }
}

/// Numbers to be read one after the other.
pub(super) struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    pub(super) fn count(&mut self) -> Option<usize> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        usize::try_from(u64::from_le_bytes(*head)).ok()
    }

    pub(super) fn double(&mut self) -> Option<f64> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(f64::from_le_bytes(*head)).filter(|number| number.is_finite())
    }

    /// Reads as many numbers as are expected.
    pub(super) fn floats(&mut self, expected: usize) -> Option<Vec<f32>> {
        let length = self.count().filter(|length| *length == expected)?;
        let (head, rest) = self.0.split_at_checked(length.checked_mul(4)?)?;
        self.0 = rest;
        let (numbers, _) = head.as_chunks::<4>();
        let numbers: Vec<f32> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        numbers.iter().all(|number| number.is_finite()).then_some(numbers)
    }
}

pub(super) fn write_count(out: &mut Vec<u8>, count: usize) {
    out.extend((count as u64).to_le_bytes());
}

pub(super) fn write_floats(out: &mut Vec<u8>, numbers: &[f32]) {
    write_count(out, numbers.len());
    out.reserve(numbers.len() * 4);
    for number in numbers {
        out.extend(number.to_le_bytes());
    }
}

/// Notices what a disk or a cut did to the bytes; no seal against malice.
fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    let sum = words.iter().fold(0xcbf2_9ce4_8422_2325, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(mix(sum, bytes.len() as u64), |sum, byte| mix(sum, u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::super::Context;
    use super::*;

    fn examples(count: usize) -> Vec<Example> {
        let (verbs, things) = (["查", "退", "换", "催", "取消", "开"], ["订单", "奶粉", "发票", "积分", "快递", "地址", "运费", "会员"]);
        let all = verbs.iter().flat_map(|verb| things.iter().map(move |thing| (*verb, *thing)));
        let turned = all.clone().map(|(verb, thing)| Example::new(verb, format!("我想{verb}一下{thing}")));
        let asked = all.clone().map(|(verb, thing)| Example::new(verb, format!("{thing}怎么{verb}")));
        (0..).flat_map(|_| turned.clone().chain(asked.clone())).take(count).collect()
    }

    #[test]
    fn what_was_learnt_comes_back_as_it_was() {
        for count in [0, 1, 48, 96, 450] {
            let examples = examples(count);
            let matcher = Matcher::train(&examples);
            let again = Matcher::from_bytes(&examples, &matcher.to_bytes()).unwrap_or_else(|| panic!("{count} examples"));
            assert_eq!((again.asked(), again.human_intent()), (matcher.asked(), matcher.human_intent()));
            for said in ["奶粉想退", "查一下订单到哪了", "转人工", "今天天气", ""] {
                let ask = |of: &Matcher| of.understand(&[(said, 1.0)], Context::default());
                assert_eq!(ask(&again), ask(&matcher), "{count} {said}");
            }
        }
    }

    #[test]
    fn broken_or_foreign_bytes_are_refused() {
        let examples = examples(96);
        let bytes = Matcher::train(&examples).to_bytes();
        assert!(Matcher::from_bytes(&examples[..90], &bytes).is_none(), "other examples");
        for length in [0, 1, 7, 8, 16, 24, bytes.len() / 2, bytes.len() - 1] {
            assert!(Matcher::from_bytes(&examples, &bytes[..length]).is_none(), "cut at {length}");
        }
        for at in [0, 9, 100, bytes.len() / 2, bytes.len() - 1] {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert!(Matcher::from_bytes(&examples, &other).is_none(), "changed at {at}");
        }
        assert!(Matcher::from_bytes(&examples, &[bytes.as_slice(), b"more"].concat()).is_none());
    }
}
