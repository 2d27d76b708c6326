// SPDX-License-Identifier: Apache-2.0
#include "members.hpp"

#include <algorithm>

#include "kernel/config.hpp"
#include "kernel/image.hpp"

namespace voltkeep::kills {

Duration Member::pause_at(std::size_t death) const {
    return backoff.empty() || death == 0 ? Duration{} : backoff[std::min(death, backoff.size()) - 1];
}

Result<std::vector<Member>> members_of(const harness::Station& station) {
    const auto file = TRY(kernel::read_file(station.state() + "/run/policy.image", kernel::bound<policy::Image>));
    const auto image = std::make_unique<policy::Image>();
    kernel::Reader reader{Bytes(file)};
    if (!kernel::Codec<policy::Image>::get(reader, *image)) return fail(Errc::malformed, "policy.image");
    std::vector<Member> members;
    for (const policy::Service& s : image->services) {
        Member m{std::string(s.name.view()),
                 std::string(s.type.view()),
                 s.evse.number,
                 std::chrono::milliseconds(s.watchdog.beat_ms) * s.watchdog.high,
                 std::chrono::seconds(s.restart.period_s),
                 {},
                 {}};
        if (s.schedule == policy::Schedule::fifo)
            m.budget_period = 10 * std::chrono::microseconds(s.rt_period_us);  // as procmgr enforces it
        for (const std::uint16_t ms : s.restart.backoff_ms) m.backoff.push_back(std::chrono::milliseconds(ms));
        members.push_back(m);
    }
    return members;
}

}  // namespace voltkeep::kills
