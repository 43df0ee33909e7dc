//! TIFF files from microscopy: stacks of ImageJ and OME, and other pages.
//!
//! ```text
//! bytes ──directory──▶ pages ──imagej / ome / layout──▶ Layout: the page of each plane
//!                        └──────────pixels──────────▶ the values of one page
//! ```

mod axes;
mod compression;
mod contiguous;
mod directory;
mod imagej;
mod layout;
mod lsm;
mod metamorph;
mod named_axes;
mod ome;
mod page;
mod pixels;
mod slides;
mod xml;

use crate::geometry::Size;
use image::metadata::Orientation;

use directory::{File, tag};
use layout::{Layout, Plane};
use ome::Unusable;
use page::{Meaning, Page};

use super::display::default_displays;
use super::stack::{Keep, Opened, Selection, StackInfo, choose_channel, finite, plane_range, project};
use super::{Buffer, Channel, Image, ImageError, Samples, Warning, orientation};
use crate::limits::{Limits, check};

const FORMAT: &str = "TIFF";

/// Whether the file starts like a BigTIFF (version 43 instead of 42).
pub(super) fn is_big_tiff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II\x2b\x00") || bytes.starts_with(b"MM\x00\x2b")
}

/// Opens a stack. Only the pages needed for the selection are decoded, one at a time.
pub(super) fn open(
    bytes: &[u8],
    selection: &Selection,
    limits: Limits,
    keep: Keep,
) -> Result<Opened, ImageError> {
    let mut warnings = Vec::new();
    let (file, directories) = directory::open(bytes, limits, &mut warnings)?;
    let mut values = 0u64;
    for directory in &directories {
        values = values.saturating_add(page::values_read(&file, directory)?);
        check::maximum_tag_values(&limits, values)?;
    }
    let mut pages: Vec<Page> =
        directories.into_iter().map(|page| Page::read(&file, page)).collect::<Result<_, _>>()?;
    let Some(first) = pages.first() else {
        return Err(directory::corrupt("it has no pages"));
    };
    check::maximum_metadata_bytes(&limits, first.directory.count(tag::DESCRIPTION) as u64)?;
    let description = first.directory.text(&file, tag::DESCRIPTION)?;
    let turned = first.directory.number(&file, tag::ORIENTATION, 1).unwrap_or(1);
    orientation::warn_of(u8::try_from(turned).ok().and_then(Orientation::from_exif), &mut warnings);
    let layout = layout(&file, &mut pages, &description, &mut warnings)?;
    Stack { file, pages, layout, limits, warnings }.open(selection, keep)
}

/// Size, samples and number of channels of the first page, if it has gray or colour channels of 8 or 16 bits and then
/// alpha; `None` for all other files, including damaged ones.
#[cfg(feature = "serde")]
pub(crate) fn with_alpha(bytes: &[u8], limits: Limits) -> Option<(Size, Samples, usize)> {
    let mut warnings = Vec::new();
    let (file, directories) = directory::open(bytes, limits, &mut warnings).ok()?;
    let page = Page::read(&file, directories.into_iter().next()?).ok()?;
    let is_known = matches!(
        (page.meaning, page.samples, page.bits, page.number),
        (Meaning::Gray, 2, 8 | 16, page::Number::Unsigned)
            | (Meaning::Rgb, 4, 8 | 16, page::Number::Unsigned)
    );
    if page.alpha != 1 || !is_known {
        return None;
    }
    let all: Vec<usize> = (0..page.samples).collect();
    let samples = pixels::read(&file, &page, &all, limits, &mut warnings).ok()?;
    Some((Size::new(page.width, page.height), samples, page.samples))
}

/// The layout of the pages as a stack. Planes without their own directory are added to the pages.
fn layout(
    file: &File,
    pages: &mut Vec<Page>,
    description: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Layout, ImageError> {
    if ome::wrote(description) {
        return match ome::layout(pages, description, &file.limits, warnings) {
            Ok(layout) => Ok(layout),
            Err(Unusable::Limit(error)) => Err(error.into()),
            Err(Unusable::PassedOver(pixel_size)) => {
                let mut layout = layout::plain(file, pages, warnings)?;
                layout.pixel_size = pixel_size.or(layout.pixel_size);
                Ok(layout)
            }
        };
    }
    if imagej::wrote(description) {
        return imagej::layout(file, pages, description, warnings);
    }
    if let Some(layout) = metamorph::layout(file, pages, warnings)? {
        return Ok(layout);
    }
    if let Some(layout) = lsm::layout(file, pages, warnings) {
        return Ok(layout);
    }
    if let Some(layout) = named_axes::layout(file, pages, description, warnings)? {
        return Ok(layout);
    }
    if let Some(layout) = slides::layout(file, pages, description)? {
        return Ok(layout);
    }
    layout::plain(file, pages, warnings)
}

/// A file with the layout of its pages.
struct Stack<'a> {
    file: File<'a>,
    pages: Vec<Page>,
    layout: Layout,
    limits: Limits,
    warnings: Vec<Warning>,
}

impl Stack<'_> {
    fn open(&self, selection: &Selection, keep: Keep) -> Result<Opened, ImageError> {
        let layout = &self.layout;
        let slices = plane_range(selection, layout.slices, layout.frames)?;
        let segmented = if layout.is_color { 0 } else { choose_channel(selection, &layout.channels)? };
        let channels = match keep {
            Keep::All => 0..layout.plane_channels(),
            Keep::Segmented => segmented..segmented + 1,
        };
        let wanted = slices.map(|slice| self.planes_by_page(channels.clone(), slice, selection.frame));
        let wanted: Vec<Vec<(usize, Vec<Wanted>)>> = wanted.collect::<Result<_, _>>()?;
        self.check_all(&wanted)?;

        let mut warnings = self.warnings.clone();
        let mut planes: Vec<Option<Samples>> = channels.clone().map(|_| None).collect();
        for (page, wanted) in wanted.iter().flatten() {
            let Some(page) = self.pages.get(*page) else { continue };
            for (wanted, samples) in wanted.iter().zip(self.read(page, wanted, &mut warnings)?) {
                let place = planes.get_mut(wanted.channel - channels.start);
                match place {
                    Some(Some(largest)) => project(largest, &samples),
                    Some(place) => *place = Some(samples),
                    None => {}
                }
            }
        }
        let page = wanted.iter().flatten().next().and_then(|(page, _)| self.pages.get(*page));
        let Some(page) = page else { return Err(directory::corrupt("it has no pages")) };
        self.finish(page, planes, segmented, selection, keep, warnings)
    }

    /// The planes of one slice and frame, page by page: a page with several samples is read once.
    fn planes_by_page(
        &self,
        channels: std::ops::Range<usize>,
        slice: usize,
        frame: usize,
    ) -> Result<Vec<(usize, Vec<Wanted>)>, ImageError> {
        let mut pages: Vec<(usize, Vec<Wanted>)> = Vec::new();
        for channel in channels {
            let missing = ImageError::MissingPlane { channel, slice, frame };
            let Plane { page, sample } = self.layout.plane(channel, slice, frame).ok_or(missing)?;
            let wanted = Wanted { channel, sample };
            match pages.last_mut() {
                Some((last, samples)) if *last == page => samples.push(wanted),
                _ => pages.push((page, vec![wanted])),
            }
        }
        Ok(pages)
    }

    /// Rejects unreadable pages, and stacks that would take too long.
    fn check_all(&self, wanted: &[Vec<(usize, Vec<Wanted>)>]) -> Result<(), ImageError> {
        let limits = &self.limits;
        let (mut values, mut chunks, mut of_colors): (u64, u64, u64) = (0, 0, 0);
        for (page, _) in wanted.iter().flatten() {
            let Some(page) = self.pages.get(*page) else { continue };
            page.check(*limits)?;
            let pixels = (page.width as u64).saturating_mul(page.height as u64);
            values = values.saturating_add(pixels.saturating_mul(page.samples as u64));
            let of_page =
                page.directory.count(tag::STRIP_OFFSETS).max(page.directory.count(tag::TILE_OFFSETS));
            chunks = chunks.saturating_add(of_page as u64);
            limits.check_strips(chunks)?;
            if self.layout.is_color && page.meaning == Meaning::Palette {
                of_colors = of_colors.saturating_add(3 << page.bits.min(16));
                check::maximum_tag_values(limits, of_colors)?;
            }
        }
        let maximum_values = limits.maximum_values();
        if values > maximum_values {
            return Err(ImageError::StackTooLarge { values, maximum_values });
        }
        // Strips that share bytes are decompressed again and again.
        let mut stored = 0u64;
        for page in wanted.iter().flatten().filter_map(|(page, _)| self.pages.get(*page)) {
            stored = stored.saturating_add(pixels::compressed_bytes(&self.file, page, *limits)?);
        }
        let in_file = self.file.bytes.len() as u64;
        if stored > in_file.max(limits.maximum_bytes()) {
            let reason =
                format!("its strips or tiles overlap: they have {stored} bytes, the file has {in_file}");
            return Err(directory::corrupt(reason));
        }
        self.check_memory(wanted)
    }

    /// Rejects a selection whose planes do not fit into memory.
    fn check_memory(&self, wanted: &[Vec<(usize, Vec<Wanted>)>]) -> Result<(), ImageError> {
        let limits = &self.limits;
        let bytes = |(page, wanted): &(usize, Vec<Wanted>)| {
            let page = self.pages.get(*page)?;
            let values = (wanted.len() * if self.layout.is_color { 3 } else { 1 }) as u64;
            let pixels = (page.width as u64).saturating_mul(page.height as u64);
            Some(pixels.saturating_mul(values).saturating_mul(page.value_bytes()))
        };
        let all = wanted.first().into_iter().flatten().filter_map(bytes).fold(0, u64::saturating_add);
        if all > limits.maximum_bytes() {
            return check::maximum_pixel_bytes(limits, all.div_ceil(limits.maximum_pixels.max(1)))
                .map_err(ImageError::from);
        }
        Ok(())
    }

    /// Reads the values of some channels of a page, separately; for a colour page, all three interleaved.
    fn read(
        &self,
        page: &Page,
        wanted: &[Wanted],
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<Samples>, ImageError> {
        if self.layout.is_color {
            return Ok(vec![pixels::read_color(&self.file, page, self.limits, warnings)?]);
        }
        let samples: Vec<usize> = wanted.iter().map(|wanted| wanted.sample).collect();
        let values = pixels::read(&self.file, page, &samples, self.limits, warnings)?;
        Ok(apart(values, samples.len()))
    }

    fn finish(
        &self,
        page: &Page,
        planes: Vec<Option<Samples>>,
        segmented: usize,
        selection: &Selection,
        keep: Keep,
        mut warnings: Vec<Warning>,
    ) -> Result<Opened, ImageError> {
        let layout = &self.layout;
        let components = if layout.is_color { 3 } else { 1 };
        let images = finite(planes.into_iter().flatten().collect(), &mut warnings).into_iter();
        let images =
            images.map(|samples| Image::new(Size::new(page.width, page.height), components, samples));
        let mut images = images.collect::<Result<Vec<_>, _>>()?;
        let bits = u8::try_from(page.bits).unwrap_or(u8::MAX);
        let mut info = StackInfo {
            width: page.width,
            height: page.height,
            bit_depth: layout.significant_bits.filter(|used| (1..=bits).contains(used)).unwrap_or(bits),
            is_color: layout.is_color,
            channels: layout.channels.clone(),
            slices: layout.slices,
            frames: layout.frames,
            pixel_size: layout.pixel_size,
            segmented_channel: segmented,
            displays: Vec::new(),
            warnings,
        };
        let nothing = || directory::corrupt("it has no pages");
        if layout.is_color {
            let image = images.pop().ok_or_else(nothing)?;
            if image.channels() == 1 {
                info.is_color = false;
                info.channels = super::stack::gray_or_color(false);
            }
            return Opened::with_info(image, info, selection, keep);
        }
        info.displays = default_displays(&info);
        match keep {
            Keep::Segmented => {
                let image = images.pop().ok_or_else(nothing)?;
                Ok(Opened { info, image, channels: Vec::new() })
            }
            Keep::All => {
                let image = images.get(segmented).cloned().ok_or_else(nothing)?;
                let named = layout.channels.iter().zip(images);
                let channels =
                    named.map(|(info, image)| Channel { name: info.name.clone(), image }).collect();
                Ok(Opened { info, image, channels })
            }
        }
    }
}

/// A channel and its sample.
#[derive(Clone, Copy)]
struct Wanted {
    channel: usize,
    sample: usize,
}

/// Splits interleaved values into one list per sample.
fn apart(values: Samples, count: usize) -> Vec<Samples> {
    fn each<T: Copy>(values: &[T], count: usize, wrap: fn(Buffer<T>) -> Samples) -> Vec<Samples> {
        let one = |sample| wrap(values.iter().skip(sample).step_by(count).copied().collect());
        (0..count).map(one).collect()
    }
    match values {
        values if count == 1 => vec![values],
        Samples::U8(values) => each(&values, count, Samples::U8),
        Samples::U16(values) => each(&values, count, Samples::U16),
        Samples::F32(values) => each(&values, count, Samples::F32),
    }
}
