// SPDX-License-Identifier: Apache-2.0
// Of QNX's <sys/procmgr.h> what os/qnx uses; see neutrino.h beside it.
#pragma once

#include <signal.h>

enum : unsigned { PROCMGR_EVENT_PROCESS_DEATH = 1 };

extern "C" int procmgr_event_notify_add(unsigned flags, const struct sigevent* event);
