//! Runs a scripted call in writing and says where it first differs from its script.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::sources::describe;
use super::talk::{Answers, Listening, Talk, TalkLine, TalkState, TalkWhat};
use crate::base::Wall;
use crate::dialplan::{
    CallScript, Dialplan, FakedAnswer, FakedOutcome, HangsUp, Place, RobotSays, ScriptDoes, ScriptEnd, ScriptExpects, ScriptStep, SeatDoes,
    SpokenWords, Wordings,
};
use crate::intent::Matcher;
use crate::ivr::{CallerFacts, LookupOutcome, LookupRequest, Trodden};
use crate::spoken;

/// What came of a scripted call.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    /// The conversation.
    pub lines: Vec<TalkLine>,
    /// Where it first differed from the script, if it did.
    pub failure: Option<Difference>,
    /// The steps taken.
    pub path: Vec<Trodden>,
    /// How long the call lasted, in virtual time.
    pub lasted: Duration,
}

/// Where a call first differed from its script.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The place in the script.
    pub place: Place,
    /// The line of the conversation before which it differs: those from here on were not expected.
    pub line: usize,
    /// What was expected, and what was found.
    pub words: Wordings,
}

/// When a call begins that does not say when: Wednesday, 2026-11-11 10:00 in Shanghai.
const SOME_MORNING: Wall = Wall::from_millis(1_794_362_400_000);

/// Runs a scripted call.
#[must_use]
pub fn rehearse_script(plan: &Arc<Dialplan>, matcher: &Arc<Matcher>, script: &CallScript) -> Rehearsed {
    rehearse(plan, matcher, script, Fakes::new(&script.answers), None)
}

/// Something that a scripted caller says.
#[derive(Clone, Copy, Debug)]
pub struct SpokenTurn<'a> {
    /// Its number among all that this caller says, from 0.
    pub number: usize,
    /// Where it stands in the script.
    pub place: Place,
    /// The words.
    pub text: &'a str,
    /// What the script says is heard of them.
    pub heard_as: &'a [(String, f32)],
    /// What the robot listens for.
    pub listening: &'a Listening,
}

/// What is heard of a turn, best reading first, each with its confidence; empty where no word is.
pub type Heard = Vec<(String, f32)>;

/// What hears a caller: what it makes of a turn, or `None` for what the script says is heard.
pub type Ear<'a> = dyn FnMut(&SpokenTurn<'_>) -> Option<Heard> + 'a;

/// Runs a scripted call whose caller an ear hears.
#[must_use]
pub fn rehearse_script_heard(plan: &Arc<Dialplan>, matcher: &Arc<Matcher>, script: &CallScript, ear: &mut Ear<'_>) -> Rehearsed {
    rehearse(plan, matcher, script, Fakes::new(&script.answers), Some(ear))
}

/// Runs a scripted call; what it does not fake, the business systems themselves answer.
#[must_use]
pub fn rehearse_script_with<'s>(
    plan: &Arc<Dialplan>,
    matcher: &Arc<Matcher>,
    script: &'s CallScript,
    systems: Box<Answers<'s>>,
) -> Rehearsed {
    rehearse(plan, matcher, script, Fakes { systems: Some(systems), ..Fakes::new(&script.answers) }, None)
}

fn rehearse<'s>(
    plan: &Arc<Dialplan>,
    matcher: &Arc<Matcher>,
    script: &'s CallScript,
    fakes: Fakes<'s>,
    ear: Option<&mut Ear<'_>>,
) -> Rehearsed {
    let caller = CallerFacts {
        number_masked: spoken::mask_number(&script.from),
        number: Some(script.from.clone().into()),
        record: script.caller.clone(),
        began: script.at.and_then(|at| plan.hours.wall(at)).unwrap_or(SOME_MORNING),
    };
    let mut run = Run { plan, talk: Talk::new(plan, matcher, caller), fakes, ear, spoken: 0, cursor: (0, 0), matched: None };
    run.talk.make_fail(&script.fails);
    let failure = run.all(script).err();
    let Run { talk, .. } = run;
    Rehearsed { failure, path: talk.path().to_vec(), lasted: talk.lasted(), lines: talk.lines().to_vec() }
}

/// Answers of business systems as a script fakes them, and what nobody fakes.
pub struct Fakes<'s> {
    answers: &'s [FakedAnswer],
    given: BTreeMap<usize, usize>,
    asked: Vec<String>,
    unfaked: Option<String>,
    /// Who answers what nobody fakes.
    systems: Option<Box<Answers<'s>>>,
}

impl<'s> Fakes<'s> {
    /// Takes the faked answers, the first that fits answers.
    #[must_use]
    pub fn new(answers: &'s [FakedAnswer]) -> Self {
        Self { answers, given: BTreeMap::new(), asked: Vec::new(), unfaked: None, systems: None }
    }

    /// Answers a request.
    pub fn answer(&mut self, request: &LookupRequest) -> Option<(Duration, LookupOutcome)> {
        let line = describe(request);
        self.asked.push(line.clone());
        let found = self.answers.iter().enumerate().find(|(_, fake)| fake.fits(&request.source, &line));
        let Some((number, fake)) = found else {
            if let Some(systems) = &mut self.systems {
                return systems(request);
            }
            self.unfaked.get_or_insert_with(|| format!("{}: {line}", request.source));
            return Some((Duration::ZERO, LookupOutcome::Failed("nothing fakes it".to_owned())));
        };
        let given = self.given.entry(number).or_default();
        let outcome = fake.outcomes.get(*given).or(fake.outcomes.last())?;
        *given += 1;
        let FakedOutcome { status, body, after } = outcome;
        let outcome = match (*status)? {
            200..=299 => LookupOutcome::Found(body.clone()),
            404 => LookupOutcome::NotFound,
            code => LookupOutcome::Failed(format!("status {code}")),
        };
        Some((*after, outcome))
    }
}

struct Run<'p, 's, 'e, 'f> {
    plan: &'p Dialplan,
    talk: Talk,
    fakes: Fakes<'s>,
    ear: Option<&'e mut Ear<'f>>,
    /// What the caller has said so far.
    spoken: usize,
    /// From where on the robot's words are still to be matched: a line, and an offset in it.
    cursor: (usize, usize),
    /// The line matched last.
    matched: Option<usize>,
}

type Checked = Result<(), Difference>;

impl<'s> Run<'_, 's, '_, '_> {
    fn all(&mut self, script: &'s CallScript) -> Checked {
        self.does(|talk, answers| talk.begin(answers));
        for (number, step) in script.steps.iter().enumerate() {
            self.step(step, &script.steps[number + 1..])?;
            self.faked(step.place)?;
        }
        self.quiet();
        let last = script.steps.last().map_or(script.place, |step| step.place);
        self.faked(last)?;
        match &script.end {
            Some(end) => self.end(end),
            None => Ok(()),
        }
    }

    fn step(&mut self, step: &'s ScriptStep, rest: &'s [ScriptStep]) -> Checked {
        let place = step.place;
        match &step.does {
            ScriptDoes::Robot(says) => return self.robot(says, place, rest),
            ScriptDoes::Expect(expects) => {
                if !interrupts(rest) {
                    self.quiet();
                }
                return self.expects(expects, place);
            }
            ScriptDoes::Seat(seat) => {
                self.quiet();
                if self.talk.state() != TalkState::HandedOver {
                    return self
                        .differs(place, Wordings::new("应该已经转人工，但没有", "should have been handed over by now, but was not"));
                }
                match seat {
                    SeatDoes::Nothing => self.does(|talk, answers| talk.no_seat(answers)),
                    SeatDoes::HangsUp => self.does(|talk, answers| talk.seat_hangs_up(answers)),
                }
                self.turn_begins();
                return Ok(());
            }
            _ => {}
        }
        if !interrupts(std::slice::from_ref(step)) {
            self.quiet();
        }
        if self.talk.state() != TalkState::Open {
            let how = if self.talk.state() == TalkState::Over {
                ("通话已经结束", "the call is over")
            } else {
                ("已经转人工", "the caller was handed over")
            };
            return self
                .differs(place, Wordings::new(format!("{}，这一步用不上了", how.0), format!("{} and this step is not used", how.1)));
        }
        let line = self.matched.filter(|line| *line >= self.cursor.0).or_else(|| self.first_of_turn());
        match &step.does {
            ScriptDoes::Caller(said) => {
                let heard = self.heard(said, place);
                self.does(|talk, answers| talk.say(&said.text, heard.as_deref().unwrap_or(&said.heard_as), answers));
            }
            ScriptDoes::Press { keys, after } => {
                let after = after.map(|after| (line, after));
                self.does(|talk, answers| talk.press(keys, after, answers));
            }
            ScriptDoes::Silence(lasting) => {
                self.cursor = (self.talk.lines().len(), 0);
                self.does(|talk, answers| talk.silence(*lasting, answers));
                return Ok(());
            }
            ScriptDoes::BargeIn { said, after } => {
                let heard = self.heard(said, place);
                let heard = heard.as_deref().unwrap_or(&said.heard_as);
                self.does(|talk, answers| talk.barge_in(line, *after, &said.text, heard, answers));
            }
            ScriptDoes::HangUp { after } => {
                let after = after.map(|after| (line, after));
                self.does(|talk, answers| talk.hang_up(after, answers));
            }
            ScriptDoes::Robot(_) | ScriptDoes::Expect(_) | ScriptDoes::Seat(_) => {}
        }
        self.turn_begins();
        Ok(())
    }

    /// What the ear hears of what the caller says now.
    fn heard(&mut self, said: &SpokenWords, place: Place) -> Option<Heard> {
        let number = self.spoken;
        self.spoken += 1;
        let listening = self.talk.listening();
        self.ear.as_mut()?(&SpokenTurn { number, place, text: &said.text, heard_as: &said.heard_as, listening })
    }

    /// What the robot says from the caller's last doing on is to be matched.
    fn turn_begins(&mut self) {
        let lines = self.talk.lines();
        let last = lines.iter().rposition(|line| {
            matches!(line.what, TalkWhat::Caller { .. } | TalkWhat::Keys(_) | TalkWhat::Seat(_) | TalkWhat::CallerHungUp)
        });
        self.cursor = (last.map_or(0, |last| last + 1), 0);
    }

    fn first_of_turn(&self) -> Option<usize> {
        let lines = self.talk.lines().iter().enumerate().skip(self.cursor.0);
        lines.filter(|(_, line)| matches!(line.what, TalkWhat::Robot { .. })).map(|(at, _)| at).next()
    }

    fn robot(&mut self, says: &'s RobotSays, place: Place, rest: &'s [ScriptStep]) -> Checked {
        let cut_short = interrupts(rest);
        if !cut_short {
            self.quiet();
        }
        match says {
            RobotSays::Words(words) => {
                for words in words {
                    if cut_short {
                        let from = self.cursor.0;
                        self.does(|talk, answers| {
                            talk.until_begins(from, |text, _| text.contains(words.as_str()), answers);
                        });
                    }
                    self.robot_says(words, place)?;
                }
                Ok(())
            }
            RobotSays::Prompt(name) => {
                let from = self.cursor.0;
                if cut_short {
                    self.does(|talk, answers| {
                        talk.until_begins(from, |_, prompt| prompt == Some(name.as_str()), answers);
                    });
                }
                let lines = self.talk.lines().iter().enumerate().skip(from);
                let found = lines.filter(|(_, line)| matches!(&line.what, TalkWhat::Robot { prompt: Some(prompt), cut, .. } if prompt == name && *cut != Some(0)));
                match found.map(|(at, _)| at).next() {
                    Some(at) => {
                        self.cursor = (at + 1, 0);
                        self.matched = Some(at);
                        Ok(())
                    }
                    None if !self.plan.prompts.contains_key(name) && !crate::ivr::Line::ALL.iter().any(|line| line.name() == name) => self
                        .differs(
                            place,
                            Wordings::new(format!("话术里没有叫 {name} 的 prompt"), format!("the dialplan has no prompt named {name}")),
                        ),
                    None => self.differs(place, Wordings::new(format!("机器人应该播放 {name}"), format!("the robot should play {name}"))),
                }
            }
        }
    }

    fn robot_says(&mut self, words: &str, place: Place) -> Checked {
        let (from, offset) = self.cursor;
        for (at, line) in self.talk.lines().iter().enumerate().skip(from) {
            let TalkWhat::Robot { text, cut, .. } = &line.what else { continue };
            if *cut == Some(0) {
                continue;
            }
            let begin = if at == from { offset.min(text.len()) } else { 0 };
            if let Some(found) = text[begin..].find(words) {
                self.cursor = (at, begin + found + words.len());
                self.matched = Some(at);
                return Ok(());
            }
        }
        self.differs(place, Wordings::new(format!("机器人应该说“{words}”"), format!("the robot should say \"{words}\"")))
    }

    fn expects(&mut self, expects: &ScriptExpects, place: Place) -> Checked {
        let summary = self.talk.summary();
        if let Some(wanted) = &expects.intent
            && *wanted != summary.intent
        {
            let word = |intent: &Option<String>| intent.clone().unwrap_or_else(|| "none".to_owned());
            return self.should_be(place, "intent", &word(wanted), &word(&summary.intent));
        }
        for (name, wanted) in &expects.slots {
            let found = summary.slots.iter().find(|(known, _)| known == name).map_or("-", |(_, value)| value.as_str());
            if found != wanted {
                return self.should_be(place, name, wanted, found);
            }
        }
        for (name, wanted) in &expects.values {
            let found = summary.values.get(name).unwrap_or(&Value::Null);
            if found != wanted {
                return self.should_be(place, name, &wanted.to_string(), &found.to_string());
            }
        }
        if let Some(wanted) = expects.language.filter(|wanted| *wanted != summary.language) {
            return self.should_be(place, "language", wanted.code(), summary.language.code());
        }
        if let Some(wanted) = expects.within {
            match self.talk.answered_after() {
                Some(found) if found <= wanted => {}
                Some(found) => {
                    return self.differs(
                        place,
                        Wordings::new(
                            format!("机器人应该在 {wanted:?} 内开口，过了 {found:?}"),
                            format!("the robot should speak within {wanted:?}; it took {found:?}"),
                        ),
                    );
                }
                None => {
                    return self.differs(
                        place,
                        Wordings::new(
                            format!("机器人应该在 {wanted:?} 内开口，没有开口"),
                            format!("the robot should speak within {wanted:?}; it did not"),
                        ),
                    );
                }
            }
        }
        let flows: Vec<&str> = self.talk.path().iter().filter_map(|step| step.flow.as_deref()).collect();
        let mut left = flows.iter();
        if let Some(missing) = expects.path.iter().find(|wanted| !left.any(|flow| flow == wanted)) {
            return self.should_be(place, "path", missing, &flows.join(" → "));
        }
        if let Some(missing) = expects.lookups.iter().find(|wanted| !self.fakes.asked.iter().any(|asked| asked.contains(wanted.as_str()))) {
            return self.should_be(place, "lookups", missing, &self.fakes.asked.join(", "));
        }
        let done: Vec<&str> = self
            .talk
            .lines()
            .iter()
            .filter_map(|line| if let TalkWhat::Did(what) = &line.what { Some(what.as_str()) } else { None })
            .collect();
        if let Some(missing) = expects.notes.iter().find(|wanted| !done.iter().any(|did| did.contains(wanted.as_str()))) {
            return self.should_be(place, "notes", missing, &done.join(", "));
        }
        Ok(())
    }

    fn end(&mut self, end: &ScriptEnd) -> Checked {
        let place = end.place;
        let handed = self.talk.lines().iter().rev().find_map(|line| match &line.what {
            TalkWhat::HandedOver { queue, tier, reason } => Some((queue.clone(), tier.clone(), reason.clone())),
            _ => None,
        });
        match (&handed, end.handed_over) {
            (Some((queue, _, reason)), Some(false)) => {
                return self.differs(
                    place,
                    Wordings::new(
                        format!("不应该转人工，但是转到了 {queue}，原因 {reason}"),
                        format!("should not be handed over, but was: queue {queue}, reason {reason}"),
                    ),
                );
            }
            (None, wanted) if wanted == Some(true) || end.queue.is_some() || end.reason.is_some() || end.tier.is_some() => {
                return self.differs(place, Wordings::new("应该转人工，但没有", "should be handed over, but was not"));
            }
            _ => {}
        }
        let (queue, tier, reason) = handed.unwrap_or_default();
        for (name, wanted, found) in
            [("queue", &end.queue, queue), ("reason", &end.reason, reason), ("tier", &end.tier, tier.unwrap_or_else(|| "-".to_owned()))]
        {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| **wanted != found) {
                return self.should_be(place, name, wanted, &found);
            }
        }
        if let Some(wanted) = end.hung_up {
            let by_robot = self.talk.lines().iter().any(|line| line.what == TalkWhat::RobotHungUp);
            let by_caller = self.talk.lines().iter().any(|line| line.what == TalkWhat::CallerHungUp);
            let (right, word) = match wanted {
                HangsUp::Robot => (by_robot, "robot"),
                HangsUp::Caller => (by_caller, "caller"),
            };
            if !right {
                let found = if by_robot {
                    "robot"
                } else if by_caller {
                    "caller"
                } else {
                    "-"
                };
                return self.should_be(place, "hung_up", word, found);
            }
        }
        for wanted in &end.transcript_has {
            if !self.talk.lines().iter().any(|line| transcribed(&line.what).is_some_and(|text| text.contains(wanted.as_str()))) {
                return self
                    .differs(place, Wordings::new(format!("对话里应该有“{wanted}”"), format!("the transcript should hold \"{wanted}\"")));
            }
        }
        self.expects(&end.expects, place)
    }

    fn quiet(&mut self) {
        self.does(|talk, answers| talk.until_quiet(answers));
    }

    fn does(&mut self, act: impl FnOnce(&mut Talk, &mut Answers<'_>)) {
        let Self { talk, fakes, .. } = self;
        act(talk, &mut |request| fakes.answer(request));
    }

    fn faked(&mut self, place: Place) -> Checked {
        if self.talk.is_endless() {
            return self.differs(place, Wordings::new("通话转圈，停不下来", "the call goes round and round and never waits"));
        }
        match self.fakes.unfaked.clone() {
            Some(request) => self.differs(
                place,
                Wordings::new(
                    format!("问了业务系统 {request}，剧本的 sources 里没有写它怎么回答"),
                    format!("asked {request}, which the script's sources do not answer"),
                ),
            ),
            None => Ok(()),
        }
    }

    fn should_be(&self, place: Place, name: &str, wanted: &str, found: &str) -> Checked {
        self.differs(
            place,
            Wordings::new(format!("{name} 应该是 {wanted}，实际是 {found}"), format!("{name} should be {wanted}, but is {found}")),
        )
    }

    fn differs(&self, place: Place, words: Wordings) -> Checked {
        let lines = self.talk.lines();
        let after = lines.iter().rposition(|line| matches!(line.what, TalkWhat::Caller { .. } | TalkWhat::Keys(_) | TalkWhat::Silence(_)));
        let line = self.cursor.0.max(self.matched.map_or(0, |at| at + 1)).max(after.map_or(0, |at| at + 1)).min(lines.len());
        Err(Difference { place, line, words })
    }
}

/// What the transcript would hold of a line.
fn transcribed(what: &TalkWhat) -> Option<String> {
    match what {
        TalkWhat::Robot { text, cut: None, .. } => Some(text.clone()),
        TalkWhat::Robot { text, cut: Some(heard), .. } => Some(text.chars().take(*heard).collect()),
        TalkWhat::Caller { text, heard } => Some(heard.clone().unwrap_or_else(|| text.clone())),
        TalkWhat::Keys(keys) => Some(keys.clone()),
        _ => None,
    }
}

/// Whether the next thing a caller does comes while the robot still speaks.
fn interrupts(rest: &[ScriptStep]) -> bool {
    let acts = rest.iter().find(|step| !matches!(step.does, ScriptDoes::Robot(_) | ScriptDoes::Expect(_)));
    acts.is_some_and(|step| {
        matches!(step.does, ScriptDoes::BargeIn { .. } | ScriptDoes::Press { after: Some(_), .. } | ScriptDoes::HangUp { after: Some(_) })
    })
}
