//! The exit codes, which `docs/command-line.md` lists.

use nucleoscope::Error;

use crate::fault::Fault;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything succeeded.
    Complete,
    /// Some files failed, the others are done; the errors have been printed.
    SomeFailed,
    /// Every file failed; the errors have been printed.
    AllFailed,
    /// The user stopped the command.
    Interrupted,
}

impl Outcome {
    /// The outcome for these numbers of files.
    pub(crate) fn of(done: usize, failed: usize) -> Self {
        match (done, failed) {
            (_, 0) => Self::Complete,
            (0, _) => Self::AllFailed,
            _ => Self::SomeFailed,
        }
    }
}

/// The exit code of a command. The argument parser exits with 2 itself.
pub(crate) fn exit_code(result: &Result<Outcome, Error>) -> u8 {
    match result {
        Ok(Outcome::Complete) => 0,
        Ok(Outcome::AllFailed) => 1,
        Ok(Outcome::SomeFailed) => 3,
        Ok(Outcome::Interrupted) => 130,
        Err(error) => match error.downcast_ref() {
            Some(Fault::Write(_)) => 4,
            Some(Fault::InUse) => 5,
            _ => 1,
        },
    }
}
