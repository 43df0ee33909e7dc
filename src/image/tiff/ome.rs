//! OME-TIFF: XML in the description of the first page assigns pages to planes.
//!
//! The elements are those of the OME schema 2016-06; earlier schemas use the same names for them. Only the
//! first `Image` is read. Planes in other files of a set are missing, as are channels, slices and frames that
//! are only in other files.

use std::borrow::Cow;
use std::collections::BTreeSet;

use roxmltree::Node;

use super::layout::{self, Layout, Plane, micrometres};
use super::page::Page;
use super::xml;
use crate::image::stack::gray_or_color;
use crate::image::warning::{kind, warn};
use crate::image::{ChannelInfo, PixelSize, Warning};
use crate::limits::{LimitError, Limits};

/// Whether a description is OME XML.
pub(super) fn wrote(description: &str) -> bool {
    let start =
        description.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace() || c.is_control());
    start.starts_with('<') && (start.contains("<OME") || start.contains(":OME"))
}

/// Why a description is not used.
pub(super) enum Unusable {
    /// It does not fit the pages, but may contain the pixel size.
    PassedOver(Option<PixelSize>),
    /// It exceeds a limit.
    Limit(LimitError),
}

impl From<LimitError> for Unusable {
    fn from(error: LimitError) -> Self {
        Self::Limit(error)
    }
}

/// The layout of the pages as a stack. Malformed XML is read as far as possible, with a warning.
///
/// # Errors
/// The description cannot be used, and a warning is added: the pages are then a stack without a description. Or
/// it exceeds a limit.
pub(super) fn layout(
    pages: &[Page],
    description: &str,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Layout, Unusable> {
    let passed_over = |warnings: &mut Vec<Warning>, reason: &str, pixel_size| {
        let message =
            format!("{reason}; the description is passed over, and the pages are taken as they come");
        warn(warnings, kind::OME_XML, message);
        Unusable::PassedOver(pixel_size)
    };
    let text = match well_formed(description, limits, warnings)? {
        Ok(text) => text,
        Err(error) => {
            return Err(passed_over(warnings, &format!("its OME-XML is not valid ({error})"), None));
        }
    };
    let document = match xml::parse(&text, limits)? {
        Ok(document) => document,
        Err(error) => {
            return Err(passed_over(warnings, &format!("its OME-XML is not valid ({error})"), None));
        }
    };
    let root = document.root_element();
    let Some(node) = root.descendants().find(|node| node.is_called("Pixels")) else {
        let reason =
            "its OME-XML does not describe its planes, as in a set whose description is in another file";
        return Err(passed_over(warnings, reason, None));
    };
    let reading = Reading::new(node, pages, limits, warnings).and_then(|reading| {
        let planes = reading.planes(node, root.attribute("UUID"), pages.len(), warnings)?;
        Ok(reading.layout(node, pages, &planes))
    });
    reading.map_err(|reason| passed_over(warnings, &reason, pixel_size(node)))
}

/// The description as valid XML: unchanged, or cleaned, or the part that can be recovered.
///
/// # Errors
/// A limit is exceeded; or, inside, the reason why it cannot be parsed.
fn well_formed<'a>(
    description: &'a str,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Result<Cow<'a, str>, String>, LimitError> {
    let as_it_is = description.trim_start_matches('\u{feff}').trim_start();
    let Err(error) = xml::parse(as_it_is, limits)? else { return Ok(Ok(as_it_is.into())) };
    let cleaned = xml::cleaned(description);
    let (text, how) = if xml::parse(&cleaned, limits)?.is_ok() {
        (cleaned.into_owned(), "it is read without what XML may not have")
    } else {
        let salvaged = xml::salvaged(&cleaned, "Pixels", &["Channel", "TiffData"], limits)?;
        (salvaged, "only the number of planes and the channels' names are read of it")
    };
    if xml::parse(&text, limits)?.is_err() {
        return Ok(Err(error.to_string()));
    }
    warn(warnings, kind::OME_XML, format!("its OME-XML is not valid ({error}); {how}"));
    Ok(Ok(Cow::Owned(text)))
}

/// The maximum number of planes that the elements `TiffData` name, so that those that name the same planes again do not
/// take unlimited time.
const MOST_PLANES_NAMED: usize = 1 << 20;

/// Element names, regardless of the year of the schema.
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

/// The sizes and order of the planes.
struct Reading {
    /// The number of pages per slice and frame.
    page_channels: usize,
    /// The number of samples per page that are channels; 1 for a colour image.
    samples: usize,
    is_color: bool,
    slices: usize,
    frames: usize,
    /// The letters `C`, `Z` and `T`, the fastest first.
    order: [char; 3],
    /// Whether `Z` denotes channels: there are as many channels as slices, but `SizeC` is 1.
    slices_are_channels: bool,
}

impl Reading {
    /// # Errors
    /// The reason why the description does not match the pages.
    fn new(node: Node, pages: &[Page], limits: &Limits, warnings: &mut Vec<Warning>) -> Result<Self, String> {
        let size = |name: &str| number(node, name).filter(|&size| size > 0).unwrap_or(1);
        let (mut channels, mut slices, frames) = (size("SizeC"), size("SizeZ"), size("SizeT"));
        let all = channels.checked_mul(slices).and_then(|planes| planes.checked_mul(frames));
        if all.is_none_or(|planes| planes as u64 > limits.maximum_planes) {
            return Err(format!(
                "its OME-XML tells of {channels} channels, {slices} slices and {frames} frames"
            ));
        }
        let letters = node.attribute("DimensionOrder").and_then(|order| order.trim().strip_prefix("XY"));
        let letters: Vec<char> = letters.unwrap_or("CZT").chars().collect();
        let order = <[char; 3]>::try_from(letters)
            .ok()
            .filter(|order| ['C', 'Z', 'T'].iter().all(|letter| order.contains(letter)));
        let Some(mut order) = order else { return Err("its OME-XML has an unknown DimensionOrder".into()) };
        let slices_are_channels = channels == 1 && slices > 1 && children(node, "Channel").count() == slices;
        if slices_are_channels {
            let message = format!(
                "its OME-XML has {slices} channels but calls them slices; they are taken as channels"
            );
            warn(warnings, kind::SLICES_AS_CHANNELS, message);
            (channels, slices) = (slices, 1);
            order = order.map(|letter| match letter {
                'C' => 'Z',
                'Z' => 'C',
                other => other,
            });
        }

        let example = layout::alike(pages).first().and_then(|&at| pages.get(at));
        let stored = example.map_or(1, |page| page.samples);
        let shown = example.map_or(1, Page::channels);
        let per_page = [stored, shown].into_iter().find(|&samples| channels.is_multiple_of(samples));
        let Some(per_page) = per_page else {
            return Err(format!("its OME-XML tells of {channels} channels, its pages have {stored}"));
        };
        let page_channels = channels / per_page;
        // Several colour images are shown as their separate channels. So are samples that the XML describes
        // one by one, even if the page declares them as colours.
        let is_color = page_channels == 1
            && children(node, "Channel").count() <= 1
            && example.is_some_and(|page| layout::is_color(page, false));
        let samples = if is_color { 1 } else { per_page };
        Ok(Self { page_channels, samples, is_color, slices, frames, order, slices_are_channels })
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

    /// Channel, slice and frame of the plane at an index in the order.
    fn coordinates(&self, mut position: usize) -> [usize; 3] {
        let mut found = [0; 3];
        for letter in self.order {
            let length = self.length(letter);
            found["CZT".find(letter).unwrap_or(0)] = position % length;
            position /= length;
        }
        found
    }

    /// The index of a plane in the order.
    fn position(&self, [channel, slice, frame]: [usize; 3]) -> usize {
        let place = |letter: char| match letter {
            'C' => channel,
            'Z' => slice,
            _ => frame,
        };
        self.order.iter().rev().fold(0, |position, &letter| position * self.length(letter) + place(letter))
    }

    /// The page of each channel, slice and frame (in this order, with the channel varying fastest).
    ///
    /// # Errors
    /// The reason why no page can be located in this file.
    fn planes(
        &self,
        node: Node,
        own: Option<&str>,
        pages: usize,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<Option<usize>>, String> {
        let uuid = |data: &Node| Some(children(*data, "UUID").next()?.text()?.trim().to_owned());
        let files: BTreeSet<String> = children(node, "TiffData").filter_map(|data| uuid(&data)).collect();
        let own = own.map(str::trim).filter(|own| !own.is_empty());
        if own.is_none() && files.len() > 1 {
            return Err(format!(
                "its OME-XML tells of the planes of {} files, but not which of them this is",
                files.len()
            ));
        }
        let is_here = |data: &Node| own.is_none() || uuid(data).is_none_or(|uuid| own == Some(uuid.as_str()));
        let here = self.planes_of(node, pages, is_here)?;
        if here.iter().any(Option::is_some) {
            return Ok(here);
        }
        if files.len() == 1 {
            let all = self.planes_of(node, pages, |_| true)?;
            if all.iter().any(Option::is_some) {
                let message = "its OME-XML says that its planes are in a file with another UUID; this is taken for that \
                               file, copied or renamed";
                warn(warnings, kind::OME_UUID, message);
                return Ok(all);
            }
        }
        Err("its OME-XML says that all its planes are in other files".into())
    }

    /// The pages named by the elements `TiffData`, except those excluded by `is_here`.
    fn planes_of(
        &self,
        node: Node,
        pages: usize,
        is_here: impl Fn(&Node) -> bool,
    ) -> Result<Vec<Option<usize>>, String> {
        let mut planes = vec![None; self.count()];
        // More elements than that name planes twice.
        let mut budget = MOST_PLANES_NAMED;
        for data in children(node, "TiffData").filter(is_here) {
            let first_page = number(data, "IFD");
            let given = number(data, "PlaneCount");
            let count =
                given.unwrap_or(if first_page.is_some() { 1 } else { self.count() }).min(self.count());
            let [mut channel, mut slice, frame] =
                ["FirstC", "FirstZ", "FirstT"].map(|name| number(data, name).unwrap_or(0));
            if self.slices_are_channels {
                (channel, slice) = (slice, channel);
            }
            let first = [self.page_channel(channel), slice, frame];
            if first[0] >= self.page_channels || slice >= self.slices || frame >= self.frames {
                return Err(format!(
                    "its OME-XML places a page at channel {channel}, slice {slice}, frame {frame}"
                ));
            }
            let start = self.position(first);
            for step in 0..count {
                let page = first_page.unwrap_or(0).saturating_add(step);
                let position = start.saturating_add(step);
                budget = budget.checked_sub(1).ok_or("its OME-XML names too many planes")?;
                if page < pages && position < self.count() {
                    let [channel, slice, frame] = self.coordinates(position);
                    planes[(frame * self.slices + slice) * self.page_channels + channel] = Some(page);
                }
            }
        }
        Ok(planes)
    }

    /// `FirstC` counts channels or, in some files, samples.
    fn page_channel(&self, first: usize) -> usize {
        if first >= self.page_channels && self.samples > 1 { first / self.samples } else { first }
    }

    fn layout(&self, node: Node, pages: &[Page], planes: &[Option<usize>]) -> Layout {
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
        Layout {
            channels: if self.is_color { gray_or_color(true) } else { self.channels(node, &channels) },
            slices: slices.len(),
            frames: frames.len(),
            is_color: self.is_color,
            pixel_size: pixel_size(node),
            significant_bits: number(node, "SignificantBits").and_then(|bits| u8::try_from(bits).ok()),
            planes: kept,
        }
    }

    /// The names and colours of some channels of the pages, sample by sample.
    fn channels(&self, node: Node, kept: &[usize]) -> Vec<ChannelInfo> {
        let described: Vec<Node> = children(node, "Channel").collect();
        let count = kept.len() * self.samples;
        let one = |index: usize| {
            let (page_channel, sample) = (kept[index / self.samples], index % self.samples);
            // One description per sample, or one per page.
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

/// `Color` is red, green, blue and alpha as a signed 32-bit integer.
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
        Reading {
            page_channels: 2,
            samples: 1,
            is_color: false,
            slices: 3,
            frames: 4,
            order,
            slices_are_channels: false,
        }
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
