// SPDX-License-Identifier: Apache-2.0
// What the process manager decides: the life of every service, restarts, joins and their epochs, the watchdog, the order of the
// end, and the ring of events. Pure: step(input, now) gives actions. It knows no descriptor and no clock, and allocates nothing.
#pragma once

#include <variant>

#include "base/clock.hpp"
#include "kernel/control.hpp"

namespace voltkeep::kernel::procmgr {

namespace input {
struct Begin {};
struct Launched { std::uint16_t service = 0; std::uint32_t pid = 0; };
struct LaunchFailed { std::uint16_t service = 0; };
struct Ended { std::uint16_t service = 0; control::Ending ending; Text<96> last{}; };   ///< last: what it took or sent, in words
struct Recorded { std::uint16_t service = 0; control::Record record; };
struct Unheard { std::uint16_t service = 0; };            ///< its control queue is full: it does not read
struct Deaf { std::uint16_t service = 0; };               ///< it closed its control channel: most often because it is ending
struct JoinFailed { std::uint16_t conduit = 0; };         ///< the system had no pair to give
struct StopAll {};                                        ///< twice: at once
/// What is due, and the joins. Everything that was said before `heard` is told, and for `lost` the process manager itself stood
/// still, perhaps with the whole machine: nobody's silence in it counts.
struct Turn { Instant heard{INT64_MAX}; Duration lost{}; };
}  // namespace input
using Input = std::variant<input::Begin, input::Launched, input::LaunchFailed, input::Ended, input::Recorded, input::Unheard,
                           input::Deaf, input::JoinFailed, input::StopAll, input::Turn>;

namespace action {
struct Launch { std::uint16_t service = 0; };
struct Join { std::uint16_t conduit = 0; std::uint32_t epoch = 0; };   ///< new pairs, one end of each to each side
struct Go { std::uint16_t service = 0; };                              ///< it has all its ends that there are
struct Fallback { std::uint16_t service = 0; EvseId evse; bool is_on = false; };   ///< tell it
struct Stop { std::uint16_t service = 0; };
struct Kill { std::uint16_t service = 0; };
struct Report { control::Event event; };                               ///< to the log; it is in the ring already
template <class M>
struct Answer { std::uint16_t service = 0; M message; };
using AnswerState = Answer<control::State>;                            ///< with Kind::end: no such thing, or no more
using AnswerEvent = Answer<control::Event>;
using AnswerMeasure = Answer<control::Measure>;
struct AnswerUsage { std::uint16_t service = 0; std::uint16_t of = 0; std::uint64_t number = 0; };   ///< ends the answer
struct Finish { int status = 0; };                                     ///< no process is left
}  // namespace action
using Action =
    std::variant<action::Launch, action::Join, action::Go, action::Fallback, action::Stop, action::Kill, action::Report,
                 action::AnswerState, action::AnswerEvent, action::AnswerMeasure, action::AnswerUsage, action::Finish>;

inline constexpr Duration start_limit = 10s;      ///< from launch to ready
inline constexpr Duration stop_limit = 2s;        ///< from `stop` to SIGKILL
inline constexpr Duration launch_pause = 100ms;   ///< between two tries while the system has no process to give
inline constexpr Duration rejoin_pause = 100ms;   ///< between two pairs of one conduit while both its ends live
inline constexpr int lab_patience = 20;           ///< the watchdog's times are that much longer in a sanitizer build
inline constexpr unsigned words_a_second = 16;    ///< of one service: nobody fills the ring to push out what it tells of him
inline constexpr Duration measure_age = 2s;       ///< older than this it is not of the last second
inline constexpr std::size_t ring_size = 256;
inline constexpr std::size_t events_per_answer = 64;
inline constexpr int restart_status = 75;         ///< the process manager's own: start the whole station again

/// True if procmgr joins this conduit: a foreign program has no runtime that could take an end.
[[nodiscard]] bool is_joined(const policy::Image& image, const policy::Conduit& conduit);
/// The place of `conduit` in `service`'s Slice.
[[nodiscard]] std::uint16_t end_index(const policy::Image& image, std::uint16_t conduit, std::uint16_t service);
/// The other way: the conduit at that place, or none.
[[nodiscard]] std::optional<std::uint16_t> conduit_at(const policy::Image& image, std::uint16_t service, std::uint16_t index);
/// All that `service` learns of the policy. `full` if it has more conduits than a Slice holds.
[[nodiscard]] Result<> make_slice(const policy::Image& image, std::uint16_t service, control::Slice& slice);

class Core {
public:
    /// The image is validated and outlives the core.
    Core(const policy::Image& image, bool lab);

    /// What is to be done now, in this order. Valid until the next step.
    std::span<const Action> step(const Input& input, Instant now);
    /// When Turn is due even if nothing comes.
    [[nodiscard]] Instant next_deadline() const;

    [[nodiscard]] control::State state_of(std::uint16_t service) const;
    [[nodiscard]] std::uint32_t starts(std::uint16_t service) const { return members_[service].starts; }
    [[nodiscard]] bool is_present(std::uint16_t service) const { return members_[service].is_present; }

private:
    struct Member {
        control::Life life = control::Life::off;
        control::Life after = control::Life::starting;     ///< what follows an ordered end: started again, quarantined, or off
        control::Cause sentence = control::Cause::none;    ///< why we ended it
        control::Cause last_cause = control::Cause::none;
        std::uint8_t last_code = 0;
        Text<96> last_messages;
        bool is_present = false;                           ///< there is a process
        bool went = false;                                 ///< `go` is sent
        bool is_late = false;                              ///< reported already
        bool is_starved = false;                           ///< the system could not start it, which is reported
        std::uint32_t pid = 0;
        std::uint32_t starts = 0;
        std::uint16_t restarts = 0;
        std::uint32_t last_restart_us = 0;
        std::uint64_t beats = 0;
        Instant launched_at, ended_at, last_beat_at;
        Instant launch_at;                                 ///< of a dead one
        Instant kill_at;                                   ///< of a stopping one
        List<Instant, policy::max_intensity> deaths;       ///< in the running period
        Instant words_end;                                 ///< until when `words` counts
        unsigned words = 0;                                ///< what it made us report
        std::array<control::Measure, control::Measure::kinds> measures;   ///< by message; those with a total
        std::array<Instant, control::Measure::kinds> measured_at;
    };
    struct Joint {
        bool is_joined = false;
        std::uint32_t epoch = 0;
        Instant not_before;
    };

    void on(const input::Begin&);
    void on(const input::Launched&);
    void on(const input::LaunchFailed&);
    void on(const input::Ended&);
    void on(const input::Recorded&);
    void on(const input::Unheard&);
    void on(const input::Deaf&);
    void on(const input::JoinFailed&);
    void on(const input::StopAll&);
    void on(const input::Turn& turn);

    void act(const Action& action) { CHECK(actions_.push(action)); }
    void report(std::uint16_t service, control::Occasion occasion, std::uint8_t code = 0, std::uint16_t detail = 0,
                const policy::ServiceName& peer = {});
    void report_words(std::uint16_t service, control::Occasion occasion, std::uint8_t code, std::uint16_t detail,
                      const policy::ServiceName& peer = {});
    [[nodiscard]] policy::ServiceName peer_of(std::uint16_t service, std::uint16_t index) const;
    void launch(std::uint16_t service);
    [[nodiscard]] bool is_fallen(EvseId evse) const;
    void tell_fallback(EvseId evse, bool is_on);
    void sentence(std::uint16_t service, control::Cause cause, bool at_once);
    void after_death(std::uint16_t service, control::Ending ending);
    void enter(std::uint16_t service, control::Life life);
    void on_ready(std::uint16_t service);
    void answer(std::uint16_t service, const control::Record& record);
    void order(std::uint16_t service, control::Request request);
    void rejoin(std::uint16_t service, std::uint16_t index);
    void answer_events(std::uint16_t service, const control::Record& record);
    void answer_measures(std::uint16_t service, const control::Record& record);
    [[nodiscard]] Instant due(std::uint16_t service) const;
    void watch_over(std::uint16_t service);
    [[nodiscard]] bool is_open(std::uint16_t conduit) const;
    void join_all();
    void stop_next_wave();
    [[nodiscard]] bool has_conduit(std::uint16_t client, std::uint16_t server) const;
    [[nodiscard]] Instant beat_limit(std::uint16_t service, unsigned beats) const;

    const policy::Image& image_;
    const std::int64_t patience_;                          ///< a factor
    Instant now_{};
    Instant heard_{};                                      ///< who said nothing after this may have: it is not read yet
    bool is_stopping_ = false;
    int status_ = 0;
    List<std::uint16_t, policy::max_services> order_;      ///< by rank, highest first
    std::array<Member, policy::max_services> members_{};
    std::array<Joint, policy::max_conduits> joints_{};
    std::array<control::Event, ring_size> ring_{};
    std::uint32_t sequence_ = 0;                           ///< of the newest event
    List<Action, 1024> actions_;                           ///< a step makes at most one per conduit and six per service
};

}  // namespace voltkeep::kernel::procmgr
