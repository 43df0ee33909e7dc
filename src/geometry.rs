//! Rectangles of pixels.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A rectangle of pixels inside an image.
///
/// ```
/// use nucleoscope::geometry::Rect;
///
/// let window = Rect { left: 90, top: 2, width: 8, height: 4 };
/// assert_eq!(window.grown(5, 100, 100), Rect { left: 85, top: 0, width: 15, height: 11 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Rect {
    /// Its first column.
    pub left: usize,
    /// Its first row.
    pub top: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Rect {
    /// All of an image.
    pub fn whole(width: usize, height: usize) -> Self {
        Self { left: 0, top: 0, width, height }
    }

    /// Its columns.
    pub fn columns(&self) -> Range<usize> {
        self.left..self.left + self.width
    }

    /// Its rows.
    pub fn rows(&self) -> Range<usize> {
        self.top..self.top + self.height
    }

    /// The pixels of a window that has these columns and rows.
    pub fn of(columns: Range<usize>, rows: Range<usize>) -> Self {
        Self { left: columns.start, top: rows.start, width: columns.len(), height: rows.len() }
    }

    /// The window with a margin, as far as an image of that size reaches.
    pub fn grown(&self, margin: usize, width: usize, height: usize) -> Self {
        let grown = |range: Range<usize>, length: usize| {
            range.start.saturating_sub(margin)..(range.end + margin).min(length)
        };
        Self::of(grown(self.columns(), width), grown(self.rows(), height))
    }

    /// Whether the pixel in column `x` and row `y` is inside.
    pub fn contains(&self, x: usize, y: usize) -> bool {
        self.columns().contains(&x) && self.rows().contains(&y)
    }
}

/// How long a part of `length` pixels is that begins and ends between pixels; rounding must not let it end
/// behind them.
pub(crate) fn length_within(part: &Range<f64>, length: usize) -> f64 {
    let (mut wanted, end) = (part.end - part.start, length as f64);
    while part.start + wanted > end {
        wanted = wanted.next_down();
    }
    wanted
}
