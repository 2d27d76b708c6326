// SPDX-License-Identifier: Apache-2.0
#include "kernel/policy/manifest.hpp"

#include <toml++/toml.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "kernel/control.hpp"

namespace voltkeep::kernel::policy {

std::string Refusal::text() const { return std::format("{}:{}: {}", path, line, what); }

std::uint32_t Manifest::line(std::string_view key) const {
    const auto found = lines.find(key);
    return found == lines.end() ? 1 : found->second;
}

namespace {

/// The capabilities that a service may keep, by their numbers. Any other cannot be granted.
constexpr std::pair<std::string_view, unsigned> abilities[] = {
    {"CAP_NET_BIND_SERVICE", 10}, {"CAP_NET_ADMIN", 12}, {"CAP_NET_RAW", 13},     {"CAP_IPC_LOCK", 14},
    {"CAP_SYS_NICE", 23},         {"CAP_SYS_TIME", 25},  {"CAP_WAKE_ALARM", 35},
};

std::uint32_t line_of(const toml::node& node) { return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(node.source().begin.line)); }

std::string value_of(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return '"' + *text + '"';
    std::ostringstream text;
    node.visit([&](const auto& value) { text << value; });
    return text.str();
}

/// "audit:appended", "meter.Read" -> both halves.
std::optional<std::pair<std::string, std::string>> halves(std::string_view text, char between) {
    const std::size_t at = text.find(between);
    if (at == 0 || at == std::string_view::npos || at + 1 == text.size()) return std::nullopt;
    return std::pair{std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

/// One table of the file. Every key is asked for by its name; `close` refuses those that nobody asked for.
class Section {
public:
    Section(const toml::table* table, std::string prefix, Manifest& manifest, Refusals& refusals)
        : table_(table), prefix_(std::move(prefix)), manifest_(manifest), refusals_(refusals) {}

    const toml::node* find(std::string_view key) {
        known_.emplace(key);
        const toml::node* node = table_ ? table_->get(key) : nullptr;
        if (node) manifest_.lines[prefix_ + std::string(key)] = line_of(*node);
        return node;
    }
    void refuse(std::string_view key, const toml::node& node, std::string_view expected) {
        refusals_.push_back({manifest_.path, line_of(node), std::format("{}{} = {}: expected {}", prefix_, key, value_of(node), expected)});
    }
    /// A key that must be there.
    const toml::node* must(std::string_view key, std::string_view expected) {
        const toml::node* node = find(key);
        if (!node)
            refusals_.push_back({manifest_.path, table_ ? line_of(*table_) : 1, std::format("{}{} is missing: expected {}", prefix_, key, expected)});
        return node;
    }
    /// `convert(node)` gives the value, or nothing if the node is not what was expected.
    template <class T, class Convert>
    void value(std::string_view key, T& out, bool required, std::string_view expected, Convert convert) {
        const toml::node* node = required ? must(key, expected) : find(key);
        if (!node) return;
        if (auto converted = convert(*node)) out = static_cast<T>(*converted);
        else refuse(key, *node, expected);
    }
    template <class T>
    void number(std::string_view key, T& out, std::int64_t low, std::int64_t high, std::string_view what, bool required = true) {
        value(key, out, required, std::format("{} from {} to {}", what, low, high), [&](const toml::node& node) {
            const auto n = node.value_exact<std::int64_t>();
            return n && *n >= low && *n <= high ? n : std::nullopt;
        });
    }
    template <Enumeration E>
    void choice(std::string_view key, E& out, bool required = false) {
        value(key, out, required, words<E>(), [](const toml::node& node) { return from_word<E>(node.value_exact<std::string>().value_or("")); });
    }
    template <class Accept>
    void text(std::string_view key, std::string& out, bool required, std::string_view expected, Accept accept) {
        value(key, out, required, expected, [&](const toml::node& node) {
            auto t = node.value_exact<std::string>();
            return t && accept(*t) ? t : std::nullopt;
        });
    }
    /// The items of a list for which `take(item)` is true; the others are refused.
    template <class Take>
    void each(std::string_view key, std::string_view expected, Take take) {
        const toml::node* node = find(key);
        if (node && !node->is_array()) refuse(key, *node, expected);
        if (!node || !node->is_array()) return;
        for (const toml::node& item : *node->as_array())
            if (!take(item)) refuse(key, item, expected);
    }
    /// A list of texts.
    std::vector<Placed> texts(std::string_view key, std::string_view expected) {
        std::vector<Placed> list;
        each(key, expected, [&](const toml::node& item) {
            list.push_back({item.value_exact<std::string>().value_or(""), line_of(item)});
            return !list.back().text.empty();
        });
        return list;
    }
    /// A list of texts that have two halves.
    std::vector<std::pair<Placed, Placed>> pairs(std::string_view key, char between, std::string_view expected) {
        std::vector<std::pair<Placed, Placed>> list;
        each(key, expected, [&](const toml::node& item) {
            const auto both = halves(item.value_exact<std::string>().value_or(""), between);
            if (both) list.push_back({{both->first, line_of(item)}, {both->second, line_of(item)}});
            return both.has_value();
        });
        return list;
    }
    /// A list of enumerators, as bits.
    template <Enumeration E, class Bits>
    void bits(std::string_view key, Bits& out, char blank = '-') {
        each(key, words<E>(blank), [&](const toml::node& item) {
            const auto value = from_word<E>(item.value_exact<std::string>().value_or(""), blank);
            if (value) out = static_cast<Bits>(out | Bits{1} << static_cast<unsigned>(*value));
            return value.has_value();
        });
    }
    /// A list of tables, each read by `read(section, line)`.
    template <class Read>
    void tables(std::string_view key, std::string_view expected, Read read) {
        each(key, expected, [&](const toml::node& item) {
            if (!item.is_table()) return false;
            Section section(item.as_table(), prefix_ + std::string(key) + ".", manifest_, refusals_);
            read(section, line_of(item));
            section.close();
            return true;
        });
    }
    Section table(std::string_view key, bool required = false) {
        const toml::node* node = required ? must(key, "a table") : find(key);
        if (node && !node->is_table()) refuse(key, *node, "a table");
        return {node ? node->as_table() : nullptr, prefix_ + std::string(key) + ".", manifest_, refusals_};
    }
    [[nodiscard]] std::vector<std::string> keys() const {
        std::vector<std::string> names;
        if (table_)
            for (const auto& [key, node] : *table_) names.emplace_back(key.str());
        return names;
    }
    void close() {
        if (!table_) return;
        for (const auto& [key, node] : *table_)
            if (!known_.contains(key.str()))
                refusals_.push_back({manifest_.path, static_cast<std::uint32_t>(key.source().begin.line),
                                     std::format("{}{}: unknown key: expected {}", prefix_, key.str(), known_words())});
    }

private:
    [[nodiscard]] std::string known_words() const {
        std::string list;
        for (const std::string& key : known_) list += (list.empty() ? "one of " : ", ") + key;
        return list.empty() ? "nothing" : list;
    }

    const toml::table* table_;
    std::string prefix_;
    Manifest& manifest_;
    Refusals& refusals_;
    std::set<std::string, std::less<>> known_;
};

bool is_name(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    const std::string_view front = text.substr(0, text.find('@'));
    const std::string_view back = front.size() < text.size() ? text.substr(front.size() + 1) : "x";
    return text.size() <= 22 && !front.empty() && !back.empty() && std::ranges::all_of(front, is_letter) && std::ranges::all_of(back, is_letter);
}

/// A path that stays below the state directory: no "..", no root, no empty step.
bool is_inside(std::string_view path) {
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view step = path.substr(begin, end - begin);
        if (step.empty() || step == "." || step == "..") return false;
        begin = end + 1;
    }
    return true;
}

/// The number that is the whole of the text.
std::optional<std::uint32_t> whole(std::string_view text) {
    std::uint32_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
}

/// The number before `unit`, if the node is a text that ends in it: "10%" -> 10, "16M" -> 16.
std::optional<std::uint32_t> whole_before(const toml::node& node, std::string_view unit) {
    const std::string text = node.value_exact<std::string>().value_or("");
    return text.ends_with(unit) ? whole(std::string_view(text).substr(0, text.size() - unit.size())) : std::nullopt;
}

/// "16M" -> bytes, if it is from `low` to `high`; K and M are powers of 1024.
std::optional<std::uint64_t> size_of(const toml::node& node, std::uint64_t low, std::uint64_t high) {
    const auto kibi = whole_before(node, "K");
    const auto mebi = whole_before(node, "M");
    const std::uint64_t size = kibi ? std::uint64_t{*kibi} << 10 : mebi ? std::uint64_t{*mebi} << 20 : 0;
    return size >= low && size <= high ? std::optional(size) : std::nullopt;
}

struct Reading {
    Manifest m;
    Refusals refusals;
    template <class... A>
    void refuse(std::uint32_t line, std::format_string<A...> what, A&&... about) {
        refusals.push_back({m.path, line, std::format(what, std::forward<A>(about)...)});
    }
};

void read_head(Section& top, Reading& r) {
    Service& s = r.m.service;
    top.text("service", r.m.name, true, R"(a name such as "session" or "link@ev", at most 22 letters)", is_name);
    std::string program = r.m.name.substr(0, r.m.name.find('@'));
    top.text("program", program, false, "the program's file name, at most 24 letters", is_name);
    top.text("purpose", r.m.purpose, true, "one sentence that says what this service is for", [](const std::string& t) { return t.size() >= 10; });
    std::string instances;
    top.text("instances", instances, false, R"("per-evse", or no such key)", [](const std::string& t) { return t == "per-evse"; });
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
        r.refuse(r.m.line("rt_time_us"), "rt_time_us: only a FIFO service has a real-time budget");
}

void read_serves(Section serves, Reading& r) {
    std::string interface;
    serves.text("interface", interface, false, R"(the interface's name, for example "Session")", [](const std::string& t) { return !t.empty(); });
    if (!interface.empty()) r.m.interface = Placed{interface, r.m.line("serves.interface")};
    serves.value("max_size", r.m.max_size, false, R"(a size from "4K" to "64K")",
                 [](const toml::node& node) { return size_of(node, default_max_size, hard_max_size); });
    Section to = serves.table("to");
    for (const std::string& client : to.keys())
        for (const Placed& message : to.texts(client, "a list of this interface's messages"))
            r.m.permits.push_back({client, message.text, message.line});
    Section needs = serves.table("needs");
    for (const std::string& message : needs.keys())
        for (const auto& [server, called] : needs.pairs(message, '.', R"(a list of calls such as "meter.Read")"))
            r.m.needs.push_back({message, server.text, called.text, called.line});
    serves.close();
    if (!r.m.interface && (!r.m.permits.empty() || !r.m.needs.empty()))
        r.refuse(r.m.line("serves"), "serves.interface is missing: messages need an interface");
}

void read_calls(Section calls, Reading& r) {
    for (const std::string& server : calls.keys()) {
        Section to = calls.table(server);
        for (const std::string& message : to.keys()) {
            constexpr std::string_view expected = "milliseconds from 1 to 65535, or { request = milliseconds }";
            Call call{server, message, 0, false, 1};
            const toml::node* node = to.find(message);
            call.line = line_of(*node);
            const bool is_table = node->is_table();
            if (is_table) {
                Section form = to.table(message);
                form.number("request", call.ms, 1, 65535, "milliseconds");
                form.close();
                call.is_request = true;
            } else
                to.value(message, call.ms, true, expected, [](const toml::node& n) {
                    const auto ms = n.value_exact<std::int64_t>();
                    return ms && *ms >= 1 && *ms <= 65535 ? ms : std::nullopt;
                });
            r.m.calls.push_back(std::move(call));
        }
    }
}

void read_pulses(Section pulses, Reading& r) {
    for (auto [key, list] : {std::pair{"to", &r.m.pulses_to}, std::pair{"from", &r.m.pulses_from}})
        for (const auto& [peer, pulse] : pulses.pairs(key, ':', R"("<peer>:<pulse>", for example "session:decided")"))
            list->push_back({peer.text, pulse.text, pulse.line});
    pulses.close();
}

void check_path(const Placed& path, Reading& r) {
    if (!is_inside(path.text))
        r.refuse(path.line, R"("{}": expected a path below the station's state directory, without ".." and "/" at its ends)", path.text);
    if (!r.m.per_evse && path.text.contains("{evse}")) r.refuse(path.line, R"("{}": this service has no EVSE of its own)", path.text);
}

void read_files(Section files, Reading& r) {
    for (const auto& [key, write, optional] : {std::tuple{"read", false, false}, {"optional", false, true}, {"write", true, false}})
        for (const Placed& path : files.texts(key, "a list of paths")) {
            check_path(path, r);
            r.m.files.emplace_back(FileGrant{{}, write, optional}, path);
        }
    files.close();
}

void read_device(Section& device, std::uint32_t line, Reading& r) {
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
        r.refuse(ports.line, R"(grants.ports = "{}:{}": expected "tcp:443", "udp:15118" or "tcp:49152-65535")", protocol.text, ports.text);
    else if (!r.m.service.ports.push({protocol.text == "tcp", static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)}))
        r.refuse(ports.line, "grants.ports: more than four");
}

void read_ability(Section& ability, std::uint32_t line, Reading& r) {
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

void read_grants(Section grants, Reading& r) {
    read_files(grants.table("files"), r);
    grants.tables("devices", "a list of { name, kind, path }", [&](Section& device, std::uint32_t line) { read_device(device, line, r); });
    grants.choice("network", r.m.service.network);
    for (const auto& [protocol, ports] : grants.pairs("ports", ':', R"(a list of "tcp:<port>" or "udp:<port>")")) read_port(protocol, ports, r);
    grants.bits<SyscallGroup>("syscalls", r.m.service.syscalls);
    grants.tables("abilities", R"(a list of { name = "CAP_...", why = "..." }: an ability without a reason is not granted)",
                  [&](Section& ability, std::uint32_t line) { read_ability(ability, line, r); });
    grants.bits<control::Request>("control", r.m.service.control, '_');
    grants.close();
}

void read_life(Section& top, Reading& r) {
    Service& s = r.m.service;
    Section limits = top.table("limits", true);
    limits.value("memory", s.limits.memory_bytes, true, R"(a size from "4M" to "1024M")",
                 [](const toml::node& node) { return size_of(node, 4u << 20, 1u << 30); });
    limits.value("cpu", s.limits.cpu_percent, true, R"(a share of one core from "1%" to "100%")", [](const toml::node& node) {
        const auto n = whole_before(node, "%");
        return n && *n >= 1 && *n <= 100 ? n : std::nullopt;
    });
    limits.number("files", s.limits.files, 8, 1024, "descriptors");
    limits.number("tasks", s.limits.tasks, 1, 64, "threads and processes");
    limits.close();
    Section watchdog = top.table("watchdog", true);
    watchdog.number("beat_ms", s.watchdog.beat_ms, 5, 10'000, "milliseconds");
    watchdog.number("low", s.watchdog.low, 1, 255, "beats");
    watchdog.number("high", s.watchdog.high, 2, 255, "beats");
    watchdog.close();
    if (s.watchdog.low >= s.watchdog.high) r.refuse(r.m.line("watchdog.high"), "watchdog.high: expected more beats than low");
    Section restart = top.table("restart", true);
    restart.number("intensity", s.restart.intensity, 1, max_intensity, "deaths");
    restart.number("period_s", s.restart.period_s, 1, 3600, "seconds");
    restart.choice("exhausted", s.restart.exhausted, true);
    using Backoff = decltype(s.restart.backoff_ms);
    restart.value("backoff_ms", s.restart.backoff_ms, true, "one to four numbers of milliseconds from 0 to 60000", [](const toml::node& node) {
        std::optional<Backoff> list(std::in_place);
        const toml::array* array = node.as_array();
        for (std::size_t i = 0; array && list && i < array->size(); ++i) {
            const std::int64_t ms = (*array)[i].value_exact<std::int64_t>().value_or(-1);
            if (ms < 0 || ms > 60'000 || !list->push(static_cast<std::uint16_t>(ms))) list.reset();
        }
        return list && !list->empty() ? list : std::nullopt;
    });
    restart.close();
}
}  // namespace

Checked<Manifest> read_manifest(const Source& source) {
    Reading r;
    r.m.path = source.path;
    const toml::parse_result parsed = toml::parse(source.text, source.path);
    if (!parsed) {
        const toml::parse_error& error = parsed.error();
        r.refuse(static_cast<std::uint32_t>(error.source().begin.line), "not TOML: {}", error.description());
        return std::unexpected(std::move(r.refusals));
    }
    Section top(&parsed.table(), "", r.m, r.refusals);
    read_head(top, r);
    read_serves(top.table("serves"), r);
    read_calls(top.table("calls"), r);
    read_pulses(top.table("pulses"), r);
    read_grants(top.table("grants", true), r);
    read_life(top, r);
    top.close();
    if (!r.refusals.empty()) return std::unexpected(std::move(r.refusals));
    return std::move(r.m);
}

Checked<std::vector<Source>> find_manifests(const std::string& folder) {
    namespace fs = std::filesystem;
    std::vector<Source> sources;
    std::error_code error;
    for (fs::directory_iterator service(folder, error), end; !error && service != end; service.increment(error)) {
        if (!service->is_directory()) continue;
        for (const fs::directory_entry& file : fs::directory_iterator(service->path(), error)) {
            const std::string name = file.path().filename().string();
            if (name != "manifest.toml" && !name.ends_with(".manifest.toml")) continue;
            std::ifstream stream(file.path());
            sources.push_back({file.path().string(), std::string(std::istreambuf_iterator<char>(stream), {})});
            if (!stream) return std::unexpected(Refusals{{file.path().string(), 1, "cannot be read"}});
        }
    }
    if (error || sources.empty()) return std::unexpected(Refusals{{folder, 1, "no manifests: expected <service>/manifest.toml in this folder"}});
    std::ranges::sort(sources, {}, &Source::path);
    return sources;
}

}  // namespace voltkeep::kernel::policy
