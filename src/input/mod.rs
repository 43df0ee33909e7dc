//! Input of a run: files, folders, archives, and the ground truth among them.

pub mod archive;
pub mod batch;
pub mod blocks;
pub mod dataset;
pub mod shard;
pub mod truth;
