//! A simple reference implementation of the watershed, which the optimised one must match bit for bit.
//!
//! It recomputes the index of each neighbour, uses a separate table for each property, and makes one pass
//! over the image for each step.

use super::{OUTSIDE, TOP, UnionFind, WatershedSettings};
use crate::prediction::ProbabilityMaps;

/// Computes the labels, row by row, without smoothing.
pub(super) fn watershed(maps: &ProbabilityMaps, settings: &WatershedSettings) -> Vec<u32> {
    let (width, height) = (maps.width, maps.height);
    let relief = Relief::new(maps, settings);
    let depth = if settings.h > 0.0 { steps(settings.h).max(1) } else { 0 };
    let seeds = relief.seeds(depth, steps(settings.peak_threshold));
    let mut labels = relief.flood(&seeds);
    drop_uncertain(&mut labels, &maps.interior, settings.minimum_confidence);
    if settings.fill_holes {
        fill_holes(&mut labels, width, height);
    }
    drop_small(&mut labels, settings.minimum_area);
    if settings.clear_border {
        clear_border(&mut labels, width, height);
    }
    number_by_first_pixel(&mut labels);
    labels
}

/// Converts a fraction to a level of the relief; a value that is not finite counts as 0.
fn steps(value: f32) -> u16 {
    (value.clamp(0.0, 1.0) * f32::from(TOP)).round() as u16
}

/// The relief to flood: `levels[y * width + x]` in `0..=TOP`, or [`OUTSIDE`].
struct Relief {
    width: usize,
    levels: Vec<u16>,
}

impl Relief {
    fn new(maps: &ProbabilityMaps, settings: &WatershedSettings) -> Self {
        let pixel = |((&interior, &boundary), &distance): ((&f32, &f32), &f32)| {
            if interior > settings.interior_threshold {
                steps(distance - settings.boundary_weight * boundary)
            } else {
                OUTSIDE
            }
        };
        let levels = maps.interior.iter().zip(&maps.boundary).zip(&maps.distance).map(pixel).collect();
        Self { width: maps.width, levels }
    }

    /// The pixels above, left, right and below that are in the foreground.
    fn neighbours(&self, pixel: usize) -> impl Iterator<Item = usize> {
        let (width, levels) = (self.width, &self.levels);
        let column = pixel % width;
        let above = pixel.checked_sub(width);
        let left = (column > 0).then(|| pixel - 1);
        let right = (column + 1 < width).then_some(pixel + 1);
        let below = Some(pixel + width).filter(|&below| below < levels.len());
        [above, left, right, below].into_iter().flatten().filter(move |&other| levels[other] != OUTSIDE)
    }

    /// Foreground pixels from the highest level to the lowest, row by row within a level.
    fn highest_first(&self) -> Vec<u32> {
        let mut starts = vec![0usize; usize::from(TOP) + 2];
        for &level in self.levels.iter().filter(|level| **level != OUTSIDE) {
            starts[usize::from(TOP - level) + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut order = vec![0; starts[usize::from(TOP) + 1]];
        for (pixel, &level) in self.levels.iter().enumerate().filter(|(_, level)| **level != OUTSIDE) {
            let place = &mut starts[usize::from(TOP - level)];
            order[*place] = pixel as u32;
            *place += 1;
        }
        order
    }

    /// The seeds: the pixel index of one local maximum for each nucleus.
    ///
    /// Pixels are visited from the highest level to the lowest. A pixel without a visited neighbour starts a
    /// basin. Where basins meet, the lower one is merged into the highest if the valley between them is
    /// shallower than `depth` or its local maximum is below `minimum`. Each remaining basin is a nucleus.
    fn seeds(&self, depth: u16, minimum: u16) -> Vec<u32> {
        const NONE: u32 = u32::MAX;
        let mut basins = UnionFind::default();
        let mut peaks: Vec<u32> = Vec::new();
        let mut basin_of = vec![NONE; self.levels.len()];
        for pixel in self.highest_first() {
            let level = self.levels[pixel as usize];
            let mut highest = NONE;
            for other in self.neighbours(pixel as usize) {
                if basin_of[other] == NONE {
                    continue;
                }
                let met = basins.root(basin_of[other]);
                if highest == NONE || highest == met {
                    highest = met;
                    continue;
                }
                let (upper, lower) = (highest.min(met), highest.max(met));
                let peak = self.levels[peaks[lower as usize] as usize];
                if peak - level < depth || peak < minimum {
                    basins.join(lower, upper);
                }
                highest = upper;
            }
            if highest == NONE {
                highest = basins.add();
                peaks.push(pixel);
            }
            basin_of[pixel as usize] = highest;
        }
        let mut seeds: Vec<u32> = basins.roots().map(|root| peaks[root as usize]).collect();
        seeds.retain(|&seed| self.levels[seed as usize] >= minimum);
        seeds
    }

    /// Grows the seeds downhill over the reachable foreground, with label 1 for the first seed.
    fn flood(&self, seeds: &[u32]) -> Vec<u32> {
        let mut labels = vec![0; self.levels.len()];
        let mut queues: Vec<Vec<u32>> = vec![Vec::new(); usize::from(TOP) + 1];
        for (&seed, label) in seeds.iter().zip(1..) {
            labels[seed as usize] = label;
            queues[usize::from(self.levels[seed as usize])].push(seed);
        }
        for level in (0..queues.len()).rev() {
            let mut next = 0;
            while let Some(&pixel) = queues[level].get(next) {
                next += 1;
                for other in self.neighbours(pixel as usize) {
                    if labels[other] == 0 {
                        labels[other] = labels[pixel as usize];
                        queues[level.min(usize::from(self.levels[other]))].push(other as u32);
                    }
                }
            }
            queues[level] = Vec::new();
        }
        labels
    }
}

/// Adds background that is enclosed by a single nucleus to that nucleus.
fn fill_holes(labels: &mut [u32], width: usize, height: usize) {
    let mut visited: Vec<bool> = labels.iter().map(|&label| label != 0).collect();
    let mut component = Vec::new();
    for start in 0..labels.len() {
        if visited[start] {
            continue;
        }
        visited[start] = true;
        component.clear();
        component.push(start);
        let mut enclosed = true;
        let mut owner = 0;
        let mut next = 0;
        while let Some(&pixel) = component.get(next) {
            next += 1;
            let (x, y) = (pixel % width, pixel / width);
            enclosed &= x > 0 && y > 0 && x + 1 < width && y + 1 < height;
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for other in row * width + x.saturating_sub(1)..row * width + (x + 2).min(width) {
                    let label = labels[other];
                    if label == 0 {
                        if !visited[other] {
                            visited[other] = true;
                            component.push(other);
                        }
                    } else {
                        enclosed &= owner == 0 || owner == label;
                        owner = label;
                    }
                }
            }
        }
        if enclosed && owner != 0 {
            for &pixel in &component {
                labels[pixel] = owner;
            }
        }
    }
}

/// Drops nuclei whose mean interior probability is below `least`.
fn drop_uncertain(labels: &mut [u32], interior: &[f32], least: f32) {
    let count = labels.iter().copied().max().unwrap_or(0) as usize;
    let mut sums = vec![(0.0f64, 0u32); count + 1];
    for (&label, &probability) in labels.iter().zip(interior) {
        let (sum, pixels) = &mut sums[label as usize];
        *sum += f64::from(probability);
        *pixels += 1;
    }
    let is_uncertain: Vec<bool> =
        sums.iter().map(|&(sum, pixels)| sum < f64::from(least) * f64::from(pixels)).collect();
    for label in labels.iter_mut().filter(|label| is_uncertain[**label as usize]) {
        *label = 0;
    }
}

fn drop_small(labels: &mut [u32], smallest: usize) {
    let count = labels.iter().copied().max().unwrap_or(0) as usize;
    let mut areas = vec![0usize; count + 1];
    for &label in labels.iter() {
        areas[label as usize] += 1;
    }
    for label in labels.iter_mut().filter(|label| areas[**label as usize] < smallest) {
        *label = 0;
    }
}

fn number_by_first_pixel(labels: &mut [u32]) {
    let count = labels.iter().copied().max().unwrap_or(0) as usize;
    let mut numbers = vec![0u32; count + 1];
    let mut next = 0;
    for label in labels.iter_mut().filter(|label| **label != 0) {
        let number = &mut numbers[*label as usize];
        if *number == 0 {
            next += 1;
            *number = next;
        }
        *label = *number;
    }
}

fn clear_border(labels: &mut [u32], width: usize, height: usize) {
    for pixel in 0..labels.len() {
        let (x, y) = (pixel % width, pixel / width);
        let label = labels[pixel];
        if label != 0 && (x == 0 || y == 0 || x + 1 == width || y + 1 == height) {
            labels.iter_mut().filter(|other| **other == label).for_each(|other| *other = 0);
        }
    }
}
