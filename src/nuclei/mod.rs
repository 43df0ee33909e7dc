//! From the network's maps to nuclei: everything here is cheap, pure and deterministic.
//!
//! ```text
//! Maps ──watershed──▶ LabelImage ──outlines──▶ Outline, Polygon
//!                                └──measure───▶ Measurements
//! ```

mod label_image;
mod measure;
mod outline;
mod polygon;
mod watershed;

pub use label_image::LabelImage;
pub(crate) use measure::nearest;
pub use measure::{BoundingBox, Intensities, Measurements, measure};
pub use outline::{Outline, outlines};
pub use polygon::{Polygon, Ring, polygons};
pub use watershed::{WatershedSettings, watershed};
