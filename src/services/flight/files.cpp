// SPDX-License-Identifier: Apache-2.0
#include "services/flight/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace voltkeep::flight {

namespace {

Result<> write_all(int file, Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(file, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("flight recorder");
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
}

/// The number of the segment in this file; 0: there is none.
std::uint64_t number_of(const std::string& path) {
    const kernel::os::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<std::byte, preamble_size> bytes{};
    if (!file || ::read(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return 0;
    return number_in(bytes).value_or(0);
}

}  // namespace

/// The segment with the number n is in the file n modulo the slots: the next one takes the place of the oldest.
Result<> Files::open_next() {
    if (number_ == 0) {
        std::error_code ignored;
        std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);   // a failure shows at the open
        for (int slot = 0; slot < slots; ++slot) number_ = std::max(number_, number_of(path_ + "." + std::to_string(slot)));
    }
    ++number_;
    const std::string path = path_ + "." + std::to_string(number_ % slots);
    file_ = kernel::os::Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file_) return fail_errno(path);
    return write_all(file_.get(), preamble(number_));
}

Result<> Files::write(const std::vector<Piece>& pieces) {
    for (const Piece& piece : pieces) {
        if (piece.begins) TRY(open_next());
        if (!file_) return fail(Errc::bad_state, "flight recorder: no segment was begun");
        if (const auto done = write_all(file_.get(), piece.bytes); !done) {
            file_.reset();   // it ends in the middle of a block
            return done;
        }
    }
    return {};
}

}  // namespace voltkeep::flight
