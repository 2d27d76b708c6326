// SPDX-License-Identifier: Apache-2.0
// The frames between a connection and its client, and the checkpoint: what outlives the client. No socket, no clock.
// A frame stays until it is answered or released. A client that dies leaves its frame to its successor, once; a frame over
// which two clients died is poison.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "services/link/protocol.hpp"

namespace voltkeep::link {

/// A whole frame, as it goes to the peer or came from it.
struct Frame {
    std::uint16_t kind = 0;
    std::vector<std::byte> bytes;
};

class Mailbox {
public:
    struct Limits {
        std::size_t frames = 8;               ///< unreleased frames
        std::size_t bytes = 2 * frame_bound;  ///< of all unreleased frames together
    };
    explicit Mailbox(Limits limits) : limits_(limits) {}

    /// A connection begins: nothing of an earlier one is left, its checkpoint neither.
    void open(std::uint32_t connection);
    /// It ended: its frames are gone, its checkpoint can still be read.
    void close();
    [[nodiscard]] bool is_open() const { return is_open_; }
    [[nodiscard]] std::uint32_t connection() const { return connection_; }

    /// False: nothing is to be read from the peer until something was released.
    [[nodiscard]] bool has_room() const { return frames_.size() < limits_.frames && bytes_ < limits_.bytes; }
    /// A frame of the peer; its id. Only while open and with room.
    std::uint32_t push(Frame frame, Instant arrived);
    [[nodiscard]] bool is_empty() const { return frames_.empty(); }
    /// When the oldest frame came.
    [[nodiscard]] std::optional<Instant> oldest() const;

    /// Errors: not_found (there is no frame), bad_argument (offset beyond its end).
    [[nodiscard]] Result<TakeFrame::Piece> take(const TakeFrame& request);
    /// The whole frame when its last piece is there, nothing before. A piece at offset 0 begins anew.
    /// Errors: closed, bad_argument (a size, an offset or an answered frame that does not fit; nothing of the frame is kept).
    [[nodiscard]] Result<std::optional<Frame>> put(const PutFrame& request);
    /// Errors: closed, not_found.
    [[nodiscard]] Result<> release(const Release& request);

    /// The client died. False: the frame that it had taken killed one before it, too.
    [[nodiscard]] bool client_died();
    [[nodiscard]] Bytes checkpoint() const { return checkpoint_; }

private:
    struct Pending {
        std::uint32_t id = 0;
        Frame frame;
        Instant arrived;
        bool is_taken = false;    ///< by the client that lives
        std::uint8_t deaths = 0;  ///< of clients that had taken it
    };
    [[nodiscard]] Result<> forget(std::uint32_t id);

    Limits limits_;
    bool is_open_ = false;
    std::uint32_t connection_ = 0;
    std::uint32_t next_id_ = 1;
    std::deque<Pending> frames_;
    std::size_t bytes_ = 0;
    Frame outgoing_;  ///< the pieces so far
    std::uint32_t outgoing_size_ = 0;
    Blob<checkpoint_bound> checkpoint_;
};

}  // namespace voltkeep::link
