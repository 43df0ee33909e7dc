//! The measurements as a table.
//!
//! # Columns
//! Each column has a key for programs, which ends in its unit (`area_px2`), and a label for people. The
//! [`Measurements`] in pixels come first. If the pixel size is known, areas in µm² and lengths in µm follow.
//!
//! If pixels are not square, areas, positions and distances between centroids are still exact, since both
//! sides are taken into account. Other lengths (perimeter, axes, Feret diameters) are converted with the
//! geometric mean of the sides if those differ by at most 1 %, and omitted otherwise, because a length then
//! depends on its direction, which these measurements do not include.
//!
//! Then there are seven for each channel; their keys begin with the channel's name in lower case. If nuclei are
//! expanded into cells, the measurements of these come last: the area of the cell, the part of it that the nucleus
//! takes, and each channel's mean in the ring (the cell without the nucleus) and in the cell.
//!
//! For the file format, see [`export::tables`](crate::export::tables).

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::f64::consts::PI;

use crate::geometry::Point;
use crate::image::{Channel, PixelSize};
use crate::nuclei::{Intensities, LabelImage, Measurements, expand, measure, nearest};

/// A column's key, label and unit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Column {
    /// Key for programs, unique in its table: `area_px2`.
    pub key: String,
    /// Label for people: `Area`.
    pub label: String,
    /// Unit, such as `px²`; empty if it has none.
    pub unit: Cow<'static, str>,
}

/// Measurements of an image's nuclei.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct MeasurementTable {
    /// The columns.
    pub columns: Vec<Column>,
    /// Number of rows, one per nucleus, in the order of their labels.
    pub rows: usize,
    /// Values by column, `values[column * rows + row]`; NaN if there is no value.
    pub values: Vec<f64>,
}

type Measure = fn(&Measurements) -> f64;

/// Key, label and unit of measurements in pixels.
const PIXELS: [(&str, &str, &str, Measure); 21] = [
    ("nucleus", "Nucleus", "", |nucleus| f64::from(nucleus.label)),
    ("area_px2", "Area", "px²", |nucleus| nucleus.area as f64),
    ("centroid_x_px", "Centroid x", "px", |nucleus| nucleus.centroid.x),
    ("centroid_y_px", "Centroid y", "px", |nucleus| nucleus.centroid.y),
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

/// Key, label and unit of measurements that can be converted to µm whatever the shape of a pixel.
const AREAS: [(&str, &str, &str); 5] = [
    ("area_um2", "Area", "µm²"),
    ("centroid_x_um", "Centroid x", "µm"),
    ("centroid_y_um", "Centroid y", "µm"),
    ("equivalent_diameter_um", "Equivalent diameter", "µm"),
    ("nearest_neighbour_um", "Nearest neighbour", "µm"),
];

/// Lengths that can be converted to µm only if pixels are square.
const LENGTHS: [(&str, &str, Measure); 5] = [
    ("perimeter_um", "Perimeter", |nucleus| nucleus.perimeter),
    ("major_axis_um", "Major axis", |nucleus| nucleus.major_axis),
    ("minor_axis_um", "Minor axis", |nucleus| nucleus.minor_axis),
    ("feret_maximum_um", "Feret maximum", |nucleus| nucleus.feret_maximum),
    ("feret_minimum_um", "Feret minimum", |nucleus| nucleus.feret_minimum),
];

/// Key, label and unit of the measurements of cells that are not of a channel.
const CELLS: [(&str, &str, &str); 3] = [
    ("cell_area_px2", "Cell area", "px²"),
    ("cell_area_um2", "Cell area", "µm²"),
    ("nucleus_cell_area_ratio", "Nucleus/cell area ratio", ""),
];

/// Maximum ratio of a pixel's sides at which it is treated as square.
const NEARLY_SQUARE: f64 = 1.01;

type Intensity = fn(&Intensities) -> f64;

/// Key and label, which follow the channel's name.
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
    /// Measures the nuclei of `labels` in every channel. `edited` is whether each nucleus was edited
    /// manually, starting with nucleus 1; a nucleus without an entry was not.
    ///
    /// # Panics
    /// If a channel does not have the label image's size, which is a programming error.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::nuclei::MeasurementTable;
    /// use nucleoscope::image::PixelSize;
    /// use nucleoscope::nuclei::LabelImage;
    ///
    /// let labels = LabelImage::from_labels(Size::new(3, 1), vec![1, 1, 2]);
    /// let table = MeasurementTable::new(&labels, &[], PixelSize::new(0.5, 0.5), &[false, true]);
    /// assert_eq!(table.column("area_px2"), Some(&[2.0, 1.0][..]));
    /// assert_eq!(table.column("area_um2"), Some(&[0.5, 0.25][..]));
    /// assert_eq!(table.column("edited"), Some(&[0.0, 1.0][..]));
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

    /// The same table with the measurements of cells: nuclei expanded by `expansion`, which is in µm if the pixel
    /// size is given, otherwise in pixels. The other arguments are those of [`Self::new`]. An expansion of 0 adds
    /// nothing. A nucleus without room for a ring has no mean of it.
    ///
    /// # Panics
    /// If a channel does not have the label image's size, which is a programming error.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::image::{Image, Samples, split};
    /// use nucleoscope::nuclei::{LabelImage, MeasurementTable};
    ///
    /// let labels = LabelImage::from_labels(Size::new(4, 1), vec![1, 0, 0, 0]);
    /// let image = Image::new(Size::new(4, 1), 1, Samples::U8(vec![90, 10, 20, 0].into()))?;
    /// let channels = split(&image)?;
    /// let table = MeasurementTable::new(&labels, &channels, None, &[]).with_cells(&labels, &channels, None, 2.0);
    /// assert_eq!(table.column("cell_area_px2"), Some(&[3.0][..]));
    /// assert_eq!(table.column("gray_ring_mean"), Some(&[15.0][..]));
    /// assert_eq!(table.column("gray_cell_mean"), Some(&[40.0][..]));
    /// # Ok::<(), nucleoscope::image::ImageError>(())
    /// ```
    #[must_use]
    pub fn with_cells(
        mut self,
        labels: &LabelImage,
        channels: &[Channel],
        pixel_size: Option<PixelSize>,
        expansion: f64,
    ) -> Self {
        if expansion.is_nan() || expansion <= 0.0 {
            return self;
        }
        let cells = expand(labels, expansion, pixel_size);
        let (areas, nuclei) = (cells.areas(), labels.areas());
        let area = || areas.iter().map(|&area| area as f64);
        let [in_pixels, in_micrometres, ratio] = CELLS;
        self.push(in_pixels, area());
        if let Some(size) = pixel_size {
            self.push(in_micrometres, area().map(|area| area * size.x * size.y));
        }
        self.push(ratio, nuclei.iter().zip(area()).map(|(&nucleus, cell)| nucleus as f64 / cell));
        for ((key, label), Channel { image, .. }) in names(channels).into_iter().zip(channels) {
            assert_eq!(image.size(), labels.size(), "labels are of the image");
            // Of the nucleus and of the ring.
            let mut sums = vec![[0.0; 2]; areas.len()];
            let pixels = cells.as_slice().iter().zip(labels.as_slice()).enumerate();
            for (pixel, (&cell, &nucleus)) in pixels.filter(|(_, (cell, _))| **cell != 0) {
                sums[cell as usize - 1][usize::from(nucleus == 0)] += f64::from(image.samples().get(pixel));
            }
            let counts = nuclei.iter().zip(&areas).map(|(&nucleus, &cell)| (cell - nucleus, cell));
            let of = || sums.iter().zip(counts.clone());
            let mean = |sum: f64, count: usize| if count == 0 { f64::NAN } else { sum / count as f64 };
            let ring = of().map(|([_, ring], (count, _))| mean(*ring, count));
            let cell = of().map(|([nucleus, ring], (_, count))| mean(nucleus + ring, count));
            self.push((&format!("{key}_ring_mean"), &format!("{label} ring mean"), ""), ring);
            self.push((&format!("{key}_cell_mean"), &format!("{label} cell mean"), ""), cell);
        }
        self
    }

    /// The values of the column with this key.
    pub fn column(&self, key: &str) -> Option<&[f64]> {
        let column = self.columns.iter().position(|column| column.key == key)?;
        self.values.get(column * self.rows..(column + 1) * self.rows)
    }

    /// The values of a nucleus with their columns; `row` starts at 0.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (&Column, f64)> {
        let value = move |column: usize| self.values.get(column * self.rows + row).copied();
        self.columns.iter().enumerate().filter_map(move |(place, column)| Some((column, value(place)?)))
    }

    fn push(&mut self, (key, label, unit): (&str, &str, &'static str), values: impl Iterator<Item = f64>) {
        self.columns.push(Column { key: key.into(), label: label.into(), unit: unit.into() });
        self.values.extend(values);
    }

    fn push_micrometres(&mut self, nuclei: &[Measurements], size: PixelSize) {
        let area = |nucleus: &Measurements| nucleus.area as f64 * size.x * size.y;
        let centroid =
            |nucleus: &Measurements| Point::new(nucleus.centroid.x * size.x, nucleus.centroid.y * size.y);
        let centroids: Vec<Point> = nuclei.iter().map(centroid).collect();
        let neighbours = nearest(&centroids).into_iter().map(|distance| distance.unwrap_or(f64::NAN));
        let [of_area, x, y, of_diameter, of_neighbour] = AREAS;
        self.push(of_area, nuclei.iter().map(area));
        self.push(x, centroids.iter().map(|centroid| centroid.x));
        self.push(y, centroids.iter().map(|centroid| centroid.y));
        self.push(of_diameter, nuclei.iter().map(|nucleus| (4.0 * area(nucleus) / PI).sqrt()));
        self.push(of_neighbour, neighbours);
        if size.x.max(size.y) <= NEARLY_SQUARE * size.x.min(size.y) {
            let side = (size.x * size.y).sqrt();
            for (key, label, measure) in LENGTHS {
                self.push((key, label, "µm"), nuclei.iter().map(|nucleus| measure(nucleus) * side));
            }
        }
    }
}

/// A key and a label for each channel; duplicate keys are numbered, and so are keys whose columns could be mistaken
/// for those of another channel's cells.
fn names(channels: &[Channel]) -> Vec<(String, String)> {
    const OF_CELLS: [&str; 2] = ["_ring", "_cell"];
    let mut taken: HashSet<String> = HashSet::new();
    // The number to try next for each key; all smaller ones are taken.
    let mut next: HashMap<String, usize> = HashMap::new();
    let name = |Channel { name, .. }: &Channel| {
        let key = key_of(name);
        let label = if name.trim().is_empty() { "Channel" } else { name.trim() };
        let is_new = |key: &str| {
            let longer = || OF_CELLS.iter().any(|ending| taken.contains(&format!("{key}{ending}")));
            let shorter = || OF_CELLS.iter().filter_map(|ending| key.strip_suffix(ending));
            !taken.contains(key) && !longer() && !shorter().any(|key| taken.contains(key))
        };
        let numbered = |number: usize| match number {
            1 => (key.clone(), label.to_owned()),
            _ => (format!("{key}_{number}"), format!("{label} {number}")),
        };
        let mut number = next.get(&key).copied().unwrap_or(1);
        while !is_new(&numbered(number).0) {
            number += 1;
        }
        let new = numbered(number);
        next.insert(key, number + 1);
        taken.insert(new.0.clone());
        new
    };
    channels.iter().map(name).collect()
}

/// Letters and digits in lower case, with `_` for everything else between them.
fn key_of(name: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "channel".into() } else { words.join("_") }
}

/// In order of importance; the default columns of a summary.
const MAIN: [&str; 10] = [
    "area",
    "circularity",
    "equivalent_diameter",
    "perimeter",
    "major_axis",
    "minor_axis",
    "solidity",
    "nearest_neighbour",
    "cell_area",
    "nucleus_cell_area_ratio",
];

/// Whether a column is one of the main ones: the main measurements of shape, and each channel's mean.
///
/// ```
/// use nucleoscope::nuclei::table::is_main_column;
///
/// assert!(is_main_column("area_um2") && is_main_column("dapi_mean"));
/// assert!(!is_main_column("centroid_x_px"));
/// ```
pub fn is_main_column(key: &str) -> bool {
    let stem = ["_px2", "_px", "_um2", "_um"].iter().find_map(|unit| key.strip_suffix(unit)).unwrap_or(key);
    MAIN.contains(&stem) || key.ends_with("_mean")
}

/// Finds a column's key from user input: the key itself, or a key in pixels or radians without its unit.
/// `None` if no table has such a column.
///
/// ```
/// use nucleoscope::nuclei::table::column_key;
///
/// assert_eq!(column_key("area").as_deref(), Some("area_px2"));
/// assert_eq!(column_key("area_um2").as_deref(), Some("area_um2"));
/// assert_eq!(column_key("dapi_mean").as_deref(), Some("dapi_mean"));
/// assert_eq!(column_key("size"), None);
/// ```
pub fn column_key(text: &str) -> Option<String> {
    let pixels = PIXELS.iter().map(|(key, ..)| *key).chain(["edited"]);
    let micrometres = AREAS.iter().map(|(key, ..)| *key).chain(LENGTHS.iter().map(|(key, ..)| *key));
    let cells = CELLS.iter().map(|(key, ..)| *key);
    let is_meant = |key: &&str| {
        *key == text || ["_px2", "_px", "_rad"].iter().any(|unit| key.strip_suffix(unit) == Some(text))
    };
    if let Some(key) = pixels.chain(micrometres).chain(cells).find(is_meant) {
        return Some(key.to_owned());
    }
    let is_of_channel = |(measure, ..): &(&str, &str, Intensity)| {
        text.strip_suffix(measure).is_some_and(|channel| channel.len() > 1 && channel.ends_with('_'))
    };
    INTENSITIES.iter().any(is_of_channel).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::image::{Image, Samples};

    fn channel(name: &str, values: Vec<f32>) -> Channel {
        Channel {
            name: name.into(),
            image: Image::new(Size::new(2, 2), 1, Samples::F32(values.into())).unwrap(),
        }
    }

    #[test]
    fn every_column_has_a_key_of_its_own() {
        let labels = LabelImage::from_labels(Size::new(2, 2), vec![1, 0, 0, 2]);
        let channels = ["DAPI", "dapi ", "dapi_2", "=1+1", "µ-opioid", "", "DAPI ring", "red cell", "red"]
            .map(|name| channel(name, (0..4).map(|value| value as f32 * 1.5e-7).collect()));
        let size = PixelSize::new(0.5, 0.502);
        let table = MeasurementTable::new(&labels, &channels, size, &[]);
        let measured = PIXELS.len() + 1 + AREAS.len() + LENGTHS.len() + channels.len() * INTENSITIES.len();
        assert_eq!(table.columns.len(), measured);
        let table = table.with_cells(&labels, &channels, size, 0.5);
        let keys: Vec<&str> = table.columns.iter().map(|column| column.key.as_str()).collect();
        assert_eq!(keys.len(), measured + CELLS.len() + channels.len() * 2);
        assert_eq!(table.values.len(), 2 * keys.len());
        assert_eq!(
            keys.iter().collect::<std::collections::HashSet<_>>().len(),
            keys.len(),
            "keys are unique"
        );
        let medians: Vec<&str> = keys.iter().filter_map(|key| key.strip_suffix("_median")).collect();
        let names =
            ["dapi", "dapi_2", "dapi_2_2", "1_1", "µ_opioid", "channel", "dapi_ring_2", "red_cell", "red_2"];
        assert_eq!(medians, names);
        assert!(keys.iter().all(|key| column_key(key).as_deref() == Some(key)), "each names itself");
    }

    #[test]
    fn a_nucleus_without_room_has_a_cell_but_no_ring() {
        let labels = LabelImage::from_labels(Size::new(2, 2), vec![1, 2, 0, 2]);
        let channels = [channel("", vec![8.0, 4.0, 6.0, 2.0])];
        let size = PixelSize::new(0.5, 0.5);
        let table = MeasurementTable::new(&labels, &channels, size, &[]);
        let plain = table.columns.len();
        let table = table.with_cells(&labels, &channels, size, 0.5);
        // skimage.segmentation.expand_labels gives the free pixel to either; here, to the smaller label.
        assert_eq!(table.column("cell_area_um2"), Some(&[0.5, 0.5][..]));
        assert_eq!(table.column("nucleus_cell_area_ratio"), Some(&[0.5, 1.0][..]));
        assert_eq!(table.column("channel_cell_mean"), Some(&[7.0, 3.0][..]));
        let rings = table.column("channel_ring_mean").unwrap();
        assert!(rings[0] == 6.0 && rings[1].is_nan(), "{rings:?}");
        for expansion in [0.0, -1.0, f64::NAN] {
            let without = MeasurementTable::new(&labels, &channels, size, &[]);
            assert_eq!(without.with_cells(&labels, &channels, size, expansion).columns.len(), plain);
        }
    }

    #[test]
    fn lengths_need_square_pixels() {
        let labels = LabelImage::from_labels(Size::new(3, 1), vec![1, 0, 2]);
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
}
