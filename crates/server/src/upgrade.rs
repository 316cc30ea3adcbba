//! From an HTTP request to a viewer.

use crate::{
    app::App,
    guard::{self, Refusal},
    limits::Full,
    viewer::{self, Connection, Socket},
};
use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use framewire_protocol::{Close, CloseCode, stream_from_path};
use framewire_websocket::handshake;
use http::{HeaderMap, StatusCode, header};
use std::sync::Arc;

/// Whether a request wants to become a WebSocket.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    handshake::is_upgrade(pairs(headers))
}

/// Answers the handshake and lets a task of its own serve the viewer.
pub(crate) fn upgrade(app: &Arc<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if let Err(refusal) = guard::check_origin(app, &parts) {
        return refusal.into_response();
    }
    if !app.is_running() {
        return Refusal(StatusCode::SERVICE_UNAVAILABLE, "the server shuts down").into_response();
    }
    let accept = match handshake::accept(parts.method.as_str(), pairs(&parts.headers)) {
        Ok(accept) => accept,
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let version = [(header::SEC_WEBSOCKET_VERSION, handshake::VERSION)];
            return (status, version, format!("{error}\n")).into_response();
        }
    };
    let Some(upgrade) = parts.extensions.remove::<hyper::upgrade::OnUpgrade>() else {
        return Refusal(StatusCode::UPGRADE_REQUIRED, "this connection can't become a websocket")
            .into_response();
    };
    let stream = stream_from_path(parts.uri.path()).into_owned();
    let auth = guard::describe(app, &parts, Some(stream.clone()));
    let permit = app.gate.enter(auth.remote);
    let (app, running) = (Arc::clone(app), app.tasks.start());
    tokio::spawn(async move {
        let _running = running;
        let patience = app.limits.drain;
        let Ok(upgraded) = upgrade.await else { return };
        let (socket, ahead) = Socket::new(upgraded);
        let permit = match permit {
            Ok(permit) => permit,
            Err(full) => {
                let reason = match full {
                    Full::All => "too many viewers",
                    Full::Address => "too many viewers from this address",
                };
                return viewer::refuse(socket, &Close::new(CloseCode::TryAgainLater, reason), patience).await;
            }
        };
        let Some(channel) = app.hub.channel(&stream) else {
            return viewer::refuse(socket, &Close::unknown_stream(&stream), patience).await;
        };
        viewer::serve(app, channel, Connection { socket, ahead, request: auth, permit }).await;
    });
    let headers = [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn pairs(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}
