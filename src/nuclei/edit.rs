//! Manual corrections: each edit changes a label image.
//!
//! A list of edits is applied in order, so undo and redo are a position in the list, and the same list can be
//! applied again to a new watershed result. An edit depends on where nuclei are, not on their numbers.
//!
//! After every edit, each nucleus is 4-connected, and no pixel belongs to two nuclei. The cost of an edit
//! depends on the number of pixels of its nuclei and of its shape, not of the image.

use std::collections::{HashMap, VecDeque};
use std::f64::consts::PI;
use std::ops::Range;

use super::connected_components::{Components, Connectivity};
use super::pixel_mask::{self, Pixel, PixelMask};
use super::union_find::UnionFind;
use super::{BoundingBox, LabelImage};
use crate::geometry::{Point, Rect, Size};

/// A manual correction, in image pixels: x to the right, y down; the upper left pixel covers 0 to 1 in both
/// directions. Points may lie outside the image.
///
/// ```
/// use nucleoscope::geometry::Point;
/// use nucleoscope::nuclei::Edit;
///
/// let edit: Edit = serde_json::from_str(r#"{ "kind": "delete", "at": [[3.5, 2.0]] }"#)?;
/// assert_eq!(edit, Edit::Delete { at: vec![Point::new(3.5, 2.0)] });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "camelCase")
)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Edit {
    /// Removes the nuclei under the points; points on background do nothing.
    Delete {
        /// One or more points per nucleus.
        at: Vec<Point>,
    },
    /// Merges the nuclei under the points into one; points on background do nothing.
    ///
    /// Where two of them do not touch, the background on all shortest paths between them becomes part of the
    /// nucleus, so that an even gap is filled. The gap must not be wider than the radius of the largest of
    /// the nuclei (of a disc with its area), nor blocked by other nuclei.
    Merge {
        /// At least two nuclei.
        at: Vec<Point>,
    },
    /// Splits every nucleus that the line crosses from contour to contour.
    ///
    /// A pixel goes to the side on which its centre lies; if the centre is on the line, above or to the left.
    /// Pieces smaller than a twentieth of the nucleus are added to the nearest part, so that a line that only
    /// grazes the contour does not split the nucleus.
    Split {
        /// At least two points, connected by straight lines.
        line: Vec<Point>,
    },
    /// Paints with a round brush: background under the brush is added to a nucleus. Other nuclei keep their
    /// pixels, and paint that is not connected to the nucleus is ignored.
    Draw {
        /// Path of the brush's centre; at least one point.
        path: Vec<Point>,
        /// The brush's radius in pixels; values below 0.7 are treated as 0.7, which draws a line.
        radius: f64,
        /// A point in the nucleus; by default the path's first point. If it is on background, the paint
        /// becomes a new nucleus (the largest connected piece, if other nuclei divide it).
        #[cfg_attr(feature = "serde", serde(default))]
        to: Option<Point>,
    },
    /// Erases with a round brush: pixels of the nucleus under the path's first point become background; if
    /// that point is on background, the pixels of every nucleus under the brush do.
    ///
    /// Disconnected parts become separate nuclei; pieces smaller than a twentieth of the nucleus are removed.
    Erase {
        /// Path of the brush's centre; at least one point.
        path: Vec<Point>,
        /// The brush's radius in pixels; values below 0.7 are treated as 0.7.
        radius: f64,
    },
    /// Adds a nucleus: the background in a polygon (by the even-odd rule), or its largest connected piece if
    /// other nuclei divide it.
    Add {
        /// At least three corners; the polygon is closed.
        outline: Vec<Point>,
    },
}

/// Why an edit changed nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum EditError {
    /// A coordinate is not a number, or is far outside any image.
    #[error("point {place} is not a place in an image: x = {x}, y = {y}")]
    #[diagnostic(code("edit/not-a-place"), help("Give points in image pixels, as finite numbers."))]
    NotAPlace {
        /// Position of the point in the edit, from 1.
        place: usize,
        /// Column.
        x: f64,
        /// Row.
        y: f64,
    },
    /// The brush's radius is not a number, is negative, or is far larger than any image.
    #[error("a brush cannot have the radius {radius}")]
    #[diagnostic(code("edit/not-a-radius"), help("Choose a radius in pixels, of 0 or more."))]
    NotARadius {
        /// The radius.
        radius: f64,
    },
    /// There are not enough points.
    #[error("the edit needs at least {least} points, not {count}")]
    #[diagnostic(code("edit/too-few-points"), help("Draw a longer line."))]
    TooFewPoints {
        /// Number of points.
        count: usize,
        /// Minimum number of points.
        least: usize,
    },
    /// There are more points than the limit, which keeps edits fast.
    #[error("the edit has {count} points, the limit is {MOST_POINTS}")]
    #[diagnostic(code("edit/too-many-points"), help("Make several shorter strokes."))]
    TooManyPoints {
        /// Number of points.
        count: usize,
    },
    /// There is only background under the points.
    #[error("there is no nucleus at this place")]
    #[diagnostic(code("edit/no-nucleus"), help("Point to the inside of an outline."))]
    NoNucleus,
    /// All points are in the same nucleus.
    #[error("there is only one nucleus under the points")]
    #[diagnostic(code("edit/one-nucleus"), help("Point to two nuclei or more."))]
    OneNucleus,
    /// There is a wide gap or another nucleus between the nuclei to be merged.
    #[error("the nuclei are too far apart, or another one lies between them")]
    #[diagnostic(code("edit/too-far-apart"), help("Draw the part between them first."))]
    TooFarApart,
    /// The line does not split any nucleus.
    #[error("the line crosses no nucleus from one side to the other")]
    #[diagnostic(code("edit/not-crossed"), help("Begin and end the line outside the nucleus."))]
    NotCrossed,
    /// All pixels belong to nuclei or lie outside the image.
    #[error("there is no free background at this place")]
    #[diagnostic(code("edit/no-room"), help("Erase a part of the nucleus that is there first."))]
    NoRoom,
    /// The paint is not connected to the nucleus.
    #[error("what was drawn does not touch the nucleus")]
    #[diagnostic(code("edit/not-touching"), help("Begin the stroke inside the nucleus."))]
    NotTouching,
}

/// The result of a list of edits.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// The corrected nuclei, numbered in the order of their first pixels, row by row.
    pub labels: LabelImage,
    /// Whether each nucleus was created or changed by an edit, starting with nucleus 1.
    pub edited: Vec<bool>,
    /// The edits that changed nothing.
    pub refused: Vec<RefusedEdit>,
}

/// An edit that changed nothing.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct RefusedEdit {
    /// Its index in the list of edits.
    pub edit: usize,
    /// The reason; serialized as its message.
    #[cfg_attr(feature = "serde", serde(serialize_with = "message"))]
    #[cfg_attr(feature = "typescript", tsify(type = "string"))]
    pub reason: EditError,
}

#[cfg(feature = "serde")]
fn message<S: serde::Serializer>(reason: &EditError, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(reason)
}

impl Edited {
    /// Nuclei without edits.
    pub fn unedited(labels: LabelImage) -> Self {
        Self { edited: vec![false; labels.count() as usize], labels, refused: Vec::new() }
    }
}

/// Applies edits in order, like [`apply`]. Without edits, the nuclei are returned as they are, which is faster.
pub fn corrected(labels: LabelImage, edits: &[Edit]) -> Edited {
    if edits.is_empty() { Edited::unedited(labels) } else { apply(&labels, edits) }
}

/// Applies edits in order. An edit that cannot be applied is skipped and reported.
///
/// A nucleus of several connected components (which the watershed never produces) becomes one nucleus per
/// component.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::geometry::Point;
/// use nucleoscope::nuclei::{Edit, LabelImage, apply};
///
/// let labels = LabelImage::from_labels(Size::new(4, 1), vec![1, 2, 0, 3]);
/// let merge = Edit::Merge { at: vec![Point::new(0.5, 0.5), Point::new(1.5, 0.5)] };
/// let nothing = Edit::Delete { at: vec![Point::new(2.5, 0.5)] };
/// let result = apply(&labels, &[merge, nothing]);
/// assert_eq!(result.labels.as_slice(), &[1, 1, 0, 2]);
/// assert_eq!(result.edited, [true, false]);
/// assert_eq!(result.refused[0].edit, 1);
/// ```
pub fn apply(labels: &LabelImage, edits: &[Edit]) -> Edited {
    let mut editor = Editor::new(labels);
    let refused = |(place, edit)| Some(RefusedEdit { edit: place, reason: editor.apply(edit).err()? });
    let refused = edits.iter().enumerate().filter_map(refused).collect();
    let (labels, edited) = editor.edited();
    Edited { labels, edited, refused }
}

/// A label image that is edited one step at a time.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::geometry::Point;
/// use nucleoscope::nuclei::{Edit, Editor, LabelImage};
///
/// let mut editor = Editor::new(&LabelImage::from_labels(Size::new(3, 1), vec![1, 1, 2]));
/// editor.apply(&Edit::Delete { at: vec![Point::new(0.5, 0.5)] })?;
/// let (labels, edited) = editor.edited();
/// assert_eq!((labels.as_slice(), &*edited), (&[0, 0, 1][..], &[false][..]));
/// # Ok::<(), nucleoscope::nuclei::EditError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Editor {
    /// The size of the image.
    size: Size,
    /// The part of the image that is edited.
    window: Rect,
    /// The labels in the window: 0, or the index in `nuclei` plus 1. An edit gives new numbers to the nuclei it changes, so some
    /// numbers may have no pixels.
    labels: Vec<u32>,
    nuclei: Vec<Nucleus>,
}

#[derive(Debug, Clone, Copy)]
struct Nucleus {
    bounds: BoundingBox,
    is_edited: bool,
}

/// Maximum number of points of an edit; it limits the work.
const MOST_POINTS: usize = 10_000;

impl Editor {
    /// The label of nuclei around a window that no edit reaches.
    pub(super) const OTHER: u32 = u32::MAX;

    /// Starts with these nuclei, none of them edited.
    pub fn new(labels: &LabelImage) -> Self {
        let size = labels.size();
        let window = Rect::whole(size);
        let mut editor = Self { size, window, labels: vec![0; size.area()], nuclei: Vec::new() };
        let parts = Components::of(labels.as_slice(), size.width, Connectivity::Sides, |label| label != 0);
        for (run, &part) in parts.runs.iter().zip(&parts.positions) {
            let bounds = BoundingBox { left: run.x, top: run.y, right: run.end(), bottom: run.y + 1 };
            match editor.nuclei.get_mut(part as usize) {
                Some(nucleus) => nucleus.bounds = nucleus.bounds.with(bounds),
                None => editor.nuclei.push(Nucleus { bounds, is_edited: false }),
            }
            editor.labels[run.indices(size.width)].fill(part + 1);
        }
        editor
    }

    /// Starts with a part of an image: the labels in it, and the bounds of nuclei 1, 2, … . The window must
    /// have every pixel that the edits read.
    pub(super) fn in_window(
        size: Size,
        window: Rect,
        labels: Vec<u32>,
        nuclei: impl Iterator<Item = BoundingBox>,
    ) -> Self {
        let nuclei = nuclei.map(|bounds| Nucleus { bounds, is_edited: false }).collect();
        Self { size, window, labels, nuclei }
    }

    /// The label of a pixel of the window.
    pub(super) fn label_at(&self, pixel: Pixel) -> u32 {
        self.label(pixel)
    }

    /// The pixels of every nucleus that edits created or changed.
    pub(super) fn created(&self) -> Vec<Vec<Pixel>> {
        let edited = (1..).zip(&self.nuclei).filter(|(_, nucleus)| nucleus.is_edited);
        let mut pixels: Vec<Vec<Pixel>> = edited.map(|(label, _)| self.pixels_of(label)).collect();
        pixels.retain(|pixels| !pixels.is_empty());
        pixels
    }

    /// Applies one edit.
    ///
    /// # Errors
    /// Why the edit changed nothing; the nuclei remain as they were.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        edit.check()?;
        match edit {
            Edit::Delete { at } => self.delete(at),
            Edit::Merge { at } => self.merge(at),
            Edit::Split { line } => self.split(line),
            Edit::Draw { path, radius, to } => self.draw(path, *radius, *to),
            Edit::Erase { path, radius } => self.erase(path, *radius),
            Edit::Add { outline } => self.add(PixelMask::polygon(outline, self.size).pixels().collect()),
        }
    }

    /// The current nuclei, numbered in the order of their first pixels, row by row, and whether each was
    /// created or changed by an edit.
    pub fn edited(&self) -> (LabelImage, Vec<bool>) {
        let mut numbers = vec![0; self.nuclei.len() + 1];
        let mut edited = Vec::new();
        let number = |&label: &u32| {
            let number = &mut numbers[label as usize];
            if label != 0 && *number == 0 {
                edited.push(self.nuclei[label as usize - 1].is_edited);
                *number = edited.len() as u32;
            }
            *number
        };
        let labels = self.labels.iter().map(number).collect();
        (LabelImage::from_consecutive(self.size, edited.len() as u32, labels), edited)
    }

    fn delete(&mut self, at: &[Point]) -> Result<(), EditError> {
        let nuclei = self.under(at);
        if nuclei.is_empty() {
            return Err(EditError::NoNucleus);
        }
        nuclei.iter().flatten().for_each(|&pixel| *self.label_mut(pixel) = 0);
        Ok(())
    }

    fn merge(&mut self, at: &[Point]) -> Result<(), EditError> {
        let mut nuclei = self.under(at);
        match nuclei.len() {
            0 => return Err(EditError::NoNucleus),
            1 => return Err(EditError::OneNucleus),
            _ => (),
        }
        let gaps = Gaps::between(self, &nuclei);
        nuclei.push(gaps.bridges(nuclei.len()).ok_or(EditError::TooFarApart)?);
        self.put(&nuclei.concat());
        Ok(())
    }

    fn split(&mut self, line: &[Point]) -> Result<(), EditError> {
        let cut = Cut::along(line, self.size);
        let mut is_split = false;
        for label in self.labels_of(cut.pixels()) {
            let pixels = self.pixels_of(label);
            let mut parts = self.pieces(&pixels, |pixel, other| !cut.parts(pixel, other));
            parts.retain(|part| !is_crumb(part, pixels.len()));
            if parts.len() > 1 {
                self.grow(&mut parts, &pixels);
                parts.iter().for_each(|part| self.put(part));
                is_split = true;
            }
        }
        if is_split { Ok(()) } else { Err(EditError::NotCrossed) }
    }

    fn draw(&mut self, path: &[Point], radius: f64, to: Option<Point>) -> Result<(), EditError> {
        let stroke = PixelMask::stroke(path, radius, self.size);
        let label = to.or(path.first().copied()).map_or(0, |point| self.label_under(point));
        if label == 0 {
            return self.add(stroke.pixels().collect());
        }
        let paint: Vec<Pixel> = stroke.pixels().filter(|&pixel| self.label(pixel) == 0).collect();
        if paint.is_empty() {
            return Err(EditError::NoRoom);
        }
        let touches = |pixel: &Pixel| self.neighbours(*pixel).any(|other| self.label(other) == label);
        let mut nucleus = vec![paint.iter().copied().filter(touches).collect::<Vec<_>>()];
        if nucleus[0].is_empty() {
            return Err(EditError::NotTouching);
        }
        self.grow(&mut nucleus, &paint);
        nucleus.push(self.pixels_of(label));
        self.put(&nucleus.concat());
        Ok(())
    }

    fn erase(&mut self, path: &[Point], radius: f64) -> Result<(), EditError> {
        let stroke = PixelMask::stroke(path, radius, self.size);
        let only = path.first().map_or(0, |&point| self.label_under(point));
        let mut labels = self.labels_of(stroke.pixels());
        labels.retain(|&label| only == 0 || label == only);
        for &label in &labels {
            let pixels = self.pixels_of(label);
            let rest: Vec<Pixel> = pixels.iter().copied().filter(|&pixel| !stroke.contains(pixel)).collect();
            pixels.iter().for_each(|&pixel| *self.label_mut(pixel) = 0);
            let mut parts = self.pieces(&rest, |_, _| true);
            parts.retain(|part| !is_crumb(part, pixels.len()));
            parts.iter().for_each(|part| self.put(part));
        }
        if labels.is_empty() { Err(EditError::NoNucleus) } else { Ok(()) }
    }

    /// Turns the background among these pixels, or its largest connected piece, into a nucleus. Of several
    /// pieces of that size, the first one is used, row by row.
    fn add(&mut self, mut pixels: Vec<Pixel>) -> Result<(), EditError> {
        pixels.retain(|&pixel| self.label(pixel) == 0);
        let pieces = self.pieces(&pixels, |_, _| true);
        // In reverse, because `max_by_key` returns the last of equal maxima.
        let largest = pieces.iter().rev().max_by_key(|piece| piece.len()).ok_or(EditError::NoRoom)?;
        self.put(largest);
        Ok(())
    }

    /// Makes these pixels one nucleus and marks it as edited.
    fn put(&mut self, pixels: &[Pixel]) {
        self.nuclei.push(Nucleus { bounds: BoundingBox::of(pixels), is_edited: true });
        let label = self.nuclei.len() as u32;
        pixels.iter().for_each(|&pixel| *self.label_mut(pixel) = label);
    }

    fn index(&self, Point { x, y }: Pixel) -> usize {
        (y - self.window.top) * self.window.width + x - self.window.left
    }

    fn label(&self, pixel: Pixel) -> u32 {
        self.labels[self.index(pixel)]
    }

    fn label_mut(&mut self, pixel: Pixel) -> &mut u32 {
        let index = self.index(pixel);
        &mut self.labels[index]
    }

    /// The label under a point; 0 outside the image.
    fn label_under(&self, Point { x, y }: Point) -> u32 {
        let is_inside = x >= 0.0 && y >= 0.0 && x < self.size.width as f64 && y < self.size.height as f64;
        if is_inside { self.label(Point::new(x as usize, y as usize)) } else { 0 }
    }

    /// The pixels of the nuclei under the points, in the order of their first pixels.
    fn under(&self, points: &[Point]) -> Vec<Vec<Pixel>> {
        let mut labels: Vec<u32> = points.iter().map(|&point| self.label_under(point)).collect();
        labels.sort_unstable();
        labels.dedup();
        labels.retain(|&label| label != 0);
        let mut nuclei: Vec<Vec<Pixel>> = labels.into_iter().map(|label| self.pixels_of(label)).collect();
        nuclei.sort_unstable_by_key(|pixels| pixels.first().map(|pixel| (pixel.y, pixel.x)));
        nuclei
    }

    /// The nuclei that contain at least one of these pixels.
    fn labels_of(&self, pixels: impl Iterator<Item = Pixel>) -> Vec<u32> {
        let mut labels: Vec<u32> = pixels.map(|pixel| self.label(pixel)).collect();
        labels.dedup();
        labels.sort_unstable();
        labels.dedup();
        labels.retain(|&label| label != 0);
        labels
    }

    /// A nucleus's pixels, row by row.
    fn pixels_of(&self, label: u32) -> Vec<Pixel> {
        let bounds = self.nuclei[label as usize - 1].bounds;
        bounds.pixels().filter(|&pixel| self.label(pixel) == label).collect()
    }

    /// The pixels above, left, right and below.
    fn neighbours(&self, Point { x, y }: Pixel) -> impl Iterator<Item = Pixel> {
        let above = y.checked_sub(1).map(|y| Point { x, y });
        let left = x.checked_sub(1).map(|x| Point { x, y });
        let right = (x + 1 < self.size.width).then_some(Point { x: x + 1, y });
        let below = (y + 1 < self.size.height).then_some(Point { x, y: y + 1 });
        [above, left, right, below].into_iter().flatten()
    }

    /// Splits pixels into connected pieces, in the order of their first pixels. Neighbouring pixels are
    /// connected where `is_open` returns true.
    fn pieces(&self, pixels: &[Pixel], is_open: impl Fn(Pixel, Pixel) -> bool) -> Vec<Vec<Pixel>> {
        let mut rest = PixelMask::of(pixels);
        let mut pieces = Vec::new();
        for &start in pixels {
            if rest.remove(start) {
                let mut piece = vec![start];
                let mut next = 0;
                while let Some(&pixel) = piece.get(next) {
                    next += 1;
                    for other in self.neighbours(pixel) {
                        if is_open(pixel, other) && rest.remove(other) {
                            piece.push(other);
                        }
                    }
                }
                pieces.push(piece);
            }
        }
        pieces
    }

    /// Assigns the remaining pixels to the part that reaches them in the fewest steps; in case of a tie, to
    /// the first one.
    fn grow(&self, parts: &mut [Vec<Pixel>], pixels: &[Pixel]) {
        let mut rest = PixelMask::of(pixels);
        let mut queue: VecDeque<(usize, Pixel)> = VecDeque::new();
        for (part, members) in parts.iter().enumerate() {
            for &pixel in members {
                rest.remove(pixel);
                queue.push_back((part, pixel));
            }
        }
        while let Some((part, pixel)) = queue.pop_front() {
            for other in self.neighbours(pixel).filter(|&other| rest.remove(other)) {
                parts[part].push(other);
                queue.push_back((part, other));
            }
        }
    }
}

/// The widest gap that is bridged between nuclei whose largest has this area: the radius of a disc.
fn widest_gap(largest: usize) -> usize {
    (largest as f64 / PI).sqrt().ceil() as usize
}

/// Whether a piece is too small to be a separate part of a nucleus of `whole` pixels.
fn is_crumb(piece: &[Pixel], whole: usize) -> bool {
    piece.len() * 20 < whole
}

impl Edit {
    /// The points, apart from the one that names a nucleus, and their least number.
    fn points(&self) -> (&[Point], usize) {
        match self {
            Self::Delete { at } => (at, 1),
            Self::Merge { at } => (at, 2),
            Self::Split { line } => (line, 2),
            Self::Draw { path, .. } | Self::Erase { path, .. } => (path, 1),
            Self::Add { outline } => (outline, 3),
        }
    }

    /// A rectangle with every pixel under the points, the line or the brush.
    pub(super) fn bounds(&self, image: Size) -> BoundingBox {
        let (points, _) = self.points();
        let (radius, to) = match self {
            Self::Draw { radius, to, .. } => (*radius, *to),
            Self::Erase { radius, .. } => (*radius, None),
            _ => (0.0, None),
        };
        let points: Vec<Point> = points.iter().copied().chain(to).collect();
        // A line reaches the pixels beside it.
        pixel_mask::around(&points, radius + 3.0, image)
    }

    /// How far beyond its [`bounds`](Self::bounds) and the nuclei in them an edit reads pixels, if the
    /// largest of the nuclei has this area.
    pub(super) fn reach(&self, largest: usize) -> usize {
        let widest = if let Self::Merge { .. } = self { widest_gap(largest) } else { 0 };
        widest + 2
    }

    /// Checks the number of points, their coordinates and the radius.
    pub(super) fn check(&self) -> Result<(), EditError> {
        let (points, least) = self.points();
        let count = points.len();
        if count < least {
            return Err(EditError::TooFewPoints { count, least });
        }
        if count > MOST_POINTS {
            return Err(EditError::TooManyPoints { count });
        }
        let to = if let Self::Draw { to, .. } = self { *to } else { None };
        let mut numbered = points.iter().copied().chain(to).zip(1..);
        if let Some((Point { x, y }, place)) = numbered.find(|&(point, _)| !pixel_mask::is_near_image(point))
        {
            return Err(EditError::NotAPlace { place, x, y });
        }
        match *self {
            Self::Draw { radius, .. } | Self::Erase { radius, .. }
                if !(radius >= 0.0 && pixel_mask::is_near_image(Point::new(radius, 0.0))) =>
            {
                Err(EditError::NotARadius { radius })
            }
            _ => Ok(()),
        }
    }
}

/// The pixels that a line separates from their neighbours: those where it passes between the two centres.
struct Cut {
    from_right: PixelMask,
    from_below: PixelMask,
}

/// The line is shifted right and down by this much, so that a line through pixel centres (common with whole
/// and half coordinates) has them all on one side.
const NUDGE: Point = Point::new(1.0e-5, 1.4e-5);

/// A line closer to a pixel's centre than this separates it on both sides, so that rounding leaves no gaps.
const SLACK: f64 = 1e-6;

impl Cut {
    fn along(line: &[Point], image: Size) -> Self {
        let nudged = |point: &Point| Point::new(point.x + NUDGE.x, point.y + NUDGE.y);
        let line: Vec<Point> = line.iter().map(nudged).collect();
        let bounds = pixel_mask::around(&line, 2.0, image);
        let mut cut = Self { from_right: PixelMask::empty(bounds), from_below: PixelMask::empty(bounds) };
        for (from, to) in pixel_mask::steps(&line) {
            for (y, columns) in passed(from, to, image) {
                columns.for_each(|x| cut.from_right.insert(Point { x, y }));
            }
            // The same with x and y swapped.
            let transposed = |point: Point| Point::new(point.y, point.x);
            for (x, rows) in passed(transposed(from), transposed(to), Size::new(image.height, image.width)) {
                rows.for_each(|y| cut.from_below.insert(Point { x, y }));
            }
        }
        cut
    }

    /// Whether the line passes between two neighbours.
    fn parts(&self, one: Pixel, other: Pixel) -> bool {
        let first = one.min(other);
        if one.y == other.y { self.from_right.contains(first) } else { self.from_below.contains(first) }
    }

    /// The pixels that the line separates from their right or lower neighbour.
    fn pixels(&self) -> impl Iterator<Item = Pixel> {
        self.from_right.pixels().chain(self.from_below.pixels())
    }
}

/// For each row, the pixels for which the line segment passes between their centre and the next one to the
/// right.
fn passed(from: Point, to: Point, image: Size) -> impl Iterator<Item = (usize, Range<usize>)> {
    let (left, right) = (from.x.min(to.x), from.x.max(to.x));
    let (top, bottom) = (from.y.min(to.y), from.y.max(to.y));
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    pixel_mask::centres(top - SLACK, bottom + SLACK, image.height).map(move |row| {
        let (low, high) = if dy.abs() > SLACK {
            let x = from.x + dx * (pixel_mask::centre(row) - from.y) / dy;
            (x.clamp(left, right), x.clamp(left, right))
        } else {
            (left, right)
        };
        (row, pixel_mask::centres(low - 1.0 - SLACK, high + SLACK, image.width))
    })
}

/// The background between nuclei that are to be merged.
///
/// A breadth-first search starts from all nuclei at once; where the fronts of two nuclei meet, there is a
/// path between them.
struct Gaps {
    reached: HashMap<Pixel, Reached>,
    meetings: Vec<Meeting>,
    /// The widest gap to bridge, in pixels of background.
    widest: usize,
}

#[derive(Clone, Copy)]
struct Reached {
    /// Index of the nucleus it was reached from.
    nucleus: usize,
    /// Number of background pixels on the path, including this one.
    steps: usize,
    /// The previous pixel on the path; a pixel of a nucleus refers to itself.
    before: Pixel,
}

/// Two adjacent pixels that were reached from two nuclei.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Meeting {
    /// Number of background pixels on the path between the nuclei.
    gap: usize,
    /// Indices of the nuclei, the smaller one first.
    nuclei: (usize, usize),
    pixels: (Pixel, Pixel),
}

impl Gaps {
    fn between(editor: &Editor, nuclei: &[Vec<Pixel>]) -> Self {
        let largest = nuclei.iter().map(Vec::len).max().unwrap_or(0);
        let widest = widest_gap(largest);
        let mut gaps = Self { reached: HashMap::new(), meetings: Vec::new(), widest };
        let mut queue = VecDeque::new();
        for (nucleus, pixels) in nuclei.iter().enumerate() {
            let label = pixels.first().map_or(0, |&pixel| editor.label(pixel));
            let is_rim =
                |pixel: &&Pixel| editor.neighbours(**pixel).any(|other| editor.label(other) != label);
            for &pixel in pixels.iter().filter(is_rim) {
                gaps.reached.insert(pixel, Reached { nucleus, steps: 0, before: pixel });
                queue.push_back(pixel);
            }
        }
        while let Some(pixel) = queue.pop_front() {
            for other in editor.neighbours(pixel) {
                if gaps.visit(pixel, other, editor.label(other) == 0) {
                    queue.push_back(other);
                }
            }
        }
        gaps
    }

    /// Moves from a visited pixel to its neighbour; returns whether the neighbour was reached for the first
    /// time.
    fn visit(&mut self, pixel: Pixel, other: Pixel, is_background: bool) -> bool {
        let Some(&here) = self.reached.get(&pixel) else { return false };
        match self.reached.get(&other) {
            Some(there) if there.nucleus > here.nucleus => {
                let gap = here.steps + there.steps;
                let nuclei = (here.nucleus, there.nucleus);
                self.meetings.push(Meeting { gap, nuclei, pixels: (pixel, other) });
                false
            }
            // Each of two fronts covers half of the gap.
            None if is_background && here.steps < self.widest.div_ceil(2) => {
                self.reached.insert(other, Reached { steps: here.steps + 1, before: pixel, ..here });
                true
            }
            _ => false,
        }
    }

    /// The background that connects all `count` nuclei by the narrowest gaps; `None` if some cannot be
    /// reached.
    fn bridges(mut self, count: usize) -> Option<Vec<Pixel>> {
        self.meetings.retain(|meeting| meeting.gap <= self.widest);
        self.meetings.sort_unstable();
        // Kruskal's algorithm, except that all paths with the same gap between two groups are used.
        let mut groups = UnionFind::new(count as u32);
        let mut used: Vec<Pixel> = Vec::new();
        for same_gap in self.meetings.chunk_by(|one, other| one.gap == other.gap) {
            for &Meeting { nuclei: (one, other), pixels, .. } in same_gap {
                if groups.root(one as u32) != groups.root(other as u32) {
                    used.extend([pixels.0, pixels.1]);
                }
            }
            for &Meeting { nuclei: (one, other), .. } in same_gap {
                groups.join(one as u32, other as u32);
            }
        }
        let mut pixels: Vec<Pixel> = used.into_iter().flat_map(|end| self.way_back(end)).collect();
        pixels.sort_unstable();
        pixels.dedup();
        (groups.roots().count() == 1).then_some(pixels)
    }

    /// The background on the path from a pixel back to its nucleus.
    fn way_back(&self, end: Pixel) -> impl Iterator<Item = Pixel> {
        let background = |pixel: &Pixel| self.reached.get(pixel).filter(|reached| reached.steps > 0);
        std::iter::successors(Some(end), move |pixel| background(pixel).map(|reached| reached.before))
            .filter(move |pixel| background(pixel).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::dsb2018::run_length::{decode_sparse, encode, encode_sparse};
    use crate::nuclei::outlines;
    use proptest::prelude::*;

    /// Labels from one string per row: `.` is background, a digit or letter a nucleus.
    fn picture(rows: &[&str]) -> LabelImage {
        let labels = rows.concat().chars().map(|c| c.to_digit(36).unwrap_or(0)).collect();
        LabelImage::from_labels(Size::new(rows[0].len(), rows.len()), labels)
    }

    fn rows(labels: &LabelImage) -> Vec<String> {
        let text = |label: &u32| char::from_digit(*label, 36).unwrap_or('?');
        let row = |row: &[u32]| row.iter().map(text).collect::<String>().replace('0', ".");
        labels.as_slice().chunks(labels.width()).map(row).collect()
    }

    /// The result of one edit.
    fn edited(before: &[&str], edit: Edit) -> Vec<String> {
        let result = apply(&picture(before), &[edit]);
        assert_eq!(result.refused, []);
        rows(&result.labels)
    }

    /// The error of an edit that changes nothing.
    fn refused(before: &[&str], edit: Edit) -> EditError {
        let labels = picture(before);
        let mut result = apply(&labels, &[edit]);
        assert_eq!((&result.labels, result.refused.len()), (&labels, 1));
        assert!(result.edited.iter().all(|edited| !edited));
        result.refused.remove(0).reason
    }

    /// Coordinates as written in the tests.
    type Pair = (f64, f64);

    fn at(pairs: &[Pair]) -> Vec<Point> {
        pairs.iter().copied().map(Point::from).collect()
    }

    fn delete(pairs: &[Pair]) -> Edit {
        Edit::Delete { at: at(pairs) }
    }

    fn merge(pairs: &[Pair]) -> Edit {
        Edit::Merge { at: at(pairs) }
    }

    fn split(line: &[Pair]) -> Edit {
        Edit::Split { line: at(line) }
    }

    fn draw(path: &[Pair], radius: f64, to: Option<Pair>) -> Edit {
        Edit::Draw { path: at(path), radius, to: to.map(Point::from) }
    }

    fn erase(path: &[Pair], radius: f64) -> Edit {
        Edit::Erase { path: at(path), radius }
    }

    fn add(outline: &[Pair]) -> Edit {
        Edit::Add { outline: at(outline) }
    }

    #[test]
    fn deleting_takes_what_is_under_the_points() {
        let before = ["11.22", "...22", "33..."];
        assert_eq!(
            edited(&before, delete(&[(0.1, 0.9), (2.5, 0.5), (1.9, 2.1)])),
            ["...11", "...11", "....."]
        );
        assert_eq!(refused(&before, delete(&[(2.5, 0.5), (-1.0, 0.5), (0.5, 99.0)])), EditError::NoNucleus);
    }

    #[test]
    fn nuclei_that_touch_are_merged() {
        let before = ["1122.3", "1122.3"];
        assert_eq!(edited(&before, merge(&[(3.5, 0.5), (0.5, 1.5)])), ["1111.2", "1111.2"]);
        assert_eq!(refused(&before, merge(&[(0.5, 0.5), (1.5, 1.5)])), EditError::OneNucleus);
        assert_eq!(refused(&before, merge(&[(4.5, 0.5), (4.5, 1.5)])), EditError::NoNucleus);
    }

    #[test]
    fn an_even_gap_between_merged_nuclei_is_filled() {
        let before = ["111.222", "111.222", "111..22", "......."];
        assert_eq!(
            edited(&before, merge(&[(0.5, 0.5), (5.5, 0.5)])),
            ["1111111", "1111111", "111..11", "......."]
        );
    }

    #[test]
    fn a_bridge_goes_by_background_and_not_far() {
        let across = merge(&[(0.5, 0.5), (8.5, 0.5)]);
        assert_eq!(refused(&["111....222", "111....222"], across.clone()), EditError::TooFarApart);
        // The third nucleus is in between, but there is room around it.
        assert_eq!(edited(&["11113.2222", "11113.2222", "1111..2222"], across.clone())[2], "1111111111");
        assert_eq!(refused(&["1111223333", "1111223333"], across), EditError::TooFarApart);
    }

    #[test]
    fn several_nuclei_are_merged_by_the_narrowest_gaps() {
        let before = ["111.222", "111.222", ".......", ".......", "3333333"];
        let all = merge(&[(0.5, 0.5), (5.5, 0.5), (3.5, 4.5)]);
        assert_eq!(edited(&before, all), ["1111111", "1111111", "111.111", "111.111", "1111111"]);
    }

    #[test]
    fn a_line_from_rim_to_rim_splits() {
        let before = ["1111", "1111", "1111", "...."];
        assert_eq!(edited(&before, split(&[(2.0, -1.0), (2.0, 3.5)])), ["1122", "1122", "1122", "...."]);
        assert_eq!(edited(&before, split(&[(-0.5, 1.2), (4.5, 1.2)])), ["1111", "2222", "2222", "...."]);
        // Each pixel goes to the side of its centre.
        assert_eq!(edited(&before, split(&[(0.2, -0.2), (3.4, 3.4)])), ["1222", "1122", "1112", "...."]);
    }

    #[test]
    fn centres_on_the_line_go_up_or_left() {
        let before = ["111", "111", "111"];
        assert_eq!(edited(&before, split(&[(0.0, 1.5), (3.0, 1.5)])), ["111", "111", "222"]);
        assert_eq!(edited(&before, split(&[(1.5, 0.0), (1.5, 3.0)])), ["112", "112", "112"]);
        assert_eq!(edited(&before, split(&[(0.0, 0.0), (3.0, 3.0)])), ["111", "211", "221"]);
    }

    #[test]
    fn a_line_that_ends_inside_splits_nothing() {
        let before = ["11111", "11111", "11111"];
        assert_eq!(refused(&before, split(&[(2.5, -1.0), (2.4, 1.8)])), EditError::NotCrossed);
        assert_eq!(refused(&before, split(&[(9.5, -1.0), (9.5, 8.0)])), EditError::NotCrossed);
    }

    #[test]
    fn every_nucleus_on_the_line_is_split_and_parts_of_one_may_be_three() {
        let before = ["11111..222", "1...1..222", "1...1..222"];
        assert_eq!(
            edited(&before, split(&[(-1.0, 1.2), (11.0, 1.2)])),
            ["11111..222", "3...4..555", "3...4..555"]
        );
    }

    #[test]
    fn a_grazed_rim_stays_with_its_nucleus() {
        let mut before = vec!["1111111111"; 10];
        before[0] = "....11....";
        assert_eq!(refused(&before, split(&[(0.0, 1.0), (10.0, 1.0)])), EditError::NotCrossed);
        let line = [(0.0, 1.0), (5.0, 1.0), (5.0, 10.5)];
        let after = edited(&before, split(&line));
        assert_eq!((&*after[0], &*after[1], &*after[9]), ("....11....", "2222211111", "2222211111"));
    }

    #[test]
    fn the_brush_adds_background_to_a_nucleus() {
        let before = ["11...", "11.2.", "....."];
        assert_eq!(edited(&before, draw(&[(1.5, 0.5), (4.5, 0.5)], 0.0, None)), ["11111", "11.2.", "....."]);
        // Paint beyond another nucleus is not connected, and that nucleus keeps its pixel.
        assert_eq!(edited(&before, draw(&[(1.5, 1.5), (4.5, 1.5)], 0.0, None)), ["11...", "1112.", "....."]);
        assert_eq!(edited(&before, draw(&[(2.5, 1.5)], 0.0, Some((3.5, 1.5)))), ["11...", "1122.", "....."]);
        assert_eq!(edited(&before, draw(&[(0.5, 1.5)], 1.0, None)), ["11...", "11.2.", "1...."]);
    }

    #[test]
    fn the_brush_on_background_makes_a_nucleus() {
        let before = ["11...", "11.2.", "....."];
        assert_eq!(edited(&before, draw(&[(2.5, 2.5), (4.5, 2.5)], 0.0, None)), ["11...", "11.2.", "..333"]);
        assert_eq!(
            edited(&before, draw(&[(2.5, 1.5), (4.5, 1.5), (4.5, 2.5)], 0.0, None)),
            ["11...", "11.23", "....3"]
        );
    }

    #[test]
    fn paint_needs_room_and_touch() {
        let before = ["11..2", "11..2"];
        assert_eq!(refused(&before, draw(&[(0.5, 0.5), (1.2, 0.5)], 0.0, None)), EditError::NoRoom);
        assert_eq!(refused(&before, draw(&[(3.5, 0.5)], 0.0, Some((0.5, 0.5)))), EditError::NotTouching);
        assert_eq!(refused(&before, draw(&[(-9.0, 0.5)], 3.0, None)), EditError::NoRoom);
    }

    #[test]
    fn erasing_begun_in_a_nucleus_spares_others() {
        let before = ["1122", "1122", "1122"];
        assert_eq!(edited(&before, erase(&[(1.5, 0.5), (2.5, 0.5)], 0.0)), ["1.22", "1122", "1122"]);
        assert_eq!(edited(&before, erase(&[(-0.5, 0.5), (2.5, 0.5)], 0.0)), ["...1", "2211", "2211"]);
        assert_eq!(refused(&["11..."], erase(&[(3.5, 0.5)], 0.9)), EditError::NoNucleus);
    }

    #[test]
    fn what_erasing_parts_are_nuclei_and_crumbs_go() {
        assert_eq!(edited(&["11111", "11111"], erase(&[(2.5, -1.0), (2.5, 3.0)], 0.5)), ["11.22", "11.22"]);
        let mut before = vec!["1111111111"; 5];
        before[0] = "11........";
        let line = [(-1.0, 1.5), (12.0, 1.5)];
        let after = edited(&before, erase(&line, 0.5));
        assert_eq!(after[..3], ["..........", "..........", "1111111111"]);
    }

    #[test]
    fn an_outline_becomes_a_nucleus_where_no_other_is() {
        let before = ["......", ".11...", ".11..."];
        let square = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)];
        assert_eq!(edited(&before, add(&square)), ["1111..", "1221..", "1221.."]);
        assert_eq!(edited(&before, add(&square.map(|(x, y)| (x, y + 1.0)))), ["......", "122...", "122..."]);
        assert_eq!(refused(&before, add(&square.map(|(x, y)| (x + 50.0, y)))), EditError::NoRoom);
    }

    #[test]
    fn marks_stay_with_their_nuclei() {
        let labels = picture(&["1.2.3.4", "......."]);
        let first = draw(&[(4.5, 0.5), (4.5, 1.5)], 0.0, None);
        // A new first nucleus, and one nucleus fewer in between.
        let then = [first, erase(&[(0.5, 0.5)], 0.0), delete(&[(2.5, 0.5)])];
        let result = apply(&labels, &then);
        assert_eq!(rows(&result.labels), ["....1.2", "....1.."]);
        assert_eq!(result.edited, [true, false]);
    }

    #[test]
    fn nuclei_of_several_parts_become_several() {
        let result = apply(&picture(&["1.1", "1.1", "1.2"]), &[]);
        assert_eq!(rows(&result.labels), ["1.2", "1.2", "1.3"]);
        assert_eq!(result.edited, [false; 3]);
        assert_eq!(rows(&apply(&picture(&["1.1", "111", "..."]), &[]).labels), ["1.1", "111", "..."]);
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let before = ["11", "11"];
        let code = |edit| refused(&before, edit).code();
        for stray in [f64::NAN, f64::INFINITY, -1e300] {
            assert_eq!(code(delete(&[(0.5, 0.5), (stray, 0.5)])), "edit/not-a-place");
            assert_eq!(code(split(&[(0.5, stray), (0.5, 0.5)])), "edit/not-a-place");
            assert_eq!(code(draw(&[(0.5, 0.5)], 1.0, Some((stray, 0.5)))), "edit/not-a-place");
            assert_eq!(code(erase(&[(0.5, 0.5)], stray)), "edit/not-a-radius");
        }
        assert_eq!(code(merge(&[(0.5, 0.5)])), "edit/too-few-points");
        assert_eq!(code(erase(&[], 1.0)), "edit/too-few-points");
        assert_eq!(code(add(&[(0.5, 0.5); 10_001])), "edit/too-many-points");
    }

    #[test]
    fn what_is_huge_is_clipped() {
        let all = erase(&[(-9e7, 0.5), (9e7, 0.5)], 9e7);
        assert_eq!(edited(&["1122", "1122"], all), ["....", "...."]);
        assert_eq!(edited(&["1122", "1122"], split(&[(-9e7, 1.0), (9e7, 1.0)])), ["1122", "3344"]);
        assert_eq!(apply(&LabelImage::empty(Size::new(0, 5)), &[delete(&[(0.5, 0.5)])]).labels.count(), 0);
    }

    fn point() -> impl Strategy<Value = Point> {
        let coordinate =
            || prop_oneof![9 => (-4i32..40).prop_map(|half| f64::from(half) / 2.0), 1 => -1e9f64..1e9];
        (coordinate(), coordinate()).prop_map(Point::from)
    }

    fn points(most: usize) -> impl Strategy<Value = Vec<Point>> {
        prop::collection::vec(point(), 0..=most)
    }

    fn edit() -> impl Strategy<Value = Edit> {
        prop_oneof![
            points(3).prop_map(|at| Edit::Delete { at }),
            points(4).prop_map(|at| Edit::Merge { at }),
            points(5).prop_map(|line| Edit::Split { line }),
            (points(4), -1.0f64..6.0, prop::option::of(point())).prop_map(|(path, radius, to)| Edit::Draw {
                path,
                radius,
                to
            }),
            (points(4), -1.0f64..6.0).prop_map(|(path, radius)| Edit::Erase { path, radius }),
            points(6).prop_map(|outline| Edit::Add { outline }),
        ]
    }

    prop_compose! {
        /// Nuclei with long shared contours and gaps: random numbers, each repeated twice in both directions.
        fn nuclei()(width in 1usize..9, cells in prop::collection::vec(0u32..5, 72)) -> LabelImage {
            let label = |(x, y): (usize, usize)| cells[(y / 2) * 8 + x / 2];
            let labels = (0..18).flat_map(|y| (0..width * 2 - 1).map(move |x| (x, y))).map(label).collect();
            LabelImage::from_labels(Size::new(width * 2 - 1, 18), labels)
        }
    }

    /// The pixels that an edit may change from or to background.
    fn reach(labels: &LabelImage, edit: &Edit) -> PixelMask {
        match edit {
            Edit::Draw { path, radius, .. } => PixelMask::stroke(path, *radius, labels.size()),
            Edit::Add { outline } => PixelMask::polygon(outline, labels.size()),
            _ => PixelMask::of(&[]),
        }
    }

    proptest! {
        #[test]
        fn nuclei_without_a_label_image_are_corrected_alike(labels in nuclei(), edits in prop::collection::vec(edit(), 0..6)) {
            let expected = apply(&labels, &edits);
            let mut sparse = decode_sparse(&encode(&labels), labels.size()).unwrap();
            let refused = sparse.apply(&edits);
            prop_assert_eq!(encode_sparse(&sparse), encode(&expected.labels));
            prop_assert_eq!(sparse.edited(), expected.edited);
            prop_assert_eq!(refused, expected.refused);
            prop_assert_eq!(sparse.areas(), expected.labels.areas());
            let mut lines = outlines(&expected.labels);
            lines.sort_by_key(|line| line.label);
            prop_assert_eq!(sparse.outlines(), lines);
        }

        #[test]
        fn nuclei_stay_connected_and_numbered(labels in nuclei(), edits in prop::collection::vec(edit(), 0..6)) {
            let result = apply(&labels, &edits);
            prop_assert_eq!(result.edited.len(), result.labels.count() as usize);
            // Without edits, connected nuclei that are numbered row by row stay unchanged.
            prop_assert_eq!(&apply(&result.labels, &[]).labels, &result.labels);
            let changed = edits.len() - result.refused.len();
            prop_assert!(changed > 0 || result.edited.iter().all(|edited| !edited));
        }

        #[test]
        fn edits_can_be_applied_one_after_the_other(labels in nuclei(), before in prop::collection::vec(edit(), 0..4), after in prop::collection::vec(edit(), 0..4)) {
            let at_once = apply(&labels, &[before.clone(), after.clone()].concat());
            let half = apply(&labels, &before);
            let whole = apply(&half.labels, &after);
            prop_assert_eq!(at_once.labels, whole.labels);
            let later = whole.refused.into_iter().map(|refused| RefusedEdit { edit: refused.edit + before.len(), ..refused });
            prop_assert_eq!(at_once.refused, half.refused.iter().cloned().chain(later).collect::<Vec<_>>());
        }

        #[test]
        fn unmarked_nuclei_are_as_they_were(labels in nuclei(), edits in prop::collection::vec(edit(), 0..5)) {
            let before = apply(&labels, &[]).labels;
            let result = apply(&labels, &edits);
            let mut became = std::collections::BTreeMap::new();
            for (&old, &new) in before.as_slice().iter().zip(result.labels.as_slice()) {
                if new != 0 && !result.edited[new as usize - 1] {
                    prop_assert_eq!(*became.entry(new).or_insert(old), old);
                }
            }
            let (old, new) = (before.areas(), result.labels.areas());
            for (new_label, old_label) in became {
                prop_assert_eq!(new[new_label as usize - 1], old[old_label as usize - 1]);
            }
        }

        #[test]
        fn an_edit_changes_only_what_it_may(labels in nuclei(), edit in edit()) {
            let before = apply(&labels, &[]).labels;
            let after = apply(&before, std::slice::from_ref(&edit)).labels;
            let reach = reach(&before, &edit);
            let pixels = before.as_slice().iter().zip(after.as_slice()).zip(0..);
            for ((&old, &new), place) in pixels {
                let is_in_reach = reach.contains(Point::new(place % before.width(), place / before.width()));
                match edit {
                    Edit::Delete { .. } | Edit::Erase { .. } => prop_assert!(old != 0 || new == 0),
                    Edit::Split { .. } => prop_assert_eq!(old == 0, new == 0),
                    Edit::Merge { .. } => prop_assert!(old == 0 || new != 0),
                    Edit::Draw { .. } | Edit::Add { .. } => {
                        prop_assert!(old == 0 || new != 0);
                        prop_assert!((old == 0) == (new == 0) || is_in_reach);
                    }
                }
            }
        }

        #[test]
        fn a_straight_line_leaves_nobody_on_both_sides(
            (left, right) in (-1.0f64..19.0, -1.0f64..19.0),
        ) {
            // A square of 18 pixels: its parts, if any, are those above and below the line.
            let labels = LabelImage::from_labels(Size::new(18, 18), vec![1; 18 * 18]);
            let result = apply(&labels, &[split(&[(-1.0, left), (19.0, right)])]);
            let is_first_above = left + (right - left) * 1.5 / 20.0 > 0.5;
            if result.labels.count() == 2 {
                for (place, &label) in result.labels.as_slice().iter().enumerate() {
                    let (x, y) = ((place % 18) as f64 + 0.5, (place / 18) as f64 + 0.5);
                    let line = left + (right - left) * (x + 1.0) / 20.0;
                    if (y - line).abs() > 1e-3 {
                        prop_assert_eq!(label == 1, (y < line) == is_first_above, "{} {}", x, y);
                    }
                }
            } else {
                prop_assert!(left.min(right) < 2.0 || left.max(right) > 16.0);
            }
        }
    }
}
