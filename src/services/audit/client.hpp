// SPDX-License-Identifier: Apache-2.0
// A service's way to the log: entries are queued here and sent one after the other, so that nobody waits for the disk.
// The queue is bounded. When it is full the oldest entry that may be lost goes; if there is none, the newest is not taken. An
// entry that audit will never take is given up and reported, and those behind it go on. How many were lost is itself an entry.
#pragma once

#include <deque>

#include "base/json.hpp"
#include "kernel/service.hpp"
#include "services/audit/protocol.hpp"

namespace voltkeep::audit {

using Payload = JsonObject<payload_bound>;

class Journal {
public:
    explicit Journal(kernel::Service& self) : self_(self), client_(self.connect<Interface>("audit")) {
        self.on_back("audit", [this](EvseId) { send_next(); });
        self.every(1s, [this] { send_next(); });   // after a refusal (full disk), try again
    }

    /// Must not be lost: durable when audit answers. `then(true)` when it is on the disk, `then(false)` when it will never be
    /// there.
    void append(Type type, std::uint8_t evse, const Payload& payload, std::move_only_function<void(bool)> then = {}) {
        add({type, evse, payload.text()}, false, std::move(then));
    }
    /// May be lost under load.
    void append_later(Type type, std::uint8_t evse, const Payload& payload) { add({type, evse, payload.text()}, true); }

private:
    static constexpr std::size_t bound = 128;
    struct Item {
        Append entry;
        bool may_be_lost;
        std::move_only_function<void(bool)> then = {};
    };

    void add(Append entry, bool may_be_lost, std::move_only_function<void(bool)> then = {}) {
        if (queue_.size() == bound) {
            ++lost_;
            const auto victim =
                std::ranges::find_if(queue_.begin() + 1, queue_.end(), [](const Item& i) { return i.may_be_lost; });
            if (victim == queue_.end()) {
                if (then) then(false);
                return;
            }
            queue_.erase(victim);
        }
        queue_.push_back({std::move(entry), may_be_lost, std::move(then)});
        send_next();
    }

    void send_next() {
        if (is_sending_ || queue_.empty()) return;
        const Item& item = queue_.front();
        const Result<> sent =
            item.may_be_lost
                ? client_.request(AppendLater{item.entry.type, item.entry.evse, item.entry.payload},
                                  [this](const Result<kernel::Done>& r) { done(r ? Errc::ok : r.error().code); })
                : client_.request(item.entry, [this](const Result<Append::Appended>& r) { done(r ? Errc::ok : r.error().code); });
        is_sending_ = sent.has_value();
        if (!sent && is_final(sent.error().code)) done(sent.error().code);
    }

    /// What audit will never take, however often it is asked.
    static bool is_final(Errc code) {
        return code == Errc::denied || code == Errc::malformed || code == Errc::bad_argument || code == Errc::unsupported;
    }

    /// An entry whose answer was lost is sent again: a doubled entry is better than a missing one.
    void done(Errc outcome) {
        is_sending_ = false;
        const bool is_refused = is_final(outcome);
        if (outcome != Errc::ok && !is_refused) return;
        auto then = std::move(queue_.front().then);
        queue_.pop_front();
        if (is_refused) {
            ++lost_;
            self_.fault(Error(outcome, "the log refuses an entry for good: it is given up"));
        } else if (lost_ > 0 && queue_.size() < bound) {
            const auto count = std::exchange(lost_, 0);
            queue_.push_back({{Type::gap, 0, Payload().put("lost", count).text()}, false});
        }
        send_next();
        if (then) then(!is_refused);
    }

    kernel::Service& self_;
    kernel::Client<Interface> client_;
    std::deque<Item> queue_;
    std::uint64_t lost_ = 0;
    bool is_sending_ = false;
};

}  // namespace voltkeep::audit
