//! The whole way from an image to its nuclei, and the scale at which the network looks.
//!
//! The network handles nuclei of its training diameter best, so the image is first segmented as it
//! is; where the nuclei found are smaller or larger, it is segmented again, resized so that they
//! have that diameter.

use serde::{Deserialize, Serialize};

use crate::image::{Image, normalize};
use crate::network::{Maps, Network, NetworkError, View};
use crate::nuclei::{LabelImage, WatershedSettings, watershed};

/// Everything a user can choose about a segmentation.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Diameter of a typical nucleus in pixels; estimated from the image when `None`.
    pub diameter: Option<f32>,
    /// How much work to spend on the image.
    pub effort: Effort,
    /// How maps become nuclei.
    #[serde(flatten)]
    pub watershed: WatershedSettings,
}

/// How much work to spend on an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effort {
    /// The network looks once at the scale that suits the image.
    Fast,
    /// It looks once more, at [`SECOND_VIEW`], and the two answers are averaged.
    #[default]
    Accurate,
}

/// The view that [`Effort::Accurate`] adds. Two more, mirrored otherwise and smaller, were worth no
/// more than this one alone.
pub const SECOND_VIEW: View = View { mirrored: true, zoom: 1.25 };

/// How far along a segmentation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Which pass over the image this is, from 1.
    pub pass: usize,
    /// Passes over the image, at most.
    pub passes: usize,
    /// Tiles done in this pass.
    pub done: usize,
    /// Tiles in this pass.
    pub total: usize,
}

/// Most passes over an image until its scale is found; more gained nothing on held-out conditions.
const LONGEST_SEARCH: usize = 2;

/// The expensive half of a segmentation: what the network says of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Inference {
    /// The maps, at the image's size.
    pub maps: Maps,
    /// The factor by which the image was resized for the network.
    pub scale: f64,
}

/// Nuclei of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// Which nucleus each pixel belongs to.
    pub labels: LabelImage,
    /// Diameter of a typical nucleus in pixels; `None` if there are none.
    pub diameter: Option<f32>,
    /// The factor by which the image was resized for the network.
    pub scale: f64,
}

/// Scales at which a first look is good enough and no second one is taken.
const GOOD_ENOUGH: std::ops::RangeInclusive<f64> = 0.85..=1.18;
/// Smallest and largest factor by which an image is resized.
const SCALES: std::ops::RangeInclusive<f64> = 0.2..=3.0;
/// Finds the nuclei in an image.
///
/// # Errors
/// What the network says.
///
/// ```no_run
/// use nucleoscope::{image, network::TractNetwork, segment};
///
/// let network = TractNetwork::load(&std::fs::read("model/nuclei.onnx")?)?;
/// let image = image::decode(&std::fs::read("cells.png")?, image::Limits::default())?;
/// let found = segment::segment(&network, &image, &segment::Settings::default(), &mut |_| ())?;
/// println!("{} nuclei", found.labels.count());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn segment(
    network: &dyn Network,
    image: &Image,
    settings: &Settings,
    progress: &mut dyn FnMut(Progress),
) -> Result<Segmentation, NetworkError> {
    let inference = look(network, image, settings, progress)?;
    let labels = watershed(&inference.maps, &settings.watershed);
    Ok(Segmentation { diameter: typical_diameter(&labels), labels, scale: inference.scale })
}

/// Runs the network at the scale that suits the image: the half of [`segment`] that need not be
/// repeated when only the watershed's settings change.
///
/// # Errors
/// What the network says.
pub fn look(
    network: &dyn Network,
    image: &Image,
    settings: &Settings,
    progress: &mut dyn FnMut(Progress),
) -> Result<Inference, NetworkError> {
    let normalized = normalize(image, &network.contract().normalization);
    let is_accurate = settings.effort == Effort::Accurate;
    let passes = LONGEST_SEARCH + usize::from(is_accurate);
    let mut pass = 0;
    let mut looks_at = |view: View, scale: f64| {
        pass += 1;
        let mut tell = |done, total| progress(Progress { pass, passes, done, total });
        view.infer(network, &normalized, scale, &mut tell)
    };
    let mut found = search(network, settings, &mut |scale| looks_at(View::PLAIN, scale))?;
    if is_accurate {
        found.maps.average(looks_at(SECOND_VIEW, found.scale)?);
    }
    Ok(found)
}

/// The maps at the scale that suits the image; `look` gives them for a scale.
fn search(
    network: &dyn Network,
    settings: &Settings,
    look: &mut dyn FnMut(f64) -> Result<Maps, NetworkError>,
) -> Result<Inference, NetworkError> {
    let mut at_scale = |scale: f64| look(scale).map(|maps| Inference { maps, scale });
    let wanted = f64::from(network.contract().training_diameter);
    let suits = |diameter: f32| (wanted / f64::from(diameter)).clamp(*SCALES.start(), *SCALES.end());
    if let Some(diameter) = settings.diameter.filter(|diameter| diameter.is_finite() && *diameter > 0.0) {
        return at_scale(suits(diameter));
    }
    let estimate =
        |inference: &Inference| typical_diameter(&watershed(&inference.maps, &settings.watershed)).map(suits);

    let first = at_scale(1.0)?;
    match estimate(&first).filter(|scale| !GOOD_ENOUGH.contains(scale)) {
        Some(scale) => at_scale(scale),
        None => Ok(first),
    }
}

/// The diameter in pixels that a typical nucleus has: half of the nuclei's total area belongs to
/// nuclei at least this large, counted as circles. `None` without nuclei.
///
/// Weighing by area keeps debris from passing for small nuclei.
///
/// ```
/// use nucleoscope::{nuclei::LabelImage, segment::typical_diameter};
///
/// let labels = LabelImage::from_labels(5, 1, vec![1, 0, 2, 2, 2]);
/// let diameter = typical_diameter(&labels).unwrap();
/// assert!((diameter - 2.0 * (3.0 / std::f32::consts::PI).sqrt()).abs() < 1e-6);
/// ```
pub fn typical_diameter(labels: &LabelImage) -> Option<f32> {
    let mut areas = labels.areas();
    areas.sort_unstable();
    let half = areas.iter().sum::<usize>().div_ceil(2);
    let mut seen = 0;
    let reaches = |area: &&usize| {
        seen += **area;
        seen >= half
    };
    let area = areas.iter().find(reaches)?;
    Some(2.0 * (*area as f32 / std::f32::consts::PI).sqrt())
}
