// SPDX-License-Identifier: Apache-2.0
// What a service's journal does with entries that the log will never take: between two real processes.
#include "services/audit/client.hpp"

#include <gtest/gtest.h>

#include "kernel/test_station.hpp"

namespace voltkeep::audit {
namespace {

constexpr std::uint32_t append_only = 1;

/// Ends with 0 when "after" came and then how many were lost; refuses what is of another kind.
int serve_log(int control) {
    kernel::Service self = kernel::Service::start(control);
    bool has_after = false;
    self.serve<Interface>(
        [&](const Append& m) -> Result<Append::Appended> {
            if (m.type == Type::meter) return fail(Errc::bad_argument, "never");
            if (m.type == Type::gap) ::_exit(has_after && m.payload.view() == R"({"lost":2})" ? 0 : 2);
            has_after = true;
            return Append::Appended{1};
        },
        [](const AppendLater&) -> Result<kernel::Done> { ::_exit(3); }, [](const Read&) -> Result<Read::Entries> { ::_exit(4); },
        [](const GetHead&) -> Result<GetHead::Head> { ::_exit(5); },
        [](const GetSeals&) -> Result<GetSeals::Seals> { ::_exit(6); });
    self.seal();
    return self.run();
}

int write_journal(int control) {
    kernel::Service self = kernel::Service::start(control);
    Journal journal(self);
    journal.append_later(Type::message, 0, Payload());   // the policy gives it no AppendLater
    journal.append(Type::meter, 0, Payload());           // the log refuses it
    journal.append(Type::session, 0, Payload());
    self.seal();
    return self.run();
}

}  // namespace

TEST(Journal, what_the_log_refuses_for_good_is_counted_and_what_is_behind_it_goes_on) {
    kernel::testing::TestStation station;
    const auto log = station.add("audit", serve_log);
    const auto writer = station.add("session", write_journal);
    station.conduit<Interface>(writer, log, append_only, 500);
    station.start();
    EXPECT_EQ(station.attend(log, 5s), 0);
}

}  // namespace voltkeep::audit
