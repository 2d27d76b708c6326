// SPDX-License-Identifier: Apache-2.0
#include "mailbox.hpp"

namespace voltkeep::link {

void Mailbox::open(std::uint32_t connection) {
    close();
    is_open_ = true;
    connection_ = connection;
    next_id_ = 1;
    (void)checkpoint_.resize(0);
}

void Mailbox::close() {
    is_open_ = false;
    frames_.clear();
    bytes_ = 0;
    outgoing_ = {};
    outgoing_size_ = 0;
}

std::uint32_t Mailbox::push(Frame frame, Instant arrived) {
    CHECK(is_open_ && has_room());
    bytes_ += frame.bytes.size();
    frames_.push_back({next_id_, std::move(frame), arrived});
    return next_id_++;
}

std::optional<Instant> Mailbox::oldest() const {
    if (frames_.empty()) return std::nullopt;
    return frames_.front().arrived;
}

Result<TakeFrame::Piece> Mailbox::take(const TakeFrame& request) {
    if (frames_.empty()) return fail(Errc::not_found, "no frame is waiting");
    Pending& pending = frames_.front();
    const Bytes whole = pending.frame.bytes;
    if (request.offset > whole.size()) return fail(Errc::bad_argument, "the frame is shorter");
    pending.is_taken = true;
    const Bytes rest = whole.subspan(request.offset);
    return TakeFrame::Piece{.id = pending.id,
                            .connection = connection_,
                            .kind = pending.frame.kind,
                            .size = static_cast<std::uint32_t>(whole.size()),
                            .arrived_ns = pending.arrived.ns,
                            .repeated = pending.deaths > 0,
                            .bytes = *Blob<piece_bound>::from(rest.first(std::min(rest.size(), piece_bound)))};
}

Result<std::optional<Frame>> Mailbox::put(const PutFrame& request) {
    if (!is_open_ || request.connection != connection_) return fail(Errc::closed, "that connection has ended");
    if (request.offset == 0) {
        outgoing_ = {request.kind, {}};
        outgoing_size_ = request.size;
    }
    const std::size_t end = outgoing_.bytes.size() + request.bytes.size();
    const bool fits = request.size == outgoing_size_ && request.size > 0 && request.size <= frame_bound &&
                      request.kind == outgoing_.kind && request.offset == outgoing_.bytes.size() && end <= request.size &&
                      !request.bytes.empty();
    const bool is_last = end == request.size;
    if (!fits || (is_last && request.answers != 0 && !forget(request.answers))) {
        outgoing_ = {};
        outgoing_size_ = 0;
        return fail(Errc::bad_argument, fits ? "there is no such frame to answer" : "offset or size of the piece do not fit");
    }
    outgoing_.bytes.insert(outgoing_.bytes.end(), request.bytes.view().begin(), request.bytes.view().end());
    if (!is_last) return std::nullopt;
    checkpoint_ = request.checkpoint;
    outgoing_size_ = 0;
    return std::exchange(outgoing_, {});
}

Result<> Mailbox::release(const Release& request) {
    if (!is_open_ || request.connection != connection_) return fail(Errc::closed, "that connection has ended");
    TRY(forget(request.id));
    checkpoint_ = request.checkpoint;
    return {};
}

bool Mailbox::client_died() {
    outgoing_ = {};
    outgoing_size_ = 0;
    for (Pending& pending : frames_)
        if (std::exchange(pending.is_taken, false) && ++pending.deaths >= 2) return false;
    return true;
}

Result<> Mailbox::forget(std::uint32_t id) {
    const auto found = std::ranges::find(frames_, id, &Pending::id);
    if (found == frames_.end()) return fail(Errc::not_found, "there is no such frame");
    bytes_ -= found->frame.bytes.size();
    frames_.erase(found);
    return {};
}

}  // namespace voltkeep::link
