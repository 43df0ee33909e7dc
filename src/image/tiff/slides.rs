//! Scanned slides: Akoya's and PerkinElmer's QPTIFF, whose channels are pages with XML of their own;
//! Leica's SCN, whose first page need not be the scan; Aperio's SVS, whose text has the size of a pixel.

use roxmltree::Document;

use super::directory::{File, tag};
use super::layout::{self, Layout, alike, alike_to};
use super::page::Page;
use super::xml;
use crate::image::{ChannelInfo, ImageError, PixelSize};

const QPTIFF: &str = "PerkinElmer-QPI-ImageDescription";

/// How the pages of a scanned slide make a stack; `None` for other files.
///
/// # Errors
/// There are more planes than any stack has.
pub(super) fn layout(file: &File, pages: &[Page], description: &str) -> Result<Option<Layout>, ImageError> {
    if description.contains(QPTIFF) {
        return qptiff(file, pages).map(Some);
    }
    if description.trim_start_matches(|c: char| c != '<').starts_with('<') && description.contains("<scn") {
        let area = |at: &usize| pages[*at].width.saturating_mul(pages[*at].height);
        let largest = (0..pages.len()).filter(|&at| !pages[at].is_secondary).max_by_key(area).unwrap_or(0);
        return layout::of_pages(file, pages, &alike_to(pages, largest), true).map(Some);
    }
    let Some(size) = aperio_size(description) else { return Ok(None) };
    let used = alike(pages);
    let mut layout = layout::of_pages(file, pages, &used, true)?;
    layout.pixel_size = Some(size);
    Ok(Some(layout))
}

/// `MPP = 0.2498` between bars in the text of Aperio's scanners: µm a pixel.
fn aperio_size(description: &str) -> Option<PixelSize> {
    let values = description.split('|').filter_map(|part| part.split_once('='));
    let (_, value) = values.into_iter().find(|(key, _)| key.trim().eq_ignore_ascii_case("MPP"))?;
    let side = value.split_whitespace().next()?.parse().ok()?;
    PixelSize::new(side, side)
}

/// One page a channel; labels, overviews and reduced versions are not.
fn qptiff(file: &File, pages: &[Page]) -> Result<Layout, ImageError> {
    let mut used = Vec::new();
    let mut channels = Vec::new();
    for at in alike(pages) {
        let text = pages[at].directory.text(file, tag::DESCRIPTION)?;
        let cleaned = xml::cleaned(&text);
        let document = Document::parse(&cleaned).ok();
        let child = |name: &str| {
            let mut nodes = document.as_ref()?.root_element().children();
            let text = nodes.find(|node| node.tag_name().name() == name)?.text()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        if child("ImageType").is_some_and(|kind| kind != "FullResolution") {
            continue;
        }
        used.push(at);
        let number = used.len();
        let name = match (child("Name"), child("Biomarker")) {
            (Some(name), Some(marker)) if name.contains(&marker) => name,
            (Some(name), Some(marker)) if marker.contains(&name) => marker,
            (Some(name), Some(marker)) => format!("{marker} ({name})"),
            (one, other) => one.or(other).unwrap_or_else(|| format!("channel {number}")),
        };
        let color = child("Color").and_then(|color| {
            let parts: Vec<u8> = color.split(',').filter_map(|part| part.trim().parse().ok()).collect();
            <[u8; 3]>::try_from(parts).ok()
        });
        channels.push(ChannelInfo { name, color });
    }
    let mut layout = layout::of_pages(file, pages, &used, true)?;
    if !layout.is_color && layout.channels.len() == 1 && channels.len() == layout.slices {
        layout.slices = 1;
        layout.channels = channels;
    }
    Ok(layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aperio_says_micrometres_a_pixel() {
        let text = "Aperio Image Library v11.2.1 \r\n46000x32914 [0,100 46000x32814] (240x240) JPEG/RGB Q=30|AppMag = 20|MPP = 0.4990|Left = 25.6";
        assert_eq!(aperio_size(text), PixelSize::new(0.499, 0.499));
        assert_eq!(aperio_size("a|MPP = none"), None);
    }
}
