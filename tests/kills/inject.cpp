// SPDX-License-Identifier: Apache-2.0
#include "inject.hpp"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

#include <array>
#include <cstring>

namespace voltkeep::kills {

namespace {

std::unexpected<Error> failed(std::string_view what) { return fail(Errc::io, std::string(what) + ": " + std::strerror(errno)); }

#ifdef __x86_64__
constexpr std::uint8_t leave[] = {0xb8, 231, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05};              // exit_group(0)
constexpr std::uint8_t read_nothing[] = {0x31, 0xc0, 0x8b, 0x00};                           // eax = *0
constexpr std::uint8_t invalid[] = {0x0f, 0x0b};                                            // ud2
constexpr std::uint8_t refused_call[] = {0xb8, 165,  0,    0,   0,
                                         0x0f, 0x05, 0xeb, 0xfe};  // mount(...), and if that returns, a circle
constexpr std::uint8_t circle[] = {0xeb, 0xfe};
constexpr std::uint8_t take_memory[] = {
    0xb8, 9, 0, 0, 0,                          // mmap(
    0x31, 0xff,                                //   0,
    0xbe, 0, 0, 0x10, 0,                       //   1 MiB,
    0xba, 3, 0, 0, 0,                          //   PROT_READ | PROT_WRITE,
    0x41, 0xba, 0x22, 0, 0, 0,                 //   MAP_PRIVATE | MAP_ANONYMOUS,
    0x49, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff,  //   -1,
    0x45, 0x31, 0xc9,                          //   0)
    0x0f, 0x05,
    0x48, 0x85, 0xc0,                          // if it failed:
    0x78, 15,                                  //   to the end
    0x48, 0x89, 0xc7,                          // all of it is written:
    0xb9, 0, 0, 2, 0,                          //   0x20000 times
    0x31, 0xc0,
    0xf3, 0x48, 0xab,                          //   rep stosq
    0xeb, 201,                                 // and once more
    0x0f, 0x0b,                                // an allocation that failed ends a service
};
static_assert(sizeof take_memory == 57, "both jumps are counted");

std::span<const std::uint8_t> code_of(Cause cause) {
    switch (cause) {
        case Cause::exit: return leave;
        case Cause::crash: return read_nothing;
        case Cause::abort: return invalid;
        case Cause::seccomp: return refused_call;
        case Cause::memory: return take_memory;
        case Cause::busy: return circle;
        default: return {};
    }
}

Result<> replace(pid_t pid, std::span<const std::uint8_t> code) {
    int status = 0;
    if (::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0) return failed("PTRACE_INTERRUPT");
    if (::waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) return failed("waitpid");
    user_regs_struct registers{};
    if (::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return failed("PTRACE_GETREGS");
    std::array<long, 8> words{};
    CHECK(code.size() <= sizeof words);
    std::memcpy(words.data(), code.data(), code.size());
    for (std::size_t i = 0; i * sizeof(long) < code.size(); ++i)
        if (::ptrace(PTRACE_POKETEXT, pid, registers.rip + i * sizeof(long), words[i]) != 0) return failed("PTRACE_POKETEXT");
    registers.orig_rax = ~0ULL;   // the call in which it waited is not begun anew
    if (::ptrace(PTRACE_SETREGS, pid, nullptr, &registers) != 0) return failed("PTRACE_SETREGS");
    return {};
}

Result<> run_instead(pid_t pid, std::span<const std::uint8_t> code) {
    if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) return failed("PTRACE_SEIZE");
    const auto replaced = replace(pid, code);
    if (::ptrace(PTRACE_DETACH, pid, nullptr, nullptr) != 0 && replaced) return failed("PTRACE_DETACH");
    return replaced;
}
constexpr bool knows_instructions = true;
#else
std::span<const std::uint8_t> code_of(Cause) { return {}; }
Result<> run_instead(pid_t, std::span<const std::uint8_t>) {
    return fail(Errc::unsupported, "this machine's instructions are not known here");
}
constexpr bool knows_instructions = false;
#endif

}  // namespace

std::string_view name(Cause cause) noexcept {
    constexpr std::string_view names[] = {"kill", "exit", "crash", "abort", "seccomp", "memory", "busy loop", "hang", "slow"};
    static_assert(std::size(names) == static_cast<std::size_t>(Cause::last_) + 1);
    return names[static_cast<std::size_t>(cause)];
}

bool can(Cause cause) noexcept {
    return knows_instructions || cause == Cause::kill || cause == Cause::hang || cause == Cause::slow;
}

Result<> inflict(Cause cause, pid_t pid, Duration pause) {
    if (cause != Cause::kill && cause != Cause::hang && cause != Cause::slow) return run_instead(pid, code_of(cause));
    if (::kill(pid, cause == Cause::kill ? SIGKILL : SIGSTOP) != 0) return failed("kill");
    if (cause != Cause::slow) return {};
    timespec time{pause.count() / 1'000'000'000, pause.count() % 1'000'000'000};
    ::nanosleep(&time, nullptr);
    if (::kill(pid, SIGCONT) != 0) return failed("kill");
    return {};
}

}  // namespace voltkeep::kills
