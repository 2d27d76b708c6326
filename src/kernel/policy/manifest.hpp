// SPDX-License-Identifier: Apache-2.0
// A manifest as it is written: one TOML file per service, everything that the process may do on one page. What each key means
// stands in docs/policy.md. Reading refuses unknown keys, wrong words and numbers out of range, each with file and line;
// what only makes sense between two manifests is judged by the rules (compile.hpp). Build time only: the process manager reads images.
#pragma once

#include <algorithm>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/control.hpp"

namespace voltkeep::kernel::policy {

/// A manifest's text and where it came from.
struct Source {
    std::string path;
    std::string text;
};

/// One thing that is wrong, and where. `text` is what a person reads: "src/services/x/manifest.toml:12: ...".
struct Refusal {
    std::string path;
    std::uint32_t line = 1;
    std::string what;
    [[nodiscard]] std::string text() const;
    friend bool operator==(const Refusal&, const Refusal&) = default;
};
using Refusals = std::vector<Refusal>;
template <class T>
using Checked = std::expected<T, Refusals>;

/// [calls]: one message that this service sends, and how long it waits.
struct Call {
    std::string server;             ///< a type: "link@ev"
    std::string message;
    std::uint16_t ms = 0;
    bool is_request = false;        ///< { request = ms }: never waited for
    std::uint32_t line = 1;
};
/// [serves] to: one message that a client may send here.
struct Permit {
    std::string client;
    std::string message;
    std::uint32_t line = 1;
};
/// [serves] needs: to answer `message`, this service itself calls `server`.`called`.
struct Need {
    std::string message;
    std::string server;
    std::string called;
    std::uint32_t line = 1;
};
/// [pulses]: one pulse to or from a peer.
struct PulseEnd {
    std::string peer;
    std::string pulse;
    std::uint32_t line = 1;
};
/// A text and the line on which it stands.
struct Placed {
    std::string text;
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
    std::vector<Permit> permits;
    std::vector<Need> needs;
    std::vector<Call> calls;
    std::vector<PulseEnd> pulses_to;
    std::vector<PulseEnd> pulses_from;
    std::vector<std::pair<FileGrant, Placed>> files;        ///< the path, with {service} and {evse} in it, is the Placed
    std::vector<std::pair<DeviceGrant, Placed>> devices;    ///< likewise
    std::vector<Placed> abilities;  ///< "CAP_NET_ADMIN: to set the address of the cable"
    std::map<std::string, std::uint32_t, std::less<>> lines;   ///< of each key: "grants.network" -> 31

    [[nodiscard]] std::uint32_t line(std::string_view key) const;
    [[nodiscard]] bool has(SyscallGroup group) const { return (service.syscalls >> static_cast<unsigned>(group) & 1u) != 0; }
    [[nodiscard]] bool may(control::Request request) const { return (service.control >> static_cast<unsigned>(request) & 1u) != 0; }
    [[nodiscard]] bool is_fifo() const { return service.schedule == Schedule::fifo; }
    [[nodiscard]] bool writes() const { return std::ranges::any_of(files, [](const auto& file) { return file.first.write; }); }
};

/// Reads one manifest. All that is wrong in it is told at once.
[[nodiscard]] Checked<Manifest> read_manifest(const Source& source);

/// Every manifest.toml and *.manifest.toml in the folders of `folder`, sorted by path. Paths in refusals begin with `folder`.
[[nodiscard]] Checked<std::vector<Source>> find_manifests(const std::string& folder);

namespace detail {
template <Enumeration E>
auto all_words() {
    std::vector<std::string> words;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (words.emplace_back(kernel::detail::enumerator_name<static_cast<E>(I)>()), ...);
    }(std::make_index_sequence<static_cast<std::size_t>(E::last_) + 1>{});
    return words;
}
}  // namespace detail

/// An enumerator as manifests write it: "safe-state" for Exhausted::safe_state; the requests of the control channel keep their "_".
template <Enumeration E>
std::string word(E value, char blank = '-') {
    std::string text = detail::all_words<E>()[static_cast<std::size_t>(value)];
    for (char& c : text) c = c == '_' ? blank : c;
    return text;
}
template <Enumeration E>
std::optional<E> from_word(std::string_view text, char blank = '-') {
    for (std::size_t i = 0; i <= static_cast<std::size_t>(E::last_); ++i)
        if (word(static_cast<E>(i), blank) == text) return static_cast<E>(i);
    return std::nullopt;
}
/// "always or on-demand"
template <Enumeration E>
std::string words(char blank = '-') {
    std::string text;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(E::last_); ++i)
        text += (i == 0 ? "" : i == static_cast<std::size_t>(E::last_) ? " or " : ", ") + word(static_cast<E>(i), blank);
    return text;
}

}  // namespace voltkeep::kernel::policy
