// SPDX-License-Identifier: Apache-2.0
// Name look-up that never blocks the loop: one second thread does it. Names come from files and DNS alone, whatever the machine's
// nsswitch.conf says, so that nothing is loaded into the process.
#pragma once

#include <sys/socket.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernel/os.hpp"

namespace voltkeep::net {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    [[nodiscard]] int family() const { return storage.ss_family; }
    [[nodiscard]] Text<64> text() const;  ///< "[2001:db8::1]:443"
};

class Resolver {
public:
    /// At most this many addresses of a name are tried.
    static constexpr std::size_t most_addresses = 8;

    Resolver();
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    struct Answer {
        std::uint64_t number = 0;        ///< of the question
        std::vector<Address> addresses;  ///< in the order of RFC 6724; empty: the name has none
        Text<120> reason;                ///< if it has none
    };
    /// Asks; the number comes back with the answer. A look-up may take many seconds, and they are done one after the other.
    std::uint64_t ask(const std::string& host, std::uint16_t port);
    /// Readable when `take` has something.
    [[nodiscard]] int descriptor() const { return ready_.get(); }
    [[nodiscard]] std::vector<Answer> take();

private:
    struct Question {
        std::uint64_t number = 0;
        std::string host;
        std::uint16_t port = 0;
    };
    void work();

    kernel::os::Descriptor ready_;
    std::uint64_t next_ = 1;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Question> questions_;
    std::vector<Answer> answers_;
    bool is_stopping_ = false;
    std::thread thread_;
};

}  // namespace voltkeep::net
