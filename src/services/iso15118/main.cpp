// SPDX-License-Identifier: Apache-2.0
// The charger's side of ISO 15118-20 at one EVSE: parses what the car says. It holds no key and no socket.
#include <string>

#include "charger.hpp"
#include "kernel/config.hpp"
#include "kernel/service.hpp"

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    iso15118::Charger charger(self, MUST(kernel::read_config<iso15118::Config>("config/" + std::string(self.name()))));
    charger.begin();
    self.seal();
    return self.run();
}
