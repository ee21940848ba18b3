//! Understands an utterance: asking for a person and keywords first, then the answer to the question, then any intent.

use std::sync::Arc;

use super::answers::{Answer, answered, digits, nothing_else, yes_or_no};
use super::lines::Line;
use super::reading::form_of;
use super::walk::{Asked, Leave, State, Walk};
use super::{Doubt, Order};
use crate::base::QueueName;
use crate::dialplan::{SlotType, StepKind, Steps};
use crate::feelings::Felt;
use crate::intent::{Context, Guess};
use crate::speech::Hypothesis;
use crate::spoken::{Fit, SoFar, digit_words};

/// Unclear answers to whether to be called back.
const MOST_UNCLEAR: u8 = 2;

/// The most characters of words that ask for a person while a message is being left.
const SHORT: usize = 10;

/// A part of a number of more than so many digits is gone on from.
const ENOUGH: usize = 2;

/// An utterance: its texts, best first, and what they may mean.
struct Utterance {
    texts: Vec<(String, f32)>,
    guesses: Vec<Guess>,
}

impl Utterance {
    fn best(&self) -> &str {
        self.texts.first().map_or("", |(text, _)| text)
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|(text, _)| text.as_str())
    }

    fn heard(&self) -> Vec<(&str, f32)> {
        self.texts.iter().map(|(text, confidence)| (text.as_str(), *confidence)).collect()
    }
}

impl Walk {
    /// Takes the n-best list of an utterance.
    pub(super) fn heard(&mut self, hypotheses: &[Hypothesis]) {
        if std::mem::take(&mut self.words_are_late) {
            return;
        }
        let State::Asking(asked) = &self.state else { return };
        let asked = asked.clone();
        if hypotheses.iter().all(|one| one.text.trim().is_empty()) {
            return self.heard_a_noise(asked);
        }
        (self.noises, self.wordless) = (0, 0);
        let weighted: Vec<(&str, f32)> =
            hypotheses.iter().filter(|one| !one.text.trim().is_empty()).map(|one| (one.text.as_str(), one.confidence)).collect();
        let last_intent = self.intent.as_ref().map(|(name, _)| name.as_str());
        let said = Utterance {
            texts: weighted.iter().map(|(text, confidence)| ((*text).to_owned(), *confidence)).collect(),
            guesses: self.matcher.guess(&weighted, Context { last_intent }),
        };
        self.turn_begins();
        self.silences = 0;
        if let Asked::Callback { queue, wrong } = asked {
            return self.heard_about_callback(&said, queue, wrong);
        }
        if self.plan.handover.keywords.iter().any(|word| !word.is_empty() && said.best().contains(word.as_str())) {
            self.stop_playing();
            return self.announce_transfer(None, "keyword");
        }
        let act = self.plan.handover.act;
        let human = self.matcher.human_intent().to_owned();
        let short = said.best().chars().count() <= SHORT || !matches!(asked, Asked::Message { .. });
        if let Some(guess) = said.guesses.first().filter(|guess| short && guess.intent == human && guess.confidence >= act.min(0.9)) {
            return self.accept(guess.clone(), &said, asked);
        }
        if short && self.asks_for_the_lane(said.best()) {
            return self.elderly_to_a_person();
        }
        if let Asked::Message { .. } = asked {
            return self.heard_message(said.best(), asked);
        }
        let strain = self.strain.take();
        let Felt { mood, let_down, why } = self.feelings.hear(said.best(), strain.as_ref());
        if self.feels(mood, why.clone()) || (let_down && self.is_let_down(why)) {
            return;
        }
        if self.heard_of_the_conversation(said.best(), &asked) {
            return;
        }
        match asked {
            Asked::Anything { ref ask } => {
                let closes = nothing_else(said.best()) || (ask.is_some() && yes_or_no(said.best()) == Some(Answer::No));
                let sure = said.guesses.first().is_some_and(|guess| guess.confidence >= act);
                if closes && !sure {
                    self.stop_playing();
                    self.say_goodbye();
                } else if ask.is_some() && !sure && yes_or_no(said.best()) == Some(Answer::Yes) {
                    self.stop_playing();
                    self.say_line(Line::GoAhead, &[]);
                    self.wait(asked);
                } else {
                    self.heard_anything(&said, asked);
                }
            }
            Asked::Menu { ref steps, index, wrong } => self.heard_at_menu(&said, Arc::clone(steps), index, wrong, asked),
            Asked::Slot { ref name, wrong, ref part, .. } => self.heard_for_slot(&said, name.clone(), wrong, &part.clone(), asked),
            Asked::SlotConfirm { ref name, ref value, wrong } => {
                self.heard_whether_right(&said, name.clone(), &value.clone(), wrong, asked);
            }
            Asked::Intent { ref name, confidence, ref nearest } => {
                let guess = Guess { intent: name.clone(), confidence, nearest: nearest.clone() };
                self.heard_whether_meant(&said, guess, asked);
            }
            Asked::Survey { ref steps, index, wrong } => {
                let StepKind::Survey { slot, .. } = &steps[index].kind else { return };
                let best = self.read(slot, &said.heard(), SoFar::Nothing).into_iter().find(|reading| reading.fit == Fit::Whole);
                self.heard_score(best.map(|reading| reading.value), steps, index, wrong);
            }
            Asked::Callback { .. } | Asked::Message { .. } => {}
        }
    }

    /// A cough, a door, words that nobody could recognise: not counted as misunderstood; asked about when nothing follows.
    fn heard_a_noise(&mut self, asked: Asked) {
        if self.plays.is_empty() && !matches!(asked, Asked::Message { .. }) {
            self.noises += 1;
        }
        self.go_on_waiting(asked);
    }

    fn heard_anything(&mut self, said: &Utterance, asked: Asked) {
        let (act, confirm) = (self.plan.handover.act, self.plan.handover.confirm);
        match said.guesses.first() {
            Some(guess) if guess.confidence >= act => self.accept(guess.clone(), said, asked),
            Some(guess) if guess.confidence >= confirm => {
                self.stop_playing();
                self.take_slots(&guess.intent, said);
                self.doubtful = Some(said.best().to_owned());
                let Guess { intent, confidence, nearest } = guess.clone();
                self.ask(Asked::Intent { name: intent, confidence, nearest });
            }
            nearest => {
                if self.plays.is_empty() {
                    if let Some(guess) = self.nearly_twice(said.best(), &said.guesses) {
                        self.take_slots(&guess.intent, said);
                        self.doubtful = Some(said.best().to_owned());
                        let Guess { intent, confidence, nearest } = guess;
                        return self.ask(Asked::Intent { name: intent, confidence, nearest });
                    }
                    let nearest = nearest.map(|guess| (guess.intent.clone(), guess.confidence));
                    self.doubt(said.best().to_owned(), Doubt::NotUnderstood, nearest);
                }
                self.not_understood(asked);
            }
        }
    }

    /// Keeps words that the dialplan has no sure answer to, for whoever looks after it.
    fn doubt(&mut self, text: String, outcome: Doubt, nearest: Option<(String, f32)>) {
        let (intent, confidence) = nearest.map_or((None, 0.0), |(intent, confidence)| (Some(intent), confidence));
        self.orders.push_back(Order::Unknown { text, outcome, intent, confidence });
    }

    /// Whether this is answered with a question is decided by what is still being said: a mumble does not stop a prompt.
    pub(super) fn not_understood(&mut self, asked: Asked) {
        if !self.plays.is_empty() {
            return self.go_on_waiting(asked);
        }
        self.misunderstood += 1;
        self.note(format!("not understood, {} in a row", self.misunderstood));
        if self.misunderstood >= self.plan.handover.misunderstood.max(1) {
            return self.announce_transfer(None, "misunderstood");
        }
        self.say_line(Line::Again, &[]);
        self.wait(asked);
    }

    /// Says why a guess was made. Numbers are left out: they may be private.
    fn reasons(&self, guess: &Guess, said: &Utterance) -> Vec<String> {
        let mut why = Vec::new();
        if !guess.nearest.is_empty() {
            why.push(format!("like {}", guess.nearest));
        }
        let is_number = |sign: char| sign.is_numeric() || "零〇一二三四五六七八九十百千两幺".contains(sign);
        let mut words = self.matcher.spoke_for(said.best(), &guess.intent);
        words.retain(|word| !word.contains(is_number));
        if !words.is_empty() {
            why.push(format!("for {}", words.join(" ")));
        }
        if let Some(other) = said.guesses.iter().find(|other| other.intent != guess.intent) {
            why.push(format!("else {} {:.2}", other.intent, other.confidence));
        }
        if self.intent.as_ref().is_some_and(|(before, _)| *before == guess.intent) {
            why.push("the subject stays".to_owned());
        }
        why
    }

    /// Acts on an intent: interrupts the slot being asked, replaces anything else.
    fn accept(&mut self, guess: Guess, said: &Utterance, asked: Asked) {
        self.stop_playing();
        self.misunderstood = 0;
        self.nearly = None;
        let why = self.reasons(&guess, said);
        let Guess { intent, confidence, .. } = guess;
        self.take_slots(&intent, said);
        let asks_for_a_person = self.matcher.human_intent() == intent;
        let plan = Arc::clone(&self.plan);
        let known = plan.intents.iter().find(|known| known.name == intent);
        let hands_over = known.is_none_or(|known| known.steps.first().is_some_and(|step| matches!(step.kind, StepKind::Transfer { .. })));
        // Whoever asks for a person still wants what they wanted before: that is what the seat and the record have to know.
        if self.intent.is_none() || !asks_for_a_person {
            self.orders.push_back(Order::Intent { name: intent.clone(), confidence, why });
            self.intent = Some((intent.clone(), confidence));
        } else {
            self.note(format!("asks for a person ({confidence:.2})"));
        }
        let Some(steps) = known.map(|known| Arc::clone(&known.steps)) else {
            return self.announce_transfer(None, "asked");
        };
        match asked {
            Asked::Slot { .. } | Asked::SlotConfirm { .. } if !hands_over => self.interrupt(&steps, Some(asked)),
            Asked::Anything { .. } | Asked::Intent { .. } if self.has_more_to_do() => self.interrupt(&steps, None),
            _ => self.walk_anew(&steps),
        }
    }

    fn has_more_to_do(&self) -> bool {
        self.contexts.iter().any(|context| {
            matches!(context.back_to, Some(Asked::Slot { .. } | Asked::SlotConfirm { .. }))
                || context.frames.iter().any(|frame| frame.next < frame.steps.len())
        })
    }

    /// Keeps the values of the intent's slots that were said along with it.
    fn take_slots(&mut self, intent: &str, said: &Utterance) {
        let plan = Arc::clone(&self.plan);
        let Some(intent) = plan.intents.iter().find(|known| known.name == intent) else { return };
        let mut names = Vec::new();
        self.slots_of(&intent.steps, &mut names, &mut Vec::new());
        let names: Vec<String> = names.into_iter().filter(|name| !self.values.contains_key(name)).collect();
        let found = self.find(&names, &said.heard());
        self.candidates.extend(found);
    }

    fn slots_of(&self, steps: &Steps, names: &mut Vec<String>, flows: &mut Vec<String>) {
        for step in steps.iter() {
            match &step.kind {
                StepKind::Collect(slots) => names.extend(slots.iter().cloned()),
                StepKind::Choose(branches) => branches.iter().for_each(|branch| self.slots_of(&branch.steps, names, flows)),
                StepKind::Go(flow) if !flows.contains(flow) => {
                    flows.push(flow.clone());
                    if let Some(steps) = self.plan.flows.get(flow) {
                        self.slots_of(steps, names, flows);
                    }
                }
                _ => {}
            }
        }
    }

    fn heard_for_slot(&mut self, said: &Utterance, name: String, wrong: u8, part: &str, asked: Asked) {
        let plan = Arc::clone(&self.plan);
        let Some(slot) = plan.slots.get(&name) else { return self.not_understood(asked) };
        let sure = said.guesses.first().filter(|guess| guess.confidence >= plan.handover.act).cloned();
        let is_text = matches!(slot.kind, SlotType::Text { .. });
        // Nothing but digits is no wish, whatever it sounds like (五六, 物流).
        let sure = sure.filter(|_| form_of(&slot.kind).is_none() || !only_digits(said.best(), self.language));
        let so_far = if part.is_empty() { SoFar::Nothing } else { SoFar::Part(part) };
        let best = self.read_weighed(&name, &said.heard(), so_far);
        let fit = best.as_ref().map(|reading| reading.fit);
        let value = best.map(|reading| reading.value).unwrap_or_default();
        match (fit, sure) {
            (_, Some(guess)) if is_text => self.digress(guess, said, name, wrong, asked),
            (Some(Fit::Whole), _) => {
                self.stop_playing();
                self.offer(name, value, wrong);
                self.go_on();
            }
            (Some(Fit::Doubtful), _) => {
                self.stop_playing();
                self.ask(Asked::SlotConfirm { name, value, wrong });
            }
            (_, Some(guess)) => self.digress(guess, said, name, wrong, asked),
            (_, None) if !self.plays.is_empty() => self.go_on_waiting(asked),
            (Some(Fit::Part), None) if value.chars().count() > part.chars().count().max(ENOUGH) => {
                self.say_line(Line::SlotGoOn, &[]);
                self.wait(Asked::Slot { name, wrong, entry: String::new(), part: value });
            }
            (Some(Fit::Part), None) => self.slot_wrong(&name, wrong, Line::SlotLength, value),
            (Some(Fit::Outside), None) => self.slot_wrong(&name, wrong, Line::SlotLength, String::new()),
            (None, None) => self.slot_wrong(&name, wrong, Line::SlotAgain, part.to_owned()),
        }
    }

    /// An intent instead of the slot's value; the one that asked for the slot is no news.
    fn digress(&mut self, guess: Guess, said: &Utterance, name: String, wrong: u8, asked: Asked) {
        if self.intent.as_ref().is_some_and(|(current, _)| *current == guess.intent) {
            self.take_slots(&guess.intent, said);
            match self.candidates.remove(&name) {
                Some(value) => {
                    self.offer(name, value, wrong);
                    self.go_on();
                }
                None if self.plays.is_empty() => self.slot_wrong(&name, wrong, Line::SlotAgain, String::new()),
                None => self.go_on_waiting(asked),
            }
        } else {
            self.accept(guess, said, asked);
        }
    }

    fn heard_whether_right(&mut self, said: &Utterance, name: String, value: &str, wrong: u8, asked: Asked) {
        let plan = Arc::clone(&self.plan);
        let readable = plan.slots.get(&name).is_some_and(|slot| !matches!(slot.kind, SlotType::YesNo | SlotType::Text { .. }));
        let other = readable
            .then(|| self.read_weighed(&name, &said.heard(), SoFar::Value(value)))
            .flatten()
            .filter(|other| other.fit <= Fit::Doubtful && other.value != value);
        let answer = said.texts().find_map(answered);
        let sure = said.guesses.first().filter(|guess| guess.confidence >= plan.handover.act).cloned();
        match (other, answer, sure) {
            (Some(other), ..) if wrong + 1 < super::asking::MOST_WRONG => {
                self.stop_playing();
                match other.fit {
                    Fit::Whole => self.offer(name, other.value, wrong + 1),
                    _ => self.ask(Asked::SlotConfirm { name, value: other.value, wrong: wrong + 1 }),
                }
                self.go_on();
            }
            (None, Some(Answer::Yes), _) => {
                self.stop_playing();
                self.fill(&name, value.to_owned());
                self.go_on();
            }
            (Some(_), ..) | (None, Some(Answer::No), _) => {
                self.stop_playing();
                self.slot_wrong(&name, wrong, Line::SlotWrong, String::new());
            }
            (None, None, Some(guess)) => self.accept(guess, said, asked),
            (None, None, None) if !self.plays.is_empty() => self.go_on_waiting(asked),
            (None, None, None) if wrong + 1 >= super::asking::MOST_WRONG => self.announce_transfer(None, "misunderstood"),
            (None, None, None) => {
                self.say_line(Line::YesOrNo, &[]);
                self.ask(Asked::SlotConfirm { name, value: value.to_owned(), wrong: wrong + 1 });
            }
        }
    }

    fn heard_whether_meant(&mut self, said: &Utterance, guess: Guess, asked: Asked) {
        let act = self.plan.handover.act;
        match said.texts().find_map(answered) {
            Some(Answer::Yes) => {
                if let Some(text) = self.doubtful.take() {
                    self.doubt(text, Doubt::Confirmed, Some((guess.intent.clone(), guess.confidence)));
                }
                self.accept(guess, said, asked);
            }
            None if said.guesses.first().is_some_and(|guess| guess.confidence >= act) => {
                let guess = said.guesses[0].clone();
                self.accept(guess, said, asked);
            }
            None if !self.plays.is_empty() => self.go_on_waiting(asked),
            Some(Answer::No) | None => {
                self.stop_playing();
                if let Some(text) = self.doubtful.take() {
                    self.doubt(text, Doubt::Refused, Some((guess.intent.clone(), guess.confidence)));
                }
                if let Some(other) = self.instead_of(&guess.intent, &said.heard()) {
                    return self.accept(other, said, asked);
                }
                self.note("unsure what the caller wants".to_owned());
                self.announce_transfer(None, "unsure");
            }
        }
    }

    fn heard_at_menu(&mut self, said: &Utterance, steps: Steps, index: usize, wrong: u8, asked: Asked) {
        let key = digits(said.best(), self.language).chars().next().filter(|_| said.best().chars().count() <= 4);
        if let (Some(key), StepKind::Menu { keys, .. }) = (key.and_then(crate::base::Key::new), &steps[index].kind)
            && let Some(chosen) = keys.get(&key)
        {
            self.stop_playing();
            return self.walk_into(chosen);
        }
        match said.guesses.first() {
            Some(guess) if guess.confidence >= self.plan.handover.act => self.accept(guess.clone(), said, asked),
            _ if !self.plays.is_empty() => self.go_on_waiting(asked),
            _ => self.menu_wrong(steps, index, wrong),
        }
    }

    /// Counts a wrong answer at a menu.
    pub(super) fn menu_wrong(&mut self, steps: Steps, index: usize, wrong: u8) {
        if wrong + 1 >= super::asking::MOST_WRONG {
            return self.announce_transfer(None, "misunderstood");
        }
        self.say_line(Line::MenuAgain, &[]);
        self.ask(Asked::Menu { steps, index, wrong: wrong + 1 });
    }

    fn heard_about_callback(&mut self, said: &Utterance, queue: QueueName, wrong: u8) {
        match said.texts().find_map(answered) {
            Some(answer) => self.answered_about_callback(queue, answer),
            None if !self.plays.is_empty() => {}
            None if wrong + 1 >= MOST_UNCLEAR => self.say_goodbye(),
            None => {
                self.say_line(Line::YesOrNo, &[]);
                self.ask(Asked::Callback { queue, wrong: wrong + 1 });
            }
        }
    }

    pub(super) fn answered_about_callback(&mut self, queue: QueueName, answer: Answer) {
        self.stop_playing();
        if answer == Answer::Yes {
            self.promise_after_no_seat(queue);
        }
        self.say_goodbye();
    }

    /// Answers a question whether the caller was understood, as its keys do.
    pub(super) fn answered(&mut self, asked: Asked, answer: Answer) {
        let word = if answer == Answer::Yes { "yes" } else { "no" };
        let said = Utterance { texts: vec![(word.to_owned(), 1.0)], guesses: Vec::new() };
        match asked {
            Asked::SlotConfirm { ref name, ref value, wrong } => {
                self.heard_whether_right(&said, name.clone(), &value.clone(), wrong, asked);
            }
            Asked::Intent { ref name, confidence, ref nearest } => {
                let guess = Guess { intent: name.clone(), confidence, nearest: nearest.clone() };
                self.heard_whether_meant(&said, guess, asked);
            }
            Asked::Callback { queue, .. } => self.answered_about_callback(queue, answer),
            Asked::Anything { .. } | Asked::Slot { .. } | Asked::Menu { .. } | Asked::Message { .. } | Asked::Survey { .. } => {}
        }
    }

    /// Walks on if a slot was filled.
    pub(super) fn go_on(&mut self) {
        if matches!(self.state, State::Walking) {
            self.walk_on();
        }
    }

    /// Whether the walk is about to end or hand over.
    pub(super) const fn is_leaving(&self) -> bool {
        matches!(self.state, State::Leaving(Leave::Hangup | Leave::Transfer { .. }) | State::Transferred(_) | State::Over)
    }
}

/// Whether something is said, and all of it digits.
fn only_digits(text: &str, language: crate::base::Language) -> bool {
    let rest = digit_words(language).iter().fold(text.to_lowercase(), |rest, word| rest.replace(word, ""));
    !text.trim().is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c.is_whitespace())
}
