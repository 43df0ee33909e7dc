//! What was guessed, repaired or left out while a file was opened.

use serde::{Deserialize, Serialize};

/// Something that a user should know of an image that was opened all the same: a guess, a repair, or a
/// part that was left out. Page, command line and `summary.csv` show it.
///
/// ```
/// use nucleoscope::image::Warning;
///
/// let warning = Warning::new("image/orientation", "the pixels are taken as stored");
/// assert_eq!(warning.to_string(), "the pixels are taken as stored");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Warning {
    /// A stable identifier such as `image/orientation`, for programs and tests.
    pub code: String,
    /// One sentence or two without a full stop at the end: what was found, and what was done about it.
    pub message: String,
}

impl Warning {
    /// A warning.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Adds a warning unless one with the same words is there.
pub(super) fn warn(warnings: &mut Vec<Warning>, code: &'static str, message: impl Into<String>) {
    let warning = Warning::new(code, message);
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}
