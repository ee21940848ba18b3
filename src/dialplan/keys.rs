//! Every key of the language, once: the reader checks against this table, the schema and the reference page are made from it.
//! Reads nothing.

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Words for the caller, with `{{ values }}`; or `{zh: …, en: …}`.
    Words,
    /// One prompt: words, variants in turn, or a map.
    Prompt,
    /// Text that nobody hears: a name, a number as written.
    Plain,
    /// The name of something defined elsewhere in the file.
    Name(&'static str),
    /// A condition.
    Condition,
    /// `5s`, `800ms`, `3m`, `2h`, `90d`.
    Duration,
    /// `8` or `8..12`.
    Range,
    /// A whole number.
    Count,
    /// A number.
    Decimal,
    /// `true` or `false`.
    Switch,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Steps: a list, or one.
    Steps,
    /// A list, or one alone.
    Many(&'static Shape),
    /// A map from names to this.
    Each(&'static Shape),
    /// A map with these keys.
    Group(&'static Group),
    /// One of these.
    Either(&'static [Shape]),
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It must be there.
    Must,
    /// It may be there.
    May,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    pub name: &'static str,
    pub shape: Shape,
    pub need: Need,
    pub zh: &'static str,
    pub en: &'static str,
}

/// The keys that stand together in one map.
#[derive(Debug)]
pub(super) struct Group {
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub keys: &'static [Key],
}

pub(super) const fn must(name: &'static str, shape: Shape, zh: &'static str, en: &'static str) -> Key {
    Key { name, shape, need: Need::Must, zh, en }
}

pub(super) const fn may(name: &'static str, shape: Shape, zh: &'static str, en: &'static str) -> Key {
    Key { name, shape, need: Need::May, zh, en }
}

pub(super) use super::step_keys::{BRANCH, CALLBACK, MENU, RECORD, REMEMBER, SEND, STEPS, SURVEY, TICKET, TRANSFER, WORDS, step};
use Shape::{Condition, Count, Decimal, Duration, Each, Either, Many, Name, OneOf, Plain, Prompt, Range, Steps, Switch, Words};

pub(super) static LANGUAGES: &[&str] = &["zh", "en"];
pub(super) static SLOT_TYPES: &[&str] =
    &["digits", "phone", "date", "time", "duration", "money", "number", "yes_no", "choice", "text", "code", "id_card", "bank_card"];
pub(super) static OVERFLOWS: &[&str] = &["callback", "hangup"];
pub(super) static PRIORITIES: &[&str] = &["low", "normal", "high", "urgent"];
pub(super) static PERSONAL: &[&str] = &["phone", "id_card", "bank_card"];
pub(super) static EVENT_NAMES: &[&str] = &[
    "call.started",
    "call.answered",
    "call.intent",
    "call.handed_over",
    "call.bridged",
    "callback.promised",
    "ticket.created",
    "message.left",
    "survey.answered",
    "customer.updated",
    "call.ended",
];

/// The keys of the file.
pub(super) static TOP: Group = Group {
    name: "dialplan",
    zh: "一个文件就是一条热线。",
    en: "One file is one hotline.",
    keys: &[
        must("dialplan", Count, "语言版本，现在是 1。", "The version of this language: 1."),
        may("include", Many(&Plain), "引入同一个文件夹里另一个文件的内容。", "Brings in the keys of another file in the same folder."),
        may("name", Plain, "热线的名字。", "The hotline's name."),
        may("language", OneOf(LANGUAGES), "开场用的语言：zh 或 en。", "The language a call starts in: zh or en."),
        may(
            "numbers",
            Many(&Plain),
            "接听的号码，写在引号里；\"*\" 表示所有号码。",
            "The called numbers it answers, in quotes; \"*\" takes any.",
        ),
        may("voice", Shape::Group(&VOICE), "机器人的声音。", "The robot's voice."),
        may(
            "timezone",
            Plain,
            "时区，例如 Asia/Shanghai；不写时中文热线是 Asia/Shanghai，其他是 UTC。",
            "The time zone, as Asia/Shanghai; without it Asia/Shanghai for Chinese hotlines, UTC for others.",
        ),
        may(
            "hours",
            Each(&Many(&Plain)),
            "营业时间：mon-fri、sat、daily 等和 \"09:00-21:00\"；closed 是不上班的日子，例如 2026-10-01..2026-10-07。",
            "Opening hours: mon-fri, sat, daily and the like with \"09:00-21:00\"; closed holds days off, as 2026-10-01..2026-10-07.",
        ),
        may("tone", Shape::Group(&TONE), "说话的语气，由 check 提醒。", "How the robot should sound; check warns."),
        may("never_say", Many(&Plain), "任何话里都不许出现的词。", "Words that no text may hold."),
        may(
            "start",
            Steps,
            "接通后先做什么；不写就播放 welcome 再听。",
            "What a call begins with; without it the prompt welcome, then listen.",
        ),
        may("keys", Each(&Steps), "任何时候按键做什么。", "What a key does at any moment."),
        may("silence", Shape::Group(&SILENCE), "客户不说话时怎么办。", "What happens when the caller says nothing."),
        may("prompts", Each(&Prompt), "话术库；一个列表就是轮流说。", "The script library; a list is said in turn."),
        may("slots", Each(&Shape::Group(&SLOT)), "要问客户的东西，例如订单号。", "What callers are asked for, as an order number."),
        may(
            "sources",
            Each(&Shape::Group(&SOURCE)),
            "业务系统：CRM、订单、物流、工单。",
            "Business systems: CRM, orders, logistics, tickets.",
        ),
        may(
            "intents",
            Each(&Shape::Group(&INTENT)),
            "客户想要什么：几句例句和要做的事。",
            "What callers want: a few examples, and what to do.",
        ),
        may("flows", Each(&Steps), "有名字的步骤。", "Named steps."),
        may("handover", Shape::Group(&HANDOVER), "机器人什么时候自己转人工。", "When the robot hands over by itself."),
        may("routes", Many(&Shape::Group(&ROUTE)), "转到哪个队列，从上往下第一条符合的。", "Which queue takes whom; the first that fits."),
        may("queues", Each(&Shape::Group(&QUEUE)), "客户等候坐席的队列。", "Where callers wait for a seat."),
        may(
            "after_hours",
            Steps,
            "非营业时间代替 start 做什么；通话中下班了，转人工时也做这个。",
            "What a call begins with outside opening hours, instead of start; also what a hand-over becomes when they have just ended.",
        ),
        may("after_seat", Steps, "坐席挂机以后做什么，例如打分。", "What happens after the seat has hung up, as a survey."),
        may("privacy", Shape::Group(&PRIVACY), "隐私：遮住什么，录音留多久。", "Privacy: what is masked, how long recordings stay."),
        may("messages", Shape::Group(&MESSAGES), "send 的短信由谁发。", "Who takes the messages of send."),
        may(
            "events",
            Many(&Shape::Group(&EVENTS)),
            "把通话里发生的事告诉别的系统（webhook）。",
            "Who is told what happens in calls (webhooks).",
        ),
        may(
            "knowledge",
            Many(&Plain),
            "问答文件，或者放问答的文件夹：.md 里 ## 问题，- 别的问法，下面写答案；.yaml 里每条有 ask 和 answer（或 do）。每个问题就是一个 intent。",
            "Files of questions and answers, or a folder of them: in .md ## a question, - other ways to ask it, below them the answer; in .yaml \
             each has ask and answer (or do). Each question is an intent.",
        ),
    ],
};

static VOICE: Group = Group {
    name: "voice",
    zh: "机器人的声音。",
    en: "The robot's voice.",
    keys: &[
        may("name", OneOf(&["default"]), "声音的名字。", "The voice's name."),
        may("speed", Decimal, "语速，1.0 是平常速度，0.5 到 2.0。", "The speed; 1.0 is usual, 0.5 to 2.0."),
    ],
};

static TONE: Group = Group {
    name: "tone",
    zh: "说话的语气。",
    en: "How the robot should sound.",
    keys: &[
        may("address", Plain, "怎么称呼客户，例如 您。", "How callers are addressed, as 您."),
        may("max_sentence", Count, "一句话最多几个字。", "The most characters of a sentence."),
    ],
};

pub(super) static SILENCE: Group = Group {
    name: "silence",
    zh: "客户不说话时怎么办。",
    en: "What happens when the caller says nothing.",
    keys: &[
        may("after", Duration, "等多久，例如 5s。", "How long the robot waits, as 5s."),
        may("times", Count, "再问几次。", "How many times it asks again."),
        may("then", Steps, "还是没有声音就做什么。", "What follows then."),
    ],
};

pub(super) static PROMPT: Group = Group {
    name: "prompt",
    zh: "一条话术。",
    en: "One prompt.",
    keys: &[
        may("say", Either(&[Words, Many(&Words)]), "说的话；一个列表就是轮流说。", "The words; a list is said in turn."),
        may(
            "wav",
            Either(&[Plain, Each(&Plain)]),
            "录好的声音文件，放在话术文件旁边；say 写同样的话，文件读不到时就用它。",
            "A recorded file beside the dialplan; say holds the same words, spoken where the file cannot be read.",
        ),
        may("interrupt", OneOf(&["never", "always"]), "never：客户插话或按键都不打断。", "never: neither voice nor key cuts it."),
        may(
            "valid",
            Plain,
            "有效日期，例如 2026-11-01..2026-11-11；其他日子不说。",
            "The days on which it is said, as 2026-11-01..2026-11-11; on others it is left out.",
        ),
        may("zh", Words, "中文的话。", "The words in Chinese."),
        may("en", Words, "英文的话。", "The words in English."),
    ],
};

pub(super) static SLOT: Group = Group {
    name: "slot",
    zh: "要问客户的一样东西。",
    en: "Something callers are asked for.",
    keys: &[
        must(
            "type",
            OneOf(SLOT_TYPES),
            "是哪一种：digits 是一串数字，phone 电话，date 日期，time 时间，duration 多久，money 金额，number 数，yes_no 是或不是，choice 几选一，text 任何话，code 字母和数字，id_card 身份证，bank_card 银行卡。",
            "Its kind: digits is a digit string, choice one of a few, code letters and digits, text any words.",
        ),
        may("length", Range, "digits 和 code 有几位，例如 8 或 8..12。", "How many digits or characters, as 8 or 8..12."),
        may("range", Range, "数字的范围，例如 1..5。", "The range of a number, as 1..5."),
        may("limit", Duration, "text 最长听多久，例如 30s。", "The longest a text may take, as 30s."),
        may(
            "values",
            Either(&[Many(&Plain), Each(&Many(&Plain))]),
            "可选的值，和每个值的别的说法。",
            "The choices, each with other words for it.",
        ),
        may("ask", Words, "怎么问。", "The question."),
        may(
            "confirm",
            Words,
            "怎么确认，{{ value }} 是听到的。",
            "The question whether it was heard right; {{ value }} is what was heard.",
        ),
        may("keypad", Switch, "true：也可以按键输入，# 结束。", "true: keys too; # ends it."),
    ],
};

pub(super) static SOURCE: Group = Group {
    name: "source",
    zh: "一个业务系统。",
    en: "A business system.",
    keys: &[
        must(
            "url",
            Plain,
            "地址；${NAME} 是环境变量，${NAME:-http://…} 带默认值。",
            "The address; ${NAME} is an environment variable, ${NAME:-http://…} one with a default.",
        ),
        may("auth", Shape::Group(&AUTH), "怎么登录。", "How Bellhop logs in."),
        may("timeout", Duration, "最多等多久，例如 800ms。", "How long an answer may take, as 800ms."),
        may("retry", Count, "再试几次，0 到 3；只对 get 和 put。", "How often it is tried again, 0 to 3; get and put only."),
        may("at_once", Count, "同时最多几个请求，默认 16。", "The most requests at once, 16 unless told."),
        may(
            "ca",
            Plain,
            "自签证书机构：PEM 文件，写成 ${CRM_CA}。",
            "A certificate authority of your own: a PEM file, written as ${CRM_CA}.",
        ),
    ],
};

pub(super) static AUTH: Group = Group {
    name: "auth",
    zh: "怎么登录业务系统。",
    en: "How Bellhop logs in to a business system.",
    keys: &[
        may("bearer", Plain, "令牌，写成 ${SHOP_TOKEN}。", "The token, written as ${SHOP_TOKEN}."),
        may("basic", Plain, "用户名:密码，写成 ${CRM_USER}:${CRM_PASSWORD}。", "user:password, written as ${CRM_USER}:${CRM_PASSWORD}."),
        may("header", Each(&Plain), "请求头，例如 {X-Api-Key: \"${CRM_KEY}\"}。", "A header, as {X-Api-Key: \"${CRM_KEY}\"}."),
        may("certificate", Plain, "客户端证书：PEM 文件，写成 ${CRM_CERT}。", "A client certificate: a PEM file, written as ${CRM_CERT}."),
        may("key", Plain, "证书的私钥：PEM 文件，写成 ${CRM_CERT_KEY}。", "The certificate's key: a PEM file, written as ${CRM_CERT_KEY}."),
    ],
};

pub(super) static MESSAGES: Group = Group {
    name: "messages",
    zh: "发短信：经过一个业务系统（source 和 post），或者写进一个文件（file，试用）。",
    en: "Messages to callers: through a source (source and post), or into a file (file, for trials).",
    keys: &[
        may("source", Name("source"), "发短信的业务系统。", "The source that sends them."),
        may("post", Plain, "路径，例如 /messages。", "The path, as /messages."),
        may(
            "send",
            Each(&Words),
            "要发的字段，用 {{ to }}、{{ text }}、{{ link }}、{{ call }}；不写就发这四个。",
            "The fields of the body, of {{ to }}, {{ text }}, {{ link }}, {{ call }}; without it these four.",
        ),
        may("file", Plain, "写进这个文件，一行一条。", "The file that takes a line for each."),
    ],
};

pub(super) static EVENTS: Group = Group {
    name: "events",
    zh: "一个要知道通话里发生了什么的系统。",
    en: "A system that is told what happens in calls.",
    keys: &[
        must("url", Plain, "地址，可以用 ${NAME}。", "The address; ${NAME} may stand in it."),
        must("secret", Plain, "签名用的密钥，写成 ${HOOK_SECRET}。", "The secret for the signature, written as ${HOOK_SECRET}."),
        may("only", Many(&OneOf(EVENT_NAMES)), "只告诉这些事；不写就是全部。", "Only these events; without it all."),
    ],
};

pub(super) static INTENT: Group = Group {
    name: "intent",
    zh: "客户想要的一件事。例句之外写 say、play、go、transfer 之一，或者 do。",
    en: "One thing callers want. Beside examples one of say, play, go, transfer; or do.",
    keys: &[
        must("examples", Many(&Plain), "客户会怎么说；{product} 代表一个 slot。", "What callers say; {product} stands for a slot."),
        may("say", Words, "回答的话。", "The answer."),
        may("play", Name("prompt"), "播放一条话术。", "Plays a prompt."),
        may("go", Name("flow"), "去一个 flow。", "Continues with a flow."),
        may("transfer", Either(&[Shape::Group(&TRANSFER), Name("queue")]), "转人工。", "Hands over to a person."),
        may("do", Steps, "几个步骤。", "Several steps."),
    ],
};

pub(super) static HANDOVER: Group = Group {
    name: "handover",
    zh: "机器人什么时候自己转人工。",
    en: "When the robot hands over by itself.",
    keys: &[
        may("confidence", Shape::Group(&CONFIDENCE), "把握有多大才做。", "How sure it must be."),
        may("keywords", Many(&Plain), "说到这些词就转人工。", "Words that hand over wherever they are said."),
        may("misunderstood", Count, "连续几次没听懂就转人工。", "After so many turns not understood in a row."),
        may("dissatisfied", Count, "几次不满意就转人工。", "After so many times dissatisfied."),
        may("mood", OneOf(&["annoyed", "angry"]), "客户不耐烦（annoyed）或生气（angry）就转人工。", "When the caller is annoyed or angry."),
        may("elderly", Shape::Group(&ELDERLY), "老年人专线。", "The lane for the elderly."),
    ],
};

pub(super) static CONFIDENCE: Group = Group {
    name: "confidence",
    zh: "把握有多大才做，0 到 1。",
    en: "How sure the robot must be, 0 to 1.",
    keys: &[
        may("act", Decimal, "到这个数就直接做。", "From here on it acts."),
        may("confirm", Decimal, "到这个数就先问一句。", "From here on it asks first."),
    ],
};

pub(super) static ELDERLY: Group = Group {
    name: "elderly",
    zh: "老年人专线。",
    en: "The lane for the elderly.",
    keys: &[
        may("age", Count, "从几岁起（caller.age），默认 65。", "From this age on (caller.age); 65 without it."),
        may("key", Plain, "按哪个键直接转人工。", "The key that leads to a person at once."),
        may("words", Many(&Plain), "说哪些词直接转人工，例如 老年人。", "Words that lead to a person at once."),
    ],
};

pub(super) static ROUTE: Group = Group {
    name: "route",
    zh: "一条转接规则。",
    en: "One routing rule.",
    keys: &[
        may("reason", Many(&Plain), "因为什么转，例如 complaint。", "Why, as complaint."),
        may("when", Condition, "一个条件。", "A condition."),
        must("queue", Name("queue"), "去哪个队列。", "The queue."),
        may("tier", Plain, "先找哪一级坐席。", "The seats' tier to prefer."),
    ],
};

pub(super) static QUEUE: Group = Group {
    name: "queue",
    zh: "一个等候队列。",
    en: "Where callers wait.",
    keys: &[
        may("skills", Many(&Plain), "坐席要会什么；不写就是队列的名字。", "The skills a seat must have; without it the queue's name."),
        may("music", Plain, "等候音乐，WAV 文件，放在话术文件旁边。", "Music on hold: a WAV file beside the dialplan."),
        may("announce", Duration, "多久报一次排在第几位。", "How often the caller hears where it stands."),
        may("max_wait", Duration, "最多等多久。", "The longest wait."),
        may("overflow", OneOf(OVERFLOWS), "等太久怎么办：callback 约回电，hangup 结束。", "What happens then: callback or hangup."),
        may("wrap_up", Duration, "坐席挂机后整理多久。", "A seat's time for notes after a call."),
    ],
};

pub(super) static PRIVACY: Group = Group {
    name: "privacy",
    zh: "隐私。",
    en: "Privacy.",
    keys: &[
        may(
            "mask",
            Many(&OneOf(PERSONAL)),
            "遮住什么号码；三种总是都遮住，写在这里是让人看见。",
            "Which numbers are masked; all three always are: it stands here for people to see.",
        ),
        may("recordings", Duration, "录音留多久。", "How long recordings stay."),
        may("transcripts", Duration, "文字留多久。", "How long transcripts stay."),
    ],
};

/// The groups that stand inside others, for the reference page.
pub(super) static GROUPS: &[&Group] = &[
    &VOICE,
    &TONE,
    &SILENCE,
    &PROMPT,
    &SLOT,
    &SOURCE,
    &AUTH,
    &INTENT,
    &HANDOVER,
    &CONFIDENCE,
    &ELDERLY,
    &ROUTE,
    &QUEUE,
    &PRIVACY,
    &TRANSFER,
    &MENU,
    &CALLBACK,
    &BRANCH,
    &SEND,
    &RECORD,
    &TICKET,
    &SURVEY,
    &REMEMBER,
    &MESSAGES,
    &EVENTS,
];

/// Finds a key anywhere in the language.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    let all = std::iter::once(&TOP).chain(GROUPS.iter().copied()).chain(STEPS.iter()).chain(super::script_keys::all());
    all.flat_map(|group| group.keys.iter()).find(|key| key.name == name)
}

/// Finds a step.
pub(super) fn find_step(name: &str) -> Option<&'static Group> {
    STEPS.iter().find(|step| step.name == name)
}

/// Returns the known word that looks most like `word`, if one is near enough.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |one: &str| strsim::damerau_levenshtein(&word.to_lowercase(), one);
    let best = known.into_iter().min_by_key(|one| near(one))?;
    (near(best) <= 1 + word.chars().count() / 4).then_some(best)
}
