//! The same image seen in another way: averaging what the network says of two views makes its answer
//! steadier.

use super::{Maps, Network, NetworkError, infer};
use crate::image::NormalizedImage;

/// A way to show an image to the network. The maps come back as if it had been shown as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Left and right are exchanged.
    pub mirrored: bool,
    /// Factor on the scale.
    pub zoom: f64,
}

impl View {
    /// As it is.
    pub const PLAIN: Self = Self { mirrored: false, zoom: 1.0 };

    /// [`infer`] through this view.
    ///
    /// # Errors
    /// What the network says.
    pub fn infer(
        self,
        network: &dyn Network,
        image: &NormalizedImage,
        scale: f64,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Maps, NetworkError> {
        if !self.mirrored {
            return infer(network, image, scale * self.zoom, progress);
        }
        let width = image.width();
        let mirrored = image.clone().map_planes(|plane| mirror(plane, width));
        let mut maps = infer(network, &mirrored, scale * self.zoom, progress)?;
        for map in maps.channels_mut() {
            mirror(map, width);
        }
        Ok(maps)
    }
}

/// Exchanges left and right of a plane; once more brings it back.
fn mirror<T>(plane: &mut [T], width: usize) {
    plane.chunks_exact_mut(width).for_each(<[T]>::reverse);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_and_brings_back() {
        let mut plane = [1, 2, 3, 4, 5, 6];
        mirror(&mut plane, 3);
        assert_eq!(plane, [3, 2, 1, 6, 5, 4]);
        mirror(&mut plane, 3);
        assert_eq!(plane, [1, 2, 3, 4, 5, 6]);
    }
}
