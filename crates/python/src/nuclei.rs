//! The nuclei of an image: labels, polygons, measurements, run lengths and score.

use std::collections::HashMap;
use std::sync::OnceLock;

use nucleoscope::diagnostic::Warning;
use nucleoscope::dsb2018::run_length::{self, Mask};
use nucleoscope::dsb2018::score::score_image;
use nucleoscope::image::{Channel, PixelSize};
use nucleoscope::nuclei::{self, Counted, LabelImage, MeasurementTable};
use nucleoscope::plain_text::plain;
use numpy::ndarray::{ArrayView2, Ix1, Ix2};
use numpy::{IntoPyArray, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::Array;
use crate::error::{raised, refused};
use crate::hints::{Given, NucleiLike, TableLibrary};
use crate::score::{self, Score};

/// The nuclei of an image, as `segment` finds them.
///
/// Nuclei are numbered from 1. If regions or gates are given, only some nuclei count: `labels`, `count`, `numbers`,
/// `polygons`, `to_rle` and `score` contain those that count, with their numbers, and `measurements` has a column that
/// tells which ones do.
///
/// It keeps the image, which `measurements` needs: the array itself, or the channels of a file. Of many images, keep
/// the results rather than this object.
#[pyclass(frozen, module = "nucleoscope")]
pub(crate) struct Nuclei {
    pub(crate) found: LabelImage,
    /// The labels of the nuclei that count; `None` if all do.
    pub(crate) kept: Option<Vec<u32>>,
    pub(crate) counted: Counted,
    pub(crate) table: OnceLock<MeasurementTable>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) typical_diameter: Option<f32>,
    pub(crate) network_scale: f64,
    pub(crate) size_of_pixel: Option<PixelSize>,
    pub(crate) cell_expansion: f64,
    pub(crate) name: String,
    pub(crate) all_warnings: Vec<Warning>,
}

#[pymethods]
impl Nuclei {
    /// The label image: 0 is background, other values are the numbers of nuclei.
    ///
    /// The shape is (y, x). It is a read-only view of the memory of this object; `labels.copy()` can be changed.
    ///
    /// >>> import nucleoscope
    /// >>> image, truth = nucleoscope.example()
    /// >>> labels = nucleoscope.segment(image).labels
    /// >>> labels.dtype, labels.shape == image.shape
    /// (dtype('uint32'), True)
    #[getter]
    fn labels<'py>(this: &Bound<'py, Self>) -> PyResult<Array<'py, u32, Ix2>> {
        let nuclei = this.get();
        let labels = nuclei.kept.as_deref().unwrap_or(nuclei.found.as_slice());
        let view = ArrayView2::from_shape((nuclei.found.height(), nuclei.found.width()), labels)
            .map_err(|error| refused(this.py(), &error.to_string(), ""))?;
        #[expect(unsafe_code, reason = "NumPy takes a pointer; the alternative is a copy of the label image")]
        // SAFETY: the object is frozen, so the labels are neither changed nor moved while it lives, and the array
        // keeps it alive.
        let array = unsafe { PyArray2::borrow_from_array(&view, this.clone().into_any()) };
        array.call_method1("setflags", (false,))?;
        Ok(Array(array))
    }

    /// The number of nuclei.
    #[getter]
    fn count(&self) -> usize {
        self.counted.count()
    }

    fn __len__(&self) -> usize {
        self.count()
    }

    fn __repr__(&self) -> String {
        let size = self.found.size();
        format!("Nuclei({} in {} pixels of {})", self.count(), size, plain(&self.name))
    }

    /// The numbers of the nuclei in ascending order: their values in `labels`.
    #[getter]
    fn numbers<'py>(&self, py: Python<'py>) -> Array<'py, u32, Ix1> {
        let numbers: Vec<u32> = self.counting((1..).take(self.counted.included.len())).collect();
        Array(numbers.into_pyarray(py))
    }

    /// The outline of each nucleus as an array of shape (n, 2), in the order of `numbers`.
    ///
    /// Each row is a corner of a pixel as (x, y): x to the right from 0 to the width, y down from 0 to the height, so the
    /// upper left pixel covers 0 to 1 in both directions. Only corners where the line turns are listed, and the last is
    /// connected to the first; on screen, the line runs clockwise. Of a nucleus in several parts, it is the outline of
    /// the largest one; holes are left out.
    ///
    /// >>> import nucleoscope
    /// >>> image, truth = nucleoscope.example()
    /// >>> nuclei = nucleoscope.segment(image)
    /// >>> len(nuclei.polygons()) == nuclei.count
    /// True
    fn polygons<'py>(&self, py: Python<'py>) -> PyResult<Vec<Array<'py, i32, Ix2>>> {
        let polygons = py.detach(|| nuclei::polygons(&self.found));
        let outline = |parts: Vec<nuclei::Polygon>| {
            let shells = parts.into_iter().map(|part| part.shell);
            let shell = shells.max_by_key(|shell| doubled_area(shell)).unwrap_or_default();
            let corners: Vec<i32> =
                shell.into_iter().flat_map(|corner| [corner.x as i32, corner.y as i32]).collect();
            let rows = corners.len() / 2;
            Ok(Array(corners.into_pyarray(py).reshape([rows, 2])?))
        };
        self.counting(polygons.into_iter()).map(outline).collect()
    }

    /// The measurements of every nucleus, one row for each, as scikit-image defines them.
    ///
    /// The columns are those of nuclei.csv: `nucleus` (the number), `included` (whether it counts), `edited` (false), `region`
    /// if there are regions, and then shapes, positions and intensities in every channel, in pixels and, with the pixel
    /// size, in µm. Coordinates of centroids are those of pixel centres: the first pixel is at 0.
    ///
    /// `as_` is "pandas" (the default), "polars" or "dict", which gives NumPy arrays by the names of their columns. pandas
    /// and Polars have to be installed.
    ///
    /// >>> import nucleoscope
    /// >>> image, truth = nucleoscope.example()
    /// >>> table = nucleoscope.segment(image).measurements(as_="dict")
    /// >>> bool(table["area_px2"].min() >= 25)
    /// True
    #[pyo3(signature = (as_=None))]
    fn measurements<'py>(
        &self,
        py: Python<'py>,
        as_: Option<Given<'py, TableLibrary>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let given: Option<String> = as_.map(|given| given.object.extract()).transpose()?;
        let as_ = given.as_deref().unwrap_or("pandas");
        let make = match as_ {
            "pandas" | "polars" => Some(py.import(as_).map_err(|_| missing(as_))?.getattr("DataFrame")?),
            "dict" => None,
            _ => {
                let help = "Give \"pandas\", \"polars\" or \"dict\".";
                return Err(refused(py, &format!("there are no measurements as {as_:?}"), help));
            }
        };
        let columns = self.columns(py)?;
        match make {
            Some(make) => make.call1((columns,)),
            None => Ok(columns.into_any()),
        }
    }

    /// The run lengths of each nucleus in the format of the 2018 Data Science Bowl, in the order of `numbers`.
    ///
    /// "start length start length …", where pixels are numbered from 1, down each column and then to the right.
    fn to_rle(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.masks().iter().map(ToString::to_string).collect())
    }

    /// The Bowl's score of the nuclei against the true ones.
    ///
    /// The ground truth is a label image of shape (y, x), or a list of masks: arrays of that shape that are not 0 inside a
    /// nucleus, or run lengths as `to_rle` gives them.
    ///
    /// >>> import nucleoscope
    /// >>> image, truth = nucleoscope.example()
    /// >>> score = nucleoscope.segment(image).score(truth)
    /// >>> float(score) > 0.8, score.false_positives
    /// (True, 0)
    fn score(&self, py: Python<'_>, truth: Given<'_, NucleiLike>) -> PyResult<Score> {
        let truth = score::truth(&truth.object, self.found.size())?;
        Ok(Score(py.detach(|| score_image(&truth, &self.masks()))))
    }

    /// The diameter of a typical nucleus in pixels; `None` if there are none.
    #[getter]
    fn diameter(&self) -> Option<f32> {
        self.typical_diameter
    }

    /// The factor by which the image was resized for the network.
    #[getter]
    fn scale(&self) -> f64 {
        self.network_scale
    }

    /// The width and the height of a pixel in µm; `None` if they are not known.
    #[getter]
    fn pixel_size(&self) -> Option<(f64, f64)> {
        self.size_of_pixel.map(|size| (size.x, size.y))
    }

    /// The names of the channels that are measured.
    #[getter]
    fn channels(&self) -> Vec<&str> {
        self.channels.iter().map(|channel| channel.name.as_str()).collect()
    }

    /// What was assumed, repaired or left out: `code`, `message` and `help` of each.
    #[getter]
    fn warnings(&self) -> Vec<HashMap<&str, &str>> {
        let warnings = self.all_warnings.iter();
        warnings
            .map(|Warning { code, message, help }| {
                HashMap::from([("code", &**code), ("message", &**message), ("help", &**help)])
            })
            .collect()
    }
}

impl Nuclei {
    /// Those of one value for each nucleus whose nucleus counts.
    fn counting<T>(&self, values: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        values.zip(&self.counted.included).filter(|(_, included)| **included).map(|(value, _)| value)
    }

    fn masks(&self) -> Vec<Mask> {
        self.counting(run_length::encode(&self.found).into_iter()).collect()
    }

    /// The measurements; they are made once.
    pub(crate) fn table(&self) -> &MeasurementTable {
        self.table.get_or_init(|| {
            let Self { found, channels, size_of_pixel, .. } = self;
            MeasurementTable::new(found, channels, *size_of_pixel, &[]).with_cells(
                found,
                channels,
                *size_of_pixel,
                self.cell_expansion,
            )
        })
    }

    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let work = || nucleoscope::diagnostic::guarded(&self.name, || Ok(self.table()));
        let table = py.detach(work).map_err(|error| raised(py, &error))?;
        let columns = PyDict::new(py);
        let numbers: Vec<i64> = (1..).take(table.rows).collect();
        columns.set_item("nucleus", numbers.into_pyarray(py))?;
        columns.set_item("included", self.counted.included.clone().into_pyarray(py))?;
        columns.set_item("edited", vec![false; table.rows].into_pyarray(py))?;
        if let Some(regions) = &self.counted.regions {
            columns.set_item("region", py.import("numpy")?.call_method1("array", (regions,))?)?;
        }
        for column in &table.columns {
            let values = table.column(&column.key).filter(|_| !columns.contains(&column.key).unwrap_or(true));
            if let Some(values) = values {
                columns.set_item(&column.key, values.to_vec().into_pyarray(py))?;
            }
        }
        Ok(columns)
    }
}

fn missing(library: &str) -> PyErr {
    PyImportError::new_err(format!(
        "{library} is not installed: install it with `pip install {library}`, or call measurements(as_=\"dict\")"
    ))
}

/// Twice the area inside a closed line.
fn doubled_area(corners: &[nucleoscope::geometry::Point<u32>]) -> i64 {
    let next = corners.iter().cycle().skip(1);
    let cross = |(from, to): (&nucleoscope::geometry::Point<u32>, &nucleoscope::geometry::Point<u32>)| {
        i64::from(from.x) * i64::from(to.y) - i64::from(to.x) * i64::from(from.y)
    };
    corners.iter().zip(next).map(cross).sum()
}
