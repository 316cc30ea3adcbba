use clap::Args;
use std::num::NonZeroUsize;

#[derive(Debug, Clone, Args)]
pub struct Load {
    /// Address of the stream as in the browser: http://host:port/stream, or ws://, https://, wss://.
    pub url: String,

    /// How many viewers join.
    #[arg(long, value_name = "N", default_value = "100")]
    pub viewers: NonZeroUsize,

    /// How long to watch, in seconds, after everybody has joined.
    #[arg(long, value_name = "S", default_value_t = 10.0, value_parser = seconds)]
    pub seconds: f64,

    /// Viewers that join per second.
    #[arg(long, value_name = "N", default_value = "500")]
    pub join_rate: NonZeroUsize,

    /// Acknowledge so many milliseconds late, as a viewer at the end of a long path would.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    pub round_trip: u64,

    /// Ask for images instead of video.
    #[arg(long)]
    pub images: bool,

    /// Token to show, if the address has none.
    #[arg(long, value_name = "TOKEN", env = "FRAMEWIRE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,

    /// Accept any certificate.
    #[arg(long)]
    pub insecure: bool,

    /// Print JSON with a row for each viewer.
    #[arg(long)]
    pub json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.1..=86_400.0).contains(&value) => Ok(value),
        _ => Err("write seconds from 0.1 to 86400".to_owned()),
    }
}
