// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/tiles.hpp"

#include <gtest/gtest.h>

#include <map>

namespace voltkeep::audit_log {
namespace {

std::string path_of(std::optional<unsigned> level, std::uint64_t index, unsigned width = tile_width) {
    return write_tile_path({level, index, width});
}

}  // namespace

TEST(Tiles, have_the_paths_of_the_format) {
    EXPECT_EQ(path_of(0, 1234067), "tile/0/x001/x234/067");
    EXPECT_EQ(path_of(1, 0, 17), "tile/1/000.p/17");
    EXPECT_EQ(path_of(std::nullopt, 999), "tile/entries/999");
    EXPECT_EQ(path_of(std::nullopt, 1000, 1), "tile/entries/x001/000.p/1");
    for (const std::uint64_t index :
         {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{1000}, std::uint64_t{1234067}, UINT64_MAX / 256}) {
        const TileName tile{3, index, 255};
        EXPECT_EQ(*read_tile_path(write_tile_path(tile)), tile);
    }
    for (const std::string_view path :
         {"", "tile/", "tile/0", "tile/0/", "tile/0/1", "tile/0/0000", "tile/0/x000/001", "tile/00/001", "tile/64/001",
          "tile/-1/001", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/", "tile/0/x001", "tile/0/001/002", "tile/0/../001",
          "tile/entry/001", "tile/0/x999/x999/x999/x999/x999/x999/999"})
        EXPECT_FALSE(read_tile_path(path)) << path;
}

TEST(Tiles, a_tree_of_70000_has_those_of_the_example) {
    std::map<std::pair<unsigned, unsigned>, int> count;   // by level and width
    for (const TileName& tile : new_tiles(0, 70000)) ++count[{*tile.level, tile.width}];
    EXPECT_EQ(count, (std::map<std::pair<unsigned, unsigned>, int>{
                         {{0, 256}, 273}, {{0, 112}, 1}, {{1, 256}, 1}, {{1, 17}, 1}, {{2, 1}, 1}}));
    EXPECT_EQ(new_tiles(0, 256), (std::vector<TileName>{{0, 0, 256}, {1, 0, 1}}));
    EXPECT_EQ(new_tiles(255, 257), (std::vector<TileName>{{0, 0, 256}, {0, 1, 1}, {1, 0, 1}}));
    EXPECT_TRUE(new_tiles(5, 5).empty());
}

TEST(Tiles, give_every_subtree_of_the_tree_and_none_that_it_does_not_have) {
    constexpr std::uint64_t size = 66'000;   // three levels
    std::map<std::pair<unsigned, std::uint64_t>, Hash> subtrees;
    Peaks peaks;
    for (std::uint64_t i = 0; i < size; ++i)
        peaks.append(leaf_hash(as_bytes(std::to_string(i))),
                     [&](unsigned level, std::uint64_t index, const Hash& hash) { subtrees[{level, index}] = hash; });
    std::map<std::string, std::vector<std::byte>> files;
    for (const TileName& tile : new_tiles(0, size)) {
        std::vector<Hash> row;
        for (std::uint64_t i = 0; i < tile.width; ++i) row.push_back(subtrees.at({*tile.level * 8, tile.index * tile_width + i}));
        files[write_tile_path(tile)] = write_tile(row);
    }
    const Nodes nodes =
        nodes_of(size, [&](const TileName& tile) -> Result<std::vector<std::byte>> { return files.at(write_tile_path(tile)); });
    EXPECT_EQ(*root_of(size, nodes), peaks.root());
    for (unsigned level = 0; level <= 17; ++level)
        for (const std::uint64_t index : {std::uint64_t{0}, (size >> level) / 2, (size >> level) - 1, size >> level}) {
            if (const auto found = subtrees.find({level, index}); found != subtrees.end())
                EXPECT_EQ(*nodes(level, index), found->second) << level << " " << index;
            else EXPECT_FALSE(nodes(level, index)) << level << " " << index;
        }
    EXPECT_FALSE(nodes(63, 1));
    EXPECT_FALSE(nodes(64, 0));
    EXPECT_FALSE(nodes(7, UINT64_MAX));
}

TEST(Tiles, entry_bundles_are_the_entries_behind_their_lengths) {
    std::vector<std::vector<std::byte>> entries{{std::byte{1}, std::byte{2}}, {}, std::vector<std::byte>(300, std::byte{3})};
    const auto bundle = write_entries(entries);
    const auto read = read_entries(bundle, 3);
    ASSERT_TRUE(read);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(std::ranges::equal((*read)[i], entries[i]));
    EXPECT_FALSE(read_entries(bundle, 2));
    EXPECT_FALSE(read_entries(bundle, 4));
    for (std::size_t n = 0; n < bundle.size(); ++n) EXPECT_FALSE(read_entries(Bytes(bundle).first(n), 3)) << n;
    EXPECT_FALSE(read_tile(Bytes(bundle).first(63), 2));
}

}  // namespace voltkeep::audit_log
