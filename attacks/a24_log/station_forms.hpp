// SPDX-License-Identifier: Apache-2.0
// What somebody does to the files of the log under a station that charges: the log's writer is killed, so that it has to look at
// what it is to go on with.
#pragma once

#include "watch.hpp"

namespace voltkeep::attacks {

/// Each form, one behind the other. The station has a TPM. Errors: timeout (no writer).
Result<> tamper(Station& station, Trial& trial);

}  // namespace voltkeep::attacks
