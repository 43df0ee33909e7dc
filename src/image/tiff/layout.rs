//! The layout of a stack: the page and sample of each channel, slice and frame.

use super::axes::{self, Axis, Kind};
use super::directory::{File, tag};
use super::page::{Meaning, Page};
use crate::image::stack::gray_or_color;
use crate::image::warning::{kind, warn};
use crate::image::{ChannelInfo, ImageError, PixelSize, Warning};
use crate::limits::{Limits, check};

/// A plane: a sample of a page; the first sample of a colour page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plane {
    /// The index in the list of all pages of the file.
    pub page: usize,
    pub sample: usize,
}

/// The layout of the pages of a file as a stack.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The channels of the planes; red, green and blue if `is_color`.
    pub channels: Vec<ChannelInfo>,
    pub slices: usize,
    pub frames: usize,
    /// Whether every plane is a colour image.
    pub is_color: bool,
    pub pixel_size: Option<PixelSize>,
    /// The number of significant bits of each value, if the file gives it.
    pub significant_bits: Option<u8>,
    /// The planes in the order channel, slice, frame, with the channel varying fastest; a colour image is one
    /// channel here. `None` for a plane that is not in the file.
    pub planes: Vec<Option<Plane>>,
}

impl Layout {
    /// The number of channels in `planes`.
    pub(super) fn plane_channels(&self) -> usize {
        if self.is_color { 1 } else { self.channels.len() }
    }

    pub(super) fn plane(&self, channel: usize, slice: usize, frame: usize) -> Option<Plane> {
        let index = (frame * self.slices + slice) * self.plane_channels() + channel;
        self.planes.get(index).copied().flatten()
    }
}

/// Whether the samples of a page are one colour image. Pages of ImageJ and OME files with a palette are gray:
/// the palette defines the display of the channel, and the values are the measured ones.
pub(super) fn is_color(page: &Page, palette_is_color: bool) -> bool {
    match page.meaning {
        Meaning::Rgb | Meaning::Cmyk => true,
        Meaning::Palette => palette_is_color,
        Meaning::Gray | Meaning::Other => false,
    }
}

/// The pages that can be planes of the same stack as the first: of the same size and format, and no
/// thumbnails or masks.
pub(super) fn alike(pages: &[Page]) -> Vec<usize> {
    alike_to(pages, pages.iter().position(|page| !page.is_secondary).unwrap_or(0))
}

/// The pages from `first` on that can be planes of the same stack.
pub(super) fn alike_to(pages: &[Page], first: usize) -> Vec<usize> {
    let Some(example) = pages.get(first) else { return Vec::new() };
    let fits = |page: &Page| page.is_like(example) && page.is_secondary == example.is_secondary;
    (first..pages.len()).filter(|&at| fits(&pages[at])).collect()
}

/// The layout of files without metadata about their pages: each page is a slice, and each sample of a page a
/// channel. Pages with channel names are channels.
///
/// # Errors
/// The number of planes exceeds the maximum.
pub(super) fn plain(file: &File, pages: &[Page], warnings: &mut Vec<Warning>) -> Result<Layout, ImageError> {
    let used = alike(pages);
    let mut layout = of_pages(file, pages, &used, true)?;
    if layout.slices < 2 {
        return Ok(layout);
    }
    let lengths = used.iter().map(|&at| pages[at].directory.count(tag::PAGE_NAME) as u64);
    check::maximum_metadata_bytes(&file.limits, lengths.fold(0, u64::saturating_add))?;
    let name =
        |&at: &usize| pages[at].directory.text(file, tag::PAGE_NAME).ok().map(|name| name.trim().to_owned());
    let names: Option<Vec<String>> = used.iter().map(name).collect();
    if let Some(names) = names.as_deref().filter(|_| !layout.is_color && layout.channels.len() == 1)
        && layout.name_channels(names, &file.limits, warnings)
    {
        return Ok(layout);
    }
    warn_of_slices(layout.slices, warnings);
    Ok(layout)
}

/// Warns that pages are treated as slices without metadata that says so.
pub(super) fn warn_of_slices(pages: usize, warnings: &mut Vec<Warning>) {
    let message = format!("it does not say what its {pages} pages are; they are taken as slices of a stack");
    warn(warnings, kind::PAGES_AS_SLICES, message);
}

/// A layout in which each page is a slice, and each sample of a page a channel.
///
/// # Errors
/// The number of planes exceeds the maximum.
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
        planes: every_sample(used, samples, &file.limits)?,
    })
}

impl Layout {
    /// Converts slices of one channel to channels if their names are channel names: `DAPI`, `GFP`, and again
    /// `DAPI`, `GFP` for the next slice, or all of `DAPI` first. Returns whether they were converted.
    pub(super) fn name_channels(
        &mut self,
        names: &[String],
        limits: &Limits,
        warnings: &mut Vec<Warning>,
    ) -> bool {
        let mut distinct: Vec<&String> = Vec::new();
        for name in names {
            if distinct.len() > MOST_NAMED {
                return false;
            }
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
        let Some(arranged) = axes::arrange(&axes, &stored, limits).filter(|_| stored.len() == all) else {
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

/// The maximum plausible number of channels in page names.
const MOST_NAMED: usize = 100;

/// Whether these are channel names: not empty, not file names, and not a numbered name.
fn name_channels(names: &[&String]) -> bool {
    let letters =
        |name: &&String| name.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    let is_file = |name: &&String| crate::image::is_image_name(name);
    let first = names.first().map(letters);
    (2..=MOST_NAMED).contains(&names.len())
        && names.iter().all(|name| !name.is_empty() && !is_file(name))
        && names.iter().any(|name| Some(letters(name)) != first)
}

/// Channels with these names; `channel 1` and so on if the number of names is too small.
pub(super) fn named_or_numbered(channels: usize, names: &[String]) -> Vec<ChannelInfo> {
    let mut list = unnamed(channels);
    if names.len() == channels {
        for (channel, name) in list.iter_mut().zip(names).filter(|(_, name)| !name.is_empty()) {
            channel.name.clone_from(name);
        }
    }
    list
}

/// The samples of the first page, then those of the second, and so on.
pub(super) fn every_sample(
    pages: &[usize],
    samples: usize,
    limits: &Limits,
) -> Result<Vec<Option<Plane>>, ImageError> {
    check::maximum_planes(limits, (pages.len() as u64).saturating_mul(samples as u64))?;
    let of_page = |&page: &usize| (0..samples).map(move |sample| Some(Plane { page, sample }));
    Ok(pages.iter().flat_map(of_page).collect())
}

/// Channels without names: `channel 1` and so on.
pub(super) fn unnamed(channels: usize) -> Vec<ChannelInfo> {
    (1..=channels).map(|number| ChannelInfo { name: format!("channel {number}"), color: None }).collect()
}

/// The largest plausible pixel size from a resolution in dots per inch or centimetre, in µm: programs not
/// made for microscopy write 72 to 2400 dpi (353 to 10.6 µm), and a pixel of more than 10 µm contains a whole
/// nucleus.
const LARGEST_BELIEVED: f64 = 10.0;
/// The same for a resolution in inches, which is up to 4800 dpi (5.3 µm) for scanners and printers.
const LARGEST_BELIEVED_OF_INCHES: f64 = 5.0;
/// The smallest plausible pixel size: a nanometre.
const SMALLEST_BELIEVED: f64 = 0.001;

/// The pixel size from XResolution, YResolution and ResolutionUnit, if plausible for a microscope.
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

/// A pixel size with its unit (in µm), unless the unit is that of a printer or camera and the size is not
/// plausible for a microscope.
pub(super) fn believed(size: PixelSize, unit: f64) -> Option<PixelSize> {
    let largest = if unit == INCH { LARGEST_BELIEVED_OF_INCHES } else { LARGEST_BELIEVED };
    let is_believed = |side: &f64| (SMALLEST_BELIEVED..=largest).contains(side);
    (unit < 1e4 || (is_believed(&size.x) && is_believed(&size.y))).then_some(size)
}

/// Pixels per unit of length, horizontally and vertically.
pub(super) fn per_unit(file: &File, page: &Page) -> Option<(f64, f64)> {
    let x = page.directory.fraction(file, tag::X_RESOLUTION)?;
    Some((x, page.directory.fraction(file, tag::Y_RESOLUTION).unwrap_or(x)))
}

/// A unit of length in micrometres, from the notation of OME and ImageJ.
pub(super) fn micrometres(unit: &str) -> Option<f64> {
    let unit = unit.trim().replace("\\u00B5", "µ").replace("\\u00b5", "µ").replace('\u{3bc}', "µ");
    // UTF-8 decoded as Latin-1.
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
