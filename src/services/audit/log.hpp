// SPDX-License-Identifier: Apache-2.0
// What the log consists of, and what becomes of it when the disk fails or this process dies. It knows no conduit and no clock.
//
//  - An entry whose writer waits for an answer is written or refused; the writer repeats it. Nobody repeats the log's own entries
//    (boot, damage, gaps, checkpoints): they stay until they are written. What may be lost is counted, and a `gap` entry of its
//    source says how many as soon as the disk takes entries again.
//  - An entry of the process manager carries the sequence number and the time of its event, so that a successor of this process
//    goes on behind the last one that is on the disk: none twice, none left out that the ring still has, the others counted.
//  - A log that is not as it was signed is set aside, whole, and another begins: nobody goes on behind what he cannot vouch for.
//  - Entries that no checkpoint signs are at most as many as a process that is killed can leave: the first commit of a start, 64
//  entries
//    and a second are signed at once, and a log that cannot be signed takes no more. More than that at a start is damage.
//  - A boot is a boot of the station, known by the identity of its run; a restart of this process alone is none.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "kernel/control.hpp"
#include "seal.hpp"
#include "services/audit/protocol.hpp"
#include "store.hpp"
#include "tpm_seals.hpp"

namespace voltkeep::audit {

inline constexpr std::string_view unsigned_word = "unsigned";

struct Time {
    Instant now;
    WallTime wall;
};

class Log {
public:
    /// `run`: the identity of this run of the station. Its first entry tells of the boot, or of a restart of this process.
    /// Errors: io, full. `key` signs the checkpoints.
    static Result<Log> open(const std::string& folder, std::string_view run, Time at, SealKey key,
                            std::uint64_t segment_bound = 8u << 20);

    /// Adds an entry to the next commit; its index if that succeeds. Errors: bad_argument (the payload is no JSON object), full
    /// or io (the disk has failed a moment ago).
    Result<std::uint64_t> append(std::string_view source, Type type, std::uint8_t evse, std::string_view payload, Time at);
    /// The same for what may be lost: counted if it is. Errors: bad_argument.
    Result<> append_later(std::string_view source, Type type, std::uint8_t evse, std::string_view payload, Time at);
    /// What the process manager saw. What is here already is passed over; what is missing before it is told.
    void take(const kernel::control::Event& event, Time at);
    /// The last event of the process manager that is on the disk; 0: none of this boot.
    [[nodiscard]] std::uint32_t stored_event() const;

    [[nodiscard]] bool has_pending() const { return store_.has_pending(); }
    /// Writes what was added. Errors: full, io; then nothing of it is in the log, and nothing is tried before `retry_at`.
    Result<> commit(Time at);
    /// With a key that is here: signs what was committed, if that is more than the last checkpoint has. Errors: full, io, tls;
    /// then nothing is taken until it is signed.
    Result<> seal(Time at);
    // A station with a TPM: the key is in crypto, and who waits for an entry never waits for it.

    [[nodiscard]] bool is_key_known() const { return seal_.is_key_known(); }
    void know(std::vector<std::byte> public_key) { seal_.know(std::move(public_key)); }
    /// What crypto is to sign now. Nothing: nothing is new.
    [[nodiscard]] std::optional<ToSign> to_sign(Time at) const;
    /// It has. Errors: integrity (not this key's signature); full, io: then nothing is taken until the checkpoint is written.
    Result<> take_signature(const ToSign& wanted, Bytes signature, Time at);

    /// The last checkpoint that is signed.
    [[nodiscard]] const std::optional<audit_log::Checkpoint>& last_signed() const { return seal_.last(); }
    /// Entries that the TPM's log key has signed, or its counter sealed.
    [[nodiscard]] std::uint64_t size_in_tpm() const { return seals_.last() ? seals_.last()->size : 0; }
    /// Says that the counter will be raised to this value: a start that finds it there without a seal knows why. Not before this
    /// is signed (`is_raise_signed`) may it be.
    void tell_raise(std::uint64_t counter, std::string_view cause, Time at);
    [[nodiscard]] bool is_raise_signed() const { return raise_end_ && seal_.size() >= *raise_end_; }
    /// What becomes of signatures and seals. With the key in crypto, a long unsigned tail in which `unsigned_word` is told is no
    /// damage to a start.
    void tell_tpm(std::string_view occasion, std::string_view detail, Time at);
    /// What the TPM said of the last checkpoint. Errors: full, io.
    Result<> keep_tpm(const audit_log::TpmSeal& seal, Time at);
    /// At the start, as soon as the TPM answers: is the counter where the last seal has it? If not, entries that were sealed are
    /// missing.
    void judge(std::uint64_t counter, const audit_log::TpmKeys& keys, Time at);
    /// All but `problem`.
    [[nodiscard]] GetSeals::Seals seals() const;

    /// Not to be left to the next second: the first commit, or 64 entries.
    [[nodiscard]] bool is_seal_due() const { return unsealed() >= seal_every || (!has_sealed_ && unsealed() > 0); }
    /// Entries that no checkpoint signs yet.
    [[nodiscard]] std::uint64_t unsealed() const { return store_.size() - seal_.size(); }
    /// False: the disk has failed, and it is not time to try again.
    [[nodiscard]] bool may_write(Instant now) const { return !outage_ || now >= retry_at_; }
    [[nodiscard]] Instant retry_at() const { return retry_at_; }

    /// Errors: integrity (told in the log too), io.
    [[nodiscard]] Result<Read::Entries> read(std::uint64_t from, Time at);
    [[nodiscard]] GetHead::Head head() const { return {store_.size(), store_.root(), dropped_}; }

private:
    static constexpr std::size_t later_bound = 512;   ///< entries that may be lost, in one commit

    struct Damage {
        std::uint64_t entry = 0;  ///< that was not as it was written
        Text<200> what;
    };
    /// The TPM's counter was to be raised.
    struct Raise {
        std::uint64_t counter = 0;
        std::uint64_t index = 0;  ///< of the entry that says so
    };
    /// What the log itself says of its past.
    struct Known {
        std::string run;
        std::uint64_t boot = 0;
        std::map<std::string, std::uint64_t> next;    ///< of each source in this boot: the number of its next entry
        std::optional<Damage> damage;                 ///< told already
        std::optional<Raise> raised;                  ///< the last that was told
    };
    /// An entry that nobody repeats.
    struct Own {
        Type type;
        Text<payload_bound> payload;
        Time at;
    };

    /// The entries behind the last checkpoint, as a start finds them.
    struct Tail {
        std::uint64_t count = 0;                      ///< since the last start among them
        std::optional<std::int64_t> first_ns;         ///< of them, the first that a service wrote
        bool is_too_long = false;                     ///< more than a killed process can leave
        bool is_told = false;                         ///< and they say why: crypto did not sign
    };

    Log(Store store, Seal seal, TpmSeals seals, Known known)
        : store_(std::move(store)),
          seal_(std::move(seal)),
          seals_(std::move(seals)),
          known_(std::move(known)),
          signed_at_start_(seal_.size()),
          committed_(known_.next) {}
    static void learn(Known& known, std::uint64_t index, const audit_log::Entry& entry);
    static void measure(Tail& tail, const audit_log::Entry& entry);

    void begin(const Store::Found& found, std::uint64_t unsealed, std::uint64_t torn_checkpoint, std::string_view run, Time at);
    void own(Type type, const JsonObject<payload_bound>& payload, Time at);
    void tell_damage(std::uint64_t entry, std::string_view what, Time at);
    std::uint64_t add(std::string_view source, std::uint64_t sequence, Type type, std::uint8_t evse, std::string_view payload,
                      Time at);
    std::uint64_t next_of(std::string_view source) { return known_.next[std::string(source)]++; }
    void lose(const std::string& source);
    /// The disk has failed: what is pending and not the log's own is given back.
    std::unexpected<Error> stop(const Error& why, Time at);
    [[nodiscard]] JsonObject<payload_bound> checkpoint() const;
    [[nodiscard]] ToSign prepare(Time at) const;
    Result<> keep(Time at);

    Store store_;
    Seal seal_;
    TpmSeals seals_;
    Known known_;
    std::uint64_t signed_at_start_ = 0;
    std::map<std::string, std::uint64_t> committed_;  ///< known_.next as of the last commit
    std::vector<Own> own_;                            ///< pending
    std::vector<std::string> later_;                  ///< sources of the pending entries that may be lost
    std::map<std::string, std::uint64_t> lost_;       ///< of each source, not told yet
    std::uint64_t dropped_ = 0;
    std::optional<Error> outage_;
    bool has_sealed_ = false;                         ///< since the start
    bool must_seal_ = false;                          ///< before anything else is written
    std::optional<std::pair<ToSign, std::vector<std::byte>>> unkept_;  ///< a signed checkpoint that is not on the disk yet
    bool is_raise_pending_ = false;                                    ///< its entry is not committed
    std::optional<std::uint64_t> raise_end_;                           ///< entries up to it, once it is
    WallTime sealed_at_{};                                             ///< since the start; 0: not yet
    Instant retry_at_;
};

}  // namespace voltkeep::audit
