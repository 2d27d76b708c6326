// SPDX-License-Identifier: Apache-2.0
// How long one kind of work takes, on a logarithmic scale: two steps an octave of microseconds. No clock and no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "base/clock.hpp"

namespace voltkeep {

struct Times {
    std::array<std::uint32_t, 44> steps{};   ///< of this second; the last one is everything over four seconds
    std::uint32_t count = 0;                 ///< of this second
    std::uint32_t worst_us = 0;              ///< of this second
    std::uint32_t total = 0;                 ///< since the start
    std::uint32_t late = 0;                  ///< since the start: over its limit, or not done at all

    constexpr void add(Duration took, Duration limit) {
        const auto us = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took / 1us, 0, UINT32_MAX));
        ++steps[step_of(us)];
        ++count;
        ++total;
        worst_us = std::max(worst_us, us);
        if (took > limit) ++late;
    }
    /// What 99 of 100 did not exceed, in microseconds: the upper end of its step, at most 41 % over the truth.
    [[nodiscard]] constexpr std::uint32_t p99_us() const {
        std::uint32_t left = count / 100;
        std::size_t step = steps.size();
        while (step-- > 1 && steps[step] <= left) left -= steps[step];
        return std::min(worst_us, end_of(step));
    }
    constexpr void begin_second() { steps = {}, count = worst_us = 0; }

private:
    static constexpr std::size_t step_of(std::uint32_t us) {
        if (us < 2) return us;
        const unsigned octave = static_cast<unsigned>(std::bit_width(us)) - 1u;
        return std::min<std::size_t>(2 * octave + (us >> (octave - 1) & 1), std::tuple_size_v<decltype(steps)> - 1);
    }
    static constexpr std::uint32_t end_of(std::size_t step) {
        if (step < 2) return static_cast<std::uint32_t>(step);
        if (step == std::tuple_size_v<decltype(steps)> - 1) return UINT32_MAX;
        const std::uint32_t octave = 1u << (step / 2);
        return step % 2 == 0 ? octave + octave / 2 - 1 : 2 * octave - 1;
    }
};

}  // namespace voltkeep
