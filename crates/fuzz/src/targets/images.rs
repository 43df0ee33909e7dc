//! Files of images.

use nucleoscope::geometry::Rect;
use nucleoscope::image::{
    ChannelChoice, ImageError, Levels, Limits, Normalization, NormalizedImage, Opened, Selection, Slice,
    open, open_segmented, preview, with_limits,
};
use nucleoscope::input::truth::{GroundTruth, MaskFile};

use super::refused;
use crate::Outcome;

/// Small, so that a case takes milliseconds: what grows with it is the same code.
fn limits() -> Limits {
    Limits::default().with_maximum_pixels(1 << 18)
}

/// Decodes an image, looks at it as the page does, and reads it as ground truth.
pub(super) fn picture(input: &[u8]) -> Outcome {
    let opened = open(input, &Selection::default(), limits()).map_err(|error| refused(&error))?;
    look(&opened);
    let size = opened.image.size();
    if let Ok(truth) = GroundTruth::from_label_file(input, limits()) {
        _ = truth.labels(size).map_err(|error| refused(&error));
    }
    if let Ok(mask) = MaskFile::decode(input, limits()) {
        _ = mask.nucleus(size).map_err(|error| refused(&error));
    }
    Ok(())
}

/// Opens a stack with several selections.
pub(super) fn stack(input: &[u8]) -> Outcome {
    let opened = open(input, &Selection::default(), limits()).map_err(|error| refused(&error))?;
    look(&opened);
    let info = &opened.info;
    let last = Selection::default()
        .channel(ChannelChoice::Index(info.channels.len().saturating_sub(1)))
        .slice(Slice::Single(info.slices.saturating_sub(1)))
        .frame(info.frames.saturating_sub(1));
    let named = info.channels.first().map(|channel| ChannelChoice::Name(channel.name.clone()));
    let beyond = Selection::default().slice(Slice::Single(info.slices)).frame(info.frames);
    for selection in [last, Selection::default().channel(named), beyond] {
        match open_segmented(input, &selection, limits()) {
            Ok(part) => assert_eq!(part.image.size(), opened.image.size()),
            Err(error) => drop(refused(&error)),
        }
    }
    Ok(())
}

fn look(opened: &Opened) {
    let Opened { image, channels, info } = opened;
    assert_eq!((info.width, info.height), (image.width(), image.height()));
    assert_eq!(image.samples().len(), image.size().area() * image.channels());
    assert!(channels.iter().all(|channel| channel.image.size() == image.size()));
    info.warnings.iter().for_each(|warning| drop(refused(warning)));
    let draw = || -> Result<(), ImageError> {
        let displays = with_limits(image, channels, &info.displays)?;
        preview(image, channels, Some(64), &displays, None)?;
        let corner = Rect { left: image.width() / 2, top: 0, width: image.width(), height: 3 };
        preview(image, channels, None, &displays, Some(&corner)).map(drop)
    };
    _ = draw().map_err(|error| refused(&error));
    // With all pixels, percentiles would take most of the time.
    if image.size().area() < 1 << 14 {
        let normalization = Normalization {
            local: None,
            low_percentile: 1.0,
            high_percentile: 99.8,
            clip_low: -1.0,
            clip_high: 2.0,
        };
        let planes = NormalizedImage::new(image, Levels::of(image, &normalization)).planes();
        assert!(planes.iter().flatten().all(|value| value.is_finite()), "a normalised value is not finite");
    }
}
