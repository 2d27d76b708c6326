// SPDX-License-Identifier: Apache-2.0
// The session with a token: p11-kit's program and SoftHSM themselves at the other end. The service is the test's own process.
#include "token.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/socket.h>

#include <filesystem>

#include "kernel/test_station.hpp"
#include "pkcs11/make.hpp"
#include "pki/certificate.hpp"

namespace voltkeep::crypto {
namespace {

using kernel::Service;

constexpr std::string_view pin = "0123456789";

/// A folder with a token in it, and the program beside it, whose death and stop are ours.
struct Part {
    std::filesystem::path folder;
    std::string public_half;
    pid_t pid = -1;

    Part() {
        std::string name = ::testing::TempDir() + "token-XXXXXX";
        folder = ::mkdtemp(name.data());
        const auto token = MUST(pkcs11::Program::start(std::string(pkcs11::default_module), folder.string()));
        public_half = MUST(pkcs11::make_token(*token, pin, "secc"));
    }
    ~Part() { std::filesystem::remove_all(folder); }

    kernel::os::Descriptor connect() {
        auto started = MUST(pkcs11::start_program(std::string(pkcs11::default_module), folder.string()));
        pid = started.pid;
        return kernel::os::Descriptor(::dup(started.end.get()));
    }
    void kill() const {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    [[nodiscard]] bool verifies(std::string_view content, const Sign::Signature& signature) const {
        const pki::Key key = MUST(pki::public_from_pem(public_half));
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha512(), nullptr, key.get()) == 1 &&
               EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.octets.data()),
                                signature.octets.size(), reinterpret_cast<const unsigned char*>(content.data()),
                                content.size()) == 1;
    }
};

/// One service with a session; `steps` are done one after the other, each when the token is open or says the awaited reason.
class Session {
public:
    Session(Service& self, Part& part, std::string_view used_pin)
        : token(
              self,
              [used_pin = std::string(used_pin)](Token::Unlocked then) mutable {
                  std::string text = used_pin;
                  then(Secret::take(std::as_writable_bytes(std::span(text))));
              },
              [this, &part] {
                  ++connections;
                  token.take(part.connect());
              }) {
        token.take(part.connect());
    }
    int connections = 1;
    Token token;
};

/// Its status: the line that was not as expected, 0 if all was.
int in_a_service(const std::function<void(Service&)>& body) {
    kernel::testing::TestStation station;
    const std::size_t service = station.add("crypto", [&](int control) {
        Service self = Service::start(control);
        body(self);
        return self.run();
    });
    station.start();
    return station.wait(service);
}

#define EXPECT_HERE(condition) \
    if (!(condition)) return ::_exit(__LINE__ % 251 + 1)

/// Does each step when its time has come, and ends with 0 behind the last.
struct Step {
    std::function<bool()> when;
    std::function<void()> act;
};
void run_steps(Service& self, std::vector<Step> steps) {
    const auto next = std::make_shared<std::size_t>(0);
    self.every(5ms, [next, steps = std::move(steps)] {
        if (*next == steps.size()) ::_exit(0);
        if (steps[*next].when()) steps[(*next)++].act();
    });
}

}  // namespace

TEST(Token, signs_and_comes_back_after_a_death_and_after_a_silence) {
    Part part;
    EXPECT_EQ(in_a_service([&](Service& self) {
                  const auto session = std::make_shared<Session>(self, part, pin);
                  Token& token = session->token;
                  const auto answers = std::make_shared<int>(0);
                  const auto is_open = [session] { return session->token.is_open(); };
                  const auto sign = [&token, &part, answers](Errc expected) {
                      return [&token, &part, answers, expected] {
                          token.sign({Key::secc, {}}, as_bytes("text"),
                                     [&part, answers, expected](const Result<Sign::Signature>& signature) {
                                         EXPECT_HERE((signature ? Errc::ok : signature.error().code) == expected);
                                         EXPECT_HERE(!signature || part.verifies("text", *signature));
                                         ++*answers;
                                     });
                      };
                  };
                  const auto has = [answers](int count) { return [answers, count] { return *answers == count; }; };
                  run_steps(self, {{is_open, sign(Errc::ok)},
                                   {has(1), [&part] { ::kill(part.pid, SIGSTOP); }},
                                   {has(1), sign(Errc::closed)},  // after the patience
                                   {has(2), sign(Errc::closed)},  // at once: it has not answered yet
                                   {has(3), [&part] { ::kill(part.pid, SIGCONT); }},
                                   {is_open, sign(Errc::ok)},
                                   {has(4),
                                    [&part, session] {
                                        EXPECT_HERE(session->connections == 1);
                                        part.kill();
                                    }},
                                   {[&token] { return !token.is_open(); }, sign(Errc::closed)},
                                   {is_open, sign(Errc::ok)},
                                   {has(6), [session] { EXPECT_HERE(session->connections == 2); }}});
              }),
              0);
}

TEST(Token, does_not_try_a_wrong_PIN_twice) {
    Part part;
    EXPECT_EQ(in_a_service([&](Service& self) {
                  const auto session = std::make_shared<Session>(self, part, "0123456780");
                  run_steps(
                      self,
                      {{[session] { return session->token.reason() == "the token does not take the PIN"; }, [] {}},
                       {[begin = now()] { return now() > begin + 800ms; },  // longer than the pause before another connection
                        [session] { EXPECT_HERE(session->connections == 1 && !session->token.is_open()); }}});
              }),
              0);
}

}  // namespace voltkeep::crypto
