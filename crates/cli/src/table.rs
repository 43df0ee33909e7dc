//! The output of the commands: tables on standard output, everything else on standard error. What could control the
//! terminal is [escaped](plain).
#![expect(clippy::print_stdout, reason = "the command line's output")]

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

use nucleoscope::Diagnostic;
use nucleoscope::dsb2018::score::{ImageScore, SetsSummary, Summary};
use nucleoscope::plain_text::plain;

/// Prints one line for an error: file, reason, code, help.
pub(crate) fn print_failure(error: &(impl Diagnostic + ?Sized)) {
    eprintln!("error: {} [{}] {}", one_line(error), error.code(), one_line(error.help()));
}

/// Prints one line for a warning: message, code, help.
pub(crate) fn print_warning(warning: &(impl Diagnostic + ?Sized)) {
    eprintln!("warning: {} [{}] {}", one_line(warning), warning.code(), one_line(warning.help()));
}

fn one_line(text: impl Display) -> String {
    plain(&text.to_string().replace(['\r', '\n'], " ")).into_owned()
}

/// Whether standard output is needed for something else.
static IS_TO_STANDARD_ERROR: AtomicBool = AtomicBool::new(false);

/// Makes [`say`] print to standard error.
pub(crate) fn print_to_standard_error() {
    IS_TO_STANDARD_ERROR.store(true, Ordering::Relaxed);
}

/// Prints a line.
pub(crate) fn say(line: impl Display) {
    let line = line.to_string();
    let line = plain(&line);
    if IS_TO_STANDARD_ERROR.load(Ordering::Relaxed) {
        eprintln!("{line}");
    } else {
        println!("{line}");
    }
}

/// The width of a column with these names, below a header.
pub(crate) fn width<'a>(names: impl Iterator<Item = &'a str>, header: &str) -> usize {
    names.map(|name| plain(name).chars().count()).chain([header.len()]).max().unwrap_or(0)
}

/// Prints the header of a table of scores, whose first column is `first`.
pub(crate) fn head(first: &str, width: usize) {
    say(format_args!(
        "{first:width$}  {:>6}  {:>6}  {:>13}  {:>6}  {:>6}  {:>14}  {:>15}  {:>15}",
        "images",
        "score",
        "95 % interval",
        "AP.50",
        "AP.75",
        "true_positives",
        "false_negatives",
        "false_positives"
    ));
}

/// Prints the row of one image.
pub(crate) fn image_row(name: &str, width: usize, score: &ImageScore) {
    let (name, counts) = (plain(name), score.counts[0]);
    say(format_args!(
        "{name:width$}  {:>6}  {:>6.4}  {:>13}  {:>6.4}  {:>6.4}  {:>14}  {:>15}  {:>15}",
        1,
        score.score,
        "",
        score.average_precision_50,
        score.average_precision_75,
        counts.true_positives,
        counts.false_negatives,
        counts.false_positives
    ));
}

/// Prints the summary row of several images.
pub(crate) fn summary_row(name: &str, width: usize, summary: &Summary) {
    let name = plain(name);
    let interval = format!("{:.4}-{:.4}", summary.interval.low, summary.interval.high);
    say(format_args!(
        "{name:width$}  {:>6}  {:>6.4}  {interval:>13}  {:>6.4}  {:>6.4}  {:>14}  {:>15}  {:>15}",
        summary.images,
        summary.score,
        summary.average_precision_50,
        summary.average_precision_75,
        summary.counts.true_positives,
        summary.counts.false_negatives,
        summary.counts.false_positives
    ));
}

/// Prints the summary row of several sets.
pub(crate) fn sets_row(name: &str, width: usize, summary: &SetsSummary) {
    let name = plain(name);
    let interval = format!("{:.4}-{:.4}", summary.interval.low, summary.interval.high);
    say(format_args!("{name:width$}  {:>6}  {:>6.4}  {interval:>13}", summary.sets, summary.score));
}
