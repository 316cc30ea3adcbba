// Written by `cargo xtask metal` from crates/shader/src/kernel.wgsl. Do not edit.

// language: metal2.4
#include <metal_stdlib>
#include <simd/simd.h>

using metal::uint;

struct _mslBufferSizes {
    uint size1;
    uint size2;
    uint size3;
    uint size4;
};

struct Planes {
    uint luma_stride;
    uint chroma_stride;
    uint u;
    uint v;
};
struct Params {
    metal::int4 luma;
    metal::int4 u;
    metal::int4 v;
    metal::uint2 size;
    uint source_offset;
    uint source_stride;
    uint red_shift;
    uint blue_shift;
    uint texel;
    uint coded;
    metal::uint2 groups;
    uint block_columns;
    uint planar;
    Planes target_planes;
    Planes scaled_planes;
    metal::uint4 luma_ratio;
    metal::uint4 chroma_ratio;
    metal::uint4 last;
};
typedef uint type_5[1];
typedef metal::atomic_uint type_7[1];
constant uint WORD = 0u;
constant uint HALVES = 1u;
constant uint BYTES = 2u;
constant uint WEIGHT_BITS = 16u;
constant uint CHROMA_BITS = 18u;
constant uint ONE_HALF_FLOAT = 15360u;
constant uint INFINITE_HALF_FLOAT = 31744u;

uint byte_of(
    uint word,
    uint index
) {
    return (word >> ((index & 3u) * 8u)) & 255u;
}

uint code(
    uint index_1,
    device type_5 const& codes,
    constant _mslBufferSizes& _buffer_sizes
) {
    uint _e5 = codes[metal::min(unsigned(index_1 >> 2u), (_buffer_sizes.size2 - 0 - 4) / 4)];
    uint _e6 = byte_of(_e5, index_1);
    return _e6;
}

uint half_float(
    uint bits
) {
    bool is_number_above_zero = bits <= INFINITE_HALF_FLOAT;
    return is_number_above_zero ? metal::min(bits, ONE_HALF_FLOAT) : 0u;
}

uint source_byte(
    uint index_2,
    device type_5 const& source,
    constant _mslBufferSizes& _buffer_sizes
) {
    uint _e5 = source[metal::min(unsigned(index_2 >> 2u), (_buffer_sizes.size1 - 0 - 4) / 4)];
    uint _e6 = byte_of(_e5, index_2);
    return _e6;
}

metal::int3 pixel(
    uint x_2,
    uint y,
    constant Params& params,
    device type_5 const& source,
    device type_5 const& codes,
    constant _mslBufferSizes& _buffer_sizes
) {
    metal::uint3 bytes = {};
    metal::uint2 _e5 = params.size;
    metal::uint2 at_1 = metal::min(metal::uint2(x_2, y), _e5 - metal::uint2(1u));
    uint _e12 = params.source_offset;
    uint _e16 = params.source_stride;
    uint row = _e12 + (at_1.y * _e16);
    uint _e21 = params.texel;
    if (_e21 == HALVES) {
        uint red_green = source[metal::min(unsigned(row + (2u * at_1.x)), (_buffer_sizes.size1 - 0 - 4) / 4)];
        uint blue_alpha = source[metal::min(unsigned((row + (2u * at_1.x)) + 1u), (_buffer_sizes.size1 - 0 - 4) / 4)];
        uint _e42 = half_float(red_green & 65535u);
        uint _e43 = code(_e42, codes, _buffer_sizes);
        uint _e46 = half_float(red_green >> 16u);
        uint _e47 = code(_e46, codes, _buffer_sizes);
        uint _e50 = half_float(blue_alpha & 65535u);
        uint _e51 = code(_e50, codes, _buffer_sizes);
        return static_cast<metal::int3>(metal::uint3(_e43, _e47, _e51));
    }
    uint _e57 = params.texel;
    if (_e57 == BYTES) {
        uint first = row + (3u * at_1.x);
        uint _e64 = source_byte(first, source, _buffer_sizes);
        uint _e67 = source_byte(first + 1u, source, _buffer_sizes);
        uint _e70 = source_byte(first + 2u, source, _buffer_sizes);
        bytes = metal::uint3(_e64, _e67, _e70);
    } else {
        uint word_2 = source[metal::min(unsigned(row + at_1.x), (_buffer_sizes.size1 - 0 - 4) / 4)];
        uint _e79 = params.red_shift;
        uint _e85 = params.blue_shift;
        bytes = metal::uint3(word_2 >> _e79, word_2 >> 8u, word_2 >> _e85) & metal::uint3(255u);
    }
    uint _e93 = params.coded;
    if (_e93 != 0u) {
        uint _e97 = bytes.x;
        uint _e98 = code(_e97, codes, _buffer_sizes);
        uint _e100 = bytes.y;
        uint _e101 = code(_e100, codes, _buffer_sizes);
        uint _e103 = bytes.z;
        uint _e104 = code(_e103, codes, _buffer_sizes);
        return static_cast<metal::int3>(metal::uint3(_e98, _e101, _e104));
    }
    metal::uint3 _e107 = bytes;
    return static_cast<metal::int3>(_e107);
}

int weighted(
    metal::int4 weights,
    metal::int3 rgb
) {
    return as_type<int>(as_type<uint>(as_type<int>(as_type<uint>(as_type<int>(as_type<uint>(as_type<int>(as_type<uint>(weights.x) * as_type<uint>(rgb.x))) + as_type<uint>(as_type<int>(as_type<uint>(weights.y) * as_type<uint>(rgb.y))))) + as_type<uint>(as_type<int>(as_type<uint>(weights.z) * as_type<uint>(rgb.z))))) + as_type<uint>(weights.w));
}

uint luma(
    metal::int3 rgb_1,
    constant Params& params
) {
    metal::int4 _e3 = params.luma;
    int _e4 = weighted(_e3, rgb_1);
    int sum_1 = _e4 >> WEIGHT_BITS;
    return static_cast<uint>(metal::clamp(sum_1, 0, 255));
}

uint chroma(
    metal::int4 weights_1,
    metal::int3 sum_of_four
) {
    int _e2 = weighted(weights_1, sum_of_four);
    int sum_2 = _e2 >> CHROMA_BITS;
    return static_cast<uint>(metal::clamp(sum_2, 0, 255));
}

bool put(
    uint index_3,
    uint word_1,
    device type_5& yuv,
    constant _mslBufferSizes& _buffer_sizes
) {
    uint _e4 = yuv[metal::min(unsigned(index_3), (_buffer_sizes.size3 - 0 - 4) / 4)];
    if (_e4 == word_1) {
        return false;
    }
    yuv[metal::min(unsigned(index_3), (_buffer_sizes.size3 - 0 - 4) / 4)] = word_1;
    return true;
}

uint bytes_1(
    metal::uint4 four
) {
    return ((four.x | (four.y << 8u)) | (four.z << 16u)) | (four.w << 24u);
}

void store(
    metal::uint2 group,
    metal::uint2 top_2,
    metal::uint2 bottom_2,
    metal::uint4 u_2,
    metal::uint4 v_2,
    constant Params& params,
    device type_5& yuv,
    device type_7& changes,
    constant _mslBufferSizes& _buffer_sizes
) {
    bool changed = {};
    Planes planes = params.target_planes;
    uint luma_1 = ((2u * group.y) * planes.luma_stride) + (2u * group.x);
    bool _e18 = put(luma_1, top_2.x, yuv, _buffer_sizes);
    changed = _e18;
    bool _e20 = changed;
    bool _e24 = put(luma_1 + 1u, top_2.y, yuv, _buffer_sizes);
    changed = _e20 | _e24;
    bool _e26 = changed;
    bool _e30 = put(luma_1 + planes.luma_stride, bottom_2.x, yuv, _buffer_sizes);
    changed = _e26 | _e30;
    bool _e32 = changed;
    bool _e38 = put((luma_1 + planes.luma_stride) + 1u, bottom_2.y, yuv, _buffer_sizes);
    changed = _e32 | _e38;
    uint row_1 = group.y * planes.chroma_stride;
    uint _e45 = params.planar;
    if (_e45 != 0u) {
        bool _e48 = changed;
        uint _e53 = bytes_1(u_2);
        bool _e54 = put((planes.u + row_1) + group.x, _e53, yuv, _buffer_sizes);
        changed = _e48 | _e54;
        bool _e56 = changed;
        uint _e61 = bytes_1(v_2);
        bool _e62 = put((planes.v + row_1) + group.x, _e61, yuv, _buffer_sizes);
        changed = _e56 | _e62;
    } else {
        bool _e64 = changed;
        uint _e76 = bytes_1(metal::uint4(u_2.x, v_2.x, u_2.y, v_2.y));
        bool _e77 = put((planes.u + row_1) + (2u * group.x), _e76, yuv, _buffer_sizes);
        changed = _e64 | _e77;
        bool _e79 = changed;
        uint _e93 = bytes_1(metal::uint4(u_2.z, v_2.z, u_2.w, v_2.w));
        bool _e94 = put(((planes.u + row_1) + (2u * group.x)) + 1u, _e93, yuv, _buffer_sizes);
        changed = _e79 | _e94;
    }
    bool _e96 = changed;
    if (_e96) {
        uint _e102 = params.block_columns;
        uint block = ((group.y / 8u) * _e102) + (group.x / 2u);
        uint _e116 = metal::atomic_fetch_or_explicit(&changes[metal::min(unsigned(block >> 5u), (_buffer_sizes.size4 - 0 - 4) / 4)], 1u << (block & 31u), metal::memory_order_relaxed);
        return;
    } else {
        return;
    }
}

uint mean(
    uint plane,
    uint stride,
    metal::uint4 ratio,
    metal::uint2 at,
    device type_5 const& source,
    constant _mslBufferSizes& _buffer_sizes
) {
    uint sum = 0u;
    uint y_1 = {};
    uint row_sum = {};
    uint x_3 = {};
    metal::uint2 over = ratio.xy;
    metal::uint2 under = ratio.zw;
    metal::uint2 begin = at * over;
    metal::uint2 end = begin + over;
    y_1 = begin.y / under.y;
    bool loop_init = true;
    while(true) {
        if (!loop_init) {
            uint _e79 = y_1;
            y_1 = _e79 + 1u;
        }
        loop_init = false;
        uint _e14 = y_1;
        if ((_e14 * under.y) < end.y) {
        } else {
            break;
        }
        {
            uint _e20 = y_1;
            uint _e27 = y_1;
            uint height = metal::min(end.y, (_e20 + 1u) * under.y) - metal::max(begin.y, _e27 * under.y);
            uint _e32 = y_1;
            uint row_2 = plane + (_e32 * stride);
            row_sum = 0u;
            x_3 = begin.x / under.x;
            bool loop_init_1 = true;
            while(true) {
                if (!loop_init_1) {
                    uint _e72 = x_3;
                    x_3 = _e72 + 1u;
                }
                loop_init_1 = false;
                uint _e41 = x_3;
                if ((_e41 * under.x) < end.x) {
                } else {
                    break;
                }
                {
                    uint _e47 = x_3;
                    uint _e54 = x_3;
                    uint width = metal::min(end.x, (_e47 + 1u) * under.x) - metal::max(begin.x, _e54 * under.x);
                    uint _e59 = row_sum;
                    uint _e61 = x_3;
                    uint _e66 = source[metal::min(unsigned(row_2 + (_e61 >> 2u)), (_buffer_sizes.size1 - 0 - 4) / 4)];
                    uint _e67 = x_3;
                    uint _e68 = byte_of(_e66, _e67);
                    row_sum = _e59 + (width * _e68);
                }
            }
            uint _e74 = sum;
            uint _e75 = row_sum;
            sum = _e74 + (height * _e75);
        }
    }
    uint whole = over.x * over.y;
    uint _e84 = sum;
    return (_e84 + (whole / 2u)) / whole;
}

struct convertInput {
};
[[max_total_threads_per_threadgroup(64)]] kernel void convert(
  metal::uint3 id [[thread_position_in_grid]]
, constant Params& params [[buffer(0)]]
, device type_5 const& source [[buffer(1)]]
, device type_5 const& codes [[buffer(2)]]
, device type_5& yuv [[buffer(3)]]
, device type_7& changes [[buffer(4)]]
, constant _mslBufferSizes& _buffer_sizes [[buffer(5)]]
) {
    metal::uint2 top = metal::uint2 {};
    metal::uint2 bottom = metal::uint2 {};
    metal::uint4 u = metal::uint4 {};
    metal::uint4 v = metal::uint4 {};
    uint pair = 0u;
    metal::uint2 _e4 = params.groups;
    if (metal::any(id.xy >= _e4)) {
        return;
    }
    uint x_4 = id.x * 8u;
    uint y_2 = id.y * 2u;
    uint _e24 = params.size.x;
    uint last_pair = (_e24 - 1u) & 4294967294u;
    bool loop_init_2 = true;
    while(true) {
        if (!loop_init_2) {
            uint _e93 = pair;
            pair = _e93 + 1u;
        }
        loop_init_2 = false;
        uint _e31 = pair;
        if (_e31 < 4u) {
        } else {
            break;
        }
        {
            uint _e35 = pair;
            uint left = metal::min(x_4 + (2u * _e35), last_pair);
            metal::int3 _e39 = pixel(left, y_2, params, source, codes, _buffer_sizes);
            metal::int3 _e42 = pixel(left + 1u, y_2, params, source, codes, _buffer_sizes);
            metal::int3 _e45 = pixel(left, y_2 + 1u, params, source, codes, _buffer_sizes);
            metal::int3 _e50 = pixel(left + 1u, y_2 + 1u, params, source, codes, _buffer_sizes);
            uint _e51 = pair;
            uint word_3 = _e51 >> 1u;
            uint _e54 = pair;
            uint shift = (_e54 & 1u) * 16u;
            uint _e60 = top[metal::min(unsigned(word_3), 1u)];
            uint _e61 = luma(_e39, params);
            uint _e62 = luma(_e42, params);
            top[metal::min(unsigned(word_3), 1u)] = _e60 | ((_e61 | (_e62 << 8u)) << shift);
            uint _e69 = bottom[metal::min(unsigned(word_3), 1u)];
            uint _e70 = luma(_e45, params);
            uint _e71 = luma(_e50, params);
            bottom[metal::min(unsigned(word_3), 1u)] = _e69 | ((_e70 | (_e71 << 8u)) << shift);
            metal::int3 sum_3 = as_type<metal::int3>(as_type<metal::uint3>(as_type<metal::int3>(as_type<metal::uint3>(as_type<metal::int3>(as_type<metal::uint3>(_e39) + as_type<metal::uint3>(_e42))) + as_type<metal::uint3>(_e45))) + as_type<metal::uint3>(_e50));
            uint _e80 = pair;
            metal::int4 _e84 = params.u;
            uint _e85 = chroma(_e84, sum_3);
            u[metal::min(unsigned(_e80), 3u)] = _e85;
            uint _e86 = pair;
            metal::int4 _e90 = params.v;
            uint _e91 = chroma(_e90, sum_3);
            v[metal::min(unsigned(_e86), 3u)] = _e91;
        }
    }
    metal::uint2 _e96 = top;
    metal::uint2 _e97 = bottom;
    metal::uint4 _e98 = u;
    metal::uint4 _e99 = v;
    store(id.xy, _e96, _e97, _e98, _e99, params, yuv, changes, _buffer_sizes);
    return;
}


struct scaleInput {
};
[[max_total_threads_per_threadgroup(64)]] kernel void scale(
  metal::uint3 id_1 [[thread_position_in_grid]]
, constant Params& params [[buffer(0)]]
, device type_5 const& source [[buffer(1)]]
, device type_5& yuv [[buffer(3)]]
, device type_7& changes [[buffer(4)]]
, constant _mslBufferSizes& _buffer_sizes [[buffer(5)]]
) {
    metal::uint2 top_1 = metal::uint2 {};
    metal::uint2 bottom_1 = metal::uint2 {};
    metal::uint4 u_1 = metal::uint4 {};
    metal::uint4 v_1 = metal::uint4 {};
    uint x = 0u;
    uint x_1 = 0u;
    metal::uint2 _e4 = params.groups;
    if (metal::any(id_1.xy >= _e4)) {
        return;
    }
    metal::uint2 at_2 = id_1.xy * metal::uint2(8u, 2u);
    Planes planes_1 = params.scaled_planes;
    bool loop_init_3 = true;
    while(true) {
        if (!loop_init_3) {
            uint _e83 = x;
            x = _e83 + 1u;
        }
        loop_init_3 = false;
        uint _e25 = x;
        if (_e25 < 8u) {
        } else {
            break;
        }
        {
            uint _e29 = x;
            uint _e34 = params.last.x;
            uint column = metal::min(at_2.x + _e29, _e34);
            uint _e44 = params.last.y;
            metal::uint2 rows = metal::min(metal::uint2(at_2.y, at_2.y + 1u), metal::uint2(_e44));
            uint _e47 = x;
            uint shift_1 = (_e47 & 3u) * 8u;
            uint _e52 = x;
            uint _e56 = top_1[metal::min(unsigned(_e52 >> 2u), 1u)];
            metal::uint4 _e61 = params.luma_ratio;
            uint _e64 = mean(0u, planes_1.luma_stride, _e61, metal::uint2(column, rows.x), source, _buffer_sizes);
            top_1[metal::min(unsigned(_e52 >> 2u), 1u)] = _e56 | (_e64 << shift_1);
            uint _e67 = x;
            uint _e71 = bottom_1[metal::min(unsigned(_e67 >> 2u), 1u)];
            metal::uint4 _e76 = params.luma_ratio;
            uint _e79 = mean(0u, planes_1.luma_stride, _e76, metal::uint2(column, rows.y), source, _buffer_sizes);
            bottom_1[metal::min(unsigned(_e67 >> 2u), 1u)] = _e71 | (_e79 << shift_1);
        }
    }
    bool loop_init_4 = true;
    while(true) {
        if (!loop_init_4) {
            uint _e119 = x_1;
            x_1 = _e119 + 1u;
        }
        loop_init_4 = false;
        uint _e87 = x_1;
        if (_e87 < 4u) {
        } else {
            break;
        }
        {
            uint _e93 = x_1;
            metal::uint4 _e99 = params.last;
            metal::uint2 sample = metal::min((at_2 / metal::uint2(2u)) + metal::uint2(_e93, 0u), _e99.zw);
            uint _e102 = x_1;
            metal::uint4 _e108 = params.chroma_ratio;
            uint _e109 = mean(planes_1.u, planes_1.chroma_stride, _e108, sample, source, _buffer_sizes);
            u_1[metal::min(unsigned(_e102), 3u)] = _e109;
            uint _e110 = x_1;
            metal::uint4 _e116 = params.chroma_ratio;
            uint _e117 = mean(planes_1.v, planes_1.chroma_stride, _e116, sample, source, _buffer_sizes);
            v_1[metal::min(unsigned(_e110), 3u)] = _e117;
        }
    }
    metal::uint2 _e122 = top_1;
    metal::uint2 _e123 = bottom_1;
    metal::uint4 _e124 = u_1;
    metal::uint4 _e125 = v_1;
    store(id_1.xy, _e122, _e123, _e124, _e125, params, yuv, changes, _buffer_sizes);
    return;
}


struct packInput {
};
[[max_total_threads_per_threadgroup(64)]] kernel void pack(
  metal::uint3 id_2 [[thread_position_in_grid]]
, constant Params& params [[buffer(0)]]
, device type_5 const& source [[buffer(1)]]
, device type_5 const& codes [[buffer(2)]]
, device type_5& yuv [[buffer(3)]]
, constant _mslBufferSizes& _buffer_sizes [[buffer(5)]]
) {
    metal::uint2 _e4 = params.size;
    if (metal::any(id_2.xy >= _e4)) {
        return;
    }
    metal::int3 _e9 = pixel(id_2.x, id_2.y, params, source, codes, _buffer_sizes);
    metal::uint3 rgb_2 = static_cast<metal::uint3>(_e9);
    uint _e16 = params.size.x;
    yuv[metal::min(unsigned((id_2.y * _e16) + id_2.x), (_buffer_sizes.size3 - 0 - 4) / 4)] = ((rgb_2.x | (rgb_2.y << 8u)) | (rgb_2.z << 16u)) | 4278190080u;
    return;
}
