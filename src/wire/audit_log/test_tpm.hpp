// SPDX-License-Identifier: Apache-2.0
// For tests: who seals a log as a TPM does, with keys made anew. Its counter and its starts are the test's to set.
#pragma once

#include "wire/audit_log/test_signer.hpp"
#include "wire/audit_log/tpm_seal.hpp"

namespace voltkeep::audit_log {

class TestTpm {
public:
    [[nodiscard]] TpmKeys keys() const { return {log_.key().key, attestation_.key().key}; }

    /// The line without a statement.
    [[nodiscard]] TpmSeal sign(const Checkpoint& checkpoint) const {
        return {checkpoint.size, checkpoint.root, MUST(log_.sign()(as_bytes(write_checkpoint(checkpoint)))), {}};
    }
    /// And certified, with the counter as it is.
    [[nodiscard]] TpmSeal certify(const Checkpoint& checkpoint) const {
        TpmSeal seal = sign(checkpoint);
        const Hash digest = sha256({as_bytes(write_checkpoint(checkpoint))});
        std::vector<std::byte> statement;
        const auto put = [&](std::uint64_t value, unsigned size) {
            while (size-- > 0) statement.push_back(std::byte(value >> 8 * size & 0xff));
        };
        const auto put_sized = [&](Bytes bytes) {
            put(bytes.size(), 2);
            statement.insert(statement.end(), bytes.begin(), bytes.end());
        };
        put(0xff544347, 4);
        put(0x8014, 2);
        put_sized(as_bytes("signer"));
        put_sized(std::as_bytes(std::span(digest)));
        put(1'000, 8);
        put(resets, 4);
        put(0, 4 + 1);
        put(0, 8);
        put_sized(as_bytes(index));
        put(0, 2);
        put(8, 2);
        put(counter, 8);
        seal.certified = {counter, statement, MUST(attestation_.sign()(statement))};
        return seal;
    }

    std::uint64_t counter = 1;
    std::uint32_t resets = 1;
    std::string_view index = "the log's counter";

private:
    TestSigner log_{"log", SignatureType::ecdsa_p256}, attestation_{"attestation", SignatureType::ecdsa_p256};
};

}  // namespace voltkeep::audit_log
