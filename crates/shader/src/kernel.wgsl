// RGB in a buffer to 4:2:0 in a buffer, by the canonical arithmetic of framewire-convert, in integers throughout, so
// that every driver gives the bytes that the processor gives. Memory is read and written in whole words of 32 bits:
// four samples each, the first in the lowest byte.
//
// One invocation makes 8x2 pixels: two words of each row of luma and four samples of U and V.

struct Params {
    // Red, green, blue, and what is added before the shift.
    luma: vec4<i32>,
    u: vec4<i32>,
    v: vec4<i32>,
    // Of the pixels.
    size: vec2<u32>,
    // From the start of the binding, and from row to row: in bytes where a pixel is three of them, else in words.
    source_offset: u32,
    source_stride: u32,
    // Bits by which a pixel's word is shifted to have red and blue in its lowest byte.
    red_shift: u32,
    blue_shift: u32,
    // What a pixel is: `WORD`, `HALVES` or `BYTES`.
    texel: u32,
    // Not zero: components are looked up in `codes`.
    coded: u32,
    // Of 8x2 pixels, in the target.
    groups: vec2<u32>,
    // Of 16x16 pixels, in a row of the target.
    block_columns: u32,
    // Not zero: U and V have planes of their own.
    planar: u32,
    target_planes: Planes,
    // What `scale` reads: always planar.
    scaled_planes: Planes,
    // Source and target samples of each axis of luma and of chroma, divided by their greatest common divisor.
    luma_ratio: vec4<u32>,
    chroma_ratio: vec4<u32>,
    // Last column and row of the target, of luma and of chroma.
    last: vec4<u32>,
}

// Where rows lie, in words.
struct Planes {
    luma_stride: u32,
    chroma_stride: u32,
    // Of interleaved chroma or of U.
    u: u32,
    v: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read_write> yuv: array<u32>;
@group(0) @binding(4) var<storage, read_write> changes: array<atomic<u32>>;

// Four bytes, one of which is not looked at.
const WORD = 0u;
// Two words of four half floats.
const HALVES = 1u;
// Three bytes, red first.
const BYTES = 2u;

const WEIGHT_BITS = 16u;
const CHROMA_BITS = 18u;
const ONE_HALF_FLOAT = 0x3c00u;
const INFINITE_HALF_FLOAT = 0x7c00u;

@compute @workgroup_size(8, 8)
fn convert(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= params.groups) {
        return;
    }
    let x = id.x * 8u;
    let y = id.y * 2u;
    var top = vec2<u32>();
    var bottom = vec2<u32>();
    var u = vec4<u32>();
    var v = vec4<u32>();
    // Beyond the last pair it is repeated, so that nothing there changes by itself.
    let last_pair = (params.size.x - 1u) & ~1u;
    for (var pair = 0u; pair < 4u; pair++) {
        let left = min(x + 2u * pair, last_pair);
        let a = pixel(left, y);
        let b = pixel(left + 1u, y);
        let c = pixel(left, y + 1u);
        let d = pixel(left + 1u, y + 1u);
        let word = pair >> 1u;
        let shift = (pair & 1u) * 16u;
        top[word] |= (luma(a) | luma(b) << 8u) << shift;
        bottom[word] |= (luma(c) | luma(d) << 8u) << shift;
        let sum = a + b + c + d;
        u[pair] = chroma(params.u, sum);
        v[pair] = chroma(params.v, sum);
    }
    store(id.xy, top, bottom, u, v);
}

// The picture that `convert` made, planar, to a smaller one: a sample is the mean of what it covers.
@compute @workgroup_size(8, 8)
fn scale(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= params.groups) {
        return;
    }
    let at = id.xy * vec2(8u, 2u);
    let planes = params.scaled_planes;
    var top = vec2<u32>();
    var bottom = vec2<u32>();
    var u = vec4<u32>();
    var v = vec4<u32>();
    for (var x = 0u; x < 8u; x++) {
        let column = min(at.x + x, params.last.x);
        let rows = min(vec2(at.y, at.y + 1u), vec2(params.last.y));
        let shift = (x & 3u) * 8u;
        top[x >> 2u] |= mean(0u, planes.luma_stride, params.luma_ratio, vec2(column, rows.x)) << shift;
        bottom[x >> 2u] |= mean(0u, planes.luma_stride, params.luma_ratio, vec2(column, rows.y)) << shift;
    }
    for (var x = 0u; x < 4u; x++) {
        let sample = min(at / 2u + vec2(x, 0u), params.last.zw);
        u[x] = mean(planes.u, planes.chroma_stride, params.chroma_ratio, sample);
        v[x] = mean(planes.v, planes.chroma_stride, params.chroma_ratio, sample);
    }
    store(id.xy, top, bottom, u, v);
}

// Pixels as code values of 8 bits in the order red, green, blue, alpha: one invocation a pixel.
@compute @workgroup_size(8, 8)
fn pack(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= params.size) {
        return;
    }
    let rgb = vec3<u32>(pixel(id.x, id.y));
    yuv[id.y * params.size.x + id.x] = rgb.r | rgb.g << 8u | rgb.b << 16u | 0xff000000u;
}

// Red, green and blue from 0 to 255; the edge pixel stands for those beyond it.
fn pixel(x: u32, y: u32) -> vec3<i32> {
    let at = min(vec2(x, y), params.size - 1u);
    let row = params.source_offset + at.y * params.source_stride;
    if params.texel == HALVES {
        let red_green = source[row + 2u * at.x];
        let blue_alpha = source[row + 2u * at.x + 1u];
        return vec3<i32>(vec3(
            code(half_float(red_green & 0xffffu)),
            code(half_float(red_green >> 16u)),
            code(half_float(blue_alpha & 0xffffu)),
        ));
    }
    var bytes: vec3<u32>;
    if params.texel == BYTES {
        let first = row + 3u * at.x;
        bytes = vec3(source_byte(first), source_byte(first + 1u), source_byte(first + 2u));
    } else {
        let word = source[row + at.x];
        bytes = vec3(word >> params.red_shift, word >> 8u, word >> params.blue_shift) & vec3(0xffu);
    }
    if params.coded != 0u {
        return vec3<i32>(vec3(code(bytes.r), code(bytes.g), code(bytes.b)));
    }
    return vec3<i32>(bytes);
}

fn source_byte(index: u32) -> u32 {
    return byte_of(source[index >> 2u], index);
}

// The place in the table of a half float: its bits, which grow with the number, from zero to one.
fn half_float(bits: u32) -> u32 {
    let is_number_above_zero = bits <= INFINITE_HALF_FLOAT;
    return select(0u, min(bits, ONE_HALF_FLOAT), is_number_above_zero);
}

fn code(index: u32) -> u32 {
    return byte_of(codes[index >> 2u], index);
}

fn luma(rgb: vec3<i32>) -> u32 {
    let sum = weighted(params.luma, rgb) >> WEIGHT_BITS;
    return u32(clamp(sum, 0, 255));
}

fn chroma(weights: vec4<i32>, sum_of_four: vec3<i32>) -> u32 {
    let sum = weighted(weights, sum_of_four) >> CHROMA_BITS;
    return u32(clamp(sum, 0, 255));
}

fn weighted(weights: vec4<i32>, rgb: vec3<i32>) -> i32 {
    return weights.x * rgb.r + weights.y * rgb.g + weights.z * rgb.b + weights.w;
}

// The mean of the samples of a plane that target sample `at` covers, weighted by the part of each that it covers.
fn mean(plane: u32, stride: u32, ratio: vec4<u32>, at: vec2<u32>) -> u32 {
    let over = ratio.xy;
    let under = ratio.zw;
    let begin = at * over;
    let end = begin + over;
    var sum = 0u;
    for (var y = begin.y / under.y; y * under.y < end.y; y++) {
        let height = min(end.y, (y + 1u) * under.y) - max(begin.y, y * under.y);
        let row = plane + y * stride;
        var row_sum = 0u;
        for (var x = begin.x / under.x; x * under.x < end.x; x++) {
            let width = min(end.x, (x + 1u) * under.x) - max(begin.x, x * under.x);
            row_sum += width * byte_of(source[row + (x >> 2u)], x);
        }
        sum += height * row_sum;
    }
    let whole = over.x * over.y;
    return (sum + whole / 2u) / whole;
}

fn byte_of(word: u32, index: u32) -> u32 {
    return word >> ((index & 3u) * 8u) & 0xffu;
}

// Writes a group over the picture before it and marks its block where they differ.
fn store(group: vec2<u32>, top: vec2<u32>, bottom: vec2<u32>, u: vec4<u32>, v: vec4<u32>) {
    let planes = params.target_planes;
    let luma = 2u * group.y * planes.luma_stride + 2u * group.x;
    var changed = put(luma, top.x);
    changed |= put(luma + 1u, top.y);
    changed |= put(luma + planes.luma_stride, bottom.x);
    changed |= put(luma + planes.luma_stride + 1u, bottom.y);
    let row = group.y * planes.chroma_stride;
    if params.planar != 0u {
        changed |= put(planes.u + row + group.x, bytes(u));
        changed |= put(planes.v + row + group.x, bytes(v));
    } else {
        changed |= put(planes.u + row + 2u * group.x, bytes(vec4(u.x, v.x, u.y, v.y)));
        changed |= put(planes.u + row + 2u * group.x + 1u, bytes(vec4(u.z, v.z, u.w, v.w)));
    }
    if changed {
        let block = group.y / 8u * params.block_columns + group.x / 2u;
        atomicOr(&changes[block >> 5u], 1u << (block & 31u));
    }
}

fn put(index: u32, word: u32) -> bool {
    if yuv[index] == word {
        return false;
    }
    yuv[index] = word;
    return true;
}

fn bytes(four: vec4<u32>) -> u32 {
    return four.x | four.y << 8u | four.z << 16u | four.w << 24u;
}
