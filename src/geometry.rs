//! Sizes, points and rectangles, in the order `(width, height)` and `(x, y)`.
//!
//! `x` counts columns to the right and `y` rows down. Image coordinates refer to pixel edges: the upper left
//! pixel covers 0 to 1 in both directions, and its centre is (0.5, 0.5).

use std::fmt;
use std::ops::Range;

/// Width and height of an image or part of one, in pixels.
///
/// ```
/// use nucleoscope::geometry::Size;
///
/// let size = Size::new(640, 480);
/// assert_eq!(size.area(), 307_200);
/// assert_eq!(size.to_string(), "640 × 480");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
}

impl Size {
    /// Creates a size.
    pub const fn new(width: usize, height: usize) -> Self {
        Self { width, height }
    }

    /// Number of pixels, saturating at `usize::MAX`.
    pub const fn area(self) -> usize {
        self.width.saturating_mul(self.height)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} × {}", self.width, self.height)
    }
}

/// A point: `f64` for any position in an image, `u32` for a pixel corner, `usize` for a pixel.
///
/// It is serialized as `[x, y]`.
///
/// ```
/// use nucleoscope::geometry::Point;
///
/// let point: Point = serde_json::from_str("[3.5, 2.0]")?;
/// assert_eq!(point, Point::new(3.5, 2.0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(from = "(T, T)", into = "(T, T)", bound(serialize = "T: Copy + serde::Serialize"))
)]
pub struct Point<T = f64> {
    /// Horizontal coordinate, to the right.
    pub x: T,
    /// Vertical coordinate, down.
    pub y: T,
}

/// The TypeScript type of the JSON form.
#[cfg(feature = "typescript")]
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const POINT: &str =
    "/** A point in image pixels: `[x, y]`, right and down. */\nexport type Point = [number, number];";

impl<T> Point<T> {
    /// Creates a point.
    pub const fn new(x: T, y: T) -> Self {
        Self { x, y }
    }
}

impl<T> From<(T, T)> for Point<T> {
    fn from((x, y): (T, T)) -> Self {
        Self { x, y }
    }
}

impl<T> From<Point<T>> for (T, T) {
    fn from(point: Point<T>) -> Self {
        (point.x, point.y)
    }
}

/// A rectangle of pixels inside an image.
///
/// ```
/// use nucleoscope::geometry::{Rect, Size};
///
/// let window = Rect { left: 90, top: 2, width: 8, height: 4 };
/// let image = Size::new(100, 100);
/// assert_eq!(window.grown(5, image), Rect { left: 85, top: 0, width: 15, height: 11 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Rect {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
}

impl Rect {
    /// The rectangle of a whole image.
    pub fn whole(image: Size) -> Self {
        Self { left: 0, top: 0, width: image.width, height: image.height }
    }

    /// The rectangle of these columns and rows.
    pub fn of(columns: Range<usize>, rows: Range<usize>) -> Self {
        Self { left: columns.start, top: rows.start, width: columns.len(), height: rows.len() }
    }

    /// The columns of the rectangle.
    pub fn columns(&self) -> Range<usize> {
        self.left..self.left + self.width
    }

    /// The rows of the rectangle.
    pub fn rows(&self) -> Range<usize> {
        self.top..self.top + self.height
    }

    /// The size of the rectangle.
    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    /// The rectangle with a margin on every side, clipped to an image of this size.
    pub fn grown(&self, margin: usize, image: Size) -> Self {
        let grown = |range: Range<usize>, length: usize| {
            range.start.saturating_sub(margin)..(range.end + margin).min(length)
        };
        Self::of(grown(self.columns(), image.width), grown(self.rows(), image.height))
    }

    /// Whether another rectangle is inside.
    pub(crate) fn encloses(&self, other: &Rect) -> bool {
        let encloses =
            |outer: Range<usize>, inner: Range<usize>| outer.start <= inner.start && inner.end <= outer.end;
        encloses(self.columns(), other.columns()) && encloses(self.rows(), other.rows())
    }

    /// Whether a pixel is inside.
    pub fn contains(&self, pixel: Point<usize>) -> bool {
        self.columns().contains(&pixel.x) && self.rows().contains(&pixel.y)
    }
}

/// A horizontal run of adjacent pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// Column of the first pixel.
    pub(crate) x: usize,
    /// Row.
    pub(crate) y: usize,
    /// Number of pixels.
    pub(crate) length: usize,
}

impl Run {
    /// The column after the last.
    pub(crate) fn end(&self) -> usize {
        self.x + self.length
    }

    /// The indices of the run's pixels in an image of this width.
    pub(crate) fn indices(&self, width: usize) -> Range<usize> {
        let start = self.y * width + self.x;
        start..start + self.length
    }
}

/// The length of a part of `length` pixels with fractional ends, rounded so that the part does not extend
/// beyond the pixels.
pub(crate) fn length_within(part: &Range<f64>, length: usize) -> f64 {
    let (mut inside, end) = (part.end - part.start, length as f64);
    while part.start + inside > end {
        inside = inside.next_down();
    }
    inside
}
