// SPDX-License-Identifier: Apache-2.0
// Of QNX's <sys/iomsg.h> and <unistd.h> what os/qnx uses; see sys/neutrino.h beside it.
#pragma once

#include <signal.h>

enum : int { _IO_MAX = 0x1ff };
enum : int { _NOTIFY_ACTION_POLLARM = 1 };
enum : int { _NOTIFY_COND_INPUT = 1, _NOTIFY_COND_OUTPUT = 2 };

extern "C" int ionotify(int fd, int action, int flags, const struct sigevent* event);
