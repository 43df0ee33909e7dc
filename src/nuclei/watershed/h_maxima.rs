//! The h-maxima by their definition, as a reference for the seeds of the watershed.

use super::{OUTSIDE, Relief};

/// Regional maxima of the h-maxima transform of a relief: whether each pixel of `levels` belongs to one.
///
/// The transform is the morphological reconstruction by dilation of `levels - h` under `levels` (Vincent,
/// "Morphological grayscale reconstruction in image analysis", IEEE Transactions on Image Processing 2, 1993;
/// Soille, *Morphological Image Analysis*, 2nd edition, section 6.3.4): the marker is dilated by a pixel's four
/// neighbours and limited to the mask until nothing changes. A regional maximum is a connected plateau without
/// a higher neighbour.
pub(super) fn h_maxima(relief: &Relief, h: i32) -> Vec<bool> {
    let foreground: Vec<usize> =
        (0..relief.levels.len()).filter(|&pixel| relief.levels[pixel] != OUTSIDE).collect();
    let mask: Vec<i32> = relief.levels.iter().map(|&level| i32::from(level)).collect();
    let neighbours =
        |pixel: usize| relief.neighbours(pixel).into_iter().filter(|&other| relief.levels[other] != OUTSIDE);
    let mut transform: Vec<i32> = mask.iter().map(|level| level - h).collect();
    loop {
        let mut dilated = transform.clone();
        for &pixel in &foreground {
            let highest = neighbours(pixel).map(|other| transform[other]).max();
            dilated[pixel] = highest.unwrap_or(i32::MIN).max(transform[pixel]).min(mask[pixel]);
        }
        if dilated == transform {
            break;
        }
        transform = dilated;
    }
    // A plateau is not a maximum if any of its pixels has a higher neighbour.
    let mut is_maximum: Vec<bool> = relief.levels.iter().map(|&level| level != OUTSIDE).collect();
    loop {
        let is_below = |&pixel: &usize| {
            is_maximum[pixel]
                && neighbours(pixel).any(|other| {
                    transform[other] > transform[pixel]
                        || (transform[other] == transform[pixel] && !is_maximum[other])
                })
        };
        let below: Vec<usize> = foreground.iter().copied().filter(is_below).collect();
        if below.is_empty() {
            return is_maximum;
        }
        below.into_iter().for_each(|pixel| is_maximum[pixel] = false);
    }
}
