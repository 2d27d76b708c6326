// SPDX-License-Identifier: Apache-2.0
// The log's files: append-only segments in one folder, one writer. A segment's name is the index of its first entry.
// What `commit` returned for is on the disk. A write that was cut off is repaired at the next start, and said so; a log with any
// other damage is not written to any more: `set_aside` keeps it for whoever investigates, and another log begins.
//
// A start verifies the last segment alone: the writer begins each with a `checkpoint` entry that repeats what it must know of
// those before, and the tree's tiles have their hashes. They are verified when somebody reads them, and all at once by `voltkeep
// log verify`. If the tree does not come to the signed root, everything is verified from the beginning.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernel/os.hpp"
#include "rows.hpp"
#include "wire/audit_log/checkpoint.hpp"
#include "wire/audit_log/segment.hpp"

namespace voltkeep::audit {

/// The type of an entry that begins a segment.
inline constexpr std::string_view checkpoint_type = "checkpoint";

class Store {
public:
    using Visit = std::function<void(std::uint64_t index, const audit_log::Entry&, const audit_log::Hash&)>;

    /// What was found at the start.
    struct Found {
        std::uint64_t entries = 0;
        std::uint64_t verified_from = 0;         ///< index of the first entry that this start has verified
        std::uint64_t torn_bytes = 0;            ///< cut off at the end: a write that the power ended
        std::optional<audit_log::Damage> damage; ///< anything else
        std::string damaged_segment;
    };

    /// Opens the folder (made if missing). `sealed`: what was signed last, by whom ever; its entries must be there. Each entry
    /// that is verified goes to `visit`; from index 0 on if it begins anew. A disk without room for a new segment is no error:
    /// the log is there to be read, and the first commit that finds room makes it. Errors: io.
    static Result<Store> open(const std::string& folder, const std::vector<audit_log::Checkpoint>& sealed,
                              std::uint64_t segment_bound = 8u << 20, const Visit& visit = {});

    /// How many logs of the folder were set aside, and one.
    static std::uint64_t generation(const std::string& folder);
    /// Gives all files of the log in the folder another name, which ends with its generation. Errors: io, full.
    static Result<> set_aside(const std::string& folder);

    [[nodiscard]] const Found& found() const { return found_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// The root over all committed entries.
    [[nodiscard]] audit_log::Hash root() const { return rows_.root(); }

    /// Adds an entry to what the next commit writes. Returns its index.
    std::uint64_t add(const audit_log::Entry& entry);
    [[nodiscard]] bool has_pending() const { return !pending_.empty(); }
    /// Writes and syncs what was added, all of it or none. Errors: full (no space), io; then nothing of it is in the log.
    Result<> commit();
    /// Forgets what was added and not committed.
    void drop_pending();

    /// The last segment is as long as it should be: with nothing pending, begin a new one and let its first entry be a
    /// checkpoint.
    [[nodiscard]] bool is_segment_full() const { return !segments_.empty() && segments_.back().length >= segment_bound_; }
    /// Errors: full, io; then the log goes on in the old one.
    Result<> begin_segment();

    /// Up to `count` committed entries from `from` on. Errors: integrity (a segment that no start has verified is not as it was
    /// written), io.
    Result<> read(std::uint64_t from, std::size_t count, const Visit& visit);

private:
    struct Segment {
        std::string path;
        std::uint64_t first = 0;                 ///< index of its first entry
        std::uint64_t length = 0;                ///< bytes of good records
        struct Mark {
            std::uint64_t index = 0, offset = 0;
        };
        std::vector<Mark> marks;  ///< every 32nd entry, so that a read does not begin at the front; none: not verified yet
    };
    using Names = std::vector<std::pair<std::uint64_t, std::string>>;   ///< first entry, path

    explicit Store(const std::string& folder) : folder_(folder), rows_(folder) {}
    Result<bool> resume(const Names& names, const Visit& visit);
    /// Is each signed root the root of the first entries? The damage if not.
    [[nodiscard]] std::optional<audit_log::Damage> check(const std::vector<audit_log::Checkpoint>& sealed) const;
    /// The file that goes on behind the last entry.
    Result<> make_segment();
    Result<> load(const std::string& path, std::uint64_t first, const Visit& visit);
    Result<> verify(std::size_t segment);
    static void note(Segment& segment, std::uint64_t index, std::uint64_t offset);

    std::string folder_;
    std::uint64_t segment_bound_ = 0;
    std::vector<Segment> segments_;
    kernel::os::Descriptor file_;                ///< of the last segment; none: it could not be made yet
    bool has_rest_ = false;                      ///< behind the last good record stands what a failed commit could not take back
    std::uint64_t size_ = 0;                     ///< committed entries
    Rows rows_;                                  ///< the tree over them
    Found found_;

    std::vector<std::byte> pending_;             ///< records of the next commit
    std::vector<std::pair<std::size_t, audit_log::Hash>> pending_sizes_;   ///< of each its bytes and its leaf
};

}  // namespace voltkeep::audit
