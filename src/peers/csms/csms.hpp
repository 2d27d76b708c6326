// SPDX-License-Identifier: Apache-2.0
// The CSMS without its sockets: which stations are connected, what each conversation waits for, what the operator asks. Texts and
// times come in, texts and lines go out through what the constructor is given.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "peers/csms/handlers.hpp"
#include "wire/ocpp/rpc.hpp"

namespace voltkeep::csms {

/// One message of a station; ours, OCPP names no bound.
inline constexpr std::size_t message_bound = 256 * 1024;   // bytes

/// A connection as the CSMS sees it. It outlives its admission.
class Outlet {
public:
    virtual void send(std::string text) = 0;   ///< one message, after those before
    virtual void close() = 0;                  ///< after what was sent; then Csms::closed
protected:
    ~Outlet() = default;
};

/// What the TLS handshake and the upgrade said.
struct Arrival {
    std::string station;
    std::string group, cipher;   ///< OpenSSL's names
    std::string subject;         ///< of the station's certificate
};

class Csms {
public:
    /// Takes one JSON object, without a line end.
    using Say = std::function<void(std::string_view)>;
    /// The answer to a command; called once, at once or when the station has answered.
    using Reply = std::function<void(std::string)>;

    /// `common_names`: identity -> common name of its certificate, where that is not the identity itself.
    Csms(Store& store, std::map<std::string, std::string> common_names, Say say)
        : store_(store), common_names_(std::move(common_names)), say_(std::move(say)) {}

    /// May this certificate speak for this station now? It holds the place until closed. Errors: bad_argument (no identity of
    /// OCPP), refused (another station's certificate), busy (that station is connected).
    [[nodiscard]] Result<> admit(const std::string& station, const std::string& common_name, Outlet& outlet);
    /// The upgrade is done: messages may flow.
    void opened(const Arrival& arrival);
    void received(const std::string& station, std::string_view text, Instant now, WallTime wall);
    /// What was admitted has ended, open or not.
    void closed(const std::string& station, std::string_view why, Instant now);
    /// Once a second or so: who did not answer in time.
    void tick(Instant now);
    /// A connection that came to nothing before it was known whose it is.
    void reject(std::string_view station, std::string_view why);

    /// One line of the control socket:
    ///   stations                          who is known, who is connected
    ///   transactions                      the newest 1000
    ///   transaction ID [STATION]          one, with all its events
    ///   start STATION EVSE TOKEN          RequestStartTransaction
    ///   stop STATION TRANSACTION          RequestStopTransaction
    ///   call STATION ACTION PAYLOAD       any request of a CSMS, as JSON
    ///   raw STATION TEXT                  sends TEXT as it is
    ///   close STATION                     ends the connection
    void command(std::string_view line, Instant now, Reply reply);

private:
    /// A call of ours that waits for its turn or for its answer.
    struct Call {
        ocpp::rpc::MessageId id;
        ocpp::Message request;
        Reply reply;
    };
    struct Connection {
        Peer peer;
        Outlet* outlet = nullptr;
        bool is_open = false;
        ocpp::rpc::State rpc;
        std::deque<Call> calls;   ///< the first is on its way if rpc.ours is
    };

    void run(Connection& connection, ocpp::rpc::Input input, Instant now, WallTime wall);
    void on_request(Connection& connection, const ocpp::rpc::Request& request, Instant now, WallTime wall);
    void call(std::string_view station, ocpp::Message request, Instant now, Reply reply);
    void call_next(Connection& connection, Instant now);
    void answered(Connection& connection, const ocpp::rpc::MessageId& id, std::string answer);
    [[nodiscard]] Result<Connection*> open_connection(std::string_view station);

    [[nodiscard]] Result<std::string> list_stations() const;
    [[nodiscard]] Result<std::string> list_transactions() const;
    [[nodiscard]] Result<std::string> show_transaction(std::string_view name, std::string_view station) const;
    [[nodiscard]] Result<ocpp::Message> start_request(std::string_view evse, std::string_view token) const;

    [[nodiscard]] static std::uint32_t random_number();
    [[nodiscard]] static ocpp::rpc::MessageId fresh_id();

    Store& store_;
    std::map<std::string, std::string> common_names_;
    Say say_;
    ocpp::rpc::Side side_{.role = ocpp::rpc::Role::csms, .limits = {.bytes = message_bound}};
    std::map<std::string, Connection, std::less<>> connections_;
};

}  // namespace voltkeep::csms
