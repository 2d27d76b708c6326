// SPDX-License-Identifier: Apache-2.0
// How the car finds the charger: SDP over IPv6 multicast on the cable's interface, from a socket of its own.
#pragma once

#include <netinet/in.h>

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "wire/iso15118/sdp.hpp"

namespace voltkeep::ev {

/// Where a charger is, with the interface for link-local addresses.
using Address = sockaddr_in6;

/// "[fe80::1]:50000"
[[nodiscard]] std::string text_of(const Address& address);
/// A numeric IPv6 address (with %interface where it is link-local). Errors: bad_argument.
[[nodiscard]] Result<Address> parse_address(const std::string& host, std::uint16_t port);

class Discovery {
public:
    struct Options {
        std::string interface;              ///< "car1", or "lo"
        std::uint16_t port = 15118;
        iso15118::SdpSecurity security = iso15118::SdpSecurity::tls;
    };
    /// Errors: io, bad_argument (no such interface).
    [[nodiscard]] static Result<Discovery> open(const Options& options);

    [[nodiscard]] int descriptor() const { return socket_.get(); }
    /// Starts over: all requests may be sent again, and what came to the earlier ones is forgotten.
    void begin();
    /// Sends a request if one is due: every 250 ms, at most 50. Errors: timeout (all were sent and nobody answered), io.
    [[nodiscard]] Result<> ask(Instant now);
    [[nodiscard]] Instant next() const { return next_; }
    /// Takes what has come; the first answer that fits. What is malformed is dropped and counted.
    [[nodiscard]] std::optional<Address> take();
    [[nodiscard]] unsigned requests() const { return requests_; }
    [[nodiscard]] unsigned dropped() const { return dropped_; }

private:
    Options options_;
    Descriptor socket_;
    std::uint32_t interface_ = 0;
    Address group_{};                       ///< whom requests are sent to
    Instant next_;
    unsigned requests_ = 0, dropped_ = 0;
};

}  // namespace voltkeep::ev
