// SPDX-License-Identifier: Apache-2.0
#include "cli/run/child.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace voltkeep::cli {

namespace {

[[noreturn]] void give_up(const char* what) {
    ::dprintf(2, "voltkeep: %s: %s\n", what, std::strerror(errno));
    ::_exit(127);
}

[[noreturn]] void become(const Child::How& how, pid_t parent, int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);   // it died before the line above
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setpgid(0, 0);   // Ctrl-C is ours: the order of the end is decided here
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(output, 1) < 0) give_up("dup2");
    if (!how.network.empty()) {
        const int network = ::open(how.network.c_str(), O_RDONLY | O_CLOEXEC);
        if (network < 0 || ::setns(network, CLONE_NEWNET) != 0) give_up(how.network.c_str());
    }
    if (!how.directory.empty() && ::chdir(how.directory.c_str()) != 0) give_up(how.directory.c_str());
    if (how.instead_of_command) {
        how.instead_of_command();
        ::_exit(0);
    }
    std::vector<char*> words;
    for (const std::string& word : how.command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    ::execvp(words[0], words.data());
    give_up(words[0]);
}

}  // namespace

Result<Child> Child::start(const How& how) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe2");
    Child child;
    child.name_ = how.name;
    child.output_ = kernel::os::Descriptor(ends[0]);
    const kernel::os::Descriptor output(ends[1]);
    const pid_t parent = ::getpid();
    child.pid_ = ::fork();
    if (child.pid_ < 0) return fail_errno("fork", how.name);
    if (child.pid_ == 0) become(how, parent, ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    child.pidfd_ = kernel::os::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
    if (!child.pidfd_) return fail_errno("pidfd_open", how.name);
    return child;
}

std::vector<std::string> Child::take_lines() {
    constexpr std::size_t line_bound = 65536;
    std::vector<std::string> lines;
    std::array<char, 65536> buffer;
    for (;;) {
        const ssize_t n = ::read(output_.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            if (n == 0) output_.reset();
            break;
        }
        input_.append(buffer.data(), static_cast<std::size_t>(n));
        for (std::size_t end; (end = input_.find('\n')) != std::string::npos || input_.size() > line_bound;) {
            end = std::min(end, line_bound);
            lines.push_back(input_.substr(0, end));
            input_.erase(0, end + 1);
        }
    }
    return lines;
}

void Child::tell(int signal) const {
    if (pid_ > 0) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

int Child::status() {
    if (pid_ <= 0) return status_;
    int raw = 0;
    while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {}
    pid_ = -1;
    status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    return status_;
}

}  // namespace voltkeep::cli
