// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace voltkeep::rot {

// ---- the service's loop

Worker::Worker(kernel::Service& self, Tpm::Settings settings, std::function<void()> changed)
    : self_(self), settings_(std::move(settings)), changed_(std::move(changed)) {}

Worker::~Worker() {
    (void)end(Duration::zero());
    if (thread_.joinable()) thread_.join();
}

Result<> Worker::start() {
    wake_ = kernel::os::Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) return fail_errno("eventfd");
    self_.watch(wake_.get(), false, [this](bool, bool) { complete(); });
    thread_ = std::thread([this] { work(); });
    return {};
}

void Worker::take(std::unique_ptr<Wire> wire) {
    {
        const std::lock_guard lock(mutex_);
        next_wire_ = std::move(wire);
    }
    wanted_.notify_one();
    set(Condition::starting, Error());
}

void Worker::probe() {
    if (condition_ != Condition::ready || waiting() > 0) return;
    add({Urgency::other, {}, now(), [](Tpm* tpm, const Error& why) {
             const auto octets = tpm != nullptr ? tpm->random(1) : Result<Random::Octets>(std::unexpected(why));
             return Outcome{[] {}, !octets && octets.error().code == Errc::closed};
         }});
}

bool Worker::end(Duration limit) {
    if (!thread_.joinable()) return true;
    std::unique_lock lock(mutex_);
    is_ending_ = true;
    wanted_.notify_one();
    return ended_.wait_for(lock, limit, [this] { return has_ended_; });
}

std::uint16_t Worker::waiting() {
    const std::lock_guard lock(mutex_);
    return static_cast<std::uint16_t>(jobs_.size());
}

/// Takes away what this caller asked before: one question at a time, and the newest counts.
bool Worker::may_wait(const kernel::Caller& caller) {
    if (condition_ != Condition::ready && condition_ != Condition::starting) return false;
    std::deque<Job> given_up;   // its promises end here, in the service's loop
    const std::lock_guard lock(mutex_);
    for (auto job = jobs_.begin(); job != jobs_.end();) {
        if (job->caller != caller.name) {
            ++job;
            continue;
        }
        given_up.push_back(std::move(*job));
        job = jobs_.erase(job);
    }
    return jobs_.size() < queue_bound;
}

Error Worker::why_not() const {
    switch (condition_) {
        case Condition::absent: return {Errc::closed, "there is no TPM"};
        case Condition::refused:
        case Condition::lost: return reason_;
        default: return {Errc::full, "too many wait for the TPM"};
    }
}

void Worker::add(Job job) {
    {
        const std::lock_guard lock(mutex_);
        const auto behind = std::ranges::upper_bound(jobs_, job.urgency, {}, &Job::urgency);
        jobs_.insert(behind, std::move(job));
    }
    wanted_.notify_one();
}

void Worker::complete() {
    std::uint64_t count = 0;
    if (::read(wake_.get(), &count, sizeof count) < 0) return;
    std::deque<Completion> done;
    {
        const std::lock_guard lock(mutex_);
        done.swap(completions_);
    }
    for (Completion& completion : done) completion();
}

void Worker::set(Condition condition, const Error& reason) {
    reason_ = reason;
    if (std::exchange(condition_, condition) == condition) return;
    if (condition == Condition::lost || condition == Condition::refused) {
        self_.fault(reason);
        drop_queue();
    }
    changed_();
}

/// Who waits learns it at once.
void Worker::drop_queue() {
    std::deque<Job> dropped;
    {
        const std::lock_guard lock(mutex_);
        dropped.swap(jobs_);
    }
    for (Job& job : dropped) job.work(nullptr, reason_).completion();
}

// ---- the thread

void Worker::work() {
    for (;;) {
        std::unique_lock lock(mutex_);
        wanted_.wait(lock, [this] { return is_ending_ || next_wire_ || (tpm_ && !jobs_.empty()); });
        if (is_ending_) break;
        if (next_wire_) {
            std::unique_ptr<Wire> wire = std::move(next_wire_);
            lock.unlock();
            attach(std::move(wire));
            continue;
        }
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        run(std::move(job));
    }
    if (tpm_) (void)tpm_->shut_down();
    tpm_.reset();
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    ended_.notify_all();
}

void Worker::attach(std::unique_ptr<Wire> wire) {
    tpm_.reset();
    auto attached = Tpm::attach(std::move(wire), settings_);
    if (!attached) {
        const bool is_lost = attached.error().code == Errc::closed;
        return hand_over(
            [this, is_lost, error = attached.error()] { set(is_lost ? Condition::lost : Condition::refused, error); });
    }
    tpm_ = std::move(*attached);
    hand_over([this, part = tpm_->part(), left = tpm_->increments_left()] {
        part_ = part;
        increments_left_ = left;
        set(Condition::ready, Error());
    });
}

void Worker::run(Job job) {
    Outcome outcome = job.work(tpm_.get(), Error());
    if (outcome.is_lost) tpm_.reset();
    hand_over([this, arrived = job.arrived, is_lost = outcome.is_lost, left = tpm_ ? tpm_->increments_left() : std::uint16_t{0},
               completion = std::move(outcome.completion)]() mutable {
        slowest_ = std::max(slowest_, now() - arrived);
        increments_left_ = left;
        completion();
        if (is_lost && condition_ == Condition::ready) set(Condition::lost, Error(Errc::closed, "the TPM does not answer"));
    });
}

void Worker::hand_over(Completion completion) {
    const std::lock_guard lock(mutex_);
    completions_.push_back(std::move(completion));
    const std::uint64_t one = 1;
    CHECK(::write(wake_.get(), &one, sizeof one) == sizeof one);
}

}  // namespace voltkeep::rot
