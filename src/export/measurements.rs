//! The measurements as a table: CSV that spreadsheets, R and pandas read.
//!
//! One row a nucleus, a header that names every column with its unit, UTF-8, `\n` line ends, a point as
//! decimal sign. [`crate::nuclei::Measurements`] says what the columns are.

use crate::nuclei::{Intensities, Measurements};

/// Names of the columns that every image has.
const COLUMNS: [&str; 22] = [
    "image",
    "nucleus",
    "area_px2",
    "centroid_x_px",
    "centroid_y_px",
    "bounding_box_left_px",
    "bounding_box_top_px",
    "bounding_box_right_px",
    "bounding_box_bottom_px",
    "perimeter_px",
    "circularity",
    "major_axis_px",
    "minor_axis_px",
    "eccentricity",
    "orientation_rad",
    "solidity",
    "extent",
    "equivalent_diameter_px",
    "feret_maximum_px",
    "feret_minimum_px",
    "nearest_neighbour_px",
    "touches_edge",
];

/// Names of the columns that every channel has, behind the channel's name.
const INTENSITIES: [&str; 7] = [
    "mean",
    "median",
    "minimum",
    "maximum",
    "standard_deviation",
    "integrated",
    "integrated_above_background",
];

/// Writes the table of one image with `channels` channels (1 or 3).
///
/// A distance to a nearest neighbour that does not exist is an empty field. An `image_id` that a
/// spreadsheet would take for a formula gets an apostrophe in front.
///
/// ```
/// use nucleoscope::export::measurements;
///
/// let table = measurements::table("=cells", &[], 1);
/// assert!(table.starts_with("image,nucleus,area_px2,"));
/// assert!(table.ends_with(",gray_integrated_above_background\n"));
/// ```
pub fn table(image_id: &str, measured: &[Measurements], channels: usize) -> String {
    let names: &[&str] = if channels == 1 { &["gray"] } else { &["red", "green", "blue"] };
    let of_channels = names.iter().flat_map(|name| INTENSITIES.map(|what| format!("{name}_{what}")));
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let mut rows = vec![COLUMNS.map(str::to_owned).into_iter().chain(of_channels).collect::<Vec<_>>()];
    rows.extend(measured.iter().map(|nucleus| row(image_id, nucleus)));
    for row in rows {
        let written = writer.write_record(row);
        debug_assert!(written.is_ok(), "rows of one length go into memory: {written:?}");
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn row(image_id: &str, nucleus: &Measurements) -> Vec<String> {
    let bounds = nucleus.bounding_box;
    let mut row = vec![harmless(image_id), nucleus.label.to_string(), nucleus.area.to_string()];
    row.extend([nucleus.centroid.0, nucleus.centroid.1].map(number));
    row.extend([bounds.left, bounds.top, bounds.right, bounds.bottom].map(|side| side.to_string()));
    row.extend(
        [
            nucleus.perimeter,
            nucleus.circularity,
            nucleus.major_axis,
            nucleus.minor_axis,
            nucleus.eccentricity,
            nucleus.orientation,
            nucleus.solidity,
            nucleus.extent,
            nucleus.equivalent_diameter,
            nucleus.feret_maximum,
            nucleus.feret_minimum,
        ]
        .map(number),
    );
    row.push(nucleus.nearest_neighbour.map_or_else(String::new, number));
    row.push(u8::from(nucleus.touches_edge).to_string());
    row.extend(nucleus.intensities.iter().flat_map(intensities));
    row
}

fn intensities(channel: &Intensities) -> [String; 7] {
    [
        channel.mean,
        channel.median,
        channel.minimum,
        channel.maximum,
        channel.standard_deviation,
        channel.integrated,
        channel.integrated_above_background,
    ]
    .map(number)
}

/// Six significant digits and more, without trailing zeros, never as a power of ten.
fn number(value: f64) -> String {
    let places = if value.abs() >= 1e6 {
        0
    } else if value.abs() >= 1.0 {
        4
    } else {
        9
    };
    let text = format!("{value:.places$}");
    let text = if places > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A name that no spreadsheet takes for a formula (OWASP, "CSV Injection").
fn harmless(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Samples};
    use crate::nuclei::{LabelImage, measure};

    #[test]
    fn a_row_has_as_many_fields_as_the_header() {
        for channels in [1, 3] {
            let values = (0..4 * channels).map(|value| value as f32 * 1e-7).collect();
            let image = Image::new(2, 2, channels, Samples::F32(values)).unwrap();
            let labels = LabelImage::from_labels(2, 2, vec![1, 0, 0, 2]);
            let table = table("=SUM(A1), \"x\"", &measure(&labels, &image), image.channels());
            let mut reader = csv::Reader::from_reader(table.as_bytes());
            let columns = reader.headers().unwrap().len();
            assert_eq!(columns, COLUMNS.len() + channels * INTENSITIES.len());
            let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
            assert_eq!(rows.len(), 2);
            assert_eq!(&rows[0][0], "'=SUM(A1), \"x\"");
            assert_eq!(&rows[1][20], "1.4142");
        }
    }

    #[test]
    fn numbers_are_short_and_plain() {
        let cases = [
            (3.0, "3"),
            (0.1234567891, "0.123456789"),
            (-0.0, "0"),
            (12.5, "12.5"),
            (1.5e7, "15000000"),
            (2e-6, "0.000002"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
