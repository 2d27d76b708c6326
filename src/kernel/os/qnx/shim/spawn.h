// SPDX-License-Identifier: Apache-2.0
// QNX's extensions of <spawn.h> that os/qnx uses; see sys/neutrino.h beside it.
#pragma once

#include_next <spawn.h>
#include <stdint.h>
#include <sys/types.h>

enum : uint32_t {
    POSIX_SPAWN_SETCRED = 0x1000,
    POSIX_SPAWN_EXPLICIT_CPU = 0x2000,
    POSIX_SPAWN_SETTYPEID = 0x4000,
    POSIX_SPAWN_HOLD = 0x8000
};

extern "C" {
int posix_spawnattr_setxflags(posix_spawnattr_t* attributes, uint32_t flags);
int posix_spawnattr_setcred(posix_spawnattr_t* attributes, uid_t uid, gid_t gid);
int posix_spawnattr_setrunmask(posix_spawnattr_t* attributes, uint32_t mask);
}
