//! 3×3 convolution by Winograd's minimal filtering F(4×4, 3×3).
//!
//! A tile of 4 × 4 outputs needs a patch of 6 × 6 inputs. Patch and filter are each transformed to 36 values;
//! their products are summed over the input channels and transformed back. This takes 36 multiplications for
//! 16 outputs instead of 144. Between the transforms, each of the 36 values is a product of two matrices,
//! `[tiles, inputs] × [inputs, outputs]`.
//!
//! Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016
//! (arXiv:1509.09308), with the matrices B, G and A for the points 0, ±1, ±2, ∞.

use fearless_simd::{Level, Simd, SimdBase, dispatch, f32x4};

use crate::matrix::{Finish, Matrix};
use crate::{Kernel, Plane};

/// Rows and columns of outputs in a tile.
const TILE: usize = 4;
/// Rows and columns of inputs that a tile needs.
const PATCH: usize = TILE + 2;
/// Values in a transformed patch.
const POINTS: usize = PATCH * PATCH;
/// Number of channels that are transformed at once; the numbers of input and output channels must be
/// multiples of it.
const LANES: usize = 4;
/// Number of values of transformed patches and products that are held at a time, so that they stay in the
/// cache.
const SCRATCH: usize = 1 << 18;

/// A 3×3 convolution of stride 1 with zero padding: `[H, W, inputs]` becomes `[H, W, outputs]`.
#[derive(Debug)]
pub struct Winograd {
    /// The transformed filters, `[inputs, outputs]` for each of the [`POINTS`].
    filters: Vec<Matrix>,
    /// `[outputs]`.
    bias: Vec<f32>,
    /// Lower bound of the output.
    least: f32,
}

impl Winograd {
    /// Creates the kernel from `weights`, `[outputs, inputs, 3, 3]` row-major, and `bias`, `[outputs]`; the
    /// output is clamped to at least `least`. `None` if a number of channels is not a multiple of 4.
    ///
    /// # Panics
    /// If `weights` has another length.
    pub fn new(inputs: usize, weights: &[f32], bias: Vec<f32>, least: f32) -> Option<Self> {
        let outputs = bias.len();
        assert_eq!(weights.len(), outputs * inputs * 9);
        if !inputs.is_multiple_of(LANES) || !outputs.is_multiple_of(LANES) {
            return None;
        }
        let transformed: Vec<_> = weights.as_chunks::<9>().0.iter().map(transformed_filter).collect();
        let filter = |point: usize| {
            Matrix::pack(inputs, outputs, |input, output| transformed[output * inputs + input][point])
        };
        Some(Self { filters: (0..POINTS).map(filter).collect(), bias, least })
    }
}

impl Kernel for Winograd {
    const NAME: &'static str = "Winograd";

    fn run(&self, inputs: &[Plane<'_>], output: &mut [f32]) {
        let level = Level::new();
        let image = inputs[0];
        let (inputs, outputs) = (self.filters[0].inputs(), self.bias.len());
        assert_eq!(image.channels, inputs);
        assert_eq!(image.values.len(), image.height * image.width * inputs);
        assert_eq!(output.len(), image.height * image.width * outputs);
        let grid = Grid { across: image.width.div_ceil(TILE), down: image.height.div_ceil(TILE) };
        let most = (SCRATCH / (POINTS * (inputs + outputs))).max(1).next_multiple_of(TILE).min(grid.tiles());
        let mut patches = vec![0.0; POINTS * most * inputs];
        let mut products = vec![0.0; POINTS * most * outputs];
        for first in (0..grid.tiles()).step_by(most.max(1)) {
            let batch = Batch { grid, first, count: most.min(grid.tiles() - first), most };
            transform_patches(level, image, batch, &mut patches);
            for (point, filter) in self.filters.iter().enumerate() {
                let left = &patches[point * most * inputs..][..batch.count * inputs];
                let product = &mut products[point * most * outputs..][..batch.count * outputs];
                filter.multiply(level, left, Finish::NOTHING, product);
            }
            self.write_tiles(level, image, batch, &products, output);
        }
    }
}

/// The tiles of an image, row by row.
#[derive(Debug, Clone, Copy)]
struct Grid {
    across: usize,
    down: usize,
}

impl Grid {
    fn tiles(self) -> usize {
        self.across * self.down
    }

    fn corner(self, tile: usize) -> Corner {
        Corner { y: tile / self.across * TILE, x: tile % self.across * TILE }
    }
}

/// Tiles that are processed together; their points are `[POINTS][most][channels]`.
#[derive(Debug, Clone, Copy)]
struct Batch {
    grid: Grid,
    first: usize,
    count: usize,
    most: usize,
}

impl Batch {
    fn corners(self) -> impl Iterator<Item = Corner> {
        (self.first..self.first + self.count).map(move |tile| self.grid.corner(tile))
    }
}

// The three steps are separate functions that are not inlined: V8 then allocates registers better, which
// reduces the time by a fifth.

#[inline(never)]
fn transform_patches(level: Level, image: Plane<'_>, batch: Batch, points: &mut [f32]) {
    let mut edge = vec![0.0; POINTS * image.channels];
    let stride = batch.most * image.channels;
    dispatch!(level, simd => {
        for (index, corner) in batch.corners().enumerate() {
            let (patch, row_length) = corner.patch(image, &mut edge);
            let points = &mut points[index * image.channels..];
            transform_patch(simd, patch, row_length, image.channels, points, stride);
        }
    });
}

impl Winograd {
    #[inline(never)]
    fn write_tiles(&self, level: Level, image: Plane<'_>, batch: Batch, points: &[f32], output: &mut [f32]) {
        let outputs = self.bias.len();
        dispatch!(level, simd => {
            for (index, corner) in batch.corners().enumerate() {
                self.write_tile(simd, &points[index * outputs..], batch.most * outputs, corner, image, output);
            }
        });
    }

    /// Writes Aᵀ m A with bias and lower bound for one tile, clipped to the image. The `points` are `stride`
    /// apart.
    #[inline(always)]
    fn write_tile<S: Simd>(
        &self,
        simd: S,
        points: &[f32],
        stride: usize,
        corner: Corner,
        image: Plane<'_>,
        output: &mut [f32],
    ) {
        let outputs = self.bias.len();
        let least = f32x4::splat(simd, self.least);
        let (rows, columns) = (TILE.min(image.height - corner.y), TILE.min(image.width - corner.x));
        for channel in (0..outputs).step_by(LANES) {
            let bias = f32x4::from_slice(simd, &self.bias[channel..][..LANES]);
            let mut down = [[bias; TILE]; PATCH];
            for (column, down) in down.iter_mut().enumerate() {
                let mut products = [bias; PATCH];
                for (row, product) in products.iter_mut().enumerate() {
                    let point = (row * PATCH + column) * stride + channel;
                    *product = f32x4::from_slice(simd, &points[point..][..LANES]);
                }
                *down = transform_products(products);
            }
            for row in 0..rows {
                let values = transform_products(row_of(&down, row));
                let start = ((corner.y + row) * image.width + corner.x) * outputs + channel;
                for (column, value) in values.into_iter().enumerate().take(columns) {
                    (value + bias).max(least).store_slice(&mut output[start + column * outputs..][..LANES]);
                }
            }
        }
    }
}

/// G g Gᵀ.
fn transformed_filter(filter: &[f32; 9]) -> [f32; POINTS] {
    let ends = |a: f64, b: f64, c: f64| {
        let (outer, far) = ((a + c) / 6.0, (a + 4.0 * c) / 24.0);
        [a / 4.0, -outer - b / 6.0, -outer + b / 6.0, far + b / 12.0, far - b / 12.0, c]
    };
    let value = |row: usize, column: usize| f64::from(filter[row * 3 + column]);
    let columns = [0, 1, 2].map(|column| ends(value(0, column), value(1, column), value(2, column)));
    let mut transformed = [0.0; POINTS];
    for row in 0..PATCH {
        let whole = ends(columns[0][row], columns[1][row], columns[2][row]);
        for (column, value) in whole.into_iter().enumerate() {
            transformed[row * PATCH + column] = value as f32;
        }
    }
    transformed
}

/// The upper left output of a tile.
#[derive(Clone, Copy)]
struct Corner {
    y: usize,
    x: usize,
}

impl Corner {
    /// The tile's patch and the length of its rows: a part of the image if the patch is inside it, otherwise
    /// a copy in `edge` with zeros outside the image.
    #[inline(always)]
    fn patch<'a>(self, image: Plane<'a>, edge: &'a mut [f32]) -> (&'a [f32], usize) {
        let (Self { y, x }, channels) = (self, image.channels);
        let (row_length, patch_length) = (image.row_length(), PATCH * channels);
        if y > 0 && x > 0 && y + TILE < image.height && x + TILE < image.width {
            return (&image.values[(y - 1) * row_length + (x - 1) * channels..], row_length);
        }
        edge.fill(0.0);
        let (left, right) = (x.saturating_sub(1), (x + TILE + 1).min(image.width));
        let (top, bottom) = (y.saturating_sub(1), (y + TILE + 1).min(image.height));
        for row in top..bottom {
            let from = &image.values[row * row_length..][left * channels..right * channels];
            let to = (row + 1 - y) * patch_length + (left + 1 - x) * channels;
            edge[to..to + from.len()].copy_from_slice(from);
        }
        (edge, patch_length)
    }
}

/// Computes Bᵀ d B for all channels of a patch whose rows are `row_length` apart; the points of the result
/// are `stride` apart.
#[inline(always)]
fn transform_patch<S: Simd>(
    simd: S,
    patch: &[f32],
    row_length: usize,
    channels: usize,
    points: &mut [f32],
    stride: usize,
) {
    let rows = [0, 1, 2, 3, 4, 5].map(|row| &patch[row * row_length..][..PATCH * channels]);
    for channel in (0..channels).step_by(LANES) {
        let mut across = [[f32x4::splat(simd, 0.0); PATCH]; PATCH];
        for (across, row) in across.iter_mut().zip(rows) {
            let mut values = *across;
            for (column, value) in values.iter_mut().enumerate() {
                *value = f32x4::from_slice(simd, &row[column * channels + channel..][..LANES]);
            }
            *across = transform_inputs(values);
        }
        for column in 0..PATCH {
            let whole = transform_inputs(row_of(&across, column));
            for (row, value) in whole.into_iter().enumerate() {
                value.store_slice(&mut points[(row * PATCH + column) * stride + channel..][..LANES]);
            }
        }
    }
}

/// One row of a matrix that is stored by columns, or vice versa.
#[inline(always)]
fn row_of<S: Simd, const LENGTH: usize>(
    columns: &[[f32x4<S>; LENGTH]; PATCH],
    row: usize,
) -> [f32x4<S>; PATCH] {
    let [a, b, c, d, e, f] = columns;
    [a[row], b[row], c[row], d[row], e[row], f[row]]
}

/// Bᵀ d.
#[inline(always)]
fn transform_inputs<S: Simd>(d: [f32x4<S>; PATCH]) -> [f32x4<S>; PATCH] {
    let (even, odd) = (d[4] - d[2] * 4.0, d[3] - d[1] * 4.0);
    let (outer, middle) = (d[4] - d[2], (d[3] - d[1]) * 2.0);
    [
        d[0] * 4.0 - d[2] * 5.0 + d[4],
        even + odd,
        even - odd,
        outer + middle,
        outer - middle,
        d[1] * 4.0 - d[3] * 5.0 + d[5],
    ]
}

/// Aᵀ m.
#[inline(always)]
fn transform_products<S: Simd>(m: [f32x4<S>; PATCH]) -> [f32x4<S>; TILE] {
    let (near, near_difference) = (m[1] + m[2], m[1] - m[2]);
    let (far, far_difference) = (m[3] + m[4], m[3] - m[4]);
    [
        m[0] + near + far,
        near_difference + far_difference * 2.0,
        near + far * 4.0,
        near_difference + far_difference * 8.0 + m[5],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Convolution by its definition, in double precision.
    fn reference(image: &[f32], height: usize, width: usize, weights: &[f32], bias: &[f32]) -> Vec<f64> {
        let outputs = bias.len();
        let inputs = weights.len() / 9 / outputs;
        let mut convolved = Vec::new();
        for (y, x, output) in (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| (0..outputs).map(move |output| (y, x, output))))
        {
            let mut sum = f64::from(bias[output]);
            for (row, column) in (0..3).flat_map(|row| (0..3).map(move |column| (row, column))) {
                let (Some(y), Some(x)) = ((y + row).checked_sub(1), (x + column).checked_sub(1)) else {
                    continue;
                };
                if y >= height || x >= width {
                    continue;
                }
                for input in 0..inputs {
                    let weight = weights[(output * inputs + input) * 9 + row * 3 + column];
                    sum += f64::from(weight) * f64::from(image[(y * width + x) * inputs + input]);
                }
            }
            convolved.push(sum);
        }
        convolved
    }

    fn convolved(plane: Plane<'_>, weights: &[f32], bias: &[f32], least: f32) -> Vec<f32> {
        let mut output = vec![f32::NAN; plane.height * plane.width * bias.len()];
        Winograd::new(plane.channels, weights, bias.to_vec(), least).unwrap().run(&[plane], &mut output);
        output
    }

    #[test]
    fn a_filter_that_only_copies_copies() {
        let mut weights = vec![0.0; LANES * LANES * 9];
        (0..LANES).for_each(|channel| weights[(channel * LANES + channel) * 9 + 4] = 1.0);
        let values: Vec<f32> = (0..2 * 3 * LANES).map(|value| value as f32).collect();
        let plane = Plane { values: &values, height: 2, width: 3, channels: LANES };
        for (there, here) in values.iter().zip(convolved(plane, &weights, &[0.0; LANES], f32::NEG_INFINITY)) {
            assert!((there - here).abs() < 1e-4, "{there} {here}");
        }
    }

    #[test]
    fn channels_that_do_not_fill_the_lanes_are_refused() {
        assert!(Winograd::new(6, &[0.0; 6 * 8 * 9], vec![0.0; 8], 0.0).is_none());
        assert!(Winograd::new(8, &[0.0; 8 * 6 * 9], vec![0.0; 6], 0.0).is_none());
    }

    #[test]
    fn channels_that_fill_the_scratch_memory_are_convolved_all_the_same() {
        let inputs = (SCRATCH / POINTS + 1).next_multiple_of(LANES);
        let (values, weights) = (vec![1.0; inputs], vec![1.0 / 1024.0; LANES * inputs * 9]);
        let plane = Plane { values: &values, height: 1, width: 1, channels: inputs };
        for output in convolved(plane, &weights, &[0.0; LANES], f32::NEG_INFINITY) {
            assert!((output - inputs as f32 / 1024.0).abs() < 0.01, "{output}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_size_is_what_the_definition_says(
            (height, width) in (1usize..23, 1usize..23),
            (inputs, outputs) in (1usize..6, 1usize..6),
            rectify: bool,
            seed: u64,
        ) {
            let (inputs, outputs) = (inputs * LANES, outputs * LANES);
            let mut random = fastrand::Rng::with_seed(seed);
            let mut values = |count: usize| -> Vec<f32> { (0..count).map(|_| random.f32() - 0.5).collect() };
            let (image, weights) = (values(height * width * inputs), values(outputs * inputs * 9));
            let bias = values(outputs);
            let least = if rectify { 0.0 } else { f32::NEG_INFINITY };
            let plane = Plane { values: &image, height, width, channels: inputs };
            let exact = reference(&image, height, width, &weights, &bias);
            for (ours, exact) in convolved(plane, &weights, &bias, least).into_iter().zip(exact) {
                let exact = exact.max(f64::from(least));
                prop_assert!((f64::from(ours) - exact).abs() < 1e-4, "{ours} {exact}");
            }
        }
    }
}
