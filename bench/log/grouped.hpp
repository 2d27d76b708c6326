// SPDX-License-Identifier: Apache-2.0
// One thread that commits for all, as `audit` does: what has come while it was busy is its next commit, for which it waits as
// audit::Gather says, and nobody is answered before that is done.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "gather.hpp"

namespace bench {

class Grouped {
public:
    /// `commit(n)` makes n entries durable; `after()` is done when they have been answered.
    Grouped(std::function<bool(unsigned)> commit, std::function<void()> after)
        : commit_(std::move(commit)), after_(std::move(after)), thread_([this] { run(); }) {}
    ~Grouped() {
        {
            const std::scoped_lock lock(mutex_);
            is_over_ = true;
        }
        work_.notify_one();
        thread_.join();
    }
    Grouped(const Grouped&) = delete;
    Grouped& operator=(const Grouped&) = delete;

    /// Adds one entry and waits until it is durable.
    bool append() {
        std::unique_lock lock(mutex_);
        const std::uint64_t mine = ++asked_;
        if (!is_busy_) work_.notify_one();
        done_.wait(lock, [&] { return answered_ >= mine; });
        return is_good_;
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            is_busy_ = false;
            work_.wait(lock, [&] { return asked_ > answered_ || is_over_; });
            if (asked_ == answered_) return;
            const auto is_complete = [&] { return gather_.is_complete(asked_ - answered_) || is_over_; };
            if (!is_complete()) work_.wait_for(lock, gather_.patience(asked_ - answered_), is_complete);
            is_busy_ = true;
            const std::uint64_t upto = asked_;
            const auto count = static_cast<unsigned>(upto - answered_);
            lock.unlock();
            const voltkeep::Instant begun = voltkeep::now();
            const bool is_done = commit_(count);
            gather_.committed(count, voltkeep::now() - begun);
            lock.lock();
            is_good_ = is_good_ && is_done;
            answered_ = upto;
            done_.notify_all();
            lock.unlock();
            after_();
            lock.lock();
        }
    }

    std::function<bool(unsigned)> commit_;
    std::function<void()> after_;
    std::mutex mutex_;
    std::condition_variable work_, done_;
    voltkeep::audit::Gather gather_;
    std::uint64_t asked_ = 0, answered_ = 0;
    bool is_busy_ = false, is_over_ = false, is_good_ = true;
    std::thread thread_;  // last: it uses the others
};

}  // namespace bench
