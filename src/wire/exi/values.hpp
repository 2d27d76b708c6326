// SPDX-License-Identifier: Apache-2.0
// The value types of schema-informed EXI that the C++ language does not have: bounded strings, binaries, ranges, big integers and
// lists. A type carries its facet (length, range, occurrence), so encoder, decoder, JSON and tests take it from there and nowhere
// else. Storage lies in the object. The two exceptions say so: Many (a long list) and Rare (an element that is nearly always
// absent).
#pragma once

#include <compare>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace voltkeep::exi {

/// The code point at the front of a text and the bytes that it takes.
struct Character {
    std::uint32_t code;
    std::size_t bytes;
};
/// The first character of a text that is not empty; nothing if it is ill-formed UTF-8 or overlong.
[[nodiscard]] std::optional<Character> first_character(std::string_view utf8) noexcept;
/// Writes a code point up to 0x10ffff as UTF-8: the bytes written, at most 4.
[[nodiscard]] inline std::size_t put_character(std::uint32_t code, char* out) noexcept {
    auto tail = [&](unsigned shift) { return static_cast<char>(0x80u | (code >> shift & 0x3fu)); };
    if (code < 0x80) return out[0] = static_cast<char>(code), 1;
    if (code < 0x800) return out[0] = static_cast<char>(0xc0u | code >> 6), out[1] = tail(0), 2;
    if (code < 0x10000) return out[0] = static_cast<char>(0xe0u | code >> 12), out[1] = tail(6), out[2] = tail(0), 3;
    return out[0] = static_cast<char>(0xf0u | code >> 18), out[1] = tail(12), out[2] = tail(6), out[3] = tail(0), 4;
}
/// Number of characters (Unicode code points that XML allows) of a well-formed UTF-8 text; nothing if it is not one.
[[nodiscard]] std::optional<std::size_t> count_characters(std::string_view utf8) noexcept;
/// True if XML 1.0 allows this code point in a document: no control characters but tab, line feed and carriage return; no
/// surrogates.
[[nodiscard]] constexpr bool is_xml_character(std::uint32_t c) noexcept {
    if (c < 0x20) return c == 0x9 || c == 0xa || c == 0xd;
    return c <= 0xd7ff || (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

/// xs:string with maxLength N (in characters, as the schema counts): UTF-8 in place, four bytes a character.
template <std::size_t N>
class String {
    static_assert(4 * N <= 0xffff);

public:
    static constexpr std::size_t max_characters = N;

    constexpr String() = default;
    /// From a literal (ASCII): one that is too long does not compile.
    template <std::size_t M>
        requires(M <= N + 1)
    constexpr String(const char (&literal)[M]) {  // NOLINT: conversion is the point
        store({literal, M - 1});
    }

    /// The text, or nothing if it is not well-formed UTF-8 of XML characters or longer than N characters. Never cut.
    [[nodiscard]] static std::optional<String> from(std::string_view utf8) {
        auto characters = count_characters(utf8);
        if (!characters || *characters > N) return std::nullopt;
        String string;
        string.store(utf8);
        return string;
    }

    [[nodiscard]] constexpr std::string_view view() const { return {bytes_.data(), size_}; }
    constexpr operator std::string_view() const { return view(); }  // NOLINT: it is a string
    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }

    friend constexpr bool operator==(const String& a, const String& b) { return a.view() == b.view(); }
    friend constexpr auto operator<=>(const String& a, const String& b) { return a.view() <=> b.view(); }
    friend constexpr bool operator==(const String& a, std::string_view b) { return a.view() == b; }

private:
    friend struct StringAccess;
    constexpr void store(std::string_view text) {
        std::ranges::copy(text, bytes_.begin());
        size_ = static_cast<std::uint16_t>(text.size());
    }

    std::uint16_t size_ = 0;
    std::array<char, 4 * N> bytes_{};
};

/// For the decoder, which makes a string character by character and has checked each, and their number.
struct StringAccess {
    template <std::size_t N>
    static char* bytes(String<N>& string) {
        return string.bytes_.data();
    }
    template <std::size_t N>
    static void set_size(String<N>& string, std::size_t bytes) {
        string.size_ = static_cast<std::uint16_t>(bytes);
    }
};

/// xs:hexBinary with length N.
template <std::size_t N>
struct HexBinary {
    std::array<std::byte, N> octets{};
    [[nodiscard]] Bytes view() const { return octets; }
    operator Bytes() const { return view(); }  // NOLINT: it is bytes
    friend constexpr auto operator<=>(const HexBinary&, const HexBinary&) = default;
};

/// xs:base64Binary with length N.
template <std::size_t N>
struct Base64Fixed {
    std::array<std::byte, N> octets{};
    [[nodiscard]] Bytes view() const { return octets; }
    operator Bytes() const { return view(); }  // NOLINT: it is bytes
    friend constexpr auto operator<=>(const Base64Fixed&, const Base64Fixed&) = default;
};

/// xs:base64Binary with maxLength N.
template <std::size_t N>
struct Base64Binary : Blob<N> {
    constexpr Base64Binary() = default;
    Base64Binary(const Blob<N>& blob) : Blob<N>(blob) {}  // NOLINT: the same bytes
    /// The bytes, or nothing if there are more than N.
    [[nodiscard]] static std::optional<Base64Binary> from(Bytes bytes) {
        auto blob = Blob<N>::from(bytes);
        if (!blob) return std::nullopt;
        return Base64Binary(*blob);
    }
};

/// An integer with minInclusive Lowest and maxInclusive Highest. The codec refuses a value outside.
template <class Rep, Rep Lowest, Rep Highest>
struct Within {
    using rep = Rep;
    static constexpr Rep lowest = Lowest;
    static constexpr Rep highest = Highest;

    Rep value = Lowest;

    constexpr Within() = default;
    constexpr Within(Rep v) : value(v) {}             // NOLINT: a number is meant
    constexpr operator Rep() const { return value; }  // NOLINT
    [[nodiscard]] constexpr bool is_valid() const { return value >= Lowest && value <= Highest; }
};

/// xs:integer, of at most 256 bits (serial numbers of certificates have up to 160). Zero is never negative.
class Integer {
public:
    static constexpr std::size_t limbs = 8;

    constexpr Integer() = default;
    constexpr Integer(std::int64_t value) : negative_(value < 0) {  // NOLINT: a number is meant
        auto magnitude = negative_ ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
        limbs_[0] = static_cast<std::uint32_t>(magnitude);
        limbs_[1] = static_cast<std::uint32_t>(magnitude >> 32);
    }
    /// From the octets of a non-negative number, most significant first, as in a certificate; nothing if over 256 bits.
    [[nodiscard]] static std::optional<Integer> from_octets(Bytes big_endian);
    /// From decimal digits with an optional '-'; nothing if it is something else or over 256 bits.
    [[nodiscard]] static std::optional<Integer> from_text(std::string_view decimal);
    /// From the parts. Zero loses its sign.
    [[nodiscard]] static Integer from_limbs(bool negative, const std::array<std::uint32_t, limbs>& little_endian);

    [[nodiscard]] bool is_negative() const { return negative_; }
    /// The absolute value, least significant 32 bits first.
    [[nodiscard]] const std::array<std::uint32_t, limbs>& magnitude() const { return limbs_; }
    /// Decimal, at most 79 characters.
    [[nodiscard]] Text<80> text() const;

    friend bool operator==(const Integer&, const Integer&) = default;

private:
    std::array<std::uint32_t, limbs> limbs_{};
    bool negative_ = false;
};

/// A list of at most N that would be absurd in place (from about 2 KiB on): one block on the heap, grown by doubling, refused
/// over N.
template <class T, std::size_t N>
class Many {
public:
    using value_type = T;
    static constexpr std::size_t capacity = N;

    Many() = default;
    /// For lists whose length the reader sees. More than N elements end the process.
    Many(std::initializer_list<T> items) : items_(items) {
        if (items.size() > N) std::abort();
    }
    /// The items, or nothing if there are more than N.
    [[nodiscard]] static std::optional<Many> from(std::span<const T> items) {
        if (items.size() > N) return std::nullopt;
        Many list;
        list.items_.assign(items.begin(), items.end());
        return list;
    }
    /// False, and nothing changed, if the list is full.
    [[nodiscard]] bool push(const T& item) {
        if (items_.size() == N) return false;
        items_.push_back(item);
        return true;
    }
    /// False, and nothing changed, if n is over the bound. New elements are value-initialised.
    [[nodiscard]] bool resize(std::size_t n) {
        if (n > N) return false;
        items_.resize(n);
        return true;
    }
    void clear() { items_.clear(); }

    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] bool empty() const { return items_.empty(); }
    [[nodiscard]] bool is_full() const { return items_.size() == N; }
    T* data() { return items_.data(); }
    const T* data() const { return items_.data(); }
    T& operator[](std::size_t i) { return items_[i]; }
    const T& operator[](std::size_t i) const { return items_[i]; }
    T* begin() { return items_.data(); }
    T* end() { return items_.data() + items_.size(); }
    const T* begin() const { return items_.data(); }
    const T* end() const { return items_.data() + items_.size(); }
    T& back() { return items_.back(); }
    const T& back() const { return items_.back(); }

    friend bool operator==(const Many& a, const Many& b) { return std::ranges::equal(a, b); }

private:
    std::vector<T> items_;
};

/// An optional that is nearly always absent and large when it is there: a pointer's room, the value on the heap, copied with its
/// owner.
template <class T>
class Rare {
public:
    using value_type = T;

    Rare() = default;
    Rare(std::nullopt_t) {}                                       // NOLINT: as std::optional
    Rare(const T& value) : value_(std::make_unique<T>(value)) {}  // NOLINT: as std::optional
    Rare(const Rare& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
    Rare(Rare&&) noexcept = default;
    Rare& operator=(const Rare& other) {
        if (this != &other) value_ = other ? std::make_unique<T>(*other) : nullptr;
        return *this;
    }
    Rare& operator=(Rare&&) noexcept = default;
    ~Rare() = default;

    T& emplace() { return *(value_ = std::make_unique<T>()); }
    void reset() { value_.reset(); }
    [[nodiscard]] bool has_value() const { return value_ != nullptr; }
    explicit operator bool() const { return has_value(); }
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return value_.get(); }
    const T* operator->() const { return value_.get(); }

    friend bool operator==(const Rare& a, const Rare& b) { return a.has_value() == b.has_value() && (!a || *a == *b); }

private:
    std::unique_ptr<T> value_;
};

}  // namespace voltkeep::exi
