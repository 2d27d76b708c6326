// SPDX-License-Identifier: Apache-2.0
// When the TPM is asked to seal the log. Its counter wears out, so it is raised at what matters, and 54 times a day at most,
// which rot holds to: at each boot and orderly stop, once an hour if there is something new, and at security events, of which the
// first of an hour counts and those behind it are certified without a raise, as the end of each transaction is. Beside these the
// TPM's key signs what is new every 30 seconds, which wears nothing.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace voltkeep::audit {

/// Why the log is sealed, the most pressing first.
enum class Cause : std::uint8_t { stop, boot, security, schedule, transaction, last_ = transaction };
inline std::string_view word(Cause cause) {
    constexpr std::string_view words[] = {"stop", "boot", "security", "schedule", "transaction"};
    return words[static_cast<std::size_t>(cause)];
}

class SealPlan {
public:
    static constexpr Duration signature_period = 30s;
    static constexpr Duration schedule_period = 3600s;  ///< 24 a day
    static constexpr Duration security_period = 3600s;  ///< 24 a day at most, and what is left is for boots and stops

    enum class Step : std::uint8_t { raise, certify, sign };
    struct Wanted {
        Step step;
        Cause cause;
    };

    void want(Cause cause) {
        wanted_ |= bit(cause);
        begun_ &= ~bit(cause);
    }

    /// What to do now. `is_new`: the last checkpoint has entries that the TPM has not seen.
    [[nodiscard]] std::optional<Wanted> next(Instant at, bool is_new) {
        if (is_new && raised_at_ && at - *raised_at_ >= schedule_period) want(Cause::schedule);
        for (const Cause cause : {Cause::stop, Cause::boot, Cause::security, Cause::schedule})
            if (is_wanted(cause)) return Wanted{may_raise(cause, at) ? Step::raise : Step::certify, cause};
        if (is_wanted(Cause::transaction)) return Wanted{Step::certify, Cause::transaction};
        if (is_new && (!signed_at_ || at - *signed_at_ >= signature_period)) return Wanted{Step::sign, Cause::schedule};
        return std::nullopt;
    }

    /// The TPM is asked about a checkpoint that has all that was wanted until now.
    void begin() { begun_ = wanted_; }
    /// It was done, for all that was wanted when it began.
    void done(const Wanted& what, Instant at) {
        signed_at_ = at;
        if (what.step == Step::sign) return;
        wanted_ &= ~begun_;
        if (what.step != Step::raise) return;
        raised_at_ = at;
        if (what.cause == Cause::security) security_at_ = at;
    }

private:
    static unsigned bit(Cause cause) { return 1u << static_cast<unsigned>(cause); }
    [[nodiscard]] bool is_wanted(Cause cause) const { return (wanted_ & bit(cause)) != 0; }
    [[nodiscard]] bool may_raise(Cause cause, Instant at) const {
        return cause != Cause::security || !security_at_ || at - *security_at_ >= security_period;
    }

    unsigned wanted_ = 0;  ///< a bit each
    unsigned begun_ = 0;   ///< of these: what the TPM is being asked for
    std::optional<Instant> signed_at_, raised_at_, security_at_;
};

}  // namespace voltkeep::audit
