// SPDX-License-Identifier: Apache-2.0
// The only process with a way to the TPM: an open descriptor from the process manager, of a device or of the socket of an
// emulated part.
#include "kernel/config.hpp"
#include "run.hpp"

namespace voltkeep::rot {
namespace {

class Device final : public Source {
public:
    explicit Device(kernel::Service& self) : self_(self) {}

    void begin(std::move_only_function<void(std::unique_ptr<Wire>)> arrived) override {
        arrived_ = std::move(arrived);
        self_.on_device("tpm", [this](int descriptor) { take(descriptor); });
        take(self_.device("tpm"));
    }
    void again() override { self_.reopen("tpm"); }

private:
    void take(int descriptor) {
        kernel::os::Descriptor end(descriptor);
        if (end) arrived_(wire_on(std::move(end)));
    }

    kernel::Service& self_;
    std::move_only_function<void(std::unique_ptr<Wire>)> arrived_;
};

}  // namespace
}  // namespace voltkeep::rot

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const std::string name(self.name());
    const auto config = MUST(kernel::read_config<rot::Config>("config/" + name));
    rot::Device device(self);
    return rot::run(self, config, "state/" + name + "/keys", device);
}
