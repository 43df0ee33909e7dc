//! The steps of a segmentation in blocks, which `nucleoscope.dask` runs in different processes.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::OnceLock;

use nucleoscope::diagnostic::guarded;
use nucleoscope::geometry::{Point, Size};
use nucleoscope::image::{Image, ImagePart, Levels, PixelSize, Samples, Selection};
use nucleoscope::network::{ModelMetadata, Network};
use nucleoscope::nuclei::Region;
use nucleoscope::nuclei::counted::{Counted, Gate};
use nucleoscope::segment::tiled::{Assembly, BlockNuclei, Plan, Sizes};
use nucleoscope::segment::{Settings, typical_diameter};
use nucleoscope::{Error, InFile, Segmenter};
use numpy::IntoPyArray;
use numpy::ndarray::Ix1;
use pyo3::prelude::*;

use crate::arrays::{Array, values};
use crate::error::{ARRAY, raised, refused};
use crate::input::{self, Source};
use crate::model;
use crate::nuclei::Nuclei;
use crate::options::{self, ChannelArgument, Regions, Sides};
use crate::segment::counting_only;

/// The arguments of `segment` in a dictionary, without the image and the progress callback.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options<'py> {
    axes: Option<String>,
    #[pyo3(default)]
    model: Option<PathBuf>,
    #[pyo3(default)]
    diameter: Option<f32>,
    #[pyo3(default)]
    pixel_size: Option<Sides>,
    #[pyo3(default)]
    channel: Option<ChannelArgument>,
    #[pyo3(default)]
    channel_names: Option<Vec<String>>,
    #[pyo3(default)]
    slice: Option<usize>,
    #[pyo3(default)]
    frame: Option<usize>,
    #[pyo3(default)]
    settings: Option<Bound<'py, PyAny>>,
    #[pyo3(default)]
    regions: Option<Regions>,
    #[pyo3(default)]
    gates: Option<Vec<String>>,
    #[pyo3(default)]
    cell_expansion: Option<f64>,
    #[pyo3(default)]
    block: Option<usize>,
}

/// The same, checked and converted.
struct Request {
    axes: Option<String>,
    channel_names: Option<Vec<String>>,
    model: Option<PathBuf>,
    selection: Selection,
    settings: Settings,
    sizes: Sizes,
    pixel_size: Option<PixelSize>,
    regions: Vec<Region>,
    gates: Vec<Gate>,
    cell_expansion: f64,
}

impl Request {
    fn new(py: Python<'_>, options: Options<'_>) -> PyResult<Self> {
        Ok(Self {
            axes: options.axes,
            channel_names: options.channel_names,
            model: options.model,
            selection: options::selection(options.channel, options.slice, options.frame),
            settings: options::settings(py, options.diameter, options.settings)?,
            sizes: options::sizes(py, options.block)?,
            pixel_size: options::pixel_size(py, options.pixel_size)?,
            regions: options::regions(py, options.regions)?,
            gates: options::gates(py, &options.gates.unwrap_or_default())?,
            cell_expansion: options::cell_expansion(py, options.cell_expansion.unwrap_or(0.0))?,
        })
    }

    fn source(&mut self, image: &Bound<'_, PyAny>) -> PyResult<Source> {
        input::source(image, self.axes.as_deref(), self.channel_names.take(), &mut self.selection)
    }
}

/// A plan with what replaces values that are not finite in each plane of the image.
type PlanOfPlanes = (Plan, Vec<f32>);

/// The first row of a part, the row behind its last, its first column, and the column behind its last.
type Part = (usize, usize, usize, usize);

fn read_plan(py: Python<'_>, plan: &str) -> PyResult<PlanOfPlanes> {
    serde_json::from_str(plan).map_err(|error| refused(py, &format!("this is no plan: {error}"), ""))
}

/// Does work while other Python threads run.
fn detached<T: Send>(
    py: Python<'_>,
    name: &str,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<T> {
    py.detach(|| guarded(name, work)).map_err(|error| raised(py, &error))
}

/// Checks options, and returns the positions of the axes Y and X of an array and whether it is segmented in blocks.
#[pyfunction]
pub(crate) fn array_layout(image: &Bound<'_, PyAny>, options: Options<'_>) -> PyResult<(usize, usize, bool)> {
    let request = Request::new(image.py(), options)?;
    let (rows, columns, size) = input::layout(image, request.axes.as_deref())?;
    Ok((rows, columns, request.sizes.is_tiled(size)))
}

/// Checks options for files.
#[pyfunction]
pub(crate) fn check_options(py: Python<'_>, options: Options<'_>) -> PyResult<()> {
    Request::new(py, options).map(|_| ())
}

/// Plans the segmentation of an array in blocks, and returns the plan and, for each block, the part of the array
/// that `find_block` needs: its first row, the row behind its last, its first column, the column behind its last.
#[pyfunction]
pub(crate) fn plan_blocks(image: &Bound<'_, PyAny>, options: Options<'_>) -> PyResult<(String, Vec<Part>)> {
    let py = image.py();
    let mut request = Request::new(py, options)?;
    let source = request.source(image)?;
    let Request { model, selection, settings, sizes, .. } = request;
    let (plan, parts) = detached(py, ARRAY, || {
        let network = model::load(model.as_deref())?;
        let backgrounds = source.planes().map(background).collect();
        let opened = source.open(&selection)?;
        let segmenter = Segmenter::new(network).with_settings(settings).with_sizes(sizes);
        let plan = segmenter.plan(&opened.image, &mut |_, _| ControlFlow::Continue(()));
        let plan = plan.map_err(|error| error.in_file(ARRAY))?;
        let parts = parts(&plan, segmenter.metadata());
        let plan: PlanOfPlanes = (plan, backgrounds);
        Ok((plan, parts))
    })?;
    let plan = serde_json::to_string(&plan);
    let plan = plan.map_err(|error| refused(py, &format!("the plan cannot be written: {error}"), ""))?;
    Ok((plan, parts))
}

/// The parts of an array that the blocks read, as `plan_blocks` returns them, if the diameter is given: they depend only
/// on the shape then.
#[pyfunction]
pub(crate) fn parts_of_blocks(image: &Bound<'_, PyAny>, options: Options<'_>) -> PyResult<Option<Vec<Part>>> {
    let py = image.py();
    let request = Request::new(py, options)?;
    let (_, _, size) = input::layout(image, request.axes.as_deref())?;
    let Request { model, settings, sizes, .. } = request;
    detached(py, ARRAY, || {
        let network = model::load(model.as_deref())?;
        let metadata = network.metadata();
        // The levels of any image, because the parts do not depend on them.
        let any = Image::new(Size::new(1, 1), 1, Samples::U8(vec![0].into()));
        let any = any.map_err(|error| error.in_file(ARRAY))?;
        let levels = Levels::of(&any, &metadata.normalization);
        let plan = Plan::with_levels(size, levels, metadata, &settings, &sizes);
        Ok(plan.map(|plan| parts(&plan, metadata)))
    })
}

fn parts(plan: &Plan, metadata: &ModelMetadata) -> Vec<Part> {
    let sources = plan.blocks.iter().map(|block| plan.source(metadata, block));
    sources.map(|part| (part.top, part.rows().end, part.left, part.columns().end)).collect()
}

/// Finds the nuclei of a block in its part of the array, as numbers for `assemble_blocks`.
#[pyfunction]
pub(crate) fn find_block<'py>(
    part: &Bound<'py, PyAny>,
    plan: &str,
    block: usize,
    options: Options<'_>,
) -> PyResult<Array<'py, u32, Ix1>> {
    let py = part.py();
    let mut request = Request::new(py, options)?;
    let mut source = request.source(part)?;
    let (plan, backgrounds) = read_plan(py, plan)?;
    let no_such = || refused(py, "the array is not the part of this block", "");
    let block = plan.blocks.get(block).ok_or_else(no_such)?;
    let Request { model, selection, settings, .. } = request;
    let numbers = detached(py, ARRAY, || {
        let network = model::load(model.as_deref())?;
        for (plane, &background) in source.planes_mut().zip(&backgrounds) {
            fill(plane, background);
        }
        let opened = source.open(&selection)?;
        let segmenter = Segmenter::new(network).with_settings(settings);
        let read = plan.source(segmenter.metadata(), block);
        let part = ImagePart::new(&opened.image, Point::new(read.left, read.top), plan.size());
        let Some(part) = part.filter(|part| part.rect() == read) else { return Ok(None) };
        let found = segmenter.find(part, &plan, block, &mut |_, _| ControlFlow::Continue(()));
        Ok(Some(found.map_err(|error| error.in_file(ARRAY))?.into_numbers()))
    })?;
    Ok(Array(numbers.ok_or_else(no_such)?.into_pyarray(py)))
}

/// Assembles the nuclei of all blocks, which `find_block` found, in their order. Measurements other than those of
/// shapes and positions need the image. Without a plan, it is an image in which no nuclei were found.
#[pyfunction]
pub(crate) fn assemble_blocks(
    py: Python<'_>,
    found: Vec<Bound<'_, PyAny>>,
    plan: Option<&str>,
    image: Option<&Bound<'_, PyAny>>,
    options: Options<'_>,
) -> PyResult<Nuclei> {
    let mut request = Request::new(py, options)?;
    let source = image.map(|image| request.source(image)).transpose()?;
    let plan = plan.map(|plan| read_plan(py, plan)).transpose()?.map(|(plan, _)| plan);
    let size = plan.as_ref().map(Plan::size);
    let wrong = || refused(py, "these are not the nuclei of the blocks of this image", "");
    let mut blocks = Vec::with_capacity(found.len());
    for numbers in &found {
        // Arrays from other computers are not always aligned.
        let aligned = py.import("numpy")?.call_method1("require", (numbers, "uint32", "CA"))?;
        let numbers = values::<u32>(&aligned)?.to_vec();
        let block = size.and_then(|size| BlockNuclei::from_numbers(numbers, size));
        blocks.push(block.ok_or_else(wrong)?);
    }
    let Request { selection, settings, pixel_size, regions, gates, cell_expansion, .. } = request;
    let name = source.as_ref().map_or_else(|| ARRAY.to_owned(), Source::name);
    let nuclei = detached(py, &name, || {
        let opened = source.map(|source| source.open(&selection)).transpose()?;
        let opened_size = opened.as_ref().map(|opened| opened.image.size());
        let Some(size) = size.or(opened_size).filter(|&size| opened_size.is_none_or(|other| other == size))
        else {
            return Ok(None);
        };
        let assembly = Assembly::new(size, settings.watershed.minimum_area);
        let mut assembly = assembly.map_err(|error| error.in_file(&name))?;
        blocks.iter().for_each(|block| assembly.add(block));
        let found = assembly.finish();
        let (channels, own_pixel_size, all_warnings) = opened.map_or_else(Default::default, |opened| {
            (opened.channels, opened.info.pixel_size, opened.info.warnings)
        });
        let nuclei = Nuclei {
            counted: Counted::all(found.count() as usize, size),
            typical_diameter: typical_diameter(&found),
            found,
            kept: None,
            table: OnceLock::new(),
            channels,
            network_scale: plan.map_or(1.0, |plan| plan.scale),
            size_of_pixel: pixel_size.or(own_pixel_size),
            cell_expansion,
            name: name.clone(),
            all_warnings,
        };
        Ok(Some(counting_only(nuclei, &regions, &gates)))
    })?;
    nuclei.ok_or_else(wrong)
}

/// What replaces values of a plane that are not finite, as when an image is opened: the smallest finite one.
fn background(plane: &Samples) -> f32 {
    let Samples::F32(values) = plane else { return 0.0 };
    let smallest = values.iter().copied().filter(|value| value.is_finite()).fold(f32::INFINITY, f32::min);
    if smallest.is_finite() { smallest } else { 0.0 }
}

/// Replaces values that are not finite.
fn fill(plane: &mut Samples, background: f32) {
    if let Samples::F32(values) = plane
        && values.iter().any(|value| !value.is_finite())
    {
        values.iter_mut().filter(|value| !value.is_finite()).for_each(|value| *value = background);
    }
}
