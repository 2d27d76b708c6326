// SPDX-License-Identifier: Apache-2.0
// The real processes of a station, while a car charges: what the system says of each of them is what its manifest says.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "edit.hpp"
#include "harness/tool.hpp"

namespace voltkeep::containment {
namespace {

using harness::ToolStation;
namespace fs = std::filesystem;

constexpr std::string_view readable_system[] = {"/", "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null"};
constexpr std::string_view readable_with_network[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services"};

class Process {
public:
    Process(pid_t pid, const policy::Image& image, const policy::Service& service)
        : image_(image), s_(service), folder_("/proc/" + std::to_string(pid) + "/"), pid_(pid) {}

    void check() {
        check_identity();
        check_limits();
        check_groups();
        check_descriptors();
        check_memory();
        check_mounts();
        check_schedule();
    }
    [[nodiscard]] std::string link(const std::string& name) const {
        std::error_code error;
        return fs::read_symlink(folder_ + name, error).string();
    }

private:
    [[nodiscard]] std::vector<std::string> lines_of(const std::string& name) const { return lines_at(folder_ + name); }
    static std::vector<std::string> lines_at(const std::string& path) {
        std::ifstream file(path);
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(line);
        return lines;
    }
    static std::vector<std::string> words(const std::string& line) {
        std::istringstream stream(line);
        return {std::istream_iterator<std::string>(stream), {}};
    }
    /// What stands behind this word at the beginning of a line, its blanks made one.
    [[nodiscard]] std::string value(const std::string& file, const std::string& key) const {
        for (const std::string& line : lines_of(file)) {
            if (!line.starts_with(key)) continue;
            std::string text;
            for (const std::string& word : words(line.substr(key.size()))) text += (text.empty() ? "" : " ") + word;
            return text;
        }
        return "(none)";
    }
    void expect(bool is_met, const std::string& what) const { EXPECT_TRUE(is_met) << s_.name.view() << ": " << what; }
    void expect(const std::string& is, const std::string& expected, const std::string& what) const {
        EXPECT_EQ(is, expected) << s_.name.view() << ": " << what;
    }

    void check_identity() const {
        const std::string id = std::to_string(image_.first_uid + s_.uid), four = id + " " + id + " " + id + " " + id;
        expect(value("status", "Uid:"), four, "user");
        expect(value("status", "Gid:"), four, "group");
        expect(value("status", "Groups:"), std::to_string(image_.first_uid + policy::max_services),
               "the group of what several read");
        char abilities[17];
        std::snprintf(abilities, sizeof abilities, "%016llx", static_cast<unsigned long long>(s_.abilities));
        for (const char* set : {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"})
            expect(value("status", set), abilities, set);
        expect(value("status", "NoNewPrivs:"), "1", "no new privileges");
        expect(value("status", "Seccomp:"), "2", "filtered");
        expect(value("status", "Seccomp_filters:"), "2", "at the start and sealed");
        expect(words(value("status", "NSpid:")).back(), "1", "alone in its world of processes");
        expect(std::stoi(value("status", "Threads:")) <= s_.limits.tasks, "threads");
    }

    void check_limits() const {
        const auto limited = [&](const char* name, std::uint64_t limit, const char* unit) {
            const std::string number = std::to_string(limit);
            expect(value("limits", name), number + " " + number + " " + unit, name);
        };
        limited("Max open files", s_.limits.files, "files");
        limited("Max address space", s_.limits.memory_bytes, "bytes");
        limited("Max processes", s_.limits.tasks, "processes");
        limited("Max core file size", 0, "bytes");
        if (s_.schedule == policy::Schedule::fifo) limited("Max realtime timeout", 100'000, "us");
    }

    /// Where the machine has control groups of a kind, the service is in one of its own that is bounded as the manifest says.
    void check_groups() const {
        const auto bound = [&](const std::string& path) {
            const auto lines = lines_at(path);
            return lines.empty() ? "(none)" : lines[0];
        };
        for (const std::string& line : lines_of("cgroup")) {
            const std::string controller = line.substr(line.find(':') + 1, line.rfind(':') - line.find(':') - 1),
                              path = line.substr(line.rfind(':') + 1);
            const bool is_ours = path.find("voltkeep-") != std::string::npos && path.ends_with("/" + std::string(s_.name.view()));
            if (controller == "memory") {
                expect(is_ours, "in a memory group of its own: " + line);
                expect(bound("/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes"), std::to_string(s_.limits.memory_bytes),
                       "memory of its group");
            }
            if (controller == "pids") {
                expect(is_ours, "in a group of its own: " + line);
                expect(bound("/sys/fs/cgroup/pids" + path + "/pids.max"), std::to_string(s_.limits.tasks), "tasks of its group");
            }
            if (controller.empty() && is_ours)
                expect(bound("/sys/fs/cgroup" + path + "/memory.max"), std::to_string(s_.limits.memory_bytes),
                       "memory of its group");
        }
    }

    [[nodiscard]] bool is_granted(std::string_view path, bool to_write) const {
        return std::ranges::any_of(s_.files, [&](const policy::FileGrant& grant) {
            const std::string place = "/state/" + std::string(grant.path.view());
            return (grant.write || !to_write) && (path == place || path.starts_with(place + "/"));
        });
    }

    void check_descriptors() const {
        expect(link("fd/0"), "/dev/null", "descriptor 0");
        expect(link("fd/1").starts_with("pipe:") && link("fd/1") == link("fd/2"),
               "descriptors 1 and 2 are its pipe into the log");
        expect(link("fd/3").starts_with("socket:"), "descriptor 3 is its control channel");
        unsigned count = 0;
        for (const auto& entry : fs::directory_iterator(folder_ + "fd")) {
            const std::string number = entry.path().filename(), path = link("fd/" + number);
            ++count;
            if (std::stoi(number) <= 3 || path.starts_with("socket:") || path.starts_with("anon_inode:")) continue;
            expect(is_granted(path, true), "descriptor " + number + " is " + path);
        }
        expect(count <= s_.limits.files, "descriptors");
    }

    void check_memory() const {
        struct stat program{}, running{};
        expect(::stat((std::string(image_.programs.view()) + "/" + std::string(s_.program.view())).c_str(), &program) == 0 &&
                   ::stat((folder_ + "exe").c_str(), &running) == 0 && program.st_ino == running.st_ino &&
                   program.st_dev == running.st_dev,
               "runs its program");
        const std::string own = link("exe");
        for (const std::string& line : lines_of("maps")) {
            const auto w = words(line);
            const bool writes = w[1][1] == 'w', runs = w[1][2] == 'x';
            const std::string from = w.size() > 5 ? w[5] : "";
            expect(!writes || !runs, "memory that is written and executed: " + line);
            if (runs)
                expect(from.starts_with("/usr/lib") || from.starts_with("/lib") || from == own || from == "[vdso]" ||
                           from == "[vsyscall]",
                       "code from " + from);
            else if (from.starts_with("/"))
                expect(from.starts_with("/usr/lib") || from.starts_with("/lib") || from == own ||
                           from == "/memfd:voltkeep" /* its last words */ || is_granted(from, false),
                       "mapped: " + from);
        }
    }

    void check_mounts() const {
        for (const std::string& line : lines_of("mountinfo")) {
            const auto w = words(line);
            const std::string& place = w[4];
            const std::string options = "," + w[5] + ",";
            const bool is_system = std::ranges::find(readable_system, place) != std::end(readable_system) ||
                                   (s_.network != policy::Network::none &&
                                    std::ranges::find(readable_with_network, place) != std::end(readable_with_network));
            expect(is_system || is_granted(place, false), "sees " + place);
            expect(options.find(",ro,") != std::string::npos || place == "/dev/null" || is_granted(place, true),
                   "may write " + place);
            expect(options.find(",nosuid,") != std::string::npos, "set-user programs in " + place);
            if (!is_system)
                expect(options.find(",noexec,") != std::string::npos && options.find(",nodev,") != std::string::npos,
                       "programs or devices in " + place);
        }
    }

    void check_schedule() const {
        sched_param priority{};
        const bool is_fifo = s_.schedule == policy::Schedule::fifo;
        EXPECT_EQ(::sched_getscheduler(pid_) & ~SCHED_RESET_ON_FORK, is_fifo ? SCHED_FIFO : SCHED_OTHER) << s_.name.view();
        EXPECT_TRUE(::sched_getparam(pid_, &priority) == 0 && priority.sched_priority == (is_fifo ? s_.priority : 0))
            << s_.name.view();
        cpu_set_t cpus;
        ASSERT_EQ(::sched_getaffinity(pid_, sizeof cpus, &cpus), 0);
        if (s_.cpu != 0xff) { EXPECT_TRUE(CPU_COUNT(&cpus) == 1 && CPU_ISSET(s_.cpu, &cpus)) << s_.name.view(); }
        if (is_fifo) expect(value("status", "VmLck:") != "0 kB", "its memory stays in memory");
    }

    const policy::Image& image_;
    const policy::Service& s_;
    std::string folder_;
    pid_t pid_;
};

TEST(Processes, are_what_their_manifests_say_while_a_car_charges) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root sees what each process is";
    ToolStation station({"--duration", "60"});
    station.wait_until_charging();
    const auto image = MUST(load_image(station.state() + "/run/policy.image"));
    std::map<std::string, std::set<std::string>> own;   // namespaces that no two services share
    std::set<std::string> empty_networks;
    for (const policy::Service& s : image->services) {
        const pid_t pid = station.pid_of(s.name.view());
        ASSERT_GT(pid, 1) << s.name.view();
        Process process(pid, *image, s);
        process.check();
        for (const std::string kind : {"mnt", "pid", "ipc", "uts"}) {
            EXPECT_TRUE(own[kind].insert(process.link("ns/" + kind)).second) << s.name.view() << " shares its " << kind;
            EXPECT_NE(process.link("ns/" + kind), fs::read_symlink("/proc/self/ns/" + kind).string()) << s.name.view();
        }
        const std::string network = process.link("ns/net"), machine = fs::read_symlink("/proc/self/ns/net");
        EXPECT_EQ(network == machine, s.network == policy::Network::station) << s.name.view();
        if (s.network == policy::Network::none) empty_networks.insert(network);
        if (s.network == policy::Network::cable) {
            const std::string cable(image->cables[s.evse.number - 1u].view());
            EXPECT_EQ(network, cable.empty() ? machine : fs::read_symlink(cable).string()) << s.name.view();
        }
    }
    EXPECT_EQ(empty_networks.size(), 1u) << "one empty network for all that need none";
    station.stop();
    EXPECT_EQ(station.status(), 0);
}

}  // namespace
}  // namespace voltkeep::containment
