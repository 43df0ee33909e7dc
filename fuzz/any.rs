//! The target that `FUZZ_TARGET` names, for libFuzzer.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nucleoscope_fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET must name a target");
    Target::named(&name).expect("there is no such target")
});

fuzz_target!(|input: &[u8]| drop(TARGET.run(input)));
