// SPDX-License-Identifier: Apache-2.0
// Judges a meter by its readings: one serial number, registers that never fall and that move while power flows. Pure.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "services/meter/frames.hpp"
#include "services/meter/protocol.hpp"

namespace voltkeep::meter {

/// The highest registers that were seen of a meter.
struct Known {
    Text<24> serial;
    std::int64_t import_mwh = 0;
    std::int64_t export_mwh = 0;
};

class Watch {
public:
    Watch() = default;
    /// From what was stored: a meter that was changed while nobody looked is found.
    explicit Watch(const Known& known) : known_(known) {}

    struct Verdict {
        Condition condition = Condition::good;
        bool was_exchanged = false;      ///< with this reading
    };
    [[nodiscard]] Verdict see(const ReadingFrame& r, Instant at) {
        Verdict verdict;
        verdict.was_exchanged = known_ && known_->serial != r.serial;
        if (!known_ || verdict.was_exchanged) {
            known_ = Known{r.serial, r.import_mwh, r.export_mwh};
            forget_flow(at);
        }
        if (r.status != 0) verdict.condition = Condition::faulty;
        else if (r.import_mwh < known_->import_mwh || r.export_mwh < known_->export_mwh) verdict.condition = Condition::fell;
        else if (is_still(r, at)) verdict.condition = Condition::frozen;
        if (verdict.condition == Condition::good) known_ = Known{r.serial, r.import_mwh, r.export_mwh};
        return verdict;
    }
    [[nodiscard]] const std::optional<Known>& known() const { return known_; }

private:
    static constexpr std::int32_t least_power_w = 100;        ///< below it a meter may stand still: its starting current
    static constexpr std::int64_t most_missed_mwh = 10'000;   ///< what may have flowed without being counted: 10 Wh

    void forget_flow(Instant at) {
        missed_uwh_ = 0;
        last_at_ = at;
    }
    /// By the meter's own power: much has flowed, and the register has not moved.
    bool is_still(const ReadingFrame& r, Instant at) {
        if (r.import_mwh > known_->import_mwh || r.export_mwh > known_->export_mwh) {
            forget_flow(at);
            return false;
        }
        const std::int64_t elapsed_us = std::min<std::int64_t>((at - last_at_).count() / 1'000, 1'000'000);
        const std::int64_t watts = r.power.value < 0 ? -std::int64_t{r.power.value} : std::int64_t{r.power.value};
        if (watts >= least_power_w) missed_uwh_ += watts * elapsed_us / 3'600;
        last_at_ = at;
        return missed_uwh_ / 1'000 > most_missed_mwh;
    }

    std::optional<Known> known_;
    std::int64_t missed_uwh_ = 0;        ///< 1/1000000 Wh
    Instant last_at_;
};

}  // namespace voltkeep::meter
