// SPDX-License-Identifier: Apache-2.0
// What comes from the field bus: the newest frame of the sensors, taken without ever reading on for as long as somebody sends. A
// bus that sends more than a period can hold falls behind, and the safety loop sees that by the frames' own echo.
#pragma once

#include <optional>

#include "services/powerdrv/frames.hpp"

namespace voltkeep::powerdrv {

class Inbox {
public:
    /// Packets taken in one turn: eight times what the hardware sends in a period, and what it has sent while this process was
    /// started anew.
    static constexpr int kMostInTurn = 16;

    /// Takes packets until there is none, or as many as a turn may take. `next()` gives the bytes of one:
    /// Result<std::optional<Bytes>>. Errors: those of `next`.
    template <class Next>
    Result<> take(Next next) {
        for (int i = 0; i < kMostInTurn; ++i) {
            const std::optional<Bytes> packet = TRY(next());
            if (!packet) return {};
            if (const auto frame = decode_inputs(*packet)) newest_ = frame->sensors;
            else ++refused_;
        }
        ++full_turns_;
        return {};
    }

    /// The newest of all frames that have come; before the first one a frame that counts as none.
    [[nodiscard]] const safety::Sensors& newest() const { return newest_; }
    /// Packets that were no frame; turns that ended with their bound, so that something may have been left for the next one.
    [[nodiscard]] std::uint32_t refused() const { return refused_; }
    [[nodiscard]] std::uint32_t full_turns() const { return full_turns_; }

private:
    safety::Sensors newest_;
    std::uint32_t refused_ = 0, full_turns_ = 0;
};

}  // namespace voltkeep::powerdrv
