//! The measurements as a table, and as CSV that spreadsheets, R and pandas read.
//!
//! # Columns
//! Each has a key for programs, which ends in its unit (`area_px2`), and a label for people. What pixels
//! tell comes first, as [`Measurements`] says. With a known pixel size follow areas in µm² and lengths
//! in µm. Pixels that are not square: areas, positions and distances between centroids are exact, since
//! both sides are taken into account. Other lengths (perimeter, axes, Feret diameters) are turned with
//! the geometric mean of the sides if those differ by 1 % at most, and left out otherwise: a line's
//! length then depends on its direction, which these measures no longer know.
//! Last come seven columns for each channel, whose keys begin with the channel's name in small letters.
//!
//! # CSV
//! A first column `image`, one row a nucleus, a header, UTF-8, `\n` line ends, a point as decimal sign,
//! nine significant digits. What does not exist is an empty field.

use std::f64::consts::PI;

use serde::Serialize;

use crate::image::{Channel, PixelSize};
use crate::nuclei::{Intensities, LabelImage, Measurements, measure, nearest};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    /// A name for programs, unique in its table: `area_px2`.
    pub key: String,
    /// A name for people: `Area`.
    pub label: String,
    /// The unit, such as `px²`; empty for what has none.
    pub unit: &'static str,
}

/// Measurements of an image's nuclei.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeasurementTable {
    /// What the columns are.
    pub columns: Vec<Column>,
    /// Number of rows, one a nucleus, in the order of their numbers.
    pub rows: usize,
    /// Column by column, `values[column * rows + row]`; NaN where there is no value.
    pub values: Vec<f64>,
}

type Measure = fn(&Measurements) -> f64;

/// Key, label and unit of what is measured in pixels.
const PIXELS: [(&str, &str, &str, Measure); 21] = [
    ("nucleus", "Nucleus", "", |nucleus| f64::from(nucleus.label)),
    ("area_px2", "Area", "px²", |nucleus| nucleus.area as f64),
    ("centroid_x_px", "Centroid x", "px", |nucleus| nucleus.centroid.0),
    ("centroid_y_px", "Centroid y", "px", |nucleus| nucleus.centroid.1),
    ("bounding_box_left_px", "Bounding box left", "px", |nucleus| nucleus.bounding_box.left as f64),
    ("bounding_box_top_px", "Bounding box top", "px", |nucleus| nucleus.bounding_box.top as f64),
    ("bounding_box_right_px", "Bounding box right", "px", |nucleus| nucleus.bounding_box.right as f64),
    ("bounding_box_bottom_px", "Bounding box bottom", "px", |nucleus| nucleus.bounding_box.bottom as f64),
    ("perimeter_px", "Perimeter", "px", |nucleus| nucleus.perimeter),
    ("circularity", "Circularity", "", |nucleus| nucleus.circularity),
    ("major_axis_px", "Major axis", "px", |nucleus| nucleus.major_axis),
    ("minor_axis_px", "Minor axis", "px", |nucleus| nucleus.minor_axis),
    ("eccentricity", "Eccentricity", "", |nucleus| nucleus.eccentricity),
    ("orientation_rad", "Orientation", "rad", |nucleus| nucleus.orientation),
    ("solidity", "Solidity", "", |nucleus| nucleus.solidity),
    ("extent", "Extent", "", |nucleus| nucleus.extent),
    ("equivalent_diameter_px", "Equivalent diameter", "px", |nucleus| nucleus.equivalent_diameter),
    ("feret_maximum_px", "Feret maximum", "px", |nucleus| nucleus.feret_maximum),
    ("feret_minimum_px", "Feret minimum", "px", |nucleus| nucleus.feret_minimum),
    ("nearest_neighbour_px", "Nearest neighbour", "px", |nucleus| {
        nucleus.nearest_neighbour.unwrap_or(f64::NAN)
    }),
    ("touches_edge", "Touches edge", "", |nucleus| f64::from(u8::from(nucleus.touches_edge))),
];

/// Lengths that have a size in µm only where pixels are square.
const LENGTHS: [(&str, &str, Measure); 5] = [
    ("perimeter_um", "Perimeter", |nucleus| nucleus.perimeter),
    ("major_axis_um", "Major axis", |nucleus| nucleus.major_axis),
    ("minor_axis_um", "Minor axis", |nucleus| nucleus.minor_axis),
    ("feret_maximum_um", "Feret maximum", |nucleus| nucleus.feret_maximum),
    ("feret_minimum_um", "Feret minimum", |nucleus| nucleus.feret_minimum),
];

/// Ratio of a pixel's sides above which it does not pass for a square.
const NEARLY_SQUARE: f64 = 1.01;

type Intensity = fn(&Intensities) -> f64;

/// Key and label, behind the channel's name.
const INTENSITIES: [(&str, &str, Intensity); 7] = [
    ("mean", "mean", |values| values.mean),
    ("median", "median", |values| values.median),
    ("minimum", "minimum", |values| values.minimum),
    ("maximum", "maximum", |values| values.maximum),
    ("standard_deviation", "standard deviation", |values| values.standard_deviation),
    ("integrated", "integrated", |values| values.integrated),
    ("integrated_above_background", "integrated above background", |values| {
        values.integrated_above_background
    }),
];

impl MeasurementTable {
    /// Measures the nuclei of `labels` in every channel. `edited` says of each nucleus whether it was
    /// changed by hand, the first entry for nucleus 1; a nucleus without an entry was not.
    ///
    /// # Panics
    /// If a channel does not have the label image's size: a programming error, not an input's.
    ///
    /// ```
    /// use nucleoscope::export::MeasurementTable;
    /// use nucleoscope::image::PixelSize;
    /// use nucleoscope::nuclei::LabelImage;
    ///
    /// let labels = LabelImage::from_labels(3, 1, vec![1, 1, 2]);
    /// let table = MeasurementTable::new(&labels, &[], PixelSize::new(0.5, 0.5), &[false, true]);
    /// assert_eq!(table.column("area_px2"), Some(&[2.0, 1.0][..]));
    /// assert_eq!(table.column("area_um2"), Some(&[0.5, 0.25][..]));
    /// assert_eq!(table.column("edited"), Some(&[0.0, 1.0][..]));
    /// assert!(table.csv("=cells").contains("\n'=cells,1,2,0.5,0,"));
    /// ```
    pub fn new(
        labels: &LabelImage,
        channels: &[Channel],
        pixel_size: Option<PixelSize>,
        edited: &[bool],
    ) -> Self {
        let nuclei = measure(labels, channels);
        let mut table = Self { columns: Vec::new(), rows: nuclei.len(), values: Vec::new() };
        for (key, label, unit, measure) in PIXELS {
            table.push((key, label, unit), nuclei.iter().map(measure));
        }
        let is_edited = |nucleus: usize| f64::from(u8::from(edited.get(nucleus) == Some(&true)));
        table.push(("edited", "Edited", ""), (0..nuclei.len()).map(is_edited));
        if let Some(size) = pixel_size {
            table.push_micrometres(&nuclei, size);
        }
        for (channel, (key, label)) in names(channels).into_iter().enumerate() {
            for (key_of_measure, label_of_measure, measure) in INTENSITIES {
                let (key, label) = (format!("{key}_{key_of_measure}"), format!("{label} {label_of_measure}"));
                table.push(
                    (&key, &label, ""),
                    nuclei.iter().map(|nucleus| measure(&nucleus.intensities[channel])),
                );
            }
        }
        table
    }

    /// The values of a column, by its key.
    pub fn column(&self, key: &str) -> Option<&[f64]> {
        let column = self.columns.iter().position(|column| column.key == key)?;
        self.values.get(column * self.rows..(column + 1) * self.rows)
    }

    /// A nucleus's values with their columns; `row` is counted from 0.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (&Column, f64)> {
        let value = move |column: usize| self.values.get(column * self.rows + row).copied();
        self.columns.iter().enumerate().filter_map(move |(place, column)| Some((column, value(place)?)))
    }

    /// The table of the image `image_id` as CSV. An id that a spreadsheet would take for a formula gets
    /// an apostrophe in front; keys and numbers never look like one, a negative number aside.
    pub fn csv(&self, image_id: &str) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let image_id = harmless(image_id);
        let mut write = |record: &mut dyn Iterator<Item = String>| {
            let written = writer.write_record(record);
            debug_assert!(written.is_ok(), "rows of one length go into memory: {written:?}");
        };
        write(
            &mut std::iter::once("image".to_owned())
                .chain(self.columns.iter().map(|column| column.key.clone())),
        );
        for row in 0..self.rows {
            let fields = self.row(row).map(|(_, value)| number(value));
            write(&mut std::iter::once(image_id.clone()).chain(fields));
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn push(&mut self, (key, label, unit): (&str, &str, &'static str), values: impl Iterator<Item = f64>) {
        self.columns.push(Column { key: key.into(), label: label.into(), unit });
        self.values.extend(values);
    }

    fn push_micrometres(&mut self, nuclei: &[Measurements], size: PixelSize) {
        let area = |nucleus: &Measurements| nucleus.area as f64 * size.x * size.y;
        let centroids: Vec<(f64, f64)> =
            nuclei.iter().map(|nucleus| (nucleus.centroid.0 * size.x, nucleus.centroid.1 * size.y)).collect();
        let neighbours = nearest(&centroids).into_iter().map(|distance| distance.unwrap_or(f64::NAN));
        self.push(("area_um2", "Area", "µm²"), nuclei.iter().map(area));
        self.push(("centroid_x_um", "Centroid x", "µm"), centroids.iter().map(|centroid| centroid.0));
        self.push(("centroid_y_um", "Centroid y", "µm"), centroids.iter().map(|centroid| centroid.1));
        let diameters = nuclei.iter().map(|nucleus| (4.0 * area(nucleus) / PI).sqrt());
        self.push(("equivalent_diameter_um", "Equivalent diameter", "µm"), diameters);
        self.push(("nearest_neighbour_um", "Nearest neighbour", "µm"), neighbours);
        if size.x.max(size.y) <= NEARLY_SQUARE * size.x.min(size.y) {
            let side = (size.x * size.y).sqrt();
            for (key, label, measure) in LENGTHS {
                self.push((key, label, "µm"), nuclei.iter().map(|nucleus| measure(nucleus) * side));
            }
        }
    }
}

/// A key and a label for each channel; the second of two with the same key gets a number, and so on.
fn names(channels: &[Channel]) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    for Channel { name, .. } in channels {
        let key = key_of(name);
        let label = if name.trim().is_empty() { "Channel" } else { name.trim() };
        let is_new = |key: &String| names.iter().all(|(other, _)| other != key);
        let numbered = |number: usize| (format!("{key}_{number}"), format!("{label} {number}"));
        let first = std::iter::once((key.clone(), label.to_owned()));
        let new = first.chain((2..).map(numbered)).find(|(key, _)| is_new(key));
        names.extend(new);
    }
    names
}

/// Letters and digits in lower case, with `_` for everything between them.
fn key_of(name: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "channel".into() } else { words.join("_") }
}

/// Whole numbers as they are, others with nine significant digits and without an exponent; nothing for
/// what is not a number.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let rounded = if value.fract() == 0.0 { value } else { format!("{value:.8e}").parse().unwrap_or(value) };
    // Adding 0 makes a plain 0 of -0.
    format!("{}", rounded + 0.0)
}

/// A name that no spreadsheet takes for a formula (OWASP, "CSV Injection").
fn harmless(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Samples};

    fn channel(name: &str, values: Vec<f32>) -> Channel {
        Channel { name: name.into(), image: Image::new(2, 2, 1, Samples::F32(values)).unwrap() }
    }

    #[test]
    fn a_row_has_as_many_fields_as_the_header() {
        let labels = LabelImage::from_labels(2, 2, vec![1, 0, 0, 2]);
        let channels = ["DAPI", "dapi ", "dapi_2", "=1+1", "µ-opioid", ""]
            .map(|name| channel(name, (0..4).map(|value| value as f32 * 1.5e-7).collect()));
        let table = MeasurementTable::new(&labels, &channels, PixelSize::new(0.5, 0.502), &[]);
        let csv = table.csv("=SUM(A1), \"x\"");
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let header = reader.headers().unwrap().clone();
        assert_eq!(header.len(), 1 + PIXELS.len() + 1 + 5 + LENGTHS.len() + 6 * INTENSITIES.len());
        let keys: std::collections::HashSet<_> = header.iter().collect();
        assert_eq!(keys.len(), header.len(), "keys are unique");
        let means: Vec<&str> = header.iter().filter_map(|key| key.strip_suffix("_mean")).collect();
        assert_eq!(means, ["dapi", "dapi_2", "dapi_2_2", "1_1", "µ_opioid", "channel"]);
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(&rows[0][0], "'=SUM(A1), \"x\"");
        let field = |key: &str| &rows[1][header.iter().position(|other| other == key).unwrap()];
        assert_eq!(field("nearest_neighbour_px"), "1.41421356");
        assert_eq!(field("nearest_neighbour_um"), "0.708522406");
        assert!(field("dapi_mean").starts_with("0.00000045000"), "{}", field("dapi_mean"));
    }

    #[test]
    fn lengths_need_square_pixels() {
        let labels = LabelImage::from_labels(3, 1, vec![1, 0, 2]);
        let table = |x, y| MeasurementTable::new(&labels, &[], PixelSize::new(x, y), &[]);
        let square = table(0.4, 0.4);
        assert_eq!(square.column("feret_maximum_um").unwrap()[0], 0.4);
        let oblong = table(0.5, 2.0);
        assert_eq!(oblong.column("feret_maximum_um"), None);
        assert_eq!(oblong.column("area_um2"), Some(&[1.0, 1.0][..]));
        assert_eq!(oblong.column("nearest_neighbour_um"), Some(&[1.0, 1.0][..]));
        assert_eq!(oblong.column("centroid_x_um"), Some(&[0.0, 1.0][..]));
        let unknown = MeasurementTable::new(&labels, &[], None, &[]);
        assert!(unknown.columns.iter().all(|column| !column.key.ends_with("_um")));
    }

    #[test]
    fn what_does_not_exist_is_empty() {
        let table = MeasurementTable::new(&LabelImage::from_labels(1, 1, vec![1]), &[], None, &[]);
        assert!(table.column("nearest_neighbour_px").unwrap()[0].is_nan());
        assert!(table.csv("a").ends_with(",,1,0\n"), "{}", table.csv("a"));
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
