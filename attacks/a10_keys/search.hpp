// SPDX-License-Identifier: Apache-2.0
// Private keys by their value, wherever they may lie: in the memory of processes, in files.
#pragma once

#include <openssl/evp.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace voltkeep::attacks {

/// The private half of an ECDSA key: the number, most significant byte first.
struct PrivateKey {
    std::string number;
};

/// The private half of a key that is a file. Errors: malformed.
[[nodiscard]] Result<PrivateKey> private_half_of(EVP_PKEY* key);

/// All that a process has in its memory, but for what is mapped from the system's own files. Errors: io (it is gone).
[[nodiscard]] Result<std::string> memory_of(pid_t process);

/// True if these bytes hold a third of the number or more, in either order of its bytes, or as the text of a PEM file.
[[nodiscard]] bool holds(std::string_view bytes, const PrivateKey& key);

/// The private half that belongs to this public one, if it is in the memory of an emulated TPM: there a number stands behind its
/// size.
[[nodiscard]] std::optional<PrivateKey> find_private_half(std::string_view memory, const EVP_PKEY* public_half);

/// The files below a folder that hold the key, with the folder's path left off, a blank behind each.
[[nodiscard]] std::string files_with(const std::string& folder, const PrivateKey& key);

}  // namespace voltkeep::attacks
