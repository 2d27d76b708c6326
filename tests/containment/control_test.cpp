// SPDX-License-Identifier: Apache-2.0
// The same tries where one protection is missing: they succeed there, so a refusal elsewhere says something. Protections are
// missing in a test-only policy image, or in a test-only process manager that leaves out a step of the start (holes.cpp).
#include <gtest/gtest.h>
#include <unistd.h>

#include "prison.hpp"

namespace voltkeep::containment {
namespace {

class Control : public testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only root can leave out one protection and keep the others";
    }
    /// What this service's captive is told by the system, before or after the seal, where these protections are missing.
    static std::string ask(const std::string& service, const std::string& order, const std::vector<std::string>& removed,
                           const std::string& holes, bool is_sealed = true) {
        Prison prison;
        for (const std::string& protection : removed) MUST(remove_protection(*prison.image, protection));
        prison.start(holes);
        Cell& cell = prison.meet(service);
        (void)cell.tell("hide");
        if (is_sealed) (void)cell.tell("seal");
        const std::string port = std::to_string(prison.place(service, is_sealed).port);
        std::string whole = order;
        if (const std::size_t at = whole.find("PORT"); at != std::string::npos) whole.replace(at, 4, port);
        const auto answer = cell.tell(whole);
        last_lines = {};
        if (!answer) {
            (void)prison.manager->wait_for({"\"life\":\"dead\"", "\"name\":\"" + service + "\""}, 5s);
            last_lines = prison.manager->all_lines();
        }
        return answer ? *answer : "death";
    }
    static inline std::string last_lines;
};

TEST_F(Control, without_the_filter_group_a_socket_is_made) {
    EXPECT_EQ(ask("meter@1", "call 41 2 1 0", {}, ""), "SIGSYS");
    EXPECT_TRUE(ask("meter@1", "call 41 2 1 0", {"syscalls meter@1 sockets"}, "").starts_with("ok"));
}

TEST_F(Control, a_connection_needs_filter_landlock_and_network_to_be_missing) {
    const std::string order = "connect 127.0.0.1 PORT", socket = "syscalls meter@1 sockets";
    EXPECT_EQ(ask("meter@1", order, {}, ""), "SIGSYS");
    EXPECT_EQ(ask("meter@1", order, {socket}, ""), "EACCES") << "Landlock";
    EXPECT_EQ(ask("meter@1", order, {socket}, "landlock"), "ENETUNREACH") << "the empty network";
    EXPECT_EQ(ask("meter@1", order, {socket}, "network"), "EACCES") << "Landlock, in the machine's network";
    EXPECT_EQ(ask("meter@1", order, {socket}, "landlock,network"), "ok");
}

TEST_F(Control, without_landlock_a_port_is_taken_that_the_manifest_does_not_name) {
    EXPECT_EQ(ask("plc@1", "listen tcp 8080", {}, ""), "EACCES");
    EXPECT_EQ(ask("plc@1", "listen tcp 8080", {}, "landlock"), "ok");
}

TEST_F(Control, without_landlock_a_program_of_the_libraries_folder_is_executed_before_the_seal) {
    EXPECT_EQ(ask("ocpp", "exec /usr/bin/true", {}, "", false), "EACCES");
    EXPECT_EQ(ask("ocpp", "exec /usr/bin/true", {}, "landlock", false), "death") << "it became /usr/bin/true";
    EXPECT_NE(last_lines.find("\"life\":\"dead\",\"cause\":\"exit\",\"code\":0"), std::string::npos) << last_lines;
}

TEST_F(Control, without_the_tree_a_file_of_the_machine_is_read) {
    EXPECT_EQ(ask("audit", "read /etc/passwd", {}, ""), "ENOENT");
    EXPECT_TRUE(ask("audit", "read /etc/passwd", {}, "tree").starts_with("ok root:"));
    EXPECT_EQ(ask("audit", "read pki/secc/entry", {}, ""), "ENOENT");
    EXPECT_EQ(ask("audit", "read pki/secc/entry", {"read audit pki/secc"}, ""), "ok granted") << "a grant more";
}

TEST_F(Control, without_any_filter_the_other_layers_still_refuse_to_mount_and_to_trace) {
    for (const char* order : {"call 165 \"none\" \"/state\" \"tmpfs\" 0 0", "call 169 0 0 0 0", "call 161 \"/\"", "call 105 0"})
        EXPECT_EQ(ask("meter@1", order, {}, "seccomp", false), "EPERM") << order;
    EXPECT_EQ(ask("meter@1", "call 101 16 2 0 0", {}, "seccomp", false), "ESRCH") << "alone in its world";
    EXPECT_TRUE(ask("meter@1", "call 272 0x10000000", {}, "seccomp", false).starts_with("ok"))
        << "a user namespace: only the filter holds this one";
}

TEST_F(Control, without_a_user_of_its_own_it_is_root_by_name) {
    EXPECT_NE(ask("session", "identity", {}, ""), "ok 0 0");
    EXPECT_EQ(ask("session", "identity", {}, "identity"), "ok 0 0");
}

TEST_F(Control, without_the_limit_descriptors_have_no_bound_that_the_manifest_names) {
    EXPECT_EQ(ask("operator", "files", {}, ""), "ok 48 then EMFILE");
    EXPECT_NE(ask("operator", "files", {}, "files"), "ok 48 then EMFILE");
}

TEST_F(Control, without_the_limit_the_control_group_ends_who_takes_too_much_memory_and_it_is_in_the_log) {
    EXPECT_EQ(ask("meter@1", "memory 128 used", {}, ""), "ENOMEM");
    EXPECT_EQ(ask("meter@1", "memory 128 used", {}, "memory"), "death");
    if (last_lines.find("\"memory_limit\"") == std::string::npos) {
        EXPECT_NE(last_lines.find("\"cause\":\"memory\""), std::string::npos) << last_lines;
    }
    EXPECT_EQ(ask("meter@1", "memory 128 used", {}, "memory,group"), "ok");
}

TEST_F(Control, without_the_limit_the_control_group_bounds_threads) {
    EXPECT_EQ(ask("net", "threads", {}, ""), "ok 2 then EAGAIN");
    EXPECT_EQ(ask("net", "threads", {}, "tasks"), "ok 2 then EAGAIN") << "the control group";
    EXPECT_EQ(ask("net", "threads", {}, "group"), "ok 2 then EAGAIN") << "the limit";
    EXPECT_EQ(ask("net", "threads", {}, "tasks,group"), "ok 65 then no end");
}

TEST_F(Control, with_a_bit_more_a_message_passes) {
    const auto said = [](const std::vector<std::string>& removed) {
        Prison prison;
        for (const std::string& protection : removed) MUST(remove_protection(*prison.image, protection));
        prison.start();
        for (const char* service : {"operator", "session"}) (void)prison.meet(service).tell("seal");
        return prison.cell("operator").tell("send session 5 0").value_or("death");
    };
    EXPECT_EQ(said({}), "denied");
    EXPECT_EQ(said({"message operator session 5"}), "ok");
}

TEST_F(Control, with_a_conduit_more_there_is_a_way_to_the_safety_loop) {
    EXPECT_EQ(ask("ocpp", "send power@1 0 8", {}, ""), "no conduit");
    EXPECT_EQ(ask("ocpp", "send power@1 0 8", {"message ocpp power@1 0"}, ""), "ok");
}

TEST_F(Control, with_a_bit_more_the_process_manager_answers) {
    EXPECT_EQ(ask("ocpp", "ask 3 0", {}, ""), "refused");
    EXPECT_TRUE(ask("ocpp", "ask 3 0", {"control ocpp 3"}, "").starts_with("ok state of"));
}

}  // namespace
}  // namespace voltkeep::containment
