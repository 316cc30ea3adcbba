//! `framewire save`: the recent past of a running stream, from a server that keeps it.

use super::files;
use crate::{
    args,
    client::{self, Remote, printable},
    exit::Failure,
    progress::{self, Display},
};
use framewire::{engine::RecordOptions, mp4, protocol::stream_from_path};
use serde::Serialize;
use std::io::Write as _;

/// Bytes of a refusal that are shown.
const MAX_REFUSAL: usize = 400;

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    output: String,
    bytes: u64,
}

/// Fetches and writes.
pub fn run(args: &args::Save) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    runtime.block_on(save(args))
}

async fn save(args: &args::Save) -> Result<(), Failure> {
    let Remote { target, tls } = Remote::new(&args.remote)?;
    files::check_file(&args.output, None, args.said.force)?;
    let failed = |error: std::io::Error| Failure::Failed(format!("{target}: {error}"));
    let name = stream_from_path(target.path.split('?').next().unwrap_or_default());
    let path = format!("/streams/{name}/recent.mp4{}", query(args));
    let mut answer = client::get(&target, &path, tls.as_ref()).await.map_err(failed)?;
    if !answer.status.is_success() {
        let text = answer.text(MAX_REFUSAL).await.map_err(failed)?;
        return Err(Failure::Failed(format!(
            "{target} answers {}: {}",
            answer.status.as_u16(),
            printable(&text)
        )));
    }
    let options = RecordOptions::new(&args.output).overwrite(args.said.force);
    let mut file = options.open().map_err(|error| Failure::Input(error.to_string()))?;
    let unwritable = |error| Failure::Failed(format!("{}: {error}", args.output.display()));
    let mut display = Display::new(args.said.quiet);
    let mut bytes = 0_u64;
    loop {
        let chunk = answer.chunk().await.map_err(|error| {
            display.finish();
            let output = args.output.display();
            Failure::Failed(format!("{target} broke off, {output} plays as far as it goes: {error}"))
        })?;
        let Some(chunk) = chunk else { break };
        if bytes == 0 && !mp4::is_mp4(&chunk) {
            display.finish();
            return Err(Failure::Failed(format!("{target} answers with something else than a video")));
        }
        file.write_all(&chunk).map_err(unwritable)?;
        bytes += chunk.len() as u64;
        display.received(bytes, || progress::size(bytes));
    }
    file.settle(bytes).map_err(unwritable)?;
    display.finish();
    let report = Report { output: args.output.display().to_string(), bytes };
    display.say(&format!("{}: {}", report.output, progress::size(bytes)));
    if args.said.json { crate::output::json(&report) } else { Ok(()) }
}

fn query(args: &args::Save) -> String {
    let seconds = |name: &str, value: Option<std::time::Duration>| {
        value.map(|value| format!("{name}={}", value.as_secs_f64()))
    };
    let parts = [seconds("last", args.last), seconds("from", args.from), seconds("to", args.to)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}
