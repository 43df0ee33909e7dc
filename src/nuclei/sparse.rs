//! Nuclei without a label image, for images of which one would take too much memory or time.

use super::edit::{Edit, EditError, Editor, RefusedEdit};
use super::pixel_mask::Pixel;
use super::{BoundingBox, Components, Connectivity, LabelImage, Outline, outlines};
use crate::geometry::{Point, Rect, Run, Size};

/// Nuclei as runs of pixels. A correction takes as much time and memory as the nuclei near it, whatever the
/// size of the image, and has the same result as in a label image ([`apply`](super::apply)).
///
/// It is created from masks by [`decode_sparse`](crate::dsb2018::run_length::decode_sparse).
///
/// ```
/// use nucleoscope::dsb2018::run_length::{decode_sparse, encode_sparse};
/// use nucleoscope::geometry::{Point, Size};
/// use nucleoscope::nuclei::Edit;
///
/// let masks = ["1 2".parse()?, "7 2".parse()?];
/// let mut nuclei = decode_sparse(&masks, Size::new(100_000, 100_000))?;
/// let refused = nuclei.apply(&[Edit::Delete { at: vec![Point::new(0.5, 1.5)] }]);
/// assert!(refused.is_empty());
/// assert_eq!(encode_sparse(&nuclei), masks[1..]);
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SparseNuclei {
    size: Size,
    /// In the order of their first pixels, row by row.
    nuclei: Vec<Nucleus>,
}

#[derive(Debug, Clone, PartialEq)]
struct Nucleus {
    /// Runs down the columns, sorted by column and row: `x` is the first row, `y` the column.
    runs: Vec<Run>,
    bounds: BoundingBox,
    is_edited: bool,
}

impl Nucleus {
    fn new(runs: Vec<Run>, is_edited: bool) -> Self {
        let corner = |bounds: Option<BoundingBox>, run: &Run| {
            let own = BoundingBox { left: run.y, top: run.x, right: run.y + 1, bottom: run.end() };
            Some(bounds.map_or(own, |bounds| bounds.with(own)))
        };
        let bounds = runs.iter().fold(None, corner);
        let bounds = bounds.unwrap_or(BoundingBox { left: 0, top: 0, right: 0, bottom: 0 });
        Self { runs, bounds, is_edited }
    }

    /// The first pixel, row by row.
    fn first(&self) -> Pixel {
        let first = self.runs.iter().map(|run| (run.x, run.y)).min();
        first.map_or(Point::new(0, 0), |(y, x)| Point { x, y })
    }

    fn contains(&self, Point { x, y }: Pixel) -> bool {
        self.runs.iter().any(|run| run.y == x && (run.x..run.end()).contains(&y))
    }

    /// Labels the pixels of the nucleus in a window.
    fn paint(&self, labels: &mut [u32], window: &Rect, label: u32) {
        for run in self.runs.iter().filter(|run| window.columns().contains(&run.y)) {
            for y in run.x.max(window.top)..run.end().min(window.top + window.height) {
                labels[(y - window.top) * window.width + run.y - window.left] = label;
            }
        }
    }
}

impl SparseNuclei {
    /// Nuclei from their runs down the columns, sorted by column and row. A nucleus of several connected
    /// components becomes one nucleus per component.
    pub(crate) fn from_columns(size: Size, nuclei: impl IntoIterator<Item = Vec<Run>>) -> Self {
        let mut all = Vec::new();
        for runs in nuclei {
            let parts = Components::of_runs(runs, Connectivity::Sides);
            let mut separate = vec![Vec::new(); parts.count()];
            for (run, &part) in parts.runs.into_iter().zip(&parts.positions) {
                separate[part as usize].push(run);
            }
            all.extend(separate.into_iter().map(|runs| Nucleus::new(runs, false)));
        }
        let mut nuclei = Self { size, nuclei: all };
        nuclei.sort();
        nuclei
    }

    /// The runs of each nucleus down the columns, sorted by column and row.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &[Run]> {
        self.nuclei.iter().map(|nucleus| &*nucleus.runs)
    }

    /// Width and height of the image.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Number of nuclei.
    pub fn count(&self) -> usize {
        self.nuclei.len()
    }

    /// Area of each nucleus in pixels, starting with nucleus 1.
    pub fn areas(&self) -> Vec<usize> {
        self.columns().map(|runs| runs.iter().map(|run| run.length).sum()).collect()
    }

    /// Whether each nucleus was created or changed by an edit, starting with nucleus 1.
    pub fn edited(&self) -> Vec<bool> {
        self.nuclei.iter().map(|nucleus| nucleus.is_edited).collect()
    }

    /// The outlines of every nucleus, those of one nucleus after the other.
    pub fn outlines(&self) -> Vec<Outline> {
        let mut lines = Vec::new();
        for (nucleus, label) in self.nuclei.iter().zip(1..) {
            let window = rect_of(nucleus.bounds);
            let mut labels = vec![0; window.size().area()];
            nucleus.paint(&mut labels, &window, 1);
            for mut line in outlines(&LabelImage::from_labels(window.size(), labels)) {
                line.label = label;
                for point in &mut line.points {
                    *point = Point::new(point.x + window.left as u32, point.y + window.top as u32);
                }
                lines.push(line);
            }
        }
        lines
    }

    /// Applies edits in order. An edit that cannot be applied is skipped and returned with the reason.
    pub fn apply(&mut self, edits: &[Edit]) -> Vec<RefusedEdit> {
        let refused = |(edit, step)| Some(RefusedEdit { edit, reason: self.apply_one(step).err()? });
        let refused = edits.iter().enumerate().filter_map(refused).collect();
        self.sort();
        refused
    }

    fn apply_one(&mut self, edit: &Edit) -> Result<(), EditError> {
        edit.check()?;
        // The points may be far apart, and no pixels but those of the nuclei matter.
        if let Edit::Delete { at } = edit {
            return self.delete(at);
        }
        let shape = edit.bounds(self.size);
        let (near, far): (Vec<Nucleus>, Vec<Nucleus>) =
            std::mem::take(&mut self.nuclei).into_iter().partition(|nucleus| meet(nucleus.bounds, shape));
        self.nuclei = far;
        let bounds = near.iter().map(|nucleus| nucleus.bounds).fold(shape, BoundingBox::with);
        let largest = near.iter().map(|nucleus| nucleus.runs.iter().map(|run| run.length).sum()).max();
        let window = rect_of(bounds).grown(edit.reach(largest.unwrap_or(0)), self.size);
        let mut labels = vec![0; window.size().area()];
        for nucleus in self.nuclei.iter().filter(|nucleus| meet(nucleus.bounds, box_of(&window))) {
            nucleus.paint(&mut labels, &window, Editor::OTHER);
        }
        for (nucleus, label) in near.iter().zip(1..) {
            nucleus.paint(&mut labels, &window, label);
        }
        let mut editor = Editor::in_window(self.size, window, labels, near.iter().map(|one| one.bounds));
        let outcome = editor.apply(edit);
        // A nucleus that an edit changes gets another label.
        let is_kept = |(nucleus, label): &(Nucleus, u32)| editor.label_at(nucleus.first()) == *label;
        let kept = near.into_iter().zip(1..).filter(is_kept).map(|(nucleus, _)| nucleus);
        self.nuclei.extend(kept);
        self.nuclei.extend(editor.created().into_iter().map(|pixels| Nucleus::new(columns_of(pixels), true)));
        outcome
    }

    fn delete(&mut self, at: &[Point]) -> Result<(), EditError> {
        let Size { width, height } = self.size;
        let pixels = at.iter().filter(|point| {
            point.x >= 0.0 && point.y >= 0.0 && point.x < width as f64 && point.y < height as f64
        });
        let mut pixels: Vec<Pixel> =
            pixels.map(|point| Point::new(point.x as usize, point.y as usize)).collect();
        pixels.sort_unstable_by_key(|pixel| pixel.y);
        let before = self.nuclei.len();
        self.nuclei.retain(|nucleus| {
            let bounds = nucleus.bounds;
            let start = pixels.partition_point(|pixel| pixel.y < bounds.top);
            let end = pixels.partition_point(|pixel| pixel.y < bounds.bottom);
            let is_near = |pixel: &&Pixel| (bounds.left..bounds.right).contains(&pixel.x);
            !pixels[start..end].iter().filter(is_near).any(|&pixel| nucleus.contains(pixel))
        });
        if self.nuclei.len() < before { Ok(()) } else { Err(EditError::NoNucleus) }
    }

    fn sort(&mut self) {
        self.nuclei.sort_by_cached_key(|nucleus| {
            let Point { x, y } = nucleus.first();
            (y, x)
        });
    }
}

/// The runs of pixels down the columns, sorted by column and row.
fn columns_of(mut pixels: Vec<Pixel>) -> Vec<Run> {
    pixels.sort_unstable();
    let adjacent = |one: &Pixel, other: &Pixel| one.x == other.x && one.y + 1 == other.y;
    let runs = pixels.chunk_by(adjacent);
    runs.map(|run| Run { x: run[0].y, y: run[0].x, length: run.len() }).collect()
}

fn meet(one: BoundingBox, other: BoundingBox) -> bool {
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}

fn rect_of(bounds: BoundingBox) -> Rect {
    Rect { left: bounds.left, top: bounds.top, width: bounds.width(), height: bounds.height() }
}

fn box_of(rect: &Rect) -> BoundingBox {
    let (columns, rows) = (rect.columns(), rect.rows());
    BoundingBox { left: columns.start, top: rows.start, right: columns.end, bottom: rows.end }
}
