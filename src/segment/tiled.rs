//! Segmentation of large images in blocks, with only the image, one block's prediction and the nuclei in memory.
//!
//! ```text
//! Image ──Plan::new──▶ Plan ──find (each block, in any order, anywhere)──▶ BlockNuclei ──Assembly──▶ LabelImage
//! ```
//!
//! To find the nuclei of a block, the part of the image in [`Plan::source`] is enough ([`ImagePart`]).
//!
//! The [`Plan`] contains everything that must be the same for all blocks: the levels of the whole image, the
//! scale, and the blocks. A block consists of a core and a margin around it, wide enough for the nuclei of
//! the core and their neighbours. The network's input extends beyond the margin, so that the prediction is
//! the same as for the whole image.
//!
//! A nucleus belongs to the block whose core contains its first pixel, row by row. Two blocks find the same
//! nucleus if it and the nuclei it touches fit into the margin. If they differ, the first block takes
//! precedence, and no pixel is assigned twice. A nucleus wider than the margin (four typical diameters) may
//! be cut.

use std::ops::Range;

use crate::geometry::{Point, Rect, Run, Size};
use crate::image::{Image, ImagePart, Levels, NormalizedImage};
use crate::network::{ModelMetadata, Network, NetworkError, Scene, source};
use crate::nuclei::{Components, Connectivity, LabelImage, Outline, WatershedSettings, outlines, watershed};
use crate::prediction::ProbabilityMaps;
use crate::segment::{
    CountingNetwork, Pass, ScaleEstimate, SegmentError, Settings, estimate_scale, given_diameter,
};

/// Which images are segmented in blocks, and the size of the blocks.
///
/// ```
/// use nucleoscope::{geometry::Size, segment::tiled::Sizes};
///
/// let sizes = Sizes::default().largest_whole(1000 * 1000);
/// assert!(sizes.is_tiled(Size::new(1001, 1000)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "TiledSizes"))]
#[non_exhaustive]
pub struct Sizes {
    /// Maximum number of pixels of an image that is predicted as a whole; its prediction can be kept and labelled
    /// again.
    pub largest_whole: usize,
    /// Maximum side of a block in pixels, margin included, both in the image and at the network's scale. It
    /// is at least four times the margin, which is four typical diameters wide.
    pub longest_block: usize,
}

impl Default for Sizes {
    /// 4096² pixels, and blocks of 2496 pixels, for which no tile is half empty.
    fn default() -> Self {
        Self { largest_whole: 4096 * 4096, longest_block: 2496 }
    }
}

impl Sizes {
    /// Blocks of another size, for every image that is larger than a block.
    pub fn of_block(longest_block: usize) -> Self {
        Self { largest_whole: longest_block.saturating_mul(longest_block), longest_block }
    }

    /// Maximum number of pixels of an image that is predicted as a whole.
    #[must_use]
    pub fn largest_whole(mut self, largest_whole: usize) -> Self {
        self.largest_whole = largest_whole;
        self
    }

    /// Maximum side of a block in pixels, margin included.
    #[must_use]
    pub fn longest_block(mut self, longest_block: usize) -> Self {
        self.longest_block = longest_block;
        self
    }

    /// Whether an image of this size is segmented in blocks.
    pub fn is_tiled(&self, image: Size) -> bool {
        image.area() > self.largest_whole
    }
}

/// Maximum side of a tile. With 1280, the browser's module grows to 0.4 GB for an image of 67 megapixels; a
/// tile takes half of that. Natively, a block is two tiles wide instead of three, and the network processes a
/// fifth fewer pixels.
const LONGEST_TILE: usize = if cfg!(target_arch = "wasm32") { 1280 } else { 1728 };
/// Width of a block's margin, in typical diameters.
const MARGIN: f64 = 4.0;
/// Side of the windows used to estimate the diameter, and their maximum number.
const SAMPLE_SIDE: usize = 640;
const SAMPLES: usize = 4;
/// Maximum distance in pixels between the positions at which two blocks see a nucleus's first pixel. Without
/// this tolerance, a nucleus between their cores could be lost.
const AGREEMENT: usize = 8;

/// The plan of a tiled segmentation. With it and the image, blocks can be processed anywhere and in any
/// order.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "TiledPlan"))]
pub struct Plan {
    /// Number of columns of the image.
    pub width: usize,
    /// Number of rows of the image.
    pub height: usize,
    /// The factor by which the image is resized for the network.
    pub scale: f64,
    /// The levels by which pixel values are normalised for the network.
    pub levels: Levels,
    /// The blocks; their cores cover the image.
    pub blocks: Vec<Block>,
    /// The inference passes for estimating the scale, in order.
    pub passes: Vec<Pass>,
}

/// A block of a large image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Block {
    /// The part whose nuclei are requested.
    pub core: Rect,
    /// The part that is segmented: the core with its margin.
    pub window: Rect,
}

impl Plan {
    /// Plans the segmentation of an image: its levels, and the scale, which is estimated from a few windows.
    /// `progress` is called with the numbers of finished inference passes and of all passes.
    ///
    /// # Errors
    /// The network's error.
    pub fn new(
        network: &dyn Network,
        image: &Image,
        settings: &Settings,
        sizes: &Sizes,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, NetworkError> {
        let (size, metadata) = (image.size(), network.metadata());
        let levels = Levels::of(image, &metadata.normalization);
        if let Some(plan) = Self::with_levels(size, levels.clone(), metadata, settings, sizes) {
            return Ok(plan);
        }
        let normalized = NormalizedImage::new(image, levels.clone());
        let samples = samples(image);
        // Each sample is predicted on a copy and at full size.
        let (mut done, total) = (0, 2 * samples.len());
        let counted = CountingNetwork::new(network);
        let mut passes = Vec::new();
        let mut predict = |scale: f64| {
            let mut one = |window: &Rect| {
                let scene = Scene { image: &normalized, scale, longest_tile: LONGEST_TILE };
                let maps = scene.infer(&counted, window, &mut |_, _| ());
                done += 1;
                progress(done, total);
                maps
            };
            let maps = samples.iter().map(&mut one).collect::<Result<_, _>>()?;
            passes.push(counted.pass(scale, &samples));
            Ok(maps)
        };
        let ScaleEstimate { scale, diameter, .. } =
            estimate_scale(&metadata.scales, settings, size, &mut predict)?;
        let blocks = blocks(size, scale, diameter, metadata, settings, sizes);
        let Size { width, height } = size;
        Ok(Self { width, height, scale, levels, blocks, passes })
    }

    /// Plans the segmentation of an image whose levels are known, if the settings give the diameter of its
    /// nuclei; otherwise `None`, because its pixels are needed.
    pub fn with_levels(
        image: Size,
        levels: Levels,
        metadata: &ModelMetadata,
        settings: &Settings,
        sizes: &Sizes,
    ) -> Option<Self> {
        let diameter = given_diameter(settings)?;
        let scale = metadata.scales.fitting_scale(f64::from(diameter));
        let blocks = blocks(image, scale, Some(diameter), metadata, settings, sizes);
        let Size { width, height } = image;
        Some(Self { width, height, scale, levels, blocks, passes: Vec::new() })
    }

    /// Width and height of the image.
    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    /// The part of the image that is read to find the nuclei of a block: its window, and the pixels around it
    /// that the network's input extends to.
    pub fn source(&self, metadata: &ModelMetadata, block: &Block) -> Rect {
        source(self.size(), self.scale, LONGEST_TILE, metadata, &block.window)
    }

    /// Finds the nuclei of a block in the image, or in an [`ImagePart`] that contains [`Self::source`]; the
    /// result is the same. `progress` is called with the numbers of finished tiles and of all tiles.
    ///
    /// # Errors
    /// The network's error.
    ///
    /// # Panics
    /// If the image does not have the plan's size, or the part is too small, which is a programming error.
    pub fn find<'a>(
        &self,
        network: &dyn Network,
        image: impl Into<ImagePart<'a>>,
        settings: &Settings,
        block: &Block,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<BlockNuclei, NetworkError> {
        let counted = CountingNetwork::new(network);
        let maps = self.predict(&counted, image, block, progress)?;
        let pass = counted.pass(self.scale, [&block.core]);
        Ok(BlockNuclei { pass: Some(pass), ..self.label(&maps, settings, block) })
    }

    /// Predicts the probability maps of a block's window, from the image or a part of it as [`Self::find`].
    /// `progress` is called with the numbers of finished tiles and of all tiles.
    ///
    /// # Errors
    /// The network's error.
    ///
    /// # Panics
    /// If the image does not have the plan's size, or the part is too small, which is a programming error.
    pub fn predict<'a>(
        &self,
        network: &dyn Network,
        image: impl Into<ImagePart<'a>>,
        block: &Block,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<ProbabilityMaps, NetworkError> {
        let normalized = NormalizedImage::new(image, self.levels.clone());
        let scene = Scene { image: &normalized, scale: self.scale, longest_tile: LONGEST_TILE };
        scene.infer(network, &block.window, progress)
    }

    /// Finds the nuclei of a block in its prediction. This is fast and depends only on the watershed
    /// settings: with the same ones, the nuclei are those of [`Self::find`].
    ///
    /// # Panics
    /// If the prediction does not have the size of the block's window, which is a programming error.
    pub fn label(&self, maps: &ProbabilityMaps, settings: &Settings, block: &Block) -> BlockNuclei {
        assert_eq!(maps.size(), block.window.size(), "the prediction of this block");
        // The border is that of the image, not of the block.
        let inside = WatershedSettings { clear_border: false, ..settings.watershed };
        let labels = watershed(maps, &inside);
        let numbers = self.collect(&labels, block, settings.watershed.clear_border);
        BlockNuclei { numbers, pass: None }
    }

    /// Collects the nuclei that belong to the block, in image coordinates, as the numbers of [`BlockNuclei`].
    fn collect(&self, labels: &LabelImage, block: &Block, clear_border: bool) -> Vec<u32> {
        let Block { core, window } = block;
        let mut nuclei: Vec<Vec<Run>> = vec![Vec::new(); labels.count() as usize];
        for (y, row) in window.rows().zip(labels.as_slice().chunks_exact(window.width.max(1))) {
            let mut x = window.left;
            for run in row.chunk_by(|one, other| one == other) {
                if run[0] != 0 {
                    nuclei[run[0] as usize - 1].push(Run { x, y, length: run.len() });
                }
                x += run.len();
            }
        }
        let nearly = core.grown(AGREEMENT, self.size());
        let at_edge =
            |run: &Run| run.x == 0 || run.y == 0 || run.end() == self.width || run.y + 1 == self.height;
        let is_own = |runs: &Vec<Run>| {
            runs.first().is_some_and(|first| nearly.contains(Point::new(first.x, first.y)))
                && !(clear_border && runs.iter().any(at_edge))
        };
        let mut numbers = Vec::new();
        for runs in nuclei.into_iter().filter(is_own) {
            numbers.push(runs.len() as u32);
            numbers
                .extend(runs.iter().flat_map(|run| [run.x, run.y, run.length].map(|number| number as u32)));
        }
        numbers
    }
}

/// The nuclei of a block, in image coordinates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlockNuclei {
    /// For each nucleus, its number of runs, followed by the first column, row and length of each run.
    numbers: Vec<u32>,
    pass: Option<Pass>,
}

impl BlockNuclei {
    /// The inference pass; `None` if the nuclei were created from numbers. Its pixels are those of the
    /// block's core.
    pub fn pass(&self) -> Option<Pass> {
        self.pass
    }

    /// Converts the nuclei to plain numbers, for sending to the worker that assembles the blocks.
    pub fn into_numbers(self) -> Vec<u32> {
        self.numbers
    }

    /// Restores nuclei from [`Self::into_numbers`]; `None` if the numbers are not valid nuclei of such an
    /// image.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::segment::tiled::BlockNuclei;
    ///
    /// // One nucleus of two runs: 3 pixels from column 1 of row 0, and 1 pixel below the first.
    /// let numbers = vec![2, 1, 0, 3, 1, 1, 1];
    /// assert!(BlockNuclei::from_numbers(numbers.clone(), Size::new(4, 2)).is_some());
    /// assert!(BlockNuclei::from_numbers(numbers, Size::new(3, 2)).is_none());
    /// ```
    pub fn from_numbers(numbers: Vec<u32>, image: Size) -> Option<Self> {
        let mut rest = &*numbers;
        while let Some((&count, behind)) = rest.split_first() {
            let (runs, behind) = behind.split_at_checked((count as usize).checked_mul(3)?)?;
            let fits = |run: &[u32; 3]| {
                let [x, y, length] = run.map(|number| number as usize);
                length > 0 && x.checked_add(length).is_some_and(|end| end <= image.width) && y < image.height
            };
            if !runs.as_chunks().0.iter().all(fits) {
                return None;
            }
            rest = behind;
        }
        Some(Self { numbers, pass: None })
    }

    /// The outlines of the nuclei, numbered in their order from 1, in image coordinates. They are not final:
    /// a nucleus near the block's edge may be found in the next block as well.
    ///
    /// ```
    /// use nucleoscope::geometry::{Point, Size};
    /// use nucleoscope::segment::tiled::BlockNuclei;
    ///
    /// let block = BlockNuclei::from_numbers(vec![1, 6, 3, 2], Size::new(8, 4)).unwrap();
    /// let lines = block.outlines();
    /// assert_eq!(lines[0].points[0], Point::new(6, 3));
    /// ```
    pub fn outlines(&self) -> Vec<Outline> {
        let runs = || self.nuclei().flatten();
        let (Some(left), Some(top)) = (runs().map(|run| run.x).min(), runs().map(|run| run.y).min()) else {
            return Vec::new();
        };
        let right = runs().map(|run| run.end()).max().unwrap_or(left);
        let bottom = runs().map(|run| run.y + 1).max().unwrap_or(top);
        let size = Size::new(right - left, bottom - top);
        let mut labels = vec![0; size.area()];
        for (nucleus, label) in self.nuclei().zip(1..) {
            for run in nucleus {
                let moved = Run { x: run.x - left, y: run.y - top, ..run };
                labels[moved.indices(size.width)].fill(label);
            }
        }
        let mut lines = outlines(&LabelImage::from_labels(size, labels));
        let points = lines.iter_mut().flat_map(|line| &mut line.points);
        points.for_each(|point| *point = Point::new(point.x + left as u32, point.y + top as u32));
        lines
    }

    /// The runs of each nucleus.
    fn nuclei(&self) -> impl Iterator<Item = Vec<Run>> {
        let mut rest = &*self.numbers;
        std::iter::from_fn(move || {
            let (&count, behind) = rest.split_first()?;
            let (runs, behind) = behind.split_at_checked(3 * count as usize)?;
            rest = behind;
            let run = |run: &[u32; 3]| {
                let [x, y, length] = run.map(|number| number as usize);
                Run { x, y, length }
            };
            Some(runs.as_chunks().0.iter().map(run).collect())
        })
    }
}

/// The nuclei of a large image, assembled block by block.
///
/// Blocks must be added in the order of the plan: where nuclei overlap, the first one keeps the shared
/// pixels. A nucleus that shares more than half of its pixels with earlier ones is considered a duplicate. Of
/// any other overlapping nucleus, the largest connected remainder is kept.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::segment::tiled::{Assembly, BlockNuclei};
///
/// let image = Size::new(8, 1);
/// let block = |numbers: &[u32]| BlockNuclei::from_numbers(numbers.to_vec(), image).unwrap();
/// let mut assembly = Assembly::new(image, 1)?;
/// assembly.add(&block(&[1, 2, 0, 3]));
/// // The same nucleus, slightly larger, and another one that overlaps it.
/// assembly.add(&block(&[1, 1, 0, 4, 1, 4, 0, 4]));
/// assert_eq!(assembly.finish().as_slice(), &[0, 0, 1, 1, 1, 2, 2, 2]);
/// # Ok::<(), nucleoscope::segment::SegmentError>(())
/// ```
#[derive(Debug)]
pub struct Assembly {
    size: Size,
    minimum_area: usize,
    count: u32,
    labels: Vec<u32>,
}

impl Assembly {
    /// Creates an assembly without nuclei. Nuclei that lose pixels to others are dropped if fewer than
    /// `minimum_area` pixels remain.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`].
    pub fn new(size: Size, minimum_area: usize) -> Result<Self, SegmentError> {
        let mut labels = Vec::new();
        labels.try_reserve_exact(size.area()).map_err(|_| SegmentError::OutOfMemory { size })?;
        labels.resize(size.area(), 0);
        Ok(Self { size, minimum_area, count: 0, labels })
    }

    /// Adds the nuclei of the next block.
    ///
    /// # Panics
    /// If the nuclei do not fit into the image, which is a programming error.
    pub fn add(&mut self, block: &BlockNuclei) {
        for runs in block.nuclei() {
            let area: usize = runs.iter().map(|run| run.length).sum();
            let free: Vec<Run> = runs.iter().flat_map(|run| self.free_of(run)).collect();
            let left: usize = free.iter().map(|run| run.length).sum();
            if left == area {
                self.fill(&free);
            } else if 2 * left >= area {
                let piece = largest_part(free);
                if piece.iter().map(|run| run.length).sum::<usize>() >= self.minimum_area.max(1) {
                    self.fill(&piece);
                }
            }
        }
    }

    /// Returns the label image, numbered in the order of the nuclei's first pixels, row by row.
    pub fn finish(self) -> LabelImage {
        LabelImage::numbered_by_first_pixel(self.size, self.count, self.labels)
    }

    /// The parts of a run that belong to no nucleus.
    fn free_of(&self, run: &Run) -> Vec<Run> {
        let mut x = run.x;
        let parts =
            self.labels[run.indices(self.size.width)].chunk_by(|one, other| (*one == 0) == (*other == 0));
        let parts = parts.map(|part| {
            let here = Run { x, y: run.y, length: part.len() };
            x += part.len();
            (part[0] == 0).then_some(here)
        });
        parts.flatten().collect()
    }

    fn fill(&mut self, runs: &[Run]) {
        self.count += 1;
        for run in runs {
            self.labels[run.indices(self.size.width)].fill(self.count);
        }
    }
}

/// The largest 4-connected component; of several of that size, the first one. The runs are sorted row by row,
/// and no two runs of a row touch.
fn largest_part(runs: Vec<Run>) -> Vec<Run> {
    let parts = Components::of_runs(runs, Connectivity::Sides);
    let mut areas = vec![0; parts.count()];
    for (run, &part) in parts.runs.iter().zip(&parts.positions) {
        areas[part as usize] += run.length;
    }
    let largest = areas.iter().copied().max();
    let first = areas.iter().position(|&area| Some(area) == largest);
    let pairs = parts.runs.into_iter().zip(parts.positions);
    pairs.filter(|&(_, part)| Some(part as usize) == first).map(|(run, _)| run).collect()
}

/// The blocks of an image whose typical diameter was estimated or given, at this scale.
fn blocks(
    image: Size,
    scale: f64,
    diameter: Option<f32>,
    metadata: &ModelMetadata,
    settings: &Settings,
    sizes: &Sizes,
) -> Vec<Block> {
    let diameter = diameter.map_or(0.0, f64::from).max(f64::from(metadata.training_diameter) / scale);
    let margin = (MARGIN * diameter).ceil() as usize + AGREEMENT + settings.watershed.reach();
    let longest = ((sizes.longest_block as f64 / scale) as usize).min(sizes.longest_block);
    // Otherwise blocks would be mostly margin, and there would be too many.
    let longest = longest.max(4 * margin);
    let columns = stretches(image.width, longest, margin);
    let blocks = stretches(image.height, longest, margin).into_iter().flat_map(|rows| {
        columns.iter().map(move |columns| {
            let core = Rect::of(columns.clone(), rows.clone());
            Block { core, window: core.grown(margin, image) }
        })
    });
    blocks.collect()
}

/// Divides a length into the fewest ranges whose length including margins is at most `longest`; no margin is
/// needed at the ends.
fn stretches(length: usize, longest: usize, margin: usize) -> Vec<Range<usize>> {
    let longest = longest.max(2 * margin + 2);
    let count = length.saturating_sub(2 * margin).div_ceil(longest - 2 * margin).max(1);
    let border = |index: usize| match index {
        0 => 0,
        _ if index == count => length,
        _ => index * (length + 2 * margin * (count - 1)) / count + margin - 2 * margin * index,
    };
    (0..count).map(|index| border(index)..border(index + 1)).collect()
}

/// The windows used to estimate the nuclei's diameter: sampled evenly, from highest to lowest contrast, from
/// the half of the image's windows with the most contrast. Neither empty areas nor a few specks dominate the
/// estimate.
fn samples(image: &Image) -> Vec<Rect> {
    let columns = stretches(image.width(), SAMPLE_SIDE, 0);
    let rows = stretches(image.height(), SAMPLE_SIDE, 0);
    let windows =
        rows.iter().flat_map(|rows| columns.iter().map(|columns| Rect::of(columns.clone(), rows.clone())));
    let mut ranked: Vec<(f64, Rect)> = windows.map(|window| (contrast(image, &window), window)).collect();
    ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranked.truncate(ranked.len().div_ceil(2).max(SAMPLES.min(ranked.len())));
    let count = SAMPLES.min(ranked.len());
    (0..count).map(|index| ranked[index * ranked.len() / count].1).collect()
}

/// The variance of a sample of a window's values.
fn contrast(image: &Image, window: &Rect) -> f64 {
    const STEP: usize = 8;
    let places =
        window.rows().step_by(STEP).flat_map(|y| window.columns().step_by(STEP).map(move |x| Point { x, y }));
    let value = |Point { x, y }| {
        let first = (y * image.width() + x) * image.channels();
        (first..first + image.channels()).map(|index| f64::from(image.samples().get(index))).sum::<f64>()
    };
    let (count, sum, squares) = places.map(value).fold((0.0, 0.0, 0.0), |(count, sum, squares), value| {
        (count + 1.0, sum + value, squares + value * value)
    });
    let mean: f64 = sum / count;
    squares / count - mean * mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{LocalRange, Normalization, Samples};
    use crate::network::{Activation, ModelMetadata, ScaleRange, test_metadata};

    /// Returns its input: an image for this network contains the prediction as its colours.
    struct Echo(ModelMetadata);

    impl Network for Echo {
        fn metadata(&self) -> &ModelMetadata {
            &self.0
        }

        fn run(&self, input: Vec<f32>, _: Size) -> Result<Vec<f32>, NetworkError> {
            Ok(input)
        }
    }

    fn echo() -> Echo {
        let normalization = Normalization {
            low_percentile: 0.0,
            high_percentile: 100.0,
            local: None,
            clip_low: 0.0,
            clip_high: 1.0,
        };
        Echo(ModelMetadata {
            activation: Activation::None,
            normalization,
            halo: 8,
            training_diameter: 8.0,
            scales: ScaleRange::for_training_diameter(8.0),
            ..ModelMetadata::from_metadata(&test_metadata()).unwrap()
        })
    }

    const WIDTH: usize = 260;
    const HEIGHT: usize = 190;
    const SIZE: Size = Size::new(WIDTH, HEIGHT);

    /// Probability maps of discs as an image: red is the interior, blue the distance to the contour.
    fn discs(seed: u64, count: usize) -> Image {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut values = vec![0.0f32; 3 * WIDTH * HEIGHT];
        for _ in 0..count {
            let (x, y) = (random.f32() * WIDTH as f32, random.f32() * HEIGHT as f32);
            let radius = 2.5 + 3.0 * random.f32();
            for (pixel, value) in values.chunks_exact_mut(3).enumerate() {
                let (dx, dy) = ((pixel % WIDTH) as f32 - x, (pixel / WIDTH) as f32 - y);
                let depth = 1.0 - (dx * dx + dy * dy).sqrt() / radius;
                if depth > 0.0 {
                    value[0] = 1.0;
                    value[2] = value[2].max(depth);
                }
            }
        }
        Image::new(Size::new(WIDTH, HEIGHT), 3, Samples::F32(values.into())).unwrap()
    }

    fn settings() -> Settings {
        let watershed = WatershedSettings { minimum_area: 8, ..Default::default() };
        Settings { diameter: Some(8.0), watershed }
    }

    const SMALL: Sizes = Sizes { largest_whole: 0, longest_block: 150 };

    fn in_blocks(image: &Image, settings: &Settings) -> LabelImage {
        crate::Segmenter::new(echo())
            .with_settings(*settings)
            .with_sizes(SMALL)
            .segment(image)
            .unwrap()
            .labels
    }

    fn at_once(image: &Image, settings: &Settings) -> LabelImage {
        crate::Segmenter::new(echo()).with_settings(*settings).segment(image).unwrap().labels
    }

    #[test]
    fn nuclei_across_the_borders_of_blocks_are_those_of_the_whole_image() {
        for (seed, count) in [(1, 120), (2, 300), (3, 500)] {
            let image = discs(seed, count);
            let plan = Plan::new(&echo(), &image, &settings(), &SMALL, &mut |_, _| ()).unwrap();
            assert!(plan.blocks.len() >= 6, "{}", plan.blocks.len());
            for (smoothing, clear_border) in [(0.0, false), (1.0, true)] {
                let watershed = WatershedSettings { smoothing, clear_border, ..settings().watershed };
                let settings = Settings { watershed, ..settings() };
                let whole = at_once(&image, &settings);
                let core_of = |pixel: usize| {
                    plan.blocks
                        .iter()
                        .position(|block| block.core.contains(Point::new(pixel % WIDTH, pixel / WIDTH)))
                };
                let mut cores = vec![std::collections::BTreeSet::new(); whole.count() as usize + 1];
                for (pixel, &label) in whole.as_slice().iter().enumerate() {
                    cores[label as usize].insert(core_of(pixel).unwrap());
                }
                let straddling = cores[1..].iter().filter(|cores| cores.len() > 1).count();
                assert!(
                    straddling >= 5,
                    "only {straddling} of {} nuclei are in several cores",
                    whole.count()
                );
                assert!(in_blocks(&image, &settings) == whole, "seed {seed}, {settings:?}");
            }
        }
    }

    #[test]
    fn a_field_without_nuclei_and_one_smaller_than_a_block_are_fields_too() {
        let empty = Image::new(Size::new(300, 200), 1, Samples::U8(vec![7; 60_000].into())).unwrap();
        let settings = Settings { diameter: None, ..settings() };
        assert_eq!(in_blocks(&empty, &settings), LabelImage::empty(Size::new(300, 200)));
        let tiny = Image::new(Size::new(1, 1), 1, Samples::U8(vec![7].into())).unwrap();
        assert_eq!(in_blocks(&tiny, &settings), LabelImage::empty(Size::new(1, 1)));
    }

    #[test]
    fn blocks_survive_being_sent_elsewhere_in_any_order() {
        let image = discs(4, 200);
        let plan = Plan::new(&echo(), &image, &settings(), &SMALL, &mut |_, _| ()).unwrap();
        let sent: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
        assert_eq!(sent, plan);
        let mut told = Vec::new();
        let mut found: Vec<BlockNuclei> = sent
            .blocks
            .iter()
            .rev()
            .map(|block| {
                let mut tell = |done, total| told.push((done, total));
                let found = sent.find(&echo(), &image, &settings(), block, &mut tell).unwrap();
                BlockNuclei::from_numbers(found.into_numbers(), SIZE).unwrap()
            })
            .collect();
        assert!(told.len() == plan.blocks.len() && told.iter().all(|&told| told == (1, 1)), "{told:?}");
        found.reverse();
        let mut assembly = Assembly::new(SIZE, 8).unwrap();
        found.iter().for_each(|block| assembly.add(block));
        assert_eq!(assembly.finish(), at_once(&image, &settings()));
    }

    #[test]
    fn a_part_of_the_image_is_enough_for_a_block() {
        let local =
            LocalRange { cell_percentile: 99.5, smallest_share: 0.2, least_noises: 12.0, least_steps: 16.0 };
        let mut network = echo();
        for (local, training_diameter, scale) in
            [(None, 8.0, 1.0), (Some(local), 8.0, 1.0), (Some(local), 4.0, 0.5)]
        {
            network.0.normalization.local = local;
            network.0.training_diameter = training_diameter;
            network.0.scales = ScaleRange::for_training_diameter(training_diameter.into());
            let (image, settings) = (discs(7, 200), settings());
            let plan = Plan::new(&network, &image, &settings, &SMALL, &mut |_, _| ()).unwrap();
            assert!(plan.blocks.len() > 1 && plan.scale == scale, "{}", plan.scale);
            for block in &plan.blocks {
                let source = plan.source(&network.0, block);
                assert!(source.width < WIDTH || source.height < HEIGHT, "{source:?}");
                let cut = cut(&image, &source);
                let part = ImagePart::new(&cut, Point::new(source.left, source.top), SIZE).unwrap();
                let found = plan.find(&network, part, &settings, block, &mut |_, _| ()).unwrap();
                assert!(found.nuclei().count() > 0);
                let expected = plan.find(&network, &image, &settings, block, &mut |_, _| ()).unwrap();
                assert_eq!(found, expected, "{scale} {block:?}");
            }
        }
        assert!(ImagePart::new(&discs(7, 1), Point::new(1, 0), SIZE).is_none());
    }

    #[test]
    fn the_blocks_depend_on_pixels_only_without_a_diameter() {
        let (network, given) = (echo(), settings());
        let plan = |image, settings| Plan::new(&network, image, settings, &SMALL, &mut |_, _| ()).unwrap();
        let (one, other) = (plan(&discs(1, 100), &given), plan(&discs(2, 9), &given));
        assert_eq!((&one.blocks, one.scale), (&other.blocks, other.scale));
        let with = |settings| Plan::with_levels(SIZE, one.levels.clone(), &network.0, settings, &SMALL);
        assert_eq!(with(&given).as_ref(), Some(&one));
        assert_eq!(with(&given.diameter(None)), None);
    }

    /// A copy of a part of an image.
    fn cut(image: &Image, part: &Rect) -> Image {
        let channels = image.channels();
        let rows = part.rows().flat_map(|y| {
            let first = (y * image.width() + part.left) * channels;
            first..first + part.width * channels
        });
        let values = rows.map(|index| image.samples().get(index)).collect();
        Image::new(part.size(), channels, Samples::F32(values)).unwrap()
    }

    #[test]
    fn a_kept_prediction_is_labelled_as_a_new_segmentation_would_be() {
        let image = discs(5, 200);
        let plan = Plan::new(&echo(), &image, &settings(), &SMALL, &mut |_, _| ()).unwrap();
        let kept: Vec<ProbabilityMaps> = plan
            .blocks
            .iter()
            .map(|block| plan.predict(&echo(), &image, block, &mut |_, _| ()).unwrap())
            .collect();
        let watershed = settings().watershed;
        for watershed in [
            watershed,
            watershed.minimum_area(60),
            watershed.interior_threshold(0.7),
            watershed.smoothing(1.0),
            WatershedSettings { clear_border: true, ..watershed.h(0.3) },
        ] {
            let other = Settings { watershed, ..settings() };
            let mut assembly = Assembly::new(SIZE, watershed.minimum_area).unwrap();
            for (block, maps) in plan.blocks.iter().zip(&kept) {
                assembly.add(&plan.label(maps, &other, block));
            }
            let labels = assembly.finish();
            assert!(labels.count() > 10);
            assert_eq!(labels, in_blocks(&image, &other));
        }
    }

    #[test]
    fn the_outlines_of_blocks_are_those_of_the_nuclei() {
        let image = discs(6, 200);
        let plan = Plan::new(&echo(), &image, &settings(), &SMALL, &mut |_, _| ()).unwrap();
        let mut found = Vec::new();
        for block in &plan.blocks {
            let nuclei = plan.find(&echo(), &image, &settings(), block, &mut |_, _| ()).unwrap();
            assert_eq!(nuclei.outlines().len(), nuclei.nuclei().count(), "discs have no holes");
            found.extend(nuclei.outlines().into_iter().map(|line| line.points));
        }
        let whole = outlines(&at_once(&image, &settings()));
        assert!(whole.iter().all(|line| found.contains(&line.points)));
        assert_eq!(BlockNuclei::default().outlines(), []);
    }

    #[test]
    fn numbers_that_are_no_nuclei_are_refused() {
        let is_read =
            |numbers: &[u32]| BlockNuclei::from_numbers(numbers.to_vec(), Size::new(4, 3)).is_some();
        assert!(is_read(&[]) && is_read(&[1, 0, 0, 4]) && is_read(&[1, 3, 2, 1, 1, 0, 0, 1]));
        for numbers in [
            &[1][..],
            &[1, 0, 0],
            &[1, 0, 0, 5],
            &[1, 0, 3, 1],
            &[1, 0, 0, 0],
            &[1, 4, 0, 1],
            &[2, 0, 0, 1],
            &[u32::MAX, 0, 0, 1],
            &[1, u32::MAX, 0, u32::MAX],
        ] {
            assert!(!is_read(numbers), "{numbers:?}");
        }
    }

    #[test]
    fn what_two_blocks_disagree_about_is_settled_in_their_order() {
        let block = |nuclei: &[&[[u32; 3]]]| {
            let numbers =
                nuclei.iter().flat_map(|runs| [&[runs.len() as u32][..], runs.as_flattened()].concat());
            BlockNuclei::from_numbers(numbers.collect(), Size::new(9, 2)).unwrap()
        };
        let mut assembly = Assembly::new(Size::new(9, 2), 2).unwrap();
        assembly.add(&block(&[&[[3, 0, 2]]]));
        assembly.add(&block(&[
            // Most of it was already found.
            &[[3, 0, 3]],
            // The remainder is too small.
            &[[4, 0, 1], [3, 1, 1]],
            // The remainder is in two pieces, of which the larger one is kept.
            &[[1, 0, 6], [6, 1, 2]],
        ]));
        assert_eq!(
            assembly.finish().as_slice(),
            [[0, 0, 0, 1, 1, 2, 2, 0, 0], [0, 0, 0, 0, 0, 0, 2, 2, 0]].as_flattened()
        );
    }

    #[test]
    fn stretches_cover_the_length_and_fit() {
        for (length, longest, margin) in [
            (1, 10, 2),
            (8192, 2496, 110),
            (8193, 2496, 110),
            (100, 1, 30),
            (4096, 768, 0),
            (2496, 2496, 110),
        ] {
            let stretches = stretches(length, longest, margin);
            assert_eq!((stretches[0].start, stretches[stretches.len() - 1].end), (0, length));
            assert!(stretches.windows(2).all(|pair| pair[0].end == pair[1].start));
            let seen =
                |core: &Range<usize>| (core.end + margin).min(length) - core.start.saturating_sub(margin);
            let longest = longest.max(2 * margin + 2);
            assert!(stretches.iter().all(|core| !core.is_empty() && seen(core) <= longest), "{stretches:?}");
        }
        assert_eq!(stretches(8192, 2496, 110).len(), 4);
    }

    #[test]
    fn samples_are_where_the_image_has_contrast() {
        let (width, height) = (SAMPLE_SIDE * 5, SAMPLE_SIDE * 4);
        let value = |pixel: usize| if pixel % width > width / 2 && pixel % 16 < 8 { 200 } else { 10 };
        let image =
            Image::new(Size::new(width, height), 1, Samples::U8((0..width * height).map(value).collect()))
                .unwrap();
        let samples = samples(&image);
        assert_eq!(samples.len(), SAMPLES);
        assert!(samples.iter().all(|window| window.left >= width / 2 - SAMPLE_SIDE), "{samples:?}");
        assert!((1..samples.len()).all(|index| !samples[..index].contains(&samples[index])), "{samples:?}");
    }
}
