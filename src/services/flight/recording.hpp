// SPDX-License-Identifier: Apache-2.0
// One recording in the making: steps go in, pieces of a file come out. Pure: files.hpp writes the pieces.
#pragma once

#include "charging/session/session.hpp"
#include "services/flight/segment.hpp"
#include "services/power/protocol.hpp"

namespace voltkeep::flight {

/// Which code runs in this program: 16 hexadecimal digits.
[[nodiscard]] std::string_view code_id() noexcept;

/// What stands before the first step: of the safety core, and of the session's state machine.
struct SafetyBeginning {
    safety::Configuration configuration;
    safety::State state;
};
struct SessionBeginning {
    charging::Configuration configuration;
    charging::State state;
};

/// One step of the session: what it was given, and a digest of what it decided.
struct SessionStep {
    charging::Context context;        ///< its fresh id only if the step took it: else empty
    charging::Event event;
    std::uint64_t digest = 0;         ///< power::digest_of(context, event, charging::Actions)
};

/// A piece of a file, in order.
struct Piece {
    bool begins = false;              ///< of a new segment
    std::vector<std::byte> bytes;
};

class Recording {
public:
    Recording(Source source, EvseId evse) : source_(source), evse_(evse) {}

    /// A new segment, from this state. Before the first step, and whenever is_full() or after something was lost.
    void begin(Instant now, WallTime wall, Bytes beginning);
    [[nodiscard]] bool has_begun() const { return has_begun_; }
    [[nodiscard]] bool is_full() const { return written_ >= segment_bound; }
    void note(std::uint8_t sort, Bytes step);
    /// What was noted since the last time.
    [[nodiscard]] std::vector<Piece> take();
    /// Octets that nobody has taken yet.
    [[nodiscard]] std::size_t waiting() const;
    /// What comes next does not follow what was noted: nothing is noted until the next begin().
    void close();
    /// What was noted is lost; so is what follows it, until the next begin().
    void break_off();

    static constexpr std::size_t segment_bound = 2u << 20;

private:
    void close_block();

    Source source_;
    EvseId evse_;
    bool has_begun_ = false;
    std::size_t written_ = 0;         ///< octets of this segment
    Steps steps_;
    std::vector<Piece> pieces_;
};

}  // namespace voltkeep::flight
