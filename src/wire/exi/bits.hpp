// SPDX-License-Identifier: Apache-2.0
// Bits in and out, most significant first, with EXI's unsigned integer on top. Bounds are checked here and nowhere else.
// The first fault sticks: after it a reader gives zeros and a writer drops what it gets, so callers test once, where they decide.
#pragma once

#include <bit>
#include <cstring>

#include "wire/exi/failure.hpp"

namespace voltkeep::exi {

static_assert(std::endian::native == std::endian::little, "words are loaded with a byte swap");

class BitReader {
public:
    explicit BitReader(Bytes bytes) : data_(bytes.data()), bytes_(bytes.size()), end_(bytes.size() * 8) {}

    [[nodiscard]] bool ok() const { return failure_.fault == Fault::none; }
    [[nodiscard]] const Failure& failure() const { return failure_; }
    [[nodiscard]] std::size_t position() const { return position_; }

    /// Keeps the first fault, with the place where it was noticed.
    [[gnu::cold, gnu::noinline]] void fail(Fault fault) {
        if (!ok()) return;
        failure_.fault = fault;
        failure_.bit = position_;
        end_ = position_;
    }
    /// Names the field that the fault lies in; the first name sticks, which is the innermost.
    void blame(std::string_view field) {
        if (failure_.field.empty()) failure_.field = field;
    }

    /// 1 to 56 bits.
    [[nodiscard]] std::uint64_t get(unsigned width) {
        if (end_ - position_ < width) [[unlikely]] {
            fail(Fault::truncated);
            return 0;
        }
        std::uint64_t word = load(position_ >> 3) << (position_ & 7);
        position_ += width;
        return word >> (64 - width);
    }

    /// The code of one of `productions` productions; the code above the last one is the escape.
    template <unsigned productions>
    [[nodiscard]] unsigned event() {
        auto code = static_cast<unsigned>(get(static_cast<unsigned>(std::bit_width(productions))));
        if (code >= productions) [[unlikely]] {
            fail(Fault::escape);
            return 0;
        }
        return code;
    }

    /// Groups of 7 bits, least significant first; refuses what has a shorter form and what is over 64 bits.
    [[nodiscard]] std::uint64_t unsigned_integer() {
        std::uint64_t octet = get(8);
        return octet < 0x80 ? octet : unsigned_integer_after(octet);
    }
    /// The same when the first octet is read and says that more follow.
    [[nodiscard, gnu::noinline]] std::uint64_t unsigned_integer_after(std::uint64_t first_octet) {
        std::uint64_t value = first_octet & 0x7f;
        for (unsigned shift = 7; shift < 70; shift += 7) {
            std::uint64_t octet = get(8);
            if (shift == 63 && octet > 1) break;
            value |= (octet & 0x7f) << shift;
            if (octet < 0x80) {
                if (octet == 0) break;
                return value;
            }
        }
        fail(Fault::out_of_range);
        return 0;
    }

    /// n whole octets, wherever in a byte they begin.
    void octets(std::byte* out, std::size_t n) {
        if ((end_ - position_) / 8 < n) {
            fail(Fault::truncated);
            return;
        }
        for (; n >= 7; n -= 7, out += 7) {
            std::uint64_t word = std::byteswap(get(56) << 8);
            std::memcpy(out, &word, 7);
        }
        for (; n > 0; --n) *out++ = static_cast<std::byte>(get(8));
    }

    /// After the last event: nothing may follow but zero bits up to the end of the byte.
    void finish() {
        if (!ok()) return;
        std::size_t rest = end_ - position_;
        if (rest >= 8) return fail(Fault::trailing);
        if (rest != 0 && get(static_cast<unsigned>(rest)) != 0) fail(Fault::padding);
    }

private:
    /// The 8 bytes at `at`, zeros after the end.
    [[nodiscard]] std::uint64_t load(std::size_t at) const {
        if (bytes_ - at < 8) [[unlikely]]
            return load_last(at);
        std::uint64_t word = 0;
        std::memcpy(&word, data_ + at, 8);
        return std::byteswap(word);
    }
    [[nodiscard, gnu::noinline]] std::uint64_t load_last(std::size_t at) const {
        std::uint64_t word = 0;
        for (unsigned shift = 56; at < bytes_; ++at, shift -= 8) word |= std::to_integer<std::uint64_t>(data_[at]) << shift;
        return word;
    }

    const std::byte* data_;
    std::size_t bytes_;
    std::size_t position_ = 0;  // bits
    std::size_t end_;           // bits; position_ <= end_
    Failure failure_;
};

class BitWriter {
public:
    explicit BitWriter(std::span<std::byte> out) : out_(out) {}

    [[nodiscard]] bool ok() const { return failure_.fault == Fault::none; }
    [[nodiscard]] const Failure& failure() const { return failure_; }
    [[nodiscard]] std::size_t position() const { return size_ * 8 + 64 - free_; }

    [[gnu::cold, gnu::noinline]] void fail(Fault fault) {
        if (!ok()) return;
        failure_.fault = fault;
        failure_.bit = position();
    }
    void blame(std::string_view field) {
        if (failure_.field.empty()) failure_.field = field;
    }

    /// 1 to 56 bits; value has no bit above them.
    void put(unsigned width, std::uint64_t value) {
        if (width <= free_) {
            free_ -= width;
            word_ |= value << free_;
            return;
        }
        unsigned rest = width - free_;
        word_ |= value >> rest;
        spill();
        free_ = 64 - rest;
        word_ = value << free_;
    }

    void unsigned_integer(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) put(8, (value & 0x7f) | 0x80);
        put(8, value);
    }

    void octets(const std::byte* in, std::size_t n) {
        for (; n >= 7; n -= 7, in += 7) {
            std::uint64_t word = 0;
            std::memcpy(&word, in, 7);
            put(56, std::byteswap(word) >> 8);
        }
        for (; n > 0; --n) put(8, std::to_integer<std::uint64_t>(*in++));
    }

    /// Pads with zero bits. The bytes of the stream; 0 after a fault.
    [[nodiscard]] std::size_t finish() {
        std::size_t bytes = (64 - free_ + 7) / 8;
        if (out_.size() - size_ < bytes) fail(Fault::no_room);
        if (!ok()) return 0;
        std::uint64_t word = std::byteswap(word_);
        std::memcpy(out_.data() + size_, &word, bytes);
        return size_ + bytes;
    }

private:
    void spill() {
        if (out_.size() - size_ < 8) return fail(Fault::no_room);
        std::uint64_t word = std::byteswap(word_);
        std::memcpy(out_.data() + size_, &word, 8);
        size_ += 8;
    }

    std::span<std::byte> out_;
    std::size_t size_ = 0;    // whole bytes written, at most out_.size()
    std::uint64_t word_ = 0;  // the bits after them, left-aligned
    unsigned free_ = 64;      // unused bits of word_
    Failure failure_;
};

}  // namespace voltkeep::exi
