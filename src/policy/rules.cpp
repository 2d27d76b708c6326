// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <format>
#include <functional>

#include "policy/compile.hpp"

namespace voltkeep::policy {

const Manifest* Policy::find(std::string_view name) const {
    const auto found = std::ranges::find(manifests, name, &Manifest::name);
    return found == manifests.end() ? nullptr : &*found;
}

const InterfaceDescription* Policy::interface_of(const Manifest& server) const {
    if (!server.interface) return nullptr;
    std::string folder = server.interface->text;   // the interface is named after its folder, with a capital letter
    if (folder.front() >= 'A' && folder.front() <= 'Z') folder.front() = static_cast<char>(folder.front() - 'A' + 'a');
    else return nullptr;
    const auto found = std::ranges::find(interfaces, std::string_view(folder), &InterfaceDescription::service);
    return found == interfaces.end() ? nullptr : &*found;
}

std::span<const std::string_view> Policy::pulses_of(const Manifest& sender) const {
    if (const InterfaceDescription* own = interface_of(sender)) return own->pulses;
    const auto found = std::ranges::find(interfaces, sender.service.program.view(), &InterfaceDescription::service);
    return found == interfaces.end() ? std::span<const std::string_view>{} : found->pulses;
}

std::vector<Conversation> conversations(const Policy& policy) {
    std::vector<Conversation> all;
    for (const Manifest& client : policy.manifests)
        for (const Manifest& server : policy.manifests) {
            Conversation c{&client, &server, {}};
            for (const Call& call : client.calls)
                if (call.server == server.name) c.calls.push_back(&call);
            if (!c.calls.empty()) all.push_back(std::move(c));
        }
    return all;
}

std::vector<std::string> pulses_between(const Manifest& sender, const Manifest& receiver) {
    std::vector<std::string> names;
    for (const Mention& to : sender.pulses_to)
        if (to.peer == receiver.name) names.push_back(to.name);
    return names;
}

namespace {
using std::format;

bool has(const std::vector<Mention>& list, std::string_view peer, std::string_view name) {
    return std::ranges::any_of(list, [&](const Mention& m) { return m.peer == peer && m.name == name; });
}
bool calls(const Manifest& client, std::string_view server, std::string_view message) {
    return std::ranges::any_of(client.calls, [&](const Call& c) { return c.server == server && c.message == message; });
}

/// The one declared exception of the zones: anyone may append to the log, write-only.
bool is_append(const Call& call) { return call.server == "audit" && (call.message == "Append" || call.message == "AppendLater"); }

class Judge : Refusing {
public:
    explicit Judge(const Policy& policy) : policy_(policy), talks_(conversations(policy)) {}

    Refusals all() {
        for (const Manifest& m : policy_.manifests) {
            names(m);
            both_ends(m);
            pulses(m);
            needs(m);
            grants(m);
        }
        for (const Conversation& talk : talks_) {
            ranks(talk);
            zones(talk);
            deadlines(talk);
        }
        return take_refusals();
    }

private:
    void names(const Manifest& m) {
        for (const Manifest& other : policy_.manifests)
            if (&other < &m && other.name == m.name)
                refuse(m.path, m.line("service"), R"(service "{}" is described by {} already)", m.name, other.path);
        if (m.interface && !policy_.interface_of(m))
            refuse(m.path, m.interface->line,
                   R"(no interface "{}": expected the name of a folder's protocol.hpp, with a capital letter)",
                   m.interface->text);
    }

    /// Every message of a conduit is named by the client, which says how long it waits, and by the server, which lets it in.
    void both_ends(const Manifest& m) {
        for (const Call& call : m.calls) {
            const Manifest* server = policy_.find(call.server);
            if (!server) refuse(m.path, call.line, R"(calls "{}", which no manifest describes)", call.server);
            else if (!has(server->permits, m.name, call.message))
                refuse(m.path, call.line, "calls {}.{}, but {} does not let {} send it (serves.to.{})", call.server, call.message,
                       server->path, m.name, m.name);
        }
        const InterfaceDescription* interface = policy_.interface_of(m);
        for (const auto& [peer, name, line] : m.permits) {
            const Manifest* client = policy_.find(peer);
            const MessageDescription* message = interface ? interface->find(name) : nullptr;
            const std::size_t size = message ? std::max(message->request_bound, message->reply_bound) : 0;
            if (!client) refuse(m.path, line, R"(serves "{}", which no manifest describes)", peer);
            else if (interface && !message)
                refuse(m.path, line, R"(the interface {} has no message "{}")", m.interface->text, name);
            else if (!calls(*client, m.name, name))
                refuse(m.path, line, "lets {} send {}, but {} does not call it", peer, name, client->path);
            else if (size > m.max_size)
                refuse(m.path, line, "{} takes up to {} bytes: expected at most {}, or a larger serves.max_size", name, size,
                       m.max_size);
        }
    }

    /// Rank rises along every call, so the graph has no cycle and messages no deadlock; FIFO priority rises with it.
    void ranks(const Conversation& talk) {
        const auto& [client, server, calls] = talk;
        const std::uint32_t line = calls.front()->line;
        const Service &own = client->service, &its = server->service;
        if (its.rank <= own.rank) {
            const std::string back = way(*server, *client);
            refuse(client->path, line, "calls {} of rank {}: expected a rank over its own {}{}", server->name, its.rank, own.rank,
                   back.empty() ? "" : "; this is the cycle " + client->name + back);
        }
        if (client->is_fifo() && !server->is_fifo())
            refuse(client->path, line, "a FIFO service calls {}, which is not: nobody may keep it waiting", server->name);
        else if (client->is_fifo() && its.priority <= own.priority)
            refuse(client->path, line, "calls {} of priority {}: expected a priority over its own {}", server->name, its.priority,
                   own.priority);
        if (its.start == Start::on_demand && !client->may(control::Request::demand))
            refuse(client->path, line, R"(calls {}, which starts on demand: expected grants.control = ["demand"])", server->name);
    }

    /// A way by calls, " -> a -> b"; empty if there is none.
    [[nodiscard]] std::string way(const Manifest& from, const Manifest& to, std::vector<const Manifest*> been = {}) const {
        if (&from == &to) return " -> " + to.name;
        been.push_back(&from);
        for (const Conversation& talk : talks_)
            if (talk.client == &from && !std::ranges::contains(been, talk.server))
                if (const std::string rest = way(*talk.server, to, been); !rest.empty()) return " -> " + from.name + rest;
        return {};
    }

    void zones(const Conversation& talk) {
        const unsigned outer = talk.client->service.zone, inner = talk.server->service.zone;
        if (outer == inner || outer == inner + 1) return;
        for (const Call* call : talk.calls)
            if (!is_append(*call))
                refuse(talk.client->path, call->line,
                       "{}.{} leads from zone {} to zone {}: expected the same zone or one inward (only audit.Append may skip)",
                       call->server, call->message, outer, inner);
    }

    void deadlines(const Conversation& talk) {
        const Watchdog& dog = talk.client->service.watchdog;
        const unsigned patience = dog.low * dog.beat_ms;
        for (const Call* call : talk.calls) {
            if (!call->is_request && call->ms >= patience)
                refuse(talk.client->path, call->line,
                       "{}.{} may take {} ms: expected less than watchdog.low x beat_ms = {} ms, or {{ request = {} }}",
                       call->server, call->message, call->ms, patience, call->ms);
            unsigned sum = 0;
            for (const Need& need : talk.server->needs)
                for (const Call& inner : talk.server->calls)
                    if (need.message == call->message && inner.server == need.server && inner.message == need.called)
                        sum += inner.ms;
            if (sum >= call->ms)
                refuse(talk.client->path, call->line,
                       "{}.{} gives up after {} ms: expected more than the {} ms that {} itself waits for it", call->server,
                       call->message, call->ms, sum, talk.server->name);
        }
    }

    void needs(const Manifest& m) {
        const InterfaceDescription* interface = policy_.interface_of(m);
        for (const Need& need : m.needs) {
            if (interface && !interface->find(need.message))
                refuse(m.path, need.line, R"(the interface {} has no message "{}")", m.interface->text, need.message);
            if (!calls(m, need.server, need.called))
                refuse(m.path, need.line, "{} needs {}.{}, which is not among its calls", need.message, need.server, need.called);
        }
    }

    /// A pulse is named by both ends, exists in the sender's protocol, and goes where a conduit goes.
    void pulses(const Manifest& m) {
        for (const bool sends : {true, false})
            for (const auto& [name, pulse, line] : sends ? m.pulses_to : m.pulses_from) {
                const Manifest* peer = policy_.find(name);
                const auto together = [&](const Conversation& t) {
                    return (t.client == &m && t.server == peer) || (t.client == peer && t.server == &m);
                };
                const auto refuse_it = [&](const std::string& why) { refuse(m.path, line, "pulse {}:{}: {}", name, pulse, why); };
                if (!peer) refuse_it(format(R"(no manifest describes "{}")", name));
                else if (!std::ranges::contains(policy_.pulses_of(sends ? m : *peer), std::string_view(pulse)))
                    refuse_it(format(R"({} has no pulse "{}")", sends ? m.name : name, pulse));
                else if (!has(sends ? peer->pulses_from : peer->pulses_to, m.name, pulse))
                    refuse_it(format("{} does not name it (pulses.{})", peer->path, sends ? "from" : "to"));
                else if (!std::ranges::any_of(talks_, together))
                    refuse_it(format("there is no conduit between {} and {}", m.name, name));
            }
    }

    /// Grants that contradict each other.
    void grants(const Manifest& m) {
        const auto expect = [&](bool good, std::string_view key, std::string_view what) {
            if (!good) refuse(m.path, m.line(key), "{}: {}", key, what);
        };
        const bool is_foreign = m.service.kind == Kind::foreign;
        expect(m.has(SyscallGroup::base), "grants.syscalls", "expected the group base: nothing runs without it");
        expect(!m.writes() || m.has(SyscallGroup::files) || m.has(SyscallGroup::kept), "grants.syscalls",
               "expected the group files, because this service writes files");
        expect((m.service.network != Network::none) == m.has(SyscallGroup::sockets), "grants.syscalls",
               "expected the group sockets with grants.network, and only then");
        expect(m.service.ports.empty() || m.service.network != Network::none, "grants.ports",
               "a service without grants.network has no ports");
        expect(m.service.limits.tasks == 1 || m.has(SyscallGroup::threads) || m.has(SyscallGroup::processes) || is_foreign,
               "limits.tasks", "more than one task needs the group threads or processes");
        expect(is_foreign == m.has(SyscallGroup::foreign), "grants.syscalls",
               R"(expected the group foreign with kind = "foreign", and only then)");
        expect(!is_foreign || (!m.interface && m.calls.empty()), "kind", "a foreign program does not speak our messages");
    }

    const Policy& policy_;
    std::vector<Conversation> talks_;
};
}  // namespace

Refusals judge(const Policy& policy) { return Judge(policy).all(); }

}  // namespace voltkeep::policy
