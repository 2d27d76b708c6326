// SPDX-License-Identifier: Apache-2.0
// voltkeep: one tool for whoever runs, inspects or checks a station.
// Exit status: 0 good, 1 a check failed, 2 wrong use or the machine cannot.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/layout.hpp"
#include "cli/log_files.hpp"
#include "cli/printable.hpp"
#include "cli/run/world.hpp"
#include "wire/iso15118/json_lines.hpp"
#include "wire/ocpp/json_lines.hpp"

namespace voltkeep::cli {

int lines_command(std::string (*convert)(std::string_view line)) {
    for (std::string line; std::getline(std::cin, line);) {
        if (line.empty()) continue;
        const std::string answer = convert(line);
        std::fwrite(answer.data(), 1, answer.size(), stdout);
        std::fputc('\n', stdout);
        std::fflush(stdout);
    }
    return 0;
}

namespace {

/// What was asked for; run after the whole command line was understood.
using Command = std::function<Result<int>()>;

struct Arguments {
    std::string state = "state", manifests, path, key, tpm, from, to;
    bool json = false, watch = false, all = false;
    std::uint64_t first = 0;
    int evse = 1;
    std::vector<std::string> words;
    LogView view;
    RunOptions run;
};

Result<int> run_command(RunOptions options) {
    options.state = absolute(options.state);
    const bool is_named = !options.config.empty();
    StationFile file =
        TRY(read_station_file(is_named ? options.config : options.state + "/station.toml", is_named, options.evse));
    if (options.csms_port > 0) file.csms.port = options.csms_port;
    World world(options, TRY(find_layout()), file);
    return world.run();
}

void add_run(CLI::App& app, Arguments& a, Command& command) {
    CLI::App* run = app.add_subcommand("run", "start the station with its simulated hardware, a car and a reference CSMS");
    run->add_option("--state", a.run.state, "folder of the station's state")->capture_default_str();
    run->add_option("--config", a.run.config, "station.toml; default: in the state folder");
    run->add_option("--evse", a.run.evse, "number of EVSEs, 1 to 8")->check(CLI::Range(1, 8));
    run->add_option("--csms-port", a.run.csms_port, "TCP port of the reference CSMS")->check(CLI::Range(1, 65535));
    run->add_option("--duration", a.run.duration_s, "seconds for which a car charges")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    run->add_option("--trace", a.run.trace, "folder for the frames that each car has seen")->check(CLI::ExistingDirectory);
    run->add_flag("--once", a.run.once, "end after the first session; status 0 only if every step was as it should be");
    run->add_flag("--json", a.run.json, "one JSON object a line, the last one a summary");
    run->callback([&] { command = [&a] { return run_command(a.run); }; });
}

void add_status(CLI::App& app, Arguments& a, Command& command) {
    CLI::App* status = app.add_subcommand("status", "what runs, and what each EVSE does");
    status->add_option("--state", a.state, "folder of the station's state")->capture_default_str();
    status->add_flag("--json", a.json, "one JSON object");
    status->add_flag("--watch", a.watch, "every second anew, until q or Ctrl-C");
    status->callback([&] { command = [&a] { return status_command(absolute(a.state), a.json, a.watch); }; });
}

void add_trips(CLI::App& app, Arguments& a, Command& command) {
    CLI::App* trips = app.add_subcommand("trips", "which protections have tripped and wait for somebody to have looked");
    trips->add_option("--state", a.state, "folder of the station's state")->capture_default_str();
    trips->add_flag("--json", a.json, "one JSON object");
    trips->fallthrough();
    CLI::App* acknowledge =
        trips->add_subcommand("acknowledge", "somebody has looked: what is latched there is released, once its cause is gone");
    acknowledge->add_option("EVSE", a.evse, "which EVSE")->required()->check(CLI::Range(1, 8));
    acknowledge->add_option("REASON", a.words, "for the log");
    trips->callback([&, acknowledge] {
        if (acknowledge->parsed())
            command = [&a] { return trips_acknowledge_command(absolute(a.state), a.evse, CLI::detail::join(a.words, " ")); };
        else
            command = [&a] { return trips_command(absolute(a.state), a.json); };
    });
}

void add_policy(CLI::App& app, Arguments& a, Command& command) {
    CLI::App* policy =
        app.add_subcommand("policy", "what each process may do, checked before the station runs")->require_subcommand(1);
    policy->add_option("--manifests", a.manifests, "folder of the manifests; default: this build's");
    static const std::map<std::string, std::string> forms{{"check", "check all manifests; every refusal with file and line"},
                                                          {"show", "the whole policy in plain words"},
                                                          {"graph", "the picture of zones, services and conduits, as SVG"},
                                                          {"score", "how exposed each service is, and why"},
                                                          {"secpol", "the policy as a QNX security policy"}};
    auto manifests = [&a]() -> Result<std::string> { return a.manifests.empty() ? TRY(find_layout()).manifests : a.manifests; };
    for (const auto& [name, help] : forms)
        policy->add_subcommand(name, help)->callback([&, manifests, name = name] {
            command = [=]() -> Result<int> { return policy_command(TRY(manifests()), name); };
        });
    CLI::App* why = policy->add_subcommand("why", "may A send anything to B, and what remains if not");
    why->add_option("A", a.from, "a service")->required();
    why->add_option("B", a.to, "a service")->required();
    why->callback([&, manifests] {
        command = [&a, manifests]() -> Result<int> { return policy_why_command(TRY(manifests()), a.from, a.to); };
    });
}

void add_log(CLI::App& app, Arguments& a, Command& command) {
    CLI::App* log = app.add_subcommand("log", "the tamper-evident log")->require_subcommand(1);
    log->add_option("--state", a.state, "folder of the station's state")->capture_default_str();
    log->fallthrough();
    CLI::App* show = log->add_subcommand("show", "entries, of a running station or of one that has ended");
    show->add_option("--from", a.view.from, "index of the first entry");
    show->add_option("--last", a.view.last, "only the last N entries");
    show->add_flag("--follow", a.view.follow, "go on as entries come, until Ctrl-C");
    show->add_flag("--json", a.view.json, "one JSON object a line");
    show->add_option("--source", a.view.source, "only entries of this service: session, meter@1");
    show->add_option("--type", a.view.type, "only entries of this type: transaction, security");
    show->add_option("--evse", a.view.evse, "only entries of this EVSE")->check(CLI::Range(1, 8));
    show->callback([&] { command = [&a] { return log_show_command(absolute(a.state), a.view); }; });
    CLI::App* copy = log->add_subcommand("export", "a copy with the public keys, for who verifies it elsewhere");
    copy->add_option("FOLDER", a.path, "is made")->required();
    copy->callback([&] { command = [&a] { return log_export_command(absolute(a.state), absolute(a.path)); }; });
    CLI::App* verify = log->add_subcommand("verify", "is every entry as it was written; names the first that is not");
    verify->add_option("PATH", a.path, "the log's folder; default: the log of the state folder");
    verify->add_option("--key", a.key, "the log's public key, PEM; default: that of the station");
    verify->add_option("--tpm", a.tpm, "folder with the TPM's public keys (log.pem, attestation.pem); default: the station's");
    verify->add_flag("--all", a.all, "every signature of checkpoints and seals, not the last ones' alone");
    verify->add_flag("--json", a.json, "one JSON object");
    verify->callback([&] {
        command = [&a] {
            return log_verify_command(a.path.empty() ? absolute(a.state) + "/log" : a.path, {a.key, a.tpm, a.all, a.json});
        };
    });
    CLI::App* prove = log->add_subcommand("prove", "the proof that an entry is in the log, as a file");
    prove->add_option("INDEX", a.first, "of the entry")->required();
    prove->add_option("--key", a.key, "the log's public key, PEM; default: that of the station");
    prove->callback([&] { command = [&a] { return log_prove_command(absolute(a.state) + "/log", a.key, a.first); }; });
    CLI::App* check = log->add_subcommand("check", "does a proof hold: with the public key alone");
    check->add_option("PROOF", a.path, "the file")->required();
    check->add_option("--key", a.key, "the log's public key, PEM; default: that of the station");
    check->callback([&] {
        command = [&a] { return log_check_command(a.path, a.key.empty() ? log_key_file(absolute(a.state) + "/log") : a.key); };
    });
}

void add_replay(CLI::App& app, Arguments& a, Command& command) {
    CLI::App* replay =
        app.add_subcommand("replay", "run the flight recorder's steps again: does this code decide the same, bit for bit");
    replay->add_option("WHAT", a.path, "an EVSE's number, power@N, session@N, a transaction, or a file; default: all there is");
    replay->add_option("--state", a.state, "folder of the station's state")->capture_default_str();
    replay->add_flag("--json", a.json, "one JSON object");
    replay->callback([&] { command = [&a] { return replay_command(absolute(a.state), a.path, a.json); }; });
}

void add_meter(CLI::App& app, Arguments& a, Command& command) {
    CLI::App* meter = app.add_subcommand("meter", "signed meter readings (OCMF): what a customer or an inspector does with them")
                          ->require_subcommand(1);
    CLI::App* verify = meter->add_subcommand("verify", "is each reading as it was signed");
    verify->add_option("FILE", a.path, "OCMF records, the transparency software's XML, or JSON of OCPP")
        ->required()
        ->check(CLI::ExistingFile);
    verify->add_option("--key", a.key, "the meter's public key, PEM or hexadecimal; default: the one in the file")
        ->check(CLI::ExistingFile);
    verify->add_flag("--json", a.json, "one JSON object a reading");
    verify->callback([&] { command = [&a] { return meter_verify_command(a.path, a.key, a.json); }; });
    CLI::App* write = meter->add_subcommand("export", "the same readings as the XML that the transparency software opens");
    write->add_option("FILE", a.path, "as for verify")->required()->check(CLI::ExistingFile);
    write->callback([&] { command = [&a] { return meter_export_command(a.path); }; });
    CLI::App* readings =
        meter->add_subcommand("readings", "what the reference CSMS has been sent of a transaction: a FILE for verify and export");
    readings->add_option("TRANSACTION", a.from, "its name; default: the newest");
    readings->add_option("--state", a.state, "folder of the station's state")->capture_default_str();
    readings->callback([&] { command = [&a] { return meter_readings_command(absolute(a.state), a.from); }; });
}

void add_ev(CLI::App& app, Arguments& a, Command& command) {
    CLI::App* ev = app.add_subcommand("ev", "the simulated car of a running station")->require_subcommand(1);
    ev->add_option("--state", a.state, "folder of the station's state")->capture_default_str();
    ev->fallthrough();
    for (const char* verb : {"plug", "unplug"}) {
        CLI::App* sub =
            ev->add_subcommand(verb, std::string(verb) == "plug" ? "a car arrives and charges" : "the car stops and leaves");
        sub->add_option("EVSE", a.evse, "which EVSE")->check(CLI::Range(1, 8))->capture_default_str();
        sub->callback([&, verb] { command = [&a, verb] { return ev_command(absolute(a.state), verb, a.evse); }; });
    }
}

void add_evse(CLI::App& app, Arguments& a, Command& command) {
    CLI::App* evse = app.add_subcommand("evse", "what somebody at the station does")->require_subcommand(1);
    evse->add_option("--state", a.state, "folder of the station's state")->capture_default_str();
    evse->fallthrough();
    static const std::map<std::string, std::string> verbs{
        {"stop", "end the session"}, {"present", "a card at the reader: begins a session, or ends the one that it began"}};
    for (const auto& [verb, help] : verbs) {
        CLI::App* sub = evse->add_subcommand(verb, help);
        sub->add_option("EVSE", a.evse, "which EVSE")->check(CLI::Range(1, 8))->required();
        if (verb == "present") {
            sub->add_option("TOKEN", a.from, "as the card says it: no spaces")->required();
            sub->add_option("TYPE", a.to, "as in OCPP's IdTokenType; default: ISO14443");
        }
        sub->callback([&, verb = verb] {
            command = [&a, verb] {
                const std::string token = a.from.empty() ? "" : " " + a.from + (a.to.empty() ? "" : " " + a.to);
                return evse_command(absolute(a.state), verb + " " + std::to_string(a.evse) + token);
            };
        });
    }
}

void add_lines(CLI::App& app, Command& command) {
    CLI::App* v2g = app.add_subcommand("v2g", "ISO 15118-20 messages: JSON lines in, JSON lines out")->require_subcommand(1);
    v2g->footer("A wrong line is answered by its error. A line for decode:\n"
                R"({"v2gtp":"0x8001","hex":"8000f3ab9371d34b9b79d39ba321d34b9b79d189a98989c1d1699181d22218010000040040"})");
    v2g->add_subcommand("decode", "bytes to fields")->callback([&] {
        command = [] { return Result<int>(lines_command(iso15118::decode_json_line)); };
    });
    v2g->add_subcommand("encode", "fields to bytes")->callback([&] {
        command = [] { return Result<int>(lines_command(iso15118::encode_json_line)); };
    });
    CLI::App* ocpp = app.add_subcommand("ocpp", "OCPP 2.1 messages: JSON lines in, JSON lines out")->require_subcommand(1);
    ocpp->footer("A wrong line is answered by its error. A line for check:\n"
                 R"({"action":"Heartbeat","direction":"request","payload":{}})");
    ocpp->add_subcommand("check", "is a payload what the standard allows, and if not, where not")->callback([&] {
        command = [] { return Result<int>(lines_command(voltkeep::ocpp::check_line)); };
    });
}

int main(int argc, char** argv) {
    CLI::App app("Voltkeep: the software of a charging station, every job in a process of its own.", "voltkeep");
    app.require_subcommand(1);
    app.set_version_flag("--version", VOLTKEEP_VERSION);
    Arguments arguments;
    Command command;
    add_run(app, arguments, command);
    add_status(app, arguments, command);
    add_trips(app, arguments, command);
    add_policy(app, arguments, command);
    add_log(app, arguments, command);
    add_replay(app, arguments, command);
    add_evse(app, arguments, command);
    add_meter(app, arguments, command);
    add_ev(app, arguments, command);
    add_lines(app, command);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const std::vector<std::string> unknown = app.remaining(true);
        if (error.get_name() == "RequiredError" && !unknown.empty()) {
            std::fprintf(stderr, "voltkeep: there is no command \"%s\": see `voltkeep --help`\n",
                         printable(unknown.front()).c_str());
            return 2;
        }
        return app.exit(error) == 0 ? 0 : 2;
    }
    const Result<int> status = command();
    if (status) return *status;
    std::fprintf(stderr, "voltkeep: %.*s\n", static_cast<int>(status.error().what.size()), status.error().what.data());
    return 2;
}

}  // namespace
}  // namespace voltkeep::cli

int main(int argc, char** argv) { return voltkeep::cli::main(argc, argv); }
