// SPDX-License-Identifier: Apache-2.0
// Makes readings that are signed. The page number of a record is on the disk, as used, before anything is signed with it: it
// never repeats, and a number that is missing is one whose signature the power, a kill or the disk has prevented, or whoever has
// the key. The first reading of a transaction is kept with it, so that the record of the end bills by itself. The disk comes in
// from outside; the key is elsewhere.
#pragma once

#include <functional>

#include "services/meter/protocol.hpp"
#include "watch.hpp"
#include "wire/ocmf/ocmf.hpp"

namespace voltkeep::meter {

class Billing {
public:
    /// Durable when it returns.
    using Keep = std::move_only_function<Result<>(std::string_view text)>;

    /// `kept`: what `keep` was given last; nothing: a meter whose first page is 1. Errors: integrity (it is not what was kept:
    /// the number is lost, and nothing may be signed).
    static Result<Billing> open(Config config, const std::optional<std::string>& kept, Keep keep);

    /// A record that lacks its signature. Its page number is used, whatever becomes of it.
    struct Prepared {
        Sample sample;
        std::uint64_t page = 0;
        std::string payload;             ///< what is to be signed, with ECDSA P-256 and SHA-256

        /// Errors: full (the record is longer than its bound).
        [[nodiscard]] Result<Sign::Signed> with(std::vector<std::byte> signature) const;
    };
    /// Errors: as Sign; nothing is to be signed without all of it.
    Result<Prepared> prepare(const Sign& wanted, const Sample& sample);

    using Verifier = std::move_only_function<Result<>(Bytes payload, Bytes signature)>;
    /// The record of a meter that signs by itself: passed on byte for byte, if it is this meter's, of this question, good, newer
    /// than any before, and its registers are where the meter's are; energy from the car it need not have. Errors: integrity,
    /// malformed, unsupported; full, io.
    Result<Sign::Signed> wrap(const Sign& wanted, const Sample& sample, std::string_view record, Verifier verify);

    /// Another meter from here on. Errors: full, io.
    Result<> adopt(const Known& known) {
        known_ = known;
        return keep();
    }
    /// It was the disk that failed last, and nothing else: the same may be asked again.
    [[nodiscard]] bool has_disk_failed() const { return has_disk_failed_; }
    /// What is known of the meter from before this process, if anything.
    [[nodiscard]] std::optional<Known> known() const;
    [[nodiscard]] std::uint64_t next_page() const { return next_page_; }

private:
    struct Begin {
        std::string transaction, serial;
        std::int64_t import_mwh = 0;
        std::int64_t export_mwh = 0;
        std::int64_t wall_ms = 0;
        ocmf::TimeStatus time = ocmf::TimeStatus::unknown;
        std::optional<Instant> at;       ///< by this machine's monotonic clock; nothing: it was not kept
    };

    Billing(Config config, Keep keep) : config_(std::move(config)), keep_(std::move(keep)) {}
    [[nodiscard]] std::string text() const;
    Result<> keep() {
        const auto kept = keep_(text());
        has_disk_failed_ = !kept;
        return kept;
    }
    [[nodiscard]] ocmf::Reading reading_of(const Sample& sample, ocmf::Reason reason) const;
    [[nodiscard]] ocmf::Payload payload_of(const Sign& wanted, const Sample& sample, std::uint64_t page) const;

    Config config_;
    Keep keep_;
    std::uint64_t next_page_ = 1;
    std::optional<Known> known_;
    std::optional<Begin> begin_;
    bool has_disk_failed_ = false;
};

}  // namespace voltkeep::meter
