//! Tests of the command line: input and output files, exit codes, messages.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Output};

use nucleoscope::dsb2018::csv::{self as bowl_csv, Purpose};
use nucleoscope::dsb2018::run_length;
use nucleoscope::dsb2018::score::score_image;
use nucleoscope::export::{FORMATS, FileName, label_image};
use nucleoscope::geometry::Size;
use nucleoscope::image::{Limits, Samples, decode};
use nucleoscope::input::truth;
use nucleoscope::limits::LIMITS;
use nucleoscope::record::sha256;
use nucleoscope::synthetic::{FieldOptions, field};

fn nucleoscope(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nucleoscope")).current_dir(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A column of a table, by its name.
fn column(table: &[u8], name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(table);
    let place = reader.headers().unwrap().iter().position(|other| other == name);
    let place = place.unwrap_or_else(|| panic!("there is no column {name}"));
    reader.records().map(|row| row.unwrap()[place].to_owned()).collect()
}

/// A folder with synthetic images in the Bowl's layout.
fn bowl(count: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let output = nucleoscope(folder.path(), &["example", "bowl", "--count", &count.to_string()]);
    assert!(output.status.success(), "{}", said(&output));
    folder
}

#[test]
fn the_version_has_the_name_of_the_program() {
    let output = nucleoscope(Path::new("."), &["--version"]);
    assert_eq!(printed(&output), concat!("nucleoscope ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn limits_are_listed_and_can_be_changed_in_every_command() {
    let help = printed(&nucleoscope(Path::new("."), &["segment", "--help"]));
    for limit in LIMITS {
        assert!(help.contains(limit.name) && help.contains(&limit.default.to_string()), "{}", limit.name);
    }
    let folder = bowl(1);
    let segment = |limits: &[&str]| {
        let arguments =
            ["segment", "bowl/stage1_test", "--summary", "summary.csv", "--failures", "failures.csv"];
        nucleoscope(folder.path(), &[&arguments[..], limits].concat())
    };
    assert!(segment(&["--limit", "pixels=65536"]).status.success());
    let output = segment(&["--limit", "pixels=65535", "--limit", "stack=1"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let failures = fs::read(folder.path().join("failures.csv")).unwrap();
    assert_eq!(column(&failures, "code"), ["image/too-large"]);
    assert!(column(&failures, "help")[0].contains("--limit pixels="));

    let score =
        ["score", "bowl/stage1_solution.csv", "--truth", "bowl/stage1_solution.csv", "--limit", "csv-rows=2"];
    let output = nucleoscope(folder.path(), &score);
    assert!(said(&output).contains("[limit/csv-rows]"), "{}", said(&output));
    for (limit, words) in
        [("rows=2", "archive-entries"), ("csv-rows", "NAME=NUMBER"), ("csv-rows=many", "whole number")]
    {
        let output = segment(&["--limit", limit]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(words), "{}", said(&output));
    }
}

#[test]
fn a_bowl_folder_becomes_a_submission_with_scores() {
    let folder = bowl(3);
    let files = ["--labels", "labels", "--outlines", "outlines", "--measurements", "tables"];
    let output =
        nucleoscope(folder.path(), &[&["segment", "bowl", "--output", "out.csv"], &files[..]].concat());
    assert!(output.status.success(), "{}", said(&output));
    assert!(printed(&output).contains("all "), "{}", printed(&output));

    let csv = fs::read(folder.path().join("out.csv")).unwrap();
    let submission = bowl_csv::read(&csv, Purpose::Submission).unwrap();
    let ids: Vec<&str> = submission.images.iter().map(|image| image.image_id.as_str()).collect();
    assert_eq!(ids, ["example-001000", "example-001001", "example-001002"]);
    for image in &submission.images {
        let masks = image.masks.as_ref().unwrap();
        let labels = fs::read(folder.path().join(format!("labels/{}.png", image.image_id))).unwrap();
        let Samples::U16(labels) = decode(&labels, Limits::default()).unwrap().samples().clone() else {
            panic!("a label image has 16 bits")
        };
        let from_rows = run_length::decode(masks, Size::new(256, 256)).unwrap();
        assert!(from_rows.as_slice().iter().zip(labels.iter()).all(|(&one, &other)| one == u32::from(other)));
        assert!(folder.path().join(format!("outlines/{}.png", image.image_id)).exists());
        let table = folder.path().join(format!("tables/{}-measurements.csv", image.image_id));
        let areas: Vec<usize> =
            column(&fs::read(table).unwrap(), "area_px2").iter().map(|area| area.parse().unwrap()).collect();
        let number = |label: usize| labels.iter().filter(|&&other| usize::from(other) == label).count();
        assert_eq!(areas, (1..=masks.len()).map(number).collect::<Vec<_>>());
    }

    for truth in ["bowl/stage1_solution.csv", "bowl/stage1_test"] {
        let scored = nucleoscope(folder.path(), &["score", "--truth", truth, "out.csv", "--images", "bowl"]);
        assert!(scored.status.success(), "{}", said(&scored));
        let last = |output: &Output| {
            printed(output).lines().rfind(|line| line.starts_with("all ")).map(str::to_owned)
        };
        assert_eq!(last(&scored), last(&output), "with {truth}");
    }
}

#[test]
fn every_export_is_written_once_for_each_image() {
    let folder = bowl(1);
    let id = "example-001000";
    let export = ["--export", "all", "--export-dir", "exports", "--pixel-size", "0.5"];
    let segment = [&["segment", "bowl", "--output", "out.csv"], &export[..]].concat();
    let output = nucleoscope(folder.path(), &segment);
    assert!(output.status.success(), "{}", said(&output));
    let names = |folder: &Path| -> Vec<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let alone = [&["segment", "bowl"], &["--export", "bowl", "--export-dir", "alone"][..]].concat();
    let output = nucleoscope(folder.path(), &alone);
    assert!(output.status.success(), "the CSV of the batch may be left out: {}", said(&output));
    assert_eq!(names(&folder.path().join("alone")), ["failures.csv", "submission.csv"]);
    let exports = folder.path().join("exports");
    // With a pixel size, the label image is a TIFF.
    let own = FORMATS.iter().filter_map(|format| match format.info().file {
        FileName::OfImage(endings) => endings.last().map(|ending| format!("{id}{ending}")),
        FileName::OfBatch(_) => None,
    });
    let shared = FORMATS.iter().filter_map(|format| format.batch_file().map(str::to_owned));
    let mut expected: Vec<String> = own.chain(shared).chain(["failures.csv".into()]).collect();
    expected.sort();
    assert_eq!(names(&exports), expected);
    let rows = fs::read(exports.join("submission.csv")).unwrap();
    assert_eq!(rows, fs::read(folder.path().join("out.csv")).unwrap());
    let record = fs::read(exports.join("nucleoscope.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let record = &record["images"][0];
    let shipped = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/nuclei.onnx")).unwrap();
    assert_eq!(record["model"]["sha256"], sha256(&shipped));
    let image = fs::read(folder.path().join(format!("bowl/stage1_test/{id}/images/{id}.png"))).unwrap();
    assert_eq!(record["input"]["sha256"], sha256(&image));
    assert!(record["settings"].get("effort").is_none(), "there is one mode");
}

#[test]
fn known_nuclei_are_exported_without_a_model() {
    let folder = bowl(2);
    let arguments = ["export", "bowl/stage1_test", "--export", "labels, record", "--export-dir", "exports"];
    let output = nucleoscope(folder.path(), &arguments);
    assert!(output.status.success(), "{}", said(&output));
    let solution = fs::read(folder.path().join("bowl/stage1_solution.csv")).unwrap();
    for image in bowl_csv::read(&solution, Purpose::Truth).unwrap().images {
        let labels = fs::read(folder.path().join(format!("exports/{}-labels.png", image.image_id))).unwrap();
        let labels =
            truth::label_image(&decode(&labels, Limits::default()).unwrap(), Size::new(256, 256)).unwrap();
        // The mask files and the masks in the CSV are both in row order.
        assert_eq!(labels, run_length::decode(&image.masks.unwrap(), Size::new(256, 256)).unwrap());
    }
    assert_eq!(fs::read_dir(folder.path().join("exports")).unwrap().count(), 4, "with failures.csv");

    fs::copy(
        folder.path().join("bowl/stage1_test/example-001000/images/example-001000.png"),
        folder.path().join("alone.png"),
    )
    .unwrap();
    let output = nucleoscope(folder.path(), &["export", "alone.png", "--export-dir", "exports"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("alone.png") && said(&output).contains("export/no-nuclei"));
    for wrong in [
        ["--export", "rois,xls", "--export-dir", "exports"],
        ["--export", "rois", "--pixel-size", "0.5"],
        ["--export-dir", "exports", "--pixel-size", "0"],
        ["--gate", "size:1..2", "--pixel-size", "1"],
        ["--gate", "area:2..1", "--pixel-size", "1"],
    ] {
        let segment = [&["segment", "alone.png", "--output", "out.csv"], &wrong[..]].concat();
        assert_eq!(nucleoscope(folder.path(), &segment).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn gates_and_regions_decide_what_every_file_holds() {
    let folder = bowl(2);
    let region =
        r#"{ "type": "Polygon", "coordinates": [[[0, 0], [256, 0], [256, 128], [0, 128], [0, 0]]] }"#;
    fs::write(folder.path().join("half.geojson"), region).unwrap();
    let all = [
        "export",
        "bowl/stage1_test",
        "--export-dir",
        "exports",
        "--summary",
        "s.csv",
        "--nuclei",
        "n.csv",
        "--gate",
        "area:60..",
        "--gate",
        "!touches_edge:1..1",
        "--regions",
        "half.geojson",
    ];
    let output = nucleoscope(folder.path(), &all);
    assert!(output.status.success(), "{}", said(&output));
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let nuclei = read("n.csv");
    assert_eq!(nuclei, read("exports/nuclei.csv"));
    assert_eq!(read("s.csv"), read("exports/summary.csv"));
    let numbers =
        |key: &str| -> Vec<f64> { column(&nuclei, key).iter().map(|text| text.parse().unwrap()).collect() };
    let rows: Vec<bool> = numbers("area_px2")
        .iter()
        .zip(numbers("touches_edge"))
        .zip(numbers("centroid_y_px"))
        .map(|((area, edge), y)| *area >= 60.0 && edge == 0.0 && y + 0.5 < 128.0)
        .collect();
    let included: Vec<bool> = column(&nuclei, "included").iter().map(|text| text == "true").collect();
    assert_eq!(included, rows);
    let count = rows.iter().filter(|row| **row).count();
    assert!(count > 0 && count < rows.len(), "{count} of {}", rows.len());
    let line = printed(&output);
    assert!(line.starts_with(&format!("2 images, {count} of {} nuclei counted", rows.len())), "{line}");
    let summary = read("s.csv");
    let counted: usize =
        column(&summary, "nuclei_counted").iter().map(|text| text.parse::<usize>().unwrap()).sum();
    assert_eq!(counted, count);
    assert_eq!(column(&summary, "area_px2"), ["32768", "32768"]);
    assert_eq!(column(&summary, "gates"), ["area_px2:60.. !touches_edge:1..1"; 2]);
    let submission = bowl_csv::read(&read("exports/submission.csv"), Purpose::Submission).unwrap();
    assert_eq!(
        submission.images.iter().map(|image| image.masks.as_ref().unwrap().len()).sum::<usize>(),
        count
    );

    let european =
        ["export", "bowl/stage1_test", "--nuclei", "e.csv", "--delimiter", "semicolon", "--decimal", "comma"];
    let output = nucleoscope(folder.path(), &european);
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(read("e.csv")).unwrap();
    assert!(text.starts_with("image;folder;nucleus;included;edited;area_px2;"));
    assert!(text.lines().nth(1).unwrap().contains(",") && !text.contains('.'), "{text}");
    fs::write(folder.path().join("none.geojson"), "[]").unwrap();
    let output =
        nucleoscope(folder.path(), &["export", "bowl", "--nuclei", "e.csv", "--regions", "none.geojson"]);
    assert!(
        said(&output).contains("none.geojson") && said(&output).contains("regions/none"),
        "{}",
        said(&output)
    );
}

#[test]
fn positive_nuclei_and_cells_agree_in_every_file_and_are_repeated() {
    let folder = bowl(2);
    let half = r#"{ "type": "Feature", "properties": { "name": "upper half" }, "geometry":
        { "type": "Polygon", "coordinates": [[[0, 0], [256, 0], [256, 128], [0, 128], [0, 0]]] } }"#;
    fs::write(folder.path().join("half.geojson"), half).unwrap();
    let rules =
        ["--positive", "gray_ring_mean>=30", "--cell-expansion", "1.5", "--gate", "area:60..", "--regions"];
    let inputs = ["segment", "bowl/stage1_test", "--pixel-size", "0.5", "--measurements", "tables"];
    let first = [&inputs[..], &rules[..], &["half.geojson", "--export-dir", "first"]].concat();
    let output = nucleoscope(folder.path(), &first);
    assert!(output.status.success(), "{}", said(&output));
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let nuclei = read("first/nuclei.csv");
    let classes = column(&nuclei, "class");
    let expected: Vec<&str> = column(&nuclei, "included")
        .iter()
        .zip(column(&nuclei, "gray_ring_mean"))
        .map(|(included, mean)| match (included.as_str(), mean.parse::<f64>().unwrap_or(f64::NAN) >= 30.0) {
            ("false", _) => "",
            (_, true) => "positive",
            (_, false) => "negative",
        })
        .collect();
    assert_eq!(classes, expected);
    let count = |class: &str| classes.iter().filter(|other| *other == class).count();
    let (positive, negative) = (count("positive"), count("negative"));
    assert!(positive > 0 && negative > 0, "{positive} and {negative}");
    let summary = read("first/summary.csv");
    let numbers =
        |key: &str| -> Vec<f64> { column(&summary, key).iter().map(|text| text.parse().unwrap()).collect() };
    assert_eq!(numbers("nuclei_positive").iter().sum::<f64>(), positive as f64);
    for ((percent, positive), counted) in
        numbers("positive_percent").iter().zip(numbers("nuclei_positive")).zip(numbers("nuclei_counted"))
    {
        assert!((percent - 100.0 * positive / counted).abs() < 1e-6);
    }
    assert_eq!(column(&summary, "positive_if"), ["gray_ring_mean>=30"; 2]);
    assert_eq!(column(&summary, "cell_expansion_um"), ["1.5"; 2]);
    let percent = positive as f64 / (positive + negative) as f64 * 100.0;
    let line = printed(&output);
    assert!(line.contains(&format!(", {positive} positive ({percent:.1} %), 0 failed")), "{line}");
    let regions = column(&nuclei, "region");
    let is_above = column(&nuclei, "centroid_y_px").into_iter().map(|y| y.parse::<f64>().unwrap() < 127.5);
    assert!(
        regions
            .iter()
            .zip(is_above)
            .all(|(name, is_above)| name == ["", "upper half"][usize::from(is_above)])
    );
    let of_image = column(&read("tables/example-001000-measurements.csv"), "class");
    assert_eq!(of_image, classes[..of_image.len()]);
    let geojson: serde_json::Value = serde_json::from_slice(&read("first/example-001000.geojson")).unwrap();
    let features = geojson["features"].as_array().unwrap();
    assert_eq!(features.last().unwrap()["properties"]["name"], "upper half");
    assert!(features[0]["nucleusGeometry"].is_object());

    let again =
        ["segment", "bowl/stage1_test", "--record", "first/nucleoscope.json", "--export-dir", "again"];
    let output = nucleoscope(folder.path(), &again);
    assert!(output.status.success(), "{}", said(&output));
    for file in fs::read_dir(folder.path().join("first")).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        assert!(read(&format!("first/{name}")) == read(&format!("again/{name}")), "{name} is the same");
    }

    let unused = ["export", "bowl/stage1_test", "--summary", "s.csv", "--positive", "red_mean>=1"];
    let output = nucleoscope(folder.path(), &unused);
    assert!(said(&output).contains("command/unused-threshold"), "{}", said(&output));
    for (option, value) in
        [("--positive", "gray_mean>1"), ("--cell-expansion", "-1"), ("--cell-expansion", "2000")]
    {
        let option = format!("{option}={value}");
        let output = nucleoscope(folder.path(), &["export", "bowl", "--summary", "s.csv", &option]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    }
}

#[test]
fn groups_come_from_a_template_and_are_kept_in_the_record() {
    let folder = bowl(2);
    let arguments = ["export", "bowl/stage1_test", "--export-dir", "out", "--group", "*-0010{group}"];
    let output = nucleoscope(folder.path(), &arguments);
    assert!(output.status.success(), "{}", said(&output));
    let read = |name: &str| fs::read(folder.path().join("out").join(name)).unwrap();
    assert_eq!(column(&read("summary.csv"), "group"), ["00", "01"]);
    let conditions = read("conditions.csv");
    let mut groups = column(&conditions, "group");
    groups.dedup();
    assert_eq!(groups, ["00", "01"]);
    assert!(column(&conditions, "images").iter().all(|images| images == "1"));
    let record: serde_json::Value = serde_json::from_slice(&read("nucleoscope.json")).unwrap();
    assert_eq!(record["images"][1]["group"], "01");
    let wrong = ["export", "bowl", "--export-dir", "out", "--group", "example"];
    let output = nucleoscope(folder.path(), &wrong);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("does not contain {group} once"), "{}", said(&output));
}

#[test]
fn a_record_repeats_the_run() {
    let folder = bowl(2);
    let first = [
        "segment",
        "bowl/stage1_test",
        "--export",
        "all",
        "--export-dir",
        "first",
        "--threshold",
        "0.4",
        "--seed-minimum",
        "0.3",
        "--pixel-size",
        "0.5,0.25",
        "--gate",
        "area:80..",
    ];
    let output = nucleoscope(folder.path(), &first);
    assert!(output.status.success(), "{}", said(&output));
    // As if the first image had been corrected and a region drawn in the second.
    let path = folder.path().join("first/nucleoscope.json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let outline = serde_json::json!([[2.0, 2.0], [14.0, 2.0], [14.0, 14.0], [2.0, 14.0]]);
    record["images"][0]["edits"] = serde_json::json!([{ "kind": "add", "outline": outline }]);
    record["images"][1]["regions"] =
        serde_json::json!([{ "kind": "rectangle", "x": 0, "y": 0, "width": 128, "height": 256 }]);
    record["images"][1]["start"] = "groundTruth".into();
    fs::write(folder.path().join("record.json"), record.to_string()).unwrap();
    let repeat = |record: &str, exports: &str| {
        let arguments =
            ["segment", "bowl/stage1_test", "--record", record, "--export", "all", "--export-dir", exports];
        let output = nucleoscope(folder.path(), &arguments);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    let quiet = repeat("first/nucleoscope.json", "again");
    assert_eq!(quiet, "");
    for file in fs::read_dir(folder.path().join("first")).unwrap().map(Result::unwrap) {
        let again = fs::read(folder.path().join("again").join(file.file_name())).unwrap();
        assert!(fs::read(file.path()).unwrap() == again, "{:?} is the same", file.file_name());
    }

    repeat("record.json", "changed");
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let nuclei = read("changed/nuclei.csv");
    let images = column(&nuclei, "image");
    let of_first = |values: Vec<String>| -> Vec<String> {
        values
            .into_iter()
            .zip(&images)
            .filter(|(_, image)| *image == "example-001000")
            .map(|(value, _)| value)
            .collect()
    };
    assert!(of_first(column(&nuclei, "edited")).contains(&"1".to_owned()));
    let solution = bowl_csv::read(&read("bowl/stage1_solution.csv"), Purpose::Truth).unwrap();
    let truth = solution.images.iter().find(|image| image.image_id == "example-001001").unwrap();
    let second = images.iter().filter(|image| *image == "example-001001").count();
    assert_eq!(second, truth.masks.as_ref().unwrap().len(), "its nuclei are the ground truth's");
    assert_eq!(column(&read("changed/summary.csv"), "area_px2"), ["65536", "32768"]);

    record["images"][0]["selection"]["frame"] = serde_json::json!(1e15);
    record["images"][1]["input"]["sha256"] = "00".into();
    fs::write(folder.path().join("wrong.json"), record.to_string()).unwrap();
    let arguments = ["segment", "bowl/stage1_test", "--record", "wrong.json", "--output", "out.csv"];
    let output = nucleoscope(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("images[0].selection.frame is 1000000000000000"), "{}", said(&output));
    record["images"][0]["selection"]["frame"] = 0.into();
    record["images"][0]["model"]["sha256"] = "00".into();
    record["images"][0]["id"] = "elsewhere".into();
    fs::write(folder.path().join("other.json"), record.to_string()).unwrap();
    let told = repeat("other.json", "other");
    for words in ["another model", "elsewhere, which is not among", "not the file", "has no entry for"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn a_zip_archive_gives_the_same_as_the_folder() {
    let folder = bowl(2);
    let mut archive = zip::ZipWriter::new(fs::File::create(folder.path().join("bowl.zip")).unwrap());
    for index in [1000, 1001] {
        let name = format!("stage1_test/example-00{index}/images/example-00{index}.png");
        archive.start_file(&name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, &fs::read(folder.path().join("bowl").join(name)).unwrap())
            .unwrap();
    }
    archive.finish().unwrap();
    for (input, output) in [("bowl/stage1_test", "folder.csv"), ("bowl.zip", "zip.csv")] {
        let run = nucleoscope(folder.path(), &["segment", input, "--output", output, "--threads", "1"]);
        assert!(run.status.success(), "{}", said(&run));
    }
    let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("folder.csv"), read("zip.csv"));
}

#[test]
fn one_bad_file_is_named_and_the_rest_go_on() {
    let folder = bowl(1);
    let good =
        fs::read(folder.path().join("bowl/stage1_test/example-001000/images/example-001000.png")).unwrap();
    fs::write(folder.path().join("cut.png"), &good[..good.len() / 2]).unwrap();
    fs::write(folder.path().join("empty.png"), b"").unwrap();
    fs::write(folder.path().join("text.tif"), b"not an image").unwrap();
    fs::write(folder.path().join("good.jpg"), &good).unwrap();
    let arguments =
        ["segment", "cut.png", "empty.png", "text.tif", "good.jpg", "gone.png", "--output", "out.csv"];
    let output = nucleoscope(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(3));
    let errors: Vec<String> = said(&output).lines().map(str::to_owned).collect();
    assert_eq!(errors.len(), 4, "{errors:?}");
    for (name, code) in [
        ("gone.png", "file/io"),
        ("cut.png", "image/truncated"),
        ("empty.png", "image/empty"),
        ("text.tif", "image/unknown-format"),
    ] {
        let line = errors.iter().find(|line| line.starts_with(&format!("error: {name}: "))).unwrap();
        assert!(line.contains(code), "{line}");
    }
    let csv = fs::read(folder.path().join("out.csv")).unwrap();
    let submission = bowl_csv::read(&csv, Purpose::Submission).unwrap();
    assert_eq!(submission.images.len(), 1);
    assert_eq!(submission.images[0].image_id, "good");
}

#[test]
fn the_sample_submission_decides_which_images_are_requested() {
    let folder = bowl(3);
    let sample = "ImageId,EncodedPixels\nexample-001002,\nnowhere,\nexample-001000,1 1\n";
    fs::write(folder.path().join("bowl/stage1_sample_submission.csv"), sample).unwrap();
    let output = nucleoscope(folder.path(), &["segment", "bowl", "--output", "out.csv"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("nowhere") && said(&output).contains("example-001001"),
        "{}",
        said(&output)
    );
    let csv = fs::read(folder.path().join("out.csv")).unwrap();
    let ids: Vec<String> = bowl_csv::read(&csv, Purpose::Submission)
        .unwrap()
        .images
        .into_iter()
        .map(|image| image.image_id)
        .collect();
    assert_eq!(ids, ["example-001002", "example-001000"]);
}

/// A folder with images of several conditions, each with its own fold.
fn annotated(folder: &Path, seeds: &[(u64, &str)]) {
    let mut index = String::from("image_id,condition,fold\n");
    for name in ["images", "labels"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    for (seed, condition) in seeds {
        let options = FieldOptions { seed: *seed, width: 128, height: 128, nuclei: 6, ..Default::default() };
        let drawn = field(&options);
        fs::write(folder.join(format!("images/{seed}.png")), drawn.png()).unwrap();
        let labels =
            label_image::encode(&drawn.truth, &vec![true; drawn.truth.count() as usize], None).unwrap();
        fs::write(folder.join(format!("labels/{seed}.png")), labels.bytes).unwrap();
        index += &format!("{seed},{condition},{seed}\n");
    }
    fs::write(folder.join("index.csv"), index).unwrap();
}

/// The first two words of each line of the tables of scores.
fn table_rows(output: &Output) -> Vec<String> {
    let text = printed(output);
    let (scores, _) = text.split_once("Pixels of all passes").unwrap();
    scores.lines().map(|line| line.split_whitespace().take(2).collect()).collect()
}

#[test]
fn each_condition_is_evaluated_with_the_model_that_is_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    annotated(&at("annotated"), &[(1, "bright"), (2, "bright"), (3, "dim")]);
    fs::create_dir_all(at("models")).unwrap();
    let plain = nucleoscope(folder.path(), &["evaluate", "annotated"]);
    assert!(plain.status.success(), "{}", said(&plain));
    let conditions = ["conditionimages", "bright2", "dim1", "all3"];
    let sets = ["", "setimages", "annotated3", "meanof", ""];
    assert_eq!(table_rows(&plain), [&conditions[..], &sets].concat());

    let shipped = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/nuclei.onnx")).unwrap();
    fs::write(at("models/one.onnx"), &shipped).unwrap();
    fs::write(at("models/other.onnx"), &shipped).unwrap();
    fs::write(at("models/models.csv"), "condition,model\nbright,one.onnx\ndim,other.onnx\n").unwrap();
    let arguments = ["evaluate", "annotated", "--models", "models/models.csv"];
    let both = nucleoscope(folder.path(), &arguments);
    assert_eq!(printed(&both), printed(&plain), "{}", said(&both));

    fs::write(at("models/other.onnx"), b"broken").unwrap();
    let broken = nucleoscope(folder.path(), &arguments);
    assert!(said(&broken).contains("other.onnx"), "{}", said(&broken));
    let only_bright = nucleoscope(folder.path(), &[&arguments[..], &["--conditions", "bright"]].concat());
    assert_eq!(
        table_rows(&only_bright)[..3],
        ["conditionimages", "bright2", "all2"],
        "{}",
        said(&only_bright)
    );
    fs::write(at("models/models.csv"), "condition,model\nbright,one.onnx\n").unwrap();
    let missing = nucleoscope(folder.path(), &arguments);
    assert_eq!(missing.status.code(), Some(1));
    assert!(said(&missing).contains("no model for the condition \"dim\""), "{}", said(&missing));
    assert!(said(&missing).contains("Add a row for \"dim\""), "{}", said(&missing));

    let nothing = nucleoscope(folder.path(), &["evaluate", "annotated", "--fold", "9"]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(said(&nothing).contains("Compare --fold, --conditions and --ids"), "{}", said(&nothing));
    fs::write(at("models/models.csv"), "one,other\n1,2\n").unwrap();
    let no_table = nucleoscope(folder.path(), &arguments);
    assert!(said(&no_table).contains("names model, and condition or set"), "{}", said(&no_table));
    fs::write(at("annotated/index.csv"), "image_id,fold\n1,1\n").unwrap();
    let no_index = nucleoscope(folder.path(), &["evaluate", "annotated"]);
    assert!(said(&no_index).contains("names image_id and condition"), "{}", said(&no_index));
    for output in [missing, nothing, no_table, no_index] {
        assert!(!said(&output).contains("no such file"), "{}", said(&output));
    }
}

#[test]
fn a_truth_without_any_truth_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = field(&FieldOptions { seed: 1, width: 64, height: 64, nuclei: 2, ..Default::default() });
    fs::create_dir(folder.path().join("images")).unwrap();
    fs::write(folder.path().join("images/a.png"), drawn.png()).unwrap();
    fs::write(folder.path().join("out.csv"), "ImageId,EncodedPixels\na,1 2\n").unwrap();
    let output = nucleoscope(folder.path(), &["score", "--truth", "images", "out.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let words = said(&output);
    assert!(words.contains("images: it has no usable ground truth"), "{words}");
    assert!(words.contains("Name the ground truth with --truth"), "{words}");
}

#[test]
fn what_is_wrong_with_a_folder_or_file_is_said_as_it_is() {
    let folder = bowl(1);
    let segment = |output: &[&str]| nucleoscope(folder.path(), &[&["segment"], output].concat());
    let missing = segment(&["nowhere", "--output", "out.csv"]);
    assert!(said(&missing).contains("there is no such file or folder"), "{}", said(&missing));
    fs::write(folder.path().join("in-the-way"), "").unwrap();
    let blocked = segment(&["bowl", "--output", "out.csv", "--labels", "in-the-way"]);
    assert_eq!(blocked.status.code(), Some(4));
    assert!(said(&blocked).contains("is in the way"), "{}", said(&blocked));
    let no_folder = segment(&["bowl", "--output", "nowhere/out.csv"]);
    assert_eq!(no_folder.status.code(), Some(4));
    assert!(said(&no_folder).contains("no such file or folder"), "{}", said(&no_folder));
}

#[test]
fn sets_are_evaluated_apart_and_each_with_a_model_that_is_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    // The same IDs in both, and one extra ID in each.
    annotated(&at("all/culture"), &[(1, "plain"), (2, "plain"), (3, "confluent")]);
    annotated(&at("all/tissue"), &[(1, "plain"), (4, "section")]);
    let together = nucleoscope(folder.path(), &["evaluate", "all", "--table", "table.csv"]);
    assert!(together.status.success(), "{}", said(&together));
    let conditions = ["conditionimages", "confluent1", "plain3", "section1", "all5"];
    let rows = [&conditions[..], &["", "setimages", "culture3", "tissue2", "meanof", ""]].concat();
    assert_eq!(table_rows(&together), rows, "a folder of sets");
    let given = nucleoscope(folder.path(), &["evaluate", "all/culture", "all/tissue"]);
    assert_eq!(printed(&given), printed(&together), "the sets themselves");

    let table = fs::read_to_string(at("table.csv")).unwrap();
    let ids: Vec<&str> = table.lines().skip(1).map(|line| line.split(",0.").next().unwrap()).collect();
    let expected =
        ["culture,plain,1", "culture,plain,2", "culture,confluent,3", "tissue,plain,1", "tissue,section,4"];
    for (id, expected) in ids.iter().zip(expected) {
        assert!(id.starts_with(expected), "{id} {expected}");
    }
    assert_eq!(ids.len(), 5, "{table}");

    let without = nucleoscope(folder.path(), &["evaluate", "all", "--without-fold", "1"]);
    assert!(table_rows(&without).contains(&"culture2".to_owned()), "{}", printed(&without));
    assert!(table_rows(&without).contains(&"tissue1".to_owned()), "{}", printed(&without));

    let shipped = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/nuclei.onnx")).unwrap();
    fs::write(at("good.onnx"), &shipped).unwrap();
    fs::write(at("broken.onnx"), b"broken").unwrap();
    // The most specific row is used: no remaining image uses the broken model.
    let models = "set,condition,model\n,plain,broken.onnx\nculture,,good.onnx\ntissue,,good.onnx\n\
                  culture,plain,good.onnx\ntissue,plain,good.onnx\n";
    fs::write(at("models.csv"), models).unwrap();
    let held_out = nucleoscope(folder.path(), &["evaluate", "all", "--models", "models.csv"]);
    assert_eq!(printed(&held_out), printed(&together), "{}", said(&held_out));
    fs::write(at("models.csv"), "set,model\nculture,good.onnx\n").unwrap();
    let missing = nucleoscope(folder.path(), &["evaluate", "all", "--models", "models.csv"]);
    assert!(said(&missing).contains("of the set \"tissue\""), "{}", said(&missing));
}

#[test]
fn scales_can_be_changed_to_find_out_which_are_best() {
    let folder = tempfile::tempdir().unwrap();
    annotated(&folder.path().join("set"), &[(1, "plain")]);
    let evaluate = |changes: &str| {
        nucleoscope(folder.path(), &["evaluate", "set", "--table", "t.csv", "--scale-range", changes])
    };
    let scale = || -> f64 {
        let table = fs::read(folder.path().join("t.csv")).unwrap();
        let mut reader = csv::Reader::from_reader(&*table);
        let column = reader.headers().unwrap().iter().position(|name| name == "scale").unwrap();
        reader.records().next().unwrap().unwrap()[column].parse().unwrap()
    };
    let changed = evaluate("minimum=0.5,maximum=0.5");
    assert!(changed.status.success(), "{}", said(&changed));
    assert_eq!(scale(), 0.5);
    assert!(evaluate("maximum=1").status.success());
    assert_eq!(scale(), 1.0);
    for (changes, reason) in
        [("colour=1", "\"colour\""), ("maximum=0.1", "\"minimum\""), ("maximum=x", "\"x\"")]
    {
        let refused = evaluate(changes);
        assert!(!refused.status.success() && said(&refused).contains(reason), "{}", said(&refused));
    }
}

#[test]
fn a_score_sheet_shows_the_best_the_median_and_the_worst_image() {
    let folder = bowl(3);
    let output = nucleoscope(folder.path(), &["evaluate", "bowl", "--each", "--sheet", "sheet.svg"]);
    assert!(output.status.success(), "{}", said(&output));
    let mut scores: Vec<(f64, String)> = printed(&output)
        .lines()
        .filter(|line| line.starts_with("example-"))
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words[2].parse().unwrap(), words[0].to_owned())
        })
        .collect();
    scores.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    let sheet = fs::read_to_string(folder.path().join("sheet.svg")).unwrap();
    let place = |words: &str| sheet.find(words).unwrap_or_else(|| panic!("{words} is not on the sheet"));
    let marks = [">Best<", &scores[0].1, ">Median<", &scores[1].1, ">Worst<", &scores[2].1].map(place);
    assert!(marks.is_sorted(), "{marks:?}");
    assert_eq!(sheet.matches("<image ").count(), 3);
    assert_eq!(sheet.matches(r#"class="found" d="M"#).count(), 1 + 3, "the key and each image");
}

#[test]
fn the_option_of_the_removed_mode_is_ignored_with_a_warning() {
    let folder = bowl(1);
    let rows = |options: &[&str]| {
        let arguments = [&["segment", "bowl/stage1_test", "--output", "out.csv"], options].concat();
        let output = nucleoscope(folder.path(), &arguments);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(
            said(&output).contains("--fast no longer has an effect"),
            !options.is_empty(),
            "{}",
            said(&output)
        );
        fs::read(folder.path().join("out.csv")).unwrap()
    };
    assert_eq!(rows(&["--fast"]), rows(&[]));
}

#[test]
fn nuclei_at_the_edge_are_left_out_if_asked_for() {
    let folder = bowl(1);
    let at_edge = |options: &[&str]| {
        let arguments = [&["segment", "bowl/stage1_test", "--output", "out.csv"], options].concat();
        let output = nucleoscope(folder.path(), &arguments);
        assert!(output.status.success(), "{}", said(&output));
        let csv = fs::read(folder.path().join("out.csv")).unwrap();
        let submission = bowl_csv::read(&csv, Purpose::Submission).unwrap();
        let labels =
            run_length::decode(submission.images[0].masks.as_ref().unwrap(), Size::new(256, 256)).unwrap();
        assert!(labels.count() > 5, "{}", labels.count());
        let ends = (0..256).flat_map(|place| [(place, 0), (place, 255), (0, place), (255, place)]);
        ends.filter(|&(x, y)| labels.get(x, y) != 0).count()
    };
    let others =
        ["--seed-minimum", "0.4", "--smoothing", "0.5", "--boundary-weight", "0.1", "--no-fill-holes"];
    assert!(at_edge(&others) > 0);
    assert_eq!(at_edge(&["--drop-at-edge"]), 0);
    let wide = nucleoscope(folder.path(), &["segment", "bowl", "--smoothing", "17"]);
    assert!(said(&wide).contains("not from 0 to 16"), "{}", said(&wide));
}

#[test]
fn a_large_image_is_worked_on_in_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = field(&FieldOptions { width: 420, height: 256, nuclei: 60, ..Default::default() });
    fs::write(folder.path().join("large.png"), drawn.png()).unwrap();
    let found = |options: &[&str]| {
        let arguments = [&["segment", "large.png", "--output", "out.csv"], options].concat();
        let output = nucleoscope(folder.path(), &arguments);
        assert!(output.status.success(), "{}", said(&output));
        let csv = fs::read(folder.path().join("out.csv")).unwrap();
        let submission = bowl_csv::read(&csv, Purpose::Submission).unwrap();
        submission.images[0].masks.as_ref().unwrap().clone()
    };
    let (whole, blocks) = (found(&[]), found(&["--block", "320"]));
    assert!(whole.len() > 40, "{}", whole.len());
    let score = score_image(&whole, &blocks);
    assert!(whole.len() == blocks.len() && score.score > 0.99, "{} {score:?}", blocks.len());
}

#[test]
fn an_empty_image_has_one_row_without_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let empty = field(&FieldOptions { nuclei: 0, ..Default::default() });
    fs::write(folder.path().join("empty.png"), empty.png()).unwrap();
    let output = nucleoscope(folder.path(), &["segment", "empty.png", "--output", "out.csv"]);
    assert!(output.status.success(), "{}", said(&output));
    let csv = fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert_eq!(csv, "ImageId,EncodedPixels\nempty,\n");
}

#[test]
fn a_bad_submission_is_refused_line_by_line() {
    let folder = bowl(2);
    let csv = "ImageId,EncodedPixels\nexample-001000,1 2 3\nexample-001001,65530 20\nunknown,1 1\n";
    fs::write(folder.path().join("bad.csv"), csv).unwrap();
    let output = nucleoscope(folder.path(), &["score", "--truth", "bowl/stage1_solution.csv", "bad.csv"]);
    assert_eq!(output.status.code(), Some(3));
    let said = said(&output);
    assert!(said.contains("bad.csv: line 2"), "{said}");
    assert!(said.contains("example-001001") && said.contains("unknown"), "{said}");
}

#[test]
fn a_model_prints_its_contract_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/nuclei.onnx");
    let output = nucleoscope(folder.path(), &["model", shipped]);
    assert!(output.status.success(), "{}", said(&output));
    for words in ["name", "nuclei", "interior, boundary, distance", "24 pixels", "MIT OR Apache-2.0"] {
        assert!(printed(&output).contains(words), "{}", printed(&output));
    }
    fs::write(folder.path().join("no.onnx"), b"not a model").unwrap();
    let output = nucleoscope(folder.path(), &["model", "no.onnx"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).starts_with("error: no.onnx: "), "{}", said(&output));
}

#[test]
fn nothing_to_do_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("nothing")).unwrap();
    let output = nucleoscope(folder.path(), &["segment", "nothing", "--output", "out.csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("dataset/no-images"), "{}", said(&output));
    assert!(!folder.path().join("out.csv").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_no_csv() {
    let folder = tempfile::tempdir().unwrap();
    let made = nucleoscope(folder.path(), &["example", "bowl", "--count", "12", "--side", "512"]);
    assert!(made.status.success(), "{}", said(&made));
    let arguments = ["segment", "bowl", "--output", "out.csv", "--threads", "1"];
    let child = Command::new(env!("CARGO_BIN_EXE_nucleoscope"))
        .current_dir(folder.path())
        .args(arguments)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    // The journal of what is done, if there is any, for --resume.
    let left: Vec<_> = left.filter(|name| name != "out.csv.nucleoscope.jsonl").collect();
    assert_eq!(left, ["bowl"]);
}

/// A stack of two channels and two slices as written by ImageJ. The first channel is empty; in the second,
/// the left half of a field is in the first slice and the right half in the second slice.
fn hyperstack() -> Vec<u8> {
    use tiff::encoder::{TiffEncoder, colortype::Gray8};
    use tiff::tags::Tag;

    let drawn = field(&FieldOptions::default());
    let (width, height) = (drawn.image.width(), drawn.image.height());
    let half = |left: bool| {
        let shown = |pixel: usize| (pixel % width < width / 2) == left;
        let value = |pixel: usize| if shown(pixel) { drawn.image.samples().get(pixel) as u8 } else { 0 };
        (0..width * height).map(value).collect::<Vec<u8>>()
    };
    let empty = vec![0; width * height];
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file).unwrap();
    for plane in [empty.clone(), half(true), empty, half(false)] {
        let mut page = encoder.new_image::<Gray8>(width as u32, height as u32).unwrap();
        let text = "ImageJ=1.54f\nimages=4\nchannels=2\nslices=2\nhyperstack=true\n";
        page.encoder().write_tag(Tag::ImageDescription, text).unwrap();
        page.write_data(&plane).unwrap();
    }
    file.into_inner()
}

#[test]
fn what_was_guessed_of_an_image_is_said_on_a_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut file).unwrap();
    for _ in 0..2 {
        let page = [0u8; 64 * 64];
        encoder.write_image::<tiff::encoder::colortype::Gray8>(64, 64, &page).unwrap();
    }
    fs::write(folder.path().join("pages.svs"), file.into_inner()).unwrap();
    let output = nucleoscope(folder.path(), &["segment", ".", "--output", "out.csv"]);
    assert!(output.status.success(), "{}", said(&output));
    let lines = said(&output);
    assert!(lines.contains("warning: ./pages.svs: it does not say what its 2 pages are"), "{lines}");
}

#[test]
fn a_channel_slice_and_frame_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stack.tif"), hyperstack()).unwrap();
    let segment = |options: &[&str]| {
        let fixed = ["segment", "stack.tif", "--output", "out.csv"];
        nucleoscope(folder.path(), &[&fixed, options].concat())
    };
    let nuclei = |options: &[&str]| {
        let output = segment(options);
        assert!(output.status.success(), "{}", said(&output));
        let csv = fs::read(folder.path().join("out.csv")).unwrap();
        let submission = bowl_csv::read(&csv, Purpose::Submission).unwrap();
        submission.images[0].masks.as_ref().unwrap().len()
    };
    let whole = nuclei(&["--channel", "2"]);
    assert!(whole > 5, "{whole}");
    assert_eq!(whole, nuclei(&["--channel", "CHANNEL 2", "--slice", "max", "--frame", "1"]));
    let half = nuclei(&["--channel", "2", "--slice", "1"]);
    assert!(half > 0 && half < whole, "{half} of {whole}");
    assert_eq!(nuclei(&[]), 0, "the first channel is empty");

    for (options, words) in [
        (["--channel", "3"], "1 channel 1, 2 channel 2"),
        (["--slice", "3"], "there are 2 slices"),
        (["--frame", "2"], "there is one frame"),
        (["--slice", "0"], "numbers begin at 1"),
    ] {
        let output = segment(&options);
        assert!(!output.status.success() && said(&output).contains(words), "{}", said(&output));
    }
}

/// A small synthetic image.
fn small_image(seed: u64) -> Vec<u8> {
    field(&FieldOptions { seed, width: 96, height: 96, nuclei: 4, ..Default::default() }).png()
}

/// Creates a temporary folder with these files.
fn folder_of(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// The IDs in a CSV of the Bowl, with the number of nuclei of each.
fn rows_of(path: &Path) -> Vec<(String, usize)> {
    let rows = bowl_csv::read(&fs::read(path).unwrap(), Purpose::Submission).unwrap();
    rows.images.into_iter().map(|image| (image.image_id, image.masks.unwrap().len())).collect()
}

#[test]
fn a_folder_that_holds_its_own_results_gives_the_same_again() {
    let folder = folder_of(&[("x/f.png", &small_image(1)), ("x/A01/g.png", &small_image(2))]);
    let run = |output: &str| {
        let files = ["--export", "all", "--export-dir", "x", "--labels", "x/l", "--outlines", "x/o"];
        let arguments = [&["segment", "x", "--output", output], &files[..]].concat();
        let run = nucleoscope(folder.path(), &arguments);
        assert!(run.status.success(), "{}", said(&run));
        (rows_of(&folder.path().join(output)), said(&run))
    };
    let (first, words) = run("x/first.csv");
    assert_eq!(first.iter().map(|(image_id, _)| image_id.as_str()).collect::<Vec<_>>(), ["g", "f"]);
    assert_eq!(words, "");
    let (second, words) = run("x/second.csv");
    assert_eq!(second, first);
    assert!(words.contains("files written by Nucleoscope left out ("), "{words}");
    assert!(!words.contains("files that are not images"), "{words}");
}

#[test]
fn an_image_is_never_overwritten() {
    let image = small_image(1);
    let folder = folder_of(&[("x/f.png", &image)]);
    let output = nucleoscope(folder.path(), &["segment", "x", "--labels", "x"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("f.png: this is one of the images"), "{}", said(&output));
    assert_eq!(fs::read(folder.path().join("x/f.png")).unwrap(), image);
}

#[test]
fn equal_names_in_the_wells_of_a_plate_are_all_segmented() {
    let names = ["p/A01/img.png", "p/A02/img.png", "p/A02/img_thumb12.png", "p/ .png", "p/slide.czi"];
    let folder = folder_of(&[
        (names[0], &small_image(1)),
        (names[1], &small_image(2)),
        (names[2], &small_image(2)),
        (names[3], &small_image(3)),
        (names[4], b"ZISRAWFILE"),
    ]);
    // The folder and a file in it: the file is processed once.
    let arguments = ["segment", "p", names[0], "--output", "out.csv", "--labels", "labels"];
    let output = nucleoscope(folder.path(), &arguments);
    let words = said(&output);
    let rows = rows_of(&folder.path().join("out.csv"));
    let ids: Vec<&str> = rows.iter().map(|(image_id, _)| image_id.as_str()).collect();
    assert_eq!(ids, ["unnamed", "A01_img", "A02_img"]);
    assert!(rows.iter().all(|(_, nuclei)| *nuclei > 0), "{rows:?}");
    for id in ids {
        assert!(folder.path().join(format!("labels/{id}.png")).exists(), "{id}");
    }
    assert_eq!(output.status.code(), Some(3), "{words}");
    assert!(words.contains("p/slide.czi: Zeiss CZI files cannot be read"), "{words}");
    assert!(words.contains("thumbnails of other images left out (1)"), "{words}");
    assert!(words.contains("files given more than once (1)"), "{words}");
}

#[test]
fn a_name_in_decomposed_letters_is_the_id_in_composed_ones() {
    let folder = folder_of(&[
        ("x/cafe\u{301}.png", &small_image(1)),
        ("x/stage1_sample_submission.csv", "ImageId,EncodedPixels\ncafé,1 1\n".as_bytes()),
    ]);
    let output = nucleoscope(folder.path(), &["segment", "x", "--output", "out.csv"]);
    assert_eq!(said(&output), "");
    let [(image_id, nuclei)] = &rows_of(&folder.path().join("out.csv"))[..] else { panic!("one image") };
    assert_eq!(image_id, "café");
    assert!(*nuclei > 0);
}

#[test]
fn masks_with_the_nucleus_in_alpha_are_ground_truth() {
    let folder = bowl(1);
    let masks = folder.path().join("bowl/stage1_test/example-001000/masks");
    for file in fs::read_dir(&masks).unwrap() {
        let path = file.unwrap().path();
        let mask = image::open(&path).unwrap().into_luma8();
        let clear = image::RgbaImage::from_fn(mask.width(), mask.height(), |x, y| {
            image::Rgba([0, 0, 0, if mask.get_pixel(x, y).0 == [0] { 0 } else { 255 }])
        });
        clear.save(&path).unwrap();
    }
    let truth = folder.path().join("bowl/stage1_test");
    let arguments = ["score", "bowl/stage1_solution.csv", "--truth", truth.to_str().unwrap()];
    let output = nucleoscope(folder.path(), &arguments);
    assert!(output.status.success(), "{}", said(&output));
    assert!(printed(&output).contains("1.0000"), "{}", printed(&output));
}
