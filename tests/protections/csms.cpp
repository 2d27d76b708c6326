// SPDX-License-Identifier: Apache-2.0
// Stands in for the CSMS and the way to it. One command a packet: start EVSE | stop EVSE, answered when the session has answered,
// and say EVSE, answered with what was heard of it: transactions started, ended, and the words of the last record's state.
#include <cstdio>
#include <map>

#include "harness/commands.hpp"
#include "services/session/protocol.hpp"

namespace voltkeep {
namespace {

class Csms {
public:
    explicit Csms(kernel::Service& self) : self_(self), session_(self.connect<session::Interface>("session")) {
        self_.on("session", session::Pulse::events, [this](EvseId, std::uint64_t) { fetch(); });
        self_.every(200ms, [this] { fetch(); });
    }

private:
    struct Heard {
        int started = 0, ended = 0;
        TransactionId transaction;
    };

    void fetch() {
        // One request at a time on a conduit: what is not taken now is taken at the next pulse or turn.
        (void)session_.request(session::TakeEvents{last_, last_}, [this](Result<session::TakeEvents::Events> taken) {
            if (!taken || taken->events.empty()) return;
            for (const session::Event& event : taken->events) hear(event);
            fetch();
        });
    }
    void hear(const session::Event& event) {
        last_ = event.sequence;
        if (!event.record) return;
        Heard& heard = heard_[event.evse.number];
        heard.transaction = event.record->transaction;
        heard.started += event.record->kind == session::RecordKind::started ? 1 : 0;
        heard.ended += event.record->kind == session::RecordKind::ended ? 1 : 0;
    }

    void obey(const char* line) {
        unsigned evse = 0;
        const auto tell = [this](const auto& answer) { commands_.say(answer ? "done" : answer.error().what.view()); };
        Result<> asked;
        if (std::sscanf(line, "start %u", &evse) == 1) {
            const session::Identity card{session::IdentificationKind::token, "CARD-1", "ISO14443"};
            asked = session_.request(session::RemoteStart{EvseId{static_cast<std::uint8_t>(evse)}, card, 7}, tell);
        } else if (std::sscanf(line, "stop %u", &evse) == 1) {
            asked = session_.request(session::RemoteStop{heard_[evse].transaction}, tell);
        } else if (std::sscanf(line, "say %u", &evse) == 1) {
            return commands_.say(std::to_string(heard_[evse].started) + " started, " + std::to_string(heard_[evse].ended) +
                                 " ended");
        } else
            return commands_.say("what?");
        if (!asked) commands_.say(asked.error().what.view());
    }

    kernel::Service& self_;
    kernel::Client<session::Interface> session_;
    harness::Commands commands_{self_, [this](const std::string& command) { obey(command.c_str()); }};
    std::uint64_t last_ = 0;
    std::map<unsigned, Heard> heard_;
};

}  // namespace
}  // namespace voltkeep

int main() {
    auto self = voltkeep::kernel::Service::start();
    const voltkeep::Csms csms(self);
    self.seal();
    return self.run();
}
