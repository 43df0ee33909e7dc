//! Tiled inference on images of any size, at any scale.
//!
//! The whole resized image has one pixel grid, and tiles begin at multiples of the stride on it. A pixel
//! therefore has the same prediction in whichever tile it is, however many tiles there are: pooling covers
//! the same pixels, and resampling reads beyond a tile's edge.

use std::ops::Range;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::{ModelMetadata, Network, NetworkError};
use crate::geometry::{Rect, Size, length_within};
use crate::image::NormalizedImage;
use crate::prediction::ProbabilityMaps;

/// An image and the scale at which the network processes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) image: &'a NormalizedImage<'a>,
    /// Factor by which the image is resized. Enlarging uses linear interpolation; shrinking averages (a
    /// triangle filter as wide as the step).
    pub(crate) scale: f64,
    /// Maximum side of a tile in pixels at the network's scale, halo included.
    pub(crate) longest_tile: usize,
}

/// The part of an image of this size that [`Scene::infer`] reads for a window.
pub(crate) fn source(
    image: Size,
    scale: f64,
    longest_tile: usize,
    metadata: &ModelMetadata,
    window: &Rect,
) -> Rect {
    let read = |length: usize, part: Range<usize>| {
        let axis = Axis::new(length, scale, metadata.stride);
        let spans = axis.spans(part, longest_tile, metadata.halo);
        let start = spans.iter().map(|span| span.seen.start).min().unwrap_or(0);
        let end = spans.iter().map(|span| span.seen.end).max().unwrap_or(0);
        axis.source(start..end.min(axis.scaled)).0
    };
    Rect::of(read(image.width, window.columns()), read(image.height, window.rows()))
}

impl Scene<'_> {
    /// Predicts the probability maps of a window, at the image's scale. The network's input extends beyond
    /// the window, up to the image's edge.
    ///
    /// Windows longer than a tile are divided into tiles that overlap by the metadata's halo; only the part
    /// of each tile without halo is kept. After each tile, `progress` is called with the numbers of finished
    /// tiles and of all tiles.
    ///
    /// # Errors
    /// The network's error.
    pub(crate) fn infer(
        &self,
        network: &dyn Network,
        window: &Rect,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<ProbabilityMaps, NetworkError> {
        let mut maps = ProbabilityMaps::zeros(window.size());
        let metadata = network.metadata();
        let axis = |length: usize| Axis::new(length, self.scale, metadata.stride);
        let (across, down) = (axis(self.image.width()), axis(self.image.height()));
        let columns = across.spans(window.columns(), self.longest_tile, metadata.halo);
        let rows = down.spans(window.rows(), self.longest_tile, metadata.halo);
        let total = columns.len() * rows.len();
        let places = rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column)));
        for (done, (row, column)) in places.enumerate() {
            let tile = Tile { scene: self, across: &across, down: &down, row, column };
            let answer = tile.run(network)?;
            for (map, values) in maps.channels_mut().into_iter().zip(&answer) {
                tile.keep(values, map, window);
            }
            progress(done + 1, total);
        }
        Ok(maps)
    }
}

/// Columns or rows of the whole image, at its own scale and at the network's.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// Pixels of the image.
    length: usize,
    /// Pixels at the network's scale.
    scaled: usize,
    /// The same, rounded up to the stride.
    padded: usize,
    stride: usize,
}

impl Axis {
    fn new(length: usize, scale: f64, stride: usize) -> Self {
        let scaled = ((length as f64 * scale).round() as usize).max(1);
        Self { length, scaled, padded: scaled.next_multiple_of(stride), stride }
    }

    /// Converts a coordinate from the network's scale to the image's.
    fn in_image(&self, scaled: usize) -> f64 {
        (scaled * self.length) as f64 / self.scaled as f64
    }

    /// Converts a coordinate from the image's scale to the network's.
    fn in_network(&self, pixel: usize) -> f64 {
        (pixel * self.scaled) as f64 / self.length as f64
    }

    fn is_resized(&self) -> bool {
        self.length != self.scaled
    }

    /// Divides a part of the image into the fewest spans whose length including halo is at most `longest`;
    /// all spans have about the same length.
    fn spans(&self, part: Range<usize>, longest: usize, halo: usize) -> Vec<Span> {
        let stride = self.stride;
        let halo = halo.div_ceil(stride);
        let longest = (longest / stride).max(2 * halo + 2);
        let end = self.padded / stride;
        // In strides: the cells that the part overlaps, and those around them that the network also sees.
        let (first, last) = (
            self.in_network(part.start).floor() as usize / stride,
            (self.in_network(part.end).ceil() as usize).div_ceil(stride),
        );
        let (before, behind) = (halo.min(first), halo.min(end - last));
        let seen = before + (last - first) + behind;
        let count = seen.saturating_sub(2 * halo).div_ceil(longest - 2 * halo).max(1);
        let border = |index: usize| match index {
            0 => first,
            _ if index == count => last,
            _ => first + index * (seen + 2 * halo * (count - 1)) / count + halo - before - 2 * halo * index,
        };
        let pixel = |border: usize| (self.in_image(border * stride).round() as usize).min(part.end);
        let span = |index: usize| {
            let (core_start, core_end) = (border(index), border(index + 1));
            let (seen_start, seen_end) = (core_start.saturating_sub(halo), (core_end + halo).min(end));
            Span {
                kept: if index == 0 { part.start } else { pixel(core_start) }..if index + 1 == count {
                    part.end
                } else {
                    pixel(core_end)
                },
                seen: seen_start * stride..seen_end * stride,
            }
        };
        (0..count).map(span).filter(|span| !span.kept.is_empty()).collect()
    }

    /// The part of the image that corresponds to `seen` at the network's scale: the pixels that resampling
    /// reads, and the fractional range within them.
    fn source(&self, seen: Range<usize>) -> (Range<usize>, Range<f64>) {
        let place = self.in_image(seen.start)..self.in_image(seen.end);
        let reach = (self.length as f64 / self.scaled as f64).max(1.0) + 1.0;
        let start = (place.start - reach).max(0.0) as usize;
        let end = ((place.end + reach).ceil() as usize).min(self.length);
        (start..end, place.start - start as f64..place.end - start as f64)
    }
}

/// A range of rows or columns.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    /// The part of the image whose prediction is kept.
    kept: Range<usize>,
    /// The network's input, at its own scale: whole strides, halo included.
    seen: Range<usize>,
}

struct Tile<'a> {
    scene: &'a Scene<'a>,
    across: &'a Axis,
    down: &'a Axis,
    row: &'a Span,
    column: &'a Span,
}

impl Tile<'_> {
    /// Predicts the three maps of the part that is kept, at the image's scale.
    fn run(&self, network: &dyn Network) -> Result<Vec<Vec<f32>>, NetworkError> {
        // Beyond the image's end, there is padding.
        let real = |span: &Span, axis: &Axis| span.seen.start..span.seen.end.min(axis.scaled);
        let (columns, rows) = (real(self.column, self.across), real(self.row, self.down));
        let scaled = Size::new(columns.len(), rows.len());
        let padded = Size::new(self.column.seen.len(), self.row.seen.len());
        let mut input = Vec::with_capacity(3 * padded.area());
        let planes = self.input(columns, rows, scaled);
        for plane in &planes {
            pad(plane, scaled, padded, &mut input);
        }
        if planes.len() == 1 {
            input.extend_from_within(..);
            input.extend_from_within(..padded.area());
        }
        drop(planes);
        let output = network.run(input, padded)?;
        Ok(output.chunks_exact(padded.area()).map(|map| self.output(map, scaled, padded)).collect())
    }

    /// The image at the network's scale.
    fn input(&self, columns: Range<usize>, rows: Range<usize>, scaled: Size) -> Vec<Vec<f32>> {
        if !self.is_resized() {
            return self.scene.image.window(&Rect::of(columns, rows));
        }
        let ((columns, x), (rows, y)) = (self.across.source(columns), self.down.source(rows));
        let window = Rect::of(columns, rows);
        self.scene
            .image
            .window(&window)
            .into_iter()
            .map(|plane| resize(plane, window.size(), x.clone(), y.clone(), scaled))
            .collect()
    }

    /// The kept part of one of the tile's probability maps, resampled to the image's scale.
    fn output(&self, map: &[f32], scaled: Size, padded: Size) -> Vec<f32> {
        let to = Size::new(self.column.kept.len(), self.row.kept.len());
        let rows = map.chunks_exact(padded.width);
        if !self.is_resized() {
            let left = self.column.kept.start - self.column.seen.start;
            let rows = rows.skip(self.row.kept.start - self.row.seen.start).take(to.height);
            return rows.flat_map(|row| &row[left..left + to.width]).copied().collect();
        }
        let map = rows.take(scaled.height).flat_map(|row| &row[..scaled.width]).copied().collect();
        let place = |axis: &Axis, span: &Span| {
            let of = |pixel: usize| axis.in_network(pixel) - span.seen.start as f64;
            of(span.kept.start)..of(span.kept.end)
        };
        resize(map, scaled, place(self.across, self.column), place(self.down, self.row), to)
    }

    fn is_resized(&self) -> bool {
        self.across.is_resized() || self.down.is_resized()
    }

    /// Copies the kept part to its position in a window's map.
    fn keep(&self, values: &[f32], whole: &mut [f32], window: &Rect) {
        let (columns, rows) = (&self.column.kept, &self.row.kept);
        for (y, from) in rows.clone().zip(values.chunks_exact(columns.len())) {
            let to = (y - window.top) * window.width + columns.start - window.left;
            whole[to..to + columns.len()].copy_from_slice(from);
        }
    }
}

/// Resamples the part of an image between the fractional columns `x` and rows `y`; filters also read pixels
/// outside the part, up to the image's edge.
fn resize(values: Vec<f32>, from: Size, x: Range<f64>, y: Range<f64>, to: Size) -> Vec<f32> {
    let pixels: Vec<F32> = values.into_iter().map(F32::new).collect();
    let mut target = TypedImage::<F32>::new(to.width as u32, to.height as u32);
    let (width, height) = (length_within(&x, from.width), length_within(&y, from.height));
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
        .crop(x.start, y.start, width, height);
    // Neither call can fail: the sizes are at least 1 × 1, the part is inside, and the buffer has the right
    // size.
    if let Ok(source) = TypedImageRef::new(from.width as u32, from.height as u32, &pixels) {
        let resized = Resizer::new().resize_typed(&source, &mut target, &options);
        debug_assert!(resized.is_ok(), "{resized:?}");
    }
    target.pixels().iter().map(|pixel| pixel.0).collect()
}

/// Appends `values` to `padded`, mirrored at the right and lower edges up to the requested size.
fn pad(values: &[f32], from: Size, to: Size, padded: &mut Vec<f32>) {
    for y in 0..to.height {
        let row = &values[mirrored(y, from.height) * from.width..][..from.width];
        padded.extend_from_slice(row);
        padded.extend((from.width..to.width).map(|x| row[mirrored(x, from.width)]));
    }
}

/// The coordinate within an axis that is mirrored at its ends without repeating the end itself:
/// `0 1 2 3 | 2 1 0 1 2 …`.
fn mirrored(coordinate: usize, length: usize) -> usize {
    if length == 1 {
        return 0;
    }
    let within = coordinate % (2 * length - 2);
    if within < length { within } else { 2 * length - 2 - within }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Normalization, Samples, normalize};
    use crate::network::ModelMetadata;
    use proptest::prelude::*;
    use std::cell::RefCell;

    /// Returns its input, and records the requested sizes.
    struct Echo {
        metadata: ModelMetadata,
        asked: RefCell<Vec<Size>>,
    }

    impl Echo {
        fn new() -> Self {
            let metadata = crate::network::test_metadata();
            Self { metadata: ModelMetadata::from_metadata(&metadata).unwrap(), asked: RefCell::default() }
        }
    }

    impl Network for Echo {
        fn metadata(&self) -> &ModelMetadata {
            &self.metadata
        }

        fn run(&self, input: Vec<f32>, size: Size) -> Result<Vec<f32>, NetworkError> {
            assert_eq!(input.len(), 3 * size.area());
            let stride = self.metadata.stride;
            assert!(size.height.is_multiple_of(stride) && size.width.is_multiple_of(stride));
            self.asked.borrow_mut().push(size);
            Ok(input)
        }
    }

    const ALL: Normalization = Normalization {
        low_percentile: 0.0,
        high_percentile: 100.0,
        local: None,
        clip_low: -0.5,
        clip_high: 1.5,
    };

    fn ramp(width: usize, height: usize, channels: usize) -> Image {
        let values = (0..width * height * channels).map(|index| (index % 251) as f32 / 250.0).collect();
        Image::new(Size::new(width, height), channels, Samples::F32(values)).unwrap()
    }

    /// Predicts the probability maps of a whole image in tiles of at most 1536 pixels.
    fn infer(
        network: &dyn Network,
        image: &Image,
        scale: f64,
        progress: &mut dyn FnMut(usize, usize),
    ) -> ProbabilityMaps {
        let image = normalize(image, &ALL);
        let scene = Scene { image: &image, scale, longest_tile: 1536 };
        scene.infer(network, &Rect::whole(image.size()), progress).unwrap()
    }

    #[test]
    fn a_small_image_is_one_tile_padded_to_the_stride() {
        let (network, image) = (Echo::new(), ramp(13, 5, 1));
        let maps = infer(&network, &image, 1.0, &mut |_, _| ());
        assert_eq!(*network.asked.borrow(), [Size::new(16, 8)]);
        for map in [&maps.interior, &maps.boundary, &maps.distance] {
            assert_eq!(map, &normalize(&image, &ALL).planes()[0]);
        }
    }

    #[test]
    fn colours_stay_apart() {
        let image = ramp(9, 9, 3);
        let maps = infer(&Echo::new(), &image, 1.0, &mut |_, _| ());
        assert_eq!([maps.interior, maps.boundary, maps.distance], *normalize(&image, &ALL).planes());
    }

    #[test]
    fn tiles_are_put_back_where_they_came_from() {
        let (network, image) = (Echo::new(), ramp(3200, 40, 1));
        let mut told = Vec::new();
        let maps = infer(&network, &image, 1.0, &mut |done, total| told.push((done, total)));
        assert_eq!(maps.interior, normalize(&image, &ALL).planes()[0]);
        assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
        let widths: Vec<usize> = network.asked.borrow().iter().map(|size| size.width).collect();
        assert_eq!(widths, [1088, 1088, 1088], "all see equally much");
    }

    #[test]
    fn the_network_sees_the_scaled_image_and_the_maps_do_not() {
        let network = Echo::new();
        let maps = infer(&network, &ramp(64, 32, 1), 0.5, &mut |_, _| ());
        assert_eq!(*network.asked.borrow(), [Size::new(32, 16)]);
        assert_eq!((maps.width, maps.height, maps.interior.len()), (64, 32, 64 * 32));
    }

    #[test]
    fn a_smooth_image_survives_the_way_there_and_back() {
        let smooth: Vec<f32> = (0..64 * 64).map(|index| (index % 64) as f32 / 63.0).collect();
        let image = Image::new(Size::new(64, 64), 1, Samples::F32(smooth.clone().into())).unwrap();
        for scale in [0.5, 1.7, 3.0] {
            let maps = infer(&Echo::new(), &image, scale, &mut |_, _| ());
            for (index, (there, back)) in smooth.iter().zip(&maps.interior).enumerate() {
                let inner = (4..60).contains(&(index % 64));
                assert!(!inner || (there - back).abs() < 0.01, "scale {scale}: {there} {back}");
            }
        }
    }

    #[test]
    fn pads_without_repeating_the_edge() {
        let row: Vec<usize> = (0..9).map(|x| mirrored(x, 4)).collect();
        assert_eq!(row, [0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!(mirrored(5, 1), 0);
    }

    /// Imitates a real network: each output pixel depends on its neighbourhood, the outside of the input is
    /// empty, and pooling in cells of the stride depends on where the cells begin. The receptive field
    /// extends 15 pixels.
    struct Pooling(ModelMetadata);

    impl Pooling {
        fn new() -> Self {
            let metadata = ModelMetadata { halo: 24, ..Echo::new().metadata };
            Self(metadata)
        }

        /// The mean of each cell of eight pixels in a row and of its neighbouring cells.
        fn pool_rows(plane: &[f32], width: usize) -> Vec<f32> {
            let cells = |row: &[f32]| row.chunks(8).map(|cell| cell.iter().sum::<f32>() / 8.0).collect();
            let pooled = |row: &[f32]| {
                let cells: Vec<f32> = cells(row);
                let of = move |cell: usize| cells.get(cell).copied().unwrap_or(0.0);
                (0..width).map(move |x| (of((x / 8).wrapping_sub(1)) + of(x / 8) + of(x / 8 + 1)) / 3.0)
            };
            plane.chunks(width).flat_map(pooled).collect()
        }

        fn turned(plane: &[f32], width: usize) -> Vec<f32> {
            (0..width).flat_map(|x| plane.iter().skip(x).step_by(width).copied()).collect()
        }
    }

    impl Network for Pooling {
        fn metadata(&self) -> &ModelMetadata {
            &self.0
        }

        fn run(&self, input: Vec<f32>, Size { width, height }: Size) -> Result<Vec<f32>, NetworkError> {
            let pooled = |plane: &[f32]| {
                let rows = Self::turned(&Self::pool_rows(plane, width), width);
                let both = Self::turned(&Self::pool_rows(&rows, height), height);
                both.into_iter()
                    .zip(plane)
                    .map(|(pooled, value)| 0.7 * pooled + 0.3 * value)
                    .collect::<Vec<f32>>()
            };
            Ok(input.chunks(width * height).flat_map(pooled).collect())
        }
    }

    /// The largest difference between a window's prediction in tiles and the whole image's in one tile.
    fn difference(
        network: &dyn Network,
        image: &Image,
        scale: f64,
        longest_tile: usize,
        window: &Rect,
    ) -> f32 {
        let normalized = normalize(image, &ALL);
        let scene = Scene { image: &normalized, scale, longest_tile: usize::MAX };
        let whole = Rect::whole(image.size());
        let mut whole = scene.infer(network, &whole, &mut |_, _| ()).unwrap();
        let mut tiled = Scene { longest_tile, ..scene }.infer(network, window, &mut |_, _| ()).unwrap();
        let pairs = whole.channels_mut().into_iter().zip(tiled.channels_mut());
        let differences = pairs.flat_map(|(whole, tiled)| {
            let rows = window.rows().map(|y| &whole[y * image.width() + window.left..][..window.width]);
            rows.flatten().zip(tiled.iter()).map(|(one, other)| (one - other).abs()).collect::<Vec<f32>>()
        });
        differences.fold(0.0, f32::max)
    }

    #[cfg(feature = "onnx")]
    #[test]
    fn the_shipped_network_says_the_same_in_tiles_as_at_once() {
        let model = include_bytes!("../../model/nuclei.onnx");
        let network = crate::network::TractNetwork::load(model).unwrap();
        for (scale, width, height) in [(0.5, 1400, 60), (1.0, 700, 40), (1.7, 420, 24)] {
            let nuclei = width * height / 1500;
            let options = crate::synthetic::FieldOptions { width, height, nuclei, ..Default::default() };
            let image = crate::synthetic::field(&options).image;
            let window = Rect::whole(image.size());
            let difference = difference(&network, &image, scale, 512, &window);
            assert!(difference < 1e-4, "scale {scale}: {difference}");
        }
    }

    proptest! {
        #[test]
        fn tiles_of_any_window_are_those_of_the_whole(
            (width, height) in (1usize..260, 1usize..40),
            (left, right) in (0.0..1.0, 0.0..1.0),
            scale in prop_oneof![Just(0.5), Just(1.0), Just(1.7), 0.3..3.0f64],
            longest in 1usize..300,
        ) {
            let (left, right) = ((left * width as f64) as usize, (right * width as f64) as usize);
            let window = Rect::of(left.min(right)..left.max(right) + 1, height / 3..height);
            let difference = difference(&Pooling::new(), &ramp(width, height, 1), scale, longest, &window);
            prop_assert!(difference < 1e-4, "{}", difference);
        }

        #[test]
        fn spans_cover_every_part_once_and_fit(
            (length, stride, scale) in (1usize..5000, 1usize..33, 0.2..3.0f64),
            (start, end) in (0.0..1.0, 0.0..1.0),
            (halo, room) in (0usize..90, 1usize..900),
        ) {
            let axis = Axis::new(length, scale, stride);
            let (start, end) = ((start * length as f64) as usize, (end * length as f64) as usize);
            let (start, end) = (start.min(end), start.max(end) + 1);
            let longest = 2 * halo.next_multiple_of(stride) + (room + 1) * stride;
            let spans = axis.spans(start..end, longest, halo);
            prop_assert_eq!(spans[0].kept.start, start);
            prop_assert_eq!(spans[spans.len() - 1].kept.end, end);
            for pair in spans.windows(2) {
                prop_assert_eq!(pair[0].kept.end, pair[1].kept.start);
            }
            for Span { kept, seen } in &spans {
                prop_assert!(!kept.is_empty() && seen.len() <= longest && seen.end <= axis.padded);
                prop_assert!(seen.start.is_multiple_of(stride) && seen.end.is_multiple_of(stride));
                let (from, to) = (axis.in_network(kept.start), axis.in_network(kept.end));
                // Rounding may go either way at a pixel's edge.
                let half = 0.5 * axis.in_network(1) + 1e-6;
                prop_assert!(seen.start == 0 || seen.start as f64 <= from + half - halo as f64);
                prop_assert!(seen.end == axis.padded || seen.end as f64 >= to - half + halo as f64);
            }
        }
    }
}
