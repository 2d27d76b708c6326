// SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "append_file.hpp"
#include "kernel/config.hpp"

namespace voltkeep::audit {

using audit_log::Entry;
using audit_log::Hash;

namespace {

constexpr std::uint64_t mark_every = 32;
constexpr std::string_view aside_mark = ".damaged";
constexpr std::size_t read_bound = 64u << 20;   // a segment is never larger

std::string name_of(std::uint64_t first) {
    std::string digits = std::to_string(first);
    return std::string(12 - std::min<std::size_t>(12, digits.size()), '0') + digits + ".log";
}

std::unexpected<Error> failed(std::string_view what, std::string_view path) {
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) return fail(Errc::full, "no space for the log");
    return fail_errno(what, path);
}

std::uint64_t size_of(const std::string& path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    return error ? 0 : size;
}

/// Bytes of a file from `offset` on, at most `count`.
Result<std::vector<std::byte>> read_part(const std::string& path, std::uint64_t offset, std::size_t count) {
    const kernel::os::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail_errno("open", path);
    std::vector<std::byte> bytes(count);
    const ssize_t n = ::pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) return fail_errno("pread", path);
    bytes.resize(static_cast<std::size_t>(n));
    return bytes;
}

/// 0: not a file that was set aside.
std::uint64_t aside_of(const std::string& name) {
    const std::size_t at = name.rfind(aside_mark);
    std::uint64_t number = 0;
    if (at != std::string::npos) std::from_chars(name.data() + at + aside_mark.size(), name.data() + name.size(), number);
    return number;
}

}  // namespace

std::uint64_t Store::generation(const std::string& folder) {
    std::uint64_t highest = 0;
    std::error_code error;
    for (const auto& item : std::filesystem::directory_iterator(folder, error))
        highest = std::max(highest, aside_of(item.path().filename().string()));
    return highest + 1;
}

Result<> Store::set_aside(const std::string& folder) {
    const std::string mark = std::string(aside_mark) + std::to_string(generation(folder));
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& item : std::filesystem::directory_iterator(folder, error))
        if (aside_of(item.path().filename().string()) == 0) names.push_back(item.path().string());
    if (error) return fail(Errc::io, "log folder " + folder + ": " + error.message());
    for (const std::string& name : names)
        if (::rename(name.c_str(), (name + mark).c_str()) != 0) return failed("rename", name);
    return sync_folder(folder);
}

Result<Store> Store::open(const std::string& folder, const std::vector<audit_log::Checkpoint>& sealed,
                          std::uint64_t segment_bound, const Visit& visit) {
    Store store(folder);
    store.segment_bound_ = segment_bound;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    Names names;
    for (const auto& item : std::filesystem::directory_iterator(folder, error)) {
        const std::string name = item.path().filename().string();
        std::uint64_t first = 0;
        const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), first);
        if (bad == std::errc() && std::string_view(end) == ".log") names.emplace_back(first, item.path().string());
    }
    if (error) return fail(Errc::io, "log folder " + folder + ": " + error.message());
    std::ranges::sort(names);
    if (!TRY(store.resume(names, visit)) || store.check(sealed)) {
        store.segments_.clear();
        store.found_ = {};
        store.size_ = 0;
        store.rows_ = Rows(folder);
        for (const auto& [first, path] : names) TRY(store.load(path, first, visit));
        if (!store.found_.damage) store.found_.damage = store.check(sealed);
    }
    store.found_.entries = store.size_;
    if (store.found_.damage) return store;
    store.rows_.release();
    if (store.segments_.empty()) {
        const auto made = store.make_segment();
        if (!made && made.error().code != Errc::full)
            return std::unexpected(made.error());  // full: the first commit that finds room makes it
    } else {
        store.file_ = kernel::os::Descriptor(::open(store.segments_.back().path.c_str(), O_WRONLY | O_CLOEXEC));
        if (!store.file_) return fail_errno("open", store.segments_.back().path);
    }
    return store;
}

std::optional<audit_log::Damage> Store::check(const std::vector<audit_log::Checkpoint>& sealed) const {
    for (const audit_log::Checkpoint& one : sealed) {
        if (size_ < one.size)
            return audit_log::Damage{size_, 0, false,
                                     "entries are missing at the end: " + std::to_string(one.size) + " were signed"};
        const auto root = rows_.root_of(one.size);
        if (!root || *root != one.root)
            return audit_log::Damage{one.size, 0, false, "the entries before this one do not come to the root that was signed"};
    }
    return std::nullopt;
}

/// From the last segment that has entries. False: it does not stand on its own, begin with the first.
Result<bool> Store::resume(const Names& names, const Visit& visit) {
    std::size_t last = names.size();
    while (last > 0 && size_of(names[last - 1].second) == 0) --last;
    if (last < 2) return false;
    --last;
    auto rows = Rows::restore(folder_, names[last].first);
    if (!rows) return false;
    const auto front = TRY(read_part(names[last].second, 0, audit_log::entry_bound + audit_log::record_overhead));
    bool is_checkpoint = false;
    (void)audit_log::walk(front, names[last].first, [&](const audit_log::Record& record) -> Result<> {
        const Entry entry = TRY(audit_log::entry_of(record));
        is_checkpoint = is_checkpoint || (record.index == names[last].first && entry.type == checkpoint_type);
        return {};
    });
    if (!is_checkpoint) return false;
    for (std::size_t i = 0; i < last; ++i) segments_.push_back({names[i].second, names[i].first, size_of(names[i].second), {}});
    size_ = found_.verified_from = names[last].first;
    rows_ = std::move(*rows);
    for (std::size_t i = last; i < names.size(); ++i) TRY(load(names[i].second, names[i].first, visit));
    return !found_.damage;
}

void Store::note(Segment& segment, std::uint64_t index, std::uint64_t offset) {
    if ((index - segment.first) % mark_every == 0) segment.marks.push_back({index, offset});
}

Result<> Store::load(const std::string& path, std::uint64_t first, const Visit& visit) {
    // As much as there is: room for the largest segment would cost more than reading it.
    const auto bytes = TRY(kernel::read_file(path, std::min<std::uint64_t>(size_of(path), read_bound)));
    Segment segment{path, size_, 0, {}};
    const audit_log::Walk walk = audit_log::walk(bytes, size_, [&](const audit_log::Record& record) -> Result<> {
        const Entry entry = TRY(audit_log::entry_of(record));
        note(segment, record.index, record.offset);
        rows_.append(record.leaf);
        if (visit) visit(record.index, entry, record.leaf);
        return {};
    });
    const bool is_misplaced = first != size_;
    segment.length = walk.length;
    size_ += walk.size;
    // Only the last record that a cut-off write can have left is repaired; what is longer was not torn by us.
    if (walk.damage && walk.damage->is_torn &&
        bytes.size() - walk.length <= audit_log::entry_bound + audit_log::record_overhead) {
        found_.torn_bytes += bytes.size() - walk.length;
        // By its descriptor: the service's filter has no call that cuts a file by its name.
        const kernel::os::Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        if (!file || ::ftruncate(file.get(), static_cast<off_t>(walk.length)) != 0) return fail_errno("ftruncate", path);
    } else if (walk.damage || is_misplaced) {
        if (!found_.damage) {
            found_.damage =
                walk.damage.value_or(audit_log::Damage{size_, 0, false, "entries in front of this segment are missing"});
            found_.damaged_segment = path;
        }
    }
    segments_.push_back(std::move(segment));
    return {};
}

/// A segment that no start has looked at: is it as it was written, from the tree before it to the tree that the next stands on?
Result<> Store::verify(std::size_t at) {
    Segment& segment = segments_[at];
    Rows rows = TRY(Rows::restore(folder_, segment.first));
    const auto bytes = TRY(kernel::read_file(segment.path, std::min<std::uint64_t>(segment.length, read_bound)));
    const audit_log::Walk walk = audit_log::walk(bytes, segment.first, [&](const audit_log::Record& record) -> Result<> {
        TRY(audit_log::entry_of(record));
        note(segment, record.index, record.offset);
        rows.append(record.leaf);
        return {};
    });
    const std::uint64_t next = segments_[at + 1].first;
    const auto root = rows_.root_of(next);
    if (!walk.damage && rows.size() == next && root && *root == rows.root()) return {};
    segment.marks.clear();
    return fail(Errc::integrity, "the log is not as it was written at entry " +
                                     std::to_string(walk.damage ? walk.damage->index : next) + ": voltkeep log verify says more");
}

Result<> Store::begin_segment() {
    CHECK(pending_.empty());
    rows_.write_partial();
    return make_segment();
}

Result<> Store::make_segment() {
    const std::string path = folder_ + "/" + name_of(size_);
    kernel::os::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
    if (!file) return failed("open", path);
    if (const auto synced = sync_folder(folder_); !synced) {
        ::unlink(path.c_str());
        return synced;
    }
    file_ = std::move(file);
    segments_.push_back({path, size_, 0, {}});
    return {};
}

std::uint64_t Store::add(const Entry& entry) {
    const auto encoded = audit_log::encode(entry);
    const Hash leaf = audit_log::leaf_hash(encoded);
    const auto record = audit_log::make_record(encoded, leaf);
    pending_.insert(pending_.end(), record.begin(), record.end());
    pending_sizes_.emplace_back(record.size(), leaf);
    return size_ + pending_sizes_.size() - 1;
}

void Store::drop_pending() {
    pending_.clear();
    pending_sizes_.clear();
}

Result<> Store::commit() {
    if (pending_.empty()) return {};
    if (!file_)
        if (const auto made = make_segment(); !made) {
            drop_pending();
            return made;
        }
    Segment& segment = segments_.back();
    auto restore_end = [&] {
        has_rest_ = ::ftruncate(file_.get(), static_cast<off_t>(segment.length)) != 0;
        return !has_rest_;
    };
    auto undo = [&](std::unexpected<Error> why) -> Result<> {
        restore_end();   // if not now, then before anything else is written
        drop_pending();
        return why;
    };
    if (has_rest_ && !restore_end()) return undo(failed("ftruncate", segment.path));
    for (std::size_t done = 0; done < pending_.size();) {
        const ssize_t n =
            ::pwrite(file_.get(), pending_.data() + done, pending_.size() - done, static_cast<off_t>(segment.length + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return undo(failed("pwrite", segment.path));
        done += static_cast<std::size_t>(n);
    }
    if (::fdatasync(file_.get()) != 0) return undo(failed("fdatasync", segment.path));
    std::uint64_t offset = segment.length;
    for (const auto& [bytes, leaf] : pending_sizes_) {
        note(segment, size_++, offset);
        rows_.append(leaf);
        offset += bytes;
    }
    segment.length = offset;
    pending_.clear();
    pending_sizes_.clear();
    return {};
}

Result<> Store::read(std::uint64_t from, std::size_t count, const Visit& visit) {
    if (from >= size_ || count == 0) return {};
    auto segment = std::ranges::upper_bound(segments_, from, {}, &Segment::first);
    if (segment == segments_.begin()) return fail(Errc::not_found, "no such entry");
    --segment;
    for (; segment != segments_.end() && count > 0; ++segment) {
        if (segment->marks.empty() && segment + 1 != segments_.end() && segment->length > 0)
            TRY(verify(static_cast<std::size_t>(segment - segments_.begin())));
        auto mark = std::ranges::upper_bound(segment->marks, from, {}, &Segment::Mark::index);
        if (mark == segment->marks.begin()) continue;
        --mark;
        const std::uint64_t wanted = (from - mark->index + count) * (audit_log::entry_bound + audit_log::record_overhead);
        const auto bytes = TRY(read_part(segment->path, mark->offset, std::min(segment->length - mark->offset, wanted)));
        (void)audit_log::walk(bytes, mark->index, [&](const audit_log::Record& record) -> Result<> {
            if (record.index != from || count == 0) return {};
            visit(record.index, TRY(audit_log::entry_of(record)), record.leaf);
            ++from;
            --count;
            return {};
        });
    }
    return {};
}

}  // namespace voltkeep::audit
