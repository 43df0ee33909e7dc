//! Tests of runs that are killed, divided, repeated, or disturbed: with real processes.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nucleoscope::synthetic::{FieldOptions, field};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_nucleoscope");

fn nucleoscope(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(PROGRAM).current_dir(folder).args(arguments).output().unwrap()
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn picture(seed: u64) -> Vec<u8> {
    field(&FieldOptions { seed, width: 128, height: 128, nuclei: 6, ..Default::default() }).png()
}

/// A folder with the folder `images`, in which two folders have `count` images together.
fn plate(count: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..count {
        let group = if seed < count / 2 { "control" } else { "treated" };
        let path = folder.path().join(format!("images/{group}/field-{seed:03}.png"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, picture(seed)).unwrap();
    }
    folder
}

/// All files in a folder, without journals.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if !name.ends_with("nucleoscope.jsonl") {
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (files(one), files(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(*bytes == other[name], "{name} is the same");
    }
}

fn events(text: &[u8]) -> Vec<Value> {
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn number_of(path: &Path, event: &str) -> usize {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|line| line.starts_with(&format!(r#"{{"event":"{event}""#))).count()
}

fn finished(path: &Path) -> Value {
    let last = events(&fs::read(path).unwrap()).pop().unwrap();
    assert_eq!(last["event"], "finished");
    last
}

/// Waits until a run has written this many lines of an event.
fn wait_for(child: &mut Child, progress: &Path, event: &str, count: usize) {
    let limit = Instant::now() + Duration::from_secs(120);
    while number_of(progress, event) < count {
        assert!(child.try_wait().unwrap().is_none(), "the run has ended too early");
        assert!(Instant::now() < limit, "no progress");
        sleep(Duration::from_millis(5));
    }
}

const EVERYTHING: [&str; 8] = [
    "segment",
    "images",
    "--export-dir",
    "out/exports",
    "--labels",
    "out/labels",
    "--measurements",
    "out/tables",
];

#[test]
fn a_killed_run_goes_on_and_gives_the_same_files() {
    let folder = plate(16);
    let at = |path: &str| folder.path().join(path);
    let whole = nucleoscope(folder.path(), &EVERYTHING);
    assert!(whole.status.success(), "{}", said(&whole));
    assert!(!at("out/exports/nucleoscope.jsonl").exists(), "the journal of a complete run is removed");
    fs::rename(at("out"), at("undisturbed")).unwrap();

    // Whether the run was started with --resume makes no difference.
    for options in
        [&["--jsonl=progress", "--threads", "1"][..], &["--jsonl=progress", "--threads", "2", "--resume"]]
    {
        let mut child = start(folder.path(), &[&EVERYTHING[..], options].concat());
        wait_for(&mut child, &at("progress"), "done", 3);
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        let done = number_of(&at("progress"), "done");
        assert!((3..16).contains(&done), "{done} done");
        assert!(!at("out/exports/summary.csv").exists(), "files of the batch are written at the end");
        let whole = files(&at("undisturbed"));
        for (name, bytes) in files(&at("out")) {
            assert!(name.contains("/.nucleoscope") || bytes == whole[&name], "{name} is whole");
        }

        let resume = [&EVERYTHING[..], &["--jsonl=progress", "--resume"]].concat();
        let output = nucleoscope(folder.path(), &resume);
        assert!(output.status.success(), "{}", said(&output));
        let skipped = finished(&at("progress"))["skipped"].as_u64().unwrap() as usize;
        assert!((done - 1..16).contains(&skipped), "{skipped} skipped, {done} were done");
        assert_same(&at("out"), &at("undisturbed"));
        fs::remove_dir_all(at("out")).unwrap();
        fs::remove_file(at("progress")).unwrap();
    }
}

#[test]
fn only_what_has_changed_is_done_again() {
    let folder = plate(4);
    let at = |path: &str| folder.path().join(path);
    let run = |options: &[&str]| -> (u64, u64) {
        let output = nucleoscope(
            folder.path(),
            &[&EVERYTHING[..], &["--resume", "--jsonl=progress"], options].concat(),
        );
        assert!(output.status.success(), "{}", said(&output));
        let end = finished(&at("progress"));
        (end["done"].as_u64().unwrap(), end["skipped"].as_u64().unwrap())
    };
    assert_eq!(run(&[]), (4, 0));
    let first = files(&at("out"));
    assert_eq!(run(&[]), (4, 4));
    assert_eq!(files(&at("out")), first, "nothing has changed");
    fs::write(at("images/treated/field-003.png"), picture(99)).unwrap();
    assert_eq!(run(&[]), (4, 3), "the contents of a file");
    assert_eq!(run(&["--interior-threshold", "0.4"]), (4, 0), "a setting");
    assert_eq!(run(&["--interior-threshold", "0.4", "--gate", "area_px2:30.."]), (4, 0), "a gate");
    fs::remove_file(at("out/labels/field-001.png")).unwrap();
    fs::write(at("out/tables/field-002-measurements.csv"), "half").unwrap();
    let again = ["--interior-threshold", "0.4", "--gate", "area_px2:30.."];
    assert_eq!(run(&again), (4, 2), "files that are missing or not whole");
    fs::write(at("images/treated/field-004.png"), picture(4)).unwrap();
    assert_eq!(run(&again), (5, 4), "a file more");

    let repeated = [&EVERYTHING[..], &again].concat();
    fs::rename(at("out"), at("resumed")).unwrap();
    assert!(nucleoscope(folder.path(), &repeated).status.success());
    assert_same(&at("out"), &at("resumed"));

    let labels = ["segment", "images", "--output", "other/out.csv"];
    fs::create_dir(at("other")).unwrap();
    fs::write(at("other/out.csv.nucleoscope.jsonl"), "notes\n").unwrap();
    let output = nucleoscope(folder.path(), &labels);
    assert!(said(&output).contains("command/journal"), "{}", said(&output));
    assert_eq!(fs::read_to_string(at("other/out.csv.nucleoscope.jsonl")).unwrap(), "notes\n");
}

#[test]
fn eight_shards_are_one_run() {
    let folder = plate(11);
    let at = |path: &str| folder.path().join(path);
    fs::write(at("images/control/unreadable.png"), &picture(1)[..200]).unwrap();
    fs::write(at("images/treated/slide.czi"), "ZISRAWFILE").unwrap();
    let one = nucleoscope(folder.path(), &["segment", "images", "--export-dir", "whole"]);
    assert_eq!(one.status.code(), Some(3), "{}", said(&one));

    let mut codes = Vec::new();
    for number in 1..=8 {
        let (shard, out) = (format!("{number}/8"), format!("shards/{number}"));
        let mut arguments = vec!["segment", "images", "--shard", &shard, "--export-dir", &out];
        if number > 1 {
            arguments.push("--no-header");
        }
        let output = nucleoscope(folder.path(), &arguments);
        codes.push(output.status.code().unwrap());
    }
    // The file that is no image belongs to the last shard.
    assert_eq!(codes, [0, 0, 0, 3, 0, 0, 0, 3]);
    for name in ["submission.csv", "summary.csv", "nuclei.csv", "failures.csv"] {
        let parts = (1..=8).flat_map(|number| fs::read(at(&format!("shards/{number}/{name}"))).unwrap());
        let whole = fs::read(at(&format!("whole/{name}"))).unwrap();
        assert!(parts.collect::<Vec<_>>() == whole, "{name} of all shards is that of one run");
    }

    let shards: Vec<String> = (1..=8).rev().map(|number| format!("shards/{number}")).collect();
    let shards: Vec<&str> = shards.iter().map(String::as_str).collect();
    let join = [&["concatenate", "--export-dir", "joined", "--output", "joined.csv"], &shards[..]].concat();
    let output = nucleoscope(folder.path(), &join);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let (joined, whole) = (files(&at("joined")), files(&at("whole")));
    let of_batch = ["coco.json", "conditions.csv", "failures.csv", "nuclei.csv", "nucleoscope.json"];
    let of_batch = [&of_batch[..], &["submission.csv", "summary.csv"]].concat();
    assert_eq!(joined.keys().collect::<Vec<_>>(), of_batch);
    for (name, bytes) in joined {
        assert!(bytes == whole[&name], "{name} of all shards is that of one run");
    }
    assert_eq!(fs::read(at("joined.csv")).unwrap(), whole["submission.csv"]);
    let of_images: usize = (1..=8).map(|number| files(&at(&format!("shards/{number}"))).len() - 7).sum();
    assert_eq!(of_images, whole.len() - 7);

    let refused = |parts: &[&str], words: &str| {
        let output = nucleoscope(folder.path(), &[&["concatenate", "--export-dir", "x"], parts].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains(words), "{}", said(&output));
    };
    refused(&shards[1..], "part 8/8 is missing");
    refused(&[&shards[..3], &shards[4..]].concat(), "part 5/8 is missing");
    refused(&[&shards[..], &shards[..1]].concat(), "given twice");
    refused(&["whole"], "nucleoscope.jsonl");
    let same = ["segment", "images", "--shard", "2/8", "--export-dir", "shards/1"];
    let output = nucleoscope(folder.path(), &same);
    assert!(said(&output).contains("the results of part 1/8 are here"), "{}", said(&output));
    for wrong in ["0/8", "9/8", "1", "a/b"] {
        let arguments = ["segment", "images", "--shard", wrong, "--output", "out.csv"];
        assert_eq!(nucleoscope(folder.path(), &arguments).status.code(), Some(2));
    }
}

#[test]
fn runs_of_different_images_are_joined_in_the_order_in_which_they_are_given() {
    let folder = plate(5);
    let at = |path: &str| folder.path().join(path);
    fs::write(at("images/control/unreadable.png"), &picture(1)[..200]).unwrap();
    let whole = nucleoscope(folder.path(), &["segment", "images", "--export-dir", "whole"]);
    assert_eq!(whole.status.code(), Some(3), "{}", said(&whole));
    for (group, code) in [("control", 3), ("treated", 0)] {
        let (images, out) = (format!("images/{group}"), format!("runs/{group}"));
        let output = nucleoscope(folder.path(), &["segment", &images, "--export-dir", &out, "--resume"]);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
    }
    let join = |parts: &[&str]| {
        let arguments = [
            "concatenate",
            "--export-dir",
            "joined",
            "--export",
            "bowl,summary,conditions,measurements,coco,record",
        ];
        nucleoscope(folder.path(), &[&arguments[..], parts].concat())
    };
    let output = join(&["runs/control", "runs/treated"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let (joined, whole) = (files(&at("joined")), files(&at("whole")));
    assert_eq!(joined.len(), 7);
    for (name, bytes) in joined {
        assert!(bytes == whole[&name], "{name} of both runs is that of one run");
    }

    let again = join(&["runs/control", "runs/treated", "runs/control"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("its images are those of runs/control"), "{}", said(&again));
    fs::create_dir(at("other")).unwrap();
    fs::copy(at("images/control/field-000.png"), at("other/field-000.png")).unwrap();
    nucleoscope(folder.path(), &["segment", "other", "--export-dir", "runs/other", "--resume"]);
    let same_id = join(&["runs/control", "runs/other"]);
    assert_eq!(same_id.status.code(), Some(1));
    assert!(
        said(&same_id).contains("more than one of them has an image with the id field-000"),
        "{}",
        said(&same_id)
    );
}

#[test]
fn progress_for_programs_is_all_that_is_on_its_stream() {
    let folder = plate(2);
    fs::write(folder.path().join("images/broken.png"), &picture(1)[..200]).unwrap();
    let arguments = ["segment", "images", "--output", "out.csv", "--jsonl", "--shard", "1/1"];
    let output = nucleoscope(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(3));
    let lines = events(&output.stdout);
    let names: Vec<&str> = lines.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!((names[0], names[4], names.len()), ("started", "finished", 5));
    assert_eq!(lines[0]["images"], 3);
    assert_eq!(lines[0]["shard"], "1/1");
    let failed = lines.iter().find(|event| event["event"] == "failed").unwrap();
    assert_eq!(failed["image"], "broken");
    assert_eq!(failed["code"], "image/truncated");
    for key in ["file", "message", "help"] {
        assert!(failed[key].as_str().is_some_and(|text| !text.is_empty()), "{failed}");
    }
    let done = lines.iter().find(|event| event["image"] == "field-000").unwrap();
    assert_eq!(done["nuclei"], done["nucleiCounted"]);
    assert!(done["seconds"].as_f64() > done["segmentationSeconds"].as_f64(), "{done}");
    let end = &lines[4];
    assert_eq!(
        (&end["exitCode"], &end["done"], &end["failed"], &end["skipped"]),
        (&3.into(), &2.into(), &1.into(), &0.into())
    );
    assert!(said(&output).contains("2 images, "), "what people read is on the other stream");

    let nowhere = ["segment", "images", "--output", "nowhere/out.csv", "--jsonl"];
    let output = nucleoscope(folder.path(), &nowhere);
    let [end] = &events(&output.stdout)[..] else { panic!("one line") };
    assert_eq!(end["exitCode"], 4);
    assert_eq!(end["error"]["code"], "file/io");
    if cfg!(target_os = "linux") {
        let arguments = ["segment", "images/control", "--output", "out.csv", "--jsonl=/dev/full"];
        let output = nucleoscope(folder.path(), &arguments);
        assert!(output.status.success(), "a run does not depend on its progress: {}", said(&output));
        assert!(said(&output).contains("progress is no longer written"), "{}", said(&output));
    }
}

#[test]
fn an_image_is_read_from_standard_input() {
    let folder = plate(1);
    let image = folder.path().join("images/treated/field-000.png");
    let piped = |bytes: &[u8], options: &[&str]| {
        let arguments = [&["segment", "-", "--output", "piped.csv"], options].concat();
        let mut command = Command::new(PROGRAM);
        command.current_dir(folder.path()).args(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that refuses its arguments reads nothing.
        _ = child.stdin.take().unwrap().write_all(bytes);
        child.wait_with_output().unwrap()
    };
    let output = piped(&fs::read(&image).unwrap(), &["--stdin-name", "plate/field-000.png"]);
    assert!(output.status.success(), "{}", said(&output));
    let from_file = ["segment", image.to_str().unwrap(), "--output", "file.csv"];
    assert!(nucleoscope(folder.path(), &from_file).status.success());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("piped.csv"), read("file.csv"));
    let output = piped(b"no image", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).starts_with("error: stdin: "), "{}", said(&output));
}

#[test]
fn every_bad_file_is_a_line_and_the_others_go_on() {
    let folder = plate(9);
    let at = |path: &str| folder.path().join(path);
    for (place, name) in ["control/field-002", "treated/field-005", "treated/field-008"].iter().enumerate() {
        let bytes: [&[u8]; 3] = [b"", &picture(1)[..300], b"=SUM(A1), \"text\""];
        fs::write(at(&format!("images/{name}.png")), bytes[place]).unwrap();
    }
    let run = |options: &[&str]| {
        let arguments = [&["segment", "images", "--export-dir", "out", "--resume"], options].concat();
        nucleoscope(folder.path(), &arguments)
    };
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let table = fs::read(at("out/failures.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(&*table);
    assert_eq!(reader.headers().unwrap(), vec!["image", "file", "code", "message", "help"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let codes: Vec<(&str, &str)> = rows.iter().map(|row| (&row[0], &row[2])).collect();
    let expected = ["image/empty", "image/truncated", "image/unknown-format"];
    assert_eq!(codes, ["field-002", "field-005", "field-008"].into_iter().zip(expected).collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row[1].starts_with("images/") && !row[3].is_empty() && !row[4].is_empty()));
    let rows = fs::read_to_string(at("out/submission.csv")).unwrap();
    assert_eq!((0..9).filter(|seed| rows.contains(&format!("field-{seed:03},"))).count(), 6);

    // Once the files are replaced, only they are done.
    for (seed, name) in [(2, "control/field-002"), (5, "treated/field-005"), (8, "treated/field-008")] {
        fs::write(at(&format!("images/{name}.png")), picture(seed)).unwrap();
    }
    let output = run(&["--jsonl=progress"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(finished(&at("progress"))["skipped"], 6);
    assert_eq!(fs::read_to_string(at("out/failures.csv")).unwrap(), "image,file,code,message,help\n");

    fs::write(at("a.png"), "").unwrap();
    let output =
        nucleoscope(folder.path(), &["segment", "a.png", "--summary", "s.csv", "--failures", "f.csv"]);
    assert_eq!(output.status.code(), Some(1), "all files failed");
    assert!(fs::read_to_string(at("f.csv")).unwrap().contains("\na,a.png,image/empty,"));
}

#[test]
fn a_second_run_in_a_folder_is_refused_until_the_first_has_ended() {
    let folder = plate(16);
    let at = |path: &str| folder.path().join(path);
    let first = [&EVERYTHING[..], &["--threads", "1", "--jsonl=progress"]].concat();
    let mut child = start(folder.path(), &first);
    wait_for(&mut child, &at("progress"), "started", 1);
    for second in
        [&EVERYTHING[..], &first, &["segment", "images", "--output", "o.csv", "--labels", "out/labels"]]
    {
        let output = nucleoscope(folder.path(), second);
        assert_eq!(output.status.code(), Some(5), "{}", said(&output));
        assert!(said(&output).contains("another run is writing here [command/in-use]"), "{}", said(&output));
    }
    // Another file in a folder that is in use by files of its own.
    let beside = ["segment", "images/control", "--output", "out/beside.csv"];
    assert!(nucleoscope(folder.path(), &beside).status.success());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    fs::remove_file(at("out/beside.csv")).unwrap();
    let names: Vec<String> = files(&at("out")).into_keys().collect();
    assert!(names.iter().all(|name| !name.contains(".nucleoscope")), "{names:?}");
    fs::write(at("out/exports/.nucleoscope-left"), "half a fi").unwrap();
    fs::rename(at("out"), at("first")).unwrap();
    fs::create_dir_all(at("out/exports")).unwrap();
    fs::rename(at("first/exports/.nucleoscope-left"), at("out/exports/.nucleoscope-left")).unwrap();
    assert!(nucleoscope(folder.path(), &EVERYTHING).status.success());
    assert_same(&at("out"), &at("first"));
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_named_before_anything_is_done() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    let folder = plate(2);
    let at = |path: &str| folder.path().join(path);
    let allow =
        |path: &str, mode: u32| fs::set_permissions(at(path), fs::Permissions::from_mode(mode)).unwrap();
    allow(".", 0o755);
    fs::create_dir(at("out")).unwrap();
    allow("out", 0o555);
    for output in [&["--export-dir", "out"][..], &["--output", "out/o.csv"], &["--labels", "out/labels"]] {
        let mut command = Command::new(PROGRAM);
        command.current_dir(folder.path()).args(["segment", "images"]).args(output);
        // The superuser may write everywhere.
        if fs::write(at("out/test"), "").is_ok() {
            fs::remove_file(at("out/test")).unwrap();
            command.uid(65534).gid(65534);
        }
        let Ok(output) = command.output() else {
            return eprintln!("not tested: the program cannot be run as another user");
        };
        assert_eq!(output.status.code(), Some(4), "{}", said(&output));
        assert!(said(&output).contains("Permission denied"), "{}", said(&output));
        assert!(said(&output).contains("Check that you may read or write it"), "{}", said(&output));
    }
    allow("out", 0o755);
    assert_eq!(fs::read_dir(at("out")).unwrap().count(), 0);
}

/// Runs the program by a shell that first does something else.
#[cfg(unix)]
fn in_shell(folder: &Path, first: &str, arguments: &[&str]) -> Output {
    let script = format!("{first}\nexec \"$0\" \"$@\"");
    Command::new("sh").current_dir(folder).args(["-c", &script, PROGRAM]).args(arguments).output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_limit_on_the_size_of_files_loses_nothing_that_is_done() {
    let folder = plate(10);
    let at = |path: &str| folder.path().join(path);
    assert!(nucleoscope(folder.path(), &EVERYTHING).status.success());
    fs::rename(at("out"), at("undisturbed")).unwrap();
    // In blocks of 512 bytes: the journal does not fit.
    let limited = [&EVERYTHING[..], &["--threads", "1"]].concat();
    let output = in_shell(folder.path(), "ulimit -f 80", &limited);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("Make room on the disk"), "{}", said(&output));
    assert!(said(&output).contains("Go on with --resume"), "{}", said(&output));
    let output = nucleoscope(folder.path(), &[&EVERYTHING[..], &["--resume", "--jsonl=progress"]].concat());
    assert!(output.status.success(), "{}", said(&output));
    let skipped = finished(&at("progress"))["skipped"].as_u64().unwrap();
    assert!((1..10).contains(&skipped), "{skipped} skipped");
    assert_same(&at("out"), &at("undisturbed"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_that_is_done() {
    let folder = plate(10);
    let at = |path: &str| folder.path().join(path);
    assert!(nucleoscope(folder.path(), &EVERYTHING).status.success());
    fs::rename(at("out"), at("undisturbed")).unwrap();
    fs::create_dir_all(at("out")).unwrap();
    // The files on the small disk are copied, because it vanishes with the process that mounted it.
    let script = "mount -t tmpfs -o size=300k tmpfs out && touch mounted || exit\n\"$0\" \"$@\"\ncode=$?\n\
                  cp -r out full\nexit $code";
    let small =
        [&["--user", "--map-root-user", "--mount", "sh", "-c", script, PROGRAM], &EVERYTHING[..]].concat();
    let output = Command::new("unshare").current_dir(folder.path()).args(small).output();
    let Some(output) = output.ok().filter(|_| at("mounted").exists()) else {
        return eprintln!("not tested: no disk can be mounted here");
    };
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("Make room on the disk"), "{}", said(&output));
    let whole = files(&at("undisturbed"));
    for (name, bytes) in files(&at("full")) {
        assert!(bytes == whole[&name], "{name} is whole");
    }
    fs::remove_dir_all(at("out")).unwrap();
    fs::rename(at("full"), at("out")).unwrap();
    let output = nucleoscope(folder.path(), &[&EVERYTHING[..], &["--resume", "--jsonl=progress"]].concat());
    assert!(output.status.success(), "{}", said(&output));
    let skipped = finished(&at("progress"))["skipped"].as_u64().unwrap();
    assert!((1..10).contains(&skipped), "{skipped} skipped");
    assert_same(&at("out"), &at("undisturbed"));
}
