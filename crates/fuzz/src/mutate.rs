//! Changes to the bytes of a file, suited to binary formats and text.

use fastrand::Rng;
use serde_json::Value;

/// The size in bytes beyond which an input does not grow.
const LONGEST: usize = 1 << 16;

/// Numbers at which code changes its behaviour.
const NUMBERS: [u64; 24] = [
    0,
    1,
    2,
    3,
    7,
    8,
    16,
    32,
    64,
    100,
    127,
    128,
    255,
    256,
    1000,
    4096,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    u64::MAX,
];

/// The same for text.
const TEXTS: [&str; 18] = [
    "",
    "0",
    "-1",
    "1",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "1e9",
    "1e308",
    "-1e999",
    "NaN",
    "inf",
    "0.000001",
    "\u{202e}\u{0}",
    "=1+1",
];

/// Applies one to eight changes, most often few. Most changes to text keep it text, and most of those to JSON keep it
/// JSON.
pub(crate) fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str], random: &mut Rng) {
    let (some, others) = (random.u32(..4), random.u32(..4));
    let changes = 1 << some.min(others);
    if random.u8(..) < 192
        && let Ok(mut value) = serde_json::from_slice::<Value>(input)
    {
        (0..changes).for_each(|_| change_json(&mut value, words, random));
        *input = serde_json::to_vec(&value).unwrap_or_default();
        return;
    }
    let is_text = random.u8(..) < 192 && is_text(input);
    for _ in 0..changes {
        if is_text {
            change_text(input, words, random);
        } else {
            change_bytes(input, seeds, words, random);
        }
        input.truncate(LONGEST);
    }
}

fn is_text(input: &[u8]) -> bool {
    std::str::from_utf8(input).is_ok_and(|text| !text.contains('\0'))
}

/// Changes one value in a document.
fn change_json(value: &mut Value, words: &[&str], random: &mut Rng) {
    // Down a random path.
    let inside = match value {
        Value::Array(values) if !values.is_empty() && random.u8(..) < 230 => {
            let at = random.usize(..values.len());
            match random.u8(..32) {
                0 => drop(values.remove(at)),
                1 => {
                    let times = if random.u8(..) < 32 { 300 } else { 1 };
                    let copies = vec![values[at].clone(); times];
                    values.splice(at..at, copies);
                }
                2 => {
                    let other = random.usize(..values.len());
                    values.swap(at, other);
                }
                _ => return change_json(&mut values[at], words, random),
            }
            return;
        }
        Value::Object(fields) if !fields.is_empty() && random.u8(..) < 230 => {
            let at = random.usize(..fields.len());
            let Some(key) = fields.keys().nth(at).cloned() else { return };
            match random.u8(..32) {
                0 => drop(fields.remove(&key)),
                1 => {
                    let value = fields.remove(&key).unwrap_or_default();
                    fields.insert(text(words, random), value);
                }
                _ => {
                    if let Some(inside) = fields.get_mut(&key) {
                        change_json(inside, words, random);
                    }
                }
            }
            return;
        }
        other => other,
    };
    *inside = match (&*inside, random.u8(..16)) {
        (Value::Number(number), 0..8) => {
            let number = number.as_f64().unwrap_or_default();
            let changed = match random.u8(..6) {
                0 => -number,
                1 => number * 1e3,
                2 => number + 1.0,
                3 => number / 7.0,
                4 => number.round(),
                _ => random.f64() * 64.0 - 8.0,
            };
            Value::from(changed)
        }
        (_, 0..3) => Value::from(NUMBERS[random.usize(..NUMBERS.len())]),
        (_, 3) => Value::from([f64::MAX, f64::MIN, 1e300, -1e9, 5e-324, 0.5][random.usize(..6)]),
        (Value::String(_), _) | (_, 4..7) => Value::from(text(words, random)),
        (_, 7) => Value::Null,
        (_, 8) => Value::from(random.bool()),
        (_, 9) => Value::Array(vec![inside.clone(); random.usize(..4)]),
        (_, 10) => (0..random.usize(..200)).fold(inside.clone(), |inside, _| Value::Array(vec![inside])),
        _ => Value::from(random.i64(-50..50)),
    };
}

/// A word of the format without quotation marks, or any text.
fn text(words: &[&str], random: &mut Rng) -> String {
    if random.bool() || words.is_empty() {
        TEXTS[random.usize(..TEXTS.len())].to_owned()
    } else {
        let word = words[random.usize(..words.len())];
        word.split('"').find(|piece| !piece.is_empty()).unwrap_or_default().to_owned()
    }
}

fn change_bytes(input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str], random: &mut Rng) {
    if input.is_empty() {
        input.push(random.u8(..));
    }
    let at = place(input, random);
    match random.u8(..14) {
        0..3 => input[at] ^= 1 << random.u32(..8),
        3..5 => input[at] = random.u8(..),
        5..8 => {
            let width = [1, 2, 4, 8][random.usize(..4)];
            let number = NUMBERS[random.usize(..NUMBERS.len())];
            write(input, at, width, number, random);
        }
        8 => {
            // A length or an offset that is slightly wrong.
            let width = [1, 2, 4][random.usize(..3)];
            if let Some(bytes) = input.get(at..at + width) {
                let little = bytes.iter().rev().fold(0, |number, &byte| (number << 8) | u64::from(byte));
                let step = 1 + random.u64(..16);
                let number =
                    if random.bool() { little.wrapping_add(step) } else { little.wrapping_sub(step) };
                input[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
            }
        }
        9 => {
            let end = (at + length(random)).min(input.len());
            input.drain(at..end);
        }
        10 => {
            let end = (at + length(random)).min(input.len());
            let piece = input[at..end].to_vec();
            let times = if random.u8(..) < 16 { 64 } else { 1 };
            let to = place(input, random);
            input.splice(to..to, piece.repeat(times));
        }
        11 => {
            let other = &seeds[random.usize(..seeds.len())];
            if !other.is_empty() {
                let from = random.usize(..other.len());
                let end = (from + length(random)).min(other.len());
                let piece = &other[from..end];
                let until = if random.bool() { at } else { (at + piece.len()).min(input.len()) };
                input.splice(at..until, piece.iter().copied());
            }
        }
        12 if !words.is_empty() => {
            let word = words[random.usize(..words.len())].bytes();
            let until = if random.bool() { at } else { (at + word.len()).min(input.len()) };
            input.splice(at..until, word);
        }
        _ => {
            if random.u8(..) < 64 {
                input.truncate(at);
            } else {
                let piece: Vec<u8> = (0..length(random).min(16)).map(|_| random.u8(..)).collect();
                input.splice(at..at, piece);
            }
        }
    }
}

/// Replaces, doubles or removes a token: a number or a word.
fn change_text(input: &mut Vec<u8>, words: &[&str], random: &mut Rng) {
    let at = place(input, random).min(input.len());
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let Some(start) = input[at..].iter().position(is_token).map(|start| at + start) else {
        input.extend(words.first().map(|word| word.as_bytes()).unwrap_or_default());
        return;
    };
    let end = input[start..].iter().position(|byte| !is_token(byte)).map_or(input.len(), |end| start + end);
    match random.u8(..8) {
        0..4 => drop(input.splice(start..end, TEXTS[random.usize(..TEXTS.len())].bytes())),
        4..6 if !words.is_empty() => {
            drop(input.splice(start..end, words[random.usize(..words.len())].bytes()));
        }
        6 => {
            let until = (end + length(random)).min(input.len());
            let piece = input[start..until].to_vec();
            input.splice(start..start, piece.repeat(1 + random.usize(..8)));
        }
        _ => drop(input.drain(start..end)),
    }
}

/// A position in the input; the beginning, where headers are, more often.
fn place(input: &[u8], random: &mut Rng) -> usize {
    let end = if random.bool() { input.len().min(96) } else { input.len() };
    if end == 0 { 0 } else { random.usize(..end) }
}

/// Mostly short, sometimes long.
fn length(random: &mut Rng) -> usize {
    let bits = random.u32(1..12);
    1 + random.usize(..1 << bits)
}

fn write(input: &mut [u8], at: usize, width: usize, number: u64, random: &mut Rng) {
    let Some(bytes) = input.get_mut(at..at + width) else { return };
    if random.bool() {
        bytes.copy_from_slice(&number.to_le_bytes()[..width]);
    } else {
        bytes.copy_from_slice(&number.to_be_bytes()[8 - width..]);
    }
}
