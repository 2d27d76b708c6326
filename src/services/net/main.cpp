// SPDX-License-Identifier: Apache-2.0
// Makes the station's outgoing connections and gives them away: where each leads is configuration, and no byte of them is read
// here.
#include <string>

#include "kernel/config.hpp"
#include "run.hpp"

using namespace voltkeep;

int main() {
    auto self = kernel::Service::start();
    const auto config = MUST(kernel::read_config<net::Config>("config/" + std::string(self.name())));
    return net::run(self, config);
}
