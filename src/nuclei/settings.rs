//! The watershed settings, each defined once: field, name, default, range and help.
//!
//! The command-line options, the page's sliders, and the validation of records and links are all made from
//! [`SETTINGS`]. To add a setting, define it here and use it in `watershed.rs`.

/// A watershed setting.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Setting {
    /// Name in JSON, in camel case.
    pub name: &'static str,
    /// Name before version 0.1, which is still accepted.
    pub old_name: Option<&'static str>,
    /// Label on the page.
    pub label: &'static str,
    /// Help: one sentence without a full stop.
    pub help: &'static str,
    /// Unit of the values; empty for a probability or a fraction.
    pub unit: &'static str,
    /// Type of the values.
    pub kind: SettingKind,
    /// Minimum. A switch is 0 (off) or 1 (on).
    pub minimum: f64,
    /// Maximum.
    pub maximum: f64,
    /// Default.
    pub default: f64,
    /// The slider on the page, if there is one.
    pub slider: Option<Slider>,
    #[cfg_attr(feature = "serde", serde(skip))]
    get: fn(&WatershedSettings) -> f64,
    #[cfg_attr(feature = "serde", serde(skip))]
    set: fn(&mut WatershedSettings, f64),
}

/// Type of the values of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum SettingKind {
    /// Any number in the range.
    Number,
    /// Whole numbers in the range.
    Count,
    /// On or off.
    Switch,
}

/// The range of values that a setting's slider offers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Slider {
    /// Minimum.
    pub minimum: f64,
    /// Maximum.
    pub maximum: f64,
    /// Step between values.
    pub step: f64,
    /// Whether the right end of the slider is the minimum.
    pub reversed: bool,
    /// Help that replaces [`Setting::help`] for a reversed slider.
    pub help: Option<&'static str>,
}

impl Setting {
    /// Finds a setting by its name, or by its name before version 0.1.
    ///
    /// ```
    /// use nucleoscope::nuclei::Setting;
    ///
    /// assert_eq!(Setting::named("minimumArea").unwrap().unit, "px²");
    /// assert_eq!(Setting::named("smallestArea").unwrap().name, "minimumArea");
    /// assert!(Setting::named("area").is_none());
    /// ```
    pub fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name || setting.old_name == Some(name))
    }

    /// The name in kebab case, as used for the command-line option.
    ///
    /// ```
    /// assert_eq!(nucleoscope::nuclei::Setting::named("fillHoles").unwrap().option(), "fill-holes");
    /// ```
    pub fn option(&self) -> String {
        kebab_case(self.name)
    }

    /// The [`Self::option`] for the name before version 0.1.
    pub fn old_option(&self) -> Option<String> {
        self.old_name.map(kebab_case)
    }

    /// The setting's value; a switch is 0 or 1.
    pub fn get(&self, settings: &WatershedSettings) -> f64 {
        (self.get)(settings)
    }

    /// Changes the value, limited to the range.
    ///
    /// ```
    /// use nucleoscope::nuclei::{Setting, WatershedSettings};
    ///
    /// let mut settings = WatershedSettings::default();
    /// Setting::named("h").unwrap().set(&mut settings, 1.5);
    /// assert_eq!(settings.h, 1.0);
    /// ```
    pub fn set(&self, settings: &mut WatershedSettings, value: f64) {
        (self.set)(settings, value.clamp(self.minimum, self.maximum));
    }

    /// Whether a number is a valid value.
    pub fn accepts(&self, value: f64) -> bool {
        (self.minimum..=self.maximum).contains(&value)
            && (self.kind == SettingKind::Number || value.fract() == 0.0)
    }
}

fn kebab_case(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

/// A type of setting values.
trait Value: Copy {
    const KIND: SettingKind;
    fn to_number(self) -> f64;
    fn from_number(number: f64) -> Self;
}

impl Value for f32 {
    const KIND: SettingKind = SettingKind::Number;

    fn to_number(self) -> f64 {
        self.into()
    }

    fn from_number(number: f64) -> Self {
        number as Self
    }
}

impl Value for usize {
    const KIND: SettingKind = SettingKind::Count;

    fn to_number(self) -> f64 {
        self as f64
    }

    fn from_number(number: f64) -> Self {
        number.round() as Self
    }
}

impl Value for bool {
    const KIND: SettingKind = SettingKind::Switch;

    fn to_number(self) -> f64 {
        f64::from(u8::from(self))
    }

    fn from_number(number: f64) -> Self {
        number != 0.0
    }
}

/// Defines [`WatershedSettings`] and [`SETTINGS`] from one list.
macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $field:ident: $type:ty = $default:tt,
        $name:literal $(was $old:literal)?, $label:literal, $unit:literal,
        $minimum:literal to $maximum:literal,
        $help:literal
        $(, slider $low:literal to $high:literal by $step:literal $(reversed $reversed:literal)?)?;
    )*) => {
        /// Settings for the watershed. Changing them does not require running the network again.
        ///
        /// Each setting has a method that returns the settings with that value changed.
        ///
        /// ```
        /// use nucleoscope::nuclei::WatershedSettings;
        ///
        /// let settings = WatershedSettings::default().h(0.2).minimum_area(10);
        /// assert_eq!((settings.h, settings.minimum_area), (0.2, 10));
        /// assert_eq!(settings.fill_holes, WatershedSettings::default().fill_holes);
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase", default))]
        #[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
        #[non_exhaustive]
        pub struct WatershedSettings {
            $($(#[$doc])* $(#[cfg_attr(feature = "serde", serde(alias = $old))])? pub $field: $type,)*
        }

        impl Default for WatershedSettings {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl WatershedSettings {$(
            $(#[$doc])*
            #[must_use]
            pub fn $field(mut self, $field: $type) -> Self {
                self.$field = $field;
                self
            }
        )*}

        /// All settings, in display order.
        pub const SETTINGS: &[Setting] = &[$(
            Setting {
                name: $name,
                old_name: settings!(@optional $($old)?),
                label: $label,
                help: $help,
                unit: $unit,
                kind: <$type as Value>::KIND,
                minimum: $minimum,
                maximum: $maximum,
                default: settings!(@number $default),
                slider: settings!(@slider $($low, $high, $step $(, $reversed)?)?),
                get: |settings| settings.$field.to_number(),
                set: |settings, value| settings.$field = Value::from_number(value),
            },
        )*];
    };
    (@optional) => { None };
    (@optional $value:literal) => { Some($value) };
    (@number true) => { 1.0 };
    (@number false) => { 0.0 };
    (@number $value:literal) => { $value as f64 };
    (@slider) => { None };
    (@slider $low:literal, $high:literal, $step:literal) => {
        Some(Slider { minimum: $low, maximum: $high, step: $step, reversed: false, help: None })
    };
    (@slider $low:literal, $high:literal, $step:literal, $help:literal) => {
        Some(Slider { minimum: $low, maximum: $high, step: $step, reversed: true, help: Some($help) })
    };
}

settings! {
    /// Interior probability above which a pixel is foreground, `0.0..=1.0`.
    interior_threshold: f32 = 0.57,
    "interiorThreshold" was "threshold", "Interior threshold", "",
    0.0 to 1.0,
    "Interior probability above which a pixel belongs to a nucleus",
    slider 0.05 to 0.95 by 0.01;

    /// Minimum depth of the valley that separates two nuclei, in units of the distance map, `0.0..=1.0`: the
    /// h of the h-maxima. Smaller values split more. The map has 1024 levels; a value above 0 counts as at
    /// least one. At 0, a plateau may be divided.
    h: f32 = 0.35,
    "h" was "seedDepth", "Splitting", "",
    0.0 to 1.0,
    "Depth of the valley that separates two nuclei, h of the h-maxima: smaller values split more",
    slider 0.02 to 1.0 by 0.01 reversed "Higher values split touching nuclei more readily";

    /// Minimum mean interior probability of a nucleus, `0.0..=1.0`; other objects are dropped.
    minimum_confidence: f32 = 0.85,
    "minimumConfidence" was "leastCertainty", "Minimum confidence", "",
    0.0 to 1.0,
    "Nuclei whose mean interior probability is lower are dropped",
    slider 0.0 to 1.0 by 0.01;

    /// Minimum area of a nucleus in pixels; smaller objects are dropped.
    minimum_area: usize = 25,
    "minimumArea" was "smallestArea", "Minimum area", "px²",
    0.0 to 4294967295.0,
    "Nuclei of fewer pixels are dropped",
    slider 0.0 to 500.0 by 1.0;

    /// Standard deviation in pixels of the Gaussian that smooths the distance map, `0.0..=16.0`; 0 turns
    /// smoothing off. Smoothing removes dents that would split a nucleus, but also lowers the nucleus's
    /// maximum.
    smoothing: f32 = 0.0,
    "smoothing", "Smoothing", "px",
    0.0 to 16.0,
    "Standard deviation of the Gaussian that smooths the distance map: larger values split less",
    slider 0.0 to 8.0 by 0.1;

    /// Minimum peak of a nucleus in the distance map, in its units, `0.0..=1.0`: objects with a lower peak
    /// are dropped, or merged with the nucleus they touch.
    peak_threshold: f32 = 0.45,
    "peakThreshold" was "seedMinimum", "Peak threshold", "",
    0.0 to 1.0,
    "Least maximum of the distance map in a nucleus: fainter objects are dropped or joined to what they touch";

    /// Fraction of the boundary map that is subtracted from the distance map, `0.0..=1.0`.
    boundary_weight: f32 = 0.0,
    "boundaryWeight", "Boundary weight", "",
    0.0 to 1.0,
    "How much the boundary map deepens the valleys between nuclei";

    /// Whether holes inside a nucleus are filled.
    fill_holes: bool = true,
    "fillHoles", "Fill holes", "",
    0.0 to 1.0,
    "Fill holes in nuclei";

    /// Whether nuclei with a pixel on the image's border are dropped, because part of them may be missing.
    clear_border: bool = false,
    "clearBorder" was "dropAtEdge", "Clear border", "",
    0.0 to 1.0,
    "Drop nuclei that touch the image's border";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_and_the_fields_agree() {
        let json = serde_json::to_value(WatershedSettings::default()).unwrap();
        let fields = json.as_object().unwrap();
        assert_eq!(fields.len(), SETTINGS.len());
        for setting in SETTINGS {
            let field = &fields[setting.name];
            let number = field.as_f64().or(field.as_bool().map(|on| f64::from(u8::from(on)))).unwrap();
            assert!((number - setting.default).abs() < 1e-6, "{}", setting.name);
            assert_eq!(setting.get(&WatershedSettings::default()), number, "{}", setting.name);
            assert!(setting.accepts(setting.default));
            let slider = setting.slider.map_or((0.0, 0.0), |slider| (slider.minimum, slider.maximum));
            assert!(setting.minimum <= slider.0 && slider.1 <= setting.maximum);
        }
    }

    #[test]
    fn each_value_is_set_and_read_back() {
        for setting in SETTINGS {
            let mut settings = WatershedSettings::default();
            let other = if setting.default == 1.0 { 0.0 } else { 1.0 };
            setting.set(&mut settings, other);
            assert_eq!(setting.get(&settings), other);
            let changed = SETTINGS.iter().filter(|one| one.get(&settings) != one.get(&Default::default()));
            assert_eq!(changed.map(|one| one.name).collect::<Vec<_>>(), [setting.name]);
        }
    }

    #[test]
    fn old_names_are_read() {
        let old = serde_json::json!({ "threshold": 0.4, "seedDepth": 0.1, "dropAtEdge": true });
        let settings: WatershedSettings = serde_json::from_value(old).unwrap();
        assert_eq!((settings.interior_threshold, settings.h, settings.clear_border), (0.4, 0.1, true));
    }
}
