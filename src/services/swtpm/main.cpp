// SPDX-License-Identifier: Apache-2.0
// Becomes Debian's swtpm: the TPM of a machine that has none. Its state and its socket are in the one folder that is granted to
// it. It has no control socket: nobody can set its registers back but by ending it.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

int main(int, char** names) {
    const std::string folder = "/state/state/swtpm";
    std::string words[] = {names[0],
                           "socket",
                           "--tpm2",
                           "--tpmstate",
                           "dir=" + folder + ",mode=0600",
                           "--server",
                           "type=unixio,path=" + folder + "/tpm.sock,mode=0600",
                           "--flags",
                           "not-need-init,startup-clear",
                           "--seccomp",
                           "action=none"};
    char* arguments[std::size(words) + 1] = {};
    for (std::size_t i = 0; i < std::size(words); ++i) arguments[i] = words[i].data();
    char* const environment[] = {nullptr};
    const int program = ::open("/usr/bin/swtpm", O_RDONLY | O_CLOEXEC);
    ::syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);   // the one form that the group `foreign` has
    return 1;
}
