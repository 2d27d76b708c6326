// SPDX-License-Identifier: Apache-2.0
#include "resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>

namespace voltkeep::net {

Text<64> Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> name{};
    std::string result;
    if (family() == AF_INET6) {
        const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
        result = "[" + std::string(::inet_ntop(AF_INET6, &in6.sin6_addr, name.data(), name.size())) +
                 "]:" + std::to_string(ntohs(in6.sin6_port));
    } else {
        const auto& in4 = reinterpret_cast<const sockaddr_in&>(storage);
        result = std::string(::inet_ntop(AF_INET, &in4.sin_addr, name.data(), name.size())) + ":" +
                 std::to_string(ntohs(in4.sin_port));
    }
    return Text<64>::cut(result);
}

namespace {
Resolver::Answer look_up(std::uint64_t number, const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* list = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
    if (error != 0) return {number, {}, Text<120>::cut(::gai_strerror(error))};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
    Resolver::Answer answer{number, {}, "the name has no address"};
    for (const addrinfo* entry = list; entry != nullptr && answer.addresses.size() < Resolver::most_addresses;
         entry = entry->ai_next) {
        if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
        Address address;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        address.size = entry->ai_addrlen;
        answer.addresses.push_back(address);
    }
    return answer;
}
}  // namespace

Resolver::Resolver() : ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    CHECK(static_cast<bool>(ready_));
    CHECK(::__nss_configure_lookup("hosts", "files dns") == 0);
    thread_ = std::thread([this] { work(); });
}

/// Waits for a look-up that is under way.
Resolver::~Resolver() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

std::uint64_t Resolver::ask(const std::string& host, std::uint16_t port) {
    {
        const std::lock_guard lock(mutex_);
        questions_.push_back({next_, host, port});
    }
    changed_.notify_one();
    return next_++;
}

std::vector<Resolver::Answer> Resolver::take() {
    std::uint64_t count = 0;
    (void)!::read(ready_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    return std::exchange(answers_, {});
}

void Resolver::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_stopping_ || !questions_.empty(); });
        if (is_stopping_) return;
        const Question question = std::move(questions_.front());
        questions_.pop_front();
        lock.unlock();
        Answer answer = look_up(question.number, question.host, question.port);
        lock.lock();
        answers_.push_back(std::move(answer));
        const std::uint64_t one = 1;
        (void)!::write(ready_.get(), &one, sizeof one);
    }
}

}  // namespace voltkeep::net
