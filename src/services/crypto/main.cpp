// SPDX-License-Identifier: Apache-2.0
// Holds the station's keys and uses them for their purposes.
#include "kernel/config.hpp"
#include "run.hpp"

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const std::string name(self.name());
    const auto config = MUST(kernel::read_config<crypto::Config>("config/" + name));
    const std::string folder = "state/" + name;
    return crypto::run(self, config, {folder + "/keys", folder + "/token-pin"});
}
