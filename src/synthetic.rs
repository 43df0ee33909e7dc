//! Synthetic microscopy images: fields of nuclei with known ground truth, and simulated probability maps, for
//! the example button, the tests, the benchmarks and the documentation. No data comes from real images.

use std::io::Cursor;

use crate::geometry::Size;
use crate::image::{Image, Samples};
use crate::nuclei::LabelImage;
use crate::prediction::ProbabilityMaps;

/// The appearance of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modality {
    /// Bright nuclei on a dark, slightly uneven background; 8-bit gray.
    Fluorescence,
    /// The same in 16 bits with a large offset and a small range.
    DeepFluorescence,
    /// Purple nuclei on pink tissue; 8-bit RGB.
    Stained,
}

/// The properties of a field to draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldOptions {
    /// The same seed gives the same field.
    pub seed: u64,
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// The number of nuclei to try to place; fewer are placed if the field is too crowded.
    pub nuclei: usize,
    /// The mean diameter of a nucleus in pixels.
    pub diameter: usize,
    /// The fraction of a nucleus that others may cover, `0.0..=1.0`; at 0, contours touch at most.
    pub overlap: f32,
    /// The appearance.
    pub modality: Modality,
}

impl Default for FieldOptions {
    /// 24 fluorescent nuclei with a diameter of 24 pixels, separate from each other, in a field of 256 × 256.
    fn default() -> Self {
        Self {
            seed: 1,
            width: 256,
            height: 256,
            nuclei: 24,
            diameter: 24,
            overlap: 0.0,
            modality: Modality::Fluorescence,
        }
    }
}

impl FieldOptions {
    /// The example image of the page: 90 nuclei on 512 × 384 pixels, stained for even seeds and fluorescent for
    /// odd ones.
    pub fn example(seed: u32) -> Self {
        let modality = if seed.is_multiple_of(2) { Modality::Stained } else { Modality::Fluorescence };
        Self { seed: seed.into(), width: 512, height: 384, nuclei: 90, modality, ..Self::default() }
    }

    /// A crowded field of `side` × `side` pixels, in which many nuclei touch: about a thousand on 1024 ×
    /// 1024, one for every 1,048 pixels. Used for performance measurements.
    pub fn crowd(side: usize) -> Self {
        Self {
            width: side,
            height: side,
            nuclei: side * side / 1048,
            diameter: 26,
            overlap: 0.25,
            ..Self::default()
        }
    }
}

/// A field and its ground truth.
#[derive(Debug, Clone)]
pub struct Field {
    /// The simulated microscopy image.
    pub image: Image,
    /// The nucleus of each pixel.
    pub truth: LabelImage,
}

impl Field {
    /// The image as a PNG file.
    pub fn png(&self) -> Vec<u8> {
        encode_png(&self.image)
    }
}

/// Writes an image as PNG in its own bit depth; float images become 16-bit over `0.0..=1.0`.
pub fn encode_png(image: &Image) -> Vec<u8> {
    use image::ExtendedColorType::{L8, L16, Rgb8, Rgb16};
    let is_gray = image.channels() == 1;
    let wide = |values: &mut dyn Iterator<Item = u16>| values.flat_map(u16::to_ne_bytes).collect::<Vec<u8>>();
    let (bytes, color) = match image.samples() {
        Samples::U8(values) => (values.to_vec(), if is_gray { L8 } else { Rgb8 }),
        Samples::U16(values) => (wide(&mut values.iter().copied()), if is_gray { L16 } else { Rgb16 }),
        Samples::F32(values) => {
            let scaled = |value: &f32| (value.clamp(0.0, 1.0) * 65535.0) as u16;
            (wide(&mut values.iter().map(scaled)), if is_gray { L16 } else { Rgb16 })
        }
    };
    let mut file = Cursor::new(Vec::new());
    let (width, height) = (image.width() as u32, image.height() as u32);
    let encoder = image::codecs::png::PngEncoder::new(&mut file);
    let written = image::ImageEncoder::write_image(encoder, &bytes, width, height, color);
    debug_assert!(written.is_ok(), "a consistent image encodes into memory: {written:?}");
    file.into_inner()
}

/// Simulates the prediction of a good network from the ground truth: distances to the contour as steps
/// through pixels, a soft contour, and a little noise.
///
/// ```
/// use nucleoscope::nuclei::{WatershedSettings, watershed};
/// use nucleoscope::synthetic::{FieldOptions, field, maps};
///
/// let truth = field(&FieldOptions { nuclei: 5, ..Default::default() }).truth;
/// let found = watershed(&maps(&truth), &WatershedSettings::default());
/// assert_eq!(found.count(), 5);
/// ```
pub fn maps(truth: &LabelImage) -> ProbabilityMaps {
    let depths = depths(truth);
    let mut deepest = vec![1; truth.count() as usize + 1];
    for (&label, &depth) in truth.as_slice().iter().zip(&depths) {
        deepest[label as usize] = depth.max(deepest[label as usize]);
    }
    let mut random = fastrand::Rng::with_seed(1);
    let mut maps = ProbabilityMaps::zeros(truth.size());
    for (pixel, (&label, &depth)) in truth.as_slice().iter().zip(&depths).enumerate() {
        let mut noisy = |value: f32| (value + 0.02 * (random.f32() - 0.5)).clamp(0.0, 1.0);
        maps.distance[pixel] = noisy(depth as f32 / deepest[label as usize] as f32);
        maps.interior[pixel] = noisy([0.05, 0.75, 0.9, 0.97][(depth as usize).min(3)]);
        maps.boundary[pixel] = noisy([0.05, 0.8, 0.3, 0.05][(depth as usize).min(3)]);
    }
    maps
}

/// The distance in pixels of each pixel from the nearest one with another label, along rows and columns.
fn depths(truth: &LabelImage) -> Vec<u32> {
    let labels = truth.as_slice();
    let width = truth.width() as isize;
    let mut depths: Vec<u32> = labels.iter().map(|&label| if label == 0 { 0 } else { u32::MAX }).collect();
    let mut pass = |pixel: usize, steps: [isize; 2]| {
        for step in steps {
            let beside = pixel.checked_add_signed(step).filter(|&other| other < labels.len());
            let nearer =
                beside.map_or(0, |other| if labels[other] == labels[pixel] { depths[other] } else { 0 });
            depths[pixel] = depths[pixel].min(nearer.saturating_add(1));
        }
    };
    let inside = |pixel: &usize| labels[*pixel] != 0;
    (0..labels.len()).filter(inside).for_each(|pixel| pass(pixel, [-1, -width]));
    (0..labels.len()).rev().filter(inside).for_each(|pixel| pass(pixel, [1, width]));
    depths
}

/// An ellipse with a wavy contour.
struct Nucleus {
    x: f32,
    y: f32,
    long: f32,
    short: f32,
    /// Unit vector along the long axis.
    axis: (f32, f32),
    brightness: f32,
    wave: (f32, f32),
}

impl Nucleus {
    /// The distance from the centre as a fraction of the distance to the contour: below 1 inside. Uses only
    /// arithmetic and square roots, so that the image is the same on every platform.
    fn depth(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.x, y - self.y);
        let along = (dx * self.axis.0 + dy * self.axis.1) / self.long;
        let across = (dy * self.axis.0 - dx * self.axis.1) / self.short;
        let radius = (along * along + across * across).sqrt();
        if radius == 0.0 {
            return 0.0;
        }
        let (cosine, sine) = (along / radius, across / radius);
        let waves = self.wave.0 * (2.0 * cosine * cosine - 1.0) * sine + self.wave.1 * 2.0 * sine * cosine;
        radius / (1.0 + waves)
    }
}

/// Draws a field.
///
/// ```
/// use nucleoscope::synthetic::{field, FieldOptions};
///
/// let drawn = field(&FieldOptions { nuclei: 5, ..Default::default() });
/// assert_eq!(drawn.truth.count(), 5);
/// assert_eq!(field(&FieldOptions { nuclei: 0, ..Default::default() }).truth.count(), 0);
/// ```
pub fn field(options: &FieldOptions) -> Field {
    let (width, height) = (options.width.max(1), options.height.max(1));
    let mut random = fastrand::Rng::with_seed(options.seed);
    let (nuclei, labels) = place(options, width, height, &mut random);
    let image = match options.modality {
        Modality::Stained => stained(&nuclei, width, height, &mut random),
        _ => fluorescence(&nuclei, width, height, options.modality, &mut random),
    };
    Field { image, truth: LabelImage::from_labels(Size::new(width, height), labels) }
}

fn between(random: &mut fastrand::Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * random.f32()
}

/// Places nuclei without covering more of any than allowed, and returns the pixels of each. Earlier nuclei
/// are on top.
fn place(
    options: &FieldOptions,
    width: usize,
    height: usize,
    random: &mut fastrand::Rng,
) -> (Vec<Nucleus>, Vec<u32>) {
    let mut labels = vec![0u32; width * height];
    let mut nuclei = Vec::new();
    for _ in 0..options.nuclei * 40 {
        if nuclei.len() == options.nuclei {
            break;
        }
        let radius = options.diameter as f32 / 2.0 * between(random, 0.8, 1.2);
        let stretch = between(random, 1.0, 1.3);
        let (along, across) = (between(random, -1.0, 1.0), between(random, -1.0, 1.0));
        let length = (along * along + across * across).sqrt().max(1e-3);
        let nucleus = Nucleus {
            x: between(random, 0.0, width as f32),
            y: between(random, 0.0, height as f32),
            long: radius * stretch,
            short: radius / stretch,
            axis: (along / length, across / length),
            brightness: between(random, 0.55, 1.0),
            wave: (between(random, -0.08, 0.08), between(random, -0.08, 0.08)),
        };
        let pixels: Vec<usize> = around(&nucleus, 1.2, width, height)
            .filter(|&(_, depth)| depth < 1.0)
            .map(|(pixel, _)| pixel)
            .collect();
        let whole = options.diameter * options.diameter / 5;
        let seen: Vec<usize> = pixels.iter().copied().filter(|&pixel| labels[pixel] == 0).collect();
        let covered = (pixels.len() - seen.len()) as f32;
        if seen.len() > whole && covered <= options.overlap * pixels.len() as f32 {
            nuclei.push(nucleus);
            seen.iter().for_each(|&pixel| labels[pixel] = nuclei.len() as u32);
        }
    }
    (nuclei, labels)
}

/// Pixels near a nucleus (up to `reach` times its radius) with their depth.
fn around(nucleus: &Nucleus, reach: f32, width: usize, height: usize) -> impl Iterator<Item = (usize, f32)> {
    let margin = nucleus.long * reach * 1.2 + 1.0;
    let range = |middle: f32, length: usize| {
        ((middle - margin).max(0.0) as usize)..((middle + margin).max(0.0) as usize).min(length)
    };
    let columns = range(nucleus.x, width);
    range(nucleus.y, height)
        .flat_map(move |y| columns.clone().map(move |x| (x, y)))
        .map(move |(x, y)| (y * width + x, nucleus.depth(x as f32 + 0.5, y as f32 + 0.5)))
}

/// The fraction of a pixel at this depth that the nucleus covers: 1 inside, 0 outside, with a soft contour
/// between.
fn cover(depth: f32) -> f32 {
    let ramp = ((1.12 - depth) / 0.24).clamp(0.0, 1.0);
    ramp * ramp * (3.0 - 2.0 * ramp)
}

/// Approximately normal, with mean 0 and standard deviation 1: the sum of twelve uniform numbers, minus six.
fn noise(random: &mut fastrand::Rng) -> f32 {
    (0..12).map(|_| random.f32()).sum::<f32>() - 6.0
}

/// Smooth random texture around 0 in `-1.0..=1.0`: random numbers on a grid, interpolated linearly.
fn texture(width: usize, height: usize, grain: usize, random: &mut fastrand::Rng) -> Vec<f32> {
    let (columns, rows) = (width / grain + 2, height / grain + 2);
    let knots: Vec<f32> = (0..columns * rows).map(|_| between(random, -1.0, 1.0)).collect();
    let value = |x: usize, y: usize| {
        let (column, row) = (x / grain, y / grain);
        let (u, v) = ((x % grain) as f32 / grain as f32, (y % grain) as f32 / grain as f32);
        let knot = |column: usize, row: usize| knots[row * columns + column];
        let upper = knot(column, row) * (1.0 - u) + knot(column + 1, row) * u;
        let lower = knot(column, row + 1) * (1.0 - u) + knot(column + 1, row + 1) * u;
        upper * (1.0 - v) + lower * v
    };
    (0..width * height).map(|pixel| value(pixel % width, pixel / width)).collect()
}

fn fluorescence(
    nuclei: &[Nucleus],
    width: usize,
    height: usize,
    modality: Modality,
    random: &mut fastrand::Rng,
) -> Image {
    let haze = texture(width, height, 64, random);
    let chromatin = texture(width, height, 4, random);
    let mut light: Vec<f32> = haze.iter().map(|haze| 0.06 + 0.03 * haze).collect();
    for nucleus in nuclei {
        for (pixel, depth) in around(nucleus, 1.2, width, height).filter(|&(_, depth)| cover(depth) > 0.0) {
            let shade = nucleus.brightness * (0.8 + 0.15 * chromatin[pixel]) * (1.05 - 0.25 * depth * depth);
            light[pixel] = light[pixel].max(0.03 + cover(depth) * shade * 0.75);
        }
    }
    light.iter_mut().for_each(|value| *value += 0.012 * noise(random));
    let samples = if modality == Modality::DeepFluorescence {
        Samples::U16(light.iter().map(|value| (30_000.0 + value * 900.0) as u16).collect())
    } else {
        Samples::U8(light.iter().map(|value| (value * 255.0).clamp(0.0, 255.0) as u8).collect())
    };
    consistent(Image::new(Size::new(width, height), 1, samples))
}

fn stained(nuclei: &[Nucleus], width: usize, height: usize, random: &mut fastrand::Rng) -> Image {
    const GLASS: [f32; 3] = [243.0, 238.0, 243.0];
    const TISSUE: [f32; 3] = [226.0, 168.0, 200.0];
    const NUCLEUS: [f32; 3] = [92.0, 58.0, 138.0];
    let fibres = texture(width, height, 12, random);
    let chromatin = texture(width, height, 3, random);
    let mut amount = vec![0.0f32; width * height];
    for nucleus in nuclei {
        for (pixel, depth) in around(nucleus, 1.2, width, height) {
            let stain = cover(depth) * (0.7 + 0.3 * nucleus.brightness) * (0.9 + 0.1 * chromatin[pixel]);
            amount[pixel] = amount[pixel].max(stain);
        }
    }
    let values = (0..width * height)
        .flat_map(|pixel| {
            let tissue = (0.65 + 0.35 * fibres[pixel]).clamp(0.0, 1.0);
            let grain = 3.0 * noise(random);
            (0..3).map(move |channel| (pixel, channel, tissue, grain))
        })
        .map(|(pixel, channel, tissue, grain)| {
            let ground = GLASS[channel] + (TISSUE[channel] - GLASS[channel]) * tissue;
            let value = ground + (NUCLEUS[channel] - ground) * amount[pixel].min(1.0);
            (value + grain).clamp(0.0, 255.0) as u8
        })
        .collect();
    consistent(Image::new(Size::new(width, height), 3, Samples::U8(values)))
}

#[expect(clippy::expect_used, reason = "the generator's own numbers always make an image")]
fn consistent(image: Result<Image, crate::image::ImageError>) -> Image {
    image.expect("as many finite values as pixels")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Limits, decode};

    #[test]
    fn the_same_seed_gives_the_same_field_and_another_does_not() {
        let one = field(&FieldOptions::default());
        assert_eq!(one.image, field(&FieldOptions::default()).image);
        assert_ne!(one.image, field(&FieldOptions { seed: 2, ..Default::default() }).image);
    }

    #[test]
    fn png_files_decode_to_the_same_image() {
        for modality in [Modality::Fluorescence, Modality::DeepFluorescence, Modality::Stained] {
            let drawn =
                field(&FieldOptions { width: 40, height: 30, nuclei: 2, modality, ..Default::default() });
            assert_eq!(decode(&drawn.png(), Limits::default()).unwrap(), drawn.image);
        }
    }

    #[test]
    fn nuclei_are_brighter_than_the_background() {
        let drawn = field(&FieldOptions::default());
        let mean = |inside: bool| {
            let values: Vec<f32> = (0..256 * 256)
                .filter(|&pixel| (drawn.truth.as_slice()[pixel] != 0) == inside)
                .map(|pixel| drawn.image.samples().get(pixel))
                .collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        assert!(mean(true) > 3.0 * mean(false));
    }

    #[test]
    fn a_crowded_field_has_nuclei_that_touch() {
        let options = FieldOptions { nuclei: 200, ..Default::default() };
        let truth = field(&options).truth;
        let touches =
            truth.as_slice().windows(2).any(|pair| pair[0] != 0 && pair[1] != 0 && pair[0] != pair[1]);
        assert!(truth.count() > 60 && touches, "{}", truth.count());
    }
    #[test]
    fn nuclei_that_may_overlap_are_more_and_cover_each_other() {
        let crowd = |overlap| field(&FieldOptions { nuclei: 200, overlap, ..Default::default() }).truth;
        let (apart, over) = (crowd(0.0), crowd(0.4));
        assert!(over.count() > apart.count() * 5 / 4, "{} {}", over.count(), apart.count());
        let smallest = |truth: &LabelImage| truth.areas().into_iter().min().unwrap();
        let whole = 24 * 24 / 5;
        assert!(smallest(&over) > whole && smallest(&apart) > whole);
    }
}
