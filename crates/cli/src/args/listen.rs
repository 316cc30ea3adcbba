use clap::Args;
use std::{net::IpAddr, path::PathBuf};

/// Where a server listens and who may look.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct Listen {
    /// Address to listen on; 0.0.0.0 or :: for every network.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = host)]
    pub host: IpAddr,

    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8765)]
    pub port: u16,

    /// Token that viewers must show to watch and control. Without it, one is generated unless the host is a loopback address.
    #[arg(long, value_name = "TOKEN", env = "FRAMEWIRE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,

    /// Token that lets its holders watch without mouse and keys.
    #[arg(long, value_name = "TOKEN", env = "FRAMEWIRE_VIEW_TOKEN", hide_env_values = true)]
    pub view_token: Option<String>,

    /// Let everybody in who reaches the port.
    #[arg(long, conflicts_with_all = ["token", "view_token"])]
    pub no_token: bool,

    /// Further web origin whose pages may connect, such as `https://example.org`; may be repeated.
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    pub allowed_origins: Vec<String>,

    /// Believe the X-Forwarded-* and Forwarded headers of a reverse proxy that stands before this
    /// server. Only where nobody can reach it but through the proxy.
    #[arg(long)]
    pub trust_proxy: bool,

    /// Certificate chain in PEM; the server then speaks https.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Make a certificate for this run; browsers ask once whether to trust it.
    #[arg(long, conflicts_with = "tls_cert")]
    pub tls_self_signed: bool,

    /// Most viewers at a time.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    pub max_viewers: usize,

    /// Most viewers at a time from one address; 0 for no limit. Loopback addresses are not counted.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub max_viewers_per_address: usize,
}

fn host(text: &str) -> Result<IpAddr, String> {
    match text {
        "localhost" => Ok(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)),
        _ => text
            .parse()
            .map_err(|_| "write an IP address such as 127.0.0.1 or 0.0.0.0, or localhost".to_owned()),
    }
}
