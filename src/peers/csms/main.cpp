// SPDX-License-Identifier: Apache-2.0
// csms: a reference CSMS. It stores what stations say before it answers, and says what happens in JSON lines.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "peers/csms/describe.hpp"
#include "peers/csms/server.hpp"

namespace {

using namespace voltkeep;

struct Options {
    csms::ServerOptions server;
    std::string database;
    std::vector<std::string> stations;   ///< ID=CN
    std::vector<std::string> tokens;     ///< TOKEN:TYPE
};

/// A line at once, whole: who reads it acts on it. If nobody reads, the stations are served all the same.
void say(std::string_view object) {
    const std::string line = std::string(object) + "\n";
    (void)!::write(STDOUT_FILENO, line.data(), line.size());
}

/// The text before and behind the last `mark`.
Result<std::pair<std::string, std::string>> split(const std::string& text, char mark, std::string_view expected) {
    const std::size_t at = text.rfind(mark);
    if (at == std::string::npos || at == 0 || at + 1 == text.size())
        return fail(Errc::bad_argument, "'" + text + "': expected " + std::string(expected));
    return std::pair(text.substr(0, at), text.substr(at + 1));
}

Result<> run(const Options& options) {
    ::signal(SIGPIPE, SIG_IGN);
    std::map<std::string, std::string> common_names;
    for (const std::string& each : options.stations) {
        const auto [station, name] = TRY(split(each, '=', "ID=CN, an identity and the common name of its certificate"));
        common_names[station] = name;
    }
    csms::Store store = TRY(csms::Store::open(options.database));
    for (const std::string& each : options.tokens) {
        const auto [token, type] = TRY(split(each, ':', "TOKEN:TYPE, for example 04A2B3C4:ISO14443"));
        if (token.size() > 255 || type.size() > 20)
            return fail(Errc::bad_argument, "a token has at most 255 characters, its type 20");
        TRY(store.put_token(token, type));
    }
    csms::Csms csms(store, std::move(common_names), say);
    const auto server = TRY(csms::Server::open(options.server, csms));
    say(csms::Line().put("event", "ready").put("port", server->port()).text().view());
    server->run();
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    options.server.path = "/ocpp";
    options.tokens = {"VK-DEMO-DRIVER:Central"};
    tls::Profile& tls = options.server.tls;
    tls.side = tls::Side::server;
    tls.suites = "TLS_AES_256_GCM_SHA384";
    tls.groups = "SecP384r1MLKEM1024:X25519MLKEM768/P-384";
    tls.signature_algorithms = "ecdsa_secp384r1_sha384:mldsa87";
    std::vector<std::string> more_tokens;
    CLI::App app{"A reference CSMS: OCPP 2.1 over mutual TLS 1.3 on the loopback addresses, stored in SQLite.", "csms"};
    app.add_option("--port", options.server.port, "port to listen on; 0: any")->required();
    app.add_option("--path", options.server.path, "a station's URL is this, a slash, and its identity")->capture_default_str();
    app.add_option("--database", options.database, "SQLite file")->required();
    app.add_option("--certificates", tls.certificates, "PEM: our certificate and its sub-CAs")->required();
    app.add_option("--key", tls.key, "PEM: its key")->required();
    app.add_option("--trust", tls.trust, "PEM: the roots of the stations")->required();
    app.add_option("--groups", tls.groups, "TLS groups, best first")->capture_default_str();
    app.add_option("--station", options.stations,
                   "ID=CN: the common name of this station's certificate, where it is not the identity");
    app.add_option("--token", more_tokens, "TOKEN:TYPE: may charge, as VK-DEMO-DRIVER:Central may; kept in the database");
    app.add_option("--control", options.server.control, "Unix socket for scripts: one line in, one JSON line out");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    options.tokens.insert(options.tokens.end(), more_tokens.begin(), more_tokens.end());
    if (const auto done = run(options); !done) {
        std::fprintf(stderr, "csms: %s\n", std::string(done.error().what.view()).c_str());
        return 2;
    }
    return 0;
}
