//! Every key of the steps, once: what stands in a flow. The keys of the file are in `keys`. Reads nothing.

use super::keys::Shape::{Condition, Duration, Each, Either, Many, Name, OneOf, Plain, Steps, Words};
use super::keys::{Group, Key, LANGUAGES, PRIORITIES, Shape, may, must};

pub(super) static TRANSFER: Group = Group {
    name: "transfer",
    zh: "转人工到哪里，因为什么。",
    en: "Where to hand over, and why.",
    keys: &[
        may("queue", Name("queue"), "队列；不写就看 routes。", "The queue; without it what routes says."),
        may("reason", Plain, "原因，一个词。", "Why, in one word."),
    ],
};

pub(super) static MENU: Group = Group {
    name: "menu",
    zh: "按键菜单。",
    en: "A menu of keys.",
    keys: &[must("ask", Words, "说的话。", "The words."), must("keys", Each(&Steps), "每个键做什么。", "What each key does.")],
};

pub(super) static CALLBACK: Group = Group {
    name: "callback",
    zh: "约定回电。",
    en: "A promise to call back.",
    keys: &[
        may("queue", Name("queue"), "哪个队列回电；不写就看 routes。", "The queue that calls back; without it what routes says."),
        may("within", Duration, "多久之内，例如 2h；下班时间不算。", "Within this much opening time, as 2h."),
        may(
            "at",
            Name("slot"),
            "客户要几点回电，记在哪个 slot（type: time）。",
            "The slot with the time that the caller wants (type: time).",
        ),
        may(
            "number",
            Name("slot"),
            "回电打哪个号码，记在哪个 slot（type: phone）。",
            "The slot with another number to call (type: phone).",
        ),
    ],
};

pub(super) static SURVEY: Group = Group {
    name: "survey",
    zh: "请客户打分。",
    en: "Asks for a score.",
    keys: &[
        must("ask", Words, "怎么问。", "The question."),
        may("slot", Name("slot"), "记到哪个 slot；不写就是 1 到 5 的 score。", "The slot that takes it; without it score, 1 to 5."),
    ],
};

pub(super) static RECORD: Group = Group {
    name: "record_message",
    zh: "请客户留言。",
    en: "Takes a message.",
    keys: &[
        must("ask", Words, "怎么说。", "The words."),
        may("limit", Duration, "最长多久，默认 60s。", "The longest message; 60s without it."),
        may("as", Plain, "记到哪个变量；不写就是 message。", "The variable that takes it; message without it."),
    ],
};

pub(super) static TICKET: Group = Group {
    name: "ticket",
    zh: "登记工单。",
    en: "Opens a ticket.",
    keys: &[
        must("kind", Plain, "哪一类。", "Its kind."),
        may("priority", OneOf(PRIORITIES), "多急。", "How urgent."),
        may("text", Words, "内容；不写就是客户的留言。", "What it says; without it the caller's message."),
        may("fields", Each(&Words), "另外要记的内容；问到的 slot 会自动记上。", "Fields beside the slots, which are in it anyway."),
        may(
            "as",
            Plain,
            "变量名，后面可以说 {{ ticket.number }}；不写就是 ticket。",
            "The variable, for {{ ticket.number }} later; ticket without it.",
        ),
    ],
};

pub(super) static REMEMBER: Group = Group {
    name: "remember",
    zh: "记到客户资料里，下次来电还在。",
    en: "Written to the caller's record, for the next call too.",
    keys: &[
        may("fields", Each(&Words), "名字和值，后面用 {{ caller.名字 }}。", "Names and values, for {{ caller.name }}."),
        may("tags", Many(&Plain), "加上这些标签。", "Tags to add."),
        may("untag", Many(&Plain), "去掉这些标签。", "Tags to take away."),
    ],
};

pub(super) static SEND: Group = Group {
    name: "send",
    zh: "发短信到来电号码。",
    en: "A message to the caller's number.",
    keys: &[may("link", Words, "一个链接。", "A link."), may("text", Words, "一段文字。", "A text.")],
};

pub(super) static BRANCH: Group = Group {
    name: "branch",
    zh: "choose 的一支：when 和 do，最后一支可以是 otherwise。",
    en: "A branch of choose: when and do; the last may be otherwise.",
    keys: &[
        may("when", Condition, "条件，例如 order.state == \"shipped\"。", "The condition, as order.state == \"shipped\"."),
        may("do", Steps, "条件符合做什么。", "What follows when it holds."),
        may("otherwise", Steps, "都不符合做什么。", "What follows when none holds."),
    ],
};

const GET: Key =
    may("get", Words, "读：路径，例如 \"/orders/{{ order_number }}\"。", "Reads: the path, as \"/orders/{{ order_number }}\".");
const POST: Key = may("post", Words, "新建：路径。", "Creates: the path.");
const PUT: Key = may("put", Words, "替换：路径。", "Replaces: the path.");
const PATCH: Key = may("patch", Words, "修改：路径。", "Changes: the path.");
const AS: Key = may("as", Plain, "答复叫什么名字，后面用 {{ 名字.字段 }}。", "The name of the answer, for {{ name.field }} later.");
const PICK: Key = may(
    "pick",
    Each(&Plain),
    "只取答复的一部分：字段名: JSON 路径，例如 {state: data.order.state}；没有就是空。",
    "Parts of the answer only: field: JSON path, as {state: data.order.state}; null where it is not there.",
);
const BODY: Key = may("send", Each(&Words), "要发的字段。", "The fields of the body.");
const MEANWHILE: Key = may("meanwhile", Words, "查得久时说什么。", "What to say while it takes long.");
const NOT_FOUND: Key = may("not_found", Steps, "没有查到做什么。", "What follows when it is not there.");
const FAILED: Key = may("failed", Steps, "系统出错做什么；不写就转人工。", "What follows a failure; a hand-over when absent.");

/// The steps; the first key of each is the step's name.
pub(super) static STEPS: &[Group] = &[
    step("play", "播放一条话术。", "Plays a prompt.", &[must("play", Name("prompt"), "话术的名字。", "The prompt's name.")]),
    step("say", "说一句话。", "Says words.", &[must("say", Words, "说的话。", "The words.")]),
    step("listen", "听客户说什么。", "Listens for any intent.", &[must("listen", Plain, "", "")]),
    step("ask", "说一句话，然后听。", "Says words, then listens for any intent.", &[must("ask", Words, "说的话。", "The words.")]),
    step(
        "collect",
        "问 slot；已经知道的不再问。",
        "Asks for slots that are not known yet.",
        &[must("collect", Many(&Name("slot")), "slot 的名字。", "The slots' names.")],
    ),
    step(
        "again",
        "忘掉一个 slot 重新问，再做一次刚才的步骤。",
        "Forgets a slot, asks again, repeats the step that failed.",
        &[must("again", Name("slot"), "slot 的名字。", "The slot's name.")],
    ),
    step(
        "lookup",
        "查业务系统。",
        "Asks a business system.",
        &[
            must("lookup", Name("source"), "业务系统的名字。", "The source's name."),
            GET,
            POST,
            PUT,
            PATCH,
            AS,
            PICK,
            BODY,
            MEANWHILE,
            NOT_FOUND,
            FAILED,
        ],
    ),
    step(
        "update",
        "改业务系统里的内容。",
        "Tells a business system something.",
        &[
            must("update", Name("source"), "业务系统的名字。", "The source's name."),
            POST,
            PUT,
            PATCH,
            GET,
            AS,
            PICK,
            BODY,
            MEANWHILE,
            NOT_FOUND,
            FAILED,
        ],
    ),
    step(
        "choose",
        "按条件选一支。",
        "Takes the first branch whose condition holds.",
        &[must("choose", Many(&Shape::Group(&BRANCH)), "各支。", "The branches.")],
    ),
    step("go", "去一个 flow。", "Continues with a flow.", &[must("go", Name("flow"), "flow 的名字。", "The flow's name.")]),
    step(
        "transfer",
        "转人工。",
        "Hands over to a person.",
        &[must("transfer", Either(&[Shape::Group(&TRANSFER), Name("queue")]), "到哪里，因为什么。", "Where to, and why.")],
    ),
    step("set", "记下变量。", "Sets variables.", &[must("set", Each(&Words), "名字和值。", "Names and values.")]),
    step("menu", "按键菜单。", "A menu of keys.", &[must("menu", Shape::Group(&MENU), "说的话和按键。", "The words and the keys.")]),
    step(
        "callback",
        "约定回电。",
        "Promises a call back.",
        &[must("callback", Shape::Group(&CALLBACK), "谁回电，多久之内。", "Who calls back, within what time.")],
    ),
    step("language", "换一种语言。", "Continues in another language.", &[must("language", OneOf(LANGUAGES), "zh 或 en。", "zh or en.")]),
    step("repeat", "把刚才的话再说一遍。", "Says the last words again.", &[must("repeat", Plain, "", "")]),
    step("hangup", "结束通话。", "Ends the call.", &[must("hangup", Plain, "", "")]),
    step("back", "回到上一个问题。", "Goes back to the question before.", &[must("back", Plain, "", "")]),
    step("slower", "从现在起说慢一点。", "Speaks more slowly from now on.", &[must("slower", Plain, "", "")]),
    step(
        "send",
        "发短信到来电号码。",
        "Sends a message to the caller's number.",
        &[
            must("send", Either(&[Shape::Group(&SEND), Words]), "发什么。", "What to send."),
            may("failed", Steps, "发不出去做什么。", "What follows when it could not be sent."),
        ],
    ),
    step(
        "record_message",
        "请客户留言。",
        "Takes a message.",
        &[must("record_message", Shape::Group(&RECORD), "怎么说，最长多久。", "The words and the limit.")],
    ),
    step(
        "ticket",
        "登记工单。",
        "Opens a ticket.",
        &[must("ticket", Either(&[Shape::Group(&TICKET), Plain]), "哪一类，多急。", "Its kind and priority.")],
    ),
    step("survey", "请客户打分。", "Asks for a score.", &[must("survey", Shape::Group(&SURVEY), "怎么问。", "The question.")]),
    step(
        "remember",
        "记到客户资料里。",
        "Writes to the caller's record.",
        &[must("remember", Shape::Group(&REMEMBER), "记什么。", "What to write.")],
    ),
];

pub(super) const fn step(name: &'static str, zh: &'static str, en: &'static str, keys: &'static [Key]) -> Group {
    Group { name, zh, en, keys }
}

/// The steps that are one word without a value.
pub(super) static WORDS: &[&str] = &["listen", "repeat", "back", "slower", "hangup", "transfer"];
