//! `bellhop learn`: what callers asked that the dialplan had no sure answer to, grouped by likeness, and a patch that ops may apply.
//! Changes no file itself.

mod groups;
mod patch;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use self::groups::{Asked, Group, grouped};
use self::patch::{Patch, Proposal};
use super::check::{or_complain, read_plan};
use super::cli::LearnArgs;
use super::print::line;
use crate::base::{Clock, Language, Wall};
use crate::dialplan::Dialplan;
use crate::intent::{Context as GuessContext, Matcher};
use crate::ivr;
use crate::store::{Store, UnknownWords};

/// The most utterances that are looked at, the latest.
const MOST: u32 = 20_000;
/// From this confidence on the nearest intent is proposed, where the caller has not said yes to one.
const NEAR: f32 = 0.35;

/// Lists what was not known and proposes a patch.
///
/// # Errors
/// Where the dialplan or the records cannot be read.
pub async fn learn(args: LearnArgs) -> Result<ExitCode> {
    let Some(plan) = or_complain(read_plan(&args.dialplan)?, args.lang) else { return Ok(ExitCode::FAILURE) };
    let store = Store::open_read_only(&args.data).await?;
    let now = Clock::start().wall();
    let since =
        Wall::from_millis(now.millis() - i64::try_from(Duration::from_hours(24 * u64::from(args.days)).as_millis()).unwrap_or(i64::MAX));
    let words = store.unknown_words(&plan.name, since, MOST).await?;
    let matcher = ivr::matcher_for(&plan);
    let learnt = learned(&plan, &matcher, &words, args.least, args.groups);
    let file = args.dialplan.display().to_string();
    let patch = Patch::propose(&plan, &learnt.groups.iter().map(|(_, proposal)| proposal).collect::<Vec<_>>(), &|file| {
        std::fs::read_to_string(file).ok()
    });
    if args.patch {
        line(patch.text().trim_end());
    } else if args.json {
        line(&serde_json::to_string(&as_json(&plan, &learnt, &patch))?);
    } else {
        show(&plan, &learnt, &patch, &file, args.lang);
    }
    Ok(ExitCode::SUCCESS)
}

/// What callers asked, by likeness.
struct Learnt {
    /// Utterances that were not surely understood.
    asked: usize,
    /// Of these, those that the dialplan understands by now.
    known_by_now: usize,
    groups: Vec<(Group, Proposal)>,
    /// Groups that are too small or too many to be shown.
    more: usize,
}

fn learned(plan: &Dialplan, matcher: &Matcher, words: &[UnknownWords], least: u32, most: usize) -> Learnt {
    let mut all: Vec<Asked> = Vec::new();
    for one in words {
        match all.iter_mut().find(|known| known.text == one.text) {
            Some(known) => known.add(one),
            None => all.push(Asked::first(one)),
        }
    }
    let before = all.iter().map(|one| one.times).sum::<usize>();
    all.retain_mut(|one| {
        let best = matcher.guess(&[(one.text.as_str(), 1.0)], GuessContext::default()).into_iter().next();
        let known = best.as_ref().is_some_and(|guess| guess.confidence >= plan.handover.act);
        one.nearest = best.map(|guess| (guess.intent, guess.confidence));
        !known
    });
    let left = all.iter().map(|one| one.times).sum::<usize>();
    let groups = grouped(all);
    let count = groups.len();
    let shown: Vec<(Group, Proposal)> = groups
        .into_iter()
        .filter(|group| group.times() >= least as usize)
        .take(most)
        .map(|group| {
            let proposal = proposed(plan, &group);
            (group, proposal)
        })
        .collect();
    Learnt { asked: before, known_by_now: before - left, more: count - shown.len(), groups: shown }
}

/// New examples for the intent that callers said yes to or that is nearest, else a new question.
fn proposed(plan: &Dialplan, group: &Group) -> Proposal {
    let texts = group.texts_to_learn();
    let is_there = |name: &str| plan.intents.iter().any(|intent| intent.name == name);
    let near = |near: &Option<(String, f32)>| near.clone().filter(|(name, sure)| *sure >= NEAR && is_there(name)).map(|(name, _)| name);
    match group.confirmed().filter(|name| is_there(name)).or_else(|| near(&group.nearest())) {
        _ if texts.is_empty() => Proposal::Nothing,
        Some(intent) => Proposal::Examples { intent, texts },
        None => Proposal::Question { texts },
    }
}

fn as_json(plan: &Dialplan, learnt: &Learnt, patch: &Patch) -> serde_json::Value {
    let groups: Vec<_> = learnt
        .groups
        .iter()
        .map(|(group, proposal)| {
            json!({
                "times": group.times(),
                "calls": group.calls(),
                "texts": group.asked.iter().map(|one| json!({"text": one.text, "times": one.times})).collect::<Vec<_>>(),
                "outcomes": group.outcomes(),
                "nearest": group.nearest().map(|(intent, confidence)| json!({"intent": intent, "confidence": confidence})),
                "proposal": proposal.as_str(),
                "intent": proposal.intent(),
            })
        })
        .collect();
    json!({
        "hotline": plan.name,
        "asked": learnt.asked,
        "known_by_now": learnt.known_by_now,
        "more_groups": learnt.more,
        "groups": groups,
        "patch": patch.text(),
        "not_in_patch": patch.left_out(),
    })
}

fn show(plan: &Dialplan, learnt: &Learnt, patch: &Patch, file: &str, lang: Language) {
    let say = |zh: String, en: String| {
        line(match lang {
            Language::Zh => &zh,
            Language::En => &en,
        });
    };
    say(
        format!("{}：{} 句话没有听懂或没有把握，其中 {} 句现在的话术已经能听懂", plan.name, learnt.asked, learnt.known_by_now),
        format!("{}: {} utterances were not surely understood; {} of them would be by now", plan.name, learnt.asked, learnt.known_by_now),
    );
    for (place, (group, proposal)) in learnt.groups.iter().enumerate() {
        let number = place + 1;
        say(
            format!("\n{number}. {} 次，{} 通电话{}", group.times(), group.calls(), about(proposal, lang)),
            format!("\n{number}. {} times in {} calls{}", group.times(), group.calls(), about(proposal, lang)),
        );
        for one in &group.asked {
            line(&format!("   {:>4} × {}", one.times, one.text));
        }
    }
    if learnt.more > 0 {
        say(
            format!("\n还有 {} 组没有列出（--groups、--least）", learnt.more),
            format!("\n{} more groups are not listed (--groups, --least)", learnt.more),
        );
    }
    for text in patch.left_out() {
        say(
            format!("\n补丁里没有：{text}（写不进去，请手工加）"),
            format!("\nnot in the patch: {text} (it does not go in; add it by hand)"),
        );
    }
    if !patch.text().is_empty() {
        say(
            format!("\n建议的修改；没有改动任何文件。看过以后：bellhop learn {file} --patch > more.patch，再 patch -p1 < more.patch\n"),
            format!(
                "\nA proposal; no file was changed. When you have read it: bellhop learn {file} --patch > more.patch, then patch -p1 < more.patch\n"
            ),
        );
        line(patch.text().trim_end());
    }
}

fn about(proposal: &Proposal, lang: Language) -> String {
    match (proposal, lang) {
        (Proposal::Examples { intent, .. }, Language::Zh) => format!("：像 {intent}"),
        (Proposal::Examples { intent, .. }, Language::En) => format!(": like {intent}"),
        (Proposal::Question { .. }, Language::Zh) => "：新问题".to_owned(),
        (Proposal::Question { .. }, Language::En) => ": a new question".to_owned(),
        (Proposal::Nothing, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::CallId;

    const PLAN: &str =
        "dialplan: 1\nname: 小店\nnumbers: [\"1\"]\nintents:\n  order: {examples: [我要查订单, 我的快递到哪了], say: 好的。}\n";

    fn words(all: &[(&str, &str, &str)]) -> Vec<UnknownWords> {
        let one = |(at, (text, outcome, intent)): (usize, &(&str, &str, &str))| UnknownWords {
            call: CallId::from(format!("c{at}").as_str()),
            text: (*text).to_owned(),
            outcome: (*outcome).to_owned(),
            intent: Some((*intent).to_owned()).filter(|intent| !intent.is_empty()),
            confidence: 0.6,
        };
        all.iter().enumerate().map(one).collect()
    }

    #[test]
    fn questions_are_grouped_counted_and_proposed_and_what_is_known_by_now_is_left_out() {
        let plan = Dialplan::load("shop.yaml", PLAN, &|_| None).unwrap();
        let matcher = ivr::matcher_for(&plan);
        let all = words(&[
            ("你们招代理吗", "not_understood", ""),
            ("你们招不招代理", "not_understood", ""),
            ("你们招代理吗", "not_understood", ""),
            ("包裹走到哪里了呀", "confirmed", "order"),
            ("我要查订单", "not_understood", ""),
            ("打138****1234找我", "not_understood", ""),
        ]);
        let learnt = learned(&plan, &matcher, &all, 1, 10);
        assert_eq!((learnt.asked, learnt.known_by_now), (6, 1));
        let shown: Vec<(usize, usize, &str)> =
            learnt.groups.iter().map(|(group, proposal)| (group.times(), group.asked.len(), proposal.as_str())).collect();
        assert_eq!(shown[0], (3, 2, "question"), "{shown:?}");
        assert!(shown.contains(&(1, 1, "examples")) && shown.contains(&(1, 1, "nothing")), "{shown:?}");
        assert_eq!(learned(&plan, &matcher, &all, 2, 10).groups.len(), 1);
        let json = as_json(&plan, &learnt, &Patch::propose(&plan, &[&learnt.groups[0].1], &|_| Some(PLAN.to_owned())));
        assert_eq!((json["groups"][0]["times"].as_u64(), json["groups"][0]["texts"][0]["text"].as_str()), (Some(3), Some("你们招代理吗")));
        assert!(json["patch"].as_str().unwrap().contains("+## 你们招代理吗"), "{json}");
    }
}
