// A knot and balls over a floor that mirrors them, in a studio with one large light. All colours are linear.

struct Scene {
    projection: mat4x4f,
    eye: vec4f,
    forward: vec4f,
    right: vec4f,
    up: vec4f,
    // Center and radius of the balls that cast shadow.
    occluders: array<vec4f, OCCLUDERS>,
}

@group(0) @binding(0) var<uniform> scene: Scene;

// Towards the light.
const LIGHT = vec3f(0.46, 0.79, 0.41);
const LIGHT_COLOR = vec3f(1.0, 0.96, 0.90);

struct Body {
    @location(3) place: vec4f,
    @location(4) rotation: vec4f,
    @location(5) first: vec4f,
    @location(6) second: vec4f,
}

struct Surface {
    @builtin(position) clip: vec4f,
    @location(0) world: vec3f,
    @location(1) normal: vec3f,
    @location(2) color: vec3f,
}

fn rotate(rotation: vec4f, v: vec3f) -> vec3f {
    return v + 2.0 * cross(rotation.xyz, cross(rotation.xyz, v) + rotation.w * v);
}

fn surface(position: vec3f, normal: vec3f, blend: f32, body: Body) -> Surface {
    var out: Surface;
    out.world = body.place.xyz + rotate(body.rotation, position) * body.place.w;
    out.normal = rotate(body.rotation, normal);
    out.color = mix(body.first.rgb, body.second.rgb, 0.5 - 0.5 * cos(blend));
    out.clip = scene.projection * vec4f(out.world, 1.0);
    return out;
}

@vertex
fn body_vertex(
    @location(0) position: vec3f, @location(1) normal: vec3f, @location(2) blend: f32, body: Body,
) -> Surface {
    return surface(position, normal, blend, body);
}

// The same below the floor: what the floor mirrors.
@vertex
fn mirrored_vertex(
    @location(0) position: vec3f, @location(1) normal: vec3f, @location(2) blend: f32, body: Body,
) -> Surface {
    var out = surface(position, normal, blend, body);
    out.clip = scene.projection * vec4f(out.world.x, 2.0 * FLOOR - out.world.y, out.world.z, 1.0);
    return out;
}

// What a ray that hits nothing sees; the lower half mirrors the upper one, and the horizon has no edge.
fn studio(direction: vec3f) -> vec3f {
    let height = abs(direction.y);
    let wall = mix(vec3f(0.95, 0.72, 0.55), vec3f(0.10, 0.20, 0.40), smoothstep(-0.12, 0.58, height));
    let lamp = max(dot(direction, LIGHT), 0.0);
    return wall + vec3f(0.20, 0.14, 0.08) * lamp * lamp;
}

fn power_of_16(x: f32) -> f32 {
    let fourth = (x * x) * (x * x);
    return (fourth * fourth) * (fourth * fourth);
}

fn shine(world: vec3f, to_eye: vec3f, normal: vec3f, color: vec3f) -> vec3f {
    let facing = dot(normal, LIGHT);
    // Wrapped around a little, as a large lamp lights.
    let diffuse = max((facing + 0.25) / 1.25, 0.0);
    let sky = mix(vec3f(0.30, 0.24, 0.21), vec3f(0.30, 0.36, 0.46), 0.5 + 0.5 * normal.y);
    let half_way = max(dot(normal, normalize(LIGHT + to_eye)), 0.0);
    let glow = power_of_16(half_way);
    let sharp = power_of_16(glow) * 1.6 + glow * 0.07;
    let edge = 1.0 - max(dot(normal, to_eye), 0.0);
    let rim = 0.04 + 0.5 * edge * edge * edge * edge;
    let mirrored = studio(reflect(-to_eye, normal));
    // Less of the sky reaches what is near to the floor.
    let open = smoothstep(-0.5, 1.6, world.y - FLOOR) * 0.6 + 0.4;
    return color * (diffuse * LIGHT_COLOR * 0.95 + sky * open) + sharp * LIGHT_COLOR + rim * mirrored * open;
}

// Keeps what is bright from being cut off.
fn developed(light: vec3f) -> vec4f {
    return vec4f(light * (1.0 + light * 0.12) / (1.0 + light * 0.34), 1.0);
}

@fragment
fn body_fragment(in: Surface) -> @location(0) vec4f {
    let to_eye = normalize(scene.eye.xyz - in.world);
    return developed(shine(in.world, to_eye, normalize(in.normal), in.color));
}

@fragment
fn mirrored_fragment(in: Surface) -> @location(0) vec4f {
    let eye = vec3f(scene.eye.x, 2.0 * FLOOR - scene.eye.y, scene.eye.z);
    return developed(shine(in.world, normalize(eye - in.world), normalize(in.normal), in.color));
}

struct Backdrop {
    @builtin(position) clip: vec4f,
    @location(0) direction: vec3f,
}

// One triangle that covers the picture, behind everything else.
@vertex
fn backdrop_vertex(@builtin(vertex_index) index: u32) -> Backdrop {
    let corner = vec2f(f32(index & 1u), f32(index >> 1u)) * 4.0 - 1.0;
    var out: Backdrop;
    out.clip = vec4f(corner, 1.0, 1.0);
    out.direction = scene.forward.xyz + corner.x * scene.right.xyz + corner.y * scene.up.xyz;
    return out;
}

@fragment
fn backdrop_fragment(in: Backdrop) -> @location(0) vec4f {
    return developed(studio(normalize(in.direction)));
}

struct Floor {
    @builtin(position) clip: vec4f,
    @location(0) world: vec3f,
    // How much of the lamp, and how much of the sky, reaches the floor.
    @location(1) lit: vec2f,
}

@vertex
fn floor_vertex(@location(0) position: vec3f) -> Floor {
    var lamp = 1.0;
    var covered = 0.0;
    for (var i = 0u; i < OCCLUDERS; i += 1u) {
        let ball = scene.occluders[i];
        let to_ball = ball.xyz - position;
        let along = dot(to_ball, LIGHT);
        let off = sqrt(max(dot(to_ball, to_ball) - along * along, 0.0));
        // The lamp is large: the farther the ball, the softer its edge and the paler its shadow.
        let blur = 0.04 + 0.11 * max(along, 0.0);
        let dark = select(0.0, 1.0 - smoothstep(ball.w - blur, ball.w + blur, off), along > 0.0);
        lamp = min(lamp, 1.0 - dark * ball.w / (ball.w + 0.2 * blur));
        covered += ball.w * ball.w * to_ball.y / pow(dot(to_ball, to_ball), 1.5);
    }
    var out: Floor;
    out.world = position;
    out.lit = vec2f(lamp, 1.0 / (1.0 + 0.31 * covered));
    out.clip = scene.projection * vec4f(position, 1.0);
    return out;
}

// Over what it mirrors, which shows through the more the flatter it is looked at.
@fragment
fn floor_fragment(in: Floor) -> @location(0) vec4f {
    let to_eye = scene.eye.xyz - in.world;
    let distance = length(to_eye);
    let edge = 1.0 - to_eye.y / distance;
    let mirrors = 0.13 + 0.6 * edge * edge * edge * edge;
    let out = length(in.world.xz);
    let pool = 1.0 / (1.0 + 0.025 * out * out);
    let light = vec3f(0.84, 0.66, 0.55) * (LIGHT_COLOR * in.lit.x * 0.78 * pool + vec3f(0.26, 0.29, 0.38) * in.lit.y);
    let there = 1.0 - smoothstep(2.0, 10.0, out);
    return vec4f(developed(light).rgb, (1.0 - mirrors) * there);
}
