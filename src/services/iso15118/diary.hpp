// SPDX-License-Identifier: Apache-2.0
// What the log hears of a session: each exchange with its turnaround, a run of the same exchange in one entry, and how it ended.
#pragma once

#include "services/audit/client.hpp"

namespace voltkeep::iso15118 {

class Diary {
public:
    Diary(kernel::Service& self, Duration performance, Duration loop_performance);

    /// A request was answered. `code`: of the response, may be empty. `is_repeated`: by the successor of a process that died over
    /// it.
    void exchanged(std::string_view request, std::string_view code, Duration turnaround, bool is_repeated);
    /// A step of the session that must not be lost.
    void step(std::string_view step, std::string_view detail = {});
    /// The session is over; whatever was held back is written.
    void ended(std::string_view why);
    /// Something that a well-built car does not do.
    void suspicious(std::string_view detail);

private:
    void flush();

    audit::Journal journal_;
    std::uint8_t evse_;
    Duration performance_, loop_performance_;
    Text<40> running_;                 ///< the exchange whose repetitions are counted
    std::uint32_t repetitions_ = 0;    ///< that are not in the log yet
    Duration worst_of_run_{};
    std::uint32_t messages_ = 0;       ///< of this session
    std::uint32_t late_ = 0;
    Duration worst_{};
};

}  // namespace voltkeep::iso15118
