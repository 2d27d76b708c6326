// SPDX-License-Identifier: Apache-2.0
// The control channel (descriptor 3) between a service and the process manager.
// A service sends fixed records of 32 bytes; the process manager answers with records of at most 192 bytes and, at the start,
// with one Slice: all that this service knows of the policy. The process manager never waits for a service.
#pragma once

#include "kernel/image.hpp"

namespace voltkeep::kernel::control {

inline constexpr int descriptor = 3;

/// What a service may send. Each but the first three needs its bit in the policy.
enum class Request : std::uint8_t {
    beat,         ///< I turned my loop
    ready,        ///< I am initialised and sealed
    fault,        ///< code = Errc or a broken invariant's line; the process may end now
    get_state,    ///< argument = service index; answered with State
    take_events,  ///< answered with Event records, oldest first, then End
    restart,      ///< argument = service index: end it and start it again
    quarantine,   ///< argument = service index: end it and do not start it again
    switch_slot,  ///< for the update agent
    demand,       ///< argument = service index: start an on-demand service that I have a conduit to
    rejoin,       ///< argument = index into Slice::conduits: this conduit is broken, make it anew (rate-limited; no bit needed)
    reopen,       ///< argument = index into Slice::devices: its other side is gone, connect it anew (no bit needed)
    measured,     ///< what I did in the last second, one of Measure::kinds; packed by Measure (no bit needed)
    get_measures, ///< argument = service index; answered with Measure records, then Usage
    last_ = get_measures,
};

struct Record {
    Request request = Request::beat;
    std::uint8_t reserved = 0;
    std::uint16_t argument = 0;
    std::uint32_t code = 0;
    std::uint64_t value = 0;
    std::uint64_t number = 0;    ///< echoed in the answer
    std::uint64_t spare = 0;
};
static_assert(bound<Record> == 32);

/// What the process manager sends.
enum class Kind : std::uint8_t { slice, join, device, go, stop, state, event, end, measure, usage, fallback, last_ = fallback };

enum class Life : std::uint8_t { off, starting, ready, stopping, dead, quarantined, exhausted, last_ = exhausted };

/// Why a service ended.
enum class Cause : std::uint8_t {
    none, exit, signal, seccomp, memory, watchdog, invariant, start_failed, ordered, last_ = ordered,
};
struct Ending {
    Cause cause = Cause::none;
    std::uint8_t code = 0;       ///< exit status or signal; a refused system call is in the fault before it
};

/// What an event is about.
enum class Occasion : std::uint8_t {
    life,        ///< a service's life went on: `life`, `cause` and `code` say how
    fault,       ///< it reported one: code = Errc (0xff: an invariant, 0xfe: a refused system call), detail = what it said;
                 ///< `full`: so many more were not written down
    refused,     ///< it asked for what the policy does not give: detail = Request
    late,        ///< beats are missing: detail = how many
    rejoined,    ///< one of its conduits was broken and is made anew: detail = the conduit's index in the image
    last_ = rejoined,
};

/// `join`: two descriptors come with it: calls, pulses. `device`: one. `fallback`: the station goes without a service whose
/// manifest says "safe-state", or has it again.
struct Join {
    Kind kind = Kind::join;
    /// Into Slice::conduits, or Slice::devices for `device`; the EVSE for `fallback`, 0: the whole station.
    std::uint16_t index = 0;
    std::uint32_t epoch = 0;     ///< grows with every new pair of this conduit; 1 or 0 for `fallback`
};

/// The messages that a service took or sent last, in memory that outlives it: its descriptor comes with the Slice. The service
/// writes it as it likes, so its reader believes nothing.
struct Trace {
    std::uint32_t count = 0;                  ///< of all
    std::array<std::uint16_t, 4> last{};      ///< [n % 4] = the n-th: 32 * index into Slice::conduits + number of the message
    void add(std::uint16_t conduit, std::uint16_t number) {
        last[count++ % last.size()] = static_cast<std::uint16_t>(32 * conduit + number);
    }
};

/// Answer to get_state, restart, quarantine and demand. As `end`: refused, no such service, or no more events.
/// A record with number 0 gets no answer.
struct State {
    Kind kind = Kind::state;
    Life life = Life::off;
    Cause last_cause = Cause::none;
    std::uint8_t last_code = 0;      ///< exit status or signal
    std::uint16_t index = 0;
    std::uint16_t restarts = 0;
    std::uint32_t pid = 0;           ///< in the process manager's namespace
    std::uint32_t last_restart_us = 0;   ///< from death to ready again
    std::uint64_t beats = 0;
    std::uint64_t number = 0;
    policy::ServiceName name{};
};

/// Answer to take_events: what the process manager saw. A gap in `sequence` means that its ring was too small.
/// Record::argument names the last sequence that the caller has stored (its low 16 bits; 0: from the oldest); what it has may
/// come again.
struct Event {
    Kind kind = Kind::event;
    Occasion occasion = Occasion::life;
    Cause cause = Cause::none;
    Life life = Life::off;
    std::uint8_t code = 0;
    std::uint16_t service = 0;
    std::uint16_t detail = 0;        ///< a system call's number (seccomp), microseconds / 100 (restart), a message's number
    std::uint32_t sequence = 0;
    std::int64_t at_ns = 0;          ///< Instant
    std::uint64_t number = 0;
    policy::ServiceName name{};
    policy::ServiceName peer{};      ///< whose message was denied or malformed, as `name` says; else empty
    Text<96> last{};  ///< life: what a service that ended took ("Consent") or sent ("powerdrv.Exchange") last, newest first
};

/// Answer to get_measures, one for each message that the service has handled: how many and how long in the last second, from its
/// arrival to its reply; how many ever, and how many of them over the caller's deadline. `timers`: from the moment when a timer
/// was due until its work was done, and its deadline is its period.
struct Measure {
    static constexpr std::uint16_t timers = policy::max_messages;   ///< the number behind those of messages
    static constexpr std::size_t kinds = policy::max_messages + 1;
    Kind kind = Kind::measure;
    std::uint16_t message = 0;
    std::uint32_t count = 0;
    std::uint32_t p99_us = 0;
    std::uint32_t worst_us = 0;
    std::uint32_t total = 0;
    std::uint32_t late = 0;
    std::uint64_t number = 0;

    static constexpr std::uint64_t pack(std::uint32_t low, std::uint32_t high) {
        return static_cast<std::uint64_t>(high) << 32 | low;
    }
    [[nodiscard]] constexpr Record record() const {
        return {.request = Request::measured,
                .argument = message,
                .code = count,
                .value = pack(p99_us, worst_us),
                .spare = pack(total, late)};
    }
    static constexpr Measure of(const Record& r) {
        const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
        return {.message = r.argument,
                .count = r.code,
                .p99_us = low(r.value),
                .worst_us = low(r.value >> 32),
                .total = low(r.spare),
                .late = low(r.spare >> 32)};
    }
};
/// Ends the answer to get_measures.
struct Usage {
    Kind kind = Kind::usage;
    std::uint64_t cpu_ms = 0;        ///< processor time since it was started
    std::uint64_t memory_kib = 0;    ///< resident
    std::uint64_t number = 0;
};
static_assert(bound<State> <= 96 && bound<Event> <= 192 && bound<Measure> <= 64);

/// One conduit as one of its ends sees it.
struct End {
    policy::ServiceName peer;        ///< "power@1"
    Text<24> peer_type;              ///< "power"
    EvseId peer_evse;
    bool is_server = false;          ///< I am the server of this conduit
    std::uint64_t fingerprint = 0;
    std::uint32_t messages = 0;      ///< bit n: message n may pass
    std::uint32_t requests = 0;      ///< bit n: message n only as a `request`
    std::uint32_t pulses_in = 0;     ///< bit n: the peer may send its pulse n to me
    std::uint32_t pulses_out = 0;
    List<std::uint16_t, policy::max_messages> deadline_ms;
    std::uint32_t max_size = 0;
    std::uint32_t quota = 0;         ///< messages and pulses of this peer that are handled in a quota_window; 0: any number
};
inline constexpr Duration quota_window = 100ms;

/// All that a service knows of the policy: the first message on its control channel. Joins, devices and `go` follow.
struct Slice {
    Kind kind = Kind::slice;
    std::uint16_t index = 0;         ///< of the service in the image
    policy::ServiceName name;
    Text<24> type;
    EvseId evse;
    policy::Watchdog watchdog;
    policy::ControlBits control = 0;
    bool lab = false;                ///< limits are relaxed: a sanitizer build, rootless, or a test-only manifest
    std::uint32_t epoch = 0;         ///< how often this service was started before
    List<End, 48> conduits;
    List<Text<24>, 4> devices;
    policy::Filter sealed_filter;    ///< installed by seal()
};

}  // namespace voltkeep::kernel::control
