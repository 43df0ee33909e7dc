//! Pictures of an image: its channels, and the probability of each pixel, in 8-bit colour.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{ResizeOptions, Resizer};

use super::{Channel, ChannelDisplay, Image, ImageError, with_limits};
use crate::geometry::{Rect, Size, length_within};

/// An 8-bit RGBA picture of an image for the screen; the data are not modified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The number of columns.
    pub width: usize,
    /// The number of rows.
    pub height: usize,
    /// `[height, width, 4]`, row-major, red, green, blue, alpha (always 255).
    pub rgba: Vec<u8>,
}

/// Draws an image as an additive composite: the sum of its visible channels, clipped at full brightness. The
/// longer side is at most `maximum_side` pixels; the preview has full size for `None`.
///
/// With a `window`, only that part of the image is drawn, without what lies outside the image. Automatic limits
/// are those of the whole image.
///
/// `image` is the image to segment, and `channels` are all channels of the same size, as in
/// [`Opened`](super::Opened). Without any `displays`, `image` is drawn with automatic limits. The displays that
/// suit a file are in [`StackInfo::displays`](super::StackInfo::displays).
///
/// # Errors
/// [`ImageError::NoSuchChannel`] if a display's channel is not among `channels`; [`ImageError::Inconsistent`] if
/// the preview does not fit into memory, or no part of the window lies inside the image.
///
/// ```
/// use nucleoscope::geometry::{Rect, Size};
/// use nucleoscope::image::{ChannelDisplay, Image, Samples, preview};
///
/// let image = Image::new(Size::new(3, 1), 1, Samples::U16(vec![1000, 1010, 1040].into()))?;
/// let by_hand = ChannelDisplay::default().low(1000.0).high(1020.0);
/// let picture = preview(&image, &[], None, &[by_hand], None)?;
/// assert_eq!(picture.rgba.chunks(4).map(|rgba| rgba[0]).collect::<Vec<_>>(), [0, 127, 255]);
///
/// let last = Rect { left: 2, top: 0, width: 1, height: 1 };
/// assert_eq!(preview(&image, &[], None, &[by_hand], Some(&last))?.rgba, [255; 4]);
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
pub fn preview(
    image: &Image,
    channels: &[Channel],
    maximum_side: Option<usize>,
    displays: &[ChannelDisplay],
    window: Option<&Rect>,
) -> Result<Preview, ImageError> {
    let displays = if displays.is_empty() { &[ChannelDisplay::default()] } else { displays };
    let visible: Vec<ChannelDisplay> = displays.iter().copied().filter(|display| display.visible).collect();
    let visible = with_limits(image, channels, &visible)?;
    let layer = |display: &ChannelDisplay| Ok(Layer::new(display.image_in(image, channels)?, display));
    let layers = visible.iter().map(layer).collect::<Result<Vec<_>, ImageError>>()?;
    let pixels = |part: &Rect| {
        let mut rgba = [0, 0, 0, 255].repeat(part.size().area());
        for layer in &layers {
            layer.add_to(&mut rgba, part);
        }
        rgba
    };
    let window = window.map_or(Rect::whole(image.size()), |window| inside(window, image.size()));
    at_most(image.size(), &window, &pixels, maximum_side)
}

/// The part of a window that lies inside an image.
fn inside(window: &Rect, image: Size) -> Rect {
    let within =
        |start: usize, length: usize, end: usize| start.min(end)..start.saturating_add(length).min(end);
    Rect::of(within(window.left, window.width, image.width), within(window.top, window.height, image.height))
}

/// A channel as it is added to a picture.
struct Layer<'a> {
    image: &'a Image,
    /// The value shown as black.
    low: f32,
    /// The number of brightness levels per unit.
    scale: f32,
    /// The red, green and blue at each brightness level.
    colors: [[u8; 3]; 256],
}

impl<'a> Layer<'a> {
    /// `display` has limits.
    fn new(image: &'a Image, display: &ChannelDisplay) -> Self {
        let (low, high) = (display.low.unwrap_or(0.0), display.high.unwrap_or(0.0));
        let curve = gamma_curve(display.gamma);
        let tint = |level: u8| display.color.map(|color| (u16::from(level) * u16::from(color) / 255) as u8);
        let (low, scale) = if high > low {
            (low, 255.0 / (high - low))
        } else {
            // A constant image is shown with its own brightness instead of black.
            (0.0, if image.bit_depth() == 8 { 1.0 } else { 0.0 })
        };
        Self { image, low, scale, colors: curve.map(tint) }
    }

    /// Adds the pixels of a part of the image to those of a picture of it.
    fn add_to(&self, rgba: &mut [u8], part: &Rect) {
        let components = self.image.channels();
        let level = |index: usize| {
            ((self.image.samples().get(index) - self.low) * self.scale).clamp(0.0, 255.0) as u8 as usize
        };
        let rows = rgba.as_chunks_mut::<4>().0.chunks_exact_mut(part.width.max(1));
        for (y, row) in part.rows().zip(rows) {
            let first = y * self.image.width() + part.left;
            for (pixel, shown) in row.iter_mut().enumerate() {
                let start = (first + pixel) * components;
                let levels = match components {
                    1 => [level(start); 3],
                    _ => [level(start), level(start + 1), level(start + 2)],
                };
                for (component, level) in levels.into_iter().enumerate() {
                    shown[component] = shown[component].saturating_add(self.colors[level][component]);
                }
            }
        }
    }
}

/// The output of gamma correction for each of 256 brightness levels; an invalid gamma is replaced by 1.
fn gamma_curve(gamma: f32) -> [u8; 256] {
    let gamma = if gamma.is_finite() && gamma > 0.0 { gamma } else { 1.0 };
    std::array::from_fn(|value| ((value as f32 / 255.0).powf(1.0 / gamma) * 255.0).round() as u8)
}

/// Displays a map of `width * height` values in `0.0..=1.0` with the viridis colour map: dark blue is 0,
/// yellow is 1.
///
/// # Errors
/// [`ImageError::Inconsistent`] if the preview does not fit into memory.
pub fn map_preview(
    width: usize,
    height: usize,
    map: &[f32],
    maximum_side: Option<usize>,
) -> Result<Preview, ImageError> {
    let colours: [[u8; 4]; 256] = std::array::from_fn(|step| {
        let colorous::Color { r, g, b } = colorous::VIRIDIS.eval_rational(step, 256);
        [r, g, b, 255]
    });
    let pixels = |part: &Rect| {
        let rows = part.rows().map(|y| &map[y * width..][part.columns()]);
        rows.flatten().flat_map(|value| colours[(value * 255.0).clamp(0.0, 255.0) as u8 as usize]).collect()
    };
    let size = Size::new(width, height);
    at_most(size, &Rect::whole(size), &pixels, maximum_side)
}

/// The preview of a window in full size or, if that is too large, with its longer side reduced; `pixels`
/// returns the pixels of a part of the image.
fn at_most(
    image: Size,
    window: &Rect,
    pixels: &dyn Fn(&Rect) -> Vec<u8>,
    maximum_side: Option<usize>,
) -> Result<Preview, ImageError> {
    let &Rect { width, height, .. } = window;
    if width == 0 || height == 0 {
        return Err(ImageError::Inconsistent { width, height, channels: 4, values: 0 });
    }
    match maximum_side {
        Some(side) if side < width.max(height) => shrink(image, window, pixels, side.max(1)),
        _ => Ok(Preview { width, height, rgba: pixels(window) }),
    }
}

/// The number of full-size pixels in memory at a time while a preview is reduced.
const STRIP_PIXELS: usize = 1 << 22;
/// The radius of the Lanczos filter in pixels of the reduced preview.
const FILTER_REACH: f64 = 3.0;

/// Reduces one strip of rows at a time, because the full-size preview of a large image would take several
/// times its memory.
fn shrink(
    image: Size,
    window: &Rect,
    pixels: &dyn Fn(&Rect) -> Vec<u8>,
    side: usize,
) -> Result<Preview, ImageError> {
    let longer = window.width.max(window.height);
    let scaled = |length: usize| (length * side).div_ceil(longer).max(1);
    let (width, height) = (scaled(window.width), scaled(window.height));
    // The filter reads pixels beyond the strip and beyond the window.
    let reached = |start: f64, end: f64, step: f64, length: usize| {
        let reach = FILTER_REACH * step + 1.0;
        (start - reach).max(0.0) as usize..((end + reach).ceil() as usize).min(length)
    };
    let across = window.width as f64 / width as f64;
    let (left, right) = (window.left as f64, (window.left + window.width) as f64);
    let columns = reached(left, right, across, image.width);
    let step = window.height as f64 / height as f64;
    let strip = ((STRIP_PIXELS as f64 / (columns.len() as f64 * step)) as usize).max(1);
    let mut rgba = Vec::with_capacity(width * height * 4);
    for top in (0..height).step_by(strip) {
        let bottom = (top + strip).min(height);
        let (above, below) =
            (window.top as f64 + top as f64 * step, window.top as f64 + bottom as f64 * step);
        let seen = Rect::of(columns.clone(), reached(above, below, step, image.height));
        let part = above - seen.top as f64..below - seen.top as f64;
        let pixels = pixels(&seen);
        let values = pixels.len();
        let refused =
            || ImageError::Inconsistent { width: image.width, height: image.height, channels: 4, values };
        let source = TypedImageRef::<U8x4>::from_buffer(seen.width as u32, seen.height as u32, &pixels)
            .map_err(|_| refused())?;
        let mut target = TypedImage::<U8x4>::new(width as u32, (bottom - top) as u32);
        // Alpha is 255 everywhere, so colours need not be weighted by it.
        let options = ResizeOptions::new().use_alpha(false).crop(
            left - seen.left as f64,
            part.start,
            window.width as f64,
            length_within(&part, seen.height),
        );
        Resizer::new().resize_typed(&source, &mut target, &options).map_err(|_| refused())?;
        rgba.extend(target.pixels().iter().flat_map(|pixel| pixel.0));
    }
    Ok(Preview { width, height, rgba })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channel, Samples};

    fn gray(width: usize, samples: Samples) -> Image {
        Image::new(Size::new(width, samples.len() / width), 1, samples).unwrap()
    }

    /// A row of pixels in several channels.
    fn stack(channels: Vec<Vec<u16>>) -> Vec<Channel> {
        let channel = |values: Vec<u16>| gray(values.len(), Samples::U16(values.into()));
        channels.into_iter().map(|values| Channel { name: String::new(), image: channel(values) }).collect()
    }

    /// A channel with values from 0 to 100.
    fn hundred(channel: usize, color: [u8; 3]) -> ChannelDisplay {
        ChannelDisplay::default().channel(channel).color(color).low(0.0).high(100.0)
    }

    fn colors(image: &Image, channels: &[Channel], displays: &[ChannelDisplay]) -> Vec<[u8; 3]> {
        let picture = preview(image, channels, None, displays, None).unwrap();
        picture.rgba.as_chunks::<4>().0.iter().map(|&[red, green, blue, _]| [red, green, blue]).collect()
    }

    fn composite(channels: &[Channel], displays: &[ChannelDisplay]) -> Vec<[u8; 3]> {
        colors(&channels[0].image, channels, displays)
    }

    const RED: [u8; 3] = [255, 0, 0];
    const GREEN: [u8; 3] = [0, 255, 0];
    const YELLOW: [u8; 3] = [255, 255, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    #[test]
    fn channels_are_added_and_clipped() {
        let channels = stack(vec![vec![0, 100, 100], vec![100, 0, 100]]);
        let shown = composite(&channels, &[hundred(0, BLUE), hundred(1, GREEN)]);
        assert_eq!(shown, [GREEN, BLUE, [0, 255, 255]]);
        let shown = composite(&channels, &[hundred(0, YELLOW), hundred(1, [200, 0, 0])]);
        assert_eq!(shown, [[200, 0, 0], YELLOW, YELLOW], "the sum of the reds is clipped");
    }

    #[test]
    fn an_invisible_channel_contributes_nothing() {
        let channels = stack(vec![vec![0, 100], vec![100, 0]]);
        let shown = composite(&channels, &[hundred(0, RED).visible(false), hundred(1, GREEN)]);
        assert_eq!(shown, [GREEN, [0; 3]]);
        assert_eq!(composite(&channels, &[hundred(0, RED).visible(false)]), [[0; 3]; 2]);
    }

    #[test]
    fn every_channel_has_its_own_range_and_gamma() {
        let channels = stack(vec![vec![1000, 1100, 1200], vec![0, 64, 255]]);
        let first = ChannelDisplay::default().channel(0).color(RED).low(1000.0).high(1200.0);
        let second = ChannelDisplay::default().channel(1).color(GREEN).low(0.0).high(255.0).gamma(2.0);
        assert_eq!(composite(&channels, &[first, second]), [[0, 0, 0], [127, 128, 0], YELLOW]);
    }

    #[test]
    fn automatic_limits_are_those_of_each_channel() {
        let channels = stack(vec![vec![0, 9], vec![40_000, 60_000]]);
        let of = |channel, color| ChannelDisplay::default().channel(channel).color(color);
        assert_eq!(composite(&channels, &[of(0, RED), of(1, GREEN)]), [[0; 3], YELLOW]);
    }

    #[test]
    fn six_channels_make_one_picture() {
        let one = |bright: usize| (0..6).map(|pixel| if pixel == bright { 100 } else { 0 }).collect();
        let channels = stack((0..6).map(one).collect());
        let six = [BLUE, GREEN, RED, [255, 0, 255], [0, 255, 255], YELLOW];
        let displays: Vec<ChannelDisplay> =
            six.into_iter().enumerate().map(|(channel, color)| hundred(channel, color)).collect();
        assert_eq!(composite(&channels, &displays), six);
    }

    #[test]
    fn a_channel_that_does_not_exist_or_fit_is_an_error() {
        let channels = stack(vec![vec![0, 1]]);
        let refused = |channels: &[Channel]| {
            preview(&gray(2, Samples::U8(vec![0, 1].into())), channels, None, &[hundred(1, RED)], None)
        };
        let error = refused(&channels).unwrap_err();
        assert!(matches!(error, ImageError::NoSuchChannel { .. }), "{error}");
        assert!(refused(&[stack(vec![vec![0, 1]]), stack(vec![vec![0]])].concat()).is_err());
    }

    #[test]
    fn dim_sixteen_bit_values_fill_the_range() {
        let shown = colors(&gray(3, Samples::U16(vec![1000, 1010, 1020].into())), &[], &[]);
        assert_eq!(shown, [[0; 3], [127; 3], [255; 3]]);
    }

    #[test]
    fn the_longer_side_is_bounded_and_no_side_vanishes() {
        let picture =
            preview(&gray(400, Samples::U8(vec![7; 1200].into())), &[], Some(40), &[], None).unwrap();
        assert_eq!((picture.width, picture.height, picture.rgba.len()), (40, 1, 160));
        assert_eq!(picture.rgba[..4], [7, 7, 7, 255]);
    }

    #[test]
    fn a_large_picture_is_reduced_without_seams() {
        let (width, height) = (2000, 6000);
        let values = (0..width * height).map(|pixel| (pixel / width * 256 / height) as u8).collect();
        let image = gray(width, Samples::U8(values));
        let display = ChannelDisplay::default().low(0.0).high(255.0);
        assert!(width * height > 2 * STRIP_PIXELS);
        for side in [700, 5999] {
            let picture = preview(&image, &[], Some(side), &[display], None).unwrap();
            assert_eq!(picture.rgba.len(), 4 * picture.width * picture.height);
            for (pixel, rgba) in picture.rgba.as_chunks::<4>().0.iter().enumerate() {
                let expected = (pixel / picture.width) as f64 * 256.0 / side as f64;
                assert!((f64::from(rgba[0]) - expected).abs() < 2.0 && rgba[3] == 255, "{pixel}: {rgba:?}");
            }
        }
    }

    #[test]
    fn a_colour_image_keeps_its_colours() {
        let image = Image::new(Size::new(2, 1), 3, Samples::U8(vec![0, 100, 200, 255, 0, 0].into())).unwrap();
        assert_eq!(colors(&image, &[], &[]), [[0, 100, 200], [255, 0, 0]]);
    }

    #[test]
    fn gamma_brightens_the_middle_and_leaves_the_ends() {
        let image = gray(3, Samples::U8(vec![0, 64, 255].into()));
        let display = ChannelDisplay::default().low(0.0).high(255.0);
        assert_eq!(colors(&image, &[], &[display.gamma(2.0)]), [[0; 3], [128; 3], [255; 3]]);
        for gamma in [f32::NAN, 0.0, -1.0, f32::INFINITY] {
            assert_eq!(colors(&image, &[], &[display.gamma(gamma)])[1], [64; 3], "{gamma}");
        }
    }

    #[test]
    fn a_map_goes_from_dark_to_yellow() {
        let picture = map_preview(3, 1, &[f32::NAN, 0.0, 1.0], None).unwrap();
        let brightness: Vec<u32> =
            picture.rgba.chunks(4).map(|c| c[..3].iter().map(|&v| u32::from(v)).sum()).collect();
        assert_eq!(brightness[0], brightness[1]);
        assert!(brightness[2] > 2 * brightness[1]);
    }

    /// An image of three channels in which every pixel and every channel has another value.
    fn textured(width: usize, height: usize) -> Image {
        let values = (0..3 * width * height).map(|place| (place * 40_503 % 65_521) as u16).collect();
        Image::new(Size::new(width, height), 3, Samples::U16(values)).unwrap()
    }

    /// A part of a preview.
    fn crop(picture: &Preview, part: &Rect) -> Vec<u8> {
        let rows = picture.rgba.chunks_exact(4 * picture.width).skip(part.top).take(part.height);
        rows.flat_map(|row| &row[4 * part.left..4 * (part.left + part.width)]).copied().collect()
    }

    #[test]
    fn a_window_is_a_part_of_the_whole_picture() {
        let image = textured(96, 64);
        let display = ChannelDisplay::default().gamma(1.5);
        let whole = preview(&image, &[], None, &[display], None).unwrap();
        for (left, top, width, height) in [(0, 0, 96, 64), (3, 5, 20, 7), (95, 63, 1, 1)] {
            let window = Rect { left, top, width, height };
            let part = preview(&image, &[], None, &[display], Some(&window)).unwrap();
            assert_eq!((part.width, part.height), (width, height));
            assert_eq!(part.rgba, crop(&whole, &window), "{window:?}");
        }
        // The limits are those of the whole image, also when they are passed to each part.
        let explicit = with_limits(&image, &[], &[display]).unwrap();
        assert_eq!(preview(&image, &[], None, &explicit, None).unwrap(), whole);
    }

    #[test]
    fn reduced_windows_join_without_seams() {
        let image = textured(96, 64);
        for reduction in [2, 4] {
            let whole = preview(&image, &[], Some(96 / reduction), &[], None).unwrap();
            for (left, top, width, height) in [(0, 0, 32, 32), (32, 32, 32, 32), (64, 16, 32, 48)] {
                let window = Rect { left, top, width, height };
                let side = width.max(height) / reduction;
                let part = preview(&image, &[], Some(side), &[], Some(&window)).unwrap();
                let reduced = |length: usize| length / reduction;
                let expected = crop(
                    &whole,
                    &Rect {
                        left: reduced(left),
                        top: reduced(top),
                        width: reduced(width),
                        height: reduced(height),
                    },
                );
                assert_eq!(part.rgba.len(), expected.len());
                let difference =
                    part.rgba.iter().zip(&expected).map(|(one, other)| one.abs_diff(*other)).max();
                assert!(difference <= Some(1), "{window:?}: {difference:?}");
            }
        }
    }

    #[test]
    fn a_window_is_cut_to_the_image() {
        let image = textured(8, 6);
        let beyond = Rect { left: 6, top: 4, width: usize::MAX, height: 10 };
        let part = preview(&image, &[], None, &[], Some(&beyond)).unwrap();
        assert_eq!((part.width, part.height), (2, 2));
        for (left, width) in [(8, 4), (usize::MAX, 4), (0, 0)] {
            let outside = Rect { left, top: 0, width, height: 1 };
            assert!(preview(&image, &[], None, &[], Some(&outside)).is_err(), "{outside:?}");
        }
    }
}
