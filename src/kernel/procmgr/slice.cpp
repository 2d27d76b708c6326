// SPDX-License-Identifier: Apache-2.0
#include "kernel/procmgr/core.hpp"

#include <ranges>

namespace voltkeep::kernel::procmgr {

bool is_joined(const policy::Image& image, const policy::Conduit& conduit) {
    return image.services[conduit.client].kind == policy::Kind::native &&
           image.services[conduit.server].kind == policy::Kind::native;
}

namespace {
/// The conduits that end at this service, in the order of its Slice.
auto ends_of(const policy::Image& image, std::uint16_t service) {
    const auto is_end = [&image, service](std::uint16_t i) {
        const policy::Conduit& c = image.conduits[i];
        return is_joined(image, c) && (c.client == service || c.server == service);
    };
    return std::views::iota(std::uint16_t{0}, static_cast<std::uint16_t>(image.conduits.size())) | std::views::filter(is_end);
}

/// One peer gets at most half of a service's processor time, a message taken at 20 us: who floods harms itself alone. A real-time
/// budget is enforced: two windows of a peer can meet in one period of it, the loop itself needs most of it, and a message on a
/// cold processor costs twice as much. So it gets an eighth of that, but never less than what a loop of the same period sends:
/// two messages in each, and one more.
std::uint32_t quota_of(const policy::Service& s) {
    constexpr std::uint64_t message_us = 20, window_us = control::quota_window / 1us;
    if (s.rt_period_us == 0)
        return static_cast<std::uint32_t>(std::max<std::uint64_t>(s.limits.cpu_percent * window_us / 100 / (2 * message_us), 1));
    const std::uint64_t periods = std::max<std::uint64_t>(window_us / s.rt_period_us, 1);
    return static_cast<std::uint32_t>(std::max(s.rt_time_us * periods / (8 * message_us), 3 * periods));
}
}  // namespace

std::uint16_t end_index(const policy::Image& image, std::uint16_t conduit, std::uint16_t service) {
    return static_cast<std::uint16_t>(
        std::ranges::count_if(ends_of(image, service), [&](std::uint16_t end) { return end < conduit; }));
}

std::optional<std::uint16_t> conduit_at(const policy::Image& image, std::uint16_t service, std::uint16_t index) {
    auto rest = ends_of(image, service) | std::views::drop(index);
    return rest.empty() ? std::nullopt : std::optional(*rest.begin());
}

Result<> make_slice(const policy::Image& image, std::uint16_t service, control::Slice& slice) {
    const policy::Service& self = image.services[service];
    slice.index = service;
    slice.name = self.name;
    slice.type = self.type;
    slice.evse = self.evse;
    slice.watchdog = self.watchdog;
    slice.control = self.control;
    slice.conduits.clear();
    for (const std::uint16_t conduit : ends_of(image, service)) {
        const policy::Conduit& c = image.conduits[conduit];
        const bool is_server = c.server == service;
        const policy::Service& peer = image.services[is_server ? c.client : c.server];
        const bool is_stored = slice.conduits.push({.peer = peer.name,
                                                    .peer_type = peer.type,
                                                    .peer_evse = peer.evse,
                                                    .is_server = is_server,
                                                    .fingerprint = c.fingerprint,
                                                    .messages = c.messages,
                                                    .requests = c.requests,
                                                    .pulses_in = is_server ? c.pulses_down : c.pulses_up,
                                                    .pulses_out = is_server ? c.pulses_up : c.pulses_down,
                                                    .deadline_ms = c.deadline_ms,
                                                    .max_size = c.max_size,
                                                    .quota = quota_of(self)});
        if (!is_stored) return fail(Errc::full, "policy image: a service with more conduits than a slice holds");
    }
    slice.devices.clear();
    for (const policy::DeviceGrant& device : self.devices) CHECK(slice.devices.push(device.name));
    slice.sealed_filter = self.sealed_filter == policy::no_index ? policy::Filter{} : image.filters[self.sealed_filter];
    return {};
}

}  // namespace voltkeep::kernel::procmgr
