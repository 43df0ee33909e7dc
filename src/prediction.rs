//! The network's prediction for one image.

use crate::geometry::Size;

/// Three maps of the image's size, row-major, `map[y * width + x]`, with values nominally in `0.0..=1.0`.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbabilityMaps {
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// Probability that the pixel belongs to a nucleus.
    pub interior: Vec<f32>,
    /// Probability that the pixel lies on the contour of a nucleus.
    pub boundary: Vec<f32>,
    /// Distance to the contour, relative to the nucleus's maximum: 0 outside, 1 at its centre.
    pub distance: Vec<f32>,
}

impl ProbabilityMaps {
    /// Probability maps of an image of this size; `None` if a map does not have one value per pixel.
    pub fn new(size: Size, interior: Vec<f32>, boundary: Vec<f32>, distance: Vec<f32>) -> Option<Self> {
        let Size { width, height } = size;
        let pixels = width.checked_mul(height)?;
        let fits = [&interior, &boundary, &distance].into_iter().all(|map| map.len() == pixels);
        fits.then_some(Self { width, height, interior, boundary, distance })
    }

    /// Probability maps that are 0 everywhere.
    pub fn zeros(size: Size) -> Self {
        let Size { width, height } = size;
        let map = vec![0.0; width * height];
        Self { width, height, interior: map.clone(), boundary: map.clone(), distance: map }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    /// Serializes the three maps one after the other, as little-endian 32-bit floats.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::prediction::ProbabilityMaps;
    ///
    /// let maps = ProbabilityMaps { interior: vec![0.25, 0.5], ..ProbabilityMaps::zeros(Size::new(2, 1)) };
    /// let bytes = maps.to_bytes();
    /// assert_eq!(bytes.len(), 3 * 2 * 4);
    /// assert_eq!(ProbabilityMaps::from_bytes(Size::new(2, 1), &bytes), Some(maps));
    /// assert_eq!(ProbabilityMaps::from_bytes(Size::new(3, 1), &bytes), None);
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let maps = [&self.interior, &self.boundary, &self.distance];
        maps.into_iter().flatten().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` if the bytes are not three planes of this size.
    pub fn from_bytes(size: Size, bytes: &[u8]) -> Option<Self> {
        let Size { width, height } = size;
        let (values, rest) = bytes.as_chunks::<4>();
        let pixels = width.checked_mul(height)?;
        if !rest.is_empty() || Some(values.len()) != pixels.checked_mul(3) {
            return None;
        }
        let map = |number: usize| {
            values[number * pixels..][..pixels].iter().map(|&value| f32::from_le_bytes(value)).collect()
        };
        Some(Self { width, height, interior: map(0), boundary: map(1), distance: map(2) })
    }

    /// The three maps, in the order of the model's output.
    pub fn channels_mut(&mut self) -> [&mut Vec<f32>; 3] {
        [&mut self.interior, &mut self.boundary, &mut self.distance]
    }
}
