//! The built-in prompts, Chinese and English, for whatever the script library does not word itself; all of them in this file.
//! A prompt of the same name in the dialplan takes the built-in's place.

use jiff::civil::DateTime;
use serde_json::{Map, Value};

use crate::base::Language;
use crate::dialplan::{Dialplan, Template};
use crate::speech::Wording;

macro_rules! lines {
    ($($(#[$doc:meta])* $line:ident $name:literal zh [$($zh:literal),+] en [$($en:literal),+];)+) => {
        /// A built-in prompt.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Line {
            $($(#[$doc])* $line,)+
        }

        impl Line {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$line,)+];

            /// Returns the name under which a dialplan words it differently.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$line => $name,)+
                }
            }

            /// Returns the built-in variants, said in turn.
            #[must_use]
            pub const fn variants(self, language: Language) -> &'static [&'static str] {
                match (self, language) {
                    $((Self::$line, Language::Zh) => &[$($zh),+], (Self::$line, Language::En) => &[$($en),+],)+
                }
            }
        }
    };
}

lines! {
    /// Not understood.
    Again "again"
        zh ["抱歉没听清，您再说一遍好吗？", "不好意思，麻烦您换个说法再说一次。"]
        en ["Sorry, could you say that again?", "Sorry, could you put it another way?"];
    /// Nothing was said.
    NotHeard "not_heard" zh ["您好，我没有听到您的声音。"] en ["Sorry, I didn't hear anything."];
    /// The robot listens.
    GoAhead "go_ahead" zh ["请问有什么可以帮您？"] en ["How can I help you?"];
    /// Before the robot hangs up.
    Goodbye "goodbye" zh ["感谢您的来电，再见。"] en ["Thank you for calling. Goodbye."];
    /// Something in the script broke.
    Apology "apology" zh ["非常抱歉，系统出了点问题。"] en ["I'm sorry, something went wrong on our side."];
    /// A business system does not answer; a hand-over follows.
    LookupFailed "lookup_failed" zh ["非常抱歉，系统暂时查询不了。"] en ["I'm sorry, I can't look that up right now."];
    /// Something is being asked or written down and takes long.
    OneMoment "one_moment" zh ["请稍等。"] en ["One moment, please."];
    /// A business system has no such thing.
    NotFound "not_found" zh ["抱歉，没有查到相关信息。"] en ["Sorry, I couldn't find that."];
    /// The caller is handed over.
    Transfer "transfer" zh ["好的，正在为您转接人工客服，请稍等。"] en ["I'm connecting you to an agent. Please hold."];
    /// Nobody can take the call.
    NoSeat "no_seat" zh ["非常抱歉，现在没有空闲的人工客服。"] en ["I'm sorry, no agent is available right now."];
    /// Whether to be called back.
    CallbackQuestion "callback_question" zh ["需要我们稍后给您回电吗？"] en ["Would you like us to call you back?"];
    /// A call back is noted: `by`, in words.
    CallbackPromised "callback_promised"
        zh ["好的，已为您登记，我们会在{{ by }}之前给您回电。"]
        en ["All right, we will call you back before {{ by }}."];
    /// A message could not be sent.
    NotSent "not_sent" zh ["抱歉，短信没有发出去。"] en ["I'm sorry, the message could not be sent."];
    /// The words of a message that brings a link; the link follows.
    MessageWithLink "message_with_link" zh ["您好，这是您需要的链接："] en ["Here is the link you asked for:"];
    /// Not as many digits as there should be: `length`, in words.
    SlotLength "slot_length" zh ["号码应该是{{ length }}位数字，请您再说一遍。"] en ["It should have {{ length }} digits. Please say it again."];
    /// A part of a number was heard: the rest is awaited.
    SlotGoOn "slot_go_on" zh ["好的，请接着说。"] en ["All right, go on please."];
    /// A number was not understood, or nothing was found for it: it may be keyed in, too.
    SlotKeys "slot_keys" zh ["您也可以用按键输入，按井号键结束。"] en ["You may also key it in and end with the hash key."];
    /// A number out of its range: `least`, `most`.
    SlotRange "slot_range" zh ["请说{{ least }}到{{ most }}之间的数。"] en ["Please say a number from {{ least }} to {{ most }}."];
    /// Whether a value was heard right that the plan does not ask about: `value`.
    ConfirmValue "confirm_value" zh ["您说的是{{ value }}，对吗？"] en ["Was that {{ value }}?"];
    /// No value was understood; the question follows.
    SlotAgain "slot_again" zh ["抱歉，没有听清。"] en ["Sorry, I didn't catch that."];
    /// The caller said that it was heard wrong; the question follows.
    SlotWrong "slot_wrong" zh ["抱歉，是我听错了。"] en ["Sorry, I got that wrong."];
    /// An answer with yes or no is needed; the question follows.
    YesOrNo "yes_or_no" zh ["请您回答是或者不是。"] en ["Please answer yes or no."];
    /// A key that the menu does not have; the menu follows.
    MenuAgain "menu_again" zh ["没有这个选项。"] en ["There is no such option."];
    /// Whether an intent was meant that is worded as something to do: `nearest`.
    ConfirmDoing "confirm_doing" zh ["您是想{{ nearest }}吗？"] en ["Would you like to {{ nearest }}?"];
    /// Whether an intent was meant that is worded in any other way: `nearest`.
    ConfirmAsking "confirm_asking" zh ["您是想问“{{ nearest }}”，对吗？"] en ["Did you mean \"{{ nearest }}\"?"];
    /// Waiting in a queue, and nobody is before the caller.
    NextInQueue "next_in_queue"
        zh ["您是下一位，人工客服马上为您服务，请稍等。"]
        en ["You are next in line. An agent will be with you shortly."];
    /// Waiting in a queue behind `ahead` others.
    QueuePlace "queue_place"
        zh ["正在为您转接人工客服，您前面还有{{ ahead }}位，请稍等。"]
        en ["You are number {{ place }} in line. Please hold."];
}

/// Returns a prompt's first wording; the plan's own prompt of that name comes first.
#[must_use]
pub fn line(plan: &Dialplan, line: Line, language: Language) -> Wording {
    line_with(plan, line, language, &Map::new())
}

fn line_with(plan: &Dialplan, line: Line, language: Language, values: &Map<String, Value>) -> Wording {
    let own = plan.prompts.get(line.name()).and_then(|prompt| prompt.variants.first());
    let own = own.and_then(|text| text.template(language)?.render(values).ok());
    let text = own.or_else(|| rendered(line.variants(language).first()?, values)).unwrap_or_default();
    Wording { text: text.into(), language, speed: plan.speed }
}

/// Returns what a waiting caller is told; `place` counts from 1.
#[must_use]
pub fn queue_announcement(plan: &Dialplan, place: u32, language: Language) -> Wording {
    let ahead = place.saturating_sub(1);
    let values = Map::from_iter([("ahead".to_owned(), ahead.into()), ("place".to_owned(), place.into())]);
    line_with(plan, if ahead == 0 { Line::NextInQueue } else { Line::QueuePlace }, language, &values)
}

/// Words a moment as seen from now: 今天16:30, 11月14日10:00.
pub(super) fn moment(at: DateTime, now: DateTime, language: Language) -> String {
    let days = now.date().until(at.date()).map_or(99, |span| span.get_days());
    let time = at.strftime("%H:%M");
    match (language, days) {
        (Language::Zh, 0) => format!("今天{time}"),
        (Language::Zh, 1) => format!("明天{time}"),
        (Language::Zh, 2) => format!("后天{time}"),
        (Language::Zh, _) => format!("{}月{}日{time}", at.month(), at.day()),
        (Language::En, 0) => format!("{time} today"),
        (Language::En, 1) => format!("{time} tomorrow"),
        (Language::En, _) => format!("{time} on {}", at.strftime("%B %-d")),
    }
}

/// Puts values into a built-in text.
pub(super) fn rendered(text: &str, values: &Map<String, Value>) -> Option<String> {
    Template::new(text).ok()?.render(values).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_prompt_can_be_said_in_both_languages() {
        let values = Map::from_iter(
            ["length", "nearest", "ahead", "place", "by", "least", "most", "value"].map(|name| (name.to_owned(), Value::from("八"))),
        );
        for line in Line::ALL {
            for language in [Language::Zh, Language::En] {
                for text in line.variants(language) {
                    let said = rendered(text, &values).unwrap_or_default();
                    assert!(!said.is_empty() && !said.contains("{{"), "{line:?} {language}: {said}");
                }
            }
        }
    }

    #[test]
    fn a_moment_is_worded_from_where_the_caller_stands() {
        let now: DateTime = "2026-11-11T22:00:00".parse().unwrap();
        for (at, language, words) in [
            ("2026-11-11T23:30:00", Language::Zh, "今天23:30"),
            ("2026-11-12T11:00:00", Language::Zh, "明天11:00"),
            ("2026-11-20T09:05:00", Language::Zh, "11月20日09:05"),
            ("2026-11-12T11:00:00", Language::En, "11:00 tomorrow"),
            ("2026-11-20T09:05:00", Language::En, "09:05 on November 20"),
        ] {
            assert_eq!(moment(at.parse().unwrap(), now, language), words);
        }
    }

    #[test]
    fn a_waiting_caller_hears_where_it_stands() {
        let plan = Dialplan { speed: 100, ..Dialplan::default() };
        for (place, language, wanted) in [(1, Language::Zh, "下一位"), (3, Language::Zh, "您前面还有2位"), (3, Language::En, "number 3")]
        {
            let said = queue_announcement(&plan, place, language);
            assert!(said.text.contains(wanted), "{}", said.text);
        }
    }
}
