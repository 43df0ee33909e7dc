//! The axes of a stack, and the arrangement of planes along them.

use super::layout::Plane;
use crate::limits::Limits;

/// The meaning of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Channel,
    Slice,
    Frame,
}

/// An axis and its number of planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    pub kind: Kind,
    pub length: usize,
}

/// Planes in the order channel, slice, frame, with the channel varying fastest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arranged {
    pub channels: usize,
    pub slices: usize,
    pub frames: usize,
    pub planes: Vec<Option<Plane>>,
}

impl Axis {
    pub(super) fn new(kind: Kind, length: usize) -> Self {
        Self { kind, length }
    }
}

/// The total number of planes; `None` if it exceeds the limit.
pub(super) fn count(axes: &[Axis], limits: &Limits) -> Option<usize> {
    let product = axes.iter().try_fold(1usize, |product, axis| product.checked_mul(axis.length));
    product.filter(|&product| (1..=limits.maximum_planes).contains(&(product as u64)))
}

/// Arranges planes that are stored along these axes, the fastest first. Several axes of a kind are merged.
/// Missing planes are at the end.
pub(super) fn arrange(axes: &[Axis], stored: &[Plane], limits: &Limits) -> Option<Arranged> {
    let all = count(axes, limits)?;
    let length = |kind| axes.iter().filter(|axis| axis.kind == kind).map(|axis| axis.length).product();
    let (channels, slices, frames): (usize, usize, usize) =
        (length(Kind::Channel), length(Kind::Slice), length(Kind::Frame));
    let mut planes = vec![None; all];
    for (position, plane) in stored.iter().take(all).enumerate() {
        let (mut rest, mut place) = (position, [(0, 1); 3]);
        for axis in axes {
            let (index, stride) = &mut place[axis.kind as usize];
            *index += rest % axis.length * *stride;
            *stride *= axis.length;
            rest /= axis.length;
        }
        let [(channel, _), (slice, _), (frame, _)] = place;
        planes[(frame * slices + slice) * channels + channel] = Some(*plane);
    }
    Some(Arranged { channels, slices, frames, planes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_find_their_places() {
        let stored: Vec<Plane> = (0..6).map(|page| Plane { page, sample: 0 }).collect();
        let pages = |axes: &[Axis]| {
            let arranged = arrange(axes, &stored, &Limits::default()).unwrap();
            let pages: Vec<usize> = arranged.planes.iter().map(|plane| plane.unwrap().page).collect();
            ((arranged.channels, arranged.slices, arranged.frames), pages)
        };
        let (c, z) = (Axis::new(Kind::Channel, 2), Axis::new(Kind::Slice, 3));
        assert_eq!(pages(&[c, z]), ((2, 3, 1), vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(pages(&[z, c]), ((2, 3, 1), vec![0, 3, 1, 4, 2, 5]));
        let frames = [Axis::new(Kind::Frame, 3), Axis::new(Kind::Frame, 2)];
        assert_eq!(pages(&frames), ((1, 1, 6), vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(arrange(&[Axis::new(Kind::Frame, usize::MAX), z], &stored, &Limits::default()), None);
    }
}
