// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "test_folder.hpp"
#include "wire/audit_log/test_signer.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::audit {
namespace {

class AuditLog : public FolderTest {
protected:
    Time tick() {
        clock += 1'000'000;
        return {{clock}, {1'763'000'000'000 + clock / 1'000'000}};
    }
    /// A key of its own, made once.
    static const SealKey& key() {
        static const audit_log::TestSigner signer("test", audit_log::SignatureType::ml_dsa_44);
        static const SealKey made{signer.key().key, signer.sign()};
        return made;
    }
    Log start(std::string_view run, std::uint64_t segment_bound = 8u << 20) {
        return MUST(Log::open(folder, run, tick(), key(), segment_bound));
    }
    /// What `voltkeep log verify` finds.
    audit_log::Verifier::Result verify() const { return verify(key().public_key); }
    audit_log::Verifier::Result verify(const std::vector<std::byte>& public_key) const {
        audit_log::Verifier verifier(public_key);
        std::vector<std::string> notes = audit_log::split_checkpoints(text_of("checkpoints")).notes;
        const auto newest = audit_log::split_checkpoints(text_of("checkpoint")).notes;
        if (!newest.empty())
            notes.insert(notes.begin() + static_cast<std::ptrdiff_t>(audit_log::place_among(notes, newest[0])), newest[0]);
        for (const std::string& note : notes) verifier.checkpoint(note, true, "checkpoint");
        std::vector<std::string> names;
        for (const auto& item : std::filesystem::directory_iterator(folder))
            if (item.path().extension() == ".log") names.push_back(item.path().filename().string());
        std::ranges::sort(names);
        for (const std::string& name : names) verifier.segment(name, std::stoull(name), as_bytes(text_of(name)));
        return verifier.finish();
    }
    std::string text_of(const std::string& name) const {
        std::ifstream file(folder + "/" + name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void commit(Log& log) {
        while (log.has_pending()) ASSERT_TRUE(log.commit(tick()));
    }
    kernel::control::Event event(std::uint32_t sequence) const {
        kernel::control::Event e;
        e.sequence = sequence;
        e.at_ns = sequence * 1000;
        e.name = "meter@1";
        return e;
    }
    void take(Log& log, std::uint32_t first, std::uint32_t last) {
        for (std::uint32_t i = first; i <= last; ++i) log.take(event(i), tick());
    }
    std::vector<Entry> all(Log& log) {
        std::vector<Entry> entries;
        for (;;) {
            const auto some = MUST(log.read(entries.size(), tick())).entries;
            if (some.empty()) return entries;
            entries.insert(entries.end(), some.begin(), some.end());
        }
    }
    std::vector<Entry> of(Log& log, std::string_view source, std::optional<Type> type = std::nullopt) {
        std::vector<Entry> entries;
        for (const Entry& e : all(log))
            if (e.source == source && (!type || e.type == *type)) entries.push_back(e);
        return entries;
    }
    static std::uint64_t number(const Entry& e, std::string_view name) {
        const auto json = MUST(exi::Json::parse(e.payload));
        return json.find(name) ? std::stoull(std::string(json.find(name)->scalar())) : 0;
    }
    /// In every source the numbers of a boot go up by one: nothing is twice, nothing is missing without a gap entry that says so.
    void expect_no_doubles(Log& log) {
        std::map<std::string, std::uint64_t> last;
        std::uint64_t boot = 0;
        for (const Entry& e : all(log)) {
            if (e.boot != boot) last.clear();
            boot = e.boot;
            const std::string source(e.source.view());
            const bool is_next =
                !last.contains(source) || (source == "procmgr" ? e.sequence > last[source] : e.sequence == last[source] + 1);
            EXPECT_TRUE(is_next) << source << " " << e.sequence;
            last[source] = e.sequence;
        }
    }

    std::int64_t clock = 1'000'000'000;
};

}  // namespace

TEST_F(AuditLog, a_restart_of_the_log_alone_is_no_boot_and_goes_on_behind_the_last_event_on_the_disk) {
    {
        Log log = start("run-a");
        take(log, 1, 5);
        commit(log);
        take(log, 6, 7);   // never committed: this process is killed
    }
    Log log = start("run-a");
    EXPECT_EQ(log.stored_event(), 5u);
    take(log, 1, 9);   // the whole ring
    commit(log);
    EXPECT_EQ(of(log, "audit", Type::boot).size(), 1u);
    const auto events = of(log, "procmgr");
    ASSERT_EQ(events.size(), 9u);
    for (std::size_t i = 0; i < 9; ++i) {
        EXPECT_EQ(events[i].sequence, i + 1);
        EXPECT_EQ(events[i].boot, 1u);
        EXPECT_EQ(events[i].monotonic_ns, static_cast<std::int64_t>((i + 1) * 1000)) << "when it happened, not when it was taken";
    }
    EXPECT_EQ(of(log, "audit", Type::gap).size(), 0u);
    expect_no_doubles(log);
}

TEST_F(AuditLog, another_run_of_the_station_is_another_boot_and_its_events_begin_anew) {
    {
        Log log = start("run-a");
        take(log, 1, 5);
        commit(log);
    }
    Log log = start("run-b");
    EXPECT_EQ(log.stored_event(), 0u);
    take(log, 1, 2);
    commit(log);
    const auto boots = of(log, "audit", Type::boot);
    ASSERT_EQ(boots.size(), 2u);
    EXPECT_EQ(boots[1].boot, 2u);
    EXPECT_EQ(of(log, "procmgr").size(), 7u);
    EXPECT_EQ(of(log, "audit", Type::gap).size(), 0u);
}

TEST_F(AuditLog, events_that_the_ring_has_lost_are_counted_before_the_first_pull_and_over_a_restart) {
    {
        Log log = start("run-a");
        take(log, 11, 12);
        commit(log);
    }
    Log log = start("run-a");
    take(log, 20, 21);
    commit(log);
    const auto gaps = of(log, "audit", Type::gap);
    ASSERT_EQ(gaps.size(), 2u);
    EXPECT_EQ(number(gaps[0], "missing"), 10u);
    EXPECT_EQ(number(gaps[1], "missing"), 7u);
}

TEST_F(AuditLog, numbers_boot_and_events_go_on_from_the_checkpoint_of_the_last_segment) {
    constexpr std::uint64_t small = 4'000;
    std::uint64_t before = 0;
    {
        Log log = start("run-a", small);
        take(log, 1, 3);
        for (int i = 0; i < 200; ++i) {
            ASSERT_TRUE(log.append("session", Type::session, 1, R"({"step":"plugged"})", tick()));
            commit(log);
        }
        before = of(log, "session").size();
    }
    Log log = start("run-a", small);
    EXPECT_EQ(log.stored_event(), 3u);
    take(log, 1, 4);
    ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
    commit(log);
    EXPECT_GT(number(of(log, "audit", Type::service).back(), "verified_from"), 100u);
    EXPECT_EQ(of(log, "session").size(), before + 1);
    EXPECT_EQ(of(log, "procmgr").size(), 4u);
    EXPECT_EQ(of(log, "audit", Type::boot).size(), 1u);
    expect_no_doubles(log);
}

TEST_F(AuditLog, damage_is_told_once_however_often_the_log_is_started) {
    {
        Log log = start("run-a");
        for (int i = 0; i < 5; ++i) ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
        commit(log);
    }
    {
        std::fstream file(folder + "/000000000000.log", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(300);
        file.put('\0');
    }
    for (int i = 0; i < 3; ++i) {
        Log log = start("run-a");
        commit(log);
        EXPECT_EQ(of(log, "audit", Type::security).size(), 1u);
    }
}

TEST_F(AuditLog, what_was_signed_is_proved_and_a_tail_is_named) {
    {
        Log log = start("run-a");
        for (int i = 0; i < 150; ++i) {
            ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
            commit(log);
            if (log.unsealed() >= seal_every) { ASSERT_TRUE(log.seal(tick())); }
        }
        ASSERT_TRUE(log.seal(tick()));
        EXPECT_EQ(log.unsealed(), 0u);
        const auto good = verify();
        EXPECT_FALSE(good.damage);
        EXPECT_EQ(good.signed_size, 151u);
        EXPECT_EQ(good.root, log.head().hash);
        ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
        commit(log);
    }
    Log log = start("run-b");
    commit(log);
    EXPECT_EQ(number(of(log, "audit", Type::boot).back(), "unsealed"), 1u);
    ASSERT_TRUE(log.seal(tick()));
    EXPECT_FALSE(verify().damage);
    const audit_log::TestSigner stranger("test", audit_log::SignatureType::ml_dsa_44);
    EXPECT_TRUE(verify(stranger.key().key).damage);
}

TEST_F(AuditLog, what_was_signed_and_is_gone_is_told_and_another_log_begins) {
    {
        Log log = start("run-a");
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
        commit(log);
        ASSERT_TRUE(log.seal(tick()));
    }
    const std::string first = text_of("checkpoint");
    const std::string path = folder + "/000000000000.log";
    std::filesystem::resize_file(path, std::filesystem::file_size(path) * 2 / 3);
    {
        Log log = start("run-b");
        commit(log);
        ASSERT_TRUE(log.seal(tick()));
        ASSERT_EQ(of(log, "audit", Type::security).size(), 1u);
        EXPECT_EQ(of(log, "audit", Type::boot).back().boot, 2u) << "it knows what stood before the damage";
    }
    EXPECT_FALSE(verify().damage);
    {
        Log log = start("run-b");
        EXPECT_EQ(MUST(log.read(21, tick())).entries[0].index, 0u)
            << "who followed the log before gets this one from its beginning";
        EXPECT_TRUE(MUST(log.read(log.head().size, tick())).entries.empty());
    }
    EXPECT_NE(verify().origin, audit_log::origin_of(key().public_key, 1));
    EXPECT_EQ(text_of("checkpoint.damaged1"), first) << "kept as evidence";
    std::filesystem::copy_file(folder + "/checkpoint.damaged1", folder + "/checkpoint",
                               std::filesystem::copy_options::overwrite_existing);
    Log log = start("run-c");   // the checkpoint of the log before is not this one's
    commit(log);
    EXPECT_EQ(of(log, "audit", Type::security).size(), 1u);
    EXPECT_EQ(log.head().size, 2u);
}

TEST_F(AuditLog, of_many_checkpoints_a_start_reads_the_last_ones) {
    for (int run = 0; run < 3; ++run) {
        Log log = start("run-" + std::to_string(run));
        for (int i = 0; i < 30 * static_cast<int>(seal_every); ++i) {
            ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
            if (i % 64 != 0) continue;
            commit(log);
            ASSERT_TRUE(log.seal(tick()));
        }
        commit(log);
        EXPECT_EQ(of(log, "audit", Type::security).size(), 0u);
        EXPECT_GT(text_of("checkpoints").size(), 90'000u * static_cast<unsigned>(run + 1));
        ASSERT_TRUE(log.seal(tick()));
        std::filesystem::remove(folder + "/checkpoint");   // what it goes by is the last one that is kept
    }
    EXPECT_FALSE(verify().damage);
}

TEST_F(AuditLog, without_its_checkpoints_a_log_is_good_only_if_it_is_as_young_as_one_whose_writer_was_killed) {
    for (const bool is_old : {false, true}) {
        {
            Log log = start("run-a");
            ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
            commit(log);
            ASSERT_TRUE(log.seal(tick()));
            clock += is_old ? 11'000'000'000 : 900'000'000;
            ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
            commit(log);
        }
        std::filesystem::remove(folder + "/checkpoint");
        Log log = start("run-b");
        commit(log);
        const auto told = of(log, "audit", Type::security);
        ASSERT_EQ(told.size(), is_old ? 1u : 0u);
        if (is_old) { EXPECT_NE(told[0].payload.view().find("checkpoints are missing"), std::string_view::npos); }
        else { EXPECT_EQ(number(of(log, "audit", Type::boot).back(), "unsealed"), 3u); }
        std::filesystem::remove_all(folder);
        std::filesystem::create_directory(folder);
    }
}

TEST_F(AuditLog, a_checkpoint_that_was_cut_off_is_said_and_written_over_and_one_that_was_changed_is_damage) {
    const auto fill = [this](Log& log) {
        for (std::uint64_t i = 0; i < seal_every; ++i) ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
        commit(log);
        ASSERT_TRUE(log.is_seal_due());
        ASSERT_TRUE(log.seal(tick()));
    };
    {
        Log log = start("run-a");
        fill(log);
    }
    const std::string kept = text_of("checkpoints");
    std::ofstream(folder + "/checkpoints", std::ios::binary | std::ios::app) << kept.substr(0, 1000);
    {
        Log log = start("run-b");
        commit(log);
        EXPECT_EQ(number(of(log, "audit", Type::boot).back(), "torn_checkpoint_bytes"), 1000u);
        EXPECT_EQ(of(log, "audit", Type::security).size(), 0u);
        fill(log);
    }
    EXPECT_FALSE(verify().damage);
    EXPECT_EQ(verify().signed_size, 2 * seal_every + 2);
    std::string changed = text_of("checkpoints");
    changed.back() = ' ';   // so that it does not end
    std::ofstream(folder + "/checkpoints", std::ios::binary | std::ios::trunc) << changed;
    Log log = start("run-c");
    commit(log);
    EXPECT_EQ(of(log, "audit", Type::security).size(), 1u);
}

TEST_F(AuditLog, what_cannot_be_signed_is_told_and_nothing_more_is_taken_until_it_can) {
    bool is_broken = false;
    const SealKey fragile{key().public_key, [&](Bytes message) -> Result<std::vector<std::byte>> {
                              if (is_broken) return fail(Errc::tls, "the key is gone");
                              return key().sign(message);
                          }};
    Log log = MUST(Log::open(folder, "run-a", tick(), fragile));
    commit(log);
    is_broken = true;
    ASSERT_TRUE(log.append("session", Type::session, 1, R"({"n":1})", tick()));
    EXPECT_FALSE(log.seal(tick()));
    EXPECT_FALSE(log.may_write(Instant{clock}));
    EXPECT_EQ(log.append("session", Type::session, 1, R"({"n":1})", tick()).error().code, Errc::tls)
        << "refused, as with a full disk";
    clock += 2'000'000'000;
    ASSERT_TRUE(log.append("session", Type::session, 1, R"({"n":2})", tick()));
    EXPECT_FALSE(log.commit(tick())) << "what is there has to be signed first";
    is_broken = false;
    clock += 2'000'000'000;
    ASSERT_TRUE(log.append("session", Type::session, 1, R"({"n":3})", tick()));
    commit(log);
    ASSERT_TRUE(log.seal(tick()));
    ASSERT_EQ(of(log, "session").size(), 1u) << "the two that were refused are not there";
    EXPECT_EQ(number(of(log, "session")[0], "n"), 3u);
    bool is_told = false;
    for (const Entry& e : of(log, "audit", Type::service))
        is_told = is_told || e.payload.view().find("the key is gone") != std::string_view::npos;
    EXPECT_TRUE(is_told);
    EXPECT_FALSE(verify().damage);
}

/// The disk's bytes at every length that a kill can leave: all files are append-only but `checkpoint`, which is replaced as a
/// whole.
TEST_F(AuditLog, a_log_that_was_cut_off_at_any_byte_behind_its_last_checkpoint_goes_on_and_verifies) {
    std::string sealed_bytes;
    {
        Log log = start("run-a");
        for (int i = 0; i < 10; ++i) ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
        commit(log);
        ASSERT_TRUE(log.seal(tick()));
        sealed_bytes = text_of("000000000000.log");
        ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
        ASSERT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
        commit(log);
    }
    const std::string all = text_of("000000000000.log"), checkpoint = text_of("checkpoint");
    for (std::size_t length = sealed_bytes.size(); length <= all.size(); ++length) {
        std::ofstream(folder + "/000000000000.log", std::ios::binary | std::ios::trunc) << all.substr(0, length);
        std::ofstream(folder + "/checkpoint", std::ios::binary | std::ios::trunc) << checkpoint;
        Log log = start("run-b");
        commit(log);
        ASSERT_TRUE(log.seal(tick()));
        ASSERT_FALSE(verify().damage) << length << " " << verify().damage->what;
        ASSERT_EQ(of(log, "audit", Type::security).size(), 0u) << length;
    }
}

TEST_F(AuditLog, takes_nothing_that_is_no_json_object_of_utf8) {
    Log log = start("run-a");
    for (const std::string_view bad :
         {"", "null", "[]", "{} ", "{}{}", "{\"a\":1", "{\"a\":\"\x1b[2J\"}", "{\"a\":\"\n\"}", "{\"a\":\"\xff\"}",
          "{\"a\":\"\xc0\xaf\"}", "{\"a\":1,\"a\":2}", "{\"a\":\"\\ud800\"}", "{\"a\":NaN}"}) {
        if (bad == "{} ") continue;   // white space is JSON
        const auto taken = log.append("ocpp", Type::message, 0, bad, tick());
        ASSERT_FALSE(taken) << bad;
        EXPECT_EQ(taken.error().code, Errc::bad_argument);
        EXPECT_FALSE(log.append_later("ocpp", Type::message, 0, bad, tick())) << bad;
    }
    EXPECT_TRUE(log.append("ocpp", Type::message, 0, R"({"a":"\u001b[2J €"})", tick()));
}

TEST_F(AuditLog, what_is_given_up_under_load_is_counted_and_told) {
    Log log = start("run-a");
    for (int i = 0; i < 600; ++i) ASSERT_TRUE(log.append_later("ocpp", Type::message, 0, "{}", tick()));
    commit(log);
    const auto gaps = of(log, "audit", Type::gap);
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(number(gaps[0], "missing"), 88u);
    EXPECT_EQ(of(log, "ocpp").size(), 512u);
    EXPECT_EQ(log.head().dropped, 88u);
}

/// On a file system of 128 KiB: a log in `log`, and `ballast` that can be taken away.
class FullDisk : public AuditLog {
protected:
    static constexpr int no_mount = 77;

    /// Runs `body` in a process with the file system at `folder`; it reports by EXPECTs and its exit status.
    template <class Body>
    void on_small_disk(Body body, const char* options = "size=128k") {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const uid_t user = ::geteuid();
            if (::unshare(CLONE_NEWNS | (user == 0 ? 0 : CLONE_NEWUSER)) != 0) ::_exit(no_mount);
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
            if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, options) != 0) ::_exit(no_mount);
            body();
            ::_exit(HasFailure() ? 1 : 0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == no_mount) GTEST_SKIP() << "no file system can be mounted here";
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    void load_ballast() const {
        std::ofstream file(folder + "/ballast");
        file << std::string(64 * 1024, 'x');
    }
    void drop_ballast() const { std::filesystem::remove(folder + "/ballast"); }
    Log start_small(std::string_view run) { return MUST(Log::open(folder + "/log", run, tick(), key(), 16 * 1024)); }
};

TEST_F(FullDisk, what_was_acknowledged_is_there_nothing_else_is_and_the_log_goes_on_when_there_is_room_again) {
    on_small_disk([this] {
        load_ballast();
        std::vector<std::uint64_t> acknowledged;
        std::uint32_t events = 0;
        std::uint64_t later_lost = 0;
        {
            Log log = start_small("run-a");
            int refused = 0;
            for (int i = 0; refused < 50; ++i) {
                ++events;
                if (log.may_write(Instant{clock})) take(log, log.stored_event() + 1, events);   // as the ring gives them
                const bool later = log.append_later("ocpp", Type::message, 0, R"({"n":"may be lost"})", tick()).has_value();
                EXPECT_TRUE(later);
                const auto index = log.append("session", Type::session, 1,
                                              JsonObject<1024>().put("i", i).put("text", std::string(300, 'y')).text(), tick());
                const bool done = index && log.commit(tick());
                (void)log.seal(tick());
                if (done) acknowledged.push_back(static_cast<std::uint64_t>(i));
                if (!done) {
                    EXPECT_EQ(log.append("session", Type::session, 1, "{}", tick()).error().code, Errc::full)
                        << "refused at once";
                    ++later_lost;
                    ++refused;
                }
                if (!log.may_write(Instant{clock})) clock += 300'000'000;
            }
            EXPECT_GT(acknowledged.size(), 20u);
            EXPECT_GT(log.head().dropped, 0u);
            drop_ballast();
            clock += 2'000'000'000;
            take(log, 1, events + 3);   // the ring still has them
            commit(log);
            EXPECT_TRUE(log.append("session", Type::session, 1, R"({"i":1000000})", tick()));
            commit(log);
            acknowledged.push_back(1'000'000);
            EXPECT_EQ(of(log, "audit", Type::boot).size(), 1u);
            std::uint64_t told = 0;
            for (const Entry& e : of(log, "audit", Type::gap)) {
                EXPECT_NE(e.payload.view().find(R"("of":"ocpp")"), std::string_view::npos) << e.payload.view();
                told += number(e, "missing");
            }
            EXPECT_EQ(told, later_lost) << "each one that was given up";
            bool is_told = false;
            for (const Entry& e : of(log, "audit", Type::service))
                is_told = is_told || e.payload.view().find("no space") != std::string_view::npos;
            EXPECT_TRUE(is_told) << "when it began";
        }
        Log log = start_small("run-a");
        commit(log);
        std::vector<std::uint64_t> stored;
        for (const Entry& e : of(log, "session")) stored.push_back(number(e, "i"));
        EXPECT_EQ(stored, acknowledged);
        EXPECT_EQ(of(log, "procmgr").size(), events + 3);
        expect_no_doubles(log);
        EXPECT_EQ(of(log, "audit", Type::security).size(), 0u) << "a full disk is no damage";
    });
}

//= IEC 62443-4-2 CR 2.10
TEST_F(FullDisk, a_first_start_without_room_for_a_file_waits_for_it_and_nothing_is_acknowledged_before) {
    on_small_disk(
        [this] {
            std::filesystem::create_directory(folder + "/log");
            for (int i = 0; std::ofstream(folder + "/ballast" + std::to_string(i)).is_open(); ++i) {}
            Log log = start_small("run-a");
            EXPECT_TRUE(log.append("session", Type::session, 1, R"({"i":1})", tick()));
            EXPECT_EQ(log.commit(tick()).error().code, Errc::full);
            EXPECT_FALSE(log.may_write(Instant{clock}));
            EXPECT_EQ(log.append("session", Type::session, 1, R"({"i":1})", tick()).error().code, Errc::full)
                << "refused, not lost without a word";
            EXPECT_EQ(log.head().size, 0u);
            EXPECT_TRUE(log.read(0, tick())->entries.empty());
            std::filesystem::remove(folder + "/ballast0");
            std::filesystem::remove(folder + "/ballast1");
            clock += 2'000'000'000;
            EXPECT_TRUE(log.append("session", Type::session, 1, R"({"i":2})", tick()));
            commit(log);
            EXPECT_EQ(of(log, "audit", Type::boot).size(), 1u) << "what the log itself had to say has waited";
            ASSERT_EQ(of(log, "session").size(), 1u);
            EXPECT_EQ(number(of(log, "session")[0], "i"), 2u);
        },
        "size=128k,nr_inodes=12");
}

TEST_F(FullDisk, the_boot_and_damage_entries_wait_for_room) {
    on_small_disk([this] {
        {
            Log log = start_small("run-a");
            for (int i = 0; i < 5; ++i) EXPECT_TRUE(log.append("session", Type::session, 1, "{}", tick()));
            commit(log);
        }
        {
            std::ofstream file(folder + "/ballast");
            while (file << std::string(4096, 'x') << std::flush) {}
        }
        Log log = start_small("run-b");
        // The last page of the log may have room for some: fill it.
        for (int i = 0; i < 40; ++i)
            (void)log.append("session", Type::session, 1, JsonObject<1024>().put("text", std::string(900, 'y')).text(), tick());
        EXPECT_FALSE(log.commit(tick()));
        EXPECT_TRUE(log.has_pending());
        drop_ballast();
        clock += 2'000'000'000;
        commit(log);
        EXPECT_EQ(of(log, "audit", Type::boot).size(), 2u);
        EXPECT_EQ(of(log, "session").size(), 5u);
    });
}

}  // namespace voltkeep::audit
