// SPDX-License-Identifier: Apache-2.0
// A manifest as it is written: one TOML file per service, everything that the process may do on one page. What each key means
// stands in docs/policy.md. Reading refuses unknown keys, wrong words and numbers out of range, each with file and line;
// what only makes sense between two manifests is judged by the rules (compile.hpp). Build time only: the process manager reads
// images.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/refusal.hpp"
#include "kernel/control.hpp"

namespace voltkeep::policy {

namespace control = kernel::control;

/// [calls]: one message that this service sends, and how long it waits.
struct Call {
    std::string server;             ///< a type: "link@ev"
    std::string message;
    std::uint16_t ms = 0;
    bool is_request = false;        ///< { request = ms }: never waited for
    std::uint32_t line = 1;
};
/// [serves] to, [pulses]: one message that a client may send here; one pulse to or from a peer.
struct Mention {
    std::string peer;
    std::string name;
    std::uint32_t line = 1;
};
/// [serves] needs: to answer `message`, this service itself calls `server`.`called`.
struct Need {
    std::string message;
    std::string server;
    std::string called;
    std::uint32_t line = 1;
};
struct Manifest {
    std::string path;
    std::string name;               ///< the service's type: "session", "link@ev"
    std::string purpose;            ///< one sentence, for the snapshot and the picture
    bool per_evse = false;
    Service service;                ///< what all instances share; name, evse, uid, paths and filters come with the instance
    std::optional<Placed> interface;    ///< "Session": services/session/protocol.hpp
    std::uint32_t max_size = default_max_size;   ///< bytes: the largest message that it may serve
    std::vector<Mention> permits;
    std::vector<Need> needs;
    std::vector<Call> calls;
    std::vector<Mention> pulses_to;
    std::vector<Mention> pulses_from;
    std::vector<std::pair<FileGrant, Placed>> files;        ///< the path, with {service} and {evse} in it, is the Placed
    std::vector<std::pair<DeviceGrant, Placed>> devices;    ///< likewise
    std::vector<Placed> abilities;  ///< "CAP_NET_ADMIN: to set the address of the cable"
    KeyLines lines;

    [[nodiscard]] std::uint32_t line(std::string_view key) const { return lines.of(key); }
    [[nodiscard]] bool has(SyscallGroup group) const { return (service.syscalls >> static_cast<unsigned>(group) & 1u) != 0; }
    [[nodiscard]] bool may(control::Request request) const {
        return (service.control >> static_cast<unsigned>(request) & 1u) != 0;
    }
    [[nodiscard]] bool is_fifo() const { return service.schedule == Schedule::fifo; }
    [[nodiscard]] bool writes() const { return std::ranges::any_of(files, [](const auto& file) { return file.first.write; }); }
};

/// Reads one manifest. All that is wrong in it is told at once.
[[nodiscard]] Checked<Manifest> read_manifest(const Source& source);

/// Every manifest.toml and *.manifest.toml in the folders of `folder`.
[[nodiscard]] inline Checked<std::vector<Source>> find_manifests(const std::string& folder) {
    return find_sources(folder, "manifest.toml");
}

}  // namespace voltkeep::policy
