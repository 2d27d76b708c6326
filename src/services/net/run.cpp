// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <deque>

#include "resolver.hpp"

namespace voltkeep::net {
namespace {

using kernel::os::Descriptor;

constexpr Duration attempt_time = 5s;   ///< for one address of a name, if there is another
constexpr Duration request_time = 18s;  ///< for look-up and all addresses; shorter than the caller's deadline

/// A peer that is gone without a word is noticed within about a minute.
bool set_options(int socket) {
    const auto set = [&](int level, int option, int value) {
        return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
    };
    return set(IPPROTO_TCP, TCP_NODELAY, 1) && set(SOL_SOCKET, SO_KEEPALIVE, 1) && set(IPPROTO_TCP, TCP_KEEPIDLE, 30) &&
           set(IPPROTO_TCP, TCP_KEEPINTVL, 10) && set(IPPROTO_TCP, TCP_KEEPCNT, 3) && set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
}

/// The way of one client to its destination. A new request replaces the one under way.
class Way {
public:
    Way(kernel::Service& self, Resolver& resolver, const Destination& destination)
        : self_(self), resolver_(resolver), destination_(destination) {}
    Way(const Way&) = delete;
    Way& operator=(const Way&) = delete;
    ~Way() { stop(); }

    [[nodiscard]] std::string_view client() const { return destination_.client.view(); }

    void connect(kernel::Defer<Connect::Connected> reply) {
        stop();
        waiting_.emplace(std::move(reply));
        deadline_ = self_.after(request_time,
                                [this] { finish(fail(Errc::timeout, "no connection to " + std::string(destination_.host))); });
        question_ = resolver_.ask(std::string(destination_.host), destination_.port);
    }

    void resolved(const Resolver::Answer& answer) {
        if (!waiting_ || answer.number != question_) return;
        addresses_.assign(answer.addresses.begin(), answer.addresses.end());
        last_failure_ = Error(Errc::io, "name " + std::string(destination_.host) + ": " + std::string(answer.reason));
        try_next();
    }

private:
    void try_next() {
        drop_attempt();
        if (addresses_.empty()) return finish(std::unexpected(last_failure_));
        to_ = addresses_.front();
        addresses_.pop_front();
        socket_ = Descriptor(::socket(to_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
        if (!socket_) return failed(errno);
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to_.storage), to_.size) != 0 && errno != EINPROGRESS)
            return failed(errno);
        self_.watch(socket_.get(), true, [this](bool, bool) { progress(); });
        if (!addresses_.empty()) attempt_ = self_.after(attempt_time, [this] { failed(ETIMEDOUT); });
    }

    void progress() {
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
        if (error != 0) return failed(error);
        if (!set_options(socket_.get())) return failed(errno);
        finish(Connect::Connected{{socket_.get()}, to_.text()});
    }

    void failed(int error) {
        errno = error;
        last_failure_ = fail_errno("connect", to_.text()).error();
        try_next();
    }

    /// The reply carries a copy of the descriptor; ours is closed here.
    void finish(const Result<Connect::Connected>& result) {
        if (waiting_) (*waiting_)(result);
        stop();
    }

    void drop_attempt() {
        if (socket_) self_.unwatch(socket_.get());
        socket_.reset();
        self_.cancel(attempt_);
    }

    void stop() {
        drop_attempt();
        self_.cancel(deadline_);
        addresses_.clear();
        waiting_.reset();
    }

    kernel::Service& self_;
    Resolver& resolver_;
    Destination destination_;
    std::optional<kernel::Defer<Connect::Connected>> waiting_;
    std::uint64_t question_ = 0;
    std::deque<Address> addresses_;
    Address to_;
    Descriptor socket_;
    kernel::TimerId deadline_ = 0, attempt_ = 0;
    Error last_failure_;
};

}  // namespace

int run(kernel::Service& self, const Config& config) {
    Resolver resolver;
    std::deque<Way> ways;
    for (const Destination& destination : config.destinations) ways.emplace_back(self, resolver, destination);
    self.watch(resolver.descriptor(), false, [&](bool, bool) {
        for (const Resolver::Answer& answer : resolver.take())
            for (Way& way : ways) way.resolved(answer);
    });
    self.serve<Interface>([&](const Connect&, const kernel::Caller& caller, kernel::Defer<Connect::Connected> reply) {
        const auto way = std::ranges::find(ways, caller.name, &Way::client);
        if (way == ways.end()) return reply(fail(Errc::not_found, "no destination is configured for this client"));
        way->connect(std::move(reply));
    });
    self.seal();
    return self.run();
}

}  // namespace voltkeep::net
