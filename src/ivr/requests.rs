//! Asks others to do something and waits for their answer: business systems, the message sender, tickets.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::lines::{Line, rendered};
use super::stepping::Again;
use super::walk::{Frame, Meanwhile, State, Walk};
use super::{LookupOutcome, LookupRequest, Message, Order, TicketDraft};
use crate::base::LookupId;
use crate::dialplan::{Lookup, Method, Place, Send, StepKind, Steps, TemplateError, TicketStep};

/// Beyond the source's own limit, for its answer to arrive.
const ANSWER_SLACK: Duration = Duration::from_millis(500);
/// How long a message or a ticket may take.
const ERRAND: Duration = Duration::from_secs(4);

/// What went wrong with a template, and where.
type Wrong = (Place, String);

impl Walk {
    pub(super) fn look_up(&mut self, lookup: &Lookup, place: Place, steps: &Steps, index: usize) -> Result<(), Wrong> {
        let wrong = |error: TemplateError| (place, error.message);
        let path = lookup.path.render_path(&self.values).map_err(wrong)?;
        let mut body = Map::new();
        for (name, template) in &lookup.send {
            body.insert(name.clone(), template.evaluate(&self.values).map_err(wrong)?);
        }
        let body = (!body.is_empty() || lookup.method != Method::Get).then_some(Value::Object(body));
        let request = LookupRequest { place, source: lookup.source.clone(), method: lookup.method, path, body };
        let limit = self.plan.sources.get(&lookup.source).map_or(Duration::from_secs(5), |source| source.timeout);
        let id = self.await_answer(steps, index, limit);
        self.orders.push_back(Order::Lookup { lookup: id, request });
        Ok(())
    }

    pub(super) fn send(&mut self, send: &Send, place: Place, steps: &Steps, index: usize) -> Result<(), Wrong> {
        let wrong = |error: TemplateError| (place, error.message);
        let link = send.link.as_ref().map(|link| link.render(&self.values)).transpose().map_err(wrong)?;
        let words = match &send.text {
            Some(text) => text.template(self.language).map(|words| words.render(&self.values)).transpose().map_err(wrong)?,
            None => Line::MessageWithLink.variants(self.language).first().and_then(|words| rendered(words, &self.values)),
        };
        let mut text = words.unwrap_or_default();
        if let Some(link) = link.as_ref().filter(|link| !text.contains(link.as_str())) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(link);
        }
        let id = self.await_answer(steps, index, ERRAND);
        self.orders.push_back(Order::Send { lookup: id, message: Message { text, link } });
        Ok(())
    }

    pub(super) fn open_ticket(&mut self, step: &TicketStep, place: Place, steps: &Steps, index: usize) -> Result<(), Wrong> {
        let wrong = |error: TemplateError| (place, error.message);
        let text = match &step.text {
            Some(text) => text.render(&self.values).map_err(wrong)?,
            None => self.last_message.clone().unwrap_or_default(),
        };
        let mut fields: Map<String, Value> = self.slots.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        for (name, template) in &step.fields {
            fields.insert(name.clone(), template.evaluate(&self.values).map_err(wrong)?);
        }
        let id = self.await_answer(steps, index, ERRAND);
        let ticket = TicketDraft { kind: step.kind.clone(), priority: step.priority, text, fields };
        self.orders.push_back(Order::Ticket { lookup: id, ticket });
        Ok(())
    }

    fn await_answer(&mut self, steps: &Steps, index: usize, limit: Duration) -> LookupId {
        let lookup = self.next_lookup();
        self.timers.answer = Some(self.now + limit + ANSWER_SLACK);
        self.state = State::LookingUp { lookup, steps: Arc::clone(steps), index, meanwhile: Meanwhile::Due };
        lookup
    }

    /// Takes an answer, if it is the one waited for.
    pub(super) fn looked_up(&mut self, id: LookupId, outcome: LookupOutcome) {
        let State::LookingUp { lookup: waited, steps, index, meanwhile } = &self.state else { return };
        if *waited != id {
            return;
        }
        let (steps, index, covered) = (Arc::clone(steps), *index, *meanwhile == Meanwhile::Done);
        self.state = State::Walking;
        self.timers.answer = None;
        // Words that only cover the waiting have done their work; whatever else is still said stays.
        if covered && self.plays.len() == 1 {
            self.stop_playing();
        }
        match &steps[index].kind {
            StepKind::Lookup(lookup) => self.source_answered(lookup, outcome, &steps, index),
            StepKind::Send(send) => self.message_sent(send, outcome),
            StepKind::Ticket(ticket) => self.ticket_opened(ticket, outcome),
            _ => self.walk_on(),
        }
    }

    fn source_answered(&mut self, lookup: &Lookup, outcome: LookupOutcome, steps: &Steps, index: usize) {
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
                None => return self.nothing_found(steps, index),
            },
            LookupOutcome::Failed(why) => {
                let (file, place) = self.plan.locate(steps[index].place);
                self.note(format!("{file}:{}:{}: lookup of {} failed: {why}", place.line, place.column, lookup.source));
                let Some(instead) = &lookup.failed else { return self.hand_over_after_failure() };
                instead
            }
        };
        self.walk_instead(instead);
    }

    fn message_sent(&mut self, send: &Send, outcome: LookupOutcome) {
        let why = match outcome {
            LookupOutcome::Found(_) => return self.walk_on(),
            LookupOutcome::NotFound => "no such number".to_owned(),
            LookupOutcome::Failed(why) => why,
        };
        self.note(format!("the message was not sent: {why}"));
        if let Some(instead) = &send.failed {
            return self.walk_instead(instead);
        }
        self.say_line(Line::NotSent, &[]);
        self.skip_to_the_end_of_the_flow();
        self.walk_on();
    }

    fn ticket_opened(&mut self, ticket: &TicketStep, outcome: LookupOutcome) {
        match outcome {
            LookupOutcome::Found(value) => {
                self.values.insert(ticket.name.clone(), value);
                self.walk_on();
            }
            LookupOutcome::NotFound => self.hand_over_after_failure(),
            LookupOutcome::Failed(why) => {
                self.note(format!("the ticket was not opened: {why}"));
                self.hand_over_after_failure();
            }
        }
    }

    fn hand_over_after_failure(&mut self) {
        self.say_line(Line::LookupFailed, &[]);
        self.announce_transfer(None, "lookup_failed");
    }

    fn walk_instead(&mut self, instead: &Steps) {
        if !instead.is_empty() {
            self.enter(Frame { steps: Arc::clone(instead), next: 0, instead: true });
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
            self.again(name, Again::NotFound);
            self.type_ahead();
        } else {
            self.skip_to_the_end_of_the_flow();
            self.walk_on();
        }
    }
}
