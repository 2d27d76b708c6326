// SPDX-License-Identifier: Apache-2.0
// filter_probe ACTION: a program as a service is one. It is started under a start filter, takes the sealed filter from descriptor
// 3 and installs it, then does one thing. Status 0: it could; 1: it failed; a refused call ends it by SIGSYS.
#include <dirent.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {
sqlite3* database = nullptr;
std::array<int, 2> pair{};
int queue = -1;
int kept = -1;

bool run_sql(const char* text) {
    char* error = nullptr;
    const bool good = sqlite3_exec(database, text, nullptr, nullptr, &error) == SQLITE_OK;
    if (!good) std::fprintf(stderr, "%s: %s\n", text, error ? error : "?");
    return good;
}

/// What a loop does: memory, time, randomness, messages with descriptors, timers, events.
bool live() {
    std::vector<std::string> memory(2000, std::string(5000, 'x'));
    std::array<char, 16> bytes{};
    timespec time{};
    iovec io{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
    msghdr message{};
    message.msg_iov = &io;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &pair[0], sizeof(int));
    epoll_event event{EPOLLIN, {}};
    int on = 1;
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    const itimerspec soon{{}, {0, 1000000}};
    pollfd wait{pair[1], POLLIN, 0};
    const bool good = getrandom(bytes.data(), bytes.size(), 0) == 16 && syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time) == 0 &&
                      sendmsg(pair[0], &message, 0) == 16 && poll(&wait, 1, 100) == 1 &&
                      recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) == 16 && timerfd_settime(timer, 0, &soon, nullptr) == 0 &&
                      epoll_ctl(queue, EPOLL_CTL_ADD, timer, &event) == 0 && epoll_wait(queue, &event, 1, 1000) == 1 &&
                      eventfd(0, EFD_CLOEXEC) >= 0 && fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 &&
                      ioctl(pair[0], FIONBIO, &on) == 0 && memory.back().size() == 5000 && usleep(1000) == 0;
    std::printf("alive at %ld\n", time.tv_sec);
    return std::fflush(stdout) == 0 && good;
}

bool can_map(int protection) { return mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; }

bool can_change_to_code() {
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

bool can_exec() {
    char* const arguments[] = {const_cast<char*>("true"), nullptr};
    execve("/bin/true", arguments, nullptr);
    return false;
}

bool can_fork() {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    return child > 0 && waitpid(child, nullptr, 0) == child;
}

bool can_thread() {
    int sum = 0;
    std::jthread([&] { sum = 1; }).join();
    return sum == 1;
}

bool can_resolve() {
    addrinfo* found = nullptr;
    const bool good = getaddrinfo("localhost", "443", nullptr, &found) == 0;
    if (found) freeaddrinfo(found);
    return good;
}

const std::map<std::string, std::function<bool()>> actions = {
    {"live", live},
    {"sql",
     [] {
         return run_sql("begin; insert into t values(1); commit; pragma wal_checkpoint(truncate);") &&
                sqlite3_close(database) == SQLITE_OK;
     }},
    {"read", [] { return std::ifstream("/etc/passwd").good(); }},
    {"list", [] { return opendir("/") != nullptr; }},
    {"write", [] { return open("probe.txt", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0; }},
    {"write-kept", [] { return kept >= 0 && pwrite(kept, "x", 1, 0) == 1 && fdatasync(kept) == 0; }},
    {"unlink", [] { return unlink("probe.txt") == 0 || errno == ENOENT; }},
    {"thread", can_thread},
    {"fork", can_fork},
    {"exec", can_exec},
    {"resolve", can_resolve},
    {"listen",
     [] {
         const int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
         int on = 1;
         return setsockopt(listener, IPPROTO_IPV6, 26 /* IPV6_V6ONLY */, &on, sizeof on) == 0 && listen(listener, 1) == 0;
     }},
    {"raw-socket", [] { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0; }},
    {"unix-socket", [] { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }},
    {"packet-socket", [] { return socket(AF_PACKET, SOCK_DGRAM, 0) >= 0; }},
    {"accept", [] { return accept4(pair[0], nullptr, nullptr, 0) < 0 && errno != ENOSYS; }},
    {"map-code", [] { return can_map(PROT_READ | PROT_EXEC); }},
    {"map-writable-code", [] { return can_map(PROT_READ | PROT_WRITE | PROT_EXEC); }},
    {"change-to-code", can_change_to_code},
    {"ptrace", [] { return ptrace(PTRACE_TRACEME, 0, 0, 0) == 0; }},
    {"kill", [] { return kill(getpid(), 0) == 0; }},
    {"mount", [] { return syscall(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr) == 0 || errno != ENOSYS; }},
    {"bpf", [] { return syscall(SYS_bpf, 0, nullptr, 0) == 0 || errno == EPERM || errno == EINVAL; }},
    {"io_uring", [] { return syscall(SYS_io_uring_setup, 1, nullptr) == 0 || errno != ENOSYS; }},
    {"memfd", [] { return memfd_create("x", 0) >= 0; }},
    {"unshare", [] { return syscall(SYS_unshare, 0) == 0; }},
    {"set-time",
     [] {
         const timespec time{};
         return clock_settime(CLOCK_MONOTONIC, &time) == 0 || errno == EINVAL;
     }},
    {"handle-signals",
     [] {
         return signal(SIGINT, SIG_IGN) != SIG_ERR && signal(SIGTERM, SIG_IGN) != SIG_ERR &&
                signal(SIGRTMAX, SIG_IGN) != SIG_ERR && signal(SIGSEGV, SIG_DFL) != SIG_ERR;
     }},
    {"handle-refusals", [] { return signal(SIGSYS, SIG_IGN) != SIG_ERR; }},
    {"handle-refusals-by-half", [] { return syscall(SYS_rt_sigaction, (1l << 32) | SIGSYS, nullptr, nullptr, 8) == 0; }},
    {"prctl", [] { return syscall(SYS_prctl, 3, 0, 0, 0, 0) >= 0; }},
    {"another-filter", [] { return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, nullptr) == 0 || errno == EFAULT; }},
    {"x32", [] { return syscall(0x40000000 | SYS_getpid) > 0; }},
};

/// Only the start filter holds: the library, the configuration, the data base.
bool prepare(const std::string& action) {
    queue = epoll_create1(EPOLL_CLOEXEC);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return false;
    if (action == "write-kept") return (kept = open("kept.txt", O_RDWR | O_CREAT | O_CLOEXEC, 0600)) >= 0;
    if (action != "sql") return true;
    return sqlite3_open("probe.db", &database) == SQLITE_OK &&
           run_sql("pragma locking_mode=exclusive; pragma journal_mode=wal; pragma synchronous=full;") &&
           run_sql("create table if not exists t(a);");
}
}  // namespace

int main(int count, char** arguments) {
    const std::string action = count == 2 ? arguments[1] : "";
    const bool at_start = action.starts_with("start:");
    const auto found = actions.find(at_start ? action.substr(6) : action);
    if (found == actions.end() || !prepare(found->first)) return 2;
    static std::array<sock_filter, 4096> program;
    const ssize_t size = read(3, program.data(), sizeof program);
    sock_fprog filter{static_cast<unsigned short>(static_cast<std::size_t>(size) / sizeof(sock_filter)), program.data()};
    if (!at_start && (size <= 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0))
        return 3;
    const bool good = found->second();
    std::fflush(stdout);
    _exit(good ? 0 : 1);
}
