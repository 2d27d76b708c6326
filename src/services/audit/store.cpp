// SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "kernel/config.hpp"

namespace voltkeep::audit {

using audit_log::Entry;
using audit_log::Hash;

namespace {

constexpr std::uint64_t mark_every = 32;
constexpr std::size_t read_bound = 64u << 20;   // a segment is never larger

std::string name_of(std::uint64_t first) {
    std::string digits = std::to_string(first);
    return std::string(12 - std::min<std::size_t>(12, digits.size()), '0') + digits + ".log";
}

Result<> sync_folder(const std::string& folder) {
    const kernel::os::Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return fail_errno("fsync", folder);
    return {};
}

}  // namespace

Result<Store> Store::open(const std::string& folder, std::uint64_t segment_bound) {
    Store store;
    store.folder_ = folder;
    store.segment_bound_ = segment_bound;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    std::vector<std::pair<std::uint64_t, std::string>> names;
    for (const auto& item : std::filesystem::directory_iterator(folder, error)) {
        const std::string name = item.path().filename().string();
        std::uint64_t first = 0;
        const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), first);
        if (bad == std::errc() && std::string_view(end) == ".log") names.emplace_back(first, item.path().string());
    }
    if (error) return fail(Errc::io, "log folder " + folder + ": " + error.message());
    std::ranges::sort(names);
    for (const auto& [first, path] : names) TRY(store.load(path, first));
    store.found_.entries = store.size_;
    if (store.segments_.empty() || store.found_.damage) TRY(store.begin_segment());
    else {
        store.file_ = kernel::os::Descriptor(::open(store.segments_.back().path.c_str(), O_WRONLY | O_CLOEXEC));
        if (!store.file_) return fail_errno("open", store.segments_.back().path);
    }
    store.pending_head_ = store.head_;
    return store;
}

void Store::note(Segment& segment, std::uint64_t index, std::uint64_t offset, const Hash& before) {
    if ((index - segment.first) % mark_every == 0) segment.marks.push_back({index, offset, before});
}

Result<> Store::load(const std::string& path, std::uint64_t first) {
    // As much as there is: room for the largest segment would cost more than reading it.
    std::error_code error;
    const std::uintmax_t there = std::filesystem::file_size(path, error);
    if (error) return fail(Errc::io, path + ": " + error.message());
    const auto bytes = TRY(kernel::read_file(path, std::min<std::uintmax_t>(there, read_bound)));
    Segment segment{path, size_, head_, 0, {}};
    std::uint64_t offset = 0;
    Hash before = head_;
    const audit_log::Walk walk = audit_log::walk(bytes, size_, head_, [&](std::uint64_t index, const Entry& entry, const Hash& hash) {
        note(segment, index, offset, before);
        offset += audit_log::encode(entry).size() + audit_log::record_overhead;
        before = hash;
        found_.last_boot = std::max(found_.last_boot, entry.boot);
    });
    const bool is_misplaced = first != size_;
    segment.length = walk.length;
    size_ += walk.size;
    head_ = walk.head;
    // Only the last record that a cut-off write can have left is repaired; what is longer was not torn by us.
    if (walk.damage && walk.damage->is_torn && bytes.size() - walk.length <= audit_log::entry_bound + audit_log::record_overhead) {
        found_.torn_bytes += bytes.size() - walk.length;
        if (::truncate(path.c_str(), static_cast<off_t>(walk.length)) != 0) return fail_errno("truncate", path);
    } else if (walk.damage || is_misplaced) {
        if (!found_.damage) {
            found_.damage = walk.damage.value_or(audit_log::Damage{size_, 0, false, "entries in front of this segment are missing"});
            found_.damaged_segment = path;
        }
    }
    segments_.push_back(std::move(segment));
    return {};
}

Result<> Store::begin_segment() {
    std::string path = folder_ + "/" + name_of(size_);
    for (int n = 1; ::access(path.c_str(), F_OK) == 0; ++n) {   // the damaged one may begin at the same entry: it stays as it is
        const std::string aside = path + ".damaged" + std::to_string(n);
        if (::access(aside.c_str(), F_OK) == 0) continue;
        if (::rename(path.c_str(), aside.c_str()) != 0) return fail_errno("rename", path);
    }
    file_ = kernel::os::Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
    if (!file_) return fail_errno("open", path);
    TRY(sync_folder(folder_));
    segments_.push_back({path, size_, head_, 0, {}});
    return {};
}

std::uint64_t Store::add(const Entry& entry) {
    const auto encoded = audit_log::encode(entry);
    pending_head_ = audit_log::chain(pending_head_, encoded);
    const auto record = audit_log::make_record(encoded, pending_head_);
    pending_.insert(pending_.end(), record.begin(), record.end());
    pending_sizes_.push_back(record.size());
    return size_ + pending_sizes_.size() - 1;
}

Result<> Store::commit() {
    if (pending_.empty()) return {};
    if (segments_.back().length >= segment_bound_) TRY(begin_segment());
    Segment& segment = segments_.back();
    auto undo = [&](std::unexpected<Error> why) -> Result<> {   // what cannot be undone here, the next start repairs
        if (::ftruncate(file_.get(), static_cast<off_t>(segment.length)) != 0) why.error().what = "the log's end could not be restored";
        pending_.clear();
        pending_sizes_.clear();
        pending_head_ = head_;
        return why;
    };
    for (std::size_t done = 0; done < pending_.size();) {
        const ssize_t n = ::pwrite(file_.get(), pending_.data() + done, pending_.size() - done, static_cast<off_t>(segment.length + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return undo(errno == ENOSPC ? fail(Errc::full, "no space for the log") : fail_errno("pwrite", segment.path));
        done += static_cast<std::size_t>(n);
    }
    if (::fdatasync(file_.get()) != 0) return undo(fail_errno("fdatasync", segment.path));
    std::uint64_t offset = segment.length;
    for (std::size_t i = 0; i < pending_sizes_.size(); ++i) {
        const Hash before = head_;
        std::memcpy(head_.data(), pending_.data() + (offset - segment.length) + pending_sizes_[i] - head_.size(), head_.size());
        note(segment, size_++, offset, before);
        offset += pending_sizes_[i];
    }
    segment.length = offset;
    pending_.clear();
    pending_sizes_.clear();
    return {};
}

Result<> Store::read(std::uint64_t from, std::size_t count, const std::function<void(std::uint64_t, const Entry&, const Hash&)>& visit) const {
    if (from >= size_ || count == 0) return {};
    auto segment = std::ranges::upper_bound(segments_, from, {}, &Segment::first);
    if (segment == segments_.begin()) return fail(Errc::not_found, "no such entry");
    --segment;
    for (; segment != segments_.end() && count > 0; ++segment) {
        auto mark = std::ranges::upper_bound(segment->marks, from, {}, &Segment::Mark::index);
        if (mark == segment->marks.begin()) continue;
        --mark;
        const kernel::os::Descriptor file(::open(segment->path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file) return fail_errno("open", segment->path);
        const std::uint64_t wanted = (from - mark->index + count) * (audit_log::entry_bound + audit_log::record_overhead);
        std::vector<std::byte> bytes(std::min(segment->length - mark->offset, wanted));
        if (::pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(mark->offset)) != static_cast<ssize_t>(bytes.size()))
            return fail_errno("pread", segment->path);
        (void)audit_log::walk(bytes, mark->index, mark->before, [&](std::uint64_t index, const Entry& entry, const Hash& hash) {
            if (index != from || count == 0) return;
            visit(index, entry, hash);
            ++from;
            --count;
        });
    }
    return {};
}

}  // namespace voltkeep::audit
