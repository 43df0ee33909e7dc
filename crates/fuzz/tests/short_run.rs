//! A short run of all targets: always the same cases, so that it cannot fail by chance.

#![expect(clippy::print_stdout, reason = "shown if the test fails")]

use std::process::Command;

#[test]
fn no_target_panics_hangs_or_takes_too_much_memory() {
    let output = Command::new(env!("CARGO_BIN_EXE_nucleoscope-fuzz"))
        .args(["--cases", "400", "--output", concat!(env!("CARGO_TARGET_TMPDIR"), "/fuzz")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    assert_eq!(text.lines().count(), 1 + nucleoscope_fuzz::TARGETS.len());
}
