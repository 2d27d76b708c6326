// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <set>

#include "a16_messages/act.hpp"
#include "watch.hpp"

namespace voltkeep::attacks {
namespace {

/// Who is taken over. Whoever floods is busy with it, and what it should have done meanwhile is not done: of these, nothing stops
/// a charge.
constexpr std::string_view bystanders[] = {"ocpp", "net", "plc@1", "link@csms"};
/// The charge goes through these: whoever owns one can end it. It ends safely, and nobody else is harmed.
constexpr std::string_view carriers[] = {"iso15118@1", "link@ev1", "session"};

/// What one server made of what one attacker sent.
struct Tally {
    std::string server;
    std::int64_t sent = 0, full = 0, denied = 0, malformed = 0, accepted = 0, other = 0;
};

std::string words_of(const Tally& t) {
    return std::to_string(t.sent) + " sent, " + std::to_string(t.denied) + " denied, " + std::to_string(t.malformed) +
           " malformed, " + std::to_string(t.accepted) + " accepted, " + std::to_string(t.other) + " otherwise";
}

harness::Options owned(std::initializer_list<std::string_view> programs) {
    harness::Options options;
    for (const std::string_view program : programs)
        options.changes.programs[std::string(program)] = test_program("turncoats/" + std::string(program));
    return options;
}

/// Tells a turncoat what to do.
Result<> order(Station& station, std::string_view name, Act act) {
    const ServiceState service = TRY(station.service(name));
    if (service.pid <= 1) return fail(Errc::not_found, std::string(name) + " has no process");
    if (::sigqueue(service.pid, SIGUSR1, {.sival_int = static_cast<int>(act)}) != 0) return fail_errno("sigqueue", name);
    return {};
}

/// The turncoat's own account of its last act, which began after line `from`.
Result<std::vector<Tally>> account(Station& station, std::string_view name, Act act, std::size_t from) {
    std::vector<Tally> tallies;
    bool is_done = false;
    (void)station.wait_for(
        [&](const Json& line) {
            if (line.string("event") != "output" || line.string("source") != name ||
                !line.string("text").starts_with("turncoat "))
                return false;
            const auto said = Json::parse(line.string("text").substr(9));
            if (!said || number_in(*said, "act") != static_cast<int>(act)) return false;
            is_done = said->find("done") != nullptr;
            if (!is_done)
                tallies.push_back({std::string(said->string("server")), number_in(*said, "sent"), number_in(*said, "full"),
                                   number_in(*said, "denied"), number_in(*said, "malformed"), number_in(*said, "accepted"),
                                   number_in(*said, "other")});
            return is_done;
        },
        10s, from);
    if (!is_done) return station.stuck(std::string(name) + " did not say what came of it");
    return tallies;
}

Result<std::vector<Tally>> play(Station& station, std::string_view name, Act act) {
    const std::size_t from = station.lines().size();
    TRY(order(station, name, act));
    return account(station, name, act, from);
}

/// How long another client of session and of the log waits: operator asks both, for us. Microseconds, with the way to the door
/// and back.
struct Waits {
    std::vector<double> session, log;
    std::vector<std::string> lost;   ///< answers that did not come within operator's deadlines
    int turn = 0;

    void ask(Station& station) {
        const bool of_session = turn++ % 8 == 0;   // it asks for the state of every service too: not often
        const Instant begun = now();
        const auto answer = station.ask(of_session ? "status" : "head");
        const Json* error = answer && of_session ? answer->find("evses")->items().front().find("error") : nullptr;
        if (!answer) lost.emplace_back(answer.error().what.view());
        else if (error != nullptr) lost.emplace_back("session: " + std::string(error->scalar()));
        (of_session ? session : log).push_back(static_cast<double>((now() - begun).count()) / 1e3);
    }
    void ask_for(Station& station, Duration duration) {
        for (const Instant deadline = now() + duration; now() < deadline;) {
            ask(station);
            station.pause(30ms);   // the door takes 50 questions a second
        }
    }
};

/// A flood, and beside it questions of others, one after the other as long as it lasts.
Result<std::vector<Tally>> flood(Station& station, std::string_view name, Act act, Waits& waits) {
    const std::size_t from = station.lines().size();
    TRY(order(station, name, act));
    const auto is_over = [&](const Json& line) {
        return line.string("source") == name && line.string("text").find("\"done\":true") != std::string_view::npos;
    };
    for (const Instant deadline = now() + 5s; now() < deadline && station.count(is_over, from) == 0;) {
        if (name == "operator" || name == "session")
            (void)station.wait_for(is_over, 100ms);  // these are the ones who would ask and answer
        else waits.ask_for(station, 50ms);
    }
    return account(station, name, act, from);
}

/// The log names what was refused: an entry of the process manager about the server.
bool is_logged(const Json& line, std::string_view server, Errc why) {
    const std::string_view event = line.string("event");
    return (event == "policy" || event == "service") && line.string("service") == server && line.string("occasion") == "fault" &&
           number_in(line, "code") == static_cast<int>(why);
}

void expect_logged(Station& station, Trial& trial, const std::set<std::string>& servers, Errc why) {
    for (const std::string& server : servers) {
        const bool is_there = station.wait_for([&](const Json& line) { return is_logged(line, server, why); }, 3s).has_value();
        trial.logged.expect(is_there, "the log says that " + server + " refused messages (" + std::string(name(why)) + ")");
    }
}

struct Sent {
    std::int64_t unlisted = 0, malformed = 0, flooded = 0;
    std::set<std::string> deniers, strict, flooded_servers;
};

Result<> send_what_is_refused(Station& station, Trial& trial, std::string_view attacker, Sent& sent) {
    for (const Tally& t : TRY(play(station, attacker, Act::unlisted))) {
        trial.contained.expect(t.sent > 0 && t.denied == t.sent, t.server + " denies " + std::string(attacker) +
                                                                     " all that the policy does not list: " + words_of(t));
        sent.unlisted += t.sent;
        sent.deniers.insert(t.server);
    }
    for (const Tally& t : TRY(play(station, attacker, Act::malformed))) {
        trial.contained.expect(t.sent > 0 && t.malformed > 0 && t.accepted == 0,
                               t.server + " takes nothing malformed from " + std::string(attacker) + ": " + words_of(t));
        sent.malformed += t.sent;
        sent.strict.insert(t.server);
    }
    return {};
}

Result<> send_floods(Station& station, std::string_view attacker, Waits& waits, Sent& sent) {
    for (const Act act : {Act::flood, Act::deaf_flood})
        for (const Tally& t : TRY(flood(station, attacker, act, waits))) {
            sent.flooded += t.sent;
            sent.flooded_servers.insert(t.server);
        }
    return {};
}

void tell_waits(Trial& trial, const Waits& calm, const Waits& flooded) {
    const auto words = [](const std::vector<double>& t) {
        return milliseconds(quantile(t, 0.5)) + ", p99 " + milliseconds(quantile(t, 0.99));
    };
    trial.figure("another client's question to the log", words(calm.log) + "; under floods " + words(flooded.log));
    trial.figure("another client's question to session", words(calm.session) + "; under floods " + words(flooded.session));
    for (const std::string& why : flooded.lost)
        trial.on_time.expect(false, "every question of another client is answered under floods: " + why);
}

Result<> run(Trial& trial) {
    const auto station = TRY(Station::start(owned({"ocpp", "net", "plc", "link", "iso15118", "session", "power", "operator"})));
    TRY(station->wait_until_charging());
    Waits calm, flooded;
    calm.ask_for(*station, 700ms);
    Sent sent;
    {
        Watch watch = TRY(Watch::begin(*station));
        for (const std::string_view attacker : bystanders) TRY(send_what_is_refused(*station, trial, attacker, sent));
        for (const std::string_view attacker : carriers) TRY(send_what_is_refused(*station, trial, attacker, sent));
        for (const Tally& t : TRY(play(*station, "session", Act::absurd)))
            if (t.server == "power@1")
                trial.contained.expect(t.sent > 0 && t.accepted == 0, "power@1 takes no absurd setpoint: " + words_of(t));
        for (const std::string_view attacker : bystanders) TRY(send_floods(*station, attacker, flooded, sent));
        trial.contained.expect(station->is_charging(), "the car goes on charging");
        TRY(watch.judge(trial));
    }
    {
        Watch watch = TRY(Watch::begin(*station));
        watch.charge_may_end();
        for (const std::string_view attacker : carriers) TRY(send_floods(*station, attacker, flooded, sent));
        TRY(watch.judge(trial));
    }
    TRY(send_what_is_refused(*station, trial, "power@1", sent));
    TRY(send_floods(*station, "power@1", flooded,
                    sent));  // the loop itself is the attacker's: its driver's life is what is left to judge
    trial.contained.expect(TRY(station->service("powerdrv@1")).restarts == 0, "powerdrv@1 lives and was not started again");

    TRY(send_what_is_refused(*station, trial, "operator", sent));
    TRY(send_floods(*station, "operator", flooded, sent));

    expect_logged(*station, trial, sent.deniers, Errc::denied);
    expect_logged(*station, trial, sent.strict, Errc::malformed);
    trial.figure("sent", std::to_string(sent.unlisted) + " unlisted, " + std::to_string(sent.malformed) + " malformed, " +
                             std::to_string(sent.flooded) + " flooding");
    tell_waits(trial, calm, flooded);
    return {};
}

/// A station whose power has neither quota nor a decoder that checks, and whose session does not look at the policy's bitmap:
/// each of the three is tried by the one attack that it is there against.
Result<> control(Trial& trial) {
    harness::Options options = owned({"ocpp"});
    for (const char* service : {"session", "power"})
        options.changes.programs[service] = test_program(std::string("unguarded/") + service);
    const auto station = TRY(Station::start(options));
    TRY(station->wait_until_charging());

    const std::size_t from = station->lines().size();
    (void)play(*station, "ocpp", Act::unlisted);
    const auto is_end = [](const Json& line) { return line.string("event") == "transaction" && line.string("step") == "ended"; };
    const auto is_death = [](const Json& line) {
        return line.string("event") == "death" && line.string("text").starts_with("session ");
    };
    trial.control.expect(station->wait_for(is_end, 5s, from).has_value(),
                         "without the bitmap, ocpp stops a charge with messages that are not its own");
    trial.control.expect(station->count(is_death, from) == 0, "and session lives: no receiver trusts the bitmap with its life");

    for (const Tally& t : TRY(play(*station, "session", Act::absurd)))
        if (t.server == "power@1")
            trial.control.expect(t.accepted > 0,
                                 "without its decoder's checks, power takes a setpoint that there is none of: " + words_of(t));

    Watch watch = TRY(Watch::begin(*station));
    for (const Tally& t : TRY(play(*station, "session", Act::flood))) {
        if (t.server != "power@1") continue;
        const std::int64_t missed = TRY(watch.missed());
        trial.control.expect(missed > 0,
                             "without the quota, session's flood makes power late: " + std::to_string(missed) + " turns missed");
        trial.figure("without the quota",
                     std::to_string(missed) + " turns of the power loop missed under one flood of " + std::to_string(t.sent));
    }
    return {};
}

const Registration registration({"A16", run, control});

}  // namespace
}  // namespace voltkeep::attacks
