// SPDX-License-Identifier: Apache-2.0
// The database on a thread of its own, so that consent never waits for a disk. Completions come back in the order of the jobs, as
// events of the service's loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "database.hpp"
#include "kernel/os.hpp"
#include "kernel/service.hpp"

namespace voltkeep::session {

class Store {
public:
    /// Opens the database in `folder`. Errors: as Database::open.
    static Result<std::unique_ptr<Store>> open(kernel::Service& self, const std::string& folder);
    ~Store();

    /// Only before `start`.
    [[nodiscard]] Database& database() { return database_; }

    /// Who says what has happened to the store; before `start`. What has happened already is said at once.
    void on_notice(std::move_only_function<void(const Notice&)> then);

    /// Starts the thread. From here on only what is below.
    void start();
    void commit(Commit commit, std::move_only_function<void(Result<>)> then);
    /// Forgets events up to `acknowledged`; gives those behind `after`.
    void take(std::uint64_t acknowledged, std::uint64_t after, std::move_only_function<void(Result<TakeEvents::Events>)> then);

    /// Something else for the disk, of which nothing is promised: behind what waits already.
    void later(std::move_only_function<Result<>()> work, std::move_only_function<void(Result<>)> then);

private:
    using Completion = std::move_only_function<void()>;
    using Job = std::move_only_function<Completion()>;

    Store(kernel::Service& self, Database database) : self_(self), database_(std::move(database)) {}
    void submit(Job job);
    void work();
    void complete();
    void tell(const std::vector<Notice>& notices);

    kernel::Service& self_;
    Database database_;
    std::move_only_function<void(const Notice&)> on_notice_;
    kernel::os::Descriptor wake_;              ///< eventfd: completions are waiting
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    std::deque<Completion> completions_;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace voltkeep::session
