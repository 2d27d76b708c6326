// SPDX-License-Identifier: Apache-2.0
// The tree as files (C2SP tlog-tiles): a tile is up to 256 hashes, one behind the other. Tile N of level L has the roots of the
// complete subtrees of 256^L leaves, from subtree 256 N on. The last tile of each level may be partial: its width is in its name.
//
//   tile/0/x001/x234/067   tile/1/000.p/17   tile/entries/000
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wire/audit_log/merkle.hpp"

namespace voltkeep::audit_log {

inline constexpr unsigned tile_width = 256;
inline constexpr unsigned tile_levels = 8;   ///< a tree of 2^64 leaves has no more

/// Which tile: of hashes, or (no level) of the entries themselves.
struct TileName {
    std::optional<unsigned> level;
    std::uint64_t index = 0;
    unsigned width = tile_width;     ///< 1 to 256; 256: full

    friend auto operator<=>(const TileName&, const TileName&) = default;
};

/// The path of a tile under the log's prefix. Errors of read: malformed.
[[nodiscard]] std::string write_tile_path(const TileName& tile);
[[nodiscard]] Result<TileName> read_tile_path(std::string_view path);

/// The width that tile (level, index) has in a tree of `size` leaves; 0: it has none.
[[nodiscard]] unsigned width_in(std::uint64_t size, unsigned level, std::uint64_t index);
/// The tiles of hashes in which a tree of `size` leaves differs from one of `before` leaves, lowest level first.
[[nodiscard]] std::vector<TileName> new_tiles(std::uint64_t before, std::uint64_t size);

[[nodiscard]] std::vector<std::byte> write_tile(std::span<const Hash> hashes);
/// Errors: malformed (not `width` hashes).
[[nodiscard]] Result<std::vector<Hash>> read_tile(Bytes bytes, unsigned width);

/// Entries as an entry bundle: each behind its length (2 bytes, big-endian). An entry is at most 65535 bytes.
[[nodiscard]] std::vector<std::byte> write_entries(std::span<const std::vector<std::byte>> entries);
/// Errors: malformed (not `width` entries).
[[nodiscard]] Result<std::vector<Bytes>> read_entries(Bytes bundle, unsigned width);

/// Gives the bytes of a tile of hashes. Errors: what the storage says.
using Tiles = std::function<Result<std::vector<std::byte>>(const TileName&)>;
/// The subtrees of a tree of `size` leaves, out of its tiles. What it gives is as good as the tiles: compare the root.
[[nodiscard]] Nodes nodes_of(std::uint64_t size, Tiles tiles);

}  // namespace voltkeep::audit_log
