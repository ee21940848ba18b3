//! Yes and no in all their forms.

use crate::base::Language;

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// Words that are a whole answer by themselves.
const ZH_YES: &[&str] = &[
    "是",
    "是的",
    "是啊",
    "是呀",
    "对",
    "对的",
    "对啊",
    "对呀",
    "对对",
    "对对对",
    "没错",
    "没错的",
    "好",
    "好的",
    "好啊",
    "好呀",
    "好吧",
    "好嘞",
    "好哒",
    "可以",
    "可以的",
    "行",
    "行吧",
    "行的",
    "行啊",
    "成",
    "中",
    "嗯",
    "嗯嗯",
    "恩",
    "哎",
    "诶",
    "需要",
    "要",
    "要的",
    "想",
    "愿意",
    "同意",
    "正确",
    "确认",
    "确定",
    "有",
    "有的",
    "有啊",
    "当然",
    "当然了",
    "当然可以",
    "没问题",
    "不错",
    "就是",
    "就是这个",
    "是这个",
    "是这样",
    "对就是这个",
    "可不是",
    "必须的",
    "收到了",
    "已经收到了",
    "到了",
    "yes",
    "ok",
    "okay",
    "没毛病",
    "准确",
    "无误",
    "是我",
    "就这样",
    "就这个",
    "肯定",
    "那是",
    "请",
    "麻烦了",
    "来吧",
    "要要要",
    "好好好",
    "是是是",
    "行行行",
    "可以可以",
    "得",
    "试试",
    "继续",
];
const ZH_NO: &[&str] = &[
    "不",
    "不是",
    "不是的",
    "不对",
    "错",
    "错了",
    "错的",
    "不用",
    "不用了",
    "不需要",
    "不要",
    "不要了",
    "没有",
    "没有了",
    "没有啊",
    "没",
    "没了",
    "不好",
    "不行",
    "不可以",
    "不正确",
    "不同意",
    "不愿意",
    "不想",
    "不确认",
    "不成",
    "算了",
    "算了吧",
    "别",
    "别了",
    "还没",
    "还没有",
    "还没收到",
    "没收到",
    "没有收到",
    "未收到",
    "并不是",
    "并没有",
    "不太对",
    "好像不对",
    "好像不是",
    "是不对",
    "没这回事",
    "哪有",
    "哪有啊",
    "否",
    "拒绝",
    "取消",
    "免了",
    "不必",
    "不必了",
    "不了",
    "有误",
    "不准确",
    "不一样",
    "no",
    "nope",
    "不可能",
    "才不是",
    "当然不是",
    "肯定不是",
    "不不不",
    "不是不是",
    "不对不对",
    "不是这个",
    "不是我",
    "没必要",
    "用不着",
    "搞错了",
    "弄错了",
    "听错了",
];
/// Answers that may go on: `是的，我要…`.
const ZH_YES_BEGINS: &[&str] = &[
    "对就",
    "是我",
    "对啊",
    "好啊",
    "可以啊",
    "行啊",
    "要的",
    "需要的",
    "是的",
    "对的",
    "没错",
    "好的",
    "可以的",
    "嗯是的",
    "嗯对",
    "对对",
    "正确",
    "确认",
    "没问题",
    "当然",
    "已经收到",
    "不用怀疑",
];
const ZH_NO_BEGINS: &[&str] = &[
    "不是",
    "不对",
    "错了",
    "不用",
    "不需要",
    "不要",
    "没有",
    "不行",
    "不可以",
    "不正确",
    "不同意",
    "算了",
    "还没",
    "并不",
    "不太",
    "好像不",
    "嗯不",
    "哪有",
    "没收到",
    "别",
    "不好",
    "搞错",
    "弄错",
    "说错",
    "听错",
];
/// What begins like an answer and is none.
const ZH_NONE: &[&str] = &[
    "不知道",
    "不清楚",
    "不明白",
    "不懂",
    "不好意思",
    "不是吧",
    "不确定",
    "不记得",
    "对了",
    "对不起",
    "是不是",
    "好慢",
    "好贵",
    "好像",
    "可不可以",
    "没听",
    "没想好",
    "别的",
    "别人",
    "不同的",
    "不一定",
    "没有办法",
    "没有人",
    "好久",
    "好了吗",
    "有没有",
    "要不要",
    "行不行",
];

const EN_YES: &[&str] = &[
    "sounds right",
    "thats the one",
    "yes",
    "yeah",
    "yea",
    "yep",
    "yup",
    "yes please",
    "correct",
    "right",
    "sure",
    "sure thing",
    "of course",
    "ok",
    "okay",
    "fine",
    "please",
    "please do",
    "go ahead",
    "uh huh",
    "mhm",
    "mm hmm",
    "absolutely",
    "definitely",
    "certainly",
    "exactly",
    "indeed",
    "i do",
    "i did",
    "i have",
    "i am",
    "i would",
    "it is",
    "it was",
    "it does",
    "it did",
    "that is right",
    "thats right",
    "thats correct",
    "that is correct",
    "thats it",
    "no problem",
    "why not",
    "sounds good",
    "you bet",
    "affirmative",
    "true",
    "all right",
    "alright",
    "perfect",
    "good",
    "do it",
    "i agree",
    "agreed",
    "yes it is",
    "yes i do",
    "confirmed",
    "confirm",
];
const EN_NO: &[&str] = &[
    "im afraid not",
    "not that one",
    "not this one",
    "afraid not",
    "no",
    "nope",
    "nah",
    "no thanks",
    "no thank you",
    "not really",
    "not at all",
    "thats wrong",
    "that is wrong",
    "wrong",
    "incorrect",
    "not right",
    "not correct",
    "thats not right",
    "that is not right",
    "thats not correct",
    "thats not it",
    "i dont think so",
    "not yet",
    "it isnt",
    "it is not",
    "its not",
    "it wasnt",
    "it doesnt",
    "it didnt",
    "i dont",
    "i do not",
    "i didnt",
    "i havent",
    "i have not",
    "i wouldnt",
    "never mind",
    "nevermind",
    "negative",
    "false",
    "never",
    "no way",
    "not quite",
    "cancel",
    "forget it",
    "uh uh",
    "nothing",
    "none",
    "no its wrong",
    "no it isnt",
    "neither",
];
const EN_YES_BEGINS: &[&str] = &[
    "yes ",
    "yeah ",
    "yep ",
    "yup ",
    "correct ",
    "sure ",
    "of course ",
    "okay ",
    "ok ",
    "thats right ",
    "thats correct ",
    "exactly ",
    "absolutely ",
];
const EN_NO_BEGINS: &[&str] = &[
    "no ",
    "nope ",
    "nah ",
    "not really ",
    "thats wrong ",
    "thats not ",
    "its not ",
    "it isnt ",
    "i dont want ",
    "i dont need ",
    "wrong ",
    "incorrect ",
    "not right ",
];
const EN_NONE: &[&str] = &[
    "no idea",
    "no clue",
    "not sure",
    "right now",
    "right away",
    "i dont know",
    "i dont understand",
    "okay but",
    "no one",
    "yes or no",
    "sorry",
];

/// Returns the answer that the words are; nothing where they are neither.
#[must_use]
pub fn yes_or_no(text: &str, language: Language) -> Option<YesNo> {
    let own = answer(text, language);
    // Callers mix: OK in a Chinese call, 对 in an English one.
    own.or_else(|| answer(text, if language == Language::Zh { Language::En } else { Language::Zh }))
}

fn answer(text: &str, language: Language) -> Option<YesNo> {
    match language {
        Language::Zh => zh(text),
        Language::En => en(text),
    }
}

fn zh(text: &str) -> Option<YesNo> {
    let kept: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(200).collect();
    let mut words = kept.as_str();
    while let Some(rest) =
        ["哦", "啊", "噢", "呃", "那个", "那", "请问"].iter().find_map(|sound| words.strip_prefix(sound)).filter(|rest| !rest.is_empty())
    {
        words = rest;
    }
    let mut core = words;
    while let Some(rest) = ["谢谢你", "谢谢您", "谢谢", "多谢", "吧", "呀", "啊", "哦", "呢", "哈", "嘛", "哎", "了解"]
        .iter()
        .find_map(|tail| core.strip_suffix(tail))
        .filter(|rest| !rest.is_empty())
    {
        core = rest;
    }
    let is = |list: &[&str]| list.contains(&core) || list.contains(&words);
    let begins = |list: &[&str]| list.iter().any(|word| core.starts_with(word));
    // 嗯 before an answer says nothing more.
    let after_sound = core.trim_start_matches(['嗯', '恩', '哎', '诶']);
    let is_none = begins(ZH_NONE) && !is(ZH_NO) && !is(ZH_YES);
    // 应该是, 我觉得不对: the answer stands behind what softens it.
    let softened = ["应该", "我觉得", "我想", "好像", "大概", "可能", "我认为", "看来"].iter().find_map(|word| core.strip_prefix(word));
    if let Some(rest) = softened.filter(|rest| !rest.is_empty() && !is(ZH_NO)) {
        return zh(rest);
    }
    if is_none || core.is_empty() {
        return None;
    }
    if !after_sound.is_empty() && after_sound.len() < core.len() {
        return zh(after_sound);
    }
    if is(ZH_NO) {
        Some(YesNo::No)
    } else if is(ZH_YES) || begins(&["不用怀疑"]) {
        Some(YesNo::Yes)
    } else if begins(ZH_NO_BEGINS) {
        Some(YesNo::No)
    } else if begins(ZH_YES_BEGINS) {
        Some(YesNo::Yes)
    } else {
        None
    }
}

fn en(text: &str) -> Option<YesNo> {
    let kept: String = text
        .chars()
        .take(400)
        .filter(|c| !matches!(c, '\'' | '’'))
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' })
        .collect();
    let mut words: Vec<&str> = kept.split_whitespace().collect();
    while words.len() > 1
        && matches!(words.first(), Some(&("um" | "uh" | "oh" | "well" | "er" | "ah")))
        && words.get(1) != Some(&"huh")
        && words.get(1) != Some(&"uh")
    {
        words.remove(0);
    }
    while words.len() > 1 && matches!(words.last(), Some(&("thanks" | "please" | "sir" | "madam" | "um"))) {
        words.pop();
    }
    if words.ends_with(&["thank", "you"]) && words.len() > 2 {
        words.truncate(words.len() - 2);
    }
    let core = words.join(" ");
    let open = format!("{core} ");
    let begins = |list: &[&str]| list.iter().any(|word| open.starts_with(word));
    if core.is_empty() || begins(EN_NONE) {
        None
    } else if EN_NO.contains(&core.as_str()) {
        Some(YesNo::No)
    } else if EN_YES.contains(&core.as_str()) {
        Some(YesNo::Yes)
    } else if begins(EN_NO_BEGINS) {
        Some(YesNo::No)
    } else if begins(EN_YES_BEGINS) {
        Some(YesNo::Yes)
    } else {
        None
    }
}
