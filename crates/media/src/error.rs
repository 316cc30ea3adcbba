use crate::{sink::OutputError, source::InputError};
use framewire_codec::{EncodeError, OpenError};
use std::{
    error, fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Why a piece of work did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// No encoder works, from the beginning.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No encoder is left that works.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Work that did not come to its end, with what was made until then.
#[derive(Debug)]
pub struct Failed<R> {
    /// Why.
    pub error: Error,
    /// What stands in the output; `None` where it was not even opened.
    pub report: Option<Box<R>>,
}

/// Asks a piece of work to end; clones share the wish.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl<R> Failed<R> {
    /// Before the output was opened.
    pub(crate) fn early(error: impl Into<Error>) -> Self {
        Self { error: error.into(), report: None }
    }
}

impl<R> fmt::Display for Failed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<R: fmt::Debug> error::Error for Failed<R> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.error.source()
    }
}

impl Cancel {
    /// Ends the work soon, with a whole output.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked.
    pub fn is_wished(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
