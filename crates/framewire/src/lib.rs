//! Frames in; picture in the browser, or file, out.
//!
//! framewire takes the frames that a program renders, encodes them once and shows them in any number of browsers, with
//! mouse and keys coming back; or it encodes, decodes, records and exports them. A dozen lines make a server:
//!
//! ```
//! use framewire::frame::{PixelFormat, Size};
//! use framewire::{ServeOptions, pattern::Pattern, protocol::Event};
//!
//! # #[cfg(feature = "server")]
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let stream = framewire::serve(ServeOptions::new().port(0))?;
//!     println!("open {}", stream.url());
//!     for seq in 0..3 {
//!         for input in stream.poll_events() {
//!             if let Event::PointerDown(pointer) = input.event.event() {
//!                 println!("{:?} clicks at {}, {}", input.viewer, pointer.x, pointer.y);
//!             }
//!         }
//!         stream.publish(Pattern::BouncingBox.picture(seq, PixelFormat::Rgba8, Size::new(640, 480)?)?)?;
//!         std::thread::sleep(std::time::Duration::from_millis(33));
//!     }
//!     Ok(())
//! }
//! # #[cfg(not(feature = "server"))]
//! # fn main() {}
//! ```
//!
//! [`serve`] has threads of its own and needs no runtime. A program that has one, or several streams, uses
//! [`server::Server`]; one that has an axum application mounts [`server::router`] in it (see the example `axum_mount`).
//!
//! Without viewers, the same parts make and take apart files and streams of units:
//!
//! | item | what it does | example |
//! |---|---|---|
//! | [`Encoder`] | frames of any format and size to access units, by the best encoder that works | `encode` |
//! | [`Decoder`] | access units to pictures | `decode` |
//! | [`Converter`] | pixel formats into each other, at any stride | `convert` |
//! | [`Mp4Writer`], [`Mp4Reader`] | MP4 files | `mp4_file` |
//! | [`avcc_to_annexb`], [`annexb_to_avcc`], [`split_annex_b`], [`parameter_sets`] | NAL units | `annexb` |
//! | [`media::export::export`] | a source of frames to a file, on all cores | `export` |
//! | [`Stream::record`] | what viewers get, to a file | |
//!
//! Each example is a program of `crates/framewire/examples`.
//!
//! | module | what it has |
//! |---|---|
//! | [`frame`] | pictures: size, pixel format, colour, planes, pools |
//! | [`convert`] | pixel formats into each other, by the fastest kernel of the machine |
//! | [`bitstream`] | H.264 and HEVC units and parameter sets |
//! | [`codec`] | encoders and decoders: traits, selection, fallback |
//! | [`mp4`] | MP4 files |
//! | [`media`] | frames and access units in and out of files: sources, sinks, export, remux, probe |
//! | [`protocol`] | the messages between server and browser |
//! | [`session`] | one viewer as a state machine without IO |
//! | [`engine`] | [`Stream`]: from a published frame to units that viewers share |
//! | [`server`] | streams on a port, or in an application |
//! | [`websocket`] | RFC 6455 framing without IO |
//! | [`pattern`] | test patterns |
//! | `gpu` | textures and buffers of any GPU as frames, by wgpu; with the feature `wgpu` |
//! | `apple` | textures and buffers of Metal and pixel buffers of CoreVideo as frames; on macOS |
//!
//! Features: `server` and `tls`; `openh264` (H.264 in software, needs a C++ compiler), `x264` (H.264 by the system's own
//! libx264, where it has one) and `images` (JPEG, PNG and WebP in Rust), which are on by default; `turbojpeg` (JPEG by
//! libjpeg-turbo, needs cmake, nasm and a C compiler), `wgpu` (frames from GPUs) and `wgpu-scene` (a lit scene to try it
//! with), which are not.
#![forbid(unsafe_code)]

pub use framewire_bitstream as bitstream;
pub use framewire_codec as codec;
pub use framewire_convert as convert;
pub use framewire_engine as engine;
pub use framewire_frame as frame;
pub use framewire_media as media;
pub use framewire_mp4 as mp4;
pub use framewire_pattern as pattern;
pub use framewire_protocol as protocol;
#[cfg(feature = "server")]
pub use framewire_server as server;
pub use framewire_session as session;
#[cfg(feature = "server")]
pub use framewire_websocket as websocket;
#[cfg(feature = "wgpu")]
pub use framewire_wgpu as gpu;

#[cfg(target_os = "macos")]
pub use framewire_engine::apple;

#[cfg(feature = "server")]
mod serve;

#[doc(inline)]
pub use framewire_bitstream::{annexb_to_avcc, avcc_to_annexb, parameter_sets, split_annex_b};
#[doc(inline)]
pub use framewire_codec::{Decoder, Encoder, EncoderConfig};
#[doc(inline)]
pub use framewire_convert::Converter;
pub use framewire_engine::{Stream, StreamConfig};
pub use framewire_frame::{Frame, Picture, PixelFormat, Size};
#[doc(inline)]
pub use framewire_mp4::{Mp4Reader, Mp4Writer};
#[cfg(feature = "server")]
pub use serve::{Error, ServeOptions, Serving, serve};
