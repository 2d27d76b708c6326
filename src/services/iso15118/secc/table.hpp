// SPDX-License-Identifier: Apache-2.0
// Stage x request -> handler: the whole of what the charger accepts, and when.
#pragma once

#include "services/iso15118/secc/handlers.hpp"

namespace voltkeep::iso15118::secc {

/// Whether a row is for cars that may charge only.
enum class Gate : std::uint8_t { open, authorized };

struct Row {
    Stage stage;
    std::size_t request;               ///< its place in Message
    Gate gate;
    Turn (*handle)(const Context&, const Session&, const Message&);
};

/// The row for this request in this stage; null: it has none.
[[nodiscard]] const Row* find_row(Stage stage, const Message& request);

}  // namespace voltkeep::iso15118::secc
