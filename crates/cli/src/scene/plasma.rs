use super::{
    Moment,
    painted::{Painted, rgb, rows},
};
use framewire::frame::PictureMut;
use std::f32::consts::TAU;

/// A sum of sines, looked up in a palette that turns.
pub struct Plasma;

const TABLE: usize = 1024;

impl Painted for Plasma {
    fn draw(&mut self, moment: Moment, target: &mut PictureMut<'_>) {
        let time = (moment.time.as_secs_f64() % 3600.0) as f32;
        let palette: Vec<[u8; 4]> =
            (0..TABLE).map(|index| color(index as f32 / TABLE as f32, time)).collect();
        let (size, rows) = rows(target);
        let scale = 6.0 / size.height() as f32;
        let column = |x: usize| {
            let x = x as f32 * scale;
            (x * 1.3 + time * 0.7).sin() + (x * 0.6 - time * 0.4).cos()
        };
        // Along a row two of the four waves depend on x alone; the oblique ones vary slowly enough to share a table.
        let columns: Vec<f32> = (0..size.width() as usize).map(column).collect();
        let oblique: Vec<f32> = (0..(size.width() + size.height()) as usize)
            .map(|sum| (sum as f32 * scale * 0.8 + time * 0.9).sin())
            .collect();
        for (y, row) in rows.enumerate() {
            let height = y as f32 * scale;
            let base = (height * 1.1 - time * 0.6).sin() + (height * 0.5 + time * 0.3).cos();
            for (x, pixel) in row.iter_mut().enumerate() {
                let sum = (columns[x] + base + oblique[x + y]) * (TABLE as f32 / 10.0) + TABLE as f32 / 2.0;
                *pixel = palette[sum as usize % TABLE];
            }
        }
    }
}

fn color(phase: f32, time: f32) -> [u8; 4] {
    let wave = |shift: f32, slow: f32| {
        let level = ((phase + shift) * TAU + time * slow).sin() * 0.5 + 0.5;
        (20.0 + 220.0 * level * level) as u8
    };
    rgb(wave(0.0, 0.21), wave(0.30, 0.17), wave(0.62, 0.13))
}
