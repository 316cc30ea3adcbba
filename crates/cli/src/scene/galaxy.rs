use super::{
    Input, Moment,
    drags::{Drags, wheel_factor},
    painted::{Painted, rgb, rows},
};
use framewire::frame::PictureMut;
use std::f32::consts::TAU;

/// Stars on two logarithmic arms, seen by a camera that viewers turn.
pub struct Galaxy {
    stars: Vec<Star>,
    turn: f32,
    tilt: f32,
    distance: f32,
    drags: Drags,
}

struct Star {
    radius: f32,
    angle: f32,
    height: f32,
    color: [f32; 3],
}

const STARS: usize = 16_000;
const BACKGROUND: [u8; 4] = rgb(6, 7, 16);

impl Galaxy {
    pub fn new() -> Self {
        let mut random = Random(0x5EED);
        let stars = (0..STARS).map(|index| Star::new(index, &mut random)).collect();
        Self { stars, turn: 0.0, tilt: 1.05, distance: 2.6, drags: Drags::default() }
    }
}

impl Painted for Galaxy {
    fn draw(&mut self, moment: Moment, target: &mut PictureMut<'_>) {
        let time = moment.time.as_secs_f64() as f32;
        let (size, rows) = rows(target);
        let mut rows: Vec<&mut [[u8; 4]]> = rows.collect();
        for row in &mut rows {
            row.fill(BACKGROUND);
        }
        let (width, height) = (size.width() as f32, size.height() as f32);
        let focal = height.min(width) * 1.1;
        let (sin_tilt, cos_tilt) = self.tilt.sin_cos();
        for star in &self.stars {
            // The inner part turns faster, as galaxies do.
            let angle = star.angle + self.turn + time * 0.12 / (star.radius + 0.25);
            let (sin, cos) = angle.sin_cos();
            let (x, y, z) = (star.radius * cos, star.height, star.radius * sin);
            let (y, z) = (y * cos_tilt - z * sin_tilt, y * sin_tilt + z * cos_tilt);
            let depth = z + self.distance;
            if depth < 0.1 {
                continue;
            }
            let (px, py) = (width / 2.0 + x / depth * focal, height / 2.0 + y / depth * focal);
            let brightness = (1.5 / depth).min(1.6);
            glow(&mut rows, px, py, star.color.map(|channel| channel * brightness));
        }
    }

    fn on_input(&mut self, input: &Input) {
        if let Some((dx, dy)) = self.drags.read(input) {
            self.turn = (self.turn - dx * 0.006) % TAU;
            self.tilt = (self.tilt + dy * 0.006).clamp(0.05, 1.52);
        }
        if let Input::Wheel { amount } = *input {
            self.distance = (self.distance * wheel_factor(amount)).clamp(0.8, 8.0);
        }
    }
}

impl Star {
    fn new(index: usize, random: &mut Random) -> Self {
        match index % 5 {
            0 => Self::of_bulge(random),
            1 => Self::of_disc(random),
            _ => Self::of_arm(index, random),
        }
    }

    /// A ball of old, warm stars around the centre.
    fn of_bulge(random: &mut Random) -> Self {
        let (distance, latitude) = (random.unit().powf(1.6) * 0.34, (random.unit() * 2.0 - 1.0).asin());
        let color = [118.0, 90.0 + 22.0 * random.unit(), 56.0];
        Self {
            radius: distance * latitude.cos(),
            angle: random.unit() * TAU,
            height: distance * latitude.sin() * 0.7,
            color,
        }
    }

    /// Faint stars between the arms.
    fn of_disc(random: &mut Random) -> Self {
        let radius = 0.1 + random.unit().sqrt() * 1.25;
        Self { radius, angle: random.unit() * TAU, height: spread(random) * 0.03, color: [44.0, 46.0, 62.0] }
    }

    /// Young stars on two spirals that widen outwards.
    fn of_arm(index: usize, random: &mut Random) -> Self {
        let radius = 0.14 + random.unit().powf(0.75) * 1.2;
        let arm = if index.is_multiple_of(2) { 0.0 } else { TAU / 2.0 };
        let winding = (radius * 5.0).ln_1p() * 3.1;
        let angle = arm + winding + spread(random) * (0.62 - 0.22 * radius);
        let warmth = random.unit();
        let color = if warmth > 0.93 {
            [150.0, 62.0, 96.0]
        } else {
            [62.0 + 40.0 * warmth, 76.0 + 36.0 * warmth, 132.0]
        };
        Self { radius, angle, height: spread(random) * 0.04, color }
    }
}

/// A number around zero, the more seldom the farther from it, within -1 to 1.
fn spread(random: &mut Random) -> f32 {
    (random.unit() + random.unit() + random.unit()) / 1.5 - 1.0
}

/// Adds light to the four pixels around a place, as much to each as its share of the area.
fn glow(rows: &mut [&mut [[u8; 4]]], x: f32, y: f32, color: [f32; 3]) {
    let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
    let (fx, fy) = (x - 0.5 - left, y - 0.5 - top);
    for (dx, dy, share) in [
        (0.0, 0.0, (1.0 - fx) * (1.0 - fy)),
        (1.0, 0.0, fx * (1.0 - fy)),
        (0.0, 1.0, (1.0 - fx) * fy),
        (1.0, 1.0, fx * fy),
    ] {
        let (column, line) = (left + dx, top + dy);
        if column < 0.0 || line < 0.0 {
            continue;
        }
        let Some(pixel) = rows.get_mut(line as usize).and_then(|row| row.get_mut(column as usize)) else {
            continue;
        };
        for (channel, light) in pixel.iter_mut().zip(color) {
            *channel = (f32::from(*channel) + light * share * 2.2) as u8;
        }
    }
}

/// Xorshift: the same stars in every run.
struct Random(u32);

impl Random {
    fn unit(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) as f32 / (1 << 24) as f32
    }
}
