// SPDX-License-Identifier: Apache-2.0
#include "csms.hpp"

#include <sys/random.h>

#include <algorithm>

#include "describe.hpp"

namespace voltkeep::csms {

using namespace ocpp;

namespace {

/// Part 4, 3.1: 48 characters of identifierString, without the colon.
bool is_identity(std::string_view text) {
    return !text.empty() && text.size() <= 48 && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view("*-_=+|@.").contains(c);
    });
}

std::string_view reason_of(rpc::CallFailed::Reason reason) {
    using enum rpc::CallFailed::Reason;
    switch (reason) {
        case timeout: return "the station did not answer in time";
        case refused: return "the station refused";
        case invalid_result: return "the station's answer breaks the schema";
        case lost: return "the connection ended";
    }
    return "";
}

std::string failed(const rpc::CallFailed& f) {
    return std::string(JsonObject<8192>().put("ok", false).put("error", reason_of(f.reason)).put("code", beginning(f.code))
                           .put("description", beginning(f.description)).text().view());
}

}  // namespace

Result<> Csms::admit(const std::string& station, const std::string& common_name, Outlet& outlet) {
    if (!is_identity(station)) return fail(Errc::bad_argument, "the path names no identity of a station");
    const auto provisioned = common_names_.find(station);
    const std::string& expected = provisioned == common_names_.end() ? station : provisioned->second;
    if (common_name != expected)
        return fail(Errc::refused, "the certificate is that of " + common_name + ", not of this station");
    if (connections_.contains(station)) return fail(Errc::busy, "this station is connected already");
    connections_[station] = {{station, common_name}, &outlet, false, {}, {}};
    return {};
}

void Csms::opened(const Arrival& arrival) {
    connections_.at(arrival.station).is_open = true;
    say_(Line()
             .put("event", "connected")
             .put("station", arrival.station)
             .put("group", arrival.group)
             .put("cipher", arrival.cipher)
             .put("peer", arrival.subject)
             .text()
             .view());
}

void Csms::received(const std::string& station, std::string_view text, Instant now, WallTime wall) {
    const auto connection = connections_.find(station);
    if (connection == connections_.end()) return;
    run(connection->second, rpc::Received{text}, now, wall);
    call_next(connection->second, now);
}

void Csms::closed(const std::string& station, std::string_view why, Instant now) {
    const auto found = connections_.find(station);
    if (found == connections_.end()) return;
    Connection ended = std::move(found->second);
    connections_.erase(found);
    if (!ended.is_open) return reject(station, why);
    run(ended, rpc::Lost{}, now, {});
    for (const Call& waiting : ended.calls) waiting.reply(describe(Error(Errc::closed, "the connection ended")));
    say_(Line().put("event", "disconnected").put("station", station).put("why", why).text().view());
}

void Csms::tick(Instant now) {
    for (auto& [station, connection] : connections_)
        if (connection.is_open) {
            run(connection, rpc::Tick{}, now, {});
            call_next(connection, now);
        }
}

void Csms::reject(std::string_view station, std::string_view why) { say_(rejected(station, why)); }

void Csms::run(Connection& connection, rpc::Input input, Instant now, WallTime wall) {
    auto [state, outputs] = rpc::step(side_, connection.rpc, std::move(input), now);
    connection.rpc = state;
    const std::string& station = connection.peer.station;
    auto mistake = [&](const OcppError& why) {
        say_(rejected(station, std::string(name(why.code)) + " " + why.where + (why.where.empty() ? "" : ": ") + why.what));
    };
    for (const rpc::Output& output : outputs)
        std::visit(
            [&]<class O>(const O& o) {
                if constexpr (std::same_as<O, rpc::Transmit>) connection.outlet->send(o.text);
                else if constexpr (std::same_as<O, rpc::Request>) on_request(connection, o, now, wall);
                else if constexpr (std::same_as<O, rpc::Notification>)
                    for (const std::string& line : handle_unconfirmed(store_, station, o.request, wall)) say_(line);
                else if constexpr (std::same_as<O, rpc::Result>) {
                    const auto text = o.response.write();
                    answered(connection, o.id, text ? "{\"ok\":true,\"response\":" + *text + "}" : describe(Error(text.error())));
                } else if constexpr (std::same_as<O, rpc::CallFailed>) {
                    answered(connection, o.id, failed(o));
                    //= OCPP 2.1 Part 4, 5.3: drop; the station connects again
                    if (o.reason == rpc::CallFailed::Reason::timeout) connection.outlet->close();
                } else if constexpr (std::same_as<O, rpc::NotSent>) {
                    answered(connection, o.id, describe(Error(o.error)));
                    mistake(o.error);
                } else if constexpr (std::same_as<O, rpc::Ignored>) mistake(o.why);
                else if constexpr (std::same_as<O, rpc::ResultRefused>)
                    say_(rejected(station,
                                  "the station did not take our answer to " + std::string(name(o.action)) + ": " + o.code));
            },
            output);
}

void Csms::on_request(Connection& connection, const rpc::Request& request, Instant now, WallTime wall) {
    Outcome outcome = handle(store_, connection.peer, request.request, wall);
    if (const auto* refusal = std::get_if<Refusal>(&outcome.answer))
        run(connection, rpc::Refuse{request.id, refusal->code, refusal->description}, now, wall);
    else
        run(connection, rpc::Answer{request.id, std::get<Message>(outcome.answer)}, now, wall);
    for (const std::string& line : outcome.lines) say_(line);
    if (outcome.close) connection.outlet->close();
}

// ---- calls of ours ----------------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t most_waiting = 16;   ///< calls of one connection: an operator's typing, not a queue

}  // namespace

std::uint32_t Csms::random_number() {
    std::uint32_t number = 0;
    CHECK(::getrandom(&number, sizeof number, 0) == sizeof number);
    return number;
}

//= OCPP 2.1 Part 4, 4.1.4: unique over all connections of the same identity
rpc::MessageId Csms::fresh_id() {
    std::string text;
    for (int i = 0; i < 4; ++i)
        for (std::uint32_t number = random_number(), digit = 0; digit < 8; ++digit, number >>= 4)
            text += "0123456789abcdef"[number & 15];
    return *rpc::MessageId::from(text);
}

Result<Csms::Connection*> Csms::open_connection(std::string_view station) {
    const auto found = connections_.find(station);
    if (found == connections_.end() || !found->second.is_open) return fail(Errc::not_found, "this station is not connected");
    return &found->second;
}

void Csms::call(std::string_view station, Message request, Instant now, Reply reply) {
    const auto connection = open_connection(station);
    if (!connection) return reply(describe(connection.error()));
    if ((*connection)->calls.size() >= most_waiting)
        return reply(describe(Error(Errc::full, "too many calls wait for this station")));
    (*connection)->calls.push_back({fresh_id(), std::move(request), std::move(reply)});
    call_next(**connection, now);
}

//= OCPP 2.1 Part 4 FR.01 one call at a time
void Csms::call_next(Connection& connection, Instant now) {
    // A call that cannot be written is answered within run, and the next one gets its turn.
    while (!connection.rpc.ours && !connection.calls.empty()) {
        const Call& next = connection.calls.front();
        run(connection, rpc::Call{next.id, next.request}, now, {});
    }
}

void Csms::answered(Connection& connection, const rpc::MessageId& id, std::string answer) {
    if (connection.calls.empty() || connection.calls.front().id != id) return;   // an answer of ours that could not be written
    const Call call = std::move(connection.calls.front());
    connection.calls.pop_front();
    call.reply(std::move(answer));
}

}  // namespace voltkeep::csms
