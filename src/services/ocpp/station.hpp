// SPDX-License-Identifier: Apache-2.0
// The station's side of the conversation with the CSMS: what is sent next, what an answer means, what a request does.
// It holds no key and no socket, and three open files with what the CSMS has set and said: whole messages come from link@csms.
// Killed at any moment, its successor goes on over the same connection from the checkpoint; what was not acknowledged is still
// with session.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>

#include "checkpoint.hpp"
#include "device_model.hpp"
#include "identities.hpp"
#include "services/audit/client.hpp"
#include "services/link/protocol.hpp"
#include "services/ocpp/protocol.hpp"
#include "services/session/protocol.hpp"
#include "wire/ocpp/messages/authorization.hpp"
#include "wire/ocpp/messages/availability.hpp"
#include "wire/ocpp/messages/data_transfer.hpp"
#include "wire/ocpp/messages/local_list.hpp"
#include "wire/ocpp/messages/provisioning.hpp"
#include "wire/ocpp/messages/remote_control.hpp"
#include "wire/ocpp/messages/reservation.hpp"
#include "wire/ocpp/messages/security.hpp"
#include "wire/ocpp/messages/transactions.hpp"

namespace voltkeep::ocpp {

/// What it keeps over a reboot: opened before the seal.
struct Files {
    SettingsFile settings;
    KeptFile<LocalList> list;
    KeptFile<Cache> cache;
    static constexpr std::size_t largest =
        std::max({SettingsFile::size, KeptFile<LocalList>::size, KeptFile<Cache>::size});  ///< bytes

    /// In a folder that is there. Errors: io.
    static Result<Files> open(const std::string& folder);
};

/// All of session's events that wait are looked through for a transaction, and then the request is answered.
struct Search {
    std::optional<TransactionId> transaction{}; ///< this one, or
    EvseId evse{};                              ///< one at this EVSE; neither: any
    bool is_ongoing = false;
    bool is_queued = false;                     ///< the CSMS has not heard all of it
    std::function<Message(const Search&)> response{};
    rpc::MessageId id{};
    std::uint32_t connection = 0, frame = 0;
    std::uint64_t after = 0;                    ///< what was looked at
};

class Station {
public:
    Station(kernel::Service& self, const Config& config, Files files);

private:
    // the connection
    void want_connection();
    void look_at_link();
    void begin_connection(const link::GetState::State& state);
    void end_connection();
    void take_frames();
    Result<std::string> take_frame(link::TakeFrame::Piece& first);
    void on_frame(const std::string& text, std::uint32_t id, bool repeated);
    void finish_frame(std::uint32_t id);
    void run(rpc::Input input, std::uint32_t answers);
    bool put(std::string_view text, std::uint32_t answers);
    void release(std::uint32_t frame);
    [[nodiscard]] Blob<link::checkpoint_bound> checkpoint() const;

    // what comes out of the RPC framework
    void on(const rpc::Request& request);
    void on(const rpc::Result& result);
    void on(const rpc::CallFailed& failed);
    void refuse_invalid(const OcppError& why);

    // requests of the CSMS
    void answer(const rpc::MessageId& id, Message response);
    void start_transaction(const rpc::MessageId& id, const RequestStartTransactionRequest& request);
    void stop_transaction(const rpc::MessageId& id, const RequestStopTransactionRequest& request);
    void reserve(const rpc::MessageId& id, const ReserveNowRequest& request);
    void cancel_reservation(const rpc::MessageId& id, const CancelReservationRequest& request);
    void change_availability(const rpc::MessageId& id, const ChangeAvailabilityRequest& request);
    void get_variables(const rpc::MessageId& id, const GetVariablesRequest& request);
    void set_variables(const rpc::MessageId& id, const SetVariablesRequest& request);
    void reset(const rpc::MessageId& id, const ResetRequest& request);
    void transfer_data(const rpc::MessageId& id, const DataTransferRequest& request);
    void get_base_report(const rpc::MessageId& id, const GetBaseReportRequest& request);
    void get_report(const rpc::MessageId& id, const GetReportRequest& request);
    [[nodiscard]] GenericDeviceModelStatusEnum begin(const Report& report);
    void get_transaction_status(const rpc::MessageId& id, const GetTransactionStatusRequest& request);
    void unlock_connector(const rpc::MessageId& id, const UnlockConnectorRequest& request);
    void look_for(Search search);
    void send_local_list(const rpc::MessageId& id, const SendLocalListRequest& request);
    void get_local_list_version(const rpc::MessageId& id, const GetLocalListVersionRequest& request);
    void clear_cache(const rpc::MessageId& id, const ClearCacheRequest& request);
    void set_network_profile(const rpc::MessageId& id, const SetNetworkProfileRequest& request);
    void trigger_message(const rpc::MessageId& id, const TriggerMessageRequest& request);
    [[nodiscard]] TriggerMessageStatusEnum trigger(const TriggerMessageRequest& request);
    [[nodiscard]] bool answer_about_itself(const rpc::Request& request);
    void refuse_unaccepted(const rpc::Request& request);
    template <class M>
    [[nodiscard]] bool to(const rpc::Request& request, void (Station::*handler)(const rpc::MessageId&, const M&));
    [[nodiscard]] bool refuse_too_much(const rpc::MessageId& id, std::size_t items, std::int32_t most = items_per_message);
    [[nodiscard]] Facts facts() const;
    [[nodiscard]] Result<> adopt(const Values& values);
    template <class M, class Then>
    void ask_session(const rpc::MessageId& id, const M& message, Then response_to);

    // what is sent
    void send_next();
    void send_boot();
    [[nodiscard]] bool send_what_was_asked_for();
    void send_triggered();
    void send_part();
    void send_event(const session::Event& event);
    void note_availability(const session::Event& event);
    void on_out_of_order(bool is_on);
    void send_fault();
    void send_status(EvseId evse);
    void send_availability();
    bool call(Message request);
    void fetch_events();
    void look_behind(const session::TakeEvents::Events& events);
    [[nodiscard]] Decision decide_on(const session::Event& event) const;
    void answer_offline(const session::Event& event);
    void learn(const session::Identity& who, const IdTokenInfo& info);
    void acknowledge();
    void note_transaction();
    void try_again_or_give_up(const rpc::CallFailed& failed);
    void log_given_up(const rpc::CallFailed& failed);
    void forget_acknowledged();
    void distrust_checkpoint();
    bool tell_authorization(bool accepted, std::string_view reason);
    void send_again_soon();
    void on_boot(const BootNotificationResponse& response);
    void on_transaction(const TransactionEventResponse& response);
    void set_online(bool online);
    void say_online();

    kernel::Service& self_;
    Config config_;
    kernel::Client<link::Interface> link_;
    kernel::Client<session::Interface> session_;
    audit::Journal journal_;

    bool is_open_ = false;
    std::uint32_t connection_ = 0;
    rpc::Side side_;
    rpc::State rpc_;
    std::uint32_t answering_ = 0;             ///< the frame that is being handled; 0: none, or answered already

    std::uint32_t waiting_ = 0;               ///< the frame whose answer waits for session; 0: none

    Files files_;
    Settings settings_;                       ///< as its file has them
    LocalList list_;                          ///< so too
    Cache cache_;                             ///< as its file has it, if that could be written
    std::size_t frame_size_ = 0;              ///< bytes of the frame that is being handled

    Checkpoint at_;                           ///< all but the open calls, which rpc_ holds
    std::deque<session::Event> events_;       ///< taken from session and not acknowledged
    std::uint64_t looked_at_ = 0;  ///< session's events up to here were looked at for somebody who waits while the CSMS is away
    bool is_asking_ = false;                  ///< session's conduit carries a request: it takes no other message meanwhile
    bool is_withdrawing_ = false;             ///< and that is a withdrawal: its event is neither acknowledged nor sent again
    bool online_ = false;
    bool is_out_of_order_ = false;            ///< session stays off: nobody else can say so
    std::optional<SecurityEventNotificationRequest> alarm_;  ///< the log was tampered with: the CSMS has not answered yet
    std::uint8_t untold_faults_ = 0;          ///< EVSEs of which the CSMS has not heard it: 1 to this
    std::optional<Instant> away_since_;       ///< the last connection ended
    bool owes_availability_ = false;          ///< it was away for long: the CSMS is told what each connector is
    Instant not_before_{};                    ///< the next call of ours: after a refusal, or as BootNotification said
    Instant last_sent_{};
};

}  // namespace voltkeep::ocpp
