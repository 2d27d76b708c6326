// SPDX-License-Identifier: Apache-2.0
// Errors as values. Every function that can meet bad input returns Result<T>; a broken invariant ends the process with CHECK.
// An Error says what, where and what to do. It never allocates, so it may be made in the control loop and in a full process.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "base/text.hpp"

namespace voltkeep {

/// What kind of failure this is: enough for a caller to decide. The numbers travel in replies, so they are never reused.
enum class Errc : std::uint16_t {
    ok = 0,
    // What is known about a call that brought no answer (kernel.md, Channels).
    denied = 1,           ///< the policy does not allow it
    busy = 2,             ///< the server has not finished an earlier request of this client, or its queue is full
    timeout = 3,          ///< the deadline passed; whether the call was executed is not known
    gone_unread = 4,      ///< the peer died and certainly did not see the request
    gone_unknown = 5,     ///< the peer died and may have executed the request
    malformed = 6,        ///< bytes that are not a valid message
    // Three words for three failures of what a service was asked to do.
    bad_argument = 16,    ///< the value is not acceptable, now or ever
    bad_state = 17,       ///< acceptable, but not now
    not_found = 18,       ///< there is no such thing
    refused = 19,         ///< a decision, not a fault: the answer is no
    stale = 20,           ///< the data is too old to be used
    full = 21,            ///< no room; nothing was stored
    unsupported = 22,     ///< not offered by this build or this part
    // What the world does.
    io = 32,              ///< the system failed; the text names the call and the file
    closed = 33,          ///< the connection has ended
    tls = 34,             ///< the secure channel could not be made or broke
    integrity = 35,       ///< a signature, hash or counter does not fit
    last_ = integrity,    // not an error: the end of the list, for the range check
};

/// One word for a code, for logs and terminals.
[[nodiscard]] std::string_view name(Errc code) noexcept;

struct Error {
    Errc code = Errc::io;
    Text<220> what;       ///< one sentence: what, where, and what to do. Cut at 220 bytes if it is longer.

    Error() = default;
    Error(Errc c) noexcept : code(c) {}                                    // NOLINT: `return Errc::busy;` is the point
    Error(Errc c, std::string_view text) noexcept : code(c), what(Text<220>::cut(text)) {}
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string_view what = {}) {
    return std::unexpected(Error(code, what));
}

/// The error of the call that just failed, with errno's own words: fail_errno("open", path).
[[nodiscard]] std::unexpected<Error> fail_errno(std::string_view call, std::string_view subject = {});

/// Ends the process at once, with the place. What it does before (report to the process manager) is set by the kernel layer.
[[noreturn]] void broken_invariant(const char* expression, const char* file, int line) noexcept;

/// Called once by broken_invariant before the process ends. One per process; set before any thread starts.
using BrokenInvariantHook = void (*)(const char* expression, const char* file, int line) noexcept;
void on_broken_invariant(BrokenInvariantHook hook) noexcept;

}  // namespace voltkeep

/// A broken invariant aborts the process: the process manager is there for that. Never used on input.
#define CHECK(condition) ((condition) ? static_cast<void>(0) : ::voltkeep::broken_invariant(#condition, __FILE__, __LINE__))

#define VOLTKEEP_JOIN2(a, b) a##b
#define VOLTKEEP_JOIN(a, b) VOLTKEEP_JOIN2(a, b)

/// Propagates the error of a Result in one word, and is its value otherwise. (A statement expression: GCC and Clang.)
#define TRY(expression)                                                                                  \
    ({                                                                                                   \
        auto&& try_result = (expression);                                                                \
        if (!try_result) [[unlikely]] return std::unexpected(std::move(try_result).error());             \
        ::voltkeep::detail::value_of(std::move(try_result));                                             \
    })

/// The value of a Result that must be there: during a service's initialisation, where the only answer to failure is to end.
#define MUST(expression)                                                                                 \
    ({                                                                                                   \
        auto&& must_result = (expression);                                                               \
        if (!must_result) [[unlikely]] ::voltkeep::detail::must_failed(must_result.error(), __FILE__, __LINE__); \
        ::voltkeep::detail::value_of(std::move(must_result));                                            \
    })

namespace voltkeep::detail {
template <class T, class E> T value_of(std::expected<T, E>&& r) { return std::move(*r); }
template <class E> void value_of(std::expected<void, E>&&) {}
[[noreturn]] void must_failed(const Error& error, const char* file, int line) noexcept;
}  // namespace voltkeep::detail
