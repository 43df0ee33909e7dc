//! The watershed: from probability maps to labelled nuclei.
//!
//! 1. **Foreground**: pixels whose interior probability is above a threshold.
//! 2. **Relief**: the distance map, optionally smoothed and lowered where the boundary probability is high,
//!    in 1024 levels.
//! 3. **Seeds**: local maxima of the relief whose depth below the next higher local maximum is at least `h`
//!    (the h-maxima of the relief; Soille, *Morphological Image Analysis*, ch. 6).
//! 4. **Flood**: seeds grow downhill through the foreground, level by level, in first-in-first-out order
//!    (Meyer's flooding with a hierarchical queue; Beucher & Meyer 1993).
//! 5. **Clean-up**: uncertain objects are dropped, holes are filled, small objects and optionally those on
//!    the image's edge are dropped, and labels are made consecutive.
//!
//! Integer levels and first-in-first-out queues make the result bit-identical on every platform for the same
//! probability maps. The time is linear in the number of pixels.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::connected_components::{Components, Connectivity};
use super::union_find::UnionFind;
use super::{LabelImage, WatershedSettings};
use crate::geometry::{Run, Size};
use crate::prediction::ProbabilityMaps;

impl WatershedSettings {
    /// Radius in pixels of the neighbourhood that smoothing uses.
    pub(crate) fn reach(&self) -> usize {
        if self.smoothing > 0.0 {
            gaussian(f64::from(self.smoothing.min(MOST_SMOOTHING))).len() / 2
        } else {
            0
        }
    }
}

/// Highest level of the relief.
const TOP: u16 = 1023;
/// Marks a pixel outside the foreground.
const OUTSIDE: u16 = u16::MAX;

/// Segments the foreground of the probability maps into nuclei.
///
/// A value that is not finite counts as 0. Nuclei are numbered in the order of their first pixels, row by
/// row. Each nucleus is 4-connected.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::nuclei::{watershed, WatershedSettings};
/// use nucleoscope::prediction::ProbabilityMaps;
///
/// // Two local maxima with a saddle of 0.4 between them, one row of pixels.
/// let maps = ProbabilityMaps {
///     interior: vec![0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1],
///     distance: vec![0.0, 0.9, 0.5, 0.4, 0.6, 0.8, 0.0],
///     ..ProbabilityMaps::zeros(Size::new(7, 1))
/// };
/// let settings = WatershedSettings::default().minimum_area(1).h(0.3);
/// assert_eq!(watershed(&maps, &settings).as_slice(), &[0, 1, 1, 2, 2, 2, 0]);
///
/// // A valley of depth 0.4 (0.8 - 0.4) does not separate them if `h` is 0.5.
/// let settings = settings.h(0.5);
/// assert_eq!(watershed(&maps, &settings).as_slice(), &[0, 1, 1, 1, 1, 1, 0]);
/// ```
pub fn watershed(maps: &ProbabilityMaps, settings: &WatershedSettings) -> LabelImage {
    let (width, height) = (maps.width, maps.height);
    if width == 0 || height == 0 {
        return LabelImage::empty(Size::new(width, height));
    }
    let relief = Relief::new(maps, settings);
    let seeds = relief.seeds(depth(settings.h), steps(settings.peak_threshold));
    let mut nuclei = Labels { width, count: seeds.len(), labels: relief.flood(&seeds) };
    nuclei.remove(&nuclei.uncertain(&maps.interior, settings.minimum_confidence));
    if settings.fill_holes {
        nuclei.fill_holes();
    }
    let mut unwanted = nuclei.small(settings.minimum_area);
    if settings.clear_border {
        nuclei.at_edge().for_each(|label| unwanted[label as usize] = true);
    }
    let count = nuclei.number_by_first_pixel(&unwanted);
    LabelImage::from_consecutive(Size::new(width, height), count, nuclei.labels)
}

/// Converts a fraction to a level of the relief; a value that is not finite counts as 0.
fn steps(value: f32) -> u16 {
    let scaled = value.clamp(0.0, 1.0) * f32::from(TOP);
    // The same as `round` for such numbers, which is a function call on processors without that instruction.
    let whole = scaled as u16;
    whole + u16::from(scaled - f32::from(whole) >= 0.5)
}

/// Converts h to levels of the relief: at least one if h is above 0, so that a plateau has only one seed.
fn depth(h: f32) -> u16 {
    if h > 0.0 { steps(h).max(1) } else { 0 }
}

/// The relief to flood. A border of [`OUTSIDE`] gives every pixel of the image four neighbours:
/// `levels[(y + 1) * across + x + 1]` in `0..=TOP`, or [`OUTSIDE`].
struct Relief {
    /// Number of columns, including the border.
    across: usize,
    levels: Vec<u16>,
}

impl Relief {
    fn new(maps: &ProbabilityMaps, settings: &WatershedSettings) -> Self {
        let distance = smoothed(&maps.distance, maps.width, settings.smoothing);
        let level = |((&interior, &boundary), &distance): ((&f32, &f32), &f32)| {
            if interior > settings.interior_threshold {
                steps(distance - settings.boundary_weight * boundary)
            } else {
                OUTSIDE
            }
        };
        let (width, across) = (maps.width, maps.width + 2);
        let mut levels = vec![OUTSIDE; across * (maps.height + 2)];
        let maps = maps.interior.chunks_exact(width).zip(maps.boundary.chunks_exact(width));
        let maps = maps.zip(distance.chunks_exact(width));
        for (row, ((interior, boundary), distance)) in levels.chunks_exact_mut(across).skip(1).zip(maps) {
            let values = interior.iter().zip(boundary).zip(distance);
            row[1..].iter_mut().zip(values).for_each(|(pixel, values)| *pixel = level(values));
        }
        Self { across, levels }
    }

    /// The pixels above, left, right and below a pixel that is not on the border.
    fn neighbours(&self, pixel: usize) -> [usize; 4] {
        [pixel - self.across, pixel - 1, pixel + 1, pixel + self.across]
    }

    /// Foreground pixels by level, from the highest to the lowest, row by row within a level.
    fn highest_first(&self) -> ByLevel {
        let mut starts = vec![0usize; usize::from(TOP) + 2];
        for &level in self.levels.iter().filter(|level| **level != OUTSIDE) {
            starts[usize::from(TOP - level) + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut pixels = vec![0; starts[usize::from(TOP) + 1]];
        for (pixel, &level) in self.levels.iter().enumerate().filter(|(_, level)| **level != OUTSIDE) {
            let place = &mut starts[usize::from(TOP - level)];
            pixels[*place] = pixel as u32;
            *place += 1;
        }
        // The start of each level has advanced to its end.
        ByLevel { pixels, ends: starts }
    }

    /// The seeds: the index of one local maximum for each nucleus, from the highest to the lowest.
    ///
    /// Pixels are visited from the highest level to the lowest. A pixel without a visited neighbour starts a
    /// basin. Where basins meet, the lower one is merged into the highest if the valley between them is
    /// shallower than `depth` or its local maximum is below `minimum`. Each remaining basin is a nucleus.
    fn seeds(&self, depth: u16, minimum: u16) -> Vec<u32> {
        const NONE: u32 = u32::MAX;
        // Basins are numbered from the highest local maximum to the lowest, so the smaller number is the
        // higher basin.
        let mut basins = UnionFind::default();
        let mut peaks: Vec<u32> = Vec::new();
        let mut basin_of = vec![NONE; self.levels.len()];
        for (level, pixel) in self.highest_first().iter() {
            let mut highest = NONE;
            for other in self.neighbours(pixel as usize) {
                let met = basin_of[other];
                if met == NONE || met == highest {
                    continue;
                }
                let met = basins.root(met);
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
        let seeds = basins.roots().map(|root| peaks[root as usize]);
        seeds.filter(|&seed| self.levels[seed as usize] >= minimum).collect()
    }

    /// Grows the seeds downhill over the reachable foreground, with label 1 for the first seed. The labels
    /// have no border.
    fn flood(&self, seeds: &[u32]) -> Vec<u32> {
        // Flags a pixel that is not yet labelled; the lower bits are its level, so one table is enough.
        const OPEN: u32 = 1 << 31;
        let open = |&level: &u16| if level == OUTSIDE { 0 } else { OPEN | u32::from(level) };
        let mut labels: Vec<u32> = self.levels.iter().map(open).collect();
        let mut queues: Vec<Vec<u32>> = vec![Vec::new(); usize::from(TOP) + 1];
        for (&seed, label) in seeds.iter().zip(1..) {
            labels[seed as usize] = label;
            queues[usize::from(self.levels[seed as usize])].push(seed);
        }
        for level in (0..queues.len()).rev() {
            let mut next = 0;
            while let Some(&pixel) = queues[level].get(next) {
                next += 1;
                let label = labels[pixel as usize];
                for other in self.neighbours(pixel as usize) {
                    let state = labels[other];
                    if state & OPEN != 0 {
                        labels[other] = label;
                        queues[level.min((state & !OPEN) as usize)].push(other as u32);
                    }
                }
            }
            queues[level] = Vec::new();
        }
        let label = |&state: &u32| if state & OPEN == 0 { state } else { 0 };
        let rows = labels.chunks_exact(self.across).skip(1);
        let rows = rows.take(self.levels.len() / self.across - 2);
        rows.flat_map(|row| row[1..self.across - 1].iter().map(label)).collect()
    }
}

/// Foreground pixels by level, from the highest to the lowest.
struct ByLevel {
    pixels: Vec<u32>,
    /// The end of each level in `pixels`; the first level is the highest.
    ends: Vec<usize>,
}

impl ByLevel {
    /// Each pixel with its level.
    fn iter(&self) -> impl Iterator<Item = (u16, u32)> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let levels = starts.zip(&self.ends).zip((0..=TOP).rev());
        levels.flat_map(|((&start, &end), level)| {
            self.pixels[start..end].iter().map(move |&pixel| (level, pixel))
        })
    }
}

/// Labels before clean-up: 0 or a number up to `count`, row by row; some numbers may have no pixels.
struct Labels {
    width: usize,
    count: usize,
    labels: Vec<u32>,
}

impl Labels {
    /// Whether the mean interior probability of each nucleus is below `least`, by label.
    fn uncertain(&self, interior: &[f32], least: f32) -> Vec<bool> {
        let mut sums = vec![(0.0f64, 0u32); self.count + 1];
        for (&label, &probability) in self.labels.iter().zip(interior).filter(|(label, _)| **label != 0) {
            let (sum, pixels) = &mut sums[label as usize];
            *sum += f64::from(probability);
            *pixels += 1;
        }
        sums.iter().map(|&(sum, pixels)| sum < f64::from(least) * f64::from(pixels)).collect()
    }

    /// Whether each nucleus has fewer than `smallest` pixels, by label.
    fn small(&self, smallest: usize) -> Vec<bool> {
        let mut areas = vec![0usize; self.count + 1];
        for &label in &self.labels {
            areas[label as usize] += 1;
        }
        areas.iter().map(|&area| area < smallest).collect()
    }

    /// The labels of the pixels on the image's edge.
    fn at_edge(&self) -> impl Iterator<Item = u32> {
        let last = self.labels.len() - self.width;
        let rows = self.labels[..self.width].iter().chain(&self.labels[last..]);
        let sides = self.labels.chunks_exact(self.width).flat_map(|row| [&row[0], &row[self.width - 1]]);
        rows.chain(sides).copied()
    }

    fn remove(&mut self, is_unwanted: &[bool]) {
        if is_unwanted.contains(&true) {
            for label in self.labels.iter_mut().filter(|label| is_unwanted[**label as usize]) {
                *label = 0;
            }
        }
    }

    /// Adds background that is enclosed by a single nucleus to that nucleus.
    fn fill_holes(&mut self) {
        let gaps = Components::of(&self.labels, self.width, Connectivity::Corners, |label| label == 0);
        let mut neighbours = vec![Neighbours::None; gaps.count()];
        for (run, &gap) in gaps.runs.iter().zip(&gaps.positions) {
            let known = &mut neighbours[gap as usize];
            if *known != Neighbours::Open {
                *known = known.with(self.neighbours(run));
            }
        }
        for (run, &gap) in gaps.runs.iter().zip(&gaps.positions) {
            if let Neighbours::One(nucleus) = neighbours[gap as usize] {
                self.labels[run.indices(self.width)].fill(nucleus);
            }
        }
    }

    /// The nuclei around a run of background, including diagonal neighbours.
    fn neighbours(&self, run: &Run) -> Neighbours {
        let (width, labels) = (self.width, &self.labels);
        let pixels = run.indices(width);
        let is_at_side = run.x == 0 || run.end() == width;
        if is_at_side || run.y == 0 || pixels.end + width > labels.len() {
            return Neighbours::Open;
        }
        let beside = Neighbours::None.with_label(labels[pixels.start - 1]).with_label(labels[pixels.end]);
        let above = pixels.start - width - 1..pixels.end - width + 1;
        let below = pixels.start + width - 1..pixels.end + width + 1;
        let mut others = labels[above].iter().chain(&labels[below]);
        others
            .try_fold(beside, |found, &label| {
                Some(found.with_label(label)).filter(|found| *found != Neighbours::Open)
            })
            .unwrap_or(Neighbours::Open)
    }

    /// Drops nuclei and renumbers the others; returns how many remain.
    fn number_by_first_pixel(&mut self, is_unwanted: &[bool]) -> u32 {
        let mut numbers = vec![0u32; self.count + 1];
        let mut count = 0;
        for label in self.labels.iter_mut().filter(|label| **label != 0) {
            let number = &mut numbers[*label as usize];
            if *number == 0 && !is_unwanted[*label as usize] {
                count += 1;
                *number = count;
            }
            *label = *number;
        }
        count
    }
}

/// The nuclei around a component of background.
#[derive(Clone, Copy, PartialEq)]
enum Neighbours {
    None,
    One(u32),
    /// Several nuclei, or the image's edge.
    Open,
}

impl Neighbours {
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, other) | (other, Self::None) => other,
            (Self::One(one), Self::One(other)) if one == other => self,
            _ => Self::Open,
        }
    }

    fn with_label(self, label: u32) -> Self {
        if label == 0 { self } else { self.with(Self::One(label)) }
    }
}

/// Maximum standard deviation of the Gaussian in pixels; it limits the work.
const MOST_SMOOTHING: f32 = 16.0;

/// Smooths a map with a Gaussian of this standard deviation, truncated at three standard deviations. Edge
/// values are repeated outside the image; values that are not finite count as 0. `exp` is computed in
/// software and sums have a fixed order, so the result is bit-identical on every platform.
fn smoothed(map: &[f32], width: usize, deviation: f32) -> Cow<'_, [f32]> {
    // `partial_cmp` also rejects NaN.
    if deviation.partial_cmp(&0.0) != Some(Ordering::Greater) {
        return Cow::Borrowed(map);
    }
    let deviation = deviation.min(MOST_SMOOTHING);
    let weights = gaussian(f64::from(deviation));
    let reach = weights.len() / 2;
    let mut along = vec![0.0; map.len()];
    for (row, sums) in map.chunks_exact(width).zip(along.chunks_exact_mut(width)) {
        let at =
            |x: usize| Some(row[x.saturating_sub(reach).min(width - 1)]).filter(|value| value.is_finite());
        let row: Vec<f32> = (0..width + 2 * reach).map(|x| at(x).unwrap_or(0.0)).collect();
        for (place, &weight) in weights.iter().enumerate() {
            add(sums, &row[place..], weight);
        }
    }
    let height = map.len() / width;
    let mut both = vec![0.0; map.len()];
    for (y, sums) in both.chunks_exact_mut(width).enumerate() {
        for (place, &weight) in weights.iter().enumerate() {
            let row = (y + place).saturating_sub(reach).min(height - 1);
            add(sums, &along[row * width..(row + 1) * width], weight);
        }
    }
    Cow::Owned(both)
}

fn add(sums: &mut [f32], values: &[f32], weight: f32) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
}

/// Weights of a Gaussian: an odd number of them, with a sum of 1.
fn gaussian(deviation: f64) -> Vec<f32> {
    let reach = (3.0 * deviation).ceil() as i32;
    let weight = |place: i32| {
        let deviations = f64::from(place) / deviation;
        libm::exp(-0.5 * deviations * deviations)
    };
    let weights: Vec<f64> = (-reach..=reach).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

#[cfg(test)]
mod h_maxima;
#[cfg(test)]
mod oracle;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: WatershedSettings = WatershedSettings {
        interior_threshold: 0.5,
        boundary_weight: 0.0,
        smoothing: 0.0,
        h: 0.1,
        peak_threshold: 0.0,
        minimum_confidence: 0.0,
        minimum_area: 1,
        fill_holes: false,
        clear_border: false,
    };

    /// Probability maps from one string per row: `.` is background, a digit the distance in tenths.
    fn maps(rows: &[&str]) -> ProbabilityMaps {
        let cells: Vec<u32> =
            rows.iter().flat_map(|row| row.chars()).map(|c| c.to_digit(10).unwrap_or(99)).collect();
        ProbabilityMaps {
            interior: cells.iter().map(|&cell| if cell == 99 { 0.0 } else { 1.0 }).collect(),
            distance: cells.iter().map(|&cell| if cell == 99 { 0.0 } else { cell as f32 / 10.0 }).collect(),
            ..ProbabilityMaps::zeros(Size::new(rows[0].len(), rows.len()))
        }
    }

    fn labels(rows: &[&str], settings: &WatershedSettings) -> Vec<String> {
        let maps = maps(rows);
        let image = watershed(&maps, settings);
        let text = |label: &u32| char::from_digit(*label, 36).unwrap_or('?');
        image
            .as_slice()
            .chunks(maps.width)
            .map(|row| row.iter().map(text).collect::<String>().replace('0', "."))
            .collect()
    }

    #[test]
    fn two_maxima_part_at_the_saddle() {
        let rows = [".12321...", "1235321..", ".13431343", "...123797", "....12343"];
        let expected = [".11111...", "1111112..", ".11112222", "...122222", "....22222"];
        assert_eq!(labels(&rows, &PLAIN), expected);
    }

    #[test]
    fn a_shallow_dent_does_not_part_a_nucleus() {
        let rows = ["..555..", "5986895", "..555.."];
        assert_eq!(labels(&rows, &WatershedSettings { h: 0.4, ..PLAIN }), ["..111..", "1111111", "..111.."]);
        assert_eq!(labels(&rows, &WatershedSettings { h: 0.2, ..PLAIN })[1], "1111222");
    }

    #[test]
    fn a_plateau_is_shared_by_distance_to_the_seeds() {
        assert_eq!(labels(&["944444449"], &PLAIN), ["111112222"]);
    }

    #[test]
    fn touching_at_a_corner_is_not_touching() {
        assert_eq!(labels(&["55..", "55..", "..55", "..55"], &PLAIN), ["11..", "11..", "..22", "..22"]);
    }

    #[test]
    fn faint_objects_go_and_faint_neighbours_join() {
        let settings = WatershedSettings { peak_threshold: 0.5, ..PLAIN };
        assert_eq!(labels(&["242.38314"], &settings), ["....11111"]);
    }

    #[test]
    fn uncertain_nuclei_are_dropped() {
        let mut maps = maps(&["55.66.77"]);
        maps.interior = vec![0.6, 0.8, 0.0, 0.9, 0.9, 0.0, 0.7, 0.7];
        let labels = |minimum_confidence| {
            watershed(&maps, &WatershedSettings { minimum_confidence, ..PLAIN }).as_slice().to_vec()
        };
        assert_eq!(labels(0.6), [1, 1, 0, 2, 2, 0, 3, 3]);
        assert_eq!(labels(0.75), [0, 0, 0, 1, 1, 0, 0, 0]);
    }

    #[test]
    fn the_boundary_map_deepens_the_valley() {
        let mut maps = maps(&["787"]);
        maps.distance = vec![0.8, 0.75, 0.8];
        maps.boundary = vec![0.0, 1.0, 0.0];
        assert_eq!(watershed(&maps, &PLAIN).count(), 1);
        assert_eq!(watershed(&maps, &WatershedSettings { boundary_weight: 0.5, ..PLAIN }).count(), 2);
    }

    #[test]
    fn a_hole_is_filled_only_where_one_nucleus_encloses_it() {
        let settings = WatershedSettings { fill_holes: true, ..PLAIN };
        assert_eq!(labels(&["555", "5.5", "555"], &settings), ["111", "111", "111"]);
        assert_eq!(labels(&["555", "5..", "555"], &settings), ["111", "1..", "111"]);
        // A gap between two nuclei belongs to neither.
        assert_eq!(labels(&["9959", "9..9", "9959"], &WatershedSettings { h: 0.3, ..settings })[1], "1..2");
    }

    #[test]
    fn small_objects_are_dropped_and_numbers_stay_consecutive() {
        let settings = WatershedSettings { minimum_area: 2, ..PLAIN };
        assert_eq!(labels(&["5.55.5.55"], &settings), ["..11...22"]);
    }

    #[test]
    fn nuclei_at_the_edge_are_dropped_if_asked_for() {
        let rows = ["5....", "5.55.", "...5.", "..5..", ".55.5", "....."];
        let settings = WatershedSettings { clear_border: true, ..PLAIN };
        assert_eq!(labels(&rows, &settings), [".....", "..11.", "...1.", "..2..", ".22..", "....."]);
        assert_eq!(labels(&["5"], &settings), ["."]);
    }

    #[test]
    fn smoothing_joins_what_a_dent_parts() {
        let rows = ["...........", ".446949644.", ".446949644.", ".446949644.", "..........."];
        let count = |smoothing| watershed(&maps(&rows), &WatershedSettings { smoothing, ..PLAIN }).count();
        assert_eq!((count(0.0), count(0.3), count(1.0)), (2, 2, 1));
        // Invalid widths leave the map unchanged.
        assert_eq!((count(f32::NAN), count(-1.0), count(1e-30)), (2, 2, 2));
    }

    #[test]
    fn smoothing_spreads_a_point_as_a_gaussian_and_keeps_a_plane() {
        let mut point = vec![0.0; 15 * 15];
        point[7 * 15 + 7] = 1.0;
        let spread = smoothed(&point, 15, 2.0);
        let expected =
            |x: i32, y: i32| (-f64::from(x * x + y * y) / 8.0).exp() / (8.0 * std::f64::consts::PI);
        for (pixel, &value) in spread.iter().enumerate() {
            let (x, y) = (pixel as i32 % 15 - 7, pixel as i32 / 15 - 7);
            let expected = if x.abs() > 6 || y.abs() > 6 { 0.0 } else { expected(x, y) };
            assert!((f64::from(value) - expected).abs() < 1e-3, "{x} {y}: {value}, not {expected}");
        }
        let mut plane = vec![0.5; 7 * 3];
        plane[4] = f32::NAN;
        let broken = smoothed(&plane, 7, 1e9);
        assert!(broken.iter().all(|value| value.is_finite() && *value < 0.5 + 1e-6));
        assert!(smoothed(&[0.5; 21], 7, 1.5).iter().all(|value| (value - 0.5).abs() < 1e-6));
    }

    /// A relief with these levels, row by row; `None` is outside the foreground.
    fn relief(width: usize, levels: &[Option<u16>]) -> Relief {
        let maps = ProbabilityMaps {
            interior: levels.iter().map(|level| if level.is_some() { 1.0 } else { 0.0 }).collect(),
            distance: levels.iter().map(|level| f32::from(level.unwrap_or(0)) / f32::from(TOP)).collect(),
            ..ProbabilityMaps::zeros(Size::new(width, levels.len() / width))
        };
        Relief::new(&maps, &PLAIN)
    }

    #[test]
    fn seeds_are_the_h_maxima_of_scikit_image() {
        // `skimage.morphology.h_maxima(image, h, footprint)` of scikit-image 0.26.0, with the 4-neighbourhood
        // as footprint, is 1 at these (row, column).
        let levels: [[u16; 12]; 10] = [
            [99, 96, 85, 60, 59, 62, 55, 59, 82, 94, 81, 56],
            [76, 85, 85, 73, 70, 63, 53, 63, 85, 88, 71, 55],
            [61, 69, 72, 68, 65, 55, 47, 58, 70, 63, 59, 72],
            [67, 65, 57, 52, 60, 58, 46, 43, 43, 40, 53, 76],
            [82, 77, 60, 45, 56, 62, 48, 38, 41, 46, 50, 50],
            [86, 84, 66, 41, 40, 50, 43, 41, 51, 55, 41, 24],
            [75, 74, 59, 34, 20, 27, 32, 36, 41, 44, 38, 30],
            [55, 63, 60, 37, 10, 10, 23, 31, 33, 34, 44, 53],
            [33, 48, 58, 47, 30, 32, 42, 40, 31, 32, 52, 76],
            [9, 23, 39, 52, 64, 75, 74, 49, 21, 23, 56, 92],
        ];
        let relief = relief(12, &levels.as_flattened().iter().copied().map(Some).collect::<Vec<_>>());
        for (h, expected) in [
            (8, &[(0, 0), (0, 9), (3, 11), (5, 0), (5, 9), (9, 5), (9, 11)][..]),
            (20, &[(0, 0), (0, 9), (5, 0), (9, 5), (9, 11)]),
            (40, &[(0, 0), (9, 11)]),
        ] {
            let place = |seed: u32| (seed as usize / relief.across - 1, seed as usize % relief.across - 1);
            let mut seeds: Vec<(usize, usize)> = relief.seeds(h, 0).into_iter().map(place).collect();
            seeds.sort_unstable();
            assert_eq!(seeds, expected, "h = {h}");
        }
    }

    #[test]
    fn a_plateau_is_one_nucleus_however_small_h_is() {
        let rows = ["9.9", "999"];
        for h in [f32::MIN_POSITIVE, 0.0001, 0.0004, 0.0005, 0.001, 1.0] {
            assert_eq!(labels(&rows, &WatershedSettings { h, ..PLAIN }), ["1.1", "111"], "h = {h}");
        }
        // Nothing is too shallow for an h of 0: the two arms are visited first.
        assert_eq!(labels(&rows, &WatershedSettings { h: 0.0, ..PLAIN })[0], "1.2");
        assert_eq!((depth(f32::NAN), depth(-1.0), depth(0.35)), (0, 0, steps(0.35)));
    }

    #[test]
    fn steps_are_rounded_numbers() {
        let whole = |value: f32| (value.clamp(0.0, 1.0) * f32::from(TOP)).round() as u16;
        let halves = (0..=2 * u32::from(TOP)).map(|half| half as f32 / 2.0 / f32::from(TOP));
        let near = halves.flat_map(|value| [value.next_down(), value, value.next_up()]);
        for value in near.chain([f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, f32::MAX]) {
            assert_eq!(steps(value), whole(value), "{value}");
        }
    }

    #[test]
    fn no_pixels_and_no_numbers_give_no_nuclei() {
        let empty = ProbabilityMaps::zeros(Size::new(0, 5));
        assert_eq!(watershed(&empty, &PLAIN).count(), 0);
        let broken = ProbabilityMaps {
            interior: vec![f32::NAN, 1.0],
            boundary: vec![f32::INFINITY; 2],
            distance: vec![f32::NAN; 2],
            ..ProbabilityMaps::zeros(Size::new(2, 1))
        };
        assert_eq!(
            watershed(&broken, &WatershedSettings { boundary_weight: 1.0, ..PLAIN }).as_slice(),
            &[0, 1]
        );
    }

    prop_compose! {
        fn random_maps()(width in 1usize..24, height in 1usize..24)
            (interior in prop::collection::vec(0.0f32..1.0, width * height),
             boundary in prop::collection::vec(0.0f32..1.0, width * height),
             distance in prop::collection::vec(0.0f32..1.0, width * height), width in Just(width), height in Just(height)) -> ProbabilityMaps {
            ProbabilityMaps::new(Size::new(width, height), interior, boundary, distance).unwrap()
        }
    }

    proptest! {
        #[test]
        fn every_nucleus_is_connected_foreground_of_sufficient_size(maps in random_maps(), smallest in 1usize..6, depth in 0.0f32..0.5) {
            let settings = WatershedSettings { minimum_area: smallest, h: depth, boundary_weight: 0.3, ..PLAIN };
            let image = watershed(&maps, &settings);
            prop_assert!(image.areas().iter().all(|&area| area >= smallest));
            let mut pieces = vec![0; image.count() as usize];
            let mut seen = vec![false; maps.interior.len()];
            for start in 0..seen.len() {
                let label = image.as_slice()[start];
                prop_assert!(label == 0 || maps.interior[start] > 0.5);
                if label == 0 || seen[start] { continue; }
                pieces[label as usize - 1] += 1;
                let mut stack = vec![start];
                seen[start] = true;
                while let Some(pixel) = stack.pop() {
                    let (x, y) = (pixel % maps.width, pixel / maps.width);
                    for (x, y) in [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)] {
                        let other = y.wrapping_mul(maps.width).wrapping_add(x);
                        if image.get(x, y) == label && !seen[other] { seen[other] = true; stack.push(other); }
                    }
                }
            }
            prop_assert!(pieces.iter().all(|&count| count == 1), "{pieces:?}");
        }

        #[test]
        fn it_is_the_plain_watershed_only_faster(
            mut maps in random_maps(),
            (interior_threshold, boundary_weight, h, peak_threshold) in (0.0f32..0.8, 0.0f32..0.5, 0.0f32..0.4, 0.0f32..0.6),
            (minimum_confidence, minimum_area, fill_holes, clear_border, grain) in
                (0.0f32..1.0, 0usize..6, any::<bool>(), any::<bool>(), 2u8..40),
        ) {
            // Few distinct values, so that there are plateaus and holes.
            let grain = f32::from(grain);
            maps.channels_mut().into_iter().flatten().for_each(|value| *value = (*value * grain).round() / grain);
            let settings = WatershedSettings {
                interior_threshold, boundary_weight, smoothing: 0.0, h, peak_threshold, minimum_confidence,
                minimum_area, fill_holes, clear_border,
            };
            let image = watershed(&maps, &settings);
            prop_assert_eq!(image.as_slice(), oracle::watershed(&maps, &settings));
        }

        #[test]
        fn seeds_are_the_h_maxima_by_definition(
            width in 1usize..12,
            levels in prop::collection::vec(prop::option::weighted(0.9, 0u16..40), 1..140),
            (depth, minimum, grain) in (1u16..30, 0u16..30, 1u16..5),
        ) {
            // Few distinct levels, so that there are plateaus.
            let levels: Vec<Option<u16>> = levels.into_iter().map(|level| Some(level? / grain * grain)).collect();
            let relief = relief(width, &levels[..levels.len() / width * width]);
            // Seeds have a depth of at least `depth`; the transform keeps maxima deeper than h.
            let is_maximum = h_maxima::h_maxima(&relief, i32::from(depth) - 1);
            let labels: Vec<u32> = is_maximum.iter().copied().map(u32::from).collect();
            let maxima = Components::of(&labels, relief.across, Connectivity::Sides, |label| label != 0);
            let mut peaks = vec![0; maxima.count()];
            let mut seeds_in = vec![0; maxima.count()];
            let seeds = relief.seeds(depth, minimum);
            for (run, &maximum) in maxima.runs.iter().zip(&maxima.positions) {
                for pixel in run.indices(relief.across) {
                    peaks[maximum as usize] = relief.levels[pixel].max(peaks[maximum as usize]);
                    seeds_in[maximum as usize] += usize::from(seeds.contains(&(pixel as u32)));
                }
            }
            // One seed in each maximum that is high enough, and none elsewhere.
            for (&peak, &count) in peaks.iter().zip(&seeds_in) {
                prop_assert_eq!(count, usize::from(peak >= minimum));
            }
            prop_assert_eq!(seeds.len(), seeds_in.iter().sum::<usize>());
        }

        #[test]
        fn smoothing_is_done_before_all_else(mut maps in random_maps(), smoothing in 0.1f32..5.0) {
            let settings = WatershedSettings { boundary_weight: 0.2, ..PLAIN };
            let image = watershed(&maps, &WatershedSettings { smoothing, ..settings });
            maps.distance = smoothed(&maps.distance, maps.width, smoothing).into_owned();
            prop_assert_eq!(image, watershed(&maps, &settings));
        }

        #[test]
        fn without_dropping_all_the_foreground_is_labelled(maps in random_maps(), depth in 0.0f32..1.0) {
            let image = watershed(&maps, &WatershedSettings { h: depth, ..PLAIN });
            for (label, interior) in image.as_slice().iter().zip(&maps.interior) {
                prop_assert_eq!(*label != 0, *interior > 0.5);
            }
        }

        #[test]
        fn a_greater_depth_never_splits_more(maps in random_maps(), shallow in 0.0f32..0.5, more in 0.0f32..0.5) {
            let count = |depth| watershed(&maps, &WatershedSettings { h: depth, ..PLAIN }).count();
            prop_assert!(count(shallow + more) <= count(shallow));
        }
    }
}
