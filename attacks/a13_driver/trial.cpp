// SPDX-License-Identifier: Apache-2.0
#include "a13_driver/trial.hpp"

#include <signal.h>

namespace voltkeep::attacks {

namespace {

constexpr Duration of_one = 5s;

/// The service as it runs again, if it has just died; the operator's door may have died with it.
Result<ServiceState> running(Station& station, const std::string& service) {
    for (const Instant deadline = now() + of_one;;) {
        const auto state = station.service(service);
        if (state && state->life == "ready" && state->pid > 1) return *state;
        if (now() > deadline) return fail(Errc::timeout, service + " is not back");
        station.pause(20ms);
    }
}

bool is_entry(const Json& line, const Order& order, const std::string& service) {
    const std::string_view event = line.string("event");
    if (event != "policy" && event != "service") return false;
    const auto is = [&](std::string_view who, std::string_view occasion, int code) {
        return line.string("service") == who && line.string("occasion") == occasion &&
               (code < 0 || number_in(line, "code") == code) && number_in(line, "detail") == order.detail;
    };
    switch (order.end) {
        case End::death: return is(service, "fault", 0xfe);
        case End::request: return is(service, "refused", -1);
        case End::message: return is(order.receiver, "fault", static_cast<int>(Errc::denied)) && line.string("peer") == service;
        case End::nothing: return false;
    }
    return false;
}

bool is_contained(const Order& order, const std::string& answer) {
    switch (order.end) {
        case End::death: return answer == "death";
        case End::request: return answer == "refused";
        case End::message:
            return answer == "denied" || (answer == "ok" && order.order.starts_with("pulse"));  // a pulse has no answer
        case End::nothing: return answer == "no conduit" || answer.starts_with("E");
    }
    return false;
}

}  // namespace

std::string owned_program(std::string_view service) { return test_program("owned/" + std::string(service)); }

Result<std::string> carry_out(Station& station, const std::string& service, std::size_t number) {
    const ServiceState before = TRY(running(station, service));
    const std::size_t from = station.lines().size();
    if (::sigqueue(before.pid, SIGUSR1, {.sival_int = static_cast<int>(number)}) != 0) return fail_errno("sigqueue", service);
    const std::string begin = "stranger " + std::to_string(number) + " ";
    std::string answer;
    const auto told = station.wait_for([&](const Json& line) {
        const std::string_view event = line.string("event"), text = line.string("text");
        if (event == "output" && line.string("source") == service && text.starts_with(begin)) answer = text.substr(begin.size());
        if (event == "death" && text.starts_with(service + " ")) answer = "death";
        return !answer.empty();
    }, of_one, from);
    if (!told) return station.stuck(service + " did nothing when told to");
    return answer;
}

Result<std::string> answer_to(Station& station, const std::string& service, const std::string& name) {
    const auto orders = orders_for(service.substr(0, service.find('@')));
    for (std::size_t number = 0; number < orders.size(); ++number)
        if (orders[number].name == name) return carry_out(station, service, number);
    return fail(Errc::bad_argument, "no such try: " + name);
}

Result<> expect_restart_of_loop(Station& station, Trial& trial, const std::string& service) {
    const ServiceState before = TRY(station.service("power@1"));
    (void)TRY(answer_to(station, service, "restart the safety loop"));
    bool is_gone = false;
    for (const Instant deadline = now() + of_one; !is_gone && now() < deadline;) {
        const auto after = station.service("power@1");
        is_gone = after && after->pid != before.pid;
        if (!is_gone) station.pause(50ms);
    }
    trial.control.expect(is_gone, "with the permission the safety loop is restarted");
    return {};
}

namespace {

Result<End> expect_refused(Station& station, Trial& trial, const std::string& service, const Order& order, std::size_t number) {
    const Instant pause = now() + 80ms;   // the process manager writes down so many words a second of one service
    const auto count = [&] { return station.count([&](const Json& line) { return is_entry(line, order, service); }); };
    const std::size_t before = count();
    const std::string answer = TRY(carry_out(station, service, number));
    trial.contained.expect(is_contained(order, answer), service + " cannot " + order.name + ": " + answer);
    if (order.end == End::nothing) return order.end;
    const Instant deadline = now() + 3s;
    while (count() == before && now() < deadline) station.pause(20ms);
    trial.logged.expect(count() > before, "the log says that " + service + " tried to " + order.name);
    while (now() < pause) station.pause(pause - now());
    return order.end;
}

}  // namespace

Result<End> expect_refused(Station& station, Trial& trial, const std::string& service, std::string_view name) {
    const auto orders = orders_for(service.substr(0, service.find('@')));
    const auto order = std::ranges::find(orders, name, &Order::name);
    if (order == orders.end()) return fail(Errc::bad_argument, "no such try: " + std::string(name));
    return expect_refused(station, trial, service, *order, static_cast<std::size_t>(order - orders.begin()));
}

Result<> carry_out_all(Station& station, Trial& trial, const std::string& service) {
    const auto orders = orders_for(service.substr(0, service.find('@')));
    unsigned deaths = 0, refusals = 0, silences = 0;
    for (std::size_t number = 0; number < orders.size(); ++number) {
        const End end = TRY(expect_refused(station, trial, service, orders[number], number));
        ++(end == End::death ? deaths : end == End::nothing ? silences : refusals);
    }
    TRY(running(station, service));
    trial.figure(service, std::to_string(orders.size()) + " tries: " + std::to_string(deaths) +
                              " ended it by their system call, " + std::to_string(refusals) +
                              " messages and requests were refused, " + std::to_string(silences) + " found nothing to reach");
    return {};
}

}  // namespace voltkeep::attacks
