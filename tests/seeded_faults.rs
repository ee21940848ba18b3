//! Forty ways to break a hotline that is right: each is found, at its line, and the unbroken one and the shipped ones give no finding.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::path::Path;

use bellhop::base::Language;
use bellhop::dialplan::{Diagnostic, Dialplan};
use bellhop::lint::{lint, lint_on};

const RIGHT: &str = r#"dialplan: 1
name: 小店
language: zh
numbers: ["8001"]
tone: {address: 您, max_sentence: 40}
never_say: [不知道]
start: [{play: notice}, {play: welcome}, listen]
keys:
  "0": {transfer: {queue: general, reason: key}}
  "*": repeat
silence: {after: 5s, times: 2, then: {transfer: {queue: general, reason: silence}}}

prompts:
  notice: {say: 本次通话可能会被录音。, interrupt: never}
  welcome: 您好，请问有什么可以帮您？
  again: [抱歉没听清，您再说一遍好吗？, 麻烦您换个说法再说一次。]
  hours: 我们每天九点到九点营业。

slots:
  order_number:
    type: digits
    length: 8..12
    ask: 麻烦您报一下订单号。
    confirm: "订单号是{{ value | spell }}，对吗？"
    keypad: true
  size: {type: choice, values: {大号: [大的], 小号: [小的]}, ask: 您要大号还是小号？}
  phone: {type: phone, ask: 请说一下您的手机号。, confirm: "手机尾号是{{ value[-4:] }}，对吗？"}

sources:
  shop: {url: "https://shop.example.com", timeout: 800ms, retry: 1}

intents:
  order_status: {examples: [我要查订单, 我的快递到哪了, 物流怎么没更新, 包裹走到哪里了], go: order_status}
  exchange: {examples: [我想换货, 尺码不合适, "换一个{size}的", 换货怎么弄], go: exchange}
  hours: {examples: [几点关门, 营业时间, 周末开不开, 什么时候开门], play: hours}
  contact: {examples: [请联系我, 给我回电话, 我想让你们打给我, 麻烦回个电话], go: contact}
  human: {examples: [转人工, 找个真人, 人工客服], transfer: {queue: general, reason: asked}}

flows:
  order_status:
    - collect: order_number
    - lookup: shop
      get: "/orders/{{ order_number }}"
      as: order
      meanwhile: 正在为您查询，请稍等。
      not_found: [{say: 没有查到这个订单号。}, {again: order_number}]
      failed: [{transfer: {queue: general, reason: lookup_failed}}]
    - choose:
        - when: order.state == "shipped"
          do: [{say: "您的订单已发货，预计{{ order.eta | date }}送达。"}]
        - otherwise: [{say: "您的订单{{ order.state_text }}。"}]
    - ask: 还有其他可以帮您的吗？
  exchange:
    - collect: [order_number, size]
    - update: shop
      post: "/exchanges"
      send: {order: "{{ order_number }}", size: "{{ size }}"}
      as: exchange
    - say: 换货申请已提交。
    - menu: {ask: 还要查订单请按一，结束请按二。, keys: {"1": {go: order_status}, "2": hangup}}
  contact:
    - collect: phone
    - callback: {queue: general, within: 2h}
    - say: 好的，我们会尽快给您回电。

handover:
  confidence: {act: 0.90, confirm: 0.50}
  misunderstood: 2
  keywords: [投诉升级]
routes:
  - {reason: [complaint], queue: seniors, tier: senior}
  - {queue: general}
queues:
  general: {skills: [general], max_wait: 3m, overflow: callback}
  seniors: {skills: [general], max_wait: 2m}
"#;

/// What to look for, what to put there, the finding's code, and words of the line where it must be found.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    // Syntax, as it happens to people who write Chinese.
    ("  welcome: 您好", "  welcome:您好", "missing-space", "welcome:您好"),
    ("  welcome: 您好", "  welcome：您好", "fullwidth-colon", "welcome：您好"),
    ("numbers: [\"8001\"]", "numbers: 【\"8001\"】", "fullwidth-bracket", "【\"8001\"】"),
    ("numbers: [\"8001\"]", "numbers: [“8001”]", "fullwidth-quote", "“8001”"),
    ("    length: 8..12", "\tlength: 8..12", "tab", "length"),
    ("    length: 8..12", "　　length: 8..12", "fullwidth-space", "length"),
    ("\"订单号是{{ value | spell }}，对吗？\"", "{{ value | spell }}是您的订单号吗？", "unquoted-braces", "{{ value"),
    ("ask: 麻烦您报一下订单号。", "ask: 注意: 麻烦您报一下订单号。", "colon-in-text", "注意:"),
    ("say: 换货申请已提交。", "say: 换货申请已提交 #完成", "text-cut", "#完成"),
    ("    - say: 换货申请已提交。", "    -say: 换货申请已提交。", "missing-space", "-say"),
    (
        "examples: [几点关门, 营业时间, 周末开不开, 什么时候开门]",
        "examples: [几点关门，营业时间，周末开不开，什么时候开门]",
        "fullwidth-comma",
        "几点关门",
    ),
    ("  hours: 我们每天九点到九点营业。", "  hours: \"我们每天九点到九点营业。", "syntax", "hours"),
    ("  \"*\": repeat", "  *: repeat", "syntax", "*: repeat"),
    // Names and values.
    ("go: order_status}\n  exchange", "go: order_statsu}\n  exchange", "unknown-name", "order_statsu"),
    ("play: hours}", "play: hour}", "unknown-name", "play: hour}"),
    ("- collect: phone", "- collect: telephone", "unknown-name", "telephone"),
    ("- lookup: shop", "- lookup: shopp", "unknown-name", "shopp"),
    ("{queue: general, reason: key}", "{queue: genral, reason: key}", "unknown-name", "genral"),
    ("换一个{size}的", "换一个{sizes}的", "unknown-name", "{sizes}"),
    ("order.state == \"shipped\"", "order.state = \"shipped\"", "bad-condition", "order.state ="),
    ("{{ order.eta | date }}", "{{ order.eta | dat }}", "bad-template", "dat }}"),
    ("{{ order.state_text }}", "{{ oder.state_text }}", "unknown-name", "oder"),
    ("after: 5s", "after: 5", "bad-duration", "after: 5"),
    ("length: 8..12", "length: 12..8", "bad-range", "12..8"),
    ("  misunderstood: 2", "  misunderstod: 2", "unknown-key", "misunderstod"),
    ("    keypad: true", "    keypad: true\n    keypad: false", "duplicate-key", "keypad: false"),
    ("get: \"/orders/{{ order_number }}\"", "get: \"orders/{{ order_number }}\"", "bad-path", "get:"),
    ("say: 好的，我们会尽快给您回电。", "say: 不知道，等回电吧。", "forbidden-phrase", "不知道，等"),
    ("confidence: {act: 0.90, confirm: 0.50}", "confidence: {act: 0.50, confirm: 0.90}", "bad-number", "confirm: 0.90"),
    // Meaning.
    ("go: contact}", "play: hours}", "unreachable", "contact:"),
    ("    - ask: 还有其他可以帮您的吗？", "    - go: order_status", "circle", "order_status:"),
    ("    - say: 换货申请已提交。", "    - hangup\n    - say: 换货申请已提交。", "dead-step", "换货申请"),
    (
        "\n  exchange:\n    - collect: [order_number, size]",
        "\n  exchange:\n    - collect: order_number\n    - collect: [order_number, size]",
        "known-slot",
        "[order_number, size]",
    ),
    (
        "    - collect: order_number\n    - lookup",
        "    - say: \"您的订单{{ order.state_text }}。\"\n    - collect: order_number\n    - lookup",
        "too-early",
        "您的订单{{ order.state_text }}",
    ),
    ("什么时候开门]", "我要查定单]", "overlap", "我要查定单"),
    ("examples: [请联系我, 给我回电话, 我想让你们打给我, 麻烦回个电话]", "examples: [请联系我]", "few-examples", "contact:"),
    ("手机尾号是{{ value[-4:] }}", "手机号是{{ value | spell }}", "personal-data", "手机号是"),
    ("  again: [抱歉没听清，您再说一遍好吗？, 麻烦您换个说法再说一次。]\n", "", "no-again", "prompts:"),
    ("silence: {after: 5s, times: 2, then: {transfer: {queue: general, reason: silence}}}\n", "", "no-silence", "dialplan: 1"),
    ("  \"0\": {transfer: {queue: general, reason: key}}\n", "", "no-key", "keys:"),
    ("  misunderstood: 2", "  misunderstood: 8", "late-person", "misunderstood: 8"),
    ("times: 2", "times: 9", "late-person", "times: 9"),
    ("  hours: 我们每天九点到九点营业。", "  hours: 你随时都可以来。", "address", "你随时"),
    (
        "say: 换货申请已提交。",
        "say: 您的换货申请我们已经收到并且正在处理当中预计会在三个工作日以内由专员和您联系确认具体的上门取件时间。",
        "long-sentence",
        "您的换货申请我们",
    ),
    (
        "  hours: {examples: [几点关门, 营业时间, 周末开不开, 什么时候开门], play: hours}",
        "  hours: {examples: [几点关门, 营业时间, 周末开不开, 什么时候开门], say: 九点。}",
        "unplayed-prompt",
        "hours: 我们",
    ),
    ("  size: {type", "  colour: {type: choice, values: [红, 蓝], ask: 什么颜色？}\n  size: {type", "unused", "colour"),
    ("numbers: [\"8001\"]\n", "", "no-number", "dialplan: 1"),
    ("  - {queue: general}\nqueues", "queues", "no-last-route", "reason: [complaint]"),
];

/// Reads what lies beside the shipped hotlines: a name that ends in `/` is a folder.
fn beside(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialplans").join(name);
    if !name.ends_with('/') {
        return std::fs::read(path).ok();
    }
    let entries = std::fs::read_dir(path).ok()?;
    Some(entries.map(|entry| format!("{}\n", entry.unwrap().file_name().to_string_lossy())).collect::<String>().into_bytes())
}

fn findings(text: &str) -> Vec<Diagnostic> {
    match Dialplan::load_including("seeded.yaml", text, &|_| None, &beside) {
        Err(found) => found,
        Ok(plan) => lint(&plan, None).into_iter().chain(plan.warnings).collect(),
    }
}

fn shown(found: &[Diagnostic]) -> String {
    found.iter().map(|one| one.human(Language::En)).collect()
}

#[test]
fn the_unbroken_hotline_gives_no_finding() {
    assert_eq!(shown(&findings(RIGHT)), "");
}

#[test]
fn each_of_forty_faults_is_found_at_its_line() {
    let (mut count, mut missed) = (0, String::new());
    for (from, to, code, words) in FAULTS {
        assert!(RIGHT.contains(from), "{from} is not in the hotline");
        let broken = RIGHT.replacen(from, to, 1);
        let found = findings(&broken);
        let hit = found.iter().find(|one| one.code == *code);
        let line = hit.and_then(|one| broken.lines().nth(one.place.line as usize - 1)).unwrap_or_default();
        let helps = hit.is_some_and(|one| !one.message.zh.is_empty() && !one.help.zh.is_empty() && !one.help.en.is_empty());
        if !line.contains(words) || line.is_empty() || !helps {
            missed.push_str(&format!("{to}: wanted {code} at {words}\n{}\n", shown(&found)));
        }
        count += 1;
    }
    assert!(missed.is_empty(), "{missed}");
    assert!(count >= 40, "{count} faults");
}

#[test]
fn a_fault_hides_no_other() {
    let mut broken = RIGHT.to_owned();
    let several = ["welcome:您好", "go: order_statsu}\n  exchange", "after: 5,", "oder.state_text"];
    for (from, to) in [
        ("welcome: 您好", several[0]),
        ("go: order_status}\n  exchange", several[1]),
        ("after: 5s,", several[2]),
        ("order.state_text", several[3]),
    ] {
        broken = broken.replacen(from, to, 1);
    }
    let codes: BTreeSet<&str> = findings(&broken).iter().map(|one| one.code).collect();
    assert!(["missing-space", "unknown-name", "bad-duration"].iter().all(|code| codes.contains(code)), "{codes:?}");
    assert!(findings(&broken).len() >= 4);
}

#[test]
fn the_shipped_hotlines_give_no_finding() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialplans");
    let mut looked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|end| end == "yaml") && !name.ends_with(".calls.yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(shown(&findings(&text)), "", "{name}");
            looked += 1;
        }
    }
    assert!(looked > 0);
}

#[test]
fn what_is_over_is_told_on_the_day_that_is_given() {
    let text = RIGHT
        .replacen("prompts:\n", "prompts:\n  double11: {say: 双十一全场满三百减五十。, valid: \"2026-11-01..2026-11-11\"}\n", 1)
        .replacen("play: hours}", "do: [{play: hours}, {play: double11}]}", 1)
        .replacen("numbers:", "hours: {mon-fri: \"09:00-21:00\", closed: [\"2026-10-01..2026-10-07\"]}\nnumbers:", 1);
    let plan = Dialplan::load("seeded.yaml", &text, &|_| None).unwrap_or_else(|found| panic!("{}", shown(&found)));
    for (day, wanted) in [
        ("2026-10-07", vec![]),
        ("2026-10-08", vec!["expired"]),
        ("2026-11-05", vec!["expired", "expires-soon"]),
        ("2026-11-11", vec!["expired", "expires-soon"]),
        ("2026-11-12", vec!["expired", "expired"]),
    ] {
        let found = lint_on(&plan, None, day.parse().ok());
        assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), wanted, "{day}\n{}", shown(&found));
    }
}
