// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include <array>

#include "base/result.hpp"
#include "transports.hpp"

namespace bench {

namespace {
constexpr const char* path = "/echo";
constexpr const char* interface = "org.example.Echo";
constexpr std::uint64_t patience_us = 60'000'000;

int echo(sd_bus_message* request, void*, sd_bus_error*) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    if (int r = sd_bus_message_read_array(request, 'y', &bytes, &size); r < 0) return r;
    sd_bus_message* reply = nullptr;
    if (int r = sd_bus_message_new_method_return(request, &reply); r < 0) return r;
    int result = sd_bus_message_append_array(reply, 'y', bytes, size);
    if (result >= 0) result = sd_bus_send(nullptr, reply, nullptr);
    sd_bus_message_unref(reply);
    return result;
}

const std::array methods{sd_bus_vtable SD_BUS_VTABLE_START(0),
                         sd_bus_vtable SD_BUS_METHOD("Echo", "ay", "ay", echo, SD_BUS_VTABLE_UNPRIVILEGED),
                         sd_bus_vtable SD_BUS_VTABLE_END};

sd_bus* open_bus(int end, bool is_server) {
    sd_bus* bus = nullptr;
    CHECK(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, end, end) >= 0);
    if (is_server) {
        sd_id128_t id{};
        CHECK(sd_id128_randomize(&id) >= 0 && sd_bus_set_server(bus, 1, id) >= 0 && sd_bus_set_trusted(bus, 1) >= 0);
        CHECK(sd_bus_add_object_vtable(bus, nullptr, path, interface, methods.data(), nullptr) >= 0);
    }
    CHECK(sd_bus_start(bus) >= 0);
    return bus;
}

int serve(int end) {
    sd_bus* bus = open_bus(end, true);
    for (;;) {
        const int r = sd_bus_process(bus, nullptr);
        if (r < 0 || (r == 0 && sd_bus_wait(bus, UINT64_MAX) < 0)) return 1;
    }
}

bool call(sd_bus* bus, const std::array<char, 65536>& bytes, std::size_t size) {
    sd_bus_message *request = nullptr, *reply = nullptr;
    const void* echoed = nullptr;
    std::size_t echoed_size = 0;
    const bool is_good = sd_bus_message_new_method_call(bus, &request, nullptr, path, interface, "Echo") >= 0 &&
                         sd_bus_message_append_array(request, 'y', bytes.data(), size) >= 0 &&
                         sd_bus_call(bus, request, patience_us, nullptr, &reply) >= 0 &&
                         sd_bus_message_read_array(reply, 'y', &echoed, &echoed_size) >= 0 && echoed_size == size;
    sd_bus_message_unref(request);
    sd_bus_message_unref(reply);
    return is_good;
}
}  // namespace

bool run_sdbus(const Setting& setting, Samples& samples) {
    int ends[2];
    CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    Process server([&] {
        take_place(setting.placement, Role::server);
        return serve(ends[1]);
    });
    Process client([&] {
        take_place(setting.placement, Role::client);
        sd_bus* bus = open_bus(ends[0], false);
        static const std::array<char, 65536> bytes{};
        return samples.measure(setting.time, [&] { return call(bus, bytes, setting.size); }) ? 0 : 1;
    });
    return client.wait() == 0;
}

}  // namespace bench
