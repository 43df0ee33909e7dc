//! COCO instances, as `cocodataset.org` defines the data format ("Object Detection") and pycocotools
//! reads it.
//!
//! Segmentations are uncompressed run lengths (`counts`, `size`) and not polygons: only they hold every
//! pixel, holes and parts exactly. `counts` are the lengths of runs of background and nucleus in turn, down
//! the first column, then the second. `iscrowd` is 0, because each annotation is one nucleus; `bbox` is
//! `[left, top, width, height]` in pixels.

use serde::Serialize;

use super::{ExportError, Format};
use crate::nuclei::LabelImage;
use crate::run_length::{Mask, encode as masks};

#[derive(Serialize)]
struct Dataset<'a> {
    info: Info,
    images: [ImageInfo<'a>; 1],
    categories: [Category; 1],
    annotations: Vec<Annotation>,
}

#[derive(Serialize)]
struct Info {
    description: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct ImageInfo<'a> {
    id: u32,
    width: usize,
    height: usize,
    file_name: &'a str,
}

#[derive(Serialize)]
struct Category {
    id: u32,
    name: &'static str,
    supercategory: &'static str,
}

#[derive(Serialize)]
struct Annotation {
    id: u32,
    image_id: u32,
    category_id: u32,
    segmentation: RunLengths,
    area: u64,
    bbox: [usize; 4],
    iscrowd: u32,
}

#[derive(Serialize)]
struct RunLengths {
    counts: Vec<u64>,
    /// Height, width.
    size: [usize; 2],
}

/// The only image and the only category have this number.
const ONLY: u32 = 1;

/// Writes one annotation a nucleus, with its number as `id`; `file_name` is the image's file.
///
/// # Errors
/// [`ExportError::Encode`] never in practice: text goes to memory.
pub fn encode(labels: &LabelImage, file_name: &str) -> Result<Vec<u8>, ExportError> {
    let (width, height) = (labels.width(), labels.height());
    let annotation = |((mask, bbox), id): ((&Mask, [usize; 4]), u32)| Annotation {
        id,
        image_id: ONLY,
        category_id: ONLY,
        segmentation: RunLengths { counts: counts(mask, (width * height) as u64), size: [height, width] },
        area: mask.area(),
        bbox,
        iscrowd: 0,
    };
    let dataset = Dataset {
        info: Info { description: "Cell nuclei found by Nucleoscope", version: env!("CARGO_PKG_VERSION") },
        images: [ImageInfo { id: ONLY, width, height, file_name }],
        categories: [Category { id: ONLY, name: "nucleus", supercategory: "cell" }],
        annotations: masks(labels).iter().zip(boxes(labels)).zip(1..).map(annotation).collect(),
    };
    serde_json::to_vec(&dataset)
        .map_err(|error| ExportError::Encode { format: Format::Coco, reason: error.to_string() })
}

/// Lengths of background and nucleus in turn, as many as there are pixels together.
fn counts(mask: &Mask, pixels: u64) -> Vec<u64> {
    let mut counts = Vec::with_capacity(2 * mask.runs().len() + 1);
    let mut end = 0;
    for run in mask.runs() {
        counts.extend([run.start - 1 - end, run.length]);
        end = run.last();
    }
    if end < pixels {
        counts.push(pixels - end);
    }
    counts
}

/// Left, top, width and height of each nucleus.
fn boxes(labels: &LabelImage) -> Vec<[usize; 4]> {
    let mut corners = vec![[usize::MAX, usize::MAX, 0, 0]; labels.count() as usize];
    for (pixel, &label) in labels.as_slice().iter().enumerate().filter(|(_, label)| **label != 0) {
        let (x, y) = (pixel % labels.width(), pixel / labels.width());
        let [left, top, right, bottom] = corners[label as usize - 1];
        corners[label as usize - 1] = [left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)];
    }
    corners.into_iter().map(|[left, top, right, bottom]| [left, top, right - left, bottom - top]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn counts_begin_with_background_and_cover_the_image() {
        let labels = LabelImage::from_labels(3, 2, vec![1, 0, 2, 1, 1, 0]);
        let found: Value = serde_json::from_slice(&encode(&labels, "cells.png").unwrap()).unwrap();
        assert_eq!(found["images"][0]["file_name"], "cells.png");
        let annotations = found["annotations"].as_array().unwrap();
        assert_eq!(annotations[0]["segmentation"], json!({ "counts": [0, 2, 1, 1, 2], "size": [2, 3] }));
        assert_eq!(annotations[1]["segmentation"]["counts"], json!([4, 1, 1]));
        assert_eq!((&annotations[0]["area"], &annotations[0]["bbox"]), (&json!(3), &json!([0, 0, 2, 2])));
        assert_eq!(annotations[1]["bbox"], json!([2, 0, 1, 1]));
    }
}
