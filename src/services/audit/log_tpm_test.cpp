// SPDX-License-Identifier: Apache-2.0
// The log of a station with a TPM: signed and sealed by others, who may be late, gone, or set back.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "log.hpp"
#include "test_folder.hpp"
#include "wire/audit_log/test_tpm.hpp"

namespace voltkeep::audit {
namespace {

class SealedLog : public FolderTest {
protected:
    Time tick(Duration passed = 1ms) {
        clock = clock + passed;
        return {clock, {1'763'000'000'000 + clock.ns / 1'000'000}};
    }
    Log start(std::string_view run = "run-a") { return MUST(Log::open(folder, run, tick(), {signer().key().key, {}})); }
    static const audit_log::TestSigner& signer() {
        static const audit_log::TestSigner made("test", audit_log::SignatureType::ml_dsa_44);
        return made;
    }
    void commit(Log& log) {
        while (log.has_pending()) ASSERT_TRUE(log.commit(tick()));
    }
    void fill(Log& log, int count) {
        for (int i = 0; i < count; ++i) ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
        commit(log);
    }
    /// What crypto does.
    void sign(Log& log) {
        const auto wanted = log.to_sign(tick());
        ASSERT_TRUE(wanted);
        ASSERT_TRUE(log.take_signature(*wanted, MUST(signer().sign()(wanted->message)), tick()));
    }
    /// What audit has the TPM do; `is_cut_off`: up to the raise.
    void seal(Log& log, bool is_cut_off = false) {
        log.tell_raise(tpm.counter + 1, "boot", tick());
        EXPECT_FALSE(log.is_raise_signed());
        commit(log);
        sign(log);
        ASSERT_TRUE(log.is_raise_signed());
        ++tpm.counter;
        if (!is_cut_off) {
            ASSERT_TRUE(log.keep_tpm(tpm.certify(*log.last_signed()), tick()));
        }
    }
    std::string judged(Log& log) {
        log.judge(tpm.counter, tpm.keys(), tick());
        commit(log);
        return std::string(log.seals().alarm.view());
    }
    void cut(const std::string& name, std::uintmax_t size) { std::filesystem::resize_file(folder + "/" + name, size); }
    std::uintmax_t size_of(const std::string& name) { return std::filesystem::file_size(folder + "/" + name); }

    Instant clock{1'000'000'000};
    audit_log::TestTpm tpm;
};

TEST_F(SealedLog, takes_entries_while_nobody_signs_and_signs_them_all_at_once) {
    Log log = start();
    fill(log, 200);
    EXPECT_EQ(log.unsealed(), 201u);
    EXPECT_TRUE(log.is_seal_due());
    sign(log);
    EXPECT_EQ(log.unsealed(), 0u);
    EXPECT_FALSE(log.to_sign(tick()));
}

TEST_F(SealedLog, knows_its_key_late_and_names_itself_by_it) {
    Log log = MUST(Log::open(folder, "run-a", tick(), SealKey{}));
    fill(log, 3);
    EXPECT_FALSE(log.to_sign(tick()));
    log.know(signer().key().key);
    sign(log);
    EXPECT_EQ(log.last_signed()->origin, audit_log::origin_of(signer().key().key, 1));
}

TEST_F(SealedLog, believes_no_signature_that_is_not_its_keys) {
    Log log = start();
    fill(log, 3);
    const auto wanted = log.to_sign(tick());
    const audit_log::TestSigner other("test", audit_log::SignatureType::ml_dsa_44);
    EXPECT_EQ(log.take_signature(*wanted, MUST(other.sign()(wanted->message)), tick()).error().code, Errc::integrity);
    EXPECT_FALSE(log.last_signed());
    sign(log);
}

/// Who erases checkpoints leaves a long unsigned end; who was not signed for says so in it.
TEST_F(SealedLog, a_long_unsigned_end_is_damage_unless_it_says_why) {
    {
        Log log = start();
        commit(log);
        sign(log);
        fill(log, 1'200);
    }
    EXPECT_FALSE(start().seals().alarm.empty());
    {
        std::filesystem::remove_all(folder);
        Log log = start();
        commit(log);
        sign(log);
        log.tell_tpm(unsigned_word, "crypto is gone", tick());
        fill(log, 1'200);
    }
    EXPECT_TRUE(start().seals().alarm.empty());
}

TEST_F(SealedLog, a_counter_that_is_where_the_last_seal_has_it_is_no_alarm) {
    {
        Log log = start();
        seal(log);
        fill(log, 5);
        seal(log);
    }
    Log log = start("run-b");
    EXPECT_EQ(judged(log), "");
    EXPECT_EQ(log.seals().counter, tpm.counter);
}

TEST_F(SealedLog, a_seal_that_was_cut_off_behind_its_raise_is_no_alarm_and_is_told) {
    {
        Log log = start();
        seal(log);
        seal(log, true);
    }
    Log log = start("run-b");
    EXPECT_EQ(judged(log), "");
    bool is_told = false;
    for (const Entry& e : MUST(log.read(0, tick())).entries)
        is_told = is_told || e.payload.view().find("seal_cut_off") != std::string_view::npos;
    EXPECT_TRUE(is_told);
}

/// Cut back to an earlier state, with its checkpoint and its seals: only the counter knows better.
TEST_F(SealedLog, entries_that_were_sealed_and_are_missing_are_an_alarm_also_if_their_seals_are_gone) {
    std::uintmax_t entries = 0, seals = 0;
    {
        Log log = start();
        seal(log);
        entries = size_of("000000000000.log");
        seals = size_of("seals");
        std::filesystem::copy_file(folder + "/checkpoint", folder + ".checkpoint");
        fill(log, 5);
        seal(log);
    }
    cut("000000000000.log", entries);
    cut("seals", seals);
    std::filesystem::rename(folder + ".checkpoint", folder + "/checkpoint");
    Log log = start("run-b");
    ASSERT_TRUE(log.seals().alarm.empty()) << "by itself it is a log like any other";
    EXPECT_NE(judged(log).find("are missing"), std::string::npos);
}

/// The same, and an entry is added that says that the counter was to be raised: nobody has signed that one.
TEST_F(SealedLog, a_raise_that_nobody_signed_excuses_nothing) {
    {
        Log log = start();
        seal(log);
        fill(log, 5);
        log.tell_raise(tpm.counter + 1, "schedule", tick());
        commit(log);
    }
    ++tpm.counter;
    Log log = start("run-b");
    EXPECT_NE(judged(log).find("are missing"), std::string::npos);
}

TEST_F(SealedLog, a_TPM_that_was_set_back_or_is_another_is_an_alarm) {
    {
        Log log = start();
        seal(log);
        seal(log);
    }
    --tpm.counter;
    {
        Log log = start("run-b");
        EXPECT_NE(judged(log).find("earlier state"), std::string::npos);
    }
    Log log = start("run-c");
    tpm = audit_log::TestTpm();
    EXPECT_FALSE(judged(log).empty());
}

TEST_F(SealedLog, a_start_that_misses_what_the_last_seal_has_sets_the_log_aside) {
    std::uintmax_t entries = 0;
    {
        Log log = start();
        commit(log);
        sign(log);
        entries = size_of("000000000000.log");
        std::filesystem::copy_file(folder + "/checkpoint", folder + ".checkpoint");
        seal(log);
    }
    cut("000000000000.log", entries);
    std::filesystem::rename(folder + ".checkpoint", folder + "/checkpoint");
    EXPECT_NE(start("run-b").seals().alarm.view().find("missing"), std::string_view::npos);
    EXPECT_TRUE(std::filesystem::exists(folder + "/seals.damaged1"));
}

TEST_F(SealedLog, a_seal_that_was_cut_off_while_it_was_written_is_written_over) {
    {
        Log log = start();
        seal(log);
        seal(log);
    }
    cut("seals", size_of("seals") - 7);
    Log log = start("run-b");
    EXPECT_EQ(judged(log), "");
    seal(log);
    std::ifstream file(folder + "/seals");
    int lines = 0;
    for (std::string line; std::getline(file, line); ++lines) EXPECT_TRUE(audit_log::read_tpm_seal(line)) << line;
    EXPECT_EQ(lines, 2);
}

}  // namespace
}  // namespace voltkeep::audit
