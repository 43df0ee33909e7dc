//! `nucleoscope.segment`, and example images.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::OnceLock;

use nucleoscope::diagnostic::{Warning, guarded};
use nucleoscope::image::{Limits, Samples};
use nucleoscope::nuclei::counted::{Counted, Gate, Rules, count};
use nucleoscope::nuclei::{LabelImage, Region};
use nucleoscope::segment::Progress;
use nucleoscope::synthetic::{FieldOptions, Modality, field};
use nucleoscope::{Error, InFile, Segmenter};
use numpy::ndarray::{Ix2, IxDyn};
use numpy::{IntoPyArray, PyArrayMethods};
use pyo3::prelude::*;

use crate::arrays::Array;
use crate::error::{raised, refused};
use crate::hints::{Given, ImageLike, NumbersByName, Report};
use crate::input;
use crate::model;
use crate::nuclei::Nuclei;
use crate::options::{self, ChannelArgument, Regions, Sides};

/// Finds the nuclei in an image.
///
/// `image` is the path of a file, the bytes of a file, or an array: grayscale (y, x), colour (y, x, 3), or any other order
/// described by `axes`, one letter for each axis: T (time), Z (slices), C (channels), Y (rows), X (columns), S (red, green,
/// blue). Arrays of uint8, uint16 and float32 in C order are not copied; bool becomes uint8, all other numbers become
/// float32, and other orders in memory are copied. While a call runs, its array must not be changed. NaN and infinite values
/// are background.
///
/// The result is that of the command line, bit for bit. Other Python threads run meanwhile, and calls from several threads
/// use several processors; all share one loaded model.
///
/// Arguments:
///     model: path of a model of your own; by default, the one in the package.
///     diameter: diameter of a typical nucleus in pixels; by default, it is estimated.
///     pixel_size: side of a pixel in µm, or its width and height; by default, that of the file.
///     axes: the order of the axes of an array.
///     channel: number (from 0) or name of the channel to segment; by default, the one whose name indicates nuclei, or else
///         the first.
///     channel_names: names of the channels of an array with an axis C.
///     slice: slice of a z-stack, from 0; by default, the maximum projection.
///     frame: frame of a time series, from 0; by default, the first.
///     settings: changes to the settings of the watershed, such as {"minimum_area": 50}; see `default_settings`.
///     regions: path of a GeoJSON file, or a list of polygons as (n, 2) arrays of (x, y) in pixels; only nuclei whose centroid
///         is in one of them count.
///     gates: rules such as "area_px2:50..400"; only nuclei that pass all of them count.
///     cell_expansion: distance by which nuclei are expanded to measure cells, in µm if the pixel size is known, otherwise in
///         pixels.
///     block: process images of more than this many pixels squared in blocks of at most that side, as is done for
///         more than 4096 × 4096; at least 320.
///     progress: called with the amount of finished work and the total; an exception in it ends the call.
///
/// Every error is a `NucleoscopeError` with `code`, `help` and `file`.
///
/// >>> import nucleoscope
/// >>> image, truth = nucleoscope.example(nuclei=20)
/// >>> nucleoscope.segment(image, settings={"minimum_area": 50}).count
/// 20
#[pyfunction]
#[pyo3(signature = (
    image, *, model=None, diameter=None, pixel_size=None, axes=None, channel=None, channel_names=None, slice=None,
    frame=None, settings=None, regions=None, gates=None, cell_expansion=0.0, block=None, progress=None,
))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
pub(crate) fn segment(
    py: Python<'_>,
    image: Given<'_, ImageLike>,
    model: Option<PathBuf>,
    diameter: Option<f32>,
    pixel_size: Option<Sides>,
    axes: Option<&str>,
    channel: Option<ChannelArgument>,
    channel_names: Option<Vec<String>>,
    slice: Option<usize>,
    frame: Option<usize>,
    settings: Option<Given<'_, NumbersByName>>,
    regions: Option<Regions>,
    gates: Option<Vec<String>>,
    cell_expansion: f64,
    block: Option<usize>,
    progress: Option<Given<'_, Report>>,
) -> PyResult<Nuclei> {
    let settings = options::settings(py, diameter, settings.map(|given| given.object))?;
    let given_pixel_size = options::pixel_size(py, pixel_size)?;
    let regions = options::regions(py, regions)?;
    let gates = options::gates(py, &gates.unwrap_or_default())?;
    let cell_expansion = options::cell_expansion(py, cell_expansion)?;
    let sizes = options::sizes(py, block)?;
    let mut selection = options::selection(channel, slice, frame);
    let source = input::source(&image.object, axes, channel_names, &mut selection)?;

    let progress = progress.map(|given| given.object.unbind());
    let mut failure = None;
    let mut report = |done: Progress| match Python::attach(|py| tell(py, progress.as_ref(), done)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    };
    let name = source.name();
    let work = || {
        let network = model::load(model.as_deref())?;
        let opened = source.open(&selection)?;
        let segmenter = Segmenter::new(network).with_settings(settings).with_sizes(sizes);
        let found = segmenter.segment_with(&opened.image, &mut report);
        let found = found.map_err(|error| error.in_file(&name))?;
        let nuclei = Nuclei {
            counted: Counted::all(found.labels.count() as usize, found.labels.size()),
            found: found.labels,
            kept: None,
            table: OnceLock::new(),
            channels: opened.channels,
            typical_diameter: found.diameter,
            network_scale: found.scale,
            size_of_pixel: given_pixel_size.or(opened.info.pixel_size),
            cell_expansion,
            name: name.clone(),
            all_warnings: opened.info.warnings,
        };
        Ok(counting_only(nuclei, &regions, &gates))
    };
    let nuclei: Result<Nuclei, Error> = py.detach(|| guarded(&name, work));
    match failure {
        Some(failure) => Err(failure),
        None => nuclei.map_err(|error| raised(py, &error)),
    }
}

/// Reports progress and handles signals, such as that of Ctrl-C.
fn tell(py: Python<'_>, progress: Option<&Py<PyAny>>, done: Progress) -> PyResult<()> {
    py.check_signals()?;
    if let Some(progress) = progress {
        progress.call1(py, done.of_all_passes())?;
    }
    Ok(())
}

/// The same nuclei, of which only those in the regions that pass the gates count.
pub(crate) fn counting_only(mut nuclei: Nuclei, regions: &[Region], gates: &[Gate]) -> Nuclei {
    let rules = Rules { regions, gates };
    if rules.is_empty() {
        return nuclei;
    }
    nuclei.counted = count(nuclei.table(), nuclei.found.size(), &rules);
    if !nuclei.counted.is_all() {
        nuclei.kept = Some(kept(&nuclei.found, &nuclei.counted.included));
    }
    let unused = nuclei.counted.unused.iter().filter_map(|&gate| gates.get(gate));
    let warning = |gate: &Gate| {
        let message = format!("the gate {gate} is not used: there is no such measurement");
        Warning::new("gate/unused", message, "Name a column of the measurements, or leave the gate out.")
    };
    nuclei.all_warnings.extend(unused.map(warning));
    nuclei
}

/// The labels of the included nuclei, which keep their numbers.
fn kept(labels: &LabelImage, included: &[bool]) -> Vec<u32> {
    let is_kept = |label: u32| label != 0 && included.get(label as usize - 1) == Some(&true);
    labels.as_slice().iter().map(|&label| if is_kept(label) { label } else { 0 }).collect()
}

/// An example image with its true nuclei, for trying things out: the image (uint8; (y, x), or (y, x, 3) if it is
/// stained), and the label image (uint32; (y, x)).
///
/// The same arguments give the same image: `nuclei` with a mean `diameter` in pixels, fewer if there is no room for them.
///
/// >>> import nucleoscope
/// >>> image, truth = nucleoscope.example(seed=3, width=300, height=200)
/// >>> image.shape, truth.shape
/// ((200, 300), (200, 300))
#[pyfunction]
#[pyo3(signature = (seed=1, *, width=256, height=256, nuclei=24, diameter=24, stained=false))]
pub(crate) fn example<'py>(
    py: Python<'py>,
    seed: u64,
    width: usize,
    height: usize,
    nuclei: usize,
    diameter: usize,
    stained: bool,
) -> PyResult<(Array<'py, u8, IxDyn>, Array<'py, u32, Ix2>)> {
    let maximum = Limits::default().maximum_pixels;
    let pixels = (width as u64).checked_mul(height as u64).filter(|&pixels| pixels > 0 && pixels <= maximum);
    if pixels.is_none() || diameter == 0 {
        let help = format!("Give numbers above 0, and at most {maximum} pixels.");
        return Err(refused(py, "there is no example image of this size", &help));
    }
    let modality = if stained { Modality::Stained } else { Modality::Fluorescence };
    let options = FieldOptions { seed, width, height, nuclei, diameter, modality, ..Default::default() };
    let drawn = py.detach(|| field(&options));
    let values = match drawn.image.samples() {
        Samples::U8(values) => values.to_vec(),
        Samples::U16(values) => values.iter().map(|value| (value >> 8) as u8).collect(),
        Samples::F32(values) => values.iter().map(|value| *value as u8).collect(),
    };
    let shape = if drawn.image.channels() == 1 { vec![height, width] } else { vec![height, width, 3] };
    let image = values.into_pyarray(py).reshape(IxDyn(&shape))?;
    let truth = drawn.truth.as_slice().to_vec().into_pyarray(py).reshape([height, width])?;
    Ok((Array(image), Array(truth)))
}
