// SPDX-License-Identifier: Apache-2.0
// Judges a meter by its readings: one serial number, registers that never fall, that move while power flows, and that rise no
// faster than the EVSE can deliver. Pure.
#pragma once

#include <algorithm>
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
    /// `nameplate`: the most that the EVSE delivers. `known`, what was stored: a meter that was changed while nobody looked is
    /// found.
    explicit Watch(Watt nameplate, std::optional<Known> known = {}) : nameplate_(nameplate), known_(std::move(known)) {}

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
            judged_at_.reset();
            jumped_by_mwh_.reset();
        }
        if (r.status != 0) verdict.condition = Condition::faulty;
        else if (r.import_mwh < known_->import_mwh || r.export_mwh < known_->export_mwh) verdict.condition = Condition::fell;
        else if (has_jumped(r, at)) verdict.condition = Condition::jumped;
        else if (is_still(r, at)) verdict.condition = Condition::frozen;
        if (verdict.condition == Condition::good) take(r, at);
        return verdict;
    }
    [[nodiscard]] const std::optional<Known>& known() const { return known_; }

private:
    static constexpr std::int32_t least_power_w = 100;        ///< below it a meter may stand still: its starting current
    static constexpr std::int64_t most_missed_mwh = 10'000;   ///< what may have flowed without being counted: 10 Wh
    static constexpr std::int64_t most_percent = 120;  ///< of the nameplate, for any length of time; above it power has tripped
    static constexpr Duration burst = 2s;  ///< of that beside it: what flows until power has tripped, and readings that are late

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
        const std::int64_t elapsed_us = std::clamp<std::int64_t>((at - last_at_).count() / 1'000, 0, 1'000'000);
        const std::int64_t watts = r.power.value < 0 ? -std::int64_t{r.power.value} : std::int64_t{r.power.value};
        if (watts >= least_power_w) missed_uwh_ += watts * elapsed_us / 3'600;
        last_at_ = at;
        return missed_uwh_ / 1'000 > most_missed_mwh;
    }

    /// More than can have flowed since the last good reading. A register that has jumped is not believed after some time either:
    /// it is good when it is below where it jumped to. The first good reading of this process has nothing before it in time: it
    /// is looked at downwards.
    bool has_jumped(const ReadingFrame& r, Instant at) {
        if (!judged_at_) return false;
        room_uwh_ += most_in(std::clamp<Duration>(at - *judged_at_, 0s, 24h));
        judged_at_ = at;
        const std::int64_t rise_mwh = rise_of(r);
        if (rise_mwh <= room_uwh_ / 1'000 && !(jumped_by_mwh_ && rise_mwh >= *jumped_by_mwh_)) return false;
        jumped_by_mwh_ = std::min(jumped_by_mwh_.value_or(rise_mwh), rise_mwh);
        return true;
    }
    void take(const ReadingFrame& r, Instant at) {
        const std::int64_t most_room_uwh = most_in(burst) + most_missed_mwh * 1'000;
        room_uwh_ = judged_at_ ? std::min(room_uwh_ - rise_of(r) * 1'000, most_room_uwh) : most_room_uwh;
        judged_at_ = at;
        jumped_by_mwh_.reset();
        known_ = Known{r.serial, r.import_mwh, r.export_mwh};
    }
    [[nodiscard]] std::int64_t rise_of(const ReadingFrame& r) const {
        return r.import_mwh - known_->import_mwh + r.export_mwh - known_->export_mwh;
    }
    /// 1/1000000 Wh
    [[nodiscard]] std::int64_t most_in(Duration time) const {
        return std::int64_t{nameplate_.value} * most_percent / 100 * (time / 1ms) / 3'600 * 1'000;
    }

    Watt nameplate_;
    std::optional<Known> known_;
    std::optional<Instant> judged_at_;
    std::int64_t room_uwh_ = 0;          ///< what can have flowed since the last good reading and was not counted, 1/1000000 Wh
    std::optional<std::int64_t> jumped_by_mwh_;   ///< the least above the last good registers, both together
    std::int64_t missed_uwh_ = 0;        ///< 1/1000000 Wh
    Instant last_at_;
};

}  // namespace voltkeep::meter
