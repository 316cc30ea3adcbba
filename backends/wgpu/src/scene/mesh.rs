//! The shapes, as triangles that turn counter-clockwise to whoever looks at them from outside.

use crate::{Error, Gpu};
use glam::Vec3;
use std::{
    f32::consts::{PI, TAU},
    ops::Range,
};
use wgpu::{Buffer, BufferUsages, RenderPass, VertexAttribute, VertexBufferLayout, VertexStepMode};

/// A shape's triangles on a device.
#[derive(Debug)]
pub(super) struct Mesh {
    vertices: Buffer,
    indices: Buffer,
    count: u32,
}

/// A surface over two parameters from 0 to 1, as a grid of quadrilaterals.
pub(super) struct Shape {
    label: &'static str,
    columns: u32,
    rows: u32,
    point: fn(f32, f32) -> Vertex,
}

struct Vertex {
    position: Vec3,
    normal: Vec3,
    /// Where between a body's two colours it is: an angle, halfway at a quarter turn.
    blend: f32,
}

/// The radius of the knot's tube.
pub(super) const TUBE: f32 = 0.27;
/// The height of the floor.
pub(super) const FLOOR: f32 = -1.5;

/// A trefoil knot within 1.4 of the origin.
pub(super) const KNOT: Shape = Shape { label: "knot", columns: 224, rows: 18, point: knot_point };
/// A ball of radius 1.
pub(super) const BALL: Shape = Shape { label: "ball", columns: 28, rows: 16, point: ball_point };
/// A disc at the height of [`FLOOR`], the finer the nearer to its middle.
pub(super) const DISC: Shape = Shape { label: "floor", columns: 72, rows: 44, point: disc_point };

/// What the shader's locations 0 to 2 read.
pub(super) const VERTEX: VertexBufferLayout<'_> =
    VertexBufferLayout { array_stride: 28, step_mode: VertexStepMode::Vertex, attributes: &ATTRIBUTES };
const ATTRIBUTES: [VertexAttribute; 3] =
    wgpu::vertex_attr_array![0 => Float32x3, 1 => Float32x3, 2 => Float32];

/// The middle of the knot's tube at a parameter from 0 to a full turn: three times through the hole, twice around it.
pub(super) fn knot_line(turn: f32) -> Vec3 {
    let ring = 0.78 + 0.34 * (3.0 * turn).cos();
    Vec3::new(ring * (2.0 * turn).cos(), ring * (2.0 * turn).sin(), 0.42 * (3.0 * turn).sin())
}

fn knot_point(along: f32, around: f32) -> Vertex {
    let (turn, angle) = (along * TAU, -around * TAU);
    let middle = knot_line(turn);
    let ahead = knot_line(turn + 0.01);
    let forward = (ahead - middle).normalize();
    // The line never heads for the origin, so that this is nowhere zero, and the tube closes without a twist.
    let side = forward.cross(ahead + middle).normalize();
    let normal = side.cross(forward) * angle.cos() + side * angle.sin();
    Vertex { position: middle + normal * TUBE, normal, blend: turn * 3.0 }
}

fn ball_point(along: f32, across: f32) -> Vertex {
    let (longitude, latitude) = (along * TAU, (across - 0.5) * PI);
    let ring = latitude.cos();
    let normal = Vec3::new(ring * longitude.sin(), latitude.sin(), ring * longitude.cos());
    Vertex { position: normal, normal, blend: latitude }
}

fn disc_point(along: f32, outwards: f32) -> Vertex {
    let (angle, radius) = (along * TAU, 12.0 * outwards * (0.22 + 0.78 * outwards * outwards));
    let position = Vec3::new(radius * angle.cos(), FLOOR, radius * angle.sin());
    Vertex { position, normal: Vec3::Y, blend: 0.0 }
}

impl Mesh {
    pub(super) fn new(gpu: &Gpu, shape: &Shape) -> Result<Self, Error> {
        let vertices = shape.vertices().into_iter().flat_map(|vertex| {
            let [x, y, z] = vertex.position.to_array();
            let [nx, ny, nz] = vertex.normal.to_array();
            [x, y, z, nx, ny, nz, vertex.blend]
        });
        let indices = shape.indices();
        let index_bytes: Vec<u8> = indices.iter().flat_map(|index| index.to_ne_bytes()).collect();
        let buffer = |usage, contents: &[u8]| gpu.filled_buffer(shape.label, usage, contents);
        Ok(Self {
            vertices: buffer(BufferUsages::VERTEX, &bytes(vertices))?,
            indices: buffer(BufferUsages::INDEX, &index_bytes)?,
            count: indices.len() as u32,
        })
    }

    pub(super) fn draw(&self, pass: &mut RenderPass<'_>, instances: Range<u32>) {
        pass.set_vertex_buffer(0, self.vertices.slice(..));
        pass.set_index_buffer(self.indices.slice(..), wgpu::IndexFormat::Uint32);
        pass.draw_indexed(0..self.count, 0, instances);
    }
}

impl Shape {
    fn vertices(&self) -> Vec<Vertex> {
        let share = |index: u32, of: u32| index as f32 / of as f32;
        let columns = (0..=self.columns).map(|column| share(column, self.columns));
        columns
            .flat_map(|along| (0..=self.rows).map(move |row| (self.point)(along, share(row, self.rows))))
            .collect()
    }

    fn indices(&self) -> Vec<u32> {
        let height = self.rows + 1;
        let quads = (0..self.columns).flat_map(|column| (0..self.rows).map(move |row| column * height + row));
        quads.flat_map(|at| [at, at + height, at + 1, at + 1, at + height, at + height + 1]).collect()
    }
}

/// Numbers as a device of this machine reads them.
pub(super) fn bytes(numbers: impl IntoIterator<Item = f32>) -> Vec<u8> {
    numbers.into_iter().flat_map(f32::to_ne_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles_turn_their_fronts_to_where_their_normals_point() {
        for shape in [KNOT, BALL, DISC] {
            let (vertices, indices) = (shape.vertices(), shape.indices());
            assert!(vertices.iter().all(|vertex| vertex.normal.is_normalized()), "{}", shape.label);
            for corners in indices.as_chunks::<3>().0 {
                let [a, b, c] = corners.map(|index| &vertices[index as usize]);
                let front = (b.position - a.position).cross(c.position - a.position);
                // Where a ball's or the disc's grid ends in a point, one triangle of two has no area.
                assert!(front.length() < 1e-6 || front.dot(a.normal) > 0.0, "{} {corners:?}", shape.label);
            }
        }
    }

    #[test]
    fn the_knot_is_closed_and_stays_above_the_floor() {
        for across in [0.0, 0.3, 0.8] {
            let gap = knot_point(0.0, across).position.distance(knot_point(1.0, across).position);
            assert!(gap < 1e-4, "{gap}");
        }
        assert!(KNOT.vertices().iter().all(|vertex| vertex.position.length() < 1.4));
    }
}
