// SPDX-License-Identifier: Apache-2.0
// Only the hash itself is taken from OpenSSL's static library, which is why this uses its oldest interface: the newer one
// would bring the whole library into the process that nobody else may restart.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "kernel/procmgr/measure.hpp"

#include <openssl/sha.h>
#include <unistd.h>

#include <cerrno>

namespace voltkeep::kernel::procmgr {

Result<Measure> measure(int file) {
    static std::array<std::byte, 65536> buffer;
    SHA256_CTX hash;
    SHA256_Init(&hash);
    for (off_t offset = 0;;) {
        const ssize_t n = ::pread(file, buffer.data(), buffer.size(), offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("pread", "a program");
        if (n == 0) break;
        SHA256_Update(&hash, buffer.data(), static_cast<std::size_t>(n));
        offset += n;
    }
    Measure result;
    SHA256_Final(result.data(), &hash);
    return result;
}

}  // namespace voltkeep::kernel::procmgr
