//! The scales at which a network works: which nuclei are used at their own size, and how others are resized.

use std::collections::HashMap;

use super::NetworkError;

/// The scales at which a network works, and when a prediction on a reduced copy of an image is enough to
/// determine its scale. A scale is the factor by which both sides of an image are resized for the network.
///
/// A model's metadata may define each number under the key given with it; otherwise it is derived from the
/// model's `training_diameter`.
///
/// ```
/// use nucleoscope::network::ScaleRange;
///
/// let range = ScaleRange::for_training_diameter(24.0);
/// assert_eq!(range.fitting_scale(30.0), 1.0);
/// assert_eq!(range.fitting_scale(48.0), 0.5);
/// // Small nuclei are not enlarged.
/// assert_eq!(range.fitting_scale(6.0), 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ScaleRange {
    /// Smallest diameter in pixels of nuclei that are not resized (`scale_minimum_diameter`).
    pub minimum_diameter: f64,
    /// Largest diameter in pixels of nuclei that are not resized (`scale_maximum_diameter`).
    pub maximum_diameter: f64,
    /// Diameter in pixels to which smaller and larger nuclei are resized, within the limits of the scales
    /// (`scale_target_diameter`).
    pub target_diameter: f64,
    /// Smallest scale (`scale_minimum`).
    pub minimum: f64,
    /// Largest scale; if it is 1, no image is enlarged (`scale_maximum`).
    pub maximum: f64,
    /// Scale of the reduced copy (`scale_copy`).
    pub copy: f64,
    /// Smallest side in pixels of a reduced copy (`scale_copy_minimum_side`); for smaller images, no copy is
    /// made.
    pub copy_minimum_side: f64,
    /// Smallest typical diameter, in pixels of the copy, at which nuclei in a copy are trusted
    /// (`scale_copy_minimum_diameter`).
    pub copy_minimum_diameter: f64,
    /// Smallest mean interior probability at which nuclei in a copy are trusted without an inference pass
    /// over the image itself (`scale_copy_minimum_probability`).
    pub copy_minimum_probability: f64,
    /// Relative difference between the scale of a copy and the fitting scale up to which the prediction on
    /// the copy is final (`scale_tolerance`).
    pub tolerance: f64,
}

/// One of the numbers: its key, its valid values, and its field.
struct Entry {
    key: &'static str,
    least: f64,
    most: f64,
    place: fn(&mut ScaleRange) -> &mut f64,
}

const ENTRIES: [Entry; 10] = [
    Entry { key: "minimum_diameter", least: 1.0, most: 1000.0, place: |range| &mut range.minimum_diameter },
    Entry { key: "maximum_diameter", least: 1.0, most: 1000.0, place: |range| &mut range.maximum_diameter },
    Entry { key: "target_diameter", least: 1.0, most: 1000.0, place: |range| &mut range.target_diameter },
    Entry { key: "minimum", least: 0.01, most: 16.0, place: |range| &mut range.minimum },
    Entry { key: "maximum", least: 0.01, most: 16.0, place: |range| &mut range.maximum },
    Entry { key: "copy", least: 0.01, most: 1.0, place: |range| &mut range.copy },
    Entry { key: "copy_minimum_side", least: 1.0, most: 1e9, place: |range| &mut range.copy_minimum_side },
    Entry {
        key: "copy_minimum_diameter",
        least: 0.0,
        most: 1000.0,
        place: |range| &mut range.copy_minimum_diameter,
    },
    Entry {
        key: "copy_minimum_probability",
        least: 0.0,
        most: 1.0,
        place: |range| &mut range.copy_minimum_probability,
    },
    Entry { key: "tolerance", least: 0.0, most: 1.0, place: |range| &mut range.tolerance },
];

impl ScaleRange {
    /// The default range of a model that was trained for this diameter.
    pub fn for_training_diameter(diameter: f64) -> Self {
        Self {
            minimum_diameter: diameter / 3.0,
            maximum_diameter: diameter * 5.0 / 3.0,
            target_diameter: diameter,
            minimum: 0.2,
            maximum: 1.0,
            copy: 0.25,
            copy_minimum_side: 48.0,
            copy_minimum_diameter: diameter * 5.0 / 12.0,
            copy_minimum_probability: 0.93,
            tolerance: 0.18,
        }
    }

    /// Changes some of the numbers. Each is named like its metadata key without `scale_` (`scale_minimum` and
    /// `scale_maximum` are `minimum` and `maximum`).
    ///
    /// # Errors
    /// A message about the number that is unknown, out of range, or inconsistent with another.
    ///
    /// ```
    /// use nucleoscope::network::ScaleRange;
    ///
    /// let range = ScaleRange::for_training_diameter(24.0);
    /// assert_eq!(range.with([("maximum", 3.0)])?.fitting_scale(6.0), 3.0);
    /// assert!(range.with([("maximum", 0.1)]).is_err());
    /// assert!(range.with([("colour", 1.0)]).is_err());
    /// # Ok::<(), String>(())
    /// ```
    pub fn with<'a>(self, changes: impl IntoIterator<Item = (&'a str, f64)>) -> Result<Self, String> {
        let mut changed = self;
        for (key, value) in changes {
            let entry = ENTRIES.iter().find(|entry| entry.key == key).ok_or_else(|| {
                let known: Vec<&str> = ENTRIES.iter().map(|entry| entry.key).collect();
                format!("\"{key}\" is not one of {}", known.join(", "))
            })?;
            let Entry { least, most, place, .. } = entry;
            if !(*least..=*most).contains(&value) {
                return Err(format!("\"{key}\" is {value}, not from {least} to {most}"));
            }
            *place(&mut changed) = value;
        }
        let pairs = [
            ["minimum_diameter", "target_diameter"],
            ["target_diameter", "maximum_diameter"],
            ["minimum", "maximum"],
        ];
        for [lower, upper] in pairs {
            if changed.get(lower) > changed.get(upper) {
                return Err(format!("\"{lower}\" is larger than \"{upper}\""));
            }
        }
        Ok(changed)
    }

    /// Each number with its name.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, f64)> + use<> {
        let mut range = *self;
        ENTRIES.iter().map(move |entry| (entry.key, *(entry.place)(&mut range)))
    }

    fn get(&self, key: &str) -> Option<f64> {
        self.entries().find_map(|(name, value)| (name == key).then_some(value))
    }

    /// The range from a model's metadata; missing numbers are derived from the training diameter.
    pub(super) fn from_metadata(
        metadata: &HashMap<String, String>,
        training_diameter: f64,
    ) -> Result<Self, NetworkError> {
        let mut changes = Vec::new();
        for Entry { key, .. } in &ENTRIES {
            if let Some(text) = metadata.get(&format!("scale_{key}")) {
                let number = text.trim().parse::<f64>().map_err(|_| {
                    NetworkError::metadata(format!("metadata \"scale_{key}\" is \"{text}\", not a number"))
                })?;
                changes.push((*key, number));
            }
        }
        let range = Self::for_training_diameter(training_diameter);
        range
            .with(changes)
            .map_err(|reason| NetworkError::metadata(format!("metadata \"scale_…\": {reason}")))
    }

    /// The scale for nuclei of this diameter in pixels of the image.
    pub fn fitting_scale(&self, diameter: f64) -> f64 {
        let fits = (self.minimum_diameter..=self.maximum_diameter).contains(&diameter);
        let scale = if fits { 1.0 } else { self.target_diameter / diameter };
        scale.clamp(self.minimum, self.maximum)
    }

    /// The scale for an image whose nuclei are unknown: 1, or the nearest permitted value.
    pub fn plain_scale(&self) -> f64 {
        1f64.clamp(self.minimum, self.maximum)
    }

    /// The scale of the reduced copy of an image with this shorter side, if a copy is worthwhile.
    pub fn copy_scale(&self, shorter_side: usize) -> Option<f64> {
        let shows_enough = shorter_side as f64 * self.copy >= self.copy_minimum_side;
        (shows_enough && self.copy < self.plain_scale()).then_some(self.copy)
    }

    /// Whether a prediction at one scale can be used for the other.
    pub fn is_near(&self, scale: f64, other: f64) -> bool {
        (scale / other).max(other / scale) <= 1.0 + self.tolerance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range() -> ScaleRange {
        ScaleRange::for_training_diameter(24.0)
    }

    #[test]
    fn metadata_says_each_number_and_the_rest_follows_from_the_training_diameter() {
        let read = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
            ScaleRange::from_metadata(&pairs.collect(), 24.0)
        };
        assert_eq!(read(&[]).unwrap(), range());
        let read_back = read(&[("scale_target_diameter", "16"), ("scale_maximum", "2")]).unwrap();
        assert_eq!(read_back, ScaleRange { target_diameter: 16.0, maximum: 2.0, ..range() });
        for (index, entry) in ENTRIES.iter().enumerate() {
            let key = format!("scale_{}", entry.key);
            let error = read(&[(&key, "much")]).unwrap_err().to_string();
            assert!(error.contains(&key), "{error}");
            assert!(read(&[(&key, "-1")]).is_err() && read(&[(&key, "NaN")]).is_err(), "{key}");
            let mut changed = range();
            *(entry.place)(&mut changed) += 0.25;
            let differ = changed.entries().zip(range().entries()).filter(|(one, other)| one != other);
            assert_eq!(differ.count(), 1, "entry {index} has a place of its own");
        }
        assert!(read(&[("scale_minimum_diameter", "50")]).is_err(), "larger than the largest");
    }

    #[test]
    fn a_copy_shows_enough_of_the_image_or_is_not_made() {
        assert_eq!(range().copy_scale(1000), Some(0.25));
        assert_eq!(range().copy_scale(192), Some(0.25));
        assert_eq!(range().copy_scale(191), None);
        assert_eq!(range().copy_scale(1), None);
    }

    proptest! {
        #[test]
        fn fitting_scales_stay_within_bounds_and_fall_with_the_diameter(
            one in 0.1..2000.0f64, other in 0.1..2000.0f64, most in 0.2..4.0f64,
        ) {
            let range = range().with([("maximum", most)]).unwrap();
            let (scale, at_other) = (range.fitting_scale(one), range.fitting_scale(other));
            prop_assert!((range.minimum..=range.maximum).contains(&scale));
            let in_order = if one <= other { scale >= at_other } else { scale <= at_other };
            prop_assert!(in_order, "{} {}", scale, at_other);
            prop_assert!(range.is_near(scale, scale));
            prop_assert_eq!(range.is_near(scale, at_other), range.is_near(at_other, scale));
        }
    }
}
