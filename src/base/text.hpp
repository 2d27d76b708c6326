// SPDX-License-Identifier: Apache-2.0
// Bounded text, lists and byte strings: storage inside the object, no allocation, and a bound that refuses instead of cutting.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace voltkeep {

using Bytes = std::span<const std::byte>;

inline Bytes as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(Bytes bytes) noexcept { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// At most N elements of T, in place. Elements beyond `size()` are value-initialised and never looked at.
template <class T, std::size_t N>
class List {
    static_assert(N <= 0xffff);

public:
    using value_type = T;
    static constexpr std::size_t capacity = N;

    constexpr List() = default;
    /// For constants whose length the reader sees. More than N elements: does not compile in a constant, ends the process
    /// otherwise.
    constexpr List(std::initializer_list<T> items) {
        for (const T& item : items) at_end() = item;
    }

    /// The items, or nothing if there are more than N.
    [[nodiscard]] static constexpr std::optional<List> from(std::span<const T> items) {
        if (items.size() > N) return std::nullopt;
        List list;
        std::ranges::copy(items, list.items_.begin());
        list.size_ = static_cast<std::uint16_t>(items.size());
        return list;
    }

    /// False, and nothing changed, if the list is full.
    [[nodiscard]] constexpr bool push(const T& item) {
        if (size_ == N) return false;
        items_[size_++] = item;
        return true;
    }
    /// False, and nothing changed, if n is over the bound. New elements are value-initialised.
    [[nodiscard]] constexpr bool resize(std::size_t n) {
        if (n > N) return false;
        for (std::size_t i = size_; i < n; ++i) items_[i] = T{};
        size_ = static_cast<std::uint16_t>(n);
        return true;
    }
    constexpr void clear() { size_ = 0; }

    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
    [[nodiscard]] constexpr bool is_full() const { return size_ == N; }
    constexpr T* data() { return items_.data(); }
    constexpr const T* data() const { return items_.data(); }
    constexpr T& operator[](std::size_t i) { return items_[i]; }
    constexpr const T& operator[](std::size_t i) const { return items_[i]; }
    constexpr T* begin() { return items_.data(); }
    constexpr T* end() { return items_.data() + size_; }
    constexpr const T* begin() const { return items_.data(); }
    constexpr const T* end() const { return items_.data() + size_; }
    constexpr T& back() { return items_[size_ - 1u]; }
    constexpr const T& back() const { return items_[size_ - 1u]; }

    friend constexpr bool operator==(const List& a, const List& b) { return std::ranges::equal(a, b); }

private:
    constexpr T& at_end() { return items_.at(size_++); }

    std::uint16_t size_ = 0;
    std::array<T, N> items_{};
};

/// At most N bytes of UTF-8 (or of an identifier), in place.
template <std::size_t N>
class Text {
    static_assert(N <= 0xffff);

public:
    static constexpr std::size_t capacity = N;

    constexpr Text() = default;
    /// From a literal: one that is too long does not compile.
    template <std::size_t M>
        requires(M <= N + 1)
    constexpr Text(const char (&literal)[M]) : size_(M - 1) {  // NOLINT: conversion is the point
        std::copy_n(literal, M - 1, bytes_.begin());
    }

    /// The text, or nothing if it is longer than N bytes. Never cut.
    [[nodiscard]] static constexpr std::optional<Text> from(std::string_view text) {
        if (text.size() > N) return std::nullopt;
        return cut(text);
    }
    /// For words to people only: what does not fit is left off.
    [[nodiscard]] static constexpr Text cut(std::string_view text) {
        Text result;
        result.size_ = static_cast<std::uint16_t>(std::min(text.size(), N));
        std::copy_n(text.begin(), result.size_, result.bytes_.begin());
        return result;
    }

    [[nodiscard]] constexpr std::string_view view() const { return {bytes_.data(), size_}; }
    constexpr operator std::string_view() const { return view(); }  // NOLINT: it is a string
    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
    [[nodiscard]] const char* data() const { return bytes_.data(); }

    friend constexpr bool operator==(const Text& a, const Text& b) { return a.view() == b.view(); }
    friend constexpr auto operator<=>(const Text& a, const Text& b) { return a.view() <=> b.view(); }
    friend constexpr bool operator==(const Text& a, const std::convertible_to<std::string_view> auto& b) {
        return a.view() == std::string_view(b);
    }

private:
    std::uint16_t size_ = 0;
    std::array<char, N> bytes_{};
};

/// At most N octets, in place.
template <std::size_t N>
class Blob {
    static_assert(N <= 0xffff);

public:
    static constexpr std::size_t capacity = N;

    constexpr Blob() = default;
    [[nodiscard]] static std::optional<Blob> from(Bytes bytes) {
        if (bytes.size() > N) return std::nullopt;
        Blob blob;
        blob.size_ = static_cast<std::uint16_t>(bytes.size());
        std::ranges::copy(bytes, blob.bytes_.begin());
        return blob;
    }
    [[nodiscard]] bool resize(std::size_t n) {
        if (n > N) return false;
        size_ = static_cast<std::uint16_t>(n);
        return true;
    }
    [[nodiscard]] Bytes view() const { return {bytes_.data(), size_}; }
    operator Bytes() const { return view(); }  // NOLINT: it is bytes
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    std::byte* data() { return bytes_.data(); }
    [[nodiscard]] const std::byte* data() const { return bytes_.data(); }
    friend bool operator==(const Blob& a, const Blob& b) { return std::ranges::equal(a.view(), b.view()); }

private:
    std::uint16_t size_ = 0;
    std::array<std::byte, N> bytes_{};
};

}  // namespace voltkeep
