// SPDX-License-Identifier: Apache-2.0
// A forked process has neither the channel nor the courier of its parent: it makes its own and fetches its end from the parent.
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "kernel/os/qnx/exchange.hpp"
#include "kernel/os/test_process.hpp"

namespace voltkeep::kernel::os {

TestProcess::TestProcess(const Body& body) {
    static const bool is_told = qnx::Exchange::here().watch_deaths().has_value();   // a child that dies before it fetches its end
    CHECK(is_told);
    Pair pair = MUST(make_pair());
    const std::string offered = MUST(qnx::Exchange::here().offer(pair.b.get(), 0));
    const Pair start = [] {   // a pipe: the child waits until its end is allowed to be fetched
        int ends[2];
        CHECK(::pipe(ends) == 0);
        return Pair{Descriptor(ends[0]), Descriptor(ends[1])};
    }();
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
        qnx::Exchange::forget();
        char go = 0;
        CHECK(::setenv(qnx::control_variable, offered.c_str(), 1) == 0 && ::read(start.a.get(), &go, 1) == 1);
        ::_exit(body(3));
    }
    qnx::Exchange::here().allow(pair.b.get(), pid_);
    CHECK(::write(start.b.get(), "", 1) == 1);
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
