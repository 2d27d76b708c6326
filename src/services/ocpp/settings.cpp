// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <algorithm>

namespace voltkeep::ocpp {

std::optional<std::string_view> Settings::find(std::string_view variable) const {
    const auto found =
        std::ranges::find_if(values, [variable](const KeptValue& kept) { return kept.variable.view() == variable; });
    if (found == values.end()) return std::nullopt;
    return found->value.view();
}

bool Settings::set(std::string_view variable, std::string_view value) {
    const auto name = Text<100>::from(variable);
    const auto text = Text<500>::from(value);
    if (!name || !text) return false;
    for (KeptValue& kept : values)
        if (kept.variable == *name) {
            kept.value = *text;
            return true;
        }
    return values.push({*name, *text});
}

}  // namespace voltkeep::ocpp
