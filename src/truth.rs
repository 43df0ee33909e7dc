//! Ground truth of one image, from whichever form it comes in, as one mask a nucleus.

use crate::error::Explain;
use crate::image::{Image, Samples};
use crate::nuclei::LabelImage;
use crate::run_length::{self, Mask, RunLengthError};

/// Why a ground truth does not fit its image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TruthError {
    /// A mask or label image has another size than the image it belongs to.
    #[error("the ground truth is {truth_width} × {truth_height} pixels but the image is {width} × {height}")]
    Size {
        /// Columns of the image.
        width: usize,
        /// Rows of the image.
        height: usize,
        /// Columns of the ground truth.
        truth_width: usize,
        /// Rows of the ground truth.
        truth_height: usize,
    },
    /// A label image has colour, or numbers that are not whole or out of range.
    #[error("a label image must be gray with whole numbers from 0 to {LARGEST_FLOAT}")]
    NotLabels,
    /// A run lies outside the image.
    #[error("nucleus {nucleus} of the ground truth: {error}")]
    Run {
        /// Which nucleus, from 1.
        nucleus: usize,
        /// What is wrong.
        error: RunLengthError,
    },
}

impl Explain for TruthError {
    fn code(&self) -> &'static str {
        match self {
            Self::Size { .. } => "truth/size",
            Self::NotLabels => "truth/not-labels",
            Self::Run { .. } => "truth/run",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Size { .. } | Self::Run { .. } => {
                "Make sure that the ground truth was drawn on this very image, at the same size.".into()
            }
            Self::NotLabels => {
                "Save the label image as 8-, 16- or 32-bit gray: 0 for background, one number a nucleus."
                    .into()
            }
        }
    }
}

/// One nucleus from a mask image: every pixel that is not black belongs to it. `None` for a mask
/// without pixels (imperfect annotations have some).
///
/// # Errors
/// [`TruthError::Size`] if the mask is not of the image's size.
pub fn from_mask(mask: &Image, width: usize, height: usize) -> Result<Option<Mask>, TruthError> {
    check_size(mask, width, height)?;
    let inside: Vec<bool> = (0..width * height)
        .map(|pixel| {
            (0..mask.channels()).any(|channel| mask.samples().get(pixel * mask.channels() + channel) != 0.0)
        })
        .collect();
    Ok(Mask::of_pixels(width, height, &inside))
}

/// All nuclei from a label image: 0 is background, every other number one nucleus.
///
/// # Errors
/// As [`label_image`].
pub fn from_labels(labels: &Image, width: usize, height: usize) -> Result<Vec<Mask>, TruthError> {
    label_image(labels, width, height).map(|labels| run_length::encode(&labels))
}

/// The label image from an image whose values are numbers of nuclei, 0 being background. Numbers may have
/// gaps; they close up.
///
/// # Errors
/// [`TruthError::Size`], or [`TruthError::NotLabels`] for colour, fractions and negative numbers.
pub fn label_image(labels: &Image, width: usize, height: usize) -> Result<LabelImage, TruthError> {
    check_size(labels, width, height)?;
    let numbers = match (labels.channels(), labels.samples()) {
        (1, Samples::U8(values)) => values.iter().map(|&value| value.into()).collect(),
        (1, Samples::U16(values)) => values.iter().map(|&value| value.into()).collect(),
        (1, Samples::F32(values)) => values.iter().map(|&value| whole(value)).collect::<Result<_, _>>()?,
        _ => return Err(TruthError::NotLabels),
    };
    Ok(LabelImage::from_labels(width, height, numbers))
}

/// Up to here every whole number has a float of its own: 32-bit integers are decoded as floats.
const LARGEST_FLOAT: u32 = 1 << 24;

fn whole(value: f32) -> Result<u32, TruthError> {
    let is_number = value.fract() == 0.0 && (0.0..=LARGEST_FLOAT as f32).contains(&value);
    if is_number { Ok(value as u32) } else { Err(TruthError::NotLabels) }
}

/// Makes sure that run lengths fit the image.
///
/// # Errors
/// [`TruthError::Run`] that names the nucleus.
pub fn check_masks(masks: &[Mask], width: usize, height: usize) -> Result<(), TruthError> {
    for (mask, nucleus) in masks.iter().zip(1..) {
        mask.check(height as u64, width as u64).map_err(|error| TruthError::Run { nucleus, error })?;
    }
    Ok(())
}

fn check_size(truth: &Image, width: usize, height: usize) -> Result<(), TruthError> {
    let (truth_width, truth_height) = (truth.width(), truth.height());
    if (truth_width, truth_height) == (width, height) {
        Ok(())
    } else {
        Err(TruthError::Size { width, height, truth_width, truth_height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(values: &[u16]) -> Image {
        Image::new(2, 2, 1, Samples::U16(values.to_vec())).unwrap()
    }

    #[test]
    fn a_mask_is_every_pixel_that_is_not_black() {
        assert_eq!(from_mask(&gray(&[0, 255, 0, 1]), 2, 2).unwrap().unwrap().to_string(), "3 2");
        assert_eq!(from_mask(&gray(&[0; 4]), 2, 2), Ok(None));
    }

    #[test]
    fn a_label_image_is_one_mask_a_number() {
        let masks = from_labels(&gray(&[900, 0, 900, 3]), 2, 2).unwrap();
        assert_eq!(masks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["4 1", "1 2"]);
    }

    #[test]
    fn truth_of_another_size_is_refused() {
        let error = from_labels(&gray(&[0; 4]), 3, 2).unwrap_err();
        assert_eq!(error.to_string(), "the ground truth is 2 × 2 pixels but the image is 3 × 2");
        let outside = vec!["1 2".parse().unwrap(), "5 2".parse().unwrap()];
        assert_eq!(check_masks(&outside, 5, 1).unwrap_err().code(), "truth/run");
        assert_eq!(check_masks(&outside, 6, 1), Ok(()));
    }

    #[test]
    fn whole_floats_are_numbers_of_nuclei() {
        let floats = |values: [f32; 2]| Image::new(2, 1, 1, Samples::F32(values.to_vec())).unwrap();
        assert_eq!(label_image(&floats([70_000.0, 0.0]), 2, 1).unwrap().as_slice(), [1, 0]);
        for wrong in [0.5, -1.0, 2e7] {
            assert_eq!(label_image(&floats([0.0, wrong]), 2, 1), Err(TruthError::NotLabels));
        }
    }

    #[test]
    fn colour_is_no_label_image() {
        let colour = Image::new(1, 1, 3, Samples::U8(vec![1, 2, 3])).unwrap();
        assert_eq!(from_labels(&colour, 1, 1), Err(TruthError::NotLabels));
    }
}
