// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "wire/ocpp/scan.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

namespace {

constexpr int kLargestExponent = 400;

/// Collects the digits of a number. Zeros wait until a digit that needs them comes: 1.000 and 1000 have one digit each.
class Digits {
public:
    bool push(char digit, bool fraction) {
        if (digit == '0') {
            if (mantissa_ != 0 || fraction) ++zeros_;
            fraction_zeros_ += fraction;
            return zeros_ < 100'000;
        }
        if (mantissa_ != 0) {
            for (; zeros_ != 0; --zeros_) {
                if (++digits_ > 18) return false;
                mantissa_ *= 10;
            }
        }
        if (++digits_ > 18) return false;
        zeros_ = 0;
        exponent_ -= fraction_zeros_ + (fraction ? 1 : 0);
        fraction_zeros_ = 0;
        mantissa_ = mantissa_ * 10 + (digit - '0');
        return true;
    }
    /// What the mantissa is to be multiplied with: zeros that stand before the point and behind the last digit count.
    [[nodiscard]] int exponent() const { return exponent_ + zeros_ - fraction_zeros_; }
    [[nodiscard]] std::int64_t mantissa() const { return mantissa_; }

private:
    std::int64_t mantissa_ = 0;
    int digits_ = 0;
    int zeros_ = 0;           // not yet in the mantissa
    int fraction_zeros_ = 0;  // those of them that stand behind the point
    int exponent_ = 0;
};

/// 10^n for n up to 18.
std::int64_t power_of_ten(int n) {
    std::int64_t power = 1;
    for (; n > 0; --n) power *= 10;
    return power;
}

int digits_of(std::int64_t mantissa) {
    int digits = 0;
    for (; mantissa != 0; mantissa /= 10) ++digits;
    return digits;
}

}  // namespace

std::optional<Decimal> Decimal::from(std::string_view number) {
    const char* at = number.data();
    const char* end = at + number.size();
    const bool negative = at != end && *at == '-';
    if (negative) ++at;
    if (at == end || !scan::is_digit(*at)) return std::nullopt;
    if (*at == '0' && at + 1 != end && scan::is_digit(at[1])) return std::nullopt;

    Digits digits;
    for (; at != end && scan::is_digit(*at); ++at) {
        if (!digits.push(*at, false)) return std::nullopt;
    }
    if (at != end && *at == '.') {
        if (++at == end || !scan::is_digit(*at)) return std::nullopt;
        for (; at != end && scan::is_digit(*at); ++at) {
            if (!digits.push(*at, true)) return std::nullopt;
        }
    }
    int exponent = 0;
    if (at != end && (*at == 'e' || *at == 'E')) {
        if (++at != end && *at == '+' && at + 1 != end && at[1] != '-') ++at;
        const auto [rest, problem] = std::from_chars(at, end, exponent);
        if (problem != std::errc{}) {
            if (problem != std::errc::result_out_of_range || digits.mantissa() != 0) return std::nullopt;
        }
        at = rest;
    }
    if (at != end) return std::nullopt;
    if (digits.mantissa() == 0) return Decimal();
    const std::int64_t whole = std::int64_t{exponent} + digits.exponent();
    if (whole < -kLargestExponent || whole > kLargestExponent) return std::nullopt;
    return Decimal(negative ? -digits.mantissa() : digits.mantissa(), static_cast<int>(whole));
}

std::optional<std::int64_t> Decimal::scaled(int places) const {
    if (mantissa_ == 0) return 0;
    const int shift = exponent_ + places;
    if (shift < 0 || shift > 18) return std::nullopt;  // the mantissa has no trailing zeros that could go
    std::int64_t result = 0;
    if (__builtin_mul_overflow(mantissa_, power_of_ten(shift), &result)) return std::nullopt;
    return result;
}

double Decimal::approximate() const {
    double value = 0;
    const std::string number = text();
    std::from_chars(number.data(), number.data() + number.size(), value);
    return value;
}

std::string Decimal::text() const {
    std::string digits = std::to_string(mantissa_);
    if (exponent_ == 0) return digits;
    if (exponent_ > 0) {
        if (exponent_ <= 6) return digits.append(static_cast<std::size_t>(exponent_), '0');
        return digits + "e" + std::to_string(exponent_);
    }
    if (exponent_ < -24) return digits + "e" + std::to_string(exponent_);
    const std::size_t sign = mantissa_ < 0 ? 1 : 0;
    const auto places = static_cast<std::size_t>(-exponent_);
    if (digits.size() - sign <= places) digits.insert(sign, places + 1 - (digits.size() - sign), '0');
    digits.insert(digits.size() - places, 1, '.');
    return digits;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
    const auto sign = [](const Decimal& d) { return (d.mantissa_ > 0) - (d.mantissa_ < 0); };
    if (sign(a) != sign(b)) return sign(a) <=> sign(b);
    if (sign(a) == 0) return std::strong_ordering::equal;
    // Position of the first digit, then the digits brought to the same exponent.
    const int first_a = digits_of(a.mantissa_) + a.exponent_;
    const int first_b = digits_of(b.mantissa_) + b.exponent_;
    if (first_a != first_b) return sign(a) > 0 ? first_a <=> first_b : first_b <=> first_a;
    __int128 left = a.mantissa_;
    __int128 right = b.mantissa_;
    for (int i = b.exponent_; i < a.exponent_; ++i) left *= 10;
    for (int i = a.exponent_; i < b.exponent_; ++i) right *= 10;
    return left < right ? std::strong_ordering::less : left > right ? std::strong_ordering::greater : std::strong_ordering::equal;
}

}  // namespace voltkeep::ocpp
