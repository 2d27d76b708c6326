// SPDX-License-Identifier: Apache-2.0
// What can be done to the files of a log, each form tried at many places. A form holds if the verifier finds every one, and names
// the first entry that is not as it was written (or, where entries were exchanged together with their hashes, the last one that
// is proved before them).
#pragma once

#include "a24_log/made_log.hpp"
#include "attack.hpp"

namespace voltkeep::attacks {

/// One bit of each byte of the entries [from, to). Returns how many.
std::uint64_t flip_bytes(const MadeLog& log, std::uint64_t from, std::uint64_t to, Oracle& found);
/// One bit of so many bytes of entries anywhere.
void flip_seeded(const MadeLog& log, std::uint64_t count, Oracle& found);
/// One bit of each byte of the checkpoints: of all their texts, and of the signature of each `every`-th one. Returns how many.
std::uint64_t flip_checkpoints(const MadeLog& log, std::size_t every, Oracle& found);
/// The last k entries, for every k.
void drop_last(const MadeLog& log, Oracle& found);
/// Entries dropped at the end and others written instead; changed, moved, dropped and added in the middle, with their hashes.
void rewrite(const MadeLog& log, Oracle& found);
/// All of it written anew and signed with another key under the same name; the log of another station; the checkpoints of one
/// with the entries of the other.
void sign_again(const MadeLog& log, Oracle& found);
/// The station's clock, an hour back: it is in the log, in order, and the verifier says where.
void set_clock_back(Oracle& found);

/// Who goes by the hash beside each entry alone, without checkpoints, takes what was rewritten for good.
void without_checkpoints(const MadeLog& log, Oracle& succeeds);

}  // namespace voltkeep::attacks
