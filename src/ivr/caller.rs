//! What is known of the caller: its record, its mood, its lane; and the wall clock at the hotline.

use jiff::civil::DateTime;
use serde_json::{Map, Value, json};

use super::walk::{Asked, State, Walk};
use super::{CustomerChange, Order};
use crate::base::{Mood, Wall};
use crate::dialplan::{Template, TemplateError};

/// How much slower the voice is in the lane for the elderly, in percent.
const ELDERLY_SPEED: u16 = 85;
/// The built-in words that lead to the lane for the elderly.
const ELDERLY_WORDS: &[&str] = &["老年人", "老年专线", "老人专线", "老年服务", "我年纪大", "senior citizen", "i am elderly", "i'm elderly"];

impl Walk {
    /// Returns the wall clock.
    pub(super) fn wall(&self) -> Wall {
        self.began + self.now.since(self.started)
    }

    /// Returns date and time at the hotline.
    pub(super) fn local(&self) -> DateTime {
        self.plan.hours.local(self.wall())
    }

    pub(super) fn is_open(&self) -> bool {
        self.plan.hours.is_open(self.wall())
    }

    /// Puts the clock where templates see it: `today` and `now`.
    pub(super) fn tell_time(&mut self) {
        let local = self.local();
        let now = json!({
            "date": local.date().to_string(),
            "time": local.strftime("%H:%M").to_string(),
            "weekday": local.strftime("%a").to_string().to_lowercase(),
            "hour": local.hour(),
            "open": self.is_open(),
        });
        self.values.insert("today".to_owned(), Value::String(local.date().to_string()));
        self.values.insert("now".to_owned(), now);
    }

    /// More is known of the caller.
    pub(super) fn know_caller(&mut self, record: Map<String, Value>) {
        let record = record.into_iter().filter(|(name, _)| name != "number" && name != "mood");
        self.change_caller(|caller| caller.extend(record));
        self.choose_lane();
    }

    fn change_caller(&mut self, change: impl FnOnce(&mut Map<String, Value>)) {
        let mut caller = match self.values.remove("caller") {
            Some(Value::Object(caller)) => caller,
            _ => Map::new(),
        };
        change(&mut caller);
        self.values.insert("caller".to_owned(), Value::Object(caller));
    }

    /// Puts callers who are known to be old into their lane.
    pub(super) fn choose_lane(&mut self) {
        let Some(age) = self.plan.handover.elderly.as_ref().map(|lane| lane.age) else { return };
        let caller = self.values.get("caller");
        let known = caller.and_then(|caller| caller.get("age")).and_then(Value::as_u64).is_some_and(|known| known >= u64::from(age));
        if known {
            self.enter_lane();
        }
    }

    fn enter_lane(&mut self) {
        if !self.elderly {
            self.elderly = true;
            self.speed = (self.plan.speed * ELDERLY_SPEED / 100).max(50);
        }
    }

    /// Hands over to a person by the lane for the elderly.
    pub(super) fn elderly_to_a_person(&mut self) {
        self.enter_lane();
        self.stop_playing();
        self.announce_transfer(None, "elderly");
    }

    pub(super) fn asks_for_the_lane(&self, text: &str) -> bool {
        let Some(lane) = &self.plan.handover.elderly else { return false };
        let text = text.to_lowercase();
        lane.words.iter().map(String::as_str).chain(ELDERLY_WORDS.iter().copied()).any(|word| !word.is_empty() && text.contains(word))
    }

    /// Takes the caller's mood and what led to it; returns true where it led to a hand-over.
    pub(super) fn feels(&mut self, mood: Mood, why: Vec<String>) -> bool {
        if mood <= self.mood {
            return false;
        }
        self.mood = mood;
        self.change_caller(|caller| drop(caller.insert("mood".to_owned(), Value::String(mood.as_str().to_owned()))));
        self.orders.push_back(Order::Mood { mood, why });
        let may = matches!(&self.state, State::Asking(asked) if !matches!(asked, Asked::Callback { .. } | Asked::Survey { .. }));
        if may && self.plan.handover.mood.is_some_and(|limit| mood >= limit) {
            self.stop_playing();
            self.announce_transfer(None, mood.as_str());
            return true;
        }
        false
    }

    /// Counts a sign that the caller is not satisfied; returns true where it led to a hand-over.
    pub(super) fn is_let_down(&mut self, why: Vec<String>) -> bool {
        self.dissatisfied += 1;
        self.orders.push_back(Order::LetDown { times: self.dissatisfied, why });
        if self.plan.handover.dissatisfied == Some(self.dissatisfied) {
            self.stop_playing();
            self.announce_transfer(None, "dissatisfied");
            return true;
        }
        false
    }

    /// Writes to the caller's record.
    pub(super) fn remember(&mut self, fields: &[(String, Template)], tags: &[String], untag: &[String]) -> Result<(), TemplateError> {
        let mut change = CustomerChange { fields: Map::new(), tags: tags.to_vec(), untag: untag.to_vec() };
        for (name, template) in fields {
            change.fields.insert(name.clone(), template.evaluate(&self.values)?);
        }
        self.change_caller(|caller| {
            caller.extend(change.fields.clone());
            let known = caller.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
            let stays = |tag: &Value| tag.as_str().is_none_or(|tag| !untag.iter().chain(tags).any(|other| other == tag));
            let mut all: Vec<Value> = known.into_iter().filter(stays).collect();
            all.extend(tags.iter().cloned().map(Value::String));
            caller.insert("tags".to_owned(), Value::Array(all));
        });
        self.orders.push_back(Order::Remember(change));
        Ok(())
    }
}
