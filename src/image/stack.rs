//! The contents of a file (channels, slices, frames), and the selection of a part of it.

use super::display::default_displays;
use super::warning::{kind, warn};
use super::{Channel, ChannelDisplay, Image, ImageError, PixelSize, Samples, Warning, split};
use crate::geometry::Size;

/// The selected part of a stack: by default the nuclear channel, the maximum projection of all slices, and
/// the first frame.
///
/// ```
/// use nucleoscope::image::{ChannelChoice, Selection, Slice};
///
/// let choice: Selection = serde_json::from_str(r#"{ "channel": "DAPI", "slice": { "single": 4 } }"#)?;
/// assert_eq!(choice.channel, Some(ChannelChoice::Name("DAPI".into())));
/// assert_eq!((choice.slice, choice.frame), (Slice::Single(4), 0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", default)
)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Selection {
    /// The channel to segment; `None` for the one whose name or colour indicates nuclei, or else the first.
    /// In a colour image `None` selects all three.
    pub channel: Option<ChannelChoice>,
    /// One slice of a z-stack, or a projection of all of them.
    pub slice: Slice,
    /// The frame of a time series, from 0.
    pub frame: usize,
}

impl Selection {
    /// The channel to segment; `None` for the one whose name or colour indicates nuclei.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<Option<ChannelChoice>>) -> Self {
        self.channel = channel.into();
        self
    }

    /// One slice of a z-stack, or a projection of all of them.
    #[must_use]
    pub fn slice(mut self, slice: Slice) -> Self {
        self.slice = slice;
        self
    }

    /// The frame of a time series, from 0.
    #[must_use]
    pub fn frame(mut self, frame: usize) -> Self {
        self.frame = frame;
        self
    }
}

/// A channel selected by the user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(untagged))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ChannelChoice {
    /// Its index, from 0.
    Index(usize),
    /// Its name, or a part of it that is not in the name of another channel; case-insensitive.
    Name(String),
}

/// The selection in a z-stack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Slice {
    /// Maximum projection: the largest value of all slices at each pixel.
    #[default]
    MaximumProjection,
    /// One slice, from 0.
    Single(usize),
}

/// The contents of a file.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct StackInfo {
    /// The number of columns of a plane.
    pub width: usize,
    /// The number of rows of a plane.
    pub height: usize,
    /// Bits per value as stored, such as 12.
    pub bit_depth: u8,
    /// Whether the channels are the red, green and blue of one colour image.
    pub is_color: bool,
    /// The channels, at least one.
    pub channels: Vec<ChannelInfo>,
    /// The number of slices of the z-stack, at least 1.
    pub slices: usize,
    /// The number of frames of the time series, at least 1.
    pub frames: usize,
    /// The pixel size, if the file gives a plausible one (see `docs/formats.md`).
    pub pixel_size: Option<PixelSize>,
    /// The selected or detected channel, from 0. A colour image is segmented as a whole unless a channel was
    /// selected, and this is then 0.
    pub segmented_channel: usize,
    /// How the channels are drawn by default, in their order: in the file's colours if it has different ones,
    /// and up to six of them visible. One for the whole image if it has one channel or is in colour.
    pub displays: Vec<ChannelDisplay>,
    /// The assumptions, repairs and omissions in opening the file.
    pub warnings: Vec<Warning>,
}

impl StackInfo {
    /// A file with one slice and frame, of which the first channel is segmented; to be completed.
    pub(super) fn new(size: Size, bit_depth: u8, channels: Vec<ChannelInfo>) -> Self {
        Self {
            width: size.width,
            height: size.height,
            bit_depth,
            is_color: false,
            channels,
            slices: 1,
            frames: 1,
            pixel_size: None,
            segmented_channel: 0,
            displays: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// The metadata of a channel in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChannelInfo {
    /// The name in the file; `gray`, `red`, `green`, `blue` or `channel 2` if there is none.
    pub name: String,
    /// The red, green and blue values of its display colour.
    pub color: Option<[u8; 3]>,
}

/// An opened file.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The contents of the file.
    pub info: StackInfo,
    /// The image to segment: one grayscale channel, or a colour image.
    pub image: Image,
    /// Every channel at the selected slice or projection and frame, for measurement; for a colour image,
    /// those of [`split`].
    pub channels: Vec<Channel>,
}

/// The channels to keep in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// The segmented channel.
    Segmented,
    /// All channels.
    All,
}

impl Opened {
    /// A grayscale or colour image in memory, as if it had been read from a file; the arguments are those of
    /// [`Image::new`]. Values that are not finite are taken as background, with a warning.
    ///
    /// # Errors
    /// [`ImageError::Inconsistent`] as for [`Image::new`], or a selection that the image does not have.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::image::{Opened, Samples, Selection};
    ///
    /// let samples = Samples::F32(vec![2.0, f32::NAN, 3.0].into());
    /// let opened = Opened::from_samples(Size::new(3, 1), 1, samples, &Selection::default())?;
    /// assert_eq!(opened.image.samples(), &Samples::F32(vec![2.0, 2.0, 3.0].into()));
    /// assert_eq!(opened.info.warnings[0].code, "image/non-finite");
    /// # Ok::<(), nucleoscope::image::ImageError>(())
    /// ```
    pub fn from_samples(
        size: Size,
        channels: usize,
        samples: Samples,
        selection: &Selection,
    ) -> Result<Self, ImageError> {
        let mut warnings = Vec::new();
        let planes = finite(vec![samples], &mut warnings);
        let image = planes.into_iter().next().map(|samples| Image::new(size, channels, samples));
        Self::single(image.ok_or_else(|| no_values(size))??, warnings, selection, Keep::All)
    }

    /// Named channels of one size in memory, as if they had been read from a file; each has one value per pixel.
    /// Values that are not finite are taken as background, with a warning.
    ///
    /// # Errors
    /// [`ImageError::Inconsistent`] if there is no channel or a channel has another size, or a selection that the
    /// channels do not have.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::image::{Opened, Samples, Selection};
    ///
    /// let plane = |value: u8| Samples::U8(vec![value; 6].into());
    /// let channels = vec![("GFP".to_owned(), plane(1)), ("DAPI".to_owned(), plane(2))];
    /// let opened = Opened::from_channels(Size::new(3, 2), channels, &Selection::default())?;
    /// assert_eq!(opened.info.segmented_channel, 1);
    /// assert_eq!(opened.image.samples(), &plane(2));
    /// # Ok::<(), nucleoscope::image::ImageError>(())
    /// ```
    pub fn from_channels(
        size: Size,
        channels: Vec<(String, Samples)>,
        selection: &Selection,
    ) -> Result<Self, ImageError> {
        plane_range(selection, 1, 1)?;
        let mut warnings = Vec::new();
        let (names, planes): (Vec<String>, Vec<Samples>) = channels.into_iter().unzip();
        let planes = finite(planes, &mut warnings).into_iter();
        let channel = |(name, samples)| Image::new(size, 1, samples).map(|image| Channel { name, image });
        let channels: Vec<Channel> = names.into_iter().zip(planes).map(channel).collect::<Result<_, _>>()?;
        let info = |channel: &Channel| ChannelInfo { name: channel.name.clone(), color: None };
        let infos: Vec<ChannelInfo> = channels.iter().map(info).collect();
        let chosen = choose_channel(selection, &infos)?;
        let image = channels.get(chosen).ok_or_else(|| no_values(size))?.image.clone();
        let info = StackInfo::new(size, image.bit_depth(), infos);
        let mut info = StackInfo { segmented_channel: chosen, warnings, ..info };
        info.displays = default_displays(&info);
        Ok(Self { info, image, channels })
    }

    /// A file with one grayscale or colour image.
    pub(super) fn single(
        image: Image,
        warnings: Vec<Warning>,
        selection: &Selection,
        keep: Keep,
    ) -> Result<Self, ImageError> {
        plane_range(selection, 1, 1)?;
        let is_color = image.channels() == 3;
        let info = StackInfo::new(image.size(), image.bit_depth(), gray_or_color(is_color));
        let info = StackInfo { is_color, warnings, ..info };
        Self::with_info(image, info, selection, keep)
    }

    /// The same with known metadata; `info.channels` are those of [`split`].
    pub(super) fn with_info(
        image: Image,
        mut info: StackInfo,
        selection: &Selection,
        keep: Keep,
    ) -> Result<Self, ImageError> {
        let chosen =
            selection.channel.as_ref().map(|choice| find_channel(choice, &info.channels)).transpose()?;
        info.segmented_channel = chosen.unwrap_or(0);
        info.displays = default_displays(&info);
        let wants_part = info.is_color && chosen.is_some();
        let channels = if keep == Keep::All || wants_part { split(&image)? } else { Vec::new() };
        let image = if wants_part {
            channels.get(info.segmented_channel).map_or(image, |channel| channel.image.clone())
        } else {
            image
        };
        let channels = if keep == Keep::All { channels } else { Vec::new() };
        Ok(Self { info, image, channels })
    }
}

fn no_values(size: Size) -> ImageError {
    ImageError::Inconsistent { width: size.width, height: size.height, channels: 0, values: 0 }
}

/// The channels of one grayscale or colour image, with the names used by [`split`].
pub(super) fn gray_or_color(is_color: bool) -> Vec<ChannelInfo> {
    let one = |name: &str, color| ChannelInfo { name: name.to_owned(), color };
    if is_color {
        vec![one("red", Some([255, 0, 0])), one("green", Some([0, 255, 0])), one("blue", Some([0, 0, 255]))]
    } else {
        vec![one("gray", None)]
    }
}

/// The slices needed for a selection.
///
/// # Errors
/// The slice or frame does not exist.
pub(super) fn plane_range(
    selection: &Selection,
    slices: usize,
    frames: usize,
) -> Result<std::ops::Range<usize>, ImageError> {
    if selection.frame >= frames {
        return Err(ImageError::NoSuchFrame { frame: selection.frame, frames });
    }
    match selection.slice {
        Slice::MaximumProjection => Ok(0..slices),
        Slice::Single(slice) if slice < slices => Ok(slice..slice + 1),
        Slice::Single(slice) => Err(ImageError::NoSuchSlice { slice, slices }),
    }
}

/// The index of the channel to segment.
///
/// # Errors
/// [`ImageError::NoSuchChannel`] if no channel matches, or several channels match a part of a name.
pub(super) fn choose_channel(selection: &Selection, channels: &[ChannelInfo]) -> Result<usize, ImageError> {
    match &selection.channel {
        Some(choice) => find_channel(choice, channels),
        None => Ok(guess_nuclear(channels)),
    }
}

fn find_channel(choice: &ChannelChoice, channels: &[ChannelInfo]) -> Result<usize, ImageError> {
    let found = match choice {
        ChannelChoice::Index(index) => (*index < channels.len()).then_some(*index),
        ChannelChoice::Name(name) => find_name(name, channels),
    };
    found.ok_or_else(|| ImageError::NoSuchChannel {
        wanted: match choice {
            ChannelChoice::Index(index) => index.saturating_add(1).to_string(),
            ChannelChoice::Name(name) => format!("“{name}”"),
        },
        names: channels.iter().map(|channel| channel.name.clone()).collect(),
    })
}

fn find_name(name: &str, channels: &[ChannelInfo]) -> Option<usize> {
    let wanted = name.trim().to_lowercase();
    let names: Vec<String> = channels.iter().map(|channel| channel.name.to_lowercase()).collect();
    let exact = names.iter().position(|name| *name == wanted);
    let only_one = || {
        let mut with_it = (0..names.len()).filter(|&at| !wanted.is_empty() && names[at].contains(&wanted));
        with_it.next().filter(|_| with_it.next().is_none())
    };
    exact.or_else(only_one)
}

/// Parts of names of nuclear stains, the most specific first.
const STAINS: [&str; 12] = [
    "dapi",
    "hoechst",
    "draq",
    "sytox",
    "propidium",
    "to-pro",
    "topro",
    "h2b",
    "nuclei",
    "nuclear",
    "nucleus",
    "chromatin",
];
/// Names of nuclear stains that are too short to search for inside other words.
const SHORT_STAINS: [&str; 3] = ["pi", "nuc", "dna"];

/// The nuclear channel: by its name, or else by a blue colour, or else the first.
pub(super) fn guess_nuclear(channels: &[ChannelInfo]) -> usize {
    let names: Vec<String> = channels.iter().map(|channel| channel.name.to_lowercase()).collect();
    let has_word =
        |name: &String, word: &str| name.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
    let by_part = || STAINS.iter().find_map(|stain| names.iter().position(|name| name.contains(stain)));
    let by_word =
        || SHORT_STAINS.iter().find_map(|stain| names.iter().position(|name| has_word(name, stain)));
    let by_color = || channels.iter().position(|channel| channel.color.is_some_and(is_blue));
    by_part().or_else(by_word).or_else(by_color).unwrap_or(0)
}

fn is_blue([red, green, blue]: [u8; 3]) -> bool {
    blue >= 128 && red < blue / 2 && green < blue / 2
}

/// Computes the maximum of two planes at every pixel; finite values replace values that are not finite.
///
/// `largest` is unchanged if the planes have different depths; the pages of a stack have the same depth.
pub(super) fn project(largest: &mut Samples, other: &Samples) {
    match (largest, other) {
        (Samples::U8(largest), Samples::U8(other)) => raise(largest, other, Ord::max),
        (Samples::U16(largest), Samples::U16(other)) => raise(largest, other, Ord::max),
        (Samples::F32(largest), Samples::F32(other)) => {
            raise(largest, other, |a, b| if !b.is_finite() || (a.is_finite() && a >= b) { a } else { b });
        }
        _ => {}
    }
}

fn raise<T: Copy>(largest: &mut [T], other: &[T], larger: impl Fn(T, T) -> T) {
    for (value, &other) in largest.iter_mut().zip(other) {
        *value = larger(*value, other);
    }
}

/// Replaces NaN and infinite values by the minimum of their plane, with a warning: they occur at the borders
/// of registered and stitched images and are background.
pub(super) fn finite(mut planes: Vec<Samples>, warnings: &mut Vec<Warning>) -> Vec<Samples> {
    let mut count = 0usize;
    for plane in &mut planes {
        let Samples::F32(values) = plane else { continue };
        let broken = values.iter().filter(|value| !value.is_finite()).count();
        if broken > 0 {
            count += broken;
            let smallest =
                values.iter().copied().filter(|value| value.is_finite()).fold(f32::INFINITY, f32::min);
            let background = if smallest.is_finite() { smallest } else { 0.0 };
            values.iter_mut().filter(|value| !value.is_finite()).for_each(|value| *value = background);
        }
    }
    if count > 0 {
        let message =
            format!("{count} values are not numbers (NaN or infinite); they are taken as background");
        warn(warnings, kind::NON_FINITE, message);
    }
    planes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<ChannelInfo> {
        names.iter().map(|name| ChannelInfo { name: (*name).to_owned(), color: None }).collect()
    }

    #[test]
    fn the_nuclear_channel_is_guessed_by_its_name_then_its_colour() {
        let cases: [(&[&str], usize); 8] = [
            (&["GFP", "Hoechst 33342"], 1),
            (&["H2B-mCherry", "dapi"], 1),
            (&["actin", "H2B-mCherry"], 1),
            (&["PIP2", "PI"], 1),
            (&["Tubulin", "Nuclear stain"], 1),
            (&["EGFP", "DRAQ5"], 1),
            (&["nucleolin-GFP", "SYTOX Orange"], 1),
            (&["GFP", "RFP"], 0),
        ];
        for (names, expected) in cases {
            assert_eq!(guess_nuclear(&named(names)), expected, "{names:?}");
        }
        let mut channels = named(&["A", "B", "C"]);
        channels[1].color = Some([0, 255, 255]);
        channels[2].color = Some([0, 0, 255]);
        assert_eq!(guess_nuclear(&channels), 2, "cyan is not blue");
    }

    #[test]
    fn a_channel_is_found_by_number_name_or_a_part_that_only_one_has() {
        let channels = named(&["DAPI", "GFP-actin", "GFP"]);
        let find = |choice| find_channel(&choice, &channels).ok();
        let name = |name: &str| ChannelChoice::Name(name.into());
        assert_eq!(find(ChannelChoice::Index(2)), Some(2));
        assert_eq!(find(name("gfp")), Some(2));
        assert_eq!(find(name("Actin")), Some(1));
        assert_eq!((find(name("F")), find(name("")), find(ChannelChoice::Index(3))), (None, None, None));
        let error = find_channel(&name("RFP"), &channels).unwrap_err();
        assert!(error.to_string().contains("“RFP”") && error.to_string().contains("2 GFP-actin"), "{error}");
    }

    #[test]
    fn a_projection_keeps_what_is_largest_and_a_number() {
        let mut largest = Samples::F32(vec![1.0, 5.0, f32::NAN, -3.0].into());
        project(&mut largest, &Samples::F32(vec![2.0, 4.0, 1.0, f32::NAN].into()));
        let Samples::F32(values) = largest else { panic!() };
        assert_eq!(*values, [2.0, 5.0, 1.0, -3.0]);
    }

    #[test]
    fn a_channel_of_a_colour_image_can_be_chosen() {
        let image = || Image::new(Size::new(1, 1), 3, Samples::U8(vec![1, 2, 3].into())).unwrap();
        let selection = Selection { channel: Some(ChannelChoice::Index(2)), ..Selection::default() };
        let blue = Opened::single(image(), Vec::new(), &selection, Keep::All).unwrap();
        assert_eq!(blue.image.samples(), &Samples::U8(vec![3].into()));
        assert_eq!((blue.info.segmented_channel, blue.channels.len(), blue.info.is_color), (2, 3, true));
        let whole = Opened::single(image(), Vec::new(), &Selection::default(), Keep::Segmented).unwrap();
        assert_eq!((whole.image.channels(), whole.channels.len()), (3, 0));
    }
}
