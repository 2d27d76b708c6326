// SPDX-License-Identifier: Apache-2.0
// What a factory does with a station, for a machine that has no TPM: makes one (swtpm) with its maker's certificate and a token
// whose PIN that TPM seals, has both make the station's keys, and writes down their public halves, so that certificates can be
// issued before the station starts for the first time. What is there already is left as it is. Runs as who starts the station,
// before it; the maker's authority is a development one.
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "base/file.hpp"
#include "pkcs11/make.hpp"
#include "pki/certificate.hpp"
#include "tpm.hpp"

namespace voltkeep::rot {
namespace {

constexpr Duration start_time = 10s;   ///< in which swtpm must listen

struct Folders {
    std::string part, keys, authority, publics, socket, token, pin, token_public;
    explicit Folders(const std::string& state)
        : part(state + "/state/swtpm"),
          keys(state + "/state/rot"),
          authority(state + "/pki/authorities/tpm"),
          publics(state + "/pki/tpm"),
          socket(part + "/factory.sock"),
          token(state + "/state/token"),
          pin(state + "/state/crypto/token-pin"),
          token_public(state + "/pki/token/secc.pem") {}
};

/// Starts a program; what it says goes to `log`.
Result<pid_t> start(std::vector<std::string> words, const std::string& log) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = -1;
    errno = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (errno != 0) return fail_errno("start", words[0]);
    return pid;
}

Result<> write_text(const std::string& path, const std::string& text) { return write_file(path, as_bytes(text)); }

/// The emulated part with its two banks of registers and the maker's certificate in it.
Result<> make_part(const Folders& at, const std::string& serial) {
    TRY(write_text(at.authority + "/localca.conf", "statedir = " + at.authority + "\nsigningkey = " + at.authority +
                                                       "/key.pem\nissuercert = " + at.authority +
                                                       "/certificate.pem\ncertserial = " + at.authority + "/serial\n"));
    TRY(write_text(at.authority + "/localca.options",
                   "--platform-manufacturer Voltkeep\n--platform-version 1\n--platform-model development\n"));
    TRY(write_text(at.authority + "/setup.conf",
                   "create_certs_tool = /usr/bin/swtpm_localca\ncreate_certs_tool_config = " + at.authority +
                       "/localca.conf\ncreate_certs_tool_options = " + at.authority + "/localca.options\n"));
    const pid_t pid = TRY(start(
        {"swtpm_setup", "--tpm2", "--tpmstate", at.part, "--config", at.authority + "/setup.conf", "--create-ek-cert",
         "--create-platform-cert", "--lock-nvram", "--overwrite", "--pcr-banks", "sha256,sha384", "--ecc", "--vmid", serial},
        at.authority + "/setup.log"));
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || status != 0)
        return fail(Errc::io, "swtpm_setup failed: see " + at.authority + "/setup.log");
    return {};
}

/// swtpm while this lives, on a socket of its own.
class Part {
public:
    static Result<std::unique_ptr<Part>> power_on(const Folders& at) {
        std::filesystem::remove(at.socket);
        const pid_t pid = TRY(start({"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + at.part, "--server",
                                     "type=unixio,path=" + at.socket + ",mode=0600", "--flags", "not-need-init,startup-clear"},
                                    at.authority + "/swtpm.log"));
        return std::unique_ptr<Part>(new Part(pid, at.socket));
    }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    ~Part() {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
        std::filesystem::remove(socket_);
    }

    [[nodiscard]] Result<std::unique_ptr<Wire>> wire() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (socket_.size() >= sizeof address.sun_path)
            return fail(Errc::bad_argument, "the state folder's path is too long for a socket");
        std::memcpy(address.sun_path, socket_.data(), socket_.size());
        for (const Instant deadline = now() + start_time; now() < deadline;
             ::usleep(2000)) {  // there is no event for a socket that appears
            kernel::os::Descriptor end(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            if (::connect(end.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
                return wire_on(std::move(end));
        }
        return fail(Errc::timeout, "swtpm does not listen");
    }

private:
    Part(pid_t pid, std::string socket) : pid_(pid), socket_(std::move(socket)) {}
    pid_t pid_;
    std::string socket_;
};

bool has_publics(const Folders& at, std::uint8_t meters) {
    return std::filesystem::exists(at.keys + "/keys") && std::ranges::all_of(keys_of(meters), [&](KeyName name) {
               return std::filesystem::exists(at.publics + "/" + role_of(name) + ".pem");
           });
}

/// The key's public half is written last: without it everything is made anew.
bool has_token(const Folders& at) { return std::filesystem::exists(at.pin) && std::filesystem::exists(at.token_public); }

/// A token with a PIN that nobody knows: as it is made, the TPM seals it for crypto.
Result<> make_token(const Folders& at, const std::string& module, Tpm& tpm) {
    std::array<unsigned char, 24> random;
    std::array<char, 2 * random.size() + 1> pin;
    CHECK(RAND_priv_bytes(random.data(), random.size()) == 1);
    CHECK(OPENSSL_buf2hexstr_ex(pin.data(), pin.size(), nullptr, random.data(), random.size(), '\0') == 1);
    const std::string_view text(pin.data(), pin.size() - 1);
    std::filesystem::remove_all(at.token);
    const auto sealed =
        tpm.seal({.label = "token-pin", .secret = *Blob<secret_bound>::from(as_bytes(text)), .bound = {}}, "crypto");
    if (!sealed) return std::unexpected(sealed.error());
    TRY(write_file(at.pin, sealed->sealed));
    const auto token = TRY(pkcs11::Program::start(module, at.token));
    const auto made = pkcs11::make_token(*token, text, "secc");
    OPENSSL_cleanse(random.data(), random.size());
    OPENSSL_cleanse(pin.data(), pin.size());
    if (!made) return std::unexpected(made.error());
    return write_file(at.token_public, as_bytes(*made), 0644);
}

/// True if something was made.
Result<bool> manufacture(const Folders& at, const std::string& serial, std::uint8_t meters, const std::string& module) {
    std::error_code error;
    for (const std::filesystem::path folder :
         {at.part, at.keys, at.authority, at.publics, at.pin + "/..", at.token_public + "/.."}) {
        std::filesystem::create_directories(folder.lexically_normal(), error);
        if (error) return fail(Errc::io, folder.string() + ": " + error.message());
    }
    if (has_publics(at, meters) && has_token(at)) return false;
    if (!std::filesystem::exists(at.part + "/tpm2-00.permall")) {
        std::filesystem::remove(at.pin);  // another TPM's
        TRY(make_part(at, serial));
    }
    const auto part = TRY(Part::power_on(at));
    auto wire = TRY(part->wire());
    const auto tpm = TRY(Tpm::attach(std::move(wire), {at.keys + "/keys", meters}));
    for (const KeyName name : keys_of(meters)) {
        const auto known = TRY(tpm->get_public(name));
        const pki::Key key = TRY(pki::public_from_der(known.spki));
        TRY(write_file(at.publics + "/" + role_of(name) + ".pem", as_bytes(pki::public_pem(key.get())), 0644));
    }
    if (!tpm->part().has_endorsement) return fail(Errc::integrity, "the TPM has no certificate of its maker");
    if (!has_token(at)) TRY(make_token(at, module, *tpm));
    TRY(tpm->shut_down());
    return true;
}

}  // namespace
}  // namespace voltkeep::rot

int main(int count, char** words) {
    using namespace voltkeep;
    ::setenv("TSS2_LOG", "all+NONE", 0);
    if (count != 5) {
        std::fprintf(stderr, "factory STATE-FOLDER SERIAL-NUMBER METERS PKCS11-MODULE\n");
        return 2;
    }
    const std::filesystem::path state = std::filesystem::absolute(words[1]);
    const int meters = std::atoi(words[3]);
    if (meters < 0 || meters > rot::most_meters) {
        std::fprintf(stderr, "METERS: expected 0 to 8\n");
        return 2;
    }
    const auto made = rot::manufacture(rot::Folders(state.string()), words[2], static_cast<std::uint8_t>(meters), words[4]);
    if (!made) {
        std::fprintf(stderr, "%s\n", std::string(made.error().what.view()).c_str());
        return 1;
    }
    std::printf("%s\n", *made ? "made" : "there already");
    return 0;
}
