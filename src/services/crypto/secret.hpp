// SPDX-License-Identifier: Apache-2.0
// Bytes that nobody else sees: in pages of their own, never swapped, never dumped, wiped at the end. They move and are not
// copied.
#pragma once

#include <span>
#include <utility>

#include "base/result.hpp"

namespace voltkeep::crypto {

class Secret {
public:
    Secret() = default;
    /// Zeroes. Errors: full (the system locks no more memory for this process).
    static Result<Secret> make(std::size_t size);
    /// Takes the bytes and wipes where they were.
    static Result<Secret> take(std::span<std::byte> bytes);

    Secret(Secret&& other) noexcept : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Secret& operator=(Secret&& other) noexcept {
        std::swap(at_, other.at_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Secret();

    [[nodiscard]] std::span<std::byte> bytes() { return {at_, size_}; }
    [[nodiscard]] Bytes view() const { return {at_, size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    std::byte* at_ = nullptr;
    std::size_t size_ = 0;
};

void wipe(std::span<std::byte> bytes);

}  // namespace voltkeep::crypto
