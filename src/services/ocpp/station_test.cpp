// SPDX-License-Identifier: Apache-2.0
// The real ocpp process between stand-ins for link, session and audit; the test is the CSMS.
#include "station.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <filesystem>

#include "kernel/test_station.hpp"

namespace voltkeep::ocpp {
namespace {

constexpr std::uint32_t everything = 0xffffffff;

/// What the stand-ins shall do, and what they heard. In memory that all processes share.
struct Script {
    std::atomic<bool> is_open = true;
    std::atomic<int> refusals = 0;                 ///< AuthorizationResults that session does not take
    std::atomic<int> results = 0;                  ///< that it took
    std::atomic<std::uint64_t> acknowledged = 0;   ///< the highest
    std::atomic<std::uint64_t> given = 0;          ///< the highest event that it gave
    std::atomic<int> starts = 0;
    std::atomic<bool> is_refusing = false;         ///< starts
    std::atomic<int> repeats = 0;                  ///< frames that were taken again
    std::atomic<int> event_count = 0;              ///< the last is an authorization, those before it are statuses
    std::atomic<bool> has_transactions = false;    ///< those before it are TransactionEvents
    std::atomic<bool> is_ended = false;            ///< those are its last ones
    std::atomic<int> closings = 0;                 ///< connections that the station has ended
    std::atomic<int> given_up = 0;                 ///< entries of the log that say so
    std::atomic<bool> is_repeated = false;         ///< the first frame was offered to a predecessor
};

/// Lines to and from the test, one a datagram.
struct Wire {
    int station = -1, csms = -1;
    Wire() {
        int ends[2];
        CHECK(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
        station = ends[0];
        csms = ends[1];
    }
};

int serve_link(int control, Script& script, int wire, const Checkpoint& left) {
    auto self = kernel::Service::start(control);
    std::deque<std::string> frames;
    std::uint32_t first = 1;
    std::uint32_t taken = 0, connection = 1;
    std::string said;   // a frame of which not all pieces have come
    bool was_open = false;
    self.watch(wire, false, [&](bool, bool) {
        static std::array<char, 131'072> buffer;
        const ssize_t n = ::recv(wire, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n <= 0) return;
        frames.emplace_back(buffer.data(), static_cast<std::size_t>(n));
        self.notify(link::Pulse::frame, first);
    });
    self.every(10ms, [&] {
        if (script.is_open && !std::exchange(was_open, true)) self.notify(link::Pulse::opened, 1);
    });
    const auto release = [&](std::uint32_t id) {
        if (id == 0 || frames.empty() || id != first) return;
        frames.pop_front();
        ++first;
    };
    self.serve<link::Interface>(
        [&](const link::TakeFrame& m) -> Result<link::TakeFrame::Piece> {
            if (frames.empty()) return fail(Errc::not_found, "no frame");
            link::TakeFrame::Piece piece;
            piece.id = first;
            if (m.offset == 0) script.repeats += taken == first;
            taken = first;
            piece.repeated = script.is_repeated && first == 1;
            piece.connection = connection;
            piece.size = static_cast<std::uint32_t>(frames.front().size());
            piece.bytes =
                *Blob<link::piece_bound>::from(as_bytes(std::string_view(frames.front()).substr(m.offset, link::piece_bound)));
            return piece;
        },
        [&](const link::PutFrame& m) -> Result<kernel::Done> {
            if (m.connection != connection) return fail(Errc::closed, "another connection");
            if (m.offset == 0) said.clear();
            said += as_text(m.bytes);
            if (said.size() < m.size) return kernel::Done{};
            CHECK(::send(wire, said.data(), said.size(), 0) > 0);
            release(m.answers);
            return kernel::Done{};
        },
        [&](const link::Release& m) -> Result<kernel::Done> {
            release(m.id);
            return kernel::Done{};
        },
        [&](const link::Close& m) -> Result<kernel::Done> {
            if (m.connection != connection) return fail(Errc::closed, "another connection");
            ++script.closings;
            self.notify(link::Pulse::opened, ++connection);
            return kernel::Done{};
        },
        [&](const link::GetState&) -> Result<link::GetState::State> {
            link::GetState::State state;
            state.phase = script.is_open ? link::Phase::open : link::Phase::connecting;
            state.connection = connection;
            std::array<std::byte, kernel::bound<Checkpoint>> buffer;
            if (connection == 1) state.checkpoint = *Blob<link::checkpoint_bound>::from(kernel::encode(left, buffer));
            return state;
        },
        [&](const link::Open&) -> Result<kernel::Done> { return kernel::Done{}; });
    return self.run();
}

int serve_session(int control, Script& script) {
    auto self = kernel::Service::start(control);
    std::uint64_t given = 0;
    const auto done = [] -> Result<kernel::Done> { return kernel::Done{}; };
    int told = script.event_count;
    self.every(10ms, [&] {
        if (std::exchange(told, script.event_count) != told) self.notify(session::Pulse::events);
    });
    self.serve<session::Interface>(
        [&](const session::Authorize&) -> Result<session::Authorize::Authorization> {
            return session::Authorize::Authorization{};
        },
        [&](const session::SetEvNeeds&) { return done(); },
        [&](const session::TakeSetpoint&) -> Result<session::TakeSetpoint::Setpoint> {
            return session::TakeSetpoint::Setpoint{};
        },
        [&](const session::StopByEv&) { return done(); },
        [&](const session::TakeEvents& m) -> Result<session::TakeEvents::Events> {
            if (m.acknowledged > given || m.after > given) return fail(Errc::bad_argument, "never given");
            script.acknowledged = std::max<std::uint64_t>(script.acknowledged, m.acknowledged);
            session::TakeEvents::Events events;
            const auto count = static_cast<std::uint64_t>(script.event_count);
            for (std::uint64_t sequence = m.after + 1; sequence <= count; ++sequence) {
                session::Event event;
                event.sequence = given = script.given = sequence;
                event.evse = EvseId{1};
                if (sequence == count) {
                    event.kind = session::EventKind::authorize;
                    event.request = 7;
                    event.identity = {session::IdentificationKind::token, "CARD-1", "ISO14443"};
                } else if (script.has_transactions) {
                    event.kind = session::EventKind::transaction;
                    event.record.emplace().transaction = "transaction-1";
                    if (script.is_ended) event.record->kind = session::RecordKind::ended;
                }
                if (!events.events.push(event)) break;
            }
            return events;
        },
        [&](const session::AuthorizationResult& m) -> Result<kernel::Done> {
            if (script.refusals > 0) {
                --script.refusals;
                return fail(Errc::bad_state, "not now");
            }
            script.results += m.accepted && m.request == 7;
            return kernel::Done{};
        },
        [&](const session::RemoteStart& m, kernel::Defer<session::RemoteStart::Started> reply) {
            ++script.starts;
            self.after(300ms, [&script, id = m.remote_start_id, reply = std::move(reply)]() mutable {
                if (script.is_refusing || id != -1) return reply(fail(Errc::bad_state, "no EVSE takes it"));
                reply(session::RemoteStart::Started{});
            });
        },
        [&](const session::RemoteStop& m) -> Result<kernel::Done> {
            return m.transaction.view() == "transaction-1" ? done() : fail(Errc::not_found, "no such transaction");
        },
        [&](const session::Deauthorize&) { return done(); },
        [&](const session::Reserve& m) -> Result<session::Reserve::Outcome> {
            return session::Reserve::Outcome{m.evse == EvseId{1} && m.id == 5 ? charging::ReservationOutcome::accepted
                                                                              : charging::ReservationOutcome::occupied};
        },
        [&](const session::CancelReservation& m) -> Result<kernel::Done> {
            return m.id == 5 ? done() : fail(Errc::not_found, "no such reservation");
        },
        [&](const session::SetAvailability& m) -> Result<session::SetAvailability::Change> {
            if (m.evse.number > 1) return fail(Errc::not_found, "no such EVSE");
            return session::SetAvailability::Change{!m.operative};
        },
        [&](const session::SetOnline&) { return done(); },
        [&](const session::Snapshot&) -> Result<session::Snapshot::View> { return session::Snapshot::View{}; },
        [&](const session::StopByUser&) { return done(); }, [&](const session::Present&) { return done(); },
        [&](const session::AcknowledgeTrips&) { return done(); });
    return self.run();
}

int serve_audit(int control, Script& script) {
    auto self = kernel::Service::start(control);
    self.serve<audit::Interface>(
        [&](const audit::Append& m) -> Result<audit::Append::Appended> {
            const std::string_view text = m.payload.view();
            script.given_up +=
                text.contains("event_given_up") && text.contains("transaction-1") && text.contains("\"attempts\":3");
            return audit::Append::Appended{};
        },
        [&](const audit::AppendLater&) -> Result<kernel::Done> { return kernel::Done{}; },
        [&](const audit::Read&) -> Result<audit::Read::Entries> { return audit::Read::Entries{}; },
        [&](const audit::GetHead&) -> Result<audit::GetHead::Head> { return audit::GetHead::Head{}; },
        [&](const audit::GetSeals&) -> Result<audit::GetSeals::Seals> { return audit::GetSeals::Seals{}; });
    return self.run();
}

class OcppStation : public ::testing::Test {
protected:
    OcppStation()
        : script(*new(::mmap(nullptr, sizeof(Script), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Script) {
        left.accepted = true;
        left.heartbeat_s = 300;
        std::filesystem::create_directories(folder);
    }
    ~OcppStation() override {
        ::close(wire.station);
        ::close(wire.csms);
        ::munmap(&script, sizeof(Script));
        std::filesystem::remove_all(folder);
    }

    void start() {
        Script& s = script;
        const int end = wire.station;
        const Checkpoint c = left;
        const auto link = station.add("link@csms", [&s, end, c](int control) { return serve_link(control, s, end, c); });
        const auto session = station.add("session", [&s](int control) { return serve_session(control, s); });
        const auto audit = station.add("audit", [&s](int control) { return serve_audit(control, s); });
        const auto ocpp = station.add("ocpp", [config = config, path = folder, is_full = is_disk_full](int control) mutable {
            auto self = kernel::Service::start(control);
            config.model = "test";
            config.vendor = "test";
            const Station it(self, config, MUST(Files::open(path)));
            const rlimit nothing{};
            if (is_full) CHECK(::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::setrlimit(RLIMIT_FSIZE, &nothing) == 0);
            return self.run();
        });
        station.conduit<link::Interface, link::Pulse>(ocpp, link, everything, 1000);
        constexpr auto bit = []<class M>(std::type_identity<M>) { return 1u << session::Interface::number_of<M>; };
        const std::uint32_t requests =
            bit(std::type_identity<session::TakeEvents>()) | bit(std::type_identity<session::RemoteStart>()) |
            bit(std::type_identity<session::Reserve>()) | bit(std::type_identity<session::CancelReservation>()) |
            bit(std::type_identity<session::SetAvailability>()) | bit(std::type_identity<session::RemoteStop>()) |
            bit(std::type_identity<session::Deauthorize>());
        station.conduit<session::Interface, session::Pulse>(ocpp, session, everything, 5000, requests);
        station.conduit<audit::Interface, audit::Pulse>(ocpp, audit, everything, 1000, everything);
        station.start();
    }

    /// What the station says next; empty: nothing in that time.
    std::string take(int patience_ms = 5000) {
        pollfd ready{wire.csms, POLLIN, 0};
        if (::poll(&ready, 1, patience_ms) != 1) return {};
        static std::array<char, 65'536> buffer;
        const ssize_t n = ::recv(wire.csms, buffer.data(), buffer.size(), 0);
        return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
    }
    void give(const std::string& text) {
        ASSERT_EQ(::send(wire.csms, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    }
    void answer(const std::string& call, const std::string& payload) {
        give("[3,\"" + call.substr(4, 32) + "\"," + payload + "]");
    }
    void accept(const std::string& call) { give("[3,\"" + call.substr(4, 32) + R"(",{"idTokenInfo":{"status":"Accepted"}}])"); }
    /// Asks the station, as the CSMS; its answer.
    std::string ask(const std::string& action, const std::string& payload) {
        const std::string id = "r" + std::to_string(++asked);
        give("[2,\"" + id + "\",\"" + action + "\"," + payload + "]");
        return take();
    }
    static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
    bool comes_true(auto&& test) {
        for (const Instant deadline = now() + 5s; now() < deadline; ::poll(nullptr, 0, 5))
            if (test()) return true;
        return false;
    }

    static constexpr const char* list_with_card =
        R"({"versionNumber":5,"updateType":"Full","localAuthorizationList":[{"idToken":{"idToken":"CARD-1","type":"ISO14443"},"idTokenInfo":{"status":"Accepted"}}]})";

    Script& script;
    Wire wire;
    Checkpoint left;
    Config config;
    int asked = 0;
    bool is_disk_full = false;
    std::string folder = ::testing::TempDir() + "ocpp-station-" + std::to_string(::getpid()), settings = folder + "/settings";
    kernel::testing::TestStation station;
};

}  // namespace

TEST_F(OcppStation, an_answer_that_session_did_not_take_is_asked_for_again) {
    script.event_count = 1;
    script.refusals = 1;
    start();
    const std::string first = take();
    ASSERT_TRUE(has(first, "\"Authorize\"")) << first;
    accept(first);
    const std::string second = take();
    ASSERT_TRUE(has(second, "\"Authorize\"")) << "the car would wait for ever: " << second;
    EXPECT_EQ(script.results, 0);
    accept(second);
    EXPECT_TRUE(comes_true([&] { return script.results == 1 && script.acknowledged == 1; }));
    EXPECT_EQ(script.repeats, 0) << "a frame is taken once";
}

TEST_F(OcppStation, a_checkpoint_that_acknowledges_what_never_was_loses_no_event) {
    script.event_count = 1;
    left.acknowledged = INT64_MAX;
    left.event_in_flight = UINT64_MAX;
    start();
    const std::string call = take();
    ASSERT_TRUE(has(call, "\"Authorize\"")) << call;
    accept(call);
    EXPECT_TRUE(comes_true([&] { return script.acknowledged == 1; }));
}

TEST_F(OcppStation, what_the_checkpoint_has_acknowledged_is_not_sent_again) {
    script.event_count = 3;
    script.is_open = false;
    left.acknowledged = 2;
    start();
    ASSERT_TRUE(comes_true([&] { return script.given == 3; }))
        << "meanwhile it fetches the events, of which it does not know better";
    script.is_open = true;
    const std::string call = take();
    EXPECT_TRUE(has(call, "\"Authorize\"")) << call;
}

//= OCPP 2.1 E13.FR.02, E13.FR.03, E13.FR.04
TEST_F(OcppStation, a_transaction_event_that_is_never_answered_is_given_up_after_its_attempts_and_the_next_goes) {
    script.event_count = 2;
    script.has_transactions = true;
    config.message_timeout_ms = 100;
    config.attempt_interval_ms = 100;
    start();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(has(take(), "\"TransactionEvent\""));
    const std::string next = take();
    ASSERT_TRUE(has(next, "\"Authorize\"")) << "it stands before everything for ever: " << next;
    EXPECT_EQ(script.closings, 3) << "each time on a new connection";
    accept(next);
    EXPECT_TRUE(comes_true([&] { return script.acknowledged == 2 && script.given_up == 1; })) << script.given_up;
}

TEST_F(OcppStation, the_attempts_of_a_predecessor_count) {
    script.event_count = 2;
    script.has_transactions = true;
    config.message_timeout_ms = 100;
    left.attempted = 1;
    left.attempts = 2;
    start();
    EXPECT_TRUE(has(take(), "\"TransactionEvent\""));
    EXPECT_TRUE(has(take(), "\"Authorize\""));
    EXPECT_TRUE(comes_true([&] { return script.given_up == 1; }));
}

TEST_F(OcppStation, a_request_that_a_predecessor_left_open_is_answered_when_its_frame_is_offered_again) {
    script.is_repeated = true;
    left.theirs = OpenCall{"r1", static_cast<std::uint8_t>(Action::CancelReservation), now().ns};
    start();
    EXPECT_TRUE(has(ask("CancelReservation", R"({"reservationId":5})"), "Accepted"));
    EXPECT_TRUE(has(ask("CancelReservation", R"({"reservationId":5})"), "Accepted")) << "and nothing is refused for it";
}

//= OCPP 2.1 F02, F03.FR.07, F03.FR.08
TEST_F(OcppStation, a_remote_start_is_answered_when_session_has_it_and_nothing_is_taken_meanwhile) {
    start();
    give(R"([2,"r1","RequestStartTransaction",{"idToken":{"idToken":"CARD-1","type":"ISO14443"},"remoteStartId":-1}])");
    give(R"([2,"r2","RequestStopTransaction",{"transactionId":"none"}])");
    EXPECT_EQ(take(150), "") << "it is not stored yet";
    const std::string answer = take();
    EXPECT_TRUE(has(answer, "\"r1\"") && has(answer, "Accepted")) << answer;
    const std::string second = take();
    EXPECT_TRUE(has(second, "\"r2\"") && has(second, "Rejected")) << "in order: " << second;
    EXPECT_TRUE(has(ask("RequestStopTransaction", R"({"transactionId":"transaction-1"})"), "Accepted"));
    EXPECT_EQ(script.starts, 1);
    script.is_refusing = true;
    EXPECT_TRUE(has(ask("RequestStartTransaction", R"({"idToken":{"idToken":"CARD-1","type":"ISO14443"},"remoteStartId":-1})"),
                    "Rejected"));
    EXPECT_EQ(script.repeats, 0) << "a frame is taken once";
}

//= OCPP 2.1 G03.FR.01, G03.FR.02, G03.FR.05, G04.FR.01, G04.FR.02, G04.FR.03, G04.FR.06, H01, H02.FR.01, H02.FR.02
TEST_F(OcppStation, reserves_cancels_and_changes_the_availability) {
    start();
    const std::string rest = R"(,"expiryDateTime":"2030-01-01T00:00:00Z","idToken":{"idToken":"CARD-1","type":"ISO14443"}})";
    EXPECT_TRUE(has(ask("ReserveNow", R"({"id":5,"evseId":1)" + rest), "Accepted"));
    EXPECT_TRUE(has(ask("ReserveNow", R"({"id":6,"evseId":1)" + rest), "Occupied"));
    EXPECT_TRUE(has(ask("CancelReservation", R"({"reservationId":5})"), "Accepted"));
    EXPECT_TRUE(has(ask("CancelReservation", R"({"reservationId":6})"), "Rejected"));
    EXPECT_TRUE(has(ask("ChangeAvailability", R"({"operationalStatus":"Inoperative"})"), "Scheduled"));
    EXPECT_TRUE(has(ask("ChangeAvailability", R"({"operationalStatus":"Operative","evse":{"id":1}})"), "Accepted"));
    EXPECT_TRUE(has(ask("ChangeAvailability", R"({"operationalStatus":"Operative","evse":{"id":300}})"), "Rejected"));
}

//= OCPP 2.1 B05.FR.01, B06.FR.01
TEST_F(OcppStation, sets_and_reads_variables_and_what_it_has_accepted_is_on_the_disk) {
    start();
    const std::string attempts =
        R"("component":{"name":"OCPPCommCtrlr"},"variable":{"name":"MessageAttempts","instance":"TransactionEvent"})";
    const std::string answer =
        ask("SetVariables",
            R"({"setVariableData":[{"attributeValue":"5",)" + attempts + R"(},{"attributeValue":"x",)" + attempts +
                R"(},{"attributeValue":"77","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]})");
    const auto kept = MUST(SettingsFile::open(settings)).read();
    EXPECT_EQ(kept->find(message_attempts), "5") << "before it was said";
    const std::size_t first = answer.find("Accepted"), second = answer.find("Rejected"), third = answer.rfind("Accepted");
    EXPECT_TRUE(first < second && second < third && third != std::string::npos) << answer;
    const std::string read =
        ask("GetVariables", R"({"getVariableData":[{)" + attempts +
                                R"(},{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}},)"
                                R"({"component":{"name":"nothing"},"variable":{"name":"x"}}]})");
    EXPECT_TRUE(has(read, R"("attributeValue":"5")") && has(read, R"("attributeValue":"77")") && has(read, "UnknownComponent"))
        << read;
}

TEST_F(OcppStation, goes_on_with_what_was_set_in_an_earlier_life) {
    Settings earlier;
    ASSERT_TRUE(earlier.set(message_attempts, "2"));
    ASSERT_TRUE(MUST(SettingsFile::open(settings)).write(earlier));
    script.event_count = 2;
    script.has_transactions = true;
    config.message_timeout_ms = config.attempt_interval_ms = 100;
    start();
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(has(take(), "\"TransactionEvent\""));
    EXPECT_TRUE(has(take(), "\"Authorize\"")) << "two attempts, not the station's three";
}

//= OCPP 2.1 B05.FR.09
TEST_F(OcppStation, nothing_is_set_that_cannot_be_kept) {
    is_disk_full = true;
    start();
    EXPECT_TRUE(has(
        ask("SetVariables",
            R"({"setVariableData":[{"attributeValue":"5","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"MessageAttempts","instance":"TransactionEvent"}}]})"),
        "Rejected"));
    EXPECT_TRUE(has(
        ask("GetVariables",
            R"({"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"MessageAttempts","instance":"TransactionEvent"}}]})"),
        R"("attributeValue":"3")"));
}

//= OCPP 2.1 B06.FR.16, B06.FR.17, B08.FR.18
TEST_F(OcppStation, refuses_more_items_and_more_bytes_than_it_says) {
    start();
    const auto items = [](int count, std::size_t padding) {
        std::string list;
        for (int i = 0; i < count; ++i)
            list +=
                R"({"component":{"name":"c"},"variable":{"name":"v"},"attributeValue":")" + std::string(padding, 'x') + "\"},";
        list.pop_back();
        return "{\"setVariableData\":[" + list + "]}";
    };
    EXPECT_TRUE(has(ask("SetVariables", items(64, 1)), "UnknownComponent"));
    EXPECT_TRUE(has(ask("SetVariables", items(65, 1)), "OccurrenceConstraintViolation"));
    EXPECT_TRUE(has(ask("SetVariables", items(40, 2000)), "FormatViolation"));
    std::string blanks = R"({"requestId":1,)" + std::string(bytes_per_message, ' ') + R"("componentCriteria":["Problem"]})";
    EXPECT_TRUE(has(ask("GetReport", blanks), "FormatViolation"));
}

//= OCPP 2.1 B07.FR.01, B07.FR.03, B07.FR.12, B08.FR.01
TEST_F(OcppStation, reports_part_by_part_behind_the_answer_and_one_at_a_time) {
    start();
    EXPECT_TRUE(has(ask("GetBaseReport", R"({"requestId":7,"reportBase":"FullInventory"})"), "Accepted")) << "first";
    const std::string first = take();
    EXPECT_TRUE(has(first, R"("NotifyReport",{"requestId":7)") && has(first, R"("seqNo":0)") && has(first, R"("tbc":true)"))
        << first;
    EXPECT_TRUE(has(ask("GetReport", R"({"requestId":8})"), "Rejected")) << "one runs";
    answer(first, "{}");
    for (int sequence = 1; sequence < 100; ++sequence) {
        const std::string next = take();
        ASSERT_TRUE(has(next, "\"seqNo\":" + std::to_string(sequence) + ",")) << next;
        answer(next, "{}");
        if (!has(next, R"("tbc":true)")) break;
    }
    EXPECT_TRUE(
        has(ask("GetReport",
                R"({"requestId":8,"componentVariable":[{"component":{"name":"ClockCtrlr"},"variable":{"name":"TimeSource"}}]})"),
            "Accepted"));
    EXPECT_TRUE(has(take(), R"("requestId":8)"));
}

//= OCPP 2.1 B07.FR.13, B08.FR.15, B08.FR.16, B08.FR.17
TEST_F(OcppStation, a_report_that_cannot_be_says_why) {
    left.report.emplace().rows[0] = 1;
    start();
    EXPECT_TRUE(has(take(), R"("NotifyReport")")) << "the predecessor's goes on";
    EXPECT_TRUE(has(ask("GetBaseReport", R"({"requestId":1,"reportBase":"SummaryInventory"})"), "Rejected"));
    EXPECT_TRUE(has(ask("GetReport", R"({"requestId":1,"componentCriteria":["Problem"]})"), "Rejected"));
    std::string many = R"({"component":{"name":"c"}})";
    for (int i = 0; i < items_per_message; ++i) many += R"(,{"component":{"name":"c"}})";
    EXPECT_TRUE(has(ask("GetReport", R"({"requestId":1,"componentVariable":[)" + many + "]}"), "OccurrenceConstraintViolation"));
}

TEST_F(OcppStation, a_report_that_the_csms_cannot_take_ends) {
    config.message_timeout_ms = 300;
    start();
    EXPECT_TRUE(has(ask("GetReport", R"({"requestId":1,"componentCriteria":["Problem"]})"), "EmptyResultSet"));
    EXPECT_TRUE(has(ask("GetBaseReport", R"({"requestId":1,"reportBase":"SummaryInventory"})"), "Accepted"));
    give("[4,\"" + take().substr(4, 32) + R"(","InternalError","",{}])");
    EXPECT_TRUE(has(ask("GetBaseReport", R"({"requestId":2,"reportBase":"SummaryInventory"})"), "Accepted"))
        << "there is no other";
    EXPECT_TRUE(has(take(), R"("requestId":2)"));   // and is never answered
    EXPECT_TRUE(comes_true([&] { return script.closings == 1; }));
    EXPECT_EQ(take(600), "") << "on the new connection it does not begin again";
}

//= OCPP 2.1 F06.FR.03, F06.FR.04, F06.FR.05, F06.FR.08, F06.FR.09, F06.FR.10, F06.FR.12, F06.FR.15, F06.FR.16, F06.FR.17
TEST_F(OcppStation, sends_what_is_triggered_behind_the_answer) {
    config.evse_count = 2;
    left.availability[1] = session::Availability::occupied;
    start();
    for (const auto& [trigger, sent] :
         {std::pair<std::string, std::string>{R"("Heartbeat")", R"("Heartbeat",{})"},
          {R"("LogStatusNotification")", R"("status":"Idle")"},
          {R"("FirmwareStatusNotification","evse":{"id":9})", R"("status":"Idle")"},
          {R"("StatusNotification","evse":{"id":2,"connectorId":1})", R"("connectorStatus":"Occupied","evseId":2)"}}) {
        EXPECT_TRUE(has(ask("TriggerMessage", "{\"requestedMessage\":" + trigger + "}"), "Accepted")) << trigger;
        const std::string call = take();
        EXPECT_TRUE(has(call, sent)) << call;
        answer(call, has(call, "\"Heartbeat\"") ? R"({"currentTime":"2030-01-01T00:00:00Z"})" : "{}");
    }
    for (const char* refused :
         {R"("BootNotification")", R"("StatusNotification")", R"("StatusNotification","evse":{"id":1})",
          R"("StatusNotification","evse":{"id":3,"connectorId":1})", R"("StatusNotification","evse":{"id":1,"connectorId":2})"})
        EXPECT_TRUE(has(ask("TriggerMessage", std::string("{\"requestedMessage\":") + refused + "}"), "Rejected")) << refused;
    for (const char* unknown : {"MeterValues", "TransactionEvent", "SignChargingStationCertificate", "CustomTrigger"})
        EXPECT_TRUE(has(ask("TriggerMessage", std::string("{\"requestedMessage\":\"") + unknown + "\"}"), "NotImplemented"))
            << unknown;
}

TEST_F(OcppStation, the_answer_to_a_triggered_status_acknowledges_no_event) {
    script.event_count = 2;
    script.has_transactions = true;
    config.attempt_interval_ms = 300;
    start();
    const std::string event = take();
    ASSERT_TRUE(has(event, "\"TransactionEvent\"")) << event;
    give("[4,\"" + event.substr(4, 32) + R"(","InternalError","",{}])");   // it waits to be sent again
    EXPECT_TRUE(
        has(ask("TriggerMessage", R"({"requestedMessage":"StatusNotification","evse":{"id":1,"connectorId":1}})"), "Accepted"));
    answer(take(), "{}");
    EXPECT_TRUE(has(take(), "\"TransactionEvent\"")) << "it is not with the CSMS";
    EXPECT_EQ(script.acknowledged, 0u);
}

//= OCPP 2.1 B01.FR.01, B01.FR.03, B01.FR.04, B01.FR.08, B01.FR.09, B02.FR.01, B02.FR.02, B02.FR.05, B02.FR.06, B03.FR.08
//= OCPP 2.1 G02.FR.01
TEST_F(OcppStation, one_that_is_not_accepted_yet_says_what_it_is_and_does_nothing) {
    left.accepted = false;
    script.event_count = 1;
    start();
    const std::string boot = take();
    ASSERT_TRUE(has(boot, "\"BootNotification\"") && has(boot, R"("model":"test","vendorName":"test")") &&
                has(boot, R"("reason":"PowerUp")"))
        << boot;
    const std::string report = R"({"requestId":7,"reportBase":"SummaryInventory"})",
                      rest = R"("idToken":{"idToken":"CARD-1","type":"ISO14443"},"remoteStartId":-1)";
    EXPECT_TRUE(has(ask("GetBaseReport", report), "SecurityError")) << "it was not told to wait";
    answer(boot, R"({"currentTime":"2030-01-01T00:00:00Z","interval":3600,"status":"Pending"})");
    EXPECT_TRUE(has(ask("GetBaseReport", report), "Accepted"));
    answer(take(), "{}");
    EXPECT_TRUE(
        has(ask("GetVariables", R"({"getVariableData":[{"component":{"name":"ClockCtrlr"},"variable":{"name":"TimeSource"}}]})"),
            "RealTimeClock"));
    EXPECT_TRUE(has(ask("RequestStartTransaction", "{" + rest + "}"), R"("status":"Rejected")"));
    EXPECT_TRUE(has(ask("RequestStopTransaction", R"({"transactionId":"none"})"), R"("status":"Rejected")"));
    EXPECT_TRUE(has(ask("ChangeAvailability", R"({"operationalStatus":"Operative"})"), "SecurityError"));
    EXPECT_EQ(take(300), "") << "and sends nothing by itself";
    EXPECT_EQ(script.closings, 0);
    //= OCPP 2.1 B02.FR.04
    EXPECT_TRUE(has(ask("TriggerMessage", R"({"requestedMessage":"BootNotification"})"), "Accepted"));
    const std::string again = take();
    ASSERT_TRUE(has(again, "\"BootNotification\"") && has(again, "\"Triggered\"")) << again;
    answer(again, R"({"currentTime":"2030-01-01T00:00:00Z","interval":3600,"status":"Accepted"})");
    EXPECT_TRUE(has(take(), "\"Authorize\"")) << "what waited goes now";
    EXPECT_TRUE(
        has(ask("GetVariables",
                R"({"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]})"),
            "3600"));
}

//= OCPP 2.1 B09.FR.04, B09.FR.05, B11.FR.06, B11.FR.09, P02.FR.06
TEST_F(OcppStation, refuses_what_it_cannot_do_as_the_standard_says_it) {
    start();
    for (const char* reset : {R"({"type":"Immediate"})", R"({"type":"OnIdle"})", R"({"type":"ImmediateAndResume","evseId":1})"})
        EXPECT_TRUE(has(ask("Reset", reset), R"("status":"Rejected")")) << reset;
    const auto profile = [](int slot, int security) {
        return R"({"configurationSlot":)" + std::to_string(slot) +
               R"(,"connectionData":{"ocppInterface":"Wired0","ocppTransport":"JSON","messageTimeout":30,)"
               R"("ocppCsmsUrl":"wss://csms.example","securityProfile":)" +
               std::to_string(security) + "}}";
    };
    EXPECT_TRUE(has(ask("SetNetworkProfile", profile(2, 3)), "InvalidConfSlot"));
    EXPECT_TRUE(has(ask("SetNetworkProfile", profile(1, 2)), "NoSecurityDowngrade"));
    EXPECT_TRUE(has(ask("SetNetworkProfile", profile(1, 3)), "PriorityNetworkConf"));
    EXPECT_TRUE(has(ask("DataTransfer", R"({"vendorId":"com.example","messageId":"x","data":{"a":[1]}})"), "UnknownVendorId"));
}

//= OCPP 2.1 D01.FR.02, D01.FR.10, D02.FR.01, D02.FR.02, D02.FR.03
TEST_F(OcppStation, keeps_the_local_list_before_it_says_so) {
    start();
    EXPECT_TRUE(has(ask("GetLocalListVersion", "{}"), R"("versionNumber":0)"));
    EXPECT_TRUE(has(ask("SendLocalList", list_with_card), "Accepted"));
    EXPECT_EQ(MUST(KeptFile<LocalList>::open(folder + "/local-list")).read()->version, 5);
    EXPECT_TRUE(has(ask("GetLocalListVersion", "{}"), R"("versionNumber":5)"));
    EXPECT_TRUE(has(ask("SendLocalList", R"({"versionNumber":5,"updateType":"Differential"})"), "VersionMismatch"));
    EXPECT_TRUE(has(
        ask("GetVariables", R"({"getVariableData":[{"component":{"name":"LocalAuthListCtrlr"},"variable":{"name":"Entries"}}]})"),
        R"("attributeValue":"1")"));
    //= OCPP 2.1 D01.FR.11
    std::string many = R"({"idToken":{"idToken":"a","type":"Local"}})";
    for (int i = 0; i < list_items_per_message; ++i) many += R"(,{"idToken":{"idToken":"a","type":"Local"}})";
    EXPECT_TRUE(
        has(ask("SendLocalList", R"({"versionNumber":6,"updateType":"Differential","localAuthorizationList":[)" + many + "]}"),
            "OccurrenceConstraintViolation"));
    EXPECT_TRUE(has(
        ask("SetVariables",
            R"({"setVariableData":[{"attributeValue":"false","component":{"name":"LocalAuthListCtrlr"},"variable":{"name":"Enabled"}}]})"),
        "Accepted"));
    EXPECT_TRUE(has(ask("GetLocalListVersion", "{}"), R"("versionNumber":0)"));
    EXPECT_TRUE(has(ask("SendLocalList", list_with_card), "NotEnabled"));
}

TEST_F(OcppStation, a_local_list_that_cannot_be_kept_has_failed) {
    is_disk_full = true;
    start();
    EXPECT_TRUE(has(ask("SendLocalList", list_with_card), "Failed"));
    EXPECT_TRUE(has(ask("GetLocalListVersion", "{}"), R"("versionNumber":0)"));
    //= OCPP 2.1 C11.FR.05
    EXPECT_TRUE(has(ask("ClearCache", "{}"), "Rejected"));
}

//= OCPP 2.1 C14.FR.02
TEST_F(OcppStation, does_not_ask_about_whom_it_may_let_charge_before) {
    start();
    ASSERT_TRUE(has(ask("SendLocalList", list_with_card), "Accepted"));
    ASSERT_TRUE(has(
        ask("SetVariables",
            R"({"setVariableData":[{"attributeValue":"true","component":{"name":"AuthCtrlr"},"variable":{"name":"LocalPreAuthorize"}}]})"),
        "Accepted"));
    script.event_count = 1;
    EXPECT_TRUE(comes_true([&] { return script.results == 1 && script.acknowledged == 1; }));
    EXPECT_EQ(take(100), "");
}

//= OCPP 2.1 C13.FR.05, E04.FR.02, E08.FR.06
TEST_F(OcppStation, lets_charge_whom_it_knows_while_the_csms_is_away_whatever_waits_before) {
    LocalList list;
    list.version = 1;
    ASSERT_TRUE(list.entries.push({"CARD-1", "ISO14443", true}));
    ASSERT_TRUE(MUST(KeptFile<LocalList>::open(folder + "/local-list")).write(list));
    script.is_open = false;
    script.event_count = 10;   // the last is an authorization
    script.has_transactions = true;
    start();
    EXPECT_TRUE(comes_true([&] { return script.results == 1; }));
    EXPECT_EQ(script.acknowledged, 0u) << "and nothing is lost";
    script.is_open = true;
    EXPECT_TRUE(has(take(), "\"TransactionEvent\"")) << "in order";
}

TEST_F(OcppStation, lets_nobody_charge_whom_it_does_not_know_while_the_csms_is_away) {
    script.is_open = false;
    script.event_count = 1;
    start();
    ::poll(nullptr, 0, 300);
    EXPECT_EQ(script.results, 0);
}

//= OCPP 2.1 C10.FR.02, C11.FR.01, C11.FR.02, C11.FR.03, C11.FR.04
TEST_F(OcppStation, remembers_what_the_csms_has_said_until_it_is_cleared) {
    script.event_count = 1;
    start();
    accept(take());
    EXPECT_TRUE(comes_true([&] { return script.acknowledged == 1; }));
    const auto cached = [this] { return MUST(KeptFile<Cache>::open(folder + "/cache")).read()->entries; };
    ASSERT_EQ(cached().size(), 1u);
    EXPECT_TRUE(cached()[0].token.view() == "CARD-1" && cached()[0].accepted);
    EXPECT_TRUE(has(ask("ClearCache", "{}"), "Accepted"));
    EXPECT_TRUE(cached().empty());
    ASSERT_TRUE(has(
        ask("SetVariables",
            R"({"setVariableData":[{"attributeValue":"false","component":{"name":"AuthCacheCtrlr"},"variable":{"name":"Enabled"}}]})"),
        "Accepted"));
    EXPECT_TRUE(has(ask("ClearCache", "{}"), "Rejected"));
}

//= OCPP 2.1 C01.FR.21
TEST_F(OcppStation, an_identity_for_other_evses_does_not_charge_here) {
    script.event_count = 1;
    start();
    const std::string call = take();
    ASSERT_TRUE(has(call, "\"Authorize\"")) << call;
    answer(call, R"({"idTokenInfo":{"status":"Accepted","evseId":[2]}})");
    EXPECT_TRUE(comes_true([&] { return script.acknowledged == 1; }));
    EXPECT_EQ(script.results, 0);
}

//= OCPP 2.1 E14.FR.01, E14.FR.02, E14.FR.03, E14.FR.04, E14.FR.05, E14.FR.06, E14.FR.07, E14.FR.08
TEST_F(OcppStation, says_of_a_transaction_whether_it_goes_on_and_whether_all_of_it_was_told) {
    start();
    const std::string one = R"({"transactionId":"transaction-1"})", nothing = R"({"messagesInQueue":false})";
    EXPECT_TRUE(has(ask("GetTransactionStatus", "{}"), nothing));
    EXPECT_TRUE(has(ask("GetTransactionStatus", one), R"({"messagesInQueue":false,"ongoingIndicator":false})")) << "it never was";
    script.has_transactions = true;
    script.event_count = 2;   // it has started, and somebody else is asked about
    std::string started = take();
    ASSERT_TRUE(has(started, "\"TransactionEvent\"")) << started;
    EXPECT_TRUE(has(ask("GetTransactionStatus", one), R"({"messagesInQueue":true,"ongoingIndicator":true})"));
    EXPECT_TRUE(has(ask("GetTransactionStatus", "{}"), R"({"messagesInQueue":true})"));
    EXPECT_TRUE(has(ask("GetTransactionStatus", R"({"transactionId":"transaction-2"})"),
                    R"({"messagesInQueue":false,"ongoingIndicator":false})"));
    EXPECT_TRUE(has(ask("UnlockConnector", R"({"evseId":1,"connectorId":1})"), "OngoingAuthorizedTransaction"));
    accept(started);
    accept(take());
    EXPECT_TRUE(comes_true([&] { return script.acknowledged == 2; }));
    EXPECT_TRUE(has(ask("GetTransactionStatus", one), R"({"messagesInQueue":false,"ongoingIndicator":true})"))
        << "it is told, and goes on";
    script.is_ended = true;
    script.event_count = 4;
    const std::string ended = take();
    EXPECT_TRUE(has(ask("GetTransactionStatus", one), R"({"messagesInQueue":true,"ongoingIndicator":false})"));
    accept(ended);
    accept(take());
    EXPECT_TRUE(comes_true([&] { return script.acknowledged == 4; }));
    EXPECT_TRUE(has(ask("GetTransactionStatus", one), R"({"messagesInQueue":false,"ongoingIndicator":false})"));
}

//= OCPP 2.1 F05.FR.01, F05.FR.02, F05.FR.03, F05.FR.05
TEST_F(OcppStation, unlocks_nothing_and_says_why) {
    config.evse_count = 2;
    config.evses[1].connector_type = "sType2";
    left.transactions[0] = "transaction-1";
    start();
    EXPECT_TRUE(has(ask("UnlockConnector", R"({"evseId":1,"connectorId":1})"), "OngoingAuthorizedTransaction"));
    EXPECT_TRUE(has(ask("UnlockConnector", R"({"evseId":2,"connectorId":1})"),
                    R"("UnlockFailed","statusInfo":{"reasonCode":"UnsupportedRequest")"));
    for (const char* unknown :
         {R"({"evseId":0,"connectorId":1})", R"({"evseId":3,"connectorId":1})", R"({"evseId":1,"connectorId":2})"})
        EXPECT_TRUE(has(ask("UnlockConnector", unknown), "UnknownConnector")) << unknown;
}

//= OCPP 2.1 B02.FR.04, B02.FR.07, B02.FR.08, B03.FR.02, B03.FR.05, B03.FR.06, G02.FR.02
TEST_F(OcppStation, waits_as_long_as_it_is_told_and_a_while_if_it_is_told_none) {
    left.accepted = false;
    start();
    std::string call = take();
    for (const char* told :
         {R"("interval":1,"status":"Rejected")", R"("interval":0,"status":"Pending")", R"("interval":1,"status":"Accepted")"}) {
        ASSERT_TRUE(has(call, "\"BootNotification\"")) << call;
        const Instant before = now();
        answer(call, std::string(R"({"currentTime":"2030-01-01T00:00:00Z",)") + told + "}");
        call = take();
        EXPECT_GE(now() - before, 900ms) << told << ", and then " << call;
    }
    EXPECT_TRUE(has(call, "\"Heartbeat\"")) << call;
}

//= OCPP 2.1 B04.FR.01
TEST_F(OcppStation, says_what_each_connector_is_when_the_csms_was_away_for_long) {
    Settings earlier;
    ASSERT_TRUE(earlier.set(offline_threshold, "0"));
    ASSERT_TRUE(MUST(SettingsFile::open(settings)).write(earlier));
    config.evse_count = 2;
    config.message_timeout_ms = 100;
    left.availability[1] = session::Availability::occupied;
    start();
    EXPECT_TRUE(has(ask("TriggerMessage", R"({"requestedMessage":"Heartbeat"})"), "Accepted"));
    EXPECT_TRUE(has(take(), "\"Heartbeat\""));   // and is never answered: the connection ends
    const std::string event = take();
    EXPECT_TRUE(has(event, "\"NotifyEvent\"") && has(event, R"("actualValue":"Available")") &&
                has(event, R"("actualValue":"Occupied")"))
        << event;
}

TEST_F(OcppStation, says_nothing_twice_when_the_csms_was_away_for_a_moment) {
    config.message_timeout_ms = 100;
    start();
    EXPECT_TRUE(has(ask("TriggerMessage", R"({"requestedMessage":"Heartbeat"})"), "Accepted"));
    EXPECT_TRUE(has(take(), "\"Heartbeat\""));
    EXPECT_TRUE(comes_true([&] { return script.closings == 1; }));
    EXPECT_EQ(take(300), "");
}

}  // namespace voltkeep::ocpp
