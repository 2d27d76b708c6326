// SPDX-License-Identifier: Apache-2.0
#include "trial.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace voltkeep::crypto {
namespace {

const PeerRules outside{"SecP384r1MLKEM1024:X25519MLKEM768/P-384", "SecP384r1MLKEM1024:X25519MLKEM768",
                        "ecdsa_secp384r1_sha384:mldsa87", "TLS_AES_256_GCM_SHA384"};
const PeerRules vehicle{"SecP384r1MLKEM1024/secp521r1:x448", "SecP384r1MLKEM1024:secp521r1:x448", "ecdsa_secp521r1_sha512:ed448",
                        "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"};
const Profile production{1,           "production", false, {outside, outside, vehicle}, "id-MLDSA65-Ed25519-SHA512",
                         "ML-DSA-44", "ML-DSA-65",  {}};
Errc code_of(const auto& result) { return result ? Errc::ok : result.error().code; }

}  // namespace

TEST(CryptoTrial, two_implementations_agree) {
    for (const std::string_view name : {"ML-KEM-768", "ML-KEM-1024"}) EXPECT_TRUE(compare_kem(name, 3)) << name;
    for (const std::string_view name : {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}) EXPECT_TRUE(compare_signatures(name, 3)) << name;
    EXPECT_EQ(code_of(compare_kem("KYBER1024", 1)), Errc::unsupported);
    EXPECT_EQ(code_of(compare_signatures("ML-KEM-768", 1)), Errc::unsupported);
}

TEST(CryptoTrial, a_handshake_takes_the_best_that_both_know_whoever_guesses_what) {
    EXPECT_EQ(shadow_handshake(outside).value_or(""), "SecP384r1MLKEM1024");
    EXPECT_EQ(shadow_handshake(outside, "P-384:SecP384r1MLKEM1024").value_or(""), "SecP384r1MLKEM1024")
        << "a classical key share is no reason";
    PeerRules colons = outside;
    colons.groups = "SecP384r1MLKEM1024:X25519MLKEM768:P-384";
    EXPECT_EQ(code_of(shadow_handshake(colons, "P-384:SecP384r1MLKEM1024")), Errc::integrity)
        << "the control: with colons it falls below the floor";
    EXPECT_EQ(code_of(shadow_handshake(outside, "P-384")), Errc::integrity);
    EXPECT_EQ(code_of(shadow_handshake(outside, "x448")), Errc::tls);
    EXPECT_EQ(shadow_handshake(vehicle, "secp521r1").value_or(""), "secp521r1");
}

TEST(CryptoTrial, a_profile_is_as_good_as_everything_that_it_names) {
    const auto findings = try_profile(production, 1);
    EXPECT_EQ(findings.size(), 1u + 2 + 3 + 3);
    for (const Finding& finding : findings) EXPECT_TRUE(finding.is_good) << finding.what << ": " << finding.why;
    Profile bad = production;
    bad.peers[0].floor = "secp521r1";
    const auto worse = try_profile(bad, 1);
    EXPECT_EQ(std::ranges::count_if(worse, [](const Finding& f) { return !f.is_good; }), 2) << "its judgement and its handshake";
}

}  // namespace voltkeep::crypto
