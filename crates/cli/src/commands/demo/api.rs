//! The page's requests. The server puts them behind its own guard: token, origin and content type.

use super::controls::{Change, Controls, State};
use axum::{
    Json, Router,
    extract::{State as Shared, rejection::JsonRejection},
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /demo/capabilities`, `GET /demo/state`, `POST /demo/settings`.
pub fn routes(controls: Arc<Controls>) -> Router {
    Router::new()
        .route("/demo/capabilities", get(capabilities))
        .route("/demo/state", get(state))
        .route("/demo/settings", post(settings))
        .with_state(controls)
}

async fn capabilities(Shared(controls): Shared<Arc<Controls>>) -> Json<Value> {
    Json(controls.capabilities())
}

async fn state(Shared(controls): Shared<Arc<Controls>>) -> Json<State> {
    Json(controls.state())
}

async fn settings(
    Shared(controls): Shared<Arc<Controls>>,
    change: Result<Json<Change>, JsonRejection>,
) -> Result<Json<State>, (StatusCode, Json<Value>)> {
    let refuse = |text: String| (StatusCode::BAD_REQUEST, Json(json!({ "error": text })));
    let Json(change) = change.map_err(|rejection| refuse(rejection.body_text()))?;
    controls.apply(&change).map_err(refuse)?;
    Ok(Json(controls.state()))
}
