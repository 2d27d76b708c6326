// SPDX-License-Identifier: Apache-2.0
// The door for people: one Unix socket, bounded requests, named calls. It serves no service.
// A request is one line of JSON, at most 4 KiB: {"call":"status"} | {"call":"log","from":N,"wait_ms":N} | {"call":"head"} |
// {"call":"stop","evse":N} | {"call":"restart","service":"ocpp"}. The answer is one line of JSON: {"ok":true,...} or {"ok":false,"error":"..."}.
#pragma once

#include "kernel/message.hpp"

namespace voltkeep::operator_service {

struct Config {
    Text<48> identity;
    List<Text<24>, 96> services;     ///< by index in the policy image
    std::uint8_t evse_count = 1;
};

}  // namespace voltkeep::operator_service
