// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include "sockets.hpp"

namespace voltkeep::plc {
namespace {

constexpr Duration patience = 1500ms;  ///< for an address that is not there yet; shorter than the caller's deadline

/// One request at a time: a cable has one link.
class Cable {
public:
    Cable(kernel::Service& self, const Config& config) : self_(self), config_(config), addresses_(MUST(watch_addresses())) {
        self_.watch(addresses_.get(), false, [this](bool, bool) {
            drain(addresses_.get());
            try_again();
        });
    }

    void listen(kernel::Defer<Listen::Sockets> reply) {
        waiting_.emplace(std::move(reply));
        self_.cancel(timer_);
        timer_ = self_.after(patience, [this] { answer(make_sockets(config_)); });
        try_again();
    }

private:
    /// An address that may still come is waited for.
    void try_again() {
        if (!waiting_) return;
        auto sockets = make_sockets(config_);
        if (sockets || sockets.error().code != Errc::bad_state) answer(std::move(sockets));
    }
    /// The reply carries copies of the descriptors; ours are closed here.
    void answer(Result<CableSockets> sockets) {
        if (!waiting_) return;
        self_.cancel(timer_);
        if (sockets)
            (*waiting_)(sockets->reply);
        else
            (*waiting_)(std::unexpected(sockets.error()));
        waiting_.reset();
    }

    kernel::Service& self_;
    Config config_;
    kernel::os::Descriptor addresses_;
    std::optional<kernel::Defer<Listen::Sockets>> waiting_;
    kernel::TimerId timer_ = 0;
};

}  // namespace

int run(kernel::Service& self, const Config& config) {
    Cable cable(self, config);
    self.serve<Interface>([&](const Listen&, kernel::Defer<Listen::Sockets> reply) { cable.listen(std::move(reply)); });
    self.seal();
    return self.run();
}

}  // namespace voltkeep::plc
