// SPDX-License-Identifier: Apache-2.0
// The log's files: append-only segments in one folder, one writer. A segment's name is the index of its first entry.
// What `commit` returned for is on the disk. A write that was cut off is repaired at the next start, and said so; any other damage is
// left as it is for whoever investigates, and the log goes on in a new segment behind the last good entry.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernel/os.hpp"
#include "wire/audit_log/chain.hpp"

namespace voltkeep::audit {

class Store {
public:
    /// What was found at the start.
    struct Found {
        std::uint64_t entries = 0;
        std::uint64_t last_boot = 0;             ///< the highest boot number in the log
        std::uint64_t torn_bytes = 0;            ///< cut off at the end: a write that the power ended
        std::optional<audit_log::Damage> damage; ///< anything else
        std::string damaged_segment;
    };

    /// Opens the folder (made if missing). Errors: io.
    static Result<Store> open(const std::string& folder, std::uint64_t segment_bound = 8u << 20);

    [[nodiscard]] const Found& found() const { return found_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] const audit_log::Hash& head() const { return head_; }

    /// Adds an entry to what the next commit writes. Returns its index.
    std::uint64_t add(const audit_log::Entry& entry);
    /// Writes and syncs what was added, all of it or none. Errors: full (no space), io; then nothing of it is in the log.
    Result<> commit();

    /// Up to `count` committed entries from `from` on.
    Result<> read(std::uint64_t from, std::size_t count,
                  const std::function<void(std::uint64_t, const audit_log::Entry&, const audit_log::Hash&)>& visit) const;

private:
    struct Segment {
        std::string path;
        std::uint64_t first = 0;                 ///< index of its first entry
        audit_log::Hash before{};                ///< the chain's hash in front of it
        std::uint64_t length = 0;                ///< bytes of good records
        struct Mark {
            std::uint64_t index = 0, offset = 0;
            audit_log::Hash before{};
        };
        std::vector<Mark> marks;                 ///< every 32nd entry, so that a read does not begin at the front
    };

    Result<> load(const std::string& path, std::uint64_t first);
    Result<> begin_segment();
    void note(Segment& segment, std::uint64_t index, std::uint64_t offset, const audit_log::Hash& before);

    std::string folder_;
    std::uint64_t segment_bound_ = 0;
    std::vector<Segment> segments_;
    kernel::os::Descriptor file_;
    std::uint64_t size_ = 0;                     ///< committed entries
    audit_log::Hash head_{};
    Found found_;

    std::vector<std::byte> pending_;             ///< records of the next commit
    std::vector<std::size_t> pending_sizes_;
    audit_log::Hash pending_head_{};
};

}  // namespace voltkeep::audit
