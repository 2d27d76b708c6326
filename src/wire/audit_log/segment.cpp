// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/segment.hpp"

#include <cstring>

namespace voltkeep::audit_log {

std::vector<std::byte> make_record(Bytes entry, const Hash& leaf) {
    CHECK(entry.size() <= entry_bound);
    std::vector<std::byte> record;
    record.reserve(record_overhead + entry.size());
    for (const std::size_t number : {entry.size(), ~entry.size()}) {
        record.push_back(std::byte(number >> 8 & 0xff));
        record.push_back(std::byte(number & 0xff));
    }
    record.insert(record.end(), entry.begin(), entry.end());
    for (const std::uint8_t octet : leaf) record.push_back(std::byte{octet});
    return record;
}

Walk walk(Bytes bytes, std::uint64_t first_index, const std::function<Result<>(const Record&)>& visit) {
    Walk result;
    while (result.length < bytes.size()) {
        const std::uint64_t index = first_index + result.size;
        const Bytes rest = bytes.subspan(result.length);
        auto stop = [&](bool torn, std::string what) { result.damage = Damage{index, result.length, torn, std::move(what)}; };
        if (rest.size() < 4) return stop(true, "the record ends early"), result;
        const std::size_t size = std::to_integer<std::size_t>(rest[0]) << 8 | std::to_integer<std::size_t>(rest[1]);
        const std::size_t complement = std::to_integer<std::size_t>(rest[2]) << 8 | std::to_integer<std::size_t>(rest[3]);
        if ((size ^ complement) != 0xffff || size == 0 || size > entry_bound)
            return stop(false, "the record's length was changed"), result;
        if (rest.size() < size + record_overhead) return stop(true, "the record ends early"), result;
        Record record{index, result.length, rest.subspan(4, size), leaf_hash(rest.subspan(4, size)), {}};
        std::memcpy(record.stored.data(), rest.data() + 4 + size, record.stored.size());
        if (const auto seen = visit(record); !seen) return stop(false, std::string(seen.error().what.view())), result;
        ++result.size;
        result.length += size + record_overhead;
    }
    return result;
}

Result<Entry> entry_of(const Record& record) {
    if (record.leaf != record.stored) return fail(Errc::integrity, "the hash does not fit: entry or hash was changed");
    return decode(record.encoded);
}

}  // namespace voltkeep::audit_log
