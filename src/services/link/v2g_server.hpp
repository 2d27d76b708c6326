// SPDX-License-Identifier: Apache-2.0
// The charger's end of a cable: answers a car's discovery (SDP) with the address of the listener, and takes one connection at a
// time. A datagram that is not a well-formed request is dropped and counted; so is one that comes during a session or too often.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "link.hpp"
#include "services/plc/protocol.hpp"
#include "tls/context.hpp"
#include "v2g_connection.hpp"

namespace voltkeep::link {

class V2gServer final : public Opener {
public:
    V2gServer(boost::asio::io_context& loop, kernel::Service& self, Link& link, const Config& config, tls::Context context);

    void enable(bool enabled) override;
    void ended(bool was_open) override;

private:
    void ask_for_sockets();
    void take_sockets(const plc::Listen::Sockets& sockets);
    void accept();
    void accept_later();
    void read_discovery();
    void answer_discovery(std::size_t size);

    boost::asio::io_context& loop_;
    Link& link_;
    V2gOptions options_;
    tls::Context context_;
    kernel::Client<plc::Interface> plc_;
    boost::asio::ip::tcp::acceptor listener_;
    boost::asio::ip::udp::socket discovery_;
    boost::asio::steady_timer retry_;
    plc::Listen::Sockets sockets_;
    bool is_enabled_ = false;
    bool is_asking_ = false;
    std::array<std::byte, 64> datagram_{};  ///< a request is 10 bytes; a longer datagram is cut here and refused for its length
    boost::asio::ip::udp::endpoint sender_;
    RateLimit answers_{16, 50ms};  ///< a car asks every 250 ms
};

}  // namespace voltkeep::link
