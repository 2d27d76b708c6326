// SPDX-License-Identifier: Apache-2.0
// Test-only changes of a policy image: a captive in a service's place, and single protections taken away. The process manager of
// a station reads its image as always; what is changed here is what it reads.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "kernel/image.hpp"

namespace voltkeep::containment {


[[nodiscard]] Result<std::unique_ptr<policy::Image>> load_image(const std::string& path);
[[nodiscard]] Result<> save_image(const policy::Image& image, const std::string& path);

/// Null if there is none of this name.
[[nodiscard]] policy::Service* find(policy::Image& image, std::string_view service);

/// The captive runs in this service's place: same user, tree, filters, limits, ends; only the program is another, one more device
/// leads to whoever tells it what to do (`captive_door`), and however often it dies it is started again at once. A foreign
/// program has no devices: there the captive listens (`foreign_door`).
void take_over(policy::Image& image, policy::Service& service);

/// One protection removed. Words: "syscalls SERVICE GROUP...", "message CLIENT SERVER NUMBER", "pulse CLIENT SERVER CODE",
/// "control SERVICE NUMBER", "read SERVICE PATH", "write SERVICE PATH", "tasks SERVICE NUMBER". Errors: bad_argument.
[[nodiscard]] Result<> remove_protection(policy::Image& image, const std::string& words);

/// A folder that holds the station's programs and the captive's, for an image whose services are of both kinds.
[[nodiscard]] Result<> gather_programs(const std::string& services, const std::string& captive, const std::string& folder);

}  // namespace voltkeep::containment
