// SPDX-License-Identifier: Apache-2.0
// For the control alone: a server whose receiver looks neither at the policy's bitmap nor at the quota of a client. The linker
// puts it in front of the runtime.
#include "kernel/runtime.hpp"

using namespace voltkeep;
using kernel::Runtime;

extern "C" void __real__ZN8voltkeep6kernel7Runtime8on_callsEt(Runtime* runtime, std::uint16_t index);
extern "C" void __wrap__ZN8voltkeep6kernel7Runtime8on_callsEt(Runtime* runtime, std::uint16_t index);

extern "C" void __wrap__ZN8voltkeep6kernel7Runtime8on_callsEt(Runtime* runtime, std::uint16_t index) {
    kernel::control::End& end = runtime->conduits[index].end;
    if (end.is_server) {
        end.messages = 0xffffffff;
        end.quota = 0;
        while (end.deadline_ms.push(1000)) {}
    }
    __real__ZN8voltkeep6kernel7Runtime8on_callsEt(runtime, index);
}
