//! The Bowl's data set as it is on a disk, and other files that users add.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::HashSet;

use nucleoscope::Diagnostic;
use nucleoscope::input::dataset::{
    CsvFile, CsvRole, Dataset, DatasetError, DatasetWarning, FileKind, Ignored, InputFile, Truth, classify,
};
use proptest::prelude::*;

fn found(paths: &[&str]) -> Vec<InputFile> {
    paths.iter().map(|path| InputFile::found(*path, 10)).collect()
}

fn given(paths: &[&str]) -> Vec<InputFile> {
    paths.iter().map(|path| InputFile::given(*path, 10)).collect()
}

fn build(files: &[InputFile], csv: &[(&str, &str)]) -> Dataset {
    let csv: Vec<CsvFile> = csv
        .iter()
        .map(|(path, text)| CsvFile {
            file: files.iter().position(|file| file.path == *path).unwrap(),
            bytes: text.as_bytes().to_vec(),
        })
        .collect();
    Dataset::build(files, &csv)
}

fn ids(dataset: &Dataset) -> Vec<&str> {
    dataset.images.iter().map(|image| image.image_id.as_str()).collect()
}

fn truth<'a>(dataset: &'a Dataset, image_id: &str) -> &'a Truth {
    &dataset.images.iter().find(|image| image.image_id == image_id).unwrap().truth
}

fn codes(dataset: &Dataset) -> Vec<String> {
    dataset.warnings.iter().map(Diagnostic::code).collect()
}

#[test]
fn the_bowl_as_it_is_on_disk() {
    let files = found(&[
        "bowl/stage1_train/cc/images/cc.png",
        "bowl/stage1_train/cc/masks/2.png",
        "bowl/stage1_train/cc/masks/1.png",
        "bowl/stage1_train/aa/images/aa.png",
        "bowl/stage1_train/aa/masks/3.png",
        "bowl/stage1_test/bb/images/bb.png",
        "bowl/stage1_test/dd/images/dd.png",
        "bowl/stage1_train_labels.csv",
        "bowl/stage1_solution.csv",
    ]);
    let dataset = build(
        &files,
        &[
            ("bowl/stage1_train_labels.csv", "ImageId,EncodedPixels\naa,1 1\ncc,1 1\n"),
            (
                "bowl/stage1_solution.csv",
                "ImageId,EncodedPixels,Height,Width,Usage\nbb,1 3,9,9,Public\ndd,1 1,9,9,Ignored\n",
            ),
        ],
    );
    assert_eq!(ids(&dataset), ["bb", "dd", "aa", "cc"]);
    assert_eq!(truth(&dataset, "cc"), &Truth::MaskFiles(vec![2, 1]));
    assert_eq!(truth(&dataset, "aa"), &Truth::MaskFiles(vec![4]));
    assert_eq!(truth(&dataset, "bb"), &Truth::RunLengths(vec!["1 3".parse().unwrap()]));
    let ignored: Vec<bool> = dataset.images.iter().map(|image| image.ignored_in_scoring).collect();
    assert_eq!(ignored, [false, true, false, false]);
    assert!(dataset.images.iter().all(|image| image.is_requested));
    assert_eq!((dataset.requested, dataset.warnings), (None, vec![]));
}

#[test]
fn the_sample_submission_lists_the_requested_images() {
    let files =
        found(&["t/b/images/b.png", "t/a/images/a.png", "t/c/images/c.png", "stage1_sample_submission.csv"]);
    let dataset =
        build(&files, &[("stage1_sample_submission.csv", "ImageId,EncodedPixels\nc,1 1\nx,1 1\na,\ny,\n")]);
    assert_eq!(ids(&dataset), ["c", "a", "b"]);
    assert_eq!(
        dataset.images.iter().map(|image| image.is_requested).collect::<Vec<_>>(),
        [true, true, false]
    );
    assert_eq!(dataset.requested, Some(["c", "x", "a", "y"].map(String::from).to_vec()));
    let file = "stage1_sample_submission.csv".to_string();
    assert_eq!(
        dataset.warnings,
        [
            DatasetWarning::RequestedWithoutImage { file, image_ids: vec!["x".into(), "y".into()] },
            DatasetWarning::NotRequested { image_ids: vec!["b".into()] },
        ]
    );
}

#[test]
fn windows_paths_archives_and_other_cases() {
    let files = found(&[
        r"Bowl\stage1\A\Images\A.PNG",
        r"Bowl\stage1\A\Masks\m.TIF",
        "data.zip/stage1/B/images/B.png",
        "data.zip/stage1/B/masks/m.png",
        "data.zip/__MACOSX/stage1/B/images/._B.png",
    ]);
    let dataset = build(&files, &[]);
    assert_eq!(ids(&dataset), ["A", "B"]);
    assert_eq!(truth(&dataset, "A"), &Truth::MaskFiles(vec![1]));
    assert_eq!(truth(&dataset, "B"), &Truth::MaskFiles(vec![3]));
    assert_eq!(codes(&dataset), ["dataset/other-files"]);
}

#[test]
fn label_images_beside_images() {
    let files = found(&[
        "set/images/one.png",
        "set/images/two.tif",
        "set/labels/one.png",
        "set/labels/two.png",
        "set/labels/three.png",
        "set/index.csv",
    ]);
    let dataset = build(&files, &[]);
    assert_eq!(ids(&dataset), ["one", "two"]);
    assert_eq!(truth(&dataset, "one"), &Truth::LabelFile(2));
    assert_eq!(truth(&dataset, "two"), &Truth::LabelFile(3));
    assert_eq!(
        dataset.warnings,
        [
            DatasetWarning::MasksWithoutImage { files: vec!["set/labels/three.png".into()] },
            DatasetWarning::UnknownCsv { files: vec!["set/index.csv".into()] },
        ]
    );
}

#[test]
fn masks_come_before_labels_before_run_lengths() {
    let files = found(&[
        "a/images/a.png",
        "a/labels/a.png",
        "a/masks/1.png",
        "b/images/b.png",
        "b/labels/b.png",
        "c/images/c.png",
        "truth.csv",
    ]);
    let text = "ImageId,EncodedPixels,Usage\na,1 1,Ignored\nb,1 2 3,\nc,1 1,\n";
    let dataset = build(&files, &[("truth.csv", text)]);
    assert_eq!(truth(&dataset, "a"), &Truth::MaskFiles(vec![2]));
    assert_eq!(truth(&dataset, "b"), &Truth::LabelFile(4));
    assert_eq!(truth(&dataset, "c"), &Truth::RunLengths(vec!["1 1".parse().unwrap()]));
    assert!(dataset.images[0].ignored_in_scoring);
    assert_eq!(codes(&dataset), Vec::<&str>::new());
}

#[test]
fn a_flat_folder_and_single_files() {
    let dataset =
        build(&found(&["x/b.tiff", "x/a.ome.tif", "x/notes.txt", "x/Thumbs.db", "x/.DS_Store"]), &[]);
    assert_eq!(ids(&dataset), ["a.ome", "b"]);
    let files = ["x/.DS_Store", "x/Thumbs.db", "x/notes.txt"].map(String::from).to_vec();
    assert_eq!(dataset.warnings, [DatasetWarning::OtherFiles { files }]);

    let dataset = build(&given(&["report.txt", ".hidden.png", "cells", "masks/m.png", "b.png"]), &[]);
    assert_eq!(ids(&dataset), [".hidden", "b", "cells", "m", "report"]);
    assert_eq!(dataset.warnings, []);
}

#[test]
fn equal_names_get_the_folders_name() {
    let files = found(&["s/A/images/image.png", "s/A/masks/1.png", "s/B/images/image.png", "s/c.png"]);
    let dataset = build(&files, &[]);
    assert_eq!(ids(&dataset), ["A", "B", "c"]);
    assert_eq!(truth(&dataset, "A"), &Truth::MaskFiles(vec![1]));
    assert!(dataset.failed.is_empty());
    let dataset = build(&found(&["one.zip/images/image.png", "two.ZIP/images/image.png"]), &[]);
    assert_eq!(ids(&dataset), ["one", "two"]);
}

#[test]
fn equal_names_in_other_folders_are_all_kept() {
    let files = found(&["y/a.png", "x/a.png", "x/a.tif", "s1/B/images/i.png", "s2/B/images/i.png"]);
    let dataset = build(&files, &[]);
    assert_eq!(ids(&dataset), ["s1_B", "s2_B", "x_a.png", "x_a.tif", "y_a.png"]);
    assert!(dataset.failed.is_empty());
    assert_eq!(codes(&dataset), ["dataset/longer-ids"]);

    let plate = build(&found(&["p/A02/img.png", "p/A01/img.png", "p/A01/other.png"]), &[]);
    assert_eq!(ids(&plate), ["A01_img", "other", "A02_img"]);
    let image_ids = ["A01_img", "A02_img"].map(String::from).to_vec();
    assert_eq!(plate.warnings, [DatasetWarning::LongerIds { image_ids }]);
}

#[test]
fn ids_match_in_both_forms_of_unicode() {
    let paths = ["t/cafe\u{301}_U\u{308}1.png", "t/stage1_sample_submission.csv", "t/truth.csv"];
    let files = found(&paths);
    let csv = [
        (paths[1], "ImageId,EncodedPixels\ncafé_Ü1,1 1\n"),
        // Decomposed in the file, too.
        (paths[2], "ImageId,EncodedPixels\ncafe\u{301}_U\u{308}1,1 3\n"),
    ];
    let dataset = build(&files, &csv);
    assert_eq!(ids(&dataset), ["café_Ü1"]);
    assert!(matches!(truth(&dataset, "café_Ü1"), Truth::RunLengths(masks) if masks.len() == 1));
    assert_eq!(dataset.requested, Some(vec!["café_Ü1".into()]));
    assert_eq!(dataset.warnings, []);

    let files = found(&["s/images/e\u{301}.png", "s/labels/é.png"]);
    assert_eq!(truth(&build(&files, &[]), "é"), &Truth::LabelFile(1));
}

#[test]
fn files_of_images_that_differ_only_in_case_have_different_names() {
    let dataset = build(&found(&["x/a.png", "x/A.png", "x/b.png"]), &[]);
    assert_eq!(ids(&dataset), ["A", "a", "b"]);
    let stems: Vec<&str> = dataset.images.iter().map(|image| image.file_stem.as_str()).collect();
    assert_eq!(stems, ["A-559aead0", "a-ca978112", "b"]);
}

#[test]
fn a_name_that_is_only_an_extension_is_an_image() {
    assert_eq!(ids(&build(&found(&["x/ .png"]), &[])), ["unnamed"]);
    assert_eq!(ids(&build(&given(&[".png", "\u{1}.png"]), &[])), ["\u{fffd}", ".png"]);
}

#[test]
fn thumbnails_are_skipped_with_a_warning() {
    let files = found(&["p/A01_s1_w1ABCD.png", "p/A01_s1_w1_thumbEF01.png", "p/A01_s1_w2ABCD.png"]);
    let dataset = build(&files, &[]);
    assert_eq!(ids(&dataset), ["A01_s1_w1ABCD", "A01_s1_w2ABCD"]);
    assert_eq!(
        dataset.warnings,
        [DatasetWarning::Thumbnails { files: vec!["p/A01_s1_w1_thumbEF01.png".into()] }]
    );
    assert_eq!(
        dataset.warnings[0].to_string(),
        "thumbnails of other images left out (1): p/A01_s1_w1_thumbEF01.png"
    );
    // A thumbnail beside the only image of a folder does not separate it from its masks.
    let files = found(&["a/images/a.png", "a/images/a_thumb.png", "a/masks/1.png"]);
    assert_eq!(truth(&build(&files, &[]), "a"), &Truth::MaskFiles(vec![2]));
}

#[test]
fn files_of_operating_systems_are_not_images() {
    let files = found(&["x/._a.png", "x/__MACOSX/b.png", "x/Thumbs.db", "x/.DS_Store", "x/@eaDir/c.png"]);
    assert_eq!(ids(&build(&files, &[])), [""; 0]);
    assert_eq!(ids(&build(&given(&["._a.png", "a.png", "Thumbs.db"]), &[])), ["a"]);
}

#[test]
fn a_hidden_folder_is_read_if_it_was_passed_by_itself() {
    let path = "/home/.work/set/a.png";
    let root = |root: usize| [InputFile { root, ..InputFile::found(path, 1) }];
    assert_eq!(classify(&root("/home/.work".len())), [FileKind::Image]);
    assert_eq!(classify(&root("/home".len())), [FileKind::Ignored(Ignored::OtherType)]);
}

#[test]
fn images_have_the_extensions_of_microscopes_and_scanners_too() {
    let endings = ["svs", "stk", "lsm", "flex", "ndpi", "scn", "btf", "tf8", "qptiff", "TIF"];
    for ending in endings {
        assert_eq!(classify(&found(&[&format!("x/a.{ending}")])), [FileKind::Image], "{ending}");
    }
    let dataset = build(&found(&["x/a.czi", "x/b.ND2", "x/a.tif", "x/readme.txt"]), &[]);
    assert_eq!(ids(&dataset), ["a"]);
    let failed: Vec<(&str, String)> =
        dataset.failed.iter().map(|failed| (failed.path.as_str(), failed.error.to_string())).collect();
    assert_eq!(
        failed,
        [
            ("x/a.czi", "Zeiss CZI files cannot be read".to_owned()),
            ("x/b.ND2", "Nikon ND2 files cannot be read".to_owned())
        ]
    );
}

#[test]
fn several_images_in_a_folder_of_images_cannot_share_masks() {
    let files = found(&["s/images/a.png", "s/images/b.png", "s/masks/1.png", "masks/2.png"]);
    assert_eq!(classify(&files)[2], FileKind::Ignored(Ignored::TruthWithoutImage));
    let dataset = build(&files, &[]);
    assert_eq!(ids(&dataset), ["a", "b"]);
    let files = ["masks/2.png", "s/masks/1.png"].map(String::from).to_vec();
    assert_eq!(dataset.warnings, [DatasetWarning::MasksWithoutImage { files }]);
}

#[test]
fn csv_files_are_recognised_by_name() {
    let roles = [
        ("stage1_sample_submission.csv", Some(CsvRole::Requested)),
        ("x/stage2_Sample_Submission_final.CSV", Some(CsvRole::Requested)),
        ("stage1_solution.csv", Some(CsvRole::Truth)),
        ("stage2_solution_final.csv", Some(CsvRole::Truth)),
        ("stage1_train_labels.csv", Some(CsvRole::Truth)),
        ("my_truth_2.csv", Some(CsvRole::Truth)),
        ("index.csv", None),
        ("submission.csv", None),
    ];
    for (path, role) in roles {
        let expected = role.map_or(FileKind::Ignored(Ignored::UnknownCsv), FileKind::Csv);
        assert_eq!(classify(&found(&[path])), [expected], "{path}");
        assert_eq!(classify(&given(&[path])), [expected], "{path}");
    }
    assert_eq!(classify(&found(&["a/b.ZIP"])), [FileKind::Archive]);
}

#[test]
fn problems_of_truth_are_short_warnings() {
    let images: Vec<String> = (0..5000).map(|index| format!("i{index}.png")).collect();
    let mut paths: Vec<&str> = images.iter().map(String::as_str).collect();
    paths.extend(["a_truth.csv", "b_truth.csv", "broken_truth.csv", "old.zip"]);
    let files = found(&paths);
    let mut text = String::from("ImageId,EncodedPixels\ni0,1 3\ni0,2 3\n,1 1\n");
    for index in 1..3000 {
        text += &format!("i{index},1 2 3\nabsent{index},\n");
    }
    let dataset = build(
        &files,
        &[
            ("a_truth.csv", &text),
            ("b_truth.csv", "ImageId,EncodedPixels\ni0,1 3\ni4000,1 3\n"),
            ("broken_truth.csv", "nothing"),
        ],
    );
    assert_eq!(
        codes(&dataset),
        [
            "dataset/unusable-truth",
            "dataset/odd-truth",
            "dataset/truth-without-image",
            "dataset/repeated-truth",
            "dataset/unreadable-csv",
            "dataset/unopened-archives",
        ]
    );
    assert_eq!(truth(&dataset, "i1"), &Truth::Unknown);
    assert!(matches!(truth(&dataset, "i0"), Truth::RunLengths(masks) if masks.len() == 2));
    assert!(matches!(truth(&dataset, "i4000"), Truth::RunLengths(_)));
    for warning in &dataset.warnings {
        assert!(warning.to_string().len() < 300, "{warning}");
        assert!(!warning.help().is_empty());
    }
    assert_eq!(
        dataset.warnings[0].to_string(),
        "a_truth.csv: true nuclei that cannot be used (2999): i1, i2, i3 and 2996 more; the first because of \
         line 5, image \"i1\": there is an odd count of numbers (3): a start or a length is missing"
    );
}

#[test]
fn nothing_to_do_is_an_error() {
    let files = found(&["notes.txt"]);
    let error = build(&files, &[]).require_images(files.len()).unwrap_err();
    assert_eq!(error, DatasetError::NoImages { files: 1 });
    assert!(build(&found(&["a.png"]), &[]).require_images(1).is_ok());
}

#[test]
fn unrelated_csv_files_are_ignored() {
    let files = found(&["a.png", "index.csv"]);
    let csv = [0, 1, 7].map(|file| CsvFile { file, bytes: b"ImageId,EncodedPixels\na,1 1\n".to_vec() });
    assert_eq!(Dataset::build(&files, &csv).images[0].truth, Truth::Unknown);
}

proptest! {
    #[test]
    fn whatever_the_names_every_image_is_listed_once_and_ids_are_unique(
        names in prop::collection::vec(
            ("([ab]|images|masks|labels|\\.|\\.\\.|x\\.zip)?[/\\\\]?([ab]|images|masks|labels)?/?([ab]?\\.?(png|TIF|csv|zip|czi)?)", any::<bool>()),
            0..12,
        ),
    ) {
        let files: Vec<InputFile> =
            names.into_iter().map(|(path, explicit)| InputFile { explicit, ..InputFile::found(path, 0) }).collect();
        let kinds = classify(&files);
        let dataset = Dataset::build(&files, &[]);
        let mut listed: Vec<usize> = dataset.images.iter().map(|image| image.file).collect();
        listed.extend(dataset.failed.iter().map(|failed| failed.file));
        listed.sort_unstable();
        let images: Vec<usize> = (0..files.len())
            .filter(|&file| matches!(kinds[file], FileKind::Image | FileKind::Unread(_)))
            .collect();
        prop_assert_eq!(listed, images);
        let unique: HashSet<&str> = ids(&dataset).into_iter().collect();
        prop_assert_eq!(unique.len(), dataset.images.len());
    }

    #[test]
    fn the_order_of_files_does_not_matter(order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle()) {
        let paths = [
            "s/b/images/b.png", "s/b/masks/1.png", "s/b/masks/2.png", "s/a/images/a.png", "q/images/a.png",
            "q/labels/a.png", "z/c.png",
        ];
        let shuffled: Vec<&str> = order.iter().map(|&index| paths[index]).collect();
        let described = |dataset: &Dataset, files: &[InputFile]| -> Vec<(String, String, Vec<String>)> {
            dataset.images.iter().map(|image| {
                let truth = match &image.truth {
                    Truth::MaskFiles(masks) => masks.clone(),
                    Truth::LabelFile(file) => vec![*file],
                    _ => vec![],
                };
                let truth = truth.into_iter().map(|file| files[file].path.clone()).collect();
                (image.image_id.clone(), image.path.clone(), truth)
            }).collect()
        };
        let (one, other) = (found(&paths), found(&shuffled));
        prop_assert_eq!(described(&build(&one, &[]), &one), described(&build(&other, &[]), &other));
    }
}
