// SPDX-License-Identifier: Apache-2.0
// How the interlock's state, which is C, travels in a message.
#pragma once

#include "charging/safety/safety.hpp"
#include "kernel/message.hpp"

namespace voltkeep::kernel {

template <>
struct Codec<interlock_state> {
    using Held = std::array<std::uint32_t, PROTECTION_COUNT>;
    static consteval std::size_t bound() { return Codec<Held>::bound() + 7 * 4 + 5; }
    static consteval std::size_t handles() { return 0; }
    static constexpr void mix(Fingerprint& f) {
        f.mix("interlock_state");
        f.mix(std::uint64_t{PROTECTION_COUNT});
    }
    static void put(Writer& w, const interlock_state& s) {
        w.raw(s.held_us, sizeof s.held_us);
        for (const std::uint32_t each :
             {s.conditions, s.latched, s.stop_left_us, s.rested_us, s.regain_left_us, s.operations, s.openings_under_load})
            w.raw(&each, sizeof each);
        for (const std::uint8_t each : {s.phase, s.stop, s.armed, s.cause, s.spent}) w.raw(&each, sizeof each);
    }
    [[nodiscard]] static bool get(Reader& r, interlock_state& s) {
        bool ok = r.raw(s.held_us, sizeof s.held_us);
        for (std::uint32_t* each :
             {&s.conditions, &s.latched, &s.stop_left_us, &s.rested_us, &s.regain_left_us, &s.operations, &s.openings_under_load})
            ok = ok && r.raw(each, sizeof *each);
        for (std::uint8_t* each : {&s.phase, &s.stop, &s.armed, &s.cause, &s.spent}) ok = ok && r.raw(each, sizeof *each);
        return ok && s.phase <= INTERLOCK_STOPPING && s.stop <= STOP_EMERGENCY;
    }
};

}  // namespace voltkeep::kernel
