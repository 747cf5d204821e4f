//! Verdicts of examinations.

use admin_types::Examination;

/// The verdict of an examination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No error.
    Sound,
    /// At least one error.
    Unsound,
    /// Not everything could be examined.
    NotKnown,
}

impl Verdict {
    pub(super) fn of(examination: &Examination) -> Self {
        match (examination.complete, examination.sound) {
            (Some(false) | None, false) | (Some(false), true) => Self::NotKnown,
            (Some(true), false) => Self::Unsound,
            // A question without an answer is an error, so a sound examination is complete.
            (Some(true) | None, true) => Self::Sound,
        }
    }
}
