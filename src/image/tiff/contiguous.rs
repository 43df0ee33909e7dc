//! Planes stored contiguously in the file, of which only the first has a directory.

use super::compression;
use super::directory::{File, tag};
use super::page::Page;

/// The number of bytes of an uncompressed page.
fn plane_bytes(page: &Page) -> Option<u64> {
    let samples = if page.is_planar { 1 } else { page.samples };
    let row = page.width.checked_mul(samples)?.checked_mul(page.bits)?.div_ceil(8);
    let planes = if page.is_planar { page.samples } else { 1 };
    u64::try_from(row.checked_mul(page.height)?.checked_mul(planes)?).ok().filter(|&bytes| bytes > 0)
}

/// Adds the planes after page `at` to the pages if all `count` of them are in the file, without overlapping
/// data of the directory, and returns the indices of all planes. Only uncompressed strips are stored this
/// way.
pub(super) fn expand(file: &File, pages: &mut Vec<Page>, at: usize, count: usize) -> Vec<usize> {
    let Some(example) = pages.get(at).cloned() else { return Vec::new() };
    let mut found = vec![at];
    let first = example.directory.number(file, tag::STRIP_OFFSETS, 0).unwrap_or(0);
    let (Some(bytes), true) = (plane_bytes(&example), compression::is_none(example.compression)) else {
        return found;
    };
    if first == 0 || example.directory.has(tag::TILE_WIDTH) {
        return found;
    }
    let behind = (file.bytes.len() as u64).saturating_sub(first);
    let is_free =
        || !example.directory.is_within(first, first.saturating_add(bytes.saturating_mul(count as u64)));
    if behind / bytes < count as u64 || count as u64 > file.limits.maximum_pages || !is_free() {
        return found;
    }
    for plane in 1..count {
        found.push(pages.len());
        pages.push(Page { shift: bytes * plane as u64, ..example.clone() });
    }
    found
}
