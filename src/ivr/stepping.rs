//! Runs steps until one of them waits for the caller, a business system or the end.

use std::sync::Arc;

use super::lines::Line;
use super::walk::{Asked, Context, Frame, Leave, State, Trodden, Walk};
use crate::dialplan::{Place, Step, StepKind, Steps};

/// Steps that may follow each other without waiting for anything; more is a loop.
const MOST_STEPS: u32 = 200;
/// Interruptions within interruptions that are come back to.
const MOST_CONTEXTS: usize = 6;
/// How often the caller may give a value that is not found.
const MOST_AGAINS: u32 = 3;

/// Why a slot is asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Nothing was found for its value.
    NotFound,
    /// The caller has another value.
    Another,
}

impl Walk {
    /// Walks on from where it stands.
    pub(super) fn walk_on(&mut self) {
        self.state = State::Walking;
        self.tell_time();
        for _ in 0..MOST_STEPS {
            if !matches!(self.state, State::Walking) {
                return self.type_ahead();
            }
            self.step();
        }
        if matches!(self.state, State::Walking) {
            let place = self.contexts.last().and_then(|context| context.frames.last()).and_then(|frame| frame.steps.first());
            let place = place.map_or_else(Place::default, |step| step.place);
            self.stop_playing();
            self.script_error(place, "a loop of steps that never waits for the caller");
        }
    }

    /// Interrupts what is being asked, to come back to it.
    pub(super) fn interrupt(&mut self, steps: &Steps, back_to: Option<Asked>) {
        self.contexts.push(Context { frames: vec![Frame::of(steps)], back_to });
        if self.contexts.len() > MOST_CONTEXTS {
            self.contexts.remove(0);
            if let Some(first) = self.contexts.first_mut() {
                first.back_to = None;
            }
        }
        self.walk_on();
    }

    /// Walks steps that belong to where it stands, then what follows there.
    pub(super) fn walk_into(&mut self, steps: &Steps) {
        match self.contexts.last_mut() {
            Some(context) => context.frames.push(Frame::of(steps)),
            None => self.contexts.push(Context { frames: vec![Frame::of(steps)], back_to: None }),
        }
        self.walk_on();
    }

    fn step(&mut self) {
        let Some(context) = self.contexts.last_mut() else {
            if !self.has_spoken() {
                self.say_line(Line::GoAhead, &[]);
            }
            return self.listen();
        };
        let Some(frame) = context.frames.last_mut() else {
            if let Some(asked) = self.contexts.pop().and_then(|context| context.back_to) {
                self.come_back(asked);
            }
            return;
        };
        let index = frame.next;
        if index >= frame.steps.len() {
            let instead = frame.instead;
            context.frames.pop();
            if instead {
                self.skip_to_the_end_of_the_flow();
            }
            return;
        }
        frame.next += 1;
        let steps = Arc::clone(&frame.steps);
        self.take(&steps[index], &steps, index);
    }

    fn take(&mut self, step: &Step, steps: &Steps, index: usize) {
        if let Some(path) = &mut self.path {
            let flow = if let StepKind::Go(flow) = &step.kind { Some(flow.clone()) } else { None };
            path.push(Trodden { place: step.place, flow });
        }
        match &step.kind {
            StepKind::Play(name) => self.say_prompt(name, step.place),
            StepKind::Say(text) => drop(self.say_text(text, &[], step.place)),
            StepKind::Listen | StepKind::Ask(_) if self.has_a_question_to_come_back_to() => {
                self.leave_flow();
            }
            StepKind::Listen => self.listen(),
            StepKind::Ask(_) => self.ask(Asked::Anything { ask: Some((Arc::clone(steps), index)) }),
            StepKind::Collect(names) => {
                if let Some(name) = names.iter().find(|name| !self.values.contains_key(*name)) {
                    self.step_back();
                    self.collect(name);
                }
            }
            StepKind::Again(name) => {
                let nothing_found = self.contexts.last().is_some_and(|context| context.frames.iter().any(|frame| frame.instead));
                self.again(name, if nothing_found { Again::NotFound } else { Again::Another });
            }
            StepKind::Lookup(lookup) => {
                if let Err((place, message)) = self.look_up(lookup, step.place, steps, index) {
                    self.script_error(place, &message);
                }
            }
            StepKind::Choose(branches) => {
                for branch in branches {
                    match branch.when.as_ref().map(|when| when.holds(&self.values)) {
                        None | Some(Ok(true)) => {
                            let frame = Frame::of(&branch.steps);
                            self.enter(frame);
                            return;
                        }
                        Some(Ok(false)) => {}
                        Some(Err(error)) => return self.script_error(step.place, &error.message),
                    }
                }
            }
            StepKind::Go(flow) => match self.plan.flows.get(flow).map(Frame::of) {
                Some(frame) => {
                    self.leave_flow();
                    self.enter(frame);
                }
                None => self.script_error(step.place, &format!("there is no flow {flow}")),
            },
            StepKind::Transfer { queue, reason } => {
                let told = index > 0 && matches!(steps[index - 1].kind, StepKind::Say(_) | StepKind::Play(_));
                if told {
                    self.transfer(queue.clone(), reason);
                } else {
                    self.announce_transfer(queue.clone(), reason);
                }
            }
            StepKind::Set(variables) => {
                for (name, template) in variables {
                    match template.evaluate(&self.values) {
                        Ok(value) => drop(self.values.insert(name.clone(), value)),
                        Err(error) => return self.script_error(step.place, &error.message),
                    }
                }
            }
            StepKind::Menu { .. } => self.ask(Asked::Menu { steps: Arc::clone(steps), index, wrong: 0 }),
            StepKind::Callback(callback) => self.call_back(callback, step.place),
            StepKind::Send(send) => {
                if let Err((place, message)) = self.send(send, step.place, steps, index) {
                    self.script_error(place, &message);
                }
            }
            StepKind::Ticket(ticket) => {
                if let Err((place, message)) = self.open_ticket(ticket, step.place, steps, index) {
                    self.script_error(place, &message);
                }
            }
            StepKind::RecordMessage(_) => self.ask(Asked::Message { steps: Arc::clone(steps), index, text: String::new(), until: None }),
            StepKind::Survey { .. } => self.ask(Asked::Survey { steps: Arc::clone(steps), index, wrong: 0 }),
            StepKind::Remember { fields, tags, untag } => {
                if let Err(error) = self.remember(fields, tags, untag) {
                    self.script_error(step.place, &error.message);
                }
            }
            StepKind::Speak(language) => self.language = *language,
            StepKind::Repeat => self.say_again(),
            StepKind::Back => self.go_back(),
            StepKind::Slower => {
                self.slow_down();
                // A key in the middle of something: what was said is heard again.
                if self.contexts.last().is_some_and(|context| context.back_to.is_some()) {
                    self.say_again();
                }
            }
            StepKind::Hangup if self.has_spoken() => self.state = State::Leaving(Leave::Hangup),
            StepKind::Hangup => self.say_goodbye(),
        }
    }

    /// Listens for any intent.
    fn listen(&mut self) {
        let asked = Asked::Anything { ask: None };
        if std::mem::take(&mut self.dropped) && !self.has_spoken() {
            self.say_line(Line::GoAhead, &[]);
        }
        self.checkpoint(&asked);
        self.wait(asked);
    }

    /// Asks what was being asked when something interrupted; not in words where these were just repeated.
    fn come_back(&mut self, asked: Asked) {
        let asked = match asked {
            // Keys of before the interruption would wait for more of them for ever.
            Asked::Slot { name, wrong, part, .. } => Asked::Slot { name, wrong, entry: String::new(), part },
            other => other,
        };
        if self.repeated {
            self.wait(asked);
        } else {
            if matches!(asked, Asked::Anything { ask: None }) && !self.has_spoken() {
                self.say_line(Line::GoAhead, &[]);
            }
            self.ask(asked);
        }
    }

    /// An open question follows at once where an interruption ends, so the interruption's own is left out.
    fn has_a_question_to_come_back_to(&self) -> bool {
        let back_to = self.contexts.last().and_then(|context| context.back_to.as_ref());
        matches!(back_to, Some(Asked::Slot { .. } | Asked::SlotConfirm { .. }))
    }

    pub(super) fn enter(&mut self, frame: Frame) {
        if let Some(context) = self.contexts.last_mut() {
            context.frames.push(frame);
        }
    }

    fn leave_flow(&mut self) {
        if let Some(context) = self.contexts.last_mut() {
            context.frames.clear();
        }
    }

    pub(super) fn step_back(&mut self) {
        if let Some(frame) = self.contexts.last_mut().and_then(|context| context.frames.last_mut()) {
            frame.next = frame.next.saturating_sub(1);
        }
    }

    /// A lookup brought nothing and the plan said what it says then: only the flow's closing question still makes sense.
    pub(super) fn skip_to_the_end_of_the_flow(&mut self) {
        let Some(context) = self.contexts.last_mut() else { return };
        while let Some(frame) = context.frames.last_mut() {
            let rest = frame.steps.iter().enumerate().skip(frame.next);
            let closing = rest.filter(|(_, step)| matches!(step.kind, StepKind::Ask(_) | StepKind::Listen)).map(|(index, _)| index).next();
            if let Some(index) = closing {
                frame.next = index;
                return;
            }
            context.frames.pop();
        }
    }

    /// Forgets a slot, asks for it again, and repeats the lookup that found nothing for it.
    pub(super) fn again(&mut self, name: &str, why: Again) {
        if why == Again::Another {
            self.agains.remove(name);
        } else {
            // What was not found is nothing to point at later.
            if let Some(wrong) = self.given.iter().rposition(|(known, _)| known == name) {
                self.given.remove(wrong);
            }
            let count = self.agains.entry(name.to_owned()).or_default();
            *count += 1;
            if *count >= MOST_AGAINS {
                self.agains.remove(name);
                self.note(format!("slot {name} was not found {MOST_AGAINS} times"));
                return self.announce_transfer(None, "not_found");
            }
            self.offer_keys(name);
        }
        self.forget(name);
        if let Some(context) = self.contexts.last_mut() {
            let is_lookup = |frame: &Frame| frame.steps.iter().take(frame.next).rposition(|step| matches!(step.kind, StepKind::Lookup(_)));
            if let Some((depth, index)) =
                context.frames.iter().enumerate().rev().find_map(|(depth, frame)| is_lookup(frame).map(|index| (depth, index)))
            {
                context.frames.truncate(depth + 1);
                context.frames[depth].next = index;
            }
        }
        self.collect(name);
    }
}
