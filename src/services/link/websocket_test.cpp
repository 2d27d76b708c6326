// SPDX-License-Identifier: Apache-2.0
// The station's end of the connection to a CSMS, as a real process against a server that is stock OpenSSL and writes its
// WebSocket frames by hand (RFC 6455).
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "test_crypto.hpp"
#include "test_link.hpp"

namespace voltkeep::link {
namespace {

using testing::Peer;
using testing::PeerOptions;

int serve_net(int control, std::uint16_t port) {
    auto self = kernel::Service::start(control);
    self.serve<net::Interface>([=](const net::Connect&, kernel::Defer<net::Connect::Connected> reply) {
        const kernel::os::Descriptor socket(testing::connect_loopback(SOCK_STREAM, port));
        reply(net::Connect::Connected{{socket.get()}, "test"});
    });
    return self.run();
}

/// What RFC 6455, 4.2.2 asks for.
std::string accept_key(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[20];
    EVP_Digest(text.data(), text.size(), digest, nullptr, EVP_sha1(), nullptr);
    std::string encoded(28, '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), digest, sizeof digest);
    return encoded;
}

/// The other end of one WebSocket.
class Server : public Peer {
public:
    using Peer::Peer;

    /// Reads the request to its empty line.
    bool take_request() {
        while (!request.ends_with("\r\n\r\n")) {
            const auto byte = read(1);
            if (!byte) return false;
            request += *byte;
        }
        return true;
    }
    [[nodiscard]] std::string header(const std::string& name) const {
        const std::size_t begin = request.find("\r\n" + name + ": ");
        if (begin == std::string::npos) return {};
        const std::size_t value = begin + name.size() + 4;
        return request.substr(value, request.find("\r\n", value) - value);
    }
    bool upgrade(const std::string& extra = "Sec-WebSocket-Protocol: ocpp2.1\r\n") {
        return take_request() &&
               write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                     accept_key(header("Sec-WebSocket-Key")) + "\r\n" + extra + "\r\n");
    }

    /// One frame: first byte (FIN, RSV, opcode), the length that is written, and the payload.
    bool send_frame(unsigned first, std::string_view payload, std::optional<std::uint64_t> promised = std::nullopt) {
        const std::uint64_t length = promised.value_or(payload.size());
        std::string frame(1, static_cast<char>(first));
        const unsigned bytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
        frame += static_cast<char>(bytes == 0 ? length : bytes == 2 ? 126 : 127);
        for (unsigned i = bytes; i > 0; --i) frame += static_cast<char>(length >> (8 * (i - 1)) & 0xff);
        return write(frame + std::string(payload));
    }
    struct Received {
        unsigned first = 0;
        std::string payload;
    };
    std::optional<Received> take_frame() {
        const auto head = read(2);
        if (!head) return std::nullopt;
        EXPECT_TRUE((*head)[1] & 0x80) << "a client masks its frames";
        std::uint64_t length = static_cast<unsigned char>((*head)[1]) & 0x7f;
        if (length >= 126) {
            const auto more = read(length == 126 ? 2 : 8);
            if (!more) return std::nullopt;
            length = 0;
            for (const char c : *more) length = length << 8 | static_cast<unsigned char>(c);
        }
        const auto mask = read(4);
        auto payload = read(length);
        if (!mask || !payload) return std::nullopt;
        for (std::size_t i = 0; i < payload->size(); ++i) (*payload)[i] = static_cast<char>((*payload)[i] ^ (*mask)[i % 4]);
        return Received{static_cast<unsigned char>((*head)[0]), *payload};
    }
    std::string converse(std::string_view text) {
        if (!send_frame(0x81, text)) return "(not written)";
        const auto answer = take_frame();
        return answer && answer->first == 0x81 ? answer->payload : "(ended)";
    }

    std::string request;
};

class WebSocket : public testing::LinkTest {
protected:
    /// The key is in another process, and its file is gone before link begins.
    void connect_with_crypto() {
        const std::string kept = path("kept.pem");
        std::filesystem::rename(path("station/key.pem"), kept);
        before_start = [this, kept] {
            crypto_ = station.add("crypto", [kept](int control) {
                return testing::serve_crypto(control, kept, crypto::Key::tls_csms, pki::TlsRole::client);
            });
            station.conduit<crypto::Interface>(link, crypto_, testing::everything, 2500);
        };
        connect();
    }

    void connect(std::string_view required = "SecP384r1MLKEM1024", std::string_view host = "localhost",
                 std::uint16_t ping_s = 30) {
        listener = testing::bind_loopback(SOCK_STREAM, port);
        Config config;
        config.role = Role::websocket_client;
        config.certificates = Text<120>::cut(path("station/chain.pem"));
        if (std::filesystem::exists(path("station/key.pem"))) config.key = Text<120>::cut(path("station/key.pem"));
        config.trust = Text<120>::cut(path("station/trust.pem"));
        config.suites = "TLS_AES_256_GCM_SHA384";
        config.groups = "SecP384r1MLKEM1024:X25519MLKEM768/P-384";
        config.signature_algorithms = "ecdsa_secp384r1_sha384:mldsa87";
        config.required_group = Text<40>::cut(required);
        config.host = Text<120>::cut(host);
        config.path = "/ocpp/VK-DEV-0001";
        config.subprotocols = "ocpp2.1, ocpp2.0.1";
        config.retry_minimum_ms = 100;
        config.retry_random_ms = 10;
        config.retry_doublings = 2;
        config.ping_s = ping_s;
        const std::uint16_t number = port;
        start<net::Interface>(config, "net", [number](int control) { return serve_net(control, number); });
    }
    ~WebSocket() override { ::close(listener); }

    [[nodiscard]] PeerOptions csms(std::string groups = "SecP384r1MLKEM1024:P-384") const {
        return {path("csms/chain.pem"),
                path("csms/key.pem"),
                path("csms/trust.pem"),
                std::move(groups),
                "ecdsa_secp384r1_sha384:mldsa87",
                TLS1_3_VERSION,
                true};
    }
    /// The station's next connection, not yet shaken hands.
    std::unique_ptr<Server> arrival(const PeerOptions& options) {
        pollfd ready{listener, POLLIN, 0};
        EXPECT_EQ(::poll(&ready, 1, 10'000), 1) << "the station does not connect";
        const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        EXPECT_GE(socket, 0);
        return std::make_unique<Server>(socket, options);
    }
    std::unique_ptr<Server> open() {
        auto server = arrival(csms());
        EXPECT_TRUE(server->handshake());
        EXPECT_TRUE(server->upgrade());
        return server;
    }

    std::uint16_t port = 0;
    int listener = -1;
    std::size_t crypto_ = 0;
};

}  // namespace

TEST_F(WebSocket, connects_with_the_hybrid_group_and_carries_messages_both_ways) {
    connect();
    const auto server = open();
    EXPECT_EQ(server->group(), "SecP384r1MLKEM1024");
    EXPECT_TRUE(server->request.starts_with("GET /ocpp/VK-DEV-0001 HTTP/1.1\r\n"));
    EXPECT_EQ(server->header("Host"), "localhost");
    EXPECT_EQ(server->header("Sec-WebSocket-Protocol"), "ocpp2.1, ocpp2.0.1");
    EXPECT_EQ(server->header("Sec-WebSocket-Extensions"), "") << "no compression";
    for (const std::string text : {"[2,\"1\"]", "ä€😀"}) EXPECT_EQ(server->converse(text), text);
    EXPECT_TRUE(log_has({"opened", "SecP384r1MLKEM1024", "TLS_AES_256_GCM_SHA384", "CN=localhost", "CN=VK-DEV-0001",
                         "\"subprotocol\":\"ocpp2.1\""}));
}

TEST_F(WebSocket, a_certificate_of_an_ml_dsa_root_is_as_good) {
    connect();
    auto options = csms();
    options.chain = path("csms/chain-ml-dsa-87.pem");
    auto server = arrival(options);
    ASSERT_TRUE(server->handshake());
    ASSERT_TRUE(server->upgrade());
    EXPECT_EQ(server->converse("hello"), "hello");
}

TEST_F(WebSocket, the_station_prefers_the_hybrid_group_of_a_server_that_would_take_the_classical_one) {
    connect("");
    auto server = arrival(csms("P-384:SecP384r1MLKEM1024"));
    ASSERT_TRUE(server->handshake());
    EXPECT_EQ(server->group(), "SecP384r1MLKEM1024");
}

TEST_F(WebSocket, a_classical_server_is_refused_where_the_hybrid_group_is_required_and_not_otherwise) {
    connect();
    auto server = arrival(csms("P-384"));
    (void)server->handshake();
    EXPECT_TRUE(server->is_ended_by_peer());
    EXPECT_TRUE(server->request.empty());
    EXPECT_TRUE(log_has({"failed", "requires SecP384r1MLKEM1024"}));
    server = open();  // it tries again, and never with less
    EXPECT_EQ(server->converse("hello"), "hello");
}

//= OCPP 2.1 A00.FR.412
TEST_F(WebSocket, a_server_of_another_name_is_refused_and_that_is_a_security_event) {
    connect("SecP384r1MLKEM1024", "csms.example");
    auto server = arrival(csms());
    EXPECT_FALSE(server->handshake() && server->take_request());
    EXPECT_TRUE(log_has({"security", "InvalidCsmsCertificate", "ostname mismatch"}));
}

TEST_F(WebSocket, a_server_of_another_root_is_refused_and_that_is_a_security_event) {
    connect();
    auto options = csms();
    options.chain = path("secc/chain.pem");
    options.key = path("secc/key.pem");
    options.signature_algorithms += ":ecdsa_secp521r1_sha512";
    auto server = arrival(options);
    EXPECT_FALSE(server->handshake() && server->take_request());
    EXPECT_TRUE(log_has({"failed"}));
}

TEST_F(WebSocket, the_station_shows_its_certificate) {
    connect();
    auto server = open();
    X509* certificate = SSL_get0_peer_certificate(server->ssl());
    ASSERT_NE(certificate, nullptr);
    EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(server->ssl())), 0) << "behind the leaf comes nothing: the root is not sent";
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    EXPECT_STREQ(name, "VK-DEV-0001");
}

TEST_F(WebSocket, a_server_that_answers_otherwise_is_tried_again) {
    connect();
    auto server = arrival(csms());
    ASSERT_TRUE(server->handshake());
    ASSERT_TRUE(server->take_request());
    ASSERT_TRUE(server->write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_TRUE(server->is_ended_by_peer());
    EXPECT_TRUE(log_has({"failed", "HTTP 401"}));
    for (const std::string protocol : {"", "Sec-WebSocket-Protocol: ocpp1.6\r\n", "Sec-WebSocket-Protocol: ocpp2\r\n"}) {
        server = arrival(csms());
        ASSERT_TRUE(server->handshake());
        ASSERT_TRUE(server->upgrade(protocol));
        EXPECT_TRUE(server->is_ended_by_peer());
        EXPECT_TRUE(log_has({"failed", "sub-protocol"}));
    }
    EXPECT_EQ(open()->converse("hello"), "hello");
}

TEST_F(WebSocket, an_endless_answer_to_the_upgrade_is_not_read_to_its_end) {
    connect();
    auto server = arrival(csms());
    ASSERT_TRUE(server->handshake());
    ASSERT_TRUE(server->take_request());
    ASSERT_TRUE(server->write("HTTP/1.1 101 Switching Protocols\r\n"));
    const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
    int lines = 0;
    while (lines < 100'000 && server->write(line)) ++lines;
    EXPECT_LT(lines, 100'000);
    EXPECT_TRUE(log_has({"failed"}));
    EXPECT_EQ(open()->converse("hello"), "hello");
}

TEST_F(WebSocket, frames_against_the_protocol_end_the_connection) {
    connect();
    const auto is_ended_by = [&](auto break_rule, std::string_view reason = "a frame against the WebSocket protocol") {
        auto server = open();
        EXPECT_EQ(server->converse("hello"), "hello");
        break_rule(*server);
        EXPECT_TRUE(server->is_ended_by_peer());
        server.reset();
        EXPECT_TRUE(log_has({"\"step\":\"closed\"", reason}));
    };
    is_ended_by([](Server& s) { s.send_frame(0x81, "", frame_bound + 1); },
                "limit");  // longer than the bound: before its payload
    is_ended_by([](Server& s) { s.send_frame(0x81, "", 0x7fffffffffffffff); }, "limit");
    is_ended_by([](Server& s) { s.send_frame(0xc1, "compressed"); });  // RSV1: never agreed
    is_ended_by([](Server& s) { s.send_frame(0x83, "reserved opcode"); });
    is_ended_by([](Server& s) {   // and goes on as if nothing were: it is told what it did first
        s.send_frame(0x83, "reserved opcode");
        for (int i = 0; i < 8 && s.send_frame(0x81, "hello"); ++i) {}
    });
    is_ended_by([](Server& s) { s.send_frame(0x81, "\xff\xfe no UTF-8"); });
    is_ended_by([](Server& s) { s.send_frame(0x09, "a control frame in parts"); });
    is_ended_by([](Server& s) { s.send_frame(0x80, "a continuation of nothing"); });
    is_ended_by([](Server& s) { s.write(std::string_view("\x81\x85\x00\x00\x00\x00hello", 11)); });  // a server does not mask
}

TEST_F(WebSocket, many_small_parts_are_not_a_way_around_the_bound) {
    connect();
    auto server = open();
    const std::string part(4096, 'x');
    bool is_taken = server->send_frame(0x01, part);
    for (int i = 0; i < 200 && is_taken; ++i) is_taken = server->send_frame(0x00, part);
    EXPECT_TRUE(server->is_ended_by_peer());
    EXPECT_TRUE(log_has({"\"step\":\"closed\""}));
}

TEST_F(WebSocket, a_message_in_parts_is_one_message) {
    connect();
    auto server = open();
    ASSERT_TRUE(server->send_frame(0x01, "one "));
    ASSERT_TRUE(server->send_frame(0x89, "ping"));  // a control frame may come between
    ASSERT_TRUE(server->send_frame(0x00, "two "));
    ASSERT_TRUE(server->send_frame(0x80, "three"));
    EXPECT_EQ(server->take_frame()->payload, "ping");
    EXPECT_EQ(server->take_frame()->payload, "one two three");
}

TEST_F(WebSocket, the_longest_message_goes_both_ways) {
    connect();
    auto server = open();
    std::string longest(frame_bound, 'x');
    for (std::size_t i = 0; i < longest.size(); ++i) longest[i] = static_cast<char>('a' + i % 23);
    EXPECT_EQ(server->converse(longest), longest);
}

//= OCPP 2.1 Part 4 5.4 WebSocket ping
TEST_F(WebSocket, a_silent_server_is_pinged_and_then_given_up) {
    connect("SecP384r1MLKEM1024", "localhost", 1);
    auto server = open();
    const auto ping = server->take_frame();
    ASSERT_TRUE(ping);
    EXPECT_EQ(ping->first, 0x89u);
    EXPECT_TRUE(server->is_ended_by_peer()) << "no pong came";
    EXPECT_EQ(open()->converse("hello"), "hello");
}

TEST_F(WebSocket, the_csms_notices_nothing_when_ocpp_dies) {
    connect();
    auto server = open();
    EXPECT_EQ(server->converse("count"), "1");
    station.kill_and_restart(client);
    EXPECT_EQ(server->converse("count"), "2");
}

TEST_F(WebSocket, proves_itself_with_a_key_that_only_crypto_has_and_talks_on_without_it) {
    connect_with_crypto();
    auto server = open();
    EXPECT_EQ(server->converse("hello"), "hello");
    station.kill(crypto_);
    EXPECT_EQ(server->converse("again"), "again") << "an open connection needs no key";
    server->end_in_order();
    server.reset();
    server = arrival(csms());
    EXPECT_FALSE(server->handshake() && server->take_request()) << "without a signature no byte of the application comes";
    EXPECT_TRUE(log_has({"connection", "failed"}));
    station.kill_and_restart(crypto_);
    for (int tries = 0; tries < 5; ++tries) {   // one may have begun before
        server = arrival(csms());
        if (server->handshake() && server->upgrade()) break;
    }
    EXPECT_EQ(server->converse("back"), "back");
}

TEST_F(WebSocket, a_message_that_kills_twice_ends_the_connection_and_the_next_one_waits) {
    connect();
    auto server = open();
    ASSERT_TRUE(server->send_frame(0x81, "die"));
    EXPECT_EQ(station.wait(client), 9);
    station.kill_and_restart(client);
    EXPECT_EQ(station.wait(client), 9);
    station.kill_and_restart(client);
    EXPECT_TRUE(server->is_ended_by_peer());
    EXPECT_TRUE(log_has({"security", "InvalidMessages"}));
    pollfd ready{listener, POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 1000), 0);
}

TEST_F(WebSocket, a_close_sends_what_was_put_before_and_says_goodbye) {
    connect();
    auto server = open();
    EXPECT_EQ(server->converse("bye"), "bye");
    const auto goodbye = server->take_frame();
    ASSERT_TRUE(goodbye);
    EXPECT_EQ(goodbye->first, 0x88u);
    EXPECT_EQ(goodbye->payload, std::string_view("\x03\xe8", 2));
    ASSERT_TRUE(server->send_frame(0x88, "\x03\xe8"));
    EXPECT_TRUE(server->is_ended_by_peer());
    EXPECT_EQ(open()->converse("hello"), "hello") << "and connects again";
}

}  // namespace voltkeep::link
