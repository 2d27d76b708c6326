// SPDX-License-Identifier: Apache-2.0
#include "kernel/os/linux/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "kernel/os/linux/system.hpp"

namespace voltkeep::kernel::os {

Words join(std::initializer_list<std::string_view> parts) {
    Words words{};
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.copy(words.data() + size, words.size() - 1 - size);
    return words;
}

bool write_text(int folder, const char* path, std::string_view text) {
    const Descriptor target(folder == -1 ? -1 : system<::openat>(folder, path, O_WRONLY | O_CLOEXEC));
    return target && system<::write>(target.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string_view read_text(int folder, const char* path, std::span<char> buffer) {
    const Descriptor file(folder == -1 ? -1 : system<::openat>(folder, path, O_RDONLY | O_CLOEXEC));
    const ssize_t size = file ? system<::read>(file.get(), buffer.data(), buffer.size() - 1) : ssize_t{-1};
    buffer[static_cast<std::size_t>(std::max<ssize_t>(size, 0))] = '\0';
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

}  // namespace voltkeep::kernel::os
