// SPDX-License-Identifier: Apache-2.0
// The schema sets as the folders of seeds and the tests are named, in the order of iso15118::Schema.
#pragma once

#include <array>
#include <string_view>

inline constexpr std::array<std::string_view, 6> schema_names = {"app_protocol", "common_messages", "ac", "dc", "acdp", "wpt"};
