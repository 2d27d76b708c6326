// SPDX-License-Identifier: Apache-2.0
// The hardware of one EVSE and the car behind it, in steps of 1 ms: supply, bus capacitor, contactor, cable, battery, heat,
// meter, and the hardware's own watchdog. Pure and deterministic from a seed: it knows no socket and no clock, so it also runs
// faster than time.
#pragma once

#include "charging/safety/safety.hpp"
#include "peers/plant/cable.hpp"
#include "peers/plant/faults.hpp"
#include "peers/plant/parts.hpp"
#include "services/meter/frames.hpp"
#include "services/powerdrv/frames.hpp"

namespace voltkeep::plant {

/// What really happened, whatever meters and sensors say.
struct Truth {
    std::int64_t delivered_mwh = 0;     ///< to the car, through the contactor, since the start
    std::int64_t returned_mwh = 0;
    std::int64_t session_mwh = 0;       ///< to the car since it was plugged
    double volts = 0;                   ///< behind the contactor
    double amperes = 0;
    double peak_amperes = 0;            ///< since the car was plugged
    double lowest_amperes = 0;          ///< since `mark`
    bool contactor = false;
    bool welded = false;
    bool watchdog = false;
    std::uint32_t openings = 0;         ///< how often the contactor stopped conducting
    std::uint32_t openings_under_load = 0;
    std::int64_t opened_us = -1;        ///< when the contactor last stopped conducting, on time_us; -1: never
    std::int64_t onset_us = -1;         ///< when what `mark` waits for was first so; -1: not yet
};

/// What `mark` can wait for, in the units of Truth.
enum class Quantity : std::uint8_t { volts, amperes, celsius, contactor, discharge, last_ = discharge };
inline constexpr std::array<std::string_view, static_cast<std::size_t>(Quantity::last_) + 1> kQuantities{
    "volts", "amperes", "celsius", "contactor", "discharge"};

class Evse {
public:
    struct Setup {
        safety::Outlet outlet = safety::Outlet::ccs;
        std::uint64_t seed = 1;
        std::uint8_t number = 1;
        std::int64_t import_mwh = 1'000'000;  ///< the meter's registers at the start: a meter is never new
        std::int64_t export_mwh = 0;
        std::uint32_t latched = 0;            ///< the register of latched trips at the start
        std::uint8_t spent = 0;               ///< and that of the contactor's spent closings
    };
    explicit Evse(const Setup& setup);

    /// A frame of orders has arrived. One that does not count on is no heartbeat.
    void order(const safety::Actuators& actuators);
    /// The car does something else, or is gone (not plugged).
    void set_car(const CarFrame& car);
    /// One millisecond passes.
    void step();
    /// From here on the lowest current is looked for, and this moment is the onset of what comes.
    void mark();
    /// The onset is when the size of this quantity is first above `limit`.
    void mark(Quantity quantity, double limit);

    /// The next frame of sensors; nothing while the bus is silent. May be damaged, if that is the fault.
    [[nodiscard]] std::optional<std::array<std::byte, powerdrv::kInputsSize>> inputs();
    /// The next reading; nothing while the meter is silent.
    [[nodiscard]] std::optional<std::array<std::byte, meter::kReadingSize>> reading(std::uint32_t answers);
    /// What the car measures.
    [[nodiscard]] CableFrame cable();

    [[nodiscard]] Truth truth() const;
    [[nodiscard]] const CarFrame& car() const { return car_; }
    [[nodiscard]] bool is_ac() const {
        return setup_.outlet == safety::Outlet::ac_socket || setup_.outlet == safety::Outlet::ac_cable;
    }
    [[nodiscard]] std::int64_t time_us() const { return time_us_; }
    [[nodiscard]] std::int64_t import_mwh() const;
    [[nodiscard]] std::int64_t export_mwh() const;
    /// The register of latched trips, as it was last ordered.
    [[nodiscard]] std::uint32_t latched() const { return latched_; }
    /// The register of the contactor's spent closings, likewise.
    [[nodiscard]] std::uint8_t spent() const { return spent_; }
    /// What is broken. contactor_welded, once set, welds until the fault is taken back; wear welds for good.
    Faults faults;

private:
    void step_dc();
    void step_ac();
    void watch_heartbeat();
    void count_energy();
    void watch_onset();
    [[nodiscard]] safety::Sensors sense();
    Setup setup_;
    Random random_;
    safety::Actuators orders_{};
    CarFrame car_{};
    Battery battery_{77'000, 0.5};
    Contactor contactor_;
    Warmth plus_, minus_;
    std::int64_t time_us_ = 0;
    std::int64_t heartbeat_us_ = 0;
    std::uint32_t latched_;
    std::uint8_t spent_;
    bool watchdog_ = true;             ///< until the first order
    bool ordered_ = false;
    bool locked_ = false;
    int lock_ms_ = 0;
    double bus_volts_ = 0;             ///< before the contactor
    double outlet_volts_ = 0;          ///< behind it
    double supply_limit_ = 0;          ///< the supply's current limit on its way to what was ordered, amperes
    double amperes_ = 0;               ///< through the contactor
    double peak_amperes_ = 0, lowest_amperes_ = 0;
    std::uint32_t openings_ = 0;
    double mains_volts_ = 230, mains_hertz_ = 50;
    double delivered_j_ = 0, returned_j_ = 0, session_j_ = 0, car_j_ = 0;
    double meter_error_;               ///< of its class: a factor near 1
    double metered_import_mwh_, metered_export_mwh_;
    bool jumped_back_ = false, exchanged_ = false;
    std::int64_t opened_us_ = -1, onset_us_ = -1;
    std::optional<std::pair<Quantity, double>> awaited_;   ///< whose onset is still to come
    std::uint32_t sequence_ = 0, reading_sequence_ = 0, cable_sequence_ = 0;
    safety::Sensors last_sent_{};
};

}  // namespace voltkeep::plant
