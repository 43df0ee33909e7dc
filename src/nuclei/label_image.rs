//! Label images: the nucleus that each pixel belongs to.

use crate::geometry::Size;

/// An image of labels: 0 is background, `1..=count` are the nuclei.
///
/// Row-major, `labels[y * width + x]`, shape `[height, width]`. A pixel has one label, so two nuclei never
/// overlap. Labels are consecutive: every number in `1..=count` occurs.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::nuclei::LabelImage;
///
/// // The input may have gaps; labels are renumbered in ascending order.
/// let labels = LabelImage::from_labels(Size::new(3, 2), vec![0, 7, 7,
///                                                 2, 0, 7]);
/// assert_eq!(labels.count(), 2);
/// assert_eq!(labels.as_slice(), &[0, 2, 2,
///                                 1, 0, 2]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelImage {
    size: Size,
    count: u32,
    labels: Vec<u32>,
}

impl LabelImage {
    /// Creates a label image without nuclei.
    pub fn empty(size: Size) -> Self {
        Self { size, count: 0, labels: vec![0; size.area()] }
    }

    /// Creates a label image, renumbering the labels as `1..=count` in ascending order.
    ///
    /// # Panics
    /// If `labels` does not have one value per pixel of the size, which is a programming error.
    pub fn from_labels(size: Size, mut labels: Vec<u32>) -> Self {
        assert_eq!(labels.len(), size.area(), "one label a pixel");
        // One value per run, which needs far less memory and sorting than one per pixel.
        let mut present: Vec<u32> = labels.chunk_by(u32::eq).map(|run| run[0]).collect();
        present.sort_unstable();
        present.dedup();
        present.retain(|&label| label != 0);
        let consecutive = present.iter().zip(1..).all(|(&label, number)| label == number);
        if !consecutive {
            for label in labels.iter_mut().filter(|label| **label != 0) {
                *label = present.partition_point(|other| other < label) as u32 + 1;
            }
        }
        Self { size, count: present.len() as u32, labels }
    }

    /// Creates a label image from consecutive labels: every number in `1..=count` occurs, and no other.
    pub(super) fn from_consecutive(size: Size, count: u32, labels: Vec<u32>) -> Self {
        debug_assert_eq!(Self::from_labels(size, labels.clone()).count, count);
        Self { size, count, labels }
    }

    /// Creates a label image from labels up to `count`, renumbering them in the order of their first pixels,
    /// row by row.
    pub(crate) fn numbered_by_first_pixel(size: Size, count: u32, mut labels: Vec<u32>) -> Self {
        let mut numbers = vec![0u32; count as usize + 1];
        let mut next = 1;
        for label in labels.iter_mut().filter(|label| **label != 0) {
            let number = &mut numbers[*label as usize];
            if *number == 0 {
                *number = next;
                next += 1;
            }
            *label = *number;
        }
        Self::from_consecutive(size, next - 1, labels)
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.size.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.size.height
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Number of nuclei.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The labels, row by row.
    pub fn as_slice(&self) -> &[u32] {
        &self.labels
    }

    /// The label at column `x`, row `y`; 0 outside the image.
    pub fn get(&self, x: usize, y: usize) -> u32 {
        if x < self.size.width && y < self.size.height { self.labels[y * self.size.width + x] } else { 0 }
    }

    /// Keeps the nuclei whose entry is true, starting with nucleus 1; the others become background.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::nuclei::LabelImage;
    ///
    /// let labels = LabelImage::from_labels(Size::new(3, 1), vec![1, 2, 3]);
    /// assert_eq!(labels.only(&[true, false, true]).as_slice(), &[1, 0, 2]);
    /// ```
    pub fn only(&self, kept: &[bool]) -> Self {
        let is_kept = |label: u32| label != 0 && kept.get(label as usize - 1) == Some(&true);
        let labels = self.labels.iter().map(|&label| if is_kept(label) { label } else { 0 }).collect();
        Self::from_labels(self.size, labels)
    }

    /// Area of each nucleus in pixels, starting with nucleus 1.
    pub fn areas(&self) -> Vec<usize> {
        let mut areas = vec![0; self.count as usize];
        for &label in self.labels.iter().filter(|label| **label != 0) {
            areas[label as usize - 1] += 1;
        }
        areas
    }
}
