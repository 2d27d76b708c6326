// SPDX-License-Identifier: Apache-2.0
#include "cli/own/orders.hpp"

#include <seccomp.h>
#include <signal.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/door.hpp"
#include "tries.hpp"

namespace voltkeep::cli {

namespace {

using Words = std::vector<std::string>;

bool is_number(const std::string& text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos; }

std::string quoted(const std::string& text) { return "\"" + (text.starts_with('"') ? text.substr(1) : text) + "\""; }

Result<std::string> order_of_message(const Words& w, const MessageNames& messages) {
    const auto interface = messages.find(w[1].substr(0, w[1].find('@')));
    std::string number = w[2];
    if (!is_number(number)) {
        if (interface == messages.end()) return fail(Errc::bad_argument, w[1] + " serves nothing that has a name; try a number");
        const auto found = std::ranges::find(interface->second, number);
        if (found == interface->second.end()) {
            std::string known;
            for (const std::string& name : interface->second) known += " " + name;
            return fail(Errc::bad_argument, w[1] + " has no message " + number + "; it has:" + known);
        }
        number = std::to_string(found - interface->second.begin());
    }
    std::string order = "send " + w[1] + " " + number + " " + (w.size() > 3 ? w[3] : "0");
    for (std::size_t i = 4; i < w.size(); ++i) order += " " + w[i];
    return order;
}

Result<std::string> order_of_call(const Words& w) {
    long number = std::atol(w[1].c_str());
    if (!is_number(w[1])) {
        number = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, w[1].c_str());
        if (number < 0) return fail(Errc::bad_argument, "Linux has no system call " + w[1]);
    }
    std::string order = "call " + std::to_string(number);
    for (std::size_t i = 2; i < w.size(); ++i) order += " " + (w[i].starts_with('"') ? w[i] + "\"" : w[i]);
    return order;
}

Result<std::string> order_of_socket(const Words& w) {
    static const std::map<std::string, int> families{{"unix", 1},    {"inet", 2},       {"inet6", 10}, {"netlink", 16},
                                                     {"packet", 17}, {"bluetooth", 31}, {"vsock", 40}, {"can", 29}};
    static const std::map<std::string, int> types{{"stream", 1}, {"dgram", 2}, {"raw", 3}, {"seqpacket", 5}};
    const auto family = families.find(w.size() > 1 ? w[1] : "inet");
    const auto type = types.find(w.size() > 2 ? w[2] : "stream");
    if (family == families.end() || type == types.end())
        return fail(Errc::bad_argument, "socket unix|inet|inet6|netlink|packet|bluetooth|vsock|can [stream|dgram|raw|seqpacket]");
    return "call " + std::to_string(SYS_socket) + " " + std::to_string(family->second) + " " + std::to_string(type->second) +
           " 0";
}

}  // namespace

Result<std::string> order_of(const std::string& typed, const MessageNames& messages) {
    const Words w = containment::words_of(typed);
    if (w.empty()) return std::string();
    const std::string& verb = w[0];
    const auto needs = [&](std::size_t count, const char* usage) -> Result<> {
        if (w.size() > count) return {};
        return fail(Errc::bad_argument, usage);
    };
    if (verb == "ls") return "list " + quoted(w.size() > 1 ? w[1] : "/");
    if (verb == "cat") return TRY(needs(1, "cat PATH")), "read " + quoted(w[1]);
    if (verb == "write") return TRY(needs(2, "write PATH TEXT")), "write " + quoted(w[1]) + " " + quoted(w[2]);
    if (verb == "exec") return TRY(needs(1, "exec PATH")), "exec " + quoted(w[1]);
    if (verb == "ps") return std::string("list /proc");
    if (verb == "kill") return TRY(needs(1, "kill PID [SIGNAL]")), "kill " + w[1] + " " + (w.size() > 2 ? w[2] : "9");
    if (verb == "connect") return TRY(needs(2, "connect ADDRESS PORT")), "connect " + w[1] + " " + w[2];
    if (verb == "listen") return TRY(needs(2, "listen tcp|udp PORT")), "listen " + w[1] + " " + w[2];
    if (verb == "socket") return order_of_socket(w);
    if (verb == "mount") return "call " + std::to_string(SYS_mount) + R"( "none" "/state" "tmpfs" 0 0)";
    if (verb == "mmap")
        return std::string(w.size() > 1 && w[1] == "x" ? "map-x" : w.size() > 1 && w[1] == "change" ? "make-x" : "map-wx");
    if (verb == "ptrace") return "call " + std::to_string(SYS_ptrace) + " 16 " + (w.size() > 1 ? w[1] : "2") + " 0 0";
    if (verb == "root") return "call " + std::to_string(SYS_setuid) + " 0";
    if (verb == "fds") return std::string("descriptors");
    if (verb == "id") return std::string("identity");
    if (verb == "conduits") return std::string("ends");
    if (verb == "memory") return TRY(needs(1, "memory MIB")), "memory " + w[1];
    if (verb == "call") return TRY(needs(2, "call SERVICE MESSAGE [BYTES]")), order_of_message(w, messages);
    if (verb == "pulse") return TRY(needs(2, "pulse SERVICE CODE")), "pulse " + w[1] + " " + w[2];
    if (verb == "ask")
        return TRY(needs(1, "ask REQUEST [SERVICE NUMBER]; 3 get_state, 4 take_events, 5 restart, 6 quarantine")),
               "ask " + w[1] + " " + (w.size() > 2 ? w[2] : "0");
    if (verb == "syscall") return TRY(needs(1, "syscall NAME|NUMBER [ARGUMENT...]")), order_of_call(w);
    for (const char* same : {"fork", "threads", "files", "silence"})
        if (verb == same) return verb;
    return fail(Errc::bad_argument, "'" + verb + "' is not a command here; help lists them");
}

std::string in_words(const std::string& answer) {
    static const std::map<std::string, int> errors = [] {
        std::map<std::string, int> all;
        for (int error = 1; error < 134; ++error)
            if (const char* name = strerrorname_np(error)) all[name] = error;
        return all;
    }();
    if (const auto error = errors.find(answer); error != errors.end()) return answer + ": " + strerrordesc_np(error->second);
    if (answer.starts_with("calls ") || answer.starts_with("serves ")) {
        std::string text;
        for (const char c : answer) text += c == '\n' ? "\n  " : std::string(1, c);
        return text;
    }
    if (answer == "denied") return "denied: the receiver's policy has no bit for this message";
    if (answer == "malformed") return "malformed: refused before any handler saw it";
    if (answer == "no conduit") return "no conduit: there is no way to it, not even a name";
    if (answer == "refused") return "refused by the process manager";
    return answer;
}

std::string view_of(const std::string& line) {
    const auto json = Json::parse(line);
    if (!json) return {};
    const std::string event(json->string("event")), name(json->string("name")), life(json->string("life"));
    if (event == "fault" && json->string("code") == "system_call") {
        char* const call = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, static_cast<int>(number_in(*json, "detail")));
        const std::string text =
            name + ": system call " + (call != nullptr ? call : std::to_string(number_in(*json, "detail"))) + " REFUSED";
        std::free(call);
        return text;
    }
    if (event == "fault" && !json->string("peer").empty())
        return name + " REFUSED message " + std::to_string(number_in(*json, "detail")) + " of " +
               std::string(json->string("peer")) + ": " + std::string(json->string("code"));
    if (event == "fault")
        return name + " reports: " + std::string(json->string("code")) + ", message " +
               std::to_string(number_in(*json, "detail"));
    if (event == "refused") return name + ": request " + std::string(json->string("request")) + " to the process manager REFUSED";
    if (event == "late") return name + ": " + std::to_string(number_in(*json, "beats")) + " beats are missing";
    if (event == "rejoined")
        return "the conduit from " + std::string(json->string("client")) + " to " + std::string(json->string("server")) +
               " is made anew";
    if (event == "output") return name + " prints: " + std::string(json->string("text"));
    if (event != "service") return {};
    if (life == "dead" || life == "exhausted" || life == "quarantined")
        return name + " died: " + std::string(json->string("cause")) + (life == "dead" ? "" : ", and is not started again");
    if (life == "ready" && number_in(*json, "restarts") > 0) {
        char text[120];
        std::snprintf(text, sizeof text, "%s is back after %.1f ms", name.c_str(),
                      static_cast<double>(number_in(*json, "last_restart_us")) / 1000);
        return text;
    }
    return {};
}

std::string help() {
    return R"(You have taken over this service. The process is the real one's sandbox: its user, mounts, network, limits, filters and conduits.
  files      ls [PATH]   cat PATH   write PATH TEXT   exec PATH
  processes  ps   kill PID [SIGNAL]   ptrace PID   fork   threads   root
  network    socket FAMILY [TYPE]   connect ADDRESS PORT   listen tcp|udp PORT
  memory     mmap [wx|x|change]   memory MIB   files
  kernel     mount   syscall NAME|NUMBER [ARGUMENT...]   ("text" passes its address, *64 that of 64 bytes)
  station    conduits   call SERVICE MESSAGE [BYTES]   pulse SERVICE CODE   ask REQUEST [SERVICE NUMBER]
  yourself   id   fds   silence
  and        station (who lives out there)   fresh (die, and try before the seal)   seal   help   Ctrl-D (ends everything)
Try: cat /etc/shadow; ls /; socket inet; ptrace 1; mmap wx; call power@1 Setpoint; ask 5; syscall bpf 0 *64 64.
A refused system call kills the process, as it kills the service; the station says so beside it and starts it again.
)";
}

}  // namespace voltkeep::cli
