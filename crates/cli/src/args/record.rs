use super::{Said, duration::duration};
use clap::Args;
use std::{path::PathBuf, time::Duration};

#[derive(Debug, Clone, Args)]
pub struct Record {
    #[command(flatten)]
    pub remote: Remote,

    /// The file to write, in MP4.
    pub output: PathBuf,

    /// How long to record, in seconds or as 90s, 2m, 1h; until the stream ends or Ctrl-C without it.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,

    #[command(flatten)]
    pub said: Said,
}

#[derive(Debug, Clone, Args)]
pub struct Save {
    #[command(flatten)]
    pub remote: Remote,

    /// The file to write, in fragmented MP4.
    pub output: PathBuf,

    /// How far back, as 90s, 2m, 1h; all that is kept without it. The file begins with the key frame before that.
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with_all = ["from", "to"])]
    pub last: Option<Duration>,

    /// Where a stretch begins, so long before now.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub from: Option<Duration>,

    /// Where it ends, so long before now; now without it.
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "from")]
    pub to: Option<Duration>,

    #[command(flatten)]
    pub said: Said,
}

/// A stream of a running server.
#[derive(Debug, Clone, Args)]
pub struct Remote {
    /// Address of the stream as in the browser: http://host:port/stream, or ws://, https://, wss://.
    pub url: String,

    /// Token to show, if the address has none.
    #[arg(long, value_name = "TOKEN", env = "FRAMEWIRE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,

    /// Accept any certificate.
    #[arg(long)]
    pub insecure: bool,
}
