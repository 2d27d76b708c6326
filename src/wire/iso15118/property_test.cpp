// SPDX-License-Identifier: Apache-2.0
// What holds for every message: 100,000 random instances of all types, each a different one.
#include <gtest/gtest.h>

#include "wire/iso15118/codec.hpp"
#include "wire/iso15118/message_json.hpp"
#include "wire/iso15118/random_message.hpp"

namespace voltkeep::iso15118 {
namespace {

constexpr std::size_t room = 4 * 1024 * 1024;

class Codec : public testing::Test {
protected:
    Bytes encoded(const Message& message) {
        auto size = encode(message, buffer_);
        EXPECT_TRUE(size.has_value()) << name(message) << ": " << size.error().what.view();
        return Bytes(buffer_).first(size.value_or(0));
    }

    std::vector<std::byte> buffer_ = std::vector<std::byte>(room);
    exi::Random random_{20};
};

TEST_F(Codec, what_is_encoded_decodes_to_the_same_message) {
    for (int i = 0; i < 100'000 && !HasFailure(); ++i) {
        Message message = random_message(random_);
        auto decoded = decode(schema_of_message(pointer_to(message)), encoded(message));
        ASSERT_TRUE(decoded.has_value()) << decoded.error().what.view();
        EXPECT_EQ(*decoded, message) << to_json(message).text();
    }
}

/// Whatever is accepted is the one encoding of what it means: a signature over re-encoded bytes is a signature over the bytes
/// received.
TEST_F(Codec, what_decodes_encodes_to_the_same_bytes_even_if_a_bit_was_changed_on_the_way) {
    std::vector<std::byte> again(room);
    int accepted = 0;
    for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
        Message message = random_message(random_);
        Schema schema = schema_of_message(pointer_to(message));
        Bytes bytes = encoded(message);
        std::size_t bit = random_.below(bytes.size() * 8);
        buffer_[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        auto decoded = decode(schema, bytes);
        if (!decoded) continue;
        ++accepted;
        auto size = encode(*decoded, again);
        ASSERT_TRUE(size.has_value()) << size.error().what.view();
        EXPECT_TRUE(std::ranges::equal(bytes, Bytes(again).first(*size))) << to_json(*decoded).text();
    }
    EXPECT_GT(accepted, 1000);
}

TEST_F(Codec, a_truncated_message_is_refused_with_its_bit_position) {
    for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
        Message message = random_message(random_);
        Bytes bytes = encoded(message);
        std::size_t kept = random_.below(bytes.size());
        exi::Failure why;
        EXPECT_FALSE(decode(schema_of_message(pointer_to(message)), bytes.first(kept), &why).has_value());
        EXPECT_EQ(why.fault, exi::Fault::truncated) << to_json(message).text();
        EXPECT_LE(why.bit, kept * 8);
    }
}

TEST_F(Codec, a_byte_more_is_refused) {
    for (int i = 0; i < 5'000 && !HasFailure(); ++i) {
        Message message = random_message(random_);
        std::size_t size = encoded(message).size();
        buffer_[size] = std::byte{0};
        exi::Failure why;
        EXPECT_FALSE(decode(schema_of_message(pointer_to(message)), Bytes(buffer_).first(size + 1), &why).has_value());
        EXPECT_EQ(why.fault, exi::Fault::trailing);
    }
}

TEST_F(Codec, random_bytes_are_decoded_or_refused) {
    for (int i = 0; i < 100'000; ++i) {
        std::size_t size = 1 + random_.below(200);
        exi::randomize_octets(random_, std::span(buffer_).first(size));
        buffer_[0] = std::byte{0x80};
        exi::Failure why;
        auto decoded = decode(static_cast<Schema>(random_.below(6)), Bytes(buffer_).first(size), &why);
        EXPECT_EQ(decoded.has_value(), why.fault == exi::Fault::none);
        EXPECT_LE(why.bit, size * 8);
    }
}

TEST_F(Codec, json_says_everything_about_a_message) {
    for (int i = 0; i < 5'000 && !HasFailure(); ++i) {
        Message message = random_message(random_);
        auto json = exi::Json::parse(to_json(message).text());
        ASSERT_TRUE(json.has_value()) << json.error().what.view();
        auto back = message_from_json(name(message), *json);
        ASSERT_TRUE(back.has_value()) << back.error().what.view() << json->text();
        EXPECT_EQ(*back, message) << json->text();
    }
}

TEST_F(Codec, a_signed_element_survives_as_a_fragment) {
    for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
        Fragment fragment = random_fragment(random_);
        std::visit(
            [&]<class T>(const T& element) {
                if constexpr (std::is_same_v<T, xmldsig::SignedInfo>) {
                    for (SignedInfoGrammar grammar : {SignedInfoGrammar::xmldsig, SignedInfoGrammar::common_messages}) {
                        auto size = encode_fragment(element, grammar, buffer_);
                        ASSERT_TRUE(size.has_value()) << size.error().what.view();
                        auto back = decode_signed_info(grammar, Bytes(buffer_).first(*size));
                        ASSERT_TRUE(back.has_value()) << back.error().what.view();
                        EXPECT_EQ(*back, element);
                    }
                } else {
                    auto size = encode_fragment(element, buffer_);
                    ASSERT_TRUE(size.has_value()) << size.error().what.view();
                    auto back = decode_fragment<T>(Bytes(buffer_).first(*size));
                    ASSERT_TRUE(back.has_value()) << back.error().what.view();
                    EXPECT_EQ(*back, element);
                }
            },
            fragment);
    }
}

}  // namespace
}  // namespace voltkeep::iso15118
