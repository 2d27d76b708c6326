// SPDX-License-Identifier: Apache-2.0
// A world of four services that fit together; every test breaks one line of it and expects that very line to be refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <format>
#include <map>

#include "policy/compile.hpp"
#include "policy/test/world.hpp"

namespace voltkeep::policy {
namespace {

/// One broken line: in `file`, `from` becomes `to`; refused in the line where `at` stands (default: `to`'s first line), with
/// these words.
struct Breach {
    std::string name;
    std::string file;
    std::string from;
    std::string to;
    std::string words;
    std::string at = {};
    std::string in = {};   ///< the file that is refused, if it is another
    std::array<std::string, 3> also = {};   ///< a second change: file, from, to
};
void PrintTo(const Breach& breach, std::ostream* out) { *out << breach.name; }

class Refused : public testing::TestWithParam<Breach> {};

TEST_P(Refused, with_file_and_line) {
    const Breach& breach = GetParam();
    std::vector<Source> world = sources(good_world);
    const auto source_of = [&](const std::string& file) -> std::string& {
        return std::ranges::find(world, file, &Source::path)->text;
    };
    const auto change = [&](const std::string& in, const std::string& from, const std::string& to) {
        const std::size_t found = source_of(in).find(from);
        EXPECT_NE(found, std::string::npos) << from;
        if (found != std::string::npos) source_of(in).replace(found, from.size(), to);
        return found;
    };
    if (!breach.also[0].empty()) change(breach.also[0], breach.also[1], breach.also[2]);
    const std::size_t where = change(breach.file, breach.from, breach.to);
    const std::string file = breach.in.empty() ? breach.file : breach.in;
    const std::string& refused = source_of(file);
    const std::size_t at = breach.at.empty() ? where : refused.find(breach.at);
    ASSERT_LE(at, refused.size());
    const auto line = 1 + std::ranges::count(refused.begin(), refused.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const auto policy = check(world, interfaces());
    ASSERT_FALSE(policy);
    const std::string prefix = std::format("{}:{}: ", file, line);
    const bool is_told = std::ranges::any_of(
        policy.error(), [&](const Refusal& r) { return r.text().starts_with(prefix) && r.what.contains(breach.words); });
    EXPECT_TRUE(is_told) << "expected " << prefix << "..." << breach.words << "... among\n" << words_of(policy.error());
}

const Breach reading[] = {
    {"not_toml", "low.toml", "zone = 2", "zone = = 2", "not TOML"},
    {"unknown_key", "low.toml", "zone = 2", "zone = 2\ncolour = 3", "colour: unknown key", "colour"},
    {"unknown_key_in_a_table", "low.toml", "low = 2", "low = 2\nmedium = 3", "watchdog.medium: unknown key", "medium"},
    {"unknown_key_in_files", "low.toml", "read = [", "reads = [", "grants.files.reads: unknown key"},
    {"missing_key", "low.toml", "purpose = \"Speaks with the outside, once for each EVSE.\"\n", "", "purpose is missing",
     "service"},
    {"missing_table", "low.toml", "[watchdog]", "[restart.x]", "watchdog is missing", "service"},
    {"zone_out_of_range", "low.toml", "zone = 2", "zone = 4", "zone = 4: expected a zone from 1 to 3"},
    {"number_as_text", "low.toml", "beat_ms = 100", "beat_ms = \"100\"", "expected milliseconds from 5 to 10000"},
    {"unknown_schedule", "low.toml", "schedule = \"other\"", "schedule = \"rr:3\"", "\"other\" or \"fifo:"},
    {"unknown_instances", "low.toml", "\"per-evse\"", "\"per-car\"", "\"per-evse\""},
    {"unknown_exhausted", "low.toml", "\"give-up\"", "\"panic\"", "safe-state, give-up or restart-station"},
    {"more_deaths_than_are_counted", "low.toml", "intensity = 5", "intensity = 33", "expected deaths from 1 to 32"},
    {"too_many_backoffs", "low.toml", "[0, 100]", "[0, 1, 2, 3, 4]", "one to four numbers"},
    {"size_without_unit", "low.toml", "\"16M\"", "\"16\"", "a size from"},
    {"share_over_a_core", "low.toml", "\"10%\"", "\"101%\"", "a share of one core"},
    {"unknown_group", "low.toml", "[\"base\"]", "[\"base\", \"magic\"]", "grants.syscalls = \"magic\""},
    {"unknown_control", "low.toml", "\"get_state\"", "\"reboot\"", "grants.control = \"reboot\""},
    {"unknown_ability", "low.toml", "CAP_NET_RAW", "CAP_SYS_ADMIN", "name = \"CAP_SYS_ADMIN\""},
    {"ability_without_a_reason", "low.toml", ", why = \"reads frames of the cable's modem\"", "", "why is missing"},
    {"bare_ability", "low.toml", "{ name = \"CAP_NET_RAW\", why = \"reads frames of the cable's modem\" }", "\"CAP_NET_RAW\"",
     "without a reason"},
    {"path_outside", "low.toml", "config/{service}", "../etc", "below the station's state directory"},
    {"evse_of_a_single_service", "middle.toml", "state/middle", "state/{evse}", "no EVSE of its own"},
    {"unknown_device_kind", "high.toml", "\"connect\"", "\"mmap\"", "connect, listen, open or stream"},
    {"unknown_port", "middle.toml", "tcp:443", "tcp:70000", "grants.ports"},
    {"real_time_without_fifo", "low.toml", "zone = 2", "zone = 2\nrt_time_us = 100", "only a FIFO service", "rt_time_us"},
    {"fifo_without_budget", "high.toml", "rt_time_us = 500\n", "", "rt_time_us is missing", "service"},
    {"watchdog_the_wrong_way", "low.toml", "high = 5", "high = 2", "more beats than low"},
};
INSTANTIATE_TEST_SUITE_P(Reading, Refused, testing::ValuesIn(reading), [](const auto& test) { return test.param.name; });

const Breach between[] = {
    {"same_name_twice", "low.toml", "service = \"low\"", "service = \"middle\"", "is described by"},
    {"no_such_interface", "middle.toml", "\"Middle\"", "\"Medium\"", "no interface \"Medium\""},
    {"interface_without_its_capital", "middle.toml", "\"Middle\"", "\"middle\"", "no interface \"middle\""},
    {"call_to_a_lower_rank", "low.toml", "rank = 20", "rank = 50", "calls middle of rank 40: expected a rank over its own 50",
     "middle = {"},
    {"call_to_an_equal_rank", "low.toml", "rank = 20", "rank = 40", "expected a rank over its own 40", "middle = {"},
    {"fifo_calls_ordinary", "low.toml", "schedule = \"other\"",
     "schedule = \"fifo:9\"\ncpu = 1\nrt_time_us = 50\nrt_period_us = 9000", "nobody may keep it waiting", "middle = {"},
    {"fifo_calls_lower_priority", "middle.toml", "schedule = \"other\"",
     "schedule = \"fifo:60\"\ncpu = 1\nrt_time_us = 50\nrt_period_us = 9000", "priority over its own 60", "high = {"},
    {"call_of_nobody", "low.toml", "middle = { Ask", "nobody = { Ask", "calls \"nobody\", which no manifest describes"},
    {"call_that_the_server_does_not_name", "low.toml", "Tell = 50", "Big = 50", "does not let low send it"},
    {"permission_that_the_client_does_not_use", "middle.toml", "[\"Ask\", \"Tell\"]", "[\"Ask\", \"Tell\", \"Big\"]",
     "low.toml does not call it"},
    {"permission_for_nobody", "middle.toml", "to.low", "to.nobody", "serves \"nobody\""},
    {"message_that_is_not_there", "middle.toml", "[\"Ask\", \"Tell\"]", "[\"Ask\", \"Tell\", \"Shout\"]",
     "has no message \"Shout\""},
    {"message_over_its_bound",
     "middle.toml",
     "[\"Ask\", \"Tell\"]",
     "[\"Ask\", \"Tell\", \"Big\"]",
     "Big takes up to 9000 bytes: expected at most 4096",
     "",
     "",
     {"low.toml", "Tell = 50", "Tell = 50, Big = 50"}},
    {"pulse_that_is_not_there", "middle.toml", "low:news", "low:rumour", "middle has no pulse \"rumour\""},
    {"pulse_that_the_receiver_does_not_name", "low.toml", "\"middle:news\"", "", "low.toml does not name it", "to = [\"low:news",
     "middle.toml"},
    {"pulse_that_the_sender_does_not_name", "middle.toml", "\"low:news\", ", "", "middle.toml does not name it",
     "\"middle:news\"", "low.toml"},
    {"pulse_to_nobody", "middle.toml", "low:news", "nobody:news", "no manifest describes \"nobody\""},
    {"deadline_over_the_watchdog", "low.toml", "Tell = 50", "Tell = 200", "less than watchdog.low x beat_ms = 200 ms"},
    {"deadline_under_what_the_server_needs", "low.toml", "request = 400", "request = 320",
     "more than the 320 ms that middle itself waits"},
    {"need_of_no_message", "middle.toml", "needs.Ask", "needs.Beg", "has no message \"Beg\""},
    {"need_that_is_no_call", "middle.toml", "high.Sign\"]", "high.Reset\"]", "not among its calls"},
    {"zone_skipped",
     "low.toml",
     "zone = 2",
     "zone = 3",
     "middle.Ask leads from zone 3 to zone 1",
     "middle = {",
     "",
     {"middle.toml", "zone = 2", "zone = 1"}},
    {"call_outward", "low.toml", "zone = 2", "zone = 1", "middle.Ask leads from zone 1 to zone 2", "middle = {"},
    {"cycle", "high.toml", "[pulses]", "[calls]\nlow = { Poke = 5 }\n\n[pulses]",
     "this is the cycle high -> low -> middle -> high", "low = { Poke"},
    {"on_demand_without_demanding", "middle.toml", "zone = 2", "zone = 2\nstart = \"on-demand\"",
     "expected grants.control = [\"demand\"]", "middle = {", "low.toml"},
    {"pulse_without_a_conduit",
     "audit.toml",
     "[grants]",
     "[pulses]\nfrom = [\"high:sample\"]\n[grants]",
     "no conduit between audit and high",
     "from",
     "",
     {"high.toml", "\"middle:sample\"", "\"middle:sample\", \"audit:sample\""}},
    {"written_without_files", "middle.toml", "\"base\", \"files\"", "\"base\"", "expected the group files"},
    {"network_without_sockets", "middle.toml", ", \"sockets\"", "", "sockets with grants.network"},
    {"sockets_without_network", "low.toml", "[\"base\"]", "[\"base\", \"sockets\"]", "sockets with grants.network"},
    {"ports_without_network", "middle.toml", "network = \"station\"\n", "", "has no ports", "ports"},
    {"no_base", "low.toml", "[\"base\"]", "[\"accept\"]", "expected the group base"},
    {"threads_without_their_group", "low.toml", "tasks = 1", "tasks = 3", "limits.tasks"},
    {"foreign_that_calls", "low.toml", "zone = 2", "zone = 2\nkind = \"foreign\"", "does not speak our messages", "kind"},
};
INSTANTIATE_TEST_SUITE_P(Between, Refused, testing::ValuesIn(between), [](const auto& test) { return test.param.name; });

const Breach together[] = {
    {"fewer_descriptors_than_conduits_need", "middle.toml", "files = 64", "files = 41", "middle of 8 EVSEs holds 42 descriptors"},
    {"two_owners_of_a_device", "low.toml", "abilities",
     "devices = [{ name = \"bus\", kind = \"connect\", path = \"run/bus2.sock\" }]\nabilities", "a device has one owner"},
    {"two_owners_of_a_written_path",
     "low.toml",
     "read = [\"config/{service}\"]",
     "write = [\"state/middle/low{evse}\"]",
     "a written path has one owner",
     "",
     "",
     {"low.toml", "[\"base\"]", "[\"base\", \"files\"]"}},
    {"one_written_path_for_all_instances",
     "low.toml",
     "read = [\"config/{service}\"]",
     "write = [\"state/low\"]",
     "state/low of low@2 is also low@1's",
     "",
     "",
     {"low.toml", "[\"base\"]", "[\"base\", \"files\"]"}},
    {"reading_what_another_writes", "low.toml", "config/{service}", "state/middle", "what one writes another reads by messages"},
    {"two_owners_of_a_port", "audit.toml", "syscalls = [\"base\", \"files\"]",
     "network = \"station\"\nports = [\"tcp:400-500\"]\nsyscalls = [\"base\", \"files\", \"sockets\"]",
     "port 443 of middle is also audit's", "ports = [", "middle.toml"},
    {"real_time_over_the_budget", "high.toml", "rt_time_us = 500", "rt_time_us = 800",
     "take 64 % of core 0: expected at most 60 %"},
    {"too_many_files", "low.toml", "read = [",
     "read = [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\", ", "low: expected at most 12 files",
     "service"},
};
INSTANTIATE_TEST_SUITE_P(Together, Refused, testing::ValuesIn(together), [](const auto& test) { return test.param.name; });

TEST(PolicyCheck, tells_all_refusals_at_once) {
    auto world = sources(good_world);
    for (Source& source : world) source.text += "\nextra = 1\n";
    const auto policy = check(world, interfaces());
    ASSERT_FALSE(policy);
    EXPECT_EQ(policy.error().size(), 4u);
}

TEST(PolicyCheck, a_foreign_programs_socket_has_one_client) {
    auto world = sources(good_world);
    const auto change = [&world](const char* path, const std::string& from, const std::string& to) {
        std::string& text = std::ranges::find(world, path, &Source::path)->text;
        ASSERT_TRUE(text.contains(from));
        text.replace(text.find(from), from.size(), to);
    };
    const auto refusals = [&world] {
        const auto policy = check(world, interfaces());
        const auto image = policy ? build(*policy, {}) : std::unexpected(policy.error());
        return image ? std::string() : words_of(image.error());
    };
    const std::string socket = "devices = [{ name = \"part\", kind = \"stream\", path = \"state/part/door\" }]";
    const std::string part = R"(service = "part"
purpose = "A program that somebody else wrote."
kind = "foreign"
zone = 2
rank = 70
schedule = "other"

[grants]
files = { write = ["state/part"] }
syscalls = ["base", "files", "foreign"]
)" + std::string(tail);
    world.push_back({"part.toml", part});
    change("audit.toml", "[grants]", "[grants]\n" + socket);
    EXPECT_EQ(refusals(), "");
    change("part.toml", "\"foreign\"", "\"native\"");
    change("part.toml", ", \"foreign\"", "");
    EXPECT_TRUE(refusals().contains("a device has one owner")) << "ours are reached by messages: " << refusals();
    world.back().text = part;
    change("middle.toml", "[grants]", "[grants]\n" + socket);
    EXPECT_TRUE(refusals().contains("a device has one owner")) << refusals();
}

TEST(PolicyCheck, lab_group_needs_a_lab_station) {
    auto world = sources(good_world);
    const std::string base = "[\"base\"]";
    std::string& low = std::ranges::find(world, "low.toml", &Source::path)->text;
    low.replace(low.find(base), base.size(), "[\"base\", \"lab\"]");
    const auto policy = check(world, interfaces());
    ASSERT_TRUE(policy) << words_of(policy.error());
    Station station;
    EXPECT_FALSE(build(*policy, station));
    station.lab = true;
    EXPECT_TRUE(build(*policy, station));
}

std::unique_ptr<Image> image_of(std::uint8_t evses) {
    Station station;
    station.evses = evses;
    auto image = build(good_policy(), station);
    EXPECT_TRUE(image) << words_of(image.error());
    return std::move(*image);
}

const Service& service(const Image& image, std::string_view name) {
    return *std::ranges::find(image.services, name, [](const Service& s) { return s.name.view(); });
}

const Conduit* conduit(const Image& image, std::string_view client, std::string_view server) {
    for (const Conduit& c : image.conduits)
        if (image.services[c.client].name == client && image.services[c.server].name == server) return &c;
    return nullptr;
}

TEST(PolicyImage, has_an_instance_for_each_evse_with_its_own_paths_and_uid) {
    const auto image = image_of(3);
    EXPECT_EQ(image->services.size(), 8u);   // audit, middle, three of high, three of low
    const Service& high = service(*image, "high@2");
    EXPECT_EQ(high.evse.number, 2);
    EXPECT_EQ(high.type.view(), "high");
    EXPECT_EQ(high.devices[0].path.view(), "run/bus2.sock");
    EXPECT_EQ(service(*image, "low@3").files[0].path.view(), "config/low@3");
    EXPECT_NE(service(*image, "low@3").uid, service(*image, "low@2").uid);
    EXPECT_EQ(service(*image, "low@1").abilities, std::uint64_t{1} << 13);
}

TEST(PolicyImage, starts_servers_before_their_clients) {
    const auto image = image_of(2);
    EXPECT_TRUE(std::ranges::is_sorted(image->services, std::greater{}, &Service::rank));
}

TEST(PolicyImage, joins_a_client_of_one_evse_to_that_evse_and_a_client_of_the_station_to_all) {
    const auto image = image_of(2);
    EXPECT_NE(conduit(*image, "middle", "high@1"), nullptr);
    EXPECT_NE(conduit(*image, "middle", "high@2"), nullptr);
    EXPECT_NE(conduit(*image, "low@1", "middle"), nullptr);
    EXPECT_NE(conduit(*image, "low@2", "audit"), nullptr);
    EXPECT_EQ(conduit(*image, "low@1", "high@1"), nullptr);
    EXPECT_EQ(image->conduits.size(), 7u);
}

TEST(PolicyImage, joins_clients_and_servers_of_the_same_evse_only) {
    auto world = sources(good_world);
    std::string& middle = std::ranges::find(world, "middle.toml", &Source::path)->text;
    middle.replace(middle.find("zone"), 0, "instances = \"per-evse\"\n");
    for (const auto& [from, to] :
         {std::pair{"state/middle", "state/middle{evse}"}, {"network = \"station\"", "network = \"cable\""}})
        middle.replace(middle.find(from), std::string_view(from).size(), to);
    const auto policy = check(world, interfaces());
    ASSERT_TRUE(policy) << words_of(policy.error());
    Station station;
    station.evses = 2;
    const auto image = build(*policy, station);
    ASSERT_TRUE(image) << words_of(image.error());
    EXPECT_NE(conduit(**image, "low@2", "middle@2"), nullptr);
    EXPECT_EQ(conduit(**image, "low@2", "middle@1"), nullptr);
    EXPECT_EQ(conduit(**image, "middle@1", "high@2"), nullptr);
}

TEST(PolicyImage, carries_messages_forms_deadlines_and_pulses) {
    const auto image = image_of(1);
    const Conduit& c = *conduit(*image, "middle", "high@1");
    EXPECT_EQ(c.messages, 0b011u);
    EXPECT_EQ(c.requests, 0b010u);
    EXPECT_EQ(c.deadline_ms[0], 20);
    EXPECT_EQ(c.deadline_ms[1], 300);
    EXPECT_EQ(c.deadline_ms[2], 0);
    EXPECT_EQ(c.fingerprint, 2u);
    EXPECT_EQ(c.pulses_up, 0b1u);      // sample
    EXPECT_EQ(c.pulses_down, 0b10u);   // wanted
}

TEST(PolicyImage, has_one_filter_for_services_with_the_same_powers) {
    const auto image = image_of(8);
    EXPECT_EQ(service(*image, "low@1").sealed_filter, service(*image, "high@8").sealed_filter);
    EXPECT_NE(service(*image, "low@1").sealed_filter, service(*image, "audit").sealed_filter);
    EXPECT_NE(service(*image, "audit").sealed_filter, service(*image, "audit").start_filter);
}

TEST(PolicyImage, of_no_evse_is_refused) {
    Station station;
    station.evses = 0;
    EXPECT_FALSE(build(good_policy(), station));
}

TEST(PolicyImage, whose_path_is_too_long_is_refused) {
    Station station;
    station.state = "/" + std::string(160, 'x');
    EXPECT_FALSE(build(good_policy(), station));
}

TEST(PolicyImage, with_a_folder_that_means_another_one_elsewhere_is_refused) {
    for (std::string Station::* folder : {&Station::state, &Station::programs}) {
        Station station;
        ASSERT_TRUE(build(good_policy(), station));
        (station.*folder).erase(0, 1);
        EXPECT_FALSE(build(good_policy(), station));
    }
}

}  // namespace
}  // namespace voltkeep::policy
