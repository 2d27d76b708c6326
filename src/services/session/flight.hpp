// SPDX-License-Identifier: Apache-2.0
// The flight recorder of one EVSE: the steps of its session and of its safety loop, kept in bounded files (services/flight). What
// it cannot keep is lost and begun anew; nobody waits for it.
#pragma once

#include "services/flight/files.hpp"
#include "services/power/protocol.hpp"
#include "store.hpp"

namespace voltkeep::session {

class Flight {
public:
    Flight(kernel::Service& self, Store& store, EvseId evse, const charging::Configuration& configuration);

    /// The state before the first step.
    void begin(const charging::State& state);
    void note(const charging::Context& context, const charging::Event& event, const charging::State& after,
              const charging::Actions& actions);

private:
    void keep();
    void take_power();
    void begin_session(const charging::State& state);
    void begin_power(const safety::Configuration& configuration, const safety::State& state);

    kernel::Service& self_;
    Store& store_;
    const charging::Configuration& configuration_;
    kernel::Client<power::Interface> power_;
    flight::Recording of_session_, of_power_;
    std::shared_ptr<flight::Files> session_files_, power_files_;   ///< used on the store's thread alone
    bool is_writing_ = false;
    bool is_fault_told_ = false;
    std::int64_t life_ = 0;                       ///< of the safety loop
    std::uint64_t next_ = 0;                      ///< its steps before this one were taken
};

}  // namespace voltkeep::session
