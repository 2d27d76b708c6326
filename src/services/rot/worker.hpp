// SPDX-License-Identifier: Apache-2.0
// The TPM on a thread of its own: a part takes up to a second for one command, and the service's loop waits for none. What is
// asked stands in a bounded queue, the most urgent first, in its order among equals; a caller that asks anew does not want its
// earlier question answered. A TPM that is gone or mute is an answer at once to all who wait, until there is a wire to it again.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "kernel/service.hpp"
#include "tpm.hpp"

namespace voltkeep::rot {

class Worker {
public:
    static constexpr std::size_t queue_bound = 16;

    /// `changed` is called in the service's loop when the condition is another one.
    Worker(kernel::Service& self, Tpm::Settings settings, std::function<void()> changed);
    /// Waits for the command that is under way.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Starts the thread. After the seal: a filter holds for the threads that come after it.
    Result<> start();
    /// There is a way to a TPM: what was before is forgotten.
    void take(std::unique_ptr<Wire> wire);
    /// Asks a part that nobody asks, so that its loss is known before it is needed.
    void probe();
    /// TPM2_Shutdown behind the command that is under way; what waits is dropped. False: it did not come to that in time.
    bool end(Duration limit);

    /// `ask(tpm)` on the thread, then `seen(result)` and the reply in the service's loop.
    template <class R>
    void submit(Urgency urgency, const kernel::Caller& caller, std::move_only_function<Result<R>(Tpm&)> ask,
                kernel::Defer<R> reply, std::move_only_function<void(const Result<R>&)> seen = {}) {
        if (!may_wait(caller)) return reply(std::unexpected(why_not()));
        add({urgency, Text<24>::cut(caller.name), now(),
             [ask = std::move(ask), reply = std::move(reply), seen = std::move(seen)](Tpm* tpm, const Error& why) mutable {
                 Result<R> result = tpm != nullptr ? ask(*tpm) : Result<R>(std::unexpected(why));
                 const bool is_lost = !result && result.error().code == Errc::closed;
                 return Outcome{[result = std::move(result), reply = std::move(reply), seen = std::move(seen)]() mutable {
                                    if (seen) seen(result);
                                    reply(result);
                                },
                                is_lost};
             }});
    }

    [[nodiscard]] Condition condition() const { return condition_; }
    [[nodiscard]] const Error& reason() const { return reason_; }
    [[nodiscard]] const Tpm::Part& part() const { return part_; }
    [[nodiscard]] std::uint16_t increments_left() const { return increments_left_; }
    [[nodiscard]] std::uint16_t waiting();
    [[nodiscard]] Duration slowest() const { return slowest_; }

private:
    using Completion = std::move_only_function<void()>;
    struct Outcome {
        Completion completion;
        bool is_lost;
    };
    struct Job {
        Urgency urgency;
        Text<24> caller;
        Instant arrived;
        std::move_only_function<Outcome(Tpm* tpm, const Error& why)>
            work;  ///< without a TPM it is answered with why there is none
    };

    // the service's loop
    bool may_wait(const kernel::Caller& caller);
    [[nodiscard]] Error why_not() const;
    void add(Job job);
    void complete();
    void set(Condition condition, const Error& reason);
    void drop_queue();

    // the thread
    void work();
    void attach(std::unique_ptr<Wire> wire);
    void run(Job job);
    void hand_over(Completion completion);

    kernel::Service& self_;
    Tpm::Settings settings_;
    std::function<void()> changed_;
    Condition condition_ = Condition::absent;
    Error reason_;
    Tpm::Part part_;
    std::uint16_t increments_left_ = 0;
    Duration slowest_{};

    kernel::os::Descriptor wake_;      ///< eventfd: completions are waiting
    std::mutex mutex_;
    std::condition_variable wanted_;   ///< there is something to do
    std::condition_variable ended_;
    std::deque<Job> jobs_;
    std::deque<Completion> completions_;
    std::unique_ptr<Wire> next_wire_;
    bool is_ending_ = false;
    bool has_ended_ = false;
    std::unique_ptr<Tpm> tpm_;         ///< the thread's alone
    std::thread thread_;
};

}  // namespace voltkeep::rot
