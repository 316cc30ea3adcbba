use glam::{
    Mat4, Vec3,
    camera::rh::{proj::directx::perspective, view::look_at_mat4},
};
use std::f32::consts::{FRAC_PI_4, TAU};

/// A camera on a sphere around the scene's middle, never below the floor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    yaw: f32,
    pitch: f32,
    distance: f32,
}

/// Where the camera is and which way the corners of its picture lie.
pub(super) struct View {
    pub(super) projection: Mat4,
    pub(super) eye: Vec3,
    pub(super) forward: Vec3,
    /// From the middle of the picture to its right edge, one unit in front of the eye.
    pub(super) right: Vec3,
    /// From the middle of the picture to its upper edge, one unit in front of the eye.
    pub(super) up: Vec3,
}

const PITCH: (f32, f32) = (0.02, 1.45);
const DISTANCE: (f32, f32) = (3.0, 12.0);
/// What it looks at: a little below the middle of the knot, so that the floor is in the picture.
const TARGET: Vec3 = Vec3::new(0.0, -0.3, 0.0);
/// The angle of the picture's shorter side.
const FIELD_OF_VIEW: f32 = FRAC_PI_4;

impl Camera {
    /// Radians around the scene, from 0 to a full turn.
    pub fn yaw(&self) -> f32 {
        self.yaw
    }

    /// Radians above the floor.
    pub fn pitch(&self) -> f32 {
        self.pitch
    }

    /// From the scene's middle; the scene's objects lie within 2.4 of it.
    pub fn distance(&self) -> f32 {
        self.distance
    }

    /// Moves around the scene, by so many radians.
    pub fn turn(&mut self, yaw: f32) {
        *self = Self { yaw: self.yaw + finite(yaw), ..*self }.within_limits();
    }

    /// Moves up, by so many radians.
    pub fn tilt(&mut self, pitch: f32) {
        *self = Self { pitch: self.pitch + finite(pitch), ..*self }.within_limits();
    }

    /// Multiplies the distance: below 1 comes closer. What is no positive number changes nothing.
    pub fn zoom(&mut self, factor: f32) {
        if factor > 0.0 && factor.is_finite() {
            *self = Self { distance: self.distance * factor, ..*self }.within_limits();
        }
    }

    fn within_limits(self) -> Self {
        Self {
            yaw: self.yaw.rem_euclid(TAU),
            pitch: self.pitch.clamp(PITCH.0, PITCH.1),
            distance: self.distance.clamp(DISTANCE.0, DISTANCE.1),
        }
    }

    /// `aspect` is the picture's width by its height.
    pub(super) fn view(&self, aspect: f32) -> View {
        let (sin_yaw, cos_yaw) = self.yaw.sin_cos();
        let (sin_pitch, cos_pitch) = self.pitch.sin_cos();
        let eye = TARGET + self.distance * Vec3::new(sin_yaw * cos_pitch, sin_pitch, cos_yaw * cos_pitch);
        let half_height = (FIELD_OF_VIEW / 2.0).tan() / aspect.min(1.0);
        let forward = (TARGET - eye).normalize();
        let right = forward.cross(Vec3::Y).normalize();
        let projection =
            perspective(half_height.atan() * 2.0, aspect, 0.2, 60.0) * look_at_mat4(eye, TARGET, Vec3::Y);
        View {
            projection,
            eye,
            forward,
            right: right * (half_height * aspect),
            up: right.cross(forward) * half_height,
        }
    }
}

impl Default for Camera {
    /// From a little above the floor, with the whole scene in the picture.
    fn default() -> Self {
        Self { yaw: 0.6, pitch: 0.24, distance: 5.4 }
    }
}

fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_stays_above_the_floor_and_out_of_the_knot_whatever_it_is_told() {
        let mut camera = Camera::default();
        for value in [1e30, -1e30, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, f32::MAX] {
            camera.turn(value);
            camera.tilt(value);
            camera.zoom(value);
            camera.zoom(-value);
            assert!((0.0..=TAU).contains(&camera.yaw()), "{camera:?}");
            assert!((PITCH.0..=PITCH.1).contains(&camera.pitch()), "{camera:?}");
            assert!((DISTANCE.0..=DISTANCE.1).contains(&camera.distance()), "{camera:?}");
            assert!(camera.view(16.0 / 9.0).projection.is_finite(), "{camera:?}");
        }
    }

    #[test]
    fn the_edges_of_the_picture_lie_where_the_projection_has_them() {
        for aspect in [16.0 / 9.0, 1.0, 0.5] {
            let view = Camera::default().view(aspect);
            let corner = view.eye + 3.0 * (view.forward + view.right + view.up);
            let projected = view.projection.project_point3(corner);
            assert!((projected.x - 1.0).abs() < 1e-4 && (projected.y - 1.0).abs() < 1e-4, "{projected}");
        }
    }
}
