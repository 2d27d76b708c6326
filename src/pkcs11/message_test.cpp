// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/message.hpp"

#include <gtest/gtest.h>

namespace voltkeep::pkcs11 {
namespace {

/// Octets of an answer: hexadecimal, blanks as they please.
std::vector<std::byte> octets(std::string_view hex) {
    std::vector<std::byte> all;
    std::string pair;
    for (const char c : hex) {
        if (c != ' ') pair += c;
        if (pair.size() == 2) all.push_back(static_cast<std::byte>(std::stoi(std::exchange(pair, {}), nullptr, 16)));
    }
    return all;
}
constexpr std::string_view good_numbers = "00000004 00000002 6175 01 00000002 0000000000000007 0000000000000009";  // "au"

}  // namespace

TEST(Message, a_call_is_p11_kits_bytes) {
    const auto frame = Call(Function::sign_init).number(1).mechanism(mechanism_ecdsa).number(2).frame(5);
    EXPECT_EQ(frame,
              octets("00000005 00000000 00000023 0000002a 00000003 754d75 0000000000000001 00001041 ffffffff 0000000000000002"));
}

TEST(Message, an_answer_is_taken_apart_within_its_bounds) {
    const auto body = octets(good_numbers);
    auto answer = Answer::to(Function::get_slot_list, body);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->numbers(2), (std::vector<std::uint64_t>{7, 9}));
    EXPECT_FALSE(answer->number()) << "nothing is left";
    auto short_of_room = Answer::to(Function::get_slot_list, body);
    EXPECT_FALSE(short_of_room->numbers(1)) << "more than there is room for";
}

TEST(Message, what_is_cut_off_anywhere_or_is_the_answer_to_another_call_is_refused) {
    const auto body = octets(good_numbers);
    for (std::size_t size = 0; size < body.size(); ++size) {
        auto answer = Answer::to(Function::get_slot_list, Bytes(body).first(size));
        EXPECT_FALSE(answer && answer->numbers(2)) << size;
    }
    EXPECT_FALSE(Answer::to(Function::sign, body));
    for (const std::string_view head : {"00000005 00000001 00000004", "00000005 00000000 00001001"}) {
        const auto bytes = octets(head);
        EXPECT_FALSE(header_of(std::span(bytes).first<Header::size>())) << head;
    }
}

TEST(Message, a_refused_PIN_is_told_from_every_other_error) {
    EXPECT_EQ(Answer::to(Function::login, octets("00000000 00000001 75 00000000000000a0")).error().code, Errc::refused);
    EXPECT_EQ(Answer::to(Function::login, octets("00000000 00000001 75 00000000000000a4")).error().code, Errc::refused);
    const auto error = Answer::to(Function::login, octets("00000000 00000001 75 0000000000000030"));
    EXPECT_EQ(error.error().code, Errc::io);
    EXPECT_NE(error.error().what.view().find("0x30"), std::string_view::npos);
}

TEST(Message, two_numbers_are_a_signature_in_DER) {
    EXPECT_EQ(der_of(octets("01 ff")), octets("3007 020101 020200ff"));
    EXPECT_FALSE(der_of({}));
    EXPECT_FALSE(der_of(octets("01 02 03")));
    EXPECT_FALSE(der_of(std::vector<std::byte>(134)));
}

}  // namespace voltkeep::pkcs11
