// SPDX-License-Identifier: Apache-2.0
// The inside of kernel::Service: conduits, calls in flight, timers, the loop. Only service.cpp and runtime*.cpp include this.
#pragma once

#include <bitset>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "base/times.hpp"
#include "kernel/exchange.hpp"
#include "kernel/os.hpp"
#include "kernel/pace.hpp"
#include "kernel/service.hpp"

namespace voltkeep::kernel {

/// In front of every call and reply. A reply repeats sequence and number; its status is an Errc.
struct Header {
    std::uint32_t sequence = 0;
    std::uint16_t number = 0;
    std::uint16_t status = 0;
};
inline constexpr std::size_t header_size = bound<Header>;
static_assert(header_size == 8);

/// What a poller key stands for: the kind above, the index of a conduit or the descriptor below.
enum class Source : std::uint32_t { control, calls, pulses, watch, timer };
constexpr std::uint64_t key_of(Source source, std::uint32_t index = 0) {
    return static_cast<std::uint64_t>(source) << 32 | index;
}

/// What a peer did that was refused, each a kind of its own: a message or a pulse by its number, of which those that no interface
/// has count as one. The worst for who reads the log is last.
enum class Offence : std::uint8_t { denied_message, denied_pulse, malformed, over_quota, last_ = over_quota };
inline constexpr std::size_t offence_numbers = policy::max_messages + 1;

/// One conduit, at one of its ends.
struct ConduitState {
    control::End end;
    os::Descriptor calls;
    os::Descriptor pulses;
    bool wants_rejoin = false;             ///< this end broke while its peer lives

    ClientExchange client;
    std::uint16_t patience_ms = 0;       ///< of the present end
    struct InFlight {
        Instant deadline;
        detail::RawThen then;
    };
    std::optional<InFlight> in_flight;   ///< what waits is a request, and no call
    ServerExchange server;
    Instant opened_at;                   ///< of the newest request

    // what this peer has made us do: at its quota nobody listens to it until the window ends
    Pace pace;
    std::uint64_t offences = 0;
    std::bitset<offence_numbers*(static_cast<std::size_t>(Offence::last_) + 1)> known,
        untold;  ///< kinds of them: seen, to be reported

    // pulses that the socket did not take: the newest value of each code
    std::uint32_t pending = 0;
    std::array<std::uint64_t, 32> pending_values{};
};

struct Statistics {
    std::uint64_t handled = 0;      ///< requests and pulses
    std::uint64_t refused = 0;      ///< messages that the policy does not allow
    std::uint64_t malformed = 0;
    std::uint32_t slowest_us = 0;   ///< the longest handler since the last beat
};

class Runtime {
public:
    static constexpr unsigned words_a_second = 8;   ///< the process manager takes twice as many

    explicit Runtime(os::Descriptor control);

    // start (runtime_start.cpp)
    void receive_slice();
    void receive_ends();

    // calls (runtime_calls.cpp)
    Result<Reader> call(std::uint16_t conduit, std::uint16_t number, Bytes request);
    Result<> request(std::uint16_t conduit, std::uint16_t number, Bytes request, detail::RawThen then);
    void reply(const detail::ReplyTo& to, const Error* error, Bytes body, std::span<const int> handles);
    void on_calls(std::uint16_t conduit);
    void on_pulses(std::uint16_t conduit, bool writable);
    void notify(std::uint8_t code, std::uint64_t value, EvseId only);
    std::size_t expire_requests(Instant at);
    void flush(std::uint16_t index);
    void on_request(std::uint16_t index, const os::Received& received);
    void refuse(std::uint16_t index, const Header& header, Errc why);
    void offend(std::uint16_t index, Offence offence, std::uint16_t number = 0);
    void tell_offences();
    Result<> send_request(std::uint16_t index, std::uint16_t number, Bytes body);
    struct Reply {
        Header header;
        Reader body{Bytes()};
    };
    ClientExchange::Seen look(std::uint16_t index, Reply& reply, bool waits = false);
    Result<Reader> opened(Reply& reply);
    void settle(std::uint16_t index, ClientExchange::Seen seen, Reply& reply);
    void finish(std::uint16_t index, Result<Reader> result);
    void take_rest(std::uint16_t index);
    void broken(std::uint16_t index, Errc seen);
    void report(std::uint16_t conduit, Errc what, std::uint64_t number);

    // loop (runtime_loop.cpp)
    void turn(Instant until);
    Instant process_ready(Instant until);
    std::size_t run_timers(Instant at);
    void beat(Instant at);
    void say_measures(Instant at);
    void spend(std::uint16_t index, Instant at);
    void listen(std::uint16_t index, bool is_listening);
    [[nodiscard]] Instant next_deadline() const;
    void on_control();
    void on_command(control::Kind kind, Bytes message, std::span<const int> handles);
    void on_answer(control::Kind kind, Bytes message);
    TimerId add_timer(Instant when, Duration period, Action action);
    void join(std::uint16_t index, std::uint32_t epoch, os::Descriptor calls, os::Descriptor pulses);
    void lost(std::uint16_t index);
    bool send_record(control::Record record);
    void arm();

    control::Slice slice;
    std::vector<ConduitState> conduits;
    std::vector<os::Descriptor> devices;
    std::map<std::string, std::move_only_function<void(int)>, std::less<>> device_handlers;
    os::Descriptor control_end;
    os::Poller poller;
    os::Descriptor timer;                  ///< makes the poller's descriptor readable at the next deadline
    Instant armed;                         ///< for when; 0: not
    bool embedded = false;

    std::optional<detail::RawHandler> server;
    struct PulseHandler {
        Text<24> type;
        std::uint8_t code = 0;
        std::move_only_function<void(EvseId, std::uint64_t)> then;
    };
    std::deque<PulseHandler> pulse_handlers;   // deque: a handler may register another one
    struct BackHandler {
        Text<24> type;
        std::move_only_function<void(EvseId)> then;
    };
    std::deque<BackHandler> back_handlers;
    struct Watch {
        bool writable = false;
        std::shared_ptr<std::move_only_function<void(bool, bool)>> then;   // shared: a handler may unwatch itself
    };
    std::map<int, Watch> watches;
    struct Timer {
        Instant when;
        Duration period{};
        std::shared_ptr<Action> action;
    };
    std::map<TimerId, Timer> timers;
    TimerId next_timer = 1;
    struct Ask {
        std::uint64_t number = 0;
        std::move_only_function<void(Bytes)> then;
    };
    std::deque<Ask> asks;   ///< answered in their order; of one that was lost, by the next
    std::uint64_t next_ask = 1;
    Action stop_action;
    bool stopping = false;
    bool started = false;                  ///< `go` has come: what joins now is a peer that is back
    Instant next_beat{};
    Statistics statistics;
    unsigned words = words_a_second;       ///< about peers' offences that may still be said in this second
    control::Trace own_trace;              ///< where the process manager gave none
    control::Trace* trace = &own_trace;    ///< shared with it
    std::uint64_t fallbacks = 0;           ///< bit n: EVSE n, 0 the whole station
    std::move_only_function<void(EvseId, bool)> fallback_handler;
    std::array<Times, control::Measure::kinds> times;   ///< by message, and of the timers
    Instant next_measures{};
    std::vector<std::byte> receive_buffer; ///< one message of the largest size that any conduit allows
    std::vector<std::byte> send_buffer;
    List<int, max_handles> received_handles;   ///< of the reply that is being decoded
};

}  // namespace voltkeep::kernel
