//! The Bowl's CSV, and the compact forms of masks and predictions.

use nucleoscope::dsb2018::csv::{BowlCsv, Purpose, Writer, read};
use nucleoscope::dsb2018::run_length::{
    self, Mask, decode, decode_overlapping, decode_sparse, encode, encode_sparse, first_overlap,
};
use nucleoscope::dsb2018::score::score_submission;
use nucleoscope::geometry::Size;
use nucleoscope::input::truth::check_masks;
use nucleoscope::nuclei::{outlines, polygons};
use nucleoscope::prediction::ProbabilityMaps;
use nucleoscope::segment::tiled::{Assembly, BlockNuclei};
use nucleoscope::synthetic::{self, Modality};

use super::refused;
use crate::Outcome;
use crate::seeds::{SIZE, drawn, exported};

pub(super) fn csv_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "ImageId,EncodedPixels\na,1 3 10 5\na,40 2\nb,\n",
        "ImageId,EncodedPixels,Height,Width,Usage\na,1 3,30,40,Public\nb,5 6,30,40,Ignored\n",
        "\u{feff}\"EncodedPixels\",\"ImageId\"\r\n\"1 1 3 1\",\"a \"\"b\"\"\"\r\n",
        "imageid,encodedpixels\ra,1 2\ra,2 2\r",
    ];
    let mut files: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).into();
    files.push(exported("submission.csv"));
    files.retain(|file| !file.is_empty());
    files
}

/// Reads a table as submission and as ground truth, and compares the two.
pub(super) fn csv(input: &[u8]) -> Outcome {
    let truth = read(input, Purpose::Truth).map_err(|error| refused(&error))?;
    let submission = read(input, Purpose::Submission).map_err(|error| refused(&error))?;
    truth.warnings.iter().for_each(|warning| drop(refused(warning)));
    let report = score_submission(&truth.images, &submission.images);
    report.warnings.iter().for_each(|warning| drop(refused(warning)));
    for image in &truth.images {
        match &image.masks {
            Ok(masks) => look(masks, image.size.filter(|size| is_small(*size)).unwrap_or(SIZE)),
            Err(error) => drop(refused(error)),
        }
    }
    rewritten(&submission);
    Ok(())
}

fn is_small(size: Size) -> bool {
    size.width.checked_mul(size.height).is_some_and(|pixels| pixels <= 1 << 20)
}

/// What is written is read again with the same nuclei.
fn rewritten(table: &BowlCsv) {
    let Ok(mut writer) = Writer::new(Vec::new()) else { return };
    let images = table.images.iter().filter_map(|image| Some((&image.image_id, image.masks.as_ref().ok()?)));
    let images: Vec<_> = images.collect();
    for (id, masks) in &images {
        _ = writer.write_image(id, masks);
    }
    let Ok(Ok(again)) = writer.finish().map(|bytes| read(&bytes, Purpose::Submission)) else {
        panic!("a written table cannot be read");
    };
    let masks: Vec<_> = again.images.iter().filter_map(|image| image.masks.as_ref().ok()).collect();
    assert_eq!(masks, images.iter().map(|(_, masks)| *masks).collect::<Vec<_>>());
}

fn look(masks: &[Mask], size: Size) {
    let bytes = run_length::to_bytes(masks);
    assert_eq!(run_length::from_bytes(&bytes).as_deref(), Some(masks));
    _ = check_masks(masks, size).map_err(|error| refused(&error));
    _ = decode_overlapping(masks, size).map_err(|error| refused(&error));
    let dense = decode(masks, size);
    let sparse = decode_sparse(masks, size);
    assert_eq!(dense.is_ok(), sparse.is_ok(), "{dense:?} {sparse:?}");
    assert!(dense.is_err() || first_overlap(masks).is_none());
    if let (Ok(labels), Ok(nuclei)) = (dense, sparse) {
        outlines(&labels);
        polygons(&labels);
        let mut masks = encode(&labels);
        let mut others = encode_sparse(&nuclei);
        masks.sort_by_key(|mask| mask.runs().first().map(|run| run.start));
        others.sort_by_key(|mask| mask.runs().first().map(|run| run.start));
        assert_eq!(masks.iter().map(Mask::area).sum::<u64>(), others.iter().map(Mask::area).sum::<u64>());
    }
}

pub(super) fn mask_seeds() -> Vec<Vec<u8>> {
    let labels = drawn(Modality::Fluorescence).truth;
    let numbers =
        |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let tagged = |kind: u8, bytes: Vec<u8>| [vec![kind], bytes].concat();
    vec![
        tagged(0, run_length::to_bytes(&encode(&labels))),
        tagged(0, run_length::to_bytes(&[])),
        tagged(1, synthetic::maps(&labels).to_bytes()),
        tagged(2, numbers(&[2, 1, 0, 3, 1, 1, 1, 1, 20, 9, 4])),
        tagged(2, numbers(&[1, 0, 0, 40])),
    ]
}

/// Reads masks, probability maps or the nuclei of a block, depending on the first byte.
pub(super) fn masks(input: &[u8]) -> Outcome {
    let damaged = || "masks/damaged".to_owned();
    let (kind, bytes) = input.split_first().ok_or_else(damaged)?;
    match kind % 3 {
        0 => look(&run_length::from_bytes(bytes).ok_or_else(damaged)?, SIZE),
        1 => {
            let maps = ProbabilityMaps::from_bytes(SIZE, bytes).ok_or_else(damaged)?;
            assert_eq!(maps.to_bytes(), bytes);
        }
        _ => {
            let numbers = bytes.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect();
            let block = BlockNuclei::from_numbers(numbers, SIZE).ok_or_else(damaged)?;
            block.outlines();
            let mut assembly = Assembly::new(SIZE, 3).map_err(|error| refused(&error))?;
            assembly.add(&block);
            assembly.add(&block);
            assert_eq!(assembly.finish().size(), SIZE);
        }
    }
    Ok(())
}
