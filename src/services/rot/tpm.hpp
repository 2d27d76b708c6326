// SPDX-License-Identifier: Apache-2.0
// The station's TPM: set up at the first start, found at every later one. Each request loads its key, uses it and flushes it,
// under one salted session. Nothing has a password, and nothing counts for the lockout: a cut of power can lock nobody out.
// Blocks as long as the part takes, so it lives on a thread of its own (worker.hpp).
//
// What is kept outside: one file with the keys, wrapped by the TPM's storage root, the name of that root, and the wear of the
// counters. The file holds no secret. Without it the TPM is set up anew; with it, the TPM must be the one that it was written
// with.
#pragma once

#include <map>

#include "keys.hpp"
#include "stack.hpp"
#include "wear.hpp"

namespace voltkeep::rot {

class Tpm {
public:
    struct Settings {
        std::string file;           ///< what is kept
        std::uint8_t meters = 0;
    };
    /// What the part says of itself.
    struct Part {
        Text<64> name;
        bool has_endorsement = false;
        std::uint32_t resets = 0;
    };

    /// Errors: closed, integrity (this is another TPM, or something of ours is missing in it), unsupported (it has a password of
    /// somebody else's), io. An attempt that was cut off is simply made again.
    static Result<std::unique_ptr<Tpm>> attach(std::unique_ptr<Wire> wire, const Settings& settings);

    [[nodiscard]] const Part& part() const { return part_; }
    [[nodiscard]] std::uint16_t increments_left() { return wear_.left(wall_now()); }
    /// How often a password was wrong, or the power went while something with a password was in use: at 32 nothing of that kind
    /// is used.
    [[nodiscard]] Result<std::uint32_t> lockout_count() { return stack_->property(TPM2_PT_LOCKOUT_COUNTER); }

    Result<Sign::Signature> sign(const Sign& wanted, std::string_view caller_type);
    Result<GetPublic::Public> get_public(KeyName name);
    Result<Quote::Quoted> quote(const Quote& wanted);
    Result<CounterRead::Value> read(Counter counter);
    Result<CounterRead::Value> increment(Counter counter);
    Result<Certify::Certified> certify(const Certify& wanted);
    Result<kernel::Done> extend(const Extend& wanted, std::string_view caller_type);
    Result<Seal::Sealed> seal(const Seal& wanted, std::string_view caller_type);
    Result<Unseal::Secret> unseal(const Unseal& wanted, std::string_view caller_type);
    Result<Random::Octets> random(std::uint16_t size);

    /// The orderly end: the TPM keeps what it has. Nothing may follow.
    Result<> shut_down();

private:
    /// One key as it is kept: public and wrapped private part, in the TPM's own form.
    struct Kept {
        Text<24> role;
        Blob<192> area;
        Blob<320> wrapped;
    };
    static constexpr std::uint32_t record_version = 1;
    struct Record {
        std::uint32_t version = record_version;
        Blob<68> storage_root;      ///< its name
        std::int64_t wear_level = WearBudget::day_ms;
        std::int64_t wear_at_ms = 0;
        List<Kept, 4 + most_meters> keys;
    };
    struct Usable {
        TPM2B_PUBLIC area;
        TPM2B_PRIVATE wrapped;
        std::vector<std::byte> spki;
    };

    explicit Tpm(Settings settings) : settings_(std::move(settings)) {}

    // setting up (setup.cpp)
    Result<> find_record();
    Result<> keep_record();
    Result<> find_storage_root();
    Result<> make_storage_root();
    Result<> calm_lockout();
    Result<> find_counters();
    Result<> make_counter(Counter counter);
    Result<> find_keys();
    Result<> make_key(KeyName name);
    Result<> take_key(KeyName name, const Kept& kept);
    Result<> look_at_part();

    [[nodiscard]] ESYS_TR counter_of(Counter counter) const { return counters_[static_cast<std::size_t>(counter)]; }
    Result<const Usable*> key(KeyName name) const;
    Result<Loaded> load(const Usable& key) { return stack_->load(storage_root_, key.wrapped, key.area); }
    Result<Loaded> load_attestation();
    struct Envelope;
    Result<> apply_policy(ESYS_TR policy, const Envelope& envelope);

    Settings settings_;
    Record record_;
    bool is_set_up_ = false;        ///< the record was there
    std::unique_ptr<Stack> stack_;
    ESYS_TR storage_root_ = ESYS_TR_NONE;
    std::array<ESYS_TR, static_cast<std::size_t>(Counter::last_) + 1> counters_{};
    std::map<std::string, Usable> keys_;   ///< by role
    WearBudget wear_;
    Part part_;
};

}  // namespace voltkeep::rot
