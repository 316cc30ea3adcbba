//! A listening server for `serve` and `demo`, and its orderly end.

use crate::output::say;
use crate::{args::Listen, exit::Failure};
#[cfg(feature = "tls")]
use framewire::server::Tls;
use framewire::{
    engine::{self, Stream, StreamConfig},
    server::{Hub, Limits, Server, TokenAuth},
};
use std::{io, net::SocketAddr, time::Duration};

/// Adds a stream, whose options may be impossible or ask for what this machine lacks.
pub fn add_stream(hub: &Hub, name: &str, config: StreamConfig) -> Result<Stream, Failure> {
    use framewire::server::Error;
    hub.add_stream(name, config).map_err(|error| match error {
        Error::Stream(engine::Error::NoHardware(_)) => Failure::Failed(error.to_string()),
        _ => Failure::Input(error.to_string()),
    })
}

/// Starts the server that the options describe, with further routes behind the same guard.
pub async fn start(hub: Hub, listen: &Listen, routes: Option<axum::Router>) -> Result<Server, Failure> {
    let address = SocketAddr::new(listen.host, listen.port);
    let limits = Limits {
        viewers: listen.max_viewers,
        viewers_per_address: listen.max_viewers_per_address,
        ..Limits::default()
    };
    let mut builder = Server::builder().bind(address).limits(limits).trust_proxy(listen.trust_proxy);
    if let Some(auth) = auth(listen)? {
        builder = builder.auth(auth);
    }
    for origin in &listen.allowed_origins {
        builder = builder.allow_origin(origin);
    }
    #[cfg(feature = "tls")]
    if let Some(tls) = tls(listen)? {
        builder = builder.tls(tls);
    }
    #[cfg(not(feature = "tls"))]
    if listen.tls_self_signed || listen.tls_cert.is_some() {
        return Err(Failure::Input("this build has no TLS (feature tls)".to_owned()));
    }
    if let Some(routes) = routes {
        builder = builder.routes(routes);
    }
    builder.start(hub).await.map_err(|error| Failure::Failed(with_advice(&error, listen)))
}

/// Prints the addresses of a stream.
pub fn announce(server: &Server, listen: &Listen, stream: &str) {
    for url in server.urls() {
        let url = url_of(&url, stream);
        say!("{url}");
        if let (Some(view), Some((address, _))) = (&listen.view_token, url.split_once("?token=")) {
            say!("{address}?token={view} (watch only)");
        }
    }
}

/// The address of a stream on a server whose own address is `url`, query included.
fn url_of(url: &str, stream: &str) -> String {
    let (page, query) =
        url.split_once('?').map_or((url, String::new()), |(page, query)| (page, format!("?{query}")));
    let name = if stream == Hub::DEFAULT_STREAM { "" } else { stream };
    format!("{page}{name}{query}")
}

/// The signal of a file that grows over the limit of its user (`setrlimit`), the same number on Linux, macOS and the BSDs.
#[cfg(unix)]
const SIGXFSZ: i32 = 25;
/// A wish that comes so soon after another is the same one: some send it to the program and to its whole group.
const SAME_WISH: Duration = Duration::from_millis(500);

/// Completes when the user or the system asks the program to end, or its terminal is closed.
pub async fn shutdown_wish() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // A file that grows over the limit of its user is to be an error like a full disk, and no end of the program.
        let _over_the_limit = signal(SignalKind::from_raw(SIGXFSZ));
        match (signal(SignalKind::terminate()), signal(SignalKind::hangup())) {
            (Ok(mut terminate), Ok(mut hangup)) => tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            },
            _ => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}

/// Ends the process when the wish comes once more, and not as the echo of the first.
pub async fn second_wish() {
    tokio::time::sleep(SAME_WISH).await;
    shutdown_wish().await;
    std::process::exit(130);
}

/// Ends the process when the wish comes a second time, while the orderly end still waits for somebody.
pub fn insist() {
    tokio::spawn(second_wish());
}

fn auth(listen: &Listen) -> Result<Option<TokenAuth>, Failure> {
    // Whoever lets others watch keeps the control, also on this machine.
    let guarded = !listen.host.is_loopback() || listen.view_token.is_some();
    let generate = listen.token.is_none() && !listen.no_token && guarded;
    let control = if generate { Some(TokenAuth::generate()) } else { listen.token.clone() };
    for token in control.iter().chain(&listen.view_token) {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic() && !b"&#%+".contains(&byte))
        {
            return Err(Failure::Input(
                "a token is made of letters, digits and signs that an address can carry".to_owned(),
            ));
        }
    }
    match (control, &listen.view_token) {
        (None, None) => Ok(None),
        (control, view) => Ok(Some(TokenAuth::new(control, view.clone()))),
    }
}

#[cfg(feature = "tls")]
fn tls(listen: &Listen) -> Result<Option<Tls>, Failure> {
    let input = |error: framewire::server::Error| Failure::Input(error.to_string());
    if let (Some(cert), Some(key)) = (&listen.tls_cert, &listen.tls_key) {
        return Tls::from_pem_files(cert, key).map(Some).map_err(input);
    }
    if listen.tls_self_signed {
        return Tls::self_signed(&[listen.host.to_string()]).map(Some).map_err(input);
    }
    Ok(None)
}

fn with_advice(error: &framewire::server::Error, listen: &Listen) -> String {
    match error {
        framewire::server::Error::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
            format!("{error}; try --port {} or --port 0", listen.port.checked_add(1).unwrap_or(8765))
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_leads_to_the_stream() {
        assert_eq!(url_of("http://host:1/", "default"), "http://host:1/");
        assert_eq!(url_of("http://host:1/?token=x", "cam"), "http://host:1/cam?token=x");
    }
}
