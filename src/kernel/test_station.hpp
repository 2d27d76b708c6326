// SPDX-License-Identifier: Apache-2.0
// For tests: a process manager of fifty lines. It forks services that are functions, joins them, and kills them when told.
#pragma once

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kernel/describe.hpp"
#include "kernel/os.hpp"
#include "kernel/service.hpp"

namespace voltkeep::kernel::testing {

/// What one process of a test tells another: so far it has come. Made before they are forked.
class Mark {
public:
    void set() {
        const std::uint64_t once = 1;
        CHECK(::write(descriptor_.get(), &once, sizeof once) == sizeof once);
    }
    /// Whether it was set so many times that nobody has waited for yet.
    [[nodiscard]] bool wait(int times = 1) {
        const Instant deadline = now() + 10s;
        for (std::uint64_t once = 0; times > 0;) {
            if (!MUST(os::wait(descriptor_.get(), deadline))) return false;
            if (::read(descriptor_.get(), &once, sizeof once) == sizeof once) --times;   // else another one was faster
        }
        return true;
    }

private:
    os::Descriptor descriptor_{::eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)};
};

class TestStation {
public:
    using Body = std::function<int(int control)>;
    std::uint32_t quota = 0;   ///< of every conduit, as control::End has it

    std::size_t add(std::string name, Body body) {
        services_.push_back({.name = std::move(name), .body = std::move(body), .control = {}, .links = {}});
        return services_.size() - 1;
    }

    /// The client may send these messages (bits), the server may send all its pulses.
    template <class I, class P = NoPulse>
    void conduit(std::size_t client, std::size_t server, std::uint32_t messages, std::uint16_t deadline_ms,
                 std::uint32_t requests = 0) {
        Link link{client, server, I::fingerprint, messages, requests, deadline_ms, std::max(I::request_bound, I::reply_bound) + 8,
                  0};
        links_.push_back(link);
        services_[client].links.push_back(links_.size() - 1);
        services_[server].links.push_back(links_.size() - 1);
    }

    void start() {
        for (std::size_t i = 0; i < services_.size(); ++i) spawn(i);
        for (std::size_t l = 0; l < links_.size(); ++l) join(l);
        for (auto& s : services_) send(s, control::Join{.kind = control::Kind::go});
    }

    void kill_and_restart(std::size_t i) {
        kill(i);
        start_again(i);
    }

    /// A service that has ended by itself and was waited for has no process: -1 would be every process there is.
    void kill(std::size_t i) {
        if (services_[i].pid <= 0) return;
        ::kill(services_[i].pid, SIGKILL);
        ::waitpid(services_[i].pid, nullptr, 0);
        services_[i].pid = -1;
    }

    /// The exit status of a service that ends by itself; -1 if it was killed by a signal.
    int wait(std::size_t i) {
        int status = 0;
        ::waitpid(services_[i].pid, &status, 0);
        services_[i].pid = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    /// Is the process manager for what is left to do: makes conduits anew that someone calls broken, and starts again who dies
    /// of a broken invariant, a failed start or a signal, until service `i` has ended otherwise. Its status; -1 at the limit.
    int attend(std::size_t i, Duration limit) {
        for (const Instant deadline = now() + limit; now() < deadline;) {
            os::Poller poller = MUST(os::Poller::make());
            for (std::size_t s = 0; s < services_.size(); ++s)
                if (services_[s].pid > 0) MUST(poller.add(services_[s].control.get(), s));
            std::array<os::Poller::Event, 8> events;
            for (const os::Poller::Event& event : MUST(poller.wait(events, deadline))) {
                const auto s = static_cast<std::size_t>(event.key);
                if (take_record(s)) continue;
                const int status = wait(s);
                const bool is_healed = status == os::broken_status || status == 70 || status == -1 || s != i;
                if (s == i && (!is_healed || services_[s].is_asked_to_stop)) return status;
                if (!services_[s].is_asked_to_stop) start_again(s);
            }
        }
        return -1;
    }
    /// The faults that a service reports in this time.
    std::vector<control::Record> faults(std::size_t i, Duration limit) {
        std::vector<control::Record> all;
        std::array<std::byte, bound<control::Record>> buffer;
        for (const Instant deadline = now() + limit; MUST(os::wait(services_[i].control.get(), deadline));) {
            const auto received = MUST(os::receive(services_[i].control.get(), buffer));
            const auto record = decode<control::Record>(Bytes(buffer).first(received ? received->size : 0));
            if (record && record->request == control::Request::fault) all.push_back(*record);
        }
        return all;
    }
    /// The next question that a service asks the process manager.
    control::Record question(std::size_t i) {
        std::array<std::byte, bound<control::Record>> buffer;
        for (;;) {
            CHECK(MUST(os::wait(services_[i].control.get(), now() + 5s)));
            const auto received = MUST(os::receive(services_[i].control.get(), buffer));
            const auto record = decode<control::Record>(Bytes(buffer).first(received ? received->size : 0));
            if (record && record->number != 0) return *record;
        }
    }
    void answer(std::size_t i, const control::State& state) { send(services_[i], state); }
    void ask_to_stop(std::size_t i) {
        services_[i].is_asked_to_stop = true;
        send(services_[i], control::Join{.kind = control::Kind::stop});
    }

    ~TestStation() {
        for (std::size_t i = 0; i < services_.size(); ++i)
            if (services_[i].pid > 0) kill(i);
    }

private:
    struct Member {
        std::string name;
        Body body;
        pid_t pid = -1;
        os::Descriptor control;
        std::uint32_t starts = 0;
        std::vector<std::size_t> links;
        bool is_asked_to_stop = false;
    };
    struct Link {
        std::size_t client, server;
        std::uint64_t fingerprint;
        std::uint32_t messages, requests;
        std::uint16_t deadline_ms;
        std::size_t max_size;
        std::uint32_t epoch;
    };

    void start_again(std::size_t i) {
        spawn(i);
        for (std::size_t l : services_[i].links) join(l);
        send(services_[i], control::Join{.kind = control::Kind::go});
    }

    /// False if its end is closed: it is dead, or about to be.
    bool take_record(std::size_t i) {
        std::array<std::byte, bound<control::Record>> buffer;
        const auto received = os::receive(services_[i].control.get(), buffer);
        if (!received || !*received) return received.has_value();
        const auto record = decode<control::Record>(Bytes(buffer).first((*received)->size));
        if (record && record->request == control::Request::rejoin) join(services_[i].links[record->argument]);
        return true;
    }

    /// What a dead service does not take any more is no loss: it is noticed by its hang-up.
    template <class M>
    void send(Member& to, const M& message, std::span<const int> handles = {}) {
        std::vector<std::byte> buffer(bound<M>);
        const auto sent = os::send(to.control.get(), encode(message, buffer), handles);
        CHECK(sent || sent.error().code == Errc::closed);
    }

    control::Slice slice_of(std::size_t i) {
        control::Slice slice;
        slice.name = *policy::ServiceName::from(services_[i].name);
        slice.epoch = services_[i].starts;
        slice.watchdog.beat_ms = 50;
        for (std::size_t l : services_[i].links) {
            const Link& link = links_[l];
            control::End end;
            end.is_server = link.server == i;
            end.peer = *policy::ServiceName::from(services_[end.is_server ? link.client : link.server].name);
            end.peer_type = end.peer;
            end.fingerprint = link.fingerprint;
            end.messages = link.messages;
            end.requests = link.requests;
            end.pulses_in = end.pulses_out = 0xffffffff;
            while (end.deadline_ms.push(link.deadline_ms)) {}
            end.max_size = static_cast<std::uint32_t>(link.max_size);
            end.quota = quota;
            CHECK(slice.conduits.push(end));
        }
        return slice;
    }

    void spawn(std::size_t i) {
        Member& member = services_[i];
        os::Pair pair = MUST(os::make_pair());
        member.pid = ::fork();
        CHECK(member.pid >= 0);
        if (member.pid == 0) {
            for (Member& other : services_) other.control.reset();   // an inherited end would hide a hang-up
            pair.a.reset();
            ::_exit(member.body(pair.b.release()));
        }
        member.control = std::move(pair.a);
        send(member, slice_of(i));
        ++member.starts;
    }

    void join(std::size_t l) {
        Link& link = links_[l];
        const os::Pair calls = MUST(os::make_pair());
        const os::Pair pulses = MUST(os::make_pair());
        ++link.epoch;
        for (const bool server : {false, true}) {
            Member& member = services_[server ? link.server : link.client];
            const auto index = static_cast<std::uint16_t>(std::ranges::find(member.links, l) - member.links.begin());
            const std::array handles{server ? calls.b.get() : calls.a.get(), server ? pulses.b.get() : pulses.a.get()};
            send(member, control::Join{control::Kind::join, index, link.epoch}, handles);
        }
    }

    std::vector<Member> services_;
    std::vector<Link> links_;
};

}  // namespace voltkeep::kernel::testing
