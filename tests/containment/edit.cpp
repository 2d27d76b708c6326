// SPDX-License-Identifier: Apache-2.0
#include "edit.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "doors.hpp"
#include "kernel/config.hpp"
#include "policy/compile.hpp"
#include "policy/syscalls.hpp"
#include "tries.hpp"

namespace voltkeep::containment {

Result<std::unique_ptr<policy::Image>> load_image(const std::string& path) {
    const auto file = TRY(kernel::read_file(path, kernel::bound<policy::Image>));
    auto image = std::make_unique<policy::Image>();
    kernel::Reader reader{Bytes(file)};
    if (!kernel::Codec<policy::Image>::get(reader, *image) || !reader.at_end())
        return fail(Errc::malformed, "not a policy image of this build");
    return image;
}

Result<> save_image(const policy::Image& image, const std::string& path) {
    return kernel::write_file(path, policy::encode_image(image));
}

policy::Service* find(policy::Image& image, std::string_view service) {
    const auto found = std::ranges::find_if(image.services, [&](const policy::Service& s) { return s.name == service; });
    return found == image.services.end() ? nullptr : &*found;
}

void take_over(policy::Image&, policy::Service& service) {
    service.program = "captive";
    if (service.kind == policy::Kind::native)
        CHECK(service.devices.push(
            {"captive", policy::DeviceKind::connect, *policy::Path::from(captive_door(service.name.view()))}));
    service.restart = {
        .intensity = policy::max_intensity, .period_s = 0, .backoff_ms = {0}, .exhausted = policy::Exhausted::give_up};
}

namespace {

bool writes(const policy::Service& s) {
    return std::ranges::any_of(s.files, [](const policy::FileGrant& grant) { return grant.write; });
}

Result<std::uint16_t> add_filter(policy::Image& image, const policy::Service& s, policy::Stage stage) {
    if (!image.filters.push(TRY(policy::make_filter(s.syscalls, writes(s), stage)))) return fail(Errc::full, "filters");
    return static_cast<std::uint16_t>(image.filters.size() - 1);
}

Result<> renew_filters(policy::Image& image, policy::Service& s) {
    s.start_filter = TRY(add_filter(image, s, policy::Stage::start));
    s.sealed_filter = TRY(add_filter(image, s, policy::Stage::sealed));
    return {};
}

Result<> add_groups(policy::Image& image, policy::Service& s, const std::vector<std::string>& words) {
    constexpr std::array<std::string_view, 10> names{"base",      "files", "sockets", "accept", "threads",
                                                     "processes", "clock", "foreign", "kept",   "lab"};
    static_assert(names.size() == static_cast<std::size_t>(policy::SyscallGroup::last_) + 1);
    for (std::size_t i = 2; i < words.size(); ++i) {
        const auto group = std::ranges::find(names, words[i]);
        if (group == names.end()) return fail(Errc::bad_argument, "no group " + words[i]);
        s.syscalls |= 1u << (group - names.begin());
    }
    return renew_filters(image, s);
}

/// The conduit between two services, made if there is none.
Result<policy::Conduit*> conduit_between(policy::Image& image, std::string_view client, std::string_view server) {
    const auto index = [&](std::string_view name) {
        return static_cast<std::uint16_t>(
            std::ranges::find_if(image.services, [&](const policy::Service& s) { return s.name == name; }) -
            image.services.begin());
    };
    const std::uint16_t from = index(client), to = index(server);
    if (std::max(from, to) >= image.services.size()) return fail(Errc::bad_argument, "no such services");
    for (policy::Conduit& c : image.conduits)
        if (c.client == from && c.server == to) return &c;
    policy::Conduit made;
    made.client = from;
    made.server = to;
    for (const policy::Conduit& c : image.conduits)
        if (c.server == to) made.fingerprint = c.fingerprint, made.max_size = c.max_size;
    if (!image.conduits.push(made)) return fail(Errc::full, "conduits");
    return &image.conduits.back();
}

}  // namespace

Result<> remove_protection(policy::Image& image, const std::string& line) {
    const auto words = words_of(line);
    policy::Service* const service = words.size() > 1 ? find(image, words[1]) : nullptr;
    if (words.size() < 3 || service == nullptr) return fail(Errc::bad_argument, "not a protection: " + line);
    const auto number = [&](std::size_t i) { return static_cast<unsigned>(std::strtoul(words[i].c_str(), nullptr, 0)); };
    if (words[0] == "syscalls") return add_groups(image, *service, words);
    if (words[0] == "control") return service->control |= static_cast<policy::ControlBits>(1u << number(2)), Result<>{};
    if (words[0] == "tasks") return service->limits.tasks = static_cast<std::uint16_t>(number(2)), Result<>{};
    if (words[0] == "read" || words[0] == "write") {
        if (!service->files.push({*policy::Path::from(words[2]), words[0] == "write", false})) return fail(Errc::full, "files");
        return words[0] == "write" ? renew_filters(image, *service) : Result<>{};
    }
    if (words.size() < 4 || (words[0] != "message" && words[0] != "pulse"))
        return fail(Errc::bad_argument, "not a protection: " + line);
    policy::Conduit* const conduit = TRY(conduit_between(image, words[1], words[2]));
    if (words[0] == "pulse") return conduit->pulses_down |= 1u << number(3), Result<>{};
    conduit->messages |= 1u << number(3);
    while (conduit->deadline_ms.size() <= number(3)) CHECK(conduit->deadline_ms.push(100));
    return {};
}

Result<> gather_programs(const std::string& services, const std::string& captive, const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const auto place = [&](const std::filesystem::path& program, const std::string& name) {
        std::filesystem::remove(folder + "/" + name, error);
        std::filesystem::create_hard_link(program, folder + "/" + name, error);
        if (error)
            std::filesystem::copy_file(program, folder + "/" + name, std::filesystem::copy_options::overwrite_existing, error);
        return !error;
    };
    if (!place(captive, "captive")) return fail(Errc::io, captive + ": " + error.message());
    if (services.empty()) return {};
    for (const auto& entry : std::filesystem::directory_iterator(services, error))
        if (entry.is_regular_file() && !place(entry.path(), entry.path().filename()))
            return fail(Errc::io, entry.path().string() + ": " + error.message());
    return {};
}

}  // namespace voltkeep::containment
