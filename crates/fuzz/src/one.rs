//! The process that runs one target.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::time::{Duration, Instant};

use nucleoscope_fuzz::{Fuzzer, Outcome, SECONDS, Target};

use crate::{Options, Worst, memory, progress_file, save};

thread_local! {
    /// The place and the message of the last panic.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A case that was run.
pub(crate) struct Measured {
    outcome: Result<Outcome, String>,
    time: Duration,
    memory: usize,
}

/// Runs a case, catching panics.
pub(crate) fn measured(case: impl FnOnce() -> Outcome) -> Measured {
    let before = memory::start();
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(case)).map_err(|_| PANIC.take());
    Measured { outcome, time: start.elapsed(), memory: memory::peak().saturating_sub(before) }
}

/// The fault of a case, if there is one.
fn fault(measured: &Measured, target: &Target) -> Option<String> {
    match &measured.outcome {
        Err(panic) => Some(format!("panicked: {panic}")),
        Ok(_) if measured.time > Duration::from_secs(SECONDS) => Some(format!("took more than {SECONDS} s")),
        Ok(_) if measured.memory > target.memory => {
            Some(format!("took more than {} MiB of memory", target.memory >> 20))
        }
        Ok(_) => None,
    }
}

/// A text about a single case.
pub(crate) fn report(measured: &Measured, target: &Target) -> String {
    let outcome = match (&measured.outcome, fault(measured, target)) {
        (_, Some(fault)) => fault,
        (Ok(Err(code)), _) => format!("refused: {code}"),
        _ => "accepted".into(),
    };
    format!(
        "{outcome} ({:.1} ms, {:.1} MiB)",
        measured.time.as_secs_f64() * 1e3,
        measured.memory as f64 / 1048576.0
    )
}

/// Runs cases until the limit, and prints faults and numbers for the process that started this one.
pub(crate) fn run(target: &'static Target, options: &Options) -> io::Result<bool> {
    set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("no message").chars().take(300).collect::<String>();
        PANIC.set(format!("{place}: {message}"));
    }));
    // With the stack of a thread of the command line.
    std::thread::scope(|scope| scope.spawn(|| cases(target, options)).join())
        .unwrap_or_else(|_| Err(io::Error::other("the driver panicked")))
}

fn cases(target: &'static Target, options: &Options) -> io::Result<bool> {
    let fuzzer = Fuzzer::new(target, options.seed);
    let mut progress = File::create(progress_file(target, options))?;
    let start = Instant::now();
    let mut worst = Worst::default();
    let mut outcomes = BTreeMap::<String, u64>::new();
    let mut places = BTreeSet::new();
    let mut count = 0;
    for case in (options.from..).take(usize::try_from(options.limit.cases).unwrap_or(usize::MAX)) {
        if start.elapsed() >= options.limit.time {
            break;
        }
        progress.seek(SeekFrom::Start(0))?;
        progress.write_all(&case.to_le_bytes())?;
        let input = fuzzer.input(case);
        let measured = measured(|| target.run(&input));
        count += 1;
        let milliseconds = measured.time.as_secs_f64() * 1e3;
        if milliseconds > worst.milliseconds {
            (worst.milliseconds, worst.slowest) = (milliseconds, case);
        }
        if measured.memory as u64 > worst.memory {
            (worst.memory, worst.largest) = (measured.memory as u64, case);
        }
        if let Some(fault) = fault(&measured, target) {
            // One example for each place in the code.
            let place = fault.split(": ").take(2).collect::<String>();
            if places.insert(place) {
                println!("{}: case {case} {fault}: {}", target.name, save(target, options, case)?.display());
            }
        }
        let code = match measured.outcome {
            Ok(Ok(())) => "accepted".into(),
            Ok(Err(code)) => code,
            Err(_) => "panicked".into(),
        };
        *outcomes.entry(code).or_default() += 1;
    }
    outcomes.iter().for_each(|(code, count)| println!("{code}\t{count}"));
    println!("cases\t{count}\nseconds\t{}", start.elapsed().as_secs_f64());
    println!("milliseconds\t{}\nslowest\t{}", worst.milliseconds, worst.slowest);
    println!("memory\t{}\nlargest\t{}\nfaults\t{}", worst.memory, worst.largest, places.len());
    Ok(places.is_empty())
}
