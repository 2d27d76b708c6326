// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include "grouped.hpp"
#include "log.hpp"
#include "parts.hpp"
#include "wire/audit_log/test_signer.hpp"

namespace bench {

using namespace voltkeep;

Appends append_to_log(const std::string& folder, int writers, Duration time) {
    const audit_log::TestSigner signer("bench", audit_log::SignatureType::ml_dsa_44);
    const auto time_now = [] { return audit::Time{now(), wall_now()}; };
    audit::Log log = MUST(audit::Log::open(folder, "bench", time_now(), {signer.key().key, signer.sign()}));
    Instant sealed = now();
    Grouped grouped(
        [&](unsigned count) {
            for (unsigned i = 0; i < count; ++i)
                if (!log.append("session", audit::Type::session, 1, payload, time_now())) return false;
            return log.commit(time_now()).has_value();
        },
        [&] {
            if (!log.is_seal_due() && now() - sealed < 1s) return;
            (void)log.seal(time_now());
            sealed = now();
        });
    return write_for(time, writers, [&] { return [&] { return grouped.append(); }; });
}

}  // namespace bench
