// SPDX-License-Identifier: Apache-2.0
#include "a13_driver/orders.hpp"

#include <sys/syscall.h>

#include "services/audit/protocol.hpp"
#include "services/session/protocol.hpp"

namespace voltkeep::attacks {

namespace {

Order call(std::string name, int number, const std::string& arguments = "") {
    return {std::move(name), "call " + std::to_string(number) + arguments, End::death, number, {}};
}
Order request(std::string name, int number, int argument = 0) {
    return {std::move(name), "ask " + std::to_string(number) + " " + std::to_string(argument), End::request, number, {}};
}
template <class Interface, class M>
Order message(const std::string& receiver, std::string name) {
    const int number = Interface::template number_of<M>;
    return {std::move(name), "send " + receiver + " " + std::to_string(number) + " 64", End::message, number, receiver};
}
Order no_conduit(const std::string& receiver, std::string name) {
    return {std::move(name), "send " + receiver + " 0 16", End::nothing, 0, receiver};
}

/// The meter keeps a book of its page numbers, so it may open: what it may not open is not there, or not for it.
Order no_file(std::string name, const std::string& path, int flags) {
    return {std::move(name),
            "call " + std::to_string(SYS_openat) + " -100 \"" + path + "\" " + std::to_string(flags),
            End::nothing,
            0,
            {}};
}

std::vector<Order> of_driver() {
    return {
        call("attach to another process", SYS_ptrace, " 16 2 0 0"),
        call("read another process's memory", SYS_process_vm_readv, " 2 *16 1 *16 1 0"),
        call("write another process's memory", SYS_process_vm_writev, " 2 *16 1 *16 1 0"),
        call("end all processes", SYS_kill, " -1 9"),
        call("hold another process", SYS_pidfd_open, " 2 0"),
        call("take another process's descriptor", SYS_pidfd_getfd, " -1 0 0"),
        no_file("open /dev/mem", "/dev/mem", 2),
        no_file("open /etc/shadow", "/etc/shadow", 0),
        no_file("leave the folder", "../../../etc/passwd", 0),
        no_file("open the keys", "/state/pki/secc/key.pem", 0),
        no_file("overwrite its own key", "/state/pki/meter@1/key.pem", 1),
        no_file("write the log", "/state/log/0", 1),
        call("open by handle", SYS_open_by_handle_at, " -1 *128 0"),
        call("mount", SYS_mount, " \"none\" \"/state\" \"tmpfs\" 0 0"),
        call("unmount", SYS_umount2, " \"/state\" 2"),
        call("change the root", SYS_pivot_root, " \".\" \".\""),
        call("chroot", SYS_chroot, " \".\""),
        call("make a user namespace", SYS_unshare, " 0x10000000"),
        call("enter a namespace", SYS_setns, " -1 0"),
        call("fork", SYS_clone, " 17 0 0 0 0"),
        call("fork bomb, by clone3", SYS_clone3, " *88 88"),
        call("execute a shell", SYS_execve, " \"/bin/sh\" 0 0"),
        call("execute by descriptor", SYS_execveat, " 4 \"\" 0 0 4096"),
        call("make a file in memory", SYS_memfd_create, " \"x\" 0"),
        {"map written and executed memory", "map-wx", End::death, SYS_mmap, {}},
        {"make memory executable", "make-x", End::death, SYS_mprotect, {}},
        call("TCP socket", SYS_socket, " 2 1 0"),
        call("raw socket", SYS_socket, " 2 3 1"),
        call("packet socket", SYS_socket, " 17 3 768"),
        call("Unix socket", SYS_socket, " 1 1 0"),
        call("CAN socket", SYS_socket, " 29 3 1"),
        call("become root", SYS_setuid, " 0"),
        call("take capabilities", SYS_capset, " *8 *24"),
        call("read the kernel's keys", SYS_keyctl, " 0 0 0"),
        call("load a BPF program", SYS_bpf, " 5 *64 64"),
        call("watch by performance counters", SYS_perf_event_open, " *112 0 -1 -1 0"),
        call("io_uring", SYS_io_uring_setup, " 1 *120"),
        call("userfaultfd", SYS_userfaultfd, " 0"),
        call("load a kernel module", SYS_init_module, " *16 16 \"\""),
        call("reach the machine's ports", SYS_iopl, " 3"),
        call("make a device", SYS_mknod, " \"x\" 0020644 259"),
        call("set the clock", SYS_settimeofday, " *16 0"),
        call("run before the safety loop", SYS_sched_setscheduler, " 0 1 *8"),
        call("restart the machine", SYS_reboot, " 0xfee1dead 672274793 0x1234567 0"),
        {"silence the reporter of refused calls", "silence", End::death, SYS_rt_sigaction, {}},
        request("learn of other services", 3),
        request("read the events", 4),
        request("restart the safety loop", 5, 1),
        request("quarantine the safety loop", 6, 1),
        {"a pulse that session does not expect", "pulse session 31", End::message, 31, "session"},
        no_conduit("power@1", "speak to the safety loop"),
        {"more memory than its limit", "memory 128", End::nothing, 0, {}},
    };
}

/// What both outer processes are told: nothing of it is theirs.
void add_common(std::vector<Order>& orders) {
    using namespace session;
    for (const char* receiver : {"powerdrv@1", "power@1", "meter@1", "net", "plc@1", "link@ev1"})
        orders.push_back(no_conduit(receiver, std::string("speak to ") + receiver));
    orders.push_back(message<session::Interface, Authorize>("session", "authorize a car"));
    orders.push_back(message<session::Interface, SetEvNeeds>("session", "say what the car needs"));
    orders.push_back(message<session::Interface, TakeSetpoint>("session", "take the setpoint"));
    orders.push_back(message<session::Interface, StopByEv>("session", "stop in the car's name"));
    orders.push_back(request("quarantine the safety loop", 6, 1));
    orders.push_back(request("switch the firmware's slot", 7));
    orders.push_back(request("start a service", 8, 1));
    orders.push_back(call("connect to a socket's name", SYS_socket, " 1 1 0"));
}

std::vector<Order> of_operator() {
    using namespace session;
    std::vector<Order> orders;
    add_common(orders);
    orders.push_back(message<session::Interface, AuthorizationResult>("session", "answer an authorization"));
    orders.push_back(message<session::Interface, RemoteStart>("session", "start a charge"));
    orders.push_back(message<session::Interface, SetAvailability>("session", "take the station out of service"));
    orders.push_back(message<session::Interface, SetOnline>("session", "say that the CSMS is there"));
    orders.push_back(message<audit::Interface, audit::AppendLater>("audit", "log what may be lost"));
    orders.push_back(no_conduit("link@csms", "speak to the CSMS"));
    orders.push_back(request("read the events in the log's place", 4));
    orders.push_back(call("open the station's key", SYS_openat, " -100 \"/state/pki/station/key.pem\" 0"));
    return orders;
}

std::vector<Order> of_ocpp() {
    using namespace session;
    std::vector<Order> orders;
    add_common(orders);
    orders.push_back(message<session::Interface, StopByUser>("session", "stop in the user's name"));
    orders.push_back(message<session::Interface, Present>("session", "present somebody's card"));
    orders.push_back(message<session::Interface, AcknowledgeTrips>("session", "acknowledge what tripped"));
    orders.push_back(message<audit::Interface, audit::Read>("audit", "read the log"));
    orders.push_back(message<audit::Interface, audit::GetHead>("audit", "read the log's head"));
    orders.push_back(request("learn of other services", 3));
    orders.push_back(request("read the events in the log's place", 4));
    orders.push_back(request("restart the safety loop", 5, 1));
    orders.push_back(call("read the station's key", SYS_openat, " -100 \"/state/pki/station/key.pem\" 0"));
    orders.push_back(call("write the log", SYS_openat, " -100 \"/state/log/0\" 1"));
    orders.push_back(call("overwrite its configuration", SYS_openat, " -100 \"/state/config/ocpp\" 1"));
    return orders;
}

}  // namespace

std::vector<Order> orders_for(std::string_view type) {
    if (type == "meter") return of_driver();
    if (type == "operator") return of_operator();
    if (type == "ocpp") return of_ocpp();
    return {};
}

}  // namespace voltkeep::attacks
