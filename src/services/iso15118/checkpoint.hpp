// SPDX-License-Identifier: Apache-2.0
// The state machine's position as bytes that link keeps beside the connection: the message codec's bytes behind a fingerprint of
// their layout. Whoever left them may have been owned: they are checked whole, and say nothing about what is authorized.
#pragma once

#include "kernel/message.hpp"
#include "services/iso15118/secc/state.hpp"

namespace voltkeep::iso15118 {

namespace detail {
inline constexpr std::uint64_t checkpoint_layout = [] {
    kernel::Fingerprint fingerprint;
    kernel::Codec<secc::Session>::mix(fingerprint);
    return fingerprint.value();
}();
struct Checkpoint {
    std::uint64_t layout = 0;
    secc::Session session;
};
}  // namespace detail

inline constexpr std::size_t checkpoint_size = kernel::bound<detail::Checkpoint>;
static_assert(checkpoint_size <= 4096, "link keeps 4 KiB");

[[nodiscard]] inline Blob<4096> save(const secc::Session& session) {
    std::array<std::byte, checkpoint_size> buffer;
    return *Blob<4096>::from(kernel::encode(detail::Checkpoint{detail::checkpoint_layout, session}, buffer));
}

/// Errors: malformed (not these bytes), integrity (no session can be in this position).
[[nodiscard]] inline Result<secc::Session> restore(const secc::Settings& settings, Bytes bytes, Instant now) {
    const auto checkpoint = TRY(kernel::decode<detail::Checkpoint>(bytes));
    if (checkpoint.layout != detail::checkpoint_layout) return fail(Errc::malformed, "the checkpoint of another build");
    if (!secc::is_sound(settings, checkpoint.session, now)) return fail(Errc::integrity, "a checkpoint that no session leaves");
    return checkpoint.session;
}

}  // namespace voltkeep::iso15118
