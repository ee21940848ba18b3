//! What is over: prompts whose last day has passed, closed days that will not come again. Today is an argument.

use jiff::civil::Date;

use super::Notes;
use crate::dialplan::Wordings;

/// A prompt is told of so many days before its last.
const SOON: i32 = 7;

pub(super) fn check(notes: &mut Notes, today: Date) {
    let plan = notes.plan;
    for (name, prompt) in &plan.prompts {
        let Some((_, last)) = prompt.valid else { continue };
        let left = (last - today).get_days();
        if left < 0 {
            notes.add(
                prompt.place,
                name,
                "expired",
                Wordings::new(
                    format!("话术 {name} 到 {last} 已经过期，不会再说了"),
                    format!("the prompt {name} ended on {last}: it is not said any more"),
                ),
                Wordings::new(
                    format!("改 valid 的日期，或者删掉 {name} 和用到它的地方"),
                    format!("change the dates in valid, or delete {name} and what plays it"),
                ),
            );
        } else if left <= SOON {
            notes.add(
                prompt.place,
                name,
                "expires-soon",
                Wordings::new(format!("话术 {name} 再过 {left} 天就过期"), format!("the prompt {name} ends in {left} days")),
                Wordings::new(
                    format!("到期前改 valid 的日期，或者换掉 {name}"),
                    format!("change the dates in valid or replace {name} before"),
                ),
            );
        }
    }
    if let Some((_, last)) = plan.hours.closed.iter().max_by_key(|(_, last)| *last)
        && *last < today
    {
        let line = plan.source.lines().position(|line| line.contains("closed:")).unwrap_or(0);
        notes.add(
            crate::dialplan::Place { line: u32::try_from(line + 1).unwrap_or(1), column: 1 },
            "closed",
            "expired",
            Wordings::new(format!("放假的日子都过去了，最后一天是 {last}"), format!("all closed days are past; the last was {last}")),
            Wordings::new("写上接下来的假期，或者删掉 closed", "write the next holidays, or delete closed"),
        );
    }
}
