//! Status, metrics and stills over plain HTTP.

use crate::{
    app::App,
    guard::{self, Refusal},
    hub::Channel,
    prometheus,
    viewer::Seat,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use framewire_protocol::Role;
use framewire_session::ViewerStats;
use http::{StatusCode, header, request::Parts};
use serde::Serialize;
use std::{net::IpAddr, sync::Arc};

/// A stream in `/streams`.
#[derive(Serialize)]
struct StreamRow {
    name: String,
    width: u32,
    height: u32,
    fps: f64,
    clients: usize,
    /// Whether it is being recorded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    recording: bool,
    /// How many seconds of its past are kept, where any are.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_seconds: Option<f64>,
}

/// A viewer in `/streams/<name>/metrics`.
#[derive(Serialize)]
struct ViewerRow {
    id: u64,
    remote: Option<IpAddr>,
    principal: Option<String>,
    rendition: Option<String>,
    #[serde(flatten)]
    stats: ViewerStats,
}

pub(crate) async fn streams(app: &App, parts: &Parts) -> Response {
    if let Err(refusal) = guard::admit(app, parts).await {
        return refusal.into_response();
    }
    let channels = app.hub.channels();
    let rows = channels.iter().filter(|channel| !channel.stream.is_closed()).map(|channel| {
        let (stream, size) = (&channel.stream, channel.stream.size());
        let metrics = stream.metrics();
        StreamRow {
            name: stream.name().to_owned(),
            width: size.width(),
            height: size.height(),
            fps: stream.config().rate.frame_rate.as_f64(),
            clients: stream.viewers(),
            recording: metrics.recordings.iter().any(|recording| recording.running),
            kept_seconds: metrics.kept.map(|kept| kept.duration.as_secs_f64()),
        }
    });
    json(StatusCode::OK, &rows.collect::<Vec<_>>())
}

pub(crate) async fn metrics(app: &App, parts: &Parts, name: &str) -> Response {
    if let Err(refusal) = guard::admit(app, parts).await {
        return refusal.into_response();
    }
    match app.hub.channel(name) {
        Some(channel) => json(StatusCode::OK, &viewers(&channel)),
        None => json(StatusCode::NOT_FOUND, &[(); 0]),
    }
}

pub(crate) async fn still(app: &App, parts: &Parts, name: &str) -> Response {
    if let Err(refusal) = guard::admit(app, parts).await {
        return refusal.into_response();
    }
    let Some(channel) = app.hub.channel(name) else {
        return Refusal(StatusCode::NOT_FOUND, "there is no such stream").into_response();
    };
    // Compressing takes long: a crowd that asks waits, instead of taking every core. The turn belongs to the work, which
    // goes on when whoever asked has gone.
    let Ok(turn) = Arc::clone(&app.stills).acquire_owned().await else {
        return Refusal(StatusCode::SERVICE_UNAVAILABLE, "the server shuts down").into_response();
    };
    let work = move || {
        let _turn = turn;
        channel.stream.still_png()
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(Some(png))) => {
            ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "no-store")], png).into_response()
        }
        Ok(Ok(None)) => Refusal(StatusCode::NOT_FOUND, "nothing was published yet").into_response(),
        Ok(Err(error)) => {
            tracing::warn!(stream = name, "no still picture: {error}");
            Refusal(StatusCode::INTERNAL_SERVER_ERROR, "the picture can't be made").into_response()
        }
        Err(_) => Refusal(StatusCode::INTERNAL_SERVER_ERROR, "the picture can't be made").into_response(),
    }
}

pub(crate) async fn prometheus(app: &App, parts: &Parts) -> Response {
    if let Err(refusal) = guard::admit(app, parts).await {
        return refusal.into_response();
    }
    let headers = [(header::CONTENT_TYPE, prometheus::CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    (headers, prometheus::text(app)).into_response()
}

/// The events of the default stream. They hold what was typed, so that only those see them who could have typed it.
pub(crate) async fn recorded_events(app: &App, parts: &Parts) -> Response {
    match guard::admit(app, parts).await {
        Err(refusal) => return refusal.into_response(),
        Ok(principal) if principal.role != Role::Control => {
            return Refusal(StatusCode::FORBIDDEN, "those who may only watch don't see input")
                .into_response();
        }
        Ok(_) => {}
    }
    let stream = app.hub.stream(crate::Hub::DEFAULT_STREAM);
    let events = stream.map(|stream| stream.recorded_events()).unwrap_or_default();
    json_text(StatusCode::OK, format!("[{}]", events.join(",")))
}

pub(crate) async fn reset_recorded_events(app: &App, parts: &Parts) -> Response {
    if let Err(refusal) = guard::admit_change(app, parts).await {
        return refusal.into_response();
    }
    if let Some(stream) = app.hub.stream(crate::Hub::DEFAULT_STREAM) {
        stream.reset_recorded_events();
    }
    json(StatusCode::OK, &[(); 0])
}

/// The viewers that get frames.
fn viewers(channel: &Channel) -> Vec<ViewerRow> {
    let now = crate::clock::now(&channel.stream);
    let row = |seat: &Arc<Seat>| {
        let session = seat.session();
        session.is_live().then(|| ViewerRow {
            id: seat.id,
            remote: seat.remote,
            principal: seat.principal.get().map(|name| name.to_string()),
            rendition: seat.rendition().map(|key| key.to_string()),
            stats: session.stats(now),
        })
    };
    channel.seats().iter().filter_map(row).collect()
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(value)).into_response()
}

fn json_text(status: StatusCode, text: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, text).into_response()
}
