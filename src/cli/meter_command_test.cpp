// SPDX-License-Identifier: Apache-2.0
#include "cli/meter_command.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/commands.hpp"
#include "pki/certificate.hpp"

namespace voltkeep::cli {
namespace {

class MeterVerify : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/voltkeep-meter-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder = name;
        key = MUST(pki::make_key(pki::Algorithm::p256));
        hex = ocmf::to_hex(pki::public_der(key.get()));
        ocmf::Payload p;
        p.pagination = 7;
        p.meter_serial = "VK-DC-100001";
        p.readings = {{1'800'000'000'000, ocmf::TimeStatus::informative, ocmf::Reason::begin, "1.000000",
                       std::string(ocmf::obis_import), "kWh", "DC", "", 'G'},
                      {1'800'000'000'000, ocmf::TimeStatus::informative, ocmf::Reason::begin, "0.100000",
                       std::string(ocmf::obis_export), "kWh", "DC", "", 'G'},
                      {1'800'000'060'000, ocmf::TimeStatus::relative, ocmf::Reason::end, "1.500000",
                       std::string(ocmf::obis_import), "kWh", "DC", "", 'G'},
                      {1'800'000'060'000, ocmf::TimeStatus::relative, ocmf::Reason::end, "0.350000",
                       std::string(ocmf::obis_export), "kWh", "DC", "", 'G'}};
        const std::string payload = MUST(ocmf::write(p));
        record = ocmf::join(payload, {std::string(ocmf::algorithm_p256), MUST(pki::sign_sha256(key.get(), as_bytes(payload)))});
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string put(const std::string& name, std::string_view text) const {
        std::ofstream(folder + "/" + name, std::ios::binary) << text;
        return folder + "/" + name;
    }
    std::string ocpp() const {
        return R"([2,"1","TransactionEvent",{"meterValue":[{"sampledValue":[{"value":1.5,"signedMeterValue":{"signedMeterData":")" +
               ocmf::to_base64(as_bytes(record)) +
               R"(","encodingMethod":"OCMF","signingMethod":"ECDSA-secp256r1-SHA256","publicKey":")" +
               ocmf::to_base64(as_bytes("oca:base16:asn1:" + hex)) + R"("}}]}]}])";
    }

    std::string folder, hex, record;
    pki::Key key;
};

}  // namespace

TEST_F(MeterVerify, every_form_of_a_signed_reading_is_understood) {
    for (const std::string& text :
         {ocmf::write_container({{record, hex}}), ocpp(), record + "\n", ocpp() + "\n" + ocpp() + "\n"}) {
        const auto values = signed_values(text);
        ASSERT_TRUE(values) << text;
        for (const auto& value : *values) {
            const Verified v = verify(value, value.public_key.empty() ? hex : "");
            EXPECT_TRUE(v.is_good) << v.why;
            EXPECT_EQ(*ocmf::billed_mwh(*v.payload), 500'000);
        }
    }
    EXPECT_EQ(signed_values(ocpp() + "\n" + ocpp())->size(), 2u);
}

TEST_F(MeterVerify, every_changed_byte_of_the_payload_is_found) {
    const std::size_t begin = 5, end = record.rfind('|');
    for (std::size_t i = begin; i < end; ++i) {
        std::string changed = record;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(verify({changed, hex}, {}).is_good) << i << " " << changed;
    }
}

TEST_F(MeterVerify, another_key_or_none_is_no_proof) {
    const pki::Key other = MUST(pki::make_key(pki::Algorithm::p256)), large = MUST(pki::make_key(pki::Algorithm::p384));
    EXPECT_FALSE(verify({record, hex}, pki::public_pem(other.get())).is_good)
        << "the one that was named counts, not the one beside it";
    EXPECT_FALSE(verify({record, hex}, pki::public_pem(large.get())).is_good);
    EXPECT_FALSE(verify({record, {}}, {}).is_good);
    EXPECT_FALSE(verify({record, "nonsense"}, {}).is_good);
    EXPECT_TRUE(verify({record, {}}, pki::public_pem(key.get())).is_good);
}

TEST_F(MeterVerify, the_commands_end_as_the_check_did) {
    const std::string good = put("good.ocmf", record), pub = put("public.pem", pki::public_pem(key.get()));
    std::string changed = record;
    changed.replace(changed.find("1.500000"), 8, "1.400000");
    const std::string bad = put("bad.ocmf", changed);
    testing::internal::CaptureStdout();
    EXPECT_EQ(*meter_verify_command(good, pub, true), 0);
    EXPECT_NE(testing::internal::GetCapturedStdout().find(R"("register":"1.500000","unit":"kWh","export_register":"0.350000")"),
              std::string::npos);
    testing::internal::CaptureStdout();
    EXPECT_EQ(*meter_verify_command(good, pub, true), 0);
    EXPECT_NE(testing::internal::GetCapturedStdout().find(R"("billed_mwh":500000,"returned_mwh":250000)"), std::string::npos);
    testing::internal::CaptureStdout();
    EXPECT_EQ(*meter_verify_command(good, pub, false), 0);
    EXPECT_NE(testing::internal::GetCapturedStdout().find(
                  "0.350000 kWh from the car\n    billed: 0.500000 kWh\n    from the car: 0.250000 kWh"),
              std::string::npos);
    testing::internal::CaptureStdout();
    EXPECT_EQ(*meter_verify_command(bad, pub, true), 1);
    EXPECT_NE(testing::internal::GetCapturedStdout().find("\"ok\":false"), std::string::npos);
    testing::internal::CaptureStdout();
    EXPECT_EQ(*meter_verify_command(put("junk", "\x1b[2J"), pub, false), 1);
    EXPECT_EQ(testing::internal::GetCapturedStdout().find('\x1b'), std::string::npos);
    testing::internal::CaptureStdout();
    EXPECT_EQ(*meter_export_command(put("ocpp.json", ocpp())), 0);
    const auto back = ocmf::read_container(testing::internal::GetCapturedStdout());
    ASSERT_TRUE(back);
    EXPECT_TRUE(verify(back->front(), {}).is_good);
}

/// The lines between the fences of docs/meter.md are run as they stand.
TEST_F(MeterVerify, openssl_alone_says_the_same_with_the_lines_of_the_manual) {
    std::ifstream page("docs/meter.md");
    const std::string text{std::istreambuf_iterator<char>(page), {}};
    const std::size_t begin = text.find("```sh openssl\n"), end = text.find("```", begin + 3);
    ASSERT_NE(begin, std::string::npos);
    const std::string script = put("verify.sh", "set -e\ncd " + folder + "\n" + text.substr(begin + 14, end - begin - 14));
    put("public.pem", pki::public_pem(key.get()));
    put("reading.ocmf", record);
    EXPECT_EQ(std::system(("sh " + script + " >/dev/null 2>&1").c_str()), 0);
    std::string changed = record;
    changed.replace(changed.find("1.500000"), 8, "1.400000");
    put("reading.ocmf", changed);
    EXPECT_NE(std::system(("sh " + script + " >/dev/null 2>&1").c_str()), 0);
}

}  // namespace voltkeep::cli
