// SPDX-License-Identifier: Apache-2.0
// The filters do what their groups say: the probe runs under them as a service would and tries one thing at a time.
#include "policy/syscalls.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <initializer_list>
#include <string>

namespace voltkeep::policy {
namespace {
using enum SyscallGroup;

struct Powers {
    std::initializer_list<SyscallGroup> groups;
    bool writes = false;
};

std::uint32_t bits(std::initializer_list<SyscallGroup> groups) {
    std::uint32_t set = 0;
    for (const SyscallGroup group : groups) set |= 1u << static_cast<unsigned>(group);
    return set;
}

/// How the probe ended in a folder of its own: "done", "failed", "refused" (by the filter), or what else happened.
std::string outcome(const Powers& powers, const std::string& action) {
    const auto start = make_filter(bits(powers.groups), powers.writes, Stage::start);
    const auto sealed = make_filter(bits(powers.groups), powers.writes, Stage::sealed);
    if (!start || !sealed) return "no filter";
    const auto probe = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "policy_probe";
    const int opened = open(probe.c_str(), O_RDONLY | O_CLOEXEC);
    const int program = fcntl(opened, F_DUPFD_CLOEXEC, 10);   // 3 is the filter's
    close(opened);
    std::string folder = testing::TempDir() + "filter-XXXXXX";
    if (!mkdtemp(folder.data())) return "no folder";
    const int filter = open(folder.c_str(), O_TMPFILE | O_RDWR, 0600);
    if (program < 0 || filter < 0 || write(filter, sealed->data(), sealed->size()) < 0) return "no probe";
    lseek(filter, 0, SEEK_SET);
    const pid_t child = fork();
    if (child == 0) {
        if (chdir(folder.c_str()) != 0 || dup2(filter, 3) != 3) _exit(90);
        const int quiet = open("/dev/null", O_RDWR);
        dup2(quiet, 1);
        dup2(quiet, 2);
        prctl(PR_SET_DUMPABLE, 0);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        sock_fprog code{static_cast<unsigned short>(start->size() / sizeof(sock_filter)),
                        const_cast<sock_filter*>(reinterpret_cast<const sock_filter*>(start->data()))};
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &code) != 0) _exit(91);
        char* const arguments[] = {const_cast<char*>("probe"), const_cast<char*>(action.c_str()), nullptr};
        syscall(SYS_execveat, program, "", arguments, environ, AT_EMPTY_PATH);
        _exit(92);
    }
    int status = 0;
    waitpid(child, &status, 0);
    close(program);
    close(filter);
    std::filesystem::remove_all(folder);
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSYS ? "refused" : "signal " + std::to_string(WTERMSIG(status));
    return WEXITSTATUS(status) == 0   ? "done"
           : WEXITSTATUS(status) == 1 ? "failed"
                                      : "status " + std::to_string(WEXITSTATUS(status));
}

TEST(Filter, base_is_enough_to_start_seal_and_live) { EXPECT_EQ(outcome({{base}}, "live"), "done"); }

TEST(Filter, base_opens_makes_and_runs_nothing_after_the_seal) {
    for (const char* action :
         {"read",        "list",          "write",    "unlink", "thread",         "fork",  "exec", "listen",
          "unix-socket", "packet-socket", "accept",   "ptrace", "kill",           "mount", "bpf",  "io_uring",
          "memfd",       "unshare",       "set-time", "prctl",  "another-filter", "x32"})
        EXPECT_EQ(outcome({{base}}, action), "refused") << action;
}

TEST(Filter, nobody_silences_the_reporter_of_refused_calls_after_the_seal) {
    EXPECT_EQ(outcome({{base}}, "handle-signals"), "done");
    EXPECT_EQ(outcome({{base}}, "start:handle-refusals"), "done");
    EXPECT_EQ(outcome({{base}}, "handle-refusals"), "refused");
    EXPECT_EQ(outcome({{base}}, "handle-refusals-by-half"), "refused");
}

TEST(Filter, no_sealed_service_gets_executable_memory) {
    for (const char* action : {"map-code", "map-writable-code", "change-to-code"})
        EXPECT_EQ(outcome({{base, files, sockets, accept, threads, clock}, true}, action), "refused") << action;
}

TEST(Filter, start_lets_code_be_loaded_but_never_written_and_run_at_once) {
    EXPECT_EQ(outcome({{base}}, "start:map-code"), "done");
    EXPECT_EQ(outcome({{base}}, "start:map-writable-code"), "refused");
}

TEST(Filter, start_reads_files_and_writes_none) {
    EXPECT_EQ(outcome({{base}}, "start:read"), "done");
    for (const char* action :
         {"start:write", "start:fork", "start:exec", "start:listen", "start:ptrace", "start:kill", "start:mount"})
        EXPECT_EQ(outcome({{base}}, action), "refused") << action;
}

TEST(Filter, files_without_a_written_path_only_reads) {
    EXPECT_EQ(outcome({{base, files}}, "read"), "done");
    EXPECT_EQ(outcome({{base, files}}, "list"), "done");
    EXPECT_EQ(outcome({{base, files}}, "write"), "refused");
    EXPECT_EQ(outcome({{base, files}}, "unlink"), "refused");
}

TEST(Filter, files_with_a_written_path_is_enough_for_a_durable_table) {
    EXPECT_EQ(outcome({{base, files}, true}, "write"), "done");
    EXPECT_EQ(outcome({{base, files}, true}, "unlink"), "done");
    EXPECT_EQ(outcome({{base, files}, true}, "sql"), "done");
}

TEST(Filter, threads_are_threads_and_no_processes) {
    EXPECT_EQ(outcome({{base, threads}}, "thread"), "done");
    EXPECT_EQ(outcome({{base, threads}}, "fork"), "refused");
}

TEST(Filter, sockets_are_of_the_internet_and_not_raw) {
    EXPECT_EQ(outcome({{base, sockets}}, "listen"), "done");
    EXPECT_EQ(outcome({{base, sockets, files}}, "resolve"), "done");
    EXPECT_EQ(outcome({{base, sockets}}, "raw-socket"), "refused");
    EXPECT_EQ(outcome({{base, sockets}}, "packet-socket"), "refused");
    EXPECT_EQ(outcome({{base, sockets}}, "unix-socket"), "failed");
}

TEST(Filter, accept_processes_and_clock_give_what_they_say) {
    EXPECT_EQ(outcome({{base, accept}}, "accept"), "done");
    EXPECT_EQ(outcome({{base, processes}}, "fork"), "done");
    EXPECT_EQ(outcome({{base, clock}}, "set-time"), "done");
}

TEST(Filter, kept_writes_what_was_opened_before_the_seal_and_opens_nothing) {
    EXPECT_EQ(outcome({{base, kept}, true}, "write-kept"), "done");
    for (const char* action : {"read", "write", "unlink", "list"})
        EXPECT_EQ(outcome({{base, kept}, true}, action), "refused") << action;
    EXPECT_EQ(outcome({{base}, false}, "write-kept"), "refused") << "it cannot be opened for writing either";
}

TEST(Filter, lab_lets_a_sanitizer_work) {
    EXPECT_EQ(outcome({{base, lab}}, "live"), "done");
    EXPECT_EQ(outcome({{base, lab}}, "thread"), "done");
}

TEST(Filter, every_group_fits_the_image_together) {
    for (const Stage stage : {Stage::start, Stage::sealed})
        for (std::uint32_t groups = 1; groups < 1u << (static_cast<unsigned>(SyscallGroup::last_) + 1);
             groups += 2)  // base is always there
            ASSERT_TRUE(make_filter(groups, true, stage)) << groups;
}

}  // namespace
}  // namespace voltkeep::policy
