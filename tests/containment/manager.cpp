// SPDX-License-Identifier: Apache-2.0
#include "manager.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace voltkeep::containment {

Manager::Manager(const std::string& program, const policy::Image& image, const std::string& holes, bool is_rootless) {
    const std::string path = std::string(image.state.view()) + "/image";
    MUST(save_image(image, path));
    int ends[2];
    CHECK(::pipe2(ends, O_CLOEXEC) == 0);
    process_ = ::fork();
    CHECK(process_ >= 0);
    if (process_ == 0) {
        ::dup2(ends[1], 1);
        if (!holes.empty()) ::setenv("VOLTKEEP_HOLES", holes.c_str(), 1);
        ::execl(program.c_str(), program.c_str(), path.c_str(), is_rootless ? "--rootless" : nullptr, nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    output_ = kernel::os::Descriptor(ends[0]);
    collector_ = std::jthread([this] { collect(); });
}

Manager::~Manager() { stop(); }

void Manager::collect() {
    std::string text;
    char buffer[16384];
    for (ssize_t n; (n = ::read(output_.get(), buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(n));
        const std::lock_guard guard(mutex_);
        for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
            lines_.push_back(text.substr(0, end));
    }
}

std::vector<std::string> Manager::lines_with(std::initializer_list<std::string_view> parts) {
    const std::lock_guard guard(mutex_);
    std::vector<std::string> found;
    for (const std::string& line : lines_)
        if (std::ranges::all_of(parts, [&](auto part) { return line.find(part) != std::string::npos; })) found.push_back(line);
    return found;
}

std::string Manager::wait_for(std::initializer_list<std::string_view> parts, Duration patience) {
    for (const Instant deadline = now() + patience; now() < deadline; ::usleep(1000))
        if (const auto found = lines_with(parts); !found.empty()) return found.back();
    return "";
}

int Manager::stop() {
    if (process_ <= 0) return -1;
    ::kill(process_, SIGTERM);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    collector_.join();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Manager::all_lines() {
    const std::lock_guard guard(mutex_);
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
}

}  // namespace voltkeep::containment
