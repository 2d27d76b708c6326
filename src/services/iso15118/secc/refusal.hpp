// SPDX-License-Identifier: Apache-2.0
// The answer to a request that no handler takes: the matching response, its mandatory fields valid, with the code that refuses
// it.
#pragma once

#include "services/iso15118/secc/handlers.hpp"

namespace voltkeep::iso15118::secc {

/// Nothing for what is no request, or belongs to wireless and conductive-automatic charging, which are never negotiated.
[[nodiscard]] std::optional<Message> refusal(const Settings& settings, const Message& request, ResponseCode code);

}  // namespace voltkeep::iso15118::secc
