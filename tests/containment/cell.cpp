// SPDX-License-Identifier: Apache-2.0
#include "cell.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "doors.hpp"

namespace voltkeep::containment {

Result<Cell> Cell::make(const std::string& state, const std::string& service) {
    Cell cell;
    cell.service_ = service;
    cell.door_ = TRY(listen_at(state + "/" + captive_door(service), SOCK_SEQPACKET));
    return cell;
}

Cell Cell::of_foreign(const std::string& state, const std::string& service) {
    Cell cell;
    cell.service_ = service;
    cell.way_ = state + "/" + foreign_door(service);
    return cell;
}

Result<std::string> Cell::meet(Duration patience) {
    if (!way_.empty()) return go(now() + patience);
    if (!TRY(kernel::os::wait(door_.get(), now() + patience))) return fail(Errc::timeout, "no captive came");
    end_ = kernel::os::Descriptor(::accept4(door_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!end_) return fail_errno("accept4");
    return hear(patience);
}

/// There is no event for a socket that appears.
Result<std::string> Cell::go(Instant deadline) {
    for (Result<std::string> heard = fail(Errc::timeout, "no captive listens");; ::usleep(1000)) {
        if (auto reached = connect_to(way_, SOCK_SEQPACKET)) {
            end_ = std::move(*reached);
            heard = hear(deadline - now());   // nothing, if it was about to die
        }
        if (heard || now() >= deadline) return heard;
    }
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
