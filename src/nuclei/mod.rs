//! From the network's maps to nuclei: everything here is cheap, pure and deterministic.
//!
//! ```text
//! Maps ──watershed──▶ LabelImage ──outlines──▶ polygons
//!                                └──measure───▶ Measurements
//! ```

mod label_image;
mod measure;
mod outline;
mod watershed;

pub use label_image::LabelImage;
pub use measure::{BoundingBox, Intensities, Measurements, measure};
pub use outline::{Outline, outlines};
pub use watershed::{WatershedSettings, watershed};
