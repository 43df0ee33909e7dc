//! The Bowl's score of an image, and the ground truth it is computed with.

use nucleoscope::dsb2018::run_length::{self, Mask, RunLengthError};
use nucleoscope::dsb2018::score::{Counts, ImageScore, THRESHOLDS};
use nucleoscope::geometry::Size;
use nucleoscope::nuclei::LabelImage;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::arrays::values;
use crate::error::{refused, thrown};

/// The score of the nuclei of one image against the ground truth: the metric of the 2018 Data Science Bowl.
///
/// `float(score)` is the score itself.
#[pyclass(frozen, module = "nucleoscope")]
pub(crate) struct Score(pub ImageScore);

#[pymethods]
impl Score {
    /// Mean precision over the ten thresholds of intersection over union from 0.5 to 0.95; from 0 to 1.
    #[getter]
    fn score(&self) -> f64 {
        self.0.score
    }

    /// The precision at threshold 0.5: true positives divided by the sum of true positives, false positives and false
    /// negatives.
    #[getter]
    fn average_precision_50(&self) -> f64 {
        self.0.average_precision_50
    }

    /// The precision at threshold 0.75.
    #[getter]
    fn average_precision_75(&self) -> f64 {
        self.0.average_precision_75
    }

    /// The number of true nuclei that were found, at threshold 0.5.
    #[getter]
    fn true_positives(&self) -> u64 {
        self.0.counts[0].true_positives
    }

    /// The number of found nuclei that match no true one, at threshold 0.5.
    #[getter]
    fn false_positives(&self) -> u64 {
        self.0.counts[0].false_positives
    }

    /// The number of true nuclei that were not found, at threshold 0.5.
    #[getter]
    fn false_negatives(&self) -> u64 {
        self.0.counts[0].false_negatives
    }

    /// Each threshold of intersection over union, with the precision at it.
    #[getter]
    fn precision(&self) -> Vec<(f64, f64)> {
        let of = |(percent, counts): (u8, &Counts)| (f64::from(percent) / 100.0, counts.precision());
        THRESHOLDS.into_iter().zip(&self.0.counts).map(of).collect()
    }

    fn __float__(&self) -> f64 {
        self.0.score
    }

    fn __repr__(&self) -> String {
        let found = &self.0.counts[0];
        format!(
            "Score({:.4}, true_positives={}, false_positives={}, false_negatives={})",
            self.0.score, found.true_positives, found.false_positives, found.false_negatives
        )
    }
}

/// The true nuclei: a label image, a list of masks as arrays, or a list of run lengths.
pub(crate) fn truth(truth: &Bound<'_, PyAny>, size: Size) -> PyResult<Vec<Mask>> {
    let py = truth.py();
    let numpy = py.import("numpy")?;
    let shape_of = |array: &Bound<'_, PyAny>| -> PyResult<Vec<usize>> { array.getattr("shape")?.extract() };
    let is_array = truth.hasattr("__array__")?;
    if is_array && shape_of(&numpy.call_method1("asarray", (truth,))?)?.len() == 2 {
        let labels = plane(truth, "uint32", size)?;
        let labels = values::<u32>(&labels)?;
        return Ok(run_length::encode(&LabelImage::from_labels(size, labels.to_vec())));
    }
    let mut masks = Vec::new();
    for mask in truth.try_iter()? {
        let mask = mask?;
        if mask.is_instance_of::<PyString>() {
            let text: String = mask.extract()?;
            let parsed: Mask = text.parse().map_err(|error: RunLengthError| thrown(py, &error))?;
            parsed.check(size).map_err(|error| thrown(py, &error))?;
            masks.push(parsed);
            continue;
        }
        let inside = plane(&numpy.call_method1("not_equal", (mask, 0))?, "uint8", size)?;
        let inside: Vec<bool> = values::<u8>(&inside)?.iter().map(|&value| value != 0).collect();
        masks.extend(Mask::of_pixels(size, &inside));
    }
    Ok(masks)
}

/// A plane of integers of the image's size.
fn plane<'py>(given: &Bound<'py, PyAny>, dtype: &str, size: Size) -> PyResult<Bound<'py, PyAny>> {
    let py = given.py();
    let numpy = py.import("numpy")?;
    let array = numpy.call_method1("asarray", (given,))?;
    let shape: Vec<usize> = array.getattr("shape")?.extract()?;
    if shape != [size.height, size.width] {
        let message = format!("the ground truth has the shape {shape:?}");
        let help = format!("The image has {} rows and {} columns.", size.height, size.width);
        return Err(refused(py, &message, &help));
    }
    let kind: char = array.getattr("dtype")?.getattr("kind")?.extract()?;
    if !matches!(kind, 'b' | 'u' | 'i') {
        return Err(refused(py, "the ground truth is not an array of integers", "Convert it with astype."));
    }
    numpy.call_method1("require", (array, dtype, "CA"))
}
