// SPDX-License-Identifier: Apache-2.0
// One outside connection: link@evN holds the one to the car, link@csms the one to the CSMS. Which, says its configuration.
#include <string>

#include "kernel/config.hpp"
#include "link.hpp"

using namespace voltkeep;

int main() {
    auto self = kernel::Service::start();
    const auto config = MUST(kernel::read_config<link::Config>("config/" + std::string(self.name())));
    return link::run(self, config);
}
