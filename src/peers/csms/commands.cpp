// SPDX-License-Identifier: Apache-2.0
// What an operator, or a script in his place, may ask of the CSMS.
#include <charconv>

#include "csms.hpp"
#include "describe.hpp"
#include "wire/ocpp/actions.hpp"
#include "wire/ocpp/messages/remote_control.hpp"

namespace voltkeep::csms {

using namespace ocpp;

namespace {

constexpr std::size_t newest = 1000;   ///< transactions of one listing

/// The next word, taken off the line.
std::string_view take_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

Result<Message> stop_request(std::string_view transaction) {
    const auto name = String<36>::from(transaction);
    if (!name || name->empty()) return fail(Errc::bad_argument, "stop STATION TRANSACTION: expected the name of a transaction");
    RequestStopTransactionRequest request;
    request.transactionId = *name;
    return Message(request);
}

/// Any request that a CSMS may send, checked as strictly as what a station says.
Result<Message> any_request(std::string_view action_name, std::string_view payload) {
    const ActionInfo* action = find_action(action_name);
    if (!action || action->from == From::station || !action->response)
        return fail(Errc::bad_argument, "call STATION ACTION PAYLOAD: expected an action of a CSMS, and its request as JSON");
    const auto json = check_json(payload);
    auto request = json ? parse_payload(*action, Direction::request, *json) : Checked<Message>(std::unexpected(json.error()));
    if (!request) return std::unexpected(Error(request.error()));
    return *std::move(request);
}

}  // namespace

Result<std::string> Csms::list_stations() const {
    std::vector<std::string> all;
    for (const StationRow& row : TRY(store_.stations())) {
        const auto connection = connections_.find(row.id);
        all.push_back(
            describe(row, TRY(store_.connectors(row.id)), connection != connections_.end() && connection->second.is_open));
    }
    return "{\"ok\":true,\"stations\":" + json_list(all) + "}";
}

Result<std::string> Csms::list_transactions() const {
    std::vector<std::string> all;
    for (const TransactionRow& row : TRY(store_.transactions(newest))) all.emplace_back(describe(row).text().view());
    return "{\"ok\":true,\"transactions\":" + json_list(all) + "}";
}

Result<std::string> Csms::show_transaction(std::string_view name, std::string_view station) const {
    std::vector<TransactionRow> found = TRY(store_.transactions(newest, name));
    if (!station.empty()) std::erase_if(found, [station](const TransactionRow& row) { return row.station != station; });
    if (found.empty()) return fail(Errc::not_found, "there is no such transaction");
    if (found.size() > 1)
        return fail(Errc::bad_argument, "several stations have a transaction of this name: transaction ID STATION");
    std::vector<std::string> events;
    for (const EventRow& row : TRY(store_.events(found[0].station, found[0].transaction))) events.push_back(describe(row));
    std::string text(describe(found[0]).text().view());
    text.pop_back();
    return "{\"ok\":true,\"transaction\":" + text + ",\"all\":" + json_list(events) + "}}";
}

Result<Message> Csms::start_request(std::string_view evse, std::string_view token) const {
    RequestStartTransactionRequest request;
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(evse.data(), evse.data() + evse.size(), number);
    if (error != std::errc() || end != evse.data() + evse.size() || number < 1)
        return fail(Errc::bad_argument, "start STATION EVSE TOKEN: expected an EVSE from 1");
    request.evseId = number;
    const auto text = String<255>::from(token);
    if (!text || text->empty()) return fail(Errc::bad_argument, "start STATION EVSE TOKEN: expected a token");
    request.idToken.idToken = *text;
    const auto type = TRY(store_.type_of_token(token)).value_or("Central");   // an unknown token is sent all the same
    request.idToken.type = *String<20>::from(type);
    request.remoteStartId = static_cast<std::int32_t>(random_number() & 0x7fffffff);
    return Message(request);
}

void Csms::command(std::string_view line, Instant now, Reply reply) {
    const std::string_view verb = take_word(line);
    auto say = [&reply](const Result<std::string>& answer) { reply(answer ? *answer : describe(answer.error())); };
    if (verb == "stations") return say(list_stations());
    if (verb == "transactions") return say(list_transactions());
    if (verb == "transaction") {
        const std::string_view name = take_word(line);
        return say(show_transaction(name, take_word(line)));
    }
    const std::string_view station = take_word(line);
    if (verb == "start" || verb == "stop") {
        const std::string_view evse = verb == "start" ? take_word(line) : "";
        const auto request = verb == "start" ? start_request(evse, take_word(line)) : stop_request(take_word(line));
        if (!request) return reply(describe(request.error()));
        return call(station, *request, now, std::move(reply));
    }
    if (verb == "call") {
        const std::string_view action = take_word(line);
        const auto request = any_request(action, line);
        if (!request) return reply(describe(request.error()));
        return call(station, *request, now, std::move(reply));
    }
    if (verb == "raw" || verb == "close") {
        const auto connection = open_connection(station);
        if (!connection) return reply(describe(connection.error()));
        reply(R"({"ok":true})");
        if (verb == "raw") (*connection)->outlet->send(std::string(line));
        else (*connection)->outlet->close();
        return;
    }
    reply(describe(Error(Errc::bad_argument,
                         "stations | transactions | transaction ID [STATION] | start STATION EVSE TOKEN | "
                         "stop STATION TRANSACTION | call STATION ACTION PAYLOAD | raw STATION TEXT | close STATION")));
}

}  // namespace voltkeep::csms
