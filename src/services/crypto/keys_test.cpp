// SPDX-License-Identifier: Apache-2.0
#include "keys.hpp"

#include <gtest/gtest.h>

#include "pki/test_shapes.hpp"

namespace voltkeep::crypto {
namespace {

std::string content_for(Purpose purpose) {
    std::string handshake(64, ' ');
    handshake += std::string("TLS 1.3, client CertificateVerify\0", 34) + std::string(48, 'h');
    switch (purpose) {
        case Purpose::tls_client: return handshake;
        case Purpose::certificate_request: return "0";
        case Purpose::reading: return R"({"FV":"1.4"})";
        case Purpose::record: return R"(OCMF|{"FV":"1.4"}|{"SD":"00"})";
        case Purpose::checkpoint: return pki::timed_checkpoint();
        case Purpose::token: return "\x84\x6aSignature1@@@";
        case Purpose::tls_server: return handshake.replace(handshake.find("client"), 6, "server");
    }
    return {};
}
Sign wanted(Key key, Purpose purpose, std::string_view content, std::uint8_t evse = 0) {
    return {key, {evse}, purpose, *Blob<content_bound>::from(as_bytes(content))};
}
bool is_per_evse(Key key) { return key == Key::meter || key == Key::meter_record; }

}  // namespace

TEST(CryptoKeys, each_purpose_of_each_key_has_one_caller) {
    constexpr std::string_view everybody[] = {"link@csms", "link@witness", "link@ev", "ocpp",     "iso15118", "meter",
                                              "audit",     "monitor",      "session", "operator", "net",      "powerdrv",
                                              "power",     "plc",          "rot",     ""};
    int allowed = 0;
    for (std::uint8_t k = 0; k <= static_cast<std::uint8_t>(Key::last_); ++k)
        for (std::uint8_t p = 0; p <= static_cast<std::uint8_t>(Purpose::last_); ++p) {
            int callers = 0;
            const EvseId evse{static_cast<std::uint8_t>(is_per_evse(Key{k}) ? 1 : 0)};
            for (const std::string_view caller : everybody)
                callers += may_sign(wanted(Key{k}, Purpose{p}, content_for(Purpose{p}), evse.number), caller, evse) ? 1 : 0;
            EXPECT_LE(callers, 1) << id_of({Key{k}, evse}) << " for purpose " << int{p};
            allowed += callers;
        }
    EXPECT_EQ(allowed, 8);
}

TEST(CryptoKeys, a_meter_signs_for_its_own_EVSE) {
    const std::string reading = content_for(Purpose::reading);
    EXPECT_TRUE(may_sign(wanted(Key::meter, Purpose::reading, reading, 2), "meter", {2}));
    EXPECT_FALSE(may_sign(wanted(Key::meter, Purpose::reading, reading, 1), "meter", {2}));
    EXPECT_FALSE(may_sign(wanted(Key::meter, Purpose::reading, reading, 0), "meter", {2}));
    EXPECT_FALSE(may_sign(wanted(Key::log, Purpose::checkpoint, content_for(Purpose::checkpoint), 1), "audit", {}))
        << "the log has no EVSE";
}

TEST(CryptoKeys, nothing_is_signed_without_its_shape) {
    for (const Purpose other :
         {Purpose::certificate_request, Purpose::reading, Purpose::record, Purpose::checkpoint, Purpose::token})
        EXPECT_FALSE(may_sign(wanted(Key::tls_csms, Purpose::tls_client, content_for(other)), "link@csms", {}))
            << static_cast<int>(other);
    EXPECT_FALSE(may_sign(wanted(Key::tls_csms, Purpose::tls_client, ""), "link@csms", {}));
    EXPECT_TRUE(may_sign(wanted(Key::tls_csms, Purpose::tls_client, content_for(Purpose::tls_client)), "link@csms", {}))
        << "the control";
}

}  // namespace voltkeep::crypto
