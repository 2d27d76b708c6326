// SPDX-License-Identifier: Apache-2.0
#include "tries.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <list>

#include <netinet/in.h>

namespace voltkeep::containment {

namespace {

volatile sig_atomic_t refused = 0;

/// The kernel has skipped the call; its result is what we put into the register.
void on_refused_call(int, siginfo_t*, void* context) {
    refused = 1;
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
}

std::string named(int error) {
    if (take_refused()) return "SIGSYS";
    const char* name = strerrorname_np(error);
    return name != nullptr ? name : std::to_string(error);
}
std::string outcome(long result) {
    if (result < 0) return named(errno);
    if (take_refused()) return "SIGSYS";
    return "ok";
}

long number_of(const std::string& word) { return std::strtol(word.c_str(), nullptr, 0); }

// ---- a system call as it is: call NUMBER ARGUMENT...

/// An argument: a number, "text (its address), or *N: the address of N zeroed bytes.
long argument_of(const std::string& word, std::list<std::string>& kept) {
    if (!word.empty() && word[0] == '"') return reinterpret_cast<long>(kept.emplace_back(word.substr(1)).c_str());
    if (!word.empty() && word[0] == '*')
        return reinterpret_cast<long>(kept.emplace_back(static_cast<std::size_t>(number_of(word.substr(1))), '\0').data());
    return static_cast<long>(std::strtoul(word.c_str(), nullptr, 0));
}

std::string call(const std::vector<std::string>& words) {
    std::list<std::string> kept;
    std::array<long, 6> a{};
    for (std::size_t i = 0; i < a.size() && i + 2 < words.size(); ++i) a[i] = argument_of(words[i + 2], kept);
    const long result = ::syscall(number_of(words[1]), a[0], a[1], a[2], a[3], a[4], a[5]);
    std::string said = outcome(result);
    if (result >= 0 && said == "ok") said += " " + std::to_string(result);
    if (result > 0 && number_of(words[1]) == SYS_socket) ::close(static_cast<int>(result));
    return said;
}

/// Every system call once with arguments that no call can use; what was not refused by a filter, with its answer.
std::string sweep(const std::vector<std::string>& words) {
    std::string text;
    const long last = number_of(words[1]);
    for (long number = 0; number <= last; ++number) {
        bool is_left_out = false;
        for (std::size_t i = 2; i < words.size(); ++i) is_left_out |= number_of(words[i]) == number;
        if (is_left_out) continue;
        const long result = ::syscall(number, -1, -1, -1, -1, -1, -1);
        const std::string said = outcome(result);
        if (said != "SIGSYS") text += (text.empty() ? "" : " ") + std::to_string(number) + "=" + said;
    }
    return text;
}

// ---- files

std::string read_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return named(errno);
    std::array<char, 512> bytes;
    const ssize_t n = ::read(file, bytes.data(), bytes.size());
    const int reason = errno;
    ::close(file);
    if (n < 0) return reason == EISDIR ? "ok (a folder)" : named(reason);
    return "ok " + std::string(bytes.data(), static_cast<std::size_t>(n));
}

std::string write_file(const std::string& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    if (file < 0) return named(errno);
    const ssize_t n = ::write(file, text.data(), text.size());
    const std::string said = outcome(n);
    ::close(file);
    return said;
}

std::string list_folder(const std::string& path) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return named(errno);
    std::vector<std::string> names;
    alignas(8) std::array<char, 4096> bytes;
    for (long n; (n = ::syscall(SYS_getdents64, folder, bytes.data(), bytes.size())) > 0;)
        for (long at = 0; at < n;) {
            std::uint16_t size = 0;
            std::memcpy(&size, bytes.data() + at + 16, sizeof size);
            const std::string name(bytes.data() + at + 19);
            if (name != "." && name != "..") names.push_back(name);
            at += size;
        }
    ::close(folder);
    std::ranges::sort(names);
    std::string text = "ok";
    for (const std::string& name : names) text += " " + name;
    return take_refused() ? "SIGSYS" : text;
}

/// Execution of a file by its descriptor, as the start of a service does it. If it succeeds, this process is that program.
std::string execute(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return named(errno);
    const char* const arguments[] = {path.c_str(), nullptr};
    const char* const environment[] = {nullptr};
    ::syscall(SYS_execveat, file, "", arguments, environment, AT_EMPTY_PATH);
    const int reason = errno;
    ::close(file);
    errno = reason;
    return named(reason);
}

/// The same in a process of its own: "ok" if it was that program, and ended well.
std::string run_program(const std::string& path) {
    const pid_t child = ::fork();
    if (child < 0) return named(errno);
    if (child == 0) {
        (void)execute(path);
        ::_exit(errno);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child) return named(errno);
    return !WIFEXITED(status) ? "death" : WEXITSTATUS(status) == 0 ? "ok" : named(WEXITSTATUS(status));
}

// ---- sockets

/// All families and types for which a socket is made: "2:1" is AF_INET, SOCK_STREAM.
std::string sockets() {
    std::string text;
    for (int family = 0; family <= 45; ++family)
        for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_PACKET}) {
            const int made = ::socket(family, type, 0);
            const std::string said = outcome(made);
            if (made >= 0) ::close(made);
            if (said != "SIGSYS")
                text += (text.empty() ? "" : " ") + std::to_string(family) + ":" + std::to_string(type) + "=" + said;
        }
    return text.empty() ? "none" : text;
}

sockaddr_in address_of(const std::string& host, long port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    return address;
}

std::string connect_to(const std::string& host, long port) {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);   // never blocks: the beat goes on
    if (made < 0) return named(errno);
    const sockaddr_in address = address_of(host, port);
    std::string said = outcome(::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    if (said == "EINPROGRESS") {
        int error = ETIMEDOUT;
        socklen_t size = sizeof error;
        const auto waited = kernel::os::wait(made, now() + 50ms);
        if (waited && *waited) ::getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size);
        else if (sockaddr_in peer; size = sizeof peer, ::getpeername(made, reinterpret_cast<sockaddr*>(&peer), &size) == 0)
            error = 0;
        said = error == 0 ? "ok" : named(error);
    }
    ::close(made);
    return said;
}

std::string listen_on(const std::string& protocol, long port) {
    const int made = ::socket(AF_INET, (protocol == "tcp" ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (made < 0) return named(errno);
    const sockaddr_in address = address_of("0.0.0.0", port);
    std::string said = outcome(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    if (said == "ok" && protocol == "tcp") said = outcome(::listen(made, 1));
    ::close(made);
    return said;
}

std::string connect_to_name(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path + (path[0] == '@' ? 1 : 0), path.c_str() + (path[0] == '@' ? 1 : 0),
                 sizeof address.sun_path - 2);
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) return named(errno);
    const std::string said = outcome(::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    ::close(made);
    return said;
}

// ---- growing

std::string fork_once() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    return outcome(child);
}

std::atomic<int> threads_may_end{0};
void* wait_for_end(void*) {
    while (threads_may_end.load() == 0) {
        const timespec pause{0, 1'000'000};
        ::nanosleep(&pause, nullptr);
    }
    return nullptr;
}

/// Threads until one is refused; how many this process then has.
std::string threads() {
    threads_may_end = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    std::vector<pthread_t> made;
    int error = 0;
    for (pthread_t thread; made.size() < 64 && (error = pthread_create(&thread, &small, wait_for_end, nullptr)) == 0;)
        made.push_back(thread);
    const bool is_refused = take_refused();
    threads_may_end = 1;
    for (const pthread_t thread : made) pthread_join(thread, nullptr);
    if (is_refused) return "SIGSYS";
    return "ok " + std::to_string(made.size() + 1) + " then " + (error != 0 ? named(error) : "no end");
}

/// Maps so much; with `is_used` it also takes the pages.
std::string take_memory(long mib, bool is_used) {
    const std::size_t size = static_cast<std::size_t>(mib) << 20;
    void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return named(errno);
    for (std::size_t i = 0; is_used && i < size; i += 4096) static_cast<volatile char*>(memory)[i] = 1;
    ::munmap(memory, size);
    return "ok";
}

/// Descriptors until one is refused; how many this process then has.
std::string files() {
    int open = 0;
    for (int d = 0; d < 4096; ++d) open += ::fcntl(d, F_GETFD) >= 0;
    std::vector<int> made;
    for (int copy; made.size() < 4096 && (copy = ::dup(0)) >= 0;) made.push_back(copy);
    const int reason = errno;
    for (const int copy : made) ::close(copy);
    return "ok " + std::to_string(open + static_cast<int>(made.size())) + " then " +
           (made.size() < 4096 ? named(reason) : "no end");
}

std::string descriptors() {
    std::string text;
    for (int d = 0; d < 4096; ++d) {
        struct stat kind{};
        if (::fstat(d, &kind) != 0) continue;
        const char* what = S_ISSOCK(kind.st_mode) ? "socket" : S_ISFIFO(kind.st_mode) ? "pipe" : S_ISCHR(kind.st_mode) ? "device"
                         : S_ISDIR(kind.st_mode) ? "folder" : S_ISREG(kind.st_mode) ? "file" : "kernel";
        text += (text.empty() ? "" : " ") + std::to_string(d) + ":" + what;
    }
    return text;
}

// ---- memory that is code

std::string map_code(int protection) {
    void* const memory = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return named(errno);
    ::munmap(memory, 4096);
    return outcome(0);
}

std::string make_code() {
    void* const memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return named(errno);
    const std::string said = outcome(::mprotect(memory, 4096, PROT_READ | PROT_EXEC));
    ::munmap(memory, 4096);
    return said;
}

/// The same kernel by its other doors: the 32-bit call gate, and the numbers of the x32 ABI. Both filters end the process at
/// once.
std::string other_door(const std::string& which) {
    long result = 20;   // getpid of the 32-bit table
    if (which == "int80") asm volatile("int $0x80" : "+a"(result)::"memory");
    else result = ::syscall(0x40000000 | SYS_getpid);
    return "ok " + std::to_string(result);
}

std::string silence_reporter() {
    struct sigaction nothing{};
    nothing.sa_handler = SIG_IGN;
    return outcome(::sigaction(SIGSYS, &nothing, nullptr));
}

}  // namespace

std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < line.size();) {
        if (line[at] == ' ') {
            ++at;
            continue;
        }
        const bool is_quoted = line[at] == '"';
        const std::size_t end = std::min(line.find(is_quoted ? '"' : ' ', at + 1), line.size());
        words.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

void hide_refused_calls() {
    struct sigaction action{};
    action.sa_sigaction = on_refused_call;
    action.sa_flags = SA_SIGINFO;
    CHECK(::sigaction(SIGSYS, &action, nullptr) == 0);
}

bool take_refused() { return std::exchange(const_cast<sig_atomic_t&>(refused), 0) != 0; }

std::string try_alone(const std::vector<std::string>& words) {
    if (words[0] == "call" && words.size() >= 2) return call(words);
    std::vector<std::string> w = words;
    for (std::string& word : w)
        if (!word.empty() && word[0] == '"') word.erase(0, 1);
    const std::string& what = w[0];
    if (w.size() >= 2) {
        if (what == "sweep") return sweep(w);
        if (what == "read") return read_file(w[1]);
        if (what == "list") return list_folder(w[1]);
        if (what == "exec") return execute(w[1]);
        if (what == "run") return run_program(w[1]);
        if (what == "name") return connect_to_name(w[1]);
        if (what == "memory") return take_memory(number_of(w[1]), w.size() > 2);
        if (what == "door") return other_door(w[1]);
    }
    if (w.size() >= 3) {
        if (what == "write") return write_file(w[1], w[2]);
        if (what == "connect") return connect_to(w[1], number_of(w[2]));
        if (what == "listen") return listen_on(w[1], number_of(w[2]));
        if (what == "kill") return outcome(::kill(static_cast<pid_t>(number_of(w[1])), static_cast<int>(number_of(w[2]))));
    }
    if (what == "sockets") return sockets();
    if (what == "fork") return fork_once();
    if (what == "threads") return threads();
    if (what == "files") return files();
    if (what == "descriptors") return descriptors();
    if (what == "identity") return "ok " + std::to_string(::getuid()) + " " + std::to_string(::getgid());
    if (what == "map-wx") return map_code(PROT_READ | PROT_WRITE | PROT_EXEC);
    if (what == "map-x") return map_code(PROT_READ | PROT_EXEC);
    if (what == "make-x") return make_code();
    if (what == "silence") return silence_reporter();
    return no_such_try;
}

namespace {

/// The end of the conduit to this peer, or -1.
int end_to(const kernel::Runtime& runtime, const std::string& peer) {
    for (std::size_t i = 0; i < runtime.conduits.size(); ++i)
        if (runtime.conduits[i].end.peer == peer) return static_cast<int>(i);
    return -1;
}

/// send PEER NUMBER SIZE [FILL|handle]: a request as bytes, whatever the policy says; the status of its reply.
std::string send_request(kernel::ConduitState& conduit, const std::vector<std::string>& w) {
    const std::size_t size = static_cast<std::size_t>(number_of(w[3]));
    const bool has_handle = w.size() > 4 && w[4] == "handle";
    std::vector<std::byte> message(kernel::header_size + size, std::byte(w.size() > 4 && !has_handle ? number_of(w[4]) : 0));
    static std::uint32_t sequences =
        0x40000000;  // far from those that the runtime of a captive, which sends nothing by itself, would use
    const std::uint32_t sequence = ++sequences;
    (void)kernel::encode(kernel::Header{sequence, static_cast<std::uint16_t>(number_of(w[2])), 0}, message);
    const bool is_cut = w.size() > 4 && w[4] == "cut";   // the header itself is not whole
    const Bytes sent(message.data(), is_cut ? 5 : message.size());
    const std::array<int, 1> handle{0};
    if (const auto done =
            kernel::os::send(conduit.calls.get(), sent, has_handle ? std::span<const int>(handle) : std::span<const int>());
        !done)
        return "not sent: " + std::string(name(done.error().code));
    std::vector<std::byte> buffer(kernel::hard_max_size + kernel::header_size);
    for (const Instant deadline = now() + 100ms;;) {
        if (!kernel::os::wait(conduit.calls.get(), deadline).value_or(false)) return "no answer";
        const auto received = kernel::os::receive(conduit.calls.get(), buffer);
        if (!received) return "hung up";
        if (!*received) continue;
        const auto header = kernel::decode<kernel::Header>(Bytes(buffer).first(std::min((*received)->size, kernel::header_size)));
        if (!header || (header->sequence != sequence && header->sequence != 0)) continue;  // 0: what it got was not even a header
        return header->status == 0 ? "ok" : std::string(name(static_cast<Errc>(header->status)));
    }
}

/// pulse PEER CODE: as bytes.
std::string send_pulse(kernel::ConduitState& conduit, long code) {
    std::array<std::byte, 9> message{std::byte(code)};
    const auto sent = kernel::os::send(conduit.pulses.get(), message);
    return sent ? "ok" : std::string(name(sent.error().code));
}

/// record REQUEST ARGUMENT: as bytes on the control channel. The answer comes as an event of the loop; here is only whether it
/// went.
std::string send_record(long request, long argument, std::uint64_t number) {
    std::array<std::byte, kernel::bound<kernel::control::Record>> buffer{};
    kernel::control::Record record;
    record.argument = static_cast<std::uint16_t>(argument);
    record.number = number;
    const auto bytes = kernel::encode(record, buffer);
    buffer[0] = std::byte(request);
    const auto sent = kernel::os::send(kernel::control::descriptor, bytes);
    return sent ? "ok" : std::string(name(sent.error().code));
}

/// ask REQUEST ARGUMENT: the same, and what the process manager answered: "ok", with more if it is a state, or "refused".
std::string ask(kernel::Runtime& runtime, long request, long argument) {
    static std::uint64_t number = 1'000'000;
    std::string answer;
    runtime.asks.push_back({++number, [&](Bytes bytes) {
        if (!answer.empty() || bytes.empty()) return;
        const auto kind = static_cast<kernel::control::Kind>(bytes[0]);
        const auto state = kernel::decode<kernel::control::State>(bytes);
        if (kind == kernel::control::Kind::end) answer = "refused";
        else answer = kind == kernel::control::Kind::state && state ? "ok state of " + std::string(state->name.view()) : "ok";
    }});
    if (const std::string sent = send_record(request, argument, number); sent != "ok") return sent;
    for (const Instant deadline = now() + 100ms; !runtime.asks.empty() && now() < deadline;)
        if (kernel::os::wait(kernel::control::descriptor, deadline).value_or(false)) runtime.on_control();
    runtime.asks.clear();   // it refers to `answer`
    return answer.empty() ? "no answer" : answer;
}

std::string ends(const kernel::Runtime& runtime) {
    std::string text;
    for (const kernel::ConduitState& c : runtime.conduits) {
        text += (text.empty() ? "" : "\n") + std::string(c.end.is_server ? "serves " : "calls  ") +
                std::string(c.end.peer.view()) + ": messages";
        for (unsigned n = 0; n < policy::max_messages; ++n)
            if (c.end.messages >> n & 1) text += " " + std::to_string(n);
    }
    return text.empty() ? "none" : text;
}

}  // namespace

std::string try_channel(kernel::Runtime& runtime, const std::vector<std::string>& w) {
    const std::string& what = w[0];
    if (what == "ends") return ends(runtime);
    if (what == "counts")
        return "handled " + std::to_string(runtime.statistics.handled) + " refused " +
               std::to_string(runtime.statistics.refused) + " malformed " + std::to_string(runtime.statistics.malformed);
    if (what == "record" && w.size() >= 3) return send_record(number_of(w[1]), number_of(w[2]), 0);
    if (what == "ask" && w.size() >= 3) return ask(runtime, number_of(w[1]), number_of(w[2]));
    if ((what != "send" || w.size() < 4) && (what != "pulse" || w.size() < 3)) return no_such_try;
    const int end = end_to(runtime, w[1]);
    if (end < 0) return "no conduit";
    kernel::ConduitState& conduit = runtime.conduits[static_cast<std::size_t>(end)];
    if (!conduit.calls) return "not joined";
    return what == "send" ? send_request(conduit, w) : send_pulse(conduit, number_of(w[2]));
}

}  // namespace voltkeep::containment
