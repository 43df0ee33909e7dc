//! The 2018 Data Science Bowl (BBBC038): its folder layout, run-length encoding, CSV and score.

pub mod csv;
pub mod folder;
mod majority;
pub mod run_length;
pub mod score;

pub use run_length::{Mask, Run};

/// An image id in the form used for comparison: Unicode's composed form (NFC), without surrounding spaces.
///
/// ```
/// assert_eq!(nucleoscope::dsb2018::comparable(" cafe\u{301}"), "café");
/// ```
pub fn comparable(image_id: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    image_id.trim().nfc().collect()
}
