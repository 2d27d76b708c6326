// SPDX-License-Identifier: Apache-2.0
// One outside connection: socket, TLS state, framing. A connection outlives the process that understands it: link keeps the
// frames that are not answered and a small checkpoint, and offers both to its client's successor. It parses nothing but TLS and
// framing.
#pragma once

#include "kernel/message.hpp"

namespace voltkeep::link {

inline constexpr std::size_t piece_bound = 12000;       ///< bytes of a frame that travel in one message
inline constexpr std::size_t frame_bound = 256 * 1024;  ///< the longest frame; a longer one ends the connection
inline constexpr std::size_t checkpoint_bound = 4096;

/// The oldest frame that was not released, from byte `offset` on. Errors: not_found (there is none).
/// A frame that was taken by two clients which both died before they released it ends the connection.
struct TakeFrame {
    std::uint32_t offset = 0;
    struct Piece {
        std::uint32_t id = 0;          ///< of the frame, in this connection
        std::uint32_t connection = 0;  ///< number of the connection; not used again, not even by a link that was restarted
        std::uint16_t kind = 0;        ///< V2GTP: payload type; WebSocket: 1 text, 2 binary
        std::uint32_t size = 0;        ///< of the whole frame
        std::int64_t arrived_ns = 0;   ///< Instant at which its last byte came
        bool repeated = false;         ///< it was offered before, to a client that died
        Blob<piece_bound> bytes;
    };
    using Reply = Piece;
};

/// Sends a frame, in pieces, in order. With the last piece `answers` releases the frame of that id (0: none), and the checkpoint
/// replaces the one before, both at once. Errors: closed, bad_argument (kind, offset or size do not fit, or no such frame waits
/// for an answer), full (the peer does not read). After an error the frame begins anew at offset 0.
struct PutFrame {
    std::uint32_t connection = 0;
    std::uint16_t kind = 0;
    std::uint32_t size = 0;
    std::uint32_t offset = 0;
    std::uint32_t answers = 0;
    Blob<piece_bound> bytes;
    Blob<checkpoint_bound> checkpoint;  ///< only looked at with the last piece
    using Reply = kernel::Done;
};

/// Releases a frame that needs no answer, and leaves a checkpoint. Errors: closed, not_found.
struct Release {
    std::uint32_t connection = 0;
    std::uint32_t id = 0;
    Blob<checkpoint_bound> checkpoint;
    using Reply = kernel::Done;
};

/// Ends the connection after what was put is sent. Errors: closed.
struct Close {
    std::uint32_t connection = 0;
    Text<80> reason;
    using Reply = kernel::Done;
};

enum class Phase : std::uint8_t { idle, connecting, handshake, open, closing, last_ = closing };

/// What is known of the connection: for the log, for the checkpoint after a restart.
struct GetState {
    struct State {
        Phase phase = Phase::idle;
        std::uint32_t connection = 0;
        Text<24> protocol;  ///< "TLSv1.3"
        Text<32> group;     ///< "SecP384r1MLKEM1024"
        Text<40> cipher;
        Text<200> peer_subject;  ///< of the peer's certificate
        Text<80> own_subject;
        std::array<std::uint8_t, 64> peer_certificate_hash{};  ///< SHA-512 over the peer's leaf certificate, DER
        Text<24> subprotocol;                                  ///< WebSocket
        Text<120> last_error;                                  ///< why the last connection ended
        std::uint32_t frames_in = 0;
        std::uint32_t frames_out = 0;
        std::uint32_t garbage = 0;          ///< malformed datagrams and frames dropped
        bool poisoned = false;              ///< the last connection was ended because a frame killed its parser twice
        Blob<checkpoint_bound> checkpoint;  ///< as the client left it; empty for a new connection
    };
    using Reply = State;
};

/// Accepts cars (server role), or connects, now and again whenever the connection has ended (client role). Until the first Open
/// link does neither; a link that was restarted has forgotten it. In the client role another Open cuts a back-off short.
/// `enabled` false: no new connection; one that is open goes on.
struct Open {
    bool enabled = true;
    using Reply = kernel::Done;
};

using Interface = kernel::Interface<TakeFrame, PutFrame, Release, Close, GetState, Open>;

/// frame (value: its id): TakeFrame has something. opened, closed (value: connection): GetState says what. A client that was
/// restarted gets them for what it finds.
enum class Pulse : std::uint8_t { frame, opened, closed, last_ = closed };

enum class Role : std::uint8_t { v2g_server, websocket_client, last_ = websocket_client };

struct Config {
    Role role = Role::v2g_server;
    Text<120> certificates;          ///< PEM: own certificate and its sub-CAs, relative to the state directory
    Text<120> key;                   ///< PEM; empty: crypto signs with the key of this link, and link never has it
    Text<120> trust;                 ///< PEM: the roots that the peer's chain must end in
    Text<120> suites;                ///< as OpenSSL's list: "TLS_AES_256_GCM_SHA384"
    Text<120> groups;                ///< as OpenSSL's list: "SecP384r1MLKEM1024:X25519MLKEM768/P-384" (with the slash)
    Text<120> signature_algorithms;  ///< as OpenSSL's list: "ecdsa_secp384r1_sha384:mldsa87"
    Text<40> required_group;         ///< the connection ends if another was negotiated; empty: any of the list
    // websocket_client
    Text<120> host;                         ///< the name that the server's certificate must carry: not an address
    Text<200> path;                         ///< "/ocpp/VK-DEV-0001"
    Text<40> subprotocols;                  ///< "ocpp2.1, ocpp2.0.1"
    std::uint16_t retry_minimum_ms = 1000;  ///< back-off of OCPP 2.1 Part 4: minimum, doubled, plus a random share
    std::uint16_t retry_random_ms = 500;
    std::uint8_t retry_doublings = 5;
    std::uint16_t ping_s = 30;  ///< 0: none
};

}  // namespace voltkeep::link
