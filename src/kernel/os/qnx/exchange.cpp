// SPDX-License-Identifier: Apache-2.0
#include "kernel/os/qnx/exchange.hpp"

#include <stdlib.h>
#include <sys/iomsg.h>
#include <sys/neutrino.h>
#include <sys/procmgr.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

#include "kernel/control.hpp"

namespace voltkeep::kernel::os::qnx {

namespace {
enum class Kind : std::uint16_t {
    say = _IO_MAX + 1,   ///< a message for the end `about`
    fetch,               ///< give me the end `about`, or the next message that waits in its queue
    moved,               ///< the peer of `about` lives at `place` now
    hung_up,             ///< the peer of `about` is gone
};
enum PulseCode : int { room = _PULSE_CODE_MINAVAIL, timer_is_due, descriptor_is_ready, process_has_ended };
constexpr Duration courier_limit = 50ms;   ///< a courier that does not answer in this time is stopped, and as good as dead

/// In front of every message between couriers.
struct Header {
    Kind kind = Kind::say;
    std::uint16_t parcels = 0;
    std::uint32_t size = 0;
    std::uint64_t about = 0;
    Place place;
};
/// The answer to `fetch`: a message that waited, or (is_last) the end itself.
struct Fetched {
    std::uint32_t is_last = 0;
    std::uint16_t parcels = 0;
    std::uint64_t peer_name = 0;
    Place peer;
    std::uint32_t is_closed = 0;
};
using Parcels = std::array<Parcel, max_handles>;
constexpr std::size_t largest = sizeof(Header) + sizeof(Parcels) + hard_max_size;

iov_t part(const void* data, std::size_t size) { return {const_cast<void*>(data), size}; }

/// Sends within the courier's limit; the reply's size in octets is not needed by anyone.
Result<> exchange(int connection, std::span<const iov_t> parts, std::span<std::byte> reply) {
    sigevent unblock{};
    SIGEV_UNBLOCK_INIT(&unblock);
    const auto limit = static_cast<std::uint64_t>(courier_limit.count());
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, &unblock, &limit, nullptr);
    if (::MsgSendvs(connection, parts.data(), parts.size(), reply.data(), reply.size()) >= 0) return {};
    if (errno == EAGAIN) return fail(Errc::full, "the peer's queue is full");
    return fail(Errc::closed, "the peer is gone");   // ESRCH, EBADF; ETIMEDOUT: it may have the message, so the pair is over
}

std::uint64_t new_name() {
    std::uint64_t name = 0;
    ::arc4random_buf(&name, sizeof name);
    return name | 1;
}

Exchange* the_exchange = nullptr;
}  // namespace

Exchange& Exchange::here() {
    if (the_exchange == nullptr) the_exchange = new Exchange;   // for as long as the process lives: so does its courier
    return *the_exchange;
}

void Exchange::forget() { the_exchange = nullptr; }

Exchange::Exchange() : incoming_(largest) {
    here_ = {::getpid(), ::ChannelCreate(_NTO_CHF_DISCONNECT | _NTO_CHF_COID_DISCONNECT)};
    CHECK(here_.channel >= 0);
    to_myself_ = ::ConnectAttach(0, 0, here_.channel, _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC);
    CHECK(to_myself_ >= 0);
    std::thread([this] { carry(); }).detach();
}

// ---- the courier

void Exchange::carry() {
    for (;;) {
        _msg_info info{};
        const rcvid_t sender = ::MsgReceive(here_.channel, incoming_.data(), incoming_.size(), &info);
        if (sender < 0) continue;
        const std::lock_guard hold(lock_);
        if (sender == 0) {
            _pulse pulse;
            std::memcpy(&pulse, incoming_.data(), sizeof pulse);
            on_pulse(pulse.code, pulse.value.sival_int, pulse.scoid);
        } else
            on_message(sender, info.pid, static_cast<std::size_t>(info.msglen));
    }
}

void Exchange::on_pulse(int code, int value, int connection) {
    if (code == _PULSE_CODE_DISCONNECT) ::ConnectDetach(connection);
    for (auto& [name, weak] : names_) {
        const auto end = weak.lock();
        if (!end) continue;
        if (code == _PULSE_CODE_COIDDEATH && end->connection == value) end->is_closed = true;
        if (code == room) end->is_refused = false;   // which one it was shows at the next try
    }
    for (auto& [number, object] : objects_) {
        if (auto* const timer = std::get_if<Timer>(&object); timer && code == timer_is_due) timer->is_due = now() >= timer->at;
        if (auto* const process = std::get_if<Process>(&object); process && code == process_has_ended)
            process->has_ended |= process->pid == value;
    }
    if (code == process_has_ended)   // what waited for it to be fetched dies with it
        for (auto parked = parked_.begin(); parked != parked_.end();) {
            if (parked->second->for_whom == value) {
                errands_.push_back({Errand::Kind::hung_up, parked->second->peer, parked->second->peer_name, {}});
                parked = parked_.erase(parked);
            } else
                ++parked;
        }
    changed();
}

/// Answers at once, whatever comes. Only the peer of an end may say something to it, and only who it is for may fetch it.
void Exchange::on_message(std::intptr_t sender, pid_t pid, std::size_t size) {
    Header header;
    if (size < sizeof header) return static_cast<void>(::MsgError(sender, ENOSYS));
    std::memcpy(&header, incoming_.data(), sizeof header);
    const Bytes rest = Bytes(incoming_).first(size).subspan(sizeof header);
    const auto end = named(header.about);
    if (!end) return static_cast<void>(::MsgError(sender, ESRCH));
    if (header.kind == Kind::fetch) {
        if (pid != end->for_whom) return static_cast<void>(::MsgError(sender, EACCES));
        return hand_over(sender, end, {pid, header.place.channel});
    }
    if (pid != end->peer.pid) return static_cast<void>(::MsgError(sender, EACCES));
    switch (header.kind) {
        case Kind::say: {
            const std::size_t parcels = header.parcels * sizeof(Parcel);
            if (header.parcels > max_handles || header.size > hard_max_size || rest.size() != parcels + header.size)
                return static_cast<void>(::MsgError(sender, EBADMSG));
            std::size_t octets = header.size;
            for (const Message& waiting : end->queue) octets += waiting.content.size();
            end->owes_room = end->is_moved || octets > queue_octets || end->queue.size() >= queue_messages;
            if (end->owes_room) return static_cast<void>(::MsgError(sender, EAGAIN));
            Message message;
            message.parcels.resize(header.parcels);
            std::memcpy(message.parcels.data(), rest.data(), parcels);
            message.content.assign(rest.begin() + static_cast<std::ptrdiff_t>(parcels), rest.end());
            end->queue.push_back(std::move(message));
            break;
        }
        case Kind::moved:
            end->peer = header.place;
            end->connection = connection_to(header.place);
            end->is_closed |= end->connection < 0;
            end->is_refused = false;
            break;
        case Kind::hung_up: end->is_closed = true; break;
        default: return static_cast<void>(::MsgError(sender, ENOSYS));
    }
    ::MsgReply(sender, EOK, nullptr, 0);
    changed();
}

/// First what waits in its queue, message by message; then the end itself.
void Exchange::hand_over(std::intptr_t sender, const std::shared_ptr<End>& end, Place to) {
    Fetched fetched{.peer_name = end->peer_name, .peer = end->peer, .is_closed = end->is_closed};
    Parcels parcels{};
    Message message;
    if (!end->queue.empty()) {
        message = std::move(end->queue.front());
        end->queue.pop_front();
        for (const Parcel& parcel : message.parcels) parcels[fetched.parcels++] = parcel;
        for (const auto& travelling : message.ends) {
            travelling->for_whom = to.pid;
            parked_[travelling->name] = travelling;
            parcels[fetched.parcels++] = {travelling->name, here_};
        }
    } else {
        fetched.is_last = 1;
        end->is_moved = true;
        parked_.erase(end->name);
        errands_.push_back({Errand::Kind::moved, end->peer, end->peer_name, to});
    }
    const std::array parts{part(&fetched, sizeof fetched), part(parcels.data(), sizeof parcels),
                           part(message.content.data(), message.content.size())};
    ::MsgReplyv(sender, static_cast<long>(message.content.size()), parts.data(), parts.size());
    changed();
}

// ---- the service's thread

Object* Exchange::find(int number) {
    const auto found = objects_.find(number);
    return found == objects_.end() ? nullptr : &found->second;
}

std::shared_ptr<End> Exchange::named(std::uint64_t name) {
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : found->second.lock();
}

/// Several ends share a connection; one is enough for all of a process.
int Exchange::connection_to(Place place) {
    if (place == here_) return -1;
    for (const auto& [name, weak] : names_)
        if (const auto end = weak.lock(); end && end->peer == place && end->connection >= 0) return end->connection;
    return ::ConnectAttach(0, place.pid, place.channel, _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC);
}

/// Number 3 is the control channel: it is fetched from who started this process when it is first used.
std::shared_ptr<End> Exchange::end_of(int number) {
    {
        const std::lock_guard hold(lock_);
        if (Object* const object = find(number))
            if (auto* const end = std::get_if<std::shared_ptr<End>>(object)) return *end;
    }
    const char* const offered = number == control::descriptor ? ::getenv(control_variable) : nullptr;
    Parcel parcel;
    if (offered == nullptr || std::sscanf(offered, "%d.%d.%llx", &parcel.holder.pid, &parcel.holder.channel,
                                          reinterpret_cast<unsigned long long*>(&parcel.name)) != 3)
        return nullptr;
    auto fetched = fetch(parcel);
    if (!fetched) return nullptr;
    const std::lock_guard hold(lock_);
    objects_[number] = *fetched;
    return *fetched;
}

Result<Pair> Exchange::make_pair() {
    const auto a = std::make_shared<End>(), b = std::make_shared<End>();
    a->name = b->peer_name = new_name();
    b->name = a->peer_name = new_name();
    a->peer = b->peer = here_;
    {
        const std::lock_guard hold(lock_);
        names_[a->name] = a;
        names_[b->name] = b;
    }
    return Pair{Descriptor(add(a)), Descriptor(add(b))};
}

int Exchange::add(Object object) {
    const std::lock_guard hold(lock_);
    objects_[next_number_] = std::move(object);
    return next_number_++;
}

void Exchange::remove(int number) {
    Object object;
    {
        const std::lock_guard hold(lock_);
        Object* const found = find(number);
        if (found == nullptr) return;
        object = std::move(*found);
        objects_.erase(number);
    }
    if (auto* const timer = std::get_if<Timer>(&object)) ::timer_delete(timer->id);
    if (auto* const end = std::get_if<std::shared_ptr<End>>(&object)) {
        retire(*end);
        end->reset();
        const std::lock_guard hold(lock_);
        std::erase_if(names_, [](const auto& entry) { return entry.second.expired(); });
    }
    run_errands();
}

/// The last that holds an end says to the other one that it is gone; what was under way in its queue goes with it.
void Exchange::retire(const std::shared_ptr<End>& end) {
    const std::lock_guard hold(lock_);
    if (end.use_count() > 1 || end->is_moved) return;
    errands_.push_back({Errand::Kind::hung_up, end->peer, end->peer_name, {}});
    for (const Message& message : end->queue)
        for (const auto& travelling : message.ends)
            if (travelling.use_count() == 1)
                errands_.push_back({Errand::Kind::hung_up, travelling->peer, travelling->peer_name, {}});
}

void Exchange::run_errands() {
    for (;;) {
        Errand errand;
        int connection = -1;
        {
            const std::lock_guard hold(lock_);
            if (errands_.empty()) return;
            errand = errands_.front();
            errands_.pop_front();
            if (errand.to == here_) {
                if (const auto end = named(errand.about)) {
                    if (errand.kind == Errand::Kind::hung_up) end->is_closed = true;
                    else {
                        end->connection = connection_to(errand.now_at);
                        end->peer = errand.now_at;
                        end->is_closed |= end->connection < 0 && errand.now_at != here_;
                    }
                }
                changed();
                continue;
            }
            connection = connection_to(errand.to);
        }
        const Header header{errand.kind == Errand::Kind::moved ? Kind::moved : Kind::hung_up, 0, 0, errand.about, errand.now_at};
        const std::array parts{part(&header, sizeof header)};
        (void)exchange(connection, parts, {});   // who is gone need not be told
    }
}

/// Takes an end from its holder, with what waited in its queue.
Result<std::shared_ptr<End>> Exchange::fetch(const Parcel& parcel) {
    const auto end = std::make_shared<End>();
    end->name = parcel.name;
    int connection = -1;
    {
        const std::lock_guard hold(lock_);
        connection = connection_to(parcel.holder);
    }
    std::vector<std::byte> reply(sizeof(Fetched) + sizeof(Parcels) + hard_max_size);
    const Header header{Kind::fetch, 0, 0, parcel.name, here_};
    const std::array parts{part(&header, sizeof header)};
    for (;;) {
        const long size = [&] {
            sigevent unblock{};
            SIGEV_UNBLOCK_INIT(&unblock);
            const auto limit = static_cast<std::uint64_t>(courier_limit.count());
            TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, &unblock, &limit, nullptr);
            return ::MsgSendvs(connection, parts.data(), parts.size(), reply.data(), reply.size());
        }();
        if (size < 0 || static_cast<std::size_t>(size) > hard_max_size) return fail(Errc::closed, "who held this end is gone");
        Fetched fetched;
        std::memcpy(&fetched, reply.data(), sizeof fetched);
        if (fetched.parcels > max_handles) return fail(Errc::malformed);
        if (fetched.is_last) {
            end->peer_name = fetched.peer_name;
            end->peer = fetched.peer;
            end->is_closed = fetched.is_closed != 0;
            break;
        }
        Message message;
        message.parcels.resize(fetched.parcels);
        std::memcpy(message.parcels.data(), reply.data() + sizeof fetched, fetched.parcels * sizeof(Parcel));
        const auto content = reply.begin() + sizeof(Fetched) + sizeof(Parcels);
        message.content.assign(content, content + size);
        end->queue.push_back(std::move(message));
    }
    const std::lock_guard hold(lock_);
    end->connection = connection_to(end->peer);
    names_[end->name] = end;
    return end;
}

Result<> Exchange::send(int number, Bytes content, std::span<const int> handles) {
    CHECK(handles.size() <= max_handles);
    if (content.empty()) return fail(Errc::bad_argument, "a message has at least one octet");
    if (content.size() > hard_max_size) return fail(Errc::full, "larger than any message");
    std::vector<std::shared_ptr<End>> ends;
    for (const int handle : handles) {
        ends.push_back(end_of(handle));
        if (!ends.back()) return fail(Errc::unsupported, "only ends of pairs travel on QNX: no file descriptor");
    }
    run_errands();
    const auto end = end_of(number);
    if (!end) return fail(Errc::bad_argument, "no end of a pair");
    int connection = -1;
    {
        const std::lock_guard hold(lock_);
        if (end->is_closed || end->is_moved) return fail(Errc::closed, "the peer is gone");
        connection = end->connection;
        if (connection < 0) {
            const auto peer = named(end->peer_name);
            if (!peer) return fail(Errc::closed, "the peer is gone");
            std::size_t octets = content.size();
            for (const Message& waiting : peer->queue) octets += waiting.content.size();
            end->is_refused = octets > queue_octets || peer->queue.size() >= queue_messages;
            if (end->is_refused) return fail(Errc::full, "the peer's queue is full");
            peer->queue.push_back({{content.begin(), content.end()}, std::move(ends), {}});
            changed();
            return {};
        }
        for (const auto& travelling : ends) {
            travelling->for_whom = end->peer.pid;
            parked_[travelling->name] = travelling;
        }
    }
    Parcels parcels{};
    for (std::size_t i = 0; i < ends.size(); ++i) parcels[i] = {ends[i]->name, here_};
    const Header header{
        Kind::say, static_cast<std::uint16_t>(ends.size()), static_cast<std::uint32_t>(content.size()), end->peer_name, {}};
    const std::array parts{part(&header, sizeof header), part(parcels.data(), ends.size() * sizeof(Parcel)),
                           part(content.data(), content.size())};
    const Result<> sent = exchange(connection, parts, {});
    if (sent) return sent;
    const std::lock_guard hold(lock_);
    for (const auto& travelling : ends) parked_.erase(travelling->name);
    if (sent.error().code == Errc::full) end->is_refused = true;
    else end->is_closed = true;
    return sent;
}

Result<std::optional<Received>> Exchange::receive(int number, std::span<std::byte> buffer) {
    run_errands();
    const auto end = end_of(number);
    if (!end) return fail(Errc::closed, "no end of a pair");
    Message message;
    int connection = -1;
    {
        const std::lock_guard hold(lock_);
        // What a dead peer left unread is not known here, so nothing is ever said to be `gone_unread`.
        if (end->queue.empty() && end->is_closed) return fail(Errc::closed, "the peer is gone");
        if (end->queue.empty()) return std::nullopt;
        message = std::move(end->queue.front());
        end->queue.pop_front();
        if (std::exchange(end->owes_room, false)) connection = end->connection;
        if (const auto peer = named(end->peer_name); peer && end->connection < 0) peer->is_refused = false;
    }
    if (connection >= 0) (void)::MsgSendPulse(connection, SIGEV_PULSE_PRIO_INHERIT, room, 0);
    for (const Parcel& parcel : message.parcels)
        if (auto fetched = fetch(parcel)) message.ends.push_back(std::move(*fetched));
    Received received;
    received.size = std::min(buffer.size(), message.content.size());
    std::memcpy(buffer.data(), message.content.data(), received.size);
    received.truncated = received.size < message.content.size() || message.ends.size() < message.parcels.size();
    for (auto& arrived : message.ends) {
        Descriptor handle(add(std::move(arrived)));
        if (!received.truncated) CHECK(received.handles.push(handle.release()));
    }
    return received;
}

Result<> Exchange::arm(int number, Instant when) {
    const std::int64_t ns = std::max<std::int64_t>(when.ns, 1);
    const itimerspec at{{0, 0}, {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)}};
    const std::lock_guard hold(lock_);
    Object* const object = find(number);
    auto* const timer = object ? std::get_if<Timer>(object) : nullptr;
    if (timer == nullptr) return fail(Errc::bad_argument, "no timer");
    if (timer->at.ns == INT64_MAX && !timer->id) {
        sigevent event{};
        SIGEV_PULSE_INIT(&event, to_myself_, SIGEV_PULSE_PRIO_INHERIT, timer_is_due, number);
        if (::timer_create(CLOCK_MONOTONIC, &event, &timer->id) != 0) return fail_errno("timer_create");
    }
    timer->at = when;
    timer->is_due = false;
    if (::timer_settime(timer->id, TIMER_ABSTIME, &at, nullptr) != 0) return fail_errno("timer_settime");
    return {};
}

Result<std::string> Exchange::offer(int number, pid_t to) {
    const auto end = end_of(number);
    if (!end) return fail(Errc::bad_argument, "no end of a pair");
    const std::lock_guard hold(lock_);
    end->for_whom = to;
    parked_[end->name] = end;
    std::array<char, 64> text{};
    (void)std::snprintf(text.data(), text.size(), "%d.%d.%llx", here_.pid, here_.channel,
                        static_cast<unsigned long long>(end->name));
    return std::string(text.data());
}

void Exchange::allow(int number, pid_t to) {
    if (const auto end = end_of(number)) {
        const std::lock_guard hold(lock_);
        end->for_whom = to;
    }
}

Result<> Exchange::watch_deaths() {
    sigevent event{};
    SIGEV_PULSE_INIT(&event, to_myself_, SIGEV_PULSE_PRIO_INHERIT, process_has_ended, 0);
    SIGEV_MAKE_UPDATEABLE(&event);   // the kernel puts in which process it was
    if (::procmgr_event_notify_add(PROCMGR_EVENT_PROCESS_DEATH, &event) < 0) return fail_errno("procmgr_event_notify_add");
    return {};
}

unsigned Exchange::ready(int number, bool writable) {
    if (number < first_number && number != control::descriptor) {
        sigevent event{};
        SIGEV_PULSE_INIT(&event, to_myself_, SIGEV_PULSE_PRIO_INHERIT, descriptor_is_ready, number);
        (void)::MsgRegisterEvent(&event, number);
        const int conditions =
            ::ionotify(number, _NOTIFY_ACTION_POLLARM, _NOTIFY_COND_INPUT | (writable ? _NOTIFY_COND_OUTPUT : 0), &event);
        if (conditions < 0) return 1;   // its owner is gone: reading will say so
        return (conditions & _NOTIFY_COND_INPUT ? 1u : 0u) | (conditions & _NOTIFY_COND_OUTPUT ? 2u : 0u);
    }
    const auto end = end_of(number);
    const std::lock_guard hold(lock_);
    if (end) {
        const bool has_room = end->is_closed || !end->is_refused;
        return (!end->queue.empty() || end->is_closed ? 1u : 0u) | (writable && has_room ? 2u : 0u);
    }
    const Object* const object = find(number);
    if (object == nullptr) return 0;
    if (const auto* const timer = std::get_if<Timer>(object)) return timer->is_due ? 1 : 0;
    if (const auto* const process = std::get_if<Process>(object)) return process->has_ended ? 1 : 0;
    return 0;
}

}  // namespace voltkeep::kernel::os::qnx
