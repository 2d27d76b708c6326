// SPDX-License-Identifier: Apache-2.0
// Of QNX's <secpol/secpol.h> what os/qnx uses; see sys/neutrino.h beside it.
#pragma once

#include <spawn.h>
#include <stdint.h>

typedef struct secpol_file_s secpol_file_t;

extern "C" {
int secpol_posix_spawnattr_settypeid(secpol_file_t* handle, posix_spawnattr_t* attributes, const char* name, uint32_t flags);
int secpol_transition_type(secpol_file_t* handle, const char* name, uint32_t flags);
}
