// SPDX-License-Identifier: Apache-2.0
#include "pki/composite.hpp"

#include <gtest/gtest.h>

namespace voltkeep::pki {
namespace {

constexpr std::string_view message = "release 7";
Errc code_of(const auto& result) { return result ? Errc::ok : result.error().code; }

}  // namespace

TEST(Composite, what_is_signed_verifies_with_the_public_part_alone) {
    const CompositeKey key = MUST(make_composite_key());
    const auto octets = MUST(composite_public(key));
    const CompositeKey known = MUST(composite_from_public(octets));
    const auto signature = MUST(composite_sign(key, as_bytes(message), "firmware"));
    EXPECT_EQ(signature.size(), composite_signature_size);
    EXPECT_TRUE(composite_verify(known, as_bytes(message), signature, "firmware"));
    EXPECT_FALSE(composite_sign(known, as_bytes(message), "firmware")) << "the public part signs nothing";
}

TEST(Composite, is_for_one_message_one_context_and_one_key) {
    const CompositeKey key = MUST(make_composite_key()), other = MUST(make_composite_key());
    const auto signature = MUST(composite_sign(key, as_bytes(message), "firmware"));
    ASSERT_TRUE(composite_verify(key, as_bytes(message), signature, "firmware"));
    EXPECT_EQ(code_of(composite_verify(key, as_bytes("release 6"), signature, "firmware")), Errc::integrity);
    EXPECT_EQ(code_of(composite_verify(key, as_bytes(message), signature, "profile")), Errc::integrity);
    EXPECT_EQ(code_of(composite_verify(key, as_bytes(message), signature)), Errc::integrity);
    EXPECT_EQ(code_of(composite_verify(other, as_bytes(message), signature, "firmware")), Errc::integrity);
    EXPECT_EQ(code_of(composite_verify(key, as_bytes(message), std::span(signature).first(3372), "firmware")), Errc::integrity);
    EXPECT_EQ(code_of(composite_verify(key, as_bytes(message), signature, std::string(256, 'c'))), Errc::bad_argument);
    for (std::size_t at = 0; at < signature.size(); at += 97) {
        auto bent = signature;
        bent[at] ^= std::byte{1};
        EXPECT_EQ(code_of(composite_verify(key, as_bytes(message), bent, "firmware")), Errc::integrity) << at;
    }
}

TEST(Composite, whoever_has_broken_one_half_signs_nothing) {
    const CompositeKey key = MUST(make_composite_key()), attacker = MUST(make_composite_key());
    const auto copy = [](const CompositeKey& of) {
        const auto seed = MUST(composite_seed(of));
        return MUST(composite_from_seed(seed));
    };
    CompositeKey halves{copy(attacker).ml_dsa, copy(key).ed25519};   // the attacker knows the classical key
    const auto half = MUST(composite_sign(halves, as_bytes(message)));
    const auto verdict = composite_verify(key, as_bytes(message), half);
    ASSERT_EQ(code_of(verdict), Errc::integrity);
    EXPECT_TRUE(verdict.error().what.view().contains("ML-DSA-65 half"));
    halves = {copy(key).ml_dsa, copy(attacker).ed25519};   // the other one
    const auto other_half = MUST(composite_sign(halves, as_bytes(message)));
    const auto other_verdict = composite_verify(key, as_bytes(message), other_half);
    ASSERT_EQ(code_of(other_verdict), Errc::integrity);
    EXPECT_TRUE(other_verdict.error().what.view().contains("Ed25519 half"));
}

TEST(Composite, a_half_is_no_signature_of_the_message_by_itself) {
    const CompositeKey key = MUST(make_composite_key());
    const auto signature = MUST(composite_sign(key, as_bytes(message)));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    ASSERT_EQ(EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.ed25519.get(), nullptr), 1);
    EXPECT_NE(EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()) + 3309, 64,
                               reinterpret_cast<const unsigned char*>(message.data()), message.size()),
              1);
}

TEST(Composite, a_key_is_its_seed) {
    const CompositeKey key = MUST(make_composite_key());
    const auto seed = MUST(composite_seed(key));
    EXPECT_EQ(seed.size(), composite_seed_size);
    const CompositeKey again = MUST(composite_from_seed(seed));
    EXPECT_EQ(MUST(composite_public(again)), MUST(composite_public(key)));
    EXPECT_EQ(code_of(composite_from_seed(std::span(seed).first(63))), Errc::malformed);
    EXPECT_EQ(code_of(composite_from_public(seed)), Errc::malformed);
}

}  // namespace voltkeep::pki
