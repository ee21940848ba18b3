//! The words that an answer of some form is made of: what a recogniser listens for when it is asked. Knows no recogniser.

use super::{SlotForm, digit_words};
use crate::base::Language;

const NUMBERS_ZH: &str = "零 一 二 三 四 五 六 七 八 九 十 百 千 万 两 半 点 十一 十二 十五 二十 三十 四十 五十 六十 七十 八十 九十 一百 二百 两百 一千 两千 一万";
const NUMBERS_EN: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen \
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million and a half point";
const DAYS_ZH: &str = "今天 明天 后天 大后天 昨天 前天 大前天 今晚 明早 上午 下午 早上 晚上 星期一 星期二 星期三 星期四 星期五 星期六 星期天 星期日 \
    周一 周二 周三 周四 周五 周六 周日 周末 礼拜一 礼拜二 礼拜三 礼拜四 礼拜五 礼拜六 礼拜天 这周 下周 上周 下下周 这个月 下个月 上个月 月底 月初 \
    今年 明年 去年 年 月 日 号 天后 天前 天 一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月 一号 十号 二十号 三十号 三天后";
const DAYS_EN: &str = "today tomorrow yesterday tonight monday tuesday wednesday thursday friday saturday sunday january february march april may june \
    july august september october november december first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth \
    thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth next last this on in the of day days week \
    weeks month ago after from now morning afternoon evening";
const CLOCK_ZH: &str = "点 点半 分 刻 钟 点钟 一刻 三刻 半 上午 下午 早上 中午 晚上 凌晨 傍晚 两点 三点 十点 十二点 整 差";
const CLOCK_EN: &str = "oclock past to quarter half am pm in the at noon midnight morning afternoon evening";
const SPANS_ZH: &str = "分钟 小时 天 个 个月 个星期 星期 周 年 半 半年 半小时 一个半小时 秒 多";
const SPANS_EN: &str = "second seconds minute minutes hour hours day days week weeks month months year years an half about";
const MONEY_ZH: &str = "元 块 毛 角 分 块钱 块五 块八 点 多 美元";
const MONEY_EN: &str = "yuan dollar dollars pound pounds pence cent cents euro euros bucks";
/// Said before an answer is said anew: of all that `corrections` understands the commonest, because each word more is heard in digits.
const TAKEN_BACK_ZH: &str = "不对 不是 说错了 应该是";
const TAKEN_BACK_EN: &str = "no sorry i mean";

/// Returns the words for answers of that form; `None` where they are no small set (choices and yes or no have theirs).
#[must_use]
pub fn expected_words(form: &SlotForm<'_>, language: Language) -> Option<Vec<String>> {
    let digits = digit_words(language).join(" ");
    let (numbers, taken_back, of) = match language {
        Language::Zh => (NUMBERS_ZH, TAKEN_BACK_ZH, [DAYS_ZH, CLOCK_ZH, SPANS_ZH, MONEY_ZH]),
        Language::En => (NUMBERS_EN, TAKEN_BACK_EN, [DAYS_EN, CLOCK_EN, SPANS_EN, MONEY_EN]),
    };
    let [days, clock, spans, money] = of;
    let letters: String = (b'a'..=b'z').map(|letter| format!("{} ", char::from(letter))).collect();
    let lists: Vec<&str> = match form {
        SlotForm::Digits { .. } | SlotForm::Phone | SlotForm::BankCard => vec![&digits],
        SlotForm::IdCard => vec![&digits, "x", if language == Language::Zh { "叉 尾号" } else { "ex" }],
        SlotForm::Code { .. } => vec![&digits, &letters],
        SlotForm::Date => vec![days, numbers],
        SlotForm::Time => vec![clock, numbers],
        SlotForm::Duration => vec![spans, numbers],
        SlotForm::Money => vec![money, numbers],
        SlotForm::Number { .. } => vec![numbers],
        SlotForm::YesNo | SlotForm::Choice(_) => return None,
    };
    Some(lists.iter().chain([&taken_back]).flat_map(|list| list.split_whitespace()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::super::{Fit, SoFar, Surroundings, read_slot};
    use super::*;

    /// Whether a sentence can be made of the words, spaces left out.
    fn sayable(sentence: &str, words: &[String]) -> bool {
        let sentence: String = sentence.split_whitespace().collect();
        let mut reached = vec![false; sentence.len() + 1];
        reached[0] = true;
        for place in 0..sentence.len() {
            if reached[place] {
                for word in words.iter().filter(|word| sentence[place..].starts_with(word.as_str())) {
                    reached[place + word.len()] = true;
                }
            }
        }
        reached[sentence.len()]
    }

    #[test]
    fn what_callers_answer_is_made_of_the_words_listened_for_and_is_understood() {
        let number = SlotForm::Number { least: 1, most: 100_000 };
        for (form, language, answers) in [
            (SlotForm::Date, Language::Zh, &["明天", "下周三", "十一月二十一号", "三天后", "下个月三号", "后天"][..]),
            (SlotForm::Date, Language::En, &["on friday", "next monday", "the twenty first of november", "tomorrow"]),
            (SlotForm::Time, Language::Zh, &["下午三点半", "早上九点", "十点一刻", "晚上八点二十分"]),
            (SlotForm::Time, Language::En, &["half past three", "nine oclock", "ten thirty pm"]),
            (SlotForm::Duration, Language::Zh, &["半小时", "三天", "两个月", "一个半小时"]),
            (SlotForm::Money, Language::Zh, &["三十块", "一百二十元", "五块八", "两千五百块钱"]),
            (SlotForm::Money, Language::En, &["forty two pounds", "two thousand five hundred dollars"]),
            (number, Language::Zh, &["二十二", "一百零五", "三千八百"]),
            (number, Language::En, &["twenty two", "one hundred and five"]),
            (SlotForm::Phone, Language::Zh, &["幺三八零零零零零零零零"]),
            (SlotForm::Code { least: 3, most: 12 }, Language::Zh, &["a八零"]),
        ] {
            let words = expected_words(&form, language).expect("words");
            for answer in answers {
                assert!(sayable(answer, &words), "{answer} as {form:?}");
                let known = Surroundings {
                    language,
                    now: Some(jiff::civil::date(2026, 11, 21).at(10, 0, 0, 0)),
                    own_number: None,
                    so_far: SoFar::Nothing,
                    earlier: &[],
                };
                let readings = read_slot(&form, &[(answer, 1.0)], &known);
                assert!(readings.iter().any(|reading| reading.fit == Fit::Whole), "{answer} as {form:?}: {readings:?}");
            }
        }
    }
}
