// SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "test_folder.hpp"

namespace voltkeep::audit {
namespace {

class AuditStore : public FolderTest {
protected:
    Store fresh(std::uint64_t segment_bound = 8u << 20) { return MUST(Store::open(folder, expected(), segment_bound)); }
    std::vector<audit_log::Checkpoint> expected() const {
        return sealed ? std::vector{*sealed} : std::vector<audit_log::Checkpoint>();
    }
    static std::optional<audit_log::Checkpoint> seal_of(const Store& store) {
        return audit_log::Checkpoint{"test", store.size(), store.root()};
    }
    static audit_log::Entry entry(int n) {
        return {"test", static_cast<std::uint64_t>(n), 1, 1, 1, "session", 0, "{\"n\":" + std::to_string(n) + "}"};
    }
    static void fill(Store& store, int n) {
        for (int i = 0; i < n; ++i) {
            store.add(entry(i));
            ASSERT_TRUE(store.commit());
            if (!store.is_segment_full()) continue;
            ASSERT_TRUE(store.begin_segment());
            store.add(checkpoint(++i));
            ASSERT_TRUE(store.commit());
        }
    }
    static audit_log::Entry checkpoint(int n) {
        return {"audit", static_cast<std::uint64_t>(n), 1, 1, 1, std::string(checkpoint_type), 0, "{}"};
    }
    /// The segments, oldest first.
    std::vector<std::string> segments() const {
        std::vector<std::string> paths;
        for (const auto& item : std::filesystem::directory_iterator(folder))
            if (item.path().extension() == ".log") paths.push_back(item.path().string());
        std::ranges::sort(paths);
        return paths;
    }
    std::string first_segment() const { return folder + "/000000000000.log"; }
    void flip(std::uint64_t offset) const { flip(first_segment(), offset); }
    static void flip(const std::string& path, std::uint64_t offset) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(offset));
        const char old = static_cast<char>(file.get());
        file.seekp(static_cast<std::streamoff>(offset));
        file.put(static_cast<char>(old ^ 1));
    }

    std::optional<audit_log::Checkpoint> sealed;   ///< what the next start believes
};

}  // namespace

TEST_F(AuditStore, what_was_committed_is_there_after_the_next_start_and_the_chain_goes_on) {
    { Store s = fresh(); fill(s, 100); }
    Store s = fresh();
    EXPECT_EQ(s.size(), 100u);
    EXPECT_FALSE(s.found().damage);
    fill(s, 1);
    EXPECT_EQ(fresh().size(), 101u);
}

TEST_F(AuditStore, reads_any_entry_over_the_border_of_segments) {
    Store s = fresh(500);
    fill(s, 100);
    const std::uint64_t size = s.size();
    for (std::uint64_t from : {0u, 1u, 31u, 32u, 50u, 99u}) {
        std::vector<std::uint64_t> seen;
        ASSERT_TRUE(s.read(from, 5, [&](std::uint64_t index, const audit_log::Entry& e, const audit_log::Hash&) {
            EXPECT_EQ(e.sequence, index);
            seen.push_back(index);
        }));
        EXPECT_EQ(seen.size(), std::min<std::size_t>(5, size - from));
        EXPECT_EQ(seen.front(), from);
    }
}

TEST_F(AuditStore, a_write_that_was_cut_off_is_repaired_and_said) {
    { Store s = fresh(); fill(s, 10); }
    const auto size = std::filesystem::file_size(first_segment());
    for (std::uint64_t cut = 1; cut < 60; cut += 7) {
        std::filesystem::resize_file(first_segment(), size - cut);
        Store s = fresh();
        EXPECT_EQ(s.size(), 9u);
        EXPECT_GT(s.found().torn_bytes, 0u);
        EXPECT_FALSE(s.found().damage);
        s.add(entry(9));
        ASSERT_TRUE(s.commit());
    }
}

TEST_F(AuditStore, a_changed_byte_is_named_and_the_log_is_set_aside_whole) {
    { Store s = fresh(); fill(s, 10); }
    const auto size = std::filesystem::file_size(first_segment());
    flip(size / 2);
    {
        Store s = fresh();
        ASSERT_TRUE(s.found().damage);
        EXPECT_EQ(s.found().damage->index, 5u);
    }
    EXPECT_EQ(Store::generation(folder), 1u);
    ASSERT_TRUE(Store::set_aside(folder));
    EXPECT_EQ(Store::generation(folder), 2u);
    EXPECT_EQ(std::filesystem::file_size(first_segment() + ".damaged1"), size) << "kept as evidence";
    Store s = fresh();
    EXPECT_EQ(s.size(), 0u);
    EXPECT_FALSE(s.found().damage);
    fill(s, 3);
    EXPECT_EQ(fresh().size(), 3u);
}

TEST_F(AuditStore, entries_that_were_signed_and_are_missing_or_others_are_damage_and_what_came_later_is_not) {
    {
        Store s = fresh();
        fill(s, 10);
        sealed = seal_of(s);
        fill(s, 5);
    }
    EXPECT_FALSE(fresh().found().damage) << "five more";
    const std::uint64_t record = std::filesystem::file_size(first_segment()) / 15;
    std::filesystem::resize_file(first_segment(), record * 10);
    EXPECT_FALSE(fresh().found().damage) << "these five were not signed";
    std::filesystem::resize_file(first_segment(), record * 8);
    ASSERT_TRUE(fresh().found().damage);
    EXPECT_EQ(fresh().found().damage->index, 8u);
    sealed.reset();
    { Store s = fresh(); fill(s, 2); }
    sealed = audit_log::Checkpoint{"test", 10, audit_log::empty_root()};
    EXPECT_NE(fresh().found().damage->what.find("root"), std::string::npos) << "truncated and continued";
}

TEST_F(AuditStore, a_start_finds_the_tree_in_its_tiles_and_makes_them_again_if_they_are_gone) {
    for (const bool is_gone : {false, true}) {
        {
            Store s = fresh(20'000);
            fill(s, 700);
            sealed = seal_of(s);
        }
        if (is_gone) std::filesystem::remove_all(folder + "/tile");
        Store s = fresh(20'000);
        EXPECT_FALSE(s.found().damage);
        EXPECT_EQ(s.found().verified_from == 0, is_gone);
        EXPECT_EQ(s.root(), sealed->root);
        EXPECT_EQ(std::filesystem::file_size(folder + "/tile/0/001"), 8192u);
        std::filesystem::remove_all(folder);
        sealed.reset();
    }
}

TEST_F(AuditStore, what_could_not_be_written_is_not_in_the_log) {
    Store s = fresh();
    fill(s, 2);
    const audit_log::Hash root = s.root();
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{std::filesystem::file_size(first_segment()) + 10, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    s.add(entry(2));
    EXPECT_FALSE(s.commit());
    ::setrlimit(RLIMIT_FSIZE, &old);
    EXPECT_EQ(s.root(), root);
    s.add(entry(2));
    EXPECT_TRUE(s.commit());
    EXPECT_EQ(fresh().size(), 3u);
}

TEST_F(AuditStore, a_start_verifies_the_last_segment_alone_and_goes_on_there) {
    std::uint64_t size = 0;
    audit_log::Hash root{};
    { Store s = fresh(500); fill(s, 100); size = s.size(); root = s.root(); }
    std::uint64_t seen = 0;
    Store s = MUST(
        Store::open(folder, expected(), 500, [&](std::uint64_t, const audit_log::Entry&, const audit_log::Hash&) { ++seen; }));
    EXPECT_EQ(s.size(), size);
    EXPECT_EQ(s.root(), root);
    EXPECT_GT(s.found().verified_from, size - 12);
    EXPECT_EQ(seen, size - s.found().verified_from);
    fill(s, 20);
    std::uint64_t next = 0;
    while (next < s.size()) {   // what no start has verified is verified when it is read
        ASSERT_TRUE(s.read(
            next, 8, [&](std::uint64_t index, const audit_log::Entry&, const audit_log::Hash&) { EXPECT_EQ(index, next++); }));
    }
}

TEST_F(AuditStore, a_changed_byte_of_an_old_segment_is_found_by_who_reads_it) {
    { Store s = fresh(500); fill(s, 100); }
    flip(segments()[2], 60);
    Store s = fresh(500);
    EXPECT_FALSE(s.found().damage);
    const auto read = s.read(0, 100, [](std::uint64_t, const audit_log::Entry&, const audit_log::Hash&) {});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::integrity);
}

TEST_F(AuditStore, what_does_not_come_to_the_signed_root_is_verified_from_the_beginning) {
    { Store s = fresh(500); fill(s, 100); sealed = seal_of(s); }
    flip(segments()[3], 60);
    flip(folder + "/tile/0/000.p/" + std::to_string(std::stoull(std::filesystem::path(segments().back()).filename().string())),
         40);  // and the tile, so that the start sees it
    Store s = fresh(500);
    ASSERT_TRUE(s.found().damage);
    EXPECT_EQ(s.found().verified_from, 0u);
    EXPECT_EQ(s.found().damaged_segment, segments()[3]);
}

TEST_F(AuditStore, a_segment_that_was_begun_and_never_written_to_is_where_the_log_goes_on) {
    std::uint64_t size = 0;
    {
        Store s = fresh(500);
        fill(s, 30);
        ASSERT_TRUE(s.begin_segment());
        size = s.size();
    }
    Store s = fresh(500);
    EXPECT_EQ(s.size(), size);
    EXPECT_FALSE(s.found().damage);
    EXPECT_GT(s.found().verified_from, 0u);
    fill(s, 1);
    EXPECT_EQ(fresh(500).size(), size + 1);
}

TEST_F(AuditStore, a_segment_that_cannot_be_begun_leaves_the_old_one_to_go_on_in) {
    Store s = fresh(1 << 20);
    fill(s, 5);
    std::filesystem::rename(folder, folder + "-away");
    EXPECT_FALSE(s.begin_segment());
    std::filesystem::rename(folder + "-away", folder);
    fill(s, 5);
    Store next = fresh();
    EXPECT_EQ(next.size(), 10u);
    EXPECT_FALSE(next.found().damage);
    EXPECT_EQ(segments().size(), 1u);
}

}  // namespace voltkeep::audit
