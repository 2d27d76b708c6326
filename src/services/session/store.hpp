// SPDX-License-Identifier: Apache-2.0
// What must survive: the durable part of each EVSE's session, and the events that the CSMS has not acknowledged.
// SQLite (WAL, synchronous=FULL) on a thread of its own, so that consent never waits for a disk. Completions come back in the order
// of the jobs, as events of the service's loop.
#pragma once

#include <sqlite3.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kernel/os.hpp"
#include "kernel/service.hpp"
#include "services/session/protocol.hpp"

namespace voltkeep::session {

/// One transaction of the database: all of it is there after the completion, or nothing.
struct Commit {
    EvseId evse;
    std::optional<charging::Durable> durable;
    std::vector<Event> events;                 ///< their sequence numbers are given by the database
};

class Store {
public:
    /// Opens the database in `folder`, made if missing. Errors: io (also a file that is no database of ours).
    static Result<std::unique_ptr<Store>> open(kernel::Service& self, const std::string& folder);
    ~Store();

    /// What was stored of an EVSE, if anything. Only before `start`.
    [[nodiscard]] Result<std::optional<charging::Durable>> load(EvseId evse);
    /// The boot number of the process manager's station in which this was written last, and notes the present one.
    [[nodiscard]] Result<bool> is_same_boot();

    /// Starts the thread. From here on only the two below.
    void start();
    void commit(Commit commit, std::move_only_function<void(Result<>)> then);
    /// Forgets events up to `acknowledged`; gives those behind `after`.
    void take(std::uint64_t acknowledged, std::uint64_t after, std::move_only_function<void(Result<TakeEvents::Events>)> then);

private:
    using Completion = std::move_only_function<void()>;
    using Job = std::move_only_function<Completion()>;

    explicit Store(kernel::Service& self) : self_(self) {}
    void submit(Job job);
    void work();
    void complete();

    [[nodiscard]] Result<> execute(const char* sql);
    [[nodiscard]] Result<> write(const Commit& commit);
    [[nodiscard]] Result<TakeEvents::Events> read(std::uint64_t acknowledged, std::uint64_t after);

    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    };

    kernel::Service& self_;
    std::unique_ptr<sqlite3, Close> database_;
    kernel::os::Descriptor wake_;              ///< eventfd: completions are waiting
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    std::deque<Completion> completions_;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace voltkeep::session
