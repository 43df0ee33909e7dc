//! Images in channels-last order.

/// An image `[height, width, channels]`, row-major.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// `height * width * channels` values.
    pub values: &'a [f32],
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
    /// Number of values per pixel.
    pub channels: usize,
}

impl<'a> Plane<'a> {
    /// Number of values in a row.
    pub fn row_length(self) -> usize {
        self.width * self.channels
    }

    /// One row, `[width, channels]`.
    pub fn row(self, y: usize) -> &'a [f32] {
        &self.values[y * self.row_length()..][..self.row_length()]
    }
}
