// SPDX-License-Identifier: Apache-2.0
#include "kernel/test_station.hpp"
#include "transports.hpp"

namespace bench {

using namespace voltkeep;
using namespace voltkeep::kernel;

namespace {
/// As most messages of the station are: some numbers. 64 bytes.
struct Numbers {
    std::uint64_t count = 0;
    std::array<std::uint32_t, 10> values{};
    std::uint64_t first = 0, second = 0;
    using Reply = Numbers;
};
static_assert(bound<Numbers> == 64);
template <std::size_t N>
struct Bytes_ {
    Blob<N - 2> bytes;   // 2: its length
    using Reply = Bytes_;
};
using Echo = Interface<Numbers, Bytes_<512>, Bytes_<4096>>;

int serve(int control, const Setting& setting) {
    Service self = Service::start(control);
    self.serve<Echo>([](const Numbers& m) -> Result<Numbers> { return m; },
                     [](const Bytes_<512>& m) -> Result<Bytes_<512>> { return m; },
                     [](const Bytes_<4096>& m) -> Result<Bytes_<4096>> { return m; });
    self.seal();
    take_place(setting.placement, Role::server);
    return self.run();
}

template <class M>
bool measure(const Client<Echo>& server, const Setting& setting, Samples& samples) {
    M message{};
    if constexpr (requires { message.bytes; }) CHECK(message.bytes.resize(setting.size - 2));
    return samples.measure(setting.time, [&] { return server.call(message).has_value(); });
}

int call(int control, const Setting& setting, Samples& samples) {
    Service self = Service::start(control);
    const auto server = self.connect<Echo>("server");
    self.seal();
    take_place(setting.placement, Role::client);
    const bool is_good = setting.size == 64    ? measure<Numbers>(server, setting, samples)
                         : setting.size == 512 ? measure<Bytes_<512>>(server, setting, samples)
                                               : measure<Bytes_<4096>>(server, setting, samples);
    return is_good ? 0 : 1;
}
}  // namespace

bool run_typed(const Setting& setting, Samples& samples) {
    kernel::testing::TestStation station;
    const auto server = station.add("server", [&](int control) { return serve(control, setting); });
    const auto client = station.add("client", [&](int control) { return call(control, setting, samples); });
    constexpr std::uint16_t patience_ms = 60'000;   // hogs may keep a server without FIFO off its core for long
    station.conduit<Echo>(client, server, 7, patience_ms);
    // The server is a server of many, as in the station: idle conduits beside the one that is measured.
    constexpr int idle_conduits = 9;
    const auto idle = station.add("idle", [](int control) { return Service::start(control).run(); });
    for (int i = 0; i < idle_conduits; ++i) station.conduit<Echo>(idle, server, 7, patience_ms);
    station.start();
    return station.wait(client) == 0;
}

}  // namespace bench
