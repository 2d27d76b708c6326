// SPDX-License-Identifier: Apache-2.0
// Where a captive and who tells it what to do meet: sockets by their names below the state folder.
#pragma once

#include <string>
#include <string_view>

#include "kernel/os.hpp"

namespace voltkeep::containment {

/// A captive connects here: the device that is one more of its service's.
[[nodiscard]] std::string captive_door(std::string_view service);
/// In a foreign program's place the captive listens here: in its own folder, which is state/NAME.
[[nodiscard]] std::string foreign_door(std::string_view service);

/// Listens at a path with this type of socket. Paths over a socket's bound: bad_argument.
[[nodiscard]] Result<kernel::os::Descriptor> listen_at(const std::string& path, int type);
/// Errors: bad_argument; io (nobody listens there).
[[nodiscard]] Result<kernel::os::Descriptor> connect_to(const std::string& path, int type);

}  // namespace voltkeep::containment
