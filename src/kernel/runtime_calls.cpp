// SPDX-License-Identifier: Apache-2.0
// Calls, requests, replies and pulses on the conduits of one service.
#include "kernel/runtime.hpp"

namespace voltkeep::kernel {

namespace {
/// Header and body in one buffer: the body stands already behind the place of the header.
Bytes with_header(std::vector<std::byte>& buffer, const Header& header, Bytes body) {
    if (!body.empty() && body.data() != buffer.data() + header_size)
        std::memmove(buffer.data() + header_size, body.data(), body.size());
    (void)encode(header, buffer);
    return Bytes(buffer).first(header_size + body.size());
}

bool is_hang_up(Errc code) { return code == Errc::closed || code == Errc::gone_unread; }
constexpr std::uint16_t least_patience_ms = 20;   ///< shorter deadlines are kept to the microsecond
}  // namespace

void Runtime::report(std::uint16_t conduit, Errc what, std::uint64_t number) {
    send_record(
        {.request = control::Request::fault, .argument = conduit, .code = static_cast<std::uint32_t>(what), .value = number});
}

// ---- client -----------------------------------------------------------------------------------------------------------

Result<> Runtime::send_request(std::uint16_t index, std::uint16_t number, Bytes body) {
    ConduitState& c = conduits[index];
    if (number >= c.end.deadline_ms.size() || !(c.end.messages >> number & 1))
        return fail(Errc::denied, "the policy does not allow this message");
    if (c.client.is_waiting()) return fail(Errc::busy, "a request is in flight on this conduit");
    if (!c.calls) return fail(Errc::gone_unread, "the server is not there");
    trace->add(index, number);
    const Result<> sent = os::send(c.calls.get(), with_header(send_buffer, {c.client.begin(), number, 0}, body));
    if (sent) return {};
    c.client.give_up();
    if (sent.error().code == Errc::full) return fail(Errc::busy, "the server's queue is full");
    return fail(sent.error().code == Errc::closed ? Errc::gone_unread : Errc::io, sent.error().what);
}

/// Takes one thing from the server. Only what is the reply is in `reply`; descriptors of a late one are closed.
ClientExchange::Seen Runtime::look(std::uint16_t index, Reply& reply, bool waits) {
    ConduitState& c = conduits[index];
    const auto received = os::receive(c.calls.get(), receive_buffer, waits);
    if (!received) {
        c.wants_rejoin = !is_hang_up(received.error().code);
        return c.client.take({Arrival::Kind::gone, 0, received.error().code == Errc::gone_unread});
    }
    if (!*received) return c.client.take({});
    received_handles = (*received)->handles;
    Reader reader(Bytes(receive_buffer).first((*received)->size));
    const bool is_message = Codec<Header>::get(reader, reply.header);
    if (!is_message || (*received)->truncated) {
        ++statistics.malformed;
        offend(index, Offence::malformed, reply.header.number);
        reply.header.status = static_cast<std::uint16_t>(Errc::malformed);
    }
    reply.body = Reader(Bytes(receive_buffer).first((*received)->size).subspan(is_message ? header_size : 0),
                        std::span(received_handles.data(), received_handles.size()));
    const auto seen = c.client.take({Arrival::Kind::message, is_message ? reply.header.sequence : 0, (*received)->was_unread});
    if (seen == ClientExchange::Seen::late) detail::close_handles(reply.body.all_handles());
    return seen;
}

/// The reply itself, or the error that the server sent instead.
Result<Reader> Runtime::opened(Reply& reply) {
    if (reply.header.status == 0) return reply.body;
    detail::close_handles(reply.body.all_handles());
    Error error;
    error.code =
        reply.header.status <= static_cast<std::uint16_t>(Errc::last_) ? static_cast<Errc>(reply.header.status) : Errc::malformed;
    if (!Codec<Text<220>>::get(reply.body, error.what)) error.what = Text<220>();
    return std::unexpected(error);
}

Result<Reader> Runtime::call(std::uint16_t index, std::uint16_t number, Bytes body) {
    using Seen = ClientExchange::Seen;
    ConduitState& c = conduits[index];
    CHECK(!(c.end.requests >> number & 1));   // the manifest says that this one may take long: `request`
    TRY(send_request(index, number, body));
    const std::uint16_t ms = c.end.deadline_ms[number];
    const Instant deadline = now() + std::chrono::milliseconds(ms);
    // One call to the system less, where its tick is small beside the deadline.
    bool is_patient = ms >= least_patience_ms;
    if (is_patient && std::exchange(c.patience_ms, ms) != ms) os::set_patience(c.calls.get(), std::chrono::milliseconds(ms));
    for (Seen seen = Seen::nothing;; is_patient = false) {
        // Waiting comes first: the reply is never there already, and asking for it costs as much as a quarter of the call.
        const bool is_late = seen == Seen::late && now() >= deadline;   // a server that fills the queue is waited for no longer
        const auto is_ready = is_patient || is_late ? Result<bool>(is_patient) : os::wait(c.calls.get(), deadline);
        if (!is_ready || !*is_ready) {
            c.client.give_up();
            return is_ready ? fail(Errc::timeout, "no reply within the deadline") : std::unexpected(is_ready.error());
        }
        Reply reply;
        seen = look(index, reply, is_patient);
        if (seen == Seen::reply) return opened(reply);
        if (seen != Seen::gone) continue;
        const Errc why = c.client.how_gone();
        lost(index);
        return fail(why, "the server died");
    }
}

Result<> Runtime::request(std::uint16_t index, std::uint16_t number, Bytes body, detail::RawThen then) {
    TRY(send_request(index, number, body));
    ConduitState& c = conduits[index];
    c.in_flight.emplace(now() + std::chrono::milliseconds(c.end.deadline_ms[number]), std::move(then));
    return {};
}

void Runtime::finish(std::uint16_t index, Result<Reader> result) {
    std::optional<ConduitState::InFlight> done = std::exchange(conduits[index].in_flight, std::nullopt);
    if (done) done->then(std::move(result));   // which may begin the next one
}

void Runtime::settle(std::uint16_t index, ClientExchange::Seen seen, Reply& reply) {
    if (seen == ClientExchange::Seen::gone) lost(index);
    if (seen == ClientExchange::Seen::reply) finish(index, opened(reply));
}

/// What is still queued on ends that are about to be given up: a reply's `then` may have sent a request that is answered there
/// already.
void Runtime::take_rest(std::uint16_t index) {
    constexpr int most = 32;
    auto seen = ClientExchange::Seen::reply;
    for (int taken = 0;
         taken < most && seen == ClientExchange::Seen::reply && conduits[index].calls && conduits[index].client.is_waiting();
         ++taken) {
        Reply reply;
        seen = drain([&] { return look(index, reply); });
        settle(index, seen, reply);
    }
}

/// An end of this conduit cannot be used any more; if its peer lives, nobody but us knows.
void Runtime::broken(std::uint16_t index, Errc seen) {
    take_rest(index);
    conduits[index].wants_rejoin = !is_hang_up(seen);
    lost(index);
}

std::size_t Runtime::expire_requests(Instant at) {
    std::size_t expired = 0;
    for (std::uint16_t i = 0; i < conduits.size(); ++i) {
        if (!conduits[i].in_flight || conduits[i].in_flight->deadline > at) continue;
        conduits[i].client.give_up();
        ++expired;
        finish(i, fail(Errc::timeout, "no reply within the deadline"));
    }
    return expired;
}

// ---- server -----------------------------------------------------------------------------------------------------------

/// The first of a kind of each peer is reported, of all its others ever fewer.
void Runtime::offend(std::uint16_t index, Offence offence, std::uint16_t number) {
    ConduitState& c = conduits[index];
    const std::size_t kind =
        static_cast<std::size_t>(offence) * offence_numbers + std::min<std::size_t>(number, policy::max_messages);
    const bool is_first = !c.known[kind];
    c.known.set(kind);
    if (std::has_single_bit(++c.offences) || is_first) c.untold.set(kind);
    tell_offences();
}

/// So many words a second, one peer after the other: nobody fills the log, and nobody's offences hide those of another.
void Runtime::tell_offences() {
    constexpr std::array codes{Errc::denied, Errc::denied, Errc::malformed, Errc::busy};
    for (bool is_more = true; std::exchange(is_more, false);)
        for (std::uint16_t i = 0; i < conduits.size() && words > 0; ++i) {
            auto& untold = conduits[i].untold;
            if (untold.none()) continue;
            std::size_t kind = untold.size() - 1;
            while (!untold[kind]) --kind;
            untold.reset(kind);
            report(i, codes[kind / offence_numbers], kind % offence_numbers);
            --words;
            is_more = true;
        }
}

void Runtime::refuse(std::uint16_t index, const Header& header, Errc why) {
    if (why == Errc::denied) {
        ++statistics.refused;
        offend(index, Offence::denied_message, header.number);
    }
    const Error error(why);
    reply({this, index, header.number, conduits[index].server.epoch(), header.sequence}, &error, {}, {});
}

void Runtime::on_request(std::uint16_t index, const os::Received& received) {
    ConduitState& c = conduits[index];
    detail::close_handles(
        std::span(received.handles.data(), received.handles.size()));  // a descriptor never comes with a request
    Reader reader(Bytes(receive_buffer).first(received.size));
    Header header;
    const bool whole = !received.truncated && Codec<Header>::get(reader, header);
    c.server.opened(header.sequence);
    c.opened_at = now();
    spend(index, c.opened_at);
    if (!whole || !received.handles.empty()) return refuse(index, header, Errc::malformed);
    if (header.number >= policy::max_messages || !(c.end.messages >> header.number & 1))
        return refuse(index, header, Errc::denied);
    ++statistics.handled;
    trace->add(index, header.number);
    const Caller caller{c.end.peer.view(), c.end.peer_type.view(), c.end.peer_evse};
    (*server)(header.number, {this, index, header.number, c.server.epoch(), header.sequence}, caller, reader);
}

void Runtime::on_calls(std::uint16_t index) {
    ConduitState& c = conduits[index];
    if (!c.end.is_server) {
        Reply reply;
        return settle(index, look(index, reply), reply);
    }
    if (c.pace.is_paused) return;   // paused by what was ready beside this
    const auto received = os::receive(c.calls.get(), receive_buffer);
    if (!received) return broken(index, received.error().code);
    if (*received) on_request(index, **received);
}

void Runtime::reply(const detail::ReplyTo& to, const Error* error, Bytes body, std::span<const int> handles) {
    ConduitState& c = conduits[to.conduit];
    if (!c.calls || !c.server.answer(to.epoch, to.sequence)) return;   // cancelled: nobody waits
    if (to.number < policy::max_messages && (c.end.messages >> to.number & 1))
        times[to.number].add(now() - c.opened_at, std::chrono::milliseconds(c.end.deadline_ms[to.number]));
    Header header{to.sequence, to.number, 0};
    if (error) {
        header.status = static_cast<std::uint16_t>(error->code);
        body = encode(error->what, std::span(send_buffer).subspan(header_size));
        if (error->code == Errc::malformed) {
            ++statistics.malformed;
            offend(to.conduit, Offence::malformed, to.number);
        }
    }
    const Result<> sent = os::send(c.calls.get(), with_header(send_buffer, header, body), handles);
    if (sent || sent.error().code == Errc::closed) return;   // a peer that is gone is noticed by its hang-up
    broken(to.conduit, Errc::full);
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
    for (std::uint8_t code = 0; code < 32 && c.pending >> code; ++code) {
        if (!(c.pending >> code & 1)) continue;
        std::array<std::byte, 9> message;
        message[0] = std::byte{code};
        std::memcpy(message.data() + 1, &c.pending_values[code], 8);
        if (!os::send(c.pulses.get(), message)) break;
        c.pending &= ~(1u << code);
    }
    if (!c.pace.is_paused && (c.pending != 0 || before != c.pending))
        (void)poller.change(c.pulses.get(), key_of(Source::pulses, index), true, c.pending != 0);
}

void Runtime::on_pulses(std::uint16_t index, bool writable) {
    if (writable) flush(index);
    ConduitState& c = conduits[index];
    std::array<std::byte, 16> message;
    for (int turn = 0; turn < 32 && c.pulses && !c.pace.is_paused; ++turn) {
        const auto received = os::receive(c.pulses.get(), message);
        if (!received && !is_hang_up(received.error().code)) return broken(index, received.error().code);
        if (!received) {   // what became of a call is told by its own channel, which may still hold the reply
            poller.remove(c.pulses.get());
            return c.pulses.reset();
        }
        if (!*received) return;
        detail::close_handles(std::span((*received)->handles.data(), (*received)->handles.size()));
        spend(index, now());
        const auto code = std::to_integer<std::uint8_t>(message[0]);
        if ((*received)->size != 9 || code >= 32 || !(c.end.pulses_in >> code & 1)) {
            ++statistics.refused;
            offend(index, Offence::denied_pulse, code);
            continue;
        }
        std::uint64_t value = 0;
        std::memcpy(&value, message.data() + 1, 8);
        ++statistics.handled;
        for (std::size_t i = 0; i < pulse_handlers.size(); ++i)   // by index: a handler may register another one
            if (PulseHandler& h = pulse_handlers[i]; h.code == code && h.type == c.end.peer_type) h.then(c.end.peer_evse, value);
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
