// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/merkle.hpp"

#include <bit>

#include "wire/audit_log/digest.hpp"

namespace voltkeep::audit_log {

namespace {

Bytes bytes_of(const Hash& hash) { return std::as_bytes(std::span(hash)); }

/// How many leaves stand left in a tree of `size`: the largest power of two below it.
std::uint64_t split(std::uint64_t size) { return std::bit_floor(size - 1); }

/// The root of leaves [begin, begin + size), whose begin is a multiple of the largest power of two in size.
Result<Hash> root_between(std::uint64_t begin, std::uint64_t size, const Nodes& nodes) {
    if (std::has_single_bit(size)) {
        const auto level = static_cast<unsigned>(std::countr_zero(size));
        return nodes(level, begin >> level);
    }
    const std::uint64_t left = split(size);
    const Hash left_root = TRY(root_between(begin, left, nodes));
    return node_hash(left_root, TRY(root_between(begin + left, size - left, nodes)));
}

/// RFC 6962's PATH, from the leaf upwards.
Result<> path(std::uint64_t index, std::uint64_t begin, std::uint64_t size, const Nodes& nodes, std::vector<Hash>& proof) {
    if (size == 1) return {};
    const std::uint64_t left = split(size);
    if (index < left) {
        TRY(path(index, begin, left, nodes, proof));
        proof.push_back(TRY(root_between(begin + left, size - left, nodes)));
    } else {
        TRY(path(index - left, begin + left, size - left, nodes, proof));
        proof.push_back(TRY(root_between(begin, left, nodes)));
    }
    return {};
}

/// RFC 6962's SUBPROOF. `is_known`: the verifier has the root of what is left of `from`.
Result<> subproof(std::uint64_t from, std::uint64_t begin, std::uint64_t size, bool is_known, const Nodes& nodes,
                  std::vector<Hash>& proof) {
    if (from == size) {
        if (!is_known) proof.push_back(TRY(root_between(begin, size, nodes)));
        return {};
    }
    const std::uint64_t left = split(size);
    if (from <= left) {
        TRY(subproof(from, begin, left, is_known, nodes, proof));
        proof.push_back(TRY(root_between(begin + left, size - left, nodes)));
    } else {
        TRY(subproof(from - left, begin + left, size - left, false, nodes, proof));
        proof.push_back(TRY(root_between(begin, left, nodes)));
    }
    return {};
}

}  // namespace

Hash leaf_hash(Bytes entry) {
    static constexpr std::byte mark{0};
    return sha256({Bytes(&mark, 1), entry});
}

Hash node_hash(const Hash& left, const Hash& right) {
    static constexpr std::byte mark{1};
    return sha256({Bytes(&mark, 1), bytes_of(left), bytes_of(right)});
}

Hash empty_root() { return sha256({}); }

std::string to_hex(const Hash& hash) {
    std::string text;
    for (const std::uint8_t octet : hash) {
        text += "0123456789abcdef"[octet >> 4];
        text += "0123456789abcdef"[octet & 15];
    }
    return text;
}

Result<Peaks> Peaks::restore(std::uint64_t size, std::vector<Hash> hashes) {
    if (hashes.size() != static_cast<std::size_t>(std::popcount(size)))
        return fail(Errc::malformed, "peaks that do not fit the size");
    Peaks peaks;
    peaks.size_ = size;
    peaks.hashes_ = std::move(hashes);
    return peaks;
}

void Peaks::append(const Hash& leaf, const std::function<void(unsigned, std::uint64_t, const Hash&)>& completed) {
    Hash hash = leaf;
    std::uint64_t index = size_;
    unsigned level = 0;
    if (completed) completed(level, index, hash);
    for (; index & 1; index >>= 1) {
        hash = node_hash(hashes_.back(), hash);
        hashes_.pop_back();
        if (completed) completed(level + 1, index >> 1, hash);
        ++level;
    }
    hashes_.push_back(hash);
    ++size_;
}

/// The peaks, taken together from the right, are RFC 6962's root.
Hash Peaks::root() const {
    if (hashes_.empty()) return empty_root();
    Hash root = hashes_.back();
    for (auto peak = hashes_.rbegin() + 1; peak != hashes_.rend(); ++peak) root = node_hash(*peak, root);
    return root;
}

Result<Hash> root_of(std::uint64_t size, const Nodes& nodes) {
    if (size == 0) return empty_root();
    return root_between(0, size, nodes);
}

Result<std::vector<Hash>> prove_inclusion(std::uint64_t index, std::uint64_t size, const Nodes& nodes) {
    if (index >= size) return fail(Errc::bad_argument, "there is no such entry in a log of that size");
    std::vector<Hash> proof;
    TRY(path(index, 0, size, nodes, proof));
    return proof;
}

Result<> check_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> proof,
                         const Hash& root) {
    // RFC 9162, 2.1.3.2
    if (index >= size) return fail(Errc::integrity, "the proof names an entry that the log does not have");
    std::uint64_t node = index, last = size - 1;
    Hash hash = leaf;
    for (const Hash& sibling : proof) {
        if (last == 0) return fail(Errc::integrity, "the proof is too long");
        if ((node & 1) != 0 || node == last) {
            hash = node_hash(sibling, hash);
            if ((node & 1) == 0) {
                const int levels = std::countr_zero(node);   // node is not 0: it is even and equals last, which is not
                node >>= levels;
                last >>= levels;
            }
        } else
            hash = node_hash(hash, sibling);
        node >>= 1;
        last >>= 1;
    }
    if (last != 0) return fail(Errc::integrity, "the proof is too short");
    if (hash != root) return fail(Errc::integrity, "the entry does not lead to the root");
    return {};
}

Result<std::vector<Hash>> prove_consistency(std::uint64_t from, std::uint64_t to, const Nodes& nodes) {
    if (from == 0 || from > to)
        return fail(Errc::bad_argument, "the older log must have an entry, and no more than the newer one");
    std::vector<Hash> proof;
    TRY(subproof(from, 0, to, true, nodes, proof));
    return proof;
}

Result<> check_consistency(std::uint64_t from, std::uint64_t to, std::span<const Hash> proof, const Hash& from_root,
                           const Hash& to_root) {
    // RFC 9162, 2.1.4.2
    if (from == 0 || from > to) return fail(Errc::integrity, "the proof is between sizes that have none");
    if (from == to) {
        if (!proof.empty()) return fail(Errc::integrity, "the proof is too long");
        return from_root == to_root ? Result<>{} : fail(Errc::integrity, "two logs of the same size differ");
    }
    std::uint64_t node = from - 1, last = to - 1;
    const int levels = std::countr_one(node);
    node >>= levels;
    last >>= levels;
    std::size_t next = 0;
    Hash old_hash = from_root, new_hash = from_root;
    if (!std::has_single_bit(from)) {
        if (proof.empty()) return fail(Errc::integrity, "the proof is too short");
        old_hash = new_hash = proof[next++];
    }
    for (; next < proof.size(); ++next) {
        if (last == 0) return fail(Errc::integrity, "the proof is too long");
        if ((node & 1) != 0 || node == last) {
            old_hash = node_hash(proof[next], old_hash);
            new_hash = node_hash(proof[next], new_hash);
            if ((node & 1) == 0 && node != 0) {
                const int skipped = std::countr_zero(node);
                node >>= skipped;
                last >>= skipped;
            }
        } else
            new_hash = node_hash(new_hash, proof[next]);
        node >>= 1;
        last >>= 1;
    }
    if (last != 0) return fail(Errc::integrity, "the proof is too short");
    if (old_hash != from_root) return fail(Errc::integrity, "the older log is another one");
    if (new_hash != to_root) return fail(Errc::integrity, "the newer log does not begin with the older one");
    return {};
}

}  // namespace voltkeep::audit_log
