// SPDX-License-Identifier: Apache-2.0
// Every protection, provoked at full power on the real processes; the plant measures from the onset to the open contactor.
//   protections_test                all that a minute has room for
//   protections_test --write FILE   the same, and writes the table (docs/generated/protections.md)
//   protections_test --long         what lasts longer by its clause
//   protections_test --only NAMES   these protections
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <thread>

#include "provocations.hpp"

namespace voltkeep::protections {
namespace {

std::string write_to;
bool is_long = false;
std::string only;

constexpr int most_attempts = 3;   ///< a machine that stood still answered too late: what is too late each time is
constexpr std::string_view kept_table = "docs/generated/protections.md";

/// Provocations, and the EVSEs that take them.
class Row {
public:
    explicit Row(const std::vector<Provocation>& all) {
        for (const Provocation& p : all) (p.is_last ? last_ : p.is_ac ? ac_ : dc_).push_back(&p);
    }

    void work(Lane lane) {
        for (const Provocation* p = next(lane.is_ac(), false); p; p = next(lane.is_ac(), false)) work_on(lane, *p);
        if (lane.is_ac()) return;
        if (const Provocation* p = next(false, true)) work_on(lane, *p);
    }

    std::vector<Outcome> outcomes;

private:
    const Provocation* next(bool is_ac, bool is_last) {
        const std::lock_guard guard(mutex_);
        auto& from = is_last ? last_ : is_ac ? ac_ : dc_;
        if (from.empty()) return nullptr;
        const Provocation* p = from.front();
        from.erase(from.begin());
        return p;
    }

    void work_on(Lane& lane, const Provocation& p) {
        Outcome outcome;
        for (int attempt = 1; attempt <= most_attempts; ++attempt) {
            outcome = provoke(lane, p);
            outcome.attempts = attempt;
            if (!outcome.is_good() && attempt < most_attempts)
                std::printf("again: %s: %s\n", std::string(p.protection).c_str(), outcome.words().c_str());
            const bool rests = p.is_last || lane.recover();
            EXPECT_TRUE(rests) << p.protection << ": EVSE " << lane.evse() << " did not come to rest";
            if (outcome.is_good() || !rests || p.is_last) break;
        }
        const std::lock_guard guard(mutex_);
        std::printf("%-24s %s  %-52s %s%s\n", std::string(p.protection).c_str(), p.is_ac ? "AC" : "DC", std::string(p.by).c_str(),
                    outcome.words().c_str(), outcome.attempts > 1 ? " (not at the first attempt)" : "");
        std::fflush(stdout);
        outcomes.push_back(outcome);
    }

    std::mutex mutex_;
    std::vector<const Provocation*> dc_, ac_, last_;
};

void expect_good(const std::vector<Outcome>& outcomes) {
    for (const Outcome& o : outcomes)
        EXPECT_TRUE(o.is_good()) << o.provocation->protection << ", " << o.provocation->by << ": " << o.words();
}

}  // namespace

bool others_were_asked_for() { return is_long || !only.empty(); }

TEST(Protections, each_opens_in_the_time_of_its_clause) {
    if (is_long) GTEST_SKIP() << "the long ones were asked for";
    auto station = Station::start({{}, {}, {}, {}, {.is_unguarded = true}, {.is_ac = true}, {.is_ac = true}});
    ASSERT_TRUE(station) << station.error().what.view();
    auto all = provocations();
    if (!only.empty()) std::erase_if(all, [](const Provocation& p) { return only.find(p.protection) == std::string::npos; });
    const Provocation wrong = control();
    Outcome found;
    Row row(all);
    {
        std::vector<std::jthread> threads;
        for (int evse = 1; evse <= 4; ++evse) threads.emplace_back([&, evse] { row.work(Lane(**station, evse, false)); });
        for (int evse = 6; evse <= 7; ++evse) threads.emplace_back([&, evse] { row.work(Lane(**station, evse, true)); });
        threads.emplace_back([&] {
            Lane lane(**station, 5, false);
            found = provoke(lane, wrong);
            EXPECT_TRUE(lane.recover());
        });
    }
    expect_good(row.outcomes);
    EXPECT_EQ(row.outcomes.size(), all.size());
    // A test that cannot fail proves nothing: the loop without its emergency stop charges on.
    EXPECT_TRUE(found.began && !found.opened && !found.tripped) << found.words();

    if (!only.empty()) return;
    for (std::uint8_t id = 0; id < PROTECTION_COUNT; ++id) {
        const auto is_it = [&](const Provocation& p) { return id_of(p.protection) == id; };
        EXPECT_TRUE(std::ranges::any_of(all, is_it) || std::ranges::any_of(long_provocations(), is_it))
            << interlock_protections[id].name << " is never provoked";
    }
    const std::string table = table_of(row.outcomes);
    if (!write_to.empty()) {
        std::ofstream(write_to) << "# Every protection, provoked at full power\n\n"
                                   "Made by `./voltkeep shell build/release/tests/protections/protections_test --write "
                                   "docs/generated/protections.md` on the\n"
                                   "real `power` and `powerdrv` under the process manager, the plant as their hardware. The "
                                   "plant measures, on its own clock,\n"
                                   "from the onset of the fault to the contactor that no longer conducts (12 ms of that are the "
                                   "contactor's own). The test\n"
                                   "compares all but the measured times; what is beyond its limit fails.\n\n"
                                << table;
    } else {
        std::ifstream kept{std::string(kept_table)};
        EXPECT_EQ(verdicts_in(table), verdicts_in(std::string(std::istreambuf_iterator<char>(kept), {})))
            << "say it anew with --write";
    }
}

/// Power wanted and not wanted, as fast as the contactor follows, of two EVSEs of the real loops: one of them has three closings,
/// the other one regains them at once. The death of the loop gives none back.
void are_switched(Lane& limited, Lane& endless) {
    for (Lane* lane : {&limited, &endless}) lane->plant("plug 500 32000");
    const auto is_closed = [](const Lane& lane) { return is_true(lane.truth(), "contactor"); };
    const auto want = [](Lane& lane, bool is_on) {
        lane.want(is_on ? safety::Demand::energy : safety::Demand::none, 0, is_on ? 32'000 : 0, 0);
    };
    constexpr int times = 5;
    int closed = 0;
    for (int i = 0; i < times; ++i) {
        if (i == 2) limited.signal("power", SIGKILL);   // open, and nothing wanted
        for (Lane* lane : {&limited, &endless}) want(*lane, true);
        EXPECT_TRUE(eventually([&] { return is_closed(endless); }, 6s)) << "the control: it closes without end, " << i;
        closed += eventually([&] { return is_closed(limited); }, i < 3 ? 6s : 300ms) ? 1 : 0;
        EXPECT_EQ(limited.report().ends_with("waits for closings"), i >= 3) << limited.report();
        for (Lane* lane : {&limited, &endless}) want(*lane, false);
        EXPECT_TRUE(eventually([&] { return !is_closed(limited) && !is_closed(endless); }, 6s));
    }
    EXPECT_EQ(closed, 3) << limited.report();
    EXPECT_EQ(real_in(limited.truth(), "openings_under_load"), 0);
}

/// What somebody must look at does not go because a process died, nor because nobody can read what was latched.
TEST(Protections, a_latch_outlives_the_loop) {
    if (others_were_asked_for()) GTEST_SKIP() << "others were asked for";
    auto station =
        Station::start({{}, {.is_ac = true, .closings = 3}, {.is_ac = true, .closings = 3, .closings_never_end = true}});
    ASSERT_TRUE(station) << station.error().what.view();
    const std::jthread beside([&] {
        Lane limited(**station, 2, true), endless(**station, 3, true);
        are_switched(limited, endless);
    });
    Lane lane(**station, 1, false);
    ASSERT_TRUE(lane.begin(Begin::full_power));
    constexpr std::uint32_t emergency_stop = 1u << PROTECTION_EMERGENCY_STOP;
    lane.plant("fault emergency_stop");
    ASSERT_TRUE(eventually([&] { return lane.said().latched == emergency_stop && !is_true(lane.truth(), "contactor"); }, 2s));
    lane.plant("clear");
    lane.want(safety::Demand::none, 0, 0, 460'000);
    const auto starts_anew = [&](const char* service) {
        const pid_t before = (*station)->process_of(std::string(service) + "@1");
        lane.signal(service, SIGKILL);
        return eventually(
            [&] {
                const pid_t now = (*station)->process_of(std::string(service) + "@1");
                return now > 1 && now != before;
            },
            5s);
    };
    for (const char* service : {"power", "powerdrv", "power"}) {
        ASSERT_TRUE(starts_anew(service));
        // A loop that knew nothing of it would say so within its first periods, and close.
        lane.want(safety::Demand::energy, 397'000, 125'000, 460'000);
        EXPECT_FALSE(eventually([&] { return is_true(lane.truth(), "contactor"); }, 500ms))
            << "closed after the death of " << service;
        EXPECT_EQ(lane.said().latched & emergency_stop, emergency_stop) << service;
        lane.want(safety::Demand::none, 0, 0, 460'000);
    }
    EXPECT_TRUE(lane.recover()) << "acknowledged";
    lane.plant("fault latch_register_lost");
    ASSERT_TRUE(starts_anew("power"));
    EXPECT_TRUE(eventually([&] { return lane.said().latched & emergency_stop; }, 2s))
        << "a register that nobody can read is not an empty one";
    EXPECT_TRUE(lane.recover());
    EXPECT_TRUE(lane.begin(Begin::full_power)) << "and it charges again: " << lane.report();
}

TEST(Protections, what_lasts_longer_by_its_clause) {
    if (!is_long) GTEST_SKIP() << "only with --long";
    auto station = Station::start({{.is_ac = true}});
    ASSERT_TRUE(station) << station.error().what.view();
    const auto all = long_provocations();
    Row row(all);
    row.work(Lane(**station, 1, true));
    expect_good(row.outcomes);
    EXPECT_EQ(row.outcomes.size(), all.size());
}

}  // namespace voltkeep::protections

int main(int count, char** words) {
    ::testing::InitGoogleTest(&count, words);
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--write" && i + 1 < count) voltkeep::protections::write_to = words[++i];
        else if (word == "--only" && i + 1 < count) voltkeep::protections::only = words[++i];
        else if (word == "--long") voltkeep::protections::is_long = true;
        else {
            std::fprintf(stderr, "protections_test [--write FILE | --long | --only PROTECTIONS]\n");
            return 2;
        }
    }
    if (::geteuid() != 0) {
        std::printf("not root: no real-time priorities, so nothing is measured\n");
        return 77;
    }
    return RUN_ALL_TESTS();
}
