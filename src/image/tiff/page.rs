//! A page: its size, and the format and meaning of its values.

use std::sync::Arc;

use super::directory::{Directory, File, tag};
use super::{FORMAT, compression};
use crate::image::{ImageError, Limits, check_size};

/// The meaning of the values of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Every sample is a separate channel.
    Gray,
    /// Red, green, blue.
    Rgb,
    /// Indices in a colour map.
    Palette,
    /// Cyan, magenta, yellow, black.
    Cmyk,
    /// Not supported.
    Other,
}

/// The stored number type (TIFF 6.0, SampleFormat).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Unsigned,
    Signed,
    Float,
    /// Complex numbers and unknown types.
    Other,
}

/// A page of a file, not validated yet.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub width: usize,
    pub height: usize,
    /// Bits per value; 0 if they differ between samples.
    pub bits: usize,
    /// Samples per pixel.
    pub samples: usize,
    pub number: Number,
    pub meaning: Meaning,
    pub compression: u16,
    pub predictor: u16,
    pub is_planar: bool,
    pub white_is_zero: bool,
    pub is_ycbcr: bool,
    pub reversed_bits: bool,
    /// The number of alpha samples, which come last.
    pub alpha: usize,
    /// Whether it is a reduced version of another page, or a mask of one.
    pub is_secondary: bool,
    pub photometric: u16,
    /// The offset of the values relative to the positions in the directory, for planes without their own
    /// directory.
    pub shift: u64,
    pub directory: Arc<Directory>,
}

/// The maximum number of samples whose bits and format are read: they must be equal anyway, and many pages
/// can share one long list.
const MOST_LOOKED_AT: usize = 1024;

/// Values of PhotometricInterpretation.
const WHITE_IS_ZERO: u16 = 0;
const BLACK_IS_ZERO: u16 = 1;
const RGB: u16 = 2;
const PALETTE: u16 = 3;
const CMYK: u16 = 5;
const YCBCR: u16 = 6;

/// The number of values of a directory that [`Page::read`] reads.
pub(super) fn values_read(file: &File, directory: &Directory) -> Result<u64, ImageError> {
    let samples = directory.number(file, tag::SAMPLES, 1)?.min(MOST_LOOKED_AT as u64);
    let lists = [tag::EXTRA_SAMPLES, tag::SAMPLE_FORMAT, tag::BITS].map(|tag| directory.count(tag) as u64);
    Ok(lists.into_iter().map(|count| count.min(samples)).sum())
}

impl Page {
    pub(super) fn read(file: &File, directory: Directory) -> Result<Self, ImageError> {
        let number = |tag, missing| directory.number(file, tag, missing);
        let short = |tag, missing| Ok::<_, ImageError>(number(tag, missing)?.try_into().unwrap_or(u16::MAX));
        let side = |tag| Ok::<_, ImageError>(number(tag, 0)?.try_into().unwrap_or(usize::MAX));
        let samples = usize::from(short(tag::SAMPLES, 1)?);
        let looked_at = samples.min(MOST_LOOKED_AT);
        let photometric = short(tag::PHOTOMETRIC, BLACK_IS_ZERO.into())?;
        let extra = directory.numbers(file, tag::EXTRA_SAMPLES, looked_at)?;
        let compression = short(tag::COMPRESSION, 1)?;
        let meaning = meaning(photometric, compression, samples, extra.len());
        let formats = directory.numbers(file, tag::SAMPLE_FORMAT, looked_at)?;
        Ok(Self {
            width: side(tag::WIDTH)?,
            height: side(tag::HEIGHT)?,
            bits: same(&directory.numbers(file, tag::BITS, looked_at)?, 1).unwrap_or(0),
            samples,
            number: match same(&formats, 1) {
                Some(1 | 4) => Number::Unsigned,
                Some(2) => Number::Signed,
                Some(3) => Number::Float,
                _ => Number::Other,
            },
            meaning,
            compression,
            predictor: short(tag::PREDICTOR, 1)?,
            is_planar: samples > 1 && number(tag::PLANAR, 1)? == 2,
            white_is_zero: photometric == WHITE_IS_ZERO,
            is_ycbcr: photometric == YCBCR,
            reversed_bits: number(tag::FILL_ORDER, 1)? == 2,
            alpha: alpha(meaning, samples, &extra),
            is_secondary: number(tag::SUBFILE, 0)? & 5 != 0 || number(tag::OLD_SUBFILE, 1)? == 2,
            photometric,
            shift: 0,
            directory: Arc::new(directory),
        })
    }

    /// Whether two pages can be planes of one stack.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let kind = |page: &Self| {
            (page.width, page.height, page.bits, page.samples, page.number, page.photometric, page.alpha)
        };
        kind(self) == kind(other)
    }

    /// The number of bytes that a decoded value takes.
    pub(super) fn value_bytes(&self) -> u64 {
        match (self.number, self.bits) {
            (Number::Unsigned, 1..=8) => 1,
            (Number::Unsigned, 9..=16) => 2,
            _ => 4,
        }
    }

    /// The number of samples that are channels (and not alpha).
    pub(super) fn channels(&self) -> usize {
        self.samples.saturating_sub(self.alpha).max(1)
    }

    /// Rejects unsupported pages, with the reason, and pages that exceed the limits.
    pub(super) fn check(&self, limits: Limits) -> Result<(), ImageError> {
        let unsupported = |reason: String| Err(ImageError::Unsupported { format: FORMAT, reason });
        if self.width == 0 || self.height == 0 || self.samples == 0 {
            let (width, height, samples) = (self.width, self.height, self.samples);
            return Err(super::directory::corrupt(format!(
                "a page of {width} × {height} pixels with {samples} values each"
            )));
        }
        check_size(&limits, self.width as u64, self.height as u64)?;
        if self.meaning == Meaning::Other {
            return unsupported(format!("its colours are {}", photometric_name(self.photometric)));
        }
        let bits_are_read = match self.number {
            Number::Unsigned | Number::Signed => matches!(self.bits, 1..=32 | 64),
            Number::Float => matches!(self.bits, 16 | 32 | 64),
            Number::Other => {
                return unsupported("its values are complex numbers or of an unknown type".into());
            }
        };
        if !bits_are_read {
            return unsupported(match self.bits {
                0 => "its channels have different numbers of bits".into(),
                bits => format!("its values are numbers of {bits} bits"),
            });
        }
        if self.meaning == Meaning::Palette && (self.bits > 16 || self.number != Number::Unsigned) {
            return unsupported(format!("it has a colour palette with {} bits", self.bits));
        }
        if self.meaning == Meaning::Cmyk && self.number == Number::Signed {
            return unsupported("it has CMYK colours that are signed numbers".into());
        }
        if !matches!(self.predictor, 1..=3) || (self.predictor == 3 && self.number != Number::Float) {
            return unsupported(format!("predictor {} with these values", self.predictor));
        }
        compression::check(self)
    }
}

/// The common value of all numbers; `missing` if there are none, `None` if they differ.
fn same(numbers: &[u64], missing: u64) -> Option<usize> {
    let first = numbers.first().copied().unwrap_or(missing);
    numbers.iter().all(|&number| number == first).then(|| usize::try_from(first).ok()).flatten()
}

fn meaning(photometric: u16, compression: u16, samples: usize, extra: usize) -> Meaning {
    let colors = samples.saturating_sub(extra);
    match photometric {
        WHITE_IS_ZERO | BLACK_IS_ZERO => Meaning::Gray,
        // Three samples, and possibly a fourth one that is alpha, whether or not the file declares it.
        RGB if (colors == 3 && extra <= 1) || (colors == 4 && extra == 0) => Meaning::Rgb,
        RGB => Meaning::Gray,
        YCBCR if compression == compression::JPEG && samples == 3 => Meaning::Rgb,
        PALETTE if colors == 1 => Meaning::Palette,
        CMYK if colors == 4 => Meaning::Cmyk,
        _ => Meaning::Other,
    }
}

/// Extra samples of types 1 and 2 are alpha; type 0 is unspecified.
fn alpha(meaning: Meaning, samples: usize, extra: &[u64]) -> usize {
    match meaning {
        Meaning::Gray => extra
            .iter()
            .rev()
            .take_while(|&&kind| kind == 1 || kind == 2)
            .count()
            .min(samples.saturating_sub(1)),
        Meaning::Rgb => samples - 3,
        Meaning::Palette => samples - 1,
        Meaning::Cmyk => samples - 4,
        Meaning::Other => 0,
    }
}

fn photometric_name(photometric: u16) -> String {
    match photometric {
        PALETTE => "a palette with more than one value a pixel".into(),
        4 => "a transparency mask".into(),
        CMYK => "inks other than CMYK".into(),
        YCBCR => "YCbCr without JPEG compression".into(),
        8..=10 => "CIE L*a*b*".into(),
        32_803 => "a camera's raw colour filter array".into(),
        32_844 => "CIE LogL".into(),
        32_845 => "CIE LogLuv".into(),
        other => format!("of an unknown kind (PhotometricInterpretation {other})"),
    }
}
