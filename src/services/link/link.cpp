// SPDX-License-Identifier: Apache-2.0
#include "link.hpp"

#include "websocket_connection.hpp"
#include "wire/iso15118/v2gtp.hpp"

namespace voltkeep::link {
namespace {

constexpr std::size_t outgoing_bound = 2 * frame_bound;  ///< bytes that the peer has not taken
constexpr Duration client_patience = 60s;                ///< how long a frame may wait for its answer before the connection ends
constexpr Duration poison_pause = 20s;                   ///< keeps a peer that kills clients below the client's restart intensity

constexpr std::string_view poison = "a frame killed its parser twice";

constexpr Mailbox::Limits limits_of(Role role) {
    return role == Role::v2g_server ? Mailbox::Limits{.frames = 4, .bytes = frame_bound}
                                    : Mailbox::Limits{.frames = 32, .bytes = 2 * frame_bound};
}

bool is_kind(Role role, std::uint16_t kind, std::uint32_t size) {
    if (role == Role::websocket_client) return kind == text_frame || kind == binary_frame;
    return iso15118::is_known(kind) && kind < static_cast<std::uint16_t>(iso15118::PayloadType::sdp_request) &&
           size <= iso15118::v2gtp_max_payload;
}

//= OCPP 2.1 Part 2 Appendix 1 Security events
std::string_view security_event(tls::Failure failure) {
    switch (failure) {
        case tls::Failure::peer_certificate: return "InvalidCsmsCertificate";
        case tls::Failure::protocol_version: return "InvalidTLSVersion";
        case tls::Failure::cipher_suite: return "InvalidTLSCipherSuite";
        case tls::Failure::other: return {};
    }
    return {};
}

}  // namespace

Link::Link(kernel::Service& self, audit::Journal& journal, Role role)
    : self_(self), journal_(journal), role_(role), mailbox_(limits_of(role)), number_(self.starts() << 16) {}

void Link::serve(Opener& opener) {
    opener_ = &opener;
    self_.serve<Interface>([this](const TakeFrame& m) { return mailbox_.take(m); }, [this](const PutFrame& m) { return put(m); },
                           [this](const Release& m) { return release(m); }, [this](const Close& m) { return close(m); },
                           [this](const GetState&) { return Result<GetState::State>(state()); },
                           [this](const Open& m) -> Result<kernel::Done> {
                               opener_->enable(m.enabled);
                               return kernel::Done{};
                           });
    self_.on_back(role_ == Role::v2g_server ? "iso15118" : "ocpp", [this](EvseId) { client_is_back(); });
    self_.every(5s, [this] { check_client(); });
}

void Link::begin(std::shared_ptr<Connection> connection) {
    CHECK(!connection_);
    connection_ = std::move(connection);
    phase_ = Phase::handshake;
    was_open_ = is_poisoned_ = false;
    frames_in_ = frames_out_ = 0;
    details_ = {};
    subprotocol_ = {};
    connection_->start();
}

void Link::opened(const tls::Details& details, std::string_view subprotocol) {
    phase_ = Phase::open;
    was_open_ = true;
    details_ = details;
    subprotocol_ = Text<24>::cut(subprotocol);
    last_error_ = Errc::ok;
    mailbox_.open(++number_);
    audit::Payload entry;
    entry.put("step", "opened")
        .put("connection", number_)
        .put("protocol", details_.protocol.view())
        .put("group", details_.group.view());
    entry.put("cipher", details_.cipher.view()).put("peer", details_.peer_subject.view()).put("own", details_.own_subject.view());
    if (!subprotocol_.empty()) entry.put("subprotocol", subprotocol_.view());
    journal_.append(audit::Type::connection, self_.evse().number, entry);
    self_.notify(Pulse::opened, number_);
}

void Link::arrived(Frame frame) {
    ++frames_in_;
    self_.notify(Pulse::frame, mailbox_.push(std::move(frame), now()));
}

void Link::ended(const Ending& ending) {
    connection_.reset();
    phase_ = Phase::idle;
    mailbox_.close();
    last_error_ = ending.why;
    if (was_open_) {
        audit::Payload entry;
        entry.put("step", "closed").put("connection", number_).put("reason", ending.why.what.view());
        entry.put("frames_in", frames_in_).put("frames_out", frames_out_);
        journal_.append(audit::Type::connection, self_.evse().number, entry);
    } else
        log_failure(ending);
    self_.notify(Pulse::closed, number_);
    opener_->ended(was_open_ && !is_poisoned_);
}

void Link::failed(const Error& why) {
    phase_ = Phase::idle;
    last_error_ = why;
    log_failure({why});
}

void Link::log_failure(const Ending& ending) {
    if (!failure_entries_.allows(now())) {
        ++unlogged_failures_;
        return;
    }
    audit::Payload entry;
    const std::string_view security = role_ == Role::websocket_client ? security_event(ending.failure) : std::string_view();
    if (security.empty())
        entry.put("step", "failed").put("reason", ending.why.what.view());
    else
        entry.put("event", security).put("detail", ending.why.what.view());
    if (const std::uint32_t more = std::exchange(unlogged_failures_, 0)) entry.put("unlogged", more);
    journal_.append(security.empty() ? audit::Type::connection : audit::Type::security, self_.evse().number, entry);
}

Result<kernel::Done> Link::put(const PutFrame& request) {
    if (phase_ != Phase::open) return fail(Errc::closed, "there is no open connection");
    if (!is_kind(role_, request.kind, request.size))
        return fail(Errc::bad_argument, "not a kind of frame of this connection, or too long for it");
    if (request.offset == 0 && connection_->queued() + request.size > outgoing_bound)
        return fail(Errc::full, "the peer does not read");
    auto frame = TRY(mailbox_.put(request));
    if (!frame) return kernel::Done{};
    ++frames_out_;
    connection_->send(std::move(*frame));
    connection_->resume();
    return kernel::Done{};
}

Result<kernel::Done> Link::release(const Release& request) {
    TRY(mailbox_.release(request));
    if (connection_) connection_->resume();
    return kernel::Done{};
}

Result<kernel::Done> Link::close(const Close& request) {
    if (phase_ != Phase::open || request.connection != number_) return fail(Errc::closed, "that connection has ended");
    phase_ = Phase::closing;
    journal_.append(audit::Type::connection, self_.evse().number,
                    audit::Payload().put("step", "closing").put("connection", number_).put("reason", request.reason.view()));
    connection_->close();
    return kernel::Done{};
}

GetState::State Link::state() const {
    GetState::State state;
    state.phase = phase_;
    state.connection = number_;
    state.protocol = details_.protocol;
    state.group = details_.group;
    state.cipher = details_.cipher;
    state.peer_subject = details_.peer_subject;
    state.own_subject = details_.own_subject;
    state.peer_certificate_hash = details_.peer_certificate_hash;
    state.subprotocol = subprotocol_;
    state.last_error = Text<120>::cut(last_error_.what.view());
    state.frames_in = frames_in_;
    state.frames_out = frames_out_;
    state.garbage = garbage_;
    state.poisoned = is_poisoned_;
    state.checkpoint = *Blob<checkpoint_bound>::from(mailbox_.checkpoint());
    return state;
}

void Link::client_is_back() {
    if (!mailbox_.client_died()) return end_poisoned();
    if (phase_ == Phase::open) self_.notify(Pulse::opened, number_);
    if (!mailbox_.is_empty()) self_.notify(Pulse::frame);
}

/// A client that is gone for good, or hangs, does not keep a connection alive by our pongs.
void Link::check_client() {
    const auto oldest = mailbox_.oldest();
    if (phase_ == Phase::open && oldest && now() - *oldest > client_patience)
        connection_->drop({Errc::timeout, "a frame was not answered in time"});
}

void Link::end_poisoned() {
    is_poisoned_ = true;
    held_until_ = now() + poison_pause;
    journal_.append(audit::Type::security, self_.evse().number,
                    audit::Payload()
                        .put("event", "InvalidMessages")
                        .put("detail", poison)
                        .put("connection", number_)
                        .put("peer", details_.peer_subject.view()));
    if (connection_) connection_->drop({Errc::malformed, poison});
}

}  // namespace voltkeep::link
