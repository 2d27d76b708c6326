// SPDX-License-Identifier: Apache-2.0
// The process manager's decisions on a clock that the test turns.
#include "kernel/procmgr/core.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace voltkeep::kernel::procmgr {
namespace {

using control::Cause;
using control::Life;
using control::Request;
using policy::no_index;

enum : std::uint16_t { server, middle, client, helper };

class ProcessManagerCore : public testing::Test {
protected:
    ProcessManagerCore() : image(std::make_unique<policy::Image>()) {
        add("server", 60);
        add("middle", 50);
        add("client", 40);
        add("helper", 70).start = policy::Start::on_demand;
        connect(client, middle);
        connect(middle, server);
        connect(client, server);
        connect(middle, helper);
    }

    policy::Service& add(std::string_view name, std::uint8_t rank) {
        policy::Service s;
        s.name = *policy::ServiceName::from(name);
        s.rank = rank;
        s.watchdog = {.beat_ms = 100, .low = 2, .high = 5};
        s.restart = {.intensity = 3, .period_s = 60, .backoff_ms = {0, 100, 1000}, .exhausted = policy::Exhausted::give_up};
        EXPECT_TRUE(image->services.push(s));
        return image->services.back();
    }
    void connect(std::uint16_t from, std::uint16_t to) {
        policy::Conduit c;
        c.client = from;
        c.server = to;
        EXPECT_TRUE(image->conduits.push(c));
    }

    /// One step; launches succeed at once, as the manager would tell.
    void tell(const Input& input) {
        if (!core) core = std::make_unique<Core>(*image, false);
        std::vector<Input> inputs{input};
        for (std::size_t i = 0; i < inputs.size(); ++i)
            for (const Action& action : core->step(inputs[i], time)) {
                done.push_back(action);
                if (const auto* launch = std::get_if<action::Launch>(&action)) inputs.push_back(launch_outcome(launch->service));
            }
    }
    Input launch_outcome(std::uint16_t service) {
        return is_starved ? Input(input::LaunchFailed{service}) : Input(input::Launched{service, next_pid++});
    }
    void record(std::uint16_t service, Request request, std::uint16_t argument = 0, std::uint64_t number = 0) {
        tell(input::Recorded{service, {.request = request, .argument = argument, .number = number}});
    }
    void start() {
        tell(input::Begin{});
        tell(input::Turn{});
        for (const std::uint16_t service : {server, middle, client}) record(service, Request::ready);
        done.clear();
    }
    void end(std::uint16_t service, Cause cause = Cause::signal, std::uint8_t code = 11) {
        tell(input::Ended{service, {cause, code}});
    }
    void pass(Duration duration) {
        time = time + duration;
        tell(input::Turn{});
    }
    void pass_with_beats(Duration duration) {
        for (const Instant until = time + duration; time < until;) {
            time = time + 50ms;
            for (std::uint16_t i = 0; i < image->services.size(); ++i)
                if (core->is_present(i)) record(i, Request::beat);
            tell(input::Turn{});
        }
    }

    template <class A>
    std::vector<A> all() const {
        std::vector<A> found;
        for (const Action& action : done)
            if (const auto* a = std::get_if<A>(&action)) found.push_back(*a);
        return found;
    }
    template <class A>
    std::vector<std::uint16_t> services() const {
        std::vector<std::uint16_t> found;
        for (const A& a : all<A>()) found.push_back(a.service);
        return found;
    }
    [[nodiscard]] Life life(std::uint16_t service) const { return core->state_of(service).life; }
    [[nodiscard]] Cause cause(std::uint16_t service) const { return core->state_of(service).last_cause; }
    using Services = std::vector<std::uint16_t>;

    std::unique_ptr<policy::Image> image;
    std::unique_ptr<Core> core;
    Instant time{1'000'000'000'000};
    std::vector<Action> done;
    std::uint32_t next_pid = 100;
    bool is_starved = false;   ///< the system has no process to give
};

TEST_F(ProcessManagerCore, launches_by_rank_and_joins_everything_before_anyone_goes) {
    tell(input::Begin{});
    EXPECT_EQ(services<action::Launch>(), (Services{server, middle, client}));
    tell(input::Turn{});
    ASSERT_EQ(all<action::Join>().size(), 3u);
    EXPECT_EQ(all<action::Join>()[0].epoch, 1u);
    EXPECT_EQ(services<action::Go>().size(), 3u);
    const auto kind = [&](std::size_t back) { return done[done.size() - back].index(); };
    EXPECT_EQ(kind(1), Action(action::Go{}).index());
    EXPECT_EQ(kind(4), Action(action::Join{}).index()) << "no join comes after the first go";
    EXPECT_EQ(life(server), Life::starting);
    record(server, Request::ready);
    EXPECT_EQ(life(server), Life::ready);
}

TEST_F(ProcessManagerCore, a_system_that_has_no_process_to_give_ends_no_service_for_good) {
    start();
    is_starved = true;
    end(middle);
    for (int tries = 0; tries < 50; ++tries) pass_with_beats(launch_pause);
    EXPECT_EQ(services<action::Launch>().size(), 51u) << "one try a pause, not as many as fit";
    EXPECT_EQ(life(middle), Life::dead);
    EXPECT_EQ(cause(middle), Cause::start_failed);
    is_starved = false;
    pass_with_beats(launch_pause);
    EXPECT_EQ(life(middle), Life::starting);
    EXPECT_EQ(core->starts(middle), 2u);
}

TEST_F(ProcessManagerCore, joins_only_the_conduits_of_who_came_back_with_a_new_epoch) {
    start();
    end(middle);
    EXPECT_EQ(services<action::Launch>(), Services{middle});
    done.clear();
    tell(input::Turn{});
    const auto joins = all<action::Join>();
    ASSERT_EQ(joins.size(), 2u);
    EXPECT_EQ(joins[0].conduit, 0);
    EXPECT_EQ(joins[1].conduit, 1);
    EXPECT_EQ(joins[0].epoch, 2u);
    EXPECT_EQ(services<action::Go>(), Services{middle}) << "the others never stopped";
}

TEST_F(ProcessManagerCore, waits_longer_before_each_restart_and_gives_up_at_the_manifests_intensity) {
    start();
    end(server);
    EXPECT_EQ(services<action::Launch>(), Services{server}) << "the first at once";
    record(server, Request::ready);
    done.clear();
    end(server);
    pass(99ms);
    EXPECT_TRUE(services<action::Launch>().empty());
    EXPECT_LE(core->next_deadline(), time + 1ms);
    pass(1ms);
    EXPECT_EQ(services<action::Launch>(), Services{server}) << "the second after 100 ms";
    end(server);
    pass_with_beats(1s);
    EXPECT_EQ(services<action::Launch>().size(), 2u) << "the third after 1 s";
    end(server);
    EXPECT_EQ(life(server), Life::exhausted) << "the fourth death in the period is not healed";
    done.clear();
    pass_with_beats(120s);
    EXPECT_TRUE(services<action::Launch>().empty()) << "and stays";
}

TEST_F(ProcessManagerCore, deaths_outside_the_period_do_not_count) {
    start();
    for (int i = 0; i < 10; ++i) {
        end(server);
        pass_with_beats(2s);    // longer than any pause before a restart
        record(server, Request::ready);
        pass_with_beats(25s);   // two older deaths are in the period: three with the next
        EXPECT_EQ(life(server), Life::ready) << i;
    }
}

TEST_F(ProcessManagerCore, an_exhausted_service_may_end_the_station_to_be_started_again) {
    image->services[server].restart = {
        .intensity = 0, .period_s = 60, .backoff_ms = {}, .exhausted = policy::Exhausted::restart_station};
    start();
    end(server);
    tell(input::Turn{});
    EXPECT_EQ(services<action::Stop>(), Services{client});
    for (const std::uint16_t service : {client, middle}) {
        end(service, Cause::exit, 0);
        tell(input::Turn{});
    }
    ASSERT_EQ(all<action::Finish>().size(), 1u);
    EXPECT_EQ(all<action::Finish>()[0].status, restart_status);
}

TEST_F(ProcessManagerCore, a_safe_state_is_told_to_who_runs_and_who_is_started_later_until_someone_orders_the_restart) {
    image->services[server].restart = {
        .intensity = 0, .period_s = 60, .backoff_ms = {}, .exhausted = policy::Exhausted::safe_state};
    image->services[middle].control = 1u << static_cast<unsigned>(Request::restart);
    start();
    end(server);
    EXPECT_EQ(life(server), Life::exhausted);
    EXPECT_EQ(services<action::Fallback>(), (Services{middle, client}));
    done.clear();
    end(client);
    tell(input::Turn{});
    ASSERT_EQ(services<action::Fallback>(), Services{client});
    EXPECT_TRUE(all<action::Fallback>()[0].is_on);
    done.clear();
    record(middle, Request::restart, server);
    EXPECT_EQ(services<action::Launch>(), Services{server});
    ASSERT_EQ(services<action::Fallback>(), (Services{middle, client}));
    EXPECT_FALSE(all<action::Fallback>()[0].is_on);
    done.clear();
    tell(input::Turn{});
    EXPECT_EQ(services<action::Fallback>(), Services{});
}

TEST_F(ProcessManagerCore, a_given_up_service_is_no_fallback) {
    image->services[server].restart.intensity = 0;
    start();
    end(server);
    EXPECT_EQ(life(server), Life::exhausted);
    EXPECT_EQ(services<action::Fallback>(), Services{});
}

TEST_F(ProcessManagerCore, as_many_deaths_as_a_manifest_may_name_are_healed) {
    image->services[server].restart = {
        .intensity = policy::max_intensity, .period_s = 60, .backoff_ms = {}, .exhausted = policy::Exhausted::give_up};
    start();
    for (unsigned i = 0; i < policy::max_intensity; ++i) {
        end(server);
        EXPECT_EQ(life(server), Life::starting);
    }
    end(server);
    EXPECT_EQ(life(server), Life::exhausted);
}

TEST_F(ProcessManagerCore, a_crash_report_has_the_last_messages_and_the_next_life_does_not) {
    start();
    tell(input::Ended{server, {Cause::signal, 11}, "Ask Ask"});
    const auto reports = all<action::Report>();
    ASSERT_FALSE(reports.empty());
    EXPECT_EQ(reports.front().event.last.view(), "Ask Ask");
    EXPECT_TRUE(reports.back().event.last.empty()) << "that is the start of the next one";
}

TEST_F(ProcessManagerCore, reports_missing_beats_once_and_ends_who_stays_silent) {
    start();
    for (const std::uint16_t service : {middle, client}) record(service, Request::beat);
    pass(150ms);
    EXPECT_TRUE(all<action::Report>().empty());
    pass(50ms);
    pass(50ms);
    EXPECT_EQ(all<action::Report>().size(), 3u) << "one for each of three";
    EXPECT_EQ(all<action::Report>()[0].event.occasion, control::Occasion::late);
    for (const std::uint16_t service : {middle, client}) record(service, Request::beat);
    pass(250ms);
    EXPECT_EQ(services<action::Kill>(), Services{server});
    end(server, Cause::signal, 9);
    EXPECT_EQ(cause(server), Cause::watchdog) << "what it died of is our own signal; why is the watchdog";
}

TEST_F(ProcessManagerCore, a_late_process_manager_accuses_nobody_whose_beats_it_finds) {
    start();
    time = time + 10s;   // it did not run; the beats were queued
    for (const std::uint16_t service : {server, middle, client}) record(service, Request::beat);
    tell(input::Turn{});
    EXPECT_TRUE(services<action::Kill>().empty());
}

TEST_F(ProcessManagerCore, judges_by_what_it_has_heard_and_not_by_what_is_queued) {
    start();
    const Instant polled = time;
    time = time + 10s;   // stopped between its look at the queues and its judgement
    tell(input::Turn{.heard = polled});
    EXPECT_TRUE(services<action::Kill>().empty());
    EXPECT_TRUE(all<action::Report>().empty());
    for (const std::uint16_t service : {middle, client}) record(service, Request::beat);
    tell(input::Turn{.heard = time});
    EXPECT_EQ(services<action::Kill>(), Services{server}) << "who has not even a queued beat";
}

TEST_F(ProcessManagerCore, a_time_in_which_the_machine_stood_still_is_nobodys_silence) {
    start();
    time = time + 10s;
    tell(input::Turn{.heard = time, .lost = 10s});
    EXPECT_TRUE(services<action::Kill>().empty());
    pass(500ms);
    EXPECT_EQ(services<action::Kill>().size(), 3u) << "what comes after it counts again";
}

TEST_F(ProcessManagerCore, ends_a_service_that_never_becomes_ready) {
    tell(input::Begin{});
    tell(input::Turn{});
    for (const std::uint16_t service : {middle, client}) record(service, Request::ready);
    pass_with_beats(start_limit);
    EXPECT_EQ(services<action::Kill>(), Services{server});
}

TEST_F(ProcessManagerCore, stops_clients_before_servers_and_waits_for_none_longer_than_its_bound) {
    start();
    tell(input::StopAll{});
    tell(input::Turn{});
    EXPECT_EQ(services<action::Stop>(), Services{client});
    pass_with_beats(stop_limit - 50ms);
    EXPECT_TRUE(services<action::Kill>().empty());
    pass_with_beats(50ms);
    EXPECT_EQ(services<action::Kill>(), Services{client});
    end(client, Cause::signal, 9);
    tell(input::Turn{});
    EXPECT_EQ(services<action::Stop>(), (Services{client, middle}));
    end(middle, Cause::exit, 0);
    tell(input::Turn{});
    end(server, Cause::exit, 0);
    tell(input::Turn{});
    ASSERT_EQ(all<action::Finish>().size(), 1u);
    EXPECT_EQ(all<action::Finish>()[0].status, 0);
    EXPECT_TRUE(services<action::Launch>().empty());
}

TEST_F(ProcessManagerCore, a_second_request_to_stop_ends_everything_at_once) {
    start();
    tell(input::StopAll{});
    tell(input::StopAll{});
    EXPECT_EQ(services<action::Kill>().size(), 3u);
}

TEST_F(ProcessManagerCore, nothing_is_started_again_while_stopping) {
    start();
    tell(input::StopAll{});
    end(server);
    EXPECT_EQ(life(server), Life::off);
    pass(10s);
    EXPECT_TRUE(services<action::Launch>().empty());
}

TEST_F(ProcessManagerCore, a_conduit_is_made_anew_at_most_ten_times_a_second) {
    start();
    record(client, Request::rejoin, 0);
    pass(99ms);
    EXPECT_TRUE(all<action::Join>().empty()) << "it was joined just now";
    record(client, Request::rejoin, 0);
    EXPECT_EQ(core->next_deadline(), time + 1ms);
    pass(1ms);
    ASSERT_EQ(all<action::Join>().size(), 1u);
    EXPECT_EQ(all<action::Join>()[0].conduit, 0);
    EXPECT_EQ(all<action::Join>()[0].epoch, 2u);
    record(client, Request::rejoin, 77);   // it has no such conduit
    pass(1s);
    EXPECT_EQ(all<action::Join>().size(), 1u);
}

TEST_F(ProcessManagerCore, a_join_that_the_system_refused_is_tried_again) {
    start();
    tell(input::JoinFailed{0});
    pass(99ms);
    EXPECT_TRUE(all<action::Join>().empty());
    pass(1ms);
    EXPECT_EQ(all<action::Join>().size(), 1u);
}

TEST_F(ProcessManagerCore, an_order_needs_its_permission) {
    start();
    record(client, Request::restart, server, 5);
    ASSERT_EQ(all<action::Report>().size(), 1u);
    EXPECT_EQ(all<action::Report>()[0].event.occasion, control::Occasion::refused);
    ASSERT_EQ(all<action::AnswerState>().size(), 1u);
    EXPECT_EQ(all<action::AnswerState>()[0].message.kind, control::Kind::end);
    EXPECT_TRUE(services<action::Stop>().empty());
}

TEST_F(ProcessManagerCore, keeps_the_newest_measures_of_a_service_and_gives_them_to_who_may_ask) {
    image->services[client].control = 1u << static_cast<unsigned>(Request::get_measures);
    start();
    for (const std::uint32_t count : {5u, 7u})
        tell(input::Recorded{
            server,
            control::Measure{.message = 3, .count = count, .p99_us = 80, .worst_us = 90, .total = 12, .late = 1}.record()});
    tell(input::Recorded{
        server,
        control::Measure{.message = control::Measure::kinds, .count = 1, .total = 1}.record()});  // there is no such message
    record(client, Request::get_measures, server, 9);
    ASSERT_EQ(all<action::AnswerMeasure>().size(), 1u);
    const control::Measure measure = all<action::AnswerMeasure>()[0].message;
    EXPECT_EQ(measure.message, 3u);
    EXPECT_EQ(measure.count, 7u);
    EXPECT_EQ(measure.p99_us, 80u);
    EXPECT_EQ(measure.worst_us, 90u);
    EXPECT_EQ(measure.total, 12u);
    EXPECT_EQ(measure.late, 1u);
    EXPECT_EQ(measure.number, 9u);
    EXPECT_EQ(all<action::AnswerUsage>()[0].of, server);
    pass_with_beats(3s);
    done.clear();
    record(client, Request::get_measures, server, 10);
    EXPECT_EQ(all<action::AnswerMeasure>()[0].message.count, 0u) << "that was not in the last second";
    EXPECT_EQ(all<action::AnswerMeasure>()[0].message.total, 12u);
    done.clear();
    record(middle, Request::get_measures, server, 11);
    EXPECT_TRUE(all<action::AnswerMeasure>().empty()) << "it has no permission";
    EXPECT_EQ(all<action::AnswerState>()[0].message.kind, control::Kind::end);
}

TEST_F(ProcessManagerCore, an_ordered_restart_asks_first_and_counts_as_no_death) {
    image->services[client].control = 1u << static_cast<unsigned>(Request::restart);
    start();
    for (int i = 0; i < 5; ++i) {
        record(client, Request::restart, server, 5);
        end(server, Cause::exit, 0);
        record(server, Request::ready);
        tell(input::Turn{});
        EXPECT_EQ(cause(server), Cause::ordered);
        record(server, Request::ready);
        EXPECT_EQ(life(server), Life::ready);
    }
    EXPECT_EQ(services<action::Stop>().size(), 5u);
    EXPECT_EQ(services<action::Launch>().size(), 5u);
}

TEST_F(ProcessManagerCore, a_quarantined_service_stays_ended_until_someone_orders_its_restart) {
    image->services[client].control =
        1u << static_cast<unsigned>(Request::restart) | 1u << static_cast<unsigned>(Request::quarantine);
    start();
    record(client, Request::quarantine, server);
    EXPECT_EQ(services<action::Kill>(), Services{server}) << "what is suspected is not asked";
    end(server, Cause::signal, 9);
    pass_with_beats(10s);
    EXPECT_EQ(life(server), Life::quarantined);
    EXPECT_TRUE(services<action::Launch>().empty());
    record(client, Request::restart, server);
    EXPECT_EQ(services<action::Launch>(), Services{server});
}

TEST_F(ProcessManagerCore, a_service_on_demand_is_started_by_its_client_alone_and_may_end_in_peace) {
    image->services[client].control = image->services[middle].control = 1u << static_cast<unsigned>(Request::demand);
    start();
    record(client, Request::demand, helper, 1);
    EXPECT_TRUE(services<action::Launch>().empty()) << "it has no conduit to it";
    record(middle, Request::demand, helper, 1);
    EXPECT_EQ(services<action::Launch>(), Services{helper});
    tell(input::Turn{});
    record(helper, Request::ready);
    end(helper, Cause::exit, 0);
    EXPECT_EQ(life(helper), Life::off);
    record(middle, Request::demand, helper, 2);
    EXPECT_EQ(services<action::Launch>().size(), 2u);
}

TEST_F(ProcessManagerCore, a_foreign_program_has_no_ends_and_no_beats) {
    image->services[server].kind = policy::Kind::foreign;
    tell(input::Begin{});
    tell(input::Turn{});
    ASSERT_EQ(all<action::Join>().size(), 1u);
    EXPECT_EQ(all<action::Join>()[0].conduit, 0);
    EXPECT_EQ(end_index(*image, 0, client), 0) << "and no place in its clients' slices";
    EXPECT_EQ(services<action::Go>(), (Services{middle, client}));
    EXPECT_EQ(life(server), Life::ready);
    pass_with_beats(60s);
    EXPECT_EQ(life(server), Life::ready);
}

TEST_F(ProcessManagerCore, a_service_that_does_not_read_its_control_channel_is_ended) {
    start();
    tell(input::Unheard{middle});
    EXPECT_EQ(services<action::Kill>(), Services{middle});
}

TEST_F(ProcessManagerCore, a_service_that_closed_its_control_channel_has_a_bounded_time_to_end) {
    start();
    tell(input::Deaf{middle});
    EXPECT_TRUE(services<action::Kill>().empty()) << "it is most likely ending";
    pass_with_beats(stop_limit);
    EXPECT_EQ(services<action::Kill>(), Services{middle});
    end(middle, Cause::signal, 9);
    EXPECT_EQ(life(middle), Life::starting) << "and is healed like any death";
}

TEST_F(ProcessManagerCore, events_come_in_order_from_where_the_asker_was_and_a_gap_shows) {
    image->services[client].control = 1u << static_cast<unsigned>(Request::take_events);
    start();
    const auto take = [&](std::uint32_t stored) {
        done.clear();
        record(client, Request::take_events, static_cast<std::uint16_t>(stored), 9);
        std::vector<std::uint32_t> sequences;
        for (const auto& answer : all<action::AnswerEvent>()) sequences.push_back(answer.message.sequence);
        EXPECT_EQ(all<action::AnswerState>().back().message.kind, control::Kind::end);
        return sequences;
    };
    auto events = take(0);
    ASSERT_EQ(events.size(), 6u) << "three launches, three ready";
    EXPECT_EQ(events.front(), 1u);
    EXPECT_TRUE(take(events.back()).empty());
    for (int i = 0; i < 1000; ++i) {
        time = time + 100ms;
        record(server, Request::fault);
    }
    events = take(events.back());
    ASSERT_EQ(events.size(), events_per_answer);
    EXPECT_EQ(events.front(), 1006u - ring_size + 1) << "what is gone is a gap";
    std::uint32_t last = events.back();
    for (int i = 0; i < 4; ++i)
        if (const auto more = take(last); !more.empty()) {
            EXPECT_EQ(more.front(), last + 1);
            last = more.back();
        }
    EXPECT_EQ(last, 1006u);
}

TEST_F(ProcessManagerCore, nobody_fills_the_ring_to_push_out_what_it_tells) {
    start();
    end(client);
    for (int i = 0; i < 1000; ++i) record(middle, Request::fault);
    EXPECT_EQ(all<action::Report>().size(), 2u + words_a_second) << "a death, a launch, and so many words";
    pass_with_beats(1s);
    done.clear();
    record(middle, Request::fault);
    ASSERT_EQ(all<action::Report>().size(), 2u);
    EXPECT_EQ(all<action::Report>()[0].event.code, static_cast<std::uint8_t>(Errc::full));
    EXPECT_EQ(all<action::Report>()[0].event.detail, 1000u - words_a_second);
}

TEST_F(ProcessManagerCore, a_slice_tells_each_end_its_own_side_of_a_conduit) {
    image->conduits[0].messages = 5;
    image->conduits[0].pulses_up = 2;
    image->conduits[0].pulses_down = 4;
    auto slice = std::make_unique<control::Slice>();
    ASSERT_TRUE(make_slice(*image, client, *slice));
    ASSERT_EQ(slice->conduits.size(), 2u);
    EXPECT_EQ(slice->conduits[0].peer, "middle");
    EXPECT_FALSE(slice->conduits[0].is_server);
    EXPECT_EQ(slice->conduits[0].pulses_in, 2u);
    EXPECT_EQ(slice->conduits[0].pulses_out, 4u);
    ASSERT_TRUE(make_slice(*image, middle, *slice));
    ASSERT_EQ(slice->conduits.size(), 3u);
    EXPECT_TRUE(slice->conduits[0].is_server);
    EXPECT_EQ(slice->conduits[0].pulses_in, 4u);
    EXPECT_EQ(end_index(*image, 1, middle), 1);
}

TEST_F(ProcessManagerCore, two_windows_of_a_peer_leave_a_real_time_loop_most_of_its_budget) {
    image->services[middle].limits.cpu_percent = 40;
    image->services[server].rt_time_us = 500;
    image->services[server].rt_period_us = 10'000;
    auto slice = std::make_unique<control::Slice>();
    ASSERT_TRUE(make_slice(*image, middle, *slice));
    EXPECT_EQ(slice->conduits[0].quota, 1000u) << "half of 40 ms in 100, at 20 us each";
    ASSERT_TRUE(make_slice(*image, server, *slice));
    EXPECT_EQ(slice->conduits[0].quota, 31u) << "an eighth of 5 ms in 100: two windows can meet in one period of the budget";
    image->services[server].rt_time_us = 250;
    ASSERT_TRUE(make_slice(*image, server, *slice));
    EXPECT_EQ(slice->conduits[0].quota, 30u)
        << "never less than a loop of the same period sends: two messages a turn, and one more";
}

}  // namespace
}  // namespace voltkeep::kernel::procmgr
