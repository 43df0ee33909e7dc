//! JPEG files of libjpeg-turbo (`tools/jpeg_fixtures.py`): every value equals that of its own decoder with the
//! accurate integer method, bit for bit. Also truncated, damaged and unsupported files.

use std::collections::BTreeMap;
use std::path::Path;

use nucleoscope::Diagnostic;
use nucleoscope::image::{ImageError, Limits, Opened, Samples, Selection, open};
use serde::Deserialize;
use sha2::{Digest, Sha256};

const WIDTH: usize = 37;
const HEIGHT: usize = 29;

#[derive(Deserialize)]
struct Expected {
    channels: usize,
    sha256: String,
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jpeg");
    std::fs::read(folder.join(name)).unwrap()
}

fn read(bytes: &[u8]) -> Result<Opened, ImageError> {
    open(bytes, &Selection::default(), Limits::default())
}

fn codes(opened: &Opened) -> Vec<&str> {
    opened.info.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

fn values(opened: &Opened) -> &[u8] {
    let Samples::U8(values) = opened.image.samples() else { panic!("JPEG has 8 bits") };
    values
}

#[test]
fn every_value_is_that_of_libjpeg() {
    let expected: BTreeMap<String, Expected> = serde_json::from_slice(&fixture("expected.json")).unwrap();
    assert!(expected.len() > 60);
    for (name, expected) in expected {
        let opened = read(&fixture(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let image = &opened.image;
        assert_eq!((image.width(), image.height()), (WIDTH, HEIGHT), "{name}");
        assert_eq!((image.channels(), codes(&opened).len()), (expected.channels, 0), "{name}");
        let digest: String =
            Sha256::digest(values(&opened)).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, expected.sha256, "{name}: the pixels are others");
    }
}

#[test]
fn a_file_without_an_end_marker_is_read_with_a_warning() {
    for name in ["2x2_interleaved.jpg", "2x2_separate.jpg", "2x2_progressive.jpg", "gray.jpg", "cmyk.jpg"] {
        let whole = fixture(name);
        let without = read(&whole[..whole.len() - 2]).unwrap();
        assert_eq!(without.image, read(&whole).unwrap().image, "{name}");
        assert_eq!(codes(&without), ["image/jpeg"], "{name}");
        assert!(without.info.warnings[0].message.contains("end mark is missing"), "{name}");
    }
}

#[test]
fn a_truncated_file_is_an_error() {
    for name in
        ["2x2_interleaved.jpg", "2x2_separate.jpg", "2x2_progressive.jpg", "gray_progressive_restart.jpg"]
    {
        let whole = fixture(name);
        for length in 0..whole.len() * 9 / 10 {
            let error = read(&whole[..length]).expect_err(name);
            assert!(
                ["image/truncated", "image/empty", "image/unknown-format", "image/corrupt"]
                    .contains(&error.code().as_str())
            );
        }
    }
}

#[test]
fn damage_that_moves_blocks_is_always_reported() {
    // Bytes changed in the coded data. Decoding synchronises again, so that most changes stay within a block, where
    // they cannot be detected; those that change the number of blocks are reported.
    let whole = fixture("2x2_interleaved_restart.jpg");
    let start = whole.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap() + 14;
    let right = read(&whole).unwrap();
    let mut noticed = 0;
    for place in start..whole.len() - 2 {
        let mut damaged = whole.clone();
        damaged[place] = 0x55;
        match read(&damaged) {
            Err(error) => {
                assert!(["image/corrupt", "image/truncated"].contains(&error.code().as_str()), "{error}");
                noticed += 1;
            }
            Ok(opened) => noticed += usize::from(!opened.info.warnings.is_empty()),
        }
    }
    assert!(noticed * 4 > whole.len() - 2 - start, "{noticed} of {}", whole.len() - 2 - start);
    // Data that end in the middle, followed by the end marker.
    let middle = start + (whole.len() - start) / 2;
    let short = [&whole[..middle], b"\xff\xd9"].concat();
    let error = read(&short).unwrap_err();
    assert!(error.to_string().contains("row"), "{error}");
    // More data than blocks.
    let long = [&whole[..whole.len() - 2], &[0x12; 40], b"\xff\xd9"].concat();
    let opened = read(&long).unwrap();
    assert_eq!((codes(&opened), &opened.image), (vec!["image/jpeg"], &right.image));
}

#[test]
fn other_codings_are_reported_as_unsupported_not_as_damage() {
    let whole = fixture("2x2_interleaved.jpg");
    let frame = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let with = |place: usize, value: u8| {
        let mut file = whole.clone();
        file[place] = value;
        read(&file).unwrap_err()
    };
    let cases = [
        (with(frame + 4, 12), "12 bits"),
        (with(frame + 1, 0xc9), "arithmetic"),
        (with(frame + 1, 0xca), "arithmetic"),
        (with(frame + 1, 0xc3), "lossless"),
        (with(frame + 1, 0xc5), "hierarchical"),
        (with(frame + 1, 0xf7), "JPEG-LS"),
    ];
    for (error, words) in cases {
        assert_eq!(error.code(), "image/unsupported", "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn pixels_are_read_as_stored_and_an_orientation_tag_is_a_warning() {
    let whole = fixture("2x2_interleaved.jpg");
    // EXIF with one tag: orientation 6.
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let turned = [b"\xff\xd8\xff\xe1", &length[..], exif, &whole[2..]].concat();
    let opened = read(&turned).unwrap();
    assert_eq!(opened.image, read(&whole).unwrap().image);
    assert_eq!(codes(&opened), ["image/orientation"]);
    assert!(opened.info.warnings[0].message.contains("rotated by 90° clockwise"));
}
