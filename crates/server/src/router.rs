//! Which path leads where.

use crate::{
    Hub, RouterOptions,
    app::App,
    assets,
    guard::{self, Refusal},
    recent, side_channel, upgrade,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use std::sync::Arc;

/// The hub's streams, page and side channel as a part of another application.
///
/// Mounted with `nest_service("/view", router)` (`nest` does not match `/view/`), the page is at `/view/`: it finds
/// everything by relative addresses, its requests carry the application's cookies, and those reach the authenticator.
/// The application serves with
/// `into_make_service_with_connect_info::<SocketAddr>()`, or behind a trusted proxy, if addresses of clients are to be
/// known and limits per address to be kept. Its runtime has to have time and IO enabled. The end of the streams
/// ([`Hub::clear`]) ends the viewers.
///
/// # Panics
/// When further routes ([`RouterOptions::routes`]) have a fallback of their own.
pub fn router(hub: Hub, mut options: RouterOptions) -> Router {
    let routes = options.routes.take();
    build(&Arc::new(App::new(hub, options)), routes)
}

pub(crate) fn build(app: &Arc<App>, routes: Option<Router>) -> Router {
    let mut router = Router::new().fallback(dispatch).with_state(Arc::clone(app));
    if let Some(routes) = routes {
        router = router.merge(routes.layer(middleware::from_fn_with_state(Arc::clone(app), guard::guard)));
    }
    router
        .layer(DefaultBodyLimit::max(app.limits.body_bytes))
        .layer(middleware::from_fn_with_state(Arc::clone(app), enter))
}

/// Every request comes through here: an upgrade goes to a stream whatever else is at that path.
async fn enter(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if upgrade::is_upgrade(request.headers()) {
        return upgrade::upgrade(&app, request);
    }
    let response = tokio::time::timeout(app.limits.request, next.run(request)).await;
    let mut response = response.unwrap_or_else(|_| {
        Refusal(StatusCode::REQUEST_TIMEOUT, "the request takes too long").into_response()
    });
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

async fn dispatch(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    if path.trim_matches('/').is_empty()
        && let Some(redirect) = to_folder(&parts)
    {
        return redirect;
    }
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if segments == ["recorded-events", "reset"] {
        return match parts.method {
            Method::POST => side_channel::reset_recorded_events(&app, &parts).await,
            _ => not_allowed("POST"),
        };
    }
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return not_allowed("GET, HEAD");
    }
    match segments[..] {
        [""] => assets::page(&app, &parts, StatusCode::OK),
        ["assets", name] => assets::asset(&parts, name).unwrap_or_else(not_found),
        ["health"] => ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response(),
        ["streams"] => side_channel::streams(&app, &parts).await,
        ["streams", name, "metrics"] => side_channel::metrics(&app, &parts, name).await,
        ["streams", name, "still.png"] => side_channel::still(&app, &parts, name).await,
        ["streams", name, "recent.mp4"] => recent::recent(&app, &parts, name).await,
        ["metrics"] => side_channel::metrics(&app, &parts, Hub::DEFAULT_STREAM).await,
        ["metrics", "prometheus"] => side_channel::prometheus(&app, &parts).await,
        ["recorded-events"] => side_channel::recorded_events(&app, &parts).await,
        [name] if app.hub.channel(name).is_some() => assets::page(&app, &parts, StatusCode::OK),
        // The page says that there is no such stream, better than a line of text.
        [_] => assets::page(&app, &parts, StatusCode::NOT_FOUND),
        [name, ""] if app.hub.channel(name).is_some() => redirect(&parts, &format!("../{name}")),
        _ => not_found(),
    }
}

/// The page's addresses are relative, so the place where this router is mounted has to end in a slash.
fn to_folder(parts: &Parts) -> Option<Response> {
    let original = guard::original_uri(parts);
    let path = original.path();
    let last = path.rsplit('/').next().unwrap_or_default();
    (!last.is_empty()).then(|| redirect(parts, &format!("{last}/")))
}

fn redirect(parts: &Parts, to: &str) -> Response {
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    match HeaderValue::from_str(&format!("{to}{query}")) {
        Ok(location) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
        Err(_) => not_found(),
    }
}

fn not_allowed(allow: &'static str) -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allow)], "this path takes another method\n")
        .into_response()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}
