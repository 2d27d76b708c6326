// SPDX-License-Identifier: Apache-2.0
#include "kernel/os/linux/cgroup.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace voltkeep::kernel::os {

namespace {
constexpr unsigned quota_period_us = 100'000;
constexpr unsigned rt_period_us = 1'000'000;
constexpr std::array<const char*, 3> controller_names{"memory", "pids", "cpu"};

using PathText = std::array<char, 256>;

/// `service`/`file` below a group's folder, or `file` in it.
PathText below(std::string_view service, std::string_view file) {
    PathText path{};
    std::snprintf(path.data(), path.size(), "%.*s%s%.*s", static_cast<int>(service.size()), service.data(), service.empty() ? "" : "/",
                  static_cast<int>(file.size()), file.data());
    return path;
}

bool write_at(int folder, std::string_view service, std::string_view file, std::string_view value) {
    const Descriptor target(::openat(folder, below(service, file).data(), O_WRONLY | O_CLOEXEC));
    return target && ::write(target.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

bool write_number(int folder, std::string_view service, std::string_view file, std::uint64_t value) {
    std::array<char, 24> text{};
    const int size = std::snprintf(text.data(), text.size(), "%llu", static_cast<unsigned long long>(value));
    return write_at(folder, service, file, {text.data(), static_cast<std::size_t>(size)});
}

std::size_t read_at(int folder, const char* path, std::span<char> buffer) {
    const Descriptor source(::openat(folder, path, O_RDONLY | O_CLOEXEC));
    const ssize_t n = source ? ::read(source.get(), buffer.data(), buffer.size()) : -1;
    return n > 0 ? static_cast<std::size_t>(n) : 0;
}

/// Where this process is in a version 1 hierarchy: limits that surround us go on to count.
Descriptor open_own_group(const char* controller) {
    std::array<char, 4096> text;
    const std::string_view groups(text.data(), read_at(AT_FDCWD, "/proc/self/cgroup", text));
    for (std::size_t begin = 0; begin < groups.size();) {
        const std::size_t end = std::min(groups.find('\n', begin), groups.size());
        const std::string_view line = groups.substr(begin, end - begin);
        begin = end + 1;
        const std::size_t names = line.find(':') + 1, path = line.find(':', names) + 1;
        if (names == 0 || path == 0) continue;
        const std::string_view list = line.substr(names, path - names - 1);
        const std::size_t at = list.find(controller);
        const std::string_view word = controller;
        const bool is_whole = at != list.npos && (at == 0 || list[at - 1] == ',') && (at + word.size() == list.size() || list[at + word.size()] == ',');
        if (!is_whole) continue;
        PathText folder{};
        std::snprintf(folder.data(), folder.size(), "/sys/fs/cgroup/%s%.*s", controller, static_cast<int>(line.size() - path), line.data() + path);
        return Descriptor(::open(folder.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    return {};
}

constexpr std::string_view group_prefix = "voltkeep-";

/// Removes a group of groups; what still holds a process stays.
void remove_group(int parent, const char* name) {
    const int group = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const entries = group >= 0 ? ::fdopendir(group) : nullptr;
    if (entries == nullptr) return;
    while (const dirent* entry = ::readdir(entries))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') (void)::unlinkat(group, entry->d_name, AT_REMOVEDIR);
    ::closedir(entries);
    (void)::unlinkat(parent, name, AT_REMOVEDIR);
}

/// What killed process managers left: nobody holds its lock. A left group would go on to own its share of real time.
void remove_left_groups(int parent) {
    const int copy = ::openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const entries = copy >= 0 ? ::fdopendir(copy) : nullptr;
    if (entries == nullptr) return;
    while (const dirent* entry = ::readdir(entries)) {
        if (!std::string_view(entry->d_name).starts_with(group_prefix)) continue;
        const Descriptor group(::openat(parent, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (group && ::flock(group.get(), LOCK_EX | LOCK_NB) == 0) remove_group(parent, entry->d_name);
    }
    ::closedir(entries);
}

/// All budgets together, per second: what the station's group must own so that its services' groups may.
std::uint64_t rt_share_us(const policy::Image& image) {
    std::uint64_t share = 0;
    for (const policy::Service& s : image.services)
        if (s.schedule == policy::Schedule::fifo && s.rt_period_us > 0) share += std::uint64_t{s.rt_time_us} * rt_period_us / s.rt_period_us + 1;
    return share;
}
}  // namespace

Cgroups Cgroups::make(const policy::Image& image) {
    Cgroups self;
    self.image_ = &image;
    std::uint32_t hash = 2166136261u;
    for (const char c : image.state.view()) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    PathText name{};
    std::snprintf(name.data(), name.size(), "%s%08x", group_prefix.data(), hash);
    self.name_ = Text<32>::cut(name.data());
    self.is_unified_ = ::access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
    for (std::size_t c = 0; c < controllers; ++c) {
        self.parents_[c] = self.is_unified_ ? Descriptor(::open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) : open_own_group(controller_names[c]);
        const int parent = self.parents_[c].get();
        if (parent < 0) continue;
        if (!self.is_unified_ || c == 0) remove_left_groups(parent);
        PathText enable{};
        std::snprintf(enable.data(), enable.size(), "+%s", controller_names[c]);
        if (self.is_unified_ && !write_at(parent, "", "cgroup.subtree_control", enable.data())) continue;
        (void)::mkdirat(parent, name.data(), 0755);
        Descriptor group(::openat(parent, name.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!group || (self.is_unified_ && !write_at(group.get(), "", "cgroup.subtree_control", enable.data()))) continue;
        (void)::flock(group.get(), LOCK_SH);   // shared: of version 2's one folder this process holds several descriptors
        self.groups_[c] = std::move(group);
    }
    if (self.groups_[cpu] && !self.is_unified_) {
        (void)write_number(self.groups_[cpu].get(), "", "cpu.rt_period_us", rt_period_us);
        (void)write_number(self.groups_[cpu].get(), "", "cpu.rt_runtime_us", rt_share_us(image));
    }
    for (std::uint16_t i = 0; i < image.services.size(); ++i) self.make_group(i);
    return self;
}

void Cgroups::make_group(std::uint16_t service) {
    const policy::Service& s = image_->services[service];
    const PathText name = below("", s.name);
    for (const Descriptor& group : groups_)
        if (group) (void)::mkdirat(group.get(), name.data(), 0755);
    const auto set = [&](Controller c, std::string_view file, std::uint64_t value) {
        return groups_[c] && write_number(groups_[c].get(), s.name, file, value);
    };
    is_limited_[memory][service] = set(memory, is_unified_ ? "memory.max" : "memory.limit_in_bytes", s.limits.memory_bytes);
    is_limited_[pids][service] = set(pids, "pids.max", s.limits.tasks);
    is_limited_[cpu][service] = static_cast<bool>(groups_[cpu]);
    // Without a budget of its own, a group of a kernel with RT_GROUP_SCHED refuses every FIFO task: such a service stays outside.
    if (!is_unified_ && s.schedule == policy::Schedule::fifo)
        is_limited_[cpu][service] = set(cpu, "cpu.rt_period_us", s.rt_period_us) && set(cpu, "cpu.rt_runtime_us", s.rt_time_us);
    (void)was_out_of_memory(service);   // what an earlier station's service did is not this one's
}

CgroupEntries Cgroups::entries(std::uint16_t service) {
    CgroupEntries entries;
    set_cpu_quota(service, false);
    for (std::size_t c = 0; c < controllers; ++c) {
        if (!is_limited_[c][service]) continue;
        const int entry = ::openat(groups_[c].get(), below(image_->services[service].name, "cgroup.procs").data(), O_WRONLY | O_CLOEXEC);
        is_limited_[c][service] = entry >= 0;
        if (entry >= 0) CHECK(entries.push(entry));
    }
    return entries;
}

void Cgroups::limit_cpu(std::uint16_t service) const { set_cpu_quota(service, true); }

void Cgroups::set_cpu_quota(std::uint16_t service, bool is_limited) const {
    const policy::Service& s = image_->services[service];
    if (!groups_[cpu] || s.schedule == policy::Schedule::fifo) return;
    const unsigned quota = s.limits.cpu_percent * (quota_period_us / 100);
    PathText value{};
    std::snprintf(value.data(), value.size(), is_unified_ ? "%d %u" : "%d", static_cast<int>(quota), quota_period_us);
    const std::string_view open = is_unified_ ? "max" : "-1";
    (void)write_at(groups_[cpu].get(), s.name, is_unified_ ? "cpu.max" : "cpu.cfs_quota_us", is_limited ? std::string_view(value.data()) : open);
}

bool Cgroups::was_out_of_memory(std::uint16_t service) {
    if (!groups_[memory]) return false;
    std::array<char, 512> text{};
    const PathText path = below(image_->services[service].name, is_unified_ ? "memory.events" : "memory.oom_control");
    (void)read_at(groups_[memory].get(), path.data(), std::span(text).first(text.size() - 1));
    const std::size_t at = std::string_view(text.data()).find("oom_kill ");   // not "oom_kill_disable"
    const auto kills = at == std::string_view::npos ? 0u : static_cast<std::uint32_t>(std::strtoul(text.data() + at + 9, nullptr, 10));
    return std::exchange(kills_[service], kills) < kills;
}

void Cgroups::remove() const {
    for (const Descriptor& parent : parents_)
        if (parent) remove_group(parent.get(), below("", name_).data());
}

}  // namespace voltkeep::kernel::os
