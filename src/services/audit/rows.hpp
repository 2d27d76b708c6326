// SPDX-License-Identifier: Apache-2.0
// The right edge of the log's tree, and its tiles as files under `tile/`. Full tiles are written as they complete. They can all
// be made again from the entries, so a tile that cannot be written costs nothing but a longer start. The partial ones, where a
// segment begins, let a start go on there without reading what stands before.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "wire/audit_log/tiles.hpp"

namespace voltkeep::audit {

class Rows {
public:
    /// Of the tree without a leaf. What completes is held back until `release`.
    explicit Rows(std::string folder) : folder_(std::move(folder)) {}

    /// The edge of the tree of `size` leaves, out of the tiles. Holds back as well. Errors: not_found, malformed, io (a tile is
    /// not there).
    static Result<Rows> restore(std::string folder, std::uint64_t size);

    void append(const audit_log::Hash& leaf);
    /// What was appended has proved to be good: writes the tiles that were held back, and from now on each when it is full.
    void release();
    [[nodiscard]] std::uint64_t size() const { return peaks_.size(); }
    [[nodiscard]] audit_log::Hash root() const { return peaks_.root(); }
    /// The root of the first `size` entries, out of tiles and edge. Errors: as restore.
    [[nodiscard]] Result<audit_log::Hash> root_of(std::uint64_t size) const;
    /// Writes the partial tiles of the edge.
    void write_partial() const;

private:
    [[nodiscard]] Result<std::vector<std::byte>> tile(const audit_log::TileName& tile) const;
    void write(const audit_log::TileName& tile, std::span<const audit_log::Hash> hashes) const;

    std::string folder_;
    bool is_held_ = true;
    std::map<audit_log::TileName, std::vector<audit_log::Hash>> held_;
    audit_log::Peaks peaks_;
    std::vector<std::vector<audit_log::Hash>> rows_;   ///< of each level the tile that is not full yet
};

}  // namespace voltkeep::audit
