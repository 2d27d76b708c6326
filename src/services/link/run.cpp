// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>

#include "signer.hpp"
#include "v2g_server.hpp"
#include "websocket_client.hpp"

namespace voltkeep::link {
namespace {

namespace asio = boost::asio;

tls::Profile profile_of(const Config& config, const tls::RemoteKeys* keys) {
    const bool is_server = config.role == Role::v2g_server;
    return {.side = is_server ? tls::Side::server : tls::Side::client,
            .certificates = std::string(config.certificates),
            .key = std::string(keys == nullptr ? config.key.view() : key_in_crypto(config.role)),
            .keys = keys,
            .trust = std::string(config.trust),
            .suites = std::string(config.suites),
            .groups = std::string(config.groups),
            .signature_algorithms = std::string(config.signature_algorithms),
            .names_authorities = false,
            .longest_chain = is_server ? std::size_t{16384} : std::size_t{65536}};
}

/// Asio's loop is the loop; the service's own descriptor is one handle in it.
class ServiceInLoop {
public:
    ServiceInLoop(asio::io_context& loop, kernel::Service& self) : self_(self), ready_(loop, self.descriptor()) { wait(); }
    ~ServiceInLoop() { ready_.release(); }
    ServiceInLoop(const ServiceInLoop&) = delete;
    ServiceInLoop& operator=(const ServiceInLoop&) = delete;

private:
    void wait() {
        ready_.async_wait(asio::posix::descriptor_base::wait_read, [this](boost::system::error_code error) {
            if (error) return;
            self_.turn();
            wait();
        });
    }
    kernel::Service& self_;
    asio::posix::stream_descriptor ready_;
};

}  // namespace

int run(kernel::Service& self, const Config& config) {
    asio::io_context loop(1);
    audit::Journal journal(self);
    Link link(self, journal, config.role);
    const auto keys = config.key.empty() ? MUST(keys_in_crypto(self, config.role)) : nullptr;
    tls::Context context = MUST(tls::make_context(profile_of(config, keys.get())));
    std::optional<V2gServer> server;
    std::optional<WebSocketClient> client;
    if (config.role == Role::v2g_server)
        link.serve(server.emplace(loop, self, link, config, std::move(context)));
    else
        link.serve(client.emplace(loop, self, link, config, std::move(context)));
    const ServiceInLoop handle(loop, self);
    self.seal();
    loop.run();
    return 0;
}

}  // namespace voltkeep::link
