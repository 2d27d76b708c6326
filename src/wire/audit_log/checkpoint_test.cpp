// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/checkpoint.hpp"

#include <gtest/gtest.h>

#include "wire/audit_log/proof_file.hpp"
#include "wire/audit_log/test_signer.hpp"
#include "wire/audit_log/tiles.hpp"

namespace voltkeep::audit_log {
namespace {

// The example of tlog-checkpoint and tlog-cosignature.
constexpr std::string_view known_text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
constexpr SignatureType every_type[] = {SignatureType::ed25519, SignatureType::ecdsa_p256, SignatureType::ml_dsa_44};

Checkpoint some_checkpoint() { return {"voltkeep.test/log", 42, leaf_hash(as_bytes("x"))}; }

Entry entry_of(std::uint64_t n) {
    return {"session", n, 3, 1000, 1'763'000'000'000, "session", 1, "{\"n\":" + std::to_string(n) + "}"};
}

}  // namespace

TEST(Checkpoint, the_known_example_is_read_and_written) {
    const auto checkpoint = read_checkpoint(known_text);
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
    EXPECT_EQ(checkpoint->size, 20852163u);
    EXPECT_EQ(to_hex(checkpoint->root), "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
    EXPECT_EQ(write_checkpoint(*checkpoint), known_text);
}

TEST(Checkpoint, no_other_form_is_taken) {
    for (std::size_t n = 0; n < known_text.size(); ++n) EXPECT_FALSE(read_checkpoint(known_text.substr(0, n))) << n;
    EXPECT_EQ(read_checkpoint(std::string(known_text) + "more\n").error().code, Errc::unsupported);
    EXPECT_FALSE(read_checkpoint("a\n042\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"));
    EXPECT_FALSE(read_checkpoint("a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"));
    EXPECT_FALSE(read_checkpoint("a\n18446744073709551616\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"));
    EXPECT_FALSE(read_checkpoint("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n"));
    EXPECT_FALSE(read_checkpoint("\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"));
}

TEST(Checkpoint, each_kind_of_signature_holds_and_binds_what_it_says) {
    for (const SignatureType type : every_type) {
        const TestSigner signer("voltkeep.test/log", type);
        const Checkpoint c = some_checkpoint();
        const auto checked = check_checkpoint(signer.note(c), {&signer.key(), 1});
        ASSERT_TRUE(checked) << static_cast<int>(type) << checked.error().what.view();
        EXPECT_EQ(checked->checkpoint, c);
        EXPECT_EQ(checked->by, std::vector<std::size_t>{0});
        EXPECT_EQ(checked->unix_s, type == SignatureType::ml_dsa_44 ? 1'763'000'000u : 0u);

        const NoteSignature line = MUST(sign_checkpoint(c, signer.key(), 1'763'000'000, signer.sign()));
        for (const Checkpoint& other : {Checkpoint{"voltkeep.test/other", c.size, c.root},
                                        Checkpoint{c.origin, c.size + 1, c.root}, Checkpoint{c.origin, c.size, empty_root()}})
            EXPECT_EQ(check_checkpoint(write_note({write_checkpoint(other), {line}}), {&signer.key(), 1}).error().code,
                      Errc::integrity);
        for (std::size_t i = 0; i < std::min<std::size_t>(line.bytes.size(), 80); ++i) {   // the time too, where there is one
            NoteSignature bad = line;
            bad.bytes[i] ^= std::byte{1};
            EXPECT_FALSE(check_checkpoint(write_note({write_checkpoint(c), {bad}}), {&signer.key(), 1}))
                << static_cast<int>(type) << " byte " << i;
        }
    }
}

TEST(Checkpoint, a_key_that_is_not_known_proves_nothing_and_one_false_signature_refuses_all) {
    const TestSigner first("voltkeep.test/log", SignatureType::ml_dsa_44), second("voltkeep.test/log", SignatureType::ecdsa_p256),
        stranger("voltkeep.test/log", SignatureType::ml_dsa_44);
    const Checkpoint c = some_checkpoint();
    Note note{write_checkpoint(c), {}};
    for (const TestSigner* signer : {&first, &second, &stranger})
        note.signatures.push_back(MUST(sign_checkpoint(c, signer->key(), 7, signer->sign())));
    const VerifierKey keys[] = {second.key(), first.key()};
    const auto both = check_checkpoint(write_note(note), keys);
    ASSERT_TRUE(both);
    EXPECT_EQ(both->by, (std::vector<std::size_t>{0, 1}));
    note.signatures[1].bytes[9] ^= std::byte{1};
    EXPECT_FALSE(check_checkpoint(write_note(note), keys));
    EXPECT_EQ(check_checkpoint(stranger.note(c), keys).error().code, Errc::integrity);
}

TEST(ProofFile, proves_every_entry_with_the_public_key_alone) {
    const TestSigner signer("voltkeep.test/log", SignatureType::ml_dsa_44);
    constexpr std::uint64_t size = 300;
    std::vector<Hash> leaves;
    Peaks peaks;
    for (std::uint64_t i = 0; i < size; ++i) {
        leaves.push_back(leaf_hash(encode(entry_of(i))));
        peaks.append(leaves.back());
    }
    const Nodes nodes = nodes_of(size, [&](const TileName& tile) -> Result<std::vector<std::byte>> {
        if (*tile.level == 0) return write_tile(std::span(leaves).subspan(tile.index * tile_width, tile.width));
        Peaks full;   // one tile of the level below is full
        for (std::size_t i = 0; i < tile_width; ++i) full.append(leaves[i]);
        return write_tile(full.hashes());
    });
    EXPECT_EQ(*root_of(size, nodes), peaks.root());
    const std::string note = signer.note({"voltkeep.test/log", size, peaks.root()});
    for (const std::uint64_t index : {0u, 1u, 63u, 255u, 256u, 299u}) {
        const ProofFile proof{encode(entry_of(index)), index, *prove_inclusion(index, size, nodes), note};
        const std::string text = write_proof(proof);
        EXPECT_EQ(*read_proof(text), proof);
        const auto proven = check_proof(text, {&signer.key(), 1});
        ASSERT_TRUE(proven) << proven.error().what.view();
        EXPECT_EQ(proven->entry, entry_of(index));
        EXPECT_EQ(proven->log.checkpoint.size, size);

        ProofFile bad = proof;
        bad.entry = encode(entry_of(index + 1));
        EXPECT_EQ(check_proof(write_proof(bad), {&signer.key(), 1}).error().code, Errc::integrity);
        bad = proof;
        bad.index = index ^ 1;
        EXPECT_FALSE(check_proof(write_proof(bad), {&signer.key(), 1}));
        bad = proof;
        bad.path.back()[31] ^= 1;
        EXPECT_FALSE(check_proof(write_proof(bad), {&signer.key(), 1}));
    }
    const std::string text = write_proof({encode(entry_of(5)), 5, *prove_inclusion(5, size, nodes), note});
    for (std::size_t n = 0; n < text.size(); n += 7) EXPECT_FALSE(check_proof(text.substr(0, n), {&signer.key(), 1})) << n;
}

TEST(ProofFile, the_example_of_the_format_is_read) {
    const std::string text =
        "c2sp.org/tlog-proof@v1\nindex "
        "73894\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n\n" +
        std::string(known_text) + "\n\xe2\x80\x94 a AAAAAQI=\n";
    const auto proof = read_proof(text);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->index, 73894u);
    EXPECT_EQ(proof->path.size(), 2u);
    EXPECT_EQ(write_proof(*proof), text);
    EXPECT_FALSE(read_proof("c2sp.org/tlog-proof@v1\nindex 007\n\n"));
    EXPECT_FALSE(read_proof("c2sp.org/tlog-proof@v2\nindex 7\n\n"));
    EXPECT_FALSE(read_proof("c2sp.org/tlog-proof@v1\nextra \nindex 7\n\n"));
    std::string deep = "c2sp.org/tlog-proof@v1\nindex 7\n";
    for (std::size_t i = 0; i <= proof_path_bound; ++i) deep += "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n";
    EXPECT_FALSE(read_proof(deep + "\n"));
}

}  // namespace voltkeep::audit_log
