// SPDX-License-Identifier: Apache-2.0
// The door for people: named calls only, each bounded, each in the log if it changes something.
#include <charconv>

#include "door.hpp"
#include "kernel/config.hpp"
#include "keys.hpp"
#include "services/audit/client.hpp"
#include "services/operator/protocol.hpp"
#include "services/session/protocol.hpp"

namespace voltkeep::operator_door {
namespace {

using Object = JsonObject<2048>;

std::string failed(std::string_view why) { return std::string(Object().put("ok", false).put("error", why).text().view()); }
std::string failed(const Error& error) { return failed(error.what.empty() ? name(error.code) : error.what.view()); }

std::string hex(const audit::Hash& hash) {
    std::string text;
    for (std::uint8_t octet : hash) {
        text += "0123456789abcdef"[octet >> 4];
        text += "0123456789abcdef"[octet & 15];
    }
    return text;
}

/// The words of a request line: three, and whatever is behind them as the fourth.
std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty() && words.size() < 3) {
        const std::size_t end = std::min(line.find(' '), line.size());
        if (end > 0) words.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    if (!line.empty()) words.push_back(line);
    return words;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view word(kernel::control::Life life) {
    constexpr std::string_view words[] = {"off", "starting", "ready", "stopping", "dead", "quarantined", "exhausted"};
    return words[static_cast<std::size_t>(life)];
}

std::string_view word(audit::Type type) {
    constexpr std::string_view words[] = {"boot", "stop", "service", "policy", "security", "connection", "session",
                                          "transaction", "meter", "safety", "configuration", "message", "gap", "checkpoint"};
    static_assert(std::size(words) == static_cast<std::size_t>(audit::Type::last_) + 1);
    return words[static_cast<std::size_t>(type)];
}

class Operator {
public:
    Operator(kernel::Service& self, const Config& config)
        : self_(self),
          config_(config),
          session_(self.connect<session::Interface>("session")),
          audit_(self.connect<audit::Interface>("audit")),
          journal_(self),
          door_(self, self.device("door"),
                [this](std::string_view line, std::uint32_t user, Answer answer) { handle(line, user, std::move(answer)); }) {
        if (config.has_tpm) {
            tpm_ = self.connect<rot::Interface>("rot");
            crypto_ = self.connect<crypto::Interface>("crypto");
        } else if (self.starts() == 0)
            journal_.append(audit::Type::configuration, 0,
                            audit::Payload()
                                .put("step", "no_tpm")
                                .put("detail", "private keys are files: who owns the machine's disk has them"));
        self.on("audit", audit::Pulse::appended, [this](EvseId, std::uint64_t) { serve_followers(); });
    }

private:
    void handle(std::string_view line, std::uint32_t user, Answer answer) {
        const auto words = words_of(line);
        const std::optional<std::uint64_t> argument = number_of(words.size() > 1 ? words[1] : std::string_view());
        if (words.size() == 1 && words[0] == "status") return gather(std::move(answer));
        if (words.size() == 1 && words[0] == "measures") return measure(std::move(answer));
        if (words.size() == 1 && words[0] == "head") return answer(head());
        if (words.size() == 3 && words[0] == "log" && argument && number_of(words[2]))
            return follow(argument.value_or(0), number_of(words[2]).value_or(0), std::move(answer));
        if (words.size() == 2 && words[0] == "stop" && argument && *argument <= 8)
            return answer(stop(static_cast<std::uint8_t>(argument.value_or(0))));
        if (words.size() >= 3 && words[0] == "present" && argument && *argument <= 8)
            return answer(
                present(static_cast<std::uint8_t>(argument.value_or(0)), words[2], words.size() == 4 ? words[3] : "ISO14443"));
        if (words.size() == 1 && words[0] == "trips") return answer(trips());
        if (words.size() >= 3 && words[0] == "acknowledge") return acknowledge(words, user, std::move(answer));
        if (words.size() == 2 && words[0] == "restart") return answer(restart(words[1]));
        answer(failed(
            "unknown request: status | measures | log FROM WAIT_MS | head | stop EVSE | present EVSE TOKEN [TYPE] | trips | "
            "acknowledge EVSE TRIPS [REASON] | restart SERVICE"));
    }

    std::string head() {
        const auto head = audit_.call(audit::GetHead{});
        if (!head) return failed(head.error());
        return std::string(Object()
                               .put("ok", true)
                               .put("size", head->size)
                               .put("hash", hex(head->hash))
                               .put("dropped", head->dropped)
                               .text()
                               .view());
    }

    std::string stop(std::uint8_t evse) {
        const auto done = session_.call(session::StopByUser{EvseId{evse}});
        if (!done) return failed(done.error());
        journal_.append(audit::Type::session, evse, audit::Payload().put("step", "stop_by_operator"));
        return R"({"ok":true})";
    }

    std::string present(std::uint8_t evse, std::string_view token, std::string_view type) {
        const auto id = Text<255>::from(token);
        const auto kind = Text<20>::from(type);
        if (!id || !kind) return failed("a token has at most 255 characters, its type 20");
        const auto done = session_.call(session::Present{EvseId{evse}, {session::IdentificationKind::token, *id, *kind}});
        return done ? R"({"ok":true})" : failed(done.error());
    }

    // ---- trips: what is latched, and who says that it has been looked at ---------------------------------------------------

    /// "emergency_stop insulation", with a blank between them
    static std::string names_of(std::uint32_t trips, std::string_view between) {
        std::string names;
        for (std::uint8_t id = 0; id < PROTECTION_COUNT; ++id)
            if (trips >> id & 1u) names += std::string(names.empty() ? "" : between) + safety::protection_name(id);
        return names;
    }
    static std::string list_of(std::uint32_t trips) { return trips == 0 ? "[]" : "[\"" + names_of(trips, "\",\"") + "\"]"; }

    std::string trips() {
        std::string evses;
        for (std::uint8_t number = 1; number <= config_.evse_count; ++number) {
            const auto view = session_.call(session::Snapshot{EvseId{number}});
            if (!view) return failed(view.error());
            evses += (evses.empty() ? "{\"evse\":" : ",{\"evse\":") + std::to_string(number) +
                     ",\"trips\":" + std::to_string(view->latched) + ",\"latched\":" + list_of(view->latched) +
                     ",\"present\":" + list_of(view->tripped) + "}";
        }
        return R"({"ok":true,"evses":[)" + evses + "]}";
    }

    struct Acknowledging {
        Answer answer;
        bool is_over = false;
    };

    /// What is not in the log does not happen: not now, and not when the log is there again.
    void acknowledge(const std::vector<std::string_view>& words, std::uint32_t user, Answer answer) {
        const auto evse = number_of(words[1]), trips = number_of(words[2]);
        if (!evse || *evse < 1 || *evse > config_.evse_count || !trips || *trips < 1 || *trips > UINT32_MAX)
            return answer(failed("expected: acknowledge EVSE TRIPS [REASON], TRIPS as `trips` gives it"));
        const auto number = static_cast<std::uint8_t>(*evse);
        const auto mask = static_cast<std::uint32_t>(*trips);
        const auto act = std::make_shared<Acknowledging>(std::move(answer));
        audit::Payload payload;
        payload.put("step", "acknowledge_trips").put("user", user).put("trips", names_of(mask, " "));
        if (words.size() > 3) payload.put("reason", words[3]);
        journal_.append(audit::Type::safety, number, payload, [this, act, number, mask](bool is_stored) {
            if (std::exchange(act->is_over, true)) {
                if (is_stored)
                    journal_.append(audit::Type::safety, number, audit::Payload().put("step", "acknowledge_trips_given_up"));
                return;
            }
            if (!is_stored) return act->answer(failed("the log does not take it: nothing was acknowledged"));
            const auto done = session_.call(session::AcknowledgeTrips{EvseId{number}, mask});
            act->answer(done ? R"({"ok":true})" : failed(done.error()));
        });
        self_.after(3s, [act] {
            if (!std::exchange(act->is_over, true)) act->answer(failed("the log does not answer: nothing was acknowledged"));
        });
    }

    std::string restart(std::string_view service) {
        const auto index = std::ranges::find_if(config_.services, [&](const Text<24>& s) { return s == service; });
        if (index == config_.services.end()) return failed("no such service: voltkeep status lists them");
        self_.ask(kernel::control::Request::restart, static_cast<std::uint16_t>(index - config_.services.begin()), [](Bytes) {});
        journal_.append(audit::Type::service, 0, audit::Payload().put("service", service).put("life", "restart_by_operator"));
        return R"({"ok":true})";
    }

    // ---- log: answered now, or when there is something --------------------------------------------------------------------

    struct Follower {
        std::uint64_t from;
        Instant until;
        Answer answer;
    };

    void follow(std::uint64_t from, std::uint64_t wait_ms, Answer answer) {
        followers_.push_back(
            {from, now() + std::chrono::milliseconds(std::min<std::uint64_t>(wait_ms, 60'000)), std::move(answer)});
        self_.at(followers_.back().until, [this] { serve_followers(); });
        serve_followers();
    }

    void serve_followers() {
        for (Follower& f : std::exchange(followers_, {})) {
            const auto read = audit_.call(audit::Read{f.from});
            if (!read) f.answer(failed(read.error()));
            else if (read->entries.empty() && now() < f.until) followers_.push_back(std::move(f));
            else f.answer(entries_line(read->entries));
        }
    }

    static std::string entries_line(const List<audit::Entry, 8>& entries) {
        std::string line = R"({"ok":true,"entries":[)";
        for (const audit::Entry& e : entries) {
            if (&e != entries.begin()) line += ',';
            line += JsonObject<8192>()
                        .put("index", e.index)
                        .put("source", e.source.view())
                        .put("sequence", e.sequence)
                        .put("boot", e.boot)
                        .put("monotonic_ns", e.monotonic_ns)
                        .put("wall_ms", e.wall_ms)
                        .put("type", word(e.type))
                        .put("evse", e.evse)
                        .put("payload", e.payload.view())  // as text: what a service wrote is not trusted to be JSON
                        .put("hash", hex(e.hash))
                        .text()
                        .view();
        }
        return line + "]}";
    }

    // ---- status: one question to the process manager a service ------------------------------------------------------------

    struct Gathering {
        Answer answer;
        std::string services;
        std::size_t missing = 0;
    };

    void gather(Answer answer) {
        auto g = std::make_shared<Gathering>(std::move(answer), std::string(), config_.services.size());
        for (std::uint16_t i = 0; i < config_.services.size(); ++i)
            self_.ask(kernel::control::Request::get_state, i, [this, g](Bytes bytes) {
                if (const auto state = kernel::decode<kernel::control::State>(bytes)) {
                    if (!g->services.empty()) g->services += ',';
                    g->services += Object()
                                       .put("name", state->name.view())
                                       .put("life", word(state->life))
                                       .put("pid", state->pid)
                                       .put("restarts", state->restarts)
                                       .put("last_restart_us", state->last_restart_us)
                                       .put("last_cause", static_cast<int>(state->last_cause))
                                       .put("beats", state->beats)
                                       .text()
                                       .view();
                }
                if (--g->missing == 0) g->answer(status_line(g->services));
            });
    }

    // ---- measures: the same, but each answer is many records, so the services are asked one after the other ------------------

    struct Measuring {
        Answer answer;
        std::string services;
        std::string messages;            ///< of the service that is being asked
        std::uint16_t next = 0;
    };

    void measure(Answer answer) { measure_next(std::make_shared<Measuring>(std::move(answer), std::string(), std::string())); }

    void measure_next(const std::shared_ptr<Measuring>& m) {
        if (m->next == config_.services.size()) return m->answer(R"({"ok":true,"services":[)" + m->services + "]}");
        self_.ask(kernel::control::Request::get_measures, m->next, [this, m](Bytes bytes) {
            if (const auto measure = kernel::decode<kernel::control::Measure>(bytes);
                measure && measure->kind == kernel::control::Kind::measure) {
                m->messages += (m->messages.empty() ? "" : ",") + measure_object(*measure);
                return;
            }
            const auto usage = kernel::decode<kernel::control::Usage>(bytes);
            m->services +=
                (m->services.empty() ? R"({"name":")" : R"(,{"name":")") + std::string(config_.services[m->next].view()) +
                R"(","cpu_ms":)" + std::to_string(usage ? usage->cpu_ms : 0) + R"(,"memory_kib":)" +
                std::to_string(usage ? usage->memory_kib : 0) + R"(,"messages":[)" + std::exchange(m->messages, {}) + "]}";
            ++m->next;
            measure_next(m);
        });
    }

    static std::string measure_object(const kernel::control::Measure& m) {
        return std::string(Object()
                               .put("message", m.message)
                               .put("count", m.count)
                               .put("p99_us", m.p99_us)
                               .put("worst_us", m.worst_us)
                               .put("total", m.total)
                               .put("late", m.late)
                               .text()
                               .view());
    }

    std::string status_line(const std::string& services) {
        std::string evses;
        for (std::uint8_t number = 1; number <= config_.evse_count; ++number) {
            const auto view = session_.call(session::Snapshot{EvseId{number}});
            if (!evses.empty()) evses += ',';
            evses += view ? evse_object(*view)
                          : std::string(Object()
                                            .put("evse", number)
                                            .put("state", "unknown")
                                            .put("error", name(view.error().code))
                                            .text()
                                            .view());
        }
        return R"({"ok":true,"station":")" + std::string(config_.station.view()) + R"(","rootless":)" +
               (config_.rootless ? "true" : "false") + R"(,"lab":)" + (self_.is_lab() ? "true" : "false") + R"(,"services":[)" +
               services + R"(],"evses":[)" + evses + R"(],"trust":)" +
               (tpm_ ? keys_object(tpm_.call(rot::GetState{}), crypto_.call(crypto::GetState{})) : no_keys_object()) +
               R"(,"log":)" + log_object() + "}";
    }

    std::string log_object() {
        const auto seals = audit_.call(audit::GetSeals{});
        if (!seals) return std::string(Object().put("error", name(seals.error().code)).text().view());
        return std::string(Object()
                               .put("signed", seals->signed_size)
                               .put("sealed", seals->sealed_size)
                               .put("counter", seals->counter)
                               .put("sealed_ms", seals->sealed_ms)
                               .put("problem", seals->problem.view())
                               .put("alarm", seals->alarm.view())
                               .put("alarm_entry", seals->alarm_entry)
                               .text()
                               .view());
    }

    static std::string evse_object(const session::Snapshot::View& v) {
        constexpr std::string_view availability[] = {"Available", "Occupied", "Reserved", "Unavailable", "Faulted"};
        constexpr std::string_view charging[] = {"Idle", "EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE"};
        return std::string(Object()
                               .put("evse", v.evse.number)
                               .put("availability", availability[static_cast<std::size_t>(v.availability)])
                               .put("charging", charging[static_cast<std::size_t>(v.charging)])
                               .put("state", v.state.view())
                               .put("transaction", v.transaction.view())
                               .put("energy_mwh", v.energy_mwh)
                               .put("cost_micro", v.cost_micro)
                               .put("currency", v.currency.view())
                               .put("voltage_mv", v.voltage.value)
                               .put("current_ma", v.current.value)
                               .put("power_w", v.power.value)
                               .put("soc_permille", v.state_of_charge.value)
                               .put("limit_w", v.limit.value)
                               .put("limited_by", v.limited_by.view())
                               .put("fault", v.fault.view())
                               .put("openings_under_load", v.wear_openings)
                               .text()
                               .view());
    }

    kernel::Service& self_;
    Config config_;
    kernel::Client<session::Interface> session_;
    kernel::Client<audit::Interface> audit_;
    kernel::Client<rot::Interface> tpm_;       ///< none: the station has no TPM
    kernel::Client<crypto::Interface> crypto_;
    audit::Journal journal_;
    std::vector<Follower> followers_;
    Door door_;
};

}  // namespace
}  // namespace voltkeep::operator_door

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const operator_door::Operator operator_service(self, MUST(kernel::read_config<operator_door::Config>("config/operator")));
    self.seal();
    return self.run();
}
