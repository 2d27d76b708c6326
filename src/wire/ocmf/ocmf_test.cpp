// SPDX-License-Identifier: Apache-2.0
#include "wire/ocmf/ocmf.hpp"

#include <gtest/gtest.h>

#include "wire/ocmf/container.hpp"

namespace voltkeep::ocmf {
namespace {

Payload some_payload() {
    Payload p;
    p.gateway = "Voltkeep DC50";
    p.gateway_serial = "VK50-000001-1";
    p.pagination = 4711;
    p.meter_serial = "VK-DC-100001";
    p.is_assigned = true;
    p.level = "TRUSTED";
    p.flags = {"OCPP_AUTH"};
    p.identification_type = "CENTRAL";
    p.identification = "VK-DEMO|DRIVER";
    p.charge_point_type = "EVSEID";
    p.charge_point = "DE*VLT*E1";
    p.readings = {{1'763'892'000'123, TimeStatus::synchronised, Reason::begin, "1000.000120", std::string(obis_import), "kWh",
                   "DC", "", 'G'},
                  {1'763'895'600'000, TimeStatus::synchronised, Reason::end, "1012.345678", std::string(obis_import), "kWh", "DC",
                   "", 'G'}};
    return p;
}

constexpr std::string_view written =
    R"({"FV":"1.4","GI":"Voltkeep DC50","GS":"VK50-000001-1","PG":"T4711","MS":"VK-DC-100001","IS":true,"IL":"TRUSTED","IF":["OCPP_AUTH"],)"
    R"("IT":"CENTRAL","ID":"VK-DEMO\u007cDRIVER","CT":"EVSEID","CI":"DE*VLT*E1","RD":[)"
    R"({"TM":"2025-11-23T10:00:00,123+0000 S","TX":"B","RV":1000.000120,"RI":"01-00:B0.08.00*FF","RU":"kWh","RT":"DC","ST":"G"},)"
    R"({"TM":"2025-11-23T11:00:00,000+0000 S","TX":"E","RV":1012.345678}]})";

/// The example of the format's own specification, as far as a reader needs it.
constexpr std::string_view foreign =
    R"(OCMF|{"FV" : "1.0","GI" : "ABL SBC-301","GS" : "808829900001","PG" : "T12345","MV" : "Phoenix Contact","MM" : "EEM-350-D-MCB","MS" : "BQ27400330016",)"
    R"("IS" : true,"IL" : "VERIFIED","IF" : ["RFID_PLAIN","OCPP_RS_TLS"],"IT" : "ISO14443","ID" : "1F2D3A4F5506C7","UX":{"a":[1]},)"
    R"("RD" : [{"TM" : "2018-07-24T13:22:04,000+0200 S","TX" : "B","RV" : 2935.6,"RI" : "1-b:1.8.0","RU" : "kWh","RT" : "AC","EF" : "","ST" : "G"},)"
    R"({"TM" : "2018-07-24T14:22:04,000+0200 S","TX" : "E","RV" : 2965.1}]}|{"SE":"base64","SD":"AQID"})";

}  // namespace

TEST(Ocmf, a_payload_is_written_as_the_format_has_it) { EXPECT_EQ(*write(some_payload()), written); }

TEST(Ocmf, what_is_the_same_as_in_the_reading_before_holds_on) {
    const auto p = read(written);
    ASSERT_TRUE(p);
    ASSERT_EQ(p->readings.size(), 2u);
    EXPECT_EQ(p->readings[1].identification, obis_import);
    EXPECT_EQ(p->readings[1].unit, "kWh");
    EXPECT_EQ(p->readings[1].status, 'G');
    EXPECT_EQ(p->readings[0].value, "1000.000120") << "no digit is lost";
    EXPECT_EQ(p->readings[0].wall_ms, 1'763'892'000'123);
    EXPECT_EQ(p->pagination, 4711u);
    EXPECT_EQ(p->identification, "VK-DEMO|DRIVER");
    EXPECT_EQ(*write(*p), written);
}

TEST(Ocmf, what_is_signed_are_the_bytes_between_the_bars) {
    const std::string text = join(written, {std::string(algorithm_p256), {std::byte{0x30}, std::byte{0xab}}});
    const auto record = split(text);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->payload, written);
    EXPECT_EQ(record->payload.data(), text.data() + 5);
    EXPECT_EQ(to_hex(record->signature.bytes), "30AB");
}

TEST(Ocmf, another_makers_record_is_read) {
    const auto record = split(foreign);
    ASSERT_TRUE(record) << record.error().what.view();
    EXPECT_EQ(record->signature.algorithm, algorithm_p256) << "the default";
    EXPECT_EQ(to_hex(record->signature.bytes), "010203");
    const auto p = read(record->payload);
    ASSERT_TRUE(p) << p.error().what.view();
    EXPECT_EQ(p->readings[0].wall_ms, 1'532'431'324'000);
    EXPECT_EQ(*billed_mwh(*p), 29'500'000);
}

TEST(Ocmf, bills_from_the_first_reading_to_the_last_of_one_register_without_an_error) {
    EXPECT_EQ(*billed_mwh(some_payload()), 12'345'558);
    const auto wrong = [](auto change) {
        Payload p = some_payload();
        change(p);
        return !billed_mwh(p).has_value();
    };
    EXPECT_TRUE(wrong([](Payload& p) { p.readings.pop_back(); }));
    EXPECT_TRUE(wrong([](Payload& p) { p.readings[0].reason = Reason::charging; }));
    EXPECT_TRUE(wrong([](Payload& p) { p.readings[1].reason = Reason::charging; }));
    EXPECT_TRUE(wrong([](Payload& p) { p.readings[1].identification = obis_export; }));
    EXPECT_TRUE(wrong([](Payload& p) { p.readings[1].value = "999"; }));
    EXPECT_TRUE(wrong([](Payload& p) { p.readings[1].error_flags = "E"; }));
    EXPECT_TRUE(wrong([](Payload& p) { p.readings[1].status = 'X'; }));
}

TEST(Ocmf, a_register_says_which_way_its_energy_went) {
    for (const char* code :
         {"1-b:1.8.0", "1-0:1.8.0*255", "01-00:01.08.00*FF", "01-00:B0.08.00*FF", "01-00:B3.08.00*FF", "1.8.0"})
        EXPECT_EQ(direction_of(code), Direction::to_the_car) << code;
    for (const char* code : {"1-b:2.8.0", "01-00:C0.08.00*FF", "01-00:C2.08.00*FF", "2.8.1"})
        EXPECT_EQ(direction_of(code), Direction::from_the_car) << code;
    for (const char* code :
         {"", ":", ".", "1-b:1.7.0", "1-0:16.7.0", "01-00:B4.08.00*FF", "01-00:D0.08.00*FF", "1-b:21.8.0", "8"})
        EXPECT_FALSE(direction_of(code)) << code;
}

TEST(Ocmf, energy_to_the_car_and_from_it_are_two_registers_of_one_record) {
    Payload p = some_payload();
    EXPECT_EQ(returned_mwh(p).error().code, Errc::not_found);
    Reading first = p.readings[0], last = p.readings[1];
    first.identification = last.identification = obis_export;
    first.value = "0.500000";
    last.value = "2.750001";
    p.readings = {p.readings[0], first, p.readings[1], last};
    const auto back = read(*write(p));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->readings[3].identification, obis_export);
    EXPECT_EQ(*billed_mwh(*back), 12'345'558);
    EXPECT_EQ(*returned_mwh(*back), 2'250'001);
    EXPECT_EQ(last_of(*back, Direction::to_the_car)->value, "1012.345678");
    EXPECT_EQ(last_of(*back, Direction::from_the_car)->value, "2.750001");
    const auto wrong = [&](auto change) {
        Payload q = p;
        change(q);
        return !returned_mwh(q).has_value();
    };
    EXPECT_TRUE(wrong([](Payload& q) { q.readings[3].value = "0.4"; })) << "it fell";
    EXPECT_TRUE(wrong([](Payload& q) { q.readings.pop_back(); }));
    EXPECT_TRUE(wrong([](Payload& q) { q.readings[2].error_flags = "E"; })) << "an error beside it is an error of the meter";
    p.readings[3].error_flags = "E";
    EXPECT_FALSE(billed_mwh(p));
}

TEST(Ocmf, what_another_maker_may_have_written_is_never_written_as_something_else) {
    const auto reading = [](std::string_view time, std::string_view status) {
        return read(R"({"PG":"T1","IF":["a\"b","\u0007"],"RD":[{"TM":")" + std::string(time) + R"(","RV":1,"RU":"kWh","ST":")" +
                    std::string(status) + R"("}]})");
    };
    const auto p = reading("1970-01-01T00:00:00,000+0000 U", "G");
    ASSERT_TRUE(p);
    const auto again = read(*write(*p));
    ASSERT_TRUE(again) << *write(*p);
    EXPECT_EQ(again->flags, p->flags) << "a quotation mark in a flag stays one";
    EXPECT_FALSE(reading("1970-01-01T00:00:00,000+0100 U", "G")) << "before time began";
    EXPECT_FALSE(reading("9999-12-31T23:59:59,999-0100 U", "G"));
    for (const char* status : {"GG", "g", "\xc3\xa4", "|"})
        EXPECT_FALSE(reading("2026-01-01T00:00:00,000+0000 S", status)) << status;
    Payload many = *p;
    many.flags.assign(17, "RFID_PLAIN");
    EXPECT_EQ(write(many).error().code, Errc::full);
}

TEST(Ocmf, energy_is_exact) {
    EXPECT_EQ(kwh(1'234'567'890), "1234.567890");
    EXPECT_EQ(kwh(5), "0.000005");
    EXPECT_EQ(*mwh("1234.567890", "kWh"), 1'234'567'890);
    EXPECT_EQ(*mwh("2935.6", "kWh"), 2'935'600'000);
    EXPECT_EQ(*mwh("2935", "Wh"), 2'935'000);
    EXPECT_EQ(*mwh("1.0000000", "kWh"), 1'000'000);
    for (const char* value : {"1.0000001", "1e3", "-1", "", "9999999999999999999"}) EXPECT_FALSE(mwh(value, "kWh")) << value;
    EXPECT_FALSE(mwh("1", "mOhm"));
}

TEST(Ocmf, what_is_no_record_is_refused) {
    const std::string good = join(written, {std::string(algorithm_p256), {std::byte{1}}});
    for (const std::string& bad : {std::string(), std::string("OCMF|"), std::string("OCMF|{}|"), std::string("OCMF|{}|{}"),
                                   good + "|{}", "X" + good, good + "x", std::string(R"(OCMF|{}|{"SD":"0"})"),
                                   std::string(R"(OCMF|{}|{"SD":"zz"})"), std::string(R"(OCMF|{}|{"SD":"00","SE":"rot13"})")})
        EXPECT_FALSE(split(bad)) << bad;
    for (const char* bad : {"", "[]", "{}", R"({"PG":"T1"})", R"({"PG":"T1","RD":[]})",
                            R"({"PG":"1","RD":[{"TM":"2025-11-23T10:00:00,123+0000 S","RV":1,"RU":"kWh"}]})",
                            R"({"PG":"T1","RD":[{"TM":"2025-11-23T10:00:00,123+0000 Q","RV":1,"RU":"kWh"}]})",
                            R"({"PG":"T1","RD":[{"TM":"2025-13-23T10:00:00,123+0000 S","RV":1,"RU":"kWh"}]})",
                            R"({"PG":"T1","RD":[{"TM":"2025-11-23T10:00:00,123+0000 S","RV":"1","RU":"kWh"}]})",
                            R"({"PG":"T1","PG":"T2","RD":[{"TM":"2025-11-23T10:00:00,123+0000 S","RV":1,"RU":"kWh"}]})"})
        EXPECT_FALSE(read(bad)) << bad;
    Payload p = some_payload();
    p.readings[0].value = "1,0";
    EXPECT_FALSE(write(p));
    p = some_payload();
    p.identification = std::string(5000, 'x');
    EXPECT_EQ(write(p).error().code, Errc::full) << "refused, not cut";
}

TEST(Ocmf, base64_is_as_rfc_4648_has_it) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        EXPECT_EQ(to_base64(as_bytes(plain)), coded);
        EXPECT_EQ(as_text(*from_base64(coded)), plain);
    }
    for (const char* bad : {"Zm9v!", "Zg=a", "Zh=="}) EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(Container, comes_back_as_it_went_and_is_what_the_transparency_software_opens) {
    const std::string xml = write_container({{"OCMF|{\"a\":\"<&>\"}|{}", "3059"}, {"OCMF|{}|{}", ""}});
    EXPECT_NE(xml.find("<signedData format=\"OCMF\" encoding=\"plain\">OCMF|{\"a\":\"&lt;&amp;&gt;\"}|{}</signedData>"),
              std::string::npos)
        << xml;
    const auto back = read_container(xml);
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), 2u);
    EXPECT_EQ((*back)[0].record, "OCMF|{\"a\":\"<&>\"}|{}");
    EXPECT_EQ((*back)[0].public_key, "3059");
    EXPECT_EQ((*back)[1].public_key, "");
}

TEST(Container, of_another_maker_is_read_and_what_is_none_is_refused) {
    const auto one = read_container(
        "<values><value transactionId=\"1\"><publicKey encoding=\"plain\">30 59</publicKey>\n<signedData encoding=\"base64\" "
        "format=\"OCMF\">T0NNRg==</signedData></value></values>");
    ASSERT_TRUE(one);
    EXPECT_EQ((*one)[0].record, "OCMF");
    EXPECT_EQ((*one)[0].public_key, "30 59");
    for (const char* bad : {"", "<values></values>", "<values><value></value></values>",
                            "<values><value><signedData format=\"ALFEN\">x</signedData></value></values>",
                            "<values><value><signedData format=\"OCMF\">x</value></values>",
                            "<values><value><signedData format=\"OCMF\">&x;</signedData></value></values>"})
        EXPECT_FALSE(read_container(bad)) << bad;
}

}  // namespace voltkeep::ocmf
