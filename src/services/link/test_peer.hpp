// SPDX-License-Identifier: Apache-2.0
// For tests: the other side of the plug as stock OpenSSL on a blocking socket, sharing no code with link.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace voltkeep::link::testing {

struct PeerOptions {
    std::string chain, key, trust;  ///< files; an empty chain shows no certificate
    std::string groups;
    std::string signature_algorithms = "ecdsa_secp521r1_sha512:ecdsa_secp384r1_sha384:mldsa87";
    int version = TLS1_3_VERSION;
    bool is_server = false;
};

/// Everything that waits gives up after ten seconds.
class Peer {
public:
    Peer(int socket, const PeerOptions& options)
        : socket_(socket), context_(SSL_CTX_new(options.is_server ? TLS_server_method() : TLS_client_method()), SSL_CTX_free) {
        ::signal(SIGPIPE, SIG_IGN);
        const timeval limit{10, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        SSL_CTX* c = context_.get();
        SSL_CTX_set_min_proto_version(c, options.version);
        SSL_CTX_set_max_proto_version(c, options.version);
        EXPECT_EQ(SSL_CTX_set1_groups_list(c, options.groups.c_str()), 1);
        EXPECT_EQ(SSL_CTX_set1_sigalgs_list(c, options.signature_algorithms.c_str()), 1);
        if (!options.chain.empty()) {
            EXPECT_EQ(SSL_CTX_use_certificate_chain_file(c, options.chain.c_str()), 1);
            EXPECT_EQ(SSL_CTX_use_PrivateKey_file(c, options.key.c_str(), SSL_FILETYPE_PEM), 1);
        }
        EXPECT_EQ(SSL_CTX_load_verify_file(c, options.trust.c_str()), 1);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        ssl_.reset(SSL_new(c));
        SSL_set_fd(ssl_.get(), socket);
        is_server_ = options.is_server;
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() {
        ::shutdown(socket_, SHUT_RDWR);  // a forked process may still hold the socket
        ::close(socket_);
    }

    bool handshake() { return (is_server_ ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get())) == 1; }
    [[nodiscard]] std::string group() const { return SSL_get0_group_name(ssl_.get()); }
    bool write(Bytes bytes) { return bytes.empty() || SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0; }
    bool write(std::string_view text) { return write(as_bytes(text)); }
    /// Exactly n bytes, or nothing if the connection ended before.
    std::optional<std::string> read(std::size_t n) {
        std::string bytes(n, '\0');
        for (std::size_t done = 0; done < n;) {
            const int got = SSL_read(ssl_.get(), bytes.data() + done, static_cast<int>(n - done));
            if (got <= 0) return std::nullopt;
            done += static_cast<std::size_t>(got);
        }
        return bytes;
    }
    /// The other side ends the connection; what it says before is dropped.
    bool is_ended_by_peer() {
        char dropped[4096];
        int got = 0;
        while ((got = SSL_read(ssl_.get(), dropped, sizeof dropped)) > 0) {
        }
        const int why = SSL_get_error(ssl_.get(), got);
        return why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE && (why != SSL_ERROR_SYSCALL || errno != EAGAIN);
    }
    /// It ended in order, with its close_notify.
    [[nodiscard]] bool was_ended_in_order() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    void end_in_order() { SSL_shutdown(ssl_.get()); }
    [[nodiscard]] SSL* ssl() { return ssl_.get(); }

private:
    int socket_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
    bool is_server_ = false;
};

/// A socket on ::1 with a free dynamic port.
inline int bind_loopback(int type, std::uint16_t& port) {
    const int socket = ::socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    port = static_cast<std::uint16_t>(49152 + ::getpid() * 7 % 16000);
    do address.sin6_port = htons(++port);
    while (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && port < 65535);
    EXPECT_LT(port, 65535);
    if (type == SOCK_STREAM) {
        EXPECT_EQ(::listen(socket, 8), 0);
    }
    return socket;
}

/// A blocking socket, connected (TCP) or directed (UDP) to ::1.
inline int connect_loopback(int type, std::uint16_t port) {
    const int socket = ::socket(AF_INET6, type | SOCK_CLOEXEC, 0);
    const timeval limit{10, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(port);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket;
}

}  // namespace voltkeep::link::testing
