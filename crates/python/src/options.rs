//! The arguments of `segment` apart from the image.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nucleoscope::InFile;
use nucleoscope::export::geojson;
use nucleoscope::geometry::Point;
use nucleoscope::image::{ChannelChoice, PixelSize, Selection, Slice};
use nucleoscope::nuclei::counted::{Gate, GateError};
use nucleoscope::nuclei::{MAXIMUM_EXPANSION, Region, SETTINGS, Setting, SettingKind, WatershedSettings};
use nucleoscope::segment::Settings;
use nucleoscope::segment::tiled::Sizes;
use pyo3::Borrowed;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{raised, refused, thrown};
use crate::hints::ARRAY_LIKE;

/// The watershed settings with their defaults, as `segment` takes them.
///
/// >>> import nucleoscope
/// >>> nucleoscope.default_settings()["minimum_area"]
/// 25
#[pyfunction]
pub(crate) fn default_settings() -> BTreeMap<String, Value> {
    SETTINGS.iter().map(|setting| (name(setting), Value::of(setting.kind, setting.default))).collect()
}

/// The value of a setting.
#[derive(IntoPyObject)]
pub(crate) enum Value {
    Number(f64),
    Count(u64),
    Switch(bool),
}

impl Value {
    fn of(kind: SettingKind, value: f64) -> Self {
        match kind {
            SettingKind::Number => Self::Number(value),
            SettingKind::Count => Self::Count(value as u64),
            SettingKind::Switch => Self::Switch(value != 0.0),
        }
    }
}

/// The name of a setting in Python.
fn name(setting: &Setting) -> String {
    setting.option().replace('-', "_")
}

pub(crate) fn settings(
    py: Python<'_>,
    diameter: Option<f32>,
    changes: Option<Bound<'_, PyAny>>,
) -> PyResult<Settings> {
    if diameter.is_some_and(|diameter| !(diameter.is_finite() && diameter > 0.0)) {
        return Err(refused(py, "the diameter is not above 0", "Give it in pixels, or leave it out."));
    }
    let mut watershed = WatershedSettings::default();
    let changes = changes.map(|changes| py.get_type::<PyDict>().call1((changes,))).transpose()?;
    for (key, value) in changes.iter().flat_map(|changes| changes.cast::<PyDict>()).flatten() {
        let key: String = key.extract()?;
        let Some(setting) = SETTINGS.iter().find(|setting| name(setting) == key) else {
            let names: Vec<String> = SETTINGS.iter().map(name).collect();
            let help = format!("The settings are {}.", names.join(", "));
            return Err(refused(py, &format!("there is no setting {key:?}"), &help));
        };
        let value: f64 = value.extract()?;
        if !setting.accepts(value) {
            let whole = if setting.kind == SettingKind::Number { "a" } else { "a whole" };
            let help = format!("Give {whole} number from {} to {}.", setting.minimum, setting.maximum);
            return Err(refused(py, &format!("the setting {key} cannot be {value}"), &help));
        }
        setting.set(&mut watershed, value);
    }
    Ok(Settings::default().diameter(diameter).watershed(watershed))
}

/// A side, or the width and the height, of a pixel.
#[derive(FromPyObject)]
pub(crate) enum Sides {
    Square(f64),
    Oblong((f64, f64)),
}

pub(crate) fn pixel_size(py: Python<'_>, sides: Option<Sides>) -> PyResult<Option<PixelSize>> {
    let Some(sides) = sides else { return Ok(None) };
    let (x, y) = match sides {
        Sides::Square(side) => (side, side),
        Sides::Oblong(sides) => sides,
    };
    let size = PixelSize::new(x, y);
    let help = "Give it in µm: one number, or the width and the height of a pixel.";
    size.map(Some).ok_or_else(|| refused(py, "the pixel size is not above 0", help))
}

/// A channel by its number, from 0, or its name.
#[derive(FromPyObject)]
pub(crate) enum ChannelArgument {
    Number(usize),
    Name(String),
}

pub(crate) fn selection(
    channel: Option<ChannelArgument>,
    slice: Option<usize>,
    frame: Option<usize>,
) -> Selection {
    let channel = channel.map(|channel| match channel {
        ChannelArgument::Number(number) => ChannelChoice::Index(number),
        ChannelArgument::Name(name) => ChannelChoice::Name(name),
    });
    let slice = slice.map_or(Slice::MaximumProjection, Slice::Single);
    Selection::default().channel(channel).slice(slice).frame(frame.unwrap_or(0))
}

/// A GeoJSON file, or the corners of polygons.
#[derive(FromPyObject)]
pub(crate) enum Regions {
    File(PathBuf),
    Polygons(Vec<Corners>),
}

/// The corners of a polygon.
pub(crate) struct Corners(Vec<[f64; 2]>);

impl<'a, 'py> FromPyObject<'a, 'py> for Corners {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = ARRAY_LIKE;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self)
    }
}

pub(crate) fn regions(py: Python<'_>, regions: Option<Regions>) -> PyResult<Vec<Region>> {
    match regions {
        None => Ok(Vec::new()),
        Some(Regions::Polygons(polygons)) => {
            let corner = |[x, y]: [f64; 2]| Point::new(x, y);
            let region = |Corners(corners)| Region::polygon(corners.into_iter().map(corner).collect());
            Ok(polygons.into_iter().map(region).collect())
        }
        Some(Regions::File(path)) => {
            let name = path.display().to_string();
            let read = || {
                let bytes = std::fs::read(&path).map_err(|error| nucleoscope::Error::io(error, &name))?;
                geojson::read_regions(&bytes).map_err(|error| error.in_file(&name))
            };
            py.detach(read).map_err(|error| raised(py, &error))
        }
    }
}

pub(crate) fn gates(py: Python<'_>, gates: &[String]) -> PyResult<Vec<Gate>> {
    gates.iter().map(|gate| gate.parse().map_err(|error: GateError| thrown(py, &error))).collect()
}

pub(crate) fn cell_expansion(py: Python<'_>, distance: f64) -> PyResult<f64> {
    if (0.0..=MAXIMUM_EXPANSION).contains(&distance) {
        return Ok(distance);
    }
    let help = format!("Give a distance from 0 to {MAXIMUM_EXPANSION}; 0 measures no cells.");
    Err(refused(py, &format!("the cell expansion cannot be {distance}"), &help))
}

/// The smallest block, as on the command line.
const SMALLEST_BLOCK: usize = 320;

pub(crate) fn sizes(py: Python<'_>, block: Option<usize>) -> PyResult<Sizes> {
    match block {
        None => Ok(Sizes::default()),
        Some(side) if side >= SMALLEST_BLOCK => Ok(Sizes::of_block(side)),
        Some(side) => {
            let help = format!("Give a side of at least {SMALLEST_BLOCK} pixels.");
            Err(refused(py, &format!("blocks of {side} pixels are too small"), &help))
        }
    }
}
