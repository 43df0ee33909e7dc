//! What can go wrong in the command line itself, apart from files and what is in them.

/// A fault that is not a file's.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub(crate) enum Fault {
    /// The threads to work on could not be started.
    #[error("the threads could not be started: {0}")]
    #[diagnostic(
        code("command/threads"),
        help("Use fewer threads (--threads 1), or end other programs and try again.")
    )]
    Threads(String),
    /// No annotated image is left by the options that choose images.
    #[error("no image with ground truth fits the choice")]
    #[diagnostic(
        code("command/nothing-chosen"),
        help(
            "Compare --fold, --conditions and --ids with index.csv, and check that the images have ground truth."
        )
    )]
    NothingChosen,
    /// An image's condition is not in the file that names a model for each.
    #[error("it names no model for the condition {condition:?} of the set {set:?}")]
    #[diagnostic(
        code("command/no-model"),
        help("Add a row for {condition:?} to it, or leave the condition out with --conditions.")
    )]
    NoModelFor {
        /// The condition.
        condition: String,
        /// The set that it belongs to.
        set: String,
    },
    /// A table that the command line needs does not have its columns.
    #[error("this is not the table it should be: {reason}")]
    #[diagnostic(
        code("command/table"),
        help("It has to be a CSV file in UTF-8, with commas and a first line that names {columns}.")
    )]
    Table {
        /// What the CSV reader says.
        reason: String,
        /// Names of the columns that it needs.
        columns: &'static str,
    },
    /// The ground truth has no image that a submission could be held against.
    #[error("it has no usable ground truth of any image")]
    #[diagnostic(
        code("command/no-truth"),
        help(
            "Name the ground truth with --truth: the Bowl's solution CSV, or a folder of images with masks or label images."
        )
    )]
    NoTruth,
}
