//! Errors and warnings of the command line.

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
