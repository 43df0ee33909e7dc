//! The option `--limit`, which all commands have.

use std::sync::OnceLock;

use clap::Args;
use nucleoscope::limits::{LIMITS, Limit, Limits};

/// The limits on input files.
#[derive(Args)]
pub(crate) struct Options {
    #[arg(
        long = "limit",
        value_name = "NAME=NUMBER",
        global = true,
        value_parser = limit,
        help = "Change a limit on input files, such as tiff-pages=200000; --help lists them. May be given several times",
        long_help = help()
    )]
    limits: Vec<(&'static Limit, u64)>,
}

/// The help of `--limit`, with a line for each limit.
fn help() -> String {
    let widest = LIMITS.iter().map(|limit| limit.name.len()).max().unwrap_or(0);
    let line = |limit: &Limit| format!("\n  {:widest$}  {}: {}", limit.name, limit.what, limit.default);
    let lines: String = LIMITS.iter().map(line).collect();
    format!(
        "Change a limit on input files; may be given several times. A file that exceeds a limit is refused{lines}"
    )
}

fn limit(text: &str) -> Result<(&'static Limit, u64), String> {
    let (name, number) = text.split_once('=').ok_or("write it as NAME=NUMBER")?;
    let limit = Limit::named(name.trim()).ok_or_else(|| {
        let names: Vec<&str> = LIMITS.iter().map(|limit| limit.name).collect();
        format!("there is no limit called {name:?}; the limits are {}", names.join(", "))
    })?;
    let number = number.trim().parse().map_err(|_| format!("{number:?} is not a whole number"))?;
    Ok((limit, number))
}

static CHOSEN: OnceLock<Limits> = OnceLock::new();

/// Sets the limits for the whole run.
pub(crate) fn set(options: &Options) {
    let mut limits = Limits::default();
    options.limits.iter().for_each(|(limit, number)| limit.set(&mut limits, *number));
    // It is set once, before anything is read.
    _ = CHOSEN.set(limits);
}

/// The limits of the run.
pub(crate) fn get() -> Limits {
    CHOSEN.get().copied().unwrap_or_default()
}
