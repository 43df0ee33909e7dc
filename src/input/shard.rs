//! Division of the images of a run among machines.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// One of several parts of a list of images, written as `3/8`. Every part is a range of the list, so that the
/// results of all parts, in order, are those of the whole list.
///
/// ```
/// use nucleoscope::input::shard::Shard;
///
/// let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
/// let ranges: Vec<_> = shards.iter().map(|shard| shard.range(10)).collect();
/// assert_eq!(ranges, [0..3, 3..6, 6..10]);
/// assert!("4/3".parse::<Shard>().is_err() && "0/3".parse::<Shard>().is_err());
/// # Ok::<(), nucleoscope::input::shard::ShardError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    number: usize,
    count: usize,
}

/// The text is not a shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("\"{text}\" is not a part of a run")]
#[diagnostic(code("input/shard"), help("Write the number of the part, from 1, and that of all parts: 3/8."))]
pub struct ShardError {
    text: String,
}

impl Shard {
    /// All images.
    pub const WHOLE: Self = Self { number: 1, count: 1 };

    /// Its number, from 1.
    pub fn number(self) -> usize {
        self.number
    }

    /// The number of all parts.
    pub fn count(self) -> usize {
        self.count
    }

    /// Whether it is the last part.
    pub fn is_last(self) -> bool {
        self.number == self.count
    }

    /// The positions of its images in a list of `images`. The lengths of the parts differ by 1 at most.
    pub fn range(self, images: usize) -> Range<usize> {
        let start_of = |number: usize| (number as u128 * images as u128 / self.count as u128) as usize;
        start_of(self.number - 1)..start_of(self.number)
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (number, count) = text.split_once('/')?;
            let shard = Self { number: number.trim().parse().ok()?, count: count.trim().parse().ok()? };
            (1..=shard.count).contains(&shard.number).then_some(shard)
        };
        parse().ok_or_else(|| ShardError { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shards_cover_every_image_once_and_differ_by_one_at_most(images in 0usize..5000, count in 1usize..200) {
            let mut end = 0;
            for number in 1..=count {
                let range = Shard { number, count }.range(images);
                prop_assert_eq!(range.start, end);
                prop_assert!(range.len() == images / count || range.len() == images.div_ceil(count));
                end = range.end;
            }
            prop_assert_eq!(end, images);
        }
    }
}
