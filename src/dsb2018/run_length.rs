//! Run-length encoding of nuclei: the mask format of the Kaggle 2018 Data Science Bowl.
//!
//! Pixels are numbered from 1, down the first column, then down the second and so on: in an image of `height`
//! rows, the pixel in column `x` and row `y` (both from 0) has number `x · height + y + 1`. A mask is written
//! as pairs `start length`, separated by spaces, in ascending order: `1 3 10 5` stands for the pixels 1, 2, 3
//! and 10 to 14.
//!
//! The rules from the evaluation page of the competition: starts and lengths are integers of at least 1,
//! pairs are sorted, pixels are not repeated, and no two masks of an image share a pixel.
//!
//! # Canonical form
//! The last pixel of a column and the first pixel of the next column have consecutive numbers, so a run may
//! continue from one column to the next. Here a mask always has the fewest runs possible: adjacent runs are
//! merged, whether they are in the same column or continue in the next. A mask that is read is converted to
//! that form too, so two masks are equal exactly if they have the same pixels.

use std::fmt;
use std::str::FromStr;

use crate::geometry::{self, Size};
use crate::nuclei::{LabelImage, SparseNuclei};

/// The reason why runs are not a valid mask, or masks not a valid image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum RunLengthError {
    /// There is no run.
    #[error("the mask has no pixels")]
    #[diagnostic(code("run-length/empty"), help("Leave out nuclei without pixels."))]
    Empty,
    /// A number is not an integer.
    #[error("number {place} is not a whole number: \"{text}\"")]
    #[diagnostic(
        code("run-length/not-a-number"),
        help(
            "Write each mask as pairs \"start length\" with a space between the numbers, such as \"1 3 10 5\"."
        )
    )]
    NotANumber {
        /// The position of the number, counted from 1.
        place: usize,
        /// The start of the text.
        text: String,
    },
    /// The numbers do not form pairs.
    #[error("there is an odd count of numbers ({count}): a start or a length is missing")]
    #[diagnostic(
        code("run-length/odd-count"),
        help(
            "Write each mask as pairs \"start length\" with a space between the numbers, such as \"1 3 10 5\"."
        )
    )]
    OddCount {
        /// The count of numbers.
        count: usize,
    },
    /// A run starts at pixel 0.
    #[error("run {run} starts at 0, but the first pixel is 1")]
    #[diagnostic(
        code("run-length/zero-start"),
        help("Count pixels from 1, not from 0: add 1 to every start.")
    )]
    ZeroStart {
        /// The position of the run, counted from 1.
        run: usize,
    },
    /// A run has no pixels.
    #[error("run {run} has length 0")]
    #[diagnostic(
        code("run-length/zero-length"),
        help("Export the mask again from the program that made it; a length is wrong.")
    )]
    ZeroLength {
        /// The position of the run, counted from 1.
        run: usize,
    },
    /// A run ends beyond the largest pixel number.
    #[error("run {run} ends beyond any image: start {start}, length {length}")]
    #[diagnostic(
        code("run-length/too-long"),
        help("Export the mask again from the program that made it; a length is wrong.")
    )]
    TooLong {
        /// The position of the run, counted from 1.
        run: usize,
        /// Its start.
        start: u64,
        /// Its length.
        length: u64,
    },
    /// A run starts before the preceding run.
    #[error("run {run} starts at {start}, before the run that precedes it ({previous_start})")]
    #[diagnostic(code("run-length/unsorted"), help("Sort the runs of each mask by their start."))]
    Unsorted {
        /// The position of the run, counted from 1.
        run: usize,
        /// Its start.
        start: u64,
        /// The start of the preceding run.
        previous_start: u64,
    },
    /// A run starts inside the preceding run.
    #[error("run {run} starts at {start}, but the run that precedes it reaches to {previous_last}")]
    #[diagnostic(code("run-length/overlapping"), help("Write each pixel of a mask once."))]
    Overlapping {
        /// The position of the run, counted from 1.
        run: usize,
        /// Its start.
        start: u64,
        /// The last pixel of the preceding run.
        previous_last: u64,
    },
    /// A run extends beyond the last pixel of the image.
    #[error(
        "a run reaches to pixel {last}, but an image of {size} pixels ends at {}",
        .size.width as u128 * .size.height as u128
    )]
    #[diagnostic(
        code("run-length/outside-image"),
        help(
            "Check that the mask belongs to this image and that the image was not cropped, turned or resized."
        )
    )]
    OutsideImage {
        /// The last pixel of the run.
        last: u64,
        /// The size of the image.
        size: Size,
    },
    /// Two masks share a pixel.
    #[error("nuclei {first} and {second} both have the pixel at x = {x}, y = {y}")]
    #[diagnostic(code("run-length/shared-pixel"), help("Give each pixel to one nucleus only."))]
    SharedPixel {
        /// The first nucleus, counted from 1.
        first: usize,
        /// The second nucleus, counted from 1.
        second: usize,
        /// Column of the pixel, from 0.
        x: usize,
        /// Row of the pixel, from 0.
        y: usize,
    },
    /// The image does not fit into memory.
    #[error("an image of {size} pixels does not fit into memory")]
    #[diagnostic(
        code("run-length/image-too-large"),
        help("Check the height and width; or work on a part of the image.")
    )]
    ImageTooLarge {
        /// The size of the image.
        size: Size,
    },
}

/// Consecutive pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run {
    /// Number of the first pixel, from 1.
    pub start: u64,
    /// The number of pixels, at least 1.
    pub length: u64,
}

impl Run {
    /// The number of the last pixel; `u64::MAX` if it would be larger.
    pub fn last(&self) -> u64 {
        self.start.saturating_add(self.length.saturating_sub(1))
    }
}

/// The pixels of one nucleus: at least one run, sorted, not overlapping and not adjacent.
///
/// ```
/// use nucleoscope::dsb2018::run_length::Mask;
///
/// let mask: Mask = "1 3 10 5".parse()?;
/// assert_eq!(mask.area(), 8);
/// assert_eq!(mask.to_string(), "1 3 10 5");
///
/// let touching: Mask = "1 3 4 2".parse()?;
/// assert_eq!(touching.to_string(), "1 5");
///
/// let problem = "1 3 2 5".parse::<Mask>().unwrap_err();
/// assert_eq!(problem.to_string(), "run 2 starts at 2, but the run that precedes it reaches to 3");
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mask {
    runs: Vec<Run>,
}

impl Mask {
    /// Checks runs and merges adjacent ones.
    ///
    /// # Errors
    /// No run; a start or length of 0; a run beyond `u64::MAX`; unsorted or overlapping runs.
    pub fn new(runs: impl IntoIterator<Item = Run>) -> Result<Self, RunLengthError> {
        let mut joined: Vec<Run> = Vec::new();
        let mut previous_start = 0;
        for (run, Run { start, length }) in (1..).zip(runs) {
            if start == 0 {
                return Err(RunLengthError::ZeroStart { run });
            }
            if length == 0 {
                return Err(RunLengthError::ZeroLength { run });
            }
            if start.checked_add(length).is_none() {
                return Err(RunLengthError::TooLong { run, start, length });
            }
            if start < previous_start {
                return Err(RunLengthError::Unsorted { run, start, previous_start });
            }
            previous_start = start;
            match joined.last_mut() {
                Some(before) if start <= before.last() => {
                    return Err(RunLengthError::Overlapping { run, start, previous_last: before.last() });
                }
                Some(before) if start == before.last() + 1 => before.length += length,
                _ => joined.push(Run { start, length }),
            }
        }
        if joined.is_empty() { Err(RunLengthError::Empty) } else { Ok(Self { runs: joined }) }
    }

    /// The mask of the pixels that are `true`, in row-major order as in a mask image; `None` if there are
    /// none.
    ///
    /// # Panics
    /// If `inside` does not contain one value per pixel of the size, which is a programming error.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::dsb2018::run_length::Mask;
    ///
    /// let inside = [false, true,
    ///               true,  true,
    ///               true,  false];
    /// assert_eq!(Mask::of_pixels(Size::new(2, 3), &inside).unwrap().to_string(), "2 4");
    /// assert_eq!(Mask::of_pixels(Size::new(2, 3), &[false; 6]), None);
    /// ```
    pub fn of_pixels(size: Size, inside: &[bool]) -> Option<Self> {
        let labels = inside.iter().map(|&inside| u32::from(inside)).collect();
        encode(&LabelImage::from_labels(size, labels)).pop()
    }

    /// The runs, in ascending order.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The number of pixels of the nucleus.
    pub fn area(&self) -> u64 {
        self.runs.iter().map(|run| run.length).sum()
    }

    /// The number of the last pixel.
    pub fn last(&self) -> u64 {
        self.runs.last().map_or(0, Run::last)
    }

    /// Checks that the mask lies within an image.
    ///
    /// # Errors
    /// [`RunLengthError::OutsideImage`].
    ///
    /// ```
    /// # use nucleoscope::{dsb2018::run_length::Mask, geometry::Size};
    /// let mask: Mask = "5 2".parse()?;
    /// assert!(mask.check(Size::new(2, 3)).is_ok());
    /// assert!(mask.check(Size::new(2, 2)).is_err());
    /// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
    /// ```
    pub fn check(&self, size: Size) -> Result<(), RunLengthError> {
        let last = self.last();
        if u128::from(last) <= size.width as u128 * size.height as u128 {
            Ok(())
        } else {
            Err(RunLengthError::OutsideImage { last, size })
        }
    }
}

impl FromStr for Mask {
    type Err = RunLengthError;

    /// Parses `start length start length …`, separated by any white space.
    fn from_str(text: &str) -> Result<Self, RunLengthError> {
        let numbers = (1..)
            .zip(text.split_whitespace())
            .map(|(place, word)| {
                word.parse::<u64>().map_err(|_| RunLengthError::NotANumber { place, text: shortened(word) })
            })
            .collect::<Result<Vec<u64>, _>>()?;
        let (pairs, rest) = numbers.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(RunLengthError::OddCount { count: numbers.len() });
        }
        Self::new(pairs.iter().map(|&[start, length]| Run { start, length }))
    }
}

impl fmt::Display for Mask {
    /// Writes `start length start length …` with single spaces.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Run { start, length }) in self.runs.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(formatter, "{separator}{start} {length}")?;
        }
        Ok(())
    }
}

/// Encodes masks as bytes, several times smaller than their text and much faster to read; [`from_bytes`]
/// decodes them.
///
/// For each mask: the number of its runs, then for each run the distance of its start from the last pixel of
/// the run before it (from 0 for the first run), and its length. All numbers are unsigned LEB128.
///
/// ```
/// use nucleoscope::dsb2018::run_length::{Mask, from_bytes, to_bytes};
///
/// let masks: Vec<Mask> = vec!["1 3 10 5".parse()?, "300 2".parse()?];
/// let bytes = to_bytes(&masks);
/// assert_eq!(bytes, [2, 1, 3, 7, 5, 1, 0xac, 2, 2]);
/// assert_eq!(from_bytes(&bytes), Some(masks));
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
pub fn to_bytes(masks: &[Mask]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for mask in masks {
        push_number(&mut bytes, mask.runs.len() as u64);
        let mut previous_last = 0;
        for run in &mask.runs {
            push_number(&mut bytes, run.start - previous_last);
            push_number(&mut bytes, run.length);
            previous_last = run.last();
        }
    }
    bytes
}

/// Decodes the bytes that [`to_bytes`] wrote; `None` if they are not valid.
pub fn from_bytes(mut bytes: &[u8]) -> Option<Vec<Mask>> {
    let mut masks = Vec::new();
    while !bytes.is_empty() {
        let count = take_number(&mut bytes)?;
        // A run takes at least two bytes, so a wrong count does not allocate memory for runs that do not
        // exist.
        let count = usize::try_from(count).ok().filter(|&count| count <= bytes.len() / 2)?;
        let mut runs = Vec::with_capacity(count);
        let mut previous_last: u64 = 0;
        for _ in 0..count {
            let start = previous_last.checked_add(take_number(&mut bytes)?)?;
            let run = Run { start, length: take_number(&mut bytes)? };
            previous_last = run.last();
            runs.push(run);
        }
        masks.push(Mask::new(runs).ok()?);
    }
    Some(masks)
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        number |= bits << shift;
        if byte < 0x80 {
            return (number >> shift == bits).then_some(number);
        }
    }
    None
}

/// One mask for each nucleus, in the order of their numbers.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::{dsb2018::run_length::encode, nuclei::LabelImage};
///
/// // Pixel numbers:   1 4 7      Nuclei:
/// //                  2 5 8
/// //                  3 6 9
/// let labels = LabelImage::from_labels(Size::new(3, 3), vec![0, 1, 2,
///                                                 0, 1, 0,
///                                                 1, 0, 2]);
/// let masks: Vec<String> = encode(&labels).iter().map(ToString::to_string).collect();
/// // Pixel 3 is the last of the first column and pixel 4 the first of the second: one run.
/// assert_eq!(masks, ["3 3", "7 1 9 1"]);
/// ```
pub fn encode(labels: &LabelImage) -> Vec<Mask> {
    let (width, height) = (labels.width(), labels.height());
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); labels.count() as usize];
    let mut close = |label: u32, x: usize, top: usize, end: usize| {
        if label != 0 {
            let start = x as u64 * height as u64 + top as u64 + 1;
            runs[label as usize - 1].push(Run { start, length: (end - top) as u64 });
        }
    };
    // Memory is row-major, but runs go down the columns: iterate over the rows and keep one open run per
    // column.
    let mut open: Vec<(u32, usize)> = vec![(0, 0); width];
    for (y, row) in labels.as_slice().chunks_exact(width.max(1)).enumerate() {
        for (x, (&label, open)) in row.iter().zip(&mut open).enumerate() {
            if label != open.0 {
                close(open.0, x, open.1, y);
                *open = (label, y);
            }
        }
    }
    for (x, (label, top)) in open.into_iter().enumerate() {
        close(label, x, top, height);
    }
    runs.into_iter().map(Mask::of_columns).collect()
}

impl Mask {
    /// Sorts runs that do not overlap and merges adjacent ones.
    fn of_columns(mut runs: Vec<Run>) -> Self {
        runs.sort_unstable();
        runs.dedup_by(|run, before| {
            let touches = before.start + before.length == run.start;
            if touches {
                before.length += run.length;
            }
            touches
        });
        Self { runs }
    }
}

/// The label image of masks: nucleus `n` is the `n`-th mask, from 1.
///
/// # Errors
/// A run outside the image, a pixel in two masks, or an image that does not fit into memory.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::dsb2018::run_length::{Mask, decode};
///
/// let masks: Vec<Mask> = vec!["3 3".parse()?, "7 1 9 1".parse()?];
/// assert_eq!(decode(&masks, Size::new(3, 3))?.as_slice(), &[0, 1, 2,
///                                                0, 1, 0,
///                                                1, 0, 2]);
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
pub fn decode(masks: &[Mask], size: Size) -> Result<LabelImage, RunLengthError> {
    fill(masks, size, |first, second, x, y| {
        Err(RunLengthError::SharedPixel { first: first as usize, second: second as usize, x, y })
    })
}

/// The label image of masks that may overlap, as in annotations: a pixel in several masks belongs to the
/// first of them. Nuclei keep their order; a nucleus that is covered completely by earlier ones is omitted,
/// and the following nuclei are renumbered without a gap.
///
/// # Errors
/// A run outside the image, or an image that does not fit into memory.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::dsb2018::run_length::{Mask, decode_overlapping};
///
/// let masks: Vec<Mask> = vec!["1 2".parse()?, "2 1".parse()?, "2 3".parse()?];
/// assert_eq!(decode_overlapping(&masks, Size::new(4, 1))?.as_slice(), &[1, 1, 2, 2]);
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
pub fn decode_overlapping(masks: &[Mask], size: Size) -> Result<LabelImage, RunLengthError> {
    let pixels = size.width as u128 * size.height as u128;
    if masks.iter().map(|mask| u128::from(mask.area())).sum::<u128>() <= pixels {
        return fill(masks, size, |_, _, _, _| Ok(()));
    }
    let mut labels = background(masks, size)?;
    let Size { width, height } = size;
    // The first pixel without a label from each pixel on, so that masks that cover each other take no longer.
    let mut free: Vec<usize> = (0..=labels.len()).collect();
    let first_free = |free: &mut Vec<usize>, mut pixel: usize| {
        while free[pixel] != pixel {
            free[pixel] = free[free[pixel]];
            pixel = free[pixel];
        }
        pixel
    };
    for (mask, number) in masks.iter().zip(1_u32..) {
        for run in &mask.runs {
            let mut pixel = first_free(&mut free, run.start as usize - 1);
            while pixel < run.last() as usize {
                labels[pixel % height * width + pixel / height] = number;
                free[pixel] = pixel + 1;
                pixel = first_free(&mut free, pixel + 1);
            }
        }
    }
    Ok(LabelImage::from_labels(size, labels))
}

/// Labels for an image of this size, all 0.
///
/// # Errors
/// A mask is not within the image, or the image does not fit into memory.
fn background(masks: &[Mask], size: Size) -> Result<Vec<u32>, RunLengthError> {
    for mask in masks {
        mask.check(size)?;
    }
    let too_large = || RunLengthError::ImageTooLarge { size };
    let pixels = size.width.checked_mul(size.height).ok_or_else(too_large)?;
    let mut labels: Vec<u32> = Vec::new();
    labels.try_reserve_exact(pixels).map_err(|_| too_large())?;
    labels.resize(pixels, 0);
    Ok(labels)
}

/// Labels the pixels of masks from 1; `shared` decides whether two masks may contain the pixel at `(x, y)`,
/// which then belongs to the first.
fn fill(
    masks: &[Mask],
    size: Size,
    shared: impl Fn(u32, u32, usize, usize) -> Result<(), RunLengthError>,
) -> Result<LabelImage, RunLengthError> {
    let mut labels = background(masks, size)?;
    let Size { width, height } = size;
    for (mask, number) in masks.iter().zip(1_u32..) {
        for run in &mask.runs {
            for pixel in run.start - 1..run.last() {
                let (x, y) = (pixel as usize / height, pixel as usize % height);
                let label = &mut labels[y * width + x];
                if *label == 0 {
                    *label = number;
                } else {
                    shared(*label, number, x, y)?;
                }
            }
        }
    }
    Ok(LabelImage::from_labels(size, labels))
}

/// Nuclei without a label image, one for each mask; a mask of several connected components becomes several
/// nuclei. They are numbered in the order of their first pixels, row by row.
///
/// # Errors
/// A run outside the image, or a pixel in two masks.
pub fn decode_sparse(masks: &[Mask], size: Size) -> Result<SparseNuclei, RunLengthError> {
    for mask in masks {
        mask.check(size)?;
    }
    let height = size.height as u64;
    if let Some(Overlap { first, second, pixel }) = first_overlap(masks) {
        let (x, y) = ((pixel - 1) / height, (pixel - 1) % height);
        let (first, second) = (first + 1, second + 1);
        return Err(RunLengthError::SharedPixel { first, second, x: x as usize, y: y as usize });
    }
    let columns = |mask: &Mask| {
        let mut runs = Vec::new();
        for run in &mask.runs {
            let (mut start, end) = (run.start - 1, run.last());
            while start < end {
                let part = (height - start % height).min(end - start);
                let (x, y) = ((start % height) as usize, (start / height) as usize);
                runs.push(geometry::Run { x, y, length: part as usize });
                start += part;
            }
        }
        runs
    };
    Ok(SparseNuclei::from_columns(size, masks.iter().map(columns)))
}

/// One mask for each nucleus, in the order of their numbers.
pub fn encode_sparse(nuclei: &SparseNuclei) -> Vec<Mask> {
    let height = nuclei.size().height as u64;
    let run = |run: &geometry::Run| Run {
        start: run.y as u64 * height + run.x as u64 + 1,
        length: run.length as u64,
    };
    nuclei.columns().map(|runs| Mask::of_columns(runs.iter().map(run).collect())).collect()
}

/// Two masks that share a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// The index of the earlier mask in the list, from 0.
    pub first: usize,
    /// The index of the later mask in the list, from 0.
    pub second: usize,
    /// The number of the first shared pixel, counted from 1.
    pub pixel: u64,
}

/// Finds the first pixel that two masks share, if any; the image size is not needed.
///
/// ```
/// use nucleoscope::dsb2018::run_length::{Mask, Overlap, first_overlap};
///
/// let masks: Vec<Mask> = vec!["10 5".parse()?, "1 3 14 2".parse()?];
/// assert_eq!(first_overlap(&masks), Some(Overlap { first: 0, second: 1, pixel: 14 }));
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
pub fn first_overlap(masks: &[Mask]) -> Option<Overlap> {
    let mut runs: Vec<(Run, usize)> = masks
        .iter()
        .enumerate()
        .flat_map(|(index, mask)| mask.runs.iter().map(move |&run| (run, index)))
        .collect();
    runs.sort_unstable();
    runs.windows(2).find_map(|pair| match pair {
        [(before, one), (after, other)] if after.start <= before.last() => {
            Some(Overlap { first: *one.min(other), second: *one.max(other), pixel: after.start })
        }
        _ => None,
    })
}

const LONGEST_QUOTE: usize = 24;

fn shortened(word: &str) -> String {
    match word.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Mask, RunLengthError> {
        text.parse()
    }

    #[test]
    fn names_what_is_wrong_and_where() {
        use RunLengthError as E;
        assert_eq!(parse("  "), Err(E::Empty));
        assert_eq!(parse("1 2 3"), Err(E::OddCount { count: 3 }));
        assert_eq!(parse("1 2 3.0 4"), Err(E::NotANumber { place: 3, text: "3.0".into() }));
        assert_eq!(parse("1 -2"), Err(E::NotANumber { place: 2, text: "-2".into() }));
        assert_eq!(parse("1 2 0 4"), Err(E::ZeroStart { run: 2 }));
        assert_eq!(parse("1 0"), Err(E::ZeroLength { run: 1 }));
        assert_eq!(parse("9 1 3 1"), Err(E::Unsorted { run: 2, start: 3, previous_start: 9 }));
        assert_eq!(parse("5 2 7 1 6 1"), Err(E::Unsorted { run: 3, start: 6, previous_start: 7 }));
        assert_eq!(parse("3 4 6 1"), Err(E::Overlapping { run: 2, start: 6, previous_last: 6 }));
        assert_eq!(
            parse("2 18446744073709551615"),
            Err(E::TooLong { run: 1, start: 2, length: 18_446_744_073_709_551_615 })
        );
        let long = parse(&"x".repeat(100_000)).unwrap_err().to_string();
        assert!(long.len() < 100, "{long}");
    }

    #[test]
    fn a_run_must_lie_within_the_image() {
        let mask = parse("12 1").unwrap();
        assert_eq!(mask.check(Size::new(3, 4)), Ok(()));
        let size = Size::new(1, 11);
        assert_eq!(mask.check(size), Err(RunLengthError::OutsideImage { last: 12, size }));
        assert_eq!(mask.check(Size::new(usize::MAX, usize::MAX)), Ok(()));
        assert!(decode(&[mask], Size::new(0, 0)).is_err());
    }

    #[test]
    fn a_pixel_belongs_to_one_nucleus() {
        let masks = [parse("1 2").unwrap(), parse("5 2").unwrap(), parse("6 1").unwrap()];
        let shared = RunLengthError::SharedPixel { first: 2, second: 3, x: 1, y: 1 };
        assert_eq!(decode(&masks, Size::new(2, 4)), Err(shared));
    }

    #[test]
    fn an_image_that_fits_nowhere_is_refused() {
        let error = decode(&[], Size::new(usize::MAX, 2)).unwrap_err();
        assert_eq!(error.code(), "run-length/image-too-large");
    }

    #[test]
    fn images_without_pixels_have_no_nuclei() {
        for size in [Size::new(0, 0), Size::new(0, 3), Size::new(3, 0)] {
            assert!(encode(&LabelImage::empty(size)).is_empty());
            assert_eq!(decode(&[], size), Ok(LabelImage::empty(size)));
        }
    }

    fn label_images() -> impl Strategy<Value = LabelImage> {
        (1_usize..12, 1_usize..12).prop_flat_map(|(width, height)| {
            prop::collection::vec(0_u32..6, width * height)
                .prop_map(move |labels| LabelImage::from_labels(Size::new(width, height), labels))
        })
    }

    proptest! {
        #[test]
        fn the_first_of_overlapping_masks_keeps_its_pixels(
            masks in prop::collection::vec(prop::collection::vec((1u64..8, 1u64..8), 1..4), 0..8),
        ) {
            let size = Size::new(7, 8);
            let mask = |steps: Vec<(u64, u64)>| {
                let run = |end: &mut u64, (gap, length): (u64, u64)| {
                    let start = *end + gap;
                    *end = start + length;
                    Some(Run { start, length })
                };
                Mask::new(steps.into_iter().scan(0, run)).unwrap()
            };
            let masks: Vec<Mask> = masks.into_iter().map(mask).filter(|mask| mask.check(size).is_ok()).collect();
            let expected = fill(&masks, size, |_, _, _, _| Ok(()));
            prop_assert_eq!(decode_overlapping(&masks, size), expected);
        }

        #[test]
        fn decoding_undoes_encoding(labels in label_images()) {
            prop_assert_eq!(decode(&encode(&labels), labels.size()), Ok(labels));
        }

        #[test]
        fn encoding_undoes_decoding(labels in label_images(), rotation in 0_usize..6) {
            let mut masks = encode(&labels);
            let rotation = rotation.min(masks.len());
            masks.rotate_left(rotation);
            let decoded = decode(&masks, labels.size()).unwrap();
            prop_assert_eq!(encode(&decoded), masks);
        }

        #[test]
        fn text_undoes_text(labels in label_images()) {
            for mask in encode(&labels) {
                prop_assert_eq!(mask.to_string().parse(), Ok(mask));
            }
        }

        #[test]
        fn bytes_undo_bytes(labels in label_images(), far in 1..u64::MAX / 2, long in 1..u64::MAX / 2) {
            let mut masks = encode(&labels);
            masks.push(Mask::new([Run { start: far, length: long }]).unwrap());
            let bytes = to_bytes(&masks);
            prop_assert_eq!(from_bytes(&bytes[..bytes.len() - 1]), None);
            prop_assert_eq!(from_bytes(&bytes), Some(masks));
        }

        #[test]
        fn any_bytes_are_masks_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(masks) = from_bytes(&bytes) {
                prop_assert_eq!(from_bytes(&to_bytes(&masks)), Some(masks));
            }
        }

        #[test]
        fn what_is_encoded_keeps_the_rules(labels in label_images()) {
            let (width, height) = (labels.width(), labels.height());
            let mut seen = vec![0_u32; width * height];
            for (number, mask) in (1..).zip(encode(&labels)) {
                let numbers: Vec<usize> =
                    mask.to_string().split(' ').map(|number| number.parse().unwrap()).collect();
                prop_assert!(!numbers.is_empty() && numbers.len().is_multiple_of(2));
                let mut free_from = 1;
                for pair in numbers.chunks(2) {
                    let (start, length) = (pair[0], pair[1]);
                    prop_assert!(start >= free_from, "sorted, not overlapping and not touching");
                    prop_assert!(length >= 1);
                    free_from = start + length + 1;
                    for pixel in start..start + length {
                        prop_assert_eq!(seen[pixel - 1], 0, "a pixel in two nuclei");
                        seen[pixel - 1] = number;
                    }
                }
            }
            for y in 0..height {
                for x in 0..width {
                    prop_assert_eq!(seen[x * height + y], labels.get(x, y));
                }
            }
        }

        #[test]
        fn any_text_is_a_mask_or_an_error(text in "[0-9 ]{0,40}|\\PC{0,40}") {
            if let Ok(mask) = parse(&text) {
                prop_assert_eq!(parse(&mask.to_string()), Ok(mask));
            }
        }

        #[test]
        fn overlaps_are_found(labels in label_images(), shift in 0_u64..4) {
            let mut masks = encode(&labels);
            prop_assert_eq!(first_overlap(&masks), None);
            if let Some(run) = masks.first().and_then(|mask| mask.runs().first()).copied() {
                let pixel = run.start + shift.min(run.length - 1);
                masks.push(Mask::new([Run { start: pixel, length: 1 }]).unwrap());
                let second = masks.len() - 1;
                prop_assert_eq!(first_overlap(&masks), Some(Overlap { first: 0, second, pixel }));
            }
        }
    }
}
