// SPDX-License-Identifier: Apache-2.0
// The station's side of OCPP 2.1: parses what the CSMS says. It holds no key and no socket, and three open files.
#include "kernel/config.hpp"
#include "kernel/service.hpp"
#include "station.hpp"

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const ocpp::Station station(self, MUST(kernel::read_config<ocpp::Config>("config/ocpp")),
                                MUST(ocpp::Files::open("state/ocpp")));
    ocpp::bound_files(ocpp::Files::largest);
    self.seal();
    return self.run();
}
