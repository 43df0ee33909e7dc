//! The 2018 Data Science Bowl (BBBC038): its folder layout, run-length encoding, CSV and score.

pub mod csv;
pub mod folder;
pub mod run_length;
pub mod score;

pub use run_length::{Mask, Run};

/// An image id as it is compared: in Unicode's composed form (NFC), without spaces around it.
///
/// ```
/// assert_eq!(nucleoscope::dsb2018::comparable(" cafe\u{301}"), "café");
/// ```
pub fn comparable(image_id: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    image_id.trim().nfc().collect()
}
