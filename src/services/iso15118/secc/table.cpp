// SPDX-License-Identifier: Apache-2.0
#include "services/iso15118/secc/table.hpp"

namespace voltkeep::iso15118::secc {
namespace {

template <auto Handler>
struct Handled;
template <class Response, class Req, Answer<Response> (*Handler)(const Context&, const Session&, const Req&)>
struct Handled<Handler> {
    static constexpr std::size_t request = iso15118::detail::position<Req, AnyMessage>;
    static Turn run(const Context& context, const Session& session, const Message& message) {
        auto answer = Handler(context, session, std::get<Req>(message));
        return {std::move(answer.session), Message(std::move(answer.response)), PayloadType::common, std::move(answer.actions)};
    }
};

template <auto Handler>
constexpr Row on(Stage stage, Gate gate = Gate::authorized) {
    return {stage, Handled<Handler>::request, gate, &Handled<Handler>::run};
}

using enum Stage;
using enum Gate;

constexpr std::array rows{
    on<choose_protocol>(app_protocol, open),
    on<set_up_session>(session_setup, open),
    on<set_up_authorization>(authorization_setup, open),
    on<authorize>(authorization, open),

    on<list_services>(service_discovery),
    on<detail_service>(service_detail),
    on<detail_service>(service_selection),
    on<select_service>(service_selection),
    on<exchange_parameters>(charge_parameters),
    on<exchange_ac_parameters>(charge_parameters),
    on<exchange_schedules>(schedule_exchange),
    on<check_cable>(cable_check),
    on<pre_charge>(precharge),
    on<pre_charge>(power_delivery),
    on<start_power>(power_delivery),

    // From here on a car that may not charge any more is told to terminate, and stops in order.
    on<charge>(charge_loop, open),
    on<charge_ac>(charge_loop, open),
    on<renegotiate_schedules>(charge_loop, open),
    on<change_power>(charge_loop, open),
    on<detect_welding>(welding_detection, open),

    // The graceful end, in every stage after SessionSetup.
    on<stop_session>(authorization_setup, open),
    on<stop_session>(authorization, open),
    on<stop_session>(service_discovery, open),
    on<stop_session>(service_detail, open),
    on<stop_session>(service_selection, open),
    on<stop_session>(charge_parameters, open),
    on<stop_session>(schedule_exchange, open),
    on<stop_session>(cable_check, open),
    on<stop_session>(precharge, open),
    on<stop_session>(power_delivery, open),
    on<stop_session>(charge_loop, open),
    on<stop_session>(welding_detection, open),
    on<stop_session>(session_stop, open),
};

}  // namespace

const Row* find_row(Stage stage, const Message& request) {
    const auto row = std::ranges::find_if(rows, [&](const Row& r) { return r.stage == stage && r.request == request.index(); });
    return row == rows.end() ? nullptr : &*row;
}

}  // namespace voltkeep::iso15118::secc
