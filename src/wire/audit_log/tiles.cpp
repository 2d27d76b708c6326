// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/tiles.hpp"

#include <cstring>

namespace voltkeep::audit_log {

namespace {

std::unexpected<Error> bad(std::string_view what) { return fail(Errc::malformed, "tile: " + std::string(what)); }

/// floor(size / 256^level)
std::uint64_t subtrees(std::uint64_t size, unsigned level) { return level < tile_levels ? size >> (8 * level) : 0; }

/// "x001/x234/067"
std::string write_index(std::uint64_t index) {
    const auto three = [](std::uint64_t n) {
        const std::string digits = std::to_string(n);
        return std::string(3 - digits.size(), '0') + digits;
    };
    std::string text = three(index % 1000);
    for (index /= 1000; index > 0; index /= 1000) text = "x" + three(index % 1000) + "/" + text;
    return text;
}

Result<std::uint64_t> read_index(std::string_view text) {
    std::uint64_t index = 0;
    for (std::string_view rest = text;;) {
        const bool is_last = !rest.starts_with('x');
        if (!is_last) rest.remove_prefix(1);
        if (rest.size() < 3) return bad("its index is not in groups of three digits");
        for (const char c : rest.substr(0, 3)) {
            if (c < '0' || c > '9') return bad("its index is not in groups of three digits");
            if (index > (UINT64_MAX - 9) / 10) return bad("its index is too high");
            index = index * 10 + static_cast<std::uint64_t>(c - '0');
        }
        rest.remove_prefix(3);
        if (is_last) {
            if (!rest.empty() || write_index(index) != text) return bad("its index is not in its shortest form");
            return index;
        }
        if (!rest.starts_with('/')) return bad("its index is not in groups of three digits");
        rest.remove_prefix(1);
    }
}

}  // namespace

std::string write_tile_path(const TileName& tile) {
    std::string path = "tile/" + (tile.level ? std::to_string(*tile.level) : "entries") + "/" + write_index(tile.index);
    if (tile.width != tile_width) path += ".p/" + std::to_string(tile.width);
    return path;
}

Result<TileName> read_tile_path(std::string_view path) {
    if (path.size() > 64) return bad("its path is too long");
    if (!path.starts_with("tile/")) return bad("its path does not begin with tile/");
    path.remove_prefix(5);
    TileName tile;
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return bad("its path has no index");
    if (path.substr(0, slash) != "entries") {
        const std::uint64_t level = TRY(read_decimal(path.substr(0, slash)));
        if (level > 63) return bad("its level is over 63");
        tile.level = static_cast<unsigned>(level);
    }
    path.remove_prefix(slash + 1);
    if (const std::size_t partial = path.find(".p/"); partial != std::string_view::npos) {
        const std::uint64_t width = TRY(read_decimal(path.substr(partial + 3)));
        if (width == 0 || width >= tile_width) return bad("the width of a partial one is 1 to 255");
        tile.width = static_cast<unsigned>(width);
        path = path.substr(0, partial);
    }
    tile.index = TRY(read_index(path));
    return tile;
}

unsigned width_in(std::uint64_t size, unsigned level, std::uint64_t index) {
    const std::uint64_t all = subtrees(size, level);
    if (index > all / tile_width) return 0;
    return static_cast<unsigned>(std::min<std::uint64_t>(tile_width, all - index * tile_width));
}

std::vector<TileName> new_tiles(std::uint64_t before, std::uint64_t size) {
    std::vector<TileName> tiles;
    for (unsigned level = 0; level < tile_levels; ++level) {
        const std::uint64_t old = subtrees(before, level), all = subtrees(size, level);
        if (all <= old) break;   // nothing new here, so nothing above
        for (std::uint64_t index = old / tile_width; index <= all / tile_width; ++index)
            if (const unsigned width = width_in(size, level, index); width > 0) tiles.push_back({level, index, width});
    }
    return tiles;
}

std::vector<std::byte> write_tile(std::span<const Hash> hashes) {
    std::vector<std::byte> bytes;
    bytes.reserve(hashes.size() * sizeof(Hash));
    for (const Hash& hash : hashes)
        for (const std::uint8_t octet : hash) bytes.push_back(std::byte{octet});
    return bytes;
}

Result<std::vector<Hash>> read_tile(Bytes bytes, unsigned width) {
    if (bytes.size() != width * sizeof(Hash)) return bad("it has not as many hashes as its name says");
    std::vector<Hash> hashes(width);
    for (std::size_t i = 0; i < width; ++i) std::memcpy(hashes[i].data(), bytes.data() + i * sizeof(Hash), sizeof(Hash));
    return hashes;
}

std::vector<std::byte> write_entries(std::span<const std::vector<std::byte>> entries) {
    std::vector<std::byte> bundle;
    for (const auto& entry : entries) {
        CHECK(entry.size() <= 0xffff);
        bundle.push_back(std::byte(entry.size() >> 8));
        bundle.push_back(std::byte(entry.size() & 0xff));
        bundle.insert(bundle.end(), entry.begin(), entry.end());
    }
    return bundle;
}

Result<std::vector<Bytes>> read_entries(Bytes bundle, unsigned width) {
    std::vector<Bytes> entries;
    for (unsigned i = 0; i < width; ++i) {
        if (bundle.size() < 2) return bad("it has fewer entries than its name says");
        const std::size_t size = std::to_integer<std::size_t>(bundle[0]) << 8 | std::to_integer<std::size_t>(bundle[1]);
        if (bundle.size() - 2 < size) return bad("an entry is cut off");
        entries.push_back(bundle.subspan(2, size));
        bundle = bundle.subspan(2 + size);
    }
    if (!bundle.empty()) return bad("it has more entries than its name says");
    return entries;
}

Nodes nodes_of(std::uint64_t size, Tiles tiles) {
    return [size, tiles = std::move(tiles)](unsigned level, std::uint64_t index) -> Result<Hash> {
        // A subtree of 2^level leaves stands above 2^(level mod 8) hashes of one tile: 256 is a multiple of their number.
        const unsigned tile_level = level / 8, height = level % 8;
        const auto missing = [] { return fail(Errc::not_found, "the tree has no such subtree"); };
        if (tile_level >= tile_levels || index > UINT64_MAX >> height) return missing();
        const std::uint64_t first = index << height;
        TileName tile{tile_level, first / tile_width, 0};
        tile.width = width_in(size, tile_level, tile.index);
        const std::size_t from = first % tile_width, count = std::size_t{1} << height;
        if (tile.width < from + count) return missing();
        const auto bytes = TRY(tiles(tile));
        std::vector<Hash> row = TRY(read_tile(bytes, tile.width));
        row = {row.begin() + static_cast<std::ptrdiff_t>(from), row.begin() + static_cast<std::ptrdiff_t>(from + count)};
        for (std::size_t n = count; n > 1; n /= 2)
            for (std::size_t i = 0; i < n / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
        return row[0];
    };
}

}  // namespace voltkeep::audit_log
