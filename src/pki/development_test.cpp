// SPDX-License-Identifier: Apache-2.0
#include "pki/development.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pki/certificate.hpp"

namespace voltkeep::pki {
namespace {

class DevelopmentPki : public testing::Test {
protected:
    DevelopmentPki() {
        std::string name = testing::TempDir() + "pki-XXXXXX";
        wanted.directory = ::mkdtemp(name.data());
    }
    ~DevelopmentPki() override { std::filesystem::remove_all(wanted.directory); }

    std::vector<std::string> make(WallTime at = wall_now()) {
        auto made = make_development(wanted, at);
        EXPECT_TRUE(made) << (made ? "" : std::string(made.error().what));
        std::ranges::sort(*made);
        return *made;
    }
    [[nodiscard]] std::string path(const std::string& file) const { return wanted.directory + "/" + file; }
    [[nodiscard]] std::string read(const std::string& file) const {
        std::ifstream stream(path(file));
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    /// OpenSSL's own tool agrees that the chain of one folder ends in the trust anchors of another.
    [[nodiscard]] bool is_verified(const std::string& chain, const std::string& trust, const std::string& purpose) const {
        const std::string command = "openssl verify -x509_strict -purpose " + purpose + " -no-CApath -no-CAstore -CAfile " +
                                    path(trust) + " -untrusted " + path(chain) + " " + path(chain) + " >/dev/null 2>&1";
        return std::system(command.c_str()) == 0;
    }

    Development wanted;
};

}  // namespace

TEST_F(DevelopmentPki, every_chain_ends_in_its_peers_trust_and_in_no_other) {
    make();
    EXPECT_TRUE(is_verified("station/chain.pem", "csms/trust.pem", "sslclient"));
    EXPECT_TRUE(is_verified("station/chain-ml-dsa-87.pem", "csms/trust.pem", "sslclient"));
    EXPECT_TRUE(is_verified("csms/chain.pem", "station/trust.pem", "sslserver"));
    EXPECT_TRUE(is_verified("csms/chain-ml-dsa-87.pem", "station/trust.pem", "sslserver"));
    EXPECT_TRUE(is_verified("secc/chain.pem", "vehicle/trust.pem", "sslserver"));
    EXPECT_TRUE(is_verified("vehicle/chain.pem", "secc/trust.pem", "sslclient"));
    EXPECT_FALSE(is_verified("vehicle/chain.pem", "vehicle/trust.pem", "sslclient"));
    EXPECT_FALSE(is_verified("station/chain.pem", "secc/trust.pem", "sslclient"));
}

TEST_F(DevelopmentPki, a_key_that_is_in_the_TPM_gets_certificates_and_leaves_no_file_behind) {
    make();   // as it was without a TPM
    const Key station = MUST(make_key(Algorithm::p384)), meter = MUST(make_key(Algorithm::p256)),
              secc = MUST(make_key(Algorithm::p521));
    std::filesystem::create_directories(path("tpm"));
    std::ofstream(path("tpm/tls-csms.pem")) << public_pem(station.get());
    std::ofstream(path("tpm/meter@1.pem")) << public_pem(meter.get());
    std::filesystem::create_directories(path("token"));
    std::ofstream(path("token/secc.pem")) << public_pem(secc.get());
    wanted.has_tpm = wanted.has_token = true;
    wanted.meters_in_tpm = 1;
    make();
    for (const char* file : {"station/key.pem", "meter@1/key.pem", "secc/key.pem"})
        EXPECT_FALSE(std::filesystem::exists(path(file))) << file;
    for (const char* chain : {"station/chain.pem", "station/chain-ml-dsa-87.pem"}) {
        EXPECT_TRUE(is_verified(chain, "csms/trust.pem", "sslclient"));
        EXPECT_EQ(public_pem(X509_get0_pubkey(MUST(certificates_from_pem(read(chain))).front().get())),
                  public_pem(station.get()));
    }
    EXPECT_EQ(read("meter@1/public.pem"), public_pem(meter.get()));
    EXPECT_EQ(public_pem(X509_get0_pubkey(MUST(certificates_from_pem(read("secc/chain.pem"))).front().get())),
              public_pem(secc.get()));
    EXPECT_EQ(make(), std::vector<std::string>{});
    std::ofstream(path("tpm/tls-csms.pem")) << "no key";
    EXPECT_FALSE(make_development(wanted, wall_now()));
}

TEST_F(DevelopmentPki, a_second_start_makes_nothing) {
    EXPECT_FALSE(make().empty());
    EXPECT_EQ(make(), std::vector<std::string>{});
}

TEST_F(DevelopmentPki, makes_only_what_is_missing) {
    make();
    const std::string key = read("vehicle/key.pem");
    std::filesystem::remove(path("vehicle/chain.pem"));
    EXPECT_EQ(make(), std::vector<std::string>{"vehicle/chain.pem"});
    EXPECT_EQ(read("vehicle/key.pem"), key);
}

TEST_F(DevelopmentPki, a_lost_root_takes_along_what_stood_on_it) {
    make();
    std::filesystem::remove(path("authorities/oem-root/key.pem"));
    EXPECT_EQ(make(), (std::vector<std::string>{"authorities/oem-root/certificate.pem", "authorities/oem-root/key.pem",
                                                "authorities/oem-sub1/certificate.pem", "secc/trust.pem", "vehicle/chain.pem"}));
    EXPECT_TRUE(is_verified("vehicle/chain.pem", "secc/trust.pem", "sslclient"));
}

TEST_F(DevelopmentPki, a_damaged_file_is_made_anew) {
    make();
    std::ofstream(path("csms/chain.pem")) << "-----BEGIN CERTIFICATE-----\nnonsense\n";
    EXPECT_EQ(make(), std::vector<std::string>{"csms/chain.pem"});
}

TEST_F(DevelopmentPki, leafs_are_renewed_a_month_before_they_expire) {
    const WallTime start = wall_now();
    make(start);
    const std::int64_t day_ms = 86'400'000;
    EXPECT_EQ(make({start.unix_ms + 360 * day_ms}), std::vector<std::string>{});
    EXPECT_EQ(make({start.unix_ms + 370 * day_ms}),
              (std::vector<std::string>{"csms/chain-ml-dsa-87.pem", "csms/chain.pem", "secc/chain.pem",
                                        "station/chain-ml-dsa-87.pem", "station/chain.pem", "vehicle/chain.pem"}));
}

TEST_F(DevelopmentPki, another_serial_number_is_another_certificate_for_the_same_key) {
    make();
    wanted.station = "VK-DEV-0002";
    EXPECT_EQ(make(), (std::vector<std::string>{"station/chain-ml-dsa-87.pem", "station/chain.pem"}));
}

TEST_F(DevelopmentPki, keys_are_for_their_owner_alone) {
    int keys = 0;
    make();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(wanted.directory)) {
        struct stat status{};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        if (entry.path().filename() != "key.pem") continue;
        ++keys;
        EXPECT_EQ(status.st_mode & 0777u, 0600u) << entry.path();
    }
    EXPECT_EQ(keys, 14);
}

TEST_F(DevelopmentPki, each_meter_has_a_key_of_its_own_that_signs_what_its_public_half_verifies) {
    wanted.meters = 2;
    make();
    EXPECT_NE(read("meter@1/key.pem"), read("meter@2/key.pem"));
    const auto key = key_from_pem(read("meter@1/key.pem"));
    const auto own = public_from_pem(read("meter@1/public.pem")), other = public_from_pem(read("meter@2/public.pem"));
    ASSERT_TRUE(key && own && other);
    const auto message = std::as_bytes(std::span(std::string_view("reading")));
    const auto signature = sign_sha256(key->get(), message);
    ASSERT_TRUE(signature);
    EXPECT_TRUE(verify_sha256(own->get(), message, *signature));
    EXPECT_FALSE(verify_sha256(other->get(), message, *signature));
    EXPECT_FALSE(verify_sha256(own->get(), message.first(6), *signature));
    EXPECT_FALSE(verify_sha256(own->get(), message, std::span(*signature).first(signature->size() - 1)));
    EXPECT_TRUE(verify_sha256(public_from_der(public_der(key->get()))->get(), message, *signature));
    EXPECT_FALSE(public_from_der(message));
}

TEST_F(DevelopmentPki, nobody_takes_it_for_anything_else_and_a_car_can_take_it) {
    make();
    for (const char* file :
         {"station/chain.pem", "csms/chain.pem", "csms/trust.pem", "secc/chain.pem", "secc/trust.pem", "vehicle/chain.pem"}) {
        const auto certificates = certificates_from_pem(read(file));
        ASSERT_TRUE(certificates);
        for (const auto& certificate : *certificates) {
            char organization[64] = {};
            X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_organizationName, organization,
                                      sizeof organization);
            EXPECT_EQ(organization, development_name);
            if (std::string_view(file).starts_with("secc") || std::string_view(file).starts_with("vehicle")) {
                EXPECT_LE(der_size(certificate.get()), v2g_certificate_bound);
            }
        }
    }
}

//= ISO 15118-20 [V2G20-2674]
TEST_F(DevelopmentPki, the_chains_of_the_cable_are_p521_with_sha512) {
    make();
    for (const char* file : {"secc/chain.pem", "vehicle/chain.pem"}) {
        const auto certificates = certificates_from_pem(read(file));
        ASSERT_EQ(certificates->size(), 3u);
        for (const auto& certificate : *certificates) {
            EXPECT_EQ(X509_get_signature_nid(certificate.get()), NID_ecdsa_with_SHA512);
            EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(certificate.get())), 521);
        }
    }
}

}  // namespace voltkeep::pki
