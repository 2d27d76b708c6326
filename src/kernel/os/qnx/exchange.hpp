// SPDX-License-Identifier: Apache-2.0
// Pairs on QNX. A channel there belongs to one process and MsgSend waits for the receiver, so each process has one channel and
// one thread on it, the courier, which does nothing but take what comes into the queue of its end and answer at once: a sender
// waits for the courier, never for the service. Who sends is who the kernel says (_msg_info.pid); an end that is handed to
// another process is fetched by it from the holder, who was told whom to give it to.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "kernel/os.hpp"

namespace voltkeep::kernel::os::qnx {

/// Where an end lives.
struct Place {
    pid_t pid = 0;
    int channel = -1;
    friend bool operator==(const Place&, const Place&) = default;
};

struct End;

struct Message {
    std::vector<std::byte> content;
    std::vector<std::shared_ptr<End>> ends;   ///< that travel with it, while they are here
    std::vector<struct Parcel> parcels;       ///< or where they are to be fetched
};

/// An end that waits at its holder to be fetched.
struct Parcel {
    std::uint64_t name = 0;
    Place holder;
};

struct End {
    std::uint64_t name = 0;        ///< of this end, and of the other one
    std::uint64_t peer_name = 0;
    Place peer;
    int connection = -1;           ///< to the peer's channel; -1: the peer is in this process
    std::deque<Message> queue;
    bool is_closed = false;        ///< the peer is gone
    bool is_refused = false;       ///< the peer had no room for our last message
    bool owes_room = false;        ///< the peer was refused and waits for our pulse
    bool is_moved = false;         ///< it lives elsewhere now
    pid_t for_whom = 0;            ///< who may fetch it
};

struct Timer {
    timer_t id{};
    Instant at{INT64_MAX};
    bool is_due = false;
};
/// A process that was started here.
struct Process {
    pid_t pid = 0;
    bool has_ended = false;
};
struct Interest {
    int descriptor = -1;
    std::uint64_t key = 0;
    bool readable = true;
    bool writable = false;
};
struct Poll {
    std::vector<Interest> interests;
    std::size_t next = 0;          ///< who is asked first, so that nobody starves
};
using Object = std::variant<std::shared_ptr<End>, Timer, Process, Poll>;

/// Numbers of objects; below are the system's file descriptors.
inline constexpr int first_number = 1 << 20;
/// The octets and messages that a queue takes; the same order as the sockets of os/linux.
inline constexpr std::size_t queue_octets = 4 * hard_max_size, queue_messages = 256;
/// The variable that tells a started process where its control channel is to be fetched.
inline constexpr const char* control_variable = "VOLTKEEP_CONTROL";

/// One per process; made at its first use.
class Exchange {
public:
    static Exchange& here();

    [[nodiscard]] Result<Pair> make_pair();
    [[nodiscard]] int add(Object object);
    void remove(int number);
    [[nodiscard]] Result<> send(int number, Bytes content, std::span<const int> handles);
    [[nodiscard]] Result<std::optional<Received>> receive(int number, std::span<std::byte> buffer);
    [[nodiscard]] Result<> arm(int number, Instant when);
    /// Lets this process fetch the end; where, as the value of `control_variable`.
    [[nodiscard]] Result<std::string> offer(int number, pid_t to);
    void allow(int number, pid_t to);
    [[nodiscard]] Result<> watch_deaths();
    template <class F>
    void with(int number, F then) {
        const std::lock_guard hold(lock_);
        if (Object* const object = find(number)) then(*object);
    }

    /// What of this is so now: readable (1), writable (2). File descriptors are asked, and armed to wake a wait.
    [[nodiscard]] unsigned ready(int number, bool writable);
    /// Runs `look` until it is true, each time something may have changed, at most until the deadline.
    template <class F>
    bool wait_until(Instant deadline, F look) {
        for (;;) {
            run_errands();
            std::unique_lock hold(lock_);
            const std::uint64_t seen = changes_;
            hold.unlock();
            if (look()) return true;
            hold.lock();
            const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(deadline.ns)};
            if (!changed_.wait_until(hold, until, [&] { return changes_ != seen; })) return false;
        }
    }
    /// After a fork: nothing of the parent's is here.
    static void forget();

private:
    Exchange();
    void carry();
    void on_pulse(int code, int value, int connection);
    void on_message(std::intptr_t sender, pid_t pid, std::size_t size);
    void hand_over(std::intptr_t sender, const std::shared_ptr<End>& end, Place to);
    Object* find(int number);
    std::shared_ptr<End> end_of(int number);
    std::shared_ptr<End> named(std::uint64_t name);
    int connection_to(Place place);
    Result<std::shared_ptr<End>> fetch(const Parcel& parcel);
    Result<> pass_on(End& end, Message message);
    Result<> tell(const std::shared_ptr<End>& end, Bytes content, std::vector<std::shared_ptr<End>> ends);
    void retire(const std::shared_ptr<End>& end);
    void run_errands();
    void changed() {
        ++changes_;
        changed_.notify_all();
    }

    std::mutex lock_;
    std::condition_variable changed_;
    std::uint64_t changes_ = 0;
    Place here_;
    int to_myself_ = -1;
    int next_number_ = first_number;
    std::map<int, Object> objects_;
    std::map<std::uint64_t, std::shared_ptr<End>> parked_;   ///< to be fetched
    std::map<std::uint64_t, std::weak_ptr<End>> names_;
    /// What the courier leaves to the service's thread, because it would have to wait for another courier.
    struct Errand {
        enum class Kind { moved, hung_up } kind;
        Place to;
        std::uint64_t about = 0;
        Place now_at;
    };
    std::deque<Errand> errands_;
    std::vector<std::byte> incoming_;
};

}  // namespace voltkeep::kernel::os::qnx
