// SPDX-License-Identifier: Apache-2.0
// A whole station that has a TPM: what of it works when its parts are killed, one by one and all at once. Each test names its
// time.
#include <gtest/gtest.h>

#include <fstream>

#include "harness/tool.hpp"

namespace voltkeep::harness {
namespace {

constexpr std::string_view with_tpm = "[trust]\ntpm = \"emulated\"\n";

/// A station.toml for one test.
class Config {
public:
    explicit Config(std::string_view text)
        : path_(::testing::TempDir() + "voltkeep-trust-" + std::to_string(::getpid()) + ".toml") {
        std::ofstream(path_) << text;
    }
    ~Config() { std::filesystem::remove(path_); }
    Config(const Config&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// What `status` says of the keys, as soon as it is so; the last answer if it is not within ten seconds.
template <class F>
Json trust_when(ToolStation& station, F fits) {
    Json trust = Json::object();
    for (const Instant deadline = now() + 10s; now() < deadline; station.pause(20ms)) {
        const auto status = station.ask("status");
        if (const Json* found = status ? status->find("trust") : nullptr) trust = *found;
        if (fits(trust)) return trust;
    }
    ADD_FAILURE() << trust.text() << station.tail();
    return trust;
}
bool works(const Json& trust) {
    return trust.string("tpm") == "ready" && trust.find("software_keys")->scalar() == "true" &&
           trust.find("token")->scalar() == "true";
}
/// How often link@csms has proved itself to the CSMS.
std::size_t openings(ToolStation& station) {
    return station.count([](const Json& line) {
        return line.string("event") == "connection" && line.string("source") == "link@csms" && line.string("step") == "opened";
    });
}
/// How often this key has signed where it is, as `status` says it.
std::int64_t uses(const Json& trust, std::string_view name, std::string_view place = "tpm") {
    for (const Json& key : trust.find("keys")->items())
        if (key.string("key") == name && key.string("place") == place) return number_in(key, "uses");
    return -1;
}
/// How far the TPM has sealed the log, as soon as it has done so more than `seals` times; the last answer if it has not in ten
/// seconds.
std::int64_t counter_above(ToolStation& station, std::int64_t value) {
    std::int64_t counter = 0;
    for (const Instant deadline = now() + 10s; counter <= value && now() < deadline; station.pause(20ms)) {
        const auto status = station.ask("status");
        const Json* const log = status ? status->find("log") : nullptr;
        if (log == nullptr) continue;
        counter = number_in(*log, "counter");
        EXPECT_EQ(log->string("alarm"), "");
    }
    EXPECT_GT(counter, value) << "the log was not sealed" << station.tail();
    return counter;
}
bool is_available(const Json& line) { return line.string("event") == "available"; }

}  // namespace

/// 22 s. The CSMS knows the station by a key of the TPM, and a car by one of the token. A part that counts unclean stops as
/// attacks upon its keys would be locked at the fourth start (Tpm.cuts_of_power_lock_nobody_out is the control: with keys as they
/// are made by default it is).
TEST(Trust, three_unclean_stops_in_a_row_and_the_death_of_each_part_leave_the_TPM_usable) {
    const Config config(with_tpm);
    ToolStation station({"--duration", "60", "--config", config.path()});
    ASSERT_TRUE(station.wait_for(is_available));
    Json trust = trust_when(station, works);
    EXPECT_EQ(trust.find("has_endorsement")->scalar(), "true");
    EXPECT_EQ(uses(trust, "tls-csms"), 1);
    for (const char* file : {"station", "secc", "audit"})
        EXPECT_FALSE(std::filesystem::exists(station.state() + "/pki/" + file + "/key.pem")) << file;
    std::int64_t counter = counter_above(station, 0);
    station.wait_until_charging();
    trust = trust_when(station, [&](const Json& now) { return uses(now, "secc", "token") >= 1; });
    std::int64_t resets = number_in(trust, "resets");
    for (const char* part :
         {"token", "swtpm", "crypto", "rot"}) {  // whether it is another TPM is seen by who uses it: crypto, when it begins
        station.kill(part);
        ASSERT_TRUE(station.wait_for([&](const Json& line) {
            return line.string("event") == "restart" && line.string("text").find(part) != std::string::npos;
        }));
    }
    trust = trust_when(station, [&](const Json& now) { return works(now) && number_in(now, "resets") == resets + 1; });
    ++resets;
    EXPECT_EQ(openings(station), 1u) << "the CSMS has noticed nothing of it";
    station.kill("link@csms");
    ASSERT_TRUE(station.wait_for([&](const Json&) { return openings(station) == 2; }));
    trust = trust_when(station, [&](const Json& now) { return uses(now, "tls-csms") == 1; });   // since rot was started again
    for (int stop = 1; stop <= 3; ++stop) {
        const pid_t manager = station.procmgr();
        ASSERT_GT(manager, 1);
        ASSERT_EQ(::kill(manager, SIGKILL), 0);
        ASSERT_TRUE(station.wait_for(
            [&](const Json& line) { return line.string("event") == "start" && line.string("source") == "procmgr"; }));
        trust = trust_when(station, [&](const Json& now) { return works(now) && number_in(now, "resets") == resets + 1; });
        resets = number_in(trust, "resets");
        counter = counter_above(station, counter);
    }
    station.stop();
    EXPECT_EQ(station.status(), 0);
    const auto verified = say({"log", "verify", "--all", "--json", "--state", station.state()});
    const Json log = Json::parse(verified.output).value_or(Json::object());
    EXPECT_EQ(verified.status, 0) << verified.output;
    EXPECT_EQ(number_in(log, "counter"), counter + 1) << "the orderly stop was sealed: " << verified.output;
    EXPECT_GE(number_in(log, "seals"), 5) << verified.output;
}

/// 2 s. Who starts a station without a TPM is told where the keys are: at the start, in the log, in every status.
TEST(Trust, a_station_without_a_TPM_says_so_where_people_look) {
    ToolStation station({"--duration", "60"});
    ASSERT_TRUE(station.wait_for([](const Json& line) {
        return line.string("event") == "no_tpm" && line.string("text").find("private keys are files") != std::string::npos;
    }));
    ASSERT_TRUE(station.wait_for_step("configuration", "no_tpm"));
    ASSERT_TRUE(station.wait_for(is_available));
    EXPECT_NE(say({"status", "--state", station.state()}).output.find("no TPM: private keys are files"), std::string::npos);
    station.stop();
    EXPECT_EQ(station.status(), 0);
}

}  // namespace voltkeep::harness
