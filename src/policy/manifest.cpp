// SPDX-License-Identifier: Apache-2.0
#include "policy/manifest.hpp"

#include <filesystem>

#include "base/toml_section.hpp"

namespace voltkeep::policy {

namespace {

/// The capabilities that a service may keep, by their numbers. Any other cannot be granted.
constexpr std::pair<std::string_view, unsigned> abilities[] = {
    {"CAP_NET_BIND_SERVICE", 10}, {"CAP_NET_ADMIN", 12}, {"CAP_NET_RAW", 13},     {"CAP_IPC_LOCK", 14},
    {"CAP_SYS_NICE", 23},         {"CAP_SYS_TIME", 25},  {"CAP_WAKE_ALARM", 35},
};

bool is_name(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    const std::string_view front = text.substr(0, text.find('@'));
    const std::string_view back = front.size() < text.size() ? text.substr(front.size() + 1) : "x";
    return text.size() <= 22 && !front.empty() && !back.empty() && std::ranges::all_of(front, is_letter) &&
           std::ranges::all_of(back, is_letter);
}

/// A path that stays below the state directory: no "..", no root, no empty step.
bool is_inside(const std::string& text) {
    const std::filesystem::path path(text);
    return !text.empty() && !text.ends_with('/') && text != "." && path.is_relative() && *path.begin() != ".." &&
           path.lexically_normal() == text;
}

struct Reading {
    TomlFile file;
    Manifest m;
};

void read_head(TomlSection& top, Reading& r) {
    Service& s = r.m.service;
    top.text("service", r.m.name, true, R"(a name such as "session" or "link@ev", at most 22 letters)", is_name);
    std::string program = r.m.name.substr(0, r.m.name.find('@'));
    top.text("program", program, false, "the program's file name, at most 24 letters", is_name);
    top.text("purpose", r.m.purpose, true, "one sentence that says what this service is for",
             [](const std::string& t) { return t.size() >= 10; });
    std::string instances;
    top.text("instances", instances, false, R"("per-evse", or no such key)",
             [](const std::string& t) { return t == "per-evse"; });
    r.m.per_evse = !instances.empty();
    s.type = Text<24>::cut(r.m.name);
    s.program = Text<24>::cut(program);
    top.choice("kind", s.kind);
    top.choice("start", s.start);
    top.number("zone", s.zone, 1, 3, "a zone");
    top.number("rank", s.rank, 1, 99, "a rank");
    top.value("schedule", s.priority, true, R"("other" or "fifo:<priority from 1 to 90>")", [](const toml::node& node) {
        const std::string text = node.value_exact<std::string>().value_or("");
        const auto priority = text == "other" ? 0u : text.starts_with("fifo:") ? whole(text.substr(5)).value_or(99) : 99;
        return priority <= 90 && text != "fifo:0" ? std::optional(priority) : std::nullopt;
    });
    s.schedule = s.priority > 0 ? Schedule::fifo : Schedule::other;
    top.number("cpu", s.cpu, 0, 63, "a core", r.m.is_fifo());
    top.number("rt_time_us", s.rt_time_us, 50, 1'000'000, "microseconds", r.m.is_fifo());
    top.number("rt_period_us", s.rt_period_us, 1000, 1'000'000, "microseconds", r.m.is_fifo());
    if (!r.m.is_fifo() && s.rt_time_us + s.rt_period_us > 0)
        r.file.refuse(r.file.lines.of("rt_time_us"), "rt_time_us: only a FIFO service has a real-time budget");
}

void read_serves(TomlSection serves, Reading& r) {
    std::string interface;
    serves.text("interface", interface, false, R"(the interface's name, for example "Session")",
                [](const std::string& t) { return !t.empty(); });
    if (!interface.empty()) r.m.interface = Placed{interface, r.file.lines.of("serves.interface")};
    serves.value("max_size", r.m.max_size, false, R"(a size from "4K" to "64K")",
                 [](const toml::node& node) { return size_of(node, default_max_size, hard_max_size); });
    TomlSection to = serves.table("to");
    for (const std::string& client : to.keys())
        for (const Placed& message : to.texts(client, "a list of this interface's messages"))
            r.m.permits.push_back({client, message.text, message.line});
    TomlSection needs = serves.table("needs");
    for (const std::string& message : needs.keys())
        for (const auto& [server, called] : needs.pairs(message, '.', R"(a list of calls such as "meter.Read")"))
            r.m.needs.push_back({message, server.text, called.text, called.line});
    if (!r.m.interface && (!r.m.permits.empty() || !r.m.needs.empty()))
        r.file.refuse(r.file.lines.of("serves"), "serves.interface is missing: messages need an interface");
}

void read_calls(TomlSection calls, Reading& r) {
    for (const std::string& server : calls.keys()) {
        TomlSection to = calls.table(server);
        for (const std::string& message : to.keys()) {
            const toml::node& node = *to.find(message);
            Call call{server, message, 0, node.is_table(), line_of(node)};
            if (call.is_request) {
                TomlSection form = to.table(message);
                form.number("request", call.ms, 1, 65535, "milliseconds");
            } else
                to.value(message, call.ms, true, "milliseconds from 1 to 65535, or { request = milliseconds }",
                         [](const toml::node& n) { return number_of(n, 1, 65535); });
            r.m.calls.push_back(std::move(call));
        }
    }
}

void read_pulses(TomlSection pulses, Reading& r) {
    for (auto [key, list] : {std::pair{"to", &r.m.pulses_to}, std::pair{"from", &r.m.pulses_from}})
        for (const auto& [peer, pulse] : pulses.pairs(key, ':', R"("<peer>:<pulse>", for example "session:decided")"))
            list->push_back({peer.text, pulse.text, pulse.line});
}

void check_path(const Placed& path, Reading& r) {
    if (!is_inside(path.text))
        r.file.refuse(path.line, R"("{}": expected a path below the station's state directory, without ".." and "/" at its ends)",
                      path.text);
    if (!r.m.per_evse && path.text.contains("{evse}"))
        r.file.refuse(path.line, R"("{}": this service has no EVSE of its own)", path.text);
}

void read_files(TomlSection files, Reading& r) {
    for (const auto& [key, write, optional] :
         {std::tuple{"read", false, false}, {"optional", false, true}, {"write", true, false}})
        for (const Placed& path : files.texts(key, "a list of paths")) {
            check_path(path, r);
            r.m.files.emplace_back(FileGrant{{}, write, optional}, path);
        }
}

void read_device(TomlSection& device, std::uint32_t line, Reading& r) {
    DeviceGrant grant;
    std::string name, path;
    device.text("name", name, true, "what the service calls it, at most 22 letters", is_name);
    device.choice("kind", grant.kind, true);
    device.text("path", path, true, "the device's path", [](const std::string& t) { return !t.empty(); });
    grant.name = Text<24>::cut(name);
    // A character device has its place in /dev; sockets are the station's own.
    const bool is_system = grant.kind == DeviceKind::open && path.starts_with("/dev/");
    check_path({is_system ? path.substr(1) : path, line}, r);
    r.m.devices.emplace_back(grant, Placed{path, line});
}

void read_port(const Placed& protocol, const Placed& ports, Reading& r) {
    const auto range = halves(ports.text, '-').value_or(std::pair{ports.text, ports.text});
    const std::uint32_t first = whole(range.first).value_or(0), last = whole(range.second).value_or(0);
    if ((protocol.text != "tcp" && protocol.text != "udp") || first == 0 || first > last || last > 65535)
        r.file.refuse(ports.line, R"(grants.ports = "{}:{}": expected "tcp:443", "udp:15118" or "tcp:49152-65535")",
                      protocol.text, ports.text);
    else if (!r.m.service.ports.push(
                 {protocol.text == "tcp", static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)}))
        r.file.refuse(ports.line, "grants.ports: more than four");
}

void read_ability(TomlSection& ability, std::uint32_t line, Reading& r) {
    std::string name, why, known;
    for (const auto& [word, number] : abilities) known += (known.empty() ? "" : ", ") + std::string(word);
    ability.text("name", name, true, "one of " + known,
                 [](const std::string& t) { return std::ranges::contains(abilities, t, [](const auto& a) { return a.first; }); });
    ability.text("why", why, true, "the reason in a sentence: an ability without one is not granted",
                 [](const std::string& t) { return t.size() >= 10; });
    for (const auto& [word, number] : abilities)
        if (name == word) r.m.service.abilities |= std::uint64_t{1} << number;
    r.m.abilities.push_back({name + ": " + why, line});
}

void read_grants(TomlSection grants, Reading& r) {
    read_files(grants.table("files"), r);
    grants.tables("devices", "a list of { name, kind, path }",
                  [&](TomlSection& device, std::uint32_t line) { read_device(device, line, r); });
    grants.choice("network", r.m.service.network);
    for (const auto& [protocol, ports] : grants.pairs("ports", ':', R"(a list of "tcp:<port>" or "udp:<port>")"))
        read_port(protocol, ports, r);
    grants.bits<SyscallGroup>("syscalls", r.m.service.syscalls);
    grants.tables("abilities", R"(a list of { name = "CAP_...", why = "..." }: an ability without a reason is not granted)",
                  [&](TomlSection& ability, std::uint32_t line) { read_ability(ability, line, r); });
    grants.bits<control::Request>("control", r.m.service.control, '_');
}

void read_life(TomlSection& top, Reading& r) {
    Service& s = r.m.service;
    TomlSection limits = top.table("limits", true);
    limits.value("memory", s.limits.memory_bytes, true, R"(a size from "4M" to "1024M")",
                 [](const toml::node& node) { return size_of(node, 4u << 20, 1u << 30); });
    limits.value("cpu", s.limits.cpu_percent, true, R"(a share of one core from "1%" to "100%")", [](const toml::node& node) {
        const auto n = whole_before(node, "%");
        return n && *n >= 1 && *n <= 100 ? n : std::nullopt;
    });
    limits.number("files", s.limits.files, 8, 1024, "descriptors");
    limits.number("tasks", s.limits.tasks, 1, 64, "threads and processes");
    TomlSection watchdog = top.table("watchdog", true);
    watchdog.number("beat_ms", s.watchdog.beat_ms, 5, 10'000, "milliseconds");
    watchdog.number("low", s.watchdog.low, 1, 255, "beats");
    watchdog.number("high", s.watchdog.high, 2, 255, "beats");
    if (s.watchdog.low >= s.watchdog.high)
        r.file.refuse(r.file.lines.of("watchdog.high"), "watchdog.high: expected more beats than low");
    TomlSection restart = top.table("restart", true);
    restart.number("intensity", s.restart.intensity, 1, max_intensity, "deaths");
    restart.number("period_s", s.restart.period_s, 1, 3600, "seconds");
    restart.choice("exhausted", s.restart.exhausted, true);
    using Backoff = decltype(s.restart.backoff_ms);
    restart.value("backoff_ms", s.restart.backoff_ms, true, "one to four numbers of milliseconds from 0 to 60000",
                  [](const toml::node& node) {
                      std::optional<Backoff> list(std::in_place);
                      const toml::array* array = node.as_array();
                      for (std::size_t i = 0; array && list && i < array->size(); ++i) {
                          const std::int64_t ms = (*array)[i].value_exact<std::int64_t>().value_or(-1);
                          if (ms < 0 || ms > 60'000 || !list->push(static_cast<std::uint16_t>(ms))) list.reset();
                      }
                      return list && !list->empty() ? list : std::nullopt;
                  });
}

void read_all(TomlSection top, Reading& r) {
    read_head(top, r);
    read_serves(top.table("serves"), r);
    read_calls(top.table("calls"), r);
    read_pulses(top.table("pulses"), r);
    read_grants(top.table("grants", true), r);
    read_life(top, r);
}
}  // namespace

Checked<Manifest> read_manifest(const Source& source) {
    Reading r{TRY(TomlFile::parse(source.path, source.text)), {}};
    r.m.path = source.path;
    read_all(TomlSection(r.file), r);
    if (!r.file.refusals().empty()) return std::unexpected(r.file.take_refusals());
    r.m.lines = std::move(r.file.lines);
    return std::move(r.m);
}

}  // namespace voltkeep::policy
