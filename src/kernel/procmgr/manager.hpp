// SPDX-License-Identifier: Apache-2.0
// What the process manager does: carries out the core's actions, and tells the core what happens. One loop that never waits for
// a service: what a service does not take or sends too much of is its own loss.
#pragma once

#include "base/json.hpp"
#include "kernel/os/host.hpp"
#include "kernel/os/spawn.hpp"
#include "kernel/pace.hpp"
#include "kernel/procmgr/core.hpp"

namespace voltkeep::kernel::procmgr {

/// One JSON object a line, for the launcher.
using Line = JsonObject<1400>;

class Manager {
public:
    /// All three outlive the manager.
    Manager(const policy::Image& image, os::Spawner& spawner, bool is_lab);

    /// Starts everything and returns when no process is left: the process manager's exit status. An error if the system refuses
    /// what the loop itself needs.
    Result<int> run(int stop_requests);

private:
    static constexpr std::size_t max_devices = decltype(policy::Service::devices)::capacity;
    static constexpr std::size_t line_limit = 400;   ///< characters of a service's print; longer ones are cut

    struct Device {
        os::Descriptor listener;     ///< outlives the service: its clients wait in the queue while it is started again
        bool is_wanted = false;      ///< the service has not got it yet
        bool is_missed = false;      ///< and that is reported
        Instant next_try;
    };
    struct Process {
        os::Child child;
        os::Descriptor control;
        os::Descriptor output;
        os::Descriptor trace;        ///< memory that it shares with us
        Pace records;
        Pace prints;
        List<char, line_limit> line; ///< printed so far and not ended
        std::array<Device, max_devices> devices;
    };

    void feed(const Input& input) { CHECK(inputs_.push(input)); }
    void carry_out();
    void perform(const Action& action);
    void start(std::uint16_t service);
    void join(const action::Join& join);
    void report(const control::Event& event);

    Result<> launch(std::uint16_t service);
    void introduce(std::uint16_t service);
    void handle(const os::Poller::Event& event);
    void take_records(std::uint16_t service, unsigned most);
    void on_output(std::uint16_t service);
    void print(std::uint16_t service, std::span<const char> text);
    void flush_line(std::uint16_t service);
    void on_end(std::uint16_t service);
    [[nodiscard]] Text<96> last_messages(std::uint16_t service) const;
    void resume(std::uint16_t service, Instant at);
    void give_device(std::uint16_t service, std::uint16_t index);
    void want_device(std::uint16_t service, std::uint16_t index);
    [[nodiscard]] Instant next_deadline() const;
    template <class M>
    Result<> send(std::uint16_t service, const M& message, std::span<const int> handles = {});
    void command(std::uint16_t service, const control::Join& message, std::span<const int> handles = {});

    [[nodiscard]] Line line(std::string_view event) const {
        return Line().put("event", event).put("us", (now() - started_) / 1us);
    }
    [[nodiscard]] Line line(std::string_view event, std::uint16_t service) const {
        return line(event).put("name", image_.services[service].name);
    }
    void write(const Line& line);

    const policy::Image& image_;
    os::Spawner& spawner_;
    const bool is_lab_;
    Core core_;
    os::Poller poller_;
    Instant started_;
    std::array<Process, policy::max_services> processes_;
    List<Input, 1024> inputs_;        ///< told to the core one after the other
    std::optional<int> status_;
    bool has_launched_ = false;
    input::Turn turn_;                       ///< of the turn that runs
    Instant polled_{now()};                  ///< when it last looked for what came
    std::uint32_t lost_lines_ = 0;
    control::Slice slice_;
    std::array<std::byte, bound<control::Slice>> buffer_;
};

}  // namespace voltkeep::kernel::procmgr
