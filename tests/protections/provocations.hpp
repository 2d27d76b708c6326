// SPDX-License-Identifier: Apache-2.0
// What is done to each protection of the table, and by when the contactor must be open. The limits are those of the clauses, not
// of this machine: a reaction beyond one is a fault of the station on whatever machine.
#pragma once

#include <functional>

#include "lane.hpp"

namespace voltkeep::protections {

struct Provocation {
    std::string_view protection;     ///< as in the table of protections; or what acts if it is none of power's
    bool is_ac = false;
    std::string_view by;             ///< how it is provoked, for the table
    int limit_ms = 0;                ///< from the onset to the open contactor
    std::string_view clause;         ///< where that is from
    Begin begin = Begin::full_power;
    std::function<void(Lane&)> provoke;
    bool can_open = true;            ///< false: what is provoked is that it does not; measured is until it is known
    bool is_last = false;            ///< its EVSE needs minutes to be as before
};

/// All that a minute has room for; several EVSEs take one after the other from the front.
[[nodiscard]] std::vector<Provocation> provocations();
/// What lasts longer by its clause.
[[nodiscard]] std::vector<Provocation> long_provocations();
/// What the loop without its emergency stop must fail at.
[[nodiscard]] Provocation control();

/// The protection's place in the table, or PROTECTION_NONE.
[[nodiscard]] std::uint8_t id_of(std::string_view protection);

struct Outcome {
    const Provocation* provocation = nullptr;
    bool began = false;              ///< it was brought to where it begins
    bool opened = false;
    bool tripped = false;            ///< power has named this protection
    double took_ms = -1;
    int attempts = 0;
    std::string stuck;               ///< where it was if it did not come to where this begins
    [[nodiscard]] bool is_good() const {
        return (opened || !provocation->can_open) && tripped && took_ms >= 0 && took_ms <= provocation->limit_ms;
    }
    [[nodiscard]] std::string words() const;
};

/// Once, from a car that comes to one that leaves.
[[nodiscard]] Outcome provoke(Lane& lane, const Provocation& provocation);

/// The table as docs/generated/protections.md has it, and the same without what is measured.
[[nodiscard]] std::string table_of(std::vector<Outcome> outcomes);
[[nodiscard]] std::string verdicts_in(const std::string& table);

}  // namespace voltkeep::protections
