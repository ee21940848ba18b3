//! How many callers one core of recognition bears who all talk at once, how late their words come, and what a recogniser takes.
//!
//! `cargo bench --bench ears` speaks with espeak-ng, feeds each caller's frames at the pace of a telephone line to a pool of one thread,
//! and takes the time from the last frame of an utterance to its final hypotheses. `-- --quick` is shorter, `-- --model DIR` another model.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, missing_docs)]

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bellhop::audio::{Frame, Frame8k};
use bellhop::base::{Language, UtteranceId};
use bellhop::engines::{RecognizerPool, Voice, VoskModel, hear_turn};
use bellhop::speech::{Expected, Hearing, Pace, Recognizer, Vocabulary, Wording};

/// Between two utterances: half a second.
const BREATH: usize = 25;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let model = arguments
        .iter()
        .position(|argument| argument == "--model")
        .map_or("models/bellhop-zh".into(), |at| PathBuf::from(&arguments[at + 1]));
    let before = resident_kib();
    let model = VoskModel::load(&model).expect("a model");
    println!("model loaded: {:.1} MiB more", (resident_kib() - before) as f64 / 1024.0);
    let plan = std::fs::read_to_string("dialplans/telecom.yaml").unwrap();
    let plan = bellhop::dialplan::Dialplan::load("dialplans/telecom.yaml", &plan, &|_| None).unwrap_or_else(|found| panic!("{found:?}"));
    let phrases = bellhop::ivr::vocabulary_for_intents(&plan, Language::Zh);
    // What callers say, over and over; between two of them they breathe.
    let said: Vec<String> = phrases.phrases.iter().filter(|phrase| phrase.chars().count() >= 5).step_by(13).take(10).cloned().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let spoken: Vec<Vec<i16>> = runtime.block_on(async {
        let voice = Voice::find().await.expect("espeak-ng");
        let mut spoken = Vec::new();
        for text in &said {
            spoken.push(voice.speak(&Wording { text: text.as_str().into(), language: Language::Zh, speed: 100 }).await.unwrap().to_vec());
        }
        spoken
    });
    speed(&model, &said, &spoken, &phrases);
    let lasting = Duration::from_secs(if quick { 6 } else { 25 });
    for callers in if quick { vec![20, 60] } else { vec![10, 20, 40, 60, 80] } {
        crowd(&model, &spoken, &phrases, callers, lasting);
    }
}

/// Time taken for a second of speech on one thread, grammar and open vocabulary.
fn speed(model: &VoskModel, said: &[String], spoken: &[Vec<i16>], phrases: &Vocabulary) {
    let open = Vocabulary::new(Language::Zh, Vec::new());
    for (name, vocabulary) in [(format!("{} phrases", phrases.phrases.len()), phrases), ("open vocabulary".to_owned(), &open)] {
        let (mut seconds, mut right, began) = (0.0, 0, cpu_time());
        for _ in 0..5 {
            for (samples, said) in spoken.iter().zip(said) {
                let line = [&[0; 4000], &samples[..], &[0; 6400]].concat();
                seconds += line.len() as f64 / 8000.0;
                let heard = hear_turn(model, &line, vocabulary, Expected::Anything, Pace::Usual).unwrap();
                right += usize::from(heard.first().and_then(|readings| readings.first()).is_some_and(|best| best.text == *said));
            }
        }
        println!(
            "{name:<18} real-time factor {:.4} (processor time; detector, grammar and set-up of the recogniser included), {right} of 50 word for word",
            (cpu_time() - began) / seconds
        );
    }
}

/// So many callers who talk nearly without a break.
fn crowd(model: &Arc<VoskModel>, spoken: &[Vec<i16>], phrases: &Arc<Vocabulary>, callers: usize, lasting: Duration) {
    struct Caller {
        ear: Box<dyn Recognizer>,
        heard: Receiver<(Instant, UtteranceId)>,
        saying: usize,
        frame: usize,
        utterance: UtteranceId,
        ended: Vec<(UtteranceId, Instant)>,
    }
    let before = resident_kib();
    let pool = RecognizerPool::start(Arc::clone(model), 1).unwrap();
    let failures = Arc::new(Mutex::new(0));
    let mut all: Vec<Caller> = (0..callers)
        .map(|number| {
            let (told, heard) = channel();
            let failures = Arc::clone(&failures);
            let sink = move |utterance, hearing| match hearing {
                Hearing::Final(_) => drop(told.send((Instant::now(), utterance))),
                Hearing::Failed(_) => *failures.lock().unwrap() += 1,
                Hearing::Partial(_) => {}
            };
            // They do not all begin at once.
            let frame = number * 37 % 100;
            Caller {
                ear: pool.recognizer(Arc::new(sink)),
                heard,
                saying: number % spoken.len(),
                frame,
                utterance: UtteranceId::default(),
                ended: Vec::new(),
            }
        })
        .collect();
    let cut: Vec<Vec<Frame8k>> =
        spoken.iter().map(|samples| samples.as_chunks::<160>().0.iter().map(|chunk| Frame(*chunk)).collect()).collect();
    let (began, processor) = (Instant::now(), cpu_time());
    let mut tick = 0;
    let mut behind = Duration::ZERO;
    while began.elapsed() < lasting {
        for caller in &mut all {
            let frames = &cut[caller.saying];
            if caller.frame == 0 {
                caller.utterance = caller.utterance.next();
                caller.ear.begin(caller.utterance, phrases);
            }
            if let Some(frame) = frames.get(caller.frame).filter(|_| caller.utterance != UtteranceId::default()) {
                caller.ear.feed(frame);
                if caller.frame + 1 == frames.len() {
                    caller.ear.end();
                    caller.ended.push((caller.utterance, Instant::now()));
                }
            }
            caller.frame += 1;
            if caller.frame >= frames.len() + BREATH {
                caller.frame = 0;
                caller.saying = (caller.saying + 1) % spoken.len();
            }
        }
        tick += 1;
        behind = behind.max(pool.lag());
        std::thread::sleep((began + Duration::from_millis(20) * tick).saturating_duration_since(Instant::now()));
    }
    let used = (cpu_time() - processor) / began.elapsed().as_secs_f64();
    std::thread::sleep(Duration::from_secs(1));
    let mut delays = Vec::new();
    let mut lost = 0;
    for caller in &all {
        let finals: Vec<(Instant, UtteranceId)> = caller.heard.try_iter().collect();
        for (utterance, at) in &caller.ended {
            match finals.iter().find(|(_, of)| of == utterance) {
                Some((heard, _)) => delays.push(heard.saturating_duration_since(*at).as_secs_f64() * 1000.0),
                None => lost += 1,
            }
        }
    }
    delays.sort_by(f64::total_cmp);
    let at = |part: f64| delays.get(((delays.len().max(1) - 1) as f64 * part) as usize).copied().unwrap_or(f64::NAN);
    println!(
        "{callers:>3} callers talking: {:>4} utterances, last frame to words p50 {:6.1} p95 {:6.1} max {:6.1} ms, {lost} lost, {} failed, {} frames dropped, most behind {} ms, {:.0} % of one core, {:.1} MiB a caller",
        delays.len(),
        at(0.5),
        at(0.95),
        at(1.0),
        failures.lock().unwrap(),
        pool.counters().frames_dropped,
        behind.as_millis(),
        used * 100.0,
        (resident_kib().saturating_sub(before)) as f64 / 1024.0 / callers as f64,
    );
}

/// Processor time of this process, in seconds.
fn cpu_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // Ticks of a hundredth of a second (proc(5)).
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
