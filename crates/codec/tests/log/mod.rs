use std::{
    io::{self, Write},
    sync::{Arc, Mutex, Once, PoisonError},
};
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

/// What `work` returns, and the warnings that it logs.
pub(crate) fn warnings<T>(work: impl FnOnce() -> T) -> (T, String) {
    logged(Level::WARN, work)
}

/// What `work` returns, and what it logs at `level` and above.
pub(crate) fn logged<T>(level: Level, work: impl FnOnce() -> T) -> (T, String) {
    // An event that was first met by a thread without a subscriber would be taken for unwanted everywhere.
    static EVERYWHERE: Once = Once::new();
    EVERYWHERE.call_once(|| {
        let nowhere = tracing_subscriber::fmt().with_writer(io::sink).finish();
        tracing::subscriber::set_global_default(nowhere).expect("no other test sets one");
    });
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .finish();
    let result = tracing::subscriber::with_default(subscriber, work);
    let bytes = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (result, String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
