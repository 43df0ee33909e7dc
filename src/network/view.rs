//! The same image seen in another way: averaging what the network says of two views makes its answer
//! steadier.

use super::tiles::{Scene, mirror};
use super::{Maps, Network, NetworkError};
use crate::image::{NormalizedImage, Window};

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

    /// What the network says of a window of an image that is resized by `scale` on the way in; the maps
    /// come back at the image's own size. They are the same as those of the whole image there, but for
    /// rounding: the network sees what is around the window.
    ///
    /// What is longer than `longest_tile` pixels (after scaling) is shown in tiles; `progress` is told the
    /// tiles done and the tiles in all, after each tile.
    ///
    /// # Errors
    /// What the network says.
    pub fn infer(
        self,
        network: &dyn Network,
        image: &NormalizedImage,
        scale: f64,
        window: &Window,
        longest_tile: usize,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Maps, NetworkError> {
        let Self { mirrored, zoom } = self;
        let scene = Scene { image, mirrored, scale: scale * zoom, longest_tile };
        if !mirrored {
            return scene.infer(network, window, progress);
        }
        let mut maps = scene.infer(network, &window.mirrored(image.width()), progress)?;
        for map in maps.channels_mut() {
            mirror(map, window.width);
        }
        Ok(maps)
    }
}
