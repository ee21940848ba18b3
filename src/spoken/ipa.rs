//! Chinese text to phonetic symbols, as neural voices are taught it: words apart, the tone as an arrow behind its vowel.
//!
//! The symbols of each initial and final are facts taken from the tables of misaki (`misaki/transcription.py`, `misaki/zh.py`, which the Kokoro voices
//! were trained with) and pinyin-to-ipa, on which those rest.

use super::pinyin::{PHRASES, Syllable, syllables};

/// Words that end where a voice would think of another one: with [`PHRASES`] they say where one word begins and the last is over.
const WORDS: &str = "您好 你好 您 你 我 他 她 它 我们 你们 他们 咱们 大家 自己 请 请问 请您 谢谢 对不起 不好意思 抱歉 再见 稍等 欢迎 致电 来电 拨打 \
    是 不是 有 没有 在 不在 和 或 或者 与 及 以及 但 但是 而且 如果 的话 所以 因为 就 也 都 还 又 再 才 只 很 太 最 更 已 已经 正在 将 会 能 可以 可能 要 想 需要 \
    应该 必须 把 被 让 给 对 从 到 向 往 比 按 按照 根据 关于 为 为了 的 地 得 了 着 过 吗 呢 吧 啊 呀 们 这 那 哪 这个 那个 哪个 这里 那里 哪里 这些 那些 这样 那样 \
    今天 明天 后天 昨天 现在 马上 立即 目前 最近 上午 下午 中午 晚上 早上 凌晨 周一 周二 周三 周四 周五 周六 周日 周末 星期 节假日 工作日 小时 分钟 左右 以内 以前 以后 之前 之后 期间 \
    帮 帮您 帮助 查 查询 查看 查找 核实 确认 提供 告诉 说 说出 回答 听 听到 听清 听不清 没听清 明白 知道 了解 记录 登记 转 转接 转人工 接 接通 等待 排队 等候 按键 选择 输入 重复 \
    人工 客服 坐席 服务 热线 电话 号码 手机 手机号 尾号 验证码 密码 短信 微信 邮箱 地址 姓名 身份证 证件 账户 账号 会员 积分 余额 套餐 流量 话费 账单 充值 缴费 欠费 停机 \
    订单 单号 订单号 快递 物流 包裹 发货 收货 送达 签收 配送 退货 换货 退款 退换 取消 修改 更改 申请 办理 开通 关闭 投诉 建议 反馈 咨询 问题 情况 原因 结果 信息 内容 商品 产品 型号 价格 优惠 \
    活动 发票 支付 付款 转账 银行 信用卡 贷款 利率 冻结 挂失 解冻 金额 利息 门店 营业 营业厅 营业时间 时间 日期 地点 小区 城市 北京 上海 广州 深圳 中国 先生 女士 宝宝 宝贝 妈妈 爸爸 孩子 婴儿 \
    幼儿 新生儿 奶粉 奶瓶 纸尿裤 尿不湿 玩具 推车 母婴 优选 优选母婴 孕妇 怀孕 喂养 辅食 睡眠 大小 尺码 颜色 数量 质量 过敏 医生 专员 顾问 经理 第一 第二 第三 一个 一下 一点 一些 一次 一共 \
    什么 怎么 怎么样 多少 几 谁 为什么 非常 特别 比较 一样 不同 其他 其它 别的 还是 还有 只要 只有 可是 然后 首先 最后 请稍等 请稍后 通话 录音 质量 回访 满意 评价 感谢 耐心 祝 祝您 生活 愉快 \
    系统 网络 故障 维修 上门 安装 师傅 预约 成功 失败 完成 正确 错误 不能 不会 不要 不用 无法 暂时 继续 返回 结束 开始 当前 本次 首次 全部 部分 每天 每月 每年 一直 至少 最多 超过 大约 元 块 块钱 \
    件 个 位 天 月 年 号 日 点 分 度 百分之";

/// Returns the text in phonetic symbols: a word's syllables together, a space between words, each tone as `→` `↗` `↓` `↘` behind its vowel (none
/// where it is neutral), pauses as `,` `.` `!` `?` `:` `;`. Latin words are left out: they are read elsewhere.
#[must_use]
pub fn to_ipa(text: &str) -> String {
    let mut syllables = syllables(text);
    let words = words(&syllables);
    third_tones(&mut syllables, &words);
    let mut written = String::with_capacity(text.len() * 3);
    for word in words {
        let pause = syllables[word.start].is_pause();
        if pause {
            let sign = sign(&syllables[word.start]);
            // A pause before anything was said, or right after another one, is none.
            if !written.is_empty() && !written.ends_with([',', '.', '!', '?', ':', ';']) {
                written.push(sign);
            }
            continue;
        }
        if !written.is_empty() {
            written.push(' ');
        }
        let before = written.len();
        for syllable in &syllables[word] {
            sound(&syllable.reading, &mut written);
        }
        if written.len() == before {
            written.truncate(written.trim_end().len());
        }
    }
    written
}

fn sign(syllable: &Syllable) -> char {
    match syllable.character {
        '！' | '!' => '!',
        '：' | ':' => ':',
        '；' | ';' => ';',
        _ => syllable.reading.chars().next().unwrap_or(','),
    }
}

/// Says where words begin and end: the longest known word, a number, or what is left between known ones, two characters a word.
fn words(syllables: &[Syllable]) -> Vec<std::ops::Range<usize>> {
    let mut words: Vec<std::ops::Range<usize>> = Vec::new();
    // How many of the last characters belong to no known word yet.
    let mut loose = 0;
    let mut place = 0;
    while place < syllables.len() {
        let rest = &syllables[place..];
        let known = known(rest);
        let number = rest.iter().take_while(|syllable| syllable.is_number()).count();
        let length = if rest[0].is_pause() || rest[0].tone().is_none() { 1 } else { number.max(known) };
        if length > 0 {
            words.push(place..place + length);
            loose = 0;
            place += length;
            continue;
        }
        // The second half of a pair joins the first.
        match words.last_mut().filter(|_| loose == 1) {
            Some(pair) => {
                pair.end += 1;
                loose = 0;
            }
            None => {
                words.push(place..place + 1);
                loose = 1;
            }
        }
        place += 1;
    }
    // An ending belongs to the word before it.
    for place in (1..words.len()).rev() {
        let ending = matches!(syllables[words[place].start].reading.as_str(), "er5" | "zi5" | "men5");
        if ending && words[place].len() == 1 && !syllables[words[place - 1].start].is_pause() {
            words[place - 1].end = words[place].end;
            words.remove(place);
        }
    }
    words
}

/// How many characters the longest known word has that the text begins with.
fn known(syllables: &[Syllable]) -> usize {
    let length = |word: &str| {
        let mut here = syllables.iter();
        let same = word.chars().all(|c| here.next().is_some_and(|syllable| syllable.character == c && !syllable.is_pause()));
        if same { word.chars().count() } else { 0 }
    };
    let listed = WORDS.split_ascii_whitespace().map(length).max().unwrap_or(0);
    PHRASES.iter().map(|(phrase, _)| length(phrase)).max().unwrap_or(0).max(listed)
}

/// A third tone before another one is said as the second: within a word, and where a word of one syllable leans on the next. In numbers pairs form.
fn third_tones(syllables: &mut [Syllable], words: &[std::ops::Range<usize>]) {
    let third: Vec<bool> = syllables.iter().map(|syllable| syllable.tone() == Some(3)).collect();
    let numbers: Vec<bool> = words.iter().map(|word| syllables[word.clone()].iter().all(Syllable::is_number)).collect();
    let mut rises = |place: usize| {
        let reading = &mut syllables[place].reading;
        reading.pop();
        reading.push('2');
    };
    // The word that the one before leans on keeps its tone: 我想 买点, two and two.
    let mut leant_on = false;
    for (at, word) in words.iter().enumerate() {
        let mut place = word.start;
        while place + 1 < word.end {
            if third[place] && third[place + 1] {
                rises(place);
                // 九九九: two and one, not three in a row.
                place += usize::from(numbers[at]);
            }
            place += 1;
        }
        let next = words.get(at + 1).map(|next| next.start);
        leant_on = !leant_on && word.len() == 1 && third[word.start] && next.is_some_and(|next| third[next]);
        if leant_on {
            rises(word.start);
        }
    }
}

/// Initials as they are written, longest first, and as they sound.
const INITIALS: &[(&str, &str)] = &[
    ("zh", "ꭧ"),
    ("ch", "ꭧʰ"),
    ("sh", "ʂ"),
    ("b", "p"),
    ("p", "pʰ"),
    ("m", "m"),
    ("f", "f"),
    ("d", "t"),
    ("t", "tʰ"),
    ("n", "n"),
    ("l", "l"),
    ("g", "k"),
    ("k", "kʰ"),
    ("h", "x"),
    ("j", "ʨ"),
    ("q", "ʨʰ"),
    ("x", "ɕ"),
    ("r", "ɻ"),
    ("z", "ʦ"),
    ("c", "ʦʰ"),
    ("s", "s"),
];

/// Finals in full spelling: what comes before the tone, and what after it.
const FINALS: &[(&str, &str, &str)] = &[
    ("a", "a", ""),
    ("ai", "ai", ""),
    ("an", "a", "n"),
    ("ang", "a", "ŋ"),
    ("ao", "au", ""),
    ("e", "ɤ", ""),
    ("ei", "ei", ""),
    ("en", "ə", "n"),
    ("eng", "ə", "ŋ"),
    ("i", "i", ""),
    ("ia", "ja", ""),
    ("ian", "jɛ", "n"),
    ("iang", "ja", "ŋ"),
    ("iao", "jau", ""),
    ("ie", "je", ""),
    ("in", "i", "n"),
    ("ing", "i", "ŋ"),
    ("io", "jɔ", ""),
    ("iong", "jʊ", "ŋ"),
    ("iou", "jou", ""),
    ("o", "wo", ""),
    ("ong", "ʊ", "ŋ"),
    ("ou", "ou", ""),
    ("u", "u", ""),
    ("ua", "wa", ""),
    ("uai", "wai", ""),
    ("uan", "wa", "n"),
    ("uang", "wa", "ŋ"),
    ("uei", "wei", ""),
    ("uen", "wə", "n"),
    ("ueng", "wə", "ŋ"),
    ("uo", "wo", ""),
    ("ü", "y", ""),
    ("üan", "ɥɛ", "n"),
    ("üe", "ɥe", ""),
    ("ün", "y", "n"),
];

/// Syllables that are no initial and final: interjections and consonants alone.
const WHOLE: &[(&str, &str)] = &[("er", "ɚ"), ("o", "ɔ"), ("ê", "ɛ"), ("m", "m"), ("n", "n"), ("ng", "ŋ"), ("hm", "hm"), ("hng", "hŋ")];

/// Writes the sound of one syllable of pinyin with its tone's digit; what is no such syllable has none.
fn sound(reading: &str, into: &mut String) {
    let Some(tone) = reading.chars().last().and_then(|last| last.to_digit(10)) else { return };
    let arrow = match tone {
        1 => "→",
        2 => "↗",
        3 => "↓",
        4 => "↘",
        _ => "",
    };
    let plain = reading[..reading.len() - 1].replace('v', "ü");
    if let Some((_, sound)) = WHOLE.iter().find(|(whole, _)| *whole == plain) {
        into.push_str(sound);
        into.push_str(arrow);
        return;
    }
    let spelled = spelled_out(&plain);
    let (written, initial) = INITIALS.iter().find(|(written, _)| spelled.starts_with(written)).copied().unwrap_or_default();
    let rest = &spelled[written.len()..];
    let buzzes = rest == "i" && matches!(written, "zh" | "ch" | "sh" | "r" | "z" | "c" | "s");
    let found = FINALS.iter().find(|(spelling, ..)| *spelling == rest);
    let Some((vowel, coda)) = (if buzzes { Some(("ɨ", "")) } else { found.map(|(_, vowel, coda)| (*vowel, *coda)) }) else { return };
    for part in [initial, vowel, arrow, coda] {
        into.push_str(part);
    }
}

/// Undoes what pinyin shortens: `yu` is ü, `wei` is uei, `jun` is jün, `liu` is liou.
fn spelled_out(plain: &str) -> String {
    if let Some(rest) = plain.strip_prefix('y') {
        return match rest {
            rest if rest.starts_with('u') => format!("ü{}", &rest[1..]),
            rest if rest.starts_with('i') => rest.to_owned(),
            rest => format!("i{rest}"),
        };
    }
    if let Some(rest) = plain.strip_prefix('w') {
        return if rest.starts_with('u') { rest.to_owned() } else { format!("u{rest}") };
    }
    let rounded = match plain.split_at_checked(1) {
        Some((initial @ ("j" | "q" | "x"), rest)) if rest.starts_with('u') => format!("{initial}ü{}", &rest[1..]),
        Some((initial @ ("n" | "l"), "ue")) => format!("{initial}üe"),
        _ => plain.to_owned(),
    };
    for (short, long) in [("iu", "iou"), ("ui", "uei"), ("un", "uen")] {
        if let Some(begins) = rounded.strip_suffix(short) {
            return format!("{begins}{long}");
        }
    }
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_written_as_the_voices_were_taught_them() {
        for (text, ipa) in [
            ("你好", "ni↗xau↓"),
            ("我要查订单", "wo↓ jau↘ ꭧʰa↗ ti↘ŋta→n"),
            ("您好，请问有什么可以帮您？", "ni↗nxau↓, ʨʰi↓ŋwə↘n jou↓ ʂə↗nmɤ kʰɤ↗i↓ pa→ŋni↗n?"),
            ("转人工", "ꭧwa↓nɻə↗nkʊ→ŋ"),
            ("四是四！十是十。", "sɨ↘ ʂɨ↘ sɨ↘! ʂɨ↗ ʂɨ↘ ʂɨ↗."),
            ("一二三四五六七八九十", "i→ɚ↘sa→nsɨ↘u↓ljou↘ʨʰi→pa→ʨjou↓ʂɨ↗"),
            ("女儿", "ny↓ɚ↗"),
            ("绿色的", "ly↘sɤ↘ tɤ"),
            ("云月圆", "y↗n ɥe↘ ɥɛ↗n"),
            ("吃自己日子", "ꭧʰɨ→ ʦɨ↘ʨi↓ ɻɨ↘ʦɨ"),
            ("嗯，哦", "ən, ɔ"),
            ("", ""),
            ("😀……", ""),
        ] {
            assert_eq!(to_ipa(text), ipa, "{text}");
        }
    }
}
