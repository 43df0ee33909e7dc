//! Errors and warnings of the command line.

use std::io;

use nucleoscope::diagnostic::FileError;

/// An error or a warning of the command line.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub(crate) enum Fault {
    /// The worker threads could not be started.
    #[error("the threads could not be started: {0}")]
    #[diagnostic(
        code("command/threads"),
        help("Use fewer threads (--threads 1), or end other programs and try again.")
    )]
    Threads(String),
    /// A file or folder could not be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Write(FileError),
    /// Another process writes to the same folder or file.
    #[error("another run is writing here")]
    #[diagnostic(
        code("command/in-use"),
        help("Wait until it has ended, or name another folder or file for this run.")
    )]
    InUse,
    /// A file with the name of a journal is not one.
    #[error("this is not a journal of a run: {reason}")]
    #[diagnostic(
        code("command/journal"),
        help("Move the file away, or name another folder or file for the results.")
    )]
    NotAJournal {
        /// What is wrong.
        reason: String,
    },
    /// A part of a run has no complete journal.
    #[error("the run has not ended")]
    #[diagnostic(
        code("command/unfinished"),
        help("Run it again with --resume; what is done is not done again.")
    )]
    Unfinished,
    /// The parts of a run do not belong together.
    #[error("{reason}")]
    #[diagnostic(
        code("command/other-shards"),
        help(
            "Give every part its own folder or file, and join all parts of one run, 1/N to N/N, or runs of different images."
        )
    )]
    OtherShards {
        /// What does not fit.
        reason: String,
    },
    /// The shards do not contain a format.
    #[error("the parts have no data for {format}")]
    #[diagnostic(code("command/no-data"), help("Request the file in every part too, or leave it out."))]
    NoData {
        /// The name of the format.
        format: &'static str,
    },
    /// Progress can no longer be written.
    #[error("progress is no longer written: {reason}")]
    #[diagnostic(code("command/progress"), help("The run goes on. Check where --jsonl writes to."))]
    NoProgress {
        /// The error of the operating system.
        reason: String,
    },
    /// The file system has no locks.
    #[error("this file system has no locks: {reason}")]
    #[diagnostic(code("command/no-locks"), help("Make sure that no other run writes here."))]
    NoLocks {
        /// The error of the operating system.
        reason: String,
    },
    /// The selection contains no annotated image.
    #[error("no image with ground truth fits the choice")]
    #[diagnostic(
        code("command/nothing-chosen"),
        help(
            "Compare --fold, --conditions and --ids with index.csv, and check that the images have ground truth."
        )
    )]
    NothingChosen,
    /// An image's condition is not in the table of models.
    #[error("it names no model for the condition {condition:?} of the set {set:?}")]
    #[diagnostic(
        code("command/no-model"),
        help("Add a row for {condition:?} to it, or leave the condition out with --conditions.")
    )]
    NoModelFor {
        /// The condition.
        condition: String,
        /// The set that contains the image.
        set: String,
    },
    /// A table does not have the required columns.
    #[error("this is not the table it should be: {reason}")]
    #[diagnostic(
        code("command/table"),
        help("It has to be a CSV file in UTF-8, with commas and a first line that names {columns}.")
    )]
    Table {
        /// The CSV reader's message.
        reason: String,
        /// Names of the required columns.
        columns: &'static str,
    },
    /// The ground truth has no image that a submission could be compared with.
    #[error("it has no usable ground truth of any image")]
    #[diagnostic(
        code("command/no-truth"),
        help(
            "Name the ground truth with --truth: the Bowl's solution CSV, or a folder of images with masks or label images."
        )
    )]
    NoTruth,
    /// A model took too long when it was tried.
    #[error("the model is not used: trying it took longer than {seconds} s")]
    #[diagnostic(
        code("model/too-slow"),
        help("Use a faster model. If you trust this one, allow it more time, such as --model-limits seconds={}.", .seconds.saturating_mul(10))
    )]
    ModelTooSlow {
        /// The limit in seconds.
        seconds: u64,
    },
    /// A model needed too much memory when it was tried.
    #[error("the model is not used: it needs more than {mebibytes} MiB of memory")]
    #[diagnostic(
        code("model/too-much-memory"),
        help("Use a smaller model. If you trust this one, allow it more, such as --model-limits memory={}.", .mebibytes.saturating_mul(4))
    )]
    ModelTooLarge {
        /// The limit in mebibytes.
        mebibytes: u64,
    },
    /// A model ended the process that tried it.
    #[error("the model is not used: it crashed the process that tried it ({status})")]
    #[diagnostic(
        code("model/crashed"),
        help(
            "The file is damaged, or was made to do harm. Get it again from where it came from, or use another model."
        )
    )]
    ModelCrashed {
        /// How the process ended.
        status: String,
    },
    /// A model could not be tried.
    #[error("the model could not be tried in a process of its own: {0}")]
    #[diagnostic(
        code("model/not-checked"),
        help("If you trust the model, use it without that: --model-limits seconds=0.")
    )]
    ModelNotChecked(String),
    /// A correction changed nothing.
    #[error("correction {edit} changes nothing: {reason}")]
    #[diagnostic(
        code("command/refused-edit"),
        help("Check that the image and the settings are those in the record.")
    )]
    RefusedEdit {
        /// Position of the correction in the record, from 1.
        edit: usize,
        /// The reason.
        reason: String,
    },
    /// A gate names a measurement that an image does not have.
    #[error("the gate {0} is not used: there is no such measurement")]
    #[diagnostic(
        code("command/unused-gate"),
        help("Name a column of the measurements, or leave the gate out.")
    )]
    UnusedGate(String),
    /// A threshold is on a measurement that an image does not have.
    #[error("nuclei are not classified by {0}: there is no such measurement")]
    #[diagnostic(
        code("command/unused-threshold"),
        help("Name a column of the measurements; those of rings and cells need --cell-expansion.")
    )]
    UnusedThreshold(String),
    /// An option that no longer has an effect.
    #[error("--fast no longer has an effect: there is one mode")]
    #[diagnostic(code("command/no-effect"), help("Leave it out."))]
    Fast,
    /// An option that was renamed.
    #[error("--{old} is now called --{new}; the old name will be removed")]
    #[diagnostic(code("command/old-name"), help("Use the new name."))]
    OldName {
        /// The old name.
        old: String,
        /// The new name.
        new: String,
    },
}

impl Fault {
    /// A file or folder could not be written.
    pub(crate) fn write(error: io::Error) -> Self {
        Self::Write(FileError(error))
    }

    /// Whether nothing more can be written, as opposed to one file that could not.
    pub(crate) fn ends_the_run(&self) -> bool {
        use io::ErrorKind as Kind;
        matches!(self, Self::Write(FileError(error)) if !matches!(error.kind(), Kind::AlreadyExists | Kind::InvalidFilename | Kind::IsADirectory))
    }
}
