// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/program.hpp"

#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <filesystem>

#include "base/file.hpp"

namespace voltkeep::pkcs11 {
namespace {

constexpr Duration patience = 10s;  ///< for one answer: a real part makes a key in seconds

}  // namespace

std::string settings_for(const std::string& folder) {
    return "directories.tokendir = " + folder + "/tokens\nobjectstore.backend = file\nlog.level = ERROR\n";
}

Result<Started> start_program(const std::string& module, const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder + "/tokens", error);
    if (error) return fail(Errc::io, folder + "/tokens: " + error.message());
    const std::string settings = folder + "/softhsm2.conf";
    TRY(write_file(settings, as_bytes(settings_for(folder))));
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("socketpair");
    Descriptor ours(ends[0]), its(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, its.get(), 0);
    ::posix_spawn_file_actions_adddup2(&actions, its.get(), 1);
    std::string words[] = {"p11-kit-remote", module}, variable = std::string(settings_variable) + "=" + settings;
    char* const arguments[] = {words[0].data(), words[1].data(), nullptr};
    char* const environment[] = {variable.data(), nullptr};
    pid_t pid = -1;
    errno = ::posix_spawn(&pid, program, &actions, nullptr, arguments, environment);
    ::posix_spawn_file_actions_destroy(&actions);
    if (errno != 0) return fail_errno("start", program);
    return Started{pid, std::move(ours)};
}

Result<std::unique_ptr<Program>> Program::start(const std::string& module, const std::string& folder) {
    std::unique_ptr<Program> started(new Program(TRY(start_program(module, folder))));
    std::byte answer = version;
    if (::send(started->end_.get(), &answer, 1, MSG_NOSIGNAL) != 1) return fail_errno("send", program);
    TRY(started->read({&answer, 1}));
    if (answer != version) return fail(Errc::unsupported, "p11-kit speaks another version of its protocol");
    Call first = initialize();
    (void)TRY(started->ask(first));
    return started;
}

Program::~Program() {
    end_.reset();  // at which it ends
    ::waitpid(pid_, nullptr, 0);
}

Result<> Program::read(std::span<std::byte> into) {
    for (const Instant deadline = now() + patience; !into.empty();) {
        pollfd ready{end_.get(), POLLIN, 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now());
        if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0)
            return fail(Errc::timeout, "the token does not answer");
        const ssize_t n = ::recv(end_.get(), into.data(), into.size(), MSG_DONTWAIT);
        if (n == 0) return fail(Errc::closed, "the token's program has ended");
        if (n > 0)
            into = into.subspan(static_cast<std::size_t>(n));
        else if (errno != EAGAIN && errno != EINTR)
            return fail_errno("read", program);
    }
    return {};
}

Result<Answer> Program::ask(Call& call) {
    auto frame = call.frame(++number_);
    const bool is_sent = ::send(end_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(frame.size());
    OPENSSL_cleanse(frame.data(), frame.size());
    OPENSSL_cleanse(call.bytes().data(), call.bytes().size());
    if (!is_sent) return fail_errno("send", program);
    std::array<std::byte, Header::size> head{};
    TRY(read(head));
    const Header header = TRY(header_of(head));
    answer_.resize(header.length);
    TRY(read(answer_));
    if (header.number != number_) return fail(Errc::malformed, "the answer to another call");
    return Answer::to(call.function(), answer_);
}

}  // namespace voltkeep::pkcs11
