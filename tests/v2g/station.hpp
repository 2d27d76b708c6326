// SPDX-License-Identifier: Apache-2.0
// For tests: the V2G side of a station as real processes (link@ev, plc, iso15118 as they are built) on loopback, with stand-ins
// for session and audit, and the real car as a program. What the stand-ins saw is in memory that all of them share.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "kernel/test_station.hpp"
#include "services/iso15118/protocol.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::iso15118::testing {

/// Between the test and the stand-ins, which are processes of their own.
struct Shared {
    std::atomic<bool> stop_wanted;             ///< by the CSMS
    std::atomic<int> authorizations;
    std::atomic<int> stops;
    std::atomic<int> last_stop;                ///< session::StopCause
    std::atomic<int> phase;                    ///< session::Phase that was told last
    std::atomic<std::int64_t> delivered_mj, returned_mj;
    std::atomic<bool> is_ac;                   ///< what the EVSE is built for
    std::atomic<int> available_w;              ///< for a schedule; 0: all
};

/// A car that runs, and the lines that it has said.
class CarProcess {
public:
    CarProcess(const std::vector<std::string>& command);
    ~CarProcess();
    CarProcess(const CarProcess&) = delete;
    CarProcess& operator=(const CarProcess&) = delete;

    /// The next event of this name; null after `within`. Events before it are skipped.
    std::optional<exi::Json> wait_for(std::string_view event, Duration within = 30s);
    /// Waits for its end: the exit status, -1 if a signal ended it.
    int wait();
    void signal(int number) const;

private:
    std::optional<std::string> line(Instant deadline);
    pid_t pid_ = -1;
    int output_ = -1;
    std::string text_;
};

class StationTest : public ::testing::Test {
protected:
    StationTest();
    ~StationTest() override;

    /// A car with these arguments beside those that every car here has.
    std::unique_ptr<CarProcess> drive_up(std::vector<std::string> arguments = {"--duration", "1"}) const;
    /// The charger's side is started anew as `config` says.
    void reconfigure();
    [[nodiscard]] std::string log() const;
    [[nodiscard]] std::string path(const std::string& file) const { return directory + "/" + file; }

    kernel::testing::TestStation station;
    std::size_t iso15118 = 0, link = 0;
    Config config;
    Shared* shared = nullptr;
    std::string directory;
    std::uint16_t discovery_port = 0;
};

/// A number member of an event; 0 if it has none.
[[nodiscard]] double number(const exi::Json& event, std::string_view name);
[[nodiscard]] bool is_true(const exi::Json& event, std::string_view name);

}  // namespace voltkeep::iso15118::testing
