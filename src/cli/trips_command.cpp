// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/door.hpp"
#include "cli/layout.hpp"

namespace voltkeep::cli {

namespace {

std::string words_of(const Json* names) {
    std::string text;
    if (names != nullptr)
        for (const Json& name : names->items()) text += (text.empty() ? "" : ", ") + std::string(name.scalar());
    return text.empty() ? "none" : text;
}

/// The EVSE's part of an answer to `trips`, or null.
const Json* part_of(const Json& answer, int evse) {
    const Json* const all = answer.find("evses");
    if (all == nullptr) return nullptr;
    for (const Json& one : all->items())
        if (number_in(one, "evse") == evse) return &one;
    return nullptr;
}

}  // namespace

Result<int> trips_command(const std::string& state, bool json) {
    DoorClient door = TRY(DoorClient::connect(door_of(state)));
    const Json answer = TRY(door.ask("trips"));
    if (json) {
        std::printf("%s\n", answer.text().c_str());
        return 0;
    }
    for (int evse = 1; const Json* const one = part_of(answer, evse); ++evse)
        std::printf("EVSE %d: latched: %s; there now: %s\n", evse, words_of(one->find("latched")).c_str(),
                    words_of(one->find("present")).c_str());
    return 0;
}

Result<int> trips_acknowledge_command(const std::string& state, int evse, const std::string& reason) {
    DoorClient door = TRY(DoorClient::connect(door_of(state)));
    const Json before = TRY(door.ask("trips"));
    const Json* const one = part_of(before, evse);
    if (one == nullptr) return fail(Errc::not_found, "no such EVSE");
    const std::int64_t trips = number_in(*one, "trips");
    if (trips == 0) {
        std::printf("EVSE %d: nothing is latched\n", evse);
        return 0;
    }
    TRY(door.ask("acknowledge " + std::to_string(evse) + " " + std::to_string(trips) + (reason.empty() ? "" : " " + reason)));
    std::printf("EVSE %d: acknowledged: %s\n", evse, words_of(one->find("latched")).c_str());
    // Power has released what it will within a period; session looks every 50 ms.
    const Instant until = now() + 1s;
    for (;;) {
        const Json after = TRY(door.ask("trips"));
        const Json* const left = part_of(after, evse);
        if (left != nullptr && number_in(*left, "trips") == 0) return 0;
        if (left != nullptr && now() >= until) {
            std::printf("EVSE %d: still latched, because the cause is there: %s\n", evse,
                        words_of(left->find("latched")).c_str());
            return 1;
        }
        ::usleep(50'000);   // nothing announces it
    }
}

}  // namespace voltkeep::cli
