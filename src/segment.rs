//! The whole way from an image to its nuclei, and the scale at which the network looks.
//!
//! The network handles nuclei of its training diameter best. So it first looks at the image as it is
//! and at a copy of half the size, which costs little. Where it is surer of what it found, the nuclei
//! tell their diameter, and the image is segmented resized so that they have the training diameter. Large
//! nuclei of a dense tissue show why one look is not enough: at full size their chromatin passes for
//! nuclei, with little certainty. A still smaller copy was of little use, and whole embryos passed for
//! nuclei in it.

use serde::{Deserialize, Serialize};

use crate::image::{Image, Window, normalize};
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
    /// One view at the scale that suits the image.
    Fast,
    /// The mean of that and of [`SECOND_VIEW`].
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

/// Scales of the first looks at an image, from the cheapest.
pub(crate) const FIRST_LOOKS: [f64; 2] = [0.5, 1.0];

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

/// Scales so near to 1 that the look at the image as it is is good enough.
const GOOD_ENOUGH: std::ops::RangeInclusive<f64> = 0.85..=1.18;
/// Longest side of a tile in pixels at the network's scale, halo included. With a halo of 224 pixels, 1024
/// would show the network 1.6 times as much of an image of many tiles. The browser's module grows to 0.45 GB
/// with it on an image of 9 megapixels in the mode "Accurate".
const LONGEST_TILE: usize = 1536;
/// Smallest and largest factor by which an image is resized.
const SCALES: std::ops::RangeInclusive<f64> = 0.2..=3.0;

/// Finds the nuclei in an image whose maps fit into memory; see [`field`](crate::field) for large ones.
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
    let whole = Window::whole(image.width(), image.height());
    let is_accurate = settings.effort == Effort::Accurate;
    let searches = if given_diameter(settings).is_some() { 0 } else { FIRST_LOOKS.len() };
    let passes = searches + 1 + usize::from(is_accurate);
    let mut pass = 0;
    let mut looks_at = |view: View, scale: f64| {
        pass += 1;
        let mut tell = |done, total| progress(Progress { pass, passes, done, total });
        view.infer(network, &normalized, scale, &whole, LONGEST_TILE, &mut tell)
    };
    let mut found = search(network, settings, &mut |scale| looks_at(View::PLAIN, scale))?;
    if is_accurate {
        found.maps.average(looks_at(SECOND_VIEW, found.scale)?);
    }
    Ok(found)
}

/// The user's diameter, if it is one.
fn given_diameter(settings: &Settings) -> Option<f32> {
    settings.diameter.filter(|diameter| diameter.is_finite() && *diameter > 0.0)
}

/// The maps at the scale that suits the image; `look` gives them for a scale.
fn search(
    network: &dyn Network,
    settings: &Settings,
    look: &mut dyn FnMut(f64) -> Result<Maps, NetworkError>,
) -> Result<Inference, NetworkError> {
    let settled = settle(network, settings, &mut |scale| Ok(vec![look(scale)?]))?;
    let scale = settled.scale;
    let maps = settled.maps.into_iter().flatten().next().map_or_else(|| look(scale), Ok)?;
    Ok(Inference { maps, scale })
}

/// What the first looks at an image led to.
pub(crate) struct Settled {
    /// The factor by which the image is to be resized for the network.
    pub(crate) scale: f64,
    /// The maps at that scale, if one of the first looks was good enough.
    pub(crate) maps: Option<Vec<Maps>>,
}

/// Settles the scale; `look` gives the maps for a scale, of the whole image or of several parts of it.
pub(crate) fn settle(
    network: &dyn Network,
    settings: &Settings,
    look: &mut dyn FnMut(f64) -> Result<Vec<Maps>, NetworkError>,
) -> Result<Settled, NetworkError> {
    let wanted = f64::from(network.contract().training_diameter);
    let suits = |diameter: f32| (wanted / f64::from(diameter)).clamp(*SCALES.start(), *SCALES.end());
    if let Some(diameter) = given_diameter(settings) {
        return Ok(Settled { scale: suits(diameter), maps: None });
    }
    // Uncertain nuclei must stay here: that they are many is what tells a wrong scale. Those at the edge
    // are as good as any.
    let every_nucleus = WatershedSettings { least_certainty: 0.0, drop_at_edge: false, ..settings.watershed };
    let mut surest: Option<(f64, f32)> = None;
    let mut last = None;
    for scale in FIRST_LOOKS {
        let parts = look(scale)?;
        let labels: Vec<LabelImage> = parts.iter().map(|maps| watershed(maps, &every_nucleus)).collect();
        let areas = labels.iter().flat_map(LabelImage::areas).collect();
        if let (Some(certainty), Some(diameter)) = (certainty(parts.iter().zip(&labels)), diameter_of(areas))
            && surest.is_none_or(|(most, _)| certainty >= most)
        {
            surest = Some((certainty, diameter));
        }
        last = Some(parts);
    }
    let scale = surest.map_or(1.0, |(_, diameter)| suits(diameter));
    if GOOD_ENOUGH.contains(&scale) {
        Ok(Settled { scale: FIRST_LOOKS[FIRST_LOOKS.len() - 1], maps: last })
    } else {
        Ok(Settled { scale, maps: None })
    }
}

/// Mean interior probability of all the pixels of nuclei; `None` without nuclei.
fn certainty<'a>(parts: impl Iterator<Item = (&'a Maps, &'a LabelImage)>) -> Option<f64> {
    let pixels = parts.flat_map(|(maps, labels)| labels.as_slice().iter().zip(&maps.interior));
    let (sum, count) = pixels
        .filter(|(label, _)| **label != 0)
        .fold((0.0, 0u32), |(sum, count), (_, &interior)| (sum + f64::from(interior), count + 1));
    (count > 0).then(|| sum / f64::from(count))
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
    diameter_of(labels.areas())
}

/// The diameter that goes with these areas.
fn diameter_of(mut areas: Vec<usize>) -> Option<f32> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Normalization;
    use crate::network::{Activation, ModelContract};

    /// Has a contract; what it would answer is given to [`search`] directly.
    struct Mute(ModelContract);

    impl Network for Mute {
        fn contract(&self) -> &ModelContract {
            &self.0
        }

        fn run(&self, input: Vec<f32>, _: usize, _: usize) -> Result<Vec<f32>, NetworkError> {
            Ok(input)
        }
    }

    fn mute() -> Mute {
        let text = String::new;
        Mute(ModelContract {
            name: text(),
            version: text(),
            activation: Activation::None,
            normalization: Normalization {
                low_percentile: 0.0,
                high_percentile: 100.0,
                local: None,
                clip_low: 0.0,
                clip_high: 1.0,
            },
            stride: 1,
            halo: 0,
            training_diameter: 24.0,
            license: text(),
            data: text(),
        })
    }

    /// One square nucleus in the middle of 128 × 128 pixels.
    fn square(side: usize, certainty: f32) -> Maps {
        let mut maps = Maps::zeros(128, 128);
        let middle = 64 - side / 2..64 - side / 2 + side;
        for pixel in middle.clone().flat_map(|y| middle.clone().map(move |x| y * 128 + x)) {
            maps.interior[pixel] = certainty;
            maps.distance[pixel] = 1.0;
        }
        maps
    }

    /// The scale that is settled on, and those of the looks on the way there.
    fn settle(answer: impl Fn(f64) -> Maps) -> (f64, Vec<f64>) {
        let mut looks = Vec::new();
        let mut look = |scale| {
            looks.push(scale);
            Ok(answer(scale))
        };
        let found = search(&mute(), &Settings::default(), &mut look).unwrap();
        assert_eq!(found.maps, answer(found.scale));
        (found.scale, looks)
    }

    #[test]
    fn the_surer_look_tells_the_diameter() {
        let (scale, looks) = settle(|scale| if scale == 0.5 { square(80, 0.95) } else { square(22, 0.7) });
        let diameter = 80.0 * 2.0 / std::f64::consts::PI.sqrt();
        assert!((scale - 24.0 / diameter).abs() < 1e-3, "{scale}");
        assert_eq!(looks, [0.5, 1.0, scale]);
    }

    #[test]
    fn the_look_as_it_is_is_kept_where_it_suits() {
        let (scale, looks) = settle(|scale| if scale == 1.0 { square(22, 0.9) } else { square(80, 0.7) });
        assert_eq!((scale, looks), (1.0, FIRST_LOOKS.to_vec()));
    }

    #[test]
    fn without_nuclei_the_image_is_taken_as_it_is() {
        let (scale, looks) = settle(|_| Maps::zeros(128, 128));
        assert_eq!((scale, looks), (1.0, FIRST_LOOKS.to_vec()));
    }
}
