// SPDX-License-Identifier: Apache-2.0
// Kill any process of a station: the car goes on charging, or stops safely and goes on in the same transaction.
//   kills_test                           every service in every phase of a session once; the process manager; what must fail
//   kills_test --write FILE              the same, and writes the table (docs/generated/kills.md)
//   kills_test --causes ROUNDS           every service by every cause in the charge loop, so often; with --write its table
//                                        (docs/generated/causes.md)
//   kills_test ... --only SERVICE        no other service
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "table.hpp"

namespace voltkeep::kills {
namespace {

using harness::Options;

std::string write_to;
std::string only;
int rounds = 0;

constexpr int most_stalls = 3;   ///< of this machine, in a whole run
constexpr std::string_view kept_table = "docs/generated/kills.md";
constexpr std::array in_visit{Phase::discovery,   Phase::authorization, Phase::cable_check, Phase::precharge,
                              Phase::charge_loop, Phase::stopping,      Phase::after};

/// Cars that come when they are told, and are a little while at each step of the start of their session.
constexpr int often = 200;   ///< closings: nobody's contactor is killed so often

Options usual() {
    return {.evses = 1, .charge_s = 3'000, .car = {"--come-back", "1000", "--setup-pause", "120"}, .closings = often};
}

std::unique_ptr<Station> start(const Options& options = usual()) {
    auto station = Station::start(options);
    EXPECT_TRUE(station) << station.error().what.view();
    return station ? std::move(*station) : nullptr;
}

/// Whoever lives in a station: the policy image says it, so that a new service is in the table by itself.
struct Cast {
    std::vector<Member> all;
    std::vector<std::string> silent, stopping;   ///< their death must not be noticed; may stop the charge
    explicit Cast(std::vector<Member> members) : all(std::move(members)) {
        for (const Member& m : all)
            if (only.empty() || only == m.name) (may_stop(m.type) ? stopping : silent).push_back(m.name);
    }
};

Cast cast_of(Station& station) {
    EXPECT_TRUE(station.wait_for([](const Json& line) { return line.string("event") == "available"; }, 60s)) << station.tail();
    auto members = members_of(station);
    EXPECT_TRUE(members);
    return Cast(members ? *members : std::vector<Member>());
}

void expect_good(const std::deque<Death>& deaths) {
    for (const Death& death : deaths)
        for (const std::string& problem : death.problems)
            ADD_FAILURE() << death.service << " at " << name(death.phase) << " by " << name(death.cause) << ": " << problem;
}

/// What the station said, for whoever looks for the reason of a failure.
void keep_lines(Station& station) {
    const std::string path = harness::build_folder() + "/tests/kills/lines.jsonl";
    std::ofstream file(path);
    for (const Json& line : station.lines()) file << line.text() << '\n';
    std::printf("all lines of the station are in %s\n", path.c_str());
}

void expect_log_verifies(Station& station) {
    const std::string command = harness::tool() + " log verify " + station.state() + "/log >/dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << "the log does not verify";
}

}  // namespace

TEST(Kills, each_service_in_each_phase) {
    if (rounds > 0) GTEST_SKIP() << "causes were asked for";
    const auto station = start();
    ASSERT_TRUE(station);
    const Cast cast = cast_of(*station);
    ASSERT_TRUE(!only.empty() || (cast.silent.size() >= 8 && cast.stopping.size() == 3));
    Judge judge(*station, cast.all);

    // Whoever is not noticed: one in each phase of a visit, another one in the next visit. Whoever stops the charge: a visit of
    // its own.
    std::vector<std::string> idle = cast.silent;
    idle.insert(idle.end(), cast.stopping.begin(), cast.stopping.end());
    bool is_first = true;
    int stalls = 0;
    const auto visit = [&](const std::function<std::string(std::size_t)>& who) {
        do {
            ASSERT_TRUE(judge.begin_visit(std::exchange(is_first, false)));
            for (std::size_t i = 0; i < in_visit.size(); ++i)
                if (judge.reach(in_visit[i])) judge.kill(who(i), in_visit[i], Cause::kill);
            judge.end_visit();
        } while (judge.was_stalled() && ++stalls <= most_stalls);
        if (idle.empty()) return;
        judge.kill(idle.back(), Phase::idle, Cause::kill);
        idle.pop_back();
    };
    for (std::size_t turn = 0; turn < cast.silent.size(); ++turn)
        visit([&](std::size_t i) { return cast.silent[(turn + i) % cast.silent.size()]; });
    for (const std::string& service : cast.stopping) visit([&](std::size_t) { return service; });
    for (const std::string& service : idle) judge.kill(service, Phase::idle, Cause::kill);

    if (stalls > 0) std::printf("this machine stood still in %d visits, which were repeated\n", stalls);
    EXPECT_EQ(judge.deaths().size(), (cast.silent.size() + cast.stopping.size()) * (in_visit.size() + 1));
    expect_good(judge.deaths());
    // On a machine that does something else as well many take longer; half of them do not.
    const auto quick = std::ranges::count_if(judge.deaths(), [](const Death& d) { return d.back_us <= 100'000 + d.back_off_us; });
    EXPECT_GE(quick * 10, static_cast<std::ptrdiff_t>(judge.deaths().size()) * 5) << "back within 100 ms";
    expect_log_verifies(*station);
    if (HasFailure()) keep_lines(*station);
    const std::string table = table_of(judge.deaths());
    if (!write_to.empty()) {
        std::ofstream(write_to) << "# Every service, killed in every phase of a charging session\n\n"
                                   "Made by `./voltkeep shell build/release/tests/kills/kills_test --write "
                                   "docs/generated/kills.md`; the test compares\n"
                                   "all but the figures. `back after` is from the end of the process to its successor's `ready`, "
                                   "back-off included (up to\n"
                                   "1 s for a service that dies for the fourth time in a minute); a real-time service may have "
                                   "to wait for its next budget.\n\n"
                                << table;
    } else if (only.empty()) {
        std::ifstream kept{std::string(kept_table)};
        EXPECT_EQ(comparable_in(table), comparable_in(std::string(std::istreambuf_iterator<char>(kept), {})))
            << "say it anew with --write";
    }
}

TEST(Kills, each_service_by_each_cause) {
    if (rounds == 0) GTEST_SKIP() << "only with --causes";
    std::deque<Death> all;
    for (int round = 0; round < rounds; ++round)
        for (int c = 0; c <= static_cast<int>(Cause::last_); ++c) {
            const auto cause = static_cast<Cause>(c);
            if (!can(cause)) continue;
            const bool had_failed = HasFailure();
            const auto station = start();
            ASSERT_TRUE(station);
            const Cast cast = cast_of(*station);
            Judge judge(*station, cast.all);
            ASSERT_TRUE(judge.begin_visit(true));
            for (const auto* group : {&cast.silent, &cast.stopping})
                for (const std::string& service : *group)
                    if (judge.reach(Phase::charge_loop)) judge.kill(service, Phase::charge_loop, cause);
            judge.end_visit();
            expect_good(judge.deaths());
            expect_log_verifies(*station);
            if (HasFailure() && !had_failed) keep_lines(*station);
            all.insert(all.end(), judge.deaths().begin(), judge.deaths().end());
        }
    std::printf("%s", table_of(all).c_str());
    if (!write_to.empty())
        std::ofstream(write_to) << "# Every service, ended in every way in the charge loop\n\n"
                                   "Made by `./voltkeep shell build/release/tests/kills/kills_test --causes 1 --write "
                                   "docs/generated/causes.md`. `busy loop` and\n"
                                   "`hang` end by the service's watchdog, and `back after` counts from there; `slow` goes on "
                                   "before the watchdog's time is over.\n\n"
                                << table_of(all);
}

/// Its own death is the death of all; whoever started it starts it again, and the car goes on in the same transaction.
TEST(Kills, the_process_manager) {
    if (rounds > 0) GTEST_SKIP() << "causes were asked for";
    const auto station = start();
    ASSERT_TRUE(station);
    const Cast cast = cast_of(*station);
    Judge judge(*station, cast.all);
    ASSERT_TRUE(judge.begin_visit(true));
    ASSERT_TRUE(judge.reach(Phase::charge_loop));
    const auto before = station->services();
    ASSERT_TRUE(before);
    std::vector<kernel::os::Descriptor> processes;
    for (const auto& [service, state] : *before)
        processes.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, state.pid, 0)));
    const pid_t manager = station->procmgr();
    ASSERT_GT(manager, 1);
    const Instant asked = now();
    const auto plant = station->plant();
    ASSERT_TRUE(plant);
    const Instant died = now();
    ASSERT_EQ(::kill(manager, SIGKILL), 0);
    std::size_t left = 0;
    for (const auto& process : processes) left += kernel::os::wait(process.get(), died + 1s).value_or(false) ? 0 : 1;
    EXPECT_EQ(left, 0u) << "processes outlived their manager";
    const auto charges_again = [&] {
        const auto p = station->plant();
        const Json* amperes = p ? p->find("amperes") : nullptr;
        return amperes && std::strtod(std::string(amperes->scalar()).c_str(), nullptr) > 100;
    };
    station->pause(500ms);
    const auto opened = station->plant();
    ASSERT_TRUE(opened);
    EXPECT_GT(number_in(*opened, "openings"), number_in(*plant, "openings")) << "power flowed on without anybody";
    EXPECT_LT(number_in(*opened, "opened_us") - number_in(*plant, "time_us") - (died - asked) / 1us, 150'000)
        << "the hardware's watchdog";
    EXPECT_EQ(number_in(*opened, "openings_under_load"), number_in(*plant, "openings_under_load"));
    while (!charges_again() && now() < died + 40s) station->pause(50ms);
    EXPECT_TRUE(charges_again()) << station->tail();
    std::printf("energy again %.1f s after the death of the process manager\n", static_cast<double>((now() - died) / 1ms) / 1000);
    judge.end_visit(true);
    EXPECT_TRUE(judge.deaths().empty());
    for (const std::string& problem : judge.problems()) ADD_FAILURE() << problem;
    expect_log_verifies(*station);
}

/// A car that sleeps after its session broke is woken by the pilot.
TEST(Kills, a_sleeping_car_is_woken) {
    if (rounds > 0) GTEST_SKIP() << "causes were asked for";
    const auto station = start({.evses = 1, .charge_s = 3'000, .car = {"--come-back", "3", "--sleepy"}});
    ASSERT_TRUE(station);
    const Cast cast = cast_of(*station);
    Judge judge(*station, cast.all);
    ASSERT_TRUE(judge.begin_visit(true));
    ASSERT_TRUE(judge.reach(Phase::charge_loop));
    const auto link = std::ranges::find(cast.all, "link@ev", &Member::type);
    ASSERT_NE(link, cast.all.end());
    judge.kill(link->name, Phase::charge_loop, Cause::kill);
    judge.end_visit();
    expect_good(judge.deaths());
}

// ---- what must be found: a test that sees no loss proves nothing ------------------------------------------------------

namespace {
/// One death in the charge loop of a station that is made wrong: what the judge finds.
std::vector<std::string> found_in(const Options& wrong, std::string_view type) {
    const auto station = start(wrong);
    if (!station) return {};
    const Cast cast = cast_of(*station);
    const auto victim = std::ranges::find(cast.all, type, &Member::type);
    Judge judge(*station, cast.all);
    if (victim == cast.all.end() || !judge.begin_visit(true) || !judge.reach(Phase::charge_loop)) {
        ADD_FAILURE() << "this station did not even charge:" << station->tail();
        return {};
    }
    judge.kill(victim->name, Phase::charge_loop, Cause::kill);
    if (judge.deaths().front().problems.empty())
        judge.end_visit();  // what is found already needs no end, which may never come here
    return judge.deaths().front().problems;
}
Options with(harness::Changes changes) {
    return {.evses = 1, .charge_s = 3'000, .car = {"--come-back", "2"}, .changes = std::move(changes), .closings = often};
}
}  // namespace

TEST(KillsControl, a_session_that_forgets_is_found) {
    if (rounds > 0) GTEST_SKIP() << "causes were asked for";
    const auto problems = found_in(with({.programs = {{"session", VOLTKEEP_FORGETFUL_SESSION}}}), "session");
    EXPECT_FALSE(problems.empty());
    for (const std::string& problem : problems) std::printf("found: %s\n", problem.substr(0, 120).c_str());
}

TEST(KillsControl, a_successor_that_comes_too_late_is_found) {
    if (rounds > 0) GTEST_SKIP() << "causes were asked for";
    const auto problems =
        found_in(with({.edits = {{"iso15118/manifest.toml", "backoff_ms = [0, 0, 50]", "backoff_ms = [1500]"}}}), "iso15118");
    EXPECT_FALSE(problems.empty());
    for (const std::string& problem : problems) std::printf("found: %s\n", problem.substr(0, 120).c_str());
}

}  // namespace voltkeep::kills

int main(int count, char** words) {
    ::testing::InitGoogleTest(&count, words);
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--write" && i + 1 < count) voltkeep::kills::write_to = words[++i];
        else if (word == "--causes" && i + 1 < count) voltkeep::kills::rounds = std::atoi(words[++i]);
        else if (word == "--only" && i + 1 < count) voltkeep::kills::only = words[++i];
        else {
            std::fprintf(stderr, "kills_test [--write FILE | --causes ROUNDS] [--only SERVICE]\n");
            return 2;
        }
    }
    if (::geteuid() != 0) {
        std::printf("not root: no real-time priorities and no ptrace, so nothing is judged\n");
        return 77;
    }
    return RUN_ALL_TESTS();
}
