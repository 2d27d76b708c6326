// SPDX-License-Identifier: Apache-2.0
// captor IMAGE [OPTION...]: started by `voltkeep own` where a station starts its process manager. Puts a captive into the place
// of the service that VOLTKEEP_OWN names, starts the real process manager on the changed image, and tells its lines to two: who
// started it, and who watches (the socket VOLTKEEP_OWN_WATCH). Ends with the process manager's status. Test builds only.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "edit.hpp"
#include "kernel/os.hpp"

namespace voltkeep::containment {
namespace {

Result<> change_image(const std::string& path, const std::string& service) {
    const auto image = TRY(load_image(path));
    policy::Service* const taken = find(*image, service);
    if (taken == nullptr) return fail(Errc::not_found, "no service " + service);
    const std::string programs = std::string(image->state.view()) + "/programs";
    TRY(gather_programs(std::string(image->programs.view()), CAPTIVE, programs));
    image->programs = *policy::Path::from(programs);
    take_over(*image, *taken);
    return save_image(*image, path);
}

kernel::os::Descriptor watcher(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    kernel::os::Descriptor end(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(end.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) end.reset();
    return end;
}

pid_t manager = -1;

int relay(char** words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return 2;
    manager = ::fork();
    if (manager == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        ::dup2(ends[1], 1);
        ::execv(PROCMGR, words);
        ::_exit(127);
    }
    ::close(ends[1]);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::signal(signal, [](int) { ::kill(manager, SIGTERM); });
    const kernel::os::Descriptor watch = watcher(std::getenv("VOLTKEEP_OWN_WATCH"));
    char buffer[16384];
    for (;;) {
        const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        (void)!::write(1, buffer, static_cast<std::size_t>(n));
        if (watch) (void)!::send(watch.get(), buffer, static_cast<std::size_t>(n), MSG_NOSIGNAL);
    }
    int status = 0;
    while (::waitpid(manager, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace
}  // namespace voltkeep::containment

int main(int count, char** words) {
    using namespace voltkeep::containment;
    const char* const service = std::getenv("VOLTKEEP_OWN");
    if (count < 2 || service == nullptr || std::getenv("VOLTKEEP_OWN_WATCH") == nullptr) return 2;
    if (const auto changed = change_image(words[1], service); !changed) {
        std::fprintf(stderr, "captor: %s\n", std::string(changed.error().what.view()).c_str());
        return 2;
    }
    words[0] = const_cast<char*>(PROCMGR);
    return relay(words);
}
