//! Synthetic images and probability maps, the same on every computer.

use nucleoscope::geometry::Size;
use nucleoscope::image::{Image, ImageError, Samples, normalize};
use nucleoscope::network::ModelMetadata;
use nucleoscope::nuclei::{WatershedSettings, watershed};
use nucleoscope::prediction::ProbabilityMaps;
use nucleoscope::synthetic::{FieldOptions, encode_png, field, maps};

use crate::BenchError;

/// Side of the largest synthetic field; larger images repeat it.
const LARGEST_FIELD: usize = 1024;
/// Pixels per nucleus, as in the example with 24 nuclei in 256 × 256.
const PIXELS_PER_NUCLEUS: usize = 256 * 256 / 24;

/// A square grayscale fluorescence image with nuclei of the diameter that the network was trained on.
fn image(side: usize, seed: u64) -> Result<Image, ImageError> {
    let drawn = side.min(LARGEST_FIELD);
    let nuclei = drawn * drawn / PIXELS_PER_NUCLEUS;
    let image =
        field(&FieldOptions { seed, width: drawn, height: drawn, nuclei, ..Default::default() }).image;
    if drawn == side {
        return Ok(image);
    }
    let rows = (0..side).map(|y| y % drawn);
    let Samples::U8(values) = image.samples() else { return Ok(image) };
    let repeated = rows.flat_map(|y| values[y * drawn..][..drawn].iter().copied().cycle().take(side));
    Image::new(Size::new(side, side), 1, Samples::U8(repeated.collect()))
}

/// A square image as a PNG file.
///
/// # Errors
/// The side is 0.
pub fn picture(side: usize, seed: u64) -> Result<Vec<u8>, BenchError> {
    Ok(encode_png(&image(side, seed)?))
}

/// The network's input for a square image: `[1, 3, side, side]`.
///
/// # Errors
/// The side is 0.
pub fn network_input(metadata: &ModelMetadata, side: usize) -> Result<Vec<f32>, BenchError> {
    let image = image(side, 1)?;
    let planes = normalize(&image, &metadata.normalization).planes();
    Ok(planes.iter().cycle().take(3).flatten().copied().collect())
}

/// Probability maps of 1024 × 1024 pixels with about a thousand nuclei, many of which touch.
#[derive(Debug)]
pub struct Crowd(ProbabilityMaps);

impl Crowd {
    /// Columns and rows.
    pub const SIDE: usize = 1024;

    /// Draws the probability maps.
    ///
    /// # Errors
    /// [`BenchError::Crowd`] if they do not have the expected number of nuclei.
    pub fn new() -> Result<Self, BenchError> {
        let crowd = Self(maps(&field(&FieldOptions::crowd(Self::SIDE)).truth));
        match crowd.watershed() {
            900..1100 => Ok(crowd),
            count => Err(BenchError::Crowd(count)),
        }
    }

    /// The probability maps.
    pub fn maps(&self) -> &ProbabilityMaps {
        &self.0
    }

    /// Runs the watershed, from seeds to consecutive numbers, and counts the nuclei.
    pub fn watershed(&self) -> u32 {
        watershed(&self.0, &WatershedSettings::default()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_repeats_a_smaller_one() {
        let (one, four) = (image(1024, 1).unwrap(), image(2048, 1).unwrap());
        for (x, y) in [(0, 0), (17, 1023), (1023, 5)] {
            for (right, down) in [(0, 0), (1024, 0), (0, 1024), (1024, 1024)] {
                let repeated = four.samples().get((y + down) * 2048 + x + right);
                assert_eq!(repeated, one.samples().get(y * 1024 + x));
            }
        }
    }
}
