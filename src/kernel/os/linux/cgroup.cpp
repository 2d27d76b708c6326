// SPDX-License-Identifier: Apache-2.0
#include "kernel/os/linux/cgroup.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

#include "kernel/os/linux/system.hpp"

namespace voltkeep::kernel::os {

namespace {
constexpr unsigned quota_period_us = 100'000;
constexpr std::uint64_t rt_station_period_us = 1'000'000;
/// A budget is enforced over this many of its periods: its share is the same, and one hiccup does not stop a safety loop.
constexpr std::uint64_t rt_periods = 10;
constexpr std::array<const char*, 3> controller_names{"memory", "pids", "cpu"};
constexpr std::string_view group_prefix = "voltkeep-";

Words number(std::uint64_t value, int base = 10) {
    Words words{};
    std::to_chars(words.data(), words.data() + words.size(), value, base);
    return words;
}

Descriptor open_folder(int parent, const char* name) {
    return Descriptor(system<::openat>(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

template <class F>
void for_each_folder(Descriptor parent, F then) {
    DIR* const entries = parent ? system<::fdopendir>(parent.get()) : nullptr;
    if (entries == nullptr) return;
    (void)parent.release();   // closedir closes it
    while (const dirent* entry = system<::readdir>(entries))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') then(::dirfd(entries), entry->d_name);
    system<::closedir>(entries);
}

/// Removes a group of groups; what still holds a process stays.
void remove_group(int parent, const char* name) {
    for_each_folder(open_folder(parent, name),
                    [](int group, const char* service) { (void)system<::unlinkat>(group, service, AT_REMOVEDIR); });
    (void)system<::unlinkat>(parent, name, AT_REMOVEDIR);
}

/// What killed process managers left: nobody holds its lock. A left group would go on to own its share of real time.
void remove_left_groups(int parent) {
    for_each_folder(open_folder(parent, "."), [](int folder, const char* name) {
        if (!std::string_view(name).starts_with(group_prefix)) return;
        const Descriptor group = open_folder(folder, name);
        if (group && system<::flock>(group.get(), LOCK_EX | LOCK_NB) == 0) remove_group(folder, name);
    });
}

/// All budgets together, per station period: what the station's group must own so that its services' groups may.
std::uint64_t rt_share_us(const policy::Image& image) {
    std::uint64_t share = 0;
    for (const policy::Service& s : image.services)
        if (s.schedule == policy::Schedule::fifo && s.rt_period_us > 0)
            share += s.rt_time_us * rt_station_period_us / s.rt_period_us + 1;
    return share;
}
}  // namespace

Cgroups Cgroups::make(const policy::Image& image) {
    Cgroups self;
    self.image_ = &image;
    std::uint32_t hash = 2166136261u;
    for (const char c : image.state.view()) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    self.name_ = join({group_prefix, number(hash, 16).data()});
    self.is_unified_ = system<::access>("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
    for (std::size_t c = 0; c < controllers; ++c) {
        const Words folder = join({"/sys/fs/cgroup/", self.is_unified_ ? "" : controller_names[c]}),
                    enable = join({"+", controller_names[c]});
        self.parents_[c] = open_folder(AT_FDCWD, folder.data());
        const int parent = self.parents_[c].get();
        if (parent < 0) continue;
        if (!self.is_unified_ || c == 0) remove_left_groups(parent);
        if (self.is_unified_ && !write_text(parent, "cgroup.subtree_control", enable.data())) continue;
        (void)system<::mkdirat>(parent, self.name_.data(), 0755);
        Descriptor group = open_folder(parent, self.name_.data());
        if (self.is_unified_ && !write_text(group.get(), "cgroup.subtree_control", enable.data())) continue;
        // Shared: of version 2's one folder this process holds three descriptors.
        if (group) (void)system<::flock>(group.get(), LOCK_SH);
        self.groups_[c] = std::move(group);
    }
    if (!self.is_unified_) {
        (void)write_text(self.groups_[cpu].get(), "cpu.rt_period_us", number(rt_station_period_us).data());
        (void)write_text(self.groups_[cpu].get(), "cpu.rt_runtime_us", number(rt_share_us(image)).data());
    }
    for (std::uint16_t i = 0; i < image.services.size(); ++i) self.make_group(i);
    return self;
}

bool Cgroups::set(Controller controller, std::uint16_t service, std::string_view file, std::string_view value) const {
    return write_text(groups_[controller].get(), join({image_->services[service].name, "/", file}).data(), value);
}
bool Cgroups::set(Controller controller, std::uint16_t service, std::string_view file, std::uint64_t value) const {
    return set(controller, service, file, number(value).data());
}

void Cgroups::make_group(std::uint16_t service) {
    const policy::Service& s = image_->services[service];
    for (const Descriptor& group : groups_)
        if (group) (void)system<::mkdirat>(group.get(), join({s.name}).data(), 0755);
    is_limited_[memory][service] =
        set(memory, service, is_unified_ ? "memory.max" : "memory.limit_in_bytes", s.limits.memory_bytes);
    is_limited_[pids][service] = set(pids, service, "pids.max", s.limits.tasks);
    is_limited_[cpu][service] = static_cast<bool>(groups_[cpu]);
    // Without a budget of its own, a group of a kernel with RT_GROUP_SCHED refuses every FIFO task: such a service stays outside.
    if (!is_unified_ && s.schedule == policy::Schedule::fifo)
        is_limited_[cpu][service] = set(cpu, service, "cpu.rt_period_us", s.rt_period_us * rt_periods) &&
                                    set(cpu, service, "cpu.rt_runtime_us", s.rt_time_us * rt_periods);
    (void)was_out_of_memory(service);   // what an earlier station's service did is not this one's
}

CgroupEntries Cgroups::entries(std::uint16_t service) {
    CgroupEntries entries;
    limit_cpu(service, false);
    for (std::size_t c = 0; c < controllers; ++c) {
        if (!is_limited_[c][service]) continue;
        const Words path = join({image_->services[service].name, "/cgroup.procs"});
        const int entry = system<::openat>(groups_[c].get(), path.data(), O_WRONLY | O_CLOEXEC);
        is_limited_[c][service] = entry >= 0;
        if (entry >= 0) CHECK(entries.push(entry));
    }
    return entries;
}

void Cgroups::limit_cpu(std::uint16_t service, bool is_limited) const {
    const policy::Service& s = image_->services[service];
    if (!groups_[cpu] || s.schedule == policy::Schedule::fifo) return;
    const Words quota = number(s.limits.cpu_percent * (quota_period_us / 100));
    if (is_unified_)
        (void)set(cpu, service, "cpu.max", is_limited ? join({quota.data(), " ", number(quota_period_us).data()}).data() : "max");
    else (void)set(cpu, service, "cpu.cfs_quota_us", is_limited ? quota.data() : "-1");
}

bool Cgroups::was_out_of_memory(std::uint16_t service) {
    if (!groups_[memory]) return false;
    const Words path = join({image_->services[service].name, is_unified_ ? "/memory.events" : "/memory.oom_control"});
    Words buffer;
    const std::string_view text = read_text(groups_[memory].get(), path.data(), buffer);
    const std::size_t at = text.find("oom_kill ");   // not "oom_kill_disable"
    if (text.empty()) return false;
    const auto kills =
        at == std::string_view::npos ? 0u : static_cast<std::uint32_t>(std::strtoul(buffer.data() + at + 9, nullptr, 10));
    return std::exchange(kills_[service], kills) < kills;
}

void Cgroups::remove() const {
    for (const Descriptor& parent : parents_)
        if (parent) remove_group(parent.get(), name_.data());
}

}  // namespace voltkeep::kernel::os
