use super::{
    Input, Moment, Point,
    painted::{Painted, rgb, rows},
};
use framewire::frame::{PictureMut, Size};
use std::collections::HashMap;

/// A canvas that all viewers share. Strokes are kept as pixels, so that a long session costs no more than a short one.
#[derive(Default)]
pub struct Paint {
    canvas: Vec<[u8; 4]>,
    size: Option<Size>,
    pens: HashMap<u64, Pen>,
    colors_given: usize,
}

struct Pen {
    color: [u8; 4],
    last: Option<Point>,
}

const PAPER: [u8; 4] = rgb(250, 248, 242);
const RADIUS: f64 = 6.0;
/// Pens that are remembered; beyond that the colours start over.
const MAX_PENS: usize = 1024;
const COLORS: [[u8; 4]; 7] = [
    rgb(214, 64, 69),
    rgb(33, 118, 174),
    rgb(61, 139, 92),
    rgb(242, 158, 76),
    rgb(118, 82, 163),
    rgb(22, 138, 150),
    rgb(40, 44, 52),
];

impl Painted for Paint {
    fn draw(&mut self, _moment: Moment, target: &mut PictureMut<'_>) {
        let (size, rows) = rows(target);
        self.resize(size);
        for (row, canvas) in rows.zip(self.canvas.chunks_exact(size.width() as usize)) {
            row.copy_from_slice(canvas);
        }
    }

    fn on_input(&mut self, input: &Input) {
        match *input {
            Input::Press { viewer, at } => {
                let color = self.pen(viewer).color;
                self.pen(viewer).last = Some(at);
                self.line(at, at, color);
            }
            Input::Move { viewer, at, pressed: true } => {
                let pen = self.pen(viewer);
                let (from, color) = (pen.last.replace(at).unwrap_or(at), pen.color);
                self.line(from, at, color);
            }
            Input::Release { viewer } => self.pen(viewer).last = None,
            Input::Key { .. } => self.canvas.fill(PAPER),
            Input::Move { .. } | Input::Wheel { .. } => {}
        }
    }
}

impl Paint {
    /// A canvas of another size keeps what both have in common.
    fn resize(&mut self, size: Size) {
        if self.size == Some(size) {
            return;
        }
        let mut canvas = vec![PAPER; size.pixels()];
        if let Some(before) = self.size {
            let width = before.width().min(size.width()) as usize;
            let old = self.canvas.chunks_exact(before.width() as usize);
            for (row, old) in canvas.chunks_exact_mut(size.width() as usize).zip(old) {
                row[..width].copy_from_slice(&old[..width]);
            }
        }
        (self.canvas, self.size) = (canvas, Some(size));
    }

    fn pen(&mut self, viewer: u64) -> &mut Pen {
        if self.pens.len() >= MAX_PENS && !self.pens.contains_key(&viewer) {
            self.pens.clear();
        }
        self.pens.entry(viewer).or_insert_with(|| {
            let color = COLORS[self.colors_given % COLORS.len()];
            self.colors_given += 1;
            Pen { color, last: None }
        })
    }

    /// A line with round ends, by the distance of each pixel of its box to the segment.
    fn line(&mut self, from: Point, to: Point, color: [u8; 4]) {
        let Some(size) = self.size else { return };
        if ![from.x, from.y, to.x, to.y].iter().all(|value| value.abs() < 1e6) {
            return;
        }
        let span = |a: f64, b: f64, limit: u32| {
            let low = (a.min(b) - RADIUS - 1.0).max(0.0) as usize;
            let high = (a.max(b) + RADIUS + 2.0).clamp(0.0, f64::from(limit)) as usize;
            low..high.max(low)
        };
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let length_squared = (dx * dx + dy * dy).max(1e-9);
        let width = size.width() as usize;
        for y in span(from.y, to.y, size.height()) {
            for x in span(from.x, to.x, size.width()) {
                let (px, py) = (x as f64 + 0.5 - from.x, y as f64 + 0.5 - from.y);
                let along = ((px * dx + py * dy) / length_squared).clamp(0.0, 1.0);
                let distance = (px - along * dx).hypot(py - along * dy);
                let cover = (RADIUS + 0.5 - distance).clamp(0.0, 1.0);
                let pixel = &mut self.canvas[y * width + x];
                for (channel, wanted) in pixel.iter_mut().zip(color) {
                    *channel =
                        (f64::from(*channel) * (1.0 - cover) + f64::from(wanted) * cover).round() as u8;
                }
            }
        }
    }
}
