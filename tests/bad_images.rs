//! Damaged, hostile and unusual files: each gives a typed error or an image, never a panic.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use nucleoscope::Diagnostic;
use nucleoscope::image::{ImageError, Limits, Samples, Selection, decode, open};
use proptest::prelude::*;
use tiff::encoder::{TiffEncoder, colortype};

fn read(bytes: &[u8]) -> Result<nucleoscope::image::Image, ImageError> {
    decode(bytes, Limits::default())
}

fn pixels() -> DynamicImage {
    DynamicImage::ImageRgb8(image::RgbImage::from_fn(23, 17, |x, y| {
        image::Rgb([(x * 11) as u8, (y * 15) as u8, ((x * y) % 256) as u8])
    }))
}

fn tiff_of<C: colortype::ColorType>(values: &[C::Inner], width: u32, height: u32) -> Vec<u8>
where
    [C::Inner]: tiff::encoder::TiffValue,
{
    let mut file = Cursor::new(Vec::new());
    TiffEncoder::new(&mut file).unwrap().write_image::<C>(width, height, values).unwrap();
    file.into_inner()
}

/// The same image in every format.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let formats = [
        ("PNG", ImageFormat::Png),
        ("JPEG", ImageFormat::Jpeg),
        ("BMP", ImageFormat::Bmp),
        ("GIF", ImageFormat::Gif),
        ("WebP", ImageFormat::WebP),
    ];
    let encode = |(name, format)| {
        let mut file = Cursor::new(Vec::new());
        pixels().write_to(&mut file, format).unwrap();
        (name, file.into_inner())
    };
    let tiff = tiff_of::<colortype::RGB8>(pixels().as_bytes(), 23, 17);
    formats.map(encode).into_iter().chain([("TIFF", tiff)]).collect()
}

#[test]
fn every_format_is_read() {
    for (name, bytes) in files() {
        let image = read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((image.width(), image.height(), image.channels()), (23, 17, 3), "{name}");
    }
}

#[test]
fn depths_of_tiff_are_kept_and_alpha_is_dropped() {
    let wide = read(&tiff_of::<colortype::Gray16>(&[1, 60_000, 3, 4], 2, 2)).unwrap();
    assert_eq!(wide.samples(), &Samples::U16(vec![1, 60_000, 3, 4].into()));
    let float = read(&tiff_of::<colortype::Gray32Float>(&[-0.5, 1e6, 0.0, 2.25], 4, 1)).unwrap();
    assert_eq!(float.samples(), &Samples::F32(vec![-0.5, 1e6, 0.0, 2.25].into()));
    let alpha = read(&tiff_of::<colortype::RGBA16>(&[1, 2, 3, 9, 4, 5, 6, 9], 1, 2)).unwrap();
    assert_eq!(alpha.samples(), &Samples::U16(vec![1, 2, 3, 4, 5, 6].into()));
}

#[test]
fn sixteen_bit_png_keeps_its_depth() {
    let gray = image::ImageBuffer::<image::Luma<u16>, _>::from_raw(2, 1, vec![300u16, 65_535]).unwrap();
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageLuma16(gray).write_to(&mut file, ImageFormat::Png).unwrap();
    assert_eq!(read(&file.into_inner()).unwrap().samples(), &Samples::U16(vec![300, 65_535].into()));
}

#[test]
fn a_truncated_file_is_an_error_at_any_length() {
    for (name, bytes) in files() {
        for length in 0..bytes.len() * 9 / 10 {
            let error = read(&bytes[..length]).expect_err(name);
            assert!(!error.help().is_empty());
        }
        let half = read(&bytes[..bytes.len() / 2]).unwrap_err();
        assert!(["image/truncated", "image/corrupt"].contains(&half.code().as_str()), "{name}: {half}");
    }
}

#[test]
fn errors_of_files_that_are_not_images_name_their_format() {
    let cases: [(&[u8], &str, &str); 5] = [
        (b"", "image/empty", "0 bytes"),
        (b"ImageId,EncodedPixels\n", "image/unknown-format", "text"),
        (b"PK\x03\x04rest", "image/unknown-format", "ZIP"),
        (b"%PDF-1.7", "image/unknown-format", "PDF"),
        (&[7; 40], "image/unknown-format", "not an image"),
    ];
    for (bytes, code, words) in cases {
        let error = read(bytes).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// The image with other dimensions in its header.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = files().remove(0).1;
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = checksum(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// CRC-32 as in the PNG specification, annex D.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
    })
}

#[test]
fn a_huge_header_is_refused_before_memory_is_allocated() {
    for (width, height) in [(65_535, 65_535), (i32::MAX as u32, 1), (2_000_000, 2_000_000)] {
        let error = read(&png_claiming(width, height)).unwrap_err();
        assert_eq!(error.code(), "image/too-large", "{error}");
        assert!(error.to_string().contains(&width.to_string()), "{error}");
    }
}

#[test]
fn the_limit_is_exact() {
    let limits = |maximum_pixels| Limits::default().with_maximum_pixels(maximum_pixels);
    for (name, bytes) in files() {
        assert!(decode(&bytes, limits(23 * 17)).is_ok(), "{name}");
        let error = decode(&bytes, limits(23 * 17 - 1)).unwrap_err();
        assert!(matches!(error, ImageError::TooLarge { width: 23, height: 17, .. }), "{name}: {error}");
    }
}

#[test]
fn nan_and_infinite_floats_are_background_with_a_warning() {
    for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let file = tiff_of::<colortype::Gray32Float>(&[0.5, 1.0, 2.0, broken], 2, 2);
        let opened = open(&file, &Selection::default(), Limits::default()).unwrap();
        assert_eq!(opened.image.samples(), &Samples::F32(vec![0.5, 1.0, 2.0, 0.5].into()));
        assert_eq!(opened.info.warnings.len(), 1);
        assert_eq!(opened.info.warnings[0].code, "image/non-finite");
        assert!(opened.info.warnings[0].message.starts_with("1 values are not numbers"));
    }
    let none = read(&tiff_of::<colortype::Gray32Float>(&[f32::NAN; 4], 2, 2)).unwrap();
    assert_eq!(none.samples(), &Samples::F32(vec![0.0; 4].into()));
}

#[test]
fn a_png_with_an_orientation_is_read_as_stored_with_a_warning() {
    let plain = files().remove(0).1;
    let exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0";
    let body = [b"eXIf", &exif[..]].concat();
    let chunk = [&(exif.len() as u32).to_be_bytes()[..], &body, &checksum(&body).to_be_bytes()].concat();
    let turned = [&plain[..33], &chunk, &plain[33..]].concat();
    let opened = open(&turned, &Selection::default(), Limits::default()).unwrap();
    assert_eq!(opened.image, read(&plain).unwrap());
    assert_eq!(opened.info.warnings.len(), 1);
    assert!(opened.info.warnings[0].message.contains("rotated by 180°"), "{}", opened.info.warnings[0]);
}

proptest! {
    #[test]
    fn flipped_bytes_never_panic(which in 0usize..6, flips in prop::collection::vec((0usize..4000, 1u8..=255), 1..8)) {
        let (_, mut bytes) = files().swap_remove(which);
        let length = bytes.len();
        for (place, mask) in flips {
            bytes[place % length] ^= mask;
        }
        if let Err(error) = decode(&bytes, Limits::default().with_maximum_pixels(1 << 20)) {
            prop_assert!(!error.to_string().is_empty() && !error.help().is_empty());
        }
    }

    #[test]
    fn random_bytes_never_panic(start in 0usize..6, rest in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = files().swap_remove(start).1;
        bytes.truncate(12);
        bytes.extend(rest);
        _ = decode(&bytes, Limits::default().with_maximum_pixels(1 << 20));
    }
}
