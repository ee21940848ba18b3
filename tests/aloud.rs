//! What is spoken is heard again: numbers through voice, line and recogniser, and scripted calls aloud.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;
use std::process::Command;

use bellhop::audio::{Codec, Frame, Frame8k};
use bellhop::base::Language;
use bellhop::engines::{Voice, VoskModel, hear_turn};
use bellhop::speech::{Expected, Vocabulary, Wording};
use bellhop::spoken::{SlotForm, digits_from_speech, expected_words, normalize, read_digits};

fn model() -> std::sync::Arc<VoskModel> {
    VoskModel::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models/bellhop-zh")).unwrap()
}

/// Half a second of silence, the text by the usual voice, a second and a half of silence, all through A-law.
async fn on_the_line(text: &str, language: Language) -> Vec<i16> {
    let voice = Voice::find().await.unwrap();
    let spoken = voice.speak(&Wording { text: text.into(), language, speed: 100 }).await.unwrap();
    let silence = vec![0; 12_000];
    let samples = [&silence[..4000], &*spoken, &silence].concat();
    let mut heard = Vec::new();
    for chunk in samples.as_chunks::<160>().0 {
        let (mut octets, mut frame) = ([0; 160], Frame8k::SILENCE);
        Codec::Pcma.encode(&Frame(*chunk), &mut octets);
        Codec::Pcma.decode(&octets, &mut frame);
        heard.extend(frame.0);
    }
    heard
}

/// The readings of what is said when an answer of that form is expected.
async fn hear(model: &VoskModel, text: &str, form: &SlotForm<'_>, expected: Expected) -> Vec<String> {
    let words = expected_words(form, Language::Zh).unwrap();
    let samples = on_the_line(text, Language::Zh).await;
    let utterances = hear_turn(model, &samples, &Vocabulary::new(Language::Zh, words), expected, bellhop::speech::Pace::Usual).unwrap();
    utterances.into_iter().next().unwrap_or_default().into_iter().map(|reading| reading.text).collect()
}

#[tokio::test]
async fn numbers_read_aloud_are_heard_again() {
    let model = model();
    let numbers =
        ["13512345678", "40056789", "20261121", "88886666", "10010", "73190528", "15900001111", "24681357", "98765432", "60606060"];
    let mut wrong = Vec::new();
    for number in numbers {
        let length = u8::try_from(number.len()).unwrap();
        let (form, expected) = (SlotForm::Digits { least: length, most: length }, Expected::Digits { least: length, most: length });
        let heard = hear(&model, &read_digits(number, Language::Zh), &form, expected).await;
        if heard.first().map(|best| digits_from_speech(best, Language::Zh)).as_deref() != Some(number) {
            wrong.push((number, heard));
        }
    }
    assert!(wrong.len() <= 1, "{wrong:?}");
}

#[tokio::test]
async fn dates_times_and_sums_are_heard_again() {
    let model = model();
    let mut wrong = Vec::new();
    let answers = [
        (SlotForm::Date, "十一月二十一号", "11月21号"),
        (SlotForm::Date, "明天", "明天"),
        (SlotForm::Time, "下午三点半", "15:30"),
        (SlotForm::Time, "早上九点", "09:00"),
        (SlotForm::Money, "一百二十块", "120元"),
        (SlotForm::Money, "两千五百元", "2500元"),
        (SlotForm::Number { least: 0, most: 1000 }, "二十二", "22"),
        (SlotForm::Number { least: 0, most: 1000 }, "三百零五", "305"),
        (SlotForm::Duration, "半小时", "30分钟"),
    ];
    for (form, said, written) in answers {
        let heard = hear(&model, said, &form, Expected::Anything).await;
        let wanted = normalize(said, Language::Zh, None);
        if heard.first().map(|best| normalize(best, Language::Zh, None)) != Some(wanted) {
            wrong.push((said, written, heard));
        }
    }
    assert!(wrong.len() <= 1, "{wrong:?}");
}

#[test]
fn scripted_calls_are_spoken_and_what_is_not_understood_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    file(
        "shop.yaml",
        "dialplan: 1\nname: 小店\nnumbers: [\"8001\"]\nstart: [listen]\nprompts: {hours: 我们每天九点开门。, returns: 七天之内可以退货。}\nintents:\n  \
         hours: {examples: [营业时间, 你们几点开门, 几点上班, 什么时候开门], play: hours}\n  \
         returns: {examples: [我要退货, 怎么退货, 想把东西退了, 退货], play: returns}\n",
    );
    file(
        "shop.calls.yaml",
        "version: 1\ncalls:\n  - name: 问时间\n    steps:\n      - caller: 营业时间\n      - robot: 九点\n      - caller: 我要退货\n      - robot: 七天\n  \
         - name: 听错\n    steps:\n      - caller: {say: 营业时间, heard_as: [{text: 我要退货, confidence: 0.9}]}\n      - robot: 七天\n  \
         - name: 胡言\n    steps:\n      - caller: {say: 稀里哗啦叮叮咚咚, heard_as: [{text: 稀里哗啦叮叮咚咚, confidence: 0.9}]}\n      - robot: {prompt: again}\n      - caller: 退货\n      - robot: 七天\n",
    );
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellhop"));
        command.arg("test").arg(folder.path()).args(more).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    };
    let (passed, told) = run(&["--aloud"]);
    assert!(passed, "{told}");
    assert!(told.contains("3 call(s) passed, 0 failed"), "{told}");
    // Four turns: the one that the script has misheard is not spoken. What is no word is understood by not being understood.
    let last = told.lines().last().unwrap_or_default();
    assert!(last.starts_with("aloud, ") && last.contains(" of 4 understood at once: anything"), "{told}");
    assert!(last.contains("3 of 4") || last.contains("4 of 4"), "{told}");
    let (passed, told) = run(&["--aloud", "--noise", "99"]);
    assert!(!passed && told.contains("--noise"), "{told}");
    let (passed, told) = run(&["--noise", "10"]);
    assert!(!passed && told.contains("--aloud"), "{told}");
    let (passed, told) = run(&["--aloud", "--model", "nowhere"]);
    assert!(!passed && told.contains("nowhere"), "{told}");
}
