//! The whole pipeline with the shipped model, on synthetic images of the library's generator.

#![cfg(feature = "onnx")]

use std::ops::ControlFlow;

use nucleoscope::Segmenter;
use nucleoscope::dsb2018::run_length;
use nucleoscope::dsb2018::score::score_image;
use nucleoscope::geometry::Size;
use nucleoscope::image::{Image, Limits, Samples, Selection, open};
use nucleoscope::network::TractNetwork;
use nucleoscope::nuclei::LabelImage;
use nucleoscope::segment::tiled::Sizes;
use nucleoscope::segment::{Progress, SegmentError, Segmentation, Settings};
use nucleoscope::synthetic::{Field, FieldOptions, Modality, field};

fn network() -> TractNetwork {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/model/nuclei.onnx");
    TractNetwork::load(&std::fs::read(path).unwrap()).unwrap()
}

fn found(image: &Image) -> Segmentation {
    Segmenter::new(network()).segment(image).unwrap()
}

fn score(options: &FieldOptions) -> f64 {
    let drawn = field(options);
    let masks = run_length::encode(&found(&drawn.image).labels);
    score_image(&run_length::encode(&drawn.truth), &masks).score
}

/// A progress callback that only records.
fn noting(mut note: impl FnMut(Progress)) -> impl FnMut(Progress) -> ControlFlow<()> {
    move |progress| {
        note(progress);
        ControlFlow::Continue(())
    }
}

#[test]
fn each_modality_is_segmented_well() {
    for modality in [Modality::Fluorescence, Modality::DeepFluorescence, Modality::Stained] {
        for seed in [3, 4] {
            let score = score(&FieldOptions { seed, modality, ..Default::default() });
            assert!(score > 0.8, "{modality:?} with seed {seed}: {score}");
        }
    }
}

#[test]
fn small_nuclei_are_found_at_their_own_scale_and_large_ones_reduced() {
    for (diameter, nuclei, side, scale) in
        [(8, 60, 192, 1.0), (11, 60, 320, 1.0), (72, 5, 320, 24.0 / 72.0), (120, 5, 512, 24.0 / 120.0)]
    {
        let options =
            FieldOptions { seed: 5, width: side, height: side, nuclei, diameter, ..Default::default() };
        let drawn = field(&options);
        let segmentation = found(&drawn.image);
        let masks = run_length::encode(&segmentation.labels);
        let score = score_image(&run_length::encode(&drawn.truth), &masks);
        assert!(score.average_precision_50 > 0.9, "diameter {diameter}: {}", score.average_precision_50);
        let estimate = segmentation.diameter.unwrap();
        assert!((0.7..1.3).contains(&(estimate / diameter as f32)), "{diameter} estimated as {estimate}");
        assert!((0.75..1.3).contains(&(segmentation.scale / scale)), "scale {}", segmentation.scale);
    }
}

/// Two fields of the same height side by side, as one.
fn side_by_side(left: &Field, right: &Field) -> Field {
    let (Samples::U8(light), Samples::U8(more)) = (left.image.samples(), right.image.samples()) else {
        panic!("8 bits expected")
    };
    fn join<T: Copy>(left: &[T], right: &[T], width: usize) -> Vec<T> {
        left.chunks(width).zip(right.chunks(width)).flat_map(|(left, right)| [left, right].concat()).collect()
    }
    let (side, height) = (left.image.width(), left.image.height());
    let apart = |&label: &u32| if label == 0 { 0 } else { label + left.truth.count() };
    let others: Vec<u32> = right.truth.as_slice().iter().map(apart).collect();
    Field {
        image: Image::new(Size::new(2 * side, height), 1, Samples::U8(join(light, more, side).into()))
            .unwrap(),
        truth: LabelImage::from_labels(
            Size::new(2 * side, height),
            join(left.truth.as_slice(), &others, side),
        ),
    }
}

#[test]
fn small_nuclei_beside_large_ones_are_found() {
    let half = |diameter, nuclei| {
        field(&FieldOptions { seed: 9, width: 256, height: 256, nuclei, diameter, ..Default::default() })
    };
    let mixed = side_by_side(&half(14, 30), &half(42, 8));
    let found = run_length::encode(&found(&mixed.image).labels);
    let score = score_image(&run_length::encode(&mixed.truth), &found);
    assert!(score.average_precision_50 > 0.9, "{}", score.average_precision_50);
}

#[test]
fn the_users_diameter_decides_the_scale() {
    let drawn = field(&FieldOptions::default());
    let settings = Settings::default().diameter(48.0);
    let passes = &mut Vec::new();
    let segmenter = Segmenter::new(network()).with_settings(settings);
    let found = segmenter.segment_with(&drawn.image, &mut noting(|progress| passes.push(progress))).unwrap();
    assert_eq!(found.scale, 0.5);
    assert_eq!(passes.iter().map(|progress| progress.pass).max(), Some(1));
}

#[test]
fn an_image_needs_little_more_than_one_pass() {
    let segmenter = Segmenter::new(network());
    for (diameter, nuclei, side, most) in
        [(12, 200, 512, 1.07), (28, 90, 512, 1.07), (70, 16, 512, 1.07 / 4.0)]
    {
        let options =
            FieldOptions { seed: 3, width: side, height: side, nuclei, diameter, ..Default::default() };
        let mut told = 0;
        let image = field(&options).image;
        let found = segmenter.segment_with(&image, &mut noting(|progress| told = progress.pass)).unwrap();
        assert_eq!(found.passes.len(), told);
        let pixels = found.passes.iter().map(|pass| pass.pixels).sum::<u64>() as f64;
        assert!(pixels <= most * (side * side) as f64, "{:?}", found.passes);
        // One tile, padded only to the stride.
        assert_eq!(found.passes[0].network_pixels, (side * side / 16) as u64, "{:?}", found.passes);
        assert!((found.passes[told - 1].scale - found.scale).abs() < 1e-9, "{:?}", found.passes);
    }
}

#[test]
fn nothing_is_found_where_there_is_nothing() {
    let side = 256;
    let gray = |value: u8| {
        Image::new(Size::new(side, side), 1, Samples::U8(vec![value; side * side].into())).unwrap()
    };
    let mut random = fastrand::Rng::with_seed(9);
    let noise = Samples::U16((0..side * side).map(|_| 500 + random.u16(0..40)).collect());
    let noise = Image::new(Size::new(side, side), 1, noise).unwrap();
    let background = field(&FieldOptions { nuclei: 0, ..Default::default() }).image;
    for (name, image) in
        [("black", gray(0)), ("white", gray(255)), ("noise", noise), ("background", background)]
    {
        assert_eq!(found(&image).labels.count(), 0, "{name}");
    }
}

#[test]
fn unusual_shapes_are_segmented() {
    for (width, height) in [(1, 1), (1, 300), (300, 1), (2, 2), (65_535, 1), (33, 31)] {
        let values = (0..width * height).map(|pixel| (pixel % 256) as u8).collect();
        let image = Image::new(Size::new(width, height), 1, Samples::U8(values)).unwrap();
        let labels = found(&image).labels;
        assert_eq!((labels.width(), labels.height()), (width, height));
    }
}

#[test]
fn an_image_longer_than_a_tile_has_no_seams() {
    let options = FieldOptions { seed: 6, width: 2800, height: 96, nuclei: 145, ..Default::default() };
    let drawn = field(&options);
    let masks = run_length::encode(&found(&drawn.image).labels);
    let score = score_image(&run_length::encode(&drawn.truth), &masks);
    assert!(score.average_precision_75 > 0.9, "{}", score.average_precision_75);
}

#[test]
fn a_field_in_blocks_has_the_nuclei_of_the_whole() {
    let options = FieldOptions { seed: 12, width: 620, height: 420, nuclei: 230, ..Default::default() };
    let drawn = field(&options);
    let sizes = Sizes::of_block(400);
    let segmenter = Segmenter::new(network());
    let tiled = segmenter.clone().with_sizes(sizes);
    let plan = tiled.plan(&drawn.image, &mut |_, _| ControlFlow::Continue(())).unwrap();
    assert!(plan.blocks.len() > 3, "{}", plan.blocks.len());
    assert_eq!(plan.passes.iter().map(|pass| pass.scale).collect::<Vec<_>>(), [0.25, 1.0]);
    let block =
        tiled.find(&drawn.image, &plan, &plan.blocks[0], &mut |_, _| ControlFlow::Continue(())).unwrap();
    let (core, pass) = (plan.blocks[0].core, block.pass().unwrap());
    assert_eq!((pass.scale, pass.pixels), (1.0, (core.width * core.height) as u64));
    assert!(pass.network_pixels > pass.pixels, "a block has a margin: {pass:?}");
    let mut reports = Vec::new();
    let blocks = tiled.segment_with(&drawn.image, &mut noting(|progress| reports.push(progress))).unwrap();
    let expected = (0..=plan.blocks.len()).map(|done| (done, plan.blocks.len()));
    assert!(reports.iter().map(|report| (report.done, report.total)).eq(expected));
    assert_eq!(blocks.passes.len(), plan.passes.len() + plan.blocks.len());
    let mapped =
        tiled.segment_mapped(&drawn.image, |blocks, find| blocks.iter().map(find).collect()).unwrap();
    assert!(mapped == blocks);
    let blocks = blocks.labels;
    let whole = segmenter.segment(&drawn.image).unwrap();
    assert_eq!(blocks.count(), whole.labels.count());
    // If a value equals a threshold up to rounding, a pixel along the contour may differ.
    let score = score_image(&run_length::encode(&whole.labels), &run_length::encode(&blocks));
    assert!(score.score > 0.999, "{}", score.score);
}

#[test]
fn whole_and_tiled_segmentation_can_be_cancelled() {
    let drawn = field(&FieldOptions { width: 620, height: 420, ..Default::default() });
    let segmenter = Segmenter::new(network());
    for segmenter in [segmenter.clone(), segmenter.with_sizes(Sizes::of_block(400))] {
        let mut reports = 0;
        let cancelled = segmenter.segment_with(&drawn.image, &mut |_| {
            reports += 1;
            ControlFlow::Break(())
        });
        assert!(matches!(cancelled, Err(SegmentError::Cancelled)), "{cancelled:?}");
        assert_eq!(reports, 1);
    }
}

/// An image of gray fluorescence as other cameras and programs would save it.
fn saved_otherwise(channels: usize, save: impl Fn(u8) -> Samples) -> f64 {
    let drawn = field(&FieldOptions { seed: 7, ..Default::default() });
    let Samples::U8(gray) = drawn.image.samples() else { panic!("8 bits expected") };
    let mut samples = save(gray[0]);
    for &value in &gray[1..] {
        match (&mut samples, save(value)) {
            (Samples::U8(all), Samples::U8(more)) => all.extend(more),
            (Samples::U16(all), Samples::U16(more)) => all.extend(more),
            (Samples::F32(all), Samples::F32(more)) => all.extend(more),
            _ => panic!("one depth an image"),
        }
    }
    let image = Image::new(Size::new(256, 256), channels, samples).unwrap();
    let masks = run_length::encode(&found(&image).labels);
    score_image(&run_length::encode(&drawn.truth), &masks).average_precision_50
}

#[test]
fn nuclei_are_found_however_the_image_was_saved() {
    let blue = saved_otherwise(3, |value| Samples::U8(vec![0, 0, value].into()));
    let inverted = saved_otherwise(1, |value| Samples::U8(vec![255 - value].into()));
    let offset = saved_otherwise(1, |value| Samples::U16(vec![60_000 + 2 * u16::from(value)].into()));
    let float = saved_otherwise(1, |value| Samples::F32(vec![f32::from(value) * 1e-6 - 1.0].into()));
    for (how, score) in
        [("blue", blue), ("inverted", inverted), ("16 bits, offset", offset), ("float", float)]
    {
        assert!(score > 0.8, "{how}: {score}");
    }
}

#[test]
fn single_hot_pixels_are_not_nuclei() {
    let mut random = fastrand::Rng::with_seed(3);
    let hot = (0..256 * 256).map(|_| if random.u8(..) == 0 { 255 } else { random.u8(8..12) }).collect();
    let image = Image::new(Size::new(256, 256), 1, Samples::U8(hot)).unwrap();
    assert_eq!(found(&image).labels.count(), 0);
}

/// A field of 40 nuclei in 512 × 512 pixels of 16 bits, and how many are found in it.
fn field_in_16_bits() -> (Vec<u16>, u32) {
    let drawn = field(&FieldOptions { seed: 8, width: 512, height: 512, nuclei: 40, ..Default::default() });
    let Samples::U8(gray) = drawn.image.samples() else { panic!("8 bits expected") };
    let values: Vec<u16> = gray.iter().map(|&value| 100 + 4 * u16::from(value)).collect();
    let count = count_in(512, values.clone());
    assert!(count >= 38, "{count}");
    (values, count)
}

fn count_in(side: usize, values: Vec<u16>) -> u32 {
    found(&Image::new(Size::new(side, side), 1, Samples::U16(values.into())).unwrap()).labels.count()
}

#[test]
fn a_saturated_object_hides_only_the_nuclei_under_it() {
    let (values, count) = field_in_16_bits();
    // 0.5 %, 1 % and 2 % of the field.
    for side in [36, 51, 72] {
        let mut with_object = values.clone();
        for pixel in (0..side).flat_map(|y| (0..side).map(move |x| (200 + y) * 512 + 300 + x)) {
            with_object[pixel] = u16::MAX;
        }
        let found = count_in(512, with_object);
        assert!(found.abs_diff(count) <= 4, "{found} of {count} with an object of {side} pixels");
    }
}

#[test]
fn hot_pixels_change_no_count() {
    let (mut values, count) = field_in_16_bits();
    let mut random = fastrand::Rng::with_seed(1);
    // 4,000 in a megapixel.
    for _ in 0..1000 {
        values[random.usize(..512 * 512)] = u16::MAX;
    }
    let found = count_in(512, values);
    assert!(found.abs_diff(count) <= 1, "{found} of {count}");
}

#[test]
fn equal_discs_have_the_same_area_however_many_there_are() {
    let side = 512;
    let areas = [1, 3, 10, 30].map(|discs| {
        let mut random = fastrand::Rng::with_seed(2);
        let mut values: Vec<f64> = (0..side * side).map(|_| 100.0 + 6.0 * random.f64()).collect();
        for disc in 0..discs {
            let (x, y) = (50.0 + 80.0 * (disc % 6) as f64, 50.0 + 80.0 * (disc / 6) as f64);
            for (pixel, value) in values.iter_mut().enumerate() {
                let distance = ((pixel % side) as f64 - x).hypot((pixel / side) as f64 - y);
                // A disc of 24 pixels, blurred by a pixel.
                *value += 400.0 / (1.0 + (2.0 * (distance - 12.0)).exp());
            }
        }
        let values = values.iter().map(|&value| value.round() as u16).collect();
        let labels = found(&Image::new(Size::new(side, side), 1, Samples::U16(values)).unwrap()).labels;
        assert_eq!(labels.count(), discs, "{discs} discs");
        labels.areas().iter().sum::<usize>() as f64 / f64::from(discs)
    });
    for area in areas {
        assert!((area / areas[3] - 1.0).abs() < 0.03, "{areas:?}");
    }
}

#[test]
fn discs_without_blur_and_noise_are_found() {
    for radius in [6.0, 9.0, 12.0, 16.0, 20.0] {
        let side = 256;
        let values = (0..side * side).map(|pixel: usize| {
            let nearest =
                |at: usize| (at as f64 - 45.0 - 80.0 * ((at as f64 - 45.0) / 80.0).round().min(2.0)).abs();
            if nearest(pixel % side).hypot(nearest(pixel / side)) < radius { 3000 } else { 200 }
        });
        let image = Image::new(Size::new(side, side), 1, Samples::U16(values.collect())).unwrap();
        assert_eq!(found(&image).labels.count(), 9, "discs with a radius of {radius} pixels");
    }
}

/// What the camera or a program makes of a field without nuclei; `strength` is between 0 and 1.
type Emptiness = fn(x: f64, y: f64, strength: f64, random: &mut fastrand::Rng) -> f64;

/// The sum of twelve uniform numbers: normally distributed, with a standard deviation of 1.
fn normal(random: &mut fastrand::Rng) -> f64 {
    (0..12).map(|_| random.f64()).sum::<f64>() - 6.0
}

const EMPTY: [(&str, Emptiness); 7] = [
    ("dark", |_, _, strength, random| 8.0 + (1.0 + 3.0 * strength) * normal(random)),
    ("bright", |_, _, strength, random| 241.0 + (0.8 + strength) * normal(random)),
    ("vignette", |x, y, strength, random| {
        let from_centre = (x - 128.0).hypot(y - 100.0);
        30.0 + 60.0 * strength * (-from_centre * from_centre / 9800.0).exp() + 3.0 * normal(random)
    }),
    ("haze", |x, y, strength, random| {
        let waves = (x / 23.0).sin() * (y / 31.0).cos() + (x / 41.0 + y / 37.0 + 5.0 * strength).sin();
        45.0 + 15.0 * waves + 2.0 * normal(random)
    }),
    ("stripes", |x, _, strength, random| 100.0 + 5.0 * (x / (3.0 + 10.0 * strength)).sin() + normal(random)),
    ("lines of a camera", |_, y, strength, random| {
        100.0 + 4.0 * strength * (y % 2.0) + if y % 16.0 < 1.0 { 3.0 } else { 0.0 } + normal(random)
    }),
    ("few photons", |_, _, strength, random| {
        (0..20).filter(|_| random.f64() < 0.1 + 0.2 * strength).count() as f64
    }),
];

#[test]
fn a_hundred_empty_fields_have_no_nuclei() {
    let side = 256u32;
    let segmenter = Segmenter::new(network());
    let mut nuclei = Vec::new();
    let mut fields = 0;
    // As they are, and as JPEG, gray and in colour with the noise of each channel. (For lower qualities, see the model
    // card.)
    let gray = [None, Some(40), Some(75), Some(95)].map(|quality| (1, quality));
    let colour = [40, 60, 75, 95].map(|quality| (3, Some(quality)));
    for (channels, quality) in gray.into_iter().chain(colour) {
        for (name, value) in EMPTY {
            for strength in [0.0, 1.0] {
                let mut random = fastrand::Rng::with_seed(fields);
                let values: Vec<u8> = (0..side * side)
                    .flat_map(|pixel| std::iter::repeat_n(pixel, channels))
                    .map(|pixel| {
                        value(f64::from(pixel % side), f64::from(pixel / side), strength, &mut random)
                    })
                    .map(|value| value.round() as u8)
                    .collect();
                let size = Size::new(side as usize, side as usize);
                let field = match quality {
                    None => Image::new(size, channels, Samples::U8(values.into())).unwrap(),
                    Some(quality) => {
                        let colour = match channels {
                            1 => image::ExtendedColorType::L8,
                            _ => image::ExtendedColorType::Rgb8,
                        };
                        let mut bytes = Vec::new();
                        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
                            .encode(&values, side, side, colour)
                            .unwrap();
                        open(&bytes, &Selection::default(), Limits::default()).unwrap().image
                    }
                };
                let count = segmenter.segment(&field).unwrap().labels.count();
                if count > 0 {
                    nuclei.push((name, channels, quality, strength, count));
                }
                fields += 1;
            }
        }
    }
    assert!(fields >= 100, "{fields}");
    assert!(nuclei.iter().map(|(.., count)| count).sum::<u32>() <= 1, "{nuclei:?}");
}

#[test]
fn checkerboards_have_no_nuclei() {
    let side = 256;
    for square in [4, 7, 10, 14] {
        let values = (0..side * side).map(|pixel| {
            let is_light = (pixel % side / square + pixel / side / square) % 2 == 0;
            if is_light { 180 } else { 60 }
        });
        let board = Image::new(Size::new(side, side), 1, Samples::U8(values.collect())).unwrap();
        assert_eq!(found(&board).labels.count(), 0, "squares of {square} pixels");
    }
}
