// SPDX-License-Identifier: Apache-2.0
#include "describe.hpp"

#include "wire/ocpp/types.hpp"

namespace voltkeep::csms {

namespace {

template <class T>
void put_known(Line& line, std::string_view name, const std::optional<T>& value) {
    if (value) line.put(name, *value);
    else line.put_raw(name, "null");
}

}  // namespace

Line describe(const TransactionRow& row, std::string_view event) {
    Line line;
    if (!event.empty()) line.put("event", event);
    line.put("transaction", row.transaction).put("station", row.station);
    put_known(line, "evse", row.evse);
    line.put("events", row.events);
    put_known(line, "energy_mwh", row.energy);
    put_known(line, "cost", row.cost);
    put_known(line, "currency", row.currency);
    line.put("gaps", row.gaps).put("conflicts", row.conflicts).put("ended", row.is_ended);
    put_known(line, "stopped_reason", row.stopped_reason);
    return line;
}

std::string describe(const EventRow& row) {
    Line line;
    line.put("sequence", row.sequence)
        .put("kind", row.kind)
        .put("trigger", row.trigger)
        .put("at", describe(row.at))
        .put("offline", row.offline);
    std::string text(line.text().view());
    text.pop_back();   // the payload has no bound that fits a line
    return text + ",\"payload\":" + row.payload + "}";
}

std::string describe(const StationRow& row, const std::vector<ConnectorRow>& connectors, bool is_connected) {
    std::vector<std::string> all;
    for (const ConnectorRow& c : connectors)
        all.emplace_back(JsonObject<256>()
                             .put("evse", c.evse)
                             .put("connector", c.connector)
                             .put("status", c.status)
                             .put("at", describe(c.at))
                             .text()
                             .view());
    Line line;
    line.put("station", row.id)
        .put("connected", is_connected)
        .put("vendor", row.vendor)
        .put("model", row.model)
        .put("serial", row.serial)
        .put("firmware", row.firmware)
        .put("boot_reason", row.boot_reason)
        .put("booted", describe(row.booted));
    std::string text(line.text().view());
    text.pop_back();
    return text + ",\"connectors\":" + json_list(all) + "}";
}

std::string describe(const Error& error) {
    return std::string(JsonObject<2048>().put("ok", false).put("error", error.what.view()).text().view());
}

std::string rejected(std::string_view station, std::string_view why) {
    return std::string(
        JsonObject<4096>().put("event", "rejected").put("station", station).put("why", beginning(why)).text().view());
}

std::string describe(WallTime time) { return ocpp::DateTime(time).text().value_or(""); }

std::string_view beginning(std::string_view text) {
    constexpr std::size_t most = 500;
    if (text.size() <= most) return text;
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;   // inside a character of UTF-8
    return text.substr(0, end);
}

std::string json_list(const std::vector<std::string>& items) {
    std::string text = "[";
    for (const std::string& item : items) {
        if (text.size() > 1) text += ',';
        text += item;
    }
    return text + "]";
}

}  // namespace voltkeep::csms
