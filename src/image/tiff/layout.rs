//! Which page and sample holds which channel, slice and frame.

use super::directory::{File, corrupt, tag};
use super::page::{Meaning, Page};
use crate::image::stack::gray_or_color;
use crate::image::{ChannelInfo, ImageError, PixelSize};

/// One plane: a sample of a page. Of a colour page, the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plane {
    /// Position in the list of all pages of the file.
    pub page: usize,
    pub sample: usize,
}

/// How a file's pages make a stack.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The channels that the planes show; red, green and blue if `is_color`.
    pub channels: Vec<ChannelInfo>,
    pub slices: usize,
    pub frames: usize,
    /// Whether every plane is a colour image of its own.
    pub is_color: bool,
    pub pixel_size: Option<PixelSize>,
    /// Bits that the file says are used of each value.
    pub significant_bits: Option<u8>,
    /// The planes in the order channel, slice, frame (the channel changes fastest); a colour image is
    /// one channel here. `None` where the file does not have the plane.
    pub planes: Vec<Option<Plane>>,
}

impl Layout {
    /// Channels in `planes`.
    pub(super) fn plane_channels(&self) -> usize {
        if self.is_color { 1 } else { self.channels.len() }
    }

    pub(super) fn plane(&self, channel: usize, slice: usize, frame: usize) -> Option<Plane> {
        let index = (frame * self.slices + slice) * self.plane_channels() + channel;
        self.planes.get(index).copied().flatten()
    }
}

/// Whether a page's colours are one colour image. Pages of ImageJ and OME files with a palette are gray:
/// the palette says how to show the channel, and the values are what was measured.
pub(super) fn is_color(page: &Page, palette_is_color: bool) -> bool {
    match page.meaning {
        Meaning::Rgb | Meaning::Cmyk => true,
        Meaning::Palette => palette_is_color,
        Meaning::Gray | Meaning::Other => false,
    }
}

/// The pages that can be planes beside the first: as large, stored alike, and no thumbnails or masks.
pub(super) fn alike(pages: &[Page]) -> Vec<usize> {
    let first = pages.iter().position(|page| !page.is_secondary).unwrap_or(0);
    let Some(example) = pages.get(first) else { return Vec::new() };
    let fits = |page: &Page| page.is_like(example) && page.is_secondary == example.is_secondary;
    (first..pages.len()).filter(|&at| fits(&pages[at])).collect()
}

/// Files that say nothing of their pages: each is a slice, and each sample of a page a channel.
///
/// # Errors
/// There are more planes than any stack has.
pub(super) fn plain(file: &File, pages: &[Page]) -> Result<Layout, ImageError> {
    let used = alike(pages);
    let example = used.first().and_then(|&at| pages.get(at));
    let is_color = example.is_some_and(|page| is_color(page, true));
    let samples = if is_color { 1 } else { example.map_or(1, Page::channels) };
    Ok(Layout {
        channels: if is_color || samples == 1 { gray_or_color(is_color) } else { unnamed(samples) },
        slices: used.len().max(1),
        frames: 1,
        is_color,
        pixel_size: example.and_then(|page| printed_size(file, page)),
        significant_bits: None,
        planes: every_sample(&used, samples)?,
    })
}

/// Most planes of a stack.
pub(super) const MAXIMUM_PLANES: usize = 1 << 20;

/// The samples of the first page, then those of the second, and so on.
pub(super) fn every_sample(pages: &[usize], samples: usize) -> Result<Vec<Option<Plane>>, ImageError> {
    if pages.len().saturating_mul(samples) > MAXIMUM_PLANES {
        return Err(corrupt(format!("it has {} pages with {samples} values a pixel each", pages.len())));
    }
    let of_page = |&page: &usize| (0..samples).map(move |sample| Some(Plane { page, sample }));
    Ok(pages.iter().flat_map(of_page).collect())
}

/// Channels without names of their own: `channel 1` and so on.
pub(super) fn unnamed(channels: usize) -> Vec<ChannelInfo> {
    (1..=channels).map(|number| ChannelInfo { name: format!("channel {number}"), color: None }).collect()
}

/// Largest pixel that a resolution in dots per inch or centimetre is believed to mean: programs without a
/// microscope write 72 to 2400 dpi (353 to 10.6 µm), and at more than 10 µm a pixel holds a whole nucleus.
const LARGEST_BELIEVED: f64 = 10.0;
/// Smallest one: a nanometre.
const SMALLEST_BELIEVED: f64 = 0.001;

/// The size of a pixel from XResolution, YResolution and ResolutionUnit, where it is that of a microscope.
fn printed_size(file: &File, page: &Page) -> Option<PixelSize> {
    let unit = match page.directory.number(file, tag::RESOLUTION_UNIT, 2) {
        Ok(2) => 25_400.0,
        Ok(3) => 10_000.0,
        _ => return None,
    };
    let (x, y) = per_unit(file, page)?;
    let believed = |side: &f64| (SMALLEST_BELIEVED..=LARGEST_BELIEVED).contains(side);
    let size = PixelSize::new(unit / x, unit / y)?;
    (believed(&size.x) && believed(&size.y)).then_some(size)
}

/// Pixels in a unit of length, across and down.
pub(super) fn per_unit(file: &File, page: &Page) -> Option<(f64, f64)> {
    let x = page.directory.fraction(file, tag::X_RESOLUTION)?;
    Some((x, page.directory.fraction(file, tag::Y_RESOLUTION).unwrap_or(x)))
}

/// A unit of length in micrometres, as OME and ImageJ write it.
pub(super) fn micrometres(unit: &str) -> Option<f64> {
    let unit = unit.trim().replace("\\u00B5", "µ").replace("\\u00b5", "µ").replace('\u{3bc}', "µ");
    Some(match unit.to_lowercase().as_str() {
        "µm" | "um" | "micron" | "microns" | "micrometer" | "micrometre" => 1.0,
        "nm" | "nanometer" | "nanometre" => 1e-3,
        "å" | "a" | "angstrom" => 1e-4,
        "pm" => 1e-6,
        "mm" | "millimeter" | "millimetre" => 1e3,
        "cm" | "centimeter" | "centimetre" => 1e4,
        "m" | "meter" | "metre" => 1e6,
        "in" | "inch" | "inches" => 25_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_length() {
        let all = ["µm", "\u{3bc}m", "micron", "\\u00B5m", "nm", "mm", "inch"].map(micrometres);
        assert_eq!(all, [1.0, 1.0, 1.0, 1.0, 1e-3, 1e3, 25_400.0].map(Some));
        assert_eq!((micrometres("pixel"), micrometres("")), (None, None));
    }
}
