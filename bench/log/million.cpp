// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <format>
#include <fstream>

#include "cli/log_files.hpp"
#include "log.hpp"
#include "parts.hpp"
#include "wire/audit_log/test_signer.hpp"

namespace bench {

using namespace voltkeep;
using namespace voltkeep::audit_log;

namespace {

double seconds_since(Instant begun) { return static_cast<double>((now() - begun).count()) / 1e9; }

/// The files as a station leaves them, without its syncs. Returns how many checkpoints are kept.
std::uint64_t make_log(const std::string& folder, std::uint64_t entries, const VerifierKey& key, const Sign& sign) {
    constexpr std::uint64_t segment_bound = 8u << 20;
    std::ofstream segment, checkpoints(folder + "/checkpoints", std::ios::binary);
    Peaks peaks;
    std::uint64_t length = segment_bound, kept = 0;
    const auto note = [&] {
        const Checkpoint checkpoint{key.name, peaks.size(), peaks.root()};
        return write_note({write_checkpoint(checkpoint), {MUST(sign_checkpoint(checkpoint, key, 1'763'000'000, sign))}}) + "\n";
    };
    for (std::uint64_t i = 0; i < entries; ++i) {
        if (length >= segment_bound) {
            segment = std::ofstream(std::format("{}/{:012}.log", folder, i), std::ios::binary);
            length = 0;
        }
        const auto entry = encode(
            {"session", i, 1, static_cast<std::int64_t>(i) * 1'000'000, 1'763'000'000'000, "session", 1, std::string(payload)});
        const Hash leaf = leaf_hash(entry);
        const auto record = make_record(entry, leaf);
        segment.write(reinterpret_cast<const char*>(record.data()), static_cast<std::streamsize>(record.size()));
        length += record.size();
        peaks.append(leaf);
        if (peaks.size() % audit::seal_every != 0) continue;
        checkpoints << note();
        ++kept;
    }
    std::ofstream(folder + "/checkpoint", std::ios::binary) << note();
    return kept;
}

}  // namespace

Million verify_a_million(const std::string& folder, std::uint64_t entries, bool every_signature) {
    const TestSigner signer("bench", SignatureType::ml_dsa_44);
    const auto& public_key = signer.key().key;
    Million m;
    m.entries = entries;
    m.checkpoints = make_log(folder, entries, {origin_of(public_key, 1), SignatureType::ml_dsa_44, public_key}, signer.sign());
    for (const auto& file : std::filesystem::directory_iterator(folder)) m.bytes += file.file_size();

    Instant begun = now();
    auto verified = cli::verify_folder(folder, public_key, false);
    m.verify_s = seconds_since(begun);
    m.is_good = verified && !verified->damage && verified->signed_size == entries;
    if (every_signature) {
        begun = now();
        verified = cli::verify_folder(folder, public_key, true);
        m.verify_all_s = seconds_since(begun);
        m.is_good = m.is_good && verified && !verified->damage;
    }
    begun = now();
    const auto proof = cli::prove_entry(folder, public_key, entries / 3);
    m.prove_s = seconds_since(begun);
    if (!proof) return m.is_good = false, m;
    m.proof_bytes = proof->size();
    m.signature_bytes = proof->size() - proof->rfind("\n\n") - 2;
    constexpr int times = 100;
    begun = now();
    for (int i = 0; i < times; ++i) m.is_good = m.is_good && cli::check_entry(*proof, public_key).has_value();
    m.check_us = seconds_since(begun) * 1e6 / times;
    return m;
}

}  // namespace bench
