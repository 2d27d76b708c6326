// SPDX-License-Identifier: Apache-2.0
// The charger's end of the cable, as a real process against a car that is stock OpenSSL.
#include <gtest/gtest.h>

#include "test_crypto.hpp"
#include "test_link.hpp"
#include "wire/iso15118/sdp.hpp"

namespace voltkeep::link {
namespace {

using testing::Peer;
using testing::PeerOptions;

int serve_plc(int control, int listener, int discovery, std::uint16_t port) {
    auto self = kernel::Service::start(control);
    self.serve<plc::Interface>([=](const plc::Listen&) -> Result<plc::Listen::Sockets> {
        plc::Listen::Sockets sockets{{listener}, {discovery}, {}, port, 1};
        sockets.address[15] = 1;
        return sockets;
    });
    return self.run();
}

class V2g : public testing::LinkTest {
protected:
    /// The key is in another process, and its file is gone before link begins.
    void plug_in_with_crypto() {
        const std::string kept = path("kept.pem");
        std::filesystem::rename(path("secc/key.pem"), kept);
        before_start = [this, kept] {
            crypto_ = station.add("crypto", [kept](int control) {
                return testing::serve_crypto(control, kept, crypto::Key::secc, pki::TlsRole::server);
            });
            station.conduit<crypto::Interface>(link, crypto_, testing::everything, 2000);
        };
        plug_in();
    }
    void plug_in(std::string_view groups = "SecP384r1MLKEM1024/secp521r1:x448", std::string_view required = {}) {
        const int listener = testing::bind_loopback(SOCK_STREAM, port);
        const int discovery = testing::bind_loopback(SOCK_DGRAM, discovery_port);
        Config config;
        config.role = Role::v2g_server;
        config.certificates = Text<120>::cut(path("secc/chain.pem"));
        if (std::filesystem::exists(path("secc/key.pem"))) config.key = Text<120>::cut(path("secc/key.pem"));
        config.trust = Text<120>::cut(path("secc/trust.pem"));
        config.suites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
        config.groups = Text<120>::cut(groups);
        config.signature_algorithms = "ecdsa_secp521r1_sha512:ed448";
        config.required_group = Text<40>::cut(required);
        const std::uint16_t number = port;
        start<plc::Interface>(config, "plc", [=](int control) { return serve_plc(control, listener, discovery, number); });
        ::close(listener);
        ::close(discovery);
        udp = testing::connect_loopback(SOCK_DGRAM, discovery_port);
    }
    ~V2g() override { ::close(udp); }

    /// One datagram out; the answer, or nothing after a while.
    std::string ask(Bytes datagram, Duration within = 300ms) {
        EXPECT_EQ(::send(udp, datagram.data(), datagram.size(), 0), static_cast<ssize_t>(datagram.size()));
        pollfd ready{udp, POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(within / 1ms)) <= 0) return {};
        char answer[64];
        const ssize_t n = ::recv(udp, answer, sizeof answer, 0);
        return {answer, static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
    }
    /// A car asks until the charger answers.
    iso15118::SdpResponse discover() {
        for (int i = 0; i < 50; ++i)
            if (const std::string answer = ask(iso15118::make_sdp_request({}), 250ms); !answer.empty()) {
                const auto response = iso15118::parse_sdp_response(as_bytes(answer));
                EXPECT_TRUE(response);
                return response.value_or(iso15118::SdpResponse{});
            }
        ADD_FAILURE() << "no answer to SDP";
        return {};
    }
    [[nodiscard]] PeerOptions car(std::string groups = "secp521r1:x448") const {
        return {path("vehicle/chain.pem"), path("vehicle/key.pem"), path("vehicle/trust.pem"), std::move(groups)};
    }
    /// Discovery, TCP, and the car's TLS, not yet shaken hands.
    std::unique_ptr<Peer> arrive(const PeerOptions& options) {
        discover();
        return std::make_unique<Peer>(testing::connect_loopback(SOCK_STREAM, port), options);
    }
    std::unique_ptr<Peer> charge() {
        auto peer = arrive(car());
        EXPECT_TRUE(peer->handshake());
        return peer;
    }

    std::uint16_t port = 0, discovery_port = 0;
    int udp = -1;
    std::size_t crypto_ = 0;
};

std::string v2g_frame(std::string_view payload, iso15118::PayloadType type = iso15118::PayloadType::dc) {
    const auto header = iso15118::make_v2gtp_header({type, static_cast<std::uint32_t>(payload.size())});
    std::string frame(as_text(header));
    return frame += payload;
}

std::string converse(Peer& peer, std::string_view payload) {
    if (!peer.write(v2g_frame(payload))) return "(not written)";
    const auto header = peer.read(iso15118::v2gtp_header_size);
    if (!header) return "(ended)";
    const auto parsed = iso15118::parse_v2gtp_header(as_bytes(*header));
    if (!parsed || parsed->type != iso15118::PayloadType::dc) return "(no V2GTP)";
    return peer.read(parsed->length).value_or("(cut)");
}

}  // namespace

TEST_F(V2g, proves_itself_with_a_key_that_only_crypto_has_and_talks_on_without_it) {
    plug_in_with_crypto();
    {
        const auto peer = charge();
        EXPECT_EQ(converse(*peer, "hello"), "hello");
        station.kill(crypto_);
        EXPECT_EQ(converse(*peer, "again"), "again") << "an open connection needs no key";
    }
    EXPECT_FALSE(arrive(car())->handshake()) << "without a signature there is no connection";
    EXPECT_TRUE(log_has({"connection", "failed"}));
    station.kill_and_restart(crypto_);
    EXPECT_EQ(converse(*charge(), "back"), "back");
}

TEST_F(V2g, a_car_finds_the_charger_and_every_frame_is_answered) {
    plug_in();
    const auto response = discover();
    EXPECT_EQ(response.port, port);
    EXPECT_EQ(response.address[15], std::byte{1});
    EXPECT_EQ(response.security, iso15118::SdpSecurity::tls);
    const auto peer = charge();
    EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(peer->ssl())), 3) << "the leaf and its sub-CAs, never the root";
    for (const std::string text : {"one", "two", "three"}) EXPECT_EQ(converse(*peer, text), text);
    EXPECT_TRUE(log_has({"opened", "\"protocol\":\"TLSv1.3\"", "\"group\":\"secp521r1\"", "TLS_AES_256_GCM_SHA384",
                         "CN=WMIDEV0001", "CN=DEVKS0001"}));
    peer->end_in_order();
    EXPECT_TRUE(log_has({"closed", "\"frames_in\":3", "\"frames_out\":3"}));
    EXPECT_EQ(converse(*charge(), "the next car"), "the next car");
}

TEST_F(V2g, a_frame_of_the_longest_kind_goes_both_ways) {
    plug_in();
    const auto peer = charge();
    std::string longest(iso15118::v2gtp_max_payload, 'x');
    for (std::size_t i = 0; i < longest.size(); ++i) longest[i] = static_cast<char>('a' + i % 23);
    EXPECT_EQ(converse(*peer, longest), longest);
}

TEST_F(V2g, the_hybrid_group_wins_even_when_the_cars_key_share_is_classical) {
    plug_in();
    auto peer = arrive(car("secp521r1:SecP384r1MLKEM1024"));
    ASSERT_TRUE(peer->handshake());
    EXPECT_EQ(peer->group(), "SecP384r1MLKEM1024");
    EXPECT_EQ(converse(*peer, "hello"), "hello");
}

TEST_F(V2g, a_classical_car_is_refused_where_the_hybrid_group_is_required) {
    plug_in("SecP384r1MLKEM1024/secp521r1:x448", "SecP384r1MLKEM1024");
    auto classical = arrive(car());
    (void)classical->handshake();  // the floor is checked after the handshake
    EXPECT_TRUE(classical->is_ended_by_peer());
    EXPECT_TRUE(log_has({"failed", "secp521r1", "requires SecP384r1MLKEM1024"}));
    auto hybrid = arrive(car("SecP384r1MLKEM1024"));
    ASSERT_TRUE(hybrid->handshake());
    EXPECT_EQ(converse(*hybrid, "hello"), "hello");
}

//= ISO 15118-20 [V2G20-2400]
//= ISO 15118-20 [V2G20-2401]
TEST_F(V2g, a_car_must_show_a_certificate_of_the_roots_that_the_charger_names) {
    plug_in();
    auto anonymous = car();
    anonymous.chain.clear();
    auto peer = arrive(anonymous);
    (void)peer->handshake();
    EXPECT_TRUE(peer->is_ended_by_peer());
    EXPECT_EQ(sk_X509_NAME_num(SSL_get_client_CA_list(peer->ssl())), 2);  // V2G and OEM
    auto stranger = car();
    stranger.chain = path("station/chain.pem");
    stranger.key = path("station/key.pem");
    peer = arrive(stranger);
    (void)peer->handshake();
    EXPECT_TRUE(peer->is_ended_by_peer());
    EXPECT_EQ(converse(*charge(), "hello"), "hello");
}

//= ISO 15118-20 [V2G20-2356]
TEST_F(V2g, nothing_older_than_tls_1_3) {
    plug_in();
    auto old = car();
    old.version = TLS1_2_VERSION;
    EXPECT_FALSE(arrive(old)->handshake());
    EXPECT_TRUE(log_has({"failed"}));
    EXPECT_EQ(converse(*charge(), "hello"), "hello");
}

TEST_F(V2g, what_is_no_tls_ends_its_connection_and_no_more) {
    plug_in();
    for (const std::string_view garbage :
         {std::string_view("GET / HTTP/1.1\r\n\r\n"), std::string_view("\x01\xfe\x80\x01\x00\x00\x00\x04test", 12)}) {
        discover();
        const int socket = testing::connect_loopback(SOCK_STREAM, port);
        EXPECT_EQ(::send(socket, garbage.data(), garbage.size(), 0), static_cast<ssize_t>(garbage.size()));
        char byte = 0;
        while (::recv(socket, &byte, 1, 0) > 0) {
        }
        ::close(socket);
        EXPECT_TRUE(log_has({"failed"}));
    }
    EXPECT_EQ(converse(*charge(), "hello"), "hello");
}

TEST_F(V2g, a_header_that_is_not_v2gtp_or_promises_too_much_ends_the_connection_before_its_payload) {
    plug_in();
    const std::vector<std::pair<std::string_view, std::string_view>> bad{
        {{"\x01\xfe\x80\x04\x00\x02\x00\x01", 8}, "over 128 KiB"}, {{"\x01\xfe\x80\x04\xff\xff\xff\xff", 8}, "over 128 KiB"},
        {{"\x01\xfe\x80\x04\x00\x00\x00\x00", 8}, "empty"},        {{"\x02\xfd\x80\x04\x00\x00\x00\x01", 8}, "version"},
        {{"\x01\xfe\x12\x34\x00\x00\x00\x01", 8}, "unknown"},      {{"\x01\xfe\x90\x00\x00\x00\x00\x02", 8}, "discovery"},
    };
    for (const auto& [header, reason] : bad) {
        auto peer = charge();
        ASSERT_TRUE(peer->write(header));
        EXPECT_TRUE(peer->is_ended_by_peer());
        EXPECT_TRUE(log_has({"closed", reason}));
    }
    EXPECT_EQ(converse(*charge(), "hello"), "hello");
}

TEST_F(V2g, a_frame_that_drips_ends_the_connection) {
    plug_in();
    auto peer = charge();
    const std::string frame = v2g_frame("0123456789");
    const Instant start = now();
    for (std::size_t i = 0; i < frame.size() && now() < start + 15s; ++i) {
        if (!peer->write(std::string_view(frame).substr(i, 1))) break;
        ::poll(nullptr, 0, 500);
    }
    EXPECT_TRUE(peer->is_ended_by_peer());
    EXPECT_TRUE(log_has({"closed", "too slowly"}));
    EXPECT_LT(now() - start, 9s);
}

TEST_F(V2g, one_car_at_a_time) {
    plug_in();
    auto first = charge();
    EXPECT_TRUE(ask(iso15118::make_sdp_request({})).empty());
    Peer second(testing::connect_loopback(SOCK_STREAM, port), car());
    EXPECT_FALSE(second.handshake());
    EXPECT_EQ(converse(*first, "still here"), "still here");
}

TEST_F(V2g, malformed_discovery_is_dropped_and_ends_nothing) {
    plug_in();
    discover();
    const auto good = iso15118::make_sdp_request({});
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_TRUE(ask(Bytes(good).first(size), 5ms).empty());
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] ^= std::byte{0x55};
        EXPECT_TRUE(ask(bad, 5ms).empty());
    }
    const std::vector<std::byte> longer(200, std::byte{1});
    EXPECT_TRUE(ask(longer, 5ms).empty());
    discover();
}

TEST_F(V2g, a_flood_of_discovery_gets_a_few_answers) {
    plug_in();
    discover();
    const auto request = iso15118::make_sdp_request({});
    for (int i = 0; i < 2000; ++i) (void)!::send(udp, request.data(), request.size(), MSG_DONTWAIT);
    int answers = 0;
    for (pollfd ready{udp, POLLIN, 0}; ::poll(&ready, 1, 200) > 0; ++answers) {
        char answer[64];
        (void)!::recv(udp, answer, sizeof answer, 0);
    }
    EXPECT_GE(answers, 1);
    EXPECT_LE(answers, 60);
    EXPECT_EQ(converse(*charge(), "hello"), "hello");
}

TEST_F(V2g, the_car_notices_nothing_when_its_parser_dies) {
    plug_in();
    auto peer = charge();
    EXPECT_EQ(converse(*peer, "count"), "1");
    station.kill_and_restart(client);
    EXPECT_EQ(converse(*peer, "count"), "2");  // the checkpoint says where it was
    EXPECT_EQ(converse(*peer, "hello"), "hello");
}

TEST_F(V2g, an_unanswered_frame_is_offered_to_the_successor) {
    plug_in();
    auto peer = charge();
    ASSERT_TRUE(peer->write(v2g_frame("once")));
    station.kill_and_restart(client);  // before or after it has answered: the car gets one answer
    const auto header = peer->read(8);
    ASSERT_TRUE(header);
    const auto text = peer->read(iso15118::parse_v2gtp_header(as_bytes(*header))->length);
    EXPECT_TRUE(text == "once" || text == "again once");
    EXPECT_EQ(converse(*peer, "hello"), "hello");
}

TEST_F(V2g, a_frame_that_kills_twice_ends_the_connection) {
    plug_in();
    auto peer = charge();
    ASSERT_TRUE(peer->write(v2g_frame("die")));
    EXPECT_EQ(station.wait(client), 9);
    station.kill_and_restart(client);
    EXPECT_EQ(station.wait(client), 9);
    station.kill_and_restart(client);
    EXPECT_TRUE(peer->is_ended_by_peer());
    EXPECT_TRUE(log_has({"security", "InvalidMessages", "WMIDEV0001"}));
    EXPECT_TRUE(ask(iso15118::make_sdp_request({})).empty()) << "held back for a while";
}

TEST_F(V2g, a_close_sends_what_was_put_before) {
    plug_in();
    auto peer = charge();
    EXPECT_EQ(converse(*peer, "bye"), "bye");
    EXPECT_TRUE(peer->is_ended_by_peer());
    EXPECT_TRUE(peer->was_ended_in_order());
    EXPECT_TRUE(log_has({"closing", "the client said bye"}));
}

TEST_F(V2g, frames_that_are_released_unanswered_make_room_for_more) {
    plug_in();
    auto peer = charge();
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(peer->write(v2g_frame("quiet")));
    EXPECT_EQ(converse(*peer, "hello"), "hello");
}

}  // namespace voltkeep::link
