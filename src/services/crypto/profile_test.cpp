// SPDX-License-Identifier: Apache-2.0
#include "profile.hpp"

#include <gtest/gtest.h>

namespace voltkeep::crypto {
namespace {

Profile profile_of(std::uint32_t number) {
    const PeerRules outside{"SecP384r1MLKEM1024:X25519MLKEM768/P-384", "SecP384r1MLKEM1024", "ecdsa_secp384r1_sha384:mldsa87",
                            "TLS_AES_256_GCM_SHA384"};
    const PeerRules vehicle{"SecP384r1MLKEM1024/secp521r1:x448", "SecP384r1MLKEM1024:secp521r1:x448",
                            "ecdsa_secp521r1_sha512:ed448", "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"};
    return {number, "production", false, {outside, outside, vehicle}, "id-MLDSA65-Ed25519-SHA512", "ML-DSA-44", "ML-DSA-65", {}};
}
Errc code_of(const auto& result) { return result ? Errc::ok : result.error().code; }

struct CryptoProfile : testing::Test {
    pki::CompositeKey signer = make_signer();
    std::vector<std::byte> factory = file_of(profile_of(5));
    Profiles profiles = first_start();

    static pki::CompositeKey make_signer() { return MUST(pki::make_composite_key()); }
    [[nodiscard]] Profiles first_start() const { return MUST(Profiles::open(signer, factory, std::nullopt)); }

    std::vector<std::byte> file_of(const Profile& profile) const { return MUST(sign_profile(profile, signer)); }
    /// What a start finds after this one.
    Result<Profiles> restarted() const {
        const auto kept = profiles.bytes();
        return Profiles::open(signer, factory, Bytes(kept));
    }
    void promote(std::uint32_t number) {
        ASSERT_TRUE(profiles.propose(file_of(profile_of(number))));
        ASSERT_TRUE(profiles.tried(true));
        ASSERT_TRUE(profiles.promote());
    }
};

}  // namespace

TEST_F(CryptoProfile, judges_names_lists_and_floors) {
    EXPECT_TRUE(judge(profile_of(1)));
    const auto verdict = [](auto change) {
        Profile profile = profile_of(1);
        change(profile);
        return code_of(judge(profile));
    };
    EXPECT_EQ(verdict([](Profile& p) { p.number = 0; }), Errc::refused);
    EXPECT_EQ(verdict([](Profile& p) { p.peers[0].groups = "SecP384r1MLKEM1024:X25519MLKEM768:P-384"; }), Errc::refused)
        << "a silent downgrade";
    EXPECT_EQ(verdict([](Profile& p) { p.peers[0].groups = "P-384/SecP384r1MLKEM1024"; }), Errc::refused);
    EXPECT_EQ(verdict([](Profile& p) { p.peers[0].groups = "KYBER1024"; }), Errc::refused);
    EXPECT_EQ(verdict([](Profile& p) { p.peers[0].groups = ""; }), Errc::refused) << "a default is nobody's decision";
    EXPECT_EQ(verdict([](Profile& p) { p.peers[0].floor = "X25519MLKEM768:secp521r1"; }), Errc::refused);
    EXPECT_EQ(verdict([](Profile& p) { p.peers[1].signatures = "rsa_pss_rsae_sha256"; }), Errc::refused);
    EXPECT_EQ(verdict([](Profile& p) { p.peers[1].suites = "TLS_AES_128_GCM_SHA256"; }), Errc::refused);
    EXPECT_EQ(verdict([](Profile& p) { p.firmware = "ML-DSA-65"; }), Errc::refused) << "one half alone";
    EXPECT_EQ(verdict([](Profile& p) { p.disabled = {1}; }), Errc::refused);
    EXPECT_EQ(verdict([](Profile& p) { p.peers[1].signatures = "falcon1024"; }), Errc::refused) << "experimental";
    EXPECT_EQ(verdict([](Profile& p) { p.peers[1].signatures = "falcon1024", p.is_experimental = true; }), Errc::ok);
}

TEST_F(CryptoProfile, what_is_not_signed_is_not_looked_at) {
    const auto other_signer = MUST(pki::make_composite_key());
    const auto others = MUST(sign_profile(profile_of(6), other_signer));
    EXPECT_EQ(code_of(profiles.propose(others)), Errc::integrity);
    const auto good = file_of(profile_of(6));
    EXPECT_EQ(code_of(profiles.propose(Bytes(good).first(good.size() - pki::composite_signature_size))), Errc::integrity);
    EXPECT_EQ(code_of(profiles.propose({})), Errc::integrity);
    for (std::size_t at = 0; at < good.size(); at += 53) {
        auto bent = good;
        bent[at] ^= std::byte{1};
        EXPECT_EQ(code_of(profiles.propose(bent)), Errc::integrity) << at;
    }
    const Bytes text = Bytes(good).first(good.size() - pki::composite_signature_size);
    auto for_another_purpose = std::vector<std::byte>(text.begin(), text.end());
    const auto other_signature = MUST(pki::composite_sign(signer, text, "firmware"));
    for_another_purpose.insert(for_another_purpose.end(), other_signature.begin(), other_signature.end());
    EXPECT_EQ(code_of(profiles.propose(for_another_purpose)), Errc::integrity);
    EXPECT_FALSE(profiles.candidate());
    EXPECT_TRUE(profiles.propose(good)) << "the control";
}

TEST_F(CryptoProfile, a_candidate_is_tried_before_it_is_active) {
    ASSERT_TRUE(profiles.propose(file_of(profile_of(6))));
    EXPECT_EQ(code_of(profiles.promote()), Errc::bad_state);
    EXPECT_EQ(profiles.active().number, 5u);
    ASSERT_TRUE(profiles.tried(true));
    ASSERT_TRUE(profiles.promote());
    EXPECT_EQ(profiles.active().number, 6u);
    EXPECT_FALSE(profiles.candidate());
    ASSERT_TRUE(profiles.propose(file_of(profile_of(7))));
    ASSERT_TRUE(profiles.tried(false));
    EXPECT_EQ(code_of(profiles.promote()), Errc::bad_state) << "one that failed is no candidate any more";
}

TEST_F(CryptoProfile, a_trial_counts_for_the_candidate_that_was_tried) {
    ASSERT_TRUE(profiles.propose(file_of(profile_of(6))));
    ASSERT_TRUE(profiles.tried(true));
    ASSERT_TRUE(profiles.propose(file_of(profile_of(7))));
    EXPECT_EQ(code_of(profiles.promote()), Errc::bad_state);
}

TEST_F(CryptoProfile, goes_back_to_the_last_good_one_and_never_again_to_the_failed_one) {
    promote(6);
    ASSERT_TRUE(profiles.roll_back());
    EXPECT_EQ(profiles.active().number, 5u);
    EXPECT_EQ(code_of(profiles.roll_back()), Errc::bad_state);
    EXPECT_EQ(code_of(profiles.propose(file_of(profile_of(6)))), Errc::refused);
    EXPECT_EQ(code_of(profiles.propose(file_of(profile_of(5)))), Errc::refused);
    EXPECT_TRUE(profiles.propose(file_of(profile_of(7))));
}

TEST_F(CryptoProfile, a_disabled_one_is_neither_taken_nor_gone_back_to) {
    Profile next = profile_of(6);
    next.disabled = {5, 9};
    ASSERT_TRUE(profiles.propose(file_of(next)));
    ASSERT_TRUE(profiles.tried(true));
    ASSERT_TRUE(profiles.promote());
    EXPECT_EQ(code_of(profiles.roll_back()), Errc::refused);
    EXPECT_EQ(code_of(profiles.propose(file_of(profile_of(9)))), Errc::refused);
    EXPECT_TRUE(profiles.propose(file_of(profile_of(8))));
}

TEST_F(CryptoProfile, what_is_kept_is_verified_at_every_start) {
    promote(6);
    ASSERT_TRUE(profiles.propose(file_of(profile_of(7))));
    ASSERT_TRUE(profiles.tried(true));
    auto again = MUST(restarted());
    EXPECT_EQ(again.active().number, 6u);
    EXPECT_TRUE(again.is_tried());
    ASSERT_TRUE(again.roll_back());
    EXPECT_EQ(again.active().number, 5u);
    EXPECT_EQ(code_of(again.propose(file_of(profile_of(6)))), Errc::refused);
    const auto kept = profiles.bytes();
    const std::size_t name = std::string_view(as_text(kept)).find("production");
    ASSERT_NE(name, std::string_view::npos);
    auto bent = kept;
    bent[name] ^= std::byte{1};
    EXPECT_EQ(code_of(Profiles::open(signer, factory, Bytes(bent))), Errc::integrity);
    EXPECT_EQ(code_of(Profiles::open(signer, factory, Bytes(kept).first(kept.size() - 1))), Errc::integrity);
}

}  // namespace voltkeep::crypto
