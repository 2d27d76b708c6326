// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace voltkeep {

std::string_view name(Errc code) noexcept {
    switch (code) {
        case Errc::ok: return "ok";
        case Errc::denied: return "denied";
        case Errc::busy: return "busy";
        case Errc::timeout: return "timeout";
        case Errc::gone_unread: return "gone_unread";
        case Errc::gone_unknown: return "gone_unknown";
        case Errc::malformed: return "malformed";
        case Errc::bad_argument: return "bad_argument";
        case Errc::bad_state: return "bad_state";
        case Errc::not_found: return "not_found";
        case Errc::refused: return "refused";
        case Errc::stale: return "stale";
        case Errc::full: return "full";
        case Errc::unsupported: return "unsupported";
        case Errc::io: return "io";
        case Errc::closed: return "closed";
        case Errc::tls: return "tls";
        case Errc::integrity: return "integrity";
    }
    return "unknown";
}

std::unexpected<Error> fail_errno(std::string_view call, std::string_view subject) {
    const int number = errno;
    char reason[96];
    char text[220];
    const int size = std::snprintf(text, sizeof text, "%.*s %.*s: %s", static_cast<int>(call.size()), call.data(),
                                   static_cast<int>(subject.size()), subject.data(), strerror_r(number, reason, sizeof reason));
    return fail(Errc::io, std::string_view(text, std::min<std::size_t>(static_cast<std::size_t>(size), sizeof text - 1)));
}

namespace {
BrokenInvariantHook hook = nullptr;
}

void on_broken_invariant(BrokenInvariantHook h) noexcept { hook = h; }

void broken_invariant(const char* expression, const char* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, expression);
    if (hook) std::exchange(hook, nullptr)(expression, file, line);
    std::abort();
}

namespace detail {
void must_failed(const Error& error, const char* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: %.*s: %.*s\n", file, line, static_cast<int>(name(error.code).size()), name(error.code).data(),
                 static_cast<int>(error.what.size()), error.what.data());
    if (hook) std::exchange(hook, nullptr)("initialisation", file, line);
    std::_Exit(70);
}
}  // namespace detail

namespace {
std::int64_t read_clock(clockid_t id) noexcept {
    timespec t{};
    clock_gettime(id, &t);
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}
}  // namespace

Instant now() noexcept { return {read_clock(CLOCK_MONOTONIC)}; }
WallTime wall_now() noexcept { return {read_clock(CLOCK_REALTIME) / 1'000'000}; }

}  // namespace voltkeep
