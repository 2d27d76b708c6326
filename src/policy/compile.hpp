// SPDX-License-Identifier: Apache-2.0
// The policy compiler: all manifests and all interfaces in, one checked policy out, and from it the image of one station.
// It refuses whatever would make a cycle, a wait without end, a way around a zone, or a thing with two owners. Build time only.
#pragma once

#include <memory>
#include <span>

#include "kernel/describe.hpp"
#include "policy/manifest.hpp"

namespace voltkeep::policy {

using kernel::InterfaceDescription, kernel::MessageDescription;

/// The most EVSEs of a station. A policy is good only if it is good for so many.
inline constexpr std::uint8_t max_evses = 8;
/// Real-time budget of one core, per cent; the rest is for everything else.
inline constexpr unsigned max_realtime_percent = 60;

/// Manifests that fit together. Highest rank first, then by name: also the order in which services start.
struct Policy {
    std::vector<Manifest> manifests;
    std::vector<InterfaceDescription> interfaces;

    /// By type; null if there is none.
    [[nodiscard]] const Manifest* find(std::string_view name) const;
    /// What this service serves; null if it serves nothing or the registry does not know it.
    [[nodiscard]] const InterfaceDescription* interface_of(const Manifest& server) const;
    /// The pulses that this service may name: those of its protocol.hpp.
    [[nodiscard]] std::span<const std::string_view> pulses_of(const Manifest& sender) const;
};

/// All calls of one client to one server.
struct Conversation {
    const Manifest* client = nullptr;
    const Manifest* server = nullptr;
    std::vector<const Call*> calls;
};
/// By client, then server, in the order of the manifests. Calls to services that are not there are left out.
[[nodiscard]] std::vector<Conversation> conversations(const Policy& policy);
/// The pulses that `sender` may drop at `receiver`, as both manifests say.
[[nodiscard]] std::vector<std::string> pulses_between(const Manifest& sender, const Manifest& receiver);

/// The station that an image is made for. Whoever reads station.toml fills it.
struct Station {
    Text<48> identity{"VK-DEV-0001"};
    std::uint8_t evses = 1;                   ///< 1 to max_evses
    std::string state = "/var/lib/voltkeep";  ///< absolute
    std::string programs = "/usr/lib/voltkeep";   ///< absolute: where the services' programs are
    std::vector<std::string> cables;  ///< by EVSE - 1: the network namespace of the cable; missing or empty: the station's
    std::uint32_t first_uid = 61000;
    bool lab = false;                         ///< a sanitizer build: every service gets the system-call group `lab`
};

/// Reads and judges all manifests, alone, in pairs, and expanded for max_evses EVSEs.
[[nodiscard]] Checked<Policy> check(std::span<const Source> manifests, std::span<const InterfaceDescription> interfaces);

/// The rules between manifests of one policy; empty if all hold. Part of `check`.
[[nodiscard]] Refusals judge(const Policy& policy);

/// The image of one station: instances, conduits, filters; it has passed `validate`.
[[nodiscard]] Checked<std::unique_ptr<Image>> build(const Policy& policy, const Station& station);

/// The image as the process manager reads it.
[[nodiscard]] std::vector<std::byte> encode_image(const Image& image);

}  // namespace voltkeep::policy
