//! The image that a caller passes: a path, the bytes of a file, or an array.

use std::path::PathBuf;

use nucleoscope::geometry::Size;
use nucleoscope::image::{self, ImageError, Limits, Opened, Samples, Selection, Slice};
use nucleoscope::{Error, InFile};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};

use crate::arrays::values;
use crate::error::{ARRAY, BYTES, raised, refused};

/// An image that has not been opened.
pub(crate) enum Source {
    File(PathBuf),
    Bytes(PyBackedBytes),
    /// A grayscale image with 1 channel, or a colour image with 3, channels last.
    Image {
        size: Size,
        channels: usize,
        samples: Samples,
    },
    /// Named grayscale channels.
    Channels {
        size: Size,
        planes: Vec<(String, Samples)>,
    },
}

impl Source {
    /// What errors call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bytes(_) => BYTES.to_owned(),
            Self::Image { .. } | Self::Channels { .. } => ARRAY.to_owned(),
        }
    }

    /// The planes of an array; none of a file.
    pub(crate) fn planes(&self) -> impl Iterator<Item = &Samples> {
        let (image, channels) = match self {
            Self::Image { samples, .. } => (Some(samples), &[][..]),
            Self::Channels { planes, .. } => (None, &**planes),
            Self::File(_) | Self::Bytes(_) => (None, &[][..]),
        };
        image.into_iter().chain(channels.iter().map(|(_, samples)| samples))
    }

    /// The same, to be changed.
    pub(crate) fn planes_mut(&mut self) -> impl Iterator<Item = &mut Samples> {
        let (image, channels) = match self {
            Self::Image { samples, .. } => (Some(samples), &mut [][..]),
            Self::Channels { planes, .. } => (None, &mut **planes),
            Self::File(_) | Self::Bytes(_) => (None, &mut [][..]),
        };
        image.into_iter().chain(channels.iter_mut().map(|(_, samples)| samples))
    }

    /// Reads and decodes it. The caller need not be attached to the Python interpreter.
    pub(crate) fn open(self, selection: &Selection) -> Result<Opened, Error> {
        let name = self.name();
        let opened = match self {
            Self::File(path) => {
                let bytes = std::fs::read(&path).map_err(|error| Error::io(error, &name))?;
                image::open(&bytes, selection, Limits::default())
            }
            Self::Bytes(bytes) => image::open(&bytes, selection, Limits::default()),
            Self::Image { size, channels, samples } => {
                Opened::from_samples(size, channels, samples, selection)
            }
            Self::Channels { size, planes } => Opened::from_channels(size, planes, selection),
        };
        opened.map_err(|error| error.in_file(name))
    }
}

/// Determines what was passed. The selection of a slice and a frame is applied to an array here, and reset.
pub(crate) fn source(
    image: &Bound<'_, PyAny>,
    axes: Option<&str>,
    channel_names: Option<Vec<String>>,
    selection: &mut Selection,
) -> PyResult<Source> {
    let py = image.py();
    let is_path = image.is_instance_of::<PyString>() || image.hasattr("__fspath__")?;
    if !is_path && !image.is_instance_of::<PyBytes>() {
        return Array::new(image, axes)?.source(channel_names, selection);
    }
    if axes.is_some() || channel_names.is_some() {
        let help = "Leave out axes and channel_names: a file describes its own.";
        return Err(refused(py, "these arguments are only for arrays", help));
    }
    Ok(if is_path { Source::File(image.extract()?) } else { Source::Bytes(image.extract()?) })
}

/// The positions of the axes Y and X of an array, and the size of its image.
pub(crate) fn layout(image: &Bound<'_, PyAny>, axes: Option<&str>) -> PyResult<(usize, usize, Size)> {
    let array = Array::new(image, axes)?;
    let size = Size::new(array.length('X')?, array.length('Y')?);
    Ok((array.position('Y').unwrap_or(0), array.position('X').unwrap_or(1), size))
}

/// An array, and the meaning of its axes. All changes except a projection are views.
struct Array<'py> {
    array: Bound<'py, PyAny>,
    /// One of `TZCYXS` for each axis.
    axes: String,
}

impl<'py> Array<'py> {
    fn new(image: &Bound<'py, PyAny>, axes: Option<&str>) -> PyResult<Self> {
        let py = image.py();
        let array = py.import("numpy")?.call_method1("asarray", (image,))?;
        let shape: Vec<usize> = array.getattr("shape")?.extract()?;
        let axes = match (axes, &*shape) {
            (Some(axes), _) => axes.to_uppercase(),
            (None, [_, _]) => "YX".to_owned(),
            (None, [_, _, 3 | 4]) => "YXS".to_owned(),
            _ => {
                let help = "Give axes, one letter for each axis: T (time), Z (slices), C (channels), Y (rows), X \
                            (columns), S (red, green and blue), such as axes=\"CYX\".";
                return Err(refused(
                    py,
                    &format!("the axes of an array of shape {shape:?} are not known"),
                    help,
                ));
            }
        };
        let is_known = axes.chars().all(|axis| "TZCYXS".contains(axis));
        let is_once = |axis: char| axes.matches(axis).count() == 1;
        let is_valid = is_known && axes.chars().all(is_once) && is_once('Y') && is_once('X');
        if !is_valid || axes.len() != shape.len() || (is_once('C') && is_once('S')) {
            let help = "Give each of the letters T, Z, C, Y, X, S at most once, one for each axis, with Y and X, and \
                        not both C and S.";
            let message = format!("the axes {axes:?} do not describe an array of shape {shape:?}");
            return Err(refused(py, &message, help));
        }
        Ok(Self { array, axes })
    }

    fn position(&self, axis: char) -> Option<usize> {
        self.axes.find(axis)
    }

    fn length(&self, axis: char) -> PyResult<usize> {
        let shape: Vec<usize> = self.array.getattr("shape")?.extract()?;
        Ok(self.position(axis).map_or(1, |position| shape[position]))
    }

    /// The same array with an axis moved to another position.
    fn with_axis_at(self, axis: char, position: isize) -> PyResult<Self> {
        let Some(from) = self.position(axis) else { return Ok(self) };
        let numpy = self.array.py().import("numpy")?;
        let array = numpy.call_method1("moveaxis", (&self.array, from, position))?;
        let mut axes = self.axes.replace(axis, "");
        axes.insert(if position < 0 { axes.len() } else { position as usize }, axis);
        Ok(Self { array, axes })
    }

    /// One element of an axis, which disappears.
    fn element(self, axis: char, index: usize) -> PyResult<Self> {
        let moved = self.with_axis_at(axis, 0)?;
        Ok(Self { array: moved.array.get_item(index)?, axes: moved.axes[1..].to_owned() })
    }

    /// The largest values along an axis, which disappears. NaN counts as the smallest value.
    fn maximum(self, axis: char) -> PyResult<Self> {
        let moved = self.with_axis_at(axis, 0)?;
        let maximum = moved.array.py().import("numpy")?.getattr("fmax")?;
        Ok(Self { array: maximum.call_method1("reduce", (&moved.array,))?, axes: moved.axes[1..].to_owned() })
    }

    fn source(mut self, channel_names: Option<Vec<String>>, selection: &mut Selection) -> PyResult<Source> {
        let py = self.array.py();
        if self.position('T').is_some() {
            let (frame, frames) = (std::mem::take(&mut selection.frame), self.length('T')?);
            if frame >= frames {
                return Err(raised(py, &ImageError::NoSuchFrame { frame, frames }.in_file(ARRAY)));
            }
            self = self.element('T', frame)?;
        }
        if self.position('Z').is_some() {
            let slices = self.length('Z')?;
            self = match std::mem::take(&mut selection.slice) {
                Slice::Single(slice) if slice >= slices => {
                    return Err(raised(py, &ImageError::NoSuchSlice { slice, slices }.in_file(ARRAY)));
                }
                Slice::Single(slice) => self.element('Z', slice)?,
                Slice::MaximumProjection => self.maximum('Z')?,
            };
        }
        let size = Size::new(self.length('X')?, self.length('Y')?);
        if self.position('C').is_some() {
            let count = self.length('C')?;
            let names = channel_names
                .unwrap_or_else(|| (1..=count).map(|number| format!("channel {number}")).collect());
            if names.len() != count {
                let help = "Give one name for each channel.";
                let message = format!("there are {count} channels and {} channel names", names.len());
                return Err(refused(py, &message, help));
            }
            let all = self.with_axis_at('C', 0)?;
            let plane = |(number, name)| -> PyResult<_> {
                let array = all.array.get_item(number)?;
                let plane = Array { array, axes: all.axes[1..].to_owned() };
                Ok((name, plane.with_axis_at('Y', 0)?.samples()?))
            };
            let planes = names.into_iter().enumerate().map(plane).collect::<PyResult<_>>()?;
            return Ok(Source::Channels { size, planes });
        }
        if channel_names.is_some() {
            let help = "Leave out channel_names, or give axes with C.";
            return Err(refused(py, "the array has no axis of channels", help));
        }
        let colors = self.length('S')?;
        let mut image = self.with_axis_at('Y', 0)?.with_axis_at('S', -1)?;
        let channels = match colors {
            // Without alpha.
            2 | 4 => colors - 1,
            other => other,
        };
        if channels != colors {
            let visible = pyo3::types::PySlice::new(py, 0, channels as isize, 1);
            image.array = image.array.get_item((py.Ellipsis(), visible))?;
        }
        Ok(Source::Image { size, channels, samples: image.samples()? })
    }

    /// The values, as a file with values of this type would have them: 8 and 16 bits and `float32` are kept, all
    /// others become `float32`. An array that already has the type and the order in memory is not copied.
    fn samples(&self) -> PyResult<Samples> {
        let py = self.array.py();
        let dtype = self.array.getattr("dtype")?;
        let (kind, size) = (dtype.getattr("kind")?.extract::<char>()?, dtype.getattr("itemsize")?.extract()?);
        let require = |dtype: &str| -> PyResult<Bound<'py, PyAny>> {
            py.import("numpy")?.call_method1("require", (&self.array, dtype, "CA"))
        };
        match (kind, size) {
            ('b', _) | ('u', 1usize) => values(&require("uint8")?).map(Samples::U8),
            ('u', 2) => values(&require("uint16")?).map(Samples::U16),
            ('u' | 'i' | 'f', _) => values(&require("float32")?).map(Samples::F32),
            _ => {
                let help = "Convert it with astype to a type of numbers, such as uint8, uint16 or float32.";
                Err(refused(py, &format!("arrays of {dtype} are not images"), help))
            }
        }
    }
}
