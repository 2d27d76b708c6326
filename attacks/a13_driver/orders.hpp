// SPDX-License-Identifier: Apache-2.0
// What a stranger in a taken-over service is told to try, by number: the attack and the stranger are built from the same list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace voltkeep::attacks {

/// How a try ends if it is contained.
enum class End : unsigned char {
    death,      ///< the filter refuses a system call: the process ends, the call's number is in the log
    request,    ///< the process manager refuses a request, and it is in the log
    message,    ///< the receiver refuses a message or a pulse, and it is in the log
    nothing,    ///< there is no way at all: no conduit, no such file, no more memory. Nobody else hears of it
};

struct Order {
    std::string name;      ///< for people
    std::string order;     ///< for the stranger (tests/containment/tries.hpp)
    End end = End::death;
    int detail = 0;        ///< death: the system call; request: its number; message: the message's number or the pulse's code
    std::string receiver;  ///< message: who refuses it
};

/// Of the owned driver, of the owned operator, of the owned ocpp: a list by the name of the service's type.
[[nodiscard]] std::vector<Order> orders_for(std::string_view type);

}  // namespace voltkeep::attacks
