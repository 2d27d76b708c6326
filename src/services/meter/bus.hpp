// SPDX-License-Identifier: Apache-2.0
// The meter's bus: the connection that was given last, and none before it. Each time something is there it is emptied, so that
// nothing lies in its queue when a question goes out.
#pragma once

#include <functional>

#include "kernel/os.hpp"
#include "services/meter/frames.hpp"

namespace voltkeep::meter {

class Bus {
public:
    /// The loop's part: `watch` calls what it is given whenever this descriptor can be read, until `unwatch`.
    struct Loop {
        std::function<void(int, std::function<void()>)> watch;
        std::function<void(int)> unwatch;
    };
    /// `take` gets each packet, whole, in the order in which they came; `lost` is called when the other side is gone.
    Bus(Loop loop, std::function<void(Bytes)> take, std::function<void()> lost)
        : loop_(std::move(loop)), take_(std::move(take)), lost_(std::move(lost)) {}

    /// A connection in the place of the one before, if there is one. -1: none.
    void adopt(int descriptor) {
        drop();   // a number that is watched and closed would be found watched when it is given out again
        end_ = kernel::os::Descriptor(descriptor);
        if (end_) loop_.watch(descriptor, [this] { empty(); });
    }
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(end_); }
    /// Errors: closed (there is no connection), and those of os::send.
    Result<> send(Bytes packet) {
        if (!end_) return fail(Errc::closed, "there is no bus");
        return kernel::os::send(end_.get(), packet);
    }

private:
    static constexpr int most_at_once = 64;   ///< a meter that floods is not all that there is to do

    void drop() {
        if (end_) loop_.unwatch(end_.get());
        end_.reset();
    }
    void empty() {
        for (int i = 0; i < most_at_once && end_; ++i) {
            std::array<std::byte, kRecordSize + 1> buffer;
            const auto received = kernel::os::receive(end_.get(), buffer);
            if (!received) {
                drop();
                return lost_();
            }
            if (!*received) return;
            take_(Bytes(buffer).first((*received)->size));
        }
    }

    Loop loop_;
    std::function<void(Bytes)> take_;
    std::function<void()> lost_;
    kernel::os::Descriptor end_;
};

}  // namespace voltkeep::meter
