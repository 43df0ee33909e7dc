//! Tables for spreadsheets, R and pandas: `nuclei.csv` with one row per nucleus, and `summary.csv` with one
//! row per image.
//!
//! UTF-8, with a header and `\n` line endings; text that a spreadsheet would interpret as a formula is
//! prefixed with an apostrophe ([`for_spreadsheet`]). The [`Dialect`] defines the delimiter and the decimal separator. Numbers have
//! nine significant digits; missing values are empty fields. Columns that exist only for some images come
//! last, and are empty for the others.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Basis, BatchParts, ExportError, Exporter, FileName, Format, FormatInfo, Subject};
use crate::diagnostic::{Diagnostic, Error};
use crate::nuclei::MeasurementTable;
use crate::nuclei::counted::Counted;
use crate::nuclei::summary::Summary;
use crate::nuclei::table::is_main_column;
use crate::plain_text::plain;
use crate::record::FileIdentity;

/// `summary.csv`: one row per image.
pub const SUMMARY: Format = Format::new(&SummaryTable);

struct SummaryTable;

impl Exporter for SummaryTable {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "summary",
            label: "Summary, one row an image (CSV)",
            description: "A table with one row an image: counts, densities, mean and spread of the measures",
            defined_by: "below",
            file: FileName::OfBatch("summary.csv"),
        }
    }

    fn image_part(&self, subject: &Subject, basis: &Basis) -> Result<Option<Value>, ExportError> {
        SUMMARY.part(summary_fields(subject, basis.table(), basis.counted(), basis.measures()))
    }

    fn failed_part(&self, image_id: &str, input: &FileIdentity, reason: &str) -> Option<Value> {
        serde_json::to_value(failure_fields(image_id, input, reason)).ok()
    }

    fn batch_file(
        &self,
        images: &BatchParts,
        dialect: Dialect,
        file: &mut dyn Write,
    ) -> Result<(), ExportError> {
        write_summary(file, dialect, &|visit| {
            images.for_each(&mut |image, fields: Fields| visit(image.group, &fields))
        })
    }
}

/// `nuclei.csv`: one row per nucleus.
pub const MEASUREMENTS: Format = Format::new(&NucleiTable);

struct NucleiTable;

impl Exporter for NucleiTable {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "measurements",
            label: "Measurements of all nuclei (CSV)",
            description: "A table with one row a nucleus, of all images",
            defined_by: "below",
            file: FileName::OfBatch("nuclei.csv"),
        }
    }

    fn image_part(&self, _subject: &Subject, basis: &Basis) -> Result<Option<Value>, ExportError> {
        MEASUREMENTS.part(NucleiRows::new(basis.table(), basis.counted()))
    }

    fn batch_file(
        &self,
        images: &BatchParts,
        dialect: Dialect,
        file: &mut dyn Write,
    ) -> Result<(), ExportError> {
        write_nuclei(file, dialect, &|visit| {
            images.for_each(&mut |image, rows: NucleiRows| visit(image.image_id, image.folder, &rows))
        })
    }
}

/// The format of fields and numbers in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "TableDialectFields"))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Dialect {
    /// The separator between fields.
    pub delimiter: Delimiter,
    /// The decimal separator.
    pub decimal: Decimal,
}

/// The separator between fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Delimiter {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
}

/// The decimal separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Decimal {
    /// `1.5`
    #[default]
    Point,
    /// `1,5`; if fields are also separated by commas, such numbers are quoted.
    Comma,
}

impl Delimiter {
    /// All separators, by name.
    pub const NAMED: [(&str, Self); 3] =
        [("comma", Self::Comma), ("semicolon", Self::Semicolon), ("tab", Self::Tab)];
}

impl Decimal {
    /// All decimal separators, by name.
    pub const NAMED: [(&str, Self); 2] = [("point", Self::Point), ("comma", Self::Comma)];
}

impl Dialect {
    /// The separator between fields.
    #[must_use]
    pub fn delimiter(mut self, delimiter: Delimiter) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// The decimal separator.
    #[must_use]
    pub fn decimal(mut self, decimal: Decimal) -> Self {
        self.decimal = decimal;
        self
    }

    fn byte(self) -> u8 {
        match self.delimiter {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
        }
    }

    pub(super) fn write(self, field: &Field) -> String {
        match field {
            Field::Text(text) => for_spreadsheet(text),
            Field::Number(number) if self.decimal == Decimal::Comma => number.replace('.', ","),
            Field::Number(number) => number.clone(),
            Field::Nothing => String::new(),
        }
    }

    fn writer<W: Write>(self, file: W) -> csv::Writer<W> {
        csv::WriterBuilder::new().delimiter(self.byte()).from_writer(file)
    }

    pub(super) fn table(self, header: &[String], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
        let mut writer = self.writer(Vec::new());
        let mut write = |record: &[String]| {
            let written = writer.write_record(record);
            debug_assert!(written.is_ok(), "rows of one length go into memory: {written:?}");
        };
        write(header);
        rows.for_each(|row| write(&row));
        writer.into_inner().unwrap_or_default()
    }
}

/// A field of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// Text.
    Text(String),
    /// A number with a decimal point.
    Number(String),
    /// A missing value.
    Nothing,
}

impl Field {
    pub(super) fn of(value: f64) -> Self {
        let text = number(value);
        if text.is_empty() { Self::Nothing } else { Self::Number(text) }
    }

    pub(super) fn of_count(value: usize) -> Self {
        Self::Number(value.to_string())
    }

    fn of_some(value: Option<f64>) -> Self {
        value.map_or(Self::Nothing, Self::of)
    }
}

/// Named fields of one image or nucleus, in the order in which they are written.
pub type Fields = Vec<(String, Field)>;

/// The rows of one image in `nuclei.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NucleiRows {
    keys: Vec<String>,
    /// All rows, each with one number per key, followed by a space; only the space if there is no number. A
    /// single string, because a batch may have millions of numbers.
    numbers: String,
    included: Vec<bool>,
    #[serde(default)]
    positive: Option<Vec<bool>>,
    #[serde(default)]
    regions: Option<Vec<String>>,
}

impl NucleiRows {
    /// The rows of a table.
    pub fn new(table: &MeasurementTable, counted: &Counted) -> Self {
        let numbers = (0..table.rows).flat_map(|row| table.row(row).map(|(_, value)| number(value) + " "));
        Self {
            keys: table.columns.iter().map(|column| column.key.clone()).collect(),
            numbers: numbers.collect(),
            included: counted.included.clone(),
            positive: counted.positive.clone(),
            regions: counted.regions.clone(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = (Vec<&str>, bool)> {
        let mut numbers = self.numbers.split_terminator(' ');
        let row = move |included: &bool| (numbers.by_ref().take(self.keys.len()).collect(), *included);
        self.included.iter().map(row)
    }

    /// The field `region` of a row.
    fn region(&self, row: usize) -> &str {
        self.regions.as_ref().and_then(|regions| regions.get(row)).map_or("", String::as_str)
    }

    /// The field `class` of a row: empty if its nucleus does not count or nuclei are not classified.
    fn class(&self, row: usize) -> &'static str {
        let positive = self.positive.as_ref().and_then(|positive| positive.get(row));
        match (positive, self.included.get(row)) {
            (Some(true), Some(true)) => "positive",
            (Some(false), Some(true)) => "negative",
            _ => "",
        }
    }
}

/// The first columns of `nuclei.csv`; `region` and `class` follow if there are any, then all measurements.
const FIRST: [&str; 5] = ["image", "folder", "nucleus", "included", "edited"];

/// Writes `nuclei.csv` from the id, the folder and the rows of each image.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::nuclei::counted::{Rules, count};
/// use nucleoscope::nuclei::MeasurementTable;
/// use nucleoscope::export::tables::{Decimal, Delimiter, Dialect, NucleiRows, nuclei_csv};
/// use nucleoscope::nuclei::LabelImage;
///
/// let labels = LabelImage::from_labels(Size::new(4, 1), vec![1, 0, 2, 2]);
/// let table = MeasurementTable::new(&labels, &[], None, &[]);
/// let counted = count(&table, Size::new(4, 1), &Rules { regions: &[], gates: &["area:2..".parse()?] });
/// let rows = NucleiRows::new(&table, &counted);
/// let dialect = Dialect::default().delimiter(Delimiter::Semicolon).decimal(Decimal::Comma);
/// let text = String::from_utf8(nuclei_csv(&[("=cells", "plate", &rows)], dialect)).unwrap();
/// assert!(text.starts_with("image;folder;nucleus;included;edited;area_px2;centroid_x_px;"));
/// assert!(text.contains("\n'=cells;plate;1;false;0;1;0;"));
/// assert!(text.contains("\n'=cells;plate;2;true;0;2;2,5;"));
/// # Ok::<(), nucleoscope::nuclei::counted::GateError>(())
/// ```
pub fn nuclei_csv(images: &[(&str, &str, &NucleiRows)], dialect: Dialect) -> Vec<u8> {
    in_memory(|file| {
        write_nuclei(file, dialect, &|visit| {
            images.iter().try_for_each(|(image_id, folder, rows)| visit(image_id, folder, rows))
        })
    })
}

/// The contents of a file that is written into memory, which does not fail.
fn in_memory(write: impl FnOnce(&mut dyn Write) -> Result<(), ExportError>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = write(&mut bytes);
    debug_assert!(written.is_ok(), "rows of one length go into memory: {written:?}");
    bytes
}

/// Receives the id, the folder and the rows of an image.
type VisitRows<'a> = dyn FnMut(&str, &str, &NucleiRows) -> Result<(), ExportError> + 'a;

/// Writes `nuclei.csv` of the images that `each` passes on; it is called twice, first for the columns.
fn write_nuclei(
    file: &mut dyn Write,
    dialect: Dialect,
    each: &dyn Fn(&mut VisitRows) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let mut measures = Union::default();
    let (mut has_regions, mut has_classes) = (false, false);
    each(&mut |_, _, rows| {
        measures.add(rows.keys.iter().map(String::as_str).filter(|key| !FIRST.contains(key)));
        has_regions |= rows.regions.is_some();
        has_classes |= rows.positive.is_some();
        Ok(())
    })?;
    let header = FIRST
        .into_iter()
        .chain(has_regions.then_some("region"))
        .chain(has_classes.then_some("class"))
        .chain(measures.keys.iter().map(String::as_str));
    let mut writer = dialect.writer(file);
    writer.write_record(header).map_err(std::io::Error::from)?;
    each(&mut |image_id, folder, rows| {
        let places: HashMap<&str, usize> =
            rows.keys.iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
        let place = |key: &str| places.get(key).copied();
        let order: Vec<Option<usize>> = measures.keys.iter().map(|key| place(key)).collect();
        let (nucleus, edited) = (place("nucleus"), place("edited"));
        for (row, (numbers, included)) in rows.rows().enumerate() {
            let field = |place: Option<usize>| {
                let text = place.and_then(|place| numbers.get(place)).copied().unwrap_or_default();
                dialect.write(&Field::Number(text.to_owned()))
            };
            let first = [
                for_spreadsheet(image_id),
                for_spreadsheet(folder),
                field(nucleus),
                included.to_string(),
                field(edited),
            ];
            let fields = first
                .into_iter()
                .chain(has_regions.then(|| for_spreadsheet(rows.region(row))))
                .chain(has_classes.then(|| rows.class(row).to_owned()))
                .chain(order.iter().copied().map(field));
            writer.write_record(fields).map_err(std::io::Error::from)?;
        }
        Ok(())
    })?;
    Ok(writer.flush()?)
}

/// Writes `summary.csv` from the group and the fields of each image ([`summary_fields`]), in their order. The
/// column `group` follows `folder`.
pub fn summary_csv(images: &[(&str, &Fields)], dialect: Dialect) -> Vec<u8> {
    in_memory(|file| {
        write_summary(file, dialect, &|visit| {
            images.iter().try_for_each(|(group, fields)| visit(group, fields))
        })
    })
}

/// A column of every image whose nuclei are known.
const COUNT: &str = "nuclei_found";

/// Receives the group and the fields of an image.
type VisitFields<'a> = dyn FnMut(&str, &Fields) -> Result<(), ExportError> + 'a;

/// Writes `summary.csv` of the images that `each` passes on; it is called twice, first for the columns.
fn write_summary(
    file: &mut dyn Write,
    dialect: Dialect,
    each: &dyn Fn(&mut VisitFields) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    // A file that failed has only some of the columns; it must not change their order.
    let (mut columns, mut of_failed) = (Union::default(), Union::default());
    each(&mut |_, fields| {
        let keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).collect();
        let place = keys.iter().position(|key| *key == "folder").map_or(0, |place| place + 1);
        let (before, after) = keys.split_at(place);
        let union = if keys.contains(&COUNT) { &mut columns } else { &mut of_failed };
        union.add(before.iter().copied().chain(["group"]).chain(after.iter().copied()));
        Ok(())
    })?;
    columns.add(of_failed.keys.iter().map(String::as_str));
    let mut writer = dialect.writer(file);
    writer.write_record(&columns.keys).map_err(std::io::Error::from)?;
    each(&mut |group, fields| {
        let group = ("group", &Field::Text(group.into()));
        let fields: HashMap<&str, &Field> =
            fields.iter().map(|(key, field)| (key.as_str(), field)).chain([group]).collect();
        let text =
            |key: &String| fields.get(key.as_str()).map_or_else(String::new, |field| dialect.write(field));
        writer.write_record(columns.keys.iter().map(text)).map_err(std::io::Error::from)?;
        Ok(())
    })?;
    Ok(writer.flush()?)
}

/// The first folder of each image in which the folders of the images differ; empty if no such folder contains
/// two images.
///
/// ```
/// use nucleoscope::export::tables::groups;
///
/// let folders = ["plate/control/1", "plate/control/2", "plate/treated", "plate"].map(String::from);
/// assert_eq!(groups(&folders), ["control", "control", "treated", ""]);
/// assert_eq!(groups(&["set/a", "set/b"].map(String::from)), ["", ""]);
/// ```
pub fn groups(folders: &[String]) -> Vec<String> {
    let parts = |folder: &String| -> Vec<String> {
        folder.split(['/', '\\']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let paths: Vec<Vec<String>> = folders.iter().map(parts).collect();
    let Some(first) = paths.first() else { return Vec::new() };
    let is_common = |depth: &usize| paths.iter().all(|path| path.get(*depth) == first.get(*depth));
    let common = (0..first.len()).take_while(is_common).count();
    let names: Vec<String> = paths.iter().map(|path| path.get(common).cloned().unwrap_or_default()).collect();
    let mut seen = HashSet::new();
    let is_grouped = names.iter().filter(|name| !name.is_empty()).any(|name| !seen.insert(name));
    if is_grouped { names } else { vec![String::new(); names.len()] }
}

/// Keys without duplicates, in the order of their first occurrence.
#[derive(Default)]
struct Union {
    keys: Vec<String>,
    seen: HashSet<String>,
}

impl Union {
    fn add<'a>(&mut self, keys: impl Iterator<Item = &'a str>) {
        for key in keys {
            if !self.seen.contains(key) {
                self.seen.insert(key.to_owned());
                self.keys.push(key.to_owned());
            }
        }
    }
}

/// Writes `failures.csv` from the id of the image (empty if the file is not an image) and the error of each
/// file that could not be processed.
///
/// ```
/// use nucleoscope::InFile;
/// use nucleoscope::export::tables::failures_csv;
/// use nucleoscope::image::ImageError;
///
/// let error = ImageError::Empty.in_file("plate/a.png");
/// assert_eq!(
///     String::from_utf8(failures_csv(&[("a", &error)], Default::default()))?,
///     "image,file,code,message,help\n\
///      a,plate/a.png,image/empty,the file is empty (0 bytes),Copy the file again from where it came \
///      from; the copy was probably interrupted.\n"
/// );
/// # Ok::<(), std::string::FromUtf8Error>(())
/// ```
pub fn failures_csv(failures: &[(&str, &Error)], dialect: Dialect) -> Vec<u8> {
    let header = ["image", "file", "code", "message", "help"].map(String::from);
    let rows = failures.iter().map(|(image_id, error)| {
        let inner = error.inner();
        let (message, help) = (inner.to_string(), error.help());
        let fields =
            [*image_id, error.file(), &error.code(), &plain(&message), &plain(&help)].map(str::to_owned);
        fields.map(|field| for_spreadsheet(&field)).into()
    });
    dialect.table(&header, rows)
}

/// The fields of an image in `summary.csv`. `measures` are the keys of columns whose mean and standard
/// deviation are requested in addition to the main ones.
pub fn summary_fields(
    subject: &Subject,
    table: &MeasurementTable,
    counted: &Counted,
    measures: &[String],
) -> Fields {
    let summary = Summary::new(table, counted, subject.pixel_size);
    let provenance = subject.provenance;
    let mut fields: Fields = Vec::new();
    let mut put = |key: &str, field: Field| fields.push((key.to_owned(), field));
    put("image", Field::Text(subject.image_id.into()));
    put("file", Field::Text(provenance.input.name.clone()));
    put("folder", Field::Text(provenance.input.folder.clone()));
    put(COUNT, Field::of_count(summary.nuclei));
    put("nuclei_counted", Field::of_count(summary.included));
    if summary.positive.is_some() {
        put("nuclei_positive", summary.positive.map_or(Field::Nothing, Field::of_count));
        put("positive_percent", Field::of_some(summary.positive_percent()));
    }
    put("width_px", Field::of_count(subject.labels.width()));
    put("height_px", Field::of_count(subject.labels.height()));
    put("area_px2", Field::of_count(summary.pixels));
    put("area_mm2", Field::of_some(summary.square_millimetres));
    put("density_per_megapixel", Field::of_some(summary.per_megapixel()));
    put("density_per_mm2", Field::of_some(summary.per_square_millimetre()));
    for measure in &summary.columns {
        let key = &measure.column.key;
        if is_main_column(key) || measures.contains(key) {
            put(&format!("{key}_mean"), Field::of(measure.moments.mean));
            put(&format!("{key}_sd"), Field::of(measure.moments.standard_deviation()));
        }
    }
    put("pixel_width_um", Field::of_some(subject.pixel_size.map(|size| size.x)));
    put("pixel_height_um", Field::of_some(subject.pixel_size.map(|size| size.y)));
    put("regions", Field::of_count(provenance.regions.len()));
    let gates: Vec<String> = provenance.gates.iter().map(ToString::to_string).collect();
    put("gates", Field::Text(gates.join(" ")));
    if let Some(threshold) = &provenance.positive {
        put("positive_if", Field::Text(threshold.to_string()));
    }
    if provenance.cell_expansion > 0.0 {
        let unit = if subject.pixel_size.is_some() { "um" } else { "px" };
        put(&format!("cell_expansion_{unit}"), Field::of(provenance.cell_expansion));
    }
    put("edited_nuclei", Field::of_count(subject.edited.iter().filter(|edited| **edited).count()));
    let model = provenance.model.as_ref().map(|model| format!("{} {}", model.name, model.version));
    put("model", model.map_or(Field::Nothing, Field::Text));
    let hash = provenance.model.as_ref().map(|model| model.sha256.clone());
    put("model_sha256", hash.map_or(Field::Nothing, Field::Text));
    put("settings", Field::Text(settings_words(subject)));
    let unused = counted.unused.iter().filter_map(|&place| provenance.gates.get(place));
    let unused = unused.map(|gate| format!("the gate {gate} is not used: there is no such measurement"));
    let unused_threshold = provenance.positive.iter().filter(|_| counted.positive.is_none());
    let unused =
        unused.chain(unused_threshold.map(|threshold| {
            format!("nuclei are not classified by {threshold}: there is no such measurement")
        }));
    let of_image = subject.warnings.iter().map(|warning| warning.message.clone());
    let warnings: Vec<String> = of_image.chain(unused).collect();
    put("warnings", Field::Text(warnings.join("; ")));
    fields
}

/// The fields of a file that could not be processed.
fn failure_fields(image_id: &str, input: &FileIdentity, reason: &str) -> Fields {
    let texts = [
        ("image", image_id),
        ("file", &input.name),
        ("folder", &input.folder),
        ("warnings", &format!("failed: {}", plain(reason))),
    ];
    texts.into_iter().map(|(key, text)| (key.to_owned(), Field::Text(text.to_owned()))).collect()
}

/// The settings as `name=value`, separated by spaces.
fn settings_words(subject: &Subject) -> String {
    let Some(settings) = &subject.provenance.settings else { return String::new() };
    // Converted via text, in which a 32-bit number has only the necessary digits.
    let read = serde_json::to_string(settings).and_then(|text| serde_json::from_str(&text));
    let Ok(serde_json::Value::Object(settings)) = read else { return String::new() };
    let word = |(name, value): (&String, &serde_json::Value)| match value {
        serde_json::Value::Null => format!("{name}=estimated"),
        serde_json::Value::String(text) => format!("{name}={text}"),
        serde_json::Value::Number(value) => format!("{name}={}", number(value.as_f64().unwrap_or(f64::NAN))),
        other => format!("{name}={other}"),
    };
    settings.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Integers unchanged, other numbers with nine significant digits and without an exponent; an empty field for
/// a value that is not a number.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let rounded = if value.fract() == 0.0 { value } else { format!("{value:.8e}").parse().unwrap_or(value) };
    // Adding 0 converts -0 to 0.
    format!("{}", rounded + 0.0)
}

/// What makes a spreadsheet interpret the text after it as a formula (OWASP, "CSV Injection").
const TRIGGERS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// What begins a new cell if a program splits the table at another sign than it was written with.
const SEPARATORS: [char; 5] = [',', ';', '\t', '\r', '\n'];

/// Text for a cell that no spreadsheet interprets as a formula: an apostrophe is added where the text, or what follows a
/// separator in it, begins with `=`, `+`, `-`, `@`, a tab or a line break, or with apostrophes before one of these.
/// [`from_spreadsheet`] removes it.
///
/// ```
/// use nucleoscope::export::tables::{for_spreadsheet, from_spreadsheet};
///
/// for (text, cell) in [("=1+1", "'=1+1"), ("a-1", "a-1"), ("'=", "''="), ("a;=1", "a;'=1"), ("'a", "'a")] {
///     assert_eq!(for_spreadsheet(text), cell);
///     assert_eq!(from_spreadsheet(cell), text);
/// }
/// ```
pub fn for_spreadsheet(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 1);
    for piece in pieces(text) {
        if is_formula(piece) {
            cell.push('\'');
        }
        cell.push_str(piece);
    }
    cell
}

/// The text of a cell that [`for_spreadsheet`] made.
pub fn from_spreadsheet(cell: &str) -> String {
    let original = |piece| match str::strip_prefix(piece, '\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => piece,
    };
    pieces(cell).map(original).collect()
}

/// The text, divided after each separator.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(SEPARATORS)
}

/// Whether text begins with one of the triggers, or with apostrophes before one.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(TRIGGERS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::image::{Channel, Image, Samples};
    use crate::nuclei::LabelImage;

    fn rows(channel: Option<&str>) -> NucleiRows {
        let labels = LabelImage::from_labels(Size::new(2, 1), vec![1, 2]);
        let channels = channel.map(|name| Channel {
            name: name.into(),
            image: Image::new(Size::new(2, 1), 1, Samples::F32(vec![1.5, 2.5].into())).unwrap(),
        });
        let table = MeasurementTable::new(&labels, &channels.into_iter().collect::<Vec<_>>(), None, &[]);
        NucleiRows::new(&table, &Counted::all(2, Size::new(2, 1)))
    }

    #[test]
    fn images_with_other_channels_share_a_table() {
        let (plain, dapi, gray) = (rows(None), rows(Some("DAPI")), rows(Some("gray")));
        let images = [("a", "", &plain), ("b", "x", &dapi), ("c", "x", &gray)];
        let bytes = nuclei_csv(&images, Dialect::default());
        let mut reader = csv::Reader::from_reader(&*bytes);
        let header = reader.headers().unwrap().clone();
        let read: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let column = |key: &str| -> Vec<&str> {
            let place = header.iter().position(|other| other == key).unwrap();
            read.iter().map(|row| &row[place]).collect()
        };
        assert_eq!(column("image"), ["a", "a", "b", "b", "c", "c"]);
        assert_eq!(column("nucleus"), ["1", "2", "1", "2", "1", "2"]);
        assert_eq!(column("dapi_mean"), ["", "", "1.5", "2.5", "", ""]);
        assert_eq!(column("gray_mean"), ["", "", "", "", "1.5", "2.5"]);
        assert_eq!(header.iter().collect::<HashSet<_>>().len(), header.len());
    }

    #[test]
    fn a_file_that_failed_does_not_change_the_order_of_the_columns() {
        let text = |key: &str| (key.to_owned(), Field::Text("x".into()));
        let failed = failure_fields("a", &FileIdentity::default(), "cut short");
        let found: Fields = ["image", "file", "folder", COUNT, "model", "warnings"].map(text).into();
        let header = |images: &[(&str, &Fields)]| {
            let bytes = summary_csv(images, Dialect::default());
            String::from_utf8(bytes).unwrap().lines().next().unwrap().to_owned()
        };
        let expected = "image,file,folder,group,nuclei_found,model,warnings";
        assert_eq!(header(&[("", &failed), ("", &found)]), expected);
        assert_eq!(header(&[("", &found), ("", &failed)]), expected);
        assert_eq!(header(&[("", &failed)]), "image,file,folder,group,warnings");
    }

    #[test]
    fn numbers_follow_the_dialect_and_stay_apart() {
        for (delimiter, sign) in
            [(Delimiter::Comma, b','), (Delimiter::Semicolon, b';'), (Delimiter::Tab, b'\t')]
        {
            for (decimal, text) in [(Decimal::Point, "1.5"), (Decimal::Comma, "1,5")] {
                let bytes =
                    nuclei_csv(&[("a;b\t,c", "", &rows(Some("gray")))], Dialect { delimiter, decimal });
                let mut reader = csv::ReaderBuilder::new().delimiter(sign).from_reader(&*bytes);
                let place = reader.headers().unwrap().iter().position(|key| key == "gray_mean").unwrap();
                let row = reader.records().next().unwrap().unwrap();
                assert_eq!((&row[0], &row[place]), ("a;b\t,c", text));
            }
        }
    }

    #[test]
    fn numbers_are_short_and_plain() {
        let cases = [
            (3.0, "3"),
            (0.123_456_789_1, "0.123456789"),
            (-0.0, "0"),
            (12.5, "12.5"),
            (1.5e7, "15000000"),
            (123_456_789_012.0, "123456789012"),
            (2e-6, "0.000002"),
            (f64::NAN, ""),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
