// As much of Metal's language and library as the kernels use, in C++: for tests on machines without Metal.
#pragma once
#include <cstring>

#define kernel
#define device
#define constant

typedef unsigned int uint;

namespace metal {

using uint = unsigned int;
using atomic_uint = unsigned int;
enum { memory_order_relaxed };

template <class T> struct vec2 {
    T x, y;
    vec2() : x(0), y(0) {}
    explicit vec2(T all) : x(all), y(all) {}
    vec2(T x, T y) : x(x), y(y) {}
    T &operator[](unsigned index) { return index ? y : x; }
};

template <class T> struct vec3 {
    T x, y, z;
    vec3() : x(0), y(0), z(0) {}
    explicit vec3(T all) : x(all), y(all), z(all) {}
    vec3(T x, T y, T z) : x(x), y(y), z(z) {}
    template <class U> explicit vec3(vec3<U> o) : x(T(o.x)), y(T(o.y)), z(T(o.z)) {}
    vec2<T> xy() const { return {x, y}; }
};

template <class T> struct alignas(16) vec4 {
    T x, y, z, w;
    vec4() : x(0), y(0), z(0), w(0) {}
    vec4(T x, T y, T z, T w) : x(x), y(y), z(z), w(w) {}
    vec2<T> xy() const { return {x, y}; }
    vec2<T> zw() const { return {z, w}; }
    T &operator[](unsigned index) { return index == 0 ? x : index == 1 ? y : index == 2 ? z : w; }
};

#define EACH(op)                                                                                       \
    template <class T> vec2<T> operator op(vec2<T> a, vec2<T> b) { return {a.x op b.x, a.y op b.y}; }  \
    template <class T> vec3<T> operator op(vec3<T> a, vec3<T> b) {                                     \
        return {a.x op b.x, a.y op b.y, a.z op b.z};                                                   \
    }
EACH(+)
EACH(-)
EACH(*)
EACH(/)
EACH(&)

// The size of a vector of two is its alignment too.
struct alignas(8) uint2 : vec2<uint> {
    using vec2<uint>::vec2;
    uint2() {}
    uint2(vec2<uint> o) : vec2<uint>(o) {}
};
using uint3 = vec3<uint>;
using uint4 = vec4<uint>;
using int3 = vec3<int>;
using int4 = vec4<int>;

template <class T> vec2<bool> operator>=(vec2<T> a, vec2<T> b) { return {a.x >= b.x, a.y >= b.y}; }
inline bool any(vec2<bool> of) { return of.x || of.y; }
inline uint min(uint a, uint b) { return a < b ? a : b; }
inline uint max(uint a, uint b) { return a > b ? a : b; }
inline uint2 min(vec2<uint> a, vec2<uint> b) { return {min(a.x, b.x), min(a.y, b.y)}; }
inline int clamp(int value, int least, int most) {
    return value < least ? least : value > most ? most : value;
}
inline uint atomic_fetch_or_explicit(atomic_uint *at, uint bits, int) {
    uint before = *at;
    *at |= bits;
    return before;
}

} // namespace metal

template <class T, class U> T as_type(U from) {
    static_assert(sizeof(T) == sizeof(U), "the bits are the same");
    T to;
    std::memcpy(static_cast<void *>(&to), static_cast<const void *>(&from), sizeof to);
    return to;
}
