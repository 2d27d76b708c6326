// SPDX-License-Identifier: Apache-2.0
#include "services/flight/segment.hpp"

namespace voltkeep::flight {

namespace {

constexpr std::string_view magic = "VKFLIGHT";
constexpr std::uint8_t whole = 0, changed = 1;   ///< how a step is written

/// CRC-32 (IEEE 802.3): finds every single changed bit.
std::uint32_t crc_of(Bytes bytes) {
    static constexpr auto table = [] {
        std::array<std::uint32_t, 256> t{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            t[i] = i;
            for (int bit = 0; bit < 8; ++bit) t[i] = (t[i] >> 1) ^ ((t[i] & 1) ? 0xedb88320u : 0);
        }
        return t;
    }();
    std::uint32_t crc = ~0u;
    for (const std::byte octet : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint8_t>(octet)) & 0xff];
    return ~crc;
}

template <class N>
void put(std::vector<std::byte>& to, N number) {
    std::array<std::byte, sizeof number> octets;
    std::memcpy(octets.data(), &number, sizeof number);
    to.insert(to.end(), octets.begin(), octets.end());
}

void put_count(std::vector<std::byte>& to, std::size_t count) {   // 7 bits an octet, the lowest first
    for (; count >= 128; count >>= 7) to.push_back(static_cast<std::byte>(count | 128));
    to.push_back(static_cast<std::byte>(count));
}

bool get_count(kernel::Reader& from, std::size_t& count) {
    count = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        std::uint8_t octet = 0;
        if (!from.raw(&octet, 1)) return false;
        count |= static_cast<std::size_t>(octet & 127) << shift;
        if (octet < 128) return true;
    }
    return false;
}

/// Pairs of counts: so many octets as before, so many new ones, which follow.
void put_changes(std::vector<std::byte>& to, Bytes last, Bytes step) {
    constexpr std::size_t gap = 3;   // fewer equal octets than that are cheaper as new ones
    for (std::size_t at = 0; at < step.size();) {
        const std::size_t kept_from = at;
        while (at < step.size() && step[at] == last[at]) ++at;
        const std::size_t new_from = at;
        for (std::size_t equal = 0; at < step.size() && equal < gap; ++at) equal = step[at] == last[at] ? equal + 1 : 0;
        if (at < step.size()) at -= gap;
        put_count(to, new_from - kept_from);
        put_count(to, at - new_from);
        to.insert(to.end(), step.begin() + static_cast<std::ptrdiff_t>(new_from), step.begin() + static_cast<std::ptrdiff_t>(at));
    }
}

bool get_changes(kernel::Reader& from, std::vector<std::byte>& step) {
    for (std::size_t at = 0; at < step.size();) {
        std::size_t kept = 0, fresh = 0;
        if (!get_count(from, kept) || !get_count(from, fresh) || kept + fresh == 0 || kept + fresh > step.size() - at)
            return false;
        at += kept;
        if (!from.raw(step.data() + at, fresh)) return false;
        at += fresh;
    }
    return true;
}

std::vector<std::byte>& last_of(std::vector<std::vector<std::byte>>& last, std::uint8_t sort) {
    if (last.size() <= sort) last.resize(std::size_t{sort} + 1);
    return last[sort];
}

bool get_steps(Bytes content, std::vector<Step>& steps) {
    kernel::Reader from(content);
    std::vector<std::vector<std::byte>> last;
    while (!from.at_end()) {
        std::uint8_t sort = 0, how = 0;
        if (!from.raw(&sort, 1) || !from.raw(&how, 1) || how > changed) return false;
        std::vector<std::byte>& step = last_of(last, sort);
        if (how == whole) {
            std::size_t size = 0;
            if (!get_count(from, size) || size > kernel::hard_max_size) return false;
            step.resize(size);
            if (!from.raw(step.data(), size)) return false;
        } else if (step.empty() || !get_changes(from, step)) return false;
        steps.push_back({sort, step});
    }
    return true;
}

/// The content of the next block, taken off the rest.
Result<Bytes> take_block(Bytes& rest, std::size_t at) {
    const auto damaged = [at](std::string_view what) {
        return fail(Errc::integrity, "byte " + std::to_string(at) + ": " + std::string(what));
    };
    std::uint32_t size = 0, crc = 0;
    if (rest.size() < 8) return damaged("the file is cut off in the middle of a block");
    std::memcpy(&size, rest.data(), 4);
    std::memcpy(&crc, rest.data() + 4, 4);
    if (size > block_bound) return damaged("a block cannot be that long: the file was changed");
    if (rest.size() - 8 < size) return damaged("the file is cut off in the middle of a block");
    const Bytes content = rest.subspan(8, size);
    if (crc_of(content) != crc) return damaged("this block is not as it was written");
    rest = rest.subspan(8 + std::size_t{size});
    return content;
}

}  // namespace

std::vector<std::byte> preamble(std::uint64_t number) {
    std::vector<std::byte> file;
    for (const char c : magic) file.push_back(static_cast<std::byte>(c));
    put(file, format);
    put(file, number);
    put(file, crc_of(file));
    return file;
}

std::optional<std::uint64_t> number_in(Bytes bytes) {
    if (bytes.size() < preamble_size) return std::nullopt;
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data() + 12, 8);
    if (!std::ranges::equal(bytes.first(preamble_size), preamble(number))) return std::nullopt;
    return number;
}

void append_block(std::vector<std::byte>& file, Bytes content) {
    CHECK(content.size() <= block_bound);
    put(file, static_cast<std::uint32_t>(content.size()));
    put(file, crc_of(content));
    file.insert(file.end(), content.begin(), content.end());
}

void Steps::add(std::uint8_t sort, Bytes step) {
    std::vector<std::byte>& last = last_of(last_, sort);
    content_.push_back(static_cast<std::byte>(sort));
    if (!last.empty() && last.size() == step.size()) {
        content_.push_back(static_cast<std::byte>(changed));
        put_changes(content_, last, step);
    } else {
        content_.push_back(static_cast<std::byte>(whole));
        put_count(content_, step.size());
        content_.insert(content_.end(), step.begin(), step.end());
    }
    last.assign(step.begin(), step.end());
}

std::vector<std::byte> Steps::take() {
    last_.clear();
    return std::exchange(content_, {});
}

Result<Segment> read(Bytes file) {
    Segment segment;
    const auto number = number_in(file);
    if (!number) return fail(Errc::integrity, "byte 0: no flight recording, or of another format than " + std::to_string(format));
    segment.number = *number;
    Bytes rest = file.subspan(preamble_size);
    const auto at = [&] { return file.size() - rest.size(); };
    const auto header = kernel::decode<Header>(TRY(take_block(rest, at())));
    if (!header) return fail(Errc::integrity, "byte 24: the header is not one of this build");
    segment.header = *header;
    const Bytes beginning = TRY(take_block(rest, at()));
    segment.beginning.assign(beginning.begin(), beginning.end());
    while (!rest.empty() && !segment.damage) {
        const std::size_t where = at();
        const auto content = take_block(rest, where);
        if (!content) segment.damage = content.error();
        else if (!get_steps(*content, segment.steps))
            segment.damage = Error(Errc::integrity, "byte " + std::to_string(where) + ": no steps");
    }
    return segment;
}

std::vector<std::byte> write(const Segment& segment) {
    std::vector<std::byte> file = preamble(segment.number);
    std::array<std::byte, kernel::bound<Header>> buffer;
    append_block(file, kernel::encode(segment.header, buffer));
    append_block(file, segment.beginning);
    Steps steps;
    for (const Step& step : segment.steps) {
        steps.add(step.sort, step.bytes);
        if (steps.size() > block_bound / 4) append_block(file, steps.take());
    }
    if (!steps.is_empty()) append_block(file, steps.take());
    return file;
}

}  // namespace voltkeep::flight
