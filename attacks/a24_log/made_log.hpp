// SPDX-License-Identifier: Apache-2.0
// A log as `audit` writes it, in memory, with a key of its own: what the attacks of a24_log are tried on.
#pragma once

#include <algorithm>

#include "wire/audit_log/test_signer.hpp"
#include "wire/audit_log/verifier.hpp"

namespace voltkeep::attacks {

class MadeLog {
public:
    static constexpr std::uint64_t seal_every = 64;

    /// `first`: the sequence of its first entry, so that two logs differ.
    explicit MadeLog(std::uint64_t entries, std::uint64_t first = 0) { fill(entries, first); }
    /// Another history by who has this one's key: the first `from` entries are the same.
    [[nodiscard]] MadeLog fork(std::uint64_t from) const {
        MadeLog other(signer_);
        for (std::uint64_t i = 0; i < from; ++i) other.add(i);
        other.fill(size() - from, 1'000'000);
        return other;
    }

    void add(std::uint64_t sequence) {
        const auto entry = audit_log::encode(entry_of(sequence));
        const audit_log::Hash leaf = audit_log::leaf_hash(entry);
        const auto record = audit_log::make_record(entry, leaf);
        starts.push_back(bytes.size());
        bytes.insert(bytes.end(), record.begin(), record.end());
        peaks_.append(leaf);
        if (size() % seal_every == 0) seal();
    }
    void seal() { notes.push_back(note(*signer_)); }
    /// The checkpoint of now, as whoever has `signer` signs it under this log's name.
    [[nodiscard]] std::string note(const audit_log::TestSigner& signer) const {
        const audit_log::Checkpoint checkpoint{origin(), size(), peaks_.root()};
        const audit_log::VerifierKey key{origin(), audit_log::SignatureType::ml_dsa_44, signer.key().key};
        return audit_log::write_note({audit_log::write_checkpoint(checkpoint),
                                      {MUST(audit_log::sign_checkpoint(checkpoint, key, 1'763'000'000, signer.sign()))}});
    }
    static audit_log::Entry entry_of(std::uint64_t sequence) {
        const auto ms = static_cast<std::int64_t>(sequence);
        return {"session",
                sequence,
                1,
                ms * 1'000'000,
                1'763'000'000'000 + ms,
                "session",
                1,
                R"({"step":"meter","import_mwh":)" + std::to_string(sequence) + "}"};
    }

    [[nodiscard]] std::uint64_t size() const { return peaks_.size(); }
    [[nodiscard]] std::string origin() const { return audit_log::origin_of(key(), 1); }
    [[nodiscard]] const std::vector<std::byte>& key() const { return signer_->key().key; }
    [[nodiscard]] std::uint64_t owner(std::size_t offset) const {
        return static_cast<std::uint64_t>(std::ranges::upper_bound(starts, offset) - starts.begin()) - 1;
    }
    /// Bytes of entries [from, to).
    [[nodiscard]] Bytes part(std::uint64_t from, std::uint64_t to) const {
        const std::size_t begin = from < size() ? starts[from] : bytes.size(), end = to < size() ? starts[to] : bytes.size();
        return Bytes(bytes).subspan(begin, end - begin);
    }
    /// The verifier that has seen the checkpoints; every signature is checked.
    [[nodiscard]] audit_log::Verifier begin() const {
        audit_log::Verifier verifier(key());
        for (const std::string& one : notes) verifier.checkpoint(one, true, "checkpoints");
        return verifier;
    }

    std::vector<std::byte> bytes;
    std::vector<std::size_t> starts;  ///< of each record
    std::vector<std::string> notes;   ///< checkpoints

private:
    using Signer = std::shared_ptr<const audit_log::TestSigner>;
    explicit MadeLog(Signer signer) : signer_(std::move(signer)) {}
    void fill(std::uint64_t entries, std::uint64_t first) {
        for (std::uint64_t i = 0; i < entries; ++i) add(first + i);
        if (size() % seal_every != 0) seal();
    }

    Signer signer_ = std::make_shared<const audit_log::TestSigner>("a24", audit_log::SignatureType::ml_dsa_44);
    audit_log::Peaks peaks_;
};

}  // namespace voltkeep::attacks
