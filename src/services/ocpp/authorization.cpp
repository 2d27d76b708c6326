// SPDX-License-Identifier: Apache-2.0
// Blocks C and D of OCPP 2.1: whom the station lets charge without asking, and what the CSMS has it know of them.
#include "station.hpp"

namespace voltkeep::ocpp {

Decision Station::decide_on(const session::Event& event) const {
    return decide(event.identity, event.evse, online_, list_, cache_, rules_of(settings_), wall_now());
}

/// Somebody stands at the station and the CSMS is away. Who is not known here waits for it, as long as session lets them.
void Station::answer_offline(const session::Event& event) {
    if (online_ || event.kind != session::EventKind::authorize || decide_on(event) != Decision::accept) return;
    const auto told = session_.call(session::AuthorizationResult{event.evse, event.request, true, "known here"});
    const auto entry = audit::Payload().put("step", "authorized_offline").put("event", event.sequence);
    if (told) journal_.append(audit::Type::session, event.evse.number, entry);
    if (told || told.error().code == Errc::not_found) return;   // not found: that is over
    self_.after(100ms, [this] {   // session is being restarted: the event is still its
        if (is_open_) return;
        looked_at_ = 0;
        events_.clear();
        fetch_events();
    });
}

void Station::look_behind(const session::TakeEvents::Events& events) {
    if (online_) return;   // it is back: they come in their turn
    for (const session::Event& event : events.events) {
        looked_at_ = event.sequence;
        answer_offline(event);
    }
}

void Station::learn(const session::Identity& who, const IdTokenInfo& info) {
    if (!is_on("AuthCacheCtrlr.Enabled", settings_) || !remember(cache_, who, info, wall_now())) return;
    //= OCPP 2.1 C10.FR.02
    if (const auto kept = files_.cache.write(cache_); !kept) self_.fault(kept.error());   // it is true for this life all the same
}

//= OCPP 2.1 D01.FR.02
void Station::send_local_list(const rpc::MessageId& id, const SendLocalListRequest& request) {
    //= OCPP 2.1 D01.FR.11
    if (refuse_too_much(id, request.localAuthorizationList ? request.localAuthorizationList->size() : 0, list_items_per_message))
        return;
    const auto next = std::make_unique<LocalList>(list_);
    ListUpdate updated = update(*next, request, rules_of(settings_));
    if (updated.status == SendLocalListStatusEnum::Accepted) {
        //= OCPP 2.1 D01.FR.10
        if (const auto kept = files_.list.write(*next); kept) list_ = *next;
        else {
            self_.fault(kept.error());
            updated = {SendLocalListStatusEnum::Failed, "OutOfStorage"};
        }
    }
    SendLocalListResponse response;
    response.status = updated.status;
    if (!updated.reason.empty()) response.statusInfo.emplace().reasonCode = *String<20>::from(updated.reason);
    answer(id, response);
}

void Station::get_local_list_version(const rpc::MessageId& id, const GetLocalListVersionRequest&) {
    //= OCPP 2.1 D02.FR.01, D02.FR.02, D02.FR.03
    answer(id, GetLocalListVersionResponse{.versionNumber = rules_of(settings_).has_list ? list_.version : 0});
}

void Station::clear_cache(const rpc::MessageId& id, const ClearCacheRequest&) {
    //= OCPP 2.1 C11.FR.01, C11.FR.02, C11.FR.03, C11.FR.04, C11.FR.05
    const bool is_cleared = is_on("AuthCacheCtrlr.Enabled", settings_) && files_.cache.write({}).has_value();
    if (is_cleared) cache_ = {};
    answer(id, ClearCacheResponse{.status = is_cleared ? ClearCacheStatusEnum::Accepted : ClearCacheStatusEnum::Rejected});
}

}  // namespace voltkeep::ocpp
