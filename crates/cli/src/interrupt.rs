//! The user's wish to end a command that has no runtime of its own.

use crate::{commands, exit::Failure};
use std::thread;

/// Calls `wish` when the user or the system asks the program to end. When they ask again, it ends at once.
pub fn on_interrupt(wish: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Failed(format!("signals cannot be awaited: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let waiting = move || {
        runtime.block_on(async {
            commands::shutdown_wish().await;
            wish();
            commands::second_wish().await;
        });
    };
    thread::Builder::new().name("signals".to_owned()).spawn(waiting).map(|_| ()).map_err(failed)
}
