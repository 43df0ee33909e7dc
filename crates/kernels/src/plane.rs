//! Images with the channels innermost.

/// An image `[height, width, channels]`, row-major.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// `height * width * channels` values.
    pub values: &'a [f32],
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Values of a pixel.
    pub channels: usize,
}

impl<'a> Plane<'a> {
    /// Values in a row.
    pub fn row_length(self) -> usize {
        self.width * self.channels
    }

    /// One row, `[width, channels]`.
    pub fn row(self, y: usize) -> &'a [f32] {
        &self.values[y * self.row_length()..][..self.row_length()]
    }
}
