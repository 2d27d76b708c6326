// SPDX-License-Identifier: Apache-2.0
// For tests: the station's end of a connection as stock OpenSSL on a blocking socket and WebSocket frames written by hand
// (RFC 6455), sharing no code with the CSMS.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

namespace voltkeep::csms::testing {

struct StationOptions {
    std::uint16_t port = 0;
    std::string chain, key, trust;                            ///< files; an empty chain shows no certificate
    std::string groups = "SecP384r1MLKEM1024";
    int version = TLS1_3_VERSION;
    bool is_ipv6 = false;
};

/// Everything that waits gives up after ten seconds.
class Station {
public:
    explicit Station(const StationOptions& options) : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
        SSL_CTX* c = context_.get();
        SSL_CTX_set_min_proto_version(c, options.version);
        SSL_CTX_set_max_proto_version(c, options.version);
        EXPECT_EQ(SSL_CTX_set1_groups_list(c, options.groups.c_str()), 1);
        if (!options.chain.empty()) {
            EXPECT_EQ(SSL_CTX_use_certificate_chain_file(c, options.chain.c_str()), 1);
            EXPECT_EQ(SSL_CTX_use_PrivateKey_file(c, options.key.c_str(), SSL_FILETYPE_PEM), 1);
        }
        EXPECT_EQ(SSL_CTX_load_verify_file(c, options.trust.c_str()), 1);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
        socket_ = ::socket(options.is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval limit{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        ssl_.reset(SSL_new(c));
        SSL_set_fd(ssl_.get(), socket_);
        is_secure_ = connect(options) && SSL_connect(ssl_.get()) == 1;
    }
    Station(const Station&) = delete;
    Station& operator=(const Station&) = delete;
    ~Station() { ::close(socket_); }

    /// The TLS handshake has ended well on this side. The server may still refuse our certificate.
    [[nodiscard]] bool is_secure() const { return is_secure_; }
    [[nodiscard]] std::string group() const { return SSL_get0_group_name(ssl_.get()); }
    bool write(std::string_view text) { return SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0; }
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

    /// Asks for the upgrade; the whole head of the answer, empty if there was none.
    std::string upgrade(const std::string& target, const std::string& subprotocols = "ocpp2.1") {
        write("GET " + target +
              " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
              "dGhlIHNhbXBsZSBub25jZQ==\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: " +
              subprotocols + "\r\n\r\n");
        std::string head;
        while (!head.ends_with("\r\n\r\n")) {
            const auto byte = read(1);
            if (!byte) return {};
            head += *byte;
        }
        return head;
    }

    /// One frame, masked with zeros: 0x81 is a whole text, 0x82 a whole binary message, 0x88 a close.
    bool send_frame(unsigned first, std::string_view payload) {
        std::string frame(1, static_cast<char>(first));
        const unsigned bytes = payload.size() < 126 ? 0 : payload.size() < 65536 ? 2 : 8;
        frame += static_cast<char>(0x80 | (bytes == 0 ? payload.size() : bytes == 2 ? 126 : 127));
        for (unsigned i = bytes; i > 0; --i) frame += static_cast<char>(payload.size() >> (8 * (i - 1)) & 0xff);
        return write(frame + std::string(4, '\0') + std::string(payload));
    }
    struct Frame {
        unsigned first = 0;
        std::string payload;
        /// Of a close frame; 0 otherwise.
        [[nodiscard]] unsigned close_code() const {
            if (first != 0x88 || payload.size() < 2) return 0;
            return static_cast<unsigned>(static_cast<unsigned char>(payload[0])) << 8 | static_cast<unsigned char>(payload[1]);
        }
    };
    /// Nothing if the connection ended.
    std::optional<Frame> take_frame() {
        const auto head = read(2);
        if (!head) return std::nullopt;
        std::uint64_t length = static_cast<unsigned char>((*head)[1]);
        EXPECT_LT(length, 128u) << "a server does not mask its frames";
        if (length >= 126) {
            const auto more = read(length == 126 ? 2 : 8);
            if (!more) return std::nullopt;
            length = 0;
            for (const char octet : *more) length = length << 8 | static_cast<unsigned char>(octet);
        }
        auto payload = read(length);
        if (!payload) return std::nullopt;
        return Frame{static_cast<unsigned char>((*head)[0]), *std::move(payload)};
    }
    /// A text out, the next one back; empty if the connection ended or something else came.
    std::string ask(std::string_view text) {
        if (!send_frame(0x81, text)) return {};
        const auto frame = take_frame();
        return frame && frame->first == 0x81 ? frame->payload : std::string();
    }

private:
    bool connect(const StationOptions& options) const {
        if (options.is_ipv6) {
            sockaddr_in6 address{};
            address.sin6_family = AF_INET6;
            address.sin6_addr = in6addr_loopback;
            address.sin6_port = htons(options.port);
            return ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(options.port);
        return ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    int socket_ = -1;
    bool is_secure_ = false;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
};

}  // namespace voltkeep::csms::testing
