//! Every key of scripted calls (`x.calls.yaml`), once: the reader checks against this table, the schema and the reference are made from it.
//! Reads nothing.

use super::keys::Shape::{Decimal, Duration, Each, Either, Many, OneOf, Plain};
use super::keys::{Group, Key, LANGUAGES, Shape, may, must, step};

/// The keys of the file.
pub(super) static FILE: Group = Group {
    name: "calls file",
    zh: "和 x.yaml 放在一起的 x.calls.yaml：一通一通写好的电话，改完话术跑一遍就知道有没有改坏。",
    en: "`x.calls.yaml` beside `x.yaml`: calls written down, to see after a change that nothing broke.",
    keys: &[
        must("version", Shape::Count, "写法的版本，现在是 1。", "The version of this notation: 1."),
        may("defaults", Shape::Group(&DEFAULTS), "每通电话都一样的部分。", "What is the same in every call."),
        must("calls", Many(&Shape::Group(&CALL)), "电话。", "The calls."),
    ],
};

/// What stands under `defaults`.
pub(super) static DEFAULTS: Group = Group {
    name: "defaults",
    zh: "每通电话都一样的部分。",
    en: "What is the same in every call.",
    keys: &[FROM, AT, CALLER, SOURCES, FAILS],
};

const FROM: Key = may("from", Plain, "来电号码，写在引号里。", "The caller's number, in quotes.");
const AT: Key = may(
    "at",
    Plain,
    "什么时候打来，例如 \"2026-11-11 10:00\"，按话术里的时区。",
    "When the call comes, as \"2026-11-11 10:00\", in the dialplan's time zone.",
);
const CALLER: Key = may("caller", Each(&Plain), "已经知道的客户信息，例如 {tier: gold}。", "What is known of the caller, as {tier: gold}.");
const SOURCES: Key = may(
    "sources",
    Each(&Each(&Plain)),
    "业务系统怎么回答：{shop: {\"GET /orders/1\": {state: shipped}, \"GET /orders/*\": {status: 404}}}；status 是状态码，after 是多久以后回答，timeout 是不回答。",
    "What the business systems answer: {shop: {\"GET /orders/1\": {state: shipped}, \"GET /orders/*\": {status: 404}}}; `status` is the code, `after` the time it takes, `timeout` is no answer.",
);

const FAILS: Key = may(
    "fails",
    Many(&OneOf(FAILING)),
    "这通电话里办不成的步骤：send 是短信发不出去，ticket 是工单开不了。",
    "What does not work in this call: send, no message goes out; ticket, none can be opened.",
);

/// What may be made to fail.
pub(super) const FAILING: &[&str] = &["send", "ticket"];

/// One call.
pub(super) static CALL: Group = Group {
    name: "call",
    zh: "一通电话。",
    en: "One call.",
    keys: &[
        must("name", Plain, "这通电话是试什么的。", "What this call tries."),
        FROM,
        AT,
        CALLER,
        SOURCES,
        FAILS,
        must("steps", Many(&Plain), "一步一步发生什么。", "What happens, step by step."),
        may("end", Shape::Group(&END), "最后应该怎么样。", "How it must end."),
    ],
};

/// The steps of a call.
pub(super) static STEPS: &[Group] = &[
    step(
        "robot",
        "机器人说了这句话（包含即可），或者 {prompt: 名字}。",
        "The robot says words that contain this, or {prompt: name}.",
        &[must("robot", Either(&[Many(&Plain), Shape::Group(&SAYS)]), "应该听到什么。", "What must be heard.")],
    ),
    step(
        "caller",
        "机器人说完以后客户说话。",
        "The caller speaks when the robot has finished.",
        &[must("caller", Either(&[Plain, Shape::Group(&SPOKEN)]), "客户的话。", "The caller's words.")],
    ),
    step(
        "press",
        "客户按键。",
        "The caller presses keys.",
        &[
            must("press", Plain, "按键，写在引号里，例如 \"12345678#\"。", "The keys, in quotes, as \"12345678#\"."),
            may(
                "after",
                Duration,
                "机器人开口多久以后；不写就等它说完。",
                "So long after the robot began to speak; else when it has finished.",
            ),
        ],
    ),
    step(
        "silence",
        "客户不说话。",
        "The caller says nothing.",
        &[must("silence", Duration, "从机器人说完算起多久。", "For so long, from the end of the robot's words.")],
    ),
    step(
        "barge_in",
        "客户打断机器人。",
        "The caller interrupts the robot.",
        &[
            must("barge_in", Either(&[Plain, Shape::Group(&SPOKEN)]), "客户的话。", "The caller's words."),
            may("after", Duration, "机器人开口多久以后，不写是 500ms。", "So long after the robot began to speak; 500ms without it."),
        ],
    ),
    step(
        "hang_up",
        "客户挂机。",
        "The caller hangs up.",
        &[
            must("hang_up", Plain, "", ""),
            may(
                "after",
                Duration,
                "机器人开口多久以后；不写就等它说完。",
                "So long after the robot began to speak; else when it has finished.",
            ),
        ],
    ),
    step(
        "seat",
        "转人工以后发生什么。",
        "What happens after the hand-over.",
        &[must(
            "seat",
            OneOf(SEATS),
            "none 是没有坐席接；hangs_up 是坐席谈完挂机。",
            "none: no seat takes the call; hangs_up: the seat has talked and hung up.",
        )],
    ),
    step(
        "expect",
        "到这里应该是这样。",
        "So it must be at this point.",
        &[must("expect", Shape::Group(&EXPECT), "应该是什么。", "What must be.")],
    ),
];

/// What a seat does in a script.
pub(super) static SEATS: &[&str] = &["none", "hangs_up"];
/// Who hangs up.
pub(super) static HANGS_UP: &[&str] = &["robot", "caller"];

/// Words that the robot must say.
pub(super) static SAYS: Group = Group {
    name: "robot",
    zh: "机器人说的话。",
    en: "What the robot says.",
    keys: &[must("prompt", Plain, "话术的名字。", "The prompt's name.")],
};

/// Words of a caller.
pub(super) static SPOKEN: Group = Group {
    name: "caller words",
    zh: "客户说的话，和语音识别听成了什么。",
    en: "What the caller says, and what the recogniser makes of it.",
    keys: &[
        must("say", Plain, "客户说的。", "What is said."),
        may("heard_as", Many(&Shape::Group(&HEARD)), "听成了什么，最像的在前。", "What is heard, the likeliest first."),
    ],
};

/// One reading.
pub(super) static HEARD: Group = Group {
    name: "heard_as",
    zh: "一种听法。",
    en: "One reading.",
    keys: &[
        must("text", Plain, "听到的文字。", "The text heard."),
        may("confidence", Decimal, "有多肯定，0 到 1，不写是 0.95。", "How sure, 0 to 1; 0.95 without it."),
    ],
};

/// What must be at a point of the call.
pub(super) static EXPECT: Group = Group {
    name: "expect",
    zh: "到这里应该是什么样。",
    en: "What must be at this point.",
    keys: &[
        may("intent", Plain, "最后听懂的意图；none 是还没有。", "The last intent understood; none is none."),
        may("slots", Each(&Plain), "问到了什么。", "What was collected."),
        may("within", Duration, "客户做完以后机器人多快开口。", "How soon the robot spoke after the caller."),
        may("path", Many(&Plain), "依次走过哪些 flow。", "The flows that were gone through, in this order."),
        may("language", OneOf(LANGUAGES), "现在说什么语言。", "The language spoken now."),
        may(
            "lookups",
            Many(&Plain),
            "问过业务系统什么，例如 \"GET /orders/1\"。",
            "What the business systems were asked, as \"GET /orders/1\".",
        ),
        may("values", Each(&Plain), "变量应该是什么，例如 {vip: true}。", "What variables must be, as {vip: true}."),
        may(
            "notes",
            Many(&Plain),
            "做过的事，写一部分就行：\"ticket complaint\"、\"message: 照片\"、\"callback general\"、\"survey score = 5\"、\"left a message\"、\"remember\"、\"mood angry\"。",
            "What was done, a part is enough: \"ticket complaint\", \"message: …\", \"callback general\", \"survey score = 5\", \"left a message\", \"remember\", \"mood angry\".",
        ),
    ],
};

/// How a call must end.
pub(super) static END: Group = Group {
    name: "end",
    zh: "最后应该怎么样。",
    en: "How the call must end.",
    keys: &[
        may("handover", OneOf(&["none", "any"]), "none 是没有转人工。", "none: not handed over."),
        may("queue", Plain, "转到哪个队列。", "The queue."),
        may("reason", Plain, "为什么转。", "The reason."),
        may("tier", Plain, "哪一级坐席优先。", "The tier of seats preferred."),
        may("intent", Plain, "客户想要什么。", "The intent."),
        may("slots", Each(&Plain), "问到了什么。", "What was collected."),
        may("transcript_has", Many(&Plain), "对话里有这些话。", "The transcript holds these."),
        may("hung_up", OneOf(HANGS_UP), "谁挂的机。", "Who hung up."),
        may(
            "notes",
            Many(&Plain),
            "做过的事，写一部分就行：\"ticket complaint\"、\"message: 照片\"、\"callback general\"、\"survey score = 5\"、\"left a message\"、\"remember\"、\"mood angry\"。",
            "What was done, a part is enough: \"ticket complaint\", \"message: …\", \"callback general\", \"survey score = 5\", \"left a message\", \"remember\", \"mood angry\".",
        ),
    ],
};

/// All groups, for finding keys.
pub(super) fn all() -> impl Iterator<Item = &'static Group> {
    [&FILE, &DEFAULTS, &CALL, &SAYS, &SPOKEN, &HEARD, &EXPECT, &END].into_iter().chain(STEPS.iter())
}
