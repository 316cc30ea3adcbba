//! What a user of the page can set, with the limits that hold for everybody who asks.

use crate::{
    args,
    scene::{SceneInfo, Scenes},
};
use framewire::{
    codec::{Choice, Rate, Roster},
    engine::{EncoderChoice, Stream},
    frame::{Bitrate, FrameRate, Size},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};

const FPS: (f64, f64) = (1.0, 120.0);
const BITRATE: (u32, u32) = (100_000, 50_000_000);
const WIDTH: (u32, u32) = (64, 3840);
const HEIGHT: (u32, u32) = (64, 2160);

/// The demo's settings, shared by the page's requests and the studio.
pub struct Controls {
    stream: Stream,
    roster: Roster,
    scenes: Scenes,
    settings: Mutex<Settings>,
}

/// What is set.
#[derive(Debug, Clone)]
pub struct Settings {
    pub scene: &'static SceneInfo,
    pub encoder: String,
    pub bitrate: Bitrate,
    pub frame_rate: FrameRate,
    pub size: Size,
}

/// What a request changes; everything else stays.
#[derive(Debug, Default, Deserialize)]
pub struct Change {
    scene: Option<String>,
    encoder: Option<String>,
    bitrate: Option<f64>,
    fps: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
}

/// The settings as the page reads them.
#[derive(Debug, Serialize)]
pub struct State {
    scene: &'static str,
    encoder: String,
    bitrate: u32,
    fps: f64,
    width: u32,
    height: u32,
    viewers: usize,
}

impl Controls {
    pub fn new(
        stream: Stream,
        roster: Roster,
        scenes: Scenes,
        scene: &'static SceneInfo,
        args: &args::Demo,
    ) -> Self {
        let settings = Settings {
            scene,
            encoder: args.encoder.clone(),
            bitrate: args.bitrate,
            frame_rate: args.fps,
            size: args.size,
        };
        Self { stream, roster, scenes, settings: Mutex::new(settings) }
    }

    /// The settings now.
    pub fn settings(&self) -> Settings {
        self.lock().clone()
    }

    /// The settings and who watches.
    pub fn state(&self) -> State {
        let settings = self.settings();
        State {
            scene: settings.scene.key,
            encoder: settings.encoder,
            bitrate: settings.bitrate.bits_per_second(),
            fps: settings.frame_rate.as_f64(),
            width: settings.size.width(),
            height: settings.size.height(),
            viewers: self.stream.viewers(),
        }
    }

    /// Applies a change whole or not at all; the error is a sentence for the user.
    pub fn apply(&self, change: &Change) -> Result<(), String> {
        let mut settings = self.lock();
        let next = settings.changed(change, &self.scenes)?;
        if next.encoder != settings.encoder {
            let Ok(choice) = next.encoder.parse::<EncoderChoice>();
            self.stream.set_encoder(choice).map_err(|error| error.to_string())?;
        }
        if (next.bitrate, next.frame_rate) != (settings.bitrate, settings.frame_rate) {
            self.stream.set_rate(Rate { bitrate: next.bitrate, frame_rate: next.frame_rate });
        }
        *settings = next;
        Ok(())
    }

    /// Shows `next` in the place of `failed`, unless somebody has chosen another one already.
    pub fn replace_scene(&self, failed: &SceneInfo, next: &'static SceneInfo) {
        let mut settings = self.lock();
        if settings.scene.key == failed.key {
            settings.scene = next;
        }
    }

    /// What can be chosen.
    pub fn capabilities(&self) -> Value {
        let scenes: Vec<Value> = self
            .scenes
            .iter()
            .map(|scene| {
                json!({
                    "key": scene.key, "name": scene.name, "description": scene.description,
                    "interactive": scene.interactive,
                })
            })
            .collect();
        let mut encoders =
            vec![json!({ "id": Choice::AUTO, "label": "Automatic", "available": true, "reason": null })];
        if self.roster.has_hardware() {
            let id = Choice::HARDWARE;
            encoders.push(json!({ "id": id, "label": "Hardware", "available": true, "reason": null }));
        }
        let video = self
            .roster
            .encoders
            .iter()
            .map(|candidate| (candidate.name.to_owned(), format!("{} (H.264)", candidate.name)));
        let mut images: Vec<(String, String)> = Vec::new();
        for candidate in &self.roster.images {
            let id = format!("image:{}", candidate.format);
            if images.iter().all(|(known, _)| *known != id) {
                images.push((id, format!("{} images", candidate.format.name().to_uppercase())));
            }
        }
        encoders.extend(
            video
                .chain(images)
                .map(|(id, label)| json!({ "id": id, "label": label, "available": true, "reason": null })),
        );
        json!({
            "scenes": scenes,
            "encoders": encoders,
            "limits": {
                "fps": { "min": FPS.0, "max": FPS.1 },
                "bitrate": { "min": BITRATE.0, "max": BITRATE.1 },
                "width": { "min": WIDTH.0, "max": WIDTH.1 },
                "height": { "min": HEIGHT.0, "max": HEIGHT.1 },
            },
        })
    }

    fn lock(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Settings {
    fn changed(&self, change: &Change, scenes: &Scenes) -> Result<Self, String> {
        let mut next = self.clone();
        if let Some(key) = &change.scene {
            next.scene = scenes.find(key)?;
        }
        if let Some(encoder) = &change.encoder {
            next.encoder.clone_from(encoder);
        }
        if let Some(bits) = change.bitrate {
            let bits = within("the bitrate", bits, f64::from(BITRATE.0), f64::from(BITRATE.1))?;
            next.bitrate = Bitrate::from_bits_per_second(bits.round() as u32);
        }
        if let Some(fps) = change.fps {
            let fps = within("the frame rate", fps, FPS.0, FPS.1)?;
            next.frame_rate =
                FrameRate::new((fps * 1000.0).round() as u32, 1000).ok_or("no such frame rate")?;
        }
        let width = change.width.map_or(Ok(next.size.width()), |width| side("the width", width, WIDTH))?;
        let height =
            change.height.map_or(Ok(next.size.height()), |height| side("the height", height, HEIGHT))?;
        next.size = Size::new(width, height).map_err(|error| error.to_string())?;
        Ok(next)
    }
}

fn side(name: &str, value: f64, (least, most): (u32, u32)) -> Result<u32, String> {
    within(name, value, f64::from(least), f64::from(most)).map(|value| value.round() as u32)
}

fn within(name: &str, value: f64, least: f64, most: f64) -> Result<f64, String> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{name} {value} is not from {least} to {most}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            scene: Scenes::fallback(),
            encoder: "auto".to_owned(),
            bitrate: Bitrate::from_bits_per_second(8_000_000),
            frame_rate: FrameRate::whole(30),
            size: Size::new(1280, 720).unwrap(),
        }
    }

    #[test]
    fn a_change_touches_only_what_it_names() {
        let change: Change = serde_json::from_str(r#"{"scene":"plasma","fps":59.94,"other":1}"#).unwrap();
        let next = settings().changed(&change, &Scenes::of_this_machine()).unwrap();
        assert_eq!((next.scene.key, next.frame_rate.to_string().as_str()), ("plasma", "59.94"));
        assert_eq!(next.size, settings().size);
    }

    #[test]
    fn impossible_values_are_refused_with_the_value() {
        for (json, part) in [
            (r#"{"fps":0}"#, "0 is not from 1 to 120"),
            (r#"{"width":100000}"#, "the width 100000"),
            (r#"{"bitrate":-5}"#, "the bitrate -5"),
            (r#"{"scene":"x"}"#, "\"x\" is no scene"),
        ] {
            let change: Change = serde_json::from_str(json).unwrap();
            let error = settings().changed(&change, &Scenes::of_this_machine()).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
