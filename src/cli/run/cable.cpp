// SPDX-License-Identifier: Apache-2.0
#include "cli/run/cable.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace voltkeep::cli {

namespace {

void write_setting(const char* path, std::string_view value) {
    const int file = ::open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || ::write(file, value.data(), value.size()) < 0) ::dprintf(2, "voltkeep: %s: %s\n", path, std::strerror(errno));
    ::close(file);
}

/// Owns a new network namespace until it is killed. Says "ready" when it is there.
void hold_network() {
    if (::unshare(CLONE_NEWNET) != 0) ::_exit(1);
    // The address is usable at once: duplicate address detection would hold it back for two seconds, on a cable of two ends.
    write_setting("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    write_setting("/proc/sys/net/ipv6/conf/all/accept_dad", "0");
    if (::write(1, "ready\n", 6) != 6) ::_exit(1);
    for (;;) ::pause();
}

Result<> run_ip(const std::string& network, const std::vector<std::string>& words) {
    std::vector<std::string> command{"ip"};
    command.insert(command.end(), words.begin(), words.end());
    Child ip = TRY(Child::start({"ip", command, {}, network, {}}));
    if (ip.status() != 0) return fail(Errc::denied, "ip " + words[0] + " " + words[1] + " failed");
    return {};
}

Result<Child> hold(const std::string& name) {
    Child holder = TRY(Child::start({name, {}, {}, {}, hold_network}));
    if (!TRY(kernel::os::wait(holder.lines(), now() + 5s)) || holder.take_lines().empty())
        return fail(Errc::denied, "this machine does not let us make a network namespace");
    return holder;
}

Result<> write_map(const char* path, const std::string& text) {
    const kernel::os::Descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
    if (!file || ::write(file.get(), text.data(), text.size()) < 0) return fail_errno("write", path);
    return {};
}

}  // namespace

Result<> become_own_root() {
    const std::string user = std::to_string(::geteuid()), group = std::to_string(::getegid());
    if (::unshare(CLONE_NEWUSER) != 0)
        return fail(Errc::denied, "not root, and this machine gives no user namespace: " + std::string(std::strerror(errno)));
    TRY(write_map("/proc/self/setgroups", "deny"));
    TRY(write_map("/proc/self/uid_map", "0 " + user + " 1"));
    return write_map("/proc/self/gid_map", "0 " + group + " 1");
}

Result<Cable> Cable::lay(int evse) {
    const std::string number = std::to_string(evse);
    Cable cable(TRY(hold("cable" + number)), TRY(hold("car" + number)));
    TRY(run_ip(cable.charger_network(), {"link", "add", "cable" + number, "type", "veth", "peer", "name", "car" + number, "netns",
                                         std::to_string(cable.car_.pid())}));
    TRY(run_ip(cable.charger_network(), {"link", "set", "cable" + number, "up"}));
    TRY(run_ip(cable.car_network(), {"link", "set", "car" + number, "up"}));
    return cable;
}

}  // namespace voltkeep::cli
