// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/entry.hpp"

namespace voltkeep::audit_log {

namespace {

constexpr std::uint8_t kind_unsigned = 0, kind_text = 3, kind_array = 4;
constexpr std::uint64_t fields = 8;

void put_head(std::vector<std::byte>& out, std::uint8_t kind, std::uint64_t value) {
    const auto first = static_cast<std::uint8_t>(kind << 5);
    if (value < 24) return out.push_back(std::byte(first | value));
    const int size = value <= 0xff ? 1 : value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 8;
    out.push_back(std::byte(first | (size == 1 ? 24 : size == 2 ? 25 : size == 4 ? 26 : 27)));
    for (int i = size - 1; i >= 0; --i) out.push_back(std::byte(value >> (8 * i) & 0xff));
}

void put_text(std::vector<std::byte>& out, std::string_view text) {
    put_head(out, kind_text, text.size());
    const Bytes bytes = as_bytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

class Reader {
public:
    explicit Reader(Bytes bytes) : bytes_(bytes) {}

    Result<std::uint64_t> head(std::uint8_t kind) {
        if (bytes_.empty()) return bad("ends early");
        const auto first = std::to_integer<std::uint8_t>(bytes_[0]);
        if (first >> 5 != kind) return bad("has a field of another kind");
        const int code = first & 31;
        bytes_ = bytes_.subspan(1);
        if (code < 24) return static_cast<std::uint64_t>(code);
        if (code > 27) return bad("has a head of unknown form");
        const std::size_t size = std::size_t{1} << (code - 24);
        if (bytes_.size() < size) return bad("ends early");
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i) value = value << 8 | std::to_integer<std::uint64_t>(bytes_[i]);
        bytes_ = bytes_.subspan(size);
        const std::uint64_t smallest = size == 1 ? 24 : std::uint64_t{1} << (4 * size);   // the shortest form only
        if (value < smallest) return bad("has a number that is not in its shortest form");
        return value;
    }
    Result<std::uint64_t> number(std::uint64_t highest) {
        const std::uint64_t value = TRY(head(kind_unsigned));
        if (value > highest) return bad("has a number over its bound");
        return value;
    }
    Result<std::string> text(std::size_t longest) {
        const std::uint64_t size = TRY(head(kind_text));
        if (size > longest || size > bytes_.size()) return bad("has a text over its bound");
        std::string value(as_text(bytes_.first(size)));
        bytes_ = bytes_.subspan(size);
        return value;
    }
    [[nodiscard]] bool at_end() const { return bytes_.empty(); }
    static std::unexpected<Error> bad(std::string_view what) { return fail(Errc::malformed, "log entry " + std::string(what)); }

private:
    Bytes bytes_;
};

}  // namespace

std::vector<std::byte> encode(const Entry& e) {
    std::vector<std::byte> out;
    out.reserve(64 + e.payload.size());
    put_head(out, kind_array, fields);
    put_text(out, e.source);
    put_head(out, kind_unsigned, e.sequence);
    put_head(out, kind_unsigned, e.boot);
    put_head(out, kind_unsigned, static_cast<std::uint64_t>(e.monotonic_ns));
    put_head(out, kind_unsigned, static_cast<std::uint64_t>(e.wall_ms));
    put_text(out, e.type);
    put_head(out, kind_unsigned, e.evse);
    put_text(out, e.payload);
    return out;
}

Result<Entry> decode(Bytes bytes) {
    Reader r(bytes);
    if (TRY(r.head(kind_array)) != fields) return Reader::bad("has not eight fields");
    Entry e;
    e.source = TRY(r.text(24));
    e.sequence = TRY(r.number(UINT64_MAX));
    e.boot = TRY(r.number(UINT64_MAX));
    e.monotonic_ns = static_cast<std::int64_t>(TRY(r.number(INT64_MAX)));
    e.wall_ms = static_cast<std::int64_t>(TRY(r.number(INT64_MAX)));
    e.type = TRY(r.text(24));
    e.evse = static_cast<std::uint8_t>(TRY(r.number(255)));
    e.payload = TRY(r.text(1024));
    if (!r.at_end()) return Reader::bad("has trailing bytes");
    return e;
}

}  // namespace voltkeep::audit_log
