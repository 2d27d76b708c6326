// SPDX-License-Identifier: Apache-2.0
#include "tls/context.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "pki/development.hpp"

namespace voltkeep::tls {
namespace {

class TlsContext : public testing::Test {
protected:
    TlsContext() {
        std::string name = testing::TempDir() + "tls-XXXXXX";
        directory = ::mkdtemp(name.data());
        EXPECT_TRUE(pki::make_development({.directory = directory}, wall_now()));
        profile.certificates = directory + "/station/chain.pem";
        profile.key = directory + "/station/key.pem";
        profile.trust = directory + "/station/trust.pem";
        profile.suites = "TLS_AES_256_GCM_SHA384";
        profile.groups = "SecP384r1MLKEM1024:X25519MLKEM768/P-384";
        profile.signature_algorithms = "ecdsa_secp384r1_sha384:mldsa87";
    }
    ~TlsContext() override { std::filesystem::remove_all(directory); }

    [[nodiscard]] std::string refusal() const {
        const auto made = make_context(profile);
        return made ? "(made)" : std::string(made.error().what);
    }
    std::string directory;
    Profile profile;
};

}  // namespace

TEST_F(TlsContext, a_whole_profile_makes_one) { EXPECT_EQ(refusal(), "(made)"); }

TEST_F(TlsContext, no_list_has_a_default) {
    for (std::string Profile::* list : {&Profile::suites, &Profile::groups, &Profile::signature_algorithms}) {
        const std::string kept = std::exchange(profile.*list, "");
        EXPECT_NE(refusal(), "(made)");
        profile.*list = "nonsense";
        EXPECT_NE(refusal().find("'nonsense'"), std::string::npos) << refusal();
        profile.*list = kept;
    }
}

TEST_F(TlsContext, the_refusal_names_the_file) {
    for (std::string Profile::* file : {&Profile::certificates, &Profile::key, &Profile::trust}) {
        const std::string kept = std::exchange(profile.*file, directory + "/nowhere.pem");
        EXPECT_NE(refusal().find("nowhere.pem"), std::string::npos) << refusal();
        profile.*file = kept;
    }
    profile.key = directory + "/csms/key.pem";
    EXPECT_NE(refusal().find("csms/key.pem"), std::string::npos) << refusal();
}

}  // namespace voltkeep::tls
