// SPDX-License-Identifier: Apache-2.0
// The flight recorder's file: what a pure step() was given, step by step, from a state that stands at its beginning. Pure: bytes
// and values.
//
//   file    "VKFLIGHT", format (u32), number of the segment (u64), CRC-32 of these 20 octets
//   block   size (u32), CRC-32 of the content (u32), content. The first: Header. The second: the state before the first step
//   steps   in every further block: sort (u8), how (u8), and what is new against the last step of this sort in this block
//
// Little-endian. Steps are the message codec's bytes, so whatever is in a file, reading it gives valid values or an error.
#pragma once

#include <vector>

#include "base/ids.hpp"
#include "kernel/message.hpp"

namespace voltkeep::flight {

inline constexpr std::uint32_t format = 1;
inline constexpr std::size_t block_bound = 256 * 1024;

enum class Source : std::uint8_t { safety, session, last_ = session };

struct Header {
    Source source = Source::safety;
    EvseId evse;
    Text<16> code;                    ///< which code was recorded: code_id()
    std::int64_t began_wall_ms = 0;
    std::int64_t began_ns = 0;        ///< on the monotonic clock of that boot
};

/// The first octets of a file.
[[nodiscard]] std::vector<std::byte> preamble(std::uint64_t number);
inline constexpr std::size_t preamble_size = 24;
/// The number of a segment; nothing if these are not the first octets of one.
[[nodiscard]] std::optional<std::uint64_t> number_in(Bytes preamble);

/// Content as a block.
void append_block(std::vector<std::byte>& file, Bytes content);

/// The steps of one block.
class Steps {
public:
    void add(std::uint8_t sort, Bytes step);
    [[nodiscard]] bool is_empty() const { return content_.empty(); }
    [[nodiscard]] std::size_t size() const { return content_.size(); }
    [[nodiscard]] std::vector<std::byte> take();

private:
    std::vector<std::byte> content_;
    std::vector<std::vector<std::byte>> last_;   ///< by sort
};

struct Step {
    std::uint8_t sort = 0;
    std::vector<std::byte> bytes;
};
struct Segment {
    std::uint64_t number = 0;
    Header header;
    std::vector<std::byte> beginning;
    std::vector<Step> steps;
    std::optional<Error> damage;      ///< where the file ends to be whole; the steps are those before
};
/// Errors: integrity (no recording of this format, or damaged before its first step). `where` is the byte.
[[nodiscard]] Result<Segment> read(Bytes file);
/// The file that `read` gives this segment from.
[[nodiscard]] std::vector<std::byte> write(const Segment& segment);

}  // namespace voltkeep::flight
