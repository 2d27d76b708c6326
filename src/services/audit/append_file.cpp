// SPDX-License-Identifier: Apache-2.0
#include "append_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace voltkeep::audit {

namespace {

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) return fail(Errc::full, "no space for the log");
    return fail_errno(what, path);
}

/// Errors: what pwrite says.
Result<> write_at(int file, std::uint64_t offset, std::string_view text, const std::string& path) {
    for (std::string_view rest = text; !rest.empty();) {
        const ssize_t n = ::pwrite(file, rest.data(), rest.size(), static_cast<off_t>(offset + text.size() - rest.size()));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed("pwrite", path);
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

}  // namespace

Result<FileTail> read_tail(const std::string& path, std::size_t count) {
    const kernel::os::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return FileTail{};
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0) return fail_errno("open", path);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    FileTail tail{{}, size - std::min<std::uint64_t>(size, count)};
    tail.text.resize(size - tail.offset);
    const ssize_t n = ::pread(file.get(), tail.text.data(), tail.text.size(), static_cast<off_t>(tail.offset));
    if (n != static_cast<ssize_t>(tail.text.size())) return fail_errno("pread", path);
    return tail;
}

Result<> replace_file(const std::string& path, std::string_view text) {
    const std::string fresh = path + ".new";
    const kernel::os::Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!file) return failed("open", fresh);
    TRY(write_at(file.get(), 0, text, fresh));
    if (::fdatasync(file.get()) != 0) return failed("fdatasync", fresh);
    if (::rename(fresh.c_str(), path.c_str()) != 0) return failed("rename", path);
    return {};
}

Result<> sync_folder(const std::string& folder) {
    const kernel::os::Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return failed("fsync", folder);
    return {};
}

void AppendFile::begin(std::uint64_t length, bool has_rest) {
    file_ = {};
    length_ = length;
    has_rest_ = has_rest;
}

bool AppendFile::take_back() {
    has_rest_ = ::ftruncate(file_.get(), static_cast<off_t>(length_)) != 0;
    return !has_rest_;
}

Result<> AppendFile::append(std::string_view record) {
    if (!file_) file_ = kernel::os::Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
    if (!file_) return failed("open", path_);
    if (has_rest_ && !take_back()) return failed("ftruncate", path_);
    if (auto written = write_at(file_.get(), length_, record, path_); !written) {
        take_back();  // if not now, then before the next
        return written;
    }
    has_rest_ = true;
    if (::fdatasync(file_.get()) != 0) return failed("fdatasync", path_);
    has_rest_ = false;
    length_ += record.size();
    return {};
}

}  // namespace voltkeep::audit
