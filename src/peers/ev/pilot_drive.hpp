// SPDX-License-Identifier: Apache-2.0
// One visit of a car that speaks no ISO 15118: it charges with alternating current, as much as the pilot's duty cycle offers (IEC
// 61851-1).
#pragma once

#include "drive.hpp"

namespace voltkeep::ev {

class PilotDrive {
public:
    /// Errors: io: nothing was plugged in.
    [[nodiscard]] static Result<PilotDrive> prepare(const Options& options);
    /// The whole visit: state B, C when the pilot offers a current, B again whenever it offers none, and A. True if energy came
    /// and all was as it should be. SIGTERM and SIGINT end it in order.
    [[nodiscard]] bool run();

private:
    enum class Phase : std::uint8_t {
        waiting,    ///< for an offer, the first or another
        charging,
        letting_go, ///< its own switch is open; state B when nothing flows any more
        gone,
    };

    PilotDrive(const Options& options, Report report, CableSocket cable)
        : options_(options), report_(std::move(report)), cable_(std::move(cable)) {}

    void wait();
    void turn();
    void wait_for_offer();
    void charge();
    void let_go();
    void end(bool is_ok, std::string_view why);
    void enter(Phase phase);
    void show();
    void tell_charging();
    [[nodiscard]] MilliAmpere offered() const;
    [[nodiscard]] bool has_enough() const;

    Options options_;
    Report report_;
    CableSocket cable_;
    Descriptor signals_;
    Phase phase_ = Phase::waiting;
    Instant since_ = now();                  ///< when the phase began
    std::optional<Instant> charging_since_;  ///< when current came first
    std::optional<plant::CableFrame> measured_;
    bool is_leaving_ = false;
    bool is_stopped_by_evse_ = false;
    Instant told_{};
    std::string error_;                      ///< empty: nothing was wrong
};

}  // namespace voltkeep::ev
