//! The threshold that divides the counted nuclei into positive and negative ones.

use std::fmt;
use std::str::FromStr;

use super::table::column_key;

/// A threshold on one measurement: a nucleus is positive if its value is at least `minimum`, and negative if it is
/// less or missing.
///
/// Written `KEY>=VALUE`. `KEY` is a column of the measurements; a unit in pixels may be omitted.
///
/// ```
/// use nucleoscope::nuclei::Threshold;
///
/// let threshold: Threshold = "ki67_mean >= 120.5".parse()?;
/// assert_eq!((threshold.key.as_str(), threshold.minimum), ("ki67_mean", 120.5));
/// assert_eq!(threshold.to_string(), "ki67_mean>=120.5");
/// assert!(threshold.is_positive(120.5) && !threshold.is_positive(f64::NAN));
/// # Ok::<(), nucleoscope::nuclei::ThresholdError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Threshold {
    /// The column's key, such as `ki67_mean`.
    pub key: String,
    /// The smallest value of a positive nucleus.
    pub minimum: f64,
}

/// Why a threshold is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum ThresholdError {
    /// The text does not have the form of a threshold.
    #[error("\"{text}\" is not a threshold")]
    #[diagnostic(
        code("threshold/form"),
        help("Write a measurement, >= and a number, such as gray_mean>=120.")
    )]
    Form {
        /// The text.
        text: String,
    },
    /// There is no such column.
    #[error("there is no measurement called \"{key}\"")]
    #[diagnostic(
        code("threshold/unknown-column"),
        help("Take a column of the table of measurements, such as gray_mean or area_px2.")
    )]
    UnknownColumn {
        /// The key.
        key: String,
    },
    /// The value is not a finite number.
    #[error("\"{text}\" is not a number")]
    #[diagnostic(code("threshold/not-a-number"), help("Write numbers with a point, such as 0.8."))]
    NotANumber {
        /// The text.
        text: String,
    },
}

impl Threshold {
    /// Checks that the threshold names a column, and that its value is finite.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), ThresholdError> {
        if self.key.is_empty() {
            return Err(ThresholdError::Form { text: String::new() });
        }
        if self.minimum.is_finite() {
            Ok(())
        } else {
            Err(ThresholdError::NotANumber { text: self.minimum.to_string() })
        }
    }

    /// Whether a nucleus with this value is positive. NaN means that there is no value.
    pub fn is_positive(&self, value: f64) -> bool {
        value >= self.minimum
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) =
            text.split_once(">=").ok_or_else(|| ThresholdError::Form { text: text.to_owned() })?;
        let (key, value) = (key.trim(), value.trim());
        let key = column_key(key).ok_or_else(|| ThresholdError::UnknownColumn { key: key.to_owned() })?;
        let minimum = value.parse().map_err(|_| ThresholdError::NotANumber { text: value.to_owned() })?;
        let threshold = Self { key, minimum };
        threshold.check().map(|()| threshold)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}>={}", self.key, self.minimum)
    }
}

/// The number of bins of [`otsu`]'s histogram.
const BINS: usize = 256;

/// Otsu's threshold: the centre of the histogram's bin that divides the finite values into two classes with the
/// largest variance between them. `None` if there are no two different values. It is that of scikit-image's
/// `threshold_otsu` for floating-point numbers, with 256 bins.
///
/// ```
/// use nucleoscope::nuclei::otsu;
///
/// let threshold = otsu(&[10.0, 11.0, 12.0, 40.0, 42.0, f64::NAN]).unwrap();
/// assert!((12.0..40.0).contains(&threshold));
/// assert_eq!(otsu(&[3.0, 3.0]), None);
/// ```
pub fn otsu(values: &[f64]) -> Option<f64> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return None;
    }
    let step = span / BINS as f64;
    let edge = |bin: usize| if bin == BINS { high } else { bin as f64 * step + low };
    let centre = |bin: usize| f64::midpoint(edge(bin), edge(bin + 1));
    let mut counts = [0.0; BINS];
    for value in finite() {
        let mut bin = (((value - low) / span * BINS as f64) as usize).min(BINS - 1);
        // Corrects the rounding of the division.
        if value < edge(bin) {
            bin -= 1;
        } else if bin + 1 < BINS && value >= edge(bin + 1) {
            bin += 1;
        }
        counts[bin] += 1.0;
    }
    // Number and sum of the values in each bin and all bins after it.
    let mut after = [(0.0, 0.0); BINS + 1];
    for bin in (0..BINS).rev() {
        let (count, sum) = after[bin + 1];
        after[bin] = (count + counts[bin], sum + counts[bin] * centre(bin));
    }
    let (mut count, mut sum) = (0.0, 0.0);
    let mut best = (f64::NEG_INFINITY, 0);
    for bin in 0..BINS - 1 {
        count += counts[bin];
        sum += counts[bin] * centre(bin);
        let (other_count, other_sum) = after[bin + 1];
        let apart: f64 = sum / count - other_sum / other_count;
        // The product is rounded as in scikit-image, so that the same bin has the largest variance.
        let variance = f64::from(count as f32 * other_count as f32) * apart * apart;
        if variance > best.0 {
            best = (variance, bin);
        }
    }
    Some(centre(best.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;

    #[test]
    fn what_is_no_threshold_is_refused() {
        for (text, code) in [
            ("gray_mean", "threshold/form"),
            ("gray_mean>5", "threshold/form"),
            ("size>=5", "threshold/unknown-column"),
            ("gray_mean>=high", "threshold/not-a-number"),
            ("gray_mean>=inf", "threshold/not-a-number"),
        ] {
            assert_eq!(text.parse::<Threshold>().unwrap_err().code(), code, "{text}");
        }
        assert_eq!("area>=-3".parse::<Threshold>().unwrap().key, "area_px2");
    }

    #[test]
    fn otsu_is_that_of_scikit_image() {
        // skimage.filters.threshold_otsu 0.26
        for (values, threshold) in [
            (&[10.0, 11.0, 12.0, 40.0, 42.0][..], 12.0625),
            (&[0.0, 1.0][..], 0.001953125),
            (
                &[
                    28.16, 9.78, 21.67, 17.73, 18.19, 19.14, 11.92, 19.07, 16.54, 33.29, 20.9, 18.59, 18.87,
                    17.33, 70.5, 76.48, 84.34, 77.85, 88.62, 78.2,
                ][..],
                33.339609375,
            ),
            (
                &[
                    50.9, 74.2, 43.2, 168.6, 41.1, 22.9, 92.6, 53.6, 21.3, 61.5, 34.7, 51.0, 126.6, 57.9,
                    42.5, 76.2, 42.1, 59.4, 81.8, 9.6, 21.2, 82.8, 4.3, 63.8,
                ][..],
                63.66621093749999,
            ),
            (&[-5.5, -5.25, -1.0, 7.0, 7.5, 7.75, 30.0][..], 7.7431640625),
            (&[0.1, 0.2, 0.3, 0.4][..], 0.20019531250000003),
        ] {
            assert_eq!(otsu(values), Some(threshold), "{values:?}");
        }
    }
}
