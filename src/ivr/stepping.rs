//! Runs steps until one of them waits for the caller, a business system or the end.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::lines::Line;
use super::walk::{Asked, Context, Frame, Leave, Meanwhile, State, Trodden, Walk};
use super::{LookupOutcome, LookupRequest, Order};
use crate::base::LookupId;
use crate::dialplan::{Lookup, Method, Place, Step, StepKind, Steps};

/// Steps that may follow each other without waiting for anything; more is a loop.
const MOST_STEPS: u32 = 200;
/// Interruptions within interruptions that are come back to.
const MOST_CONTEXTS: usize = 6;
/// How often the caller may give a value that is not found.
const MOST_AGAINS: u32 = 3;
/// Beyond the source's own limit, for its answer to arrive.
const ANSWER_SLACK: Duration = Duration::from_millis(500);

impl Walk {
    /// Walks on from where it stands.
    pub(super) fn walk_on(&mut self) {
        self.state = State::Walking;
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
            return self.wait(Asked::Anything { ask: None });
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
            StepKind::Say(text) => self.say_text(text, &[], step.place),
            StepKind::Listen | StepKind::Ask(_) if self.has_a_question_to_come_back_to() => {
                self.leave_flow();
            }
            StepKind::Listen => self.wait(Asked::Anything { ask: None }),
            StepKind::Ask(_) => self.ask(Asked::Anything { ask: Some((Arc::clone(steps), index)) }),
            StepKind::Collect(names) => {
                if let Some(name) = names.iter().find(|name| !self.values.contains_key(*name)) {
                    self.step_back();
                    self.collect(name);
                }
            }
            StepKind::Again(name) => self.again(name),
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
            StepKind::Callback { queue, within } => {
                let queue = queue.clone().or_else(|| self.plan.routes.last().map(|route| route.queue.clone()));
                match queue.or_else(|| self.plan.queues.keys().next().cloned()) {
                    Some(queue) => self.orders.push_back(Order::Callback { queue, within: *within }),
                    None => self.script_error(step.place, "there is no queue that could call back"),
                }
            }
            StepKind::Speak(language) => self.language = *language,
            StepKind::Repeat => self.say_again(),
            StepKind::Unavailable(name) => self.note(format!("step {name} is not known to this version")),
            StepKind::Hangup if self.has_spoken() => self.state = State::Leaving(Leave::Hangup),
            StepKind::Hangup => self.say_goodbye(),
        }
    }

    /// Asks what was being asked when something interrupted; not in words where these were just repeated.
    fn come_back(&mut self, asked: Asked) {
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

    fn enter(&mut self, frame: Frame) {
        if let Some(context) = self.contexts.last_mut() {
            context.frames.push(frame);
        }
    }

    fn leave_flow(&mut self) {
        if let Some(context) = self.contexts.last_mut() {
            context.frames.clear();
        }
    }

    fn step_back(&mut self) {
        if let Some(frame) = self.contexts.last_mut().and_then(|context| context.frames.last_mut()) {
            frame.next = frame.next.saturating_sub(1);
        }
    }

    /// A lookup brought nothing and the plan said what it says then: only the flow's closing question still makes sense.
    fn skip_to_the_end_of_the_flow(&mut self) {
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
    fn again(&mut self, name: &str) {
        let count = self.agains.entry(name.to_owned()).or_default();
        *count += 1;
        if *count >= MOST_AGAINS {
            self.agains.remove(name);
            self.note(format!("slot {name} was not found {MOST_AGAINS} times"));
            return self.announce_transfer(None, "not_found");
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

    fn look_up(&mut self, lookup: &Lookup, place: Place, steps: &Steps, index: usize) -> Result<(), (Place, String)> {
        let wrong = |error: crate::dialplan::TemplateError| (place, error.message);
        let path = lookup.path.render_path(&self.values).map_err(wrong)?;
        let mut body = Map::new();
        for (name, template) in &lookup.send {
            body.insert(name.clone(), template.evaluate(&self.values).map_err(wrong)?);
        }
        let body = (!body.is_empty() || lookup.method != Method::Get).then_some(Value::Object(body));
        let id = self.next_lookup();
        let request = LookupRequest { source: lookup.source.clone(), method: lookup.method, path, body };
        let limit = self.plan.sources.get(&lookup.source).map_or(Duration::from_secs(5), |source| source.timeout);
        self.orders.push_back(Order::Lookup { lookup: id, request });
        self.timers.answer = Some(self.now + limit + ANSWER_SLACK);
        let meanwhile = if lookup.meanwhile.is_some() { Meanwhile::Due } else { Meanwhile::Done };
        self.state = State::LookingUp { lookup: id, steps: Arc::clone(steps), index, meanwhile };
        Ok(())
    }

    /// Takes the answer of a business system, if it is the one waited for.
    pub(super) fn looked_up(&mut self, id: LookupId, outcome: LookupOutcome) {
        let State::LookingUp { lookup: waited, steps, index, .. } = &self.state else { return };
        if *waited != id {
            return;
        }
        let (steps, index) = (Arc::clone(steps), *index);
        self.state = State::Walking;
        self.timers.answer = None;
        let StepKind::Lookup(lookup) = &steps[index].kind else { return self.walk_on() };
        // Words that only cover the waiting have done their work; whatever else is still said stays.
        if lookup.meanwhile.is_some() && self.plays.len() == 1 {
            self.stop_playing();
        }
        let instead = match outcome {
            LookupOutcome::Found(value) => {
                if !lookup.name.is_empty() {
                    let picked = lookup.pick.iter().map(|(name, path)| (name.clone(), path.find(&value)));
                    let value = if lookup.pick.is_empty() { value } else { Value::Object(picked.collect()) };
                    self.values.insert(lookup.name.clone(), value);
                }
                return self.walk_on();
            }
            LookupOutcome::NotFound => match &lookup.not_found {
                Some(instead) => instead,
                None => return self.nothing_found(&steps, index),
            },
            LookupOutcome::Failed(why) => {
                self.note(format!("lookup of {} failed: {why}", lookup.source));
                let Some(instead) = &lookup.failed else {
                    self.say_line(Line::LookupFailed, &[]);
                    return self.announce_transfer(None, "lookup_failed");
                };
                instead
            }
        };
        if !instead.is_empty() {
            let frame = Frame { steps: Arc::clone(instead), next: 0, instead: true };
            self.enter(frame);
        }
        self.walk_on();
    }

    /// The plan says nothing of a 404: the slot collected for it is asked again, if one was.
    fn nothing_found(&mut self, steps: &Steps, index: usize) {
        self.say_line(Line::NotFound, &[]);
        let collected = steps.iter().take(index).rev().find_map(|step| match &step.kind {
            StepKind::Collect(names) => names.last(),
            _ => None,
        });
        if let Some(name) = collected {
            self.again(name);
            self.type_ahead();
        } else {
            self.skip_to_the_end_of_the_flow();
            self.walk_on();
        }
    }
}
