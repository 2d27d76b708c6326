// SPDX-License-Identifier: Apache-2.0
#include "software.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <filesystem>

#include "base/file.hpp"
#include "pki/certificate.hpp"

namespace voltkeep::crypto {
namespace {

Secret wrapping_key(char fill = 'w') {
    std::string text(wrapping_key_size, fill);
    return MUST(Secret::take(std::as_writable_bytes(std::span(text))));
}
Errc code_of(const auto& result) { return result ? Errc::ok : result.error().code; }

bool verifies(Bytes spki, Bytes content, Bytes signature) {
    const pki::Key key = MUST(pki::public_from_der(spki));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) == 1 &&
           EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                            reinterpret_cast<const unsigned char*>(content.data()), content.size()) == 1;
}

struct Software : testing::Test {
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "crypto-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
        file = folder / "keys";
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    /// A start: what is there is opened, what is not is made and written.
    [[nodiscard]] Result<SoftwareKeys> start(std::uint8_t meters, char fill = 'w') const {
        const auto kept = TRY(read_kept(file));
        SoftwareKeys keys = TRY(SoftwareKeys::open(wrapping_key(fill), kept.value_or(Kept{.sealed = {}, .keys = {}}), meters, 0));
        if (keys.is_new()) TRY(keys.write(file));
        return keys;
    }
    std::filesystem::path folder;
    std::string file;
};

constexpr KeyName log_key{Key::log, {}};
constexpr KeyName record_key{Key::meter_record, {1}};

}  // namespace

TEST_F(Software, keys_are_made_once_and_found_later) {
    const auto first = MUST(start(1));
    EXPECT_TRUE(first.is_new());
    const auto again = MUST(start(1));
    EXPECT_FALSE(again.is_new());
    for (const KeyName name : {log_key, record_key, KeyName{Key::attestation_token, {}}}) {
        const auto spki = MUST(first.get_public(name)).spki;
        EXPECT_EQ(MUST(again.get_public(name)).spki, spki) << id_of(name);
        const auto signature = MUST(again.sign(name, as_bytes("text"))).octets;
        EXPECT_TRUE(verifies(spki, as_bytes("text"), signature)) << id_of(name);
        EXPECT_FALSE(verifies(spki, as_bytes("other"), signature)) << id_of(name);
    }
    EXPECT_EQ(code_of(again.sign({Key::meter_record, {2}}, as_bytes("text"))), Errc::not_found);
    const auto grown = MUST(start(2));
    EXPECT_TRUE(grown.is_new()) << "the station has grown";
    EXPECT_EQ(MUST(grown.get_public(log_key)).spki, MUST(first.get_public(log_key)).spki);
}

TEST_F(Software, nothing_of_a_seed_is_on_the_disk) {
    (void)MUST(start(1));
    const auto kept = MUST(read_kept(file));
    const auto& one = kept->keys[0];
    const Secret seed = MUST(unwrap_key(wrapping_key(), {one.id, one.version, one.profile}, one.wrapped));
    const auto bytes = MUST(read_file(file, 65536));
    for (std::size_t at = 0; at + 8 <= seed.size(); ++at)
        EXPECT_EQ(as_text(bytes).find(as_text(seed.view().subspan(at, 8))), std::string_view::npos) << at;
}

TEST_F(Software, keys_in_each_others_place_or_of_another_generation_do_not_open) {
    (void)MUST(start(2));
    const Kept good = *MUST(read_kept(file));
    EXPECT_EQ(code_of(SoftwareKeys::open(wrapping_key('v'), good, 2, 0)), Errc::integrity) << "another wrapping key";
    Kept bent = good;
    std::swap(bent.keys[0].wrapped, bent.keys[1].wrapped);
    EXPECT_EQ(code_of(SoftwareKeys::open(wrapping_key(), bent, 2, 0)), Errc::integrity);
    bent = good;
    bent.keys[0].version = 2;
    EXPECT_EQ(code_of(SoftwareKeys::open(wrapping_key(), bent, 2, 0)), Errc::integrity);
    bent = good;
    bent.keys[0].profile = 7;
    EXPECT_EQ(code_of(SoftwareKeys::open(wrapping_key(), bent, 2, 0)), Errc::integrity);
    EXPECT_TRUE(SoftwareKeys::open(wrapping_key(), good, 2, 0)) << "the control";
    ASSERT_TRUE(write_file(file, as_bytes("something")));
    EXPECT_EQ(code_of(read_kept(file)), Errc::integrity);
}

}  // namespace voltkeep::crypto
