//! Summary of an image's counted nuclei: count, density, and mean and standard deviation of each measurement.

use std::borrow::Cow;

use crate::image::PixelSize;
use crate::nuclei::MeasurementTable;
use crate::nuclei::counted::Counted;
use crate::nuclei::table::Column;

/// Count, mean and spread of a set of values.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Moments {
    /// Number of values.
    pub count: usize,
    /// Mean; NaN if there are no values.
    pub mean: f64,
    /// Sum of the squared deviations from the mean.
    pub squares: f64,
}

impl Moments {
    /// Computes the moments of the finite values.
    ///
    /// ```
    /// use nucleoscope::nuclei::summary::Moments;
    ///
    /// let moments = Moments::of([2.0, f64::NAN, 4.0, 6.0].into_iter());
    /// assert_eq!((moments.count, moments.mean, moments.standard_deviation()), (3, 4.0, 2.0));
    /// assert!(Moments::of([3.0].into_iter()).standard_deviation().is_nan());
    /// ```
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let (mut count, mut sum) = (0, 0.0);
        for value in finite.clone() {
            count += 1;
            sum += value;
        }
        let mean = if count == 0 { f64::NAN } else { sum / count as f64 };
        let squares = finite.map(|value| (value - mean) * (value - mean)).sum();
        Self { count, mean, squares }
    }

    /// Sample standard deviation (divided by n - 1); NaN for fewer than two values.
    pub fn standard_deviation(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { (self.squares / (self.count - 1) as f64).sqrt() }
    }
}

/// Summary of one measurement of the counted nuclei.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ColumnSummary<'a> {
    /// The measurement's column.
    pub column: Cow<'a, Column>,
    /// Count, mean and spread of its values.
    pub moments: Moments,
}

/// Summary of an image's nuclei.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "NucleiSummary"))]
pub struct Summary<'a> {
    /// Number of nuclei.
    pub nuclei: usize,
    /// Number of nuclei that count.
    pub included: usize,
    /// Number of positive nuclei among those that count; `None` if nuclei are not classified.
    pub positive: Option<usize>,
    /// Number of pixels in which nuclei were counted.
    pub pixels: usize,
    /// The same area in mm²; `None` if the pixel size is unknown.
    pub square_millimetres: Option<f64>,
    /// Every measurement of the counted nuclei.
    pub columns: Vec<ColumnSummary<'a>>,
}

impl<'a> Summary<'a> {
    /// Summarizes an image; `counted` refers to the nuclei of `table`.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::nuclei::counted::{Rules, count};
    /// use nucleoscope::nuclei::MeasurementTable;
    /// use nucleoscope::image::PixelSize;
    /// use nucleoscope::nuclei::LabelImage;
    /// use nucleoscope::nuclei::summary::Summary;
    ///
    /// let labels = LabelImage::from_labels(Size::new(4, 1), vec![1, 0, 2, 2]);
    /// let table = MeasurementTable::new(&labels, &[], None, &[]);
    /// let gates = ["area:2..".parse()?];
    /// let counted = count(&table, Size::new(4, 1), &Rules { regions: &[], gates: &gates });
    /// let summary = Summary::new(&table, &counted, PixelSize::new(500.0, 500.0));
    /// assert_eq!((summary.nuclei, summary.included), (2, 1));
    /// assert_eq!(summary.per_square_millimetre(), Some(1.0));
    /// # Ok::<(), nucleoscope::nuclei::counted::GateError>(())
    /// ```
    pub fn new(table: &'a MeasurementTable, counted: &Counted, pixel_size: Option<PixelSize>) -> Self {
        let column = |(place, column): (usize, &'a Column)| {
            let values = table.values.get(place * table.rows..(place + 1) * table.rows).unwrap_or_default();
            let kept = values.iter().zip(&counted.included).filter(|(_, included)| **included);
            ColumnSummary {
                column: Cow::Borrowed(column),
                moments: Moments::of(kept.map(|(value, _)| *value)),
            }
        };
        Self {
            nuclei: table.rows,
            included: counted.count(),
            positive: counted.positive_count(),
            pixels: counted.pixels,
            square_millimetres: pixel_size.map(|size| counted.pixels as f64 * size.x * size.y / 1e6),
            columns: table.columns.iter().enumerate().map(column).collect(),
        }
    }

    /// Positive nuclei as a percentage of those that count; `None` if none counts or nuclei are not classified.
    pub fn positive_percent(&self) -> Option<f64> {
        let positive = self.positive.filter(|_| self.included > 0)?;
        Some(positive as f64 / self.included as f64 * 100.0)
    }

    /// Counted nuclei per mm²; `None` if the area is 0 or the pixel size is unknown.
    pub fn per_square_millimetre(&self) -> Option<f64> {
        self.square_millimetres.filter(|area| *area > 0.0).map(|area| self.included as f64 / area)
    }

    /// Counted nuclei per million pixels; `None` if the area is 0.
    pub fn per_megapixel(&self) -> Option<f64> {
        (self.pixels > 0).then(|| self.included as f64 / self.pixels as f64 * 1e6)
    }
}
