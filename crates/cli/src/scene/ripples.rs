use super::{
    Input, Moment, Point,
    painted::{Painted, rgb, rows},
};
use framewire::frame::{PictureMut, Size};

/// The two-dimensional wave equation on a grid of half the picture's size, lit from the upper left.
#[derive(Default)]
pub struct Ripples {
    size: Option<Size>,
    width: usize,
    height: usize,
    now: Vec<f32>,
    before: Vec<f32>,
}

/// Pixels per grid cell.
const CELL: usize = 2;
/// What remains of a wave after each step.
const DAMPING: f32 = 0.992;
/// Pictures between two drops of rain.
const RAIN_EVERY: u64 = 14;

impl Painted for Ripples {
    fn draw(&mut self, moment: Moment, target: &mut PictureMut<'_>) {
        let (size, rows) = rows(target);
        self.resize(size);
        if moment.index.is_multiple_of(RAIN_EVERY) {
            let hash = moment.index.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let (x, y) = ((hash >> 32) as usize % self.width, (hash >> 12) as usize % self.height);
            self.drop(x as f64, y as f64, 2.5);
        }
        self.step();
        for (y, row) in rows.enumerate() {
            let line = (y / CELL).min(self.height - 1);
            for (x, pixels) in row.chunks_mut(CELL).enumerate() {
                pixels.fill(self.shade(x.min(self.width - 1), line));
            }
        }
    }

    fn on_input(&mut self, input: &Input) {
        let (Input::Press { at, .. } | Input::Move { at, pressed: true, .. }) = *input else { return };
        let Point { x, y } = at;
        self.drop(x / CELL as f64, y / CELL as f64, 3.0);
    }
}

impl Ripples {
    fn resize(&mut self, size: Size) {
        if self.size != Some(size) {
            self.size = Some(size);
            self.width = (size.width() as usize).div_ceil(CELL);
            self.height = (size.height() as usize).div_ceil(CELL);
            self.now = vec![0.0; self.width * self.height];
            self.before = self.now.clone();
        }
    }

    fn drop(&mut self, x: f64, y: f64, depth: f32) {
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.height as f64;
        if !inside {
            return;
        }
        const RADIUS: usize = 4;
        let (x, y) = (x as usize, y as usize);
        for row in y.saturating_sub(RADIUS)..(y + RADIUS + 1).min(self.height) {
            for column in x.saturating_sub(RADIUS)..(x + RADIUS + 1).min(self.width) {
                let (dx, dy) = (column as f32 - x as f32, row as f32 - y as f32);
                let falloff = 1.0 - (dx.hypot(dy) / (RADIUS as f32 + 1.0)).min(1.0);
                self.now[row * self.width + column] -= depth * falloff;
            }
        }
    }

    /// `next = 2 now - before + c² laplacian(now)` with c² = 1/2, in the form that needs no third grid.
    fn step(&mut self) {
        let width = self.width;
        for y in 1..self.height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let i = y * width + x;
                let around = self.now[i - 1] + self.now[i + 1] + self.now[i - width] + self.now[i + width];
                self.before[i] = (around * 0.5 - self.before[i]) * DAMPING;
            }
        }
        std::mem::swap(&mut self.now, &mut self.before);
    }

    fn shade(&self, x: usize, y: usize) -> [u8; 4] {
        let at = |x: usize, y: usize| self.now[y.min(self.height - 1) * self.width + x.min(self.width - 1)];
        let (slope_x, slope_y) =
            (at(x + 1, y) - at(x.saturating_sub(1), y), at(x, y + 1) - at(x, y.saturating_sub(1)));
        let light = (slope_x + slope_y) * 60.0;
        let depth = 1.0 - y as f32 / self.height as f32;
        let shine = (light - 40.0).max(0.0) * 1.2;
        let channel = |base: f32, gain: f32| (base + depth * gain + light * 0.6 + shine) as u8;
        rgb(channel(14.0, 20.0), channel(60.0, 50.0), channel(96.0, 60.0))
    }
}
