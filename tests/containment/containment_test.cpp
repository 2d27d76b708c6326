// SPDX-License-Identifier: Apache-2.0
// In every service's place a captive tries every power there is, before and after the seal. What it must get and what it must not
// comes from the policy image; what it got is written down in docs/generated/containment.txt.
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <format>
#include <fstream>
#include <set>
#include <thread>

#include "filter_model.hpp"
#include "prison.hpp"
#include "tries.hpp"

namespace voltkeep::containment {
namespace {

constexpr int last_call = 470;   ///< some past the newest that there is
/// Calls that end or duplicate a process even with absurd arguments: where the model lets them through they are not tried.
constexpr std::array end_or_fork{SYS_exit,  SYS_exit_group, SYS_rt_sigreturn, SYS_fork,
                                 SYS_vfork, SYS_clone,      SYS_pause,        SYS_umask};
/// uretprobe and uprobe: the kernel's own, which it lets past every filter since 6.14, and ends whoever makes them himself
/// (SIGILL).
constexpr std::array past_filters{335, 336};

std::string name_of(long call) {
    char* const name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, static_cast<int>(call));
    const std::string text = name != nullptr ? name : std::to_string(call);
    std::free(name);
    return text;
}

/// What one captive was told and said.
struct Record {
    std::array<std::map<std::string, std::vector<std::string>>, 2> verdicts;   ///< by stage and power
    std::array<std::string, 2> calls;                                         ///< let through with any arguments
    std::vector<std::string> failures;

    void expect(bool is_met, const std::string& what) {
        if (!is_met) failures.push_back(what);
    }
};

std::string first_word(const std::string& answer) { return answer.substr(0, answer.find(' ')); }

/// "0:device 1:pipe ... 5:socket 6:socket" as the expectation is written.
std::string counted(const std::string& descriptors) {
    std::string begin;
    int sockets = 0, place = 0;
    for (const std::string& word : words_of(descriptors)) {
        if (place++ < 5) begin += (begin.empty() ? "" : " ") + word;
        else if (word.ends_with(":socket")) ++sockets;
        else begin += " " + word;
    }
    return begin + ", sockets " + std::to_string(sockets);
}

class Examination {
public:
    Examination(Prison& prison, std::string service)
        : prison_(prison), service_(std::move(service)), cell_(prison.cell(service_)) {}

    Record run() {
        const bool is_foreign = prison_.place(service_, false).is_foreign();
        for (const bool is_sealed : {false, true}) {
            if (is_sealed && is_foreign) break;   // it was made by others, and does not seal itself
            if (is_sealed) record_.expect(ask("seal") == "ok", "sealed");
            else record_.expect(cell_.meet().has_value() && ask("hide") == "ok", "met");
            const Place place = prison_.place(service_, is_sealed);
            for (const Power& power : powers()) try_power(place, power);
            try_all_calls(place);
            try_all_sockets(place);
        }
        return std::move(record_);
    }

private:
    std::string ask(const std::string& order) {
        const auto answer = cell_.tell(order);
        if (answer) return *answer;
        record_.expect(false, service_ + " died of: " + order);
        return answer.error().code == Errc::timeout ? "silence" : "death";
    }

    void try_power(const Place& place, const Power& power) {
        std::vector<std::string>& verdicts = record_.verdicts[place.is_sealed][power.name];
        for (const Try& tried : power.tries(place, power.order, power.groups)) {
            std::string answer = ask(tried.order);
            if (tried.order == "descriptors") answer = counted(answer);
            record_.expect(fits(tried, answer), std::format("{} {}: {} ({}): expected {}, was {}", service_,
                                                            place.is_sealed ? "sealed" : "starting", power.name, tried.order,
                                                            !tried.exactly.empty()                 ? tried.exactly
                                                            : tried.expected == Expected::granted  ? "ok"
                                                            : tried.expected == Expected::filtered ? "SIGSYS"
                                                                                                   : "an errno",
                                                            answer));
            const std::string verdict = tried.order == "descriptors" || tried.order == "identity"
                                            ? (fits(tried, answer) ? "no" : "YES")
                                            : first_word(answer);
            if (std::ranges::find(verdicts, verdict) == verdicts.end()) verdicts.push_back(verdict);
        }
    }

    void try_all_calls(const Place& place) {
        constexpr auto all = ~std::uint64_t{0};
        std::set<long> expected, left_out;
        for (long call = 0; call <= last_call; ++call)
            if (std::ranges::find(past_filters, call) == past_filters.end() &&
                is_let_through(place.image, place.service, place.is_sealed, static_cast<int>(call),
                               {all, all, all, all, all, all}))
                expected.insert(call);
        std::string order = "sweep " + std::to_string(last_call), names;
        for (const long call : end_or_fork)
            if (expected.contains(call)) order += " " + std::to_string(call), left_out.insert(call);
        for (const long call : past_filters) order += " " + std::to_string(call);
        std::set<long> passed = left_out;
        for (const std::string& word : words_of(ask(order))) passed.insert(std::atol(word.c_str()));
        for (const long call : passed) names += (names.empty() ? "" : " ") + name_of(call);
        record_.calls[place.is_sealed] = names;
        if (place.is_foreign()) record_.calls[1] = names;
        for (long call = 0; call <= last_call; ++call)
            record_.expect(expected.contains(call) == passed.contains(call),
                           std::format("{}: the filter lets {} through: {}, but it went: {}", service_, name_of(call),
                                       expected.contains(call), passed.contains(call)));
    }

    void try_all_sockets(const Place& place) {
        std::set<std::string> passed;
        for (const std::string& word : words_of(ask("sockets"))) passed.insert(word.substr(0, word.find('=')));
        for (std::uint64_t family = 0; family <= 45; ++family)
            for (const std::uint64_t type : {1u, 2u, 3u, 5u, 10u}) {
                const bool expected =
                    is_let_through(place.image, place.service, place.is_sealed, SYS_socket, {family, type, 0, 0, 0, 0});
                record_.expect(expected == passed.contains(std::format("{}:{}", family, type)),
                               std::format("{}: socket {}:{} is let through: {}", service_, family, type, expected));
                const bool is_for_internet = (family == 2 || family == 10) && type <= 2,
                           is_answered = family == 1 || family == 16;
                record_.expect(!expected || (place.has(policy::SyscallGroup::sockets) && (is_for_internet || is_answered)) ||
                                   (place.is_foreign() && family == 1),
                               std::format("{}: may make a socket {}:{}", service_, family, type));
            }
    }

    Prison& prison_;
    std::string service_;
    Cell& cell_;
    Record record_;
};

class Containment : public testing::Test {
protected:
    static void SetUpTestSuite() {
        prison = new Prison;
        prison->start();
    }
    static void TearDownTestSuite() {
        delete prison;
        prison = nullptr;
    }
    static std::vector<std::string> services() {
        std::vector<std::string> names;
        for (const policy::Service& s : prison->image->services) names.emplace_back(s.name.view());
        return names;
    }
    /// Those with a runtime: it speaks to the others, and names the calls that are refused.
    static std::vector<std::string> natives() {
        auto names = services();
        std::erase_if(names, [](const std::string& name) { return prison->place(name, false).is_foreign(); });
        return names;
    }
    /// One thread a service.
    template <class F>
    static void at_once(const std::vector<std::string>& whom, F each) {
        std::vector<std::jthread> threads;
        for (const std::string& service : whom) threads.emplace_back([=] { each(service); });
    }
    static std::string ask(const std::string& service, const std::string& order) {
        const auto answer = prison->cell(service).tell(order);
        return answer ? *answer : std::string(name(answer.error().code));
    }
    static inline Prison* prison = nullptr;
};

// ---- the table --------------------------------------------------------------------------------------------------------

using Records = std::map<std::string, Record>;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : "/") + word;
    return text.empty() ? "." : text;
}

std::string stage_table(const std::vector<std::string>& services, Records& records, bool is_sealed) {
    std::string text = std::format("{:<52}", is_sealed ? "AFTER THE SEAL" : "BEFORE THE SEAL");
    for (const std::string& service : services) text += std::format("{:<13}", service);
    text += "\n";
    for (const Power& power : powers()) {
        text += std::format("{:<52}", power.name);
        for (const std::string& service : services)
            text += std::format("{:<13}", joined(records[service].verdicts[is_sealed][power.name]));
        text.erase(text.find_last_not_of(' ') + 1);
        text += "\n";
    }
    return text + "\n";
}

std::string table(const std::vector<std::string>& services, Records& records) {
    std::string text =
        "What each service's process got when it tried, by tests/containment: a program in its place, with its user, tree, "
        "filters, limits and ends.\n"
        "ok: it has this power. An errno: the tree of mounts, Landlock, the user or a limit refused it. SIGSYS: the system-call "
        "filter refused it;\n"
        "a service dies of that and the call is in the log. Several tries of one power are told apart by a slash. A dot: it does "
        "not apply.\n"
        "swtpm and token are foreign programs: they have one filter, from their first instruction on, and nothing to seal. What "
        "is made in their place\n"
        "starts no program but Debian's, has no way out but its folder, and speaks to nobody but whoever the process manager has "
        "connected with it.\n"
        "Made as root on Linux with Landlock ABI 7.\n\n";
    for (const bool is_sealed : {false, true}) text += stage_table(services, records, is_sealed);
    std::map<std::string, std::string> by_calls;
    for (const std::string& service : services) by_calls[records[service].calls[1]] += " " + service;
    text +=
        "CALLS THAT PASS BOTH FILTERS AFTER THE SEAL WITH ANY ARGUMENTS (mmap, fcntl, ioctl, openat, clone and socket are "
        "bounded by theirs)\n\n";
    for (const auto& [calls, names] : by_calls) {
        text += names.substr(1) + "\n";
        std::string line = "   ";
        for (const std::string& call : words_of(calls)) {
            if (line.size() + call.size() > 150) text += line + "\n", line = "   ";
            line += " " + call;
        }
        text += line + "\n\n";
    }
    text.pop_back();
    return text;
}

void expect_committed(const std::string& text) {
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (::geteuid() != 0 || abi < 6) {
        std::puts(
            "not compared with docs/generated/containment.txt: this machine refuses in other words (no root, or an older "
            "Landlock)");
        return;
    }
    std::ifstream file("docs/generated/containment.txt");
    const std::string committed(std::istreambuf_iterator<char>(file), {});
    if (committed == text) return;
    std::ofstream("/tmp/voltkeep-containment.txt") << text;
    ADD_FAILURE()
        << "what services can do has changed. Look at it: diff docs/generated/containment.txt /tmp/voltkeep-containment.txt\n"
           "If it is meant: cp /tmp/voltkeep-containment.txt docs/generated/containment.txt";
}

TEST_F(Containment, gives_each_service_what_its_manifest_names_and_nothing_else) {
    std::mutex mutex;
    Records records;
    at_once(services(), [&](const std::string& service) {
        Record record = Examination(*prison, service).run();
        const std::lock_guard guard(mutex);
        records[service] = std::move(record);
    });
    for (const auto& [service, record] : records)
        for (const std::string& failure : record.failures) ADD_FAILURE() << failure;
    if (HasFailure()) std::puts(prison->manager->all_lines().c_str());
    expect_committed(table(services(), records));
}

// ---- refusals end a process, and are in the log -------------------------------------------------------------------------

/// Starts the captive again and seals it; from now on a refusal is its end, as in a real service.
bool begin_sealed(Cell& cell, bool is_foreign = false) {
    const auto hello = cell.meet();
    return hello && (is_foreign || cell.tell("seal").value_or("") == "ok");
}

TEST_F(Containment, a_refused_call_ends_its_process_and_is_named_in_the_log) {
    std::mutex mutex;
    std::map<std::string, std::vector<long>> refused;   // by service, in order
    const auto names = natives();
    at_once(names, [&](const std::string& service) {
        Cell& cell = prison->cell(service);
        (void)cell.tell("die");   // it hides what is refused; the next one does not
        std::vector<long> calls;
        // Each call in every third service: which filter refuses it was tried above, here is what follows.
        std::size_t place = static_cast<std::size_t>(std::ranges::find(names, service) - names.begin());
        for (const Power& power : powers())
            for (const Try& tried : power.tries(prison->place(service, true), power.order, power.groups)) {
                if (!tried.order.starts_with("call ") || tried.expected != Expected::filtered || place++ % 3 != 0) continue;
                const Instant next = now() + 70ms;   // the process manager writes down so many words a second of one service
                const bool is_begun = begin_sealed(cell);
                const auto answer = cell.tell(tried.order);
                const std::lock_guard guard(mutex);
                EXPECT_TRUE(is_begun) << service;
                EXPECT_FALSE(answer) << service << " survived " << tried.order << ": " << answer.value_or("");
                calls.push_back(std::atol(tried.order.c_str() + 5));
                std::this_thread::sleep_for(next - now());
                break;
            }
        const std::lock_guard guard(mutex);
        refused[service] = calls;
    });
    for (const auto& [service, calls] : refused) {
        EXPECT_GT(calls.size(), 20u) << service;
        const std::string name = "\"name\":\"" + service + "\"";
        for (const long call : calls)
            EXPECT_FALSE(
                prison->manager
                    ->wait_for({"\"event\":\"fault\"", name, "\"code\":\"system_call\",\"detail\":" + std::to_string(call) + ","})
                    .empty())
                << service << ": " << name_of(call);
        EXPECT_GE(prison->manager->lines_with({"\"life\":\"dead\",\"cause\":\"seccomp\"", name}).size(), calls.size()) << service;
    }
}

TEST_F(Containment, the_kernels_other_doors_end_a_process_at_once) {
    at_once(services(), [&](const std::string& service) {
        Cell& cell = prison->cell(service);
        const bool is_foreign = prison->place(service, false).is_foreign();
        if (is_foreign) (void)cell.tell("die");   // it hides what is refused; the next one does not
        for (const char* order : {"door int80", "door x32"}) {
            EXPECT_TRUE(begin_sealed(cell, is_foreign)) << service;
            EXPECT_FALSE(cell.tell(order)) << service << " survived " << order;
        }
    });
    for (const std::string& service : services()) {
        const auto is_told = [&] {
            return prison->manager->lines_with({"\"cause\":\"seccomp\",\"code\":31", "\"name\":\"" + service + "\""}).size() >= 2;
        };
        for (const Instant deadline = now() + 5s; !is_told() && now() < deadline; ::usleep(1000)) {}
        EXPECT_TRUE(is_told()) << service;
    }
}

// ---- messages, pulses, requests to the process manager --------------------------------------------------------------------

struct Counts {
    unsigned handled = 0, refused = 0, malformed = 0;
};
class Messages : public Containment {
protected:
    /// All captives alive and sealed, whatever was before.
    static void SetUpTestSuite() {
        Containment::SetUpTestSuite();
        for (const std::string& service : natives()) EXPECT_TRUE(begin_sealed(prison->cell(service))) << service;
    }
    static Counts counts(const std::string& service) {
        Counts c;
        std::sscanf(ask(service, "counts").c_str(), "handled %u refused %u malformed %u", &c.handled, &c.refused, &c.malformed);
        return c;
    }
    static std::string name_at(std::uint16_t index) { return std::string(prison->image->services[index].name.view()); }
    static std::string fault(const std::string& service, const char* code) {
        return prison->manager->wait_for(
            {"\"event\":\"fault\"", "\"name\":\"" + service + "\"", std::string("\"code\":\"") + code}, 1s);
    }
};

TEST_F(Messages, to_the_process_manager_need_their_bit) {
    using Request = kernel::control::Request;
    constexpr std::array requests{std::pair{Request::get_state, "get_state"},      std::pair{Request::take_events, "take_events"},
                                  std::pair{Request::restart, "restart"},          std::pair{Request::quarantine, "quarantine"},
                                  std::pair{Request::switch_slot, "switch_slot"},  std::pair{Request::demand, "demand"},
                                  std::pair{Request::get_measures, "get_measures"}};
    const auto meter = static_cast<std::size_t>(find(*prison->image, "meter@1") - prison->image->services.begin());
    for (const std::string& service : natives()) {
        const policy::Service& s = *find(*prison->image, service);
        for (const auto& [what, word] : requests) {
            const auto request = static_cast<unsigned>(what);
            const bool is_granted = (s.control >> request & 1) != 0;
            const std::string answer = ask(service, std::format("ask {} {}", request, what == Request::take_events ? 0 : meter));
            EXPECT_EQ(answer.starts_with("ok"), is_granted) << service << " " << request << ": " << answer;
            const std::string refusal = prison->manager->wait_for(
                {"\"event\":\"refused\"", "\"name\":\"" + service + "\"", std::string("\"request\":\"") + word + "\""},
                is_granted ? 0s : 2s);
            EXPECT_EQ(refusal.empty(), is_granted) << service << " " << request;
        }
        EXPECT_EQ(ask(service, "record 200 0"), "ok");
        EXPECT_NE(fault(service, "malformed"), "") << service << " sent a record that is none";
    }
    EXPECT_NE(prison->manager->wait_for({"\"life\":\"dead\",\"cause\":\"ordered\"", "meter@1"}), "")
        << "operator may restart, and did";
    EXPECT_TRUE(begin_sealed(prison->cell("meter@1")));
}

TEST_F(Messages, that_are_denied_are_in_the_log_with_who_sent_them) {
    for (const policy::Conduit& c : prison->image->conduits) {   // one of each: a service says only so many words a second
        const std::string client = name_at(c.client), server = name_at(c.server);
        EXPECT_EQ(ask(client, std::format("send {} 31 0", server)), "denied");
        EXPECT_NE(
            prison->manager->wait_for(
                {"\"event\":\"fault\"", "\"name\":\"" + server + "\"", "\"code\":\"denied\"", "\"peer\":\"" + client + "\""}, 1s),
            "")
            << server << " was sent by " << client << " what it may not be sent, and nothing says so";
    }
}

TEST_F(Messages, pass_where_the_policy_has_their_bit_and_nowhere_else) {
    for (const policy::Conduit& c : prison->image->conduits) {
        const std::string client = name_at(c.client), server = name_at(c.server);
        const Counts before = counts(server);
        for (unsigned number = 0; number < policy::max_messages; ++number)
            EXPECT_EQ(ask(client, std::format("send {} {} 0", server, number)), c.messages >> number & 1 ? "ok" : "denied")
                << client << " to " << server << ", message " << number;
        EXPECT_EQ(ask(client, std::format("send {} 4711 0", server)), "denied");
        const auto allowed = static_cast<unsigned>(std::popcount(c.messages));
        EXPECT_EQ(counts(server).handled - before.handled, allowed);
        EXPECT_EQ(counts(server).refused - before.refused, policy::max_messages + 1 - allowed);
    }
}

TEST_F(Messages, that_are_not_whole_too_long_or_bring_a_descriptor_are_refused_before_any_handler) {
    for (const policy::Conduit& c : prison->image->conduits) {
        const std::string client = name_at(c.client), server = name_at(c.server);
        const Counts before = counts(server);
        const int allowed = std::countr_zero(c.messages);
        for (const std::string& wrong :
             {std::format("send {} {} 0 cut", server, allowed), std::format("send {} {} 60000", server, allowed),
              std::format("send {} {} 0 handle", server, allowed)})
            EXPECT_EQ(ask(client, wrong), "malformed") << client << ": " << wrong;
        EXPECT_EQ(counts(server).handled, before.handled) << server;
        EXPECT_EQ(counts(server).malformed - before.malformed, 3u) << server;
        EXPECT_NE(fault(server, "malformed"), "") << server;
        EXPECT_EQ(ask(client, std::format("send {} {} 0", server, allowed)), "ok") << "and it goes on";
    }
    for (const std::string& service : natives()) EXPECT_EQ(first_word(ask(service, "descriptors")), "0:device");
}

TEST_F(Messages, a_pulse_that_the_policy_does_not_name_is_refused) {
    const auto drop_all = [&](const std::string& from, const std::string& to, std::uint32_t allowed) {
        const Counts before = counts(to);
        for (int code = 0; code < 32; ++code) EXPECT_EQ(ask(from, std::format("pulse {} {}", to, code)), "ok");
        const unsigned good = static_cast<unsigned>(std::popcount(allowed));
        Counts after;
        for (const Instant deadline = now() + 5s; now() < deadline; ::usleep(1000)) {
            after = counts(to);
            if (after.handled + after.refused - before.handled - before.refused >= 32) break;
        }
        EXPECT_EQ(after.handled - before.handled, good) << from << " to " << to;
        EXPECT_EQ(after.refused - before.refused, 32 - good) << from << " to " << to;
        EXPECT_NE(fault(to, "denied"), "") << to;
    };
    for (const policy::Conduit& c : prison->image->conduits) {
        drop_all(name_at(c.client), name_at(c.server), c.pulses_down);
        drop_all(name_at(c.server), name_at(c.client), c.pulses_up);
    }
}

TEST_F(Messages, to_whom_there_is_no_conduit_there_is_no_way) {
    std::set<std::pair<std::string, std::string>> conduits;
    for (const policy::Conduit& c : prison->image->conduits) {
        conduits.emplace(name_at(c.client), name_at(c.server));
        conduits.emplace(name_at(c.server), name_at(c.client));
    }
    for (const std::string& from : natives()) {
        std::string ends = ask(from, "ends");
        for (const std::string& to : services()) {
            const bool is_there = ends.find(" " + to + ":") != std::string::npos;
            EXPECT_EQ(is_there, conduits.contains({from, to})) << from << " to " << to;
            if (!is_there) { EXPECT_EQ(ask(from, "send " + to + " 0 0"), "no conduit"); }
        }
    }
}

}  // namespace
}  // namespace voltkeep::containment
