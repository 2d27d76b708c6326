// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace voltkeep {

namespace {
/// Closed at the end of its scope.
class OpenFile {
public:
    explicit OpenFile(int number) : number_(number) {}
    OpenFile(OpenFile&&) = delete;
    ~OpenFile() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_;
};

Result<> write_whole(const std::string& name, Bytes content, unsigned mode) {
    const OpenFile file(::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!file) return fail_errno("open", name);
    while (!content.empty()) {
        const ssize_t n = ::write(file.get(), content.data(), content.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("write", name);
        content = content.subspan(static_cast<std::size_t>(n));
    }
    if (::fsync(file.get()) != 0) return fail_errno("fsync", name);
    return {};
}
}  // namespace

Result<std::vector<std::byte>> read_file(std::string_view path, std::size_t limit) {
    const std::string name(path);
    const OpenFile file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        if (errno == ENOENT) return fail(Errc::not_found, "no file " + name);
        return fail_errno("open", name);
    }
    std::vector<std::byte> content(limit + 1);
    std::size_t size = 0;
    while (size <= limit) {
        const ssize_t n = ::read(file.get(), content.data() + size, content.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read", name);
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
    }
    if (size > limit) return fail(Errc::full, name + " is larger than this build expects");
    content.resize(size);
    return content;
}

Result<> write_file(std::string_view path, Bytes content, unsigned mode) {
    const std::string name(path);
    const std::string beside = name + ".new";
    TRY(write_whole(beside, content, mode));
    if (::rename(beside.c_str(), name.c_str()) != 0) return fail_errno("rename", name);
    const std::string folder = name.find('/') == std::string::npos ? "." : name.substr(0, name.rfind('/') + 1);
    const OpenFile directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return fail_errno("fsync", folder);
    return {};
}

}  // namespace voltkeep
