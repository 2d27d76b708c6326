// SPDX-License-Identifier: Apache-2.0
// A random valid message, for property tests.
#pragma once

#include "wire/exi/random_instance.hpp"
#include "wire/iso15118/fragments.hpp"

namespace voltkeep::iso15118 {

/// Of any type and schema set.
[[nodiscard]] Message random_message(exi::Random& random);
/// Of one schema set.
[[nodiscard]] Message random_message(exi::Random& random, Schema schema);
/// Any signed element.
[[nodiscard]] Fragment random_fragment(exi::Random& random);

}  // namespace voltkeep::iso15118
