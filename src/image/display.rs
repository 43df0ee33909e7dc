//! The display of an image's channels: colours, ranges and visibility.

use std::collections::HashMap;

use super::stack::{StackInfo, guess_nuclear};
use super::{Channel, ChannelInfo, Image, ImageError};

/// The percentage of values that may be clipped at each end by automatic limits.
const CLIPPED: f64 = 0.1;

/// How a channel contributes to the picture of an image. It changes the picture only, never the data.
///
/// ```
/// use nucleoscope::image::ChannelDisplay;
///
/// let green = ChannelDisplay::default().channel(1).color([0, 255, 0]).low(100.0).high(4000.0);
/// assert!(green.visible && green.gamma == 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct ChannelDisplay {
    /// The channel, from 0; `None` for the image to segment, which may be in colour.
    pub channel: Option<usize>,
    /// The colour of the brightest pixels as red, green and blue; a colour image is multiplied by it.
    pub color: [u8; 3],
    /// The value shown as black; the 0.1th percentile of the channel for `None`.
    pub low: Option<f32>,
    /// The value shown at full brightness; the 99.9th percentile of the channel for `None`.
    pub high: Option<f32>,
    /// The brightness is `((value - low) / (high - low)).powf(1 / gamma)`: values above 1 brighten dim
    /// nuclei.
    pub gamma: f32,
    /// Whether the channel is drawn.
    pub visible: bool,
}

impl Default for ChannelDisplay {
    /// The image to segment, in gray or in its own colours, with automatic limits.
    fn default() -> Self {
        Self { channel: None, color: WHITE, low: None, high: None, gamma: 1.0, visible: true }
    }
}

impl ChannelDisplay {
    /// The channel, from 0; `None` for the image to segment.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<Option<usize>>) -> Self {
        self.channel = channel.into();
        self
    }

    /// The red, green and blue values of the brightest pixels.
    #[must_use]
    pub fn color(mut self, color: [u8; 3]) -> Self {
        self.color = color;
        self
    }

    /// The value shown as black; the 0.1th percentile for `None`.
    #[must_use]
    pub fn low(mut self, low: impl Into<Option<f32>>) -> Self {
        self.low = low.into();
        self
    }

    /// The value shown at full brightness; the 99.9th percentile for `None`.
    #[must_use]
    pub fn high(mut self, high: impl Into<Option<f32>>) -> Self {
        self.high = high.into();
        self
    }

    /// The gamma of the brightness: values above 1 brighten dim nuclei.
    #[must_use]
    pub fn gamma(mut self, gamma: f32) -> Self {
        self.gamma = gamma;
        self
    }

    /// Whether the channel is drawn.
    #[must_use]
    pub fn visible(mut self, visible: bool) -> Self {
        self.visible = visible;
        self
    }

    /// The values of the channel.
    ///
    /// # Errors
    /// [`ImageError::NoSuchChannel`] if the channel is not among `channels`.
    pub(super) fn image_in<'a>(
        &self,
        image: &'a Image,
        channels: &'a [Channel],
    ) -> Result<&'a Image, ImageError> {
        let Some(index) = self.channel else { return Ok(image) };
        let found = channels.get(index).map(|channel| &channel.image);
        found.filter(|found| found.size() == image.size()).ok_or_else(|| ImageError::NoSuchChannel {
            wanted: index.saturating_add(1).to_string(),
            names: channels.iter().map(|channel| channel.name.clone()).collect(),
        })
    }
}

/// The displays with numbers in place of automatic limits, so that parts of an image can be drawn alike. `image`
/// and `channels` are those of [`preview`](super::preview()).
///
/// # Errors
/// [`ImageError::NoSuchChannel`] if a display's channel is not among `channels`.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::image::{ChannelDisplay, Image, Samples, with_limits};
///
/// let image = Image::new(Size::new(3, 1), 1, Samples::U16(vec![1000, 1010, 1040].into()))?;
/// let displays = with_limits(&image, &[], &[ChannelDisplay::default().high(1020.0)])?;
/// assert_eq!((displays[0].low, displays[0].high), (Some(1000.0), Some(1020.0)));
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
pub fn with_limits(
    image: &Image,
    channels: &[Channel],
    displays: &[ChannelDisplay],
) -> Result<Vec<ChannelDisplay>, ImageError> {
    let one = |display: &ChannelDisplay| {
        let image = display.image_in(image, channels)?;
        let (low, high) = match (display.low, display.high) {
            (Some(low), Some(high)) => (low, high),
            (low, high) => {
                let (darkest, brightest) = image.percentiles(CLIPPED, 100.0 - CLIPPED);
                (low.unwrap_or(darkest), high.unwrap_or(brightest))
            }
        };
        Ok(display.low(low).high(high))
    };
    displays.iter().map(one).collect()
}

const WHITE: [u8; 3] = [255; 3];
const BLUE: [u8; 3] = [0, 0, 255];

/// The colours of channels without one of their own, after the blue of the nuclear channel.
const COLORS: [[u8; 3]; 5] = [[0, 255, 0], [255, 0, 0], [255, 0, 255], [0, 255, 255], [255, 255, 0]];

/// The maximum number of channels that are visible by default: a composite of more cannot be read.
const MOST_VISIBLE: usize = 6;

/// Parts of names of channels that are bright where nothing is, and would cover the others.
const TRANSMITTED: [&str; 5] = ["bright", "phase", "transmi", "dic", "bf"];

/// The display by default: a composite of the channels, or the image itself if it has one channel or is in
/// colour.
///
/// A channel has the file's colour, unless that is black or another channel has it, too. The nuclear channel
/// is otherwise blue, and the others are green, red, magenta, cyan and yellow, in this order; transmitted
/// light is white. The segmented channel is visible, as are the others up to six in total, except transmitted
/// light.
pub(super) fn default_displays(info: &StackInfo) -> Vec<ChannelDisplay> {
    if info.is_color || info.channels.len() == 1 {
        return vec![ChannelDisplay::default()];
    }
    let channels = &info.channels;
    let nuclear = guess_nuclear(channels);
    let mut count: HashMap<[u8; 3], usize> = HashMap::new();
    channels
        .iter()
        .filter_map(|channel| channel.color)
        .for_each(|color| *count.entry(color).or_default() += 1);
    let own = |at: usize| {
        let color = channels[at].color?;
        (color != [0; 3] && count[&color] == 1).then_some(color)
    };
    let used: Vec<[u8; 3]> = (0..channels.len()).filter_map(own).collect();
    let mut free = COLORS.into_iter().filter(|color| !used.contains(color)).collect::<Vec<_>>().into_iter();
    let mut shown = 1;
    let one = |at: usize| {
        let is_transmitted = is_transmitted(&channels[at]);
        let color = own(at).unwrap_or_else(|| {
            if is_transmitted {
                WHITE
            } else if at == nuclear && !used.contains(&BLUE) {
                BLUE
            } else {
                free.next().unwrap_or(WHITE)
            }
        });
        let is_segmented = at == info.segmented_channel;
        let visible = is_segmented || (!is_transmitted && shown < MOST_VISIBLE);
        shown += usize::from(visible && !is_segmented);
        ChannelDisplay::default().channel(at).color(color).visible(visible)
    };
    (0..channels.len()).map(one).collect()
}

fn is_transmitted(channel: &ChannelInfo) -> bool {
    let name = channel.name.to_lowercase();
    let mut words = name.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| {
        TRANSMITTED.iter().any(|part| word == *part || (part.len() > 3 && word.starts_with(part)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(channels: &[(&str, Option<[u8; 3]>)]) -> StackInfo {
        let channels = channels.iter().map(|&(name, color)| ChannelInfo { name: name.into(), color });
        StackInfo::new(crate::geometry::Size::new(1, 1), 8, channels.collect())
    }

    fn colors(channels: &[(&str, Option<[u8; 3]>)]) -> Vec<[u8; 3]> {
        default_displays(&info(channels)).iter().map(|display| display.color).collect()
    }

    fn visible(info: &StackInfo) -> Vec<usize> {
        let displays = default_displays(info);
        displays.iter().filter(|display| display.visible).filter_map(|display| display.channel).collect()
    }

    #[test]
    fn the_nuclear_channel_is_blue_and_the_others_follow_the_usual_order() {
        let names = ["GFP", "DAPI", "mCherry", "Cy5"].map(|name| (name, None));
        let expected = [[0, 255, 0], [0, 0, 255], [255, 0, 0], [255, 0, 255]];
        assert_eq!(colors(&names), expected);
    }

    #[test]
    fn colours_of_the_file_are_used_unless_they_are_black_or_shared() {
        let orange = Some([255, 128, 0]);
        let green = Some([0, 255, 0]);
        let expected = [[0, 255, 0], [0, 0, 255], [255, 128, 0], [255, 0, 0]];
        assert_eq!(colors(&[("A", green), ("DAPI", None), ("B", orange), ("C", Some([0; 3]))]), expected);
        let white = Some([255; 3]);
        assert_eq!(colors(&[("A", white), ("B", white)]), [[0, 0, 255], [0, 255, 0]]);
    }

    #[test]
    fn up_to_six_channels_are_visible_with_the_segmented_one_among_them() {
        let mut many = info(&["A", "B", "C", "D", "E", "F", "G", "H"].map(|name| (name, None)));
        assert_eq!(visible(&many), [0, 1, 2, 3, 4, 5]);
        many.segmented_channel = 7;
        assert_eq!(visible(&many), [0, 1, 2, 3, 4, 7]);
    }

    #[test]
    fn transmitted_light_is_hidden_unless_it_is_segmented() {
        let mut info =
            info(&["DAPI", "Brightfield", "Phase contrast", "BF 2", "abdicate"].map(|name| (name, None)));
        assert_eq!(visible(&info), [0, 4]);
        info.segmented_channel = 1;
        assert_eq!(visible(&info), [0, 1, 4]);
        assert_eq!(default_displays(&info)[1].color, WHITE);
    }

    #[test]
    fn one_channel_is_shown_in_gray() {
        assert_eq!(default_displays(&info(&[("DAPI", Some([0, 0, 255]))])), [ChannelDisplay::default()]);
    }
}
