// SPDX-License-Identifier: Apache-2.0
// Fixed-size frames as a field bus carries them: little-endian fields without gaps, a CRC-32C at the end.
// For drivers and for what stands in for their hardware. A frame of the wrong size, mark or checksum is none.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

namespace voltkeep {

namespace detail {
constexpr std::array<std::uint32_t, 256> make_crc32c_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int k = 0; k < 8; ++k) c = (c >> 1) ^ ((c & 1) ? 0x82f63b78u : 0u);
        table[i] = c;
    }
    return table;
}
inline constexpr auto crc32c_table = make_crc32c_table();
}  // namespace detail

/// CRC-32C (Castagnoli, reflected), as iSCSI and CAN XL gateways use it. Finds damage, not malice.
[[nodiscard]] constexpr std::uint32_t crc32c(std::span<const std::byte> bytes) {
    std::uint32_t c = 0xffffffffu;
    for (const std::byte b : bytes) c = (c >> 8) ^ detail::crc32c_table[(c ^ static_cast<std::uint32_t>(b)) & 0xff];
    return ~c;
}

/// Fills a frame of N bytes. What does not fit exactly is a mistake of the layout: `finish` says whether it did.
template <std::size_t N>
class FrameWriter {
public:
    explicit constexpr FrameWriter(std::uint32_t mark) { put(mark); }

    template <class T>
        requires std::integral<T>
    constexpr void put(T value) {
        using U = std::make_unsigned_t<T>;
        auto rest = static_cast<std::uint64_t>(static_cast<U>(value));
        for (std::size_t i = 0; i < sizeof(T); ++i, rest >>= 8)
            if (size_ < N) frame_[size_++] = static_cast<std::byte>(rest & 0xff);
            else overrun_ = true;
    }
    /// The whole frame; its last four bytes are the checksum. Nothing if the fields are not exactly N - 4 bytes.
    [[nodiscard]] constexpr std::optional<std::array<std::byte, N>> finish() {
        if (overrun_ || size_ != N - 4) return std::nullopt;
        put(crc32c(std::span(frame_).first(N - 4)));
        return frame_;
    }

private:
    std::array<std::byte, N> frame_{};
    std::size_t size_ = 0;
    bool overrun_ = false;
};

/// Reads the fields of a frame that `accepts` has found whole.
class FrameReader {
public:
    explicit constexpr FrameReader(std::span<const std::byte> frame) : frame_(frame) {}

    /// The size, the mark at the start and the checksum at the end fit.
    [[nodiscard]] constexpr bool accepts(std::size_t size, std::uint32_t mark) {
        if (frame_.size() != size || size < 8 || get<std::uint32_t>() != mark) return false;
        FrameReader end(frame_.subspan(size - 4));
        return end.get<std::uint32_t>() == crc32c(frame_.first(size - 4));
    }
    template <class T>
        requires std::integral<T>
    [[nodiscard]] constexpr T get() {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i)
            if (at_ < frame_.size()) value |= std::to_integer<std::uint64_t>(frame_[at_++]) << (8 * i);
        return static_cast<T>(static_cast<std::make_unsigned_t<T>>(value));
    }

private:
    std::span<const std::byte> frame_;
    std::size_t at_ = 0;
};

}  // namespace voltkeep
