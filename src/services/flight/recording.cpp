// SPDX-License-Identifier: Apache-2.0
#include "services/flight/recording.hpp"

namespace voltkeep::flight {

std::string_view code_id() noexcept { return VOLTKEEP_CHARGING_CODE; }

void Recording::begin(Instant now, WallTime wall, Bytes beginning) {
    close_block();
    const Header header{source_, evse_, Text<16>::cut(code_id()), wall.unix_ms, now.ns};
    std::array<std::byte, kernel::bound<Header>> buffer;
    Piece piece{true, {}};
    append_block(piece.bytes, kernel::encode(header, buffer));
    append_block(piece.bytes, beginning);
    written_ = piece.bytes.size();
    pieces_.push_back(std::move(piece));
    has_begun_ = true;
}

void Recording::note(std::uint8_t sort, Bytes step) {
    if (!has_begun_) return;
    steps_.add(sort, step);
    if (steps_.size() > block_bound / 4) close_block();
}

void Recording::close_block() {
    if (steps_.is_empty()) return;
    if (pieces_.empty()) pieces_.push_back({});
    const std::size_t before = pieces_.back().bytes.size();
    append_block(pieces_.back().bytes, steps_.take());
    written_ += pieces_.back().bytes.size() - before;
}

std::size_t Recording::waiting() const {
    std::size_t octets = steps_.size();
    for (const Piece& piece : pieces_) octets += piece.bytes.size();
    return octets;
}

std::vector<Piece> Recording::take() {
    close_block();
    return std::exchange(pieces_, {});
}

void Recording::close() {
    close_block();
    has_begun_ = false;
}

void Recording::break_off() {
    has_begun_ = false;
    (void)steps_.take();
    pieces_.clear();
}

}  // namespace voltkeep::flight
