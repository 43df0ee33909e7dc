//! The score sheet: an SVG of the best, median and worst images with true and predicted outlines.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nucleoscope::dsb2018::run_length;
use nucleoscope::dsb2018::score::ImageScore;
use nucleoscope::export::svg::escape;
use nucleoscope::geometry::{Point, Size};
use nucleoscope::image::{Image, Samples, preview};
use nucleoscope::nuclei::{LabelImage, outlines};
use nucleoscope::synthetic::encode_png;
use nucleoscope::{Error, InFile};

use crate::work::Work;

/// Labels of the rows, from the top.
const ROWS: [&str; 3] = ["Best", "Median", "Worst"];
/// Number of images per row.
const COLUMNS: usize = 3;
/// Maximum side of an image on the sheet, in the sheet's units.
const SIDE: usize = 400;
/// Height of the text above an image.
const WORDS: usize = 40;
/// Gap around images.
const GAP: usize = 16;
/// Height of the legend at the top.
const KEY: usize = 40;

/// Colours that are visible on black, gray and pink, and distinguishable with colour blindness (from the
/// palette of Okabe and Ito).
const TRUE_COLOUR: &str = "#56b4e9";
const FOUND_COLOUR: &str = "#e69f00";

/// The indices, in a list of scores, of the images that the sheet shows, row by row: up to three of the best,
/// of those around the median, and of the worst, without duplicates.
pub(crate) fn choose(scores: &[f64]) -> [Vec<usize>; 3] {
    let mut ranked: Vec<usize> = (0..scores.len()).collect();
    ranked.sort_by(|&left, &right| scores[right].total_cmp(&scores[left]).then(left.cmp(&right)));
    let each = COLUMNS.min(scores.len().div_ceil(ROWS.len()));
    let best = ranked.iter().copied().take(each).collect();
    let worst_from = (scores.len() - each).max(each);
    let worst = ranked[worst_from..].to_vec();
    let rest = &ranked[each..worst_from];
    let median_from = rest.len().saturating_sub(each) / 2;
    let median = rest[median_from..].iter().copied().take(each).collect();
    [best, median, worst]
}

/// One image with its true and predicted outlines, at most `SIDE` units long, as an SVG group.
///
/// # Errors
/// An error in the image's ground truth or its segmentation.
pub(crate) fn panel(work: &Work, score: &ImageScore) -> Result<String, Error> {
    let (width, height) = (work.opened.image.width(), work.opened.image.height());
    let truth = work.truth()?.unwrap_or_default();
    let truth = run_length::decode(&truth, work.opened.image.size())
        .map_err(|error| error.in_file(&work.entry.path))?;
    let found = work.segment()?.labels;
    let scale = SIDE as f64 / width.max(height) as f64;
    let mut svg = String::new();
    let counts = score.counts[0];
    let facts = format!(
        "score {:.3}: {} found, {} missed, {} extra",
        score.score, counts.true_positives, counts.false_negatives, counts.false_positives
    );
    // Writing to a string cannot fail.
    _ = writeln!(svg, r#"<text y="14" class="name">{}</text>"#, escape(&shorten(&work.entry.image_id)));
    _ = writeln!(svg, r#"<text y="32">{facts}</text>"#);
    _ = writeln!(svg, r#"<g transform="translate(0 {WORDS}) scale({scale:.5})">"#);
    _ = writeln!(
        svg,
        r#"<image width="{width}" height="{height}" preserveAspectRatio="none" href="data:image/png;base64,{}"/>"#,
        BASE64_STANDARD.encode(picture(work)?)
    );
    for (labels, class) in [(&truth, "true"), (&found, "found")] {
        let lines = path(labels);
        _ = writeln!(svg, r#"<path class="contour" d="{lines}"/><path class="{class}" d="{lines}"/>"#);
    }
    svg.push_str("</g>\n");
    Ok(svg)
}

/// The whole sheet: rows of panels.
pub(crate) fn sheet(rows: &[Vec<String>; 3]) -> String {
    let row_height = WORDS + SIDE + GAP;
    let left = 72;
    let width = left + COLUMNS * (SIDE + GAP);
    let height = KEY + ROWS.len() * row_height;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>Score sheet: best, median and worst images with true and found outlines</title>
<style>
text {{ font: 14px sans-serif; fill: #222; }}
.name, .row {{ font-weight: 600; }}
path {{ fill: none; vector-effect: non-scaling-stroke; stroke-width: 1.5; }}
.contour {{ stroke: #000; stroke-width: 3; stroke-opacity: 0.4; }}
.true {{ stroke: {TRUE_COLOUR}; }}
.found {{ stroke: {FOUND_COLOUR}; }}
</style>
<rect width="{width}" height="{height}" fill="#fff"/>
<path class="true" d="M{left} 19h32"/><text x="{}" y="24">ground truth</text>
<path class="found" d="M{} 19h32"/><text x="{}" y="24">found</text>
"##,
        left + 40,
        left + 160,
        left + 200,
    );
    for (row, (name, panels)) in ROWS.iter().zip(rows).enumerate() {
        let top = KEY + row * row_height;
        _ = writeln!(svg, r#"<text class="row" x="8" y="{}">{name}</text>"#, top + 14);
        for (column, panel) in panels.iter().enumerate() {
            _ = write!(svg, r#"<g transform="translate({} {top})">"#, left + column * (SIDE + GAP));
            svg.push_str(panel);
            svg.push_str("</g>\n");
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The image as a PNG of at most twice the panel's size.
fn picture(work: &Work) -> Result<Vec<u8>, Error> {
    let shown = preview(&work.opened.image, &[], Some(2 * SIDE), &[], None)
        .map_err(|error| error.in_file(&work.entry.path))?;
    let colours = shown.rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let image = Image::new(Size::new(shown.width, shown.height), 3, Samples::U8(colours));
    image.map(|image| encode_png(&image)).map_err(|error| error.in_file(&work.entry.path))
}

/// The outlines of all nuclei as SVG path data, in pixels.
fn path(labels: &LabelImage) -> String {
    let mut data = String::new();
    for outline in outlines(labels) {
        for (index, Point { x, y }) in outline.points.iter().enumerate() {
            _ = write!(data, "{}{x} {y}", if index == 0 { 'M' } else { 'L' });
        }
        data.push('Z');
    }
    data
}

fn shorten(name: &str) -> String {
    const LONGEST: usize = 40;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}
