// SPDX-License-Identifier: Apache-2.0
#include "diary.hpp"

#include "base/clock.hpp"

namespace voltkeep::iso15118 {
namespace {

constexpr std::uint32_t longest_run = 100;   ///< of repetitions in one entry

std::int64_t us(Duration time) { return std::chrono::duration_cast<std::chrono::microseconds>(time).count(); }

}  // namespace

Diary::Diary(kernel::Service& self, Duration performance, Duration loop_performance)
    : journal_(self), evse_(self.evse().number), performance_(performance), loop_performance_(loop_performance) {}

void Diary::exchanged(std::string_view request, std::string_view code, Duration turnaround, bool is_repeated) {
    const bool is_late = turnaround > (request == "DC_ChargeLoopReq" ? loop_performance_ : performance_);
    ++messages_;
    late_ += is_late ? 1 : 0;
    worst_ = std::max(worst_, turnaround);
    const bool is_plain = code == "OK" && !is_late && !is_repeated;
    if (is_plain && running_ == request) {
        worst_of_run_ = std::max(worst_of_run_, turnaround);
        if (++repetitions_ == longest_run) flush();
        return;
    }
    flush();
    running_ = Text<40>::cut(request);
    audit::Payload entry;
    entry.put("message", request).put("turnaround_us", us(turnaround));
    if (!code.empty()) entry.put("code", code);
    if (is_late) entry.put("late", true);
    if (is_repeated) entry.put("repeated", true);
    journal_.append_later(audit::Type::message, evse_, entry);
}

void Diary::flush() {
    if (repetitions_ == 0) return;
    audit::Payload entry;
    entry.put("message", running_.view()).put("turnaround_us", us(worst_of_run_)).put("count", repetitions_);
    journal_.append_later(audit::Type::message, evse_, entry);
    repetitions_ = 0;
    worst_of_run_ = {};
}

void Diary::step(std::string_view step, std::string_view detail) {
    audit::Payload entry;
    entry.put("step", step);
    if (!detail.empty()) entry.put("detail", detail);
    journal_.append(audit::Type::session, evse_, entry);
}

void Diary::ended(std::string_view why) {
    flush();
    audit::Payload entry;
    entry.put("step", "v2g_ended")
        .put("reason", why)
        .put("messages", messages_)
        .put("late", late_)
        .put("worst_turnaround_us", us(worst_));
    journal_.append(audit::Type::session, evse_, entry);
    running_ = {};
    messages_ = late_ = 0;
    worst_ = {};
}

void Diary::suspicious(std::string_view detail) {
    journal_.append(audit::Type::security, evse_, audit::Payload().put("event", "InvalidMessages").put("detail", detail));
}

}  // namespace voltkeep::iso15118
