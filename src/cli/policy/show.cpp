// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <format>
#include <functional>

#include "cli/policy/report.hpp"

namespace voltkeep::cli {
using namespace kernel;
using namespace policy;

namespace {
using std::format;

std::string listed(const std::vector<std::string>& items, std::string_view between = ", ") {
    std::string text;
    for (const std::string& item : items) text += (text.empty() ? "" : std::string(between)) + item;
    return text;
}

template <class Name>
std::string listed_calls(const Conversation& talk, Name name) {
    std::vector<std::string> names;
    for (const Call* call : talk.calls) names.push_back(name(*call));
    return listed(names);
}

/// The words of the bits that are set.
template <Enumeration E>
std::string bits(std::uint64_t set, char blank = '-') {
    std::vector<std::string> names;
    for (unsigned i = 0; i <= static_cast<unsigned>(E::last_); ++i)
        if (set >> i & 1u) names.push_back(word(static_cast<E>(i), blank));
    return listed(names);
}

std::string touches(const Manifest& m) {
    std::vector<std::string> all;
    for (const auto& [file, path] : m.files)
        all.push_back((file.write ? "writes " : file.optional ? "reads, if there, " : "reads ") + path.text);
    for (const auto& [device, path] : m.devices)
        all.push_back(format("{} of {} ({})", device.name.view(), path.text, word(device.kind)));
    if (m.service.network != Network::none) all.push_back(format("the network of the {}", word(m.service.network)));
    for (const PortGrant& p : m.service.ports)
        all.push_back(format("{} port {}{}", p.tcp ? "TCP" : "UDP", p.first, p.first == p.last ? "" : format(" to {}", p.last)));
    for (const Placed& ability : m.abilities) all.push_back("ability " + ability.text);
    if (m.service.control != 0) all.push_back("asks the process manager to " + bits<control::Request>(m.service.control, '_'));
    return all.empty() ? "nothing" : listed(all, "; ");
}

void show_service(std::string& out, const Policy& policy, const std::vector<Conversation>& talks, const Manifest& m) {
    const Service& s = m.service;
    const auto line = [&](std::string_view what, const std::string& text) {
        if (!text.empty()) out += format("    {:<12}{}\n", what, text);
    };
    out +=
        format("\n{}{}, zone {}, rank {}, {}{}{}\n    {}\n", m.name, m.per_evse ? ", one for each EVSE" : "", s.zone, s.rank,
               m.is_fifo() ? format("FIFO {} on core {}, {} of {} us", s.priority, s.cpu, s.rt_time_us, s.rt_period_us)
                           : "ordinary schedule",
               s.start == Start::on_demand ? ", on demand" : "", s.kind == Kind::foreign ? ", a foreign program" : "", m.purpose);
    if (const InterfaceDescription* interface = policy.interface_of(m)) {
        std::vector<std::string> idle;
        for (const MessageDescription& message : interface->messages)
            if (std::ranges::none_of(m.permits, [&](const Mention& p) { return p.name == message.name; }))
                idle.emplace_back(message.name);
        for (const Conversation& talk : talks)
            if (talk.server == &m)
                line("serves", format("{}{}: {}", talk.client->name,
                                      talk.client->service.zone > s.zone ? " (from the outer zone)" : "", messages(talk)));
        line("not sent", listed(idle));
    }
    for (const Conversation& talk : talks)
        if (talk.client == &m) line("calls", format("{}: {}", talk.server->name, messages_with_deadlines(talk)));
    for (const Manifest& peer : policy.manifests)
        if (const auto pulses = pulses_between(m, peer); !pulses.empty())
            line("pulses", format("{}: {}", peer.name, listed(pulses)));
    line("touches", touches(m));
    line("may call", bits<SyscallGroup>(s.syscalls) + (s.kind == Kind::native ? "; sealed after the start" : "; never sealed"));
    line("limits", format("{} MiB, {} % of a core, {} descriptors, {} task{}", s.limits.memory_bytes >> 20, s.limits.cpu_percent,
                          s.limits.files, s.limits.tasks, s.limits.tasks == 1 ? "" : "s"));
    line("watched", format("a beat each {} ms; {} missed are logged, {} missed end it", s.watchdog.beat_ms, s.watchdog.low,
                           s.watchdog.high));
    std::vector<std::string> waits;
    for (const std::uint16_t ms : s.restart.backoff_ms) waits.push_back(std::to_string(ms));
    line("restarted", format("{} times in {} s, after {} ms; then {}", s.restart.intensity, s.restart.period_s, listed(waits),
                             word(s.restart.exhausted)));
}

/// A secpol type name: letters, digits, underscores.
std::string type_name(const Manifest& m) {
    std::string name = m.name;
    std::ranges::replace(name, '@', '_');
    return name + "_t";
}
}  // namespace

std::string messages(const Conversation& talk) {
    return listed_calls(talk, [](const Call& call) { return call.message; });
}

std::string messages_with_deadlines(const Conversation& talk) {
    return listed_calls(
        talk, [](const Call& call) { return format("{}{} {} ms", call.message, call.is_request ? " (request)" : "", call.ms); });
}

std::string show(const Policy& policy) {
    const std::vector<Conversation> talks = conversations(policy);
    std::string out =
        format("The policy of the station: {} services, {} conduits. Highest rank first; a call goes to a higher rank only.\n",
               policy.manifests.size(), talks.size());
    for (const Manifest& m : policy.manifests) show_service(out, policy, talks, m);
    return out + "\n" + score_table(policy);
}

Result<std::string> why(const Policy& policy, std::string_view from, std::string_view to) {
    const Manifest *start = policy.find(from), *goal = policy.find(to);
    if (!start || !goal)
        return fail(Errc::not_found, format("no service is called \"{}\": `voltkeep policy show` lists them", start ? to : from));
    const std::vector<Conversation> talks = conversations(policy);
    const auto place = [](const Manifest& m) { return format("{} (zone {})", m.name, m.service.zone); };
    std::vector<std::vector<const Conversation*>> chains;
    std::vector<const Conversation*> chain;
    const std::function<void(const Manifest*)> walk = [&](const Manifest* at) {   // calls climb in rank, so every way ends
        if (at == goal) return chains.push_back(chain);
        for (const Conversation& talk : talks)
            if (talk.client == at) {
                chain.push_back(&talk);
                walk(talk.server);
                chain.pop_back();
            }
    };
    if (start != goal) walk(start);
    std::ranges::stable_sort(chains, {}, &std::vector<const Conversation*>::size);

    std::string out;
    if (!chains.empty() && chains.front().size() == 1)
        out += format("{} may send {}: {}\n", place(*start), place(*goal), messages_with_deadlines(*chains.front().front()));
    else out += format("no conduit from {} to {}\n", place(*start), place(*goal));
    for (const auto& way : chains) {
        if (way.size() == 1) continue;
        std::string text, in_turn;
        for (std::size_t i = 0; i < way.size(); ++i) {
            text += format("{} -{}-> ", way[i]->client->name, messages(*way[i]));
            for (const Need& need : way[i]->server->needs)
                if (i + 1 < way.size() && need.server == way[i + 1]->server->name &&
                    std::ranges::any_of(way[i]->calls, [&](const Call* c) { return c->message == need.message; }))
                    in_turn += format("{}{}.{} for {}", in_turn.empty() ? "" : ", ", need.server, need.called, need.message);
        }
        std::vector<std::string> carried;   // fields of the first message that have a namesake in a message of every later step
        for (const Call* call : way.front()->calls)
            for (const MessageDescription& message : policy.interface_of(*way.front()->server)->messages)
                for (const std::string_view field : message.fields) {
                    const auto has = [&](const Conversation* talk) {
                        return std::ranges::any_of(talk->calls, [&](const Call* c) {
                            return std::ranges::any_of(policy.interface_of(*talk->server)->messages,
                                                       [&](const MessageDescription& d) {
                                                           return d.name == c->message && std::ranges::contains(d.fields, field);
                                                       });
                        });
                    };
                    if (message.name == call->message && std::ranges::all_of(way, has))
                        carried.push_back(format("{}.{}", message.name, field));
                }
        out += format(
            "what remains: {}{}\n              {}; {}\n", text, goal->name,
            carried.empty() ? "no field of the first message has a namesake all the way"
                            : "fields with a namesake all the way: " + listed(carried),
            in_turn.empty() ? "no step says that it calls on in the same turn (serves.needs)" : "in the same turn: " + in_turn);
    }
    for (const Conversation& a : talks)   // what one leaves in a common server, the other may take from its replies
        for (const Conversation& b : talks)
            if (a.client == start && b.client == goal && a.server == b.server)
                out += format("both call {}: {} sends {}; {} sends {} and reads the replies\n", a.server->name, start->name,
                              messages(a), goal->name, messages(b));
    for (const Manifest* end : {start, goal})
        if (const Manifest* other = end == start ? goal : start; !pulses_between(*end, *other).empty())
            out += format("pulses from {} to {}: {}\n", end->name, other->name, listed(pulses_between(*end, *other)));
    return out;
}

std::string secpol(const Policy& policy) {
    std::string out =
        "# The station's policy for secpolcompile (QNX OS 8). A service starts as <type> and goes to <type>__run when it seals "
        "itself.\n";
    for (const Manifest& m : policy.manifests) out += format("type {0};\ntype {0}__run;\n", type_name(m));
    for (const Manifest& m : policy.manifests) {
        const std::string type = type_name(m);
        std::string run = "    nonroot\n    unlock\n";
        if (m.is_fifo()) run += format("    priority:{}\n", m.service.priority);
        if (m.service.network != Network::none &&
            std::ranges::any_of(m.service.ports, [](const PortGrant& p) { return p.first < 1024; }))
            run += "    network/bind/privport\n";
        if (m.has(SyscallGroup::processes)) run += "    fork\n    spawn\n";
        if (m.has(SyscallGroup::clock)) run += "    clockset\n";
        out += format("\n# {}\nallow {}__run self:ability {{\n{}}};\n", m.purpose, type, run);
        out += format("allow {0} self:ability {{\n    prot_exec\n    map_fixed\n    settypeid:{0}__run\n{1}{2}}};\n", type,
                      m.interface ? "    public_channel\n" : "", run);
    }
    out += '\n';
    for (const Conversation& talk : conversations(policy))
        out += format("allow {{ {0} {0}__run }} {1}__run:channel connect;\n", type_name(*talk.client), type_name(*talk.server));
    return out;
}

}  // namespace voltkeep::cli
