// SPDX-License-Identifier: Apache-2.0
// For tests: a small station of four manifests that fit together, to be broken one line at a time.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "policy/compile.hpp"

namespace voltkeep::policy {

inline constexpr std::string_view tail = R"(
[limits]
memory = "16M"
cpu = "10%"
files = 64
tasks = 1

[watchdog]
beat_ms = 100
low = 2
high = 5

[restart]
intensity = 5
period_s = 60
backoff_ms = [0, 100]
exhausted = "give-up"
)";

inline const std::map<std::string, std::string> good_world = {
    {"audit.toml", R"(service = "audit"
purpose = "Keeps the log of the station."
zone = 1
rank = 65
schedule = "other"

[serves]
interface = "Audit"
to.low = ["Append"]
to.middle = ["Append"]

[grants]
files = { write = ["log"] }
syscalls = ["base", "files"]
)"},
    {"high.toml", R"(service = "high"
purpose = "Reads the hardware of one EVSE."
instances = "per-evse"
zone = 1
rank = 60
schedule = "fifo:60"
cpu = 0
rt_time_us = 500
rt_period_us = 10000

[serves]
interface = "High"
to.middle = ["Read", "Sign"]

[pulses]
to = ["middle:sample"]
from = ["middle:wanted"]

[grants]
devices = [{ name = "bus", kind = "connect", path = "run/bus{evse}.sock" }]
syscalls = ["base"]
)"},
    {"middle.toml", R"(service = "middle"
purpose = "Decides between the outside and the hardware."
zone = 2
rank = 40
schedule = "other"

[serves]
interface = "Middle"
to.low = ["Ask", "Tell"]
needs.Ask = ["high.Read", "high.Sign"]

[calls]
high = { Read = 20, Sign = { request = 300 } }
audit = { Append = { request = 2000 } }

[pulses]
to = ["low:news", "high:wanted"]
from = ["high:sample"]

[grants]
files = { read = ["config/{service}"], write = ["state/middle"] }
network = "station"
ports = ["tcp:443"]
syscalls = ["base", "files", "sockets"]
)"},
    {"low.toml", R"(service = "low"
purpose = "Speaks with the outside, once for each EVSE."
instances = "per-evse"
zone = 2
rank = 20
schedule = "other"

[calls]
middle = { Ask = { request = 400 }, Tell = 50 }
audit = { Append = { request = 2000 } }

[pulses]
from = ["middle:news"]

[grants]
files = { read = ["config/{service}"] }
syscalls = ["base"]
abilities = [{ name = "CAP_NET_RAW", why = "reads frames of the cable's modem" }]
control = ["get_state"]
)"},
};

inline std::vector<InterfaceDescription> interfaces() {
    const auto message = [](std::string_view name, std::vector<std::string_view> fields = {}) {
        return MessageDescription{name, 40, 80, 0, std::move(fields)};
    };
    return {
        {"audit", 1, {message("Append", {"payload"})}, {}},
        {"high", 2, {message("Read"), message("Sign", {"token"}), message("Reset")}, {"sample"}},
        {"middle", 3, {message("Ask", {"token"}), message("Tell", {"amount"}), {"Big", 9000, 10, 0, {}}}, {"news", "wanted"}},
    };
}

inline std::vector<Source> sources(const std::map<std::string, std::string>& world) {
    std::vector<Source> all;
    for (const auto& [path, text] : world) all.push_back({path, text + std::string(tail)});
    return all;
}

inline std::string words_of(const Refusals& refusals) {
    std::string text;
    for (const Refusal& r : refusals) text += r.text() + "\n";
    return text;
}

inline Policy good_policy() {
    auto policy = check(sources(good_world), interfaces());
    EXPECT_TRUE(policy) << words_of(policy.error());
    return std::move(*policy);
}

}  // namespace voltkeep::policy
