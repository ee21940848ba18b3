//! A Kokoro folder of a few kilobytes, written here byte by byte: a network of Kokoro's signature that says each symbol as a tone of 100 ms.
#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses its own part, and may fail loudly")]

use std::io::Write;
use std::path::Path;

/// Samples at 8 kHz that the network takes for a symbol.
pub const SYMBOL: usize = 800;
/// Its tones: a symbol numbered n is `BASE + STEP * n` Hz, plus the style's number.
pub const BASE: f64 = 300.0;
pub const STEP: f64 = 10.0;

/// How a network behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Good,
    /// Never comes to an end.
    Endless,
    /// Takes milliseconds for each symbol.
    Slow,
    /// Gives silence.
    Mute,
    /// Takes other inputs.
    Other,
}

/// A field of a protobuf message.
fn field(number: u64, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    [varint(number << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn value(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

const FLOAT: u64 = 1;
const INT64: u64 = 7;
const BOOL: u64 = 9;

/// One operation; attributes are ready-made messages.
fn node(kind: &str, inputs: &[&str], outputs: &[&str], attributes: &[Vec<u8>]) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|input| field(1, input));
    let outputs = outputs.iter().flat_map(|output| field(2, output));
    let attributes = attributes.iter().flat_map(|attribute| field(5, attribute));
    field(1, inputs.chain(outputs).chain(field(4, kind)).chain(attributes).collect::<Vec<u8>>())
}

/// A whole number as attribute.
fn whole(name: &str, number: u64) -> Vec<u8> {
    [field(1, name), value(3, number), value(20, 2)].concat()
}

fn constant(name: &str, kind: u64, shape: &[u64], raw: &[u8]) -> Vec<u8> {
    let shape = shape.iter().flat_map(|length| value(1, *length)).collect();
    field(5, [shape, value(2, kind), field(8, name), field(9, raw)].concat())
}

fn float(name: &str, shape: &[u64], number: f64) -> Vec<u8> {
    constant(name, FLOAT, shape, &(number as f32).to_le_bytes())
}

/// An input (11) or output (12); a length of 0 is any.
fn port(kind: u64, name: &str, of: u64, shape: &[u64]) -> Vec<u8> {
    let dimension = |length: &u64| field(1, if *length == 0 { field(2, "n") } else { value(1, *length) });
    let shape: Vec<u8> = shape.iter().flat_map(dimension).collect();
    let tensor = [value(1, of), field(2, shape)].concat();
    field(kind, [field(1, name), field(2, field(1, tensor))].concat())
}

/// The network as a file.
pub fn network(manner: Manner) -> Vec<u8> {
    let turn = std::f64::consts::TAU / 24_000.0;
    let symbols = if manner == Manner::Other { "words" } else { "tokens" };
    let loudness = if manner == Manner::Mute { 0.0 } else { 0.3 };
    let mut graph = vec![
        node("Cast", &[symbols], &["t"], &[whole("to", FLOAT)]),
        node("Reshape", &["t", "column"], &["c"], &[]),
        // The padding, numbered 0, is silence.
        node("Sign", &["c"], &["voiced"], &[]),
        node("Mul", &["c", "step"], &["higher"], &[]),
        node("ReduceMean", &["style"], &["s"], &[whole("keepdims", 0)]),
        node("Mul", &["s", "turn"], &["styled"], &[]),
        node("Add", &["higher", "base"], &["based"], &[]),
        node("Add", &["based", "styled"], &["angle"], &[]),
        node("Div", &["length", "speed"], &["lengths"], &[]),
        node("Reshape", &["lengths", "none"], &["end"], &[]),
        node("Range", &["zero", "end", "one"], &["ramp"], &[]),
        node("Mul", &["angle", "ramp"], &["phase"], &[]),
        node("Sin", &["phase"], &["sine"], &[]),
        node("Mul", &["sine", "voiced"], &["heard"], &[]),
    ];
    if matches!(manner, Manner::Endless | Manner::Slow) {
        let body = [
            node("Identity", &["on"], &["on_out"], &[]),
            node("Sin", &["x"], &["x_out"], &[]),
            field(2, "body"),
            port(11, "round", INT64, &[]),
            port(11, "on", BOOL, &[]),
            port(11, "x", FLOAT, &[1]),
            port(12, "on_out", BOOL, &[]),
            port(12, "x_out", FLOAT, &[1]),
        ];
        let body = [field(1, "body"), field(6, body.concat()), value(20, 5)].concat();
        let rounds = if manner == Manner::Slow { "rounds" } else { "" };
        graph.extend([
            node("Size", &[symbols], &["size"], &[]),
            node("Mul", &["size", "each"], &["rounds"], &[]),
            constant("each", INT64, &[], &2000_i64.to_le_bytes()),
            node("Loop", &[rounds, "yes", "speed"], &["waited"], &[body]),
            constant("yes", BOOL, &[], &[1]),
            // What came of waiting changes nothing.
            node("Mul", &["waited", "zero"], &["nothing"], &[]),
            node("Add", &["heard", "nothing"], &["slow"], &[]),
        ]);
    } else {
        graph.push(node("Identity", &["heard"], &["slow"], &[]));
    }
    graph.extend([
        node("Mul", &["slow", "loudness"], &["loud"], &[]),
        node("Reshape", &["loud", "flat"], &["audio"], &[]),
        field(2, "tones"),
        constant("column", INT64, &[2], &[(-1_i64).to_le_bytes(), 1_i64.to_le_bytes()].concat()),
        constant("flat", INT64, &[1], &(-1_i64).to_le_bytes()),
        constant("none", INT64, &[0], &[]),
        float("step", &[], STEP * turn),
        float("base", &[], BASE * turn),
        float("turn", &[], turn),
        float("length", &[1], SYMBOL as f64 * 3.0),
        float("zero", &[], 0.0),
        float("one", &[], 1.0),
        float("loudness", &[], loudness),
        port(11, symbols, INT64, &[1, 0]),
        port(11, "style", FLOAT, &[1, 256]),
        port(11, "speed", FLOAT, &[1]),
        port(12, "audio", FLOAT, &[0]),
    ]);
    [value(1, 8), field(2, "bellhop's tests"), field(7, graph.concat()), field(8, value(2, 17))].concat()
}

/// A voice: its row for texts of n symbols holds n - 1 everywhere, plus what is its own.
pub fn voice(own: f32) -> Vec<u8> {
    let described = "{'descr': '<f4', 'fortran_order': False, 'shape': (510, 1, 256), }\n";
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((described.len() as u16).to_le_bytes());
    file.extend(described.bytes());
    file.extend((0..510_u16).flat_map(|row| (f32::from(row) + own).to_le_bytes().repeat(256)));
    file
}

/// Writes a Kokoro folder: the network, and the voices `zf_xiaobei`, `zm_yunxi` (its tones 40 Hz higher) and `af_heart`.
pub fn folder(into: &Path, manner: Manner) {
    std::fs::create_dir_all(into).unwrap();
    std::fs::write(into.join("kokoro-v1.0.onnx"), network(manner)).unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(into.join("voices-v1.0.bin")).unwrap());
    for (name, own) in [("zf_xiaobei", 0.0), ("zm_yunxi", 40.0), ("af_heart", 0.0)] {
        zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&voice(own)).unwrap();
    }
    zip.finish().unwrap();
}

/// Hears which numbered symbols were said, `shift` Hz higher than usual.
pub fn heard(samples: &[i16], shift: f64) -> Vec<i64> {
    let begin = samples.iter().position(|sample| sample.unsigned_abs() > 500).unwrap_or(0);
    let symbols = (samples.len() - begin + SYMBOL / 2) / SYMBOL;
    let middle = |symbol: usize| samples.get(begin + symbol * SYMBOL + 150..begin + symbol * SYMBOL + 650);
    (0..symbols).filter_map(middle).map(|part| symbol(part, shift)).collect()
}

/// The number of the symbol whose tone is strongest, `shift` Hz higher than usual.
pub fn symbol(samples: &[i16], shift: f64) -> i64 {
    ((tone(samples) - BASE - shift) / STEP).round() as i64
}

/// The strongest tone, in Hz.
pub fn tone(samples: &[i16]) -> f64 {
    let strength = |hertz: f64| {
        let step = std::f64::consts::TAU * hertz / 8000.0;
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (n, sample) in samples.iter().enumerate() {
            let (s, c) = (step * n as f64).sin_cos();
            sine += s * f64::from(*sample);
            cosine += c * f64::from(*sample);
        }
        sine * sine + cosine * cosine
    };
    // To the nearest 10 Hz, then to the nearest one.
    let strongest = |from: i32, to: i32, by: usize| {
        (from..to).step_by(by).max_by(|one, other| strength(f64::from(*one)).total_cmp(&strength(f64::from(*other)))).unwrap()
    };
    let near = strongest(250, 2700, 10);
    f64::from(strongest(near - 12, near + 12, 1))
}
