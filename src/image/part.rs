//! The part of an image that is in memory.

use super::Image;
use crate::geometry::{Point, Rect, Size};

/// An image, or a rectangular part of a larger image of which nothing else is in memory.
///
/// A reference to an [`Image`] converts to the part that is the whole image.
///
/// ```
/// use nucleoscope::geometry::{Point, Rect, Size};
/// use nucleoscope::image::{Image, ImagePart, Samples};
///
/// let values = Image::new(Size::new(2, 1), 1, Samples::U8(vec![3, 4].into()))?;
/// let part = ImagePart::new(&values, Point::new(5, 7), Size::new(100, 80)).unwrap();
/// assert_eq!(part.rect(), Rect { left: 5, top: 7, width: 2, height: 1 });
/// assert_eq!(ImagePart::from(&values).whole(), Size::new(2, 1));
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ImagePart<'a> {
    image: &'a Image,
    origin: Point<usize>,
    whole: Size,
}

impl<'a> ImagePart<'a> {
    /// Creates a part from its values, its first column and row, and the size of the whole image; `None` if
    /// it extends beyond the whole image.
    pub fn new(image: &'a Image, origin: Point<usize>, whole: Size) -> Option<Self> {
        let fits = |start: usize, length: usize, end: usize| {
            start.checked_add(length).is_some_and(|behind| behind <= end)
        };
        let is_inside =
            fits(origin.x, image.width(), whole.width) && fits(origin.y, image.height(), whole.height);
        is_inside.then_some(Self { image, origin, whole })
    }

    /// The values of the part.
    pub fn image(&self) -> &'a Image {
        self.image
    }

    /// The position and size of the part in the whole image.
    pub fn rect(&self) -> Rect {
        let Size { width, height } = self.image.size();
        Rect { left: self.origin.x, top: self.origin.y, width, height }
    }

    /// The numbers of columns and rows of the whole image.
    pub fn whole(&self) -> Size {
        self.whole
    }
}

impl<'a> From<&'a Image> for ImagePart<'a> {
    fn from(image: &'a Image) -> Self {
        Self { image, origin: Point::new(0, 0), whole: image.size() }
    }
}
