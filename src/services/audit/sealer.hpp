// SPDX-License-Identifier: Apache-2.0
// The log of a station with a TPM: crypto signs its checkpoints, rot seals them. Everything is asked by `request`, one question
// at a time to each, and nobody who appends waits for an answer: who is slow or gone delays signatures and seals alone, and the
// log says so.
//
// A raise of the counter has an order: an entry says which value comes, the checkpoint over it is signed, the counter is raised,
// the TPM certifies counter and checkpoint, and the line is written. Cut off anywhere, the next start knows whether entries are
// missing.
#pragma once

#include <functional>

#include "kernel/service.hpp"
#include "log.hpp"
#include "seal_plan.hpp"
#include "services/crypto/protocol.hpp"
#include "services/rot/protocol.hpp"

namespace voltkeep::audit {

class Sealer {
public:
    /// `key_file`: where the log's public key is kept, for the next start and for who verifies. `wrote`: the log has something to
    /// write.
    Sealer(kernel::Service& self, Log& log, std::string key_file, std::function<void()> wrote);

    /// The log should be sealed for this, with all entries that it has now.
    void want(Cause cause);
    /// Asks what is to be asked now. Behind each commit, and each second (`is_tick`), when what is new is signed whatever it is.
    void turn(bool is_tick = false);
    /// Nothing is wanted, and nobody is asked.
    [[nodiscard]] bool is_idle() const { return !is_asking_ && !raising_ && is_done_; }
    /// Why it is not signed or not sealed; empty: it is.
    [[nodiscard]] const Text<200>& problem() const { return unsigned_.why.empty() ? unsealed_.why : unsigned_.why; }

private:
    // crypto: the checkpoints
    void ask_for_key();
    void ask_for_signature();
    void not_signed(const Error& why);

    // rot: the TPM's seals
    void step();
    void ask_for_tpm_key(rot::Key key);
    void ask_for_counter();
    void raise();
    void certify(const SealPlan::Wanted& what);
    void sign(const SealPlan::Wanted& what, std::optional<audit_log::TpmSeal::Certified> certified);
    void extend(const SealPlan::Wanted& what, const audit_log::TpmSeal& seal);
    template <class M, class Then>
    void ask(const M& message, Then then);
    void not_sealed(const Error& why);

    kernel::Service& self_;
    Log& log_;
    std::string key_file_;
    std::function<void()> wrote_;
    kernel::Client<crypto::Interface> crypto_;
    kernel::Client<rot::Interface> rot_;
    SealPlan plan_;
    /// Why something is not done, and since when; it is told in the log when it lasts.
    struct Trouble {
        Text<200> why;
        Instant since;
        bool is_told = false;
    };
    void trouble(Trouble& it, const Error& why, std::string_view occasion);
    void over(Trouble& it, std::string_view occasion);
    Trouble unsigned_, unsealed_;

    bool is_signing_ = false;                  ///< crypto was asked
    bool is_asking_ = false;                   ///< rot was
    bool is_done_ = true;                      ///< the plan had nothing to do when it was asked last
    Instant not_before_{};                     ///< rot is asked again: after an error
    std::optional<SealPlan::Wanted> raising_;  ///< told in the log, and not done
    std::uint64_t raise_to_ = 0;               ///< the value that was told
    bool is_judged_ = false;                   ///< the counter was compared with the log
    std::uint64_t wanted_size_ = 0;            ///< entries that the next seal has at least
    audit_log::TpmKeys keys_;
    std::optional<std::uint64_t> counter_;  ///< as the TPM said last
    audit_log::Checkpoint checkpoint_;      ///< that the TPM is asked about
};

}  // namespace voltkeep::audit
