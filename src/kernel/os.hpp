// SPDX-License-Identifier: Apache-2.0
// The seam: everything that the kernel layer wants from a system. os/linux implements it; os/qnx is the second folder.
// The meaning is QNX Neutrino's: a pair of ends is a channel and its connection, a send is queued or refused at once, a
// receive takes one whole message, a descriptor arrives with its message or not at all. No call here blocks but `wait` and
// `Poller`.
#pragma once

#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "kernel/message.hpp"

namespace voltkeep::kernel::os {

/// Owns one descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    ~Descriptor() { reset(); }
    void reset() noexcept;
    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_ = -1;
};

struct Pair {
    Descriptor a;
    Descriptor b;
};

/// Two connected ends that carry whole messages in order, and say when the other end is gone.
[[nodiscard]] Result<Pair> make_pair();

/// Queues one message of at least one octet (`bad_argument`). `full` if the peer's queue is full, `closed` if the peer is gone.
/// The handles stay the caller's. `unsupported`: this system lets no such handle travel.
[[nodiscard]] Result<> send(int end, Bytes message, std::span<const int> handles = {});

/// One received message. Handles that came with it belong to the caller.
struct Received {
    std::size_t size = 0;
    List<int, max_handles> handles;
    bool truncated = false;            ///< longer than the buffer, or more handles than allowed: its handles are closed already
    bool was_unread = false;           ///< the peer is gone and left unread what we had sent; this it had sent before
};

/// Takes one message. Nothing if none is queued. When the peer is gone and everything it had sent is taken: `gone_unread` if it
/// certainly left something of ours unread, else `closed`.
[[nodiscard]] Result<std::optional<Received>> receive(int end, std::span<std::byte> buffer, bool waits = false);

/// How long a `receive` that waits does so before it says that nothing is queued: to the system's tick, or not at all (QNX). Who
/// needs it exactly uses `wait`. One call less where somebody waits for one thing alone.
void set_patience(int end, Duration patience);

/// Waits until `end` has something to take, the peer is gone, or the deadline passed (false).
[[nodiscard]] Result<bool> wait(int end, Instant deadline);

/// Many descriptors, one wait. A key is the caller's; it comes back with the event.
class Poller {
public:
    static Result<Poller> make();
    [[nodiscard]] Result<> add(int descriptor, std::uint64_t key, bool writable = false);
    [[nodiscard]] Result<> change(int descriptor, std::uint64_t key, bool readable, bool writable);
    void remove(int descriptor);
    struct Event {
        std::uint64_t key = 0;
        bool readable = false;   ///< or the peer is gone
        bool writable = false;
    };
    /// What became ready, at most events.size() of them; empty at the deadline.
    [[nodiscard]] Result<std::span<Event>> wait(std::span<Event> events, Instant deadline);
    [[nodiscard]] int descriptor() const { return set_.get(); }

private:
    Descriptor set_;
};

/// A descriptor that becomes readable at an instant and stays so until it is armed anew. Only for a loop around our own.
[[nodiscard]] Result<Descriptor> make_timer();
[[nodiscard]] Result<> arm_timer(int timer, Instant when);

/// The memory behind a descriptor, writable, for as long as this process lives; nothing if it cannot be mapped.
[[nodiscard]] void* map_memory(const Descriptor& memory, std::size_t size);

/// Takes away from this process, for ever, what the sealed filter does not allow. An empty program seals nothing (lab builds).
[[nodiscard]] Result<> seal(Bytes filter);

/// Ends this process at once with a status that the process manager reads as a broken invariant.
[[noreturn]] void end_broken() noexcept;
inline constexpr int broken_status = 97;

/// Makes SIGSYS name the refused system call on the control channel and then end the process (SECCOMP_RET_TRAP).
void report_refused_calls(void (*report)(int system_call) noexcept);

/// One heap for all threads of this process; before the first of them. A heap for each reserves more addresses than a service may
/// have.
void share_one_heap();

}  // namespace voltkeep::kernel::os
