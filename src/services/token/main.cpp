// SPDX-License-Identifier: Apache-2.0
// Becomes p11-kit's program beside a PKCS #11 module, for its one client: what `p11-kit server` starts for each connection,
// without that server, which would have to start programs. When the client goes it ends, and is started anew. Tokens, settings
// and the socket are in the one folder that is granted to it.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/config.hpp"
#include "pkcs11/program.hpp"
#include "services/token/protocol.hpp"

using namespace voltkeep;

namespace {

/// The one connection. The socket's name leads nowhere after it.
Result<int> meet(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    CHECK(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    ::unlink(path.c_str());
    const Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener.get(), 1) != 0)
        return fail_errno("listen", path);
    const int client = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return fail_errno("accept", path);
    return client;
}

}  // namespace

int main(int, char** names) {
    const std::string name = names[0], folder = "/state/state/" + name, settings = folder + "/softhsm2.conf";
    const auto config = MUST(kernel::read_config<token::Config>("/state/config/" + name));
    ::mkdir((folder + "/tokens").c_str(), 0700);
    MUST(write_file(settings, as_bytes(pkcs11::settings_for(folder))));
    const Descriptor client(MUST(meet(folder + "/token.sock")));
    CHECK(::dup2(client.get(), 0) == 0 && ::dup2(client.get(), 1) == 1);
    std::string module(config.module.view()), variable = std::string(pkcs11::settings_variable) + "=" + settings;
    char* const arguments[] = {names[0], module.data(), nullptr};
    char* const environment[] = {variable.data(), nullptr};
    const int program = ::open(pkcs11::program, O_RDONLY | O_CLOEXEC);
    ::syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);  // the one form that the group `foreign` has
    return 1;
}
