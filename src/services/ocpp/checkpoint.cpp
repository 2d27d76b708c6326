// SPDX-License-Identifier: Apache-2.0
#include "checkpoint.hpp"

namespace voltkeep::ocpp {

std::optional<OpenCall> pack(const std::optional<rpc::State::Open>& open) {
    if (!open) return std::nullopt;
    return OpenCall{*Text<144>::from(open->id.view()), static_cast<std::uint8_t>(open->action), open->since.ns};
}

std::optional<rpc::State::Open> unpack(const std::optional<OpenCall>& open) {
    if (!open || open->action >= actions().size()) return std::nullopt;
    const auto id = rpc::MessageId::from(open->id.view());
    if (!id) return std::nullopt;
    return rpc::State::Open{*id, static_cast<Action>(open->action), Instant{open->since_ns}};
}

}  // namespace voltkeep::ocpp
