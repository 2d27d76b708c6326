// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace voltkeep::csms {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t longest_line = message_bound + 256;   ///< `raw` with more than any station takes

class Client : public std::enable_shared_from_this<Client> {
public:
    Client(asio::io_context& loop, int socket, Csms& csms, std::shared_ptr<const char> place)
        : socket_(loop, socket), csms_(csms), place_(std::move(place)) {}

    void next() {
        asio::async_read_until(socket_, asio::dynamic_buffer(input_, longest_line), '\n',
                               [self = shared_from_this()](error_code error, std::size_t size) {
                                   if (!error) self->ask(size);
                               });
    }

private:
    void ask(std::size_t size) {
        const std::string line = input_.substr(0, size - 1);
        input_.erase(0, size);
        csms_.command(line, now(), [self = shared_from_this()](std::string answer) { self->say(std::move(answer)); });
    }

    void say(std::string answer) {
        output_ = std::move(answer) + "\n";
        asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](error_code error, std::size_t) {
            if (!error) self->next();
        });
    }

    asio::posix::stream_descriptor socket_;
    Csms& csms_;
    std::shared_ptr<const char> place_;
    std::string input_, output_;
};

}  // namespace

Result<> Control::listen(const std::string& path, Csms& csms) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(Errc::bad_argument, "the path of the control socket is too long: " + path);
    std::copy(path.begin(), path.end(), address.sun_path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) return fail_errno("socket");
    listener_.assign(socket);
    struct stat old{};
    if (::lstat(path.c_str(), &old) == 0 && S_ISSOCK(old.st_mode)) ::unlink(path.c_str());
    const mode_t mask = ::umask(0177);
    const bool is_bound =
        ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(socket, 8) == 0;
    ::umask(mask);
    if (!is_bound) return fail_errno("bind", path);
    path_ = path;
    accept(csms);
    return {};
}

void Control::accept(Csms& csms) {
    listener_.async_wait(asio::posix::stream_descriptor::wait_read, [this, &csms](error_code error) {
        if (error) return;
        const int socket = ::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (socket >= 0 && place_.use_count() <= most_clients) std::make_shared<Client>(loop_, socket, csms, place_)->next();
        else if (socket >= 0) ::close(socket);
        accept(csms);
    });
}

void Control::close() {
    error_code ignored;
    listener_.close(ignored);
    if (!path_.empty()) ::unlink(path_.c_str());
    path_.clear();
}

}  // namespace voltkeep::csms
