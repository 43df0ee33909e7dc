//! Zeiss LSM: every second page is a thumbnail, and a private tag contains the numbers of slices, frames and
//! channels and the voxel size. The slice varies fastest, then the frame.

use super::axes::{self, Axis, Kind};
use super::directory::{File, tag};
use super::layout::{self, Layout, Plane, alike, named_or_numbered};
use super::page::Page;
use crate::image::stack::gray_or_color;
use crate::image::warning::{kind, warn};
use crate::image::{ChannelInfo, PixelSize, Warning};

/// The layout of the pages as a stack; `None` if the file is not an LSM, or does not describe its pages.
pub(super) fn layout(file: &File, pages: &[Page], warnings: &mut Vec<Warning>) -> Option<Layout> {
    let used = alike(pages);
    let example = pages.get(*used.first()?)?;
    let block = example.directory.bytes(file, tag::LSM).ok()?;
    let number = |at: usize| file.number_in(block.get(at..at + 4)?);
    let length = |at: usize| usize::try_from(number(at)?).ok().filter(|&length| length > 0);
    if !matches!(number(0)?, 0x0300_494c | 0x0400_494c) {
        return None;
    }
    let (slices, frames) = (length(16)?, length(24)?);
    let samples = example.channels();
    if slices.checked_mul(frames) != Some(used.len()) {
        let message = format!(
            "it tells of {slices} slices and {frames} frames, but has {} pages; they are taken as slices",
            used.len()
        );
        warn(warnings, kind::AXES, message);
        return None;
    }
    let stored: Vec<Plane> =
        used.iter().flat_map(|&page| (0..samples).map(move |sample| Plane { page, sample })).collect();
    let axes =
        [Axis::new(Kind::Channel, samples), Axis::new(Kind::Slice, slices), Axis::new(Kind::Frame, frames)];
    let arranged = axes::arrange(&axes, &stored, &file.limits)?;
    let side = |at: usize| Some(file.float_in(block.get(at..at + 8)?)? * 1e6);
    Some(Layout {
        channels: channels(file, block, samples),
        slices,
        frames,
        is_color: false,
        pixel_size: side(40)
            .zip(side(48))
            .and_then(|(x, y)| PixelSize::new(x, y))
            .or_else(|| layout::printed_size(file, example)),
        significant_bits: None,
        planes: arranged.planes,
    })
}

/// The block of channel colours: its size, the numbers of colours and names, and their offsets.
fn channels(file: &File, block: &[u8], count: usize) -> Vec<ChannelInfo> {
    let described = || -> Option<(Vec<String>, Vec<[u8; 3]>)> {
        let start = usize::try_from(file.number_in(block.get(108..112)?)?).ok().filter(|&start| start > 0)?;
        let head = file.slice(start, 24).ok()?;
        let number = |at: usize| usize::try_from(file.number_in(&head[at..at + 4])?).ok();
        let all = file.slice(start, number(0)?.min(1 << 16)).ok()?;
        let mut names = Vec::new();
        let mut rest = all.get(number(16)?..)?;
        while let (Some(length), true) = (rest.first_chunk::<4>(), names.len() < number(8)?) {
            let length = usize::try_from(file.number_in(length)?).ok()?;
            let name = rest.get(4..4 + length)?;
            let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
            names.push(String::from_utf8_lossy(name).trim().to_owned());
            rest = rest.get(4 + length..)?;
        }
        let colors = all.get(number(12)?..)?.chunks_exact(4).take(number(4)?);
        Some((names, colors.map(|color| [color[0], color[1], color[2]]).collect()))
    };
    let (names, colors) = described().unwrap_or_default();
    let mut channels = if count == 1 { gray_or_color(false) } else { named_or_numbered(count, &names) };
    for (channel, color) in channels.iter_mut().zip(colors) {
        channel.color = Some(color);
    }
    channels
}
