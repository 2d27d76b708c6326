// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <format>

#include "cli/policy/report.hpp"

namespace voltkeep::cli {
using namespace kernel;
using namespace policy;

namespace {
/// One power: how much it weighs, how much of it (0 to 1) a service has, and what that means.
struct Power {
    double weight;
    double share;
    std::string_view meaning;
};

double ratio(std::size_t n, std::size_t most) { return std::min(1.0, static_cast<double>(n) / static_cast<double>(most)); }

std::vector<Power> powers(const Policy& policy, const Manifest& m) {
    const Service& s = m.service;
    using Bits = control::Request;
    const auto yes = [](bool has) { return has ? 1.0 : 0.0; };
    std::size_t sends = 0, inward = 0, from_outside = 0;
    for (const Conversation& talk : conversations(policy)) {
        if (talk.client == &m) sends += talk.calls.size();
        if (talk.client == &m && talk.server->service.zone < s.zone && talk.server->name != "audit") ++inward;
        if (talk.server == &m && talk.client->service.zone > s.zone && m.name != "audit") ++from_outside;
    }
    const auto is_device = [](DeviceKind kind) { return [kind](const auto& d) { return d.first.kind == kind; }; };
    return {
        {20, yes(s.kind == Kind::foreign), "runs a program that is not ours and never seals itself"},
        {20, yes(m.has(SyscallGroup::lab)), "has the system calls of a sanitizer build"},
        {20,
         s.network == Network::station ? 1.0
         : s.network == Network::cable ? 0.7
                                       : 0.0,
         "makes sockets"},
        {15, yes(m.has(SyscallGroup::processes)), "makes processes"},
        {15, ratio(static_cast<std::size_t>(std::popcount(s.abilities)), 2), "keeps a capability"},
        {12, yes(m.may(Bits::restart) || m.may(Bits::quarantine) || m.may(Bits::switch_slot)), "ends or switches other services"},
        {10,
         m.has(SyscallGroup::files)  ? (m.writes() ? 1.0 : 0.4)
         : m.has(SyscallGroup::kept) ? 0.2
                                     : 0.0,
         !m.has(SyscallGroup::files) ? "writes the files that it opened before the seal"
         : m.writes()                ? "writes files after the seal"
                                     : "opens files after the seal"},
        {8, yes(m.has(SyscallGroup::accept)), "accepts connections"},
        {8,
         std::ranges::any_of(m.devices, is_device(DeviceKind::open)) ? 1.0
         : m.devices.empty()                                         ? 0.0
                                                                     : 0.5,
         "holds a device"},
        {8, yes(m.is_fifo()), "runs before others (FIFO)"},
        {6, yes(m.has(SyscallGroup::clock)), "sets the clock"},
        {6, ratio(inward, 2), "calls into an inner zone"},
        {6, ratio(from_outside, 2), "serves an outer zone"},
        {5, ratio(sends, 24), "sends messages"},
        {4, ratio(m.files.size(), 4), "is given files"},
        {4, yes(s.limits.tasks > 1), "has more than one thread"},
        {3, yes(m.may(Bits::get_state) || m.may(Bits::take_events)), "sees the state of other services"},
    };
}
}  // namespace

std::vector<Score> score(const Policy& policy) {
    std::vector<Score> all;
    for (const Manifest& m : policy.manifests) {
        std::vector<Power> list = powers(policy, m);
        std::ranges::stable_sort(list, std::greater{}, [](const Power& p) { return p.weight * p.share; });
        Score s{&m, 0, {}};
        double total = 0, held = 0;
        for (const Power& p : list) {
            total += p.weight;
            held += p.weight * p.share;
        }
        s.exposure = 10 * held / total;
        for (const Power& p : list)
            if (10 * p.weight * p.share / total >= 0.05)
                s.reasons.push_back(std::format("{:.1f} {}", 10 * p.weight * p.share / total, p.meaning));
        all.push_back(std::move(s));
    }
    std::ranges::stable_sort(all, std::greater{}, &Score::exposure);
    return all;
}

std::string score_table(const Policy& policy) {
    std::string out =
        "Exposure of each service: 0 (can do nothing but compute) to 10 (every power that a manifest could give), and by what.\n";
    for (const Score& s : score(policy)) {
        out += std::format("{:<14}{:4.1f}", s.service->name, s.exposure);
        for (const std::string& reason : s.reasons)
            out += std::format("{}{}", &reason == &s.reasons.front() ? "   " : "; ", reason);
        out += '\n';
    }
    return out;
}

}  // namespace voltkeep::cli
