// SPDX-License-Identifier: Apache-2.0
// The station's side of OCPP 2.1: parses what the CSMS says. It holds no key and no socket.
#include "kernel/config.hpp"
#include "kernel/service.hpp"
#include "station.hpp"

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const ocpp::Station station(self, MUST(kernel::read_config<ocpp::Config>("config/ocpp")));
    self.seal();
    return self.run();
}
