// SPDX-License-Identifier: Apache-2.0
#include "prison.hpp"

#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "doors.hpp"
#include "kernel/config.hpp"
#include "policy/compile.hpp"
#include "services/registry/registry.hpp"

#include <netinet/in.h>

namespace voltkeep::containment {

namespace {

/// A process that does nothing but hold a network in which only loopback is up.
pid_t hold_network() {
    int ends[2];
    CHECK(::pipe(ends) == 0);
    const pid_t holder = ::fork();
    CHECK(holder >= 0);
    if (holder == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ifreq loopback{};
        std::strcpy(loopback.ifr_name, "lo");
        loopback.ifr_flags = IFF_UP;
        if (::unshare(CLONE_NEWNET) != 0 || ::ioctl(::socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &loopback) != 0) ::_exit(1);
        CHECK(::write(ends[1], "", 1) == 1);
        for (;;) ::pause();
    }
    char ready = 0;
    ::close(ends[1]);
    CHECK(::read(ends[0], &ready, 1) == 1);
    ::close(ends[0]);
    return holder;
}

kernel::os::Descriptor listen_on_loopback(int& port) {
    kernel::os::Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    CHECK(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0 && ::listen(listener.get(), 64) == 0);
    CHECK(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    return listener;
}

std::string words_of(const Refusals& refusals) {
    std::string text;
    for (const auto& refusal : refusals) text += refusal.text() + "\n";
    return text;
}

/// Who takes connections where a service's device is.
kernel::os::Descriptor stand_in(const std::string& path, policy::DeviceKind kind) {
    std::filesystem::create_directories(path.substr(0, path.rfind('/')));
    return MUST(listen_at(path, kind == policy::DeviceKind::stream ? SOCK_STREAM : SOCK_SEQPACKET));
}

std::unique_ptr<policy::Image> station_image(const policy::Station& station) {
    const auto sources = policy::find_manifests("src/services");
    CHECK(sources.has_value());
    auto checked = policy::check(*sources, registry::interfaces());
    if (!checked) std::fputs(words_of(checked.error()).c_str(), stderr);
    CHECK(checked.has_value());
    auto image = policy::build(*checked, station);
    CHECK(image.has_value());
    return std::move(*image);
}

}  // namespace

Prison::Prison() {
    char name[] = "/tmp/vk-prison-XXXXXX";
    CHECK(::mkdtemp(name) != nullptr && ::chmod(name, 0755) == 0);
    folder_ = name;
    is_rootless = ::geteuid() != 0;
    if (!is_rootless) cable_ = hold_network();
    port_ = listen_on_loopback(port_number_);
    policy::Station station;
    station.state = folder_;
    station.programs = CAPTIVES;
    station.first_uid = 72'000;
    if (cable_ > 0) station.cables = {"/proc/" + std::to_string(cable_) + "/ns/net"};
    image = station_image(station);
    std::filesystem::create_directories(folder_ + "/run");
    for (policy::Service& service : image->services) {
        for (const policy::DeviceGrant& device : service.devices)
            if (device.kind == policy::DeviceKind::connect || device.kind == policy::DeviceKind::stream)
                hardware_.push_back(stand_in(folder_ + "/" + std::string(device.path.view()), device.kind));
        take_over(*image, service);
    }
}

Prison::~Prison() {
    manager.reset();
    if (cable_ > 0) {
        ::kill(cable_, SIGKILL);
        ::waitpid(cable_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

/// What is granted is there: in folders of keys an entry, else a file. What others are granted is there too, so that a refusal
/// says something.
void Prison::put_files() const {
    for (const policy::Service& service : image->services)
        for (const policy::FileGrant& grant : service.files) {
            const std::string path = folder_ + "/" + std::string(grant.path.view());
            const bool is_folder = grant.write || grant.path.view().starts_with("pki/");
            const std::string entry = is_folder ? path + "/entry" : path;
            if (std::filesystem::exists(entry)) continue;
            std::filesystem::create_directories(entry.substr(0, entry.rfind('/')));
            MUST(kernel::write_file(entry, as_bytes("granted")));
        }
}

void Prison::start(const std::string& holes) {
    put_files();
    for (const policy::Service& service : image->services) {
        const std::string name(service.name.view());
        cells_.emplace(name,
                       service.kind == policy::Kind::native ? MUST(Cell::make(folder_, name)) : Cell::of_foreign(folder_, name));
    }
    manager = std::make_unique<Manager>(holes.empty() ? PROCMGR : PROCMGR_WITH_HOLES, *image, holes, is_rootless);
}

Cell& Prison::meet(const std::string& service) {
    Cell& cell = cells_.at(service);
    if (const auto hello = cell.meet(); !hello)
        std::fprintf(stderr, "%s: %s\n%s", service.c_str(), std::string(hello.error().what.view()).c_str(),
                     manager->all_lines().c_str());
    return cell;
}

Place Prison::place(const std::string& service, bool is_sealed) {
    return {*image, *find(*image, service), is_sealed, is_rootless, std::string(image->programs.view()), port_number_};
}

}  // namespace voltkeep::containment
