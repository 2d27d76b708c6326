// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <openssl/x509.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <csignal>
#include <deque>
#include <list>

#include "control.hpp"
#include "request_path.hpp"
#include "tls/details.hpp"

namespace voltkeep::csms {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Duration handshake_time = 10s;     ///< TLS, then the same for the upgrade
constexpr Duration message_time = 30s;       ///< from the first byte of a message to its last
constexpr Duration idle_time = 60s;          ///< a ping at half of it; no answer ends the connection
constexpr Duration closing_time = 3s;
constexpr std::size_t most_connections = 64; ///< with those that are still shaking hands
constexpr std::size_t read_at_once = 16384;
constexpr std::uint32_t header_bound = 8192; ///< of the upgrade request
constexpr std::string_view subprotocol = "ocpp2.1";

/// The one common name of the peer's certificate; empty if it has none, several, or one with a zero byte.
std::string common_name(SSL* connection) {
    const X509* certificate = SSL_get0_peer_certificate(connection);
    if (certificate == nullptr) return {};
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (first < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, first) >= 0) return {};
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first)));
    if (size < 0) return {};
    const std::string name(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    return name.contains('\0') ? std::string() : name;
}

http::status status_of(Errc code) {
    switch (code) {
        case Errc::bad_argument: return http::status::not_found;
        case Errc::busy: return http::status::conflict;
        default: return http::status::forbidden;
    }
}

/// One connection, from TLS to its end.
class Connection final : public Outlet, public std::enable_shared_from_this<Connection> {
public:
    Connection(tcp::socket socket, asio::ssl::context& tls, const std::string& path, Csms& csms,
               std::function<void(Connection*)> ended)
        : path_(path),
          csms_(csms),
          ended_(std::move(ended)),
          deadline_(socket.get_executor()),
          stream_(std::move(socket), tls),
          buffer_(message_bound) {
        parser_.header_limit(header_bound);
        parser_.body_limit(0);
    }

    void start() {
        expect(handshake_time, "no TLS handshake in time");
        stream_.next_layer().async_handshake(asio::ssl::stream_base::server,
                                             [self = shared_from_this()](error_code error) { self->shook_hands(error); });
    }

    void send(std::string text) override {
        if (state_ != State::open) return;
        outgoing_.push_back(std::move(text));
        if (outgoing_.size() == 1) write();
    }

    void close() override { close(websocket::close_code::normal); }

    void close(websocket::close_code code) {
        if (state_ == State::handshake) return end("the CSMS ends");
        if (state_ != State::open) return;
        state_ = State::closing;
        code_ = code;
        expect(closing_time, why_.empty() ? "the station does not take what was sent" : why_);
        if (outgoing_.empty()) say_goodbye();
    }

private:
    enum class State : std::uint8_t { handshake, open, closing, ended };

    SSL* ssl() { return stream_.next_layer().native_handle(); }

    void shook_hands(error_code error) {
        if (state_ == State::ended) return;
        if (error) return end("TLS: " + std::string(tls::describe_failure(ssl(), error.message()).view()));
        const auto details = tls::details_of(ssl());
        if (!details) return end(details.error().what.view());
        arrival_.group = details->group.view();
        arrival_.cipher = details->cipher.view();
        arrival_.subject = details->peer_subject.view();
        expect(handshake_time, "no upgrade in time");
        http::async_read(stream_.next_layer(), buffer_, parser_,
                         [self = shared_from_this()](error_code failed, std::size_t) { self->asked(failed); });
    }

    void asked(error_code error) {
        if (state_ == State::ended) return;
        if (error) return end("no upgrade: " + error.message());
        const auto& request = parser_.get();
        if (!websocket::is_upgrade(request) || buffer_.size() > 0)
            return refuse(http::status::bad_request, "not an upgrade to WebSocket");
        arrival_.station = station_in(request.target(), path_);
        const bool is_offered = offers(request[http::field::sec_websocket_protocol], subprotocol);
        if (is_offered) {
            if (const auto admitted = csms_.admit(arrival_.station, common_name(ssl()), *this); !admitted)
                return refuse(status_of(admitted.error().code), admitted.error().what.view());
            is_admitted_ = true;
        }
        websocket::stream_base::timeout timeout{handshake_time, idle_time, true};
        stream_.set_option(timeout);
        stream_.set_option(websocket::stream_base::decorator([is_offered](websocket::response_type& response) {
            response.set(http::field::server, "voltkeep csms");
            if (is_offered) response.set(http::field::sec_websocket_protocol, subprotocol);
        }));
        stream_.read_message_max(message_bound);
        stream_.auto_fragment(false);
        stream_.async_accept(request, [self = shared_from_this()](error_code failed) { self->upgraded(failed); });
    }

    void refuse(http::status status, std::string_view why) {
        why_ = why;
        refusal_.result(status);
        refusal_.set(http::field::content_type, "text/plain");
        refusal_.body() = std::string(why) + "\n";
        refusal_.keep_alive(false);
        refusal_.prepare_payload();
        http::async_write(stream_.next_layer(), refusal_,
                          [self = shared_from_this()](error_code, std::size_t) { self->shut_down(); });
    }

    /// TLS ends in order, so that the refusal is read whole.
    void shut_down() {
        if (state_ == State::ended) return;
        expect(closing_time, why_);
        stream_.next_layer().async_shutdown([self = shared_from_this()](error_code) { self->end(self->why_); });
    }

    void upgraded(error_code error) {
        if (state_ == State::ended) return;
        if (error) return end("no upgrade: " + error.message());
        deadline_.cancel();
        state_ = State::open;
        stream_.text(true);
        //= OCPP 2.1 Part 4 3.2 A station that speaks no sub-protocol of ours is let in without one, and the connection ends.
        if (!is_admitted_) {
            why_ = "offers no sub-protocol ocpp2.1";
            close(websocket::close_code::protocol_error);
            return read();
        }
        csms_.opened(arrival_);
        read();
    }

    void read() {
        stream_.async_read_some(buffer_, read_at_once,
                                [self = shared_from_this()](error_code error, std::size_t) { self->took(error); });
    }

    void took(error_code error) {
        if (state_ == State::ended || (error && state_ == State::closing)) return;   // the close says how it ends
        if (error == websocket::error::closed) return end("the station closed the connection");
        if (error) return end(error.message());
        if (!stream_.is_message_done()) {
            if (!is_within_message_ && state_ == State::open) expect(message_time, "a message came too slowly");
            is_within_message_ = true;
            return read();
        }
        if (std::exchange(is_within_message_, false) && state_ == State::open) deadline_.cancel();
        deliver();
        // Who does not take our answers is not read: nothing piles up here.
        if (outgoing_.empty() || state_ == State::closing) read();
        else waits_ = true;
    }

    void deliver() {
        const std::string text(static_cast<const char*>(buffer_.data().data()), buffer_.size());
        buffer_.consume(buffer_.size());
        if (state_ != State::open) return;
        if (stream_.got_text()) return csms_.received(arrival_.station, text, now(), wall_now());
        why_ = "a binary message";
        close(websocket::close_code::unknown_data);
    }

    void write() {
        stream_.async_write(asio::buffer(outgoing_.front()), [self = shared_from_this()](error_code error, std::size_t) {
            if (self->state_ == State::ended) return;
            if (error) return self->end(error.message());
            self->outgoing_.pop_front();
            if (!self->outgoing_.empty()) return self->write();
            if (self->state_ == State::closing) self->say_goodbye();
            if (std::exchange(self->waits_, false)) self->read();
        });
    }

    void say_goodbye() {
        stream_.async_close(code_, [self = shared_from_this()](error_code) {
            self->end(self->why_.empty() ? "closed by the CSMS" : self->why_);
        });
    }

    void expect(Duration within, std::string_view otherwise) {
        deadline_.expires_after(within);
        deadline_.async_wait([self = shared_from_this(), why = std::string(otherwise)](error_code error) {
            if (!error) self->end(why);
        });
    }

    void end(std::string_view why) {
        if (state_ == State::ended) return;
        state_ = State::ended;
        deadline_.cancel();
        error_code ignored;
        beast::get_lowest_layer(stream_).close(ignored);
        if (is_admitted_) csms_.closed(arrival_.station, why, now());
        else csms_.reject(arrival_.station, why);
        ended_(this);
    }

    const std::string& path_;
    Csms& csms_;
    std::function<void(Connection*)> ended_;
    asio::steady_timer deadline_;
    websocket::stream<asio::ssl::stream<tcp::socket>, false> stream_;   // false: no compression
    beast::flat_buffer buffer_;
    http::request_parser<http::empty_body> parser_;
    http::response<http::string_body> refusal_;
    Arrival arrival_;
    State state_ = State::handshake;
    websocket::close_code code_ = websocket::close_code::normal;
    std::string why_;
    bool is_admitted_ = false;
    bool is_within_message_ = false;
    bool waits_ = false;   ///< to read until what was sent is taken
    std::deque<std::string> outgoing_;
};

asio::ssl::context shared_context(SSL_CTX* tls) {
    SSL_CTX_up_ref(tls);
    return asio::ssl::context(tls);
}

class SocketServer final : public Server {
public:
    SocketServer(const ServerOptions& options, const tls::Context& context, Csms& csms)
        : path_(options.path),
          csms_(csms),
          tls_(shared_context(context.get())),
          control_(loop_),
          signals_(loop_, SIGTERM, SIGINT),
          second_(loop_) {}

    Result<> listen(const ServerOptions& options) {
        TRY(listen(asio::ip::address_v4::loopback(), options.port, true));
        TRY(listen(asio::ip::address_v6::loopback(), port(), false));
        if (!options.control.empty()) TRY(control_.listen(options.control, csms_));
        return {};
    }

    [[nodiscard]] std::uint16_t port() const override { return listeners_.front().local_endpoint().port(); }

    void run() override {
        signals_.async_wait([this](error_code error, int) {
            if (!error) stop();
        });
        for (tcp::acceptor& listener : listeners_) accept(listener);
        tick();
        loop_.run();
    }

private:
    Result<> listen(const asio::ip::address& address, std::uint16_t number, bool must) {
        const tcp::endpoint endpoint(address, number);
        tcp::acceptor listener(loop_);
        error_code error;
        listener.open(endpoint.protocol(), error);
        if (!error) listener.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error && address.is_v6()) listener.set_option(asio::ip::v6_only(true), error);
        if (!error) listener.bind(endpoint, error);
        if (!error) listener.listen(16, error);
        if (error == asio::error::address_in_use)
            return fail(Errc::busy, "port " + std::to_string(number) + " of " + address.to_string() +
                                        " is in use: choose another with --port");
        if (error && must) return fail(Errc::io, "listen on " + address.to_string() + ": " + error.message());
        if (!error) listeners_.push_back(std::move(listener));   // a machine without IPv6 has no ::1
        return {};
    }

    void accept(tcp::acceptor& listener) {
        listener.async_accept([this, &listener](error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted || is_stopping_) return;
            if (!error && connections_.size() < most_connections) {
                socket.set_option(tcp::no_delay(true), error);
                auto connection = std::make_shared<Connection>(std::move(socket), tls_, path_, csms_,
                                                               [this](Connection* ended) { forget(ended); });
                connections_.push_back(connection);
                connection->start();
            } else csms_.reject("", error ? error.message() : "too many connections");
            if (error) resting_.push_back(&listener);   // no descriptor is free: not again before the next second
            else accept(listener);
        });
    }

    void forget(Connection* ended) {
        std::erase_if(connections_, [ended](const auto& each) { return each.get() == ended; });
        if (is_stopping_ && connections_.empty()) loop_.stop();
    }

    void tick() {
        second_.expires_after(1s);
        second_.async_wait([this](error_code error) {
            if (error) return;
            csms_.tick(now());
            for (tcp::acceptor* listener : std::exchange(resting_, {})) accept(*listener);
            tick();
        });
    }

    void stop() {
        is_stopping_ = true;
        for (tcp::acceptor& listener : listeners_) listener.close();
        control_.close();
        const auto all = connections_;
        for (const auto& connection : all) connection->close(websocket::close_code::going_away);
        if (connections_.empty()) loop_.stop();
    }

    const std::string path_;
    Csms& csms_;
    asio::io_context loop_{1};
    asio::ssl::context tls_;
    Control control_;
    asio::signal_set signals_;
    asio::steady_timer second_;
    std::list<tcp::acceptor> listeners_;
    std::vector<tcp::acceptor*> resting_;
    std::list<std::shared_ptr<Connection>> connections_;
    bool is_stopping_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::open(const ServerOptions& options, Csms& csms) {
    const tls::Context context = TRY(tls::make_context(options.tls));
    auto server = std::make_unique<SocketServer>(options, context, csms);
    TRY(server->listen(options));
    return server;
}

}  // namespace voltkeep::csms
