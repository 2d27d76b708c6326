// SPDX-License-Identifier: Apache-2.0
// So many writers, each of which has its next entry as soon as the one before is on the disk, and how long each of them took.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace bench {

/// What each entry says, in our log and in SQLite: a step of a session, as `session` writes it.
inline constexpr std::string_view payload =
    R"({"step":"meter","transaction":"5d2a1a0e-6a5e-4c55-9d0b-0f4c6f2b7a11","import_mwh":12345678,"power_w":48210,"soc":57})";

struct Appends {
    std::vector<std::uint32_t> times_ns;  ///< of each entry: from its append to its answer
    double seconds = 0;                   ///< from the first to the last
    bool is_good = true;

    [[nodiscard]] double per_second() const { return seconds > 0 ? static_cast<double>(times_ns.size()) / seconds : 0; }
    void add(const Appends& more) {
        times_ns.insert(times_ns.end(), more.times_ns.begin(), more.times_ns.end());
        seconds += more.seconds;
        is_good = is_good && more.is_good;
    }
};

/// Appends one entry; true when it is durable.
using Append = std::function<bool()>;

/// `make` gives each writer, in its own thread, the way it appends.
inline Appends write_for(voltkeep::Duration time, int writers, const std::function<Append()>& make) {
    using namespace voltkeep;
    std::vector<Appends> all(static_cast<std::size_t>(writers));
    std::atomic<int> ready = 0;
    std::atomic<bool> is_over = false;
    std::vector<std::thread> threads;
    for (Appends& mine : all)
        threads.emplace_back([&] {
            const Append append = make();
            ++ready;
            ready.notify_all();
            for (int seen = ready; seen < writers; seen = ready) ready.wait(seen);
            while (!is_over && mine.is_good) {
                const Instant begun = now();
                mine.is_good = append();
                mine.times_ns.push_back(static_cast<std::uint32_t>((now() - begun).count()));
            }
        });
    for (int seen = ready; seen < writers; seen = ready) ready.wait(seen);
    const Instant begun = now();
    std::this_thread::sleep_for(time);
    is_over = true;
    for (std::thread& thread : threads) thread.join();
    Appends sum;
    for (const Appends& one : all) sum.add(one);
    sum.seconds = static_cast<double>((now() - begun).count()) / 1e9;
    return sum;
}

}  // namespace bench
