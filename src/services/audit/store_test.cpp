// SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

namespace voltkeep::audit {
namespace {

class AuditStore : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/voltkeep-log-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    Store fresh(std::uint64_t segment_bound = 8u << 20) { return MUST(Store::open(folder, segment_bound)); }
    static audit_log::Entry entry(int n) { return {"test", static_cast<std::uint64_t>(n), 1, 1, 1, "session", 0, "{\"n\":" + std::to_string(n) + "}"}; }
    static void fill(Store& store, int n) {
        for (int i = 0; i < n; ++i) {
            store.add(entry(i));
            ASSERT_TRUE(store.commit());
        }
    }
    std::string first_segment() const { return folder + "/000000000000.log"; }
    void flip(std::uint64_t offset) const {
        std::fstream file(first_segment(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(offset));
        const char old = static_cast<char>(file.get());
        file.seekp(static_cast<std::streamoff>(offset));
        file.put(static_cast<char>(old ^ 1));
    }

    std::string folder;
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
    for (std::uint64_t from : {0u, 1u, 31u, 32u, 50u, 99u}) {
        std::vector<std::uint64_t> seen;
        ASSERT_TRUE(s.read(from, 5, [&](std::uint64_t index, const audit_log::Entry& e, const audit_log::Hash&) {
            EXPECT_EQ(e.sequence, index);
            seen.push_back(index);
        }));
        EXPECT_EQ(seen.size(), std::min<std::size_t>(5, 100 - from));
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

TEST_F(AuditStore, a_changed_byte_is_named_kept_as_evidence_and_the_log_goes_on_behind_the_last_good_entry) {
    { Store s = fresh(); fill(s, 10); }
    const auto size = std::filesystem::file_size(first_segment());
    flip(size / 2);
    Store s = fresh();
    ASSERT_TRUE(s.found().damage);
    EXPECT_EQ(s.found().damage->index, 5u);
    EXPECT_EQ(std::filesystem::file_size(first_segment()), size);
    EXPECT_EQ(s.size(), 5u);
    fill(s, 3);
    EXPECT_EQ(fresh().size(), 8u);
}

TEST_F(AuditStore, what_could_not_be_written_is_not_in_the_log) {
    Store s = fresh();
    fill(s, 2);
    const audit_log::Hash head = s.head();
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{std::filesystem::file_size(first_segment()) + 10, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    s.add(entry(2));
    EXPECT_FALSE(s.commit());
    ::setrlimit(RLIMIT_FSIZE, &old);
    EXPECT_EQ(s.head(), head);
    s.add(entry(2));
    EXPECT_TRUE(s.commit());
    EXPECT_EQ(fresh().size(), 3u);
}

}  // namespace voltkeep::audit
