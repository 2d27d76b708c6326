// SPDX-License-Identifier: Apache-2.0
#include "a24_log/forms.hpp"

#include <format>
#include <random>

namespace voltkeep::attacks {

using audit_log::Verifier;

namespace {

std::string words(const Verifier::Result& result) {
    return result.damage ? std::format("entry {}: {}", result.damage->index, result.damage->what) : std::string("found good");
}

void expect_at(Oracle& found, const Verifier::Result& result, std::uint64_t index, const std::string& what) {
    const bool is_met = result.damage && result.damage->index == index;
    found.expect(is_met, is_met ? std::string() : std::format("{} is found at entry {}: {}", what, index, words(result)));
}

/// A flip ends at the next checkpoint at the latest: `before` has seen everything in front of `first`.
void flip_in(const MadeLog& log, const Verifier& before, std::uint64_t first, std::span<std::byte> block, std::size_t offset,
             Oracle& found) {
    const std::size_t at = offset - log.starts[first];
    const std::byte bit{static_cast<unsigned char>(1u << (offset % 8))};
    block[at] ^= bit;
    Verifier verifier = before;
    verifier.segment("log", first, block);
    expect_at(found, verifier.finish(), log.owner(offset), std::format("a bit of byte {}", offset));
    block[at] ^= bit;
}

/// `what(verifier, first, rest)` for each entry in [from, to): the verifier has seen what is before it, `rest` goes up to the
/// next checkpoint.
template <class What>
void each_entry(const MadeLog& log, std::uint64_t from, std::uint64_t to, What&& what) {
    Verifier verifier = log.begin();
    if (from > 0) verifier.segment("log", 0, log.part(0, from));
    for (std::uint64_t first = from; first < std::min(to, log.size()); ++first) {
        const Bytes part = log.part(first, (first / MadeLog::seal_every + 1) * MadeLog::seal_every);
        std::vector<std::byte> rest(part.begin(), part.end());
        what(verifier, first, std::span(rest));
        verifier.segment("log", first, log.part(first, first + 1));
    }
}

/// The records of these entries, with hashes that fit.
std::vector<std::byte> records_of(const std::vector<std::uint64_t>& sequences) {
    std::vector<std::byte> bytes;
    for (const std::uint64_t sequence : sequences) {
        const auto entry = audit_log::encode(MadeLog::entry_of(sequence));
        const auto record = audit_log::make_record(entry, audit_log::leaf_hash(entry));
        bytes.insert(bytes.end(), record.begin(), record.end());
    }
    return bytes;
}

Verifier::Result verify(Verifier verifier, Bytes bytes) {
    verifier.segment("log", 0, bytes);
    return verifier.finish();
}

std::vector<std::uint64_t> sequences_of(const MadeLog& log) {
    std::vector<std::uint64_t> all(log.size());
    for (std::uint64_t i = 0; i < log.size(); ++i) all[i] = i;
    return all;
}

/// Ways to write other entries with hashes that fit, and at which entry each is found: behind the last checkpoint before it, or
/// at the end, if the next checkpoint is of more entries than are left.
struct Rewritten {
    std::string what;
    std::uint64_t found_at;
    std::vector<std::byte> bytes;
};
std::vector<Rewritten> rewritten(const MadeLog& log) {
    std::vector<Rewritten> all;
    for (std::uint64_t k = 0; k < log.size(); k += 7) {
        const std::uint64_t block = k / MadeLog::seal_every * MadeLog::seal_every;
        auto entries = sequences_of(log);
        for (std::uint64_t i = k; i < entries.size(); ++i) entries[i] += 1'000'000;
        all.push_back({std::format("the log, cut off behind {} entries and continued,", k), block, records_of(entries)});
        entries = sequences_of(log);
        entries[k] = 1'000'000;
        all.push_back({std::format("entry {}, written anew,", k), block, records_of(entries)});
        entries = sequences_of(log);
        entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(k), 1'000'000);
        all.push_back({std::format("an entry added before {}", k), block, records_of(entries)});
        if (k + 1 == log.size()) continue;
        entries = sequences_of(log);
        std::swap(entries[k], entries[k + 1]);
        all.push_back({std::format("entry {}, exchanged with the next,", k), block, records_of(entries)});
        entries = sequences_of(log);
        entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(k));
        all.push_back({std::format("entry {}, left out,", k), block + MadeLog::seal_every > log.size() ? log.size() - 1 : block,
                       records_of(entries)});
    }
    return all;
}

}  // namespace

std::uint64_t flip_bytes(const MadeLog& log, std::uint64_t from, std::uint64_t to, Oracle& found) {
    std::uint64_t count = 0;
    each_entry(log, from, to, [&](const Verifier& before, std::uint64_t first, std::span<std::byte> rest) {
        const std::size_t size = log.part(first, first + 1).size();
        for (std::size_t at = 0; at < size; ++at, ++count) flip_in(log, before, first, rest, log.starts[first] + at, found);
    });
    return count;
}

void flip_seeded(const MadeLog& log, std::uint64_t count, Oracle& found) {
    std::mt19937_64 random(24);
    std::vector<std::size_t> offsets(count);
    for (std::size_t& offset : offsets) offset = random() % log.bytes.size();
    std::ranges::sort(offsets);
    auto next = offsets.begin();
    each_entry(log, 0, log.size(), [&](const Verifier& before, std::uint64_t first, std::span<std::byte> rest) {
        for (; next != offsets.end() && log.owner(*next) == first; ++next) flip_in(log, before, first, rest, *next, found);
    });
}

std::uint64_t flip_checkpoints(const MadeLog& log, std::size_t every, Oracle& found) {
    std::uint64_t count = 0;
    Verifier before(log.key());
    for (std::size_t n = 0; n < log.notes.size(); ++n) {
        std::string note = log.notes[n];
        const std::size_t text = note.find("\n\n") + 2, end = n % every == 0 ? note.size() : text;
        for (std::size_t i = 0; i < end; ++i) {
            note[i] = static_cast<char>(note[i] ^ 1);
            Verifier verifier = before;
            const bool is_taken = verifier.checkpoint(note, true, "checkpoints");
            found.expect(!is_taken, is_taken ? std::format("a bit of byte {} of checkpoint {} is found", i, n) : std::string());
            note[i] = static_cast<char>(note[i] ^ 1);
            ++count;
        }
        before.checkpoint(note, true, "checkpoints");
    }
    return count;
}

void drop_last(const MadeLog& log, Oracle& found) {
    Verifier verifier = log.begin();
    for (std::uint64_t n = 0; n < log.size(); ++n) {
        Verifier cut = verifier;
        expect_at(found, cut.finish(), n, std::format("the end, dropped behind {} entries,", n));
        verifier.segment("log", n, log.part(n, n + 1));
    }
    found.expect(!verifier.finish().damage, "the whole log is good: " + words(verifier.finish()));
}

void rewrite(const MadeLog& log, Oracle& found) {
    const Verifier begun = log.begin();
    for (const Rewritten& one : rewritten(log)) expect_at(found, verify(begun, one.bytes), one.found_at, one.what);
}

void sign_again(const MadeLog& log, Oracle& found) {
    const auto refused = [&](const Verifier::Result& result, std::string_view why, const std::string& what) {
        found.expect(result.damage && result.damage->what.find(why) != std::string::npos, what + ": " + words(result));
    };
    const audit_log::TestSigner current("a24", audit_log::SignatureType::ml_dsa_44);
    Verifier verifier(log.key());
    verifier.checkpoint(log.note(current), true, "checkpoint");
    refused(verify(verifier, log.bytes), "the checkpoint behind this entry",
            "what was signed again with a current key is refused");
    const MadeLog other(log.size(), 5'000);
    Verifier replayed(log.key());
    for (const std::string& note : other.notes) replayed.checkpoint(note, true, "checkpoints");
    refused(verify(replayed, other.bytes), "the log of another key", "the log of another station is refused");
    expect_at(found, verify(log.begin(), other.bytes), 0, "the entries of another station");
    Verifier merged = log.begin();
    merged.checkpoint(other.notes.back(), true, "checkpoint");
    refused(verify(merged, log.bytes), "a checkpoint of another log", "a checkpoint of another station is refused");
    Verifier unsigned_log(log.key());
    refused(verify(unsigned_log, log.bytes), "there is no checkpoint", "a log without its checkpoints is refused");
}

void set_clock_back(Oracle& found) {
    constexpr std::int64_t hour_ms = 3'600'000;
    MadeLog log(0);
    Verifier verifier(log.key());
    for (std::uint64_t i = 0; i < 100; ++i) {
        audit_log::Entry entry = MadeLog::entry_of(i);
        if (i >= 40) entry.wall_ms -= hour_ms;
        const auto encoded = audit_log::encode(entry);
        verifier.segment("log", i, audit_log::make_record(encoded, audit_log::leaf_hash(encoded)));
    }
    const auto result = verifier.finish();
    found.expect(result.set_back == 40, "the clock that went back is named at entry 40");
}

void without_checkpoints(const MadeLog& log, Oracle& succeeds) {
    for (const Rewritten& one : rewritten(log)) {
        const audit_log::Walk walked = audit_log::walk(one.bytes, 0, [](const audit_log::Record& record) -> Result<> {
            TRY(audit_log::entry_of(record));
            return {};
        });
        succeeds.expect(!walked.damage, one.what + " is not found by who has no checkpoints");
    }
    const auto cut = audit_log::walk(log.part(0, log.size() / 2), 0, [](const audit_log::Record&) -> Result<> { return {}; });
    succeeds.expect(!cut.damage && cut.size == log.size() / 2,
                    "entries that were dropped at the end are not missed by who has no checkpoints");
}

}  // namespace voltkeep::attacks
