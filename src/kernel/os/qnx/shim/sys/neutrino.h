// SPDX-License-Identifier: Apache-2.0
// Of QNX's <sys/neutrino.h> what os/qnx uses, declared from the public library reference so that the code can be checked by a
// compiler that has no QNX headers. A build for QNX takes the system's own header; the numbers here are ours and mean nothing.
#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

typedef struct iovec iov_t;
typedef intptr_t rcvid_t;

struct _pulse {
    uint16_t type;
    uint16_t subtype;
    int8_t code;
    uint8_t zero[3];
    union sigval value;
    int32_t scoid;
};

struct _msg_info {
    uint32_t reserved[2];
    pid_t pid;
    int32_t tid;
    int32_t chid;
    int32_t scoid;
    int32_t coid;
    int16_t priority;
    int16_t flags;
    ssize_t msglen;
    ssize_t srcmsglen;
    ssize_t dstmsglen;
    uint32_t type_id;
};

enum : unsigned { _NTO_CHF_FIXED_PRIORITY = 1, _NTO_CHF_DISCONNECT = 2, _NTO_CHF_COID_DISCONNECT = 4, _NTO_CHF_SENDER_LEN = 8 };
enum : int { EOK = 0 };   // <errno.h> there
enum : unsigned { _NTO_SIDE_CHANNEL = 1u << 30 };
enum : int { _NTO_COF_CLOEXEC = 1 };
enum : int { _NTO_TIMEOUT_SEND = 1, _NTO_TIMEOUT_REPLY = 2 };
enum : int { _PULSE_CODE_MINAVAIL = 0, _PULSE_CODE_DISCONNECT = -33, _PULSE_CODE_COIDDEATH = -35 };

extern "C" {
int ChannelCreate(unsigned flags);
int ConnectAttach(uint32_t reserved, pid_t pid, int chid, unsigned index, int flags);
int ConnectDetach(int coid);
long MsgSend(int coid, const void* message, size_t message_size, void* reply, size_t reply_size);
long MsgSendvs(int coid, const iov_t* parts, size_t count, void* reply, size_t reply_size);
rcvid_t MsgReceive(int chid, void* message, size_t size, struct _msg_info* info);
int MsgReply(rcvid_t rcvid, long status, const void* reply, size_t size);
int MsgReplyv(rcvid_t rcvid, long status, const iov_t* parts, size_t count);
int MsgError(rcvid_t rcvid, int error);
int MsgSendPulse(int coid, int priority, int code, int value);
int MsgRegisterEvent(struct sigevent* event, int coid);
int TimerTimeout(clockid_t clock, int flags, const struct sigevent* notify, const uint64_t* ntime, uint64_t* otime);
void SIGEV_PULSE_INIT(struct sigevent* event, int coid, int priority, int code, int value);   // macros there
void SIGEV_UNBLOCK_INIT(struct sigevent* event);
void SIGEV_MAKE_UPDATEABLE(struct sigevent* event);
}
enum : int { SIGEV_PULSE_PRIO_INHERIT = -1 };
