// SPDX-License-Identifier: Apache-2.0
#include "kept.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace voltkeep::ocpp {

namespace {

/// What stands before the encoded value.
struct Head {
    std::uint64_t build = 0;      ///< fingerprint of its type: another build's is not misread
    std::uint64_t sequence = 0;   ///< the higher one is the newer one; 0: nothing was written here
    std::uint64_t bytes = 0;      ///< behind this
    std::uint64_t check = 0;      ///< over all of the above and the bytes: a place that was half written does not agree
};
static_assert(sizeof(Head) == TwoPlaces::head_size);

std::uint64_t check_of(const Head& head, Bytes bytes) {
    kernel::Fingerprint f;
    f.mix(head.build);
    f.mix(head.sequence);
    f.mix(head.bytes);
    f.mix(as_text(bytes));
    return f.value();
}

Result<> write_at(int file, Bytes bytes, off_t where) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(file, bytes.data(), bytes.size(), where);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return fail_errno("pwrite", "kept");
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        where += n;
    }
    return {};
}

struct Place {
    std::uint64_t sequence = 0;
    Bytes value;
};

/// Nothing: it was never written, or is not whole, or is another build's.
std::optional<Place> whole(Bytes place, std::uint64_t build) {
    Head head;
    std::memcpy(&head, place.data(), sizeof head);
    if (head.sequence == 0 || head.build != build || head.bytes > place.size() - sizeof head) return std::nullopt;
    const Bytes value = place.subspan(sizeof head, head.bytes);
    if (head.check != check_of(head, value)) return std::nullopt;
    return Place{head.sequence, value};
}

}  // namespace

Result<TwoPlaces> TwoPlaces::open(const std::string& path, std::size_t place_size) {
    TwoPlaces opened(kernel::os::Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)), place_size);
    const int file = opened.file_.get();
    const auto size = static_cast<off_t>(2 * place_size);
    struct stat found{};
    if (file < 0 || ::fstat(file, &found) != 0) return fail_errno("open", path);
    if (found.st_size >= size) return opened;
    const std::vector<std::byte> nothing(static_cast<std::size_t>(size - found.st_size));
    TRY(write_at(file, nothing, found.st_size));
    if (::fsync(file) != 0) return fail_errno("fsync", path);
    const kernel::os::Descriptor folder(::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) return fail_errno("fsync", path);
    return opened;
}

Result<bool> TwoPlaces::read(std::uint64_t build, const std::function<bool(Bytes)>& take) {
    std::vector<std::byte> file(2 * place_size_);
    if (::pread(file_.get(), file.data(), file.size(), 0) != static_cast<ssize_t>(file.size()))
        return fail_errno("pread", "kept");
    std::vector<Place> found;
    bool was_written = false;
    for (const Bytes place : {Bytes(file).first(place_size_), Bytes(file).subspan(place_size_)}) {
        was_written = was_written || std::ranges::any_of(place.first(sizeof(Head)), [](std::byte b) { return b != std::byte{}; });
        if (const auto one = whole(place, build)) found.push_back(*one);
    }
    std::ranges::sort(found, std::greater(), &Place::sequence);
    for (const Place& place : found)
        if (take(place.value)) {
            sequence_ = place.sequence;
            return true;
        }
    if (was_written) return fail(Errc::integrity, "what was kept cannot be read: the station's own values hold");
    return false;
}

Result<> TwoPlaces::write(std::uint64_t build, Bytes value) {
    CHECK(value.size() <= place_size_ - sizeof(Head));
    Head head{build, sequence_ + 1, value.size(), 0};
    head.check = check_of(head, value);
    std::vector<std::byte> place(sizeof head + value.size());
    std::memcpy(place.data(), &head, sizeof head);
    std::ranges::copy(value, place.begin() + sizeof head);
    TRY(write_at(file_.get(), place, static_cast<off_t>(head.sequence % 2 * place_size_)));
    if (::fdatasync(file_.get()) != 0) return fail_errno("fdatasync", "kept");
    sequence_ = head.sequence;
    return {};
}

void bound_files(std::size_t most) {
    const rlimit limit{most, most};
    CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

}  // namespace voltkeep::ocpp
