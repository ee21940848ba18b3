//! Words that count: what stands before them is how many.

use super::super::corrections::starts;
use super::super::found::TimeUnit;

/// Measures of more than one character.
const LONG: &[&str] = &[
    "个工作日",
    "个小时",
    "个星期",
    "个礼拜",
    "个钟头",
    "个百分点",
    "个自然日",
    "平方米",
    "立方米",
    "摄氏度",
    "华氏度",
    "工作日",
    "平米",
    "公斤",
    "千克",
    "毫升",
    "公里",
    "千米",
    "厘米",
    "毫米",
    "英寸",
    "小时",
    "分钟",
    "秒钟",
    "星期",
    "礼拜",
    "个月",
    "年代",
    "世纪",
    "单元",
    "点钟",
    "毫克",
    "千瓦",
    "兆",
    "周岁",
    "口人",
    "港币",
    "港元",
    "日元",
    "韩元",
    "台币",
    "卢布",
    "泰铢",
    "人民币",
    "比特",
    "车间",
    "航站楼",
    "季度",
    "星好评",
    "星级",
    "号楼",
    "号线",
    "号柜",
    "代人",
];
/// Measures of one character.
const SHORT: &str = "遍晚星个件罐盒瓶箱包袋桶听张条台部双套份单笔位口人名只支枝本根片粒颗块米斤克升度寸段号楼层室栋次天年月日周秒分刻岁倍折成毛角元期批趟家届级排列座页行款种组班版批轮杯碗斗头匹辆艘架间幢所封束串棵朵枚节集场局项类宗克两亩吨磅尺丈里瓦伏安兆区栏档档路弄幅顿副把副滴";

/// Measures before which even 一 is a number.
const AFTER_ONE: &[&str] = &[
    "个工作日",
    "个小时",
    "个星期",
    "个礼拜",
    "个月",
    "个钟头",
    "个百分点",
    "季度",
    "星好评",
    "小时",
    "分钟",
    "公斤",
    "千克",
    "工作日",
    "天",
    "年",
    "周",
    "件",
    "罐",
    "盒",
    "瓶",
    "箱",
    "包",
    "袋",
    "桶",
    "张",
    "台",
    "部",
    "双",
    "套",
    "份",
    "单",
    "笔",
    "斤",
    "克",
    "米",
    "升",
    "岁",
    "楼",
    "层",
    "号",
    "月",
    "期",
    "秒",
    "倍",
    "折",
    "元",
    "毛",
    "角",
    "分",
];

/// Returns the length of the measure at `place`.
pub(super) fn measure(text: &[char], place: usize) -> Option<usize> {
    if let Some(word) = LONG.iter().find(|word| starts(text, place, word)) {
        return Some(word.chars().count());
    }
    if super::strings::is_ounce(text, place) {
        return Some(1);
    }
    let evening = text.get(place) == Some(&'晚') && text.get(place + 1).is_some_and(|c| "上点到来饭".contains(*c));
    (!evening && text.get(place).is_some_and(|c| SHORT.contains(*c))).then_some(1)
}

/// Whether 一 before this place counts something rather than being an article.
pub(super) fn counts_one(text: &[char], one: usize) -> bool {
    let place = one + 1;
    let before = one.checked_sub(1).map(|at| text[at]);
    if before.is_some_and(|c| "这那哪每另同某上下前后再又有了头".contains(c)) {
        return false;
    }
    if text.get(place) == Some(&'个') && before.is_some_and(|c| "买退订换拿寄缺".contains(c)) {
        const SOFT: &[&str] = &["人", "问题", "说法", "解释", "答复", "结果", "电话", "理由", "办法", "方案"];
        return !SOFT.iter().any(|word| starts(text, place + 1, word));
    }
    AFTER_ONE.iter().any(|word| starts(text, place, word))
        && !(text.get(place) == Some(&'个') && measure(text, place) == Some(1))
        && !["一年级", "一号店", "一天到晚", "一份心", "一张嘴", "一部分", "一单元", "一级"]
            .iter()
            .any(|word| starts(text, one, word) && *word != "一单元")
}

/// Returns the unit of time at `place` and its length; 个 may stand before it.
pub(super) fn time_unit(text: &[char], place: usize) -> Option<(TimeUnit, usize)> {
    const UNITS: &[(&str, TimeUnit)] = &[
        ("个小时", TimeUnit::Hour),
        ("个钟头", TimeUnit::Hour),
        ("小时", TimeUnit::Hour),
        ("钟头", TimeUnit::Hour),
        ("分钟", TimeUnit::Minute),
        ("秒钟", TimeUnit::Second),
        ("个星期", TimeUnit::Week),
        ("个礼拜", TimeUnit::Week),
        ("星期", TimeUnit::Week),
        ("礼拜", TimeUnit::Week),
        ("个工作日", TimeUnit::Day),
        ("工作日", TimeUnit::Day),
        ("个月", TimeUnit::Month),
        ("年", TimeUnit::Year),
        ("周", TimeUnit::Week),
        ("天", TimeUnit::Day),
        ("日", TimeUnit::Day),
        ("秒", TimeUnit::Second),
        ("分", TimeUnit::Minute),
    ];
    UNITS.iter().find(|(word, _)| starts(text, place, word)).map(|(word, unit)| (*unit, word.chars().count()))
}
