//! A stream inside of an existing axum application, at `/view/`: the same origin, and the application's own cookie
//! decides who may watch and who may control.

use axum::{
    Router,
    response::{Html, IntoResponse},
    routing::get,
};
use framewire::{
    PixelFormat, Size, StreamConfig,
    engine::roster,
    pattern::Pattern,
    server::{AuthRequest, Hub, Principal, Role, RouterOptions, router},
};
use std::{error::Error, net::SocketAddr, time::Duration};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let hub = Hub::new(roster());
    let stream = hub.add_stream("default", StreamConfig::new())?;
    let app = Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .nest_service("/view", router(hub, RouterOptions::new().auth(who)));
    tokio::task::spawn_blocking(move || -> Result<(), Box<dyn Error + Send + Sync>> {
        for seq in 0.. {
            stream.publish(Pattern::BouncingBox.picture(
                seq,
                PixelFormat::Rgba8,
                Size::new(1280, 720)?,
            )?)?;
            std::thread::sleep(Duration::from_millis(33));
        }
        Ok(())
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("open http://{}/", listener.local_addr()?);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

async fn home() -> Html<&'static str> {
    Html(r#"<a href="login">log in</a>, then <a href="view/">watch</a>"#)
}

async fn login() -> impl IntoResponse {
    ([("set-cookie", "session=ada; HttpOnly; SameSite=Strict; Path=/")], "welcome, ada")
}

/// The hook: whoever has a session may watch; ada may control.
async fn who(request: AuthRequest) -> Option<Principal> {
    let name = request.cookie("session")?.to_owned();
    let role = if name == "ada" { Role::Control } else { Role::View };
    Some(Principal::new(role).named(name))
}
