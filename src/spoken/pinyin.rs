//! Chinese text to pinyin with tone digits.

use pinyin::ToPinyin;

use super::read_aloud;
use crate::base::Language;

/// Phrases whose characters are read otherwise than alone; a longer phrase wins over a shorter one.
pub(super) const PHRASES: &[(&str, &str)] = &[
    ("银行", "yin2 hang2"),
    ("银行卡", "yin2 hang2 ka3"),
    ("行业", "hang2 ye4"),
    ("一行", "yi4 hang2"),
    ("两行", "liang3 hang2"),
    ("各行", "ge4 hang2"),
    ("行号", "hang2 hao4"),
    ("分行", "fen1 hang2"),
    ("支行", "zhi1 hang2"),
    ("重复", "chong2 fu4"),
    ("重新", "chong2 xin1"),
    ("重置", "chong2 zhi4"),
    ("重发", "chong2 fa1"),
    ("重拨", "chong2 bo1"),
    ("重试", "chong2 shi4"),
    ("重启", "chong2 qi3"),
    ("重庆", "chong2 qing4"),
    ("重做", "chong2 zuo4"),
    ("重来", "chong2 lai2"),
    ("还款", "huan2 kuan3"),
    ("还钱", "huan2 qian2"),
    ("归还", "gui1 huan2"),
    ("退还", "tui4 huan2"),
    ("偿还", "chang2 huan2"),
    ("还清", "huan2 qing1"),
    ("还贷", "huan2 dai4"),
    ("成长", "cheng2 zhang3"),
    ("增长", "zeng1 zhang3"),
    ("长大", "zhang3 da4"),
    ("店长", "dian4 zhang3"),
    ("校长", "xiao4 zhang3"),
    ("家长", "jia1 zhang3"),
    ("班长", "ban1 zhang3"),
    ("会长", "hui4 zhang3"),
    ("了解", "liao3 jie3"),
    ("明了", "ming2 liao3"),
    ("为了", "wei4 le5"),
    ("不了", "bu4 liao3"),
    ("受不了", "shou4 bu4 liao3"),
    ("得了", "de2 liao3"),
    ("办得了", "ban4 de5 liao3"),
    ("取得", "qu3 de2"),
    ("获得", "huo4 de2"),
    ("得到", "de2 dao4"),
    ("得分", "de2 fen1"),
    ("得出", "de2 chu1"),
    ("值得", "zhi2 de2"),
    ("记得", "ji4 de5"),
    ("觉得", "jue2 de5"),
    ("必得", "bi4 dei3"),
    ("总得", "zong3 dei3"),
    ("目的", "mu4 di4"),
    ("目的地", "mu4 di4 di4"),
    ("的确", "di2 que4"),
    ("的士", "di2 shi4"),
    ("好好地", "hao3 hao3 de5"),
    ("慢慢地", "man4 man4 de5"),
    ("更好地", "geng4 hao3 de5"),
    ("更快地", "geng4 kuai4 de5"),
    ("音乐", "yin1 yue4"),
    ("乐器", "yue4 qi4"),
    ("便宜", "pian2 yi5"),
    ("调查", "diao4 cha2"),
    ("调动", "diao4 dong4"),
    ("调整", "tiao2 zheng3"),
    ("空调", "kong1 tiao2"),
    ("有空", "you3 kong4"),
    ("空闲", "kong4 xian2"),
    ("空缺", "kong4 que1"),
    ("首都", "shou3 du1"),
    ("都市", "du1 shi4"),
    ("成都", "cheng2 du1"),
    ("数一数", "shu3 yi4 shu3"),
    ("应该", "ying1 gai1"),
    ("应当", "ying1 dang1"),
    ("应答", "ying4 da2"),
    ("应急", "ying4 ji2"),
    ("供应", "gong1 ying4"),
    ("反应", "fan3 ying4"),
    ("上当", "shang4 dang4"),
    ("适当", "shi4 dang4"),
    ("当作", "dang4 zuo4"),
    ("更新", "geng1 xin1"),
    ("更改", "geng1 gai3"),
    ("更换", "geng1 huan4"),
    ("变更", "bian4 geng1"),
    ("发票", "fa1 piao4"),
    ("理发", "li3 fa4"),
    ("头发", "tou2 fa5"),
    ("洗发水", "xi3 fa4 shui3"),
    ("着急", "zhao2 ji2"),
    ("着火", "zhao2 huo3"),
    ("睡着", "shui4 zhao2"),
    ("朝阳", "chao2 yang2"),
    ("系统", "xi4 tong3"),
    ("系鞋带", "ji4 xie2 dai4"),
    ("几乎", "ji1 hu1"),
    ("曾经", "ceng2 jing1"),
    ("参与", "can1 yu4"),
    ("参差", "cen1 ci1"),
    ("出差", "chu1 chai1"),
    ("差别", "cha1 bie2"),
    ("差价", "cha1 jia4"),
    ("差额", "cha1 e2"),
    ("误差", "wu4 cha1"),
    ("时差", "shi2 cha1"),
    ("冲突", "chong1 tu1"),
    ("给予", "ji3 yu3"),
    ("供给", "gong1 ji3"),
    ("角色", "jue2 se4"),
    ("教书", "jiao1 shu1"),
    ("结实", "jie1 shi5"),
    ("尽管", "jin3 guan3"),
    ("尽快", "jin3 kuai4"),
    ("尽早", "jin3 zao3"),
    ("尽量", "jin3 liang4"),
    ("快乐", "kuai4 le4"),
    ("模样", "mu2 yang4"),
    ("强迫", "qiang3 po4"),
    ("勉强", "mian3 qiang3"),
    ("相片", "xiang4 pian4"),
    ("照相", "zhao4 xiang4"),
    ("真相", "zhen1 xiang4"),
    ("兴趣", "xing4 qu4"),
    ("高兴", "gao1 xing4"),
    ("因为", "yin1 wei4"),
    ("为您", "wei4 nin2"),
    ("为什么", "wei4 shen2 me5"),
    ("转盘", "zhuan4 pan2"),
    ("转圈", "zhuan4 quan1"),
    ("中奖", "zhong4 jiang3"),
    ("种植", "zhong4 zhi2"),
    ("宿舍", "su4 she4"),
    ("不舍", "bu4 she3"),
    ("看守", "kan1 shou3"),
    ("量一量", "liang2 yi4 liang2"),
    ("测量", "ce4 liang2"),
    ("处理", "chu3 li3"),
    ("处罚", "chu3 fa2"),
    ("处于", "chu3 yu2"),
    ("宁可", "ning4 ke3"),
    ("什么", "shen2 me5"),
    ("怎么", "zen3 me5"),
    ("那么", "na4 me5"),
    ("这么", "zhe4 me5"),
    ("您的", "nin2 de5"),
    ("我的", "wo3 de5"),
    ("谢谢", "xie4 xie5"),
    ("朋友", "peng2 you5"),
    ("时候", "shi2 hou5"),
    ("清楚", "qing1 chu5"),
    ("明白", "ming2 bai5"),
    ("客气", "ke4 qi5"),
    ("麻烦", "ma2 fan5"),
    ("先生", "xian1 sheng5"),
    ("意思", "yi4 si5"),
    ("东西", "dong1 xi5"),
    ("休息", "xiu1 xi5"),
    ("消息", "xiao1 xi5"),
    ("部分", "bu4 fen5"),
    ("一下", "yi2 xia4"),
    ("一会儿", "yi2 hui4 er5"),
    ("会计", "kuai4 ji4"),
    ("重量", "zhong4 liang4"),
    ("重要", "zhong4 yao4"),
    ("行李", "xing2 li5"),
    ("长度", "chang2 du4"),
    ("不长", "bu4 chang2"),
    ("成为", "cheng2 wei2"),
    ("作为", "zuo4 wei2"),
    ("认为", "ren4 wei2"),
    ("以为", "yi3 wei2"),
    ("行为", "xing2 wei2"),
    ("较为", "jiao4 wei2"),
    ("为期", "wei2 qi1"),
    ("为准", "wei2 zhun3"),
    ("为止", "wei2 zhi3"),
    ("为主", "wei2 zhu3"),
    ("分为", "fen1 wei2"),
    ("改为", "gai3 wei2"),
    ("为难", "wei2 nan2"),
    ("为空", "wei2 kong1"),
    ("相应", "xiang1 ying4"),
    ("响应", "xiang3 ying4"),
    ("回应", "hui2 ying4"),
    ("适应", "shi4 ying4"),
    ("应用", "ying4 yong4"),
    ("应对", "ying4 dui4"),
    ("请假", "qing3 jia4"),
    ("放假", "fang4 jia4"),
    ("休假", "xiu1 jia4"),
    ("假期", "jia4 qi1"),
    ("假日", "jia4 ri4"),
    ("节假日", "jie2 jia4 ri4"),
    ("年假", "nian2 jia4"),
    ("产假", "chan3 jia4"),
    ("饼干", "bing3 gan1"),
    ("干燥", "gan1 zao4"),
    ("干洗", "gan1 xi3"),
    ("干净", "gan1 jing4"),
    ("干扰", "gan1 rao3"),
    ("烘干", "hong1 gan1"),
    ("干果", "gan1 guo3"),
    ("率先", "shuai4 xian1"),
    ("草率", "cao3 shuai4"),
    ("内行", "nei4 hang2"),
    ("外行", "wai4 hang2"),
    ("排行", "pai2 hang2"),
    ("同行", "tong2 hang2"),
    ("央行", "yang1 hang2"),
    ("间隔", "jian4 ge2"),
    ("间断", "jian4 duan4"),
    ("人参", "ren2 shen1"),
    ("海参", "hai3 shen1"),
    ("散装", "san3 zhuang1"),
    ("弹性", "tan2 xing4"),
    ("相机", "xiang4 ji1"),
    ("相册", "xiang4 ce4"),
    ("手机相册", "shou3 ji1 xiang4 ce4"),
    ("调料", "tiao2 liao4"),
    ("调节", "tiao2 jie2"),
    ("调试", "tiao2 shi4"),
    ("调价", "tiao2 jia4"),
    ("协调", "xie2 tiao2"),
    ("处方", "chu3 fang1"),
    ("处分", "chu3 fen4"),
    ("薄荷", "bo4 he5"),
    ("校对", "jiao4 dui4"),
    ("仔细", "zi3 xi4"),
    ("扫帚", "sao4 zhou5"),
    ("剂量", "ji4 liang4"),
    ("泊车", "bo2 che1"),
    ("模板", "mu2 ban3"),
    ("漂亮", "piao4 liang5"),
    ("反省", "fan3 xing3"),
    ("挑战", "tiao3 zhan4"),
    ("丈夫", "zhang4 fu5"),
    ("还给", "huan2 gei3"),
    ("还您", "huan2 nin2"),
    ("还我", "huan2 wo3"),
    ("还车", "huan2 che1"),
    ("还信用卡", "huan2 xin4 yong4 ka3"),
    ("还货", "huan2 huo4"),
    ("应还", "ying1 huan2"),
    ("未还", "wei4 huan2"),
    ("待还", "dai4 huan2"),
    ("分期还", "fen1 qi1 huan2"),
    ("西藏", "xi1 zang4"),
    ("传记", "zhuan4 ji4"),
    ("对称", "dui4 chen4"),
    ("看中", "kan4 zhong4"),
    ("抽中", "chou1 zhong4"),
    ("选中", "xuan3 zhong4"),
    ("差一点", "cha4 yi4 dian3"),
    ("一点点", "yi4 dian3 dian3"),
    ("一点儿", "yi4 dian3 er5"),
    ("行长", "hang2 zhang3"),
    ("进行", "jin4 xing2"),
    ("降落", "jiang4 luo4"),
    ("重叠", "chong2 die2"),
    ("重装", "chong2 zhuang1"),
    ("重开", "chong2 kai1"),
    ("重签", "chong2 qian1"),
    ("重申", "chong2 shen1"),
    ("重寄", "chong2 ji4"),
    ("重名", "chong2 ming2"),
    ("行情", "hang2 qing2"),
    ("长按", "chang2 an4"),
    ("首席", "shou3 xi2"),
    ("系上", "ji4 shang4"),
    ("便条", "bian4 tiao2"),
    ("倒数", "dao4 shu3"),
    ("数数", "shu3 shu4"),
    ("少年", "shao4 nian2"),
    ("一卡通", "yi4 ka3 tong1"),
    ("几率", "ji1 lü4"),
    ("倾倒", "qing1 dao4"),
    ("卡壳", "qia3 ke2"),
    ("卡住", "qia3 zhu4"),
    ("厦门", "xia4 men2"),
    ("六安", "lu4 an1"),
    ("蚌埠", "beng4 bu4"),
    ("单于", "chan2 yu2"),
    ("柏树", "bai3 shu4"),
    ("番禺", "pan1 yu2"),
    ("东莞", "dong1 guan3"),
    ("大夫", "dai4 fu5"),
    ("暖和", "nuan3 huo5"),
    ("主意", "zhu3 yi5"),
];

/// Single characters whose usual reading in service talk is not the dictionary's first.
const READINGS: &[(char, &str)] = &[
    ('的', "de5"),
    ('地', "di4"),
    ('得', "de5"),
    ('了', "le5"),
    ('着', "zhe5"),
    ('过', "guo4"),
    ('吗', "ma5"),
    ('呢', "ne5"),
    ('吧', "ba5"),
    ('啊', "a5"),
    ('呀', "ya5"),
    ('嘛', "ma5"),
    ('们', "men5"),
    ('么', "me5"),
    ('子', "zi5"),
    ('还', "hai2"),
    ('重', "zhong4"),
    ('行', "xing2"),
    ('长', "chang2"),
    ('都', "dou1"),
    ('为', "wei4"),
    ('会', "hui4"),
    ('几', "ji3"),
    ('给', "gei3"),
    ('没', "mei2"),
    ('大', "da4"),
    ('谁', "shei2"),
    ('这', "zhe4"),
    ('那', "na4"),
    ('哪', "na3"),
    ('和', "he2"),
    ('与', "yu3"),
    ('单', "dan1"),
    ('查', "cha2"),
    ('调', "diao4"),
    ('号', "hao4"),
    ('好', "hao3"),
    ('看', "kan4"),
    ('转', "zhuan3"),
    ('分', "fen1"),
    ('数', "shu4"),
    ('发', "fa1"),
    ('要', "yao4"),
    ('应', "ying1"),
    ('种', "zhong3"),
    ('量', "liang4"),
    ('处', "chu4"),
    ('系', "xi4"),
    ('相', "xiang1"),
    ('当', "dang1"),
    ('中', "zhong1"),
    ('间', "jian1"),
    ('只', "zhi3"),
    ('更', "geng4"),
    ('差', "cha4"),
    ('便', "bian4"),
    ('空', "kong1"),
    ('少', "shao3"),
    ('上', "shang4"),
    ('期', "qi1"),
    ('俩', "lia3"),
    ('哦', "o5"),
    ('嗯', "en5"),
    ('幺', "yao1"),
    ('〇', "ling2"),
];

/// Returns the text as pinyin with tone digits, syllables apart, for the voice `cmn-latn-pinyin`.
///
/// Numbers are read first ([`read_aloud`]); punctuation becomes `,` `.` `?` (pauses); Latin words pass unchanged.
#[must_use]
pub fn to_pinyin(text: &str) -> String {
    let mut written = String::with_capacity(text.len() * 2);
    for syllable in &syllables(text) {
        if syllable.is_pause() {
            // A pause before anything was said, or right after another one, is none.
            if !written.is_empty() && !written.ends_with([',', '.', '?']) {
                written.push_str(&syllable.reading);
            }
            continue;
        }
        if !written.is_empty() {
            written.push(' ');
        }
        written.push_str(&syllable.reading);
    }
    written
}

/// Reads a text: a reading for each character, 一 and 不 with the tone they have where they stand. Latin words and pauses are entries, too.
pub(super) fn syllables(text: &str) -> Vec<Syllable> {
    let text = read_aloud(text, Language::Zh);
    let characters: Vec<char> = text.chars().collect();
    let mut syllables: Vec<Syllable> = Vec::with_capacity(characters.len());
    let mut place = 0;
    while let Some(c) = characters.get(place) {
        let rest = &characters[place..];
        if let Some((phrase, reading)) = longest_phrase(rest) {
            syllables.extend(phrase.chars().zip(reading.split(' ')).map(|(c, reading)| Syllable::fixed(c, reading)));
            place += phrase.chars().count();
            continue;
        }
        if c.is_ascii_alphanumeric() {
            let word: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '\'').collect();
            place += word.chars().count();
            syllables.push(Syllable::fixed('a', &word));
            continue;
        }
        place += 1;
        if let Some((_, reading)) = READINGS.iter().find(|(reads, _)| reads == c) {
            syllables.push(Syllable { character: *c, reading: (*reading).to_owned(), fixed: false });
        } else if let Some(reading) = c.to_pinyin() {
            let reading = reading.with_tone_num_end();
            let neutral = if reading.ends_with(|last: char| last.is_ascii_digit()) { "" } else { "5" };
            syllables.push(Syllable { character: *c, reading: format!("{reading}{neutral}"), fixed: false });
        } else if let Some(pause) = pause(*c) {
            syllables.push(Syllable::fixed(*c, pause));
        }
    }
    sandhi(&mut syllables);
    syllables
}

/// A character and how it is read here.
pub(super) struct Syllable {
    pub(super) character: char,
    /// Pinyin with its tone's digit; a Latin word as it is; a pause as `,` `.` or `?`.
    pub(super) reading: String,
    fixed: bool,
}

impl Syllable {
    fn fixed(character: char, reading: &str) -> Self {
        Self { character, reading: reading.to_owned(), fixed: true }
    }

    pub(super) fn is_pause(&self) -> bool {
        matches!(self.reading.as_str(), "," | "." | "?")
    }

    /// Its tone, 1 to 5, if it is a Chinese syllable.
    pub(super) fn tone(&self) -> Option<u8> {
        self.reading.bytes().last().filter(u8::is_ascii_digit).map(|digit| digit - b'0')
    }

    pub(super) fn is_number(&self) -> bool {
        "零〇一二三四五六七八九十两幺百千万亿点".contains(self.character)
    }
}

fn longest_phrase(text: &[char]) -> Option<(&'static str, &'static str)> {
    PHRASES
        .iter()
        .filter(|(phrase, _)| phrase.chars().count() <= text.len() && phrase.chars().zip(text).all(|(c, here)| c == *here))
        .max_by_key(|(phrase, _)| phrase.len())
        .copied()
}

/// Characters after which 儿 is no syllable of its own but colours theirs (这儿, 一点儿), unlike in 婴儿 or 女儿.
const COLOURED: &str = "这那哪点会块事玩活样边味劲份今明趟圈门";

/// 一 and 不 change their tone before another syllable; 一 keeps it within numbers, dates and ranks.
fn sandhi(syllables: &mut [Syllable]) {
    for place in 1..syllables.len() {
        if syllables[place].character == '儿' && !syllables[place].fixed && COLOURED.contains(syllables[place - 1].character) {
            "er5".clone_into(&mut syllables[place].reading);
        }
    }
    for place in 0..syllables.len() {
        let Some(next_tone) = syllables.get(place + 1).and_then(Syllable::tone) else { continue };
        let next = syllables[place + 1].character;
        let alone = (place == 0 || !(syllables[place - 1].is_number() || "第周期初".contains(syllables[place - 1].character)))
            && !syllables[place + 1].is_number()
            && !"月号日级楼线".contains(next);
        let syllable = &mut syllables[place];
        if syllable.fixed {
            continue;
        }
        match syllable.character {
            '不' if next_tone == 4 => "bu2".clone_into(&mut syllable.reading),
            '一' if alone && next_tone == 4 => "yi2".clone_into(&mut syllable.reading),
            '一' if alone && (1..=3).contains(&next_tone) => "yi4".clone_into(&mut syllable.reading),
            _ => {}
        }
    }
}

fn pause(c: char) -> Option<&'static str> {
    Some(match c {
        '，' | '、' | '；' | '：' | ',' | ';' | ':' | '（' | '）' | '(' | ')' | '—' | '…' | '“' | '”' => ",",
        '。' | '！' | '.' | '!' | '\n' => ".",
        '？' | '?' => "?",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_sentences_are_read_right() {
        for (text, pinyin) in [
            ("我要查订单", "wo3 yao4 cha2 ding4 dan1"),
            ("转人工", "zhuan3 ren2 gong1"),
            ("一二三四五六七八", "yi1 er4 san1 si4 wu3 liu4 qi1 ba1"),
            ("您好，请问有什么可以帮您？", "nin2 hao3, qing3 wen4 you3 shen2 me5 ke3 yi3 bang1 nin2?"),
            ("银行卡还款重复了", "yin2 hang2 ka3 huan2 kuan3 chong2 fu4 le5"),
            ("还有其他问题吗", "hai2 you3 qi2 ta1 wen4 ti2 ma5"),
            ("麻烦您再说一次。", "ma2 fan5 nin2 zai4 shuo1 yi2 ci4."),
            ("不是", "bu2 shi4"),
            ("第一个", "di4 yi1 ge4"),
            ("一个", "yi2 ge4"),
            ("一天", "yi4 tian1"),
            ("十一月十一日", "shi2 yi1 yue4 shi2 yi1 ri4"),
            ("一月一日", "yi1 yue4 yi1 ri4"),
            ("共2件", "gong4 liang3 jian4"),
            ("目的地", "mu4 di4 di4"),
            ("地址错误", "di4 zhi3 cuo4 wu4"),
            ("绿色", "lü4 se4"),
            ("银行行长进行长时间查询", "yin2 hang2 hang2 zhang3 jin4 xing2 chang2 shi2 jian1 cha2 xun2"),
            ("在哪儿看婴儿车", "zai4 na3 er5 kan4 ying1 er2 che1"),
            ("以您的订单为准", "yi3 nin2 de5 ding4 dan1 wei2 zhun3"),
            ("为您查询", "wei4 nin2 cha2 xun2"),
            ("节假日不休假", "jie2 jia4 ri4 bu4 xiu1 jia4"),
            ("把款还给您", "ba3 kuan3 huan2 gei3 nin2"),
            ("电话13800001111", "dian4 hua4 yao1 san1 ba1, ling2 ling2 ling2 ling2, yao1 yao1 yao1 yao1"),
            ("您的VIP等级", "nin2 de5 VIP deng3 ji2"),
            ("好的。。。", "hao3 de5."),
            ("，，你好", "ni3 hao3"),
            ("😀☃", ""),
            ("", ""),
        ] {
            assert_eq!(to_pinyin(text), pinyin, "{text}");
        }
    }

    #[test]
    fn every_phrase_has_a_syllable_for_each_character() {
        for (phrase, reading) in PHRASES {
            assert_eq!(phrase.chars().count(), reading.split(' ').count(), "{phrase}");
            assert!(reading.split(' ').all(|syllable| syllable.ends_with(|c: char| ('1'..='5').contains(&c))), "{phrase}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_the_voice_gets_is_latin(text in "[一-龥，。？0-9a-z]{0,24}") {
            let pinyin = to_pinyin(&text);
            proptest::prop_assert!(pinyin.chars().all(|c| c.is_ascii() || "üêńňǹḿ̀ếề̄̌éè".contains(c)), "{}", pinyin);
        }
    }
}
