//! Scanned slides: QPTIFF of Akoya and PerkinElmer, whose channels are pages with their own XML; SCN of
//! Leica, whose first page is not always the scan; SVS of Aperio, with the pixel size in its description.
//! Also single planes of MetaXpress, with the pixel size and the channel name in XML.

use super::directory::{File, tag};
use super::layout::{self, Layout, alike, alike_to};
use super::page::Page;
use super::xml;
use crate::image::{ChannelInfo, ImageError, PixelSize};
use crate::limits::check;

const QPTIFF: &str = "PerkinElmer-QPI-ImageDescription";

/// The layout of the pages of a scanned slide as a stack; `None` for other files.
///
/// # Errors
/// The number of planes exceeds the maximum.
pub(super) fn layout(file: &File, pages: &[Page], description: &str) -> Result<Option<Layout>, ImageError> {
    if description.contains(QPTIFF) {
        return qptiff(file, pages).map(Some);
    }
    if description.trim_start_matches(|c: char| c != '<').starts_with('<') && description.contains("<scn") {
        let area = |at: &usize| pages[*at].width.saturating_mul(pages[*at].height);
        let largest = (0..pages.len()).filter(|&at| !pages[at].is_secondary).max_by_key(area).unwrap_or(0);
        return layout::of_pages(file, pages, &alike_to(pages, largest), true).map(Some);
    }
    if description.trim_start().starts_with("<MetaData>") {
        return metaxpress(file, pages, description).map(Some);
    }
    let Some(size) = aperio_size(description) else { return Ok(None) };
    let used = alike(pages);
    let mut layout = layout::of_pages(file, pages, &used, true)?;
    layout.pixel_size = Some(size);
    Ok(Some(layout))
}

/// `MPP = 0.2498` between vertical bars in the description from Aperio scanners: µm per pixel.
fn aperio_size(description: &str) -> Option<PixelSize> {
    let values = description.split('|').filter_map(|part| part.split_once('='));
    let (_, value) = values.into_iter().find(|(key, _)| key.trim().eq_ignore_ascii_case("MPP"))?;
    let side = value.split_whitespace().next()?.parse().ok()?;
    PixelSize::new(side, side)
}

/// `<prop id="spatial-calibration-x" value="0.65"/>`, units and the name of the illumination.
fn metaxpress(file: &File, pages: &[Page], description: &str) -> Result<Layout, ImageError> {
    let mut layout = layout::of_pages(file, pages, &alike(pages), true)?;
    let cleaned = xml::cleaned(description);
    let Ok(document) = xml::parse(&cleaned, &file.limits)? else { return Ok(layout) };
    let value = |id: &str| {
        let mut properties = document.descendants().filter(|node| node.tag_name().name() == "prop");
        properties.find(|node| node.attribute("id") == Some(id))?.attribute("value").map(str::trim)
    };
    let side = |id: &str| value(id)?.parse::<f64>().ok();
    let unit = value("spatial-calibration-units").and_then(layout::micrometres);
    let is_on = value("spatial-calibration-state").is_none_or(|state| state.eq_ignore_ascii_case("on"));
    if let (Some(unit), Some(x), Some(y), true) =
        (unit, side("spatial-calibration-x"), side("spatial-calibration-y"), is_on)
    {
        layout.pixel_size = PixelSize::new(x * unit, y * unit).or(layout.pixel_size);
    }
    if let ([channel], Some(name), false) = (
        &mut layout.channels[..],
        value("_IllumSetting_").or_else(|| value("image-name")).filter(|name| !name.is_empty()),
        layout.is_color,
    ) {
        channel.name = name.to_owned();
    }
    Ok(layout)
}

/// One page per channel, without labels, overviews and reduced versions.
fn qptiff(file: &File, pages: &[Page]) -> Result<Layout, ImageError> {
    let mut used = Vec::new();
    let mut channels = Vec::new();
    let mut bytes = 0u64;
    for at in alike(pages) {
        bytes = bytes.saturating_add(pages[at].directory.count(tag::DESCRIPTION) as u64);
        check::maximum_metadata_bytes(&file.limits, bytes)?;
        let text = pages[at].directory.text(file, tag::DESCRIPTION)?;
        let cleaned = xml::cleaned(&text);
        let document = xml::parse(&cleaned, &file.limits)?.ok();
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
