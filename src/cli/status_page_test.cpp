// SPDX-License-Identifier: Apache-2.0
#include "cli/status_page.hpp"

#include <gtest/gtest.h>

namespace voltkeep::cli {
namespace {

Json status(std::string_view flags = R"("rootless":false,"lab":false)") {
    return *Json::parse(R"({"ok":true,"station":"VK-1",)" + std::string(flags) + R"(,"services":[
        {"name":"powerdrv@1","life":"ready","pid":4194304,"restarts":0,"beats":123456},
        {"name":"session","life":"ready","pid":12,"restarts":1,"beats":7},
        {"name":"ocpp","life":"quarantined","pid":0,"restarts":9999,"beats":99999999}],
        "evses":[{"evse":1,"availability":"Occupied","state":"charging","transaction":"0123456789abcdef0123456789abcdef","energy_mwh":132000,
                  "cost_micro":64680,"currency":"EUR","power_w":49800,"limit_w":50000,"limited_by":"hardware","soc_permille":213},
                 {"evse":2,"state":"unknown","error":"timeout"}]})");
}

Json measures(int cpu_ms) {
    return *Json::parse(R"({"ok":true,"services":[
        {"name":"powerdrv@1","cpu_ms":)" +
                        std::to_string(cpu_ms) + R"(,"memory_kib":3277,"messages":[
            {"message":0,"count":100,"p99_us":22,"worst_us":30,"total":9000,"late":0},{"message":32,"count":5,"p99_us":40,"worst_us":41,"total":40,"late":0}]},
        {"name":"session","cpu_ms":0,"memory_kib":9000,"messages":[{"message":13,"count":1,"p99_us":1500,"worst_us":1500,"total":4,"late":3}]}]})");
}

std::string text_of(const std::vector<PageLine>& lines) {
    std::string text;
    for (const PageLine& line : lines) text += line.text + "\n";
    return text;
}

}  // namespace

TEST(StatusPage, says_messages_by_name_and_processor_as_a_difference) {
    StatusPage page;
    const Instant begun{1'000'000'000};
    EXPECT_NE(text_of(page.lines(status(), measures(100), begun, {})).find("     -"), std::string::npos)
        << "not known at the first look";
    const std::string text = text_of(page.lines(status(), measures(125), begun + 1s, {}));
    EXPECT_NE(text.find("100/s Take 22us"), std::string::npos) << text;
    EXPECT_NE(text.find("timers 40us"), std::string::npos) << text;
    EXPECT_NE(text.find("1/s Snapshot 1.5ms !3"), std::string::npos) << text;
    EXPECT_NE(text.find("   2.5   3.2"), std::string::npos) << text;
}

TEST(StatusPage, says_whether_there_is_a_TPM_what_of_it_works_and_which_keys_were_used) {
    const auto said = [](const std::string& trust) {
        Json whole = status();
        whole.add("trust", *Json::parse(trust));
        return text_of(StatusPage().lines(whole, measures(1), Instant{1}, {}));
    };
    EXPECT_NE(said(R"({"tpm":"none","keys":[]})").find("no TPM: private keys are files\n"), std::string::npos);
    const std::string good = said(
        R"({"tpm":"ready","reason":"","part":"IBM SW 8213","has_endorsement":true,"software_keys":true,"software_reason":"","token":true,"token_reason":"","keys":[
        {"key":"tls-csms","place":"tpm","uses":2,"last":"tls_client","last_ms":1700000039000},{"key":"log","place":"crypto","uses":0,"last":"","last_ms":0}]})");
    EXPECT_NE(good.find("TPM ready IBM SW 8213\n   tls-csms in tpm: 2 times, last for tls_client at 22:13:59Z\n\n"),
              std::string::npos)
        << good;
    const std::string bad = said(
        R"({"tpm":"lost","reason":"it does not answer","part":"","has_endorsement":true,"software_keys":false,"software_reason":"closed","keys":[]})");
    EXPECT_NE(bad.find("TPM lost : it does not answer: closed"), std::string::npos) << bad;
    const std::string without = said(
        R"({"tpm":"ready","part":"IBM","has_endorsement":true,"software_keys":true,"token":false,"token_reason":"the token is gone","keys":[]})");
    EXPECT_NE(without.find("TPM ready IBM: the token is gone"), std::string::npos) << without;
}

TEST(StatusPage, stays_within_its_width_and_height_whatever_is_said) {
    for (const std::size_t columns : {20u, 80u, 200u})
        for (const std::size_t rows : {3u, 9u, 24u}) {
            StatusPage page;
            const auto lines = page.lines(status(), measures(1), Instant{1}, {columns, rows});
            EXPECT_LE(lines.size(), rows);
            for (const PageLine& line : lines) EXPECT_LE(line.text.size(), columns) << line.text;
        }
}

TEST(StatusPage, is_loud_about_what_the_machine_does_not_give) {
    for (const auto& [flags, word] :
         {std::pair(R"("rootless":true,"lab":true)", "ROOTLESS"), std::pair(R"("rootless":false,"lab":true)", "LAB")}) {
        StatusPage page;
        const auto lines = page.lines(status(flags), measures(1), Instant{1}, {});
        const auto loud = std::ranges::find_if(lines, [&](const PageLine& l) { return l.text.starts_with(word); });
        ASSERT_NE(loud, lines.end()) << word;
        EXPECT_EQ(loud->style, PageLine::Style::bad);
    }
    StatusPage page;
    EXPECT_EQ(text_of(page.lines(status(), measures(1), Instant{1}, {})).find("LAB"), std::string::npos);
}

TEST(StatusPage, a_fault_does_not_hide_what_charges_and_a_pipe_has_no_edge) {
    const auto faulty = *Json::parse(R"({"ok":true,"station":"VK-1","services":[],"evses":[
        {"evse":1,"availability":"Faulted","state":"charging","transaction":"01234567-89ab-4def-8123-456789abcdef","energy_mwh":132000,"cost_micro":64680,
         "currency":"EUR","power_w":49800,"limit_w":50000,"limited_by":"hardware","soc_permille":213,"fault":"the session store takes nothing"}]})");
    StatusPage page;
    const std::string text = text_of(page.lines(faulty, measures(1), Instant{1}, {}));
    EXPECT_NE(text.find("EVSE 1 FAULT the session store takes nothing: Faulted charging SoC 21% 0.132 kWh"), text.npos) << text;
    EXPECT_NE(text.find(" 01234567-89ab-4def-8123-456789abcdef\n"), text.npos) << "whole: " << text;
}

TEST(StatusPage, a_service_that_is_not_ready_stands_out) {
    StatusPage page;
    const auto lines = page.lines(status(), measures(1), Instant{1}, {});
    const auto ended = std::ranges::find_if(lines, [](const PageLine& l) { return l.text.starts_with("ocpp"); });
    ASSERT_NE(ended, lines.end());
    EXPECT_EQ(ended->style, PageLine::Style::bad);
}

}  // namespace voltkeep::cli
