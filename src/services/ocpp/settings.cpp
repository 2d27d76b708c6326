// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace voltkeep::ocpp {

namespace {

/// What stands before the encoded settings.
struct Head {
    std::uint64_t build = 0;      ///< fingerprint of Settings: another build's is not misread
    std::uint64_t sequence = 0;   ///< the higher one is the newer one; 0: nothing was written here
    std::uint64_t bytes = 0;      ///< behind this
    std::uint64_t check = 0;      ///< over all of the above and the bytes: a place that was half written does not agree
};
static_assert(sizeof(Head) + kernel::bound<Settings> <= SettingsFile::place_size);

std::uint64_t build() {
    kernel::Fingerprint f;
    kernel::Codec<Settings>::mix(f);
    return f.value();
}

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
        if (n <= 0) return fail_errno("pwrite", "settings");
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        where += n;
    }
    return {};
}

struct Place {
    std::uint64_t sequence = 0;
    Settings settings;
};

/// Nothing: it was never written, or is not whole, or is another build's.
std::optional<Place> decode(Bytes place) {
    Head head;
    std::memcpy(&head, place.data(), sizeof head);
    if (head.sequence == 0 || head.build != build() || head.bytes > place.size() - sizeof head) return std::nullopt;
    const Bytes bytes = place.subspan(sizeof head, head.bytes);
    if (head.check != check_of(head, bytes)) return std::nullopt;
    const auto settings = kernel::decode<Settings>(bytes);
    if (!settings) return std::nullopt;
    return Place{head.sequence, *settings};
}

}  // namespace

std::optional<std::string_view> Settings::find(std::string_view variable) const {
    const auto found = std::ranges::find_if(values, [variable](const KeptValue& kept) { return kept.variable.view() == variable; });
    if (found == values.end()) return std::nullopt;
    return found->value.view();
}

bool Settings::set(std::string_view variable, std::string_view value) {
    const auto name = Text<100>::from(variable);
    const auto text = Text<500>::from(value);
    if (!name || !text) return false;
    for (KeptValue& kept : values)
        if (kept.variable == *name) {
            kept.value = *text;
            return true;
        }
    return values.push({*name, *text});
}

Result<SettingsFile> SettingsFile::open(const std::string& path) {
    SettingsFile opened{kernel::os::Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))};
    const int file = opened.file_.get();
    struct stat found{};
    if (file < 0 || ::fstat(file, &found) != 0) return fail_errno("open", path);
    if (found.st_size >= static_cast<off_t>(size)) return opened;
    const std::vector<std::byte> nothing(size - static_cast<std::size_t>(found.st_size));
    TRY(write_at(file, nothing, found.st_size));
    if (::fsync(file) != 0) return fail_errno("fsync", path);
    const kernel::os::Descriptor folder(::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) return fail_errno("fsync", path);
    return opened;
}

Result<Settings> SettingsFile::read() {
    std::vector<std::byte> file(size);
    if (::pread(file_.get(), file.data(), file.size(), 0) != static_cast<ssize_t>(file.size())) return fail_errno("pread", "settings");
    std::optional<Place> newest;
    bool was_written = false;
    for (const Bytes place : {Bytes(file).first(place_size), Bytes(file).subspan(place_size)}) {
        was_written = was_written || std::ranges::any_of(place.first(sizeof(Head)), [](std::byte b) { return b != std::byte{}; });
        if (const auto found = decode(place); found && (!newest || found->sequence > newest->sequence)) newest = found;
    }
    if (!newest && was_written) return fail(Errc::integrity, "what was set cannot be read: the station's own values hold");
    if (!newest) return Settings{};
    sequence_ = newest->sequence;
    return newest->settings;
}

Result<> SettingsFile::write(const Settings& settings) {
    std::vector<std::byte> place(sizeof(Head) + kernel::bound<Settings>);
    const Bytes bytes = kernel::encode(settings, std::span(place).subspan(sizeof(Head)));
    Head head{build(), sequence_ + 1, bytes.size(), 0};
    head.check = check_of(head, bytes);
    std::memcpy(place.data(), &head, sizeof head);
    TRY(write_at(file_.get(), Bytes(place).first(sizeof head + bytes.size()), static_cast<off_t>(head.sequence % 2 * place_size)));
    if (::fdatasync(file_.get()) != 0) return fail_errno("fdatasync", "settings");
    sequence_ = head.sequence;
    return {};
}

void bound_files() {
    const rlimit most{SettingsFile::size, SettingsFile::size};
    CHECK(::setrlimit(RLIMIT_FSIZE, &most) == 0);
}

}  // namespace voltkeep::ocpp
