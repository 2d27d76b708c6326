// SPDX-License-Identifier: Apache-2.0
// The factory's program, and the TPM that it leaves behind.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.hpp"
#include "pki/certificate.hpp"
#include "test_tpm.hpp"
#include "tpm.hpp"

namespace voltkeep::rot {
namespace {

int factory(const testing::Folder& state, const std::string& meters) {
    const int status = std::system((std::string(FACTORY) + " " + state.path.string() + " VK-TEST-1 " + meters +
                                    " /usr/lib/softhsm/libsofthsm2.so >/dev/null")
                                       .c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string public_of(const testing::Folder& state, const std::string& role) {
    const auto pem = read_file(state / ("pki/tpm/" + role + ".pem"), 4096);
    return pem ? std::string(as_text(*pem)) : std::string();
}

}  // namespace

TEST(Factory, makes_a_certified_part_whose_keys_the_station_finds) {
    testing::Folder state;
    ASSERT_EQ(factory(state, "1"), 0);
    const std::string csms = public_of(state, "tls-csms"), meter = public_of(state, "meter@1"),
                      secc = public_of(state, "../token/secc");
    EXPECT_TRUE(pki::public_from_pem(secc));
    ASSERT_FALSE(csms.empty());
    EXPECT_EQ(public_of(state, "meter@2"), "");
    EXPECT_TRUE(std::filesystem::exists(state / "pki/authorities/tpm/certificate.pem"));
    {
        const testing::Killable part(state / "state/swtpm");
        const auto tpm = MUST(Tpm::attach(part.wire(), {state / "state/rot/keys", 1}));
        EXPECT_TRUE(tpm->part().has_endorsement);
        const auto known = MUST(tpm->get_public({Key::tls_csms, {}}));
        const auto key = MUST(pki::public_from_der(known.spki));
        EXPECT_EQ(pki::public_pem(key.get()), csms);
        Quote wanted{.bank = Bank::sha384, .nonce = {}};
        ASSERT_TRUE(wanted.nonce.resize(32));
        EXPECT_TRUE(tpm->quote(wanted)) << "both banks are there";
        const auto sealed = MUST(read_file(state / "state/crypto/token-pin", 1024));
        EXPECT_EQ(MUST(tpm->unseal({"token-pin", *Blob<1024>::from(sealed)}, "crypto")).secret.size(), 48u) << "the token's PIN";
        EXPECT_FALSE(tpm->unseal({"token-pin", *Blob<1024>::from(sealed)}, "audit"));
    }
    ASSERT_EQ(factory(state, "2"), 0) << "the station has grown";
    EXPECT_EQ(public_of(state, "tls-csms"), csms);
    EXPECT_EQ(public_of(state, "meter@1"), meter);
    EXPECT_EQ(public_of(state, "../token/secc"), secc);
    EXPECT_NE(public_of(state, "meter@2"), "");
    EXPECT_EQ(factory(state, "9"), 2);
}

}  // namespace voltkeep::rot
