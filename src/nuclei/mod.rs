//! From the network's maps to nuclei: everything here is cheap, pure and deterministic.
//!
//! ```text
//!                       ┌─apply─┐ (corrections)
//!                       ▼       │
//! Maps ──watershed──▶ LabelImage ──outlines──▶ Outline, Polygon
//!                                ├──measure───▶ Measurements
//!                                └──inside────▶ those in regions of interest
//! ```

mod edit;
mod label_image;
mod measure;
mod outline;
mod polygon;
mod region;
mod stencil;
mod watershed;

pub use edit::{Edit, EditError, Edited, Editor, apply};
pub use label_image::LabelImage;
pub(crate) use measure::nearest;
pub use measure::{BoundingBox, Intensities, Measurements, measure};
pub use outline::{Outline, outlines};
pub use polygon::{Polygon, Ring, polygons};
pub use region::{Region, area, inside};
pub use watershed::{WatershedSettings, watershed};
