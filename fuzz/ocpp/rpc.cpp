// SPDX-License-Identifier: Apache-2.0
// Two ends of a connection and someone in the middle: each line of the input is a message to the station, with a call of the
// station open. Whatever comes, what goes out is a message of OCPP-J, a result gets no CALLERROR, and at most one answer goes out
// for what came in.
#include "wire/ocpp/rpc.hpp"

#include <cstdint>
#include <string_view>

#include "wire/ocpp/messages/availability.hpp"

using namespace voltkeep;
using namespace voltkeep::ocpp;

namespace {

void check(std::string_view received, const std::vector<rpc::Output>& outputs) {
    std::size_t sent = 0;
    for (const rpc::Output& output : outputs) {
        const auto* transmit = std::get_if<rpc::Transmit>(&output);
        if (!transmit) continue;
        ++sent;
        const auto json = check_json(transmit->text);
        CHECK(json.has_value());
        const auto frame = rpc::read_frame(*json);
        CHECK(frame.has_value());
        const auto opening = rpc::read_opening(received);
        if (opening.type && *opening.type != 2) CHECK(frame->type == rpc::FrameType::call_result_error && *opening.type == 3);
    }
    CHECK(sent <= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const rpc::Side side{};
    rpc::State state;
    Instant now{0};
    for (int line = 0; line < 16 && !rest.empty(); ++line) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view text = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!state.ours) state = rpc::step(side, state, rpc::Call{"a", HeartbeatRequest{}}, now).state;
        auto next = rpc::step(side, state, rpc::Received{text}, now);
        check(text, next.outputs);
        state = next.state;
        now = now + 9s;
        state = rpc::step(side, state, rpc::Tick{}, now).state;
        CHECK(!state.ours || now - state.ours->since < side.timeout);
    }
    return 0;
}
