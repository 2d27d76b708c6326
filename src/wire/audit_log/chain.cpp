// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/chain.hpp"

#include <cstring>

namespace voltkeep::audit_log {

namespace {

Damage damage_at(std::uint64_t index, std::uint64_t offset, bool torn, std::string what) { return {index, offset, torn, std::move(what)}; }

}  // namespace

Hash chain(const Hash& before, Bytes entry) {
    static constexpr std::byte mark{0};
    return sha256({Bytes(&mark, 1), std::as_bytes(std::span(before)), entry});
}

std::vector<std::byte> make_record(Bytes entry, const Hash& hash) {
    CHECK(entry.size() <= entry_bound);
    std::vector<std::byte> record;
    record.reserve(record_overhead + entry.size());
    for (const std::size_t number : {entry.size(), ~entry.size()}) {
        record.push_back(std::byte(number >> 8 & 0xff));
        record.push_back(std::byte(number & 0xff));
    }
    record.insert(record.end(), entry.begin(), entry.end());
    for (std::uint8_t octet : hash) record.push_back(std::byte{octet});
    return record;
}

Walk walk(Bytes bytes, std::uint64_t first_index, const Hash& before,
          const std::function<void(std::uint64_t, const Entry&, const Hash&)>& visit) {
    Walk result;
    result.head = before;
    while (result.length < bytes.size()) {
        const std::uint64_t index = first_index + result.size;
        const Bytes rest = bytes.subspan(result.length);
        auto stop = [&](bool torn, std::string what) { result.damage = damage_at(index, result.length, torn, std::move(what)); };
        if (rest.size() < 4) return stop(true, "the record ends early"), result;
        const std::size_t size = std::to_integer<std::size_t>(rest[0]) << 8 | std::to_integer<std::size_t>(rest[1]);
        const std::size_t complement = std::to_integer<std::size_t>(rest[2]) << 8 | std::to_integer<std::size_t>(rest[3]);
        if ((size ^ complement) != 0xffff || size == 0 || size > entry_bound) return stop(false, "the record's length was changed"), result;
        if (rest.size() < size + record_overhead) return stop(true, "the record ends early"), result;
        const Bytes encoded = rest.subspan(4, size);
        const Hash hash = chain(result.head, encoded);
        if (std::memcmp(hash.data(), rest.data() + 4 + size, hash.size()) != 0) return stop(false, "the hash does not fit: entry or hash was changed"), result;
        const auto entry = decode(encoded);
        if (!entry) return stop(false, std::string(entry.error().what.view())), result;
        if (visit) visit(index, *entry, hash);
        result.head = hash;
        ++result.size;
        result.length += size + record_overhead;
    }
    return result;
}

}  // namespace voltkeep::audit_log
