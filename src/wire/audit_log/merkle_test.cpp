// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/merkle.hpp"

#include <gtest/gtest.h>

#include <map>

namespace voltkeep::audit_log {
namespace {

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// A tree that keeps every complete subtree, as tiles do.
struct Tree {
    Peaks peaks;
    std::map<std::pair<unsigned, std::uint64_t>, Hash> nodes;
    std::vector<Hash> roots{empty_root()};   ///< by size
    std::vector<Hash> leaves;

    void append(Bytes entry) {
        leaves.push_back(leaf_hash(entry));
        peaks.append(leaves.back(), [&](unsigned level, std::uint64_t index, const Hash& hash) { nodes[{level, index}] = hash; });
        roots.push_back(peaks.root());
    }
    [[nodiscard]] Nodes source() const {
        return [this](unsigned level, std::uint64_t index) -> Result<Hash> {
            const auto found = nodes.find({level, index});
            if (found == nodes.end()) return fail(Errc::not_found, "no such subtree");
            return found->second;
        };
    }
};

Tree tree_of(std::uint64_t size) {
    Tree tree;
    for (std::uint64_t i = 0; i < size; ++i) tree.append(bytes_of("entry " + std::to_string(i)));
    return tree;
}

}  // namespace

/// The vectors of the first implementations of RFC 6962.
TEST(Merkle, roots_are_those_of_the_known_vectors) {
    constexpr std::array<std::string_view, 8> leaves = {std::string_view(""),
                                                        std::string_view("\0", 1),
                                                        "\x10",
                                                        "\x20\x21",
                                                        "\x30\x31",
                                                        "\x40\x41\x42\x43",
                                                        "\x50\x51\x52\x53\x54\x55\x56\x57",
                                                        "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
    constexpr std::array<std::string_view, 9> roots = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                                       "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                                       "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                                       "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                                       "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                                       "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                                       "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                                       "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                                       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    Tree tree;
    for (std::size_t size = 0; size <= leaves.size(); ++size) {
        EXPECT_EQ(to_hex(tree.peaks.root()), roots[size]) << size;
        EXPECT_EQ(to_hex(*root_of(size, tree.source())), roots[size]) << size;
        if (size < leaves.size()) tree.append(bytes_of(leaves[size]));
    }
}

TEST(Merkle, every_entry_of_every_size_is_proved_and_no_other) {
    const Tree tree = tree_of(70);
    for (std::uint64_t size = 1; size <= 70; ++size)
        for (std::uint64_t index = 0; index < size; ++index) {
            const auto proof = prove_inclusion(index, size, tree.source());
            ASSERT_TRUE(proof);
            EXPECT_TRUE(check_inclusion(tree.leaves[index], index, size, *proof, tree.roots[size])) << index << " of " << size;
            EXPECT_FALSE(check_inclusion(tree.leaves[(index + 1) % 70], index, size, *proof, tree.roots[size]));
            EXPECT_FALSE(check_inclusion(tree.leaves[index], index, size, *proof, tree.roots[size - 1]));
            if (size > 1) {
                EXPECT_FALSE(check_inclusion(tree.leaves[index], (index + 1) % size, size, *proof, tree.roots[size]));
            }
            for (std::size_t i = 0; i < proof->size(); ++i) {
                auto bad = *proof;
                bad[i][7] ^= 1;
                EXPECT_FALSE(check_inclusion(tree.leaves[index], index, size, bad, tree.roots[size]));
                bad.resize(i);
                EXPECT_FALSE(check_inclusion(tree.leaves[index], index, size, bad, tree.roots[size]));
            }
        }
    EXPECT_EQ(prove_inclusion(5, 5, tree.source()).error().code, Errc::bad_argument);
}

TEST(Merkle, every_later_tree_is_proved_to_begin_with_every_earlier_one) {
    const Tree tree = tree_of(70), other = [] {
        Tree t;
        for (int i = 0; i < 70; ++i) t.append(bytes_of(i == 40 ? "another" : "entry " + std::to_string(i)));
        return t;
    }();
    for (std::uint64_t to = 1; to <= 70; ++to)
        for (std::uint64_t from = 1; from <= to; ++from) {
            const auto proof = prove_consistency(from, to, tree.source());
            ASSERT_TRUE(proof);
            EXPECT_TRUE(check_consistency(from, to, *proof, tree.roots[from], tree.roots[to])) << from << " to " << to;
            if (from > 40) { EXPECT_FALSE(check_consistency(from, to, *proof, other.roots[from], tree.roots[to])) << "a fork"; }
            if (from > 40) {
                EXPECT_FALSE(
                    check_consistency(from, to, *prove_consistency(from, to, other.source()), tree.roots[from], other.roots[to]));
            }
            for (std::size_t i = 0; i < proof->size(); ++i) {
                auto bad = *proof;
                bad[i][0] ^= 0x80;
                EXPECT_FALSE(check_consistency(from, to, bad, tree.roots[from], tree.roots[to]))
                    << from << " to " << to << ", hash " << i;
                bad.resize(i);
                EXPECT_FALSE(check_consistency(from, to, bad, tree.roots[from], tree.roots[to]));
            }
        }
    EXPECT_EQ(prove_consistency(0, 5, tree.source()).error().code, Errc::bad_argument);
    EXPECT_EQ(prove_consistency(6, 5, tree.source()).error().code, Errc::bad_argument);
}

TEST(Merkle, peaks_go_on_where_they_were_stored) {
    const Tree tree = tree_of(23);
    auto peaks = Peaks::restore(23, tree.peaks.hashes());
    ASSERT_TRUE(peaks);
    EXPECT_EQ(peaks->root(), tree.roots[23]);
    peaks->append(leaf_hash(bytes_of("entry 23")));
    EXPECT_EQ(peaks->root(), tree_of(24).roots[24]);
    EXPECT_FALSE(Peaks::restore(24, tree.peaks.hashes()));
}

}  // namespace voltkeep::audit_log
