// SPDX-License-Identifier: Apache-2.0
// Calls, requests, replies and pulses on the conduits of one service.
#include "kernel/runtime.hpp"

namespace voltkeep::kernel {

namespace {
Bytes body_of(std::span<const std::byte> message) { return message.subspan(header_size); }

/// Header and body in one buffer: the body stands already behind the place of the header.
Bytes with_header(std::vector<std::byte>& buffer, const Header& header, Bytes body) {
    if (!body.empty() && body.data() != buffer.data() + header_size) std::memmove(buffer.data() + header_size, body.data(), body.size());
    (void)encode(header, buffer);
    return Bytes(buffer).first(header_size + body.size());
}

bool is_power_of_two(std::uint64_t n) { return (n & (n - 1)) == 0; }
}  // namespace

void Runtime::report(std::uint16_t conduit, Errc what, std::uint64_t number) {
    send_record({.request = control::Request::fault, .argument = conduit, .code = static_cast<std::uint32_t>(what), .value = number});
}

// ---- client -----------------------------------------------------------------------------------------------------------

Result<std::uint32_t> Runtime::send_request(std::uint16_t index, std::uint16_t number, Bytes body) {
    ConduitState& c = conduits[index];
    if (number >= c.end.deadline_ms.size() || !(c.end.messages >> number & 1)) return fail(Errc::denied, "the policy does not allow this message");
    if (c.in_flight) return fail(Errc::busy, "a request is in flight on this conduit");
    if (!c.calls) return fail(Errc::gone_unread, "the server is not there");
    const std::uint32_t sequence = c.next_sequence++;
    const Result<> sent = os::send(c.calls.get(), with_header(send_buffer, {sequence, number, 0}, body));
    if (!sent) {
        if (sent.error().code == Errc::full) return fail(Errc::busy, "the server's queue is full");
        return fail(sent.error().code == Errc::closed ? Errc::gone_unread : Errc::io, sent.error().what);
    }
    ++c.unanswered;
    return sequence;
}

Result<std::optional<std::pair<Header, Reader>>> Runtime::take_reply(std::uint16_t index) {
    ConduitState& c = conduits[index];
    const auto received = TRY(os::receive(c.calls.get(), receive_buffer));
    if (!received) return std::nullopt;
    received_handles = received->handles;
    const Bytes message = Bytes(receive_buffer).first(received->size);
    Reader reader(message);
    Header header;
    if (received->truncated || !Codec<Header>::get(reader, header)) {
        detail::close_handles(received_handles);
        return fail(Errc::malformed, "a reply that is no message");
    }
    if (c.unanswered > 0) --c.unanswered;
    return std::pair(header, Reader(body_of(message), std::span(received_handles.data(), received_handles.size())));
}

/// The reply itself, or the error that the server sent instead.
Result<Reader> Runtime::opened(const Header& header, Reader body) {
    if (header.status == 0) return body;
    detail::close_handles(body.all_handles());
    Error error;
    error.code = header.status <= static_cast<std::uint16_t>(Errc::last_) ? static_cast<Errc>(header.status) : Errc::malformed;
    if (!Codec<Text<220>>::get(body, error.what)) error.what = Text<220>();
    return std::unexpected(error);
}

/// "Unread" is certain only if this was the one thing that the peer had not answered.
Errc Runtime::how_gone(std::uint16_t index, Errc seen) {
    return seen == Errc::gone_unread && conduits[index].unanswered <= 1 ? Errc::gone_unread : Errc::gone_unknown;
}

Result<Reader> Runtime::call(std::uint16_t index, std::uint16_t number, Bytes body) {
    ConduitState& c = conduits[index];
    CHECK(!(c.end.requests >> number & 1));   // the manifest says that this one may take long: `request`
    const std::uint32_t sequence = TRY(send_request(index, number, body));
    const Instant deadline = now() + std::chrono::milliseconds(c.end.deadline_ms[number]);
    for (;;) {
        auto reply = take_reply(index);
        if (!reply) {
            if (reply.error().code == Errc::malformed) return std::unexpected(reply.error());
            const Errc why = how_gone(index, reply.error().code);
            lost(index, reply.error().code);
            return fail(why, "the server died");
        }
        if (*reply) {
            if ((*reply)->first.sequence == sequence) return opened((*reply)->first, (*reply)->second);
            detail::close_handles((*reply)->second.all_handles());
            ++statistics.late;
            continue;
        }
        if (!TRY(os::wait(c.calls.get(), deadline))) return fail(Errc::timeout, "no reply within the deadline");
    }
}

Result<> Runtime::request(std::uint16_t index, std::uint16_t number, Bytes body, detail::RawThen then) {
    const std::uint32_t sequence = TRY(send_request(index, number, body));
    ConduitState& c = conduits[index];
    c.in_flight.emplace(sequence, now() + std::chrono::milliseconds(c.end.deadline_ms[number]), std::move(then));
    return {};
}

void Runtime::on_reply(std::uint16_t index) {
    ConduitState& c = conduits[index];
    auto reply = take_reply(index);
    if (!reply) {
        if (reply.error().code != Errc::malformed) lost(index, reply.error().code);
        return;
    }
    if (!*reply) return;
    if (!c.in_flight || c.in_flight->sequence != (*reply)->first.sequence) {
        detail::close_handles((*reply)->second.all_handles());
        ++statistics.late;
        return;
    }
    detail::RawThen then = std::move(c.in_flight->then);
    c.in_flight.reset();
    then(opened((*reply)->first, (*reply)->second));
}

void Runtime::expire_requests(Instant at) {
    for (ConduitState& c : conduits) {
        if (!c.in_flight || c.in_flight->deadline > at) continue;
        detail::RawThen then = std::move(c.in_flight->then);
        c.in_flight.reset();
        then(fail(Errc::timeout, "no reply within the deadline"));
    }
}

// ---- server -----------------------------------------------------------------------------------------------------------

void Runtime::refuse(std::uint16_t index, const Header& header, Errc why) {
    if (why == Errc::denied && is_power_of_two(++statistics.refused)) report(index, why, header.number);
    const Error error(why);
    reply({this, index, header.number, conduits[index].epoch, header.sequence}, &error, {}, {});
}

void Runtime::on_request(std::uint16_t index, const os::Received& received) {
    ConduitState& c = conduits[index];
    detail::close_handles(std::span(received.handles.data(), received.handles.size()));   // a descriptor never comes with a request
    Reader reader(Bytes(receive_buffer).first(received.size));
    Header header;
    const bool whole = !received.truncated && Codec<Header>::get(reader, header);
    c.open_sequence = header.sequence;   // an earlier request of this client is cancelled
    c.is_open = true;
    c.opened_at = now();
    if (!whole || !received.handles.empty()) return refuse(index, header, Errc::malformed);
    if (header.number >= policy::max_messages || !(c.end.messages >> header.number & 1)) return refuse(index, header, Errc::denied);
    ++statistics.handled;
    const Caller caller{c.end.peer.view(), c.end.peer_type.view(), c.end.peer_evse};
    (*server)(header.number, {this, index, header.number, c.epoch, header.sequence}, caller, reader);
}

void Runtime::on_calls(std::uint16_t index) {
    ConduitState& c = conduits[index];
    if (!c.end.is_server) return on_reply(index);
    const auto received = os::receive(c.calls.get(), receive_buffer);
    if (!received) return lost(index, received.error().code);
    if (*received) on_request(index, **received);
}

void Runtime::reply(const detail::ReplyTo& to, const Error* error, Bytes body, std::span<const int> handles) {
    ConduitState& c = conduits[to.conduit];
    if (!c.calls || c.epoch != to.epoch || !c.is_open || c.open_sequence != to.sequence) return;   // cancelled: nobody waits
    c.is_open = false;
    if (to.number < policy::max_messages && (c.end.messages >> to.number & 1)) times[to.number].add(now() - c.opened_at, std::chrono::milliseconds(c.end.deadline_ms[to.number]));
    Header header{to.sequence, to.number, 0};
    if (error) {
        header.status = static_cast<std::uint16_t>(error->code);
        body = encode(error->what, std::span(send_buffer).subspan(header_size));
        if (error->code == Errc::malformed && is_power_of_two(++statistics.malformed)) report(to.conduit, Errc::malformed, to.number);
    }
    const Result<> sent = os::send(c.calls.get(), with_header(send_buffer, header, body), handles);
    if (sent || sent.error().code == Errc::closed) return;   // a peer that is gone is noticed by its hang-up
    lost(to.conduit, Errc::full);
}

// ---- pulses -----------------------------------------------------------------------------------------------------------

void Runtime::notify(std::uint8_t code, std::uint64_t value, EvseId only) {
    for (std::uint16_t i = 0; i < conduits.size(); ++i) {
        ConduitState& c = conduits[i];
        if (!(c.end.pulses_out >> code & 1) || (only.number != 0 && c.end.peer_evse != only)) continue;
        c.pending |= 1u << code;
        c.pending_values[code] = value;
        flush(i);
    }
}

void Runtime::flush(std::uint16_t index) {
    ConduitState& c = conduits[index];
    if (!c.pulses) return;   // kept until the peer is back
    const std::uint32_t before = c.pending;
    for (std::uint8_t code = 0; c.pending >> code; ++code) {
        if (!(c.pending >> code & 1)) continue;
        std::array<std::byte, 9> message;
        message[0] = std::byte{code};
        std::memcpy(message.data() + 1, &c.pending_values[code], 8);
        if (!os::send(c.pulses.get(), message)) break;
        c.pending &= ~(1u << code);
    }
    if (c.pending != 0 || before != c.pending) (void)poller.change(c.pulses.get(), (2ull << 32) | index, true, c.pending != 0);
}

void Runtime::on_pulses(std::uint16_t index, bool writable) {
    if (writable) flush(index);
    ConduitState& c = conduits[index];
    std::array<std::byte, 16> message;
    for (int turn = 0; turn < 32 && c.pulses; ++turn) {
        const auto received = os::receive(c.pulses.get(), message);
        if (!received) return lost(index, received.error().code);
        if (!*received) return;
        detail::close_handles(std::span((*received)->handles.data(), (*received)->handles.size()));
        const auto code = std::to_integer<std::uint8_t>(message[0]);
        if ((*received)->size != 9 || code >= 32 || !(c.end.pulses_in >> code & 1)) {
            if (is_power_of_two(++statistics.refused)) report(index, Errc::denied, code);
            continue;
        }
        std::uint64_t value = 0;
        std::memcpy(&value, message.data() + 1, 8);
        ++statistics.handled;
        for (PulseHandler& h : pulse_handlers)
            if (h.code == code && h.type == c.end.peer_type) h.then(c.end.peer_evse, value);
    }
}

namespace detail {
void send_reply(const ReplyTo& to, Bytes body, std::span<const int> handles) { to.runtime->reply(to, nullptr, body, handles); }
void send_error(const ReplyTo& to, const Error& error) { to.runtime->reply(to, &error, {}, {}); }
Result<Reader> raw_call(Runtime& runtime, std::uint16_t conduit, std::uint16_t number, Bytes request) {
    return runtime.call(conduit, number, request);
}
Result<> raw_request(Runtime& runtime, std::uint16_t conduit, std::uint16_t number, Bytes request, RawThen then) {
    return runtime.request(conduit, number, request, std::move(then));
}
void close_handles(std::span<const int> handles) {
    for (int handle : handles) os::Descriptor{handle}.reset();
}
}  // namespace detail

}  // namespace voltkeep::kernel
