// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/os/test_process.hpp"

namespace voltkeep::kernel::os {

TestProcess::TestProcess(const Body& body) {
    Pair pair = MUST(make_pair());
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        // An inherited end would hide a hang-up: only the one at descriptor 3 stays.
        CHECK(::dup2(pair.b.get(), 3) == 3 && ::close_range(4, ~0u, 0) == 0);
        ::_exit(body(3));
    }
    end_ = std::move(pair.a);
}

TestProcess::~TestProcess() {
    if (pid_ <= 0) return;
    kill();
    (void)wait();
}

void TestProcess::kill() const {
    CHECK(pid_ > 0);
    ::kill(pid_, SIGKILL);
}

int TestProcess::wait() {
    int status = 0;
    CHECK(::waitpid(std::exchange(pid_, -1), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : killed;
}

}  // namespace voltkeep::kernel::os
