//! Files from which cases are made, written by the generator of synthetic images and by encoders.

pub(crate) mod jpeg;
#[cfg(feature = "onnx")]
pub(crate) mod model;
pub(crate) mod tiff;

use std::io::{Cursor, Write};

use image::codecs::bmp;
use image::{DynamicImage, ExtendedColorType, ImageFormat};
use nucleoscope::export::{self, FORMATS, ImageExport, Subject, tables::Dialect};
use nucleoscope::geometry::{Point, Size};
use nucleoscope::image::{PixelSize, Samples, split};
use nucleoscope::nuclei::{Edit, Gate, Keep, Region, Threshold};
use nucleoscope::record::{FileIdentity, ModelIdentity, Provenance};
use nucleoscope::segment::Settings;
use nucleoscope::synthetic::{Field, FieldOptions, Modality, field};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A small field with a few nuclei.
pub(crate) fn drawn(modality: Modality) -> Field {
    field(&FieldOptions { width: 40, height: 30, nuclei: 5, diameter: 9, modality, ..Default::default() })
}

/// PNG, BMP, GIF and WebP of every kind that the decoders distinguish.
pub(crate) fn pictures() -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = [Modality::Fluorescence, Modality::DeepFluorescence, Modality::Stained]
        .map(|look| drawn(look).png())
        .into();
    let Samples::U8(values) = drawn(Modality::Stained).image.samples().clone() else { return files };
    let values = values.into_vec();
    let Some(rgb) = image::RgbImage::from_raw(40, 30, values.clone()).map(DynamicImage::ImageRgb8) else {
        return files;
    };
    let variants = [
        (rgb.clone(), ImageFormat::Bmp),
        (rgb.clone(), ImageFormat::WebP),
        (rgb.to_rgba8().into(), ImageFormat::Png),
        (rgb.to_rgba8().into(), ImageFormat::Bmp),
        (rgb.to_rgba8().into(), ImageFormat::WebP),
        (rgb.to_luma_alpha16().into(), ImageFormat::Png),
        (rgb.to_rgba16().into(), ImageFormat::Png),
        (rgb.to_rgba8().into(), ImageFormat::Gif),
    ];
    for (picture, format) in variants {
        let mut file = Cursor::new(Vec::new());
        if picture.write_to(&mut file, format).is_ok() {
            files.push(file.into_inner());
        }
    }
    files.extend(palette_bmp(&values));
    files
}

/// A BMP with a palette, from the first 1,200 values.
fn palette_bmp(values: &[u8]) -> Option<Vec<u8>> {
    let palette: Vec<[u8; 3]> = (0..=255).map(|value| [value, 255 - value, value / 2]).collect();
    let mut file = Vec::new();
    let mut encoder = bmp::BmpEncoder::new(&mut file);
    encoder.encode_with_palette(&values[..1200], 40, 30, ExtendedColorType::L8, Some(&palette)).ok()?;
    Some(file)
}

/// Computes the checksums of the chunks of a PNG again.
pub(crate) fn repair_png(file: &mut [u8]) {
    let mut at = 8;
    if !file.starts_with(b"\x89PNG\r\n\x1a\n") {
        return;
    }
    while let Some(&[a, b, c, d]) = file.get(at..at + 4) {
        let Some(end) = at.checked_add(8 + u32::from_be_bytes([a, b, c, d]) as usize) else { return };
        let Some(chunk) = file.get(at + 4..end) else { return };
        let mut sum = flate2::Crc::new();
        sum.update(chunk);
        let Some(place) = file.get_mut(end..end + 4) else { return };
        place.copy_from_slice(&sum.sum().to_be_bytes());
        at = end + 4;
    }
}

/// An archive; every second file is compressed.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (place, (name, bytes)) in files.iter().enumerate() {
        let method = [CompressionMethod::STORE, CompressionMethod::DEFLATE][place % 2];
        let options =
            SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default());
        if archive.start_file(*name, options).is_ok() {
            _ = archive.write_all(bytes);
        }
    }
    archive.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// Everything that a record can contain.
pub(crate) fn provenance() -> Provenance {
    let at = vec![Point::new(8.0, 8.0), Point::new(20.5, 11.0)];
    let outline = vec![Point::new(1.0, 1.0), Point::new(9.0, 2.0), Point::new(5.0, 9.0)];
    Provenance {
        input: FileIdentity::new("plate/control/cells.png", b"cells"),
        model: Some(ModelIdentity { name: "nuclei".into(), version: "1".into(), sha256: "00".into() }),
        settings: Some(Settings::default().diameter(24.0)),
        pixel_size: PixelSize::new(0.5, 0.25),
        edits: vec![
            Edit::Delete { at: at.clone() },
            Edit::Merge { at: at.clone() },
            Edit::Split { line: at.clone() },
            Edit::Draw { path: at.clone(), radius: 2.5, to: Some(at[0]) },
            Edit::Erase { path: at, radius: 1.0 },
            Edit::Add { outline: outline.clone() },
        ],
        regions: vec![Region::rectangle(1.0, 2.0, 30.0, 20.0).named("cortex"), Region::polygon(outline)],
        gates: vec![Gate {
            key: "area_px2".into(),
            minimum: Some(5.0),
            maximum: None,
            keep: Keep::default(),
        }],
        cell_expansion: 3.0,
        positive: Some(Threshold { key: "gray_mean".into(), minimum: 10.0 }),
        group: Some("control".into()),
        ..Default::default()
    }
}

/// The files of a run on a small field: each image's own, and those of the batch.
pub(crate) fn exports() -> Vec<export::ExportFile> {
    let drawn = drawn(Modality::Fluorescence);
    let provenance = provenance();
    let channels = split(&drawn.image).unwrap_or_default();
    let subject = Subject {
        image_id: "cells",
        file_stem: "cells",
        image: &drawn.image,
        channels: &channels,
        pixel_size: PixelSize::new(0.5, 0.5),
        labels: &drawn.truth,
        edited: &[],
        warnings: &[],
        provenance: &provenance,
    };
    let Ok(ImageExport { mut files, part, .. }) = export::image_files(&subject, FORMATS, &[]) else {
        return Vec::new();
    };
    files.extend(export::batch_files(&[part], FORMATS, Dialect::default()).unwrap_or_default());
    files
}

/// The exported file whose name ends like this.
pub(crate) fn exported(ending: &str) -> Vec<u8> {
    let found = exports().into_iter().find(|file| file.name.ends_with(ending));
    found.map(|file| file.bytes).unwrap_or_default()
}

/// Random bytes, for targets whose input is not a file.
pub(crate) fn noise() -> Vec<Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(24);
    let lengths = [0, 3, 16, 40, 80, 160, 300, 600, 1200, 2400, 5000];
    lengths.map(|length| (0..length).map(|_| random.u8(..)).collect()).into()
}

/// The size of the fields.
pub(crate) const SIZE: Size = Size::new(40, 30);
