//! Who gets through to a handler.

use crate::{
    app::App,
    auth::{AuthRequest, Principal},
    forwarded::Client,
    origin::is_local_or_address,
};
use axum::{
    extract::{ConnectInfo, OriginalUri, Query, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use framewire_protocol::Role;
use http::{Method, StatusCode, Uri, header, request::Parts};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// Why a request is turned away, as status and sentence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) StatusCode, pub(crate) &'static str);

/// What a request says of itself, for the authenticator.
pub(crate) fn describe(app: &App, parts: &Parts, stream: Option<String>) -> AuthRequest {
    let uri = original_uri(parts);
    let query = Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|Query(pairs)| pairs);
    AuthRequest {
        headers: parts.headers.clone(),
        path: uri.path().to_owned(),
        query: query.unwrap_or_default(),
        remote: client(app, parts).address,
        stream,
        ..AuthRequest::default()
    }
}

/// Checks from where a request comes, before anybody is asked who it is.
pub(crate) fn check_origin(app: &App, parts: &Parts) -> Result<(), Refusal> {
    let client = client(app, parts);
    let origin = parts.headers.get(header::ORIGIN).map(|value| value.as_bytes());
    if !app.origins.permits(origin, client.host.as_deref()) {
        return Err(Refusal(
            StatusCode::FORBIDDEN,
            "pages of this origin may not connect; --allow-origin lets them",
        ));
    }
    if app.local_hosts_only
        && let Some(host) = &client.host
        && !is_local_or_address(host)
        && !app.origins.allows_host(host)
    {
        return Err(Refusal(
            StatusCode::FORBIDDEN,
            "this server is for this machine only and does not know that host",
        ));
    }
    Ok(())
}

/// Lets a request through to what only those may see who were let in.
pub(crate) async fn admit(app: &App, parts: &Parts) -> Result<Principal, Refusal> {
    check_origin(app, parts)?;
    let Some(auth) = &app.auth else { return Ok(Principal::default()) };
    let request = describe(app, parts, None).settle(None);
    let verdict = tokio::time::timeout(app.limits.authentication, auth.authenticate(request)).await;
    verdict.ok().flatten().ok_or(Refusal(StatusCode::UNAUTHORIZED, "unauthorized"))
}

/// What [`admit`] asks, and what a request that changes something needs besides.
pub(crate) async fn admit_change(app: &App, parts: &Parts) -> Result<Principal, Refusal> {
    let principal = admit(app, parts).await?;
    if principal.role != Role::Control {
        return Err(Refusal(StatusCode::FORBIDDEN, "those who may only watch change nothing"));
    }
    if !is_json(parts) {
        // A foreign page can send forms and plain text without asking; JSON it can't.
        return Err(Refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the content type has to be application/json",
        ));
    }
    Ok(principal)
}

/// The guard before further routes.
pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let admitted = if matches!(parts.method, Method::GET | Method::HEAD) {
        admit(&app, &parts).await
    } else {
        admit_change(&app, &parts).await
    };
    match admitted {
        Ok(principal) => {
            parts.extensions.insert(principal);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// The path as the client wrote it, also where this router is nested in another.
pub(crate) fn original_uri(parts: &Parts) -> Uri {
    parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.clone(), |OriginalUri(uri)| uri.clone())
}

pub(crate) fn client(app: &App, parts: &Parts) -> Client {
    let peer: Option<IpAddr> = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    Client::of(&parts.headers, parts.uri.host(), peer, app.trust_proxy)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, [(header::CACHE_CONTROL, "no-store")], format!("{}\n", self.1)).into_response()
    }
}

fn is_json(parts: &Parts) -> bool {
    let value =
        parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
