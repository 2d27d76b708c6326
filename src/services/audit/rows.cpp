// SPDX-License-Identifier: Apache-2.0
#include "rows.hpp"

#include <bit>
#include <filesystem>

#include "kernel/config.hpp"

namespace voltkeep::audit {

using audit_log::Hash;
using audit_log::TileName;

namespace {

Result<std::vector<std::byte>> read_file_of(const std::string& folder, const TileName& tile) {
    return kernel::read_file(folder + "/" + audit_log::write_tile_path(tile), audit_log::tile_width * sizeof(Hash));
}

}  // namespace

Result<Rows> Rows::restore(std::string folder, std::uint64_t size) {
    Rows rows(std::move(folder));
    for (unsigned level = 0; level < audit_log::tile_levels && size >> (8 * level) > 0; ++level) {
        const std::uint64_t index = (size >> (8 * level)) / audit_log::tile_width;
        rows.rows_.emplace_back();
        const unsigned width = audit_log::width_in(size, level, index);
        if (width == 0) continue;
        const auto bytes = TRY(read_file_of(rows.folder_, {level, index, width}));
        rows.rows_.back() = TRY(audit_log::read_tile(bytes, width));
    }
    std::vector<Hash> peaks;
    const auto nodes = audit_log::nodes_of(size, [&rows](const TileName& tile) { return rows.tile(tile); });
    for (unsigned level = 64; level-- > 0;)
        if ((size >> level & 1) != 0) peaks.push_back(TRY(nodes(level, (size >> level) - 1)));
    rows.peaks_ = TRY(audit_log::Peaks::restore(size, std::move(peaks)));
    return rows;
}

Result<std::vector<std::byte>> Rows::tile(const TileName& tile) const {
    if (const auto held = held_.find(tile); held != held_.end()) return audit_log::write_tile(held->second);
    if (tile.width == audit_log::tile_width) return read_file_of(folder_, tile);
    const std::size_t level = *tile.level;
    if (level >= rows_.size() || rows_[level].size() != tile.width) return fail(Errc::not_found, "no such tile");
    return audit_log::write_tile(rows_[level]);
}

void Rows::append(const Hash& leaf) {
    peaks_.append(leaf, [this](unsigned level, std::uint64_t index, const Hash& hash) {
        if (level % 8 != 0) return;
        const unsigned row = level / 8;
        if (rows_.size() <= row) rows_.resize(row + 1);
        rows_[row].push_back(hash);
        if (rows_[row].size() < audit_log::tile_width) return;
        const TileName tile{row, index / audit_log::tile_width, audit_log::tile_width};
        if (is_held_) held_[tile] = rows_[row];
        else write(tile, rows_[row]);
        rows_[row].clear();
    });
}

void Rows::release() {
    is_held_ = false;
    for (const auto& [tile, hashes] : std::exchange(held_, {})) write(tile, hashes);
}

Result<Hash> Rows::root_of(std::uint64_t size) const {
    if (size == this->size()) return root();
    return audit_log::root_of(size, audit_log::nodes_of(this->size(), [this](const TileName& wanted) { return tile(wanted); }));
}

void Rows::write_partial() const {
    for (unsigned level = 0; level < rows_.size(); ++level)
        if (!rows_[level].empty())
            write({level, (size() >> (8 * level)) / audit_log::tile_width, static_cast<unsigned>(rows_[level].size())},
                  rows_[level]);
}

void Rows::write(const TileName& tile, std::span<const Hash> hashes) const {
    const std::string path = folder_ + "/" + audit_log::write_tile_path(tile);
    const auto bytes = audit_log::write_tile(hashes);
    if (const auto there = read_file_of(folder_, tile); there && *there == bytes) return;
    std::error_code error;
    if (!std::filesystem::exists(folder_, error)) return;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    (void)kernel::write_file(path, bytes, 0640);   // what is not there is made again from the entries
}

}  // namespace voltkeep::audit
