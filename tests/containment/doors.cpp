// SPDX-License-Identifier: Apache-2.0
#include "doors.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace voltkeep::containment {

namespace {
Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return fail(Errc::bad_argument, "too long for a socket: " + path);
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}
}  // namespace

std::string captive_door(std::string_view service) { return "run/" + std::string(service) + ".captive"; }
std::string foreign_door(std::string_view service) { return "state/" + std::string(service) + "/captive"; }

Result<kernel::os::Descriptor> listen_at(const std::string& path, int type) {
    const sockaddr_un address = TRY(address_of(path));
    ::unlink(path.c_str());
    kernel::os::Descriptor door(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (!door || ::bind(door.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(door.get(), 8) != 0)
        return fail_errno("listen", path);
    return door;
}

Result<kernel::os::Descriptor> connect_to(const std::string& path, int type) {
    const sockaddr_un address = TRY(address_of(path));
    kernel::os::Descriptor end(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (!end || ::connect(end.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("connect", path);
    return end;
}

}  // namespace voltkeep::containment
