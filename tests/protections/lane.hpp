// SPDX-License-Identifier: Apache-2.0
// One EVSE under test: the real power and powerdrv under a real process manager, the plant as its hardware, and a stand-in for
// the session.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "charging/safety/safety.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::protections {

/// EVSE 1 and up: what each has, and whether its safety loop is the one that lacks a protection.
struct Place {
    bool is_ac = false;
    bool is_unguarded = false;
    std::uint8_t closings = 200;        ///< of the contactor at once: more than there are provocations
    bool closings_never_end = false;    ///< each is regained at once: without the limit
};

/// Who wants something of power.
enum class Above : std::uint8_t {
    stand_in,  ///< one an EVSE, which wants what the test tells it
    session,  ///< the real one with audit and meters, AC by the pilot alone; started again 1.5 s after its death, longer than its
              ///< consent
};

/// Not the whole program was asked for, but some protections or those that take long.
[[nodiscard]] bool others_were_asked_for();

class Station {
public:
    /// Everything started; every EVSE's stand-in has its orders. Errors: what did not start.
    static Result<std::unique_ptr<Station>> start(const std::vector<Place>& places, Above above = Above::stand_in);
    ~Station();
    Station(const Station&) = delete;

    /// One command to the stand-in of an EVSE, and its answer. EVSEs do not wait for each other.
    std::string tell(int evse, const std::string& command);
    /// One command to whoever stands in for the CSMS (Above::session), and its answer.
    std::string tell_csms(const std::string& command);
    /// One line to the plant. Errors: io, refused.
    [[nodiscard]] Result<exi::Json> plant(const std::string& line) const;
    /// The process of a service, now: the only one of its user. 0: there is none.
    [[nodiscard]] pid_t process_of(const std::string& service) const;

private:
    struct Parts;
    explicit Station(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// Where a provocation begins.
enum class Begin : std::uint8_t {
    plugged,      ///< a car is there, nothing is wanted yet
    joined,       ///< DC: precharged, and the car has closed its contactor
    full_power,
};

/// What power says, as the stand-in keeps it.
struct Said {
    unsigned stage = 0;
    std::uint32_t latched = 0;
    std::uint32_t seen = 0;          ///< since `forget`: everything that tripped
    long long discovered_ms = 0;     ///< from the open order to the first sight of the protection that was asked for
};

class Lane {
public:
    Lane(Station& station, int evse, bool is_ac) : station_(station), evse_(evse), is_ac_(is_ac) {}

    /// Plugs a car and brings it there. False: it did not come there.
    bool begin(Begin begin);
    /// Everything mended, the car gone, acknowledged, at rest. False: it did not come to rest.
    bool recover();

    /// "fault insulation" or "fault mains_voltage 170" or "mark volts 462": the EVSE's number is put in.
    void plant(const std::string& words);
    void mark() { plant("mark"); }
    void session(const std::string& command) { (void)station_.tell(evse_, command); }
    void want(safety::Demand demand, int millivolt, int milliampere, int ev_millivolt);
    /// Sends the signal to this EVSE's power or powerdrv.
    void signal(const std::string& service, int number) const;
    [[nodiscard]] Said said(unsigned protection = 0);
    /// What power reports, in words.
    [[nodiscard]] std::string report() { return station_.tell(evse_, "report"); }
    /// The truth about this EVSE; an empty object if the plant does not answer.
    [[nodiscard]] exi::Json truth() const;
    [[nodiscard]] bool is_ac() const { return is_ac_; }
    [[nodiscard]] int evse() const { return evse_; }

private:
    Station& station_;
    int evse_;
    bool is_ac_;
};

[[nodiscard]] bool is_true(const exi::Json& object, std::string_view name);
[[nodiscard]] double real_in(const exi::Json& object, std::string_view name);

/// Looks every 10 ms, because nothing announces it; false if it is not so within `patience`.
template <class Test>
bool eventually(Test test, Duration patience) {
    for (const Instant deadline = now() + patience; now() < deadline; ::usleep(10'000))
        if (test()) return true;
    return test();
}

}  // namespace voltkeep::protections
