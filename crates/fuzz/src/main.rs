//! Runs the targets natively, each in a process of its own, so that nothing ends the run: a panic, an abort, a stack
//! overflow and a hang are faults of one case.

#![expect(clippy::print_stdout, reason = "a program prints its results")]

mod memory;
mod one;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nucleoscope_fuzz::{Fuzzer, SECONDS, TARGETS, Target};

#[global_allocator]
static MEMORY: memory::Counting = memory::Counting;

const USAGE: &str =
    "usage: nucleoscope-fuzz [--target NAME]... [--seconds N] [--cases N] [--seed N] [--output FOLDER]
       nucleoscope-fuzz --target NAME --input FILE     run a target on a file
       nucleoscope-fuzz --target NAME --case N         write the input of a case into the folder
       nucleoscope-fuzz --seeds FOLDER                 write the seeds of the targets, for other fuzzers";

/// Restarts of a target that ended its process.
const MOST_CRASHES: u32 = 20;

/// What the user asked for.
#[derive(Clone)]
struct Options {
    targets: Vec<&'static Target>,
    limit: Limit,
    seed: u64,
    output: PathBuf,
    /// The first case; with `is_child`.
    from: u64,
    is_child: bool,
    input: Option<PathBuf>,
    seeds: Option<PathBuf>,
    case: Option<u64>,
}

/// When a target ends: the earlier of both.
#[derive(Clone, Copy)]
struct Limit {
    time: Duration,
    cases: u64,
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        targets: Vec::new(),
        limit: Limit { time: Duration::MAX, cases: u64::MAX },
        seed: 1,
        output: "target/fuzz".into(),
        from: 0,
        is_child: false,
        input: None,
        seeds: None,
        case: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--child" {
            options.is_child = true;
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} needs a number, not \"{value}\""));
        match name.as_str() {
            "--target" => options.targets.push(Target::named(&value).ok_or_else(|| unknown(&value))?),
            "--seconds" => options.limit.time = Duration::from_secs(number()?),
            "--cases" => options.limit.cases = number()?,
            "--seed" => options.seed = number()?,
            "--output" => options.output = value.into(),
            "--from" => options.from = number()?,
            "--input" => options.input = Some(value.into()),
            "--seeds" => options.seeds = Some(value.into()),
            "--case" => options.case = Some(number()?),
            _ => return Err(USAGE.into()),
        }
    }
    if options.targets.is_empty() {
        options.targets = TARGETS.iter().collect();
    }
    if options.limit.time == Duration::MAX && options.limit.cases == u64::MAX {
        options.limit.time = Duration::from_secs(20);
    }
    Ok(options)
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    format!("there is no target \"{name}\"; there are {}", names.join(", "))
}

/// Whether there was no fault.
fn run(options: &Options) -> Result<bool, String> {
    let fail = |error: io::Error| format!("{}: {error}", options.output.display());
    if let Some(folder) = &options.seeds {
        return write_seeds(folder).map(|()| true).map_err(|error| format!("{}: {error}", folder.display()));
    }
    let first = options.targets[0];
    if let Some(file) = &options.input {
        let input = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let outcome = one::report(&one::measured(|| first.run(&input)), first);
        println!("{outcome}");
        return Ok(true);
    }
    fs::create_dir_all(&options.output).map_err(fail)?;
    if let Some(case) = options.case {
        println!("{}", save(first, options, case).map_err(fail)?.display());
        return Ok(true);
    }
    if options.is_child {
        return one::run(first, options).map_err(fail);
    }
    println!(
        "{:12} {:>9} {:>8} {:>8} {:>10} {:>8}  faults",
        "target", "cases", "cases/s", "accepted", "worst", "memory"
    );
    let mut is_good = true;
    for target in &options.targets {
        is_good &= watch(target, options).map_err(fail)?;
    }
    Ok(is_good)
}

fn write_seeds(folder: &Path) -> io::Result<()> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in target.seeds().iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}

/// Writes the input of a case.
fn save(target: &'static Target, options: &Options, case: u64) -> io::Result<PathBuf> {
    let file = options.output.join(format!("{}-{}-{case}.bin", target.name, options.seed));
    fs::write(&file, Fuzzer::new(target, options.seed).input(case))?;
    Ok(file)
}

/// The file in which a target's process keeps the number of its case.
fn progress_file(target: &Target, options: &Options) -> PathBuf {
    options.output.join(format!("{}.case", target.name))
}

/// The results of the processes of a target.
#[derive(Default)]
struct Results {
    cases: u64,
    seconds: f64,
    accepted: u64,
    worst: Worst,
    faults: u32,
}

/// The most time and memory of a case.
#[derive(Default)]
struct Worst {
    milliseconds: f64,
    slowest: u64,
    memory: u64,
    largest: u64,
}

impl Results {
    fn line(&self, name: &str) -> String {
        let Worst { milliseconds, slowest, memory, largest } = self.worst;
        let rate = self.cases as f64 / self.seconds.max(1e-3);
        let accepted = 100 * self.accepted / self.cases.max(1);
        let mib = memory as f64 / f64::from(1 << 20);
        format!(
            "{name:12} {:>9} {rate:>8.0} {accepted:>6} % {milliseconds:>7.1} ms {mib:>5.1} MiB  {}   \
             (slowest: case {slowest}, largest: case {largest})",
            self.cases, self.faults
        )
    }
}

/// Runs a target in processes until its limit, and prints its results.
fn watch(target: &'static Target, options: &Options) -> io::Result<bool> {
    let mut results = Results::default();
    let mut outcomes = BTreeMap::new();
    let start = Instant::now();
    let mut next = options.from;
    for _ in 0..MOST_CRASHES {
        let left = Limit {
            time: options.limit.time.saturating_sub(start.elapsed()),
            cases: options.limit.cases.saturating_sub(next),
        };
        if left.time.is_zero() || left.cases == 0 {
            break;
        }
        let mut child = start_child(target, options, next, left)?;
        let reason = wait(&mut child, target, options)?;
        let mut text = String::new();
        if let Some(mut output) = child.stdout.take() {
            output.read_to_string(&mut text)?;
        }
        let is_finished = add(&text, &mut results, &mut outcomes);
        if is_finished {
            break;
        }
        let case = read_progress(target, options).unwrap_or(next);
        let file = save(target, options, case)?;
        println!("{}: case {case} {reason}: {}", target.name, file.display());
        results.faults += 1;
        results.cases += case + 1 - next;
        next = case + 1;
    }
    if results.seconds == 0.0 {
        results.seconds = start.elapsed().as_secs_f64();
    }
    _ = fs::remove_file(progress_file(target, options));
    println!("{}", results.line(target.name));
    if std::env::var_os("FUZZ_OUTCOMES").is_some() {
        outcomes.iter().for_each(|(code, count)| println!("    {count:>8} {code}"));
    }
    Ok(results.faults == 0)
}

fn start_child(target: &Target, options: &Options, from: u64, left: Limit) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--child", "--target", target.name, "--seed", &options.seed.to_string()]);
    command.args(["--from", &from.to_string(), "--cases", &left.cases.to_string()]);
    if left.time < Duration::from_secs(1 << 40) {
        command.args(["--seconds", &left.time.as_secs().max(1).to_string()]);
    }
    command.arg("--output").arg(&options.output).stdout(Stdio::piped()).spawn()
}

fn read_progress(target: &Target, options: &Options) -> Option<u64> {
    let bytes = fs::read(progress_file(target, options)).ok()?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// Waits until the process ends, or ends it when a case takes too long; returns how it ended.
fn wait(child: &mut Child, target: &Target, options: &Options) -> io::Result<String> {
    let mut case = None;
    let mut since = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(format!("ended the process ({status})"));
        }
        let now = read_progress(target, options);
        if now != case {
            (case, since) = (now, Instant::now());
        } else if since.elapsed() > Duration::from_secs(SECONDS) {
            child.kill()?;
            child.wait()?;
            return Ok(format!("took more than {SECONDS} s"));
        }
        sleep(Duration::from_millis(20));
    }
}

/// Adds what a process printed: faults as they are, and numbers behind a tab. Whether it came to its end.
fn add(text: &str, results: &mut Results, outcomes: &mut BTreeMap<String, u64>) -> bool {
    let mut is_finished = false;
    for line in text.lines() {
        let Some((key, value)) = line.split_once('\t') else {
            println!("{line}");
            continue;
        };
        let number = value.parse::<f64>().unwrap_or_default();
        match key {
            "cases" => results.cases += number as u64,
            "seconds" => results.seconds += number,
            "faults" => (results.faults, is_finished) = (results.faults + number as u32, true),
            "milliseconds" => results.worst.milliseconds = number,
            "slowest" => results.worst.slowest = number as u64,
            "memory" => results.worst.memory = number as u64,
            "largest" => results.worst.largest = number as u64,
            code => {
                let count = number as u64;
                if code == "accepted" {
                    results.accepted += count;
                }
                *outcomes.entry(code.to_owned()).or_default() += count;
            }
        }
    }
    is_finished
}
