// SPDX-License-Identifier: Apache-2.0
// Unix sockets as the plant needs them: never waiting, never raising a signal, gone from the file system when it ends.
#pragma once

#include <string>
#include <utility>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace voltkeep::plant {

enum class Kind { packets, stream };

/// A listening socket at a path; the path is removed with it. A path that nobody listens at is taken over.
class Listener {
public:
    /// Errors: bad_argument (path too long), busy (somebody listens there), io.
    [[nodiscard]] static Result<Listener> open(const std::string& path, Kind kind, unsigned mode);
    Listener(Listener&& other) noexcept
        : socket_(std::move(other.socket_)), path_(std::exchange(other.path_, {})), kind_(other.kind_) {}
    Listener& operator=(Listener&&) = delete;
    ~Listener();
    /// The next connection, not blocking; none if nobody waits. A bus has a small send buffer: it keeps nothing old.
    [[nodiscard]] Descriptor accept() const;
    [[nodiscard]] int get() const { return socket_.get(); }

private:
    Listener(Descriptor socket, std::string path, Kind kind) : socket_(std::move(socket)), path_(std::move(path)), kind_(kind) {}
    Descriptor socket_;
    std::string path_;
    Kind kind_;
};

enum class Got { packet, nothing, end };

/// The next packet or piece into `buffer`; `size` may be above the buffer's for a packet that was cut. Never waits.
[[nodiscard]] Got receive(const Descriptor& from, std::span<std::byte> buffer, std::size_t& size);

/// Sends if there is room, else drops: a bus does not wait. False if the other end is gone.
bool send(const Descriptor& to, Bytes packet);

}  // namespace voltkeep::plant
