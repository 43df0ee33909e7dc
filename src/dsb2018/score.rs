//! The metric of the Kaggle 2018 Data Science Bowl.
//!
//! A predicted nucleus matches a true one at threshold `t`, and is a true positive, if their intersection
//! over union is more than `t`. At each of ten thresholds, 0.50 to 0.95 in steps of 0.05, the precision of an
//! image is TP / (TP + FN + FP): false negatives are true nuclei without a match, false positives predicted
//! nuclei without a match. The score of an image is the mean of the ten precisions, the score of a data set
//! the mean over its images. **An image without true and without predicted nuclei scores 1**; an image with
//! only true or only predicted nuclei scores 0.
//!
//! # Matching
//! Each predicted nucleus matches at most one true nucleus, and vice versa. If neither the true nor the
//! predicted nuclei overlap among themselves, this follows from the threshold of 0.5. True nuclei may overlap
//! where annotators disagreed; then pairs are matched in descending order of intersection over union, and
//! ties are resolved in the order of the nucleus numbers. If predicted nuclei do not overlap, this finds the
//! maximum number of true positives at every threshold.
//!
//! All comparisons use integers: a pair with an intersection over union of exactly `t` is no match, on every
//! platform.
//!
//! # Confidence interval
//! The confidence interval of the mean for another sample of similar images: the images are resampled with
//! replacement 2,000 times (SplitMix64 with a fixed seed), and the interval contains the central 95 % of the
//! 2,000 means. It does not apply to images of another kind.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::diagnostic::first_few;
use crate::dsb2018::csv::{BowlCsvError, ImageRows};
use crate::dsb2018::majority::Apart;
use crate::dsb2018::run_length::{Mask, Run};

/// The thresholds of intersection over union, in percent.
pub const THRESHOLDS: [u8; 10] = [50, 55, 60, 65, 70, 75, 80, 85, 90, 95];

/// True positives, false negatives and false positives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Counts {
    /// The number of true nuclei with a match.
    pub true_positives: u64,
    /// The number of true nuclei without a match.
    pub false_negatives: u64,
    /// The number of predicted nuclei without a match.
    pub false_positives: u64,
}

impl Counts {
    /// `true_positives / (true_positives + false_negatives + false_positives)`, from 0 to 1; 1 if all counts
    /// are 0.
    pub fn precision(&self) -> f64 {
        match self.true_positives + self.false_negatives + self.false_positives {
            0 => 1.0,
            all => self.true_positives as f64 / all as f64,
        }
    }
}

/// A predicted nucleus and the matching true one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Match {
    /// Number of the true nucleus, from 1.
    pub truth: u32,
    /// Number of the predicted nucleus, from 1.
    pub predicted: u32,
    /// The number of shared pixels.
    pub intersection: u64,
    /// The number of pixels in either.
    pub union: u64,
}

impl Match {
    /// The intersection over union, more than 0.5 and at most 1.
    pub fn intersection_over_union(&self) -> f64 {
        self.intersection as f64 / self.union as f64
    }

    fn exceeds(&self, percent: u8) -> bool {
        100 * u128::from(self.intersection) > u128::from(percent) * u128::from(self.union)
    }

    fn best_first(&self, other: &Self) -> Ordering {
        let here = u128::from(self.intersection) * u128::from(other.union);
        let there = u128::from(other.intersection) * u128::from(self.union);
        there.cmp(&here).then(self.truth.cmp(&other.truth)).then(self.predicted.cmp(&other.predicted))
    }
}

/// The score of one image.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ImageScore {
    /// Mean precision over the ten thresholds, from 0 to 1.
    pub score: f64,
    /// The precision at threshold 0.50.
    pub average_precision_50: f64,
    /// The precision at threshold 0.75.
    pub average_precision_75: f64,
    /// The counts at each of the [`THRESHOLDS`]; the first are those at 0.50.
    pub counts: [Counts; THRESHOLDS.len()],
    /// The pairs at threshold 0.50, by the number of the predicted nucleus.
    pub matches: Vec<Match>,
    /// The numbers of the predicted nuclei without a match at 0.50, from 1, ascending.
    pub false_positives: Vec<u32>,
    /// The numbers of the true nuclei without a match at 0.50, from 1, ascending.
    pub false_negatives: Vec<u32>,
}

/// Scores the predicted nuclei of one image against the true ones.
///
/// With `n` runs, time and memory grow as `n` log `n`; if both true and predicted nuclei overlap among themselves, also
/// with the number of intersecting runs.
///
/// ```
/// use nucleoscope::dsb2018::score::score_image;
///
/// let truth = ["1 10".parse()?, "21 10".parse()?];
/// let predicted = ["1 9".parse()?, "41 5".parse()?];
/// let image = score_image(&truth, &predicted);
/// // The first pair has intersection over union 9/10: a hit below 0.90, so at eight thresholds.
/// assert_eq!(image.matches[0].intersection_over_union(), 0.9);
/// assert_eq!((image.false_positives, image.false_negatives), (vec![2], vec![2]));
/// assert!((image.score - 8.0 / 10.0 / 3.0).abs() < 1e-12);
/// assert_eq!(score_image(&[], &[]).score, 1.0);
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
pub fn score_image(truth: &[Mask], predicted: &[Mask]) -> ImageScore {
    let matches = pair(truth, predicted);
    let counts = THRESHOLDS.map(|percent| {
        let true_positives = matches.iter().filter(|pair| pair.exceeds(percent)).count() as u64;
        Counts {
            true_positives,
            false_negatives: truth.len() as u64 - true_positives,
            false_positives: predicted.len() as u64 - true_positives,
        }
    });
    let precision = |percent: u8| {
        let at = THRESHOLDS.iter().position(|&threshold| threshold == percent);
        at.map_or(0.0, |at| counts[at].precision())
    };
    let hit: HashSet<u32> = matches.iter().map(|pair| pair.predicted).collect();
    let found: HashSet<u32> = matches.iter().map(|pair| pair.truth).collect();
    ImageScore {
        score: mean(counts.iter().map(Counts::precision)),
        average_precision_50: precision(50),
        average_precision_75: precision(75),
        counts,
        false_positives: (1..=predicted.len() as u32).filter(|number| !hit.contains(number)).collect(),
        false_negatives: (1..=truth.len() as u32).filter(|number| !found.contains(number)).collect(),
        matches,
    }
}

/// The pairs at the lowest threshold.
fn pair(truth: &[Mask], predicted: &[Mask]) -> Vec<Match> {
    let areas = |masks: &[Mask]| masks.iter().map(Mask::area).collect::<Vec<u64>>();
    let (true_areas, predicted_areas) = (areas(truth), areas(predicted));
    let mut candidates: Vec<Match> = intersections(truth, predicted)
        .into_iter()
        .map(|((truth_index, predicted_index), intersection)| {
            let areas = true_areas[truth_index].saturating_add(predicted_areas[predicted_index]);
            let union = areas - intersection;
            let (truth, predicted) = (truth_index as u32 + 1, predicted_index as u32 + 1);
            Match { truth, predicted, intersection, union }
        })
        .filter(|pair| pair.exceeds(THRESHOLDS[0]))
        .collect();
    candidates.sort_unstable_by(Match::best_first);
    let mut found = HashSet::new();
    let mut hit = HashSet::new();
    candidates.retain(|pair| {
        let free = !found.contains(&pair.truth) && !hit.contains(&pair.predicted);
        if free {
            found.insert(pair.truth);
            hit.insert(pair.predicted);
        }
        free
    });
    candidates.sort_unstable_by_key(|pair| pair.predicted);
    candidates
}

/// The number of pixels that a true and a predicted mask share, for all pairs that share more than half of either, and
/// for some others.
fn intersections(truth: &[Mask], predicted: &[Mask]) -> HashMap<(usize, usize), u64> {
    const TRUTH: usize = 0;
    const PREDICTED: usize = 1;
    let mut runs: Vec<(Run, usize, usize)> = Vec::new();
    for (side, masks) in [(TRUTH, truth), (PREDICTED, predicted)] {
        for (index, mask) in masks.iter().enumerate() {
            runs.extend(mask.runs().iter().map(|&run| (run, side, index)));
        }
    }
    runs.sort_unstable();
    match [TRUTH, PREDICTED].map(|side| overlaps(runs.iter().filter(|run| run.1 == side).map(|run| run.0))) {
        [true, false] => {
            let apart = Apart::new(predicted);
            let pair = |(index, mask)| apart.majority(mask).map(|(other, pixels)| ((index, other), pixels));
            return truth.iter().enumerate().filter_map(pair).collect();
        }
        [false, true] => {
            let apart = Apart::new(truth);
            let pair = |(index, mask)| apart.majority(mask).map(|(other, pixels)| ((other, index), pixels));
            return predicted.iter().enumerate().filter_map(pair).collect();
        }
        _ => {}
    }
    let mut shared: HashMap<(usize, usize), u64> = HashMap::new();
    // The runs of each side that may still intersect later ones. If the masks of a side do not overlap, this
    // is at most one.
    let mut open: [Vec<(Run, usize)>; 2] = [Vec::new(), Vec::new()];
    for (run, side, index) in runs {
        let others = &mut open[1 - side];
        others.retain(|(other, _)| other.last() >= run.start);
        for &(other, other_index) in others.iter() {
            let pixels = run.last().min(other.last()) - run.start + 1;
            let pair = if side == TRUTH { (index, other_index) } else { (other_index, index) };
            *shared.entry(pair).or_default() += pixels;
        }
        open[side].retain(|(other, _)| other.last() >= run.start);
        open[side].push((run, index));
    }
    shared
}

/// Whether runs in ascending order overlap.
fn overlaps(runs: impl Iterator<Item = Run>) -> bool {
    let mut last = 0;
    runs.into_iter().any(|run| {
        let is_shared = run.start <= last;
        last = last.max(run.last());
        is_shared
    })
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len();
    values.sum::<f64>() / count as f64
}

/// The combined scores of several images.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "ScoreSummary"))]
pub struct Summary {
    /// The number of images that count.
    pub images: usize,
    /// Mean of the images' scores, from 0 to 1.
    pub score: f64,
    /// The central 95 % of the means of resampled images.
    pub interval: Interval,
    /// Mean of the images' precisions at 0.50.
    pub average_precision_50: f64,
    /// Mean of the images' precisions at 0.75.
    pub average_precision_75: f64,
    /// True positives, false negatives and false positives at 0.50, summed over the images.
    pub counts: Counts,
}

/// The bounds of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// Summarizes the scores of images; `None` without images.
///
/// ```
/// use nucleoscope::dsb2018::score::{score_image, summarize};
///
/// let nucleus = ["1 10".parse()?];
/// let found = score_image(&nucleus, &nucleus);
/// let missed = score_image(&nucleus, &[]);
/// let summary = summarize([&found, &missed]).unwrap();
/// assert_eq!((summary.images, summary.score, summary.counts.true_positives), (2, 0.5, 1));
/// assert_eq!((summary.interval.low, summary.interval.high), (0.0, 1.0));
/// assert_eq!(summarize([]), None);
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
pub fn summarize<'a>(images: impl IntoIterator<Item = &'a ImageScore>) -> Option<Summary> {
    let images: Vec<&ImageScore> = images.into_iter().collect();
    if images.is_empty() {
        return None;
    }
    let scores: Vec<f64> = images.iter().map(|image| image.score).collect();
    let mut counts = Counts::default();
    for image in &images {
        let [Counts { true_positives, false_negatives, false_positives }, ..] = image.counts;
        counts.true_positives += true_positives;
        counts.false_negatives += false_negatives;
        counts.false_positives += false_positives;
    }
    Some(Summary {
        images: images.len(),
        score: mean(scores.iter().copied()),
        interval: bootstrap(&scores),
        average_precision_50: mean(images.iter().map(|image| image.average_precision_50)),
        average_precision_75: mean(images.iter().map(|image| image.average_precision_75)),
        counts,
    })
}

/// The combined scores of several sets of images; each set has the same weight, regardless of its size.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct SetsSummary {
    /// The number of sets that count.
    pub sets: usize,
    /// The total number of images in them.
    pub images: usize,
    /// Mean of the sets' mean scores, from 0 to 1.
    pub score: f64,
    /// The central 95 % of that mean for resampled sets of resampled images: a measure of the uncertainty of
    /// the score for images of other sources.
    pub interval: Interval,
}

/// Summarizes the scores of sets of images; sets without images do not count. `None` if no set counts.
///
/// ```
/// use nucleoscope::dsb2018::score::{score_image, summarize_sets};
///
/// let nucleus = ["1 10".parse()?];
/// let (found, missed) = (score_image(&nucleus, &nucleus), score_image(&nucleus, &[]));
/// let summary = summarize_sets(&[vec![&found, &found, &found], vec![&missed], vec![]]).unwrap();
/// assert_eq!((summary.sets, summary.images, summary.score), (2, 4, 0.5));
/// assert_eq!((summary.interval.low, summary.interval.high), (0.0, 1.0));
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
pub fn summarize_sets(sets: &[Vec<&ImageScore>]) -> Option<SetsSummary> {
    let scores = |set: &Vec<&ImageScore>| set.iter().map(|image| image.score).collect::<Vec<f64>>();
    let sets: Vec<Vec<f64>> = sets.iter().filter(|set| !set.is_empty()).map(scores).collect();
    if sets.is_empty() {
        return None;
    }
    Some(SetsSummary {
        sets: sets.len(),
        images: sets.iter().map(Vec::len).sum(),
        score: mean(sets.iter().map(|set| mean(set.iter().copied()))),
        interval: interval(|random| {
            mean((0..sets.len()).map(|_| resampled_mean(&sets[random.below(sets.len())], random)))
        }),
    })
}

const RESAMPLES: usize = 2_000;
const SEED: u64 = 2018;

/// The bootstrap interval of the mean of at least one value.
fn bootstrap(values: &[f64]) -> Interval {
    interval(|random| resampled_mean(values, random))
}

/// The mean of a sample drawn with replacement, of the same size as `values`.
fn resampled_mean(values: &[f64], random: &mut SplitMix64) -> f64 {
    mean((0..values.len()).map(|_| values[random.below(values.len())]))
}

/// The central 95 % of the values that `resample` returns.
fn interval(mut resample: impl FnMut(&mut SplitMix64) -> f64) -> Interval {
    let mut random = SplitMix64(SEED);
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| resample(&mut random)).collect();
    means.sort_unstable_by(f64::total_cmp);
    let outside = RESAMPLES / 40;
    Interval { low: means[outside], high: means[RESAMPLES - 1 - outside] }
}

/// The generator of Steele, Lea and Flood (2014): small, and identical on every platform.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A random number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

/// The scores of a submission.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct Report {
    /// The images that count, in the order of the ground truth.
    pub images: Vec<ScoredImage>,
    /// Their summary; `None` if there are none.
    pub summary: Option<Summary>,
    /// What was omitted or counted as empty, and why.
    pub warnings: Vec<ScoreWarning>,
}

/// An image and its score.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct ScoredImage {
    /// The image.
    pub image_id: String,
    /// Its score.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub score: ImageScore,
}

/// A problem in a submission that its scores do not show.
///
/// It is serialized as `{code, message, help}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum ScoreWarning {
    /// Images with ground truth that are missing from the submission: they count as images without
    /// predictions.
    #[error("images that the submission leaves out, scored as if nothing was found ({}): {}", .image_ids.len(), first_few(.image_ids))]
    #[diagnostic(
        code("score/missing-from-submission"),
        help("Segment these images too; an image without nuclei needs a row with an empty second field.")
    )]
    MissingFromSubmission {
        /// The ids of the images.
        image_ids: Vec<String>,
    },
    /// Images of the submission without ground truth: they do not count.
    #[error("images without ground truth, not scored ({}): {}", .image_ids.len(), first_few(.image_ids))]
    #[diagnostic(code("score/without-truth"), help("Add their ground truth, or go on without them."))]
    WithoutTruth {
        /// The ids of the images.
        image_ids: Vec<String>,
    },
    /// Images that the ground truth marks as ignored: they do not count.
    #[error("images that the ground truth marks as ignored, not scored ({}): {}", .image_ids.len(), first_few(.image_ids))]
    #[diagnostic(code("score/ignored-in-scoring"), help("Nothing needs to be done."))]
    IgnoredInScoring {
        /// The ids of the images.
        image_ids: Vec<String>,
    },
    /// An image whose ground truth is not valid: it does not count.
    #[error("the ground truth is not valid, not scored: {error}")]
    #[diagnostic(code("score/unusable-truth"), help("{}", crate::diagnostic::help_of(error)))]
    UnusableTruth {
        /// The reason.
        #[source]
        error: BowlCsvError,
    },
    /// An image whose rows in the submission are not valid: it counts as an image without predictions.
    #[error("the submission is not valid, scored as if nothing was found: {error}")]
    #[diagnostic(code("score/unusable-prediction"), help("{}", crate::diagnostic::help_of(error)))]
    UnusablePrediction {
        /// The reason.
        #[source]
        error: BowlCsvError,
    },
    /// A predicted nucleus extends beyond the image: the image counts as one without predictions.
    #[error(
        "the submission is not valid, scored as if nothing was found: image \"{image_id}\", nucleus {nucleus}: {error}"
    )]
    #[diagnostic(code("score/outside-image"), help("{}", crate::diagnostic::help_of(error)))]
    OutsideImage {
        /// The image.
        image_id: String,
        /// The nucleus, counted from 1.
        nucleus: usize,
        /// The extent of the nucleus and of the image.
        #[source]
        error: crate::dsb2018::run_length::RunLengthError,
    },
}

#[cfg(feature = "serde")]
impl serde::Serialize for ScoreWarning {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::diagnostic::serialize(self, serializer)
    }
}

/// Scores a submission against the ground truth, both [read](crate::dsb2018::csv::read) from CSV files or
/// assembled from other files.
///
/// An image that is missing from the submission, or whose rows in it are not valid, counts as an image
/// without predictions. Images that only the submission contains, that the ground truth marks as ignored, or
/// whose ground truth is not valid do not count. The report lists all of these cases.
///
/// ```
/// use nucleoscope::dsb2018::csv::{Purpose, read};
/// use nucleoscope::dsb2018::score::score_submission;
///
/// let truth = read(b"ImageId,EncodedPixels,Usage\na,1 4,Public\nb,1 4,Ignored\n", Purpose::Truth)?;
/// let submission = read(b"ImageId,EncodedPixels\na,1 4\nb,\nc,\n", Purpose::Submission)?;
/// let report = score_submission(&truth.images, &submission.images);
/// assert_eq!(report.summary.unwrap().score, 1.0);
/// assert_eq!(report.images.len(), 1);
/// let said: Vec<String> = report.warnings.iter().map(ToString::to_string).collect();
/// assert_eq!(said, [
///     "images without ground truth, not scored (1): c",
///     "images that the ground truth marks as ignored, not scored (1): b",
/// ]);
/// # Ok::<(), nucleoscope::dsb2018::csv::BowlCsvError>(())
/// ```
pub fn score_submission(truth: &[ImageRows], submission: &[ImageRows]) -> Report {
    let mut predicted: HashMap<&str, &ImageRows> = HashMap::new();
    for image in submission {
        predicted.entry(&image.image_id).or_insert(image);
    }
    let mut images = Vec::new();
    let mut missing = Vec::new();
    let mut ignored = Vec::new();
    let mut invalid = Vec::new();
    for image in truth {
        let image_id = image.image_id.clone();
        let rows = predicted.get(&*image_id);
        if image.ignored {
            ignored.push(image_id);
            continue;
        }
        let true_masks = match &image.masks {
            Ok(masks) => masks,
            Err(error) => {
                invalid.push(ScoreWarning::UnusableTruth { error: error.clone() });
                continue;
            }
        };
        let predicted_masks: &[Mask] = match rows {
            None => {
                missing.push(image_id.clone());
                &[]
            }
            Some(rows) => usable(image, rows).unwrap_or_else(|warning| {
                invalid.push(warning);
                &[]
            }),
        };
        images.push(ScoredImage { image_id, score: score_image(true_masks, predicted_masks) });
    }
    let known: HashSet<&str> = truth.iter().map(|image| &*image.image_id).collect();
    let unknown = submission.iter().filter(|image| !known.contains(&*image.image_id));
    let without_truth: Vec<String> = unknown.map(|image| image.image_id.clone()).collect();

    let mut warnings = Vec::new();
    if !missing.is_empty() {
        warnings.push(ScoreWarning::MissingFromSubmission { image_ids: missing });
    }
    if !without_truth.is_empty() {
        warnings.push(ScoreWarning::WithoutTruth { image_ids: without_truth });
    }
    if !ignored.is_empty() {
        warnings.push(ScoreWarning::IgnoredInScoring { image_ids: ignored });
    }
    warnings.extend(invalid);
    let summary = summarize(images.iter().map(|image| &image.score));
    Report { images, summary, warnings }
}

/// The predicted masks, if valid for the image.
fn usable<'a>(image: &ImageRows, rows: &'a ImageRows) -> Result<&'a [Mask], ScoreWarning> {
    let masks =
        rows.masks.as_ref().map_err(|error| ScoreWarning::UnusablePrediction { error: error.clone() })?;
    if let Some(size) = image.size {
        for (nucleus, mask) in (1..).zip(masks) {
            mask.check(size).map_err(|error| ScoreWarning::OutsideImage {
                image_id: image.image_id.clone(),
                nucleus,
                error,
            })?;
        }
    }
    Ok(masks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = SplitMix64(1_234_567);
        assert_eq!(
            [random.next(), random.next(), random.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn the_interval_narrows_with_the_number_of_images() {
        let values = |count: usize| (0..count).map(|index| (index % 2) as f64).collect::<Vec<_>>();
        let widths = [10, 100, 1000].map(|count| {
            let Interval { low, high } = bootstrap(&values(count));
            assert!(low < 0.5 && high > 0.5);
            high - low
        });
        // The standard error of the mean of fair coin tosses, times 2 × 1.96.
        for (width, count) in widths.into_iter().zip([10.0_f64, 100.0, 1000.0]) {
            let expected = 3.92 * 0.5 / count.sqrt();
            assert!((width / expected - 1.0).abs() < 0.15, "{width} for {expected}");
        }
    }

    #[test]
    fn few_sets_of_many_images_leave_the_mean_of_sets_uncertain() {
        let set = |score: f64| {
            let one = |index: usize| ImageScore {
                score: score + if index.is_multiple_of(2) { 0.1 } else { -0.1 },
                ..score_image(&[], &[])
            };
            (0..100).map(one).collect::<Vec<_>>()
        };
        let sets = [0.2, 0.4, 0.6, 0.8].map(set);
        let summary =
            summarize_sets(&sets.each_ref().map(|set| set.iter().collect::<Vec<&ImageScore>>())).unwrap();
        assert!((summary.score - 0.5).abs() < 1e-9 && (summary.sets, summary.images) == (4, 400));
        // Four values with a standard deviation of 0.22: the variation between images is negligible.
        let width = summary.interval.high - summary.interval.low;
        assert!((width / (3.92 * 0.2236 / 2.0) - 1.0).abs() < 0.15, "{width}");
        let together = summarize(sets.iter().flatten()).unwrap().interval;
        assert!(together.high - together.low < width / 4.0, "images alone would look certain");
    }
}
