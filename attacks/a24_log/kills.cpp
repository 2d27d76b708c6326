// SPDX-License-Identifier: Apache-2.0
// kills: the log's writer is killed before, in and behind every call that changes its files, and a new one goes on where it was.
// What was acknowledged is there, what is there is in order and signed, and nothing of it is taken for damage. `kills hasty` is
// the control: a writer that acknowledges before it commits. Prints one line; status 0 if nothing was missing.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/log_files.hpp"
#include "log.hpp"
#include "wire/audit_log/test_signer.hpp"

namespace {

enum class Moment { before, within, behind, last_ = behind };

int countdown = 0;  ///< calls until the end; 0: none
Moment moment = Moment::before;

/// Is this the call? `within` is a write of half of it.
bool is_last() { return countdown > 0 && --countdown == 0; }
void die() { ::kill(::getpid(), SIGKILL); }

/// `call(is_half)`.
template <class Call>
auto last_or(Call call) {
    if (!is_last()) return call(false);
    if (moment == Moment::before) die();
    const auto result = call(moment == Moment::within);
    die();
    return result;
}

}  // namespace

// The link puts these in front of the C library's.
extern "C" {
ssize_t __real_pwrite(int file, const void* bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int file, const void* bytes, size_t size, off_t offset) {
    return last_or([&](bool is_half) { return __real_pwrite(file, bytes, is_half ? size / 2 : size, offset); });
}
int __real_fdatasync(int file);
int __wrap_fdatasync(int file) {
    return last_or([&](bool) { return __real_fdatasync(file); });
}
int __real_ftruncate(int file, off_t size);
int __wrap_ftruncate(int file, off_t size) {
    return last_or([&](bool) { return __real_ftruncate(file, size); });
}
int __real_rename(const char* from, const char* to);
int __wrap_rename(const char* from, const char* to) {
    return last_or([&](bool) { return __real_rename(from, to); });
}
int __real_open(const char* path, int how, ...);
int __wrap_open(const char* path, int how, ...) {
    mode_t mode = 0;
    if ((how & O_CREAT) != 0) {
        va_list more;
        va_start(more, how);
        mode = static_cast<mode_t>(va_arg(more, int));
        va_end(more);
    }
    if ((how & O_CREAT) == 0) return __real_open(path, how);
    return last_or([&](bool) { return __real_open(path, how, mode); });
}
}

namespace {

using namespace voltkeep;

constexpr std::uint64_t segment_bound = 8 * 1024;
std::int64_t clock_ns = 1'000'000'000;

audit::Time tick() {
    clock_ns += 1'000'000;
    return {{clock_ns}, {1'763'000'000'000 + clock_ns / 1'000'000}};
}

/// Entries as they come to `audit`, and its commits and checkpoints; each number is told when it is acknowledged.
void write_log(const std::string& folder, const audit::SealKey& key, int number, int acknowledged, bool is_hasty) {
    auto log = MUST(audit::Log::open(folder, "run", tick(), key, segment_bound));
    const auto tell = [&](int first, int last) {
        for (int i = first; i < last; ++i) CHECK(::write(acknowledged, &i, sizeof i) == sizeof i);
    };
    for (const int count : {1, 1, 70, 1, 2}) {
        for (int i = 0; i < count; ++i)
            (void)MUST(log.append("session", audit::Type::session, 1, R"({"n":)" + std::to_string(number + i) + "}", tick()));
        if (is_hasty) tell(number, number + count);
        while (log.has_pending()) MUST(log.commit(tick()));
        if (!is_hasty) tell(number, number + count);
        if (log.is_seal_due()) MUST(log.seal(tick()));
        number += count;
    }
    MUST(log.seal(tick()));
    countdown = 0;
}

struct Ways {
    int kills = 0, missing = 0, doubled = 0, damaged = 0, bad = 0;
};

/// What a successor finds. `told`: the numbers that were acknowledged so far, in order. Returns how many of them are missing.
int judge(const std::string& folder, const audit::SealKey& key, const std::vector<int>& told, Ways& ways) {
    auto log = MUST(audit::Log::open(folder, "run", tick(), key, segment_bound));
    while (log.has_pending()) MUST(log.commit(tick()));
    MUST(log.seal(tick()));
    ways.damaged += audit::Store::generation(folder) != 1;
    const auto verified = MUST(cli::verify_folder(folder, key.public_key, true));
    ways.bad += verified.damage.has_value();
    std::vector<int> seen;
    const auto damage = MUST(cli::each_record(folder, [&](const audit_log::Record& record) -> Result<> {
        const auto entry = TRY(audit_log::entry_of(record));
        if (entry.source == "session") seen.push_back(std::stoi(entry.payload.substr(5)));
        return {};
    }));
    ways.bad += damage.has_value();
    ways.doubled += std::ranges::adjacent_find(seen, std::ranges::greater_equal()) != seen.end();
    return static_cast<int>(std::ranges::count_if(told, [&](int number) { return !std::ranges::binary_search(seen, number); }));
}

/// One writer, killed at its n-th call. False: it had fewer.
bool kill_at(int n, const std::string& folder, const audit::SealKey& key, bool is_hasty, int first, std::vector<int>& told) {
    int ends[2];
    CHECK(::pipe(ends) == 0);
    const pid_t child = ::fork();
    CHECK(child >= 0);
    if (child == 0) {
        countdown = n;
        write_log(folder, key, first, ends[1], is_hasty);
        ::_exit(0);
    }
    ::close(ends[1]);
    for (int number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) told.push_back(number);
    ::close(ends[0]);
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL);
    return !WIFEXITED(status);
}

}  // namespace

int main(int argc, char** argv) {
    const bool is_hasty = argc == 2 && std::strcmp(argv[1], "hasty") == 0;
    const audit_log::TestSigner signer("kills", audit_log::SignatureType::ml_dsa_44);
    const audit::SealKey key{signer.key().key, signer.sign()};
    Ways ways;
    for (int m = 0; m <= static_cast<int>(Moment::last_); ++m) {
        moment = static_cast<Moment>(m);
        std::string folder = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/voltkeep-kills-XXXXXX" : "/tmp/voltkeep-kills-XXXXXX";
        CHECK(::mkdtemp(folder.data()) != nullptr);
        std::vector<int> told;
        int missing = 0;
        for (int n = 1;; ++n) {
            clock_ns += 1'000'000'000;
            const bool is_killed = kill_at(n, folder, key, is_hasty, n * 1000, told);
            missing = judge(folder, key, told, ways);
            if (!is_killed) break;
            ++ways.kills;
        }
        ways.missing += missing;
        std::filesystem::remove_all(folder);
    }
    std::printf(
        "%d kills: %d acknowledged entries are missing; in %d logs an entry is doubled or out of order, %d were taken for "
        "damaged, %d do not verify\n",
        ways.kills, ways.missing, ways.doubled, ways.damaged, ways.bad);
    return ways.missing + ways.doubled + ways.damaged + ways.bad > 0;
}
