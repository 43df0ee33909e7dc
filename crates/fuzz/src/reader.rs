//! Values from bytes, for targets whose input is not a file. When the bytes are used up, everything is 0.

use nucleoscope::geometry::{Point, Size};
use nucleoscope::nuclei::{LabelImage, Region};

/// Texts that a careless writer of files does not expect.
const TEXTS: [&str; 16] = [
    "cells",
    "",
    "=HYPERLINK(\"x\")",
    "+1",
    "-1",
    "@a",
    "\ta",
    "a,b;c\"d",
    "a\nb\r\nc",
    "../../a",
    "con.png",
    "<b>&\"'</b>",
    "\u{1b}[31m",
    "\u{202e}gpj",
    "Zellen ä 細胞 🔬",
    "a/b\\c",
];

pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl Reader<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A number below `end`, which must not be 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let wide = if end > 256 { usize::from(self.byte()) << 8 } else { 0 };
        (wide | usize::from(self.byte())) % end
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub(crate) fn bits(&mut self) -> u64 {
        (0..8).fold(0, |bits, _| (bits << 8) | u64::from(self.byte()))
    }

    /// A probability, or in rare cases any other number.
    pub(crate) fn probability(&mut self) -> f32 {
        match self.byte() {
            255 => f32::from_bits(self.bits() as u32),
            254 => f32::NAN,
            253 => f32::INFINITY,
            252 => f32::NEG_INFINITY,
            251 => -1e30,
            byte => f32::from(byte) / 250.0,
        }
    }

    /// A coordinate in or near an image with this side, or in rare cases any other number.
    pub(crate) fn coordinate(&mut self, side: usize) -> f64 {
        match self.byte() {
            255 => f64::from_bits(self.bits()),
            254 => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -1e9, 1e9, 1e300, 5e-324]
                [self.below(8)],
            byte => f64::from(byte) / 253.0 * (side as f64 + 8.0) - 4.0,
        }
    }

    pub(crate) fn point(&mut self, size: Size) -> Point {
        Point::new(self.coordinate(size.width), self.coordinate(size.height))
    }

    pub(crate) fn points(&mut self, size: Size) -> Vec<Point> {
        let count = match self.byte() {
            255 => 10_001,
            byte => usize::from(byte) % 12,
        };
        (0..count).map(|_| self.point(size)).collect()
    }

    /// A small size; in rare cases one row or column.
    pub(crate) fn size(&mut self, longest: usize) -> Size {
        let (width, height) = (1 + self.below(longest), 1 + self.below(longest));
        match self.byte() {
            0..230 => Size::new(width, height),
            230..243 => Size::new(1, height * 16),
            _ => Size::new(width * 16, 1),
        }
    }

    pub(crate) fn text(&mut self) -> String {
        match self.byte() {
            255 => "x".repeat(1 + self.below(5000)),
            254 => (0..self.below(24)).map(|_| char::from(self.byte())).collect(),
            253 => (0..self.below(24)).filter_map(|_| char::from_u32((self.bits() >> 43) as u32)).collect(),
            byte => TEXTS[usize::from(byte) % TEXTS.len()].to_owned(),
        }
    }

    pub(crate) fn regions(&mut self, size: Size) -> Vec<Region> {
        (0..self.below(4))
            .map(|_| {
                let region = if self.flag() {
                    let mut side = || self.coordinate(size.width);
                    Region::rectangle(side(), side(), side(), side())
                } else {
                    Region::polygon(self.points(size))
                };
                if self.flag() { region.named(&self.text()) } else { region }
            })
            .collect()
    }

    /// Rectangles and single pixels with labels, one over the other.
    pub(crate) fn labels(&mut self, size: Size) -> LabelImage {
        let mut labels = vec![0; size.area()];
        for _ in 0..self.below(24) {
            let label = match self.byte() {
                255 => self.bits() as u32,
                byte => u32::from(byte) % 12,
            };
            let (left, top) = (self.below(size.width), self.below(size.height));
            let (right, bottom) = (left + 1 + self.below(12), top + 1 + self.below(12));
            for y in top..bottom.min(size.height) {
                labels[y * size.width..][left..right.min(size.width)].fill(label);
            }
        }
        LabelImage::from_labels(size, labels)
    }
}
