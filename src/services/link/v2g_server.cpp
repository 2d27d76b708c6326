// SPDX-License-Identifier: Apache-2.0
#include "v2g_server.hpp"

#include "wire/iso15118/sdp.hpp"

namespace voltkeep::link {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
constexpr Duration retry_time = 500ms;  ///< until the cable's sockets are asked for again
}

V2gServer::V2gServer(asio::io_context& loop, kernel::Service& self, Link& link, const Config& config, tls::Context context)
    : loop_(loop),
      link_(link),
      options_{.required_group = config.required_group},
      context_(std::move(context)),
      plc_(self.connect<plc::Interface>("plc", self.evse())),
      listener_(loop),
      discovery_(loop),
      retry_(loop) {}

void V2gServer::enable(bool enabled) {
    is_enabled_ = enabled;
    if (enabled && !listener_.is_open()) ask_for_sockets();
}

void V2gServer::ended(bool) {}

void V2gServer::ask_for_sockets() {
    if (is_asking_) return;
    is_asking_ = true;
    const auto later = [this] {
        is_asking_ = false;
        retry_.expires_after(retry_time);
        retry_.async_wait([this](error_code error) {
            if (!error && is_enabled_ && !listener_.is_open()) ask_for_sockets();
        });
    };
    const auto sent = plc_.request(plc::Listen{}, [this, later](const Result<plc::Listen::Sockets>& sockets) {
        if (!sockets) {
            link_.failed(sockets.error());
            return later();
        }
        is_asking_ = false;
        take_sockets(*sockets);
    });
    if (!sent) later();
}

void V2gServer::take_sockets(const plc::Listen::Sockets& sockets) {
    sockets_ = sockets;
    listener_.assign(asio::ip::tcp::v6(), sockets.listener.descriptor);
    discovery_.assign(asio::ip::udp::v6(), sockets.discovery.descriptor);
    discovery_.non_blocking(true);
    accept();
    read_discovery();
}

/// Others than the one car are refused at once: their connection is taken and closed.
void V2gServer::accept() {
    listener_.async_accept([this](error_code error, asio::ip::tcp::socket socket) {
        if (error == asio::error::operation_aborted) return;
        if (error) return accept_later();
        if (is_enabled_ && link_.is_free()) {
            error_code ignored;
            socket.set_option(asio::ip::tcp::no_delay(true), ignored);
            link_.begin(make_v2g_connection(loop_, socket.release(ignored), context_.get(), options_, link_.owner()));
        } else
            link_.count_garbage();
        accept();
    });
}

/// Without descriptors or memory the listener stays readable: not to be asked at once.
void V2gServer::accept_later() {
    retry_.expires_after(retry_time);
    retry_.async_wait([this](error_code error) {
        if (!error) accept();
    });
}

void V2gServer::read_discovery() {
    discovery_.async_receive_from(asio::buffer(datagram_), sender_, [this](error_code error, std::size_t size) {
        if (error == asio::error::operation_aborted) return;
        if (!error) answer_discovery(size);
        read_discovery();
    });
}

void V2gServer::answer_discovery(std::size_t size) {
    const auto request = iso15118::parse_sdp_request(Bytes(datagram_).first(size));
    const auto from = sender_.address().to_v6();
    const bool is_of_this_cable = !from.is_link_local() || from.scope_id() == sockets_.interface;
    if (!request || !is_of_this_cable || !is_enabled_ || !link_.is_free() || !answers_.allows(now()))
        return link_.count_garbage();
    //= ISO 15118-20 [V2G20-2356] Whatever the car asked for, there is no connection without TLS.
    iso15118::SdpResponse response{.port = sockets_.port};
    std::ranges::copy(std::as_bytes(std::span(sockets_.address)), response.address.begin());
    const auto answer = iso15118::make_sdp_response(response);
    error_code ignored;  // a car that cannot be reached asks again
    discovery_.send_to(asio::buffer(answer), sender_, 0, ignored);
}

}  // namespace voltkeep::link
