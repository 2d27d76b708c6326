// SPDX-License-Identifier: Apache-2.0
#include "tpm_seals.hpp"

namespace voltkeep::audit {

Result<> TpmSeals::open() {
    // A day of lines without a counter, one every 30 seconds, stands behind the last with one at most.
    constexpr std::size_t looked_at = 2'880 * audit_log::tpm_seal_bound;
    last_.reset();
    certified_.reset();
    damage_.reset();
    FileTail tail = TRY(read_tail(file_.path(), looked_at));
    const std::size_t good = tail.text.rfind('\n') == std::string::npos ? 0 : tail.text.rfind('\n') + 1;
    const std::size_t torn = tail.text.size() - good;
    file_.begin(tail.offset + good, torn > 0);
    if (torn > audit_log::tpm_seal_bound) damage_ = "the last seal is not as it was written";
    std::string_view lines = std::string_view(tail.text).substr(0, good);
    if (tail.offset > 0)
        lines.remove_prefix(std::min(lines.size(), lines.find('\n') + 1));  // the rest of a line that begins before
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        const auto seal = audit_log::read_tpm_seal(lines.substr(0, end));
        lines.remove_prefix(end + 1);
        if (!seal) {
            damage_ = std::string(seal.error().what.view());
            continue;
        }
        if (last_ && seal->size < last_->size) damage_ = "a seal of less than the one before it";
        last_ = *seal;
        if (seal->certified) certified_ = *seal;
    }
    return {};
}

Result<> TpmSeals::append(const audit_log::TpmSeal& seal) {
    TRY(sync_folder(folder_));
    TRY(file_.append(audit_log::write_tpm_seal(seal)));
    last_ = seal;
    if (seal.certified) certified_ = seal;
    return {};
}

}  // namespace voltkeep::audit
