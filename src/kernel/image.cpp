// SPDX-License-Identifier: Apache-2.0
#include "kernel/image.hpp"

namespace voltkeep::policy {

namespace {
bool is_index(std::uint16_t index, std::size_t size) { return index < size; }

Result<> check_service(const Service& s, const Image& image) {
    if (s.name.empty() || s.program.empty()) return fail(Errc::integrity, "policy image: a service without a name or program");
    if (s.program.view().find('/') != std::string_view::npos)
        return fail(Errc::integrity, "policy image: a program outside its folder");
    if (s.evse.number > image.cables.size())
        return fail(Errc::integrity, "policy image: a service of an EVSE that the station does not have");
    for (std::uint16_t filter : {s.start_filter, s.sealed_filter})
        if (filter != no_index && !is_index(filter, image.filters.size()))
            return fail(Errc::integrity, "policy image: no such filter");
    if (s.limits.files < 4 || s.limits.tasks < 1 || s.limits.memory_bytes < (1u << 20))
        return fail(Errc::integrity, "policy image: absurd limits");
    if (s.watchdog.beat_ms == 0 || s.watchdog.low > s.watchdog.high)
        return fail(Errc::integrity, "policy image: absurd watchdog");
    if (s.restart.intensity > max_intensity) return fail(Errc::integrity, "policy image: more deaths than are counted");
    if (s.schedule == Schedule::fifo && (s.priority < 1 || s.priority > 90))
        return fail(Errc::integrity, "policy image: absurd priority");
    for (const PortGrant& p : s.ports)
        if (p.first == 0 || p.first > p.last || s.network == Network::none)
            return fail(Errc::integrity, "policy image: absurd ports");
    return {};
}
}  // namespace

Result<> validate(const Image& image) {
    if (image.version != image_version)
        return fail(Errc::integrity, "policy image of another version: build it anew with `voltkeep policy build`");
    // A relative folder would mean another one in each process that stands somewhere else.
    for (const std::string_view folder : {image.state.view(), image.programs.view()})
        if (!folder.starts_with('/')) return fail(Errc::integrity, "policy image: a folder that does not begin with /");
    for (const Service& s : image.services) TRY(check_service(s, image));
    for (const Conduit& c : image.conduits) {
        if (!is_index(c.client, image.services.size()) || !is_index(c.server, image.services.size()))
            return fail(Errc::integrity, "policy image: a conduit to nowhere");
        if (image.services[c.client].rank >= image.services[c.server].rank)
            return fail(Errc::integrity, "policy image: a conduit that does not climb in rank");
        if (c.deadline_ms.size() < max_messages && (c.messages >> c.deadline_ms.size()) != 0)
            return fail(Errc::integrity, "policy image: a message without a deadline");
        if (c.max_size > hard_max_size) return fail(Errc::integrity, "policy image: a message over the hard bound");
    }
    return {};
}

}  // namespace voltkeep::policy
