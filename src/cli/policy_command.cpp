// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/policy/report.hpp"
#include "services/registry/registry.hpp"

namespace voltkeep::cli {

namespace {

int print_refusals(const Refusals& refusals) {
    for (const Refusal& refusal : refusals) std::fprintf(stderr, "%s\n", refusal.text().c_str());
    return 1;
}

/// The checked policy, or nothing after its refusals were printed.
std::optional<policy::Policy> checked(const std::string& manifests) {
    const auto sources = policy::find_manifests(manifests);
    if (!sources) return print_refusals(sources.error()), std::nullopt;
    auto result = policy::check(*sources, registry::interfaces());
    if (!result) return print_refusals(result.error()), std::nullopt;
    return std::move(*result);
}

}  // namespace

Result<int> policy_command(const std::string& manifests, const std::string& what) {
    const auto policy = checked(manifests);
    if (!policy) return 1;
    std::string text;
    if (what == "check")
        text = "good: " + std::to_string(policy->manifests.size()) + " manifests, " +
               std::to_string(policy::conversations(*policy).size()) + " conduits\n";
    if (what == "show") text = show(*policy);
    if (what == "graph") text = draw(*policy);
    if (what == "score") text = score_table(*policy);
    if (what == "secpol") text = secpol(*policy);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
}

Result<int> policy_why_command(const std::string& manifests, const std::string& from, const std::string& to) {
    const auto policy = checked(manifests);
    if (!policy) return 1;
    const std::string text = TRY(why(*policy, from, to));
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
}

}  // namespace voltkeep::cli
