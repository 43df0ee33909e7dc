//! Which page and sample holds which channel, slice and frame.

use super::axes::{self, Axis, Kind};
use super::directory::{File, corrupt, tag};
use super::page::{Meaning, Page};
use crate::image::stack::gray_or_color;
use crate::image::warning::{kind, warn};
use crate::image::{ChannelInfo, ImageError, PixelSize, Warning};

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
    alike_to(pages, pages.iter().position(|page| !page.is_secondary).unwrap_or(0))
}

/// The pages from `first` on that can be planes beside it.
pub(super) fn alike_to(pages: &[Page], first: usize) -> Vec<usize> {
    let Some(example) = pages.get(first) else { return Vec::new() };
    let fits = |page: &Page| page.is_like(example) && page.is_secondary == example.is_secondary;
    (first..pages.len()).filter(|&at| fits(&pages[at])).collect()
}

/// Files that say nothing of their pages: each is a slice, and each sample of a page a channel. Pages whose
/// names are those of channels are channels.
///
/// # Errors
/// There are more planes than any stack has.
pub(super) fn plain(file: &File, pages: &[Page], warnings: &mut Vec<Warning>) -> Result<Layout, ImageError> {
    let used = alike(pages);
    let mut layout = of_pages(file, pages, &used, true)?;
    if layout.slices < 2 {
        return Ok(layout);
    }
    let name =
        |&at: &usize| pages[at].directory.text(file, tag::PAGE_NAME).ok().map(|name| name.trim().to_owned());
    let names: Option<Vec<String>> = used.iter().map(name).collect();
    if let Some(names) = names.as_deref().filter(|_| !layout.is_color && layout.channels.len() == 1)
        && layout.name_channels(names, warnings)
    {
        return Ok(layout);
    }
    warn_of_slices(layout.slices, warnings);
    Ok(layout)
}

/// Says that pages are taken as slices though nobody says so.
pub(super) fn warn_of_slices(pages: usize, warnings: &mut Vec<Warning>) {
    let message = format!("it does not say what its {pages} pages are; they are taken as slices of a stack");
    warn(warnings, kind::PAGES_AS_SLICES, message);
}

/// Pages of which each is a slice, and each sample of a page a channel.
///
/// # Errors
/// There are more planes than any stack has.
pub(super) fn of_pages(
    file: &File,
    pages: &[Page],
    used: &[usize],
    palette_is_color: bool,
) -> Result<Layout, ImageError> {
    let example = used.first().and_then(|&at| pages.get(at));
    let is_color = example.is_some_and(|page| is_color(page, palette_is_color));
    let samples = if is_color { 1 } else { example.map_or(1, Page::channels) };
    Ok(Layout {
        channels: if is_color || samples == 1 { gray_or_color(is_color) } else { unnamed(samples) },
        slices: used.len().max(1),
        frames: 1,
        is_color,
        pixel_size: example.and_then(|page| printed_size(file, page)),
        significant_bits: None,
        planes: every_sample(used, samples)?,
    })
}

impl Layout {
    /// Makes channels of slices of one channel whose names are those of channels: `DAPI`, `GFP`, and again
    /// `DAPI`, `GFP` for the next slice, or all of `DAPI` first. Returns whether they were.
    pub(super) fn name_channels(&mut self, names: &[String], warnings: &mut Vec<Warning>) -> bool {
        let mut distinct: Vec<&String> = Vec::new();
        for name in names {
            if !distinct.contains(&name) {
                distinct.push(name);
            }
        }
        let (all, count) = (names.len(), distinct.len());
        if self.frames != 1 || all != self.slices || !name_channels(&distinct) || !all.is_multiple_of(count) {
            return false;
        }
        let slices = all / count;
        let channel = Axis::new(Kind::Channel, count);
        let slice = Axis::new(Kind::Slice, slices);
        let axes = if names.iter().enumerate().all(|(at, name)| name == distinct[at % count]) {
            [channel, slice]
        } else if names.iter().enumerate().all(|(at, name)| name == distinct[at / slices]) {
            [slice, channel]
        } else {
            return false;
        };
        let stored: Vec<Plane> = self.planes.iter().copied().flatten().collect();
        let Some(arranged) = axes::arrange(&axes, &stored).filter(|_| stored.len() == all) else {
            return false;
        };
        let list: Vec<&str> = distinct.iter().map(|name| name.as_str()).collect();
        let message = format!("its pages are named {}; they are taken as channels", list.join(", "));
        warn(warnings, kind::PAGES_AS_CHANNELS, message);
        self.channels =
            distinct.iter().map(|name| ChannelInfo { name: (*name).clone(), color: None }).collect();
        (self.slices, self.planes) = (arranged.slices, arranged.planes);
        true
    }
}

/// Most channels that names of pages are believed to tell.
const MOST_NAMED: usize = 100;

/// Whether these are names of channels: not empty, not names of files, and not one name with numbers.
fn name_channels(names: &[&String]) -> bool {
    let letters =
        |name: &&String| name.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    let is_file = |name: &&String| crate::image::is_image_name(name);
    let first = names.first().map(letters);
    (2..=MOST_NAMED).contains(&names.len())
        && names.iter().all(|name| !name.is_empty() && !is_file(name))
        && names.iter().any(|name| Some(letters(name)) != first)
}

/// Channels with these names; `channel 1` and so on if there are not as many names as channels.
pub(super) fn named_or_numbered(channels: usize, names: &[String]) -> Vec<ChannelInfo> {
    let mut list = unnamed(channels);
    if names.len() == channels {
        for (channel, name) in list.iter_mut().zip(names).filter(|(_, name)| !name.is_empty()) {
            channel.name.clone_from(name);
        }
    }
    list
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
/// The same of a resolution in inches, which scanners and printers have up to 4800 dpi (5.3 µm).
const LARGEST_BELIEVED_OF_INCHES: f64 = 5.0;
/// Smallest one: a nanometre.
const SMALLEST_BELIEVED: f64 = 0.001;

/// The size of a pixel from XResolution, YResolution and ResolutionUnit, where it is that of a microscope.
pub(super) fn printed_size(file: &File, page: &Page) -> Option<PixelSize> {
    let unit = match page.directory.number(file, tag::RESOLUTION_UNIT, 2) {
        Ok(2) => INCH,
        Ok(3) => 10_000.0,
        _ => return None,
    };
    let (x, y) = per_unit(file, page)?;
    believed(PixelSize::new(unit / x, unit / y)?, unit)
}

/// An inch in µm.
const INCH: f64 = 25_400.0;

/// A pixel size that was told in a unit (in µm), unless that unit is a printer's or a camera's and the size
/// is no microscope's.
pub(super) fn believed(size: PixelSize, unit: f64) -> Option<PixelSize> {
    let largest = if unit == INCH { LARGEST_BELIEVED_OF_INCHES } else { LARGEST_BELIEVED };
    let is_believed = |side: &f64| (SMALLEST_BELIEVED..=largest).contains(side);
    (unit < 1e4 || (is_believed(&size.x) && is_believed(&size.y))).then_some(size)
}

/// Pixels in a unit of length, across and down.
pub(super) fn per_unit(file: &File, page: &Page) -> Option<(f64, f64)> {
    let x = page.directory.fraction(file, tag::X_RESOLUTION)?;
    Some((x, page.directory.fraction(file, tag::Y_RESOLUTION).unwrap_or(x)))
}

/// A unit of length in micrometres, as OME and ImageJ write it.
pub(super) fn micrometres(unit: &str) -> Option<f64> {
    let unit = unit.trim().replace("\\u00B5", "µ").replace("\\u00b5", "µ").replace('\u{3bc}', "µ");
    // UTF-8 that was read as Latin-1.
    let unit = unit.replace("Âµ", "µ");
    Some(match unit.to_lowercase().as_str() {
        "µm" | "um" | "micron" | "microns" | "micrometer" | "micrometre" | "micrometers" | "micrometres" => {
            1.0
        }
        "nm" | "nanometer" | "nanometre" => 1e-3,
        "å" | "a" | "angstrom" => 1e-4,
        "pm" => 1e-6,
        "mm" | "millimeter" | "millimetre" => 1e3,
        "cm" | "centimeter" | "centimetre" => 1e4,
        "m" | "meter" | "metre" => 1e6,
        "in" | "inch" | "inches" => INCH,
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
