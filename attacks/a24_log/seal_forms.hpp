// SPDX-License-Identifier: Apache-2.0
// What can be done to a log that a TPM has sealed, by who has the disk, the log's own key, or another TPM. A form holds if the
// verifier finds it, and names the first entry that is not as the last good seal before it has it.
#pragma once

#include "a24_log/made_log.hpp"
#include "attack.hpp"

namespace voltkeep::attacks {

/// One bit of each byte of all seals. Returns how many.
std::uint64_t flip_seals(const MadeLog& log, Oracle& found);
/// Other histories, signed by who has the log's key: all of one, or the checkpoints of two in one file.
void fork_and_merge(const MadeLog& log, Oracle& found);
/// Another TPM's seals, a counter that was undefined and made again, a TPM that was put back to an earlier state.
void exchange_tpm(const MadeLog& log, Oracle& found);

/// Who goes by the log's key alone takes the fork for good.
void without_seals(const MadeLog& log, Oracle& succeeds);

}  // namespace voltkeep::attacks
