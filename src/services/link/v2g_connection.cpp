// SPDX-License-Identifier: Apache-2.0
#include "v2g_connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "wire/iso15118/v2gtp.hpp"

namespace voltkeep::link {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using iso15118::v2gtp_header_size;

asio::ssl::context shared_context(SSL_CTX* tls) {
    SSL_CTX_up_ref(tls);
    return asio::ssl::context(tls);
}

class V2gConnection final : public Connection, public std::enable_shared_from_this<V2gConnection> {
public:
    V2gConnection(asio::io_context& loop, int socket, SSL_CTX* tls, const V2gOptions& options, Owner& owner)
        : options_(options),
          owner_(owner),
          tls_(shared_context(tls)),
          stream_(asio::ip::tcp::socket(loop, asio::ip::tcp::v6(), socket), tls_),
          deadline_(loop) {}

    void start() override {
        expect(handshake_time, "no TLS handshake in time");
        stream_.async_handshake(asio::ssl::stream_base::server,
                                [self = shared_from_this()](error_code error) { self->shook_hands(error); });
    }

    void send(Frame frame) override {
        if (state_ != State::open) return;
        const auto header = iso15118::make_v2gtp_header(
            {static_cast<iso15118::PayloadType>(frame.kind), static_cast<std::uint32_t>(frame.bytes.size())});
        frame.bytes.insert(frame.bytes.begin(), header.begin(), header.end());
        queued_ += frame.bytes.size();
        outgoing_.push_back(std::move(frame.bytes));
        if (outgoing_.size() == 1) write();
    }

    [[nodiscard]] std::size_t queued() const override { return queued_; }

    void resume() override {
        if (state_ == State::open && !is_reading_) read_header();
    }

    void close() override {
        if (state_ != State::open) return end({Error(Errc::closed, "closed before it was open")});
        state_ = State::closing;
        expect(closing_time, "the car does not take what was sent");
        if (outgoing_.empty()) shut_down();
    }

    void drop(const Error& why) override { end({why}); }

private:
    enum class State : std::uint8_t { handshake, open, closing, ended };

    void shook_hands(error_code error) {
        if (state_ == State::ended) return;
        SSL* ssl = stream_.native_handle();
        if (error) {
            const auto code = static_cast<unsigned long>(error.value());
            return end({Error(Errc::tls, tls::describe_failure(ssl, error.message())), tls::failure_of(ssl, code)});
        }
        const auto details = tls::details_of(ssl);
        if (!details) return end({details.error()});
        if (const auto allowed = tls::check_group(*details, options_.required_group); !allowed) return end({allowed.error()});
        state_ = State::open;
        owner_.opened(*details, {});
        read_header();
    }

    /// The deadline for what comes next. Another call replaces it.
    void expect(Duration within, std::string_view otherwise) {
        deadline_.expires_after(within);
        deadline_.async_wait([self = shared_from_this(), otherwise](error_code error) {
            if (!error) self->end({Error(Errc::timeout, otherwise)});
        });
    }
    void expect_frame() {
        if (state_ == State::open) expect(options_.silence, "the car is silent");
    }

    void read_header() {
        is_reading_ = owner_.has_room();
        if (!is_reading_) return;
        expect_frame();
        header_filled_ = 0;
        read_more_of_header();
    }

    void read_more_of_header() {
        stream_.async_read_some(asio::buffer(header_) + header_filled_,
                                [self = shared_from_this()](error_code error, std::size_t n) {
                                    if (self->is_over(error)) return;
                                    if (self->header_filled_ == 0 && self->state_ == State::open)
                                        self->expect(frame_time, "a frame came too slowly");
                                    self->header_filled_ += n;
                                    if (self->header_filled_ < v2gtp_header_size)
                                        self->read_more_of_header();
                                    else
                                        self->read_payload();
                                });
    }

    void read_payload() {
        const auto header = iso15118::parse_v2gtp_header(header_);
        if (!header) return end({Error(Errc::malformed, iso15118::describe(header.error()))});
        if (header->type >= iso15118::PayloadType::sdp_request)
            return end({Error(Errc::malformed, "a discovery message on the connection")});
        incoming_ = {static_cast<std::uint16_t>(header->type), std::vector<std::byte>(header->length)};
        asio::async_read(stream_, asio::buffer(incoming_.bytes), [self = shared_from_this()](error_code error, std::size_t) {
            if (self->is_over(error)) return;
            self->expect_frame();
            if (self->state_ == State::open) self->owner_.arrived(std::move(self->incoming_));
            self->is_reading_ = false;
            self->resume();
        });
    }

    /// True if nothing more is to be read.
    bool is_over(error_code error) {
        if (state_ == State::ended) return true;
        if (!error) return state_ != State::open;
        if (state_ == State::closing) {   // the shutdown says how it ends, unless this read took the car's last word from it
            if (outgoing_.empty()) end({Error(Errc::closed, "closed by the station")});
            return true;
        }
        if (error == asio::error::eof)
            end({header_filled_ == 0 ? Error(Errc::closed, "the car closed the connection")
                                     : Error(Errc::malformed, "the car closed within a frame")});
        else
            end({Error(Errc::io, error.message())});
        return true;
    }

    void write() {
        asio::async_write(stream_, asio::buffer(outgoing_.front()), [self = shared_from_this()](error_code error, std::size_t) {
            if (self->state_ == State::ended) return;
            if (error) return self->end({Error(Errc::io, error.message())});
            self->queued_ -= self->outgoing_.front().size();
            self->outgoing_.pop_front();
            if (!self->outgoing_.empty())
                self->write();
            else if (self->state_ == State::closing)
                self->shut_down();
        });
    }

    void shut_down() {
        stream_.async_shutdown(
            [self = shared_from_this()](error_code) { self->end({Error(Errc::closed, "closed by the station")}); });
    }

    void end(const Ending& ending) {
        if (state_ == State::ended) return;
        state_ = State::ended;
        deadline_.cancel();
        error_code ignored;
        stream_.lowest_layer().close(ignored);
        asio::post(stream_.get_executor(), [self = shared_from_this(), ending] { self->owner_.ended(ending); });
    }

    V2gOptions options_;
    Owner& owner_;
    asio::ssl::context tls_;
    asio::ssl::stream<asio::ip::tcp::socket> stream_;
    asio::steady_timer deadline_;
    State state_ = State::handshake;
    bool is_reading_ = false;
    std::array<std::byte, v2gtp_header_size> header_{};
    std::size_t header_filled_ = 0;
    Frame incoming_;
    std::deque<std::vector<std::byte>> outgoing_;
    std::size_t queued_ = 0;
};

}  // namespace

std::shared_ptr<Connection> make_v2g_connection(asio::io_context& loop, int socket, SSL_CTX* tls, const V2gOptions& options,
                                                Owner& owner) {
    return std::make_shared<V2gConnection>(loop, socket, tls, options, owner);
}

}  // namespace voltkeep::link
