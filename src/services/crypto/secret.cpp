// SPDX-License-Identifier: Apache-2.0
#include "secret.hpp"

#include <openssl/crypto.h>
#include <sys/mman.h>

namespace voltkeep::crypto {

void wipe(std::span<std::byte> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

Result<Secret> Secret::make(std::size_t size) {
    void* const pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return fail(Errc::full, "no memory for a secret");
    Secret secret;
    secret.at_ = static_cast<std::byte*>(pages);
    secret.size_ = size;
    if (::mlock(pages, size) != 0 || ::madvise(pages, size, MADV_DONTDUMP) != 0)
        return fail(Errc::full, "no locked memory for a secret");
    return secret;
}

Result<Secret> Secret::take(std::span<std::byte> bytes) {
    auto secret = make(bytes.size());
    if (secret) std::ranges::copy(bytes, secret->at_);
    wipe(bytes);
    return secret;
}

Secret::~Secret() {
    if (at_ == nullptr) return;
    wipe({at_, size_});
    ::munmap(at_, size_);
}

}  // namespace voltkeep::crypto
