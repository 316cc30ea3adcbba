// Runs one kernel as a device would, one thread after the other. On standard input: the number of the kernel, the columns
// and rows of the grid, and the five buffers in the order of their bindings, each behind its length. On standard output:
// the buffers of bindings 3 and 4.
#include "kernel.cpp"
#include <cstdio>
#include <cstdlib>
#include <vector>

static uint number() {
    uint read;
    if (std::fread(&read, sizeof read, 1, stdin) != 1) std::exit(2);
    return read;
}

static std::vector<uint> buffer() {
    uint len = number();
    std::vector<uint> words((len + 3) / 4);
    if (std::fread(words.data(), 1, len, stdin) != len) std::exit(3);
    return words;
}

int main() {
    uint which = number(), columns = number(), rows = number();
    std::vector<uint> told = buffer(), source = buffer(), codes = buffer(), yuv = buffer(), changes = buffer();
    // The host and the kernel agree on where each field lies.
    Params params;
    if (told.size() * 4 != sizeof params) return 4;
    std::memcpy(static_cast<void *>(&params), told.data(), sizeof params);
    auto len = [](const std::vector<uint> &words) { return uint(words.size() * 4); };
    _mslBufferSizes lengths = {len(source), len(codes), len(yuv), len(changes)};
    auto &read = *reinterpret_cast<type_5 *>(source.data());
    auto &table = *reinterpret_cast<type_5 *>(codes.data());
    auto &written = *reinterpret_cast<type_5 *>(yuv.data());
    auto &marked = *reinterpret_cast<type_7 *>(changes.data());
    // Whole threadgroups of 8x8.
    for (uint y = 0; y < (rows + 7) / 8 * 8; y++) {
        for (uint x = 0; x < (columns + 7) / 8 * 8; x++) {
            metal::uint3 id(x, y, 0);
            if (which == 0) convert(id, params, read, table, written, marked, lengths);
            if (which == 1) scale(id, params, read, written, marked, lengths);
            if (which == 2) pack(id, params, read, table, written, lengths);
        }
    }
    std::fwrite(yuv.data(), 4, yuv.size(), stdout);
    std::fwrite(changes.data(), 4, changes.size(), stdout);
}
