// SPDX-License-Identifier: Apache-2.0
// From station.toml to what the services read: one bounded struct a service in <state>/config, and the policy image.
#pragma once

#include <vector>

#include "cli/layout.hpp"
#include "cli/station_file.hpp"

namespace voltkeep::cli {

/// What only a running station knows.
struct Surroundings {
    std::string state;                        ///< absolute
    std::vector<std::string> cables;          ///< network namespace of each EVSE's cable; empty: loopback
    bool rootless = false;
    bool lab = false;
};

/// Names of the instances in the policy's order, for people and for the operator's door.
struct Written {
    std::vector<std::string> services;
    std::string image;                        ///< path of the policy image
};

/// Checks the policy, writes the image and every service's configuration. Errors: bad_argument (the refusals, a line each), io.
[[nodiscard]] Result<Written> write_settings(const Layout& layout, const StationFile& file, const Surroundings& surroundings);

/// How many meters' keys are in the TPM: none where meters sign by themselves, or where there is none.
[[nodiscard]] std::uint8_t meters_in_tpm(const StationFile& file);

/// The UDP port on which the charger of this EVSE answers SDP, and the interface, as the car must know them.
struct CableEnd {
    std::string interface;
    int discovery_port = 15118;
};
[[nodiscard]] CableEnd cable_end(const Surroundings& surroundings, int evse, bool car_side);

}  // namespace voltkeep::cli
