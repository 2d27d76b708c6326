// SPDX-License-Identifier: Apache-2.0
// The control socket: one line in, one JSON line out, in this order, for as long as the client stays.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "peers/csms/csms.hpp"

namespace voltkeep::csms {

class Control {
public:
    explicit Control(boost::asio::io_context& loop) : loop_(loop), listener_(loop) {}
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    ~Control() { close(); }

    /// Takes the place of a socket that an earlier life left there. Errors: bad_argument (too long a path), io.
    [[nodiscard]] Result<> listen(const std::string& path, Csms& csms);
    /// No more clients; those that are there are left alone.
    void close();

private:
    void accept(Csms& csms);

    static constexpr long most_clients = 16;

    boost::asio::io_context& loop_;
    boost::asio::posix::stream_descriptor listener_;
    std::string path_;
    std::shared_ptr<const char> place_ = std::make_shared<char>();   ///< each client has a share: how many there are
};

}  // namespace voltkeep::csms
