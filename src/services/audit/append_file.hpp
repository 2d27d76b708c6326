// SPDX-License-Identifier: Apache-2.0
// A file that only grows, by whole records, each on the disk when `append` returns. What a write leaves that the power ended
// stands behind the good ones, until the next record is written over it.
#pragma once

#include <string>

#include "kernel/os.hpp"

namespace voltkeep::audit {

/// The end of a file.
struct FileTail {
    std::string text;
    std::uint64_t offset = 0;  ///< bytes before it
};
/// The last bytes, at most `count`. A file that is not there has none. Errors: io.
[[nodiscard]] Result<FileTail> read_tail(const std::string& path, std::size_t count);

/// Puts another file in its place: the old one or the new. Errors: full, io.
[[nodiscard]] Result<> replace_file(const std::string& path, std::string_view text);

/// What was renamed or made in it is on the disk. Errors: full, io.
[[nodiscard]] Result<> sync_folder(const std::string& folder);

class AppendFile {
public:
    explicit AppendFile(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const { return path_; }
    /// As it was found: so many bytes are good, and behind them stands something else, or nothing.
    void begin(std::uint64_t length, bool has_rest);
    /// All of it or none. Errors: full, io.
    Result<> append(std::string_view record);

private:
    bool take_back();

    std::string path_;
    kernel::os::Descriptor file_;  ///< once it was written to
    std::uint64_t length_ = 0;     ///< good bytes
    bool has_rest_ = false;
};

}  // namespace voltkeep::audit
