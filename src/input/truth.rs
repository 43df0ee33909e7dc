//! Ground truth of an image, from any supported form, as one mask per nucleus.

use std::collections::HashSet;
use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use crate::dsb2018::run_length::{self, Mask, RunLengthError};
use crate::geometry::Size;
use crate::image::{self as images, Image, ImageError, Limits, Samples};
use crate::nuclei::LabelImage;

/// The reason why a ground truth does not fit its image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum TruthError {
    /// The size of a mask or label image differs from that of its image.
    #[error("the ground truth is {truth} pixels but the image is {image}")]
    #[diagnostic(
        code("truth/size"),
        help("Make sure that the ground truth was drawn on this very image, at the same size.")
    )]
    Size {
        /// The size of the image.
        image: Size,
        /// The size of the ground truth.
        truth: Size,
    },
    /// A label image is in colour, or has labels that are fractional or out of range.
    #[error("a label image must be gray with whole numbers from 0 to {LARGEST_FLOAT}")]
    #[diagnostic(
        code("truth/not-labels"),
        help("Save the label image as 8-, 16- or 32-bit gray: 0 for background, one number a nucleus.")
    )]
    NotLabels,
    /// A run lies outside the image.
    #[error("nucleus {nucleus} of the ground truth: {error}")]
    #[diagnostic(
        code("truth/run"),
        help("Make sure that the ground truth was drawn on this very image, at the same size.")
    )]
    Run {
        /// The nucleus, counted from 1.
        nucleus: usize,
        /// The error.
        error: RunLengthError,
    },
    /// The nuclei cannot be drawn as a label image.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Masks(#[from] RunLengthError),
}

/// The ground truth of an image as its files give it, not yet compared with the size of the image.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::input::truth::GroundTruth;
///
/// let truth = GroundTruth::RunLengths(vec!["1 2".parse()?, "2 2".parse()?]);
/// assert_eq!(truth.masks(Size::new(4, 1))?.len(), 2);
/// // A pixel of two nuclei belongs to the first.
/// assert_eq!(truth.labels(Size::new(4, 1))?.as_slice(), &[1, 1, 2, 0]);
/// assert!(truth.masks(Size::new(2, 1)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GroundTruth {
    /// Mask files with one nucleus each.
    MaskFiles(Vec<MaskFile>),
    /// A label image.
    LabelImage(Image),
    /// Run lengths, one mask per nucleus.
    RunLengths(Vec<Mask>),
}

impl GroundTruth {
    /// Decodes mask files with one nucleus each.
    ///
    /// # Errors
    /// A file cannot be decoded as an image.
    pub fn from_mask_files<File: AsRef<[u8]>>(
        files: impl IntoIterator<Item = File>,
        limits: Limits,
    ) -> Result<Self, ImageError> {
        let decode = |file: File| MaskFile::decode(file.as_ref(), limits);
        files.into_iter().map(decode).collect::<Result<_, _>>().map(Self::MaskFiles)
    }

    /// Decodes the file of a label image.
    ///
    /// # Errors
    /// The file cannot be decoded as an image.
    pub fn from_label_file(file: &[u8], limits: Limits) -> Result<Self, ImageError> {
        images::decode(file, limits).map(Self::LabelImage)
    }

    /// The masks of the nuclei, which may overlap, for an image of this size.
    ///
    /// # Errors
    /// The ground truth does not fit the image, or is not a label image.
    pub fn masks(&self, size: Size) -> Result<Vec<Mask>, TruthError> {
        match self {
            Self::MaskFiles(files) => {
                files.iter().filter_map(|file| file.nucleus(size).transpose()).collect()
            }
            Self::LabelImage(labels) => from_labels(labels, size),
            Self::RunLengths(masks) => check_masks(masks, size).map(|()| masks.clone()),
        }
    }

    /// The nuclei as a label image, for an image of this size; a pixel of several nuclei belongs to the first.
    ///
    /// # Errors
    /// Those of [`Self::masks`], or the label image does not fit into memory.
    pub fn labels(&self, size: Size) -> Result<LabelImage, TruthError> {
        Ok(run_length::decode_overlapping(&self.masks(size)?, size)?)
    }
}

/// A mask file: one nucleus, in an image of the same size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskFile {
    size: Size,
    nucleus: Option<Mask>,
}

impl MaskFile {
    /// Decodes a mask file. The pixels of the nucleus are determined from the channels that vary, including
    /// alpha:
    ///
    /// - if alpha varies, pixels that are at least half opaque; if the colours of these vary too, the next
    ///   rule applies to them;
    /// - if a colour or gray varies, every value but 0. In a file with lossy compression (JPEG, lossy WebP),
    ///   or with more than 16 different values, soft edges and noise are excluded: only pixels at least half
    ///   as bright as the brightest belong to the nucleus;
    /// - if nothing varies, all pixels or, in a black file, none.
    ///
    /// # Errors
    /// The file cannot be decoded as an image.
    pub fn decode(bytes: &[u8], limits: Limits) -> Result<Self, ImageError> {
        let is_lossy = loses_detail(bytes);
        if let Some((size, samples, channels)) = decode_with_alpha(bytes, limits) {
            return Ok(Self::of(size, &Channels { samples: &samples, count: channels }, true, is_lossy));
        }
        let image = images::decode(bytes, limits)?;
        Ok(Self::of_image(&image, is_lossy))
    }

    /// Extracts the mask from an image. `is_lossy`: whether the compression of its file is lossy.
    pub fn of_image(image: &Image, is_lossy: bool) -> Self {
        let channels = Channels { samples: image.samples(), count: image.channels() };
        Self::of(image.size(), &channels, false, is_lossy)
    }

    /// `has_alpha`: whether the last channel is alpha.
    fn of(size: Size, channels: &Channels, has_alpha: bool, is_lossy: bool) -> Self {
        let mut visible = vec![true; size.area()];
        let mut colors = 0..channels.count;
        let alpha = if has_alpha { colors.next_back() } else { None };
        let alpha = alpha.filter(|&alpha| channels.varies(alpha, &visible));
        if let Some(alpha) = alpha {
            visible = channels.brighter_half(alpha);
        }
        let varying: Vec<usize> = colors.clone().filter(|&color| channels.varies(color, &visible)).collect();
        let inside = if let [_, ..] = *varying {
            let mut inside = vec![false; visible.len()];
            for color in varying {
                let is_soft = is_lossy || channels.has_many_levels(color, &visible);
                let bright = if is_soft { channels.brighter_half(color) } else { channels.not_black(color) };
                let joined = inside.iter_mut().zip(bright).zip(&visible);
                joined.for_each(|((inside, bright), &visible)| *inside |= bright && visible);
            }
            inside
        } else if alpha.is_some() || colors.any(|color| channels.values(color).any(|value| value != 0.0)) {
            visible
        } else {
            vec![false; visible.len()]
        };
        Self { size, nucleus: Mask::of_pixels(size, &inside) }
    }

    /// The nucleus; `None` for a mask without pixels (imperfect annotations contain some).
    ///
    /// # Errors
    /// [`TruthError::Size`] if the size of the mask differs from that of the image.
    pub fn nucleus(&self, size: Size) -> Result<Option<Mask>, TruthError> {
        check_size(self.size, size)?;
        Ok(self.nucleus.clone())
    }
}

/// More different values than this in a channel of a mask are soft edges or noise.
const MOST_LEVELS: usize = 16;

/// The channels of an image, interleaved.
struct Channels<'a> {
    samples: &'a Samples,
    count: usize,
}

impl Channels<'_> {
    fn values(&self, channel: usize) -> impl Iterator<Item = f32> {
        (channel..self.samples.len()).step_by(self.count).map(|index| self.samples.get(index))
    }

    fn values_among(&self, channel: usize, among: &[bool]) -> impl Iterator<Item = f32> {
        self.values(channel).zip(among).filter(|(_, among)| **among).map(|(value, _)| value)
    }

    fn varies(&self, channel: usize, among: &[bool]) -> bool {
        let mut values = self.values_among(channel, among);
        values.next().is_some_and(|first| values.any(|value| value != first))
    }

    fn has_many_levels(&self, channel: usize, among: &[bool]) -> bool {
        let mut levels = HashSet::new();
        self.values_among(channel, among).any(|value| {
            levels.insert(value.to_bits());
            levels.len() > MOST_LEVELS
        })
    }

    fn brighter_half(&self, channel: usize) -> Vec<bool> {
        let brightest = self.values(channel).fold(0.0, f32::max);
        self.values(channel).map(|value| value > 0.0 && value >= brightest / 2.0).collect()
    }

    fn not_black(&self, channel: usize) -> Vec<bool> {
        self.values(channel).map(|value| value != 0.0).collect()
    }
}

/// Whether the compression of a file is lossy: JPEG, and WebP except the variant `VP8L`.
fn loses_detail(bytes: &[u8]) -> bool {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    bytes.starts_with(&[0xff, 0xd8]) || (is_webp && bytes.get(12..16) != Some(b"VP8L"))
}

/// Size, samples and number of channels of a file whose last channel is alpha; `None` for all other
/// files, including damaged ones.
fn decode_with_alpha(bytes: &[u8], limits: Limits) -> Option<(Size, Samples, usize)> {
    if bytes.starts_with(b"II") || bytes.starts_with(b"MM") {
        return images::tiff_with_alpha(bytes, limits);
    }
    let format = image::guess_format(bytes).ok()?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP | ImageFormat::Bmp) {
        return None;
    }
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    images::check_size(&limits, width.into(), height.into()).ok()?;
    if !color.has_alpha() {
        return None;
    }
    let mut allocation = image::Limits::default();
    allocation.max_alloc = Some(limits.maximum_bytes());
    decoder.set_limits(allocation).ok()?;
    let samples = match DynamicImage::from_decoder(decoder).ok()? {
        DynamicImage::ImageLumaA8(picture) => Samples::U8(picture.into_raw().into()),
        DynamicImage::ImageRgba8(picture) => Samples::U8(picture.into_raw().into()),
        DynamicImage::ImageLumaA16(picture) => Samples::U16(picture.into_raw().into()),
        DynamicImage::ImageRgba16(picture) => Samples::U16(picture.into_raw().into()),
        _ => return None,
    };
    Some((Size::new(width as usize, height as usize), samples, color.channel_count().into()))
}

/// Extracts all nuclei from a label image: 0 is background, every other value is the number of a nucleus.
///
/// # Errors
/// As for [`label_image`].
pub fn from_labels(labels: &Image, size: Size) -> Result<Vec<Mask>, TruthError> {
    label_image(labels, size).map(|labels| run_length::encode(&labels))
}

/// Converts an image whose values are numbers of nuclei, with 0 for background. If numbers are missing, the
/// nuclei are renumbered without gaps.
///
/// # Errors
/// [`TruthError::Size`], or [`TruthError::NotLabels`] for colour, fractions and negative numbers.
pub fn label_image(labels: &Image, size: Size) -> Result<LabelImage, TruthError> {
    check_size(labels.size(), size)?;
    let numbers = match (labels.channels(), labels.samples()) {
        (1, Samples::U8(values)) => values.iter().map(|&value| value.into()).collect(),
        (1, Samples::U16(values)) => values.iter().map(|&value| value.into()).collect(),
        (1, Samples::F32(values)) => values.iter().map(|&value| whole(value)).collect::<Result<_, _>>()?,
        _ => return Err(TruthError::NotLabels),
    };
    Ok(LabelImage::from_labels(size, numbers))
}

/// All integers up to here are exactly representable as a float: 32-bit integers are decoded as floats.
const LARGEST_FLOAT: u32 = 1 << 24;

fn whole(value: f32) -> Result<u32, TruthError> {
    let is_number = value.fract() == 0.0 && (0.0..=LARGEST_FLOAT as f32).contains(&value);
    if is_number { Ok(value as u32) } else { Err(TruthError::NotLabels) }
}

/// Checks that run lengths fit the image.
///
/// # Errors
/// [`TruthError::Run`] with the number of the nucleus.
pub fn check_masks(masks: &[Mask], size: Size) -> Result<(), TruthError> {
    for (mask, nucleus) in masks.iter().zip(1..) {
        mask.check(size).map_err(|error| TruthError::Run { nucleus, error })?;
    }
    Ok(())
}

fn check_size(truth: Size, image: Size) -> Result<(), TruthError> {
    if truth == image { Ok(()) } else { Err(TruthError::Size { image, truth }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;

    fn gray(values: &[u16]) -> Image {
        Image::new(Size::new(2, 2), 1, Samples::U16(values.to_vec().into())).unwrap()
    }

    #[test]
    fn a_mask_is_every_pixel_that_is_not_black() {
        let mask = |values| MaskFile::of_image(&gray(values), false).nucleus(Size::new(2, 2));
        assert_eq!(mask(&[0, 255, 0, 1]).unwrap().unwrap().to_string(), "3 2");
        assert_eq!(mask(&[0; 4]), Ok(None));
        assert_eq!(mask(&[9; 4]).unwrap().unwrap().to_string(), "1 4");
        let error = MaskFile::of_image(&gray(&[0; 4]), false).nucleus(Size::new(3, 2)).unwrap_err();
        assert_eq!(error.to_string(), "the ground truth is 2 × 2 pixels but the image is 3 × 2");
    }

    /// The nucleus in a mask of 4 × 1 pixels, as run lengths.
    fn nucleus(picture: &DynamicImage, format: ImageFormat) -> String {
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, format).unwrap();
        let mask = MaskFile::decode(file.get_ref(), Limits::default()).unwrap();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        mask.nucleus(Size::new(width, height)).unwrap().map_or_else(String::new, |mask| mask.to_string())
    }

    #[test]
    fn the_nucleus_may_be_in_any_channel_alpha_among_them() {
        let rgba = |pixels: [[u8; 4]; 4]| {
            let buffer = image::RgbaImage::from_raw(4, 1, pixels.concat()).unwrap();
            nucleus(&buffer.into(), ImageFormat::Png)
        };
        let (clear, opaque) = ([0, 0, 0, 0], [0, 0, 0, 255]);
        let white = [255; 4];
        // All pixels are black or white: alpha decides.
        assert_eq!(rgba([clear, opaque, opaque, clear]), "2 2");
        assert_eq!(rgba([[255, 255, 255, 0], white, white, [255, 255, 255, 0]]), "2 2");
        assert_eq!(rgba([clear, white, [0, 0, 0, 127], [255, 255, 255, 200]]), "2 1 4 1");
        // Alpha is constant: the colours decide.
        assert_eq!(rgba([opaque, white, [0, 0, 7, 255], opaque]), "2 2");
        assert_eq!(rgba([clear, [9, 0, 0, 0], clear, clear]), "2 1");
        // Both vary: white on black in a window.
        assert_eq!(rgba([[80, 9, 4, 0], opaque, white, opaque]), "3 1");
        assert_eq!(rgba([opaque; 4]), "");
        assert_eq!(rgba([white; 4]), "1 4");

        let rgb = |pixels: [[u8; 3]; 4]| {
            let buffer = image::RgbImage::from_raw(4, 1, pixels.concat()).unwrap();
            nucleus(&buffer.into(), ImageFormat::Png)
        };
        assert_eq!(rgb([[0; 3], [0, 255, 0], [0, 0, 1], [0; 3]]), "2 2");
        // A constant channel is ignored.
        assert_eq!(rgb([[0, 0, 255], [255, 0, 255], [0, 0, 255], [0, 0, 255]]), "2 1");
        let mut file = Cursor::new(Vec::new());
        tiff::encoder::TiffEncoder::new(&mut file)
            .unwrap()
            .write_image::<tiff::encoder::colortype::RGBA8>(4, 1, &[clear, opaque, opaque, clear].concat())
            .unwrap();
        let mask = MaskFile::decode(file.get_ref(), Limits::default()).unwrap();
        assert_eq!(mask.nucleus(Size::new(4, 1)).unwrap().unwrap().to_string(), "2 2");
        let gray = image::GrayAlphaImage::from_raw(4, 1, vec![0, 0, 0, 255, 0, 255, 0, 0]).unwrap();
        assert_eq!(nucleus(&gray.into(), ImageFormat::Png), "2 2");
    }

    #[test]
    fn what_compression_left_beside_a_nucleus_is_none_of_it() {
        let is_inside = |x: u32, y: u32| (x as i32 - 20).pow(2) + (y as i32 - 20).pow(2) < 90;
        let drawn =
            image::GrayImage::from_fn(40, 40, |x, y| image::Luma([if is_inside(x, y) { 255 } else { 0 }]));
        let area =
            |runs: &str| runs.split(' ').skip(1).step_by(2).map(|run| run.parse::<usize>().unwrap()).sum();
        let exact: usize = area(&nucleus(&drawn.clone().into(), ImageFormat::Png));
        let jpeg: usize = area(&nucleus(&drawn.clone().into(), ImageFormat::Jpeg));
        assert!(jpeg.abs_diff(exact) * 50 < exact, "{jpeg} pixels, not {exact}");
        // The same noise in a lossless file.
        let mut file = Cursor::new(Vec::new());
        DynamicImage::from(drawn).write_to(&mut file, ImageFormat::Jpeg).unwrap();
        let noisy = image::load_from_memory(file.get_ref()).unwrap();
        let saved_anew: usize = area(&nucleus(&noisy, ImageFormat::Png));
        assert_eq!(saved_anew, jpeg);
    }

    #[test]
    fn a_label_image_is_one_mask_a_number() {
        let masks = from_labels(&gray(&[900, 0, 900, 3]), Size::new(2, 2)).unwrap();
        assert_eq!(masks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["4 1", "1 2"]);
    }

    #[test]
    fn truth_of_another_size_is_refused() {
        let error = from_labels(&gray(&[0; 4]), Size::new(3, 2)).unwrap_err();
        assert_eq!(error.to_string(), "the ground truth is 2 × 2 pixels but the image is 3 × 2");
        let outside = vec!["1 2".parse().unwrap(), "5 2".parse().unwrap()];
        assert_eq!(check_masks(&outside, Size::new(5, 1)).unwrap_err().code(), "truth/run");
        assert_eq!(check_masks(&outside, Size::new(6, 1)), Ok(()));
    }

    #[test]
    fn whole_floats_are_numbers_of_nuclei() {
        let floats =
            |values: [f32; 2]| Image::new(Size::new(2, 1), 1, Samples::F32(values.to_vec().into())).unwrap();
        assert_eq!(label_image(&floats([70_000.0, 0.0]), Size::new(2, 1)).unwrap().as_slice(), [1, 0]);
        for wrong in [0.5, -1.0, 2e7] {
            assert_eq!(label_image(&floats([0.0, wrong]), Size::new(2, 1)), Err(TruthError::NotLabels));
        }
    }

    #[test]
    fn colour_is_no_label_image() {
        let colour = Image::new(Size::new(1, 1), 3, Samples::U8(vec![1, 2, 3].into())).unwrap();
        assert_eq!(from_labels(&colour, Size::new(1, 1)), Err(TruthError::NotLabels));
    }
}
