//! Reads what a caller says or keys as a slot's value.

use jiff::civil::Date;

use super::answers::{Answer, answered, slot_value};
use super::walk::Walk;
use crate::base::Language;
use crate::dialplan::SlotType;
use crate::spoken::{Fit, Origin, Reading, SlotForm, SoFar, Surroundings, find_in_sentence, read_slot};

impl Walk {
    /// Reads an n-best list as a slot's value, best reading first.
    pub(super) fn read(&self, name: &str, heard: &[(&str, f32)], so_far: SoFar<'_>) -> Vec<Reading> {
        let Some(kind) = self.plan.slots.get(name).map(|slot| &slot.kind) else { return Vec::new() };
        let one = |value: String, confidence: f32| Reading { value, confidence, fit: Fit::Whole, origin: Origin::Said };
        match kind {
            SlotType::YesNo => {
                let word = |answer| if answer == Answer::Yes { "yes" } else { "no" };
                let found = heard.iter().find_map(|(text, confidence)| Some(one(word(answered(text)?).to_owned(), *confidence)));
                found.into_iter().collect()
            }
            SlotType::Text { .. } => {
                heard.iter().filter(|(text, _)| !text.trim().is_empty()).map(|(text, sure)| one(text.trim().to_owned(), *sure)).collect()
            }
            kind => {
                let earlier = self.earlier(kind);
                let readings = form_of(kind).map(|form| read_slot(&form, heard, &self.surroundings(so_far, &earlier))).unwrap_or_default();
                if readings.is_empty() {
                    let own = heard.iter().find_map(|(text, confidence)| Some(one(slot_value(kind, text, self.language)?, *confidence)));
                    return own.into_iter().collect();
                }
                readings
            }
        }
    }

    /// Finds values of these slots in what was said along with something else.
    pub(super) fn find(&self, names: &[String], heard: &[(&str, f32)]) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        let kinds: Vec<(&String, &SlotType)> = names.iter().filter_map(|name| Some((name, &self.plan.slots.get(name)?.kind))).collect();
        let (with_form, forms): (Vec<&String>, Vec<SlotForm<'_>>) =
            kinds.iter().filter_map(|(name, kind)| Some((*name, form_of(kind)?))).unzip();
        for one in find_in_sentence(&forms, heard, &self.surroundings(SoFar::Nothing, &[])) {
            if one.reading.origin != Origin::Pointed {
                found.push((with_form[one.form].clone(), one.reading.value));
            }
        }
        for (name, kind) in kinds {
            let is_choice = matches!(kind, SlotType::Choice(_));
            if is_choice
                && !found.iter().any(|(known, _)| known == name)
                && let Some(value) = heard.iter().find_map(|(text, _)| slot_value(kind, text, self.language))
            {
                found.push((name.clone(), value));
            }
        }
        found
    }

    fn surroundings<'a>(&'a self, so_far: SoFar<'a>, earlier: &'a [String]) -> Surroundings<'a> {
        Surroundings { language: self.language, now: Some(self.local()), own_number: self.own_number.as_ref(), so_far, earlier }
    }

    /// Values of the same kind that were given before, oldest first.
    fn earlier(&self, kind: &SlotType) -> Vec<String> {
        let same =
            |name: &str| self.plan.slots.get(name).is_some_and(|slot| std::mem::discriminant(&slot.kind) == std::mem::discriminant(kind));
        self.given.iter().filter(|(name, _)| same(name)).map(|(_, value)| value.clone()).collect()
    }

    /// Reads an entry of keys.
    pub(super) fn keyed(&self, kind: &SlotType, entry: &str) -> Option<String> {
        let length = entry.len();
        match kind {
            SlotType::Choice(values) => Some(values.get(entry.parse::<usize>().ok()?.checked_sub(1)?)?.0.clone()),
            SlotType::YesNo => [("1", "yes"), ("2", "no")].iter().find(|(digit, _)| *digit == entry).map(|(_, value)| (*value).to_owned()),
            SlotType::Digits { least, most } | SlotType::Code { least, most } => {
                (usize::from(*least)..=usize::from(*most)).contains(&length).then(|| entry.to_owned())
            }
            SlotType::Phone => (7..=12).contains(&length).then(|| entry.to_owned()),
            SlotType::IdCard => matches!(length, 15 | 18).then(|| entry.to_owned()),
            SlotType::BankCard => (13..=19).contains(&length).then(|| entry.to_owned()),
            SlotType::Number { least, most } => {
                let number: i64 = entry.parse().ok()?;
                (*least..=*most).contains(&number).then(|| number.to_string())
            }
            SlotType::Money => {
                let amount: u64 = entry.parse().ok()?;
                Some(if self.language == Language::Zh { format!("{amount}元") } else { format!("${amount}") })
            }
            SlotType::Date => self.keyed_date(entry).map(|date| date.to_string()),
            SlotType::Time => {
                let (hour, minute) = entry.split_at_checked(length.checked_sub(2)?)?;
                let time = jiff::civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
                Some(time.strftime("%H:%M").to_string())
            }
            SlotType::Duration => Some(format!("PT{}M", entry.parse::<u32>().ok()?)),
            SlotType::Text { .. } => Some(entry.to_owned()),
        }
    }

    /// Reads `1121` as the next such day, `20261121` as that day.
    fn keyed_date(&self, entry: &str) -> Option<Date> {
        let number = |from: usize, to: usize| entry.get(from..to)?.parse::<i16>().ok();
        let small = |from, to| number(from, to).and_then(|value| i8::try_from(value).ok());
        match entry.len() {
            4 => {
                let today = self.local().date();
                let this = Date::new(today.year(), small(0, 2)?, small(2, 4)?).ok()?;
                if this >= today { Some(this) } else { Date::new(today.year() + 1, this.month(), this.day()).ok() }
            }
            8 => Date::new(number(0, 4)?, small(4, 6)?, small(6, 8)?).ok(),
            _ => None,
        }
    }
}

/// The most keys that an entry for this kind of slot takes.
pub(super) fn most_keys(kind: &SlotType) -> usize {
    match kind {
        SlotType::Digits { most, .. } | SlotType::Code { most, .. } => usize::from(*most),
        SlotType::Choice(values) if values.len() < 10 => 1,
        SlotType::Choice(_) => 2,
        SlotType::YesNo => 1,
        SlotType::Number { most, .. } => most.to_string().len(),
        SlotType::Phone => 12,
        SlotType::IdCard => 18,
        SlotType::BankCard => 19,
        SlotType::Date => 8,
        SlotType::Time => 4,
        SlotType::Duration | SlotType::Money => 9,
        SlotType::Text { .. } => 64,
    }
}

/// What `spoken` calls this kind; nothing for those that are read here.
pub(super) const fn form_of(kind: &SlotType) -> Option<SlotForm<'_>> {
    match kind {
        SlotType::Digits { least, most } => Some(SlotForm::Digits { least: *least, most: *most }),
        SlotType::Code { least, most } => Some(SlotForm::Code { least: *least, most: *most }),
        SlotType::Phone => Some(SlotForm::Phone),
        SlotType::IdCard => Some(SlotForm::IdCard),
        SlotType::BankCard => Some(SlotForm::BankCard),
        SlotType::Date => Some(SlotForm::Date),
        SlotType::Time => Some(SlotForm::Time),
        SlotType::Duration => Some(SlotForm::Duration),
        SlotType::Money => Some(SlotForm::Money),
        SlotType::Number { least, most } => Some(SlotForm::Number { least: *least, most: *most }),
        SlotType::Choice(values) => Some(SlotForm::Choice(values.as_slice())),
        SlotType::YesNo | SlotType::Text { .. } => None,
    }
}
