// SPDX-License-Identifier: Apache-2.0
#include "a24_log/seal_forms.hpp"

#include <format>

#include "wire/audit_log/test_tpm.hpp"

namespace voltkeep::attacks {

using audit_log::TestTpm;
using audit_log::Verifier;

namespace {

constexpr std::uint64_t seal_period = 40;  // entries

audit_log::Checkpoint checkpoint_of(const MadeLog& log, std::uint64_t size) {
    audit_log::Peaks peaks;
    (void)audit_log::walk(log.part(0, size), 0, [&](const audit_log::Record& record) -> Result<> {
        peaks.append(record.leaf);
        return {};
    });
    return {log.origin(), size, peaks.root()};
}

std::string line_of(const MadeLog& log, std::uint64_t size, const TestTpm& tpm) {
    const std::string line = audit_log::write_tpm_seal(tpm.certify(checkpoint_of(log, size)));
    return line.substr(0, line.size() - 1);
}

std::vector<std::string> seal(const MadeLog& log, TestTpm& tpm) {
    std::vector<std::string> lines;
    for (std::uint64_t size = seal_period; size <= log.size(); size += seal_period) {
        ++tpm.counter;
        lines.push_back(line_of(log, size, tpm));
    }
    return lines;
}

Verifier::Result verify(const MadeLog& log, const std::vector<std::string>& notes, const std::vector<std::string>& seals,
                        const TestTpm& tpm) {
    const audit_log::TpmKeys keys = tpm.keys();
    Verifier verifier(log.key());
    for (const std::string& note : notes) verifier.checkpoint(note, true, "checkpoints");
    for (const std::string& line : seals) verifier.tpm_seal(line, &keys, "seals");
    verifier.segment("log", 0, log.bytes);
    return verifier.finish();
}

void expect(Oracle& found, const Verifier::Result& result, std::string_view why, const std::string& what) {
    found.expect(
        result.damage && result.damage->what.find(why) != std::string::npos,
        what + ": " + (result.damage ? std::format("entry {}: {}", result.damage->index, result.damage->what) : "found good"));
}

}  // namespace

std::uint64_t flip_seals(const MadeLog& log, Oracle& found) {
    TestTpm tpm;
    const std::vector<std::string> seals = seal(log, tpm);
    const audit_log::TpmKeys keys = tpm.keys();
    Verifier before = log.begin();
    std::uint64_t count = 0;
    for (std::size_t n = 0; n < seals.size(); ++n) {
        std::string line = seals[n];
        for (std::size_t i = 0; i < line.size(); ++i, ++count) {
            line[i] = static_cast<char>(line[i] ^ 1 << i % 8);
            Verifier verifier = before;
            const bool is_taken = verifier.tpm_seal(line, &keys, "seals");
            found.expect(!is_taken, is_taken ? std::format("a bit of byte {} of seal {} is found", i, n) : std::string());
            line[i] = seals[n][i];
        }
        before.tpm_seal(line, &keys, "seals");
    }
    before.segment("log", 0, log.bytes);
    found.expect(!before.finish().damage, "the sealed log is good");
    return count;
}

void fork_and_merge(const MadeLog& log, Oracle& found) {
    TestTpm tpm;
    const std::vector<std::string> seals = seal(log, tpm);
    for (std::uint64_t from = 0; from < log.size(); from += 7) {
        const MadeLog other = log.fork(from);
        const Verifier::Result forked = verify(other, other.notes, seals, tpm);
        const std::uint64_t good = from / seal_period * seal_period;  // up to the last seal before it, it is the same history
        found.expect(forked.damage && forked.damage->index == good,
                     std::format("a fork behind {} entries is found at entry {}", from, good));
        std::vector<std::string> both = log.notes;
        both.push_back(other.notes.back());
        expect(found, verify(log, both, seals, tpm), "signed root", std::format("merged with a fork behind {} entries", from));
    }
}

void exchange_tpm(const MadeLog& log, Oracle& found) {
    TestTpm tpm, other;
    std::vector<std::string> seals = seal(log, tpm);
    expect(found, verify(log, log.notes, seal(log, other), tpm), "signature", "the seals of another TPM");
    expect(found, verify(log, log.notes, {seals[1], seals[0]}, tpm), "less than the one before", "seals in another order");
    const auto continued = [&](const TestTpm& with, std::string_view why, const std::string& what) {
        std::vector<std::string> lines = seals;
        lines.push_back(line_of(log, log.size(), with));
        expect(found, verify(log, log.notes, lines, tpm), why, what);
    };
    const std::uint64_t counter = tpm.counter;
    tpm.counter = counter - 2;
    continued(tpm, "set back", "a TPM that was put back to an earlier state");
    tpm.counter = counter + 1;
    tpm.index = "another index";
    continued(tpm, "another counter", "a counter that was undefined and made anew elsewhere");
    tpm.index = "the log's counter";
    tpm.resets = 0;
    continued(tpm, "fewer starts", "a TPM that was put back and its counter raised again");
    tpm.resets = 1;
    std::vector<std::string> lines = seals;
    lines.push_back(line_of(log, log.size(), tpm));
    found.expect(!verify(log, log.notes, lines, tpm).damage,
                 "a counter that was undefined and made again where it was goes on, and is good");
}

void without_seals(const MadeLog& log, Oracle& succeeds) {
    for (std::uint64_t from = 0; from < log.size(); from += 7) {
        const MadeLog other = log.fork(from);
        const TestTpm none;
        succeeds.expect(!verify(other, other.notes, {}, none).damage,
                        std::format("a fork behind {} entries, by who has the key, is not found by who has no seals", from));
    }
}

}  // namespace voltkeep::attacks
