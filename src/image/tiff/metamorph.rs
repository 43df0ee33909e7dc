//! MetaMorph STK: all planes are stored after the first one, and the tag UIC2 has one entry per plane (six
//! numbers each: the z position as a fraction, then dates and times).

use super::contiguous;
use super::directory::{File, tag};
use super::layout::{self, Layout, alike, micrometres};
use super::page::Page;
use crate::image::warning::{kind, warn};
use crate::image::{ImageError, PixelSize, Warning};

/// The layout of the planes as a stack; `None` if the file is not an STK.
///
/// # Errors
/// The number of planes exceeds the maximum.
pub(super) fn layout(
    file: &File,
    pages: &mut Vec<Page>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Layout>, ImageError> {
    let Some((first, example)) = alike(pages).first().map(|&at| (at, pages[at].clone())) else {
        return Ok(None);
    };
    let count = example.directory.count(tag::UIC2);
    if count == 0 {
        return Ok(None);
    }
    let used = contiguous::expand(file, pages, first, count);
    if used.len() < count {
        let message = format!("it is said to have {count} planes, but {} are in the file", used.len());
        warn(warnings, kind::MISSING_PLANES, message);
    }
    let mut layout = layout::of_pages(file, pages, &used, true)?;
    if is_time_series(file, &example, used.len()) {
        (layout.slices, layout.frames) = (1, layout.slices);
    }
    layout.pixel_size = calibration(file, &example).or(layout.pixel_size);
    Ok(Some(layout))
}

/// Whether all planes have the same position, but different times.
fn is_time_series(file: &File, page: &Page, planes: usize) -> bool {
    let numbers = page.directory.longs(file, tag::UIC2, 6 * planes.min(1 << 16));
    let entries: Vec<&[u64]> = numbers.chunks_exact(6).collect();
    let Some(first) = entries.first() else { return false };
    let is_placed = |entry: &&[u64]| entry[1] != 0 && entry[0] * first[1] == first[0] * entry[1];
    entries.len() > 1
        && entries.iter().all(is_placed)
        && entries.iter().any(|entry| entry[2..4] != first[2..4])
}

/// XCalibration (4), YCalibration (5) and CalibrationUnits (6) of the tag UIC1, a list of pairs of an id and
/// a value or its offset.
fn calibration(file: &File, page: &Page) -> Option<PixelSize> {
    let numbers = page.directory.longs(file, tag::UIC1, 2 * page.directory.count(tag::UIC1).min(1 << 10));
    let value = |wanted: u64| {
        let found = numbers.chunks_exact(2).find(|pair| pair[0] == wanted)?[1];
        usize::try_from(found).ok().filter(|&place| place > 0)
    };
    let number = |place: usize| file.long(place).map(|number| number as f64);
    let fraction = |place: usize| Some(number(place)? / number(place.checked_add(4)?)?);
    let place = value(6)?;
    let length = usize::try_from(file.long(place)?).ok().filter(|&length| length < 64)?;
    let unit = file.slice(place.checked_add(4)?, length).ok()?;
    let unit: String = unit.iter().take_while(|&&byte| byte != 0).map(|&byte| char::from(byte)).collect();
    let unit = micrometres(&unit)?;
    let x = fraction(value(4)?)?;
    let y = value(5).and_then(fraction).unwrap_or(x);
    PixelSize::new(x * unit, y * unit)
}
