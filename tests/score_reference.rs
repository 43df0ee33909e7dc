//! The score compared with a second implementation on sets of pixels, and with results computed by hand.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::HashSet;

use nucleoscope::Diagnostic;
use nucleoscope::dsb2018::csv::{ImageRows, Purpose, read};
use nucleoscope::dsb2018::run_length::{Mask, Run};
use nucleoscope::dsb2018::score::{Counts, ImageScore, score_image, score_submission, summarize};
use proptest::prelude::*;

type Pixels = HashSet<u64>;

fn mask(pixels: &Pixels) -> Mask {
    let mut sorted: Vec<u64> = pixels.iter().copied().collect();
    sorted.sort_unstable();
    Mask::new(sorted.into_iter().map(|start| Run { start, length: 1 })).unwrap()
}

fn masks(nuclei: &[Pixels]) -> Vec<Mask> {
    nuclei.iter().map(mask).collect()
}

/// The nuclei of a label image whose pixels are numbered from 1 in their order.
fn nuclei(labels: &[u8]) -> Vec<Pixels> {
    let of = |number: u8| {
        (1..).zip(labels).filter(|(_, label)| **label == number).map(|(pixel, _)| pixel).collect()
    };
    (1..=9).map(of).filter(|pixels: &Pixels| !pixels.is_empty()).collect()
}

/// Whether intersection over union is more than `twentieths / 20`.
fn true_positives(one: &Pixels, other: &Pixels, twentieths: usize) -> bool {
    20 * one.intersection(other).count() > twentieths * one.union(other).count()
}

/// The largest number of pairs at a threshold, by exhaustive search.
fn most_matches(
    truth: &[Pixels],
    predicted: &[Pixels],
    taken: &mut HashSet<usize>,
    twentieths: usize,
) -> u64 {
    let Some((first, rest)) = truth.split_first() else { return 0 };
    let mut best = most_matches(rest, predicted, taken, twentieths);
    for (index, other) in predicted.iter().enumerate() {
        if true_positives(first, other, twentieths) && taken.insert(index) {
            best = best.max(1 + most_matches(rest, predicted, taken, twentieths));
            taken.remove(&index);
        }
    }
    best
}

fn reference(truth: &[Pixels], predicted: &[Pixels]) -> Vec<Counts> {
    let counts = |twentieths| {
        let true_positives = most_matches(truth, predicted, &mut HashSet::new(), twentieths);
        Counts {
            true_positives,
            false_negatives: truth.len() as u64 - true_positives,
            false_positives: predicted.len() as u64 - true_positives,
        }
    };
    (10..20).map(counts).collect()
}

fn agrees(truth: &[Pixels], predicted: &[Pixels]) -> Result<ImageScore, TestCaseError> {
    let scored = score_image(&masks(truth), &masks(predicted));
    let expected = reference(truth, predicted);
    prop_assert_eq!(&scored.counts[..], &expected[..]);
    let mut sum = 0.0;
    for Counts { true_positives, false_negatives, false_positives } in &expected {
        let all = true_positives + false_negatives + false_positives;
        sum += if all == 0 { 1.0 } else { *true_positives as f64 / all as f64 };
    }
    prop_assert!((scored.score - sum / 10.0).abs() < 1e-12);
    prop_assert_eq!(scored.average_precision_50, expected[0].precision());
    prop_assert_eq!(scored.average_precision_75, expected[5].precision());

    let mut truth_numbers: Vec<u32> = scored.false_negatives.clone();
    truth_numbers.extend(scored.matches.iter().map(|pair| pair.truth));
    truth_numbers.sort_unstable();
    prop_assert_eq!(truth_numbers, (1..=truth.len() as u32).collect::<Vec<_>>());
    let mut predicted_numbers: Vec<u32> = scored.false_positives.clone();
    predicted_numbers.extend(scored.matches.iter().map(|pair| pair.predicted));
    predicted_numbers.sort_unstable();
    prop_assert_eq!(predicted_numbers, (1..=predicted.len() as u32).collect::<Vec<_>>());
    for pair in &scored.matches {
        let (one, other) = (&truth[pair.truth as usize - 1], &predicted[pair.predicted as usize - 1]);
        prop_assert_eq!(pair.intersection, one.intersection(other).count() as u64);
        prop_assert_eq!(pair.union, one.union(other).count() as u64);
        prop_assert!(true_positives(one, other, 10));
    }
    Ok(scored)
}

/// True labels, and predicted ones that differ from them in some pixels.
fn label_pairs() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let truth = prop_oneof![
        prop::collection::vec(0_u8..6, 0..80),
        (1_usize..40, 0_usize..4).prop_map(|(length, count)| {
            (0..length * count).map(|pixel| (pixel / length) as u8 + 1).collect()
        }),
    ];
    (truth, prop::collection::vec((any::<prop::sample::Index>(), 0_u8..7), 0..30)).prop_map(
        |(truth, changes)| {
            let mut predicted = truth.clone();
            if !predicted.is_empty() {
                for (index, label) in changes {
                    let at = index.index(predicted.len());
                    predicted[at] = label;
                }
            }
            (truth, predicted)
        },
    )
}

proptest! {
    #[test]
    fn agrees_where_nothing_overlaps((truth, predicted) in label_pairs()) {
        agrees(&nuclei(&truth), &nuclei(&predicted))?;
    }

    #[test]
    fn agrees_where_true_nuclei_overlap((truth, predicted) in label_pairs(), (more, _) in label_pairs()) {
        let mut true_nuclei = nuclei(&truth);
        true_nuclei.extend(nuclei(&more));
        agrees(&true_nuclei, &nuclei(&predicted))?;
    }

    #[test]
    fn finding_everything_scores_one((truth, _) in label_pairs()) {
        let all = nuclei(&truth);
        prop_assert_eq!(agrees(&all, &all)?.score, 1.0);
    }

    #[test]
    fn the_order_of_nuclei_does_not_matter((truth, predicted) in label_pairs()) {
        let (truth, predicted) = (masks(&nuclei(&truth)), masks(&nuclei(&predicted)));
        let reversed = |masks: &[Mask]| masks.iter().rev().cloned().collect::<Vec<_>>();
        let backwards = score_image(&reversed(&truth), &reversed(&predicted));
        prop_assert_eq!(score_image(&truth, &predicted).counts, backwards.counts);
    }
}

fn parsed(texts: &[&str]) -> Vec<Mask> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn an_iou_equal_to_the_threshold_is_no_match() {
    // 10 pixels of 20: intersection over union is exactly 0.5.
    let half = score_image(&parsed(&["1 20"]), &parsed(&["1 10"]));
    assert_eq!(half.counts[0], Counts { true_positives: 0, false_negatives: 1, false_positives: 1 });
    assert_eq!(half.score, 0.0);
    let more = score_image(&parsed(&["1 20"]), &parsed(&["1 11"]));
    assert_eq!(more.counts[0], Counts { true_positives: 1, false_negatives: 0, false_positives: 0 });
    // 11 of 20 is exactly 0.55: a match at 0.50 only.
    assert_eq!(more.score, 0.1);
    // 19 of 20 is exactly 0.95.
    assert_eq!(score_image(&parsed(&["1 20"]), &parsed(&["2 19"])).score, 0.9);
}

#[test]
fn by_hand() {
    // Found exactly; found with 8 of 10 pixels; missed; and one extra.
    let truth = parsed(&["1 10", "21 10", "41 10"]);
    let predicted = parsed(&["61 4", "21 8", "1 10"]);
    let scored = score_image(&truth, &predicted);
    let pairs: Vec<(u32, u32)> = scored.matches.iter().map(|pair| (pair.truth, pair.predicted)).collect();
    assert_eq!(pairs, [(2, 2), (1, 3)]);
    assert_eq!((&*scored.false_negatives, &*scored.false_positives), (&[3][..], &[1][..]));
    // Two true positives of four below 0.80, that is at six thresholds; one of five at the other four.
    assert!((scored.score - (6.0 * 2.0 / 4.0 + 4.0 / 5.0) / 10.0).abs() < 1e-12);
    assert_eq!(scored.average_precision_50, 0.5);
    assert_eq!(scored.average_precision_75, 0.5);
}

#[test]
fn no_true_and_no_found_nuclei_score_one() {
    let empty = score_image(&[], &[]);
    assert_eq!((empty.score, empty.average_precision_50, empty.average_precision_75), (1.0, 1.0, 1.0));
    assert_eq!(score_image(&[], &parsed(&["1 1"])).score, 0.0);
    assert_eq!(score_image(&parsed(&["1 1"]), &[]).score, 0.0);
}

#[test]
fn a_prediction_matches_one_of_two_overlapping_true_nuclei() {
    let truth = parsed(&["1 8", "1 10"]);
    let scored = score_image(&truth, &parsed(&["1 10"]));
    assert_eq!(scored.matches[0].truth, 2);
    assert_eq!(scored.false_negatives, [1]);
    let tie = score_image(&parsed(&["1 10", "1 10"]), &parsed(&["1 10"]));
    assert_eq!((tie.matches[0].truth, &*tie.false_negatives), (1, &[2][..]));
}

#[test]
fn a_true_nucleus_is_matched_once_even_if_predictions_overlap() {
    let scored = score_image(&parsed(&["1 10"]), &parsed(&["1 9", "1 10"]));
    assert_eq!(scored.counts[0], Counts { true_positives: 1, false_negatives: 0, false_positives: 1 });
    assert_eq!((scored.matches[0].predicted, &*scored.false_positives), (2, &[1][..]));
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let vast = parsed(&["1 18446744073709551614"]);
    let scored = score_image(&vast, &vast);
    assert_eq!(scored.score, 1.0);
}

#[test]
fn many_nuclei_are_scored_quickly() {
    let column: Vec<Mask> = (0..100_000_u64)
        .map(|index| {
            Mask::new((0..5).map(|run| Run { start: index * 100 + run * 10 + 1, length: 7 })).unwrap()
        })
        .collect();
    assert_eq!(score_image(&column, &column).counts[9].true_positives, 100_000);
}

#[test]
fn the_summary_is_the_mean_over_images() {
    let nucleus = parsed(&["1 10"]);
    let good = score_image(&nucleus, &nucleus);
    let fair = score_image(&nucleus, &parsed(&["1 7"]));
    let none = score_image(&nucleus, &[]);
    let summary = summarize([&good, &fair, &none]).unwrap();
    assert!((summary.score - (1.0 + 0.4 + 0.0) / 3.0).abs() < 1e-12);
    assert!((summary.average_precision_50 - 2.0 / 3.0).abs() < 1e-12);
    assert!((summary.average_precision_75 - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!(summary.counts, Counts { true_positives: 2, false_negatives: 1, false_positives: 0 });
    assert!(summary.interval.low < summary.score && summary.score < summary.interval.high);
    assert_eq!(summarize([&good, &fair, &none]), Some(summary));
    let alone = summarize([&fair]).unwrap();
    assert_eq!((alone.interval.low, alone.interval.high), (fair.score, fair.score));
}

#[test]
fn a_submission_is_scored_image_by_image() {
    let truth = b"ImageId,EncodedPixels,Height,Width,Usage\n\
        right,1 4,4,4,Public\n\
        gone,1 4,4,4,Public\n\
        void,,4,4,Private\n\
        skip,1 4,4,4,ignored\n\
        broken,1 4 4,4,4,Public\n\
        outside,1 4,4,4,Public\n\
        invalid,1 4,4,4,Public\n";
    let submission = b"ImageId,EncodedPixels\n\
        right,1 4\nskip,1 4\nbroken,1 4\noutside,1 4\noutside,15 4\ninvalid,4 1 1 1\nunknown,1 1\n";
    let truth = read(truth, Purpose::Truth).unwrap();
    let submission = read(submission, Purpose::Submission).unwrap();
    let report = score_submission(&truth.images, &submission.images);

    let scores: Vec<(&str, f64)> =
        report.images.iter().map(|image| (image.image_id.as_str(), image.score.score)).collect();
    assert_eq!(scores, [("right", 1.0), ("gone", 0.0), ("void", 1.0), ("outside", 0.0), ("invalid", 0.0)]);
    assert_eq!(report.summary.unwrap().images, 5);
    assert!((report.summary.unwrap().score - 0.4).abs() < 1e-12);
    let said: Vec<(String, String)> =
        report.warnings.iter().map(|warning| (warning.code(), warning.to_string())).collect();
    let expected = [
        ("score/missing-from-submission", "(2): gone, void"),
        ("score/without-truth", "(1): unknown"),
        ("score/ignored-in-scoring", "(1): skip"),
        ("score/unusable-truth", "line 6, image \"broken\""),
        ("score/outside-image", "image \"outside\", nucleus 2"),
        ("score/unusable-prediction", "line 7, image \"invalid\""),
    ];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for ((code, message), (expected_code, part)) in said.iter().zip(expected) {
        assert_eq!(*code, expected_code);
        assert!(message.contains(part), "{message}");
    }
    assert!(report.warnings.iter().all(|warning| !warning.help().is_empty()));
}

#[test]
fn nothing_to_score_is_no_summary() {
    let report = score_submission(&[], &[ImageRows::new("a", Vec::new())]);
    assert_eq!(report.summary, None);
    assert_eq!(report.warnings.len(), 1);
}
