//! Matrix products with weights that are packed once.

use fearless_simd::{Level, Simd, SimdBase, SimdFloat, dispatch, f32x8};

/// Number of columns of a product that are computed at once.
const LANES: usize = 8;
/// Number of rows of a product that are computed at once: with [`LANES`] columns, eight sums of four lanes,
/// which leaves half of the sixteen registers of x86 for the factors.
const ROWS: usize = 4;

/// A matrix `[inputs, outputs]`, packed in blocks of [`LANES`] outputs.
#[derive(Debug)]
pub(crate) struct Matrix {
    inputs: usize,
    outputs: usize,
    /// `[outputs / LANES, rounded up][inputs][LANES]`, zero past the last output.
    packed: Vec<[f32; LANES]>,
}

impl Matrix {
    /// Packs the matrix whose value at (input, output) is `value`.
    pub(crate) fn pack(inputs: usize, outputs: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let lane = |input: usize, output: usize| if output < outputs { value(input, output) } else { 0.0 };
        let packed = (0..outputs.div_ceil(LANES))
            .flat_map(|block| (0..inputs).map(move |input| (block * LANES, input)))
            .map(|(first, input)| std::array::from_fn(|index| lane(input, first + index)))
            .collect();
        Self { inputs, outputs, packed }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Computes `product = left × self`, followed by `finish`: `left` is `[rows, inputs]`, `product`
    /// `[rows, outputs]`, both row-major.
    #[inline(never)]
    pub(crate) fn multiply(&self, level: Level, left: &[f32], finish: Finish<'_>, product: &mut [f32]) {
        dispatch!(level, simd => self.multiply_with(simd, left, finish, product));
    }

    #[inline(always)]
    fn multiply_with<S: Simd>(&self, simd: S, left: &[f32], finish: Finish<'_>, product: &mut [f32]) {
        let Self { inputs, outputs, .. } = *self;
        let whole = left.len() / inputs / ROWS * ROWS;
        let (left, last) = left.split_at(whole * inputs);
        let (product, last_product) = product.split_at_mut(whole * outputs);
        for (block, weights) in self.packed.chunks_exact(inputs).enumerate() {
            let columns = Columns { weights, first: block * LANES, outputs, finish };
            for (rows, target) in
                left.chunks_exact(ROWS * inputs).zip(product.chunks_exact_mut(ROWS * outputs))
            {
                columns.of::<S, ROWS>(simd, rows, target);
            }
            for (row, target) in last.chunks_exact(inputs).zip(last_product.chunks_exact_mut(outputs)) {
                columns.of::<S, 1>(simd, row, target);
            }
        }
    }
}

/// Operations on a product before it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finish<'a> {
    /// Added to every row, `[outputs]`; nothing is added if empty.
    pub(crate) bias: &'a [f32],
    /// Lower bound; smaller values are clamped to it.
    pub(crate) least: f32,
}

impl Finish<'_> {
    /// Leaves the product unchanged.
    pub(crate) const NOTHING: Self = Finish { bias: &[], least: f32::NEG_INFINITY };
}

/// [`LANES`] columns of a product, or fewer at its end.
struct Columns<'a> {
    weights: &'a [[f32; LANES]],
    first: usize,
    outputs: usize,
    finish: Finish<'a>,
}

impl Columns<'_> {
    /// Computes the columns in `COUNT` rows.
    #[inline(always)]
    fn of<S: Simd, const COUNT: usize>(&self, simd: S, rows: &[f32], target: &mut [f32]) {
        let inputs = self.weights.len();
        let mut each = [rows; COUNT];
        for (row, values) in each.iter_mut().enumerate() {
            *values = &rows[row * inputs..][..inputs];
        }
        let mut sums = [self.bias(simd); COUNT];
        for (input, weight) in self.weights.iter().enumerate() {
            let weight = f32x8::from_slice(simd, weight);
            for (sum, row) in sums.iter_mut().zip(each) {
                *sum = f32x8::splat(simd, row[input]).mul_add(weight, *sum);
            }
        }
        let least = f32x8::splat(simd, self.finish.least);
        let width = LANES.min(self.outputs - self.first);
        for (row, sum) in sums.into_iter().enumerate() {
            let target = &mut target[row * self.outputs + self.first..][..width];
            let sum = sum.max(least);
            match target.as_chunks_mut::<LANES>() {
                ([whole], _) => sum.store_slice(whole),
                (_, part) => {
                    let mut lanes = [0.0; LANES];
                    sum.store_slice(&mut lanes);
                    part.copy_from_slice(&lanes[..width]);
                }
            }
        }
    }

    #[inline(always)]
    fn bias<S: Simd>(&self, simd: S) -> f32x8<S> {
        let mut lanes = [0.0; LANES];
        for (lane, bias) in lanes.iter_mut().zip(self.finish.bias.iter().skip(self.first)) {
            *lane = *bias;
        }
        f32x8::from_slice(simd, &lanes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_has_its_bias_and_its_floor_whatever_its_size() {
        // 5 rows: four at once and one; 9 columns: eight at once and one.
        let matrix =
            Matrix::pack(2, 9, |input, output| (output as f32 - 4.0) * if input == 0 { 1.0 } else { 0.5 });
        let left: Vec<f32> = (0..10).map(|value| value as f32).collect();
        let bias: Vec<f32> = (0..9).map(|output| output as f32 / 10.0).collect();
        let mut product = vec![f32::NAN; 5 * 9];
        let finish = Finish { bias: &bias, least: -3.0 };
        matrix.multiply(Level::new(), &left, finish, &mut product);
        for (index, value) in product.into_iter().enumerate() {
            let (row, output) = (index / 9, index % 9);
            let sum = left[2 * row] + 0.5 * left[2 * row + 1];
            let exact = (sum * (output as f32 - 4.0) + bias[output]).max(-3.0);
            assert!((value - exact).abs() < 1e-5, "row {row}, column {output}: {value}, not {exact}");
        }
    }
}
