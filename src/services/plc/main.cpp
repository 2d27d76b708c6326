// SPDX-License-Identifier: Apache-2.0
// Makes the sockets of one charging cable and gives them away: plc@N lives in the cable's own network, and reads no byte of a
// car.
#include <string>

#include "kernel/config.hpp"
#include "run.hpp"

using namespace voltkeep;

int main() {
    auto self = kernel::Service::start();
    const auto config = MUST(kernel::read_config<plc::Config>("config/" + std::string(self.name())));
    return plc::run(self, config);
}
