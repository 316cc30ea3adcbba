//! What is in the scene at a moment.

use super::mesh::{TUBE, knot_line};
use glam::{Quat, Vec3};
use std::{f64::consts::TAU, time::Duration};

/// A shape's place, and its two colours in linear light.
pub(super) struct Body {
    center: Vec3,
    scale: f32,
    rotation: Quat,
    colors: [Vec3; 2],
}

/// A ball that casts shadow on the floor: the knot's shadow is that of many along its tube.
pub(super) struct Occluder {
    center: Vec3,
    radius: f32,
}

/// Balls that circle the knot.
pub(super) const SATELLITES: u32 = 7;
/// Balls that stand for the knot where it casts shadow.
const KNOT_OCCLUDERS: u32 = 72;
/// As many as [`occluders`] gives.
pub(super) const OCCLUDERS: u32 = KNOT_OCCLUDERS + SATELLITES;

const PALETTE: [[f32; 3]; 7] = [
    [0.90, 0.23, 0.13],
    [0.95, 0.55, 0.10],
    [0.04, 0.38, 0.40],
    [0.90, 0.86, 0.80],
    [0.08, 0.16, 0.46],
    [0.95, 0.36, 0.30],
    [0.12, 0.50, 0.34],
];

/// The knot at a moment.
pub(super) fn knot(time: Duration) -> Body {
    let sway = 0.16 * angle(time, 11.0).sin();
    Body {
        center: Vec3::new(0.0, 0.05 * angle(time, 5.0).sin(), 0.0),
        scale: 1.0,
        rotation: Quat::from_rotation_y(angle(time, 12.0)) * Quat::from_rotation_x(sway),
        colors: [Vec3::new(0.90, 0.13, 0.09), Vec3::new(0.07, 0.10, 0.52)],
    }
}

/// The balls around it.
pub(super) fn satellites(time: Duration) -> impl Iterator<Item = Body> {
    (0..SATELLITES).map(move |index| {
        let share = f64::from(index) / f64::from(SATELLITES);
        let around = angle(time, 26.0) + (share * TAU) as f32;
        let height = 0.42 * (angle(time, 9.0) + (share * TAU * 3.0) as f32).sin() - 0.55;
        let radius = 1.95 + 0.18 * (index % 2) as f32;
        let color = Vec3::from_array(PALETTE[index as usize % PALETTE.len()]);
        Body {
            center: Vec3::new(radius * around.sin(), height, radius * around.cos()),
            scale: [0.24, 0.14, 0.19][index as usize % 3],
            rotation: Quat::IDENTITY,
            colors: [color, color * 0.82],
        }
    })
}

/// What casts shadow.
pub(super) fn occluders(time: Duration) -> impl Iterator<Item = Occluder> {
    let knot = knot(time);
    let tube = (0..KNOT_OCCLUDERS).map(move |index| {
        let point = knot_line(index as f32 / KNOT_OCCLUDERS as f32 * TAU as f32);
        Occluder { center: knot.center + knot.rotation * point * knot.scale, radius: TUBE * knot.scale }
    });
    tube.chain(satellites(time).map(|body| Occluder { center: body.center, radius: body.scale }))
}

impl Body {
    /// Numbers for an instance, as the shader's locations 3 to 6 read them.
    pub(super) fn numbers(&self) -> [f32; 16] {
        let [first, second] = self.colors;
        let rows = [
            self.center.extend(self.scale).to_array(),
            self.rotation.to_array(),
            first.extend(0.0).to_array(),
            second.extend(0.0).to_array(),
        ];
        std::array::from_fn(|index| rows[index / 4][index % 4])
    }
}

impl Occluder {
    pub(super) fn numbers(&self) -> [f32; 4] {
        self.center.extend(self.radius).to_array()
    }
}

/// A full turn in `seconds`. Exact however long the scene has been running.
fn angle(time: Duration, seconds: f64) -> f32 {
    (time.as_secs_f64() % seconds / seconds * TAU) as f32
}
