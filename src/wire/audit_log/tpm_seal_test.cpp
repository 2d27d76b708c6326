// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/tpm_seal.hpp"

#include <gtest/gtest.h>

#include "wire/audit_log/test_tpm.hpp"
#include "wire/audit_log/verifier.hpp"

namespace voltkeep::audit_log {
namespace {

constexpr std::string_view origin = "voltkeep.log/test/1";

Checkpoint checkpoint(std::uint64_t size = 7) {
    Checkpoint made{std::string(origin), size, {}};
    made.root.fill(static_cast<std::uint8_t>(size));
    return made;
}
std::string_view without_newline(const std::string& line) { return std::string_view(line).substr(0, line.size() - 1); }

TEST(TpmSeal, is_read_as_it_was_written_and_verifies) {
    const TestTpm tpm;
    for (const TpmSeal& seal : {tpm.sign(checkpoint()), tpm.certify(checkpoint())}) {
        const std::string line = write_tpm_seal(seal);
        EXPECT_LE(line.size(), tpm_seal_bound);
        const auto read = read_tpm_seal(without_newline(line));
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, seal);
        const auto checked = check_tpm_seal(*read, origin, tpm.keys());
        ASSERT_TRUE(checked) << checked.error().what.view();
        EXPECT_EQ(checked->has_value(), seal.certified.has_value());
    }
}

TEST(TpmSeal, no_bit_of_it_can_be_changed) {
    const TestTpm tpm;
    const TpmKeys keys = tpm.keys();
    const std::string line = write_tpm_seal(tpm.certify(checkpoint()));
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        std::string changed = line;
        changed[i] = static_cast<char>(changed[i] ^ 1 << i % 8);
        const auto read = read_tpm_seal(without_newline(changed));
        EXPECT_FALSE(read && check_tpm_seal(*read, origin, keys)) << i;
    }
}

TEST(TpmSeal, is_of_one_log_one_checkpoint_one_value_and_one_TPM) {
    TestTpm tpm;
    const TpmKeys keys = tpm.keys();
    const TpmSeal seal = tpm.certify(checkpoint());
    EXPECT_FALSE(check_tpm_seal(seal, "voltkeep.log/test/2", keys));
    TpmSeal other = tpm.certify(checkpoint(8));
    other.size = 7;
    EXPECT_FALSE(check_tpm_seal(other, origin, keys));
    other = tpm.certify(checkpoint(8));
    other.certified = seal.certified;
    EXPECT_FALSE(check_tpm_seal(other, origin, keys)) << "a statement of another checkpoint";
    other = seal;
    ++other.certified->counter;
    EXPECT_FALSE(check_tpm_seal(other, origin, keys));
    EXPECT_FALSE(check_tpm_seal(seal, origin, TestTpm().keys()));
    TpmKeys swapped{keys.attestation, keys.log};
    EXPECT_FALSE(check_tpm_seal(seal, origin, swapped));
    for (std::string_view line : {"", "7", "7 x y", "7 AAAA AAAA 1", "07 AAAA AAAA"}) EXPECT_FALSE(read_tpm_seal(line)) << line;
}

/// A log whose checkpoints are signed, and beside it what the TPM says.
class Sealed : public testing::Test {
protected:
    Sealed() {
        key.key = signer.key().key;
        key.name = origin_of(key.key, 1);
        for (std::uint64_t i = 0; i < 30; ++i) {
            const auto entry = encode({"a", i, 1, 1, 1, "x", 0, "{}"});
            const Hash leaf = leaf_hash(entry);
            const auto record = make_record(entry, leaf);
            log.insert(log.end(), record.begin(), record.end());
            peaks.append(leaf);
            if (peaks.size() % 10 == 0) seals.push_back(seal());
        }
    }
    Checkpoint now() const { return {key.name, peaks.size(), peaks.root()}; }
    std::string seal() {
        ++tpm.counter;
        const std::string line = write_tpm_seal(tpm.certify(now()));
        return line.substr(0, line.size() - 1);
    }
    Verifier::Result verify(const std::vector<std::string>& lines) const { return verify(lines, log); }
    Verifier::Result verify(const std::vector<std::string>& lines, Bytes entries) const {
        const TpmKeys keys = tpm.keys();
        Verifier verifier(key.key);
        const NoteSignature signature = MUST(sign_checkpoint(now(), key, 1, signer.sign()));
        verifier.checkpoint(write_note({write_checkpoint(now()), {signature}}), true, "checkpoint");
        for (const std::string& line : lines) verifier.tpm_seal(line, &keys, "seals");
        verifier.segment("log", 0, entries);
        return verifier.finish();
    }

    TestSigner signer{"x", SignatureType::ml_dsa_44};
    VerifierKey key{"", SignatureType::ml_dsa_44, {}};
    TestTpm tpm;
    std::vector<std::byte> log;
    std::vector<std::string> seals;
    Peaks peaks;
};

TEST_F(Sealed, a_sealed_log_is_good_and_its_last_seal_is_told) {
    const auto result = verify(seals);
    EXPECT_FALSE(result.damage) << result.damage->what;
    EXPECT_EQ(result.seals, 3u);
    EXPECT_EQ(result.sealed_size, 30u);
    EXPECT_EQ(result.counter, 4u);
}

TEST_F(Sealed, entries_that_the_TPM_has_sealed_cannot_be_dropped_or_exchanged) {
    auto result = verify(seals, Bytes(log).first(log.size() / 2));
    ASSERT_TRUE(result.damage);
    EXPECT_EQ(result.damage->index, 15u);
    std::vector<std::byte> other(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(log.size() / 30 * 10));
    for (std::uint64_t i = 10; i < 30; ++i) {
        const auto entry = encode({"b", i, 1, 1, 1, "x", 0, "{}"});
        const auto record = make_record(entry, leaf_hash(entry));
        other.insert(other.end(), record.begin(), record.end());
    }
    result = verify(seals, other);
    ASSERT_TRUE(result.damage);
    EXPECT_EQ(result.damage->index, 10u);
}

TEST_F(Sealed, a_seal_of_more_than_is_signed_says_that_checkpoints_are_missing) {
    const TpmKeys keys = tpm.keys();
    Verifier verifier(key.key);
    EXPECT_FALSE(verifier.tpm_seal(seals[0], &keys, "seals"));
    EXPECT_TRUE(verifier.finish().damage);
}

TEST_F(Sealed, seals_keep_their_order_their_counter_and_their_TPM) {
    EXPECT_TRUE(verify({seals[1], seals[0]}).damage);
    tpm.counter = 1;
    EXPECT_NE(verify({seals[2], seal()}).damage.value_or(Damage{}).what.find("set back"), std::string::npos);
    tpm.counter = 50;
    tpm.index = "redefined";
    EXPECT_NE(verify({seals[2], seal()}).damage.value_or(Damage{}).what.find("another counter"), std::string::npos);
    tpm.index = "the log's counter";
    tpm.resets = 0;
    EXPECT_NE(verify({seals[2], seal()}).damage.value_or(Damage{}).what.find("fewer starts"), std::string::npos);
}

}  // namespace
}  // namespace voltkeep::audit_log
