// SPDX-License-Identifier: Apache-2.0
#include "websocket_connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "tls/context.hpp"

namespace voltkeep::link {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

constexpr std::size_t read_at_once = 16384;
constexpr Duration message_time = 30s;  ///< from the first byte of a message to its last

asio::ssl::context shared_context(SSL_CTX* tls) {
    SSL_CTX_up_ref(tls);
    return asio::ssl::context(tls);
}

/// Whether a list as in Sec-WebSocket-Protocol names this one.
bool names(std::string_view list, std::string_view wanted) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        std::string_view item = list.substr(0, comma);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (!wanted.empty() && item == wanted) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

/// What ended the reading of an open connection.
Error why_reading_ended(error_code error) {
    if (error == websocket::condition::protocol_violation)
        return {Errc::malformed, "a frame against the WebSocket protocol: " + error.message()};
    return {error == websocket::error::message_too_big ? Errc::malformed : Errc::io, error.message()};
}

/// TLS as WebSocket ends it.
struct TlsStream : asio::ssl::stream<asio::ip::tcp::socket> {
    using asio::ssl::stream<asio::ip::tcp::socket>::stream;
};

/// Found by Beast for TlsStream. After a frame against the protocol it says goodbye to TLS before it reports the frame; how the
/// peer takes that ("application data after close notify", "stream truncated") is not why the connection ended.
template <class Handler>
void async_teardown(beast::role_type role, TlsStream& stream, Handler&& handler) {
    beast::async_teardown(role, static_cast<asio::ssl::stream<asio::ip::tcp::socket>&>(stream),
                          [handler = std::forward<Handler>(handler)](error_code) mutable { handler(error_code()); });
}

class WebSocketConnection final : public Connection, public std::enable_shared_from_this<WebSocketConnection> {
public:
    WebSocketConnection(asio::io_context& loop, int socket, SSL_CTX* tls, const WebSocketOptions& options, Owner& owner)
        : options_(options),
          owner_(owner),
          tls_(shared_context(tls)),
          // Whether the socket is of IPv4 or IPv6 is a label here: nothing looks at it.
          stream_(asio::ip::tcp::socket(loop, asio::ip::tcp::v6(), socket), tls_),
          buffer_(frame_bound),
          deadline_(loop) {}

    void start() override {
        if (const auto named = tls::expect_name(ssl(), options_.host); !named) return end({named.error()});
        expect(handshake_time, "no TLS and WebSocket handshake in time");
        stream_.next_layer().async_handshake(asio::ssl::stream_base::client,
                                             [self = shared_from_this()](error_code error) { self->shook_hands(error); });
    }

    void send(Frame frame) override {
        if (state_ != State::open) return;
        queued_ += frame.bytes.size();
        outgoing_.push_back(std::move(frame));
        if (outgoing_.size() == 1) write();
    }

    [[nodiscard]] std::size_t queued() const override { return queued_; }

    void resume() override {
        if (state_ == State::open && !is_reading_) read();
    }

    void close() override {
        if (state_ != State::open) return end({Error(Errc::closed, "closed before it was open")});
        state_ = State::closing;
        expect(closing_time, "the server does not take what was sent");
        if (outgoing_.empty()) say_goodbye();
    }

    void drop(const Error& why) override { end({why}); }

private:
    enum class State : std::uint8_t { handshake, open, closing, ended };

    SSL* ssl() { return stream_.next_layer().native_handle(); }

    void shook_hands(error_code error) {
        if (state_ == State::ended) return;
        if (error) {
            const auto code = static_cast<unsigned long>(error.value());
            return end({Error(Errc::tls, tls::describe_failure(ssl(), error.message())), tls::failure_of(ssl(), code)});
        }
        const auto details = tls::details_of(ssl());
        if (!details) return end({details.error()});
        if (const auto allowed = tls::check_group(*details, options_.required_group); !allowed) return end({allowed.error()});
        details_ = *details;
        upgrade();
    }

    //= OCPP 2.1 Part 4 5.4 WebSocket ping
    void set_timeouts() {
        websocket::stream_base::timeout timeout{closing_time, websocket::stream_base::none(), false};
        if (options_.ping > 0s) {
            timeout.idle_timeout = std::chrono::duration_cast<std::chrono::steady_clock::duration>(2 * options_.ping);
            timeout.keep_alive_pings = true;  // after half of the idle time
        }
        stream_.set_option(timeout);
    }

    void upgrade() {
        stream_.set_option(websocket::stream_base::timeout{handshake_time, websocket::stream_base::none(), false});
        stream_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
            request.set(beast::http::field::sec_websocket_protocol, std::string_view(options_.subprotocols));
            request.set(beast::http::field::user_agent, "voltkeep");
        }));
        stream_.read_message_max(frame_bound);
        stream_.auto_fragment(false);
        stream_.async_handshake(response_, std::string_view(options_.host), std::string_view(options_.path),
                                [self = shared_from_this()](error_code error) { self->upgraded(error); });
    }

    void upgraded(error_code error) {
        if (state_ == State::ended) return;
        if (error == websocket::error::upgrade_declined) {
            std::string text = "the server declined: HTTP ";
            return end({Error(Errc::refused, text += std::to_string(response_.result_int()))});
        }
        if (error) return end({Error(Errc::io, error.message())});
        //= OCPP 2.1 Part 4 3.2 A server that does not know the sub-protocol answers without one.
        const std::string_view chosen = response_[beast::http::field::sec_websocket_protocol];
        if (!names(options_.subprotocols, chosen))
            return end({Error(Errc::refused, "the server speaks no sub-protocol of ours")});
        deadline_.cancel();
        set_timeouts();
        state_ = State::open;
        owner_.opened(details_, chosen);
        read();
    }

    void expect(Duration within, std::string_view otherwise) {
        deadline_.expires_after(within);
        deadline_.async_wait([self = shared_from_this(), otherwise](error_code error) {
            if (!error) self->end({Error(Errc::timeout, otherwise)});
        });
    }

    void read() {
        is_reading_ = owner_.has_room();
        if (is_reading_) read_more();
    }

    void read_more() {
        stream_.async_read_some(buffer_, read_at_once,
                                [self = shared_from_this()](error_code error, std::size_t) { self->took(error); });
    }

    void took(error_code error) {
        if (state_ == State::ended || (error && state_ == State::closing)) return;  // the close says how it ends
        if (error == websocket::error::closed) return end({Error(Errc::closed, "the server closed the connection")});
        if (error) return end({why_reading_ended(error)});
        if (!stream_.is_message_done()) {
            if (!is_within_message_ && state_ == State::open) expect(message_time, "a message came too slowly");
            is_within_message_ = true;
            return read_more();
        }
        if (std::exchange(is_within_message_, false) && state_ == State::open) deadline_.cancel();
        deliver();
        is_reading_ = false;
        if (state_ == State::closing)
            read_more();
        else
            resume();
    }

    /// An empty message says nothing and is dropped.
    void deliver() {
        const auto* bytes = static_cast<const std::byte*>(buffer_.data().data());
        Frame frame{stream_.got_text() ? text_frame : binary_frame, {bytes, bytes + buffer_.size()}};
        buffer_.consume(buffer_.size());
        if (state_ == State::open && !frame.bytes.empty()) owner_.arrived(std::move(frame));
    }

    void write() {
        stream_.text(outgoing_.front().kind == text_frame);
        stream_.async_write(asio::buffer(outgoing_.front().bytes), [self = shared_from_this()](error_code error, std::size_t) {
            if (self->state_ == State::ended) return;
            if (error) return self->end({Error(Errc::io, error.message())});
            self->queued_ -= self->outgoing_.front().bytes.size();
            self->outgoing_.pop_front();
            if (!self->outgoing_.empty())
                self->write();
            else if (self->state_ == State::closing)
                self->say_goodbye();
        });
    }

    void say_goodbye() {
        stream_.async_close(websocket::close_code::normal, [self = shared_from_this()](error_code) {
            self->end({Error(Errc::closed, "closed by the station")});
        });
    }

    void end(const Ending& ending) {
        if (state_ == State::ended) return;
        state_ = State::ended;
        deadline_.cancel();
        error_code ignored;
        beast::get_lowest_layer(stream_).close(ignored);
        asio::post(stream_.get_executor(), [self = shared_from_this(), ending] { self->owner_.ended(ending); });
    }

    WebSocketOptions options_;
    Owner& owner_;
    asio::ssl::context tls_;
    websocket::stream<TlsStream, false> stream_;  // false: no compression in this program
    websocket::response_type response_;
    beast::flat_buffer buffer_;
    asio::steady_timer deadline_;
    tls::Details details_;
    State state_ = State::handshake;
    bool is_reading_ = false;
    bool is_within_message_ = false;
    std::deque<Frame> outgoing_;
    std::size_t queued_ = 0;
};

}  // namespace

std::shared_ptr<Connection> make_websocket_connection(asio::io_context& loop, int socket, SSL_CTX* tls,
                                                      const WebSocketOptions& options, Owner& owner) {
    return std::make_shared<WebSocketConnection>(loop, socket, tls, options, owner);
}

}  // namespace voltkeep::link
