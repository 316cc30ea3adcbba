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

type Refusal = (StatusCode, Json<Value>);

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

async fn state(Shared(controls): Shared<Arc<Controls>>) -> Result<Json<State>, Refusal> {
    Ok(Json(aside(move || controls.state()).await?))
}

async fn settings(
    Shared(controls): Shared<Arc<Controls>>,
    change: Result<Json<Change>, JsonRejection>,
) -> Result<Json<State>, Refusal> {
    let Json(change) =
        change.map_err(|rejection| refusal(StatusCode::BAD_REQUEST, &rejection.body_text()))?;
    let applied = aside(move || controls.apply(&change).map(|()| controls.state())).await?;
    applied.map(Json).map_err(|why| refusal(StatusCode::BAD_REQUEST, &why))
}

/// Runs what may wait for an encoder that is tried.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))
}

fn refusal(status: StatusCode, why: &str) -> Refusal {
    (status, Json(json!({ "error": why })))
}
