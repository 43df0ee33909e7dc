//! For masks that overlap and masks that do not: the pairs that share most of their pixels, without visiting all pairs
//! that share a pixel, of which there may be as many as the product of the numbers of masks.

use super::run_length::{Mask, Run};

/// A mask of the side without overlaps, and its weight in Boyer and Moore's majority vote (1981): every pixel of it
/// cancels a pixel of another mask.
type Vote = (usize, u64);

fn merged((one, weight): Vote, (other, opposed): Vote) -> Vote {
    if one == other {
        (one, weight + opposed)
    } else if weight >= opposed {
        (one, weight - opposed)
    } else {
        (other, opposed - weight)
    }
}

/// Masks that do not overlap, prepared for queries.
pub(super) struct Apart {
    /// All runs in ascending order, each with its mask.
    runs: Vec<(Run, usize)>,
    /// A segment tree of the votes of the runs; the leaves are the second half.
    votes: Vec<Vote>,
    /// The runs of each mask, each with the number of pixels of the mask before it.
    by_mask: Vec<Vec<(Run, u64)>>,
}

impl Apart {
    pub(super) fn new(masks: &[Mask]) -> Self {
        let of_mask =
            |(mask, of): (usize, &Mask)| of.runs().iter().map(move |&run| (run, mask)).collect::<Vec<_>>();
        let mut runs: Vec<(Run, usize)> = masks.iter().enumerate().flat_map(of_mask).collect();
        runs.sort_unstable();
        let count = runs.len();
        let mut votes: Vec<Vote> = vec![(0, 0); count];
        votes.extend(runs.iter().map(|&(run, mask)| (mask, run.length)));
        for node in (1..count).rev() {
            votes[node] = merged(votes[2 * node], votes[2 * node + 1]);
        }
        let numbered = |mask: &Mask| {
            let before = mask.runs().iter().scan(0, |pixels, run| {
                let before = *pixels;
                *pixels += run.length;
                Some((*run, before))
            });
            before.collect()
        };
        Self { runs, votes, by_mask: masks.iter().map(numbered).collect() }
    }

    /// The mask that contains more than half of the pixels of another one, if any does, and the number of pixels that
    /// both share. If no mask does, any mask may be returned.
    pub(super) fn majority(&self, other: &Mask) -> Option<(usize, u64)> {
        let vote = other.runs().iter().fold((0, 0), |vote, run| merged(vote, self.vote(run)));
        let (mask, _) = Some(vote).filter(|(_, weight)| *weight > 0)?;
        let shared = other
            .runs()
            .iter()
            .map(|run| self.pixels_up_to(mask, run.last()) - self.pixels_up_to(mask, run.start - 1));
        Some((mask, shared.sum()))
    }

    /// The vote of the pixels of a run.
    fn vote(&self, run: &Run) -> Vote {
        let start = self.runs.partition_point(|(own, _)| own.last() < run.start);
        let end = self.runs.partition_point(|(own, _)| own.start <= run.last());
        let part = |place: usize| {
            let (own, mask) = self.runs[place];
            (mask, own.last().min(run.last()) + 1 - own.start.max(run.start))
        };
        if start >= end {
            return (0, 0);
        }
        // The first and the last run may be partly outside.
        let mut vote = part(start);
        if end - start > 1 {
            vote = merged(vote, part(end - 1));
        }
        let (mut low, mut high) = (start + 1 + self.runs.len(), end - 1 + self.runs.len());
        while low < high {
            if low % 2 == 1 {
                vote = merged(vote, self.votes[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                vote = merged(vote, self.votes[high]);
            }
            low /= 2;
            high /= 2;
        }
        vote
    }

    /// The number of pixels of a mask whose numbers are at most `last`.
    fn pixels_up_to(&self, mask: usize, last: u64) -> u64 {
        let runs = &self.by_mask[mask];
        let place = runs.partition_point(|(run, _)| run.start <= last);
        let before = place.checked_sub(1).and_then(|place| runs.get(place));
        before.map_or(0, |(run, before)| before + (run.last().min(last) + 1 - run.start))
    }
}
