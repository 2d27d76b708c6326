// SPDX-License-Identifier: Apache-2.0
#include "kernel/message.hpp"

#include <gtest/gtest.h>

#include "base/units.hpp"

namespace voltkeep::kernel {
namespace {

enum class Colour : std::uint8_t { red, green, last_ = green };
struct Inner {
    MilliVolt voltage;
    Colour colour = Colour::red;
};
struct Everything {
    bool yes = false;
    std::int64_t number = 0;
    Text<5> text;
    Blob<4> blob;
    List<Inner, 3> list;
    std::optional<std::uint16_t> maybe;
    std::variant<std::uint8_t, Inner> either;
    std::array<std::uint8_t, 2> pair{};
    using Reply = Done;
};

Everything sample() {
    return {true,
            -7,
            "hello",
            *Blob<4>::from(as_bytes("abcd")),
            {Inner{{400'000}, Colour::green}, Inner{}},
            9,
            Inner{{1}, Colour::green},
            {1, 2}};
}

std::vector<std::byte> encoded() {
    std::vector<std::byte> buffer(bound<Everything>);
    buffer.resize(encode(sample(), buffer).size());
    return buffer;
}

}  // namespace

TEST(Message, what_was_put_is_got) {
    const auto back = decode<Everything>(encoded());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->text, "hello");
    EXPECT_EQ(back->list[0].voltage.value, 400'000);
    EXPECT_EQ(std::get<Inner>(back->either).colour, Colour::green);
    EXPECT_EQ(*back->maybe, 9);
}

TEST(Message, every_truncation_is_refused) {
    const auto bytes = encoded();
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode<Everything>(Bytes(bytes).first(n))) << n;
}

TEST(Message, a_trailing_byte_is_refused) {
    auto bytes = encoded();
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(decode<Everything>(bytes));
}

TEST(Message, values_off_their_list_are_refused) {
    struct Flag {
        bool flag = false;
    };
    struct Named {
        Colour colour = Colour::red;
    };
    const std::array<std::byte, 1> two{std::byte{2}};
    EXPECT_FALSE(decode<Flag>(two));
    EXPECT_FALSE(decode<Named>(two));
}

TEST(Message, a_count_over_its_bound_is_refused) {
    struct Short {
        Text<2> text;
    };
    const std::array<std::byte, 5> bytes{std::byte{3}, std::byte{0}, std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
    EXPECT_FALSE(decode<Short>(bytes));
}

TEST(Message, the_fingerprint_sees_a_changed_field) {
    struct Before {
        std::uint8_t volts = 0;
        using Reply = Done;
    };
    struct After {
        std::uint8_t amperes = 0;
        using Reply = Done;
    };
    static_assert(Interface<Before>::fingerprint != Interface<After>::fingerprint);
}

}  // namespace voltkeep::kernel
