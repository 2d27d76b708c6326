// SPDX-License-Identifier: Apache-2.0
#include "cell.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "edit.hpp"

namespace voltkeep::containment {

Result<kernel::os::Descriptor> listen_at(const std::string& path, int type) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return fail(Errc::bad_argument, "too long for a socket: " + path);
    std::memcpy(address.sun_path, path.data(), path.size());
    ::unlink(path.c_str());
    kernel::os::Descriptor door(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (!door || ::bind(door.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(door.get(), 8) != 0)
        return fail_errno("listen", path);
    return door;
}

Result<Cell> Cell::make(const std::string& state, const std::string& service) {
    Cell cell;
    cell.service_ = service;
    cell.door_ = TRY(listen_at(state + "/" + captive_door(service), SOCK_SEQPACKET));
    return cell;
}

Result<std::string> Cell::meet(Duration patience) {
    if (!TRY(kernel::os::wait(door_.get(), now() + patience))) return fail(Errc::timeout, "no captive came");
    end_ = kernel::os::Descriptor(::accept4(door_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!end_) return fail_errno("accept4");
    return hear(patience);
}

Result<std::string> Cell::hear(Duration patience) {
    if (!TRY(kernel::os::wait(end_.get(), now() + patience))) return fail(Errc::timeout, "no answer");
    std::vector<std::byte> buffer(65536);
    const auto received = TRY(kernel::os::receive(end_.get(), buffer));
    if (!received) return fail(Errc::closed, "nothing");
    return std::string(as_text(Bytes(buffer).first(received->size)));
}

Result<std::string> Cell::tell(const std::string& order, Duration patience) {
    if (!end_) return fail(Errc::closed, "not met");
    TRY(kernel::os::send(end_.get(), as_bytes(order)));
    auto answer = hear(patience);
    if (!answer && answer.error().code != Errc::timeout) end_.reset();
    return answer;
}

bool Cell::wait_for_death(Duration patience) {
    while (end_) {
        if (const auto heard = hear(patience); !heard && heard.error().code == Errc::timeout) return false;
        else if (!heard) end_.reset();
    }
    return true;
}

}  // namespace voltkeep::containment
