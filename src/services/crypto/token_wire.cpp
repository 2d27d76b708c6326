// SPDX-License-Identifier: Apache-2.0
#include "token_wire.hpp"

#include <sys/socket.h>

#include "secret.hpp"

namespace voltkeep::crypto {
namespace {

constexpr Duration patience = 1500ms;  ///< whoever waits for a handshake's signature waits for two seconds

}  // namespace

void TokenWire::take(kernel::os::Descriptor end) {
    close();
    end_ = std::move(end);
    self_.watch(end_.get(), false, [this](bool, bool) { read(); });
    std::byte greeting = pkcs11::version;
    if (!send({&greeting, 1})) return lose(Error(Errc::closed, "the token is gone"));
    wait_for_answer();
}

void TokenWire::ask(pkcs11::Call call, Heard heard) {
    CHECK(!heard_);
    asked_ = call.function();
    heard_ = std::move(heard);
    auto frame = call.frame(++number_);
    const bool is_sent = end_ && send(frame);
    wipe(frame);
    wipe(call.bytes());
    if (!is_sent) return lose(Error(Errc::closed, "the token is gone"));
    wait_for_answer();
}

/// A call is far smaller than what a socket takes, and the one before was answered.
bool TokenWire::send(std::span<std::byte> bytes) {
    return ::send(end_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size());
}

void TokenWire::wait_for_answer() {
    patience_ = self_.after(patience, [this] { events_.late(); });
}

void TokenWire::close() {
    self_.cancel(patience_);
    if (end_) self_.unwatch(end_.get());
    end_.reset();
    arrived_.clear();
    is_greeted_ = false;
    heard_ = nullptr;
}

void TokenWire::lose(const Error& why) {
    close();
    events_.lost(why);
}

void TokenWire::read() {
    std::array<std::byte, 1024> piece;
    const ssize_t n = ::recv(end_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return lose(Error(Errc::closed, "the token is gone"));
    arrived_.insert(arrived_.end(), piece.begin(), piece.begin() + n);
    if (!is_greeted_) return greeted();
    if (arrived_.size() < pkcs11::Header::size) return;
    const auto header = pkcs11::header_of(std::span(arrived_).first<pkcs11::Header::size>());
    if (!header || header->number != number_ || !heard_ || arrived_.size() > pkcs11::Header::size + header->length)
        return lose(Error(Errc::malformed, "the token says what nobody asked"));
    if (arrived_.size() == pkcs11::Header::size + header->length) answered();
}

void TokenWire::greeted() {
    if (arrived_.size() != 1 || arrived_.front() != pkcs11::version)
        return lose(Error(Errc::unsupported, "the token speaks another version of its protocol"));
    self_.cancel(patience_);
    arrived_.clear();
    is_greeted_ = true;
    ask(pkcs11::initialize(), [this](const Result<pkcs11::Answer>& answer) {
        if (answer)
            events_.ready();
        else
            lose(answer.error());
    });
}

void TokenWire::answered() {
    self_.cancel(patience_);
    const auto bytes = std::exchange(arrived_, {});
    auto heard = std::exchange(heard_, nullptr);
    heard(pkcs11::Answer::to(asked_, Bytes(bytes).subspan(pkcs11::Header::size)));
}

}  // namespace voltkeep::crypto
