//! Stacks with named axes in the first description: JSON from tifffile
//! (`{"shape": [3, 256, 256], "axes": "CYX"}`) and lines from SCIFIO (`axes=X,Y,Channel`, `lengths=256,256,3`).

use serde_json::Value;

use super::axes::{self, Axis, Kind};
use super::contiguous;
use super::directory::File;
use super::layout::{self, Layout, Plane, alike, micrometres, named_or_numbered};
use super::page::Page;
use crate::image::stack::gray_or_color;
use crate::image::warning::{kind, warn};
use crate::image::{ImageError, PixelSize, Warning};

/// The contents of a description.
#[derive(Debug, Default, PartialEq)]
struct Description {
    /// The axes of the planes, the fastest first, with their letters; without the axes within a plane.
    axes: Vec<(char, usize)>,
    names: Vec<String>,
    pixel_size: Option<PixelSize>,
    /// Width and height, if the description has them.
    sides: Option<(usize, usize)>,
}

/// The layout of the pages as a stack; `None` if the first description names no axes, or they do not match.
///
/// # Errors
/// The file has no page.
pub(super) fn layout(
    file: &File,
    pages: &mut Vec<Page>,
    description: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Layout>, ImageError> {
    let mut used = alike(pages);
    let Some(example) = used.first().map(|&at| pages[at].clone()) else { return Ok(None) };
    let described = if description.starts_with("SCIFIO=") {
        scifio(description)
    } else {
        json(description, (example.width, example.height))
    };
    let Some(described) = described else { return Ok(None) };
    let stores_colors = layout::is_color(&example, true);
    // tifffile stores three or four channels like colours, and uses `S` for colours.
    let are_channels = described.axes.first() == Some(&('C', example.samples)) && example.samples > 1;
    let is_color = stores_colors && !are_channels;
    if stores_colors && are_channels {
        let message =
            "its pages are stored as colours, but its axes call them channels; they are taken as channels";
        warn(warnings, kind::AXES, message);
    }
    // If a page has several samples, the innermost axis is that of its samples.
    let mut axes = described.axes.clone();
    let samples = match (is_color, are_channels) {
        (true, _) => 1,
        (_, true) => example.samples,
        _ => example.channels(),
    };
    if is_color && axes.first().is_some_and(|&(_, length)| length == 3 || length == example.samples) {
        axes.remove(0);
    }
    axes.retain(|&(_, length)| length != 1);
    let kinds: Vec<Axis> = axes.iter().map(|&(letter, length)| Axis::new(kind(letter), length)).collect();
    let does_not_fit = |warnings: &mut Vec<Warning>, found: usize| {
        let lengths: Vec<String> = axes.iter().map(|(letter, length)| format!("{letter} {length}")).collect();
        let lengths = if lengths.is_empty() { "one plane".to_owned() } else { lengths.join(", ") };
        let message = format!(
            "its description tells of {lengths}, but it has {found} planes; the description is passed over"
        );
        warn(warnings, kind::AXES, message);
    };
    let Some(count) = axes::count(&kinds, &file.limits) else {
        does_not_fit(warnings, used.len() * samples);
        return Ok(None);
    };
    if used.len() * samples < count && used.len() == 1 {
        used = contiguous::expand(file, pages, used[0], count.div_ceil(samples));
    }
    let sides_fit = described.sides.is_none_or(|sides| sides == (example.width, example.height));
    if used.len() * samples != count || !sides_fit {
        does_not_fit(warnings, used.len() * samples);
        return Ok(None);
    }
    let stored: Vec<Plane> =
        used.iter().flat_map(|&page| (0..samples).map(move |sample| Plane { page, sample })).collect();
    let Some(arranged) = axes::arrange(&kinds, &stored, &file.limits) else { return Ok(None) };
    let (mut channels, mut slices, frames) = (arranged.channels, arranged.slices, arranged.frames);
    if is_color && channels > 1 {
        // Several colour images have no channels to select; they are treated as slices.
        (channels, slices) = (1, channels * slices);
    }
    if slices > 1 && axes.iter().any(|&(letter, _)| letter == 'Q') {
        layout::warn_of_slices(slices, warnings);
    }
    let unknown: String =
        axes.iter().map(|&(letter, _)| letter).filter(|letter| !"CSZTQ".contains(*letter)).collect();
    if !unknown.is_empty() {
        let message = format!(
            "its axes {unknown} are neither channels nor slices nor frames; they are taken as frames"
        );
        warn(warnings, kind::AXES, message);
    }
    Ok(Some(Layout {
        channels: if is_color || channels == 1 {
            let mut channels = gray_or_color(is_color);
            if let ([channel], [name]) = (&mut channels[..], &described.names[..]) {
                channel.name.clone_from(name);
            }
            channels
        } else {
            named_or_numbered(channels, &described.names)
        },
        slices,
        frames,
        is_color,
        pixel_size: described.pixel_size.or_else(|| layout::printed_size(file, &example)),
        significant_bits: None,
        planes: arranged.planes,
    }))
}

/// Letters as used by tifffile and others: `Q` and unknown letters have no meaning, and are treated as
/// slices, like pages without a description; other letters denote images that must not be projected.
fn kind(letter: char) -> Kind {
    match letter {
        'C' | 'S' => Kind::Channel,
        'Z' | 'Q' => Kind::Slice,
        _ => Kind::Frame,
    }
}

/// Without `axes`, the last lengths are those of a page, and the others are unknown.
fn json(description: &str, (width, height): (usize, usize)) -> Option<Description> {
    let json: Value = serde_json::from_str(description.trim()).ok()?;
    let shape: Vec<usize> = json
        .get("shape")?
        .as_array()?
        .iter()
        .map(|length| length.as_u64()?.try_into().ok())
        .collect::<Option<_>>()?;
    let named = json.get("axes").and_then(Value::as_str).map(str::to_ascii_uppercase);
    let unnamed = || match shape[..] {
        [.., rows, columns] if (rows, columns) == (height, width) => Some("Q".repeat(shape.len() - 2) + "YX"),
        [.., rows, columns, _] if (rows, columns) == (height, width) => {
            Some("Q".repeat(shape.len() - 3) + "YXS")
        }
        _ => None,
    };
    let axes: Vec<char> = named.or_else(unnamed)?.chars().collect();
    if axes.len() != shape.len() {
        return None;
    }
    let length = |wanted: char| axes.iter().position(|&letter| letter == wanted).map(|at| shape[at]);
    let names =
        json.get("Channel").and_then(|channel| channel.get("Name")).or_else(|| json.get("channel_names"));
    let names = names.or_else(|| json.get("Labels")).and_then(Value::as_array);
    let side = |key: &str, unit: &str| {
        let unit = json.get(unit).and_then(Value::as_str).unwrap_or("µm");
        Some(json.get(key)?.as_f64()? * micrometres(unit)?)
    };
    let x = side("PhysicalSizeX", "PhysicalSizeXUnit");
    let y = side("PhysicalSizeY", "PhysicalSizeYUnit").or(x);
    Some(Description {
        axes: std::iter::zip(axes.iter().copied(), shape.iter().copied())
            .rev()
            .filter(|(letter, _)| !matches!(letter, 'X' | 'Y'))
            .collect(),
        names: names.map_or_else(Vec::new, |names| {
            names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }),
        pixel_size: x.zip(y).and_then(|(x, y)| PixelSize::new(x, y)),
        sides: length('X').zip(length('Y')),
    })
}

fn scifio(description: &str) -> Option<Description> {
    let value = |wanted: &str| {
        let mut pairs = description.lines().filter_map(|line| line.trim().split_once('='));
        pairs.find(|(key, _)| *key == wanted).map(|(_, value)| value.trim())
    };
    let list = |key: &str| value(key).map(|list| list.split(',').map(str::trim).collect::<Vec<_>>());
    let (names, lengths) = (list("axes")?, list("lengths")?);
    let lengths: Vec<usize> = lengths.iter().map(|length| length.parse().ok()).collect::<Option<_>>()?;
    if names.len() != lengths.len() {
        return None;
    }
    let letter = |name: &str| match name.to_lowercase().as_str() {
        "x" => 'X',
        "y" => 'Y',
        "z" | "slice" => 'Z',
        "time" | "t" | "frame" => 'T',
        "channel" | "c" | "spectra" | "lifetime" => 'C',
        _ => 'P',
    };
    let at = |wanted: char| names.iter().position(|name| letter(name) == wanted);
    let (scales, units) = (list("scales"), list("units"));
    let side = |axis: char| {
        let scale: f64 = scales.as_ref()?.get(at(axis)?)?.parse().ok()?;
        Some(scale * micrometres(units.as_ref()?.get(at(axis)?)?)?)
    };
    Some(Description {
        axes: std::iter::zip(names.iter().map(|name| letter(name)), lengths.iter().copied())
            .filter(|(letter, _)| !matches!(letter, 'X' | 'Y'))
            .collect(),
        names: Vec::new(),
        pixel_size: side('X').zip(side('Y')).and_then(|(x, y)| PixelSize::new(x, y)),
        sides: at('X').zip(at('Y')).map(|(x, y)| (lengths[x], lengths[y])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_name_their_axes() {
        let shaped =
            json(r#"{"shape": [2, 3, 8, 9], "axes": "TCYX", "Channel": {"Name": ["a", "b", "c"]}}"#, (9, 8))
                .unwrap();
        assert_eq!((shaped.axes, shaped.sides), (vec![('C', 3), ('T', 2)], Some((9, 8))));
        assert_eq!(shaped.names, ["a", "b", "c"]);
        let lines = "SCIFIO=0.41.0\naxes=X,Y,Channel,Z\nlengths=9,8,3,2\nscales=0.5,0.25,1,1\nunits=um,\\u00B5m,null,null\n";
        let described = scifio(lines).unwrap();
        assert_eq!((described.axes, described.sides), (vec![('C', 3), ('Z', 2)], Some((9, 8))));
        assert_eq!(described.pixel_size, PixelSize::new(0.5, 0.25));
        let unnamed = json(r#"{"shape": [4, 8, 9, 3]}"#, (9, 8)).unwrap();
        assert_eq!(unnamed.axes, [('S', 3), ('Q', 4)]);
        assert_eq!((json("{}", (9, 8)), scifio("SCIFIO=1")), (None, None));
    }
}
