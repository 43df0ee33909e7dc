//! ImageJ hyperstacks: lines `key=value` in the description of the first page; the channel varies fastest,
//! then the slice, then the frame.
//!
//! The keys are those of ImageJ's `FileSaver` and `TiffDecoder` (`ij.io`); display colours and labels
//! are in ImageJ's private tags 50838 and 50839.

use std::collections::HashSet;

use super::axes::{self, Axis, Kind};
use super::contiguous;
use super::directory::{File, tag};
use super::layout::{self, Layout, Plane, alike, micrometres, per_unit};
use super::page::{Meaning, Page};
use super::pixels;
use crate::image::stack::gray_or_color;
use crate::image::warning::{kind, warn};
use crate::image::{ChannelInfo, ImageError, PixelSize, Warning};
use crate::limits::check;

/// Whether ImageJ (or a program that uses its format) wrote this description.
pub(super) fn wrote(description: &str) -> bool {
    description.starts_with("ImageJ=")
}

/// The layout of the pages as a hyperstack. Images stored after a single page, as ImageJ writes them above 4
/// GB, become pages.
///
/// # Errors
/// The number of planes exceeds the maximum.
pub(super) fn layout(
    file: &File,
    pages: &mut Vec<Page>,
    description: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Layout, ImageError> {
    let mut used = alike(pages);
    let Some(example) = used.first().map(|&at| pages[at].clone()) else {
        return layout::plain(file, pages, warnings);
    };
    let key = |key: &str| {
        let values = description.lines().filter_map(|line| line.trim().split_once('='));
        values.filter(|(name, _)| *name == key).map(|(_, value)| value.trim()).next()
    };
    let number = |name| key(name).and_then(|value| value.parse::<usize>().ok()).filter(|&value| value > 0);
    let mut images = number("images").unwrap_or(used.len());
    if images > used.len() && used.len() == 1 {
        used = contiguous::expand(file, pages, used[0], images);
    }
    let said = images;
    if images > used.len() {
        images = used.len();
        let message =
            format!("it is said to have {said} images, but {images} are in the file; these are read");
        warn(warnings, kind::MISSING_PLANES, message);
    }
    let is_color = layout::is_color(&example, false);
    let samples = if is_color { 1 } else { example.channels() };
    let (mut page_channels, mut slices, frames) =
        axes(images, number("channels"), number("slices"), number("frames"));
    let of_composite = matches!(key("mode"), Some("composite" | "color"));
    if of_composite && !is_color && page_channels * frames == 1 && (2..=MOST_COMPOSITE).contains(&slices) {
        let message = format!(
            "it is shown as a composite of colours, so that its {slices} slices are taken as channels"
        );
        warn(warnings, kind::SLICES_AS_CHANNELS, message);
        (page_channels, slices) = (slices, 1);
    }
    let stored = layout::every_sample(&used[..images], samples, &file.limits)?;
    let order = order(key("order").unwrap_or("czt"), page_channels, slices, frames);
    let axes = [&[Axis::new(Kind::Channel, samples)], &order[..]].concat();
    let flat: Vec<Plane> = stored.iter().copied().flatten().collect();
    let planes = axes::arrange(&axes, &flat, &file.limits).map_or(stored, |arranged| arranged.planes);
    let private_bytes = example.directory.count(tag::IMAGEJ_VALUES) as u64;
    check::maximum_metadata_bytes(&file.limits, private_bytes)?;
    let private = Private::read(file, &example).unwrap_or_default();
    let channels = if is_color {
        gray_or_color(true)
    } else {
        channels(file, &example, &private, page_channels * samples)
    };
    let mut layout = Layout {
        channels,
        slices,
        frames,
        is_color,
        pixel_size: key("unit").and_then(|unit| pixel_size(file, &example, unit)),
        significant_bits: None,
        planes,
    };
    if !is_color && layout.channels.len() == 1 && private.labels.len() >= layout.slices {
        let names: Vec<String> =
            private.labels[..layout.slices].iter().map(|label| channel_of(label)).collect();
        layout.name_channels(&names, &file.limits, warnings);
    }
    Ok(layout)
}

/// The maximum number of channels of a composite in ImageJ.
const MOST_COMPOSITE: usize = 7;

/// The axes in the order given by `order`, the fastest first; ImageJ's own is `czt`.
fn order(order: &str, channels: usize, slices: usize, frames: usize) -> Vec<Axis> {
    let axis = |letter| match letter {
        'c' => Some(Axis::new(Kind::Channel, channels)),
        'z' => Some(Axis::new(Kind::Slice, slices)),
        't' => Some(Axis::new(Kind::Frame, frames)),
        _ => None,
    };
    let letters = order.to_lowercase();
    let letters = letters.strip_prefix("xy").unwrap_or(&letters);
    let named: Vec<Axis> = letters.chars().filter_map(axis).collect();
    let is_whole = "czt".chars().all(|letter| letters.matches(letter).count() == 1);
    if is_whole && named.len() == 3 { named } else { "czt".chars().filter_map(axis).collect() }
}

/// The channel name in a label: `DAPI` in `c:1/3 z:1/1 - DAPI`, as written by Bio-Formats.
fn channel_of(label: &str) -> String {
    let name = match label.split_once(" - ") {
        Some((place, name)) if place.contains(":1/") || place.contains(":") => name,
        _ => label,
    };
    name.trim().to_owned()
}

/// Channels, slices and frames whose product is the number of images; images that do not match are treated as
/// slices.
fn axes(
    images: usize,
    channels: Option<usize>,
    slices: Option<usize>,
    frames: Option<usize>,
) -> (usize, usize, usize) {
    let (channels, frames) = (channels.unwrap_or(1), frames.unwrap_or(1));
    let product = |slices: usize| channels.checked_mul(slices)?.checked_mul(frames);
    match (slices, product(1)) {
        (Some(slices), _) if product(slices) == Some(images) => (channels, slices, frames),
        (None, Some(others)) if images.is_multiple_of(others) => (channels, images / others, frames),
        _ => (1, images, 1),
    }
}

fn pixel_size(file: &File, page: &Page, unit: &str) -> Option<PixelSize> {
    let unit = micrometres(unit)?;
    let (x, y) = per_unit(file, page)?;
    layout::believed(PixelSize::new(unit / x, unit / y)?, unit)
}

fn channels(file: &File, page: &Page, private: &Private, count: usize) -> Vec<ChannelInfo> {
    let mut channels = if count == 1 { gray_or_color(false) } else { layout::unnamed(count) };
    for (channel, color) in channels.iter_mut().zip(&private.colors) {
        channel.color = Some(*color);
    }
    if page.meaning == Meaning::Palette && count == 1 {
        channels[0].color = pixels::palette(file, page).ok().and_then(|colors| colors.last().copied());
    }
    // The first planes are the channels of the first slice; their labels are used as names if all differ.
    let labels: Vec<&String> = private.labels.iter().take(count).collect();
    let mut seen = HashSet::new();
    let differ = labels.iter().all(|label| !label.is_empty() && seen.insert(*label));
    if count > 1 && labels.len() == count && differ {
        for (channel, label) in channels.iter_mut().zip(labels) {
            channel.name.clone_from(label);
        }
    }
    channels
}

/// The contents of ImageJ's private tags.
#[derive(Default)]
struct Private {
    /// The brightest colour of the lookup table of each channel.
    colors: Vec<[u8; 3]>,
    /// The label of each plane.
    labels: Vec<String>,
}

impl Private {
    /// 50839 starts with pairs of a type and the number of its blocks; 50838 contains the size of that list
    /// and then of each block.
    fn read(file: &File, page: &Page) -> Result<Self, ImageError> {
        let sizes = page.directory.numbers(file, tag::IMAGEJ_SIZES, 1 << 16)?;
        let bytes = page.directory.bytes(file, tag::IMAGEJ_VALUES)?;
        let mut private = Self::default();
        let Some((&head, mut sizes)) = sizes.split_first() else { return Ok(private) };
        let (head, mut rest) = bytes.split_at(usize::try_from(head).unwrap_or(usize::MAX).min(bytes.len()));
        for entry in head.get(4..).unwrap_or_default().chunks_exact(8) {
            let (kind, count) = (word(file, &entry[..4]), word(file, &entry[4..]));
            for _ in 0..count {
                let Some((&size, later)) = sizes.split_first() else { return Ok(private) };
                let (block, after) =
                    rest.split_at(usize::try_from(size).unwrap_or(usize::MAX).min(rest.len()));
                (sizes, rest) = (later, after);
                match &kind.to_be_bytes() {
                    b"luts" => private.colors.extend(brightest(block)),
                    b"labl" => private.labels.push(utf16(file, block)),
                    _ => {}
                }
            }
        }
        Ok(private)
    }
}

fn word(file: &File, bytes: &[u8]) -> u32 {
    let add = |number: u32, &byte: &u8| number << 8 | u32::from(byte);
    if file.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
}

/// The last of 256 red, green and blue values.
fn brightest(table: &[u8]) -> Option<[u8; 3]> {
    Some([*table.get(255)?, *table.get(511)?, *table.get(767)?])
}

fn utf16(file: &File, bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| word(file, pair) as u16).collect();
    String::from_utf16_lossy(&units).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_as_many_planes_as_there_are_images() {
        assert_eq!(axes(24, Some(2), Some(3), Some(4)), (2, 3, 4));
        assert_eq!(axes(24, Some(2), None, Some(4)), (2, 3, 4));
        assert_eq!(axes(5, None, None, None), (1, 5, 1));
        assert_eq!(axes(5, Some(2), Some(2), None), (1, 5, 1), "what does not fit is slices");
        assert_eq!(axes(4, Some(usize::MAX), Some(2), Some(2)), (1, 4, 1));
    }
}
