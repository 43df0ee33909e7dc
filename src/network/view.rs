//! The same image seen in another way: averaging what the network says of several views makes its
//! answer steadier.

use super::{Maps, Network, NetworkError, infer};
use crate::image::NormalizedImage;

/// A way to show an image to the network. The maps come back as if it had been shown as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Left and right are exchanged.
    pub mirrored: bool,
    /// Top and bottom are exchanged.
    pub upside_down: bool,
    /// Factor on the scale.
    pub zoom: f64,
}

impl View {
    /// As it is.
    pub const PLAIN: Self = Self { mirrored: false, upside_down: false, zoom: 1.0 };

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
        if !self.mirrored && !self.upside_down {
            return infer(network, image, scale * self.zoom, progress);
        }
        let width = image.width();
        let turned = image.clone().map_planes(|plane| self.turn(plane, width));
        let mut maps = infer(network, &turned, scale * self.zoom, progress)?;
        for map in maps.channels_mut() {
            self.turn(map, width);
        }
        Ok(maps)
    }

    /// Turns a plane in place; once more turns it back.
    fn turn<T>(self, plane: &mut [T], width: usize) {
        match (self.mirrored, self.upside_down) {
            (false, false) => {}
            (true, true) => plane.reverse(),
            (true, false) => plane.chunks_exact_mut(width).for_each(<[T]>::reverse),
            (false, true) => {
                plane.reverse();
                plane.chunks_exact_mut(width).for_each(<[T]>::reverse);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_as_the_words_say_and_back() {
        let plane = [1, 2, 3, 4, 5, 6];
        let turned = |mirrored, upside_down| {
            let view = View { mirrored, upside_down, zoom: 1.0 };
            let mut turned = plane;
            view.turn(&mut turned, 3);
            let mut back = turned;
            view.turn(&mut back, 3);
            assert_eq!(back, plane);
            turned
        };
        assert_eq!(turned(false, false), [1, 2, 3, 4, 5, 6]);
        assert_eq!(turned(true, false), [3, 2, 1, 6, 5, 4]);
        assert_eq!(turned(false, true), [4, 5, 6, 1, 2, 3]);
        assert_eq!(turned(true, true), [6, 5, 4, 3, 2, 1]);
    }
}
