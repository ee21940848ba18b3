//! A recogniser that makes mistakes: so many of the characters (Chinese) or words (English) are heard as what sounds alike, left out, or
//! doubled by a noise. Other readings are right in some places where the best is wrong, and wrong in some where it is right.

use bellhop::base::Rng;
use bellhop::intent::{Mistakes, misheard};

/// Of a hundred mistakes with digits and English words: heard as something else, left out; of all: a noise put in.
const SUBSTITUTED: u64 = 75;
const PUT_IN: u64 = 10;
/// In how many of a hundred places where the best reading is wrong another reading is right.
const RIGHT_ELSEWHERE: u64 = 35;
/// What is put in.
const NOISES: &[&str] = &["嗯", "啊", "的", "了", "呃", "那"];
const NOISE_WORDS: &[&str] = &["uh", "the", "a", "and", "um", "so"];
/// Digits that are taken for one another, and what they are taken for that is none.
const DIGITS: &[(&str, &str, &str)] = &[
    ("一", "七", "以"),
    ("幺", "六", "要"),
    ("二", "八", "而"),
    ("三", "四", "山"),
    ("四", "十", "是"),
    ("五", "二", "无"),
    ("六", "九", "留"),
    ("七", "一", "其"),
    ("八", "七", "吧"),
    ("九", "六", "就"),
    ("零", "六", "林"),
    ("one", "nine", "won"),
    ("two", "three", "to"),
    ("three", "two", "free"),
    ("four", "five", "for"),
    ("five", "nine", "fine"),
    ("six", "eight", "sick"),
    ("seven", "eleven", "heaven"),
    ("eight", "six", "ate"),
    ("nine", "five", "mine"),
    ("zero", "seven", "hero"),
];

/// How it hears.
pub struct Recogniser {
    rng: Rng,
    /// Mistakes in a hundred characters or words.
    percent: u64,
    /// Readings it gives.
    readings: usize,
    words: Vec<String>,
}

/// A character or word as it was said, and as it is heard.
type Heard = (String, String);

impl Recogniser {
    /// Makes one that knows these English words besides the common Chinese characters.
    pub fn new(seed: u64, percent: u64, readings: usize, words: Vec<String>) -> Self {
        Self { rng: Rng::seeded(seed), percent, readings, words }
    }

    /// Hears words: readings with their confidence, best first.
    pub fn hear(&mut self, said: &str) -> Vec<(String, f32)> {
        let best = self.mishear(said);
        let text = |of: &[Heard]| joined(said, of.iter().map(|(_, heard)| heard.as_str()));
        let mut readings = vec![(text(&best), 1.0)];
        for _ in 1..self.readings {
            let share = readings.last().map_or(1.0, |(_, share)| *share) * (0.1 + 0.8 * self.rng.unit() as f32);
            let mut other: Vec<Heard> = Vec::new();
            for (said, heard) in &best {
                // Where another reading goes its own way it errs half as often as the best.
                let errs = said == heard && self.rng.below(200) < self.percent;
                let right = said != heard && self.rng.below(100) < RIGHT_ELSEWHERE;
                let heard = if errs {
                    self.like(said)
                } else if right {
                    said.clone()
                } else {
                    heard.clone()
                };
                other.push((said.clone(), heard));
            }
            let other = text(&other);
            match readings.iter_mut().find(|(known, _)| *known == other) {
                Some((_, sure)) => *sure += share,
                None => readings.push((other, share)),
            }
        }
        let all: f32 = readings.iter().map(|(_, share)| share).sum();
        for (_, share) in &mut readings {
            *share /= all;
        }
        readings
    }

    fn mishear(&mut self, said: &str) -> Vec<Heard> {
        let mut heard = Vec::new();
        for unit in units(said) {
            if self.rng.below(100) >= self.percent {
                heard.push((unit.clone(), unit));
                continue;
            }
            if self.rng.below(100) < PUT_IN {
                let noises = if unit.is_ascii() { NOISE_WORDS } else { NOISES };
                heard.push((unit.clone(), unit));
                heard.push((String::new(), noises[self.rng.below(noises.len() as u64) as usize].to_owned()));
            } else {
                let other = self.like(&unit);
                heard.push((unit, other));
            }
        }
        heard
    }

    /// What a character or word is taken for; nothing where it is not heard at all.
    fn like(&mut self, unit: &str) -> String {
        let is_digit = DIGITS.iter().any(|(digit, ..)| *digit == unit);
        if !unit.is_ascii() && !is_digit {
            return misheard(unit, 100.0, Mistakes::Heard, &mut self.rng);
        }
        if self.rng.below(100) >= SUBSTITUTED {
            return String::new();
        }
        if let Some((_, digit, other)) = DIGITS.iter().find(|(digit, ..)| *digit == unit) {
            return if self.rng.below(2) == 0 { (*digit).to_owned() } else { (*other).to_owned() };
        }
        let key = skeleton(unit);
        let mut near: Vec<(f64, &String)> = self
            .words
            .iter()
            .filter(|word| *word != unit)
            .map(|word| (strsim::normalized_levenshtein(&key, &skeleton(word)) + 0.5 * strsim::normalized_levenshtein(unit, word), word))
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let among = near.len().min(5) as u64;
        near.get(self.rng.below(among) as usize).map_or_else(String::new, |(_, word)| (*word).clone())
    }
}

/// Chinese characters one by one, other words whole.
fn units(said: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    let mut goes_on = false;
    for sign in said.chars() {
        let in_word = sign.is_ascii_alphanumeric() || sign == '\'';
        if in_word && goes_on {
            units.last_mut().unwrap().push(sign);
        } else if sign.is_alphanumeric() {
            units.push(sign.to_string());
        }
        goes_on = in_word;
    }
    units
}

fn joined<'a>(said: &str, units: impl Iterator<Item = &'a str>) -> String {
    let units: Vec<&str> = units.filter(|unit| !unit.is_empty()).collect();
    units.join(if said.is_ascii() { " " } else { "" })
}

/// An English word by the sounds that carry it.
fn skeleton(word: &str) -> String {
    let mut key = String::new();
    for sign in word.chars() {
        let sound = match sign {
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' if key.is_empty() => 'a',
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'h' | 'w' | '\'' => continue,
            'b' | 'p' => 'b',
            'c' | 'k' | 'g' | 'q' | 'x' | 'j' => 'k',
            'd' | 't' => 't',
            'f' | 'v' => 'f',
            's' | 'z' => 's',
            'm' | 'n' => 'n',
            other => other,
        };
        if !key.ends_with(sound) {
            key.push(sound);
        }
    }
    key
}

#[test]
fn as_many_mistakes_are_made_as_were_asked_for() {
    let words: Vec<String> = ["card", "court", "cart", "lost", "last", "list", "balance", "ballot"].map(str::to_owned).into();
    for (said, percent) in [("我的快递好几天都没有动了", 20), ("my card is lost", 30), ("一二三四五六七八", 10), ("查一下订单", 0)]
    {
        let mut ear = Recogniser::new(5, percent, 3, words.clone());
        let (mut wrong, mut all) = (0, 0);
        for _ in 0..500 {
            let heard = ear.mishear(said);
            wrong += heard.iter().filter(|(said, heard)| said != heard).count();
            all += units(said).len();
        }
        let share = wrong as f64 * 100.0 / all as f64;
        assert!((share - percent as f64).abs() < 2.0, "{said}: {share} instead of {percent}");
    }
    let mut ear = Recogniser::new(1, 0, 3, words);
    assert_eq!(ear.hear("查一下订单").len(), 1, "what is heard right has one reading");
}
