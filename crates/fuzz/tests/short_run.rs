//! A short run of all targets: always the same cases, so that it cannot fail by chance.

#![expect(clippy::print_stdout, reason = "shown if the test fails")]

use std::process::Command;

use nucleoscope_fuzz::TARGETS;

fn run(cases: &str, targets: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_nucleoscope-fuzz"))
        .args(["--cases", cases, "--output", concat!(env!("CARGO_TARGET_TMPDIR"), "/fuzz")])
        .args(targets.iter().flat_map(|target| ["--target", target]))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    assert_eq!(text.lines().count(), 1 + targets.len());
}

#[test]
fn no_target_panics_hangs_or_takes_too_much_memory() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).filter(|name| *name != "model").collect();
    run("4000", &names);
}

/// The engine itself ends with some of the later cases: that is why models are tried in a process of their own.
#[test]
fn a_model_is_read_or_refused() {
    run("400", &["model"]);
}
