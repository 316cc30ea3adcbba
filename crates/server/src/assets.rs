//! The page and what it loads, compiled in.

use crate::app::App;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use std::hash::{DefaultHasher, Hasher};

struct Asset {
    name: &'static str,
    mime: &'static str,
    bytes: &'static [u8],
}

const PAGE: Asset = Asset {
    name: "index.html",
    mime: "text/html; charset=utf-8",
    bytes: include_bytes!("../assets/index.html"),
};

const SCRIPT: &str = "text/javascript; charset=utf-8";

const ASSETS: [Asset; 4] = [
    Asset { name: "app.js", mime: SCRIPT, bytes: include_bytes!("../assets/assets/app.js") },
    Asset {
        name: "app.css",
        mime: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/assets/app.css"),
    },
    Asset { name: "framewire.js", mime: SCRIPT, bytes: include_bytes!("../assets/assets/framewire.js") },
    Asset { name: "worker.js", mime: SCRIPT, bytes: include_bytes!("../assets/assets/worker.js") },
];

/// The page, which may load from its own server only and be framed by allowed origins only.
pub(crate) fn page(app: &App, parts: &Parts, status: StatusCode) -> Response {
    let mut response = serve(&PAGE, &parts.headers, status);
    let policy = format!(
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'{}",
        app.origins.as_sources()
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What the page loads.
pub(crate) fn asset(parts: &Parts, name: &str) -> Option<Response> {
    let asset = ASSETS.iter().find(|asset| asset.name == name)?;
    Some(serve(asset, &parts.headers, StatusCode::OK))
}

fn serve(asset: &'static Asset, request: &HeaderMap, status: StatusCode) -> Response {
    let mut hasher = DefaultHasher::new();
    hasher.write(asset.bytes);
    let tag = format!("\"{:016x}\"", hasher.finish());
    // Names stay when contents change: a browser asks every time and mostly hears that nothing did.
    let headers = [(header::CACHE_CONTROL, "no-cache"), (header::ETAG, tag.as_str())];
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let known = known.is_some_and(|tags| tags.split(',').any(|t| t.trim().trim_start_matches("W/") == tag));
    if known && status == StatusCode::OK {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (status, headers, [(header::CONTENT_TYPE, asset.mime)], asset.bytes).into_response()
}
