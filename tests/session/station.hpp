// SPDX-License-Identifier: Apache-2.0
// A whole station for a test: `voltkeep run` in a folder of its own, on a port of its own, its lines read as they come.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>

#include "cli/door.hpp"
#include "cli/layout.hpp"
#include "cli/run/child.hpp"

namespace voltkeep::testing {

using cli::Child;
using cli::DoorClient;
using cli::Json;
using cli::number_in;

/// The built tool; tests run from the project's folder, programs are in the build's.
inline const std::string tool = VOLTKEEP_TOOL;

class Station {
public:
    /// `as`: a program and its options that starts the tool as somebody else.
    explicit Station(std::vector<std::string> options = {}, std::vector<std::string> as = {}) : port_(next_port()), as_(std::move(as)) {
        char name[] = "/tmp/voltkeep-test-XXXXXX";
        EXPECT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
        if (as_.empty()) std::filesystem::remove(folder_);   // a first start makes it
        start(std::move(options));
    }
    ~Station() {
        if (child_ && child_->is_running()) {
            child_->tell(SIGKILL);
            child_->status();
        }
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    void start(std::vector<std::string> options) {
        std::vector<std::string> command = as_;
        command.insert(command.end(), {tool, "run", "--json", "--state", std::filesystem::relative(folder_).string(), "--csms-port", std::to_string(port_)});
        command.insert(command.end(), options.begin(), options.end());
        lines_.clear();
        child_.emplace(MUST(Child::start({"voltkeep run", command, {}, {}, {}})));
    }

    /// Waits for a line that fits, looking also at those that came before. Fails the test after `patience`.
    std::optional<Json> wait_for(const std::function<bool(const Json&)>& fits, Duration patience = 90s) {
        const Instant deadline = now() + patience;
        std::size_t looked_at = 0;
        for (;;) {
            for (; looked_at < lines_.size(); ++looked_at)
                if (fits(lines_[looked_at])) return lines_[looked_at];
            if (child_->lines() < 0 || !kernel::os::wait(child_->lines(), deadline).value_or(false)) break;
            for (const std::string& line : child_->take_lines())
                if (const auto json = Json::parse(line)) lines_.push_back(*json);
        }
        ADD_FAILURE() << "the line did not come; the last ones were:\n" << tail();
        return std::nullopt;
    }
    std::optional<Json> wait_for_step(std::string_view event, std::string_view step, Duration patience = 90s) {
        return wait_for([=](const Json& line) { return line.string("event") == event && line.string("step") == step; }, patience);
    }
    /// The next periodic meter value of the running transaction: power flows.
    void wait_until_charging() {
        wait_for([](const Json& line) { return line.string("event") == "transaction" && line.string("step") == "updated" && number_in(line, "power_w") > 10'000; });
    }
    std::optional<Json> summary(Duration patience = 120s) {
        return wait_for([](const Json& line) { return line.string("event") == "summary"; }, patience);
    }
    int status() {
        while (child_->lines() >= 0 && kernel::os::wait(child_->lines(), now() + 30s).value_or(false)) child_->take_lines();
        return child_->status();
    }
    void stop(int signal = SIGINT) { child_->tell(signal); }

    /// The process of a service, now.
    pid_t pid_of(std::string_view service) {
        auto door = DoorClient::connect(cli::door_of(folder_));
        const auto status = door ? door->ask("status") : Result<Json>(std::unexpected(door.error()));
        if (status)
            for (const Json& s : status->find("services")->items())
                if (s.string("name") == service && number_in(s, "pid") > 1) return static_cast<pid_t>(number_in(s, "pid"));
        ADD_FAILURE() << "no process of " << service;
        return 0;
    }
    /// Kills a service as an attacker's mistake would.
    void kill(std::string_view service) {
        const pid_t pid = pid_of(service);
        ASSERT_GT(pid, 1);
        ASSERT_EQ(::kill(pid, SIGKILL), 0);
    }

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] const std::vector<Json>& lines() const { return lines_; }
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string tail() const {
        std::string text;
        for (std::size_t i = lines_.size() > 40 ? lines_.size() - 40 : 0; i < lines_.size(); ++i) text += lines_[i].text() + "\n";
        return text;
    }

private:
    static int next_port() {
        static std::atomic<int> next{18'000 + static_cast<int>(::getpid() % 2000) * 10};
        return next++;
    }
    std::string folder_;
    int port_;
    std::vector<std::string> as_;
    std::optional<Child> child_;
    std::vector<Json> lines_;
};

/// A command of the tool: its output and its status.
struct Said {
    int status = -1;
    std::string output;
};
inline Said say(std::vector<std::string> words) {
    words.insert(words.begin(), tool);
    std::vector<std::string> command{"sh", "-c", "exec \"$@\" 2>&1", "sh"};
    command.insert(command.end(), words.begin(), words.end());
    Child child = MUST(Child::start({"voltkeep", command, {}, {}, {}}));
    Said said;
    while (child.lines() >= 0 && kernel::os::wait(child.lines(), now() + 60s).value_or(false))
        for (const std::string& line : child.take_lines()) said.output += line + "\n";
    said.status = child.status();
    return said;
}

}  // namespace voltkeep::testing
