// SPDX-License-Identifier: Apache-2.0
// Keeps the tamper-evident log. `Append` is answered when the entry is on the disk; all that come while the disk is busy share one sync.
#include <deque>
#include <map>

#include "base/json.hpp"
#include "kernel/service.hpp"
#include "services/audit/protocol.hpp"
#include "store.hpp"

namespace voltkeep::audit {
namespace {

std::string_view word(Type type) {
    switch (type) {
        case Type::boot: return "boot";
        case Type::stop: return "stop";
        case Type::service: return "service";
        case Type::policy: return "policy";
        case Type::security: return "security";
        case Type::connection: return "connection";
        case Type::session: return "session";
        case Type::transaction: return "transaction";
        case Type::meter: return "meter";
        case Type::safety: return "safety";
        case Type::configuration: return "configuration";
        case Type::message: return "message";
        case Type::gap: return "gap";
    }
    return "unknown";
}

Type type_of(std::string_view text) {
    for (auto i = 0u; i <= static_cast<unsigned>(Type::last_); ++i)
        if (word(static_cast<Type>(i)) == text) return static_cast<Type>(i);
    return Type::gap;
}

std::string_view word(kernel::control::Cause cause) {
    using enum kernel::control::Cause;
    switch (cause) {
        case none: return "none";
        case exit: return "exit";
        case signal: return "signal";
        case seccomp: return "seccomp";
        case memory: return "memory";
        case watchdog: return "watchdog";
        case invariant: return "invariant";
        case start_failed: return "start_failed";
        case ordered: return "ordered";
    }
    return "unknown";
}

std::string_view word(kernel::control::Life life) {
    using enum kernel::control::Life;
    switch (life) {
        case off: return "off";
        case starting: return "starting";
        case ready: return "ready";
        case stopping: return "stopping";
        case dead: return "dead";
        case quarantined: return "quarantined";
        case exhausted: return "exhausted";
    }
    return "unknown";
}

class Log {
public:
    Log(kernel::Service& self, Store store) : self_(self), store_(std::move(store)), boot_(store_.found().last_boot + 1) {
        const Store::Found& found = store_.found();
        add("audit", Type::boot, 0, payload().put("boot", boot_).put("entries", found.entries).put("torn_bytes", found.torn_bytes).text());
        if (found.damage)
            add("audit", Type::security, 0,
                payload().put("event", "TamperDetectionActivated").put("entry", found.damage->index).put("detail", found.damage->what).text());
        schedule();   // with the first turn of the loop: the disk may take its time, and until then nothing is answered
    }

    void append(const kernel::Caller& caller, Type type, std::uint8_t evse, std::string_view payload, std::optional<kernel::Defer<Append::Appended>> reply) {
        const std::uint64_t index = add(caller.name, type, evse, payload);
        if (reply) waiting_.emplace_back(index, std::move(*reply));
        schedule();
    }

    void append_later(const kernel::Caller& caller, const AppendLater& m) {
        if (unsynced_ >= later_bound) {
            ++dropped_;
            return;
        }
        add(caller.name, m.type, m.evse, m.payload.view());
        schedule();
    }

    Read::Entries read(std::uint64_t from) const {
        Read::Entries entries;
        (void)store_.read(from, entries.entries.capacity, [&](std::uint64_t index, const audit_log::Entry& e, const audit_log::Hash& hash) {
            Entry entry{index, *Text<24>::from(e.source), e.sequence, e.boot, e.monotonic_ns, e.wall_ms, type_of(e.type), e.evse, {}, hash};
            entry.payload = *decltype(entry.payload)::from(e.payload);
            CHECK(entries.entries.push(entry));
        });
        return entries;
    }

    [[nodiscard]] GetHead::Head head() const { return {store_.size(), store_.head(), dropped_}; }

    /// What the process manager saw: deaths, restarts, refused messages.
    void pull() {
        self_.ask(kernel::control::Request::take_events, static_cast<std::uint16_t>(stored_event_), [this](Bytes bytes) {
            if (const auto event = kernel::decode<kernel::control::Event>(bytes)) take(*event);
        });
    }

    void commit() {
        unsynced_ = 0;
        const Result<> done = store_.commit();
        if (!done) self_.fault(done.error());
        for (auto& [index, reply] : std::exchange(waiting_, {})) reply(done ? Result<Append::Appended>({index}) : std::unexpected(done.error()));
        if (!done) {
            taken_event_ = stored_event_;   // the process manager gives them again
            return;
        }
        stored_event_ = taken_event_;
        self_.notify(Pulse::appended, store_.size());
    }

private:
    static constexpr std::size_t later_bound = 512;

    std::uint64_t add(std::string_view source, Type type, std::uint8_t evse, std::string_view payload) {
        ++unsynced_;
        return store_.add({std::string(source), sequences_[std::string(source)]++, boot_, now().ns, std::max<std::int64_t>(0, wall_now().unix_ms),
                           std::string(word(type)), evse, std::string(payload)});
    }

    /// One sync for all that came in this turn of the loop, and for those that come while the disk is busy the next one.
    void schedule() {
        if (std::exchange(is_scheduled_, true)) return;
        self_.after(0ns, [this] {
            is_scheduled_ = false;
            commit();
        });
    }

    /// The process manager gives its events again until it is told that they are stored.
    void take(const kernel::control::Event& e) {
        using kernel::control::Occasion;
        if (e.sequence <= taken_event_) return;
        if (taken_event_ != 0 && e.sequence > taken_event_ + 1)
            add("procmgr", Type::gap, 0, payload().put("source", "procmgr").put("missing", e.sequence - taken_event_ - 1).text());
        taken_event_ = e.sequence;
        constexpr std::string_view occasions[] = {"life", "fault", "refused", "late", "rejoined"};
        const bool is_policy = e.occasion == Occasion::refused || (e.occasion == Occasion::fault && (e.code == 0xfe || e.code == static_cast<int>(Errc::denied)));
        JsonObject<payload_bound> p = payload();
        p.put("service", e.name.view()).put("occasion", occasions[static_cast<std::size_t>(e.occasion)]);
        if (e.occasion == Occasion::life) p.put("life", word(e.life)).put("cause", word(e.cause));
        if (!e.peer.empty()) p.put("peer", e.peer.view());
        if (!e.last.empty()) p.put("last", e.last.view());
        add("procmgr", is_policy ? Type::policy : Type::service, 0, p.put("code", e.code).put("detail", e.detail).text());
        schedule();
    }

    static JsonObject<payload_bound> payload() { return {}; }

    kernel::Service& self_;
    Store store_;
    std::uint64_t boot_;
    std::map<std::string, std::uint64_t> sequences_;
    std::deque<std::pair<std::uint64_t, kernel::Defer<Append::Appended>>> waiting_;
    std::size_t unsynced_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint32_t taken_event_ = 0;    ///< of the process manager
    std::uint32_t stored_event_ = 0;
    bool is_scheduled_ = false;
};

}  // namespace
}  // namespace voltkeep::audit

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    audit::Log log(self, MUST(audit::Store::open("log")));

    self.serve<audit::Interface>(
        [&](const audit::Append& m, const kernel::Caller& caller, kernel::Defer<audit::Append::Appended> reply) {
            log.append(caller, m.type, m.evse, m.payload.view(), std::move(reply));
        },
        [&](const audit::AppendLater& m, const kernel::Caller& caller) -> Result<kernel::Done> {
            log.append_later(caller, m);
            return kernel::Done{};
        },
        [&](const audit::Read& m) -> Result<audit::Read::Entries> { return log.read(m.from); },
        [&](const audit::GetHead&) -> Result<audit::GetHead::Head> { return log.head(); });

    self.every(100ms, [&] { log.pull(); });
    self.on_stop([&] { log.commit(); });
    self.seal();
    return self.run();
}
