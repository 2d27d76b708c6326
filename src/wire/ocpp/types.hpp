// SPDX-License-Identifier: Apache-2.0
// The primitive types of OCPP 2.1 (Part 2, 3.1.1), each with the constraint that the schemas give it: the constraint is the type.
// String and Sequence are not base's Text and List: a schema's length counts characters, and certificates and schedules are
// too large to lie in place in every message.
// What can be refused when it is made is refused there and never cut; what cannot (a number out of range, a list too short)
// is refused when the message is written. Lengths are Unicode characters, as in the schemas. Values own their memory.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "wire/ocpp/error.hpp"
#include "wire/ocpp/json.hpp"

namespace voltkeep::ocpp {

/// Bounds of ours where the schemas have none.
inline constexpr std::size_t kUnbounded = 4096;           ///< elements of a list without maxItems
inline constexpr std::size_t kLongestString = 255;        ///< characters of a text without maxLength (times and dates of tariffs)
inline constexpr std::size_t kLargestCustomData = 16384;  ///< bytes of one customData
inline constexpr std::size_t kLargestData = 65536;        ///< bytes of DataTransfer's data
inline constexpr std::size_t kLargestValue = 16u << 20;   ///< bytes that the list elements of one received message may take

/// What String<N> is for every N: one layout for reader and writer.
class AnyString {
public:
    [[nodiscard]] std::string_view view() const { return value_; }
    operator std::string_view() const { return value_; }  // NOLINT: it is a string
    /// Bytes, not characters.
    [[nodiscard]] std::size_t size() const { return value_.size(); }
    [[nodiscard]] bool empty() const { return value_.empty(); }
    friend bool operator==(const AnyString& a, const AnyString& b) = default;
    friend bool operator==(const AnyString& a, std::string_view b) { return a.value_ == b; }
    friend auto operator<=>(const AnyString& a, const AnyString& b) = default;

protected:
    friend class Reader;
    std::string value_;
};

/// At most N characters of UTF-8. OCPP's string[0..N] and identifierString[0..N].
template <std::size_t N>
class String : public AnyString {
public:
    static constexpr std::size_t capacity = N;

    String() = default;
    /// From a literal: one that is too long does not compile.
    template <std::size_t M>
        requires(M <= N + 1)
    String(const char (&literal)[M]) {  // NOLINT: conversion is the point
        value_.assign(literal, M - 1);
    }
    /// From bounded text that fits whatever is in it. Bytes that are not UTF-8 are refused when the message is written.
    template <std::size_t M>
        requires(M <= N)
    String(const Text<M>& text) {  // NOLINT: conversion is the point
        value_ = text.view();
    }

    /// The text, or nothing if it is longer than N characters or not UTF-8. Never cut.
    [[nodiscard]] static std::optional<String> from(std::string_view text) {
        if ((text.size() > N && characters(text) > N) || !is_utf8(text)) return std::nullopt;
        String result;
        result.value_ = text;
        return result;
    }
};

/// OCPP's integer: 32 bits (Part 2, 3.1.1), within the schema's minimum and maximum. `1.0` and `1e2` are integers.
template <std::int32_t Min = std::numeric_limits<std::int32_t>::min(),
          std::int32_t Max = std::numeric_limits<std::int32_t>::max()>
struct Integer {
    std::int32_t value = 0;

    constexpr Integer() = default;
    constexpr Integer(std::int32_t v) : value(v) {}            // NOLINT: it is a number
    constexpr operator std::int32_t() const { return value; }  // NOLINT: it is a number
};
using Count = Integer<0>;

/// OCPP's decimal, exact: mantissa * 10^exponent, mantissa without trailing zeros. Up to 18 digits; more are refused, not
/// rounded.
class Decimal {
public:
    constexpr Decimal() = default;
    /// value * 10^exponent: Decimal(2315, -2) is 23.15. |exponent| at most 400.
    constexpr Decimal(std::int64_t value, int exponent = 0)
        : mantissa_(value), exponent_(static_cast<std::int16_t>(exponent)) {  // NOLINT
        CHECK(exponent >= -400 && exponent <= 400);
        normalise();
    }
    /// From a JSON number, nothing if it is none or has too many digits.
    [[nodiscard]] static std::optional<Decimal> from(std::string_view number);

    [[nodiscard]] constexpr std::int64_t mantissa() const { return mantissa_; }
    [[nodiscard]] constexpr int exponent() const { return exponent_; }
    /// value * 10^places as an integer, nothing if it is none or does not fit: scaled(3) of 23.15 is 23150.
    [[nodiscard]] std::optional<std::int64_t> scaled(int places) const;
    /// The nearest double, for computations that are not about money.
    [[nodiscard]] double approximate() const;
    /// As a JSON number.
    [[nodiscard]] std::string text() const;
    /// least <= this <= most, the ends of int64_t standing for no bound.
    [[nodiscard]] bool within(std::int64_t least, std::int64_t most) const {
        return (least == std::numeric_limits<std::int64_t>::min() || *this >= Decimal(least)) &&
               (most == std::numeric_limits<std::int64_t>::max() || *this <= Decimal(most));
    }

    friend constexpr bool operator==(const Decimal&, const Decimal&) = default;
    friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);

private:
    constexpr void normalise() {
        while (mantissa_ != 0 && mantissa_ % 10 == 0) mantissa_ /= 10, ++exponent_;
        if (mantissa_ == 0) exponent_ = 0;
    }
    std::int64_t mantissa_ = 0;
    std::int16_t exponent_ = 0;
};

/// A decimal within the schema's minimum and maximum.
template <std::int64_t Min, std::int64_t Max>
class DecimalIn : public Decimal {
public:
    constexpr DecimalIn() = default;
    using Decimal::Decimal;
    constexpr DecimalIn(Decimal d) : Decimal(d) {}  // NOLINT: the bound is checked when the message is written
};
using NonPositive = DecimalIn<std::numeric_limits<std::int64_t>::min(), 0>;
using Percentage = DecimalIn<0, 100>;

/// OCPP's dateTime: an RFC 3339 instant, in milliseconds. What a peer sends below a millisecond is left off (Part 2, 3.1.1 allows
/// three decimals); written in UTC with `Z`. Years 0000 to 9999.
struct DateTime {
    WallTime time;

    constexpr DateTime() = default;
    constexpr DateTime(WallTime t) : time(t) {}  // NOLINT: it is a time
    [[nodiscard]] static std::optional<DateTime> from(std::string_view rfc3339);
    /// Nothing if the year is not one of four digits.
    [[nodiscard]] std::optional<std::string> text() const;
    friend constexpr auto operator<=>(const DateTime&, const DateTime&) = default;
};

/// Between Min and Max elements. More than Max are refused by push; fewer than Min when the message is written.
template <class T, std::size_t Min, std::size_t Max>
class Sequence {
public:
    using value_type = T;
    static constexpr std::size_t least = Min;
    static constexpr std::size_t most = Max;

    Sequence() = default;
    /// For lists whose length the reader sees: more than Max ends the process.
    Sequence(std::initializer_list<T> items) : items_(items) { CHECK(items_.size() <= Max); }
    /// The items, or nothing if there are too many or too few.
    [[nodiscard]] static std::optional<Sequence> from(std::vector<T> items) {
        if (items.size() < Min || items.size() > Max) return std::nullopt;
        Sequence list;
        list.items_ = std::move(items);
        return list;
    }

    /// False, and nothing changed, if the list is full.
    [[nodiscard]] bool push(T item) {
        if (items_.size() >= Max) return false;
        items_.push_back(std::move(item));
        return true;
    }
    /// A new element at the end, for a reader that has looked at the bound.
    T* grow() { return &items_.emplace_back(); }
    void clear() { items_.clear(); }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] bool empty() const { return items_.empty(); }
    T& operator[](std::size_t i) { return items_[i]; }
    const T& operator[](std::size_t i) const { return items_[i]; }
    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }
    const T* data() const { return items_.data(); }
    T& back() { return items_.back(); }
    const T& back() const { return items_.back(); }
    operator std::span<const T>() const { return items_; }  // NOLINT: it is a span
    friend bool operator==(const Sequence&, const Sequence&) = default;

private:
    std::vector<T> items_;
};

/// JSON that is kept as it came: checked, bounded, not understood.
class RawJson {
public:
    [[nodiscard]] std::string_view text() const { return text_; }
    [[nodiscard]] unsigned depth() const { return depth_; }
    friend bool operator==(const RawJson&, const RawJson&) = default;

protected:
    friend class Reader;
    explicit RawJson(std::string text, unsigned depth) : text_(std::move(text)), depth_(depth) {}
    std::string text_;
    unsigned depth_ = 0;
};

/// Any JSON value of at most kLargestData bytes: DataTransfer's data.
class AnyJson : public RawJson {
public:
    AnyJson() : RawJson("null", 0) {}
    [[nodiscard]] static Checked<AnyJson> from(std::string_view text);
};

/// A JSON object of at most kLargestCustomData bytes with a vendorId of at most 255 characters. Each object of OCPP may carry
/// one.
class CustomData : public RawJson {
public:
    CustomData() : RawJson("{\"vendorId\":\"\"}", 1) {}
    [[nodiscard]] static Checked<CustomData> from(std::string_view text);
};

/// An optional property that OCPP 2.0.1 does not have: left out when a message is written for such a peer.
template <class T>
struct Since21 : std::optional<T> {
    using std::optional<T>::optional;
};

}  // namespace voltkeep::ocpp
