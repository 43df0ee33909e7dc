//! From the network's maps to nuclei: everything here is cheap, pure and deterministic.
//!
//! ```text
//!                       ┌─apply─┐ (corrections)
//!                       ▼       │
//! Maps ──watershed──▶ LabelImage ──outlines──▶ polygons
//!                                ├──measure───▶ Measurements
//!                                └──inside────▶ those in regions of interest
//! ```

mod edit;
mod label_image;
mod measure;
mod outline;
mod region;
mod stencil;
mod watershed;

pub use edit::{Edit, EditError, Edited, Editor, apply};
pub use label_image::LabelImage;
pub use measure::{BoundingBox, Intensities, Measurements, measure};
pub use outline::{Outline, outlines};
pub use region::{Region, area, inside};
pub use watershed::{WatershedSettings, watershed};
