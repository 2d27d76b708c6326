// SPDX-License-Identifier: Apache-2.0
// The station behind the charger's state machine: session and power as it sees them, with a battery of 400 V behind the cable.
#pragma once

#include <optional>
#include <vector>

#include "peers/ev/evcc/evcc.hpp"
#include "services/iso15118/secc/state.hpp"

namespace voltkeep::iso15118::testing {

class SimulatedStation {
public:
    secc::Station view;
    bool is_ac = false;                           ///< the contactor closes by itself, the car draws what it may
    std::vector<secc::Phase> phases;              ///< that it was told, without repetitions
    std::vector<secc::Stop> stops;
    int authorizations = 0;
    Duration decision_time = 300ms;
    Duration work_time = 200ms;                   ///< of cable check and precharge
    secc::Verdict decision = secc::Verdict::accepted;
    std::int64_t delivered_mj = 0, returned_mj = 0;

    SimulatedStation();
    void tell(const secc::Needs& needs, Instant now);
    void authorize(Instant now);
    void stop(const secc::Stop& stop);
    void pass(Instant now, Duration elapsed, const evcc::Inlet& inlet);
    [[nodiscard]] evcc::Cable cable() const;

private:
    secc::Needs needs_;
    Instant since_;
    std::optional<Instant> asked_;
    MilliVolt volts_;
    MilliAmpere amperes_;
};

}  // namespace voltkeep::iso15118::testing
