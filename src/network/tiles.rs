//! Images of any size, at any scale, through a network that sees one tile at a time.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::{Maps, Network, NetworkError};
use crate::image::NormalizedImage;

/// Longest side of a tile in pixels at the network's scale, halo included. With a halo of 224 pixels, 1024
/// would take 1.6 times as long on an image of many tiles; this one needs 1.0 GB of memory in place of 0.6.
const LONGEST_TILE: usize = 1536;

/// Runs the network over an image that is resized by `scale` on the way in; the maps come back at the
/// image's own size.
///
/// An image longer than 1536 pixels (after scaling) is cut into tiles that overlap by the contract's
/// halo; of each tile only the part without halo is kept. `progress` is told the tiles done and the
/// tiles in all, after each tile.
///
/// Enlarging is linear, shrinking averages (a triangle filter as wide as the step).
///
/// # Errors
/// What the network says.
pub fn infer(
    network: &dyn Network,
    image: &NormalizedImage,
    scale: f64,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Maps, NetworkError> {
    let (width, height) = (image.width(), image.height());
    let mut maps = Maps::zeros(width, height);
    let halo = (network.contract().halo as f64 / scale).ceil() as usize;
    let longest = ((LONGEST_TILE as f64 / scale) as usize).max(2 * halo + 1);
    let (columns, rows) = (spans(width, longest, halo), spans(height, longest, halo));
    let total = columns.len() * rows.len();
    let places = rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column)));
    for (done, (row, column)) in places.enumerate() {
        let tile = Tile { row: *row, column: *column, scale };
        let answer = tile.run(network, image)?;
        for (map, values) in maps.channels_mut().into_iter().zip(&answer) {
            tile.keep(values, map, width);
        }
        progress(done + 1, total);
    }
    Ok(maps)
}

/// A stretch of rows or columns: what is kept (`core`), and what the network sees (`with_halo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    core_start: usize,
    core_end: usize,
    start: usize,
    end: usize,
}

impl Span {
    fn length(&self) -> usize {
        self.end - self.start
    }
}

/// Cuts `length` into stretches of about equal size whose length with halo is at most `longest`.
fn spans(length: usize, longest: usize, halo: usize) -> Vec<Span> {
    let count = if length <= longest { 1 } else { length.div_ceil(longest - 2 * halo) };
    let border = |index: usize| length * index / count;
    (0..count)
        .map(|index| {
            let (core_start, core_end) = (border(index), border(index + 1));
            let (start, end) = (core_start.saturating_sub(halo), (core_end + halo).min(length));
            Span { core_start, core_end, start, end }
        })
        .collect()
}

struct Tile {
    row: Span,
    column: Span,
    scale: f64,
}

impl Tile {
    /// The three maps of the tile with its halo, at the image's scale.
    fn run(&self, network: &dyn Network, image: &NormalizedImage) -> Result<Vec<Vec<f32>>, NetworkError> {
        let here = Size { width: self.column.length(), height: self.row.length() };
        let scaled = here.scaled(self.scale);
        let padded = scaled.rounded_up(network.contract().stride);
        let mut input = Vec::with_capacity(3 * padded.area());
        for plane in image.planes() {
            let region = self.cut(plane, image.width());
            pad(&resize(region, here, scaled), scaled, padded, &mut input);
        }
        if image.planes().len() == 1 {
            input.extend_from_within(..);
            input.extend_from_within(..padded.area());
        }
        let output = network.run(input, padded.height, padded.width)?;
        let back = |map: &[f32]| {
            let map = map.chunks_exact(padded.width).take(scaled.height).flat_map(|row| &row[..scaled.width]);
            resize(map.copied().collect(), scaled, here)
        };
        Ok(output.chunks_exact(padded.area()).map(back).collect())
    }

    fn cut(&self, plane: &[f32], width: usize) -> Vec<f32> {
        let rows = plane.chunks_exact(width).take(self.row.end).skip(self.row.start);
        rows.flat_map(|row| &row[self.column.start..self.column.end]).copied().collect()
    }

    /// Copies the core of a tile's map to its place in the whole.
    fn keep(&self, values: &[f32], whole: &mut [f32], width: usize) {
        let left = self.column.core_start - self.column.start;
        let columns = self.column.core_end - self.column.core_start;
        for y in self.row.core_start..self.row.core_end {
            let from = (y - self.row.start) * self.column.length() + left;
            let to = y * width + self.column.core_start;
            whole[to..to + columns].copy_from_slice(&values[from..from + columns]);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    width: usize,
    height: usize,
}

impl Size {
    fn area(self) -> usize {
        self.width * self.height
    }

    fn scaled(self, scale: f64) -> Self {
        let side = |length: usize| ((length as f64 * scale).round() as usize).max(1);
        Self { width: side(self.width), height: side(self.height) }
    }

    fn rounded_up(self, stride: usize) -> Self {
        let side = |length: usize| length.div_ceil(stride) * stride;
        Self { width: side(self.width), height: side(self.height) }
    }
}

fn resize(values: Vec<f32>, from: Size, to: Size) -> Vec<f32> {
    if from == to {
        return values;
    }
    let pixels: Vec<F32> = values.into_iter().map(F32::new).collect();
    let mut target = TypedImage::<F32>::new(to.width as u32, to.height as u32);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    // The sizes are at least 1 × 1 and the buffer is theirs, so neither call has a way to fail.
    if let Ok(source) = TypedImageRef::new(from.width as u32, from.height as u32, &pixels) {
        let resized = Resizer::new().resize_typed(&source, &mut target, &options);
        debug_assert!(resized.is_ok(), "{resized:?}");
    }
    target.pixels().iter().map(|pixel| pixel.0).collect()
}

/// Appends `values` to `padded`, mirrored at the right and lower edge up to the size asked for.
fn pad(values: &[f32], from: Size, to: Size, padded: &mut Vec<f32>) {
    for y in 0..to.height {
        let row = &values[mirrored(y, from.height) * from.width..][..from.width];
        padded.extend_from_slice(row);
        padded.extend((from.width..to.width).map(|x| row[mirrored(x, from.width)]));
    }
}

/// Where a coordinate lands when an axis is mirrored at its ends without repeating the end itself:
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
    use crate::network::ModelContract;
    use proptest::prelude::*;
    use std::cell::RefCell;

    /// Answers with its own input, and notes the sizes it was asked for.
    struct Echo {
        contract: ModelContract,
        asked: RefCell<Vec<(usize, usize)>>,
    }

    impl Echo {
        fn new() -> Self {
            let metadata = crate::network::contract::tests::metadata();
            Self { contract: ModelContract::from_metadata(&metadata).unwrap(), asked: RefCell::default() }
        }
    }

    impl Network for Echo {
        fn contract(&self) -> &ModelContract {
            &self.contract
        }

        fn run(&self, input: Vec<f32>, height: usize, width: usize) -> Result<Vec<f32>, NetworkError> {
            assert_eq!(input.len(), 3 * height * width);
            assert!(
                height.is_multiple_of(self.contract.stride) && width.is_multiple_of(self.contract.stride)
            );
            self.asked.borrow_mut().push((height, width));
            Ok(input)
        }
    }

    fn ramp(width: usize, height: usize, channels: usize) -> NormalizedImage {
        let values = (0..width * height * channels).map(|index| (index % 251) as f32 / 250.0).collect();
        let image = Image::new(width, height, channels, Samples::F32(values)).unwrap();
        let all =
            Normalization { low_percentile: 0.0, high_percentile: 100.0, clip_low: -0.5, clip_high: 1.5 };
        normalize(&image, &all)
    }

    #[test]
    fn a_small_image_is_one_tile_padded_to_the_stride() {
        let (network, image) = (Echo::new(), ramp(13, 5, 1));
        let maps = infer(&network, &image, 1.0, &mut |_, _| ()).unwrap();
        assert_eq!(*network.asked.borrow(), [(8, 16)]);
        for map in [&maps.interior, &maps.boundary, &maps.distance] {
            assert_eq!(map, &image.planes()[0]);
        }
    }

    #[test]
    fn colours_stay_apart() {
        let image = ramp(9, 9, 3);
        let maps = infer(&Echo::new(), &image, 1.0, &mut |_, _| ()).unwrap();
        assert_eq!(
            [&maps.interior, &maps.boundary, &maps.distance],
            [&image.planes()[0], &image.planes()[1], &image.planes()[2]]
        );
    }

    #[test]
    fn tiles_are_put_back_where_they_came_from() {
        let (network, image) = (Echo::new(), ramp(3200, 40, 1));
        let mut told = Vec::new();
        let maps = infer(&network, &image, 1.0, &mut |done, total| told.push((done, total))).unwrap();
        assert_eq!(maps.interior, image.planes()[0]);
        assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
    }

    #[test]
    fn the_network_sees_the_scaled_image_and_the_maps_do_not() {
        let network = Echo::new();
        let maps = infer(&network, &ramp(64, 32, 1), 0.5, &mut |_, _| ()).unwrap();
        assert_eq!(*network.asked.borrow(), [(16, 32)]);
        assert_eq!((maps.width, maps.height, maps.interior.len()), (64, 32, 64 * 32));
    }

    #[test]
    fn a_smooth_image_survives_the_way_there_and_back() {
        let smooth: Vec<f32> = (0..64 * 64).map(|index| (index % 64) as f32 / 63.0).collect();
        let image = Image::new(64, 64, 1, Samples::F32(smooth.clone())).unwrap();
        let all =
            Normalization { low_percentile: 0.0, high_percentile: 100.0, clip_low: -0.5, clip_high: 1.5 };
        for scale in [0.5, 1.7, 3.0] {
            let maps = infer(&Echo::new(), &normalize(&image, &all), scale, &mut |_, _| ()).unwrap();
            for (index, (there, back)) in smooth.iter().zip(&maps.interior).enumerate() {
                let inner = (4..60).contains(&(index % 64));
                assert!(!inner || (there - back).abs() < 0.01, "scale {scale}: {there} {back}");
            }
        }
    }

    #[test]
    fn mirrors_without_repeating_the_edge() {
        let row: Vec<usize> = (0..9).map(|x| mirrored(x, 4)).collect();
        assert_eq!(row, [0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!(mirrored(5, 1), 0);
    }

    proptest! {
        #[test]
        fn spans_cover_everything_once_and_fit(length in 1usize..5000, halo in 0usize..90, room in 1usize..900) {
            let longest = 2 * halo + room;
            let spans = spans(length, longest, halo);
            prop_assert_eq!(spans[0].core_start, 0);
            prop_assert_eq!(spans[spans.len() - 1].core_end, length);
            for pair in spans.windows(2) {
                prop_assert_eq!(pair[0].core_end, pair[1].core_start);
            }
            for span in &spans {
                prop_assert!(span.core_start < span.core_end && span.length() <= longest);
                prop_assert!(span.start == 0 || span.core_start - span.start == halo);
                prop_assert!(span.end == length || span.end - span.core_end == halo);
            }
        }
    }
}
