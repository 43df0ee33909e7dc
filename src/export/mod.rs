//! The files that leave the program, one module a format.

pub mod bowl_csv;
pub mod label_image;
pub mod measurements;
pub mod overlay;
