//! The rules for which nuclei count, shared by the page, the command line and every export.
//!
//! A nucleus counts if its centroid is inside one of the regions (or there are none) and it passes every
//! gate. Regions and gates do not affect the measurements.
//!
//! ```
//! use nucleoscope::geometry::Size;
//! use nucleoscope::nuclei::counted::{Gate, Rules, count};
//! use nucleoscope::nuclei::MeasurementTable;
//! use nucleoscope::nuclei::{LabelImage, Region};
//!
//! let labels = LabelImage::from_labels(Size::new(6, 1), vec![1, 0, 2, 2, 0, 3]);
//! let table = MeasurementTable::new(&labels, &[], None, &[]);
//! let left = Region::rectangle(0.0, 0.0, 5.0, 1.0);
//! let large: Gate = "area:2..".parse()?;
//! let counted = count(&table, Size::new(6, 1), &Rules { regions: &[left], gates: &[large] });
//! assert_eq!(counted.included, [false, true, false]);
//! assert_eq!(counted.pixels, 5);
//! # Ok::<(), nucleoscope::nuclei::counted::GateError>(())
//! ```

use std::fmt;
use std::str::FromStr;

use crate::geometry::{Point, Size};
use crate::nuclei::MeasurementTable;
use crate::nuclei::table::column_key;
use crate::nuclei::{Region, Threshold, area, inside, region_names};

/// A rule on one measurement that decides which nuclei count.
///
/// Written `KEY:LOW..HIGH`. Both ends are inclusive, and either may be omitted. `KEY` is a column of the
/// measurements; a unit in pixels may be omitted. A leading exclamation mark excludes nuclei in the range.
///
/// ```
/// use nucleoscope::nuclei::counted::{Gate, Keep};
///
/// let gate: Gate = "!area:50..400".parse()?;
/// assert_eq!((gate.key.as_str(), gate.minimum, gate.maximum), ("area_px2", Some(50.0), Some(400.0)));
/// assert_eq!(gate.keep, Keep::Outside);
/// assert_eq!(gate.to_string(), "!area_px2:50..400");
/// assert!("size:1..2".parse::<Gate>().unwrap_err().to_string().contains("\"size\""));
/// # Ok::<(), nucleoscope::nuclei::counted::GateError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "GateFields"))]
pub struct Gate {
    /// The column's key, such as `area_px2`.
    pub key: String,
    /// The lower end of the range, inclusive; `None` if the range is open.
    #[cfg_attr(feature = "serde", serde(default))]
    pub minimum: Option<f64>,
    /// The upper end of the range, inclusive; `None` if the range is open.
    #[cfg_attr(feature = "serde", serde(default))]
    pub maximum: Option<f64>,
    /// Whether the nuclei inside or outside the range count.
    #[cfg_attr(feature = "serde", serde(default))]
    pub keep: Keep,
}

/// Which side of a gate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Keep {
    /// Nuclei in the range. A nucleus without a value is never in the range.
    #[default]
    Inside,
    /// Nuclei outside the range, and those without a value.
    Outside,
}

/// Why a gate is invalid.
#[derive(Debug, Clone, PartialEq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum GateError {
    /// The text does not have the form of a gate.
    #[error("\"{text}\" is not a gate")]
    #[diagnostic(
        code("gate/form"),
        help(
            "Write a measurement, a colon and a range, such as area_px2:50..400, circularity:0.8.. or \
                 !touches_edge:1..1."
        )
    )]
    Form {
        /// The text.
        text: String,
    },
    /// There is no such column.
    #[error("there is no measurement called \"{key}\"")]
    #[diagnostic(
        code("gate/unknown-column"),
        help("Take a column of the table of measurements, such as area_px2, circularity or gray_mean.")
    )]
    UnknownColumn {
        /// The key.
        key: String,
    },
    /// An end of the range is not a finite number.
    #[error("\"{text}\" is not a number")]
    #[diagnostic(code("gate/not-a-number"), help("Write numbers with a point, such as 0.8."))]
    NotANumber {
        /// The text.
        text: String,
    },
    /// The range ends before it begins.
    #[error("the range of {key} begins at {minimum} and ends at {maximum}")]
    #[diagnostic(code("gate/reversed"), help("Write the lower end first."))]
    Reversed {
        /// The column's key.
        key: String,
        /// The lower end.
        minimum: f64,
        /// The upper end.
        maximum: f64,
    },
}

impl Gate {
    /// Checks that the gate names a column, and that its ends are finite and in order.
    ///
    /// # Errors
    /// What is wrong with the gate.
    pub fn check(&self) -> Result<(), GateError> {
        if self.key.is_empty() {
            return Err(GateError::Form { text: String::new() });
        }
        for end in [self.minimum, self.maximum].into_iter().flatten() {
            if !end.is_finite() {
                return Err(GateError::NotANumber { text: end.to_string() });
            }
        }
        match (self.minimum, self.maximum) {
            (Some(minimum), Some(maximum)) if minimum > maximum => {
                Err(GateError::Reversed { key: self.key.clone(), minimum, maximum })
            }
            _ => Ok(()),
        }
    }

    /// Whether a nucleus with this value passes. NaN means that there is no value.
    pub fn passes(&self, value: f64) -> bool {
        let is_within = !value.is_nan()
            && self.minimum.is_none_or(|minimum| value >= minimum)
            && self.maximum.is_none_or(|maximum| value <= maximum);
        is_within == (self.keep == Keep::Inside)
    }
}

impl FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || GateError::Form { text: text.to_owned() };
        let rule = text.trim();
        let (rule, keep) =
            rule.strip_prefix('!').map_or((rule, Keep::Inside), |rule| (rule.trim(), Keep::Outside));
        let (key, range) = rule.rsplit_once(':').ok_or_else(form)?;
        let (low, high) = range.split_once("..").ok_or_else(form)?;
        let end = |text: &str| -> Result<Option<f64>, GateError> {
            let text = text.trim();
            if text.is_empty() {
                return Ok(None);
            }
            text.parse().map(Some).map_err(|_| GateError::NotANumber { text: text.to_owned() })
        };
        let key = key.trim();
        let key = column_key(key).ok_or_else(|| GateError::UnknownColumn { key: key.to_owned() })?;
        let gate = Self { key, minimum: end(low)?, maximum: end(high)?, keep };
        gate.check().map(|()| gate)
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |end: Option<f64>| end.map_or_else(String::new, |end| end.to_string());
        let sign = if self.keep == Keep::Outside { "!" } else { "" };
        write!(formatter, "{sign}{}:{}..{}", self.key, end(self.minimum), end(self.maximum))
    }
}

/// The rules for which nuclei of an image count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'a> {
    /// Regions of interest; the whole image if empty.
    pub regions: &'a [Region],
    /// Gates; a nucleus must pass all of them.
    pub gates: &'a [Gate],
}

impl Rules<'_> {
    /// Whether every nucleus counts.
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty() && self.gates.is_empty()
    }
}

/// The nuclei of an image that count.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// Whether each nucleus counts, starting with nucleus 1.
    pub included: Vec<bool>,
    /// Whether each nucleus counts and is positive; `None` without a threshold, and if this image does not have its
    /// column.
    pub positive: Option<Vec<bool>>,
    /// The names of the regions that contain each nucleus ([`region_names`]); `None` if there are no regions.
    pub regions: Option<Vec<String>>,
    /// Number of pixels in which nuclei were counted: those of the regions, or of the whole image.
    pub pixels: usize,
    /// Indices of gates on columns that this image does not have; they have no effect.
    pub unused: Vec<usize>,
}

impl Counted {
    /// Includes every nucleus of an image.
    pub fn all(nuclei: usize, image: Size) -> Self {
        Self {
            included: vec![true; nuclei],
            positive: None,
            regions: None,
            pixels: image.area(),
            unused: Vec::new(),
        }
    }

    /// Number of nuclei that count.
    pub fn count(&self) -> usize {
        self.included.iter().filter(|included| **included).count()
    }

    /// The same nuclei, divided into positive and negative ones by a threshold; `table` is theirs.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::nuclei::counted::{Rules, count};
    /// use nucleoscope::nuclei::{LabelImage, MeasurementTable};
    ///
    /// let labels = LabelImage::from_labels(Size::new(6, 1), vec![1, 0, 2, 2, 0, 3]);
    /// let table = MeasurementTable::new(&labels, &[], None, &[]);
    /// let counted = count(&table, Size::new(6, 1), &Rules::default());
    /// let counted = counted.classified(&table, Some(&"area>=2".parse()?));
    /// assert_eq!(counted.positive, Some(vec![false, true, false]));
    /// # Ok::<(), nucleoscope::nuclei::ThresholdError>(())
    /// ```
    #[must_use]
    pub fn classified(self, table: &MeasurementTable, threshold: Option<&Threshold>) -> Self {
        let values = threshold.and_then(|threshold| Some((threshold, table.column(&threshold.key)?)));
        let positive = values.map(|(threshold, values)| {
            let of_nucleus = |(&included, &value): (&bool, &f64)| included && threshold.is_positive(value);
            self.included.iter().zip(values).map(of_nucleus).collect()
        });
        Self { positive, ..self }
    }

    /// Number of positive nuclei; `None` if nuclei are not classified.
    pub fn positive_count(&self) -> Option<usize> {
        Some(self.positive.as_ref()?.iter().filter(|positive| **positive).count())
    }

    /// Whether all nuclei count.
    pub fn is_all(&self) -> bool {
        self.included.iter().all(|included| *included)
    }
}

/// Determines which nuclei of an image count; `table` has one row per nucleus.
pub fn count(table: &MeasurementTable, image: Size, rules: &Rules) -> Counted {
    let centroids = centroids(table);
    let mut included = inside(&centroids, rules.regions);
    let mut unused = Vec::new();
    for (place, gate) in rules.gates.iter().enumerate() {
        match table.column(&gate.key) {
            Some(values) => {
                included
                    .iter_mut()
                    .zip(values)
                    .for_each(|(included, &value)| *included &= gate.passes(value));
            }
            None => unused.push(place),
        }
    }
    let regions = (!rules.regions.is_empty()).then(|| region_names(&centroids, rules.regions));
    Counted { included, positive: None, regions, pixels: area(image, rules.regions), unused }
}

/// Centroids in image coordinates. Those in the table are half a pixel less, because there the centre of a
/// pixel has whole coordinates.
fn centroids(table: &MeasurementTable) -> Vec<Point> {
    let column = |key| table.column(key).unwrap_or_default();
    let pairs = column("centroid_x_px").iter().zip(column("centroid_y_px"));
    pairs.map(|(x, y)| Point::new(x + 0.5, y + 0.5)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::nuclei::LabelImage;

    fn table() -> MeasurementTable {
        // Areas 1, 2, 3; the last has no neighbour nearer than 3 pixels.
        MeasurementTable::new(
            &LabelImage::from_labels(Size::new(9, 1), vec![1, 0, 2, 2, 0, 0, 3, 3, 3]),
            &[],
            None,
            &[],
        )
    }

    fn included(regions: &[Region], gates: &[&str]) -> Vec<bool> {
        let gates: Vec<Gate> = gates.iter().map(|gate| gate.parse().unwrap()).collect();
        count(&table(), Size::new(9, 1), &Rules { regions, gates: &gates }).included
    }

    #[test]
    fn a_gate_keeps_what_is_inside_or_outside_both_ends_included() {
        assert_eq!(included(&[], &[]), [true, true, true]);
        assert_eq!(included(&[], &["area_px2:2..3"]), [false, true, true]);
        assert_eq!(included(&[], &["area:..2"]), [true, true, false]);
        assert_eq!(included(&[], &["!area:2..2"]), [true, false, true]);
        assert_eq!(included(&[], &["area:2..", "!area:3.."]), [false, true, false]);
    }

    #[test]
    fn a_gate_that_leaves_a_range_out_keeps_nothing_outside_the_regions() {
        let left = Region::rectangle(0.0, 0.0, 4.5, 1.0);
        assert_eq!(included(&[left], &["!area:1..1"]), [false, true, false]);
    }

    #[test]
    fn what_has_no_value_is_in_no_range() {
        let alone = MeasurementTable::new(&LabelImage::from_labels(Size::new(1, 1), vec![1]), &[], None, &[]);
        for (gate, passes) in [("nearest_neighbour:0..9", false), ("!nearest_neighbour:0..9", true)] {
            let rules = Rules { regions: &[], gates: &[gate.parse().unwrap()] };
            assert_eq!(count(&alone, Size::new(1, 1), &rules).included, [passes], "{gate}");
        }
    }

    #[test]
    fn a_gate_on_a_column_that_the_image_lacks_is_told() {
        let gates = ["red_mean:1..".parse().unwrap(), "area:2..".parse().unwrap()];
        let counted = count(&table(), Size::new(9, 1), &Rules { regions: &[], gates: &gates });
        assert_eq!((counted.count(), counted.unused), (2, vec![0]));
    }

    #[test]
    fn what_is_no_gate_is_refused() {
        for (text, code) in [
            ("area", "gate/form"),
            ("area:50", "gate/form"),
            ("size:1..2", "gate/unknown-column"),
            ("area:a..2", "gate/not-a-number"),
            ("area:..inf", "gate/not-a-number"),
            ("area:3..2", "gate/reversed"),
        ] {
            assert_eq!(text.parse::<Gate>().unwrap_err().code(), code, "{text}");
        }
        let gate: Gate = serde_json::from_str(r#"{"key":"area_px2","minimum":3,"maximum":null}"#).unwrap();
        assert_eq!(gate, "area:3..".parse().unwrap());
    }
}
