//! Settings, inference passes and results of a segmentation, and the choice of the scale for the network.
//!
//! The network processes nuclei within a range of diameters at their own size ([`ScaleRange`]), so most
//! images need one inference pass at full size. Images with larger nuclei are reduced, which makes the pass
//! cheaper; no image is enlarged. Whether nuclei are large is determined by a pass over a copy of a quarter
//! of the size, with 6 % of the pixels. If that pass finds large nuclei with sufficient certainty, the final
//! pass follows at a reduced scale. Otherwise, a pass over the full-size image is the final one unless its
//! nuclei are large. If the copy showed large nuclei too, the diameter is taken from the more certain of the
//! two passes. This matters for large nuclei in dense tissue: at full size, their chromatin is mistaken for
//! nuclei, with low certainty.

mod error;
pub mod tiled;

use std::cell::Cell;

use crate::geometry::{Rect, Size};
use crate::image::{Image, normalize};
use crate::network::{ModelMetadata, Network, NetworkError, ScaleRange, Scene};
use crate::nuclei::{LabelImage, WatershedSettings, watershed};
use crate::prediction::ProbabilityMaps;

pub use error::SegmentError;

/// The settings of a segmentation.
///
/// ```
/// use nucleoscope::nuclei::WatershedSettings;
/// use nucleoscope::segment::Settings;
///
/// let settings = Settings::default().diameter(20.0).watershed(WatershedSettings::default().h(0.2));
/// assert_eq!((settings.diameter, settings.watershed.h), (Some(20.0), 0.2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", default)
)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Settings {
    /// Diameter of a typical nucleus in pixels; estimated from the image if `None`.
    pub diameter: Option<f32>,
    /// Settings of the watershed.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub watershed: WatershedSettings,
}

impl Settings {
    /// Diameter of a typical nucleus in pixels; estimated from the image if `None`.
    #[must_use]
    pub fn diameter(mut self, diameter: impl Into<Option<f32>>) -> Self {
        self.diameter = diameter.into();
        self
    }

    /// Settings of the watershed.
    #[must_use]
    pub fn watershed(mut self, watershed: WatershedSettings) -> Self {
        self.watershed = watershed;
        self
    }
}

/// Progress of a segmentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Number of the current pass, from 1.
    pub pass: usize,
    /// Maximum number of passes.
    pub passes: usize,
    /// Tiles finished in this pass.
    pub done: usize,
    /// Tiles in this pass.
    pub total: usize,
}

impl Progress {
    /// The finished tiles of all passes and their maximum number, if all passes have as many as this one.
    pub fn of_all_passes(&self) -> (usize, usize) {
        ((self.pass - 1) * self.total + self.done, self.passes * self.total)
    }
}

/// An inference pass: one run of the network over an image, or over parts of it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Pass {
    /// The factor by which the image was resized for the network.
    pub scale: f64,
    /// Pixels of the image at that scale.
    pub pixels: u64,
    /// Pixels processed by the network, including the overlap of tiles and the padding to the stride.
    pub network_pixels: u64,
}

/// The result of inference on an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Inference {
    /// The probability maps, at the image's size.
    pub maps: ProbabilityMaps,
    /// The factor by which the image was resized for the network.
    pub scale: f64,
    /// The inference passes, in order.
    pub passes: Vec<Pass>,
}

/// The nuclei of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// The label image.
    pub labels: LabelImage,
    /// Diameter of a typical nucleus in pixels; `None` if there are none.
    pub diameter: Option<f32>,
    /// The factor by which the image was resized for the network.
    pub scale: f64,
    /// The inference passes, in order.
    pub passes: Vec<Pass>,
}

/// Maximum side of a tile in pixels at the network's scale, halo included. With a halo of 224 pixels and
/// tiles of 1536, the network processes 1.49 times the pixels of an image of 2048², and 1.76 times those of
/// 4096²; with tiles of 2048, 1.00 and 1.49 times. Tiles of 2048 take 1 GB per thread, too much in the
/// browser, where a module's memory never shrinks.
const LONGEST_TILE: usize = if cfg!(target_arch = "wasm32") { 1536 } else { 2048 };

/// Runs the network at the scale for the image.
pub(crate) fn predict(
    network: &dyn Network,
    image: &Image,
    settings: &Settings,
    progress: &mut dyn FnMut(Progress),
) -> Result<Inference, NetworkError> {
    let normalized = normalize(image, &network.metadata().normalization);
    let whole = Rect::whole(image.size());
    let most = if given_diameter(settings).is_some() { 1 } else { 3 };
    let counted = CountingNetwork::new(network);
    let mut passes = Vec::new();
    let mut predict = |scale: f64| {
        let pass = passes.len() + 1;
        let mut tell = |done, total| progress(Progress { pass, passes: most, done, total });
        let scene = Scene { image: &normalized, scale, longest_tile: LONGEST_TILE };
        let maps = scene.infer(&counted, &whole, &mut tell)?;
        passes.push(counted.pass(scale, [&whole]));
        Ok(maps)
    };
    let mut parts = |scale| Ok(vec![predict(scale)?]);
    let estimate = estimate_scale(&network.metadata().scales, settings, image.size(), &mut parts)?;
    let ScaleEstimate { scale, prediction, .. } = estimate;
    let maps = prediction.into_iter().flatten().next().map_or_else(|| predict(scale), Ok)?;
    Ok(Inference { maps, scale, passes })
}

/// A network that counts the pixels it processes.
pub(crate) struct CountingNetwork<'a> {
    network: &'a dyn Network,
    pixels: Cell<u64>,
}

impl<'a> CountingNetwork<'a> {
    pub(crate) fn new(network: &'a dyn Network) -> Self {
        Self { network, pixels: Cell::new(0) }
    }

    /// The pass since the last call, over these parts of an image at one scale.
    pub(crate) fn pass<'w>(&self, scale: f64, windows: impl IntoIterator<Item = &'w Rect>) -> Pass {
        let scaled = |length: usize| (length as f64 * scale).round().max(1.0) as u64;
        let pixels = windows.into_iter().map(|window| scaled(window.width) * scaled(window.height)).sum();
        Pass { scale, pixels, network_pixels: self.pixels.take() }
    }
}

impl Network for CountingNetwork<'_> {
    fn metadata(&self) -> &ModelMetadata {
        self.network.metadata()
    }

    fn run(&self, input: Vec<f32>, size: Size) -> Result<Vec<f32>, NetworkError> {
        self.pixels.set(self.pixels.get() + size.area() as u64);
        self.network.run(input, size)
    }
}

/// The user's diameter, if it is valid.
fn given_diameter(settings: &Settings) -> Option<f32> {
    settings.diameter.filter(|diameter| diameter.is_finite() && *diameter > 0.0)
}

/// The estimated scale for an image.
pub(crate) struct ScaleEstimate {
    /// The factor by which the image is resized for the network.
    pub(crate) scale: f64,
    /// Diameter of a typical nucleus in pixels; `None` if there are no nuclei.
    pub(crate) diameter: Option<f32>,
    /// The probability maps at that scale, if they were already predicted.
    pub(crate) prediction: Option<Vec<ProbabilityMaps>>,
}

/// Statistics of an image's nuclei in one pass.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Nuclei {
    /// Typical diameter in pixels.
    diameter: f32,
    /// Mean interior probability of the nuclei's pixels.
    probability: f64,
}

impl Nuclei {
    /// Measures the nuclei in the probability maps of an image or of its parts; `None` if there are none.
    fn of(parts: &[ProbabilityMaps], settings: &Settings) -> Option<Self> {
        // Uncertain nuclei are kept here, because many of them indicate a wrong scale. Nuclei on the edge are
        // kept too.
        let every_nucleus =
            WatershedSettings { minimum_confidence: 0.0, clear_border: false, ..settings.watershed };
        let labels: Vec<LabelImage> = parts.iter().map(|maps| watershed(maps, &every_nucleus)).collect();
        let diameter = diameter_of(labels.iter().flat_map(LabelImage::areas).collect())?;
        let probability = certainty(parts.iter().zip(&labels))?;
        Some(Self { diameter, probability })
    }
}

/// Estimates the scale for an image; `predict` returns the probability maps at a scale, of the whole image or
/// of several parts of it.
pub(crate) fn estimate_scale(
    range: &ScaleRange,
    settings: &Settings,
    image: Size,
    predict: &mut dyn FnMut(f64) -> Result<Vec<ProbabilityMaps>, NetworkError>,
) -> Result<ScaleEstimate, NetworkError> {
    let fitting = |diameter: f32| range.fitting_scale(f64::from(diameter));
    if let Some(diameter) = given_diameter(settings) {
        let scale = fitting(diameter);
        return Ok(ScaleEstimate { scale, diameter: Some(diameter), prediction: None });
    }
    let mut large = None;
    if let Some(copy) = range.copy_scale(image.width.min(image.height)) {
        let parts = predict(copy)?;
        large = Nuclei::of(&parts, settings)
            .filter(|nuclei| f64::from(nuclei.diameter) * copy >= range.copy_minimum_diameter);
        if let Some(Nuclei { diameter, probability }) = large
            && probability >= range.copy_minimum_probability
        {
            let scale = fitting(diameter);
            return Ok(if range.is_near(copy, scale) {
                ScaleEstimate { scale: copy, diameter: Some(diameter), prediction: Some(parts) }
            } else {
                ScaleEstimate { scale, diameter: Some(diameter), prediction: None }
            });
        }
    }
    let plain = range.plain_scale();
    let parts = predict(plain)?;
    let found = Nuclei::of(&parts, settings);
    let surer = |found: &Nuclei| large.is_none_or(|large| found.probability >= large.probability);
    let diameter = found.filter(surer).or(large).or(found).map(|nuclei| nuclei.diameter);
    let scale = diameter.map_or(plain, fitting);
    let prediction = (scale == plain).then_some(parts);
    Ok(ScaleEstimate { scale, diameter, prediction })
}

/// Mean interior probability of all nucleus pixels; `None` if there are no nuclei.
fn certainty<'a>(parts: impl Iterator<Item = (&'a ProbabilityMaps, &'a LabelImage)>) -> Option<f64> {
    let pixels = parts.flat_map(|(maps, labels)| labels.as_slice().iter().zip(&maps.interior));
    let (sum, count) = pixels
        .filter(|(label, _)| **label != 0)
        .fold((0.0, 0u32), |(sum, count), (_, &interior)| (sum + f64::from(interior), count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Diameter of a typical nucleus in pixels: half of the total nucleus area is in nuclei at least this large,
/// treated as circles. `None` if there are no nuclei.
///
/// Weighting by area reduces the influence of debris.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::{nuclei::LabelImage, segment::typical_diameter};
///
/// let labels = LabelImage::from_labels(Size::new(5, 1), vec![1, 0, 2, 2, 2]);
/// let diameter = typical_diameter(&labels).unwrap();
/// assert!((diameter - 2.0 * (3.0 / std::f32::consts::PI).sqrt()).abs() < 1e-6);
/// ```
pub fn typical_diameter(labels: &LabelImage) -> Option<f32> {
    diameter_of(labels.areas())
}

/// The typical diameter of nuclei of these areas, as [`typical_diameter`].
pub fn diameter_of(mut areas: Vec<usize>) -> Option<f32> {
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

    /// Probability maps of 128 × 128 pixels with `count` squares in a row, for the pass over the copy and for
    /// the pass over the image; `side` is in pixels of the image.
    fn squares(count: usize, side: usize, probability: f32) -> ProbabilityMaps {
        let mut maps = ProbabilityMaps::zeros(Size::new(128, 128));
        for left in (0..count).map(|index| 2 + index * (side + 4)) {
            for pixel in (2..2 + side).flat_map(|y| (left..left + side).map(move |x| y * 128 + x)) {
                maps.interior[pixel] = probability;
                maps.distance[pixel] = 1.0;
            }
        }
        maps
    }

    fn square(side: usize, probability: f32) -> ProbabilityMaps {
        squares(1, side, probability)
    }

    fn range() -> ScaleRange {
        ScaleRange { copy_minimum_side: 1.0, ..ScaleRange::for_training_diameter(24.0) }
    }

    /// The diameter of a circle with the area of a square.
    fn diameter(side: usize) -> f64 {
        side as f64 * 2.0 / std::f64::consts::PI.sqrt()
    }

    /// The estimated scale, and the scales at which predictions were made, including the final one.
    fn estimate_in(
        range: &ScaleRange,
        settings: &Settings,
        answer: impl Fn(f64) -> ProbabilityMaps,
    ) -> (f64, Vec<f64>) {
        let mut scales = Vec::new();
        let mut predict = |scale: f64| {
            scales.push(scale);
            Ok(vec![answer(scale)])
        };
        let found = estimate_scale(range, settings, Size::new(128, 128), &mut predict).unwrap();
        match found.prediction {
            Some(maps) => assert_eq!(maps, [answer(found.scale)], "the maps are those of the scale"),
            None => scales.push(found.scale),
        }
        (found.scale, scales)
    }

    fn estimate(copy: ProbabilityMaps, itself: ProbabilityMaps) -> (f64, Vec<f64>) {
        let answer = |scale: f64| if scale == 0.25 { copy.clone() } else { itself.clone() };
        estimate_in(&range(), &Settings::default(), answer)
    }

    #[test]
    fn large_nuclei_in_the_copy_make_the_one_further_pass_a_reduced_one() {
        let (scale, scales) = estimate(square(60, 0.97), square(9, 0.99));
        assert!((scale - 24.0 / diameter(60)).abs() < 1e-6, "{scale}");
        assert_eq!(scales, [0.25, scale]);
    }

    #[test]
    fn a_copy_that_suits_is_the_final_pass() {
        for side in [76, 85, 94] {
            assert_eq!(estimate(square(side, 0.97), square(9, 0.99)), (0.25, vec![0.25]), "{side}");
        }
    }

    #[test]
    fn small_nuclei_are_taken_as_they_are_and_never_enlarged() {
        for side in [5, 10, 20, 35] {
            let (scale, scales) = estimate(square(side, 0.97), square(side, 0.95));
            assert_eq!((scale, scales), (1.0, vec![0.25, 1.0]), "{side}");
        }
        let (_, scales) = estimate(ProbabilityMaps::zeros(Size::new(128, 128)), square(6, 0.95));
        assert_eq!(scales, [0.25, 1.0]);
    }

    #[test]
    fn the_surer_pass_tells_the_diameter_where_the_copy_was_not_sure_of_large_nuclei() {
        let chromatin = squares(5, 20, 0.6);
        let (scale, scales) = estimate(square(80, 0.8), chromatin);
        assert!((scale - 24.0 / diameter(80)).abs() < 1e-6, "{scale}");
        assert_eq!(scales, [0.25, 1.0, scale]);
        // An embryo looks like a single nucleus in the copy.
        assert_eq!(estimate(square(80, 0.8), squares(5, 20, 0.9)), (1.0, vec![0.25, 1.0]));
    }

    #[test]
    fn large_nuclei_that_the_copy_missed_are_reduced_all_the_same() {
        let (scale, scales) = estimate(ProbabilityMaps::zeros(Size::new(128, 128)), square(60, 0.9));
        assert!((scale - 24.0 / diameter(60)).abs() < 1e-6, "{scale}");
        assert_eq!(scales, [0.25, 1.0, scale]);
    }

    #[test]
    fn without_nuclei_the_image_is_taken_as_it_is() {
        let nothing = ProbabilityMaps::zeros(Size::new(128, 128));
        assert_eq!(estimate(nothing.clone(), nothing), (1.0, vec![0.25, 1.0]));
    }

    #[test]
    fn the_users_diameter_spares_the_search() {
        for (diameter, expected) in [(3.0, 1.0), (24.0, 1.0), (40.0, 1.0), (48.0, 0.5), (4000.0, 0.2)] {
            let settings = Settings { diameter: Some(diameter), ..Settings::default() };
            let (scale, scales) = estimate_in(&range(), &settings, |_| square(100, 0.99));
            assert_eq!((scale, scales), (expected, vec![expected]), "{diameter}");
        }
    }

    #[test]
    fn a_range_that_allows_it_enlarges_small_nuclei() {
        let range = range().with([("maximum", 3.0), ("minimum_diameter", 20.0)]).unwrap();
        let (scale, scales) = estimate_in(&range, &Settings::default(), |_| square(10, 0.9));
        assert!((scale - 24.0 / diameter(10)).abs() < 1e-6, "{scale}");
        assert_eq!(scales, [0.25, 1.0, scale]);
    }
}
