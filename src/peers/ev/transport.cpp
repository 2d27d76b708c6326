// SPDX-License-Identifier: Apache-2.0
#include "transport.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace voltkeep::ev {
namespace {

constexpr Duration drop_time = 200ms;
constexpr std::size_t read_size = 16 * 1024;

}  // namespace

Result<Transport> Transport::connect(const Address& address, SSL_CTX* tls) {
    Transport transport;
    transport.socket_ = Descriptor(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int socket = transport.socket_.get();
    const int on = 1;
    if (!transport.socket_ || ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return fail_errno("socket");
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)
        return fail_errno("connect", text_of(address));
    if (tls == nullptr) return transport;
    transport.ssl_.reset(SSL_new(tls));
    SSL* ssl = transport.ssl_.get();
    if (ssl == nullptr || SSL_set_fd(ssl, socket) != 1) return fail(Errc::tls, "no TLS connection can be made");
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    //= ISO 15118-20 [V2G20-2372] the car asks for the status of the charger's certificate
    SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
    SSL_set_connect_state(ssl);
    return transport;
}

bool Transport::wants_write() const { return state_ == State::connecting || wants_write_ || !outgoing_.empty(); }

std::optional<Instant> Transport::next() const {
    if (dripping_.empty() || state_ != State::open) return std::nullopt;
    return next_drop_;
}

Result<> Transport::progress(Instant now) {
    wants_write_ = false;
    const auto step = [&]() -> Result<> {
        if (state_ == State::connecting) TRY(finish_connect());
        if (state_ == State::handshake) TRY(shake_hands());
        if (state_ == State::open || state_ == State::closing) {
            TRY(write(now));
            TRY(read());
        }
        return {};
    };
    if (state_ == State::ended) return fail(Errc::closed, "the connection has ended");
    auto done = step();
    if (!done) abort();
    return done;
}

Result<> Transport::finish_connect() {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return fail_errno("getsockopt");
    if (error != 0) return fail(Errc::io, std::strerror(error));
    sockaddr_in6 peer{};
    socklen_t peer_size = sizeof peer;
    if (::getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return {};   // not yet
    state_ = ssl_ ? State::handshake : State::open;
    return {};
}

Result<> Transport::shake_hands() {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) {
        state_ = State::open;
        return {};
    }
    TRY(outcome(result, "the TLS handshake failed"));
    return {};
}

Result<std::size_t> Transport::outcome(int result, std::string_view what) {
    if (result > 0) return static_cast<std::size_t>(result);
    const int saved = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: return 0;
        case SSL_ERROR_WANT_WRITE: wants_write_ = true; return 0;
        case SSL_ERROR_ZERO_RETURN: return fail(Errc::closed, "the charger closed the connection");
        case SSL_ERROR_SYSCALL:
            return fail(Errc::closed, saved != 0 ? std::strerror(saved) : "the charger closed the connection without a word");
        default: break;
    }
    const unsigned long error = ERR_peek_error();
    if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return fail(Errc::closed, "the charger closed the connection without a word");
    return fail(Errc::tls, tls::describe_failure(ssl_.get(), what).view());
}

Result<std::size_t> Transport::write_some(Bytes bytes) {
    if (ssl_) {
        ERR_clear_error();
        errno = 0;
        return outcome(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())), "writing failed");
    }
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN) return 0;
    return fail_errno("send");
}

Result<std::size_t> Transport::read_some(std::span<std::byte> bytes) {
    if (ssl_) {
        ERR_clear_error();
        errno = 0;
        return outcome(SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())), "reading failed");
    }
    const ssize_t n = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (n > 0) return static_cast<std::size_t>(n);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n < 0) return fail_errno("recv");
    return fail(Errc::closed, "the charger closed the connection");
}

Result<> Transport::write(Instant now) {
    if (!dripping_.empty() && now >= next_drop_) {
        outgoing_.push_back(dripping_.front());
        dripping_.erase(dripping_.begin());
        next_drop_ = now + drop_time;
    }
    while (!outgoing_.empty()) {
        const std::size_t n = TRY(write_some(outgoing_));
        if (n == 0) return {};
        outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(n));
    }
    return {};
}

Result<> Transport::read() {
    std::array<std::byte, read_size> buffer;
    for (;;) {
        const std::size_t n = TRY(read_some(buffer));
        if (n == 0) return {};
        if (state_ == State::closing) continue;   // what comes after our goodbye is not looked at
        incoming_.insert(incoming_.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
        TRY(cut_frames());
    }
}

Result<> Transport::cut_frames() {
    while (incoming_.size() >= iso15118::v2gtp_header_size) {
        const auto header = iso15118::parse_v2gtp_header(incoming_);
        if (!header) return fail(Errc::malformed, iso15118::describe(header.error()));
        const std::size_t size = iso15118::v2gtp_header_size + header->length;
        if (incoming_.size() < size) return {};
        const auto begin = incoming_.begin() + static_cast<std::ptrdiff_t>(iso15118::v2gtp_header_size);
        const auto end = incoming_.begin() + static_cast<std::ptrdiff_t>(size);
        frames_.push_back({header->type, {begin, end}});
        incoming_.erase(incoming_.begin(), end);
    }
    return {};
}

std::optional<Frame> Transport::take() {
    if (frames_.empty()) return std::nullopt;
    Frame frame = std::move(frames_.front());
    frames_.pop_front();
    return frame;
}

void Transport::send(Bytes bytes) { outgoing_.insert(outgoing_.end(), bytes.begin(), bytes.end()); }
void Transport::drip(Bytes bytes) { dripping_.insert(dripping_.end(), bytes.begin(), bytes.end()); }

void Transport::close() {
    if (state_ != State::open) return abort();
    state_ = State::closing;
    outgoing_.clear();
    dripping_.clear();
    ERR_clear_error();
    if (ssl_ && SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();   // the charger may be gone already
    ::shutdown(socket_.get(), SHUT_WR);
}

void Transport::abort() {
    state_ = State::ended;
    ssl_.reset();
    socket_.reset();
}

std::optional<tls::Details> Transport::details() const {
    if (!ssl_) return std::nullopt;
    const auto details = tls::details_of(ssl_.get());
    return details ? std::optional(*details) : std::nullopt;
}

}  // namespace voltkeep::ev
