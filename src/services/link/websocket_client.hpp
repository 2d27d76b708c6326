// SPDX-License-Identifier: Apache-2.0
// The station's end of the connection to a CSMS: a socket from net, TLS and WebSocket on it, and again after a pause when it
// ends.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "link.hpp"
#include "services/net/protocol.hpp"
#include "tls/context.hpp"
#include "websocket_connection.hpp"

namespace voltkeep::link {

class WebSocketClient final : public Opener {
public:
    WebSocketClient(boost::asio::io_context& loop, kernel::Service& self, Link& link, const Config& config, tls::Context context);

    void enable(bool enabled) override;
    void ended(bool was_open) override;

private:
    void connect();
    void connect_later();

    boost::asio::io_context& loop_;
    Link& link_;
    WebSocketOptions options_;
    tls::Context context_;
    kernel::Client<net::Interface> net_;
    BackOff back_off_;
    boost::asio::steady_timer pause_;
    bool is_enabled_ = false;
    bool is_connecting_ = false;
};

}  // namespace voltkeep::link
