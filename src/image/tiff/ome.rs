//! OME-TIFF: XML in the first page's description says which page is which plane.
//!
//! The elements are those of the OME schema 2016-06; earlier ones have the same names here. Only the
//! first `Image` is read. Planes in other files of a set are missing, and so are the channels, slices
//! and frames that are in other files altogether.

use roxmltree::{Document, Node, ParsingOptions};

use super::FORMAT;
use super::directory::corrupt;
use super::layout::{self, Layout, MAXIMUM_PLANES, Plane, micrometres};
use super::page::Page;
use crate::image::stack::gray_or_color;
use crate::image::{ChannelInfo, ImageError, PixelSize};

/// Whether a description is OME's XML.
pub(super) fn wrote(description: &str) -> bool {
    let start = description.trim_start_matches('\u{feff}').trim_start();
    start.starts_with('<') && (start.contains("<OME") || start.contains(":OME"))
}

/// How the pages make a stack; `None` if the description is in another file (a `BinaryOnly` file).
///
/// # Errors
/// The XML is not valid, or does not fit the pages; or no plane is in this file.
pub(super) fn layout(pages: &[Page], description: &str) -> Result<Option<Layout>, ImageError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 1 << 21, ..ParsingOptions::default() };
    let description = description.trim_start_matches('\u{feff}').trim_start();
    let document = Document::parse_with_options(description, options)
        .map_err(|error| corrupt(format!("its OME-XML is not valid ({error})")))?;
    let root = document.root_element();
    let Some(node) = root.descendants().find(|node| node.is_called("Pixels")) else {
        return Ok(None);
    };
    let reading = Reading::new(node, pages)?;
    let planes = reading.planes(node, root.attribute("UUID"), pages.len())?;
    reading.layout(node, pages, &planes).map(Some)
}

/// Names without regard to the schema's year.
trait Named {
    fn is_called(&self, name: &str) -> bool;
}

impl Named for Node<'_, '_> {
    fn is_called(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

fn children<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'input>> + 'a {
    node.children().filter(move |child| child.is_called(name))
}

fn number(node: Node, name: &str) -> Option<usize> {
    node.attribute(name)?.trim().parse().ok()
}

/// Sizes and order of the planes.
struct Reading {
    /// Pages a slice and frame.
    page_channels: usize,
    /// Samples that are channels in a page; 1 for a colour image.
    samples: usize,
    is_color: bool,
    slices: usize,
    frames: usize,
    /// The letters `C`, `Z` and `T`, the fastest first.
    order: [char; 3],
}

impl Reading {
    fn new(node: Node, pages: &[Page]) -> Result<Self, ImageError> {
        let size = |name: &str| number(node, name).filter(|&size| size > 0).unwrap_or(1);
        let (channels, slices, frames) = (size("SizeC"), size("SizeZ"), size("SizeT"));
        let all = channels.checked_mul(slices).and_then(|planes| planes.checked_mul(frames));
        if all.is_none_or(|planes| planes > MAXIMUM_PLANES) {
            return Err(corrupt(format!(
                "its OME-XML tells of {channels} channels, {slices} slices and {frames} frames"
            )));
        }
        let letters = node.attribute("DimensionOrder").and_then(|order| order.trim().strip_prefix("XY"));
        let letters: Vec<char> = letters.unwrap_or("CZT").chars().collect();
        let order = <[char; 3]>::try_from(letters)
            .ok()
            .filter(|order| ['C', 'Z', 'T'].iter().all(|letter| order.contains(letter)));
        let Some(order) = order else { return Err(corrupt("its OME-XML has an unknown DimensionOrder")) };

        let example = layout::alike(pages).first().and_then(|&at| pages.get(at));
        let stored = example.map_or(1, |page| page.samples);
        let shown = example.map_or(1, Page::channels);
        let per_page = [stored, shown].into_iter().find(|&samples| channels.is_multiple_of(samples));
        let Some(per_page) = per_page else {
            return Err(corrupt(format!(
                "its OME-XML tells of {channels} channels, its pages have {stored}"
            )));
        };
        let page_channels = channels / per_page;
        // Several colour images beside each other are shown as the channels they are made of.
        let is_color = page_channels == 1 && example.is_some_and(|page| layout::is_color(page, false));
        let samples = if is_color { 1 } else { shown };
        Ok(Self { page_channels, samples, is_color, slices, frames, order })
    }

    fn length(&self, letter: char) -> usize {
        match letter {
            'C' => self.page_channels,
            'Z' => self.slices,
            _ => self.frames,
        }
    }

    fn count(&self) -> usize {
        self.page_channels * self.slices * self.frames
    }

    /// Channel, slice and frame of the plane at a position of the order.
    fn coordinates(&self, mut position: usize) -> [usize; 3] {
        let mut found = [0; 3];
        for letter in self.order {
            let length = self.length(letter);
            found["CZT".find(letter).unwrap_or(0)] = position % length;
            position /= length;
        }
        found
    }

    /// The position of a plane in the order.
    fn position(&self, [channel, slice, frame]: [usize; 3]) -> usize {
        let place = |letter: char| match letter {
            'C' => channel,
            'Z' => slice,
            _ => frame,
        };
        self.order.iter().rev().fold(0, |position, &letter| position * self.length(letter) + place(letter))
    }

    /// The page of each channel, slice and frame (in this order, the channel fastest).
    fn planes(&self, node: Node, own: Option<&str>, pages: usize) -> Result<Vec<Option<usize>>, ImageError> {
        let mut planes = vec![None; self.count()];
        let mut budget = MAXIMUM_PLANES;
        for data in children(node, "TiffData") {
            let uuid = children(data, "UUID").next().and_then(|uuid| uuid.text());
            if let (Some(uuid), Some(own)) = (uuid, own)
                && uuid.trim() != own.trim()
            {
                continue;
            }
            let first_page = number(data, "IFD");
            let given = number(data, "PlaneCount");
            let count =
                given.unwrap_or(if first_page.is_some() { 1 } else { self.count() }).min(self.count());
            let [channel, slice, frame] =
                ["FirstC", "FirstZ", "FirstT"].map(|name| number(data, name).unwrap_or(0));
            let first = [self.page_channel(channel), slice, frame];
            if first[0] >= self.page_channels || slice >= self.slices || frame >= self.frames {
                return Err(corrupt(format!(
                    "its OME-XML places a page at channel {channel}, slice {slice}, frame {frame}"
                )));
            }
            let start = self.position(first);
            for step in 0..count {
                let page = first_page.unwrap_or(0).saturating_add(step);
                let position = start.saturating_add(step);
                budget = budget.checked_sub(1).ok_or_else(|| corrupt("its OME-XML names too many planes"))?;
                if page < pages && position < self.count() {
                    let [channel, slice, frame] = self.coordinates(position);
                    planes[(frame * self.slices + slice) * self.page_channels + channel] = Some(page);
                }
            }
        }
        if planes.iter().all(Option::is_none) {
            let reason = "its OME-XML says that all its planes are in other files; open the file of the set that \
                          has them, or save the set as one file";
            return Err(ImageError::Unsupported { format: FORMAT, reason: reason.into() });
        }
        Ok(planes)
    }

    /// `FirstC` counts channels or, in some files, samples.
    fn page_channel(&self, first: usize) -> usize {
        if first >= self.page_channels && self.samples > 1 { first / self.samples } else { first }
    }

    fn layout(&self, node: Node, pages: &[Page], planes: &[Option<usize>]) -> Result<Layout, ImageError> {
        // Planes of another size, such as a preview, are not part of the stack.
        let example = planes.iter().flatten().next().and_then(|&at| pages.get(at));
        let fits =
            |at: usize| pages.get(at).zip(example).is_some_and(|(page, example)| page.is_like(example));
        let at = |channel: usize, slice: usize, frame: usize| {
            let plane = planes.get((frame * self.slices + slice) * self.page_channels + channel);
            plane.copied().flatten().filter(|&page| fits(page))
        };
        let (c, z, t) = (self.page_channels, self.slices, self.frames);
        let with_planes = |length: usize, has_one: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..length).filter(|&index| has_one(index)).collect()
        };
        let channels = with_planes(c, &|c| (0..z).any(|z| (0..t).any(|t| at(c, z, t).is_some())));
        let slices = with_planes(z, &|z| (0..c).any(|c| (0..t).any(|t| at(c, z, t).is_some())));
        let frames = with_planes(t, &|t| (0..z).any(|z| (0..c).any(|c| at(c, z, t).is_some())));
        let mut kept = Vec::new();
        for &frame in &frames {
            for &slice in &slices {
                for &channel in &channels {
                    let page = at(channel, slice, frame);
                    kept.extend((0..self.samples).map(|sample| page.map(|page| Plane { page, sample })));
                }
            }
        }
        Ok(Layout {
            channels: if self.is_color { gray_or_color(true) } else { self.channels(node, &channels) },
            slices: slices.len(),
            frames: frames.len(),
            is_color: self.is_color,
            pixel_size: pixel_size(node),
            significant_bits: number(node, "SignificantBits").and_then(|bits| u8::try_from(bits).ok()),
            planes: kept,
        })
    }

    /// Names and colours of some channels of the pages, sample by sample.
    fn channels(&self, node: Node, kept: &[usize]) -> Vec<ChannelInfo> {
        let described: Vec<Node> = children(node, "Channel").collect();
        let count = kept.len() * self.samples;
        let one = |index: usize| {
            let (page_channel, sample) = (kept[index / self.samples], index % self.samples);
            // One description a sample, or one a page.
            let each = described.len() == self.page_channels * self.samples;
            let at = if each { page_channel * self.samples + sample } else { page_channel };
            let node = described.get(at).copied();
            let name = |key| {
                node.and_then(|node| node.attribute(key)).map(str::trim).filter(|name| !name.is_empty())
            };
            let name = name("Name").or_else(|| name("Fluor")).map(|name| {
                if each || self.samples == 1 { name.to_owned() } else { format!("{name} {}", sample + 1) }
            });
            let missing = || {
                if count == 1 {
                    "gray".into()
                } else {
                    format!("channel {}", page_channel * self.samples + sample + 1)
                }
            };
            ChannelInfo { name: name.unwrap_or_else(missing), color: node.and_then(color) }
        };
        (0..count).map(one).collect()
    }
}

/// `Color` is red, green, blue and alpha as a signed number of 32 bits.
fn color(node: Node) -> Option<[u8; 3]> {
    let value: i64 = node.attribute("Color")?.trim().parse().ok()?;
    let [red, green, blue, _] = (value as u32).to_be_bytes();
    Some([red, green, blue])
}

fn pixel_size(node: Node) -> Option<PixelSize> {
    let side = |size: &str, unit: &str| {
        let length: f64 = node.attribute(size)?.trim().parse().ok()?;
        Some(length * micrometres(node.attribute(unit).unwrap_or("µm"))?)
    };
    let x = side("PhysicalSizeX", "PhysicalSizeXUnit")?;
    PixelSize::new(x, side("PhysicalSizeY", "PhysicalSizeYUnit").unwrap_or(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(order: &str) -> Reading {
        let order = order.chars().collect::<Vec<_>>().try_into().unwrap();
        Reading { page_channels: 2, samples: 1, is_color: false, slices: 3, frames: 4, order }
    }

    #[test]
    fn positions_and_coordinates_are_each_other_s_inverse() {
        for order in ["CZT", "ZCT", "TZC", "CTZ", "ZTC", "TCZ"] {
            let reading = reading(order);
            for position in 0..24 {
                assert_eq!(reading.position(reading.coordinates(position)), position, "{order}");
            }
        }
        assert_eq!(reading("CZT").coordinates(1), [1, 0, 0]);
        assert_eq!(reading("ZCT").coordinates(1), [0, 1, 0]);
        assert_eq!(reading("TZC").coordinates(4), [0, 1, 0]);
    }
}
