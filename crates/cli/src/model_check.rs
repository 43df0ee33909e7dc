//! Models of others: read within limits, and tried in a process of their own before they are used.
//!
//! The engine can be made to panic, to abort, to need any amount of memory, or to run without end. So the program
//! starts itself with the hidden command `check-model`, gives it the model, and waits for a limited time.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use nucleoscope::network::{ModelLimits, NetworkError, SHIPPED_MODEL, TractNetwork};
use nucleoscope::record::sha256;
use nucleoscope::{Error, InFile, Warning};

use crate::fault::Fault;
use crate::table;

/// The limits for a model that is not the built-in one.
#[derive(Args, Clone, Default)]
pub(crate) struct ModelOptions {
    /// Limits for a model of others, as NAME=NUMBER,...: seconds (60) and memory (4096, in MiB) for trying it in a
    /// process of its own, which seconds=0 turns off; bytes, parts, nodes, constants, elements, dimension
    #[arg(
        id = "model_limits",
        long = "model-limits",
        value_name = "NAME=NUMBER,...",
        default_value_t,
        hide_default_value = true
    )]
    pub limits: CheckLimits,
}

/// What a model may need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckLimits {
    model: ModelLimits,
    /// Seconds for loading it and running it once on a tile; 0 does not try it.
    seconds: u64,
    /// Mebibytes of address space in that time.
    memory: u64,
}

impl Default for CheckLimits {
    fn default() -> Self {
        Self { model: ModelLimits::default(), seconds: 60, memory: 4096 }
    }
}

impl CheckLimits {
    fn named(&mut self, name: &str) -> Option<&mut u64> {
        match name {
            "seconds" => Some(&mut self.seconds),
            "memory" => Some(&mut self.memory),
            _ => self.model.named(name),
        }
    }
}

impl FromStr for CheckLimits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut limits = Self::default();
        for change in text.split(',') {
            let (name, number) = change.split_once('=').ok_or("not NAME=NUMBER")?;
            let known = format!("seconds, memory, {}", ModelLimits::NAMES.join(", "));
            let limit = limits.named(name.trim()).ok_or_else(|| format!("{name:?} is not one of {known}"))?;
            *limit = number.trim().parse().map_err(|_| format!("{number:?} is not a whole number"))?;
        }
        Ok(limits)
    }
}

/// The form in which they are parsed.
impl fmt::Display for CheckLimits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut limits = *self;
        write!(formatter, "seconds={},memory={}", self.seconds, self.memory)?;
        ModelLimits::NAMES.iter().try_for_each(|name| {
            limits.named(name).map_or(Ok(()), |limit| write!(formatter, ",{name}={limit}"))
        })
    }
}

/// Reads a model. Unless it is the built-in one, it is tried in a process of its own, once for each contents.
///
/// # Errors
/// The file cannot be read; the model is invalid, or was too slow or too large, or crashed.
pub(crate) fn read(path: &Path, limits: &CheckLimits) -> Result<Vec<u8>, Error> {
    static CHECKED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let name = path.display().to_string();
    let bytes = read_within(path, limits.model.bytes).map_err(|error| Error::io(error, &name))?;
    limits.model.check_bytes(&bytes).map_err(|error| error.in_file(&name))?;
    if limits.seconds == 0 || bytes == SHIPPED_MODEL {
        return Ok(bytes);
    }
    let mut checked = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    let checked = checked.get_or_insert_default();
    let hash = sha256(&bytes);
    if !checked.contains(&hash) {
        check(&bytes, limits, &name)?;
        checked.insert(hash);
    }
    Ok(bytes)
}

/// Loads a model that [`read`] accepts; errors include the file's path.
pub(crate) fn load(path: &Path, limits: &CheckLimits) -> Result<TractNetwork, Error> {
    let network = TractNetwork::load_within(&read(path, limits)?, &limits.model);
    network.map_err(|error| error.in_file(path.display().to_string()))
}

/// The first bytes of a file, one more than allowed if there are more.
fn read_within(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How the process that tried a model ended.
struct Ended {
    /// Nothing if it was ended because it took too long.
    status: Option<std::process::ExitStatus>,
    /// What it printed, the beginning.
    output: String,
    errors: String,
}

fn check(bytes: &[u8], limits: &CheckLimits, name: &str) -> Result<(), Error> {
    let ended =
        try_apart(bytes, limits).map_err(|error| Fault::ModelNotChecked(error.to_string()).in_file(name))?;
    let Ended { status, output, errors } = ended;
    let Some(status) = status else {
        return Err(Fault::ModelTooSlow { seconds: limits.seconds }.in_file(name));
    };
    if status.success() {
        return Ok(());
    }
    // The messages of the allocator and of the engine.
    if ["memory allocation of", "failed to allocate", "capacity overflow"]
        .iter()
        .any(|words| errors.contains(words))
    {
        return Err(Fault::ModelTooLarge { mebibytes: limits.memory }.in_file(name));
    }
    Err(match serde_json::from_str::<Warning>(&output) {
        Ok(reason) => reason.in_file(name),
        Err(_) => Fault::ModelCrashed { status: status.to_string() }.in_file(name),
    })
}

/// Runs `check-model` on a model, and ends it when its time is over.
fn try_apart(bytes: &[u8], limits: &CheckLimits) -> io::Result<Ended> {
    const LONGEST_OUTPUT: u64 = 1 << 16;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["check-model", "--model-limits", &limits.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("RUST_BACKTRACE", "0")
        .spawn()?;
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        // A process that has ended reads no more, which is no error.
        scope.spawn(|| _ = input.map(|mut input| input.write_all(bytes)));
        let text = |stream: Option<Box<dyn Read + Send>>| {
            let mut text = Vec::new();
            _ = stream.map(|stream| stream.take(LONGEST_OUTPUT).read_to_end(&mut text));
            String::from_utf8_lossy(&text).into_owned()
        };
        let output = scope.spawn(move || text(output.map(|stream| Box::new(stream) as _)));
        let errors = scope.spawn(move || text(errors.map(|stream| Box::new(stream) as _)));
        let status = wait(&mut child, Duration::from_secs(limits.seconds));
        let joined = |thread: thread::ScopedJoinHandle<'_, String>| thread.join().unwrap_or_default();
        Ok(Ended { status: status?, output: joined(output), errors: joined(errors) })
    })
}

/// Waits until a process has ended; ends it if that takes too long.
fn wait(child: &mut Child, longest: Duration) -> io::Result<Option<std::process::ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() >= longest {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// The hidden command: tries the model from standard input, and prints why it cannot be used as JSON.
pub(crate) fn run(options: &ModelOptions) -> ExitCode {
    let limits = &options.limits;
    restrict(limits);
    // Without a place in the source, which the message of a panic begins with.
    std::panic::set_hook(Box::new(|panic| eprintln!("{}", panic.payload_as_str().unwrap_or_default())));
    let mut bytes = Vec::new();
    let read = io::stdin().take(limits.model.bytes.saturating_add(1)).read_to_end(&mut bytes);
    if read.is_err() {
        return ExitCode::FAILURE;
    }
    match try_out(&bytes, &limits.model) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::say(serde_json::to_string(&Warning::from(&error)).unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

fn try_out(bytes: &[u8], limits: &ModelLimits) -> Result<(), NetworkError> {
    let network = TractNetwork::load_within(bytes, limits)?;
    // Images are processed on threads, which have a smaller stack.
    thread::scope(|scope| scope.spawn(|| network.try_out()).join()).unwrap_or_else(|_| std::process::abort())
}

/// Limits the memory and the processor time of this process, where the system can.
#[cfg(unix)]
fn restrict(limits: &CheckLimits) {
    for (resource, limit) in [
        (libc::RLIMIT_AS, limits.memory.saturating_mul(1 << 20)),
        (libc::RLIMIT_CORE, 0),
        // Ends the process if its parent was killed and cannot do so.
        (libc::RLIMIT_CPU, limits.seconds.saturating_add(1)),
    ] {
        let limit = libc::rlimit { rlim_cur: limit as _, rlim_max: limit as _ };
        #[expect(unsafe_code, reason = "a call into C that reads two numbers and keeps no pointer")]
        // SAFETY: the pointer is to a structure that lives until the call returns.
        unsafe {
            libc::setrlimit(resource, &raw const limit);
        }
    }
}

#[cfg(not(unix))]
fn restrict(_: &CheckLimits) {}
