//! Every export.

use std::io::Cursor;

use nucleoscope::dsb2018::csv::{Purpose, read};
use nucleoscope::export::tables::{Decimal, Delimiter, Dialect};
use nucleoscope::export::{self, ExportFile, FORMATS, Format, Part, Subject, file_stem, geojson};
use nucleoscope::geometry::Size;
use nucleoscope::image::{Channel, Limits, PixelSize, Warning, decode};
use nucleoscope::input::archive::{self, Archive};
use nucleoscope::nuclei::{Gate, Keep, MAXIMUM_EXPANSION, Threshold};
use nucleoscope::record::{self, FileIdentity, Provenance};
use nucleoscope::segment::Settings;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::archives::is_safe;
use super::nuclei::{image, some_edits};
use super::refused;
use crate::Outcome;
use crate::reader::Reader;

pub(super) fn all(input: &[u8]) -> Outcome {
    let mut reader = Reader(input);
    let dialect = Dialect::default()
        .delimiter([Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab][reader.below(3)])
        .decimal([Decimal::Point, Decimal::Comma][reader.below(2)]);
    let mut formats: Vec<Format> = FORMATS.iter().copied().filter(|_| reader.byte() < 200).collect();
    if formats.is_empty() {
        formats = FORMATS.to_vec();
    }
    let mut parts = Vec::new();
    let mut files = Vec::new();
    for _ in 0..=reader.below(3) {
        if reader.byte() < 16 {
            let (id, path, reason) = (reader.text(), reader.text(), reader.text());
            parts.push(Part::failed(&id, &path, &reason).in_group(reader.flag().then(|| reader.text())));
        } else {
            let (part, own) = one(&mut reader, &formats)?;
            parts.push(part);
            files.extend(own);
        }
    }
    files.extend(export::batch_files(&parts, &formats, dialect).map_err(|error| refused(&error))?);
    files.iter().for_each(|file| check(file, dialect));
    // As the page passes them between workers.
    for part in &parts {
        let text = serde_json::to_vec(part).unwrap_or_default();
        assert!(serde_json::from_slice::<Part>(&text).is_ok(), "a part cannot be read");
    }
    if let Ok(packed) = export::archive(&files) {
        let opened = Archive::open(Cursor::new(packed), archive::Limits::default());
        assert_eq!(opened.map(|opened| opened.entries().len()).ok(), Some(files.len()));
    }
    Ok(())
}

/// The files of one image.
fn one(reader: &mut Reader, formats: &[Format]) -> Result<(Part, Vec<ExportFile>), String> {
    let size = reader.size(40);
    let image = image(reader, size).map_err(|error| refused(&error))?;
    let labels = reader.labels(size);
    let provenance = provenance(reader, size);
    let image_id = reader.text();
    let channels: Vec<Channel> = (0..reader.below(3))
        .filter_map(|_| {
            Some(Channel { name: reader.text(), image: super::nuclei::image(reader, size).ok()? })
        })
        .filter(|channel| channel.image.channels() == 1)
        .collect();
    let warnings: Vec<Warning> =
        (0..reader.below(3)).map(|_| Warning::new("image/any", reader.text(), "")).collect();
    let edited: Vec<bool> =
        if reader.flag() { (0..labels.count()).map(|_| reader.flag()).collect() } else { Vec::new() };
    let measures: Vec<String> = (0..reader.below(3)).map(|_| reader.text()).collect();
    let subject = Subject {
        image_id: &image_id,
        file_stem: &file_stem(&image_id),
        image: &image,
        channels: &channels,
        pixel_size: provenance.pixel_size,
        labels: &labels,
        edited: &edited,
        warnings: &warnings,
        provenance: &provenance,
    };
    let made = export::image_files(&subject, formats, &measures).map_err(|error| refused(&error))?;
    let labels_of =
        |file: &&ExportFile| file.name.ends_with("-labels.png") || file.name.ends_with("-labels.tif");
    if let Some(file) = made.files.iter().find(labels_of) {
        let again = decode(&file.bytes, Limits::default()).map_err(|error| refused(&error))?;
        let counted = made.counted.included.iter().zip(1..).filter(|(included, _)| **included);
        let counted: Vec<u32> = counted.map(|(_, label)| label).collect();
        let kept =
            labels.as_slice().iter().map(|label| if counted.contains(label) { *label as f32 } else { 0.0 });
        let values = (0..size.area()).map(|pixel| again.samples().get(pixel));
        assert!(values.eq(kept), "the label image has other labels");
    }
    Ok((made.part, made.files))
}

fn provenance(reader: &mut Reader, size: Size) -> Provenance {
    let number =
        |reader: &mut Reader| reader.flag().then(|| reader.coordinate(100)).filter(|value| value.is_finite());
    let expansion = reader.coordinate(10);
    let keys = ["area_px2", "gray_mean", "none", "x_px", "solidity"];
    Provenance {
        input: FileIdentity::new(&reader.text(), b""),
        settings: reader.flag().then(|| Settings::default().diameter(1.0 + f32::from(reader.byte()))),
        pixel_size: PixelSize::new(reader.coordinate(2), reader.coordinate(2))
            .filter(|size| [size.x, size.y].iter().all(|side| (1e-6..=1e6).contains(side))),
        edits: some_edits(reader, size).into_iter().filter(is_written).collect(),
        regions: reader.regions(size).into_iter().filter(is_written).collect(),
        gates: (0..reader.below(3))
            .map(|_| {
                let (one, other) = (number(reader), number(reader));
                let is_range = one.zip(other).is_none_or(|(one, other)| one <= other);
                let (minimum, maximum) = if is_range { (one, other) } else { (other, one) };
                Gate { key: keys[reader.below(5)].into(), minimum, maximum, keep: Keep::default() }
            })
            .collect(),
        cell_expansion: if (0.0..=MAXIMUM_EXPANSION).contains(&expansion) { expansion } else { 0.0 },
        positive: number(reader).map(|minimum| Threshold { key: keys[reader.below(5)].into(), minimum }),
        group: reader.flag().then(|| reader.text()),
        ..Default::default()
    }
}

/// Whether a record can hold a correction or a region: finite numbers of up to 10⁸.
fn is_written<T: Serialize + DeserializeOwned>(value: &T) -> bool {
    fn is_near(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.as_f64().is_some_and(|number| number.abs() <= 1e8),
            Value::Array(values) => values.iter().all(is_near),
            Value::Object(fields) => fields.values().all(is_near),
            _ => true,
        }
    }
    serde_json::to_value(value).is_ok_and(|value| is_near(&value) && T::deserialize(value).is_ok())
}

/// Reads a written file again.
fn check(file: &ExportFile, dialect: Dialect) {
    let ExportFile { name, bytes } = file;
    assert!(is_safe(name), "{name:?} is no safe name");
    let is = |ending: &str| name.ends_with(ending);
    if is("submission.csv") {
        let table = read(bytes, Purpose::Submission).unwrap_or_else(|error| panic!("{name}: {error}"));
        for image in table.images {
            // Ids are unique in a data set, but not here: nuclei of two images may share pixels.
            let readable = image.masks.map_err(|error| refused(&error));
            assert!(
                readable.as_ref().err().is_none_or(|code| code == "bowl-csv/shared-pixel"),
                "{name}: {readable:?}"
            );
        }
    } else if is(".csv") {
        let delimiter = [b',', b';', b'\t'][dialect.delimiter as usize];
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes.as_slice());
        reader.records().for_each(|row| assert!(row.is_ok(), "{name}: {row:?}"));
    } else if is("nucleoscope.json") {
        record::read(bytes).map(drop).unwrap_or_else(|error| panic!("{name}: {error}"));
    } else if is("json") {
        assert!(serde_json::from_slice::<serde_json::Value>(bytes).is_ok(), "{name} is not JSON");
        if is(".geojson") {
            _ = geojson::read_regions(bytes).map_err(|error| refused(&error));
        }
    } else if is(".zip") {
        let archive = Archive::open(Cursor::new(bytes), archive::Limits::default());
        let mut archive = archive.unwrap_or_else(|error| panic!("{name}: {error}"));
        (0..archive.entries().len()).for_each(|entry| assert!(archive.read(entry).is_ok(), "{name} {entry}"));
    } else if is(".png") || is(".tif") {
        decode(bytes, Limits::default()).map(drop).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
