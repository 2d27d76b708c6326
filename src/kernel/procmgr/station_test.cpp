// SPDX-License-Identifier: Apache-2.0
// A real process manager with real services: started, joined, killed in every way, joined again, stopped; as root and rootless.
#include "kernel/procmgr/test/station.hpp"

namespace voltkeep::kernel::procmgr {
namespace {

class ProcessManager : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        is_rootless = std::string_view(GetParam()) == "rootless";
        if (!is_rootless && ::geteuid() != 0) GTEST_SKIP() << "needs root";
        if (is_rootless) options.push_back("--rootless");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        options.push_back("--lab");
#endif
        station.add("back", 60);
        station.add("front", 50);
        station.connect(1, 0);
    }
    policy::Service& back() { return station.image->services[0]; }
    policy::Service& front() { return station.image->services[1]; }
    void start_and_meet() {
        station.start(options);
        ASSERT_EQ(station.meet("back"), "hello back 0");
        ASSERT_EQ(station.meet("front"), "hello front 0");
        back_life = station.life("back", "ready");
        ASSERT_NE(back_life, "");
    }
    /// Ends `back` by `command` and expects the cause in its life event, and `front` served again by its successor.
    void expect_restart(const std::string& command, const std::string& cause) {
        ASSERT_NO_FATAL_FAILURE(start_and_meet());
        if (command == "kill") station.kill_process(back_life);
        else station.tell("back", command);
        const std::string end = station.life("back", "dead");
        EXPECT_NE(end.find("\"cause\":\"" + cause + "\""), std::string::npos) << end;
        ASSERT_EQ(station.meet("back"), "hello back 1");
        EXPECT_NE(station.life("back", "ready"), "");
        EXPECT_EQ(station.tell("front", "ask"), "answer 1 1");
        EXPECT_EQ(station.tell("front", "backs"), "1");
    }
    std::string status(const std::string& key) {
        const std::string text = station.look(back_life, "status");
        const std::size_t at = text.find("\n" + key + ":");
        if (at == std::string::npos) return "(none)";
        const std::size_t value = text.find_first_not_of(" \t", at + key.size() + 2);
        return text.substr(value, text.find('\n', value) - value);
    }

    test::Station station;
    bool is_rootless = false;
    std::vector<std::string> options;
    std::string back_life;
};
INSTANTIATE_TEST_SUITE_P(As, ProcessManager, testing::Values("root", "rootless"),
                         [](const auto& p) { return std::string(p.param); });

TEST_P(ProcessManager, starts_joins_and_stops_clients_before_servers) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    EXPECT_EQ(station.tell("front", "ask"), "answer 0 1");
    station.ask_to_stop();
    const std::string first = station.line({R"("life":"off")"});
    EXPECT_NE(first.find("front"), std::string::npos) << first;
    EXPECT_NE(first.find(R"("cause":"ordered","code":0)"), std::string::npos) << "it was killed: " << first;
    EXPECT_NE(station.life("back", "off"), "");
    EXPECT_NE(station.line({R"("event":"stopped")"}), "");
    EXPECT_EQ(station.wait_for_manager(), 0);
}

TEST_P(ProcessManager, a_killed_service_is_joined_again) { expect_restart("kill", "signal"); }
TEST_P(ProcessManager, a_service_that_exits_is_joined_again) { expect_restart("exit 3", "exit"); }
TEST_P(ProcessManager, a_service_that_aborts_is_joined_again) { expect_restart("abort", "signal"); }
TEST_P(ProcessManager, a_crash_report_names_what_was_taken_and_sent_last) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    ASSERT_EQ(station.tell("front", "ask"), "answer 0 1");
    ASSERT_EQ(station.tell("front", "ask"), "answer 0 2");
    station.tell("back", "abort");
    EXPECT_NE(station.life("back", "dead").find(R"("last":"Ask Ask")"), std::string::npos);
    station.tell("front", "abort");
    EXPECT_NE(station.life("front", "dead").find(R"("last":"back.Ask back.Ask")"), std::string::npos);
}
TEST_P(ProcessManager, who_is_told_of_the_fallback_hears_it_now_and_after_its_own_restart) {
    station.image->services[0].restart = {
        .intensity = 0, .period_s = 60, .backoff_ms = {}, .exhausted = policy::Exhausted::safe_state};
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    EXPECT_EQ(station.tell("front", "fallback"), "off");
    station.tell("back", "exit 1");
    EXPECT_NE(station.life("back", "exhausted").find(R"("fallback":"safe_state")"), std::string::npos);
    EXPECT_EQ(station.tell("front", "fallback"), "on");
    station.tell("front", "exit 1");
    EXPECT_EQ(station.meet("front"), "hello front 1");
    EXPECT_EQ(station.tell("front", "fallback"), "on");
}
TEST_P(ProcessManager, a_broken_invariant_is_named_and_healed) { expect_restart("break", "invariant"); }
TEST_P(ProcessManager, a_closed_control_channel_ends_the_service) { expect_restart("close 3", "signal"); }
TEST_P(ProcessManager, a_hanging_service_is_ended_by_its_watchdog) {
    station.image->services[0].watchdog = {.beat_ms = 20, .low = 2, .high = 5};
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    (void)os::send(station.commands.at("back").get(), as_bytes("hang"));
    EXPECT_NE(station.line({R"("event":"late")", "back"}), "");
    EXPECT_NE(station.life("back", "dead").find("watchdog"), std::string::npos);
    EXPECT_EQ(station.meet("back"), "hello back 1");
    EXPECT_EQ(station.tell("front", "ask"), "answer 1 1");
}

TEST_P(ProcessManager, its_own_standstill_is_no_fault_of_its_services) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    ASSERT_GT(station.manager, 1);
    ASSERT_EQ(::kill(station.manager, SIGSTOP), 0);
    std::this_thread::sleep_for(back().watchdog.beat_ms * (back().watchdog.high + 2) *
                                1ms);  // longer than any beat may be missing
    ASSERT_EQ(::kill(station.manager, SIGCONT), 0);
    EXPECT_EQ(station.tell("front", "ask"), "answer 0 1") << "the same life of back";
    EXPECT_EQ(station.tell("front", "backs"), "0");
}

TEST_P(ProcessManager, a_refused_system_call_is_the_cause_of_death) {
    std::array filter{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_uname, 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP), sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    ASSERT_TRUE(station.image->filters.push(*policy::Filter::from(std::as_bytes(std::span(filter)))));
    back().start_filter = 0;
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    station.tell("back", "try uname");
    const std::string fault = station.line({R"("event":"fault")", "back"});
    EXPECT_NE(fault.find("system_call"), std::string::npos) << fault;
    EXPECT_EQ(station.number(fault, "detail"), SYS_uname);
    EXPECT_NE(station.life("back", "dead").find("seccomp"), std::string::npos);
    EXPECT_EQ(station.meet("back"), "hello back 1");
}

TEST_P(ProcessManager, memory_over_the_limit_is_refused_or_fatal_and_healed) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    EXPECT_EQ(station.tell("back", "try memory 300"), "ENOMEM");
    if (is_rootless) return;
    // Without the address space's limit (a sanitizer's build) the control group is what ends it.
    station.stop();
    station.commands.clear();
    options.push_back("--lab");
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    if (back_life.find("memory_limit") != std::string::npos) GTEST_SKIP() << "no memory control group here: " << back_life;
    station.tell("back", "try memory 300");
    const std::string end = station.life("back", "dead");
    EXPECT_NE(end.find(R"("cause":"memory")"), std::string::npos) << end;
    EXPECT_EQ(station.meet("back"), "hello back 1");
}

TEST_P(ProcessManager, a_service_has_an_identity_without_any_power) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) EXPECT_EQ(status(set), "0000000000000000") << set;
    EXPECT_EQ(status("NoNewPrivs"), "1");
    const std::string uid = is_rootless ? std::to_string(::geteuid()) : std::to_string(station.image->first_uid + back().uid);
    EXPECT_EQ(status("Uid"), uid + "\t" + uid + "\t" + uid + "\t" + uid);
    EXPECT_EQ(back_life.find("own_uid") != std::string::npos, is_rootless) << back_life;
    const std::string front_life = station.life("front", "ready");
    for (const char* space : {"mnt", "pid", "ipc", "uts", "net"}) {
        const std::string path = std::string("ns/") + space;
        EXPECT_NE(station.link(back_life, path), std::filesystem::read_symlink("/proc/self/" + path).string()) << space;
        EXPECT_EQ(station.link(back_life, path) == station.link(front_life, path), path == "ns/net") << space;
    }
}

TEST_P(ProcessManager, a_service_has_four_descriptors_and_its_ends) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    EXPECT_EQ(station.link(back_life, "fd/0"), "/dev/null");
    EXPECT_TRUE(station.link(back_life, "fd/1").starts_with("pipe:"));
    EXPECT_EQ(station.link(back_life, "fd/1"), station.link(back_life, "fd/2"));
    EXPECT_TRUE(station.link(back_life, "fd/3").starts_with("socket:"));
    int descriptors = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(station.number(back_life, "pid")) + "/fd"))
        descriptors += !entry.path().empty();
    EXPECT_EQ(descriptors, 4 + 2 + 2 + 1) << "0 to 3, the poller and its timer, a conduit's two ends, the device";
}

TEST_P(ProcessManager, a_service_sees_its_grants_and_the_libraries_and_nothing_else) {
    std::filesystem::create_directory(station.folder / "config");
    std::filesystem::create_directory(station.folder / "secret");
    ASSERT_TRUE(write_file((station.folder / "config/back").string(), as_bytes("x")));
    ASSERT_TRUE(write_file((station.folder / "secret/key").string(), as_bytes("x")));
    ASSERT_TRUE(back().files.push({*policy::Path::from("config/back"), false, false}));
    ASSERT_TRUE(back().files.push({*policy::Path::from("log"), true, false}));
    ASSERT_TRUE(back().files.push({*policy::Path::from("not/there"), false, true}));
    ASSERT_TRUE(front().files.push({*policy::Path::from("log"), false, false}));
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    EXPECT_EQ(station.tell("back", "list /"), "dev etc lib lib64 state usr");
    EXPECT_EQ(station.tell("back", "list /dev"), "null");
    EXPECT_EQ(station.tell("back", "list /etc"), "ld.so.cache");
    EXPECT_EQ(station.tell("back", "list /state"), "config log");
    EXPECT_EQ(station.tell("back", "try read config/back"), "ok");
    EXPECT_EQ(station.tell("back", "try write log/entry"), "ok");
    EXPECT_EQ(station.tell("front", "try read log/entry"), "ok") << "what is granted to read is readable";
    for (const char* closed :
         {"write config/back", "write config/other", "write /usr/x", "write /state/x", "write /x", "read secret/key",
          "read /etc/passwd", "read /proc/self/status", "read /dev/zero", "exec /usr/bin/true"}) {
        const std::string verdict = station.tell("back", std::string("try ") + closed);
        EXPECT_TRUE(verdict == "ENOENT" || verdict == "EACCES" || verdict == "EROFS" || verdict == "EPERM")
            << closed << ": " << verdict;
    }
    EXPECT_EQ(station.tell("front", "try write log/entry").starts_with("E"), true) << "granted to read only";
}

TEST_P(ProcessManager, a_service_cannot_reach_out_or_grow) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    const std::string connected = station.tell("back", "try connect");
    EXPECT_TRUE(connected == "ENETUNREACH" || connected == "EACCES") << connected;
    EXPECT_EQ(station.tell("back", "try mount"), "EPERM");
    EXPECT_EQ(station.tell("back", "try kill " + std::to_string(::getpid())), "ESRCH");
    EXPECT_EQ(station.tell("back", "try kill 2"), "ESRCH") << "it is alone in its world";
    EXPECT_EQ(station.tell("back", "try fork"), is_rootless ? "ok" : "EAGAIN")
        << "one uid for all has no limit of its own: the filters do";
    const int opened = std::atoi(station.tell("back", "try files").c_str());
    EXPECT_EQ(opened, back().limits.files - 9);
    const std::string limits = station.look(back_life, "limits");
    EXPECT_NE(limits.find("Max core file size        0                    0 "), std::string::npos) << limits;
}

TEST_P(ProcessManager, a_lack_is_never_silent) {
    back().schedule = policy::Schedule::fifo;
    back().priority = 50;
    back().cpu = 0;
    back().rt_time_us = 2000;
    back().rt_period_us = 10000;
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    const auto pid = static_cast<pid_t>(station.number(back_life, "pid"));
    if (::getenv("SHOW_LIFE")) std::puts(back_life.c_str());
    const bool is_fifo = (::sched_getscheduler(pid) & ~SCHED_RESET_ON_FORK) == SCHED_FIFO;
    EXPECT_EQ(is_fifo, back_life.find("\"fifo\"") == std::string::npos) << back_life;
    EXPECT_EQ(station.look(back_life, "cgroup").find("voltkeep-") == std::string::npos,
              back_life.find("memory_limit") != std::string::npos);
}

TEST_P(ProcessManager, its_own_death_leaves_no_process) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    const std::string front_life = station.life("front", "ready");
    std::vector<os::Descriptor> services;
    for (const std::string& life : {back_life, front_life}) {
        services.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, station.number(life, "pid"), 0)));
        ASSERT_TRUE(services.back()) << life;
    }
    ::kill(station.manager, SIGKILL);
    EXPECT_EQ(station.wait_for_manager(), 128 + SIGKILL);
    for (const os::Descriptor& service : services)
        EXPECT_TRUE(os::wait(service.get(), now() + 5s).value_or(false)) << "a service outlived its process manager";
}

TEST_P(ProcessManager, its_parents_death_stops_the_station_in_order) {
    station.orphan = true;
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    station.ask_to_stop();   // ends the parent only
    EXPECT_NE(station.line({R"("event":"stopped")"}), "");
    station.wait_for_manager();
}

TEST_P(ProcessManager, prints_are_one_line_each_escaped_bounded_and_lossy) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    EXPECT_EQ(station.tell("back", "print a\x1b[2J\"b"), "done");
    EXPECT_NE(station.line({R"("event":"output")", R"("name":"back")", R"("text":"a\u001b[2J\"b")"}), "");
    EXPECT_EQ(station.tell("back", "flood"), "done") << "a print never waits";
    EXPECT_NE(station.line({R"("event":"output_paused")", "back"}), "");
    EXPECT_EQ(station.tell("front", "ask"), "answer 0 1");
    EXPECT_EQ(station.tell("back", "print after"), "done");
}

TEST_P(ProcessManager, a_flood_of_records_hurts_only_its_sender) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    station.tell("back", "records 0 0");
    station.tell("front", "records 3 0");   // get_state without permission
    EXPECT_NE(station.line({R"("event":"refused")", "front", R"("request":"get_state")"}), "");
    EXPECT_EQ(station.tell("front", "ask"), "answer 0 1");
}

TEST_P(ProcessManager, a_launcher_that_does_not_read_stops_nothing) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    ::fcntl(station.output.get(), F_SETPIPE_SZ, 4096);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(station.tell("back", "fault " + std::string(200, 'x')), "done");
    EXPECT_EQ(station.tell("front", "ask"), "answer 0 1");
    EXPECT_NE(station.line({R"("event":"lost")"}), "");
}

TEST_P(ProcessManager, a_broken_conduit_is_made_anew_without_a_restart) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    EXPECT_EQ(station.tell("front", "record " + std::to_string(static_cast<int>(control::Request::rejoin)) + " 0"), "done");
    EXPECT_NE(station.line({R"("event":"rejoined")", R"("client":"front","server":"back")"}), "");
    EXPECT_TRUE(station.eventually([&] { return station.tell("front", "backs") == "1"; }));
    EXPECT_EQ(station.tell("front", "ask"), "answer 0 1");
}

TEST_P(ProcessManager, a_device_that_comes_late_or_goes_is_connected_again) {
    station.start(options);
    ASSERT_EQ(station.meet("back"), "hello back 0");
    station.commands.erase("back");
    EXPECT_EQ(station.meet("back"), "hello back 0") << "the same process, connected anew";
}

TEST_P(ProcessManager, a_name_that_leads_to_somebody_elses_socket_is_no_device) {
    const auto name = station.folder / "run/back.sock", elsewhere = station.folder / "run/elsewhere.sock";
    std::filesystem::rename(name, elsewhere);
    std::filesystem::create_symlink("elsewhere.sock", name);
    os::Descriptor follower(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(name.string(), address.sun_path);
    ASSERT_EQ(::connect(follower.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
        << "who follows it gets there";
    os::Descriptor(::accept4(station.listeners.at("back").get(), nullptr, nullptr, SOCK_CLOEXEC)).reset();
    station.start(options);
    EXPECT_NE(station.line({R"("event":"device")", R"("name":"back")", R"("state":"missing")", "not a socket"}), "");
    std::filesystem::rename(elsewhere, name);
    EXPECT_EQ(station.meet("back"), "hello back 0");
}

TEST_P(ProcessManager, a_foreign_program_is_contained_and_has_no_control_channel) {
    policy::Service& foreign = station.add("foreign", 40);
    foreign.kind = policy::Kind::foreign;
    foreign.devices.clear();
    ASSERT_TRUE(foreign.files.push({*policy::Path::from("shared"), true, false}));
    station.start(options);
    const std::string life = station.life("foreign", "ready");
    ASSERT_NE(life, "");
    EXPECT_TRUE(station.eventually([&] { return std::filesystem::exists(station.folder / "shared/foreign"); }));
    EXPECT_EQ(station.link(life, "fd/3"), "/state/shared/foreign") << "descriptor 3 was free";
    EXPECT_EQ(station.link(life, "fd/0"), "/dev/null");
}

TEST_P(ProcessManager, two_stations_in_one_state_folder_are_refused) {
    ASSERT_NO_FATAL_FAILURE(start_and_meet());
    test::Station second;
    std::filesystem::remove_all(second.folder);
    second.folder = station.folder;
    *second.image = *station.image;
    second.start(options);
    EXPECT_EQ(second.wait_for_manager(), 2);
    EXPECT_EQ(station.tell("front", "ask"), "answer 0 1");
    second.folder = "/nonexistent";
}

TEST_P(ProcessManager, a_machine_that_cannot_contain_starts_nothing) {
    station.forbidden_call = is_rootless ? SYS_unshare : SYS_clone3;
    station.start(options);
    EXPECT_EQ(station.wait_for_manager(), 2);
    EXPECT_EQ(station.line({R"("event":"service")"}), "");
}

TEST_P(ProcessManager, an_image_that_is_not_one_is_refused) {
    station.damage = 100;
    station.start(options);
    EXPECT_EQ(station.wait_for_manager(), 2);
}

TEST(ProcessManagerOfAnyUser, contains_without_root) {
    if (::geteuid() != 0) GTEST_SKIP() << "root becomes someone else for this; who is not root has run the rootless tests";
    test::Station station;
    station.user = 65534;
    station.add("back", 60);
    for (const auto& path : {station.folder, station.folder / "run", station.folder / "run/back.sock"})
        ASSERT_EQ(::chown(path.c_str(), station.user, station.user), 0);
    station.start();
    if (station.line({R"("event":"station")", R"("mode":"rootless")"}).empty()) {
        EXPECT_EQ(station.wait_for_manager(), 127);
        GTEST_SKIP() << "the build folder is closed to other users";
    }
    EXPECT_EQ(station.meet("back"), "hello back 0");
    const std::string life = station.life("back", "ready");
    EXPECT_NE(life.find("own_uid"), std::string::npos) << life;
    EXPECT_NE(station.look(life, "status").find("CapBnd:\t0000000000000000"), std::string::npos);
    EXPECT_EQ(station.stop(), 0);
}

}  // namespace
}  // namespace voltkeep::kernel::procmgr
