// SPDX-License-Identifier: Apache-2.0
// The software keys: those of algorithms that neither TPM nor token has. On the disk they are wrapped under a key that the TPM
// seals; in memory they are seeds in locked pages, and a key only while it signs. One file keeps them all, the old or the new.
#pragma once

#include <map>

#include "keys.hpp"
#include "wrapped_key.hpp"

namespace voltkeep::crypto {

/// What is kept, as it is kept. It holds nothing secret.
struct Kept {
    struct One {
        Text<32> id;
        std::uint32_t version = 1;
        std::uint32_t profile = 0;
        Blob<128> wrapped;
    };
    std::uint32_t format = 1;
    Blob<1024> sealed;              ///< the wrapping key, by the TPM
    List<One, 4 + most_meters> keys;
};

/// Nothing: the first start. Errors: integrity, io.
[[nodiscard]] Result<std::optional<Kept>> read_kept(const std::string& file);

class SoftwareKeys {
public:
    /// Opens what is kept, and makes the keys that it does not name yet: then `is_new`, and `kept` is to be written before a key
    /// is used. Errors: integrity (a key does not open, or is another algorithm's), full, io.
    static Result<SoftwareKeys> open(const Secret& wrapping_key, Kept kept, std::uint8_t meters, std::uint32_t profile);

    [[nodiscard]] bool is_new() const { return is_new_; }
    Result<> write(const std::string& file) const;

    /// Errors: not_found, io.
    [[nodiscard]] Result<Sign::Signature> sign(KeyName name, Bytes content) const;
    [[nodiscard]] Result<GetPublic::Public> get_public(KeyName name) const;

private:
    SoftwareKeys() = default;
    Kept kept_;
    std::map<std::string, Secret> seeds_;   ///< by id
    bool is_new_ = false;
};

}  // namespace voltkeep::crypto
