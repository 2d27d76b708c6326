// SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace voltkeep::session {

Result<std::unique_ptr<Store>> Store::open(kernel::Service& self, const std::string& folder) {
    std::unique_ptr<Store> store(new Store(self, TRY(Database::open(folder))));
    store->wake_ = kernel::os::Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!store->wake_) return fail_errno("eventfd");
    return store;
}

Store::~Store() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Store::on_notice(std::move_only_function<void(const Notice&)> then) {
    on_notice_ = std::move(then);
    tell(database_.take_notices());
}

void Store::tell(const std::vector<Notice>& notices) {
    for (const Notice& notice : notices) on_notice_(notice);
}

void Store::start() {
    tell(database_.take_notices());
    self_.watch(wake_.get(), false, [this](bool, bool) { complete(); });
    thread_ = std::thread([this] { work(); });
}

void Store::submit(Job job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
}

void Store::work() {
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return is_ending_ || !jobs_.empty(); });
        if (jobs_.empty()) return;   // the end, and everything is written
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        Completion completion = job();
        lock.lock();
        completions_.push_back(std::move(completion));
        const std::uint64_t one = 1;
        CHECK(::write(wake_.get(), &one, sizeof one) == sizeof one);
    }
}

void Store::complete() {
    std::uint64_t count = 0;
    if (::read(wake_.get(), &count, sizeof count) < 0) return;
    std::deque<Completion> done;
    {
        const std::lock_guard lock(mutex_);
        done.swap(completions_);
    }
    for (Completion& completion : done) completion();
}

void Store::commit(Commit c, std::move_only_function<void(Result<>)> then) {
    submit([this, c = std::move(c), then = std::move(then)]() mutable -> Completion {
        Result<> result = database_.write(c);
        return [this, result = std::move(result), notices = database_.take_notices(), then = std::move(then)]() mutable {
            tell(notices);
            then(std::move(result));
        };
    });
}

void Store::take(std::uint64_t acknowledged, std::uint64_t after,
                 std::move_only_function<void(Result<TakeEvents::Events>)> then) {
    submit([this, acknowledged, after, then = std::move(then)]() mutable -> Completion {
        auto result = database_.read(acknowledged, after);
        return [this, result = std::move(result), notices = database_.take_notices(), then = std::move(then)]() mutable {
            tell(notices);
            then(std::move(result));
        };
    });
}

void Store::later(std::move_only_function<Result<>()> work, std::move_only_function<void(Result<>)> then) {
    submit([work = std::move(work), then = std::move(then)]() mutable -> Completion {
        return [result = work(), then = std::move(then)]() mutable { then(std::move(result)); };
    });
}

}  // namespace voltkeep::session
