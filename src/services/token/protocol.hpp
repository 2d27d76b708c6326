// SPDX-License-Identifier: Apache-2.0
// The secure element, a foreign program: it speaks no messages of ours. Its configuration alone.
#pragma once

#include "kernel/message.hpp"

namespace voltkeep::token {

struct Config {
    Text<200> module;  ///< PKCS #11 module, as a path
};

}  // namespace voltkeep::token
