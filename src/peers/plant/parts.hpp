// SPDX-License-Identifier: Apache-2.0
// The parts of the simulated hardware that have a behaviour of their own. SI units, steps of 1 ms, randomness from one seed.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace voltkeep::plant {

inline constexpr double kStepSeconds = 0.001;

/// SplitMix64: the same numbers on every machine.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    /// Roughly normal, of this deviation: the sum of four uniform numbers, never beyond 3.5 deviations.
    double noise(double deviation) { return (unit() + unit() + unit() + unit() - 2.0) * deviation * std::sqrt(3.0); }

private:
    std::uint64_t state_;
};

/// A contactor with its travel times, its bounce, its wear and its habit of welding when it is opened under load.
class Contactor {
public:
    void step(bool command, double amperes, Random& random) {
        if (command != command_) {
            command_ = command;
            travel_ms_ = 0;
        }
        ++travel_ms_;
        const bool arrived = travel_ms_ > (command_ ? kCloseMs : kOpenMs);
        const bool was = conducting_;
        if (is_welded || stuck_closed) conducting_ = conducting_ || is_welded || stuck_closed;
        else if (stuck_open) conducting_ = false;
        else if (arrived) conducting_ = command_ && (travel_ms_ > kCloseMs + kBounceMs || random.unit() < 0.5);
        if (was && !conducting_ && !command_ && std::fabs(amperes) > 5.0) {
            ++openings_under_load;
            wear += std::fabs(amperes) / 20'000.0;  // some hundred full-load openings are its life
            if (random.unit() < wear * wear * 0.01) is_welded = conducting_ = true;
        }
        auxiliary_ms_ = conducting_ == auxiliary_ ? 0 : auxiliary_ms_ + 1;
        if (auxiliary_ms_ > kAuxiliaryMs) auxiliary_ = conducting_;
    }
    [[nodiscard]] bool conducts() const { return conducting_; }
    [[nodiscard]] bool auxiliary() const { return auxiliary_; }

    bool is_welded = false;     ///< for good
    bool stuck_closed = false;  ///< while the fault lasts
    bool stuck_open = false;
    double wear = 0;            ///< 0 new, 1 worn out
    std::uint32_t openings_under_load = 0;

private:
    static constexpr int kCloseMs = 22, kOpenMs = 12, kBounceMs = 4, kAuxiliaryMs = 2;
    bool command_ = false, conducting_ = false, auxiliary_ = false;
    int travel_ms_ = 1'000;
    int auxiliary_ms_ = 0;
};

/// A traction battery: 108 cells in series, an open-circuit curve, an inner resistance.
class Battery {
public:
    Battery(double watt_hours, double state_of_charge)
        : coulombs_full_(watt_hours * 3'600.0 / kNominal), charge_(coulombs_full_ * state_of_charge) {}

    [[nodiscard]] double volts() const {
        constexpr std::array<double, 7> at{0.0, 0.05, 0.1, 0.2, 0.5, 0.8, 1.0};
        constexpr std::array<double, 7> cell{3.00, 3.32, 3.45, 3.55, 3.68, 3.95, 4.18};
        const double soc = std::clamp(state_of_charge(), 0.0, 1.0);
        std::size_t i = 1;
        while (i + 1 < at.size() && soc > at[i]) ++i;
        return kCells * (cell[i - 1] + (cell[i] - cell[i - 1]) * (soc - at[i - 1]) / (at[i] - at[i - 1]));
    }
    [[nodiscard]] static double ohms() { return 0.060; }
    [[nodiscard]] double state_of_charge() const { return charge_ / coulombs_full_; }
    void take(double amperes) { charge_ = std::clamp(charge_ + amperes * kStepSeconds, 0.0, coulombs_full_); }

private:
    static constexpr double kCells = 108, kNominal = kCells * 3.68;
    double coulombs_full_, charge_;
};

/// Something with a heat capacity, that heats by a power and cools to the air.
struct Warmth {
    double celsius = 22.0;
    void step(double watts, double air) {
        constexpr double capacity = 80.0, resistance = 6.0;
        celsius += (watts - (celsius - air) / resistance) / capacity * kStepSeconds;
    }
};

}  // namespace voltkeep::plant
