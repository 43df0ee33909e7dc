//! Outlines as SVG 1.1 for drawing programs: one path per nucleus, one unit per pixel.

use std::fmt::Write;

use super::{Basis, ExportError, Exporter, FileName, Format, FormatInfo, ImageFile, Subject};
use crate::geometry::{Point, Size};
use crate::nuclei::Polygon;
use crate::plain_text::plain;

/// `ID-outlines.svg`: outlines for a drawing program.
pub const SVG: Format = Format::new(&Svg);

struct Svg;

impl Exporter for Svg {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "svg",
            label: "Outlines (SVG)",
            description: "Outlines for a drawing program, one path a nucleus",
            defined_by: "SVG 1.1",
            file: FileName::OfImage(&["-outlines.svg"]),
        }
    }

    fn image_file(&self, subject: &Subject, basis: &Basis) -> Result<Option<ImageFile>, ExportError> {
        let included = &basis.counted().included;
        let drawing = encode(subject.image_id, basis.polygons(), included, basis.size());
        Ok(Some(ImageFile { ending: "-outlines.svg".into(), bytes: drawing.into_bytes() }))
    }
}

/// Writes the outlines of the included nuclei of an image of `size`. Lines are one screen pixel wide at any
/// zoom level if the program supports `vector-effect`.
///
/// ```
/// use nucleoscope::export::svg;
/// use nucleoscope::geometry::Size;
/// use nucleoscope::nuclei::{LabelImage, polygons};
///
/// let nuclei = polygons(&LabelImage::from_labels(Size::new(2, 1), vec![0, 1]));
/// let drawing = svg::encode("cells & more", &nuclei, &[true], Size::new(2, 1));
/// assert!(drawing.contains("<title>cells &amp; more</title>"));
/// assert!(drawing.contains(r#"<path id="nucleus-1" d="M1 0H2V1H1Z"/>"#));
/// ```
pub fn encode(image_id: &str, nuclei: &[Vec<Polygon>], included: &[bool], size: Size) -> String {
    let Size { width, height } = size;
    let mut paths = String::new();
    let counted = nuclei.iter().zip(1..).zip(included).filter(|(_, included)| **included);
    for ((parts, number), _) in counted {
        paths += &format!("<path id=\"nucleus-{number}\" d=\"");
        let rings = parts.iter().flat_map(|part| std::iter::once(&part.shell).chain(&part.holes));
        rings.for_each(|ring| draw(&mut paths, ring));
        paths += "\"/>\n";
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<title>{}</title>\n\
         <style>path {{ vector-effect: non-scaling-stroke }}</style>\n\
         <g fill=\"none\" fill-rule=\"evenodd\" stroke=\"#e6a700\" stroke-width=\"1\">\n\
         {paths}</g>\n</svg>\n",
        escape(image_id)
    )
}

/// The sides of a ring are alternately horizontal and vertical, so one coordinate per side is sufficient.
fn draw(path: &mut String, ring: &[Point<u32>]) {
    let mut before = None;
    for &Point { x, y } in ring {
        // Writing to a string cannot fail.
        _ = match before {
            None => write!(path, "M{x} {y}"),
            Some((_, other)) if other == y => write!(path, "H{x}"),
            Some(_) => write!(path, "V{y}"),
        };
        before = Some((x, y));
    }
    path.push('Z');
}

/// Escapes [plain] text for XML; other characters that XML does not allow are replaced by spaces.
pub fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in plain(text).chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            _ => escaped.push(letter),
        }
    }
    escaped
}
