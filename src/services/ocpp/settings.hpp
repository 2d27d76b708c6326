// SPDX-License-Identifier: Apache-2.0
// What the CSMS has set and the station keeps over a reboot: names of variables and their values, as text.
#pragma once

#include "kept.hpp"

namespace voltkeep::ocpp {

/// One variable that was set.
struct KeptValue {
    Text<100> variable;   ///< "OCPPCommCtrlr.MessageAttempts[TransactionEvent]"
    Text<500> value;
    friend bool operator==(const KeptValue&, const KeptValue&) = default;
};

struct Settings {
    List<KeptValue, 16> values;

    /// What was set for a variable; nothing: the station's own value holds.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view variable) const;
    /// False, and nothing changed, if it does not fit.
    [[nodiscard]] bool set(std::string_view variable, std::string_view value);
    friend bool operator==(const Settings&, const Settings&) = default;
};

using SettingsFile = KeptFile<Settings>;

}  // namespace voltkeep::ocpp
