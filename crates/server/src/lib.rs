//! The hub of streams on one port: sockets, HTTP side channel, auth and metrics.
//!
//! ```no_run
//! # async fn example(roster: framewire_codec::Roster) -> Result<(), framewire_server::Error> {
//! use framewire_engine::StreamConfig;
//! use framewire_server::{Hub, Server, TokenAuth};
//!
//! let hub = Hub::new(roster);
//! let stream = hub.add_stream("default", StreamConfig::new())?;
//! let token = TokenAuth::generate();
//! let server = Server::builder().auth(TokenAuth::new(Some(token), None)).start(hub).await?;
//! println!("{}", server.url());
//! // stream.publish(frame) from any thread, then:
//! server.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! [`Server`] has a port of its own; [`router`] mounts the same in an application that has one. Either way a path with a
//! WebSocket upgrade leads to a stream, and plain requests get the page, status and metrics:
//!
//! | path | answer |
//! |---|---|
//! | `/`, `/<stream>` | the page |
//! | `/health` | `ok`, to everybody |
//! | `/streams` | the streams, as JSON |
//! | `/streams/<stream>/metrics`, `/metrics` | the viewers of a stream, of `default`, as JSON |
//! | `/streams/<stream>/still.png` | the newest frame |
//! | `/streams/<stream>/recent.mp4` | what the stream keeps of its past: `?last=SECONDS`, or `?from=SECONDS&to=SECONDS` before now |
//! | `/metrics/prometheus` | streams and process, as OpenMetrics text |
//! | `/recorded-events`, `POST /recorded-events/reset` | the input of `default`, where it is recorded |
#![forbid(unsafe_code)]

mod accept;
mod app;
mod assets;
mod auth;
mod clock;
mod error;
mod forwarded;
mod guard;
mod hub;
mod limits;
mod options;
mod origin;
mod prometheus;
mod recent;
mod router;
mod server;
mod side_channel;
#[cfg(feature = "tls")]
mod tls;
mod upgrade;
mod viewer;

pub use auth::{AuthRequest, Authenticator, Principal, TokenAuth, Verdict};
pub use error::Error;
pub use framewire_protocol::Role;
pub use framewire_session::Limits as SessionLimits;
pub use hub::Hub;
pub use limits::Limits;
pub use options::RouterOptions;
pub use origin::Origin;
pub use router::router;
pub use server::{Server, ServerBuilder};
#[cfg(feature = "tls")]
pub use tls::Tls;
