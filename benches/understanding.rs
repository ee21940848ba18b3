//! What understanding costs: learning a plan, knowing it again from bytes, and an utterance with one reading and with several.
#![expect(clippy::expect_used, reason = "a measurement that cannot be taken fails")]

use std::path::Path;

use bellhop::base::Rng;
use bellhop::dialplan::Dialplan;
use bellhop::intent::{Context, Example, Matcher, Mistakes, misheard};
use bellhop::ivr::training_examples;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// The examples of the shop, its folder of questions included.
fn of_the_shop() -> Vec<Example> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialplans");
    let beside = |name: &str| match name.strip_suffix('/') {
        None => std::fs::read(folder.join(name)).ok(),
        Some(name) => {
            let names = std::fs::read_dir(folder.join(name)).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            Some(names.map(|name| format!("{name}\n")).collect::<String>().into_bytes())
        }
    };
    let text = std::fs::read_to_string(folder.join("youxuan.yaml")).expect("the shop");
    let plan = Dialplan::load_including("youxuan.yaml", &text, &|_| None, &beside).expect("a correct dialplan");
    training_examples(&plan)
}

/// So many examples of 40 intents, made of words that turn up in several.
fn made(count: usize) -> Vec<Example> {
    const BEFORE: &[&str] = &["我想", "帮我", "请问", "能不能", "麻烦", "", "我要", "怎么", "现在可以"];
    const VERBS: &[&str] = &["查", "退", "换", "取消", "开", "改", "催", "买"];
    const THINGS: &[&str] = &["订单", "发票", "积分", "快递", "地址"];
    const AFTER: &[&str] = &["", "吗", "一下", "谢谢", "啊", "好不好", "可以吗", "多久", "要钱吗", "在哪里"];
    let mut rng = Rng::seeded(1);
    let mut pick = |among: &[&'static str]| among[rng.below(among.len() as u64) as usize];
    let mut one = || {
        let (verb, thing) = (pick(VERBS), pick(THINGS));
        let text = format!("{}{verb}{}{thing}{}", pick(BEFORE), pick(&["", "我的", "那个", "刚才的", "上个月的"]), pick(AFTER));
        Example::new(format!("{verb}{thing}"), text)
    };
    (0..count).map(|_| one()).collect()
}

#[divan::bench(sample_count = 5)]
fn learn_the_shop(bencher: Bencher) {
    let examples = of_the_shop();
    bencher.bench_local(|| Matcher::train(black_box(&examples)));
}

#[divan::bench(sample_count = 5)]
fn know_the_shop_again(bencher: Bencher) {
    let examples = of_the_shop();
    let bytes = Matcher::train(&examples).to_bytes();
    bencher.bench_local(|| Matcher::from_bytes(black_box(&examples), black_box(&bytes)).expect("the same examples"));
}

#[divan::bench(sample_count = 3)]
fn learn_2000_examples(bencher: Bencher) {
    let examples = made(2_000);
    bencher.bench_local(|| Matcher::train(black_box(&examples)));
}

#[divan::bench(sample_count = 5)]
fn know_2000_examples_again(bencher: Bencher) {
    let examples = made(2_000);
    let bytes = Matcher::train(&examples).to_bytes();
    bencher.bench_local(|| Matcher::from_bytes(black_box(&examples), black_box(&bytes)).expect("the same examples"));
}

/// One reading, and ten that differ as readings of a recogniser do.
#[divan::bench(args = [1, 10])]
fn understand_an_utterance(bencher: Bencher, readings: usize) {
    let matcher = Matcher::train(&of_the_shop());
    let mut rng = Rng::seeded(2);
    let said = "我想看看我前天买的奶粉到哪里了";
    let texts: Vec<String> = (0..readings).map(|place| misheard(said, 8.0 * place as f64, Mistakes::Heard, &mut rng)).collect();
    let heard: Vec<(&str, f32)> = texts.iter().map(|text| (text.as_str(), 1.0 / readings as f32)).collect();
    bencher.bench_local(|| matcher.understand(black_box(&heard), Context { last_intent: Some("order_status") }));
}
