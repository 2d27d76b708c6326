// SPDX-License-Identifier: Apache-2.0
// The command-line tool in a GoogleTest, as a person uses it: `voltkeep run` with its options, and other commands beside it. What
// does not come within its deadline is the test's failure.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "harness/station.hpp"
#include "kernel/os.hpp"

namespace voltkeep::harness {

class ToolStation : public Station {
public:
    /// `as`: a program and its options that starts the tool as somebody else.
    explicit ToolStation(std::vector<std::string> options = {}, std::vector<std::string> as = {}) : as_(std::move(as)) {
        again(std::move(options));
    }

    /// Once more, in the same folder.
    void again(std::vector<std::string> options) {
        std::vector<std::string> command = as_;
        command.insert(command.end(), {tool(), "run", "--json", "--state", std::filesystem::relative(state()).string(),
                                       "--csms-port", std::to_string(port())});
        command.insert(command.end(), options.begin(), options.end());
        run({"voltkeep run", command, {}, {}, {}});
    }

    std::optional<Json> wait_for(const Fits& fits, Duration patience = 90s) {
        auto line = Station::wait_for(fits, patience);
        if (!line) ADD_FAILURE() << "the line did not come; the last ones were:" << tail(40);
        return line;
    }
    std::optional<Json> wait_for_step(std::string_view event, std::string_view step, Duration patience = 90s) {
        return wait_for([=](const Json& line) { return line.string("event") == event && line.string("step") == step; }, patience);
    }
    std::optional<Json> summary(Duration patience = 120s) {
        return wait_for([](const Json& line) { return line.string("event") == "summary"; }, patience);
    }
    /// The next periodic meter value of the running transaction: power flows.
    void wait_until_charging() { EXPECT_TRUE(Station::wait_until_charging(90s)); }

    void stop(int signal = SIGINT) { process().tell(signal); }
    /// Waits for its end.
    int status() {
        while (process().lines() >= 0 && kernel::os::wait(process().lines(), now() + 30s).value_or(false)) lines();
        return process().status();
    }

    /// The process of a service, now.
    pid_t pid_of(std::string_view name) {
        const auto found = service(name);
        if (found && found->pid > 1) return found->pid;
        ADD_FAILURE() << "no process of " << name;
        return 0;
    }
    /// Kills a service as an attacker's mistake would.
    void kill(std::string_view name) {
        const pid_t pid = pid_of(name);
        ASSERT_GT(pid, 1);
        ASSERT_EQ(::kill(pid, SIGKILL), 0);
    }

private:
    std::vector<std::string> as_;
};

/// A command of the tool: its output and its status.
struct Said {
    int status = -1;
    std::string output;
};
inline Said say(std::vector<std::string> words) {
    words.insert(words.begin(), tool());
    std::vector<std::string> command{"sh", "-c", "exec \"$@\" 2>&1", "sh"};
    command.insert(command.end(), words.begin(), words.end());
    cli::Child child = MUST(cli::Child::start({"voltkeep", command, {}, {}, {}}));
    Said said;
    while (child.lines() >= 0 && kernel::os::wait(child.lines(), now() + 60s).value_or(false))
        for (const std::string& line : child.take_lines()) said.output += line + "\n";
    said.status = child.status();
    return said;
}

}  // namespace voltkeep::harness
