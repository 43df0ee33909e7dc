//! Files whose names are markup, formulas, options or commands of terminals, on a real file system.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output};

use nucleoscope::dsb2018::csv::{self as bowl_csv, Purpose};
use nucleoscope::export::tables::from_spreadsheet;
use nucleoscope::export::{is_file_name, label_image};
use nucleoscope::plain_text::is_hidden;
use nucleoscope::synthetic::{FieldOptions, field};

fn nucleoscope(folder: &Path, arguments: &[&OsStr]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nucleoscope")).current_dir(folder).args(arguments).output().unwrap()
}

/// Runs the program with these words; it must print nothing that controls a terminal.
fn run(folder: &Path, words: &str) -> Output {
    let arguments: Vec<&OsStr> = words.split(' ').map(OsStr::new).collect();
    let output = nucleoscope(folder, &arguments);
    assert_printable(&output);
    output
}

fn assert_printable(output: &Output) {
    for bytes in [&output.stdout, &output.stderr] {
        let text = std::str::from_utf8(bytes).unwrap();
        let control = text.chars().find(|&letter| letter != '\n' && is_hidden(letter));
        assert_eq!(control, None, "{text:?}");
    }
}

fn picture() -> Vec<u8> {
    field(&FieldOptions { width: 32, height: 32, nuclei: 1, ..Default::default() }).png()
}

/// The names that a file can have here: without a folder, not hidden, and of at most 255 bytes with the ending.
fn names() -> Vec<String> {
    let entries: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/fixtures/hostile-names.json")).unwrap();
    let entries = entries.as_array().unwrap().iter();
    let names = entries.filter(|entry| entry["times"].is_null()).map(|entry| entry["name"].as_str().unwrap());
    // A backslash separates folders.
    let is_possible =
        |name: &&str| !name.contains(['/', '\0']) && !name.starts_with('.') && !name.ends_with('\\');
    let mut names: Vec<String> = names.filter(is_possible).map(str::to_owned).collect();
    names.extend([["µ"; 125].concat(), ["="; 251].concat()]);
    names
}

/// A folder with an image for each name, and an archive.
fn hostile() -> (tempfile::TempDir, Vec<String>) {
    let (folder, names) = (tempfile::tempdir().unwrap(), names());
    let images = folder.path().join("images");
    fs::create_dir(&images).unwrap();
    for name in &names {
        fs::write(images.join(format!("{name}.png")), picture()).unwrap();
    }
    (folder, names)
}

/// The files in a folder, with their contents.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

fn column(table: &[u8], name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(table);
    let place = reader.headers().unwrap().iter().position(|other| other == name).unwrap();
    reader.records().map(|row| from_spreadsheet(&row.unwrap()[place])).collect()
}

#[test]
fn a_run_with_hostile_names_writes_safe_files_and_gives_the_names_back() {
    let (folder, names) = hostile();
    let here = folder.path();
    let arguments = "segment images --output out.csv --export-dir all --labels labels --outlines outlines \
                     --measurements tables --summary summary.csv --nuclei nuclei.csv --failures failed.csv --resume";
    let output = run(here, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let all = files(&here.join("all"));
    for (kind, count) in [("all", 5 * names.len() + 7), ("labels", names.len()), ("tables", names.len())] {
        let written = files(&here.join(kind));
        assert_eq!(written.keys().filter(|name| is_file_name(name)).count(), count, "{kind}");
        assert_eq!(written.len(), count, "{kind}");
    }
    let mut left: Vec<String> =
        fs::read_dir(here).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(
        left,
        [
            "all",
            "failed.csv",
            "images",
            "labels",
            "nuclei.csv",
            "out.csv",
            "outlines",
            "summary.csv",
            "tables"
        ]
    );

    let mut found = column(&all["summary.csv"], "file");
    found.sort();
    let mut expected: Vec<String> =
        names.iter().map(|name| format!("{name}.png").replace('\\', "/")).collect();
    expected.iter_mut().for_each(|path| *path = path.rsplit('/').next().unwrap().to_owned());
    expected.sort();
    assert!(found == expected);
    // The ids of the summary are those of the exact forms.
    let ids = column(&all["summary.csv"], "image");
    let record: serde_json::Value = serde_json::from_slice(&all["nucleoscope.json"]).unwrap();
    let in_record: Vec<&str> =
        record["images"].as_array().unwrap().iter().map(|image| image["id"].as_str().unwrap()).collect();
    assert!(ids == in_record);
    let submission = bowl_csv::read(&all["submission.csv"], Purpose::Submission).unwrap();
    assert!(submission.images.iter().map(|image| &image.image_id).eq(&ids));
    assert_eq!(fs::read(here.join("out.csv")).unwrap(), all["submission.csv"]);

    // With --resume, every image is known again, by names that were escaped in tables.
    let again = run(here, &format!("{arguments} --jsonl"));
    let events = String::from_utf8(again.stdout).unwrap();
    let events: Vec<serde_json::Value> =
        events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done = events.iter().filter(|event| event["event"] == "done");
    let skipped: Vec<&str> =
        done.filter(|event| event["skipped"] == true).map(|event| event["image"].as_str().unwrap()).collect();
    assert!(skipped.len() == names.len() && skipped.iter().all(|id| ids.contains(&(*id).to_owned())));
    assert!(files(&here.join("all")) == all);

    // The record repeats the run, with the entries of the same images; the tables name images for a selection.
    let repeated = run(here, "segment images --record all/nucleoscope.json --output again.csv");
    assert!(repeated.status.success());
    assert!(!String::from_utf8(repeated.stderr).unwrap().contains("record/"));
    assert_eq!(fs::read(here.join("again.csv")).unwrap(), fs::read(here.join("out.csv")).unwrap());
}

#[test]
fn parts_of_a_run_with_hostile_names_are_joined_to_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::create_dir_all(here.join("images/=a")).unwrap();
    fs::create_dir_all(here.join("images/-b")).unwrap();
    for name in ["=a/=1+1", "=a/Cells", "-b/cells", "-b/'=x", "-b/\u{202e}gpj"] {
        fs::write(here.join(format!("images/{name}.png")), picture()).unwrap();
    }
    fs::write(here.join("images/-b/\u{1b}[31m.png"), b"not an image").unwrap();
    assert_eq!(run(here, "segment images --export-dir whole").status.code(), Some(3));
    for part in ["1/2", "2/2"] {
        run(here, &format!("segment images --export-dir part-{} --shard {part}", &part[..1]));
    }
    assert_eq!(run(here, "concatenate part-2 part-1 --export-dir joined").status.code(), Some(3));
    for (name, bytes) in files(&here.join("joined")) {
        assert!(fs::read(here.join("whole").join(&name)).unwrap() == bytes, "{name}");
    }
    let summary = fs::read(here.join("joined/summary.csv")).unwrap();
    let mut groups = column(&summary, "group");
    groups.sort();
    assert_eq!(groups, ["-b", "-b", "-b", "-b", "=a", "=a"]);
    // The ground truth of these images is what was found: the score has a row for each, by its exact name.
    let scored = run(here, "score whole/submission.csv --truth joined/submission.csv");
    assert!(scored.status.success() && String::from_utf8(scored.stdout).unwrap().contains("=1+1"));
}

#[test]
fn tables_of_this_program_select_the_images_of_an_evaluation() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let drawn = field(&FieldOptions { width: 32, height: 32, nuclei: 1, ..Default::default() });
    for (kind, bytes) in [
        ("images", drawn.png()),
        (
            "labels",
            label_image::encode(&drawn.truth, &vec![true; drawn.truth.count() as usize], None).unwrap().bytes,
        ),
    ] {
        fs::create_dir_all(here.join("=set").join(kind)).unwrap();
        for name in ["=1+1", "other"] {
            fs::write(here.join("=set").join(kind).join(format!("{name}.png")), &bytes).unwrap();
        }
    }
    fs::write(here.join("=set/index.csv"), "image_id,condition\n'=1+1,'=condition\nother,b\n").unwrap();
    fs::write(here.join("ids.txt"), "'=1+1\n").unwrap();
    let output = run(here, "evaluate =set --ids ids.txt --table table.csv --sheet sheet.svg --each");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = fs::read_to_string(here.join("table.csv")).unwrap();
    assert_eq!(table.lines().count(), 2);
    assert!(table.lines().nth(1).unwrap().starts_with("'=set,''=condition,'=1+1,"), "{table}");
}

#[test]
fn entries_of_an_archive_stay_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in
        ["../../up.png", "/root.png", "C:\\drive.png", "a/../../b.png", "con.png", "\u{1b}[2J.png", "=1.png"]
    {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&picture()).unwrap();
    }
    fs::create_dir(folder.path().join("work")).unwrap();
    fs::write(folder.path().join("work/in.zip"), archive.finish().unwrap().into_inner()).unwrap();
    let output = run(&folder.path().join("work"), "segment in.zip --labels labels");
    assert!(output.status.success());
    let labels = files(&folder.path().join("work/labels"));
    assert!(labels.len() == 7 && labels.keys().all(|name| is_file_name(name)), "{:?}", labels.keys());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn errors_show_names_and_arguments_without_their_controls() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for name in
        [&b"\x1b]0;hacked\x07.png"[..], b"latin-1 \xe9\x9b31m.png", b"\xc2\x9b2J.png", b"\xe2\x80\xaegpj.png"]
    {
        fs::write(here.join(OsStr::from_bytes(name)), b"not an image").unwrap();
    }
    let output = run(here, "segment . --output out.csv");
    assert_eq!(output.status.code(), Some(1));
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(shown.contains(r"\u{1b}]0;hacked\u{7}.png") && shown.contains(r"\u{202e}gpj"), "{shown}");

    // Files whose names are options, as a shell passes them on for *.
    let odd = |bytes: &[u8]| nucleoscope(here, &[OsStr::new("segment"), OsStr::from_bytes(bytes)]);
    for argument in [&b"--\x1b[31m"[..], b"--gate=\x1b]0;x\x07", b"--\xff\x1b[2J", b"-\xc2\x9b2J"] {
        let output = odd(argument);
        assert_eq!(output.status.code(), Some(2), "{argument:?}");
        assert_printable(&output);
    }
    let missing: OsString = OsStr::from_bytes(b"missing\x1b[2J\xff.png").to_owned();
    let output = nucleoscope(here, &["segment".as_ref(), "--output".as_ref(), "x.csv".as_ref(), &missing]);
    assert_eq!(output.status.code(), Some(1));
    assert_printable(&output);
}
