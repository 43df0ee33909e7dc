//! From probability maps to nuclei, and corrections.

use std::collections::HashMap;

use nucleoscope::Segmenter;
use nucleoscope::dsb2018::run_length::{decode, decode_sparse, encode, encode_sparse};
use nucleoscope::geometry::Size;
use nucleoscope::image::{Image, Samples};
use nucleoscope::network::{ModelMetadata, Network, NetworkError};
use nucleoscope::nuclei::{
    Connectivity, Edit, LabelImage, SETTINGS, WatershedSettings, apply, connected_components, expand,
    outlines, polygons,
};
use nucleoscope::prediction::ProbabilityMaps;
use nucleoscope::segment::Settings;
use nucleoscope::segment::tiled::Sizes;
use nucleoscope::synthetic::{self, Modality};

use super::refused;
use crate::Outcome;
use crate::reader::Reader;
use crate::seeds::{self, SIZE, drawn};

/// Noise, and the probability maps of a field with default settings.
pub(super) fn map_seeds() -> Vec<Vec<u8>> {
    let maps = synthetic::maps(&drawn(Modality::Fluorescence).truth);
    let mut field = vec![SIZE.width as u8 - 1, SIZE.height as u8 - 1, 0, 0];
    let all = [&maps.interior, &maps.boundary, &maps.distance];
    field.extend(all.into_iter().flatten().map(|value| (value * 250.0) as u8));
    seeds::noise().into_iter().chain([field]).collect()
}

fn settings(reader: &mut Reader) -> WatershedSettings {
    let mut settings = WatershedSettings::default();
    if reader.flag() {
        for setting in SETTINGS {
            let share = f64::from(reader.probability());
            setting.set(&mut settings, setting.minimum + share * (setting.maximum - setting.minimum));
        }
    }
    settings
}

pub(super) fn watershed(input: &[u8]) -> Outcome {
    let mut reader = Reader(input);
    let size = reader.size(64);
    let settings = settings(&mut reader);
    let mut map = || (0..size.area()).map(|_| reader.probability()).collect::<Vec<f32>>();
    let maps = ProbabilityMaps::new(size, map(), map(), map()).ok_or("maps/size")?;
    let labels = nucleoscope::nuclei::watershed(&maps, &settings);
    assert_eq!(connected_components(&labels, Connectivity::Corners).count(), labels.count());
    look(&labels);
    Ok(())
}

/// Outlines, polygons and masks of nuclei, which are the same when they are read again.
fn look(labels: &LabelImage) {
    outlines(labels);
    assert_eq!(polygons(labels).len(), labels.count() as usize);
    let masks = encode(labels);
    assert_eq!(decode(&masks, labels.size()).as_ref(), Ok(labels));
    assert!(expand(labels, 3.0, None).count() >= labels.count());
}

/// A network whose output is made of the bytes of the input.
struct AnyNetwork<'a> {
    metadata: ModelMetadata,
    bytes: &'a [u8],
}

impl Network for AnyNetwork<'_> {
    fn metadata(&self) -> &ModelMetadata {
        &self.metadata
    }

    fn run(&self, input: Vec<f32>, size: Size) -> Result<Vec<f32>, NetworkError> {
        assert_eq!(input.len(), 3 * size.area());
        let bytes: Vec<u8> = self.bytes.iter().copied().cycle().take(input.len()).collect();
        let mut reader = Reader(&bytes);
        Ok((0..input.len()).map(|_| reader.probability().clamp(0.0, 1.0)).collect())
    }
}

pub(super) fn segment(input: &[u8]) -> Outcome {
    let mut reader = Reader(input);
    let entry = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let stride = ["1", "4", "8", "16"][reader.below(4)];
    let halo = ["0", "8", "33"][reader.below(3)];
    let normalization = ["percentile", "local"][reader.below(2)];
    let entries: HashMap<String, String> = [
        ("nucleoscope.contract", "1"),
        ("channels", "interior,boundary,distance"),
        ("activation", "none"),
        ("normalization", normalization),
        ("normalization_cell", "95"),
        ("normalization_share", "0.2"),
        ("normalization_noises", "4"),
        ("normalization_steps", "4"),
        ("normalization_low", "1"),
        ("normalization_high", "99"),
        ("clip_low", "-1"),
        ("clip_high", "2"),
        ("training_diameter", "24"),
        ("name", "any"),
        ("version", "1"),
        ("stride", stride),
        ("halo", halo),
        ("license", "MIT"),
        ("data", "none"),
    ]
    .map(entry)
    .into();
    let metadata = ModelMetadata::from_metadata(&entries).map_err(|error| refused(&error))?;
    let size = reader.size(72);
    let image = image(&mut reader, size).map_err(|error| refused(&error))?;
    let watershed = settings(&mut reader);
    let diameter = reader.flag().then(|| f32::from(reader.byte()) * reader.probability());
    let sizes = Sizes::default().largest_whole(reader.below(4096)).longest_block(reader.below(96));
    let bytes = if reader.0.is_empty() { &[100][..] } else { reader.0 };
    let segmenter = Segmenter::new(AnyNetwork { metadata, bytes })
        .with_settings(Settings::default().watershed(watershed).diameter(diameter))
        .with_sizes(sizes);
    let found = segmenter.segment(&image).map_err(|error| refused(&error))?;
    assert_eq!(found.labels.size(), size);
    look(&found.labels);
    Ok(())
}

pub(super) fn image(reader: &mut Reader, size: Size) -> Result<Image, nucleoscope::image::ImageError> {
    let channels = if reader.flag() { 3 } else { 1 };
    let count = size.area() * channels;
    let mut next = || reader.byte();
    let samples = match next() % 3 {
        0 => Samples::U8((0..count).map(|_| next()).collect()),
        1 => Samples::U16((0..count).map(|_| u16::from(next()) * 257).collect()),
        _ => {
            let scale = [1.0, 1e-38, 1e37, 0.0][usize::from(next() % 4)];
            Samples::F32((0..count).map(|_| (f32::from(next()) - 99.0) * scale).collect())
        }
    };
    Image::new(size, channels, samples)
}

fn edit(reader: &mut Reader, size: Size) -> Edit {
    let radius = reader.coordinate(12);
    match reader.byte() % 6 {
        0 => Edit::Delete { at: reader.points(size) },
        1 => Edit::Merge { at: reader.points(size) },
        2 => Edit::Split { line: reader.points(size) },
        3 => Edit::Draw { path: reader.points(size), radius, to: reader.flag().then(|| reader.point(size)) },
        4 => Edit::Erase { path: reader.points(size), radius },
        _ => Edit::Add { outline: reader.points(size) },
    }
}

pub(super) fn some_edits(reader: &mut Reader, size: Size) -> Vec<Edit> {
    (0..reader.below(9)).map(|_| edit(reader, size)).collect()
}

pub(super) fn edits(input: &[u8]) -> Outcome {
    let mut reader = Reader(input);
    let size = reader.size(48);
    let start = connected_components(&reader.labels(size), Connectivity::Sides);
    let edits = some_edits(&mut reader, size);
    let edited = apply(&start, &edits);
    edited.refused.iter().for_each(|refusal| drop(refused(&refusal.reason)));
    assert_eq!(connected_components(&edited.labels, Connectivity::Sides).count(), edited.labels.count());
    assert_eq!(edited.edited.len(), edited.labels.count() as usize);
    look(&edited.labels);
    let mut sparse = decode_sparse(&encode(&start), size).map_err(|error| refused(&error))?;
    let refusals = sparse.apply(&edits);
    let places = |refusals: &[nucleoscope::nuclei::RefusedEdit]| {
        refusals.iter().map(|one| one.edit).collect::<Vec<_>>()
    };
    assert_eq!(places(&refusals), places(&edited.refused), "{edits:?}");
    assert_eq!(encode_sparse(&sparse), encode(&edited.labels), "{edits:?}");
    assert_eq!(sparse.edited(), edited.edited, "{edits:?}");
    Ok(())
}
