// SPDX-License-Identifier: Apache-2.0
// Control groups of version 2. `real`: the machine's own hierarchy, mounted for this test; what controllers it has is the
// machine's business (one that has given them to version 1 has none left), and what it has must be used. `imitation`: files in
// memory in the place of the hierarchy: only the names and values that are written, not what a kernel makes of them.
#include "kernel/os/linux/cgroup.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace voltkeep::kernel::os {
namespace {

constexpr int no_namespace = 77;
const std::filesystem::path root = "/sys/fs/cgroup";

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}
void put(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

std::unique_ptr<policy::Image> image_of_two() {
    auto image = std::make_unique<policy::Image>();
    image->state = "/nowhere/cgroup-test";
    for (const char* name : {"meter", "power"}) {
        policy::Service s;
        s.name = *policy::ServiceName::from(name);
        s.limits = {.memory_bytes = 16u << 20, .cpu_percent = 25, .files = 16, .tasks = 3};
        CHECK(image->services.push(s));
    }
    image->services[1].schedule = policy::Schedule::fifo;
    return image;
}

/// Runs `part` in a process that has `source` mounted in the hierarchy's place; its value is the line that failed, 0 if none did.
int with_mount(const char* type, int (*part)()) {
    const pid_t child = ::fork();
    if (child == 0) {
        const bool is_alone = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
        if (!is_alone || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", root.c_str(), type, 0, nullptr) != 0)
            ::_exit(no_namespace);
        ::_exit(part());
    }
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define EXPECT_HERE(condition) \
    if (!(condition)) return std::printf("line %d: %s\n", __LINE__, #condition), std::fflush(stdout), 1

/// The station's group: the only one with our prefix.
std::filesystem::path station_group() {
    for (const auto& entry : std::filesystem::directory_iterator(root))
        if (entry.path().filename().string().starts_with("voltkeep-")) return entry.path();
    return {};
}

int write_names_and_values() {
    const auto image = image_of_two();
    put(root / "cgroup.controllers", "cpu memory pids\n");
    put(root / "cgroup.subtree_control", "");
    std::filesystem::path group;
    {   // the group's name is its own to choose: made once to learn it
        Cgroups first = Cgroups::make(*image);
        group = station_group();
        EXPECT_HERE(!group.empty());
        EXPECT_HERE(!first.limits_memory(0));
    }
    put(group / "cgroup.subtree_control", "");
    for (const char* service : {"meter", "power"}) {
        std::filesystem::create_directories(group / service);
        for (const char* file : {"memory.max", "pids.max", "cpu.max", "cgroup.procs"}) put(group / service / file, "");
        put(group / service / "memory.events", "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\noom_group_kill 0\n");
    }
    Cgroups groups = Cgroups::make(*image);
    EXPECT_HERE(groups.limits_memory(0) && groups.limits_tasks(0) && !groups.has_rt_budget(1));
    EXPECT_HERE(content(group / "meter/memory.max") == "16777216");
    EXPECT_HERE(content(group / "meter/pids.max") == "3");
    EXPECT_HERE(content(root / "cgroup.subtree_control").starts_with("+cpu"));
    EXPECT_HERE(content(group / "cgroup.subtree_control").starts_with("+cpu"));
    const CgroupEntries entries = groups.entries(0);
    EXPECT_HERE(entries.size() == 3);   // one folder, entered three times: no harm
    for (const int entry : entries) EXPECT_HERE(::write(entry, "0", 1) == 1 && ::close(entry) == 0);
    EXPECT_HERE(content(group / "meter/cgroup.procs") == "0");
    EXPECT_HERE(content(group / "meter/cpu.max") == "max");
    groups.limit_cpu(0);
    EXPECT_HERE(content(group / "meter/cpu.max") == "25000 100000");
    EXPECT_HERE(content(group / "power/cpu.max").empty());   // a FIFO service is bounded by its budget, not by a quota
    EXPECT_HERE(!groups.was_out_of_memory(0));               // an earlier station's
    put(group / "meter/memory.events", "oom 2\noom_kill 2\n");
    EXPECT_HERE(groups.was_out_of_memory(0));
    EXPECT_HERE(!groups.was_out_of_memory(0));
    return 0;
}

int use_what_there_is() {
    const auto image = image_of_two();
    const std::string controllers = " " + content(root / "cgroup.controllers");
    Cgroups groups = Cgroups::make(*image);
    const bool has_memory = controllers.find(" memory") != std::string::npos,
               has_pids = controllers.find(" pids") != std::string::npos;
    std::printf("the machine's version 2 has:%s", controllers == " " ? " nothing\n" : controllers.c_str());
    std::fflush(stdout);
    EXPECT_HERE(!groups.limits_memory(0) || has_memory);
    EXPECT_HERE(!groups.limits_tasks(0) || has_pids);
    EXPECT_HERE(::geteuid() != 0 || groups.limits_memory(0) == has_memory);
    const CgroupEntries entries = groups.entries(0);
    EXPECT_HERE(entries.empty() ==
                (!groups.limits_memory(0) && !groups.limits_tasks(0) && controllers.find(" cpu ") == std::string::npos));
    if (!entries.empty()) {
        const pid_t inside = ::fork();
        if (inside == 0) {
            for (const int entry : entries)
                if (::write(entry, "0", 1) != 1) ::_exit(1);
            ::_exit(content("/proc/self/cgroup").find("voltkeep-") == std::string::npos ? 2 : 0);
        }
        int status = 0;
        EXPECT_HERE(::waitpid(inside, &status, 0) == inside && status == 0);
    }
    for (const int entry : entries) ::close(entry);
    groups.remove();
    EXPECT_HERE(station_group().empty());
    return 0;
}
}  // namespace

TEST(CgroupVersion2, imitation_names_and_values) {
    const int line = with_mount("tmpfs", write_names_and_values);
    if (line == no_namespace) GTEST_SKIP() << "no mount namespace to be had here";
    EXPECT_EQ(line, 0);
}

TEST(CgroupVersion2, real_what_there_is_is_used_and_removed) {
    const int line = with_mount("cgroup2", use_what_there_is);
    if (line == no_namespace) GTEST_SKIP() << "version 2 cannot be mounted here";
    EXPECT_EQ(line, 0);
}

}  // namespace voltkeep::kernel::os
