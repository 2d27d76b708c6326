// SPDX-License-Identifier: Apache-2.0
// The engine against small types of its own: grammar widths, value ranges, and every way in which a stream is refused.
#include <gtest/gtest.h>

#include "wire/exi/decode.hpp"
#include "wire/exi/encode.hpp"

namespace voltkeep::exi {
namespace {

using exi::operator==;

enum class Colour : std::uint8_t { red, green, blue };
constexpr auto names(of<Colour>) { return enumeration<Colour::blue>("red", "green", "blue"); }

struct Leaf {
    bool value = false;
};
constexpr auto fields(of<Leaf>) { return list(element("Value", &Leaf::value)); }

struct Empty {};
constexpr auto fields(of<Empty>) { return list(); }

/// All kinds of slots.
struct Tree {
    String<8> name{};
    std::optional<String<8>> id{};
    std::optional<std::uint32_t> count{};
    std::variant<Leaf, Empty> either{};
    List<std::uint8_t, 3> some{};
};
constexpr auto fields(of<Tree>) {
    return list(attribute("Name", &Tree::name), attribute("Xid", &Tree::id), element("Count", &Tree::count),
                choice(&Tree::either, "Leaf", "Empty"), element("Some", &Tree::some, at_least<0>));
}

template <std::size_t N>
struct Bag {
    Many<std::uint8_t, N> item{};
};
template <std::size_t N>
constexpr auto fields(of<Bag<N>>) {
    return list(element("Item", &Bag<N>::item, unbounded<1>));
}

struct Pair {
    List<bool, 4> item{};
};
constexpr auto fields(of<Pair>) { return list(element("Item", &Pair::item, at_least<2>)); }

struct Marked {
    String<8> algorithm{};
};
constexpr auto fields(of<Marked>) { return list(attribute("Algorithm", &Marked::algorithm), unused(1), mixed); }

template <class T>
struct One {
    T value{};
};
template <class T>
constexpr auto fields(of<One<T>>) {
    return list(element("Value", &One<T>::value));
}

template <class T>
std::vector<std::byte> bytes_of(const T& value) {
    std::vector<std::byte> bytes(4096);
    BitWriter out(bytes);
    put(out, value);
    bytes.resize(out.finish());
    EXPECT_TRUE(out.ok()) << describe(out.failure().fault);
    return bytes;
}

template <class T>
Fault fault_of_encoding(const T& value) {
    std::vector<std::byte> bytes(4096);
    BitWriter out(bytes);
    put(out, value);
    (void)out.finish();
    return out.failure().fault;
}

template <class T>
Fault fault_of_decoding(Bytes bytes) {
    BitReader in(bytes);
    T value;
    get(in, value);
    in.finish();
    return in.failure().fault;
}

/// Bits as text ("1 0 11", blanks ignored), padded with zeros.
std::vector<std::byte> bits(std::string_view text) {
    std::vector<std::byte> bytes;
    std::size_t n = 0;
    for (char c : text) {
        if (c == ' ') continue;
        if (n % 8 == 0) bytes.emplace_back();
        if (c == '1') bytes.back() |= static_cast<std::byte>(0x80u >> n % 8);
        ++n;
    }
    return bytes;
}

/// The value between the start of its element and text, and their ends.
template <class T>
void expect_both_ways(const T& value, std::string_view expected_bits) {
    auto bytes = bytes_of(One<T>{value});
    EXPECT_EQ(bytes, bits("0 0 " + std::string(expected_bits) + " 0 0"));
    BitReader in(bytes);
    One<T> decoded;
    get(in, decoded);
    in.finish();
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(decoded.value == value);
}

TEST(Grammar, a_state_counts_what_may_come_until_what_must) {
    using G = Grammar<Tree>;
    EXPECT_EQ(G::productions(0, 0), 1u);                // Name
    EXPECT_EQ(G::productions(0, 1), 4u);                // Xid, Count, Leaf, Empty
    EXPECT_EQ(G::productions(1, 1), 3u);                // Count, Leaf, Empty
    EXPECT_EQ(G::productions(3, 1), 2u);                // Some, end
    EXPECT_EQ(G::productions(4, 2), 2u);                // Some, end
    EXPECT_EQ(G::productions(4, 3), 1u);                // the list is full: only the end
    EXPECT_EQ(Grammar<Marked>::productions(0, 1), 3u);  // any, end, text
    EXPECT_EQ(Grammar<Pair>::productions(0, 1), 1u);    // the second must come
}

TEST(Values, numbers_take_the_bits_that_their_range_needs) {
    expect_both_ways(true, "1");
    expect_both_ways<std::uint8_t>(255, "11111111");
    expect_both_ways<std::int8_t>(-128, "00000000");
    expect_both_ways<std::int8_t>(127, "11111111");
    expect_both_ways(Within<std::int8_t, 0, 100>(100), "1100100");
    expect_both_ways(Within<std::uint16_t, 12, 1024>(12), "0000000000");
    expect_both_ways(Within<std::uint16_t, 12, 1024>(1024), "1111110100");
    expect_both_ways(Colour::blue, "10");
    expect_both_ways<std::uint16_t>(300, "10101100 00000010");
    expect_both_ways<std::int16_t>(-1, "1 00000000");
    expect_both_ways<std::int16_t>(-32768, "1 11111111 11111111 00000001");
    expect_both_ways<std::uint64_t>(~0ull,
                                    "11111111 11111111 11111111 11111111 11111111 11111111 11111111 11111111 11111111 00000001");
}

TEST(Values, texts_and_binaries_have_their_length_before_them) {
    expect_both_ways(String<4>("a"), "00000011 01100001");
    expect_both_ways(String<4>(), "00000010");
    expect_both_ways(*String<4>::from("\xe2\x82\xac"), "00000011 10101100 01000001");  // U+20AC in two groups of 7 bits
    expect_both_ways(HexBinary<2>{{std::byte{0xab}, std::byte{0x01}}}, "00000010 10101011 00000001");
    expect_both_ways(*Base64Binary<4>::from(as_bytes("A")), "00000001 01000001");
}

TEST(Values, big_integers_go_to_256_bits_and_no_further) {
    expect_both_ways(Integer(0), "0 00000000");
    expect_both_ways(Integer(-1), "1 00000000");
    expect_both_ways(Integer(-128), "1 01111111");
    expect_both_ways(Integer(128), "0 10000000 00000001");
    const std::string largest = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    for (const std::string& text : {largest, "-" + largest}) {
        Integer number = *Integer::from_text(text);
        EXPECT_EQ(number.text(), text);
        auto bytes = bytes_of(One<Integer>{number});
        BitReader in(bytes);
        One<Integer> decoded;
        get(in, decoded);
        EXPECT_TRUE(in.ok());
        EXPECT_EQ(decoded.value, number);
    }
    EXPECT_FALSE(
        Integer::from_text("115792089237316195423570985008687907853269984665640564039457584007913129639936").has_value());
    EXPECT_FALSE(Integer::from_text("").has_value());
    EXPECT_FALSE(Integer::from_text("12a").has_value());
    std::string too_large = "0 0 0 ";
    for (int i = 0; i < 37; ++i) too_large += "11111111 ";
    EXPECT_EQ(fault_of_decoding<One<Integer>>(bits(too_large + "00000001 0 0")), Fault::out_of_range);
}

TEST(Values, octets_of_a_serial_number_are_the_number) {
    EXPECT_EQ(Integer::from_octets(as_bytes(std::string_view("\0\1\0", 3))), Integer(256));
    EXPECT_FALSE(Integer::from_octets(as_bytes(std::string(33, 'x'))).has_value());
}

TEST(Values, a_text_is_counted_in_characters_and_never_cut) {
    EXPECT_TRUE(String<2>::from("\xc3\xa9\xf0\x9f\x94\x8c").has_value());
    EXPECT_FALSE(String<2>::from("abc").has_value());
    EXPECT_FALSE(String<8>::from("\xc3").has_value());
    EXPECT_FALSE(String<8>::from("\xc0\x80").has_value());
    EXPECT_FALSE(String<8>::from("\xed\xa0\x80").has_value());
    EXPECT_FALSE(String<8>::from(std::string_view("a\0b", 3)).has_value());
}

TEST(Refusal, an_escape_code) {
    EXPECT_EQ(fault_of_decoding<Leaf>(bits("1")), Fault::escape);          // instead of the element
    EXPECT_EQ(fault_of_decoding<Leaf>(bits("0 1")), Fault::escape);        // instead of its text
    EXPECT_EQ(fault_of_decoding<Leaf>(bits("0 0 1 1")), Fault::escape);    // instead of its end
    EXPECT_EQ(fault_of_decoding<Leaf>(bits("0 0 1 0 1")), Fault::escape);  // instead of the end of its owner
    EXPECT_EQ(fault_of_decoding<Leaf>(bits("0 0 1 0 0")), Fault::none);
}

TEST(Refusal, a_value_outside_its_range) {
    EXPECT_EQ((fault_of_decoding<One<Within<std::int8_t, 0, 100>>>(bits("0 0 1100101 0 0"))), Fault::out_of_range);
    EXPECT_EQ(fault_of_decoding<One<Colour>>(bits("0 0 11 0 0")), Fault::out_of_range);
    EXPECT_EQ(fault_of_decoding<One<std::uint16_t>>(bits("0 0 11111111 11111111 00000100 0 0")), Fault::out_of_range);
    EXPECT_EQ(fault_of_decoding<One<std::int16_t>>(bits("0 0 0 11111111 11111111 00000010 0 0")), Fault::out_of_range);
    EXPECT_EQ((fault_of_decoding<One<Within<std::uint32_t, 1, 4294967295>>>(bits("0 0 00000000 0 0"))), Fault::out_of_range);
    EXPECT_EQ((fault_of_encoding(One<Within<std::int8_t, 0, 100>>{101})), Fault::out_of_range);
    EXPECT_EQ(fault_of_encoding(One<Colour>{static_cast<Colour>(3)}), Fault::out_of_range);
}

TEST(Refusal, an_integer_longer_than_it_need_be) {
    EXPECT_EQ(fault_of_decoding<One<std::uint32_t>>(bits("0 0 10000001 00000000 0 0")), Fault::out_of_range);
    EXPECT_EQ(fault_of_decoding<One<Integer>>(bits("0 0 0 10000001 00000000 0 0")), Fault::out_of_range);
}

TEST(Refusal, a_length_over_its_facet) {
    EXPECT_EQ(fault_of_decoding<One<String<1>>>(bits("0 0 00000100 01100001 01100001 0 0")), Fault::too_long);
    EXPECT_EQ(fault_of_decoding<One<HexBinary<1>>>(bits("0 0 00000010 01100001 01100001 0 0")), Fault::too_long);
    EXPECT_EQ(fault_of_decoding<One<HexBinary<1>>>(bits("0 0 00000000 0 0")), Fault::too_long);
    EXPECT_EQ(fault_of_decoding<One<Base64Binary<1>>>(bits("0 0 00000010 01100001 01100001 0 0")), Fault::too_long);
    EXPECT_EQ(fault_of_decoding<One<Base64Binary<9>>>(bits("0 0 00000111 01100001 0 0")), Fault::truncated);
}

TEST(Refusal, a_string_table_hit) {
    EXPECT_EQ(fault_of_decoding<One<String<4>>>(bits("0 0 00000000 0 0")), Fault::string_table);
    EXPECT_EQ(fault_of_decoding<One<String<4>>>(bits("0 0 00000001 0 0")), Fault::string_table);
}

TEST(Refusal, a_character_that_xml_does_not_allow) {
    EXPECT_EQ(fault_of_decoding<One<String<4>>>(bits("0 0 00000011 00000000 0 0")), Fault::out_of_range);
    EXPECT_EQ(fault_of_decoding<One<String<4>>>(bits("0 0 00000011 10000000 10110000 00000011 0 0")),
              Fault::out_of_range);  // U+D800
    EXPECT_EQ(fault_of_decoding<One<String<4>>>(bits("0 0 00000011 10000000 10000000 11000100 00000000 0 0")),
              Fault::out_of_range);
}

TEST(Refusal, padding_that_is_not_zero_and_bytes_after_the_end) {
    EXPECT_EQ(fault_of_decoding<Leaf>(bits("0 0 1 0 0 001")), Fault::padding);
    EXPECT_EQ(fault_of_decoding<Leaf>(bits("0 0 1 0 0 000 00000000")), Fault::trailing);
}

TEST(Refusal, elements_that_are_never_sent) {
    EXPECT_EQ(fault_of_decoding<Marked>(bytes_of(Marked{"x"})), Fault::none);
    EXPECT_EQ(fault_of_decoding<Marked>(bits("0 00000011 01111000 00")), Fault::not_used);  // any element
    EXPECT_EQ(fault_of_decoding<Marked>(bits("0 00000011 01111000 10")), Fault::not_used);  // text
    EXPECT_EQ(fault_of_decoding<Marked>(bits("0 00000011 01111000 11")), Fault::escape);
}

TEST(Refusal, a_list_over_our_bound_where_the_schema_has_none) {
    Bag<5> five;
    ASSERT_TRUE(five.item.resize(5));
    auto bytes = bytes_of(five);
    EXPECT_EQ(fault_of_decoding<Bag<5>>(bytes), Fault::none);
    EXPECT_EQ(fault_of_decoding<Bag<4>>(bytes), Fault::too_many);
}

TEST(Refusal, a_list_shorter_than_its_minimum) {
    EXPECT_EQ(fault_of_encoding(Pair{}), Fault::too_few);
    EXPECT_EQ(fault_of_encoding(Pair{{true}}), Fault::too_few);
    EXPECT_EQ(fault_of_encoding(Pair{{true, false}}), Fault::none);
    EXPECT_EQ(fault_of_decoding<Pair>(bits("0 0 1 0 1")), Fault::escape);  // an end where the second must come
}

TEST(Refusal, names_the_innermost_field_and_the_bit) {
    auto bytes = bits("0 0 11 0 0");
    BitReader in(bytes);
    One<Colour> value;
    get(in, value);
    EXPECT_EQ(in.failure().field, "Value");
    EXPECT_EQ(in.failure().bit, 4u);
    EXPECT_EQ(to_error(in.failure(), Errc::malformed, "One").what.view(), "One: a value out of its range at bit 4 in Value");
}

TEST(Encoder, an_output_too_small_is_an_error_and_never_overrun) {
    Tree tree{.name = "abcdefgh", .id = "abcdefgh", .count = 70000, .either = Empty{}, .some = {1, 2, 3}};
    auto whole = bytes_of(tree);
    for (std::size_t room = 0; room < whole.size(); ++room) {
        std::vector<std::byte> small(room);
        BitWriter out(small);
        put(out, tree);
        EXPECT_EQ(out.finish(), 0u);
        EXPECT_EQ(out.failure().fault, Fault::no_room);
    }
}

TEST(Decoder, every_optional_and_every_alternative) {
    for (int i = 0; i < 32; ++i) {
        Tree tree{.name = "n"};
        if (i & 1) tree.id = "x";
        if (i & 2) tree.count = 5;
        if (i & 4) tree.either = Empty{};
        if (i & 8) (void)tree.some.push(7);
        if (i & 16) (void)tree.some.resize(3);
        auto bytes = bytes_of(tree);
        BitReader in(bytes);
        Tree decoded;
        get(in, decoded);
        in.finish();
        EXPECT_TRUE(in.ok()) << describe(in.failure().fault);
        EXPECT_TRUE(decoded == tree) << i;
    }
}

}  // namespace
}  // namespace voltkeep::exi
