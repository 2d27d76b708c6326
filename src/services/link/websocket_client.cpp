// SPDX-License-Identifier: Apache-2.0
#include "websocket_client.hpp"

#include <openssl/rand.h>

namespace voltkeep::link {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
std::uint16_t chance() {
    std::uint16_t value = 0;
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) == 1);
    return value;
}
}  // namespace

WebSocketClient::WebSocketClient(asio::io_context& loop, kernel::Service& self, Link& link, const Config& config,
                                 tls::Context context)
    : loop_(loop),
      link_(link),
      options_{.required_group = config.required_group,
               .host = config.host,
               .path = config.path,
               .subprotocols = config.subprotocols,
               .ping = std::chrono::seconds(config.ping_s)},
      context_(std::move(context)),
      net_(self.connect<net::Interface>("net")),
      back_off_(std::chrono::milliseconds(config.retry_minimum_ms), std::chrono::milliseconds(config.retry_random_ms),
                config.retry_doublings),
      pause_(loop) {}

void WebSocketClient::enable(bool enabled) {
    is_enabled_ = enabled;
    pause_.cancel();
    if (enabled && !link_.has_connection()) connect();
}

void WebSocketClient::ended(bool was_open) {
    if (was_open) back_off_.succeeded();
    connect_later();
}

void WebSocketClient::connect() {
    if (!is_enabled_ || is_connecting_) return;
    if (!link_.is_free()) return connect_later();
    is_connecting_ = true;
    link_.connecting();
    const auto sent = net_.request(net::Connect{}, [this](const Result<net::Connect::Connected>& connected) {
        is_connecting_ = false;
        if (connected)
            return link_.begin(
                make_websocket_connection(loop_, connected->socket.descriptor, context_.get(), options_, link_.owner()));
        link_.failed(connected.error());
        connect_later();
    });
    if (sent) return;
    is_connecting_ = false;
    link_.failed(sent.error());
    connect_later();
}

void WebSocketClient::connect_later() {
    pause_.expires_after(back_off_.next(chance()));
    pause_.async_wait([this](error_code error) {
        if (!error) connect();
    });
}

}  // namespace voltkeep::link
