// SPDX-License-Identifier: Apache-2.0
// The file `seals`: what the TPM said of the log, append-only. It is beside the log, so that who has a copy of both can verify
// it.
#pragma once

#include <optional>
#include <string>

#include "append_file.hpp"
#include "wire/audit_log/tpm_seal.hpp"

namespace voltkeep::audit {

class TpmSeals {
public:
    explicit TpmSeals(const std::string& folder) : folder_(folder), file_(folder + "/seals") {}

    /// Reads the last lines. A cut-off one is what a write leaves that the power ended. `damage` says if a whole one is none.
    /// Errors: io.
    Result<> open();
    /// The last line of all; none: the TPM has never said anything of this log.
    [[nodiscard]] const std::optional<audit_log::TpmSeal>& last() const { return last_; }
    /// The last with the counter.
    [[nodiscard]] const std::optional<audit_log::TpmSeal>& last_certified() const { return certified_; }
    [[nodiscard]] const std::optional<std::string>& damage() const { return damage_; }

    /// Behind the checkpoint that it is of: that one is on the disk before. Errors: full, io.
    Result<> append(const audit_log::TpmSeal& seal);

private:
    std::string folder_;
    AppendFile file_;
    std::optional<audit_log::TpmSeal> last_, certified_;
    std::optional<std::string> damage_;
};

}  // namespace voltkeep::audit
