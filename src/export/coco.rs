//! COCO instances, as `cocodataset.org` defines the data format ("Object Detection") and pycocotools
//! reads it: one file for any number of images.
//!
//! Segmentations are run lengths in the compressed form of pycocotools rather than polygons: only run lengths
//! represent every pixel, hole and part exactly. `iscrowd` is 0, because each annotation is one nucleus;
//! `bbox` is `[left, top, width, height]` in pixels. Ids are unique in the file; `nucleus` is the number of
//! the nucleus in the label image and in the tables.

use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tables::Dialect;
use super::{Basis, BatchParts, ExportError, Exporter, FileName, Format, FormatInfo, Subject};
use crate::dsb2018::run_length::{Mask, encode as masks};
use crate::nuclei::LabelImage;

/// `coco.json`: COCO instances.
pub const COCO: Format = Format::new(&Coco);

struct Coco;

impl Exporter for Coco {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "coco",
            label: "COCO (JSON)",
            description: "One COCO instance a nucleus, of all images",
            defined_by: "cocodataset.org, \"Data format\"",
            file: FileName::OfBatch("coco.json"),
        }
    }

    fn image_part(&self, subject: &Subject, basis: &Basis) -> Result<Option<Value>, ExportError> {
        COCO.part(Instances::new(subject.labels, &basis.counted().included))
    }

    fn batch_file(
        &self,
        images: &BatchParts,
        _dialect: Dialect,
        file: &mut dyn Write,
    ) -> Result<(), ExportError> {
        write(file, &|visit| {
            images.for_each(&mut |image, instances: Instances| visit(image.file_name, &instances))
        })
    }
}

#[derive(Serialize)]
struct Info {
    description: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct ImageInfo<'a> {
    id: usize,
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
struct Annotation<'a> {
    id: usize,
    image_id: usize,
    category_id: u32,
    segmentation: RunLengths<'a>,
    area: u64,
    bbox: [usize; 4],
    iscrowd: u32,
    nucleus: u32,
}

#[derive(Serialize)]
struct RunLengths<'a> {
    counts: &'a str,
    /// Height and width.
    size: [usize; 2],
}

/// The id of the only category.
const NUCLEUS: u32 = 1;

/// The part of the file for one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instances {
    width: usize,
    height: usize,
    nuclei: Vec<Instance>,
}

/// Serialized as a JSON list, which is smaller than an object: a batch may have millions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u32, String, u64, [usize; 4])", into = "(u32, String, u64, [usize; 4])")]
struct Instance {
    nucleus: u32,
    counts: String,
    area: u64,
    bbox: [usize; 4],
}

impl From<(u32, String, u64, [usize; 4])> for Instance {
    fn from((nucleus, counts, area, bbox): (u32, String, u64, [usize; 4])) -> Self {
        Self { nucleus, counts, area, bbox }
    }
}

impl From<Instance> for (u32, String, u64, [usize; 4]) {
    fn from(instance: Instance) -> Self {
        (instance.nucleus, instance.counts, instance.area, instance.bbox)
    }
}

impl Instances {
    /// The nuclei that are included; the first entry of `included` is nucleus 1.
    pub fn new(labels: &LabelImage, included: &[bool]) -> Self {
        let (width, height) = (labels.width(), labels.height());
        let instance = |((mask, bbox), nucleus): ((&Mask, [usize; 4]), u32)| Instance {
            nucleus,
            counts: compressed(&counts(mask, (width * height) as u64)),
            area: mask.area(),
            bbox,
        };
        let all = masks(labels);
        let nuclei = all.iter().zip(boxes(labels)).zip(1..).zip(included);
        let nuclei = nuclei.filter(|(_, included)| **included).map(|(nucleus, _)| instance(nucleus));
        Self { width, height, nuclei: nuclei.collect() }
    }
}

/// Writes one file for several images, each with the name of its file.
///
/// # Errors
/// [`ExportError::Encode`], but never in practice, because the text is written to memory.
pub fn encode(images: &[(&str, &Instances)]) -> Result<Vec<u8>, ExportError> {
    let mut bytes = Vec::new();
    write(&mut bytes, &|visit| images.iter().try_for_each(|(file_name, image)| visit(file_name, image)))?;
    Ok(bytes)
}

fn json(value: &impl Serialize) -> Result<String, ExportError> {
    serde_json::to_string(value).map_err(|error| COCO.refused(error))
}

/// Receives the name of the file and the part of an image.
type Visit<'a> = dyn FnMut(&str, &Instances) -> Result<(), ExportError> + 'a;

/// Writes the file of the images that `each` passes on; it is called twice.
fn write(
    file: &mut dyn Write,
    each: &dyn Fn(&mut Visit) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let info = Info { description: "Cell nuclei found by Nucleoscope", version: env!("CARGO_PKG_VERSION") };
    let categories = [Category { id: NUCLEUS, name: "nucleus", supercategory: "cell" }];
    let comma_before = |id: usize| if id == 1 { "" } else { "," };

    write!(file, "{{\"info\":{},\"images\":[", json(&info)?)?;
    let mut id = 0;
    each(&mut |file_name, image| {
        id += 1;
        let info = ImageInfo { id, width: image.width, height: image.height, file_name };
        Ok(write!(file, "{}{}", comma_before(id), json(&info)?)?)
    })?;
    write!(file, "],\"categories\":{},\"annotations\":[", json(&categories)?)?;
    let (mut image_id, mut id) = (0, 0);
    each(&mut |_, image| {
        image_id += 1;
        for instance in &image.nuclei {
            id += 1;
            let annotation = Annotation {
                id,
                image_id,
                category_id: NUCLEUS,
                segmentation: RunLengths { counts: &instance.counts, size: [image.height, image.width] },
                area: instance.area,
                bbox: instance.bbox,
                iscrowd: 0,
                nucleus: instance.nucleus,
            };
            write!(file, "{}{}", comma_before(id), json(&annotation)?)?;
        }
        Ok(())
    })?;
    Ok(file.write_all(b"]}")?)
}

/// Alternating lengths of background and nucleus, column by column, with a sum of `pixels`.
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

/// Encodes counts like pycocotools (`rleToString` in its `maskApi.c`): from the third count on, the
/// difference from the count two positions before, with five bits per letter, the least significant first.
fn compressed(counts: &[u64]) -> String {
    let mut text = String::new();
    for (place, &count) in counts.iter().enumerate() {
        // The number of pixels of any image fits into 63 bits.
        let mut rest = count as i64 - if place > 2 { counts[place - 2] as i64 } else { 0 };
        loop {
            let mut bits = (rest & 0x1f) as u8;
            rest >>= 5;
            // The sign is the highest of the last five bits.
            let is_more = if bits & 0x10 == 0 { rest != 0 } else { rest != -1 };
            if is_more {
                bits |= 0x20;
            }
            text.push(char::from(bits + 48));
            if !is_more {
                break;
            }
        }
    }
    text
}

/// The left, top, width and height of each nucleus.
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
    use crate::geometry::Size;
    use serde_json::{Value, json};

    #[test]
    fn ids_are_unique_across_images_and_nuclei_left_out_are_not_there() {
        let labels = LabelImage::from_labels(Size::new(3, 2), vec![1, 0, 2, 1, 1, 0]);
        let (both, second) =
            (Instances::new(&labels, &[true, true]), Instances::new(&labels, &[false, true]));
        let bytes = encode(&[("cells.png", &both), ("b/cells.png", &second)]).unwrap();
        let found: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(found["images"][1]["file_name"], "b/cells.png");
        let annotations = found["annotations"].as_array().unwrap();
        let numbers = |key: &str| -> Vec<u64> {
            annotations.iter().map(|annotation| annotation[key].as_u64().unwrap()).collect()
        };
        assert_eq!((numbers("id"), numbers("image_id")), (vec![1, 2, 3], vec![1, 1, 2]));
        assert_eq!(numbers("nucleus"), [1, 2, 2]);
        assert_eq!((&annotations[0]["area"], &annotations[0]["bbox"]), (&json!(3), &json!([0, 0, 2, 2])));
        assert_eq!(annotations[1]["bbox"], json!([2, 0, 1, 1]));
        assert_eq!(annotations[0]["segmentation"]["size"], json!([2, 3]));
    }

    #[test]
    fn counts_begin_with_background_and_cover_the_image() {
        let labels = LabelImage::from_labels(Size::new(3, 2), vec![1, 0, 2, 1, 1, 0]);
        let found: Vec<_> = masks(&labels).iter().map(|mask| counts(mask, 6)).collect();
        assert_eq!(found, [vec![0, 2, 1, 1, 2], vec![4, 1, 1]]);
    }

    #[test]
    fn counts_are_compressed_as_pycocotools_does() {
        // The result of `frPyObjects` in the `mask` module of pycocotools for these counts.
        assert_eq!(compressed(&[0, 2, 1, 1, 2]), "021O1");
        assert_eq!(compressed(&[4, 1, 1]), "411");
        assert_eq!(compressed(&[1000, 40, 3, 2000]), "Xo0X13Xm1");
    }
}
