//! From probability maps to nuclei: fast, pure and deterministic functions.
//!
//! ```text
//!                       ┌─apply─┐ (corrections)
//!                       ▼       │
//! ProbabilityMaps ──watershed──▶ LabelImage ──outlines──▶ Outline, Polygon
//!                                ├──measure───▶ Measurements
//!                                ├──expand────▶ cells (LabelImage)
//!                                └──inside────▶ those in regions of interest
//! ```

mod cells;
mod connected_components;
pub mod counted;
mod edit;
mod label_image;
mod measure;
mod outline;
mod pixel_mask;
mod polygon;
mod region;
mod settings;
mod sparse;
pub mod summary;
pub mod table;
mod threshold;
mod union_find;
mod watershed;

pub use cells::{MAXIMUM_EXPANSION, expand};
pub(crate) use connected_components::Components;
pub use connected_components::{Connectivity, connected_components};
pub use counted::{Counted, Gate, Keep, Rules, count};
pub use edit::{Edit, EditError, Edited, Editor, RefusedEdit, apply, corrected};
pub use label_image::LabelImage;
pub(crate) use measure::nearest;
pub use measure::{BoundingBox, Intensities, Measurements, measure};
pub use outline::{Outline, outlines};
pub use polygon::{Polygon, Ring, polygons};
pub use region::{Region, RegionShape, area, inside, region_names};
pub use settings::{SETTINGS, Setting, SettingKind, Slider, WatershedSettings};
pub use sparse::SparseNuclei;
pub use summary::Summary;
pub use table::MeasurementTable;
pub use threshold::{Threshold, ThresholdError, otsu};
pub use watershed::watershed;
