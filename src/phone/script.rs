//! A caller's steps, one after another, in ticks of 20 ms. Knows no socket, no recogniser: only what was heard and what to say.

use std::collections::VecDeque;
use std::time::Duration;

use super::awaited::{Awaited, HeardSoFar};
use super::mouth::Mouth;
use crate::base::{Key, Mono};
use crate::speech::Speech;

/// Silence before a speech, as people leave.
pub(super) const BREATH: Duration = Duration::from_millis(200);
/// How long a key is held.
pub(super) const KEY_HELD: Duration = Duration::from_millis(120);
/// From one key to the next.
const KEY_RHYTHM: Duration = Duration::from_millis(220);

/// A step with everything ready that it needs.
#[derive(Clone, Debug)]
pub(super) enum Ready {
    /// Plays a speech; `shown` is what the events call it.
    Say { shown: String, speech: Speech },
    /// Presses keys.
    Press(Vec<Key>),
    /// Waits.
    Wait(Duration),
    /// Listens.
    Until(Awaited),
}

/// What a tick of the script asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// Send this key.
    Key(Key),
    /// Tell that this was said.
    Said(String),
    /// Tell that these keys were pressed.
    Pressed(String),
}

/// How far the script is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Progress {
    /// Steps are left.
    Going,
    /// Every step is done.
    Done,
    /// A step cannot be done.
    Failed(String),
}

/// Walks through steps.
#[derive(Debug)]
pub(super) struct Script {
    steps: VecDeque<Ready>,
    patience: Patience,
    doing: Option<Doing>,
    done: usize,
    /// What was said last, for saying it again.
    last: Option<(String, Speech)>,
}

/// How long a caller waits for words, and what then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// How long each time.
    pub(super) timeout: Duration,
    /// How often what was said before is said again in place of giving up.
    pub(super) again: u32,
}

#[derive(Debug)]
enum Doing {
    Saying(String),
    Pressing { left: VecDeque<Key>, all: String, next: Mono },
    Waiting(Mono),
    Listening { awaited: Awaited, deadline: Mono, again: u32 },
}

impl Script {
    pub(super) fn new(steps: Vec<Ready>, patience: Patience) -> Self {
        Self { steps: steps.into(), patience, doing: None, done: 0, last: None }
    }

    /// Returns how many steps are done.
    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// Goes on as far as `now` allows.
    pub(super) fn tick(&mut self, now: Mono, heard: &mut HeardSoFar, mouth: &mut Mouth, acts: &mut Vec<Act>) -> Progress {
        loop {
            let Some(doing) = &mut self.doing else {
                let Some(step) = self.steps.pop_front() else { return Progress::Done };
                self.doing = Some(self.begin(now, step, mouth));
                continue;
            };
            match doing {
                Doing::Saying(_) if !mouth.is_silent() => return Progress::Going,
                Doing::Saying(shown) => acts.push(Act::Said(std::mem::take(shown))),
                Doing::Pressing { next, .. } if now < *next => return Progress::Going,
                Doing::Pressing { left, all, next } => {
                    if let Some(key) = left.pop_front() {
                        acts.push(Act::Key(key));
                        *next = now + KEY_RHYTHM;
                        return Progress::Going;
                    }
                    acts.push(Act::Pressed(std::mem::take(all)));
                }
                Doing::Waiting(until) if now < *until => return Progress::Going,
                Doing::Waiting(_) => {}
                Doing::Listening { awaited, deadline, again } => {
                    let found = heard.take(awaited);
                    if !found && (now < *deadline || !mouth.is_silent()) {
                        return Progress::Going;
                    }
                    if !found && *again > 0 {
                        *again -= 1;
                        *deadline = now + self.patience.timeout;
                        if let Some((shown, speech)) = &self.last {
                            mouth.say(speech.clone(), BREATH);
                            acts.push(Act::Said(shown.clone()));
                        }
                        return Progress::Going;
                    }
                    if !found {
                        let seconds = (self.patience.timeout * (1 + self.patience.again)).as_secs_f32();
                        return Progress::Failed(format!("not heard in {seconds} s: {}", awaited.text));
                    }
                }
            }
            // What an `--until` found is used up already; what follows it in the same breath is for the next one. Words that
            // came during a wait are for it too.
            if matches!(self.doing, Some(Doing::Saying(_) | Doing::Pressing { .. })) {
                heard.mark();
            }
            self.doing = None;
            self.done += 1;
        }
    }

    /// Says what is left undone now that the call is over; what is still heard may have done the last step.
    pub(super) fn end(&mut self, heard: &mut HeardSoFar) -> Progress {
        if let Some(Doing::Listening { awaited, .. }) = &self.doing
            && heard.take(awaited)
        {
            self.doing = None;
            self.done += 1;
        }
        match (&self.doing, self.steps.len()) {
            (None, 0) => Progress::Done,
            (Some(Doing::Listening { awaited, .. }), _) => {
                Progress::Failed(format!("the call ended before this was heard: {}", awaited.text))
            }
            (doing, left) => Progress::Failed(format!("the call ended with {} steps left", left + usize::from(doing.is_some()))),
        }
    }

    fn begin(&mut self, now: Mono, step: Ready, mouth: &mut Mouth) -> Doing {
        match step {
            Ready::Say { shown, speech } => {
                self.last = Some((shown.clone(), speech.clone()));
                mouth.say(speech, BREATH);
                Doing::Saying(shown)
            }
            Ready::Press(keys) => {
                // Who pressed keys does not go back to what was said before them.
                self.last = None;
                Doing::Pressing { all: keys.iter().map(Key::to_string).collect(), left: keys.into(), next: now }
            }
            Ready::Wait(wait) => Doing::Waiting(now + wait),
            Ready::Until(awaited) => Doing::Listening { awaited, deadline: now + self.patience.timeout, again: self.patience.again },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::awaited::WordList;
    use super::*;
    use crate::audio::Frame8k;
    use crate::base::TICK;

    struct Stage {
        script: Script,
        heard: HeardSoFar,
        mouth: Mouth,
        now: Mono,
        log: Vec<String>,
    }

    impl Stage {
        fn new(steps: Vec<Ready>) -> Self {
            Self::patient(steps, 0)
        }

        fn patient(steps: Vec<Ready>, again: u32) -> Self {
            let script = Script::new(steps, Patience { timeout: Duration::from_secs(15), again });
            Self { script, heard: HeardSoFar::default(), mouth: Mouth::default(), now: Mono::ZERO, log: Vec::new() }
        }

        /// Plays ticks until the script stands still for `longest`, is done or has failed.
        fn play(&mut self, longest: Duration) -> Progress {
            let until = self.now + longest;
            let mut frame = Frame8k::SILENCE;
            loop {
                let mut acts = Vec::new();
                let progress = self.script.tick(self.now, &mut self.heard, &mut self.mouth, &mut acts);
                let at = self.now.elapsed().as_millis();
                self.log.extend(acts.into_iter().map(|act| match act {
                    Act::Key(key) => format!("{at} key {key}"),
                    Act::Said(text) => format!("{at} said {text}"),
                    Act::Pressed(keys) => format!("{at} pressed {keys}"),
                }));
                if progress != Progress::Going || self.now >= until {
                    return progress;
                }
                self.mouth.frame(&mut frame);
                self.now += TICK;
            }
        }
    }

    fn say(text: &str) -> Ready {
        Ready::Say { shown: text.to_owned(), speech: vec![1_i16; 800].into() }
    }

    fn until(text: &str) -> Ready {
        Ready::Until(Awaited::new(text, &WordList::default()).expect("something to hear"))
    }

    fn keys(labels: &str) -> Ready {
        Ready::Press(labels.chars().filter_map(Key::new).collect())
    }

    #[test]
    fn steps_are_done_in_the_order_given() {
        let mut stage = Stage::new(vec![say("one"), keys("1#"), Ready::Wait(Duration::from_secs(1)), say("two")]);
        assert_eq!(stage.play(Duration::from_secs(9)), Progress::Done);
        assert_eq!(stage.log, ["300 said one", "300 key 1", "520 key #", "740 pressed 1#", "2040 said two"]);
        assert_eq!(stage.script.done(), 4);
    }

    #[test]
    fn what_was_heard_before_the_last_step_does_not_count() {
        let mut stage = Stage::new(vec![until("请问"), say("one"), until("请问")]);
        assert_eq!(stage.play(Duration::from_secs(1)), Progress::Going);
        stage.heard.partial("您好请问");
        assert_eq!(stage.play(Duration::from_secs(1)), Progress::Going);
        stage.heard.settle("您好请问");
        assert_eq!(stage.play(Duration::from_secs(5)), Progress::Going);
        assert_eq!(stage.log, ["1300 said one"]);
        stage.heard.settle("请问");
        assert_eq!(stage.play(Duration::from_secs(1)), Progress::Done);
    }

    #[test]
    fn words_that_come_during_a_wait_count_for_what_follows_it() {
        let mut stage = Stage::new(vec![Ready::Wait(Duration::from_secs(2)), until("人工")]);
        assert_eq!(stage.play(Duration::from_secs(1)), Progress::Going);
        stage.heard.settle("人工");
        assert_eq!(stage.play(Duration::from_secs(2)), Progress::Done);
    }

    #[test]
    fn a_text_that_never_comes_fails_and_says_which() {
        let mut stage = Stage::new(vec![until("再见"), say("one")]);
        assert_eq!(stage.play(Duration::from_secs(20)), Progress::Failed("not heard in 15 s: 再见".to_owned()));
        assert_eq!((stage.now.elapsed(), stage.script.done()), (Duration::from_secs(15), 0));
    }

    #[test]
    fn who_is_not_answered_says_it_again() {
        let mut stage = Stage::patient(vec![until("请问"), say("one"), until("再见")], 2);
        assert_eq!(stage.play(Duration::from_secs(20)), Progress::Going);
        assert!(stage.log.is_empty(), "nothing was said yet that could be said again");
        stage.heard.settle("请问");
        assert_eq!(stage.play(Duration::from_secs(20)), Progress::Going);
        stage.heard.settle("再见");
        assert_eq!(stage.play(Duration::from_secs(1)), Progress::Done);
        assert_eq!(stage.log.iter().filter(|line| line.ends_with(" said one")).count(), 2, "{:?}", stage.log);

        let mut stage = Stage::patient(vec![say("one"), until("再见")], 1);
        assert_eq!(stage.play(Duration::from_secs(50)), Progress::Failed("not heard in 30 s: 再见".to_owned()));
    }

    #[test]
    fn a_call_that_ends_before_its_steps_are_done_says_what_is_left() {
        let mut stage = Stage::new(vec![say("one"), say("two")]);
        assert_eq!(stage.play(Duration::from_millis(100)), Progress::Going);
        assert_eq!(stage.script.end(&mut stage.heard), Progress::Failed("the call ended with 2 steps left".to_owned()));

        let mut stage = Stage::new(vec![until("再见")]);
        assert_eq!(stage.play(Duration::from_millis(100)), Progress::Going);
        stage.heard.settle("谢谢再见");
        assert_eq!(stage.script.end(&mut stage.heard), Progress::Done);
    }
}
