// SPDX-License-Identifier: Apache-2.0
// The other services in a flood, told to begin and to end by the bench: `iso15118` decodes an EXI frame, `ocpp` a
// TransactionEvent, as fast as they can; `session` asks power as fast as it answers. No limit on their share of the processor:
// worse than they could be.
#include <cstring>

#include "harness/commands.hpp"
#include "services/power/protocol.hpp"
#include "wire/exi/json_fields.hpp"
#include "wire/iso15118/codec.hpp"
#include "wire/ocpp/codec.hpp"
#include "wire/ocpp/messages/transactions.hpp"

namespace voltkeep {
namespace {

constexpr Duration turn = 2ms, at_work = 1900us;   ///< what is left is for the process manager's beat

class Flood {
public:
    explicit Flood(kernel::Service& self) : self_(self) {
        if (self_.name() == "session") power_ = self_.connect<power::Interface>("power");
        self_.every(turn, [this] {
            for (const Instant end = now() + at_work; is_on_ && now() < end;) work();
        });
    }

private:
    /// "rest", or what is to be decoded from now on. The answer says how much was done until now.
    void obey(const std::string& said) {
        is_on_ = said != "rest";
        if (is_on_) frame_.assign(as_bytes(said).begin(), as_bytes(said).end());
        commands_.say(std::to_string(done_) + " " + std::to_string(wrong_));
    }

    void work() {
        bool good = false;
        if (power_) {
            switch (done_ % 3) {
                case 0: good = power_.call(power::Read{}).has_value(); break;
                case 1: {
                    const auto taken = power_.call(power::TakeSteps{.after = 0, .with_state = true});
                    good = taken || taken.error().code == Errc::busy;   // so often they are not given
                    break;
                }
                default: good = power_.call(power::Setpoint{}).has_value(); break;
            }
        } else if (self_.name() == "ocpp") {
            good = ocpp::parse<ocpp::TransactionEventRequest>(as_text(frame_)).has_value();
        } else {
            good = iso15118::decode_as<iso15118::DC_ChargeLoopReq>(frame_).has_value();
        }
        ++done_;
        wrong_ += good ? 0 : 1;
    }

    kernel::Service& self_;
    kernel::Client<power::Interface> power_;
    std::vector<std::byte> frame_;
    bool is_on_ = false;
    std::uint64_t done_ = 0, wrong_ = 0;
    harness::Commands commands_{self_, [this](const std::string& said) { obey(said); }};
};

}  // namespace
}  // namespace voltkeep

int main() {
    auto self = voltkeep::kernel::Service::start();
    const voltkeep::Flood flood(self);
    self.seal();
    return self.run();
}
