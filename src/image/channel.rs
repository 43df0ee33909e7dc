//! A channel of an image, and the pixel size.

use super::{Buffer, Image, ImageError, Samples};

/// The size of a pixel in micrometres; both sides are finite and greater than 0.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct PixelSize {
    /// The width of a pixel in µm.
    pub x: f64,
    /// The height of a pixel in µm.
    pub y: f64,
}

impl PixelSize {
    /// `None` unless both sides are finite and greater than 0.
    pub fn new(x: f64, y: f64) -> Option<Self> {
        let is_size = |side: f64| side.is_finite() && side > 0.0;
        (is_size(x) && is_size(y)).then_some(Self { x, y })
    }
}

/// A channel: a grayscale image and its name, such as `DAPI`.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// The name given by the file or the user; `gray`, `red`, `green` or `blue` if there is none.
    pub name: String,
    /// Its values, one per pixel.
    pub image: Image,
}

/// Splits an image into its channels: `gray`, or `red`, `green` and `blue`.
///
/// # Errors
/// [`ImageError::Inconsistent`], but never in practice, because the channels of an image are valid images.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::image::{Image, Samples, split};
///
/// let image = Image::new(Size::new(2, 1), 3, Samples::U8(vec![1, 2, 3,  4, 5, 6].into()))?;
/// let channels = split(&image)?;
/// assert_eq!(channels[2].name, "blue");
/// assert_eq!(channels[2].image.samples(), &Samples::U8(vec![3, 6].into()));
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
pub fn split(image: &Image) -> Result<Vec<Channel>, ImageError> {
    if image.channels() == 1 {
        return Ok(vec![Channel { name: "gray".to_owned(), image: image.clone() }]);
    }
    let names = ["red", "green", "blue"];
    let one = |(channel, name): (usize, &str)| {
        let samples = match image.samples() {
            Samples::U8(values) => Samples::U8(every(values, channel, names.len())),
            Samples::U16(values) => Samples::U16(every(values, channel, names.len())),
            Samples::F32(values) => Samples::F32(every(values, channel, names.len())),
        };
        let image = Image::new(image.size(), 1, samples)?;
        Ok(Channel { name: name.to_owned(), image })
    };
    names.into_iter().enumerate().map(one).collect()
}

fn every<T: Copy>(values: &[T], first: usize, stride: usize) -> Buffer<T> {
    values.iter().skip(first).step_by(stride).copied().collect()
}
