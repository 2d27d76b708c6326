// SPDX-License-Identifier: Apache-2.0
// os.hpp on QNX: pairs, waiting and timers are objects of the process's exchange. See docs/qnx.md.
#include <unistd.h>

#include "kernel/os.hpp"
#include "kernel/os/qnx/exchange.hpp"

namespace voltkeep::kernel::os {

using qnx::Exchange;

void Descriptor::reset() noexcept {
    if (number_ >= qnx::first_number) Exchange::here().remove(number_);
    else if (number_ >= 0) ::close(number_);
    number_ = -1;
}

Result<Pair> make_pair() { return Exchange::here().make_pair(); }

Result<> send(int end, Bytes message, std::span<const int> handles) { return Exchange::here().send(end, message, handles); }

Result<std::optional<Received>> receive(int end, std::span<std::byte> buffer, bool) {
    return Exchange::here().receive(end, buffer);
}

Result<bool> wait(int end, Instant deadline) {
    return Exchange::here().wait_until(deadline, [end] { return Exchange::here().ready(end, false) != 0; });
}

void set_patience(int, Duration) {}
void* map_memory(const Descriptor&, std::size_t) { return nullptr; }

Result<Poller> Poller::make() {
    Poller poller;
    poller.set_ = Descriptor(Exchange::here().add(qnx::Poll{}));
    return poller;
}

Result<> Poller::add(int descriptor, std::uint64_t key, bool writable) {
    Exchange::here().with(set_.get(), [&](qnx::Object& object) {
        std::get<qnx::Poll>(object).interests.push_back({descriptor, key, true, writable});
    });
    return {};
}

Result<> Poller::change(int descriptor, std::uint64_t key, bool readable, bool writable) {
    bool is_known = false;
    Exchange::here().with(set_.get(), [&](qnx::Object& object) {
        for (qnx::Interest& interest : std::get<qnx::Poll>(object).interests) {
            if (interest.descriptor != descriptor) continue;
            interest = {descriptor, key, readable, writable};
            is_known = true;
        }
    });
    if (!is_known) return fail(Errc::not_found, "not in this set");
    return {};
}

void Poller::remove(int descriptor) {
    Exchange::here().with(set_.get(), [&](qnx::Object& object) {
        std::erase_if(std::get<qnx::Poll>(object).interests,
                      [&](const qnx::Interest& interest) { return interest.descriptor == descriptor; });
    });
}

Result<std::span<Poller::Event>> Poller::wait(std::span<Event> events, Instant deadline) {
    std::size_t count = 0;
    (void)Exchange::here().wait_until(deadline, [&] {
        qnx::Poll set;
        Exchange::here().with(set_.get(), [&](qnx::Object& object) { set = std::get<qnx::Poll>(object); });
        std::size_t asked = 0;
        for (; asked < set.interests.size() && count < events.size(); ++asked) {
            const qnx::Interest& interest = set.interests[(set.next + asked) % set.interests.size()];
            const unsigned now_ready = Exchange::here().ready(interest.descriptor, interest.writable);
            const bool readable = interest.readable && (now_ready & 1) != 0, writable = interest.writable && (now_ready & 2) != 0;
            if (readable || writable) events[count++] = {interest.key, readable, writable};
        }
        Exchange::here().with(set_.get(), [&](qnx::Object& object) { std::get<qnx::Poll>(object).next += asked; });
        return count > 0;
    });
    return events.first(count);
}

Result<Descriptor> make_timer() { return Descriptor(Exchange::here().add(qnx::Timer{})); }

Result<> arm_timer(int timer, Instant when) { return Exchange::here().arm(timer, when); }

}  // namespace voltkeep::kernel::os
