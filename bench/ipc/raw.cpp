// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <array>

#include "base/result.hpp"
#include "transports.hpp"

namespace bench {

bool run_raw(const Setting& setting, Samples& samples) {
    int ends[2];
    CHECK(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    std::array<char, 65536> buffer{};
    Process server([&] {
        take_place(setting.placement, Role::server);
        for (;;) {
            const ssize_t n = ::recv(ends[1], buffer.data(), buffer.size(), 0);
            if (n <= 0 || ::send(ends[1], buffer.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL) != n) return 1;
        }
    });
    Process client([&] {
        take_place(setting.placement, Role::client);
        const auto size = static_cast<ssize_t>(setting.size);
        return samples.measure(setting.time,
                               [&] {
                                   return ::send(ends[0], buffer.data(), setting.size, MSG_NOSIGNAL) == size &&
                                          ::recv(ends[0], buffer.data(), buffer.size(), 0) == size;
                               })
                   ? 0
                   : 1;
    });
    return client.wait() == 0;
}

}  // namespace bench
