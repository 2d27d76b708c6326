// SPDX-License-Identifier: Apache-2.0
// Which reply belongs to which call, and what is known of a call that brought none: both ends of a conduit as values.
// Only the runtime uses this, and the exhaustive search in exchange_test.cpp, which tries it in every order of deaths, lost and
// late replies. No clock, no socket. Sequences count from 1 on each end's life; 0 is none.
#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace voltkeep::kernel {

/// What one look at the calling end of a channel brought.
struct Arrival {
    enum class Kind : std::uint8_t { nothing, message, gone } kind = Kind::nothing;
    std::uint32_t sequence = 0;   ///< of a message
    bool was_unread = false;   ///< the server died with something unread from this end. Told once, and before what it had sent
};

/// The calling end of one conduit: of all that it sends, it waits for the newest only.
class ClientExchange {
public:
    enum class Seen : std::uint8_t { nothing, late, reply, gone };

    /// A call begins: the sequence that its request carries.
    std::uint32_t begin() {
        newest_ += newest_ == UINT32_MAX ? 2 : 1;
        return awaited_ = newest_;
    }
    /// Nobody waits for it any more: whatever comes is late.
    void give_up() { awaited_ = 0; }
    [[nodiscard]] bool is_waiting() const { return awaited_ != 0; }

    Seen take(const Arrival& arrival) {
        if (arrival.was_unread) was_unread_ = 1;
        if (arrival.kind == Arrival::Kind::nothing) return Seen::nothing;
        if (arrival.kind == Arrival::Kind::gone) return Seen::gone;
        if (!is_waiting() || arrival.sequence != awaited_) return Seen::late;
        give_up();
        return Seen::reply;
    }

    /// What is known of the call that waits, now that all is taken that the server had sent. The channel keeps its order, and
    /// carries nothing but requests this way: if anything on it was not read, the newest request was not.
    [[nodiscard]] Errc how_gone() const { return was_unread_ != 0 ? Errc::gone_unread : Errc::gone_unknown; }

    /// New ends, or none: nothing of what was sent before is on them.
    void joined() {
        was_unread_ = 0;
        give_up();
    }

private:
    std::uint32_t newest_ = 0;
    std::uint32_t awaited_ = 0;
    std::uint32_t was_unread_ = 0;
};

/// Before the ends are changed: a reply that is queued on the old ones is still the result. `look` looks once; what is late is
/// passed over, up to what a queue holds. The last thing that was seen.
template <class Look>
ClientExchange::Seen drain(Look look) {
    constexpr int queue_bound = 512;
    auto seen = ClientExchange::Seen::late;
    for (int looks = 0; looks < queue_bound && seen == ClientExchange::Seen::late; ++looks) seen = look();
    return seen;
}

/// The serving end of one conduit: of all requests that came, only the newest one on the present ends may be answered, once.
class ServerExchange {
public:
    /// A request was taken. An earlier one of this client that is still open is cancelled by it: nobody waits for its reply.
    void opened(std::uint32_t sequence) {
        open_ = sequence;
        is_open_ = 1;
    }
    /// Whether a reply may be sent to this request, that came on the ends of this epoch. True at most once.
    [[nodiscard]] bool answer(std::uint32_t epoch, std::uint32_t sequence) {
        if (is_open_ == 0 || epoch != epoch_ || sequence != open_) return false;
        is_open_ = 0;
        return true;
    }
    /// The ends are gone.
    void lost() { is_open_ = 0; }
    void joined(std::uint32_t epoch) {
        lost();
        epoch_ = epoch;
    }
    [[nodiscard]] std::uint32_t epoch() const { return epoch_; }

private:
    std::uint32_t open_ = 0;
    std::uint32_t is_open_ = 0;
    std::uint32_t epoch_ = 0;
};

}  // namespace voltkeep::kernel
