//! Detection of files written by Nucleoscope, so that a folder can be used again with results in it.

use std::collections::{HashMap, HashSet};

use super::path::Path;
use super::{FileKind, InputFile};
use crate::export::{FORMATS, FileName, file_stem};

/// Endings of files that formats wrote for each image before version 0.1.
const EARLIER: [&str; 4] = ["-bowl.csv", "-measurements.csv", "-coco.json", RECORD_OF_IMAGE];

const RECORD_OF_IMAGE: &str = "-nucleoscope.json";

const RECORD: &str = "nucleoscope.json";

/// Files for a whole batch that are not formats: the command line's, and one that was written before version 0.1.
const OTHERS_OF_BATCH: [&str; 3] = ["nucleoscope.jsonl", "failures.csv", "nucleoscope.geojson"];

/// The endings of the files that are written for each image: of images, and of all others.
fn endings() -> (Vec<&'static str>, Vec<&'static str>) {
    let of_format = |name| match name {
        FileName::OfImage(endings) => endings,
        FileName::OfBatch(_) => &[],
    };
    let all = FORMATS.iter().flat_map(|format| of_format(format.info().file)).copied().chain(EARLIER);
    all.partition(|ending| [".png", ".tif"].iter().any(|of_images| ending.ends_with(of_images)))
}

/// Finds the exports among the files. `by_name`: the kind of each file according to its name.
pub(super) fn find(files: &[InputFile], paths: &[Path], by_name: &[FileKind]) -> Vec<usize> {
    let (of_images, others) = endings();
    // For each folder: the stems of the images for which there is a record or a signed export.
    let mut known: HashMap<&[String], HashSet<&str>> = HashMap::new();
    // The stems of all images in any folder, for exports that are not images.
    let mut images: HashSet<String> = HashSet::new();
    for (file, path) in paths.iter().enumerate() {
        let signed = if files[file].is_export { stem_before(path.name(), &of_images) } else { None };
        if let Some(stem) = signed.or_else(|| stem_before(path.name(), &[RECORD_OF_IMAGE])) {
            known.entry(path.folder()).or_default().insert(stem);
        }
        if files[file].is_export || path.name() == RECORD {
            known.entry(path.folder()).or_default();
        }
        if by_name[file] == FileKind::Image && !files[file].is_export {
            images.insert(file_stem(path.stem()));
        }
    }
    let is_known =
        |path: &Path, stem: &str| known.get(path.folder()).is_some_and(|stems| stems.contains(stem));
    let is_export = |file: &usize| {
        let path = &paths[*file];
        if files[*file].is_export {
            return true;
        }
        if let Some(stem) = stem_before(path.name(), &of_images) {
            return is_known(path, stem);
        }
        if let Some(stem) = stem_before(path.name(), &others) {
            return is_known(path, stem) || images.contains(stem);
        }
        let is_of_batch = || {
            let mut names = FORMATS.iter().filter_map(|format| format.batch_file()).chain(OTHERS_OF_BATCH);
            names.any(|name| name == path.name())
        };
        known.contains_key(path.folder()) && is_of_batch()
    };
    (0..files.len()).filter(is_export).collect()
}

fn stem_before<'a>(name: &'a str, endings: &[&str]) -> Option<&'a str> {
    endings.iter().find_map(|ending| name.strip_suffix(ending)).filter(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::{Ignored, classify};
    use super::*;

    fn left_out(files: &[InputFile]) -> Vec<&str> {
        let kinds = classify(files);
        let out = files.iter().zip(kinds).filter(|(_, kind)| *kind == FileKind::Ignored(Ignored::OwnExport));
        out.map(|(file, _)| file.path.as_str()).collect()
    }

    fn found(paths: &[&str]) -> Vec<InputFile> {
        paths.iter().map(|path| InputFile::found(*path, 1)).collect()
    }

    #[test]
    fn exports_beside_their_record_are_left_out() {
        let mut files =
            found(&["x/f-labels.png", "x/f-overlay.png", "x/f-nucleoscope.json", "x/f-RoiSet.zip"]);
        files.extend(found(&["x/f.png", "x/g-labels.png", "y/f-labels.png", "y/nuclei.csv"]));
        assert_eq!(
            left_out(&files),
            ["x/f-labels.png", "x/f-overlay.png", "x/f-nucleoscope.json", "x/f-RoiSet.zip"]
        );
    }

    #[test]
    fn files_that_say_so_are_left_out_whatever_their_name() {
        let mut files =
            found(&["out/f.png", "out/g-labels.png", "out/g-measurements.csv", "out/summary.csv", "g.png"]);
        files[0].is_export = true;
        files[1].is_export = true;
        assert_eq!(
            left_out(&files),
            ["out/f.png", "out/g-labels.png", "out/g-measurements.csv", "out/summary.csv"]
        );
    }

    #[test]
    fn the_files_of_every_format_are_left_out_beside_the_record() {
        let names = FORMATS.iter().flat_map(|format| match format.info().file {
            FileName::OfImage(endings) => endings.iter().map(|ending| format!("f{ending}")).collect(),
            FileName::OfBatch(name) => vec![name.to_owned()],
        });
        let paths: Vec<String> =
            names.chain(["f-nucleoscope.json".into()]).map(|name| format!("out/{name}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        assert_eq!(left_out(&found(&paths)), paths);
    }

    #[test]
    fn what_the_user_named_like_an_export_is_none() {
        let files = found(&[
            "x_labels.png",
            "x-labels.png",
            "x.png",
            "y-RoiSet.zip",
            "y-measurements.csv",
            "nuclei.csv",
        ]);
        assert_eq!(left_out(&files), [""; 0]);
        // Not an image, but named after one.
        let files = found(&["x.png", "x-RoiSet.zip", "out/x.geojson", "out/y.geojson"]);
        assert_eq!(left_out(&files), ["x-RoiSet.zip", "out/x.geojson"]);
        // Ground truth according to its name.
        assert_eq!(left_out(&found(&["truth.png", "out/truth-bowl.csv"])), ["out/truth-bowl.csv"]);
    }

    #[test]
    fn label_images_that_nucleoscope_wrote_are_ground_truth_where_they_lie_as_such() {
        let mut files = found(&["s/images/a.png", "s/labels/a.png"]);
        files[1].is_export = true;
        assert_eq!(classify(&files), [FileKind::Image, FileKind::LabelImage]);
    }
}
