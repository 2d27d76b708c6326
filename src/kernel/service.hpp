// SPDX-License-Identifier: Apache-2.0
// The skeleton of every service: start, connect, serve, seal, run. A reviewer of a service reads only what differs from this.
// One Service per process, one thread. Handlers run to their end, one after the other, and throw nothing.
#pragma once

#include <functional>
#include <memory>

#include "base/ids.hpp"
#include "kernel/control.hpp"
#include "kernel/message.hpp"

namespace voltkeep::kernel {

/// Who sent a message: known by the channel on which it came, never by what it says.
struct Caller {
    std::string_view name;   ///< "iso15118@2"
    std::string_view type;   ///< "iso15118"
    EvseId evse;             ///< 0 if it is not bound to an EVSE
};

using TimerId = std::uint64_t;
using Action = std::move_only_function<void()>;

class Runtime;

namespace detail {
/// A reply on its way back: to one request, on one epoch of one conduit. Answering later than the next request is void.
struct ReplyTo {
    Runtime* runtime = nullptr;
    std::uint16_t conduit = 0;
    std::uint16_t number = 0;
    std::uint32_t epoch = 0;
    std::uint32_t sequence = 0;
};
void send_reply(const ReplyTo& to, Bytes body, std::span<const int> handles);
void send_error(const ReplyTo& to, const Error& error);
/// Where replies are built. One per process: a reply is sent before the next one is begun.
std::span<std::byte> reply_buffer();

using RawThen = std::move_only_function<void(Result<Reader>)>;
Result<Reader> raw_call(Runtime& runtime, std::uint16_t conduit, std::uint16_t number, Bytes request);
Result<> raw_request(Runtime& runtime, std::uint16_t conduit, std::uint16_t number, Bytes request, RawThen then);
std::span<std::byte> request_buffer();
/// Closes descriptors that a message brought and nobody took.
void close_handles(std::span<const int> handles);

template <class R>
Result<R> decode_reply(Result<Reader>&& raw) {
    if (!raw) return std::unexpected(std::move(raw).error());
    Result<R> reply{std::in_place};
    if (!Codec<R>::get(*raw, *reply) || !raw->at_end()) {
        close_handles(raw->all_handles());
        return fail(Errc::malformed, type_name<R>());
    }
    return reply;
}
}  // namespace detail

/// The promise of a reply that comes later. Dropped unanswered, it tells the client `bad_state`.
template <class R>
class Defer {
public:
    explicit Defer(detail::ReplyTo to) : to_(to) {}
    Defer(Defer&& other) noexcept : to_(std::exchange(other.to_, {})) {}
    Defer& operator=(Defer&& other) noexcept {
        std::swap(to_, other.to_);
        return *this;
    }
    ~Defer() {
        if (to_.runtime) detail::send_error(to_, Error(Errc::bad_state, "the request was dropped"));
    }
    void operator()(const Result<R>& reply) {
        if (!to_.runtime) return;
        if (reply) {
            Writer w(detail::reply_buffer());
            Codec<R>::put(w, *reply);
            detail::send_reply(to_, w.written(), w.handles());
        } else
            detail::send_error(to_, reply.error());
        to_.runtime = nullptr;
    }

private:
    detail::ReplyTo to_;
};

/// The client's end of one conduit. Cheap to copy; valid as long as the Service.
template <class I>
class Client {
public:
    Client() = default;
    Client(Runtime* runtime, std::uint16_t conduit) : runtime_(runtime), conduit_(conduit) {}

    /// Sends and waits, at most for the manifest's deadline. Errors: what is known of the call (Errc 1 to 6), or the server's
    /// own.
    template <class M>
        requires(I::template has<M>)
    Result<typename M::Reply> call(const M& message) const {
        return detail::decode_reply<typename M::Reply>(
            detail::raw_call(*runtime_, conduit_, I::template number_of<M>, encode(message, detail::request_buffer())));
    }

    /// Sends; the reply is an event of the loop: `then(Result<Reply>)`. One in flight per conduit: `busy` if there is one
    /// already, and `then` is not called.
    template <class M, class Then>
        requires(I::template has<M> && std::invocable<Then&, Result<typename M::Reply>>)
    Result<> request(const M& message, Then then) const {
        return detail::raw_request(*runtime_, conduit_, I::template number_of<M>, encode(message, detail::request_buffer()),
                                   [then = std::move(then)](Result<Reader> raw) mutable {
                                       then(detail::decode_reply<typename M::Reply>(std::move(raw)));
                                   });
    }

    explicit operator bool() const { return runtime_ != nullptr; }
    [[nodiscard]] std::uint16_t conduit() const { return conduit_; }

private:
    Runtime* runtime_ = nullptr;
    std::uint16_t conduit_ = 0;
};

namespace detail {
template <class... H>
struct Overloaded : H... {
    using H::operator()...;
};

/// Runs the handler for one message, whichever of the four forms it has.
template <class M, class H>
void handle(H& handlers, const ReplyTo& to, const Caller& caller, Reader reader) {
    using R = typename M::Reply;
    M message;
    if (!Codec<M>::get(reader, message) || !reader.at_end()) return send_error(to, Error(Errc::malformed, type_name<M>()));
    if constexpr (std::invocable<H&, const M&, const Caller&, Defer<R>>) handlers(message, caller, Defer<R>(to));
    else if constexpr (std::invocable<H&, const M&, Defer<R>>) handlers(message, Defer<R>(to));
    else if constexpr (std::is_invocable_r_v<Result<R>, H&, const M&, const Caller&>)
        Defer<R>{to}(Result<R>(handlers(message, caller)));
    else {
        static_assert(std::is_invocable_r_v<Result<R>, H&, const M&>, "every message of the interface has its handler");
        Defer<R>{to}(Result<R>(handlers(message)));
    }
}

using RawHandler = std::move_only_function<void(std::uint16_t number, const ReplyTo&, const Caller&, Reader)>;
}  // namespace detail

class Service {
public:
    /// Takes the control channel, learns what this process may do, and receives its ends. Ends the process if it was not
    /// started by a process manager.
    static Service start(int control = control::descriptor);
    Service(Service&&) noexcept;
    ~Service();

    [[nodiscard]] std::string_view name() const;      ///< "power@1"
    [[nodiscard]] EvseId evse() const;                ///< 0 if not bound to one
    [[nodiscard]] std::uint32_t starts() const;       ///< how often it was started before: 0 at the first start
    [[nodiscard]] bool is_lab() const;                ///< limits are relaxed; say so where people look

    /// The conduit to the server `type` (of that EVSE, or of this service's own). Ends the process if the policy has none,
    /// or if the server speaks another build's messages.
    template <class I>
    Client<I> connect(std::string_view type, EvseId of = {}) {
        return Client<I>(runtime_.get(), conduit_to(type, of, I::fingerprint));
    }
    /// The EVSEs for which there is a conduit to `type`, ascending.
    [[nodiscard]] List<EvseId, 8> evses_of(std::string_view type) const;

    /// The peer was started anew and the conduit joined again: send the desired state again. Its pulses are delivered too, with
    /// value 0.
    void on_back(std::string_view type, std::move_only_function<void(EvseId)> then);

    /// One handler per message of I: `(const M&)`, `(const M&, const Caller&)` returning Result<Reply>, or either with a
    /// `Defer<Reply>` behind, returning nothing. A missing one does not compile.
    template <class I, class... H>
    void serve(H... handlers) {
        serve_raw(I::fingerprint, [h = detail::Overloaded<H...>{std::move(handlers)...}](
                                      std::uint16_t number, const detail::ReplyTo& to, const Caller& caller,
                                      Reader reader) mutable {
            [&]<std::size_t... N>(std::index_sequence<N...>) {
                (void)((number == N && (detail::handle<typename I::template Message<N>>(h, to, caller, reader), true)) || ...);
            }
            (std::make_index_sequence<I::count>{});
        });
    }

    /// `then(evse of the sender, value)` when a peer of that type drops this pulse.
    template <Enumeration P>
    void on(std::string_view type, P pulse, std::move_only_function<void(EvseId, std::uint64_t)> then) {
        on_pulse(type, static_cast<std::uint8_t>(pulse), std::move(then));
    }
    /// Drops a pulse at every peer that the policy lets have it, or only at those of one EVSE. Never blocks; the newest value
    /// wins.
    template <Enumeration P>
    void notify(P pulse, std::uint64_t value = 0, EvseId only = {}) {
        notify_raw(static_cast<std::uint8_t>(pulse), value, only);
    }

    TimerId every(Duration period, Action action);
    TimerId after(Duration delay, Action action);
    TimerId at(Instant when, Action action);
    void cancel(TimerId timer);

    /// Calls `then(readable, writable)` when the descriptor is ready. The descriptor stays the caller's.
    void watch(int descriptor, bool writable, std::move_only_function<void(bool readable, bool writable)> then);
    void unwatch(int descriptor);

    /// The open descriptor of a granted device; it belongs to the caller. -1: not connected yet, `on_device` will tell.
    /// Ends the process if the manifest does not name it.
    [[nodiscard]] int device(std::string_view name);
    /// The device's other side is gone: the process manager shall connect it anew. The old descriptor is the caller's to close.
    void reopen(std::string_view name);
    /// A device was connected (late, or anew): here is the descriptor.
    void on_device(std::string_view name, std::move_only_function<void(int)> then);

    /// Reports a fault to the process manager's log: what could not be done here. Goes on.
    void fault(const Error& error);

    /// Asks the process manager (operator, monitor, audit): the answer comes as its bytes (control::State, Event, or end). No
    /// bytes: it could not be asked, or its answer was lost.
    void ask(control::Request request, std::uint16_t argument, std::move_only_function<void(Bytes)> then);
    /// A service without which no energy may flow ("safe-state") stays off, `true`, or is started again: of this EVSE, or of the
    /// whole station (0). What holds already is told at once.
    void on_fallback(std::move_only_function<void(EvseId, bool)> then);
    /// Before an orderly stop.
    void on_stop(Action action);

    /// Nothing is opened, loaded or mapped executable after this. Then the station knows that this service is ready.
    void seal();
    /// The loop. Returns the exit status.
    int run();

    /// For a service whose own loop is the loop (link): readable when `turn` has something to do.
    [[nodiscard]] int descriptor() const;
    void turn();

private:
    explicit Service(std::unique_ptr<Runtime> runtime);
    std::uint16_t conduit_to(std::string_view type, EvseId of, std::uint64_t fingerprint);
    void serve_raw(std::uint64_t fingerprint, detail::RawHandler handler);
    void on_pulse(std::string_view type, std::uint8_t code, std::move_only_function<void(EvseId, std::uint64_t)> then);
    void notify_raw(std::uint8_t code, std::uint64_t value, EvseId only);

    std::unique_ptr<Runtime> runtime_;
};

}  // namespace voltkeep::kernel
