//! Names that are markup, formulas, paths, commands of terminals or hidden characters, in every file that is written and
//! read back.

use std::collections::HashSet;
use std::io::{Cursor, Read};

use nucleoscope::dsb2018::comparable;
use nucleoscope::dsb2018::csv::{self as bowl_csv, Purpose};
use nucleoscope::export::conditions::{ImageValue, conditions_csv};
use nucleoscope::export::tables::{
    Decimal, Delimiter, Dialect, failures_csv, for_spreadsheet, from_spreadsheet,
};
use nucleoscope::export::{self, ExportFile, FORMATS, Part, Subject, file_stems, geojson, is_file_name};
use nucleoscope::geometry::Size;
use nucleoscope::image::{Channel, Image, ImageError, Samples};
use nucleoscope::nuclei::{LabelImage, Region};
use nucleoscope::plain_text::{is_hidden, plain};
use nucleoscope::record::{self, FileIdentity, ModelIdentity, Provenance};
use nucleoscope::{InFile, Warning};
use proptest::prelude::*;
use serde_json::Value;

#[derive(serde::Deserialize)]
struct Entry {
    name: String,
    /// The name in plain text, if that differs.
    shown: Option<String>,
    times: Option<usize>,
}

/// The names that the tests of the page use, too.
fn entries() -> Vec<Entry> {
    serde_json::from_str(include_str!("fixtures/hostile-names.json")).unwrap()
}

fn names() -> Vec<String> {
    entries().into_iter().map(|Entry { name, times, .. }| name.repeat(times.unwrap_or(1))).collect()
}

/// The files of one image each, with the name as id, folder, file, group, channel, region and model.
fn exported(names: &[String]) -> (Vec<ExportFile>, Vec<Part>) {
    let image = Image::new(Size::new(4, 1), 1, Samples::U8(vec![9, 0, 5, 5].into())).unwrap();
    let labels = LabelImage::from_labels(Size::new(4, 1), vec![1, 0, 2, 2]);
    let mut files = Vec::new();
    let mut parts = Vec::new();
    for (name, file_stem) in names.iter().zip(file_stems(names)) {
        let channels = [Channel { name: name.clone(), image: image.clone() }];
        let provenance = Provenance {
            input: FileIdentity { name: name.clone(), folder: name.clone(), sha256: String::new() },
            model: Some(ModelIdentity { name: name.clone(), version: name.clone(), sha256: String::new() }),
            regions: vec![Region::rectangle(0.0, 0.0, 4.0, 1.0).named(name)],
            gates: vec!["area:1..".parse().unwrap()],
            group: Some(name.clone()),
            ..Default::default()
        };
        let subject = Subject {
            image_id: name,
            file_stem: &file_stem,
            image: &image,
            channels: &channels,
            pixel_size: None,
            labels: &labels,
            edited: &[],
            warnings: &[Warning::new("x", format!("the channel {name} is odd"), name)],
            provenance: &provenance,
        };
        let made = export::image_files(&subject, FORMATS, &[]).unwrap();
        files.extend(made.files);
        // As it is kept in a journal.
        parts.push(serde_json::from_slice(&serde_json::to_vec(&made.part).unwrap()).unwrap());
    }
    (files, parts)
}

fn dialects() -> impl Iterator<Item = Dialect> {
    let decimals = |(_, delimiter)| {
        Decimal::NAMED.map(|(_, decimal)| Dialect::default().delimiter(delimiter).decimal(decimal))
    };
    Delimiter::NAMED.into_iter().flat_map(decimals)
}

fn sign(dialect: Dialect) -> u8 {
    match dialect.delimiter {
        Delimiter::Comma => b',',
        Delimiter::Semicolon => b';',
        Delimiter::Tab => b'\t',
    }
}

/// The first line of a table and the others.
fn rows(table: &[u8], delimiter: u8) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(table);
    let texts = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = texts(reader.headers().unwrap());
    (header, reader.records().map(|row| texts(&row.unwrap())).collect())
}

/// Whether a spreadsheet takes a cell for a formula.
fn is_formula(cell: &str) -> bool {
    let is_number = cell.replace(',', ".").parse::<f64>().is_ok();
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) && !is_number
}

/// A table has no formulas, also if a program splits it at another sign than its own.
fn assert_harmless(file: &str, table: &[u8], own: u8) {
    for delimiter in *b",;\t" {
        let (header, rows) = rows(table, delimiter);
        for cell in rows.iter().flatten().chain(&header) {
            // The tab between two cells is no part of a name.
            let cell = if delimiter == own { cell } else { cell.trim_start_matches('\t') };
            assert!(!is_formula(cell), "{file}, split at {:?}: {cell:?}", char::from(delimiter));
        }
    }
}

#[test]
fn tables_have_no_formulas_and_give_the_names_back() {
    let names = names();
    let (_, parts) = exported(&names);
    for dialect in dialects() {
        let made = export::batch_files(&parts, FORMATS, dialect).unwrap();
        let column = |file: &str, key: &str| -> Vec<String> {
            let file = made.iter().find(|made| made.name == file).unwrap();
            let (header, rows) = rows(&file.bytes, sign(dialect));
            let place = header.iter().position(|other| other == key).unwrap();
            rows.iter().map(|row| from_spreadsheet(&row[place])).collect()
        };
        for key in ["image", "file", "folder", "group"] {
            assert!(column("summary.csv", key) == names, "{key} in {dialect:?}");
        }
        let twice: Vec<String> = names.iter().flat_map(|name| [name.clone(), name.clone()]).collect();
        for key in ["image", "folder"] {
            assert!(column("nuclei.csv", key) == twice, "{key} in {dialect:?}");
        }
        // A region's name has no spaces around it.
        let regions: Vec<&str> = twice.iter().map(|name| name.trim()).collect();
        assert!(column("nuclei.csv", "region") == regions, "{dialect:?}");
        let groups: HashSet<String> = column("conditions.csv", "group").into_iter().collect();
        assert!(groups == names.iter().cloned().collect());
        for file in made.iter().filter(|file| file.name.ends_with(".csv") && file.name != "submission.csv") {
            assert_harmless(&file.name, &file.bytes, sign(dialect));
        }
        let errors: Vec<_> =
            names.iter().map(|name| (name, ImageError::Empty.in_file(name.as_str()))).collect();
        let failed: Vec<_> = errors.iter().map(|(name, error)| (name.as_str(), error)).collect();
        let table = failures_csv(&failed, dialect);
        assert_harmless("failures.csv", &table, sign(dialect));
        let (_, rows) = rows(&table, sign(dialect));
        for column in [0, 1] {
            assert!(rows.iter().map(|row| from_spreadsheet(&row[column])).eq(names.iter().cloned()));
        }
        let value = ImageValue { measure: "=1+1".into(), value: Some(-1.5), nuclei: 1 };
        let table = String::from_utf8(conditions_csv(&[("a", &[value])], dialect)).unwrap();
        assert!(table.contains("'=1+1") && table.contains("-1") && !table.contains("'-1"), "{table}");
    }
}

#[test]
fn the_bowls_csv_and_json_have_the_names_unchanged() {
    let names = names();
    let (files, parts) = exported(&names);
    let made = export::batch_files(&parts, FORMATS, Dialect::default()).unwrap();
    let bytes = |name: &str| &*made.iter().find(|file| file.name == name).unwrap().bytes;

    // Each row is one line, and ids are compared without surrounding spaces.
    let expected: HashSet<String> = names
        .iter()
        .map(|name| comparable(&name.replace(['\r', '\n'], " ")))
        .filter(|id| !id.is_empty())
        .collect();
    let read = bowl_csv::read(bytes("submission.csv"), Purpose::Truth).unwrap();
    let ids: HashSet<String> = read.images.iter().map(|image| image.image_id.clone()).collect();
    assert!(ids == expected);

    let coco: Value = serde_json::from_slice(bytes("coco.json")).unwrap();
    let files_in_coco: Vec<&str> =
        coco["images"].as_array().unwrap().iter().map(|image| image["file_name"].as_str().unwrap()).collect();
    assert!(files_in_coco == names);

    let record = record::read(bytes("nucleoscope.json")).unwrap();
    for (image, name) in record.images.iter().zip(&names) {
        let Provenance { input, model, regions, group, .. } = &image.provenance;
        let model = model.as_ref().unwrap();
        let texts =
            [&image.id, &input.name, &input.folder, &model.name, &model.version, group.as_ref().unwrap()];
        assert!(texts.into_iter().all(|text| text == name), "{name:?}");
        assert_eq!(regions[0].name.as_deref(), Some(name.trim()));
    }
    let regions = files.iter().filter(|file| file.name.ends_with(".geojson"));
    for (file, name) in regions.zip(&names) {
        let region = &geojson::read_regions(&file.bytes).unwrap()[0];
        assert_eq!(region.name.as_deref(), Some(name.trim()));
    }
}

#[test]
fn every_file_name_is_safe_and_unique_on_every_system() {
    let names = names();
    let (mut files, parts) = exported(&names);
    assert_eq!(files.len(), 5 * names.len());
    files.extend(export::batch_files(&parts, FORMATS, Dialect::default()).unwrap());
    let mut seen = HashSet::new();
    for ExportFile { name, .. } in &files {
        assert!(is_file_name(name), "{name:?}");
        assert!(!name.contains(is_hidden) && !name.contains(['/', '\\', ':']), "{name:?}");
        assert!(seen.insert(name.to_lowercase()), "{name:?} is there twice");
    }
    // An archive of all of them is unpacked into its folder.
    let mut archive = zip::ZipArchive::new(Cursor::new(export::archive(&files).unwrap())).unwrap();
    for (index, file) in files.iter().enumerate() {
        let mut entry = archive.by_index(index).unwrap();
        let path = entry.enclosed_name().unwrap();
        assert_eq!(path.to_str(), Some(file.name.as_str()));
        assert_eq!(path.components().count(), 1);
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, file.bytes);
    }
    for name in names.iter().filter(|name| !is_file_name(name)) {
        let refused = export::archive(&[ExportFile { name: name.clone(), bytes: Vec::new() }]);
        assert!(refused.is_err(), "{name:?}");
    }
}

#[test]
fn drawings_are_well_formed_and_have_the_name_as_text() {
    let names = names();
    let (files, _) = exported(&names);
    let drawings = files.iter().filter(|file| file.name.ends_with(".svg"));
    for (file, name) in drawings.zip(&names) {
        let text = std::str::from_utf8(&file.bytes).unwrap();
        let drawing = roxmltree::Document::parse(text).unwrap();
        let elements: Vec<&str> = drawing
            .descendants()
            .filter(|node| node.is_element())
            .map(|node| node.tag_name().name())
            .collect();
        assert_eq!(elements, ["svg", "title", "style", "g", "path", "path"], "{name:?}");
        let title = drawing.descendants().find(|node| node.has_tag_name("title")).unwrap();
        assert_eq!(title.text().unwrap_or_default(), plain(name));
    }
}

#[test]
fn names_are_shown_as_on_the_page() {
    for Entry { name, shown, .. } in entries() {
        assert_eq!(plain(&name), shown.as_ref().unwrap_or(&name).as_str());
    }
}

#[test]
fn messages_have_nothing_that_controls_a_terminal() {
    for name in names() {
        let error = ImageError::Empty.in_file(name.as_str());
        let Warning { message, help, .. } = Warning::from(&error);
        assert!(!message.contains(is_hidden) && !help.contains(is_hidden), "{message:?}");
        assert!(message.starts_with(&*plain(&name)));
    }
}

proptest! {
    #[test]
    fn any_text_is_harmless_in_a_cell_and_comes_back(text in "[=+\\-@'\"a1 ,;\t\r\n＝]{0,12}") {
        let cell = for_spreadsheet(&text);
        prop_assert!(!cell.split([',', ';', '\t', '\r', '\n']).any(is_formula) && !is_formula(&cell), "{cell:?}");
        prop_assert_eq!(from_spreadsheet(&cell), text);
    }
}
