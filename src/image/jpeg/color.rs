//! Conversion of components at their own resolution to the pixels of an image, as in libjpeg.

/// The samples of one component.
pub(super) struct Plane {
    /// Columns and rows that belong to the image.
    pub width: usize,
    pub height: usize,
    /// Columns of `samples`.
    pub stride: usize,
    pub samples: Vec<u8>,
    /// The horizontal and vertical sampling factors, relative to the maximum factors `most`.
    pub sampling: (usize, usize),
}

impl Plane {
    fn row(&self, row: usize) -> &[u8] {
        &self.samples[row.min(self.height - 1) * self.stride..][..self.width]
    }

    /// Row `row` of the image, with `out.len()` columns. Half resolutions are interpolated with the weights 3
    /// and 1, others repeated.
    pub(super) fn expand(&self, row: usize, most: (usize, usize), out: &mut [u8]) {
        let (across, down) = self.sampling;
        let twice = (across * 2 == most.0, down * 2 == most.1);
        let (same_across, same_down) = (across == most.0, down == most.1);
        let wide = self.width > 2;
        if same_across && same_down {
            out.copy_from_slice(&self.row(row)[..out.len()]);
        } else if twice.0 && same_down && wide {
            let values = self.row(row);
            interpolate(values.len(), |at| 3 * u32::from(values[at]), |at| values[at].into(), 2, [1, 2], out);
        } else if same_across && twice.1 {
            let (near, far) = self.two_rows(row);
            let bias = if row.is_multiple_of(2) { 1 } else { 2 };
            for ((out, &near), &far) in out.iter_mut().zip(near).zip(far) {
                *out = ((3 * u32::from(near) + u32::from(far) + bias) >> 2) as u8;
            }
        } else if twice.0 && twice.1 && wide {
            let (near, far) = self.two_rows(row);
            let sum = |at: usize| 3 * u32::from(near[at]) + u32::from(far[at]);
            interpolate(near.len(), |at| 3 * sum(at), sum, 4, [8, 7], out);
        } else {
            let values = self.row(row * down / most.1);
            for (x, out) in out.iter_mut().enumerate() {
                *out = values[(x * across / most.0).min(values.len() - 1)];
            }
        }
    }

    /// The row nearest to a row of the image, and the second nearest, in a plane of half the height.
    fn two_rows(&self, row: usize) -> (&[u8], &[u8]) {
        let near = row / 2;
        let far = if row.is_multiple_of(2) { near.saturating_sub(1) } else { near + 1 };
        (self.row(near), self.row(far))
    }
}

/// Upsamples by two: each output is the weighted mean of an input with weight 3 and its left or right
/// neighbour with weight 1. The first and last inputs have no neighbour on their outer side, and get weight 4
/// there.
fn interpolate(
    length: usize,
    three_parts: impl Fn(usize) -> u32,
    one_part: impl Fn(usize) -> u32,
    shift: u32,
    bias: [u32; 2],
    out: &mut [u8],
) {
    for (x, out) in out.iter_mut().enumerate() {
        let at = (x / 2).min(length - 1);
        let neighbour = if x.is_multiple_of(2) { at.checked_sub(1) } else { Some(at + 1) };
        let neighbour = neighbour.filter(|&neighbour| neighbour < length).unwrap_or(at);
        *out = ((three_parts(at) + one_part(neighbour) + bias[x % 2]) >> shift) as u8;
    }
}

/// Converts YCbCr to RGB (ITU-T T.871), with the rounding of libjpeg.
pub(super) fn rgb([y, blue, red]: [u8; 3]) -> [u8; 3] {
    let (y, blue, red) = (i32::from(y), i32::from(blue) - 128, i32::from(red) - 128);
    const HALF: i32 = 1 << 15;
    let clamp = |value: i32| value.clamp(0, 255) as u8;
    [
        clamp(y + ((91_881 * red + HALF) >> 16)),
        clamp(y + ((-22_554 * blue - 46_802 * red + HALF) >> 16)),
        clamp(y + ((116_130 * blue + HALF) >> 16)),
    ]
}

/// Converts inverted CMYK to RGB.
pub(super) fn of_inks([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|light| ((u32::from(light) * u32::from(black) * 2 + 255) / 510) as u8)
}
