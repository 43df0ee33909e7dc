//! The watershed: from probability maps to one number a nucleus.
//!
//! 1. **Foreground**: interior above a threshold.
//! 2. **Relief**: the distance map, lowered where the boundary map is high, in 1024 steps.
//! 3. **Seeds**: summits of the relief whose depth below the next higher summit is at least
//!    `seed_depth` (the h-maxima of the relief; Soille, *Morphological Image Analysis*, ch. 6).
//! 4. **Flood**: seeds grow downhill through the foreground, level by level, first come first served
//!    (Meyer's flooding with a hierarchical queue; Beucher & Meyer 1993).
//! 5. **Tidy**: uncertain objects are dropped, holes filled, small objects dropped, numbers made
//!    consecutive.
//!
//! Integer levels and first-in-first-out queues make the result the same, bit for bit, on every
//! platform for the same maps. Everything is linear in the number of pixels.

use serde::{Deserialize, Serialize};

use super::LabelImage;
use crate::network::Maps;

/// How maps become nuclei. Cheap to change: the network need not run again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WatershedSettings {
    /// Interior probability above which a pixel is foreground, `0.0..=1.0`.
    pub threshold: f32,
    /// How much of the boundary map is taken off the distance map, `0.0..=1.0`.
    pub boundary_weight: f32,
    /// Depth of the valley that separates two nuclei, in units of the distance map, `0.0..=1.0`.
    /// Smaller values split more.
    pub seed_depth: f32,
    /// Least summit of a nucleus, in units of the distance map, `0.0..=1.0`: fainter objects are
    /// dropped, or joined to the nucleus they touch.
    pub seed_minimum: f32,
    /// Least mean interior probability of a nucleus, `0.0..=1.0`: less certain objects are dropped.
    pub least_certainty: f32,
    /// Smallest nucleus in pixels; smaller objects are dropped.
    pub smallest_area: usize,
    /// Whether holes inside a nucleus are filled.
    pub fill_holes: bool,
}

impl Default for WatershedSettings {
    fn default() -> Self {
        Self {
            threshold: 0.6,
            boundary_weight: 0.0,
            seed_depth: 0.35,
            seed_minimum: 0.45,
            least_certainty: 0.83,
            smallest_area: 25,
            fill_holes: true,
        }
    }
}

/// Highest level of the relief.
const TOP: u16 = 1023;
/// Marks a pixel outside the foreground.
const OUTSIDE: u16 = u16::MAX;

/// Cuts the foreground of the maps into nuclei.
///
/// A value that is not finite counts as 0. Nuclei are numbered by the place of their first pixel,
/// row by row. Each nucleus is connected through pixel sides.
///
/// ```
/// use nucleoscope::network::Maps;
/// use nucleoscope::nuclei::{watershed, WatershedSettings};
///
/// // Two summits with a saddle of 0.4 between them, one row of pixels.
/// let maps = Maps {
///     width: 7,
///     height: 1,
///     interior: vec![0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1],
///     boundary: vec![0.0; 7],
///     distance: vec![0.0, 0.9, 0.5, 0.4, 0.6, 0.8, 0.0],
/// };
/// let settings = WatershedSettings { smallest_area: 1, seed_depth: 0.3, ..Default::default() };
/// assert_eq!(watershed(&maps, &settings).as_slice(), &[0, 1, 1, 2, 2, 2, 0]);
///
/// // A valley of 0.4 (0.8 - 0.4) does not part them once 0.5 is asked for.
/// let settings = WatershedSettings { seed_depth: 0.5, ..settings };
/// assert_eq!(watershed(&maps, &settings).as_slice(), &[0, 1, 1, 1, 1, 1, 0]);
/// ```
pub fn watershed(maps: &Maps, settings: &WatershedSettings) -> LabelImage {
    let (width, height) = (maps.width, maps.height);
    if width == 0 || height == 0 {
        return LabelImage::empty(width, height);
    }
    let relief = Relief::new(maps, settings);
    let seeds = relief.seeds(steps(settings.seed_depth), steps(settings.seed_minimum));
    let mut labels = relief.flood(&seeds);
    drop_uncertain(&mut labels, &maps.interior, settings.least_certainty);
    if settings.fill_holes {
        fill_holes(&mut labels, width, height);
    }
    drop_small(&mut labels, settings.smallest_area);
    number_by_first_pixel(&mut labels);
    LabelImage::from_labels(width, height, labels)
}

/// A fraction in steps of the relief; not finite counts as 0.
fn steps(value: f32) -> u16 {
    (value.clamp(0.0, 1.0) * f32::from(TOP)).round() as u16
}

/// The relief to flood: `levels[y * width + x]` in `0..=TOP`, or [`OUTSIDE`].
struct Relief {
    width: usize,
    levels: Vec<u16>,
}

impl Relief {
    fn new(maps: &Maps, settings: &WatershedSettings) -> Self {
        let pixel = |((&interior, &boundary), &distance): ((&f32, &f32), &f32)| {
            if interior > settings.threshold {
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

    /// Foreground pixels from the highest level down, row by row within a level.
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

    /// The seeds: pixel indices, one summit a nucleus.
    ///
    /// Pixels are visited from the top down. A pixel without a visited neighbour starts a basin;
    /// where basins meet, the lower one is joined to the highest if the valley between them is
    /// shallower than `depth` or its summit is below `minimum`. What is left are the nuclei.
    fn seeds(&self, depth: u16, minimum: u16) -> Vec<u32> {
        const NONE: u32 = u32::MAX;
        let mut basins = Basins::default();
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
                let summit = self.levels[basins.summit(lower) as usize];
                if summit - level < depth || summit < minimum {
                    basins.join(lower, upper);
                }
                highest = upper;
            }
            basin_of[pixel as usize] = if highest == NONE { basins.start(pixel) } else { highest };
        }
        let mut seeds = basins.summits_of_roots();
        seeds.retain(|&seed| self.levels[seed as usize] >= minimum);
        seeds
    }

    /// Grows the seeds downhill over the foreground that they can reach: label 1 for the first seed.
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

/// Basins that can be joined: a union-find forest. They are numbered from 0 in the order in which
/// they start, which is from the highest summit down: of two, the smaller number is the higher one.
#[derive(Default)]
struct Basins {
    parents: Vec<u32>,
    summits: Vec<u32>,
}

impl Basins {
    /// A new basin; `summit` is its highest pixel.
    fn start(&mut self, summit: u32) -> u32 {
        let basin = self.parents.len() as u32;
        self.parents.push(basin);
        self.summits.push(summit);
        basin
    }

    fn root(&mut self, mut basin: u32) -> u32 {
        while self.parents[basin as usize] != basin {
            let grandparent = self.parents[self.parents[basin as usize] as usize];
            self.parents[basin as usize] = grandparent;
            basin = grandparent;
        }
        basin
    }

    fn summit(&self, root: u32) -> u32 {
        self.summits[root as usize]
    }

    fn join(&mut self, lower: u32, upper: u32) {
        self.parents[lower as usize] = upper;
    }

    fn summits_of_roots(&self) -> Vec<u32> {
        let basins = self.summits.iter().zip(&self.parents).zip(0u32..);
        basins.filter(|&((_, &parent), basin)| parent == basin).map(|((&summit, _), _)| summit).collect()
    }
}

/// Gives background that is enclosed by a single nucleus to that nucleus.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: WatershedSettings = WatershedSettings {
        threshold: 0.5,
        boundary_weight: 0.0,
        seed_depth: 0.1,
        seed_minimum: 0.0,
        least_certainty: 0.0,
        smallest_area: 1,
        fill_holes: false,
    };

    /// Maps of one row a string: `.` is background, a digit the distance in tenths.
    fn maps(rows: &[&str]) -> Maps {
        let cells: Vec<u32> =
            rows.iter().flat_map(|row| row.chars()).map(|c| c.to_digit(10).unwrap_or(99)).collect();
        Maps {
            width: rows[0].len(),
            height: rows.len(),
            interior: cells.iter().map(|&cell| if cell == 99 { 0.0 } else { 1.0 }).collect(),
            boundary: vec![0.0; cells.len()],
            distance: cells.iter().map(|&cell| if cell == 99 { 0.0 } else { cell as f32 / 10.0 }).collect(),
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
    fn two_summits_part_at_the_saddle() {
        let rows = [".12321...", "1235321..", ".13431343", "...123797", "....12343"];
        let expected = [".11111...", "1111112..", ".11112222", "...122222", "....22222"];
        assert_eq!(labels(&rows, &PLAIN), expected);
    }

    #[test]
    fn a_shallow_dent_does_not_part_a_nucleus() {
        let rows = ["..555..", "5986895", "..555.."];
        assert_eq!(
            labels(&rows, &WatershedSettings { seed_depth: 0.4, ..PLAIN }),
            ["..111..", "1111111", "..111.."]
        );
        assert_eq!(labels(&rows, &WatershedSettings { seed_depth: 0.2, ..PLAIN })[1], "1111222");
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
        let settings = WatershedSettings { seed_minimum: 0.5, ..PLAIN };
        assert_eq!(labels(&["242.38314"], &settings), ["....11111"]);
    }

    #[test]
    fn uncertain_nuclei_are_dropped() {
        let mut maps = maps(&["55.66.77"]);
        maps.interior = vec![0.6, 0.8, 0.0, 0.9, 0.9, 0.0, 0.7, 0.7];
        let labels = |least_certainty| {
            watershed(&maps, &WatershedSettings { least_certainty, ..PLAIN }).as_slice().to_vec()
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
        assert_eq!(
            labels(&["9959", "9..9", "9959"], &WatershedSettings { seed_depth: 0.3, ..settings })[1],
            "1..2"
        );
    }

    #[test]
    fn small_objects_are_dropped_and_numbers_stay_consecutive() {
        let settings = WatershedSettings { smallest_area: 2, ..PLAIN };
        assert_eq!(labels(&["5.55.5.55"], &settings), ["..11...22"]);
    }

    #[test]
    fn no_pixels_and_no_numbers_give_no_nuclei() {
        let empty = Maps { width: 0, height: 5, interior: vec![], boundary: vec![], distance: vec![] };
        assert_eq!(watershed(&empty, &PLAIN).count(), 0);
        let broken = Maps {
            width: 2,
            height: 1,
            interior: vec![f32::NAN, 1.0],
            boundary: vec![f32::INFINITY; 2],
            distance: vec![f32::NAN; 2],
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
             distance in prop::collection::vec(0.0f32..1.0, width * height), width in Just(width), height in Just(height)) -> Maps {
            Maps { width, height, interior, boundary, distance }
        }
    }

    proptest! {
        #[test]
        fn every_nucleus_is_connected_foreground_of_sufficient_size(maps in random_maps(), smallest in 1usize..6, depth in 0.0f32..0.5) {
            let settings = WatershedSettings { smallest_area: smallest, seed_depth: depth, boundary_weight: 0.3, ..PLAIN };
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
        fn without_dropping_all_the_foreground_is_labelled(maps in random_maps(), depth in 0.0f32..1.0) {
            let image = watershed(&maps, &WatershedSettings { seed_depth: depth, ..PLAIN });
            for (label, interior) in image.as_slice().iter().zip(&maps.interior) {
                prop_assert_eq!(*label != 0, *interior > 0.5);
            }
        }

        #[test]
        fn a_greater_depth_never_splits_more(maps in random_maps(), shallow in 0.0f32..0.5, more in 0.0f32..0.5) {
            let count = |depth| watershed(&maps, &WatershedSettings { seed_depth: depth, ..PLAIN }).count();
            prop_assert!(count(shallow + more) <= count(shallow));
        }
    }
}
