// SPDX-License-Identifier: Apache-2.0
// procmgr IMAGE [--lab] [--rootless]: starts, contains, connects, watches and restarts the services of one station.
// It reads the policy image and nothing else, writes one JSON object a line to its standard output, and ends with its parent.
// Exit status: 0 stopped in order, 1 the loop failed, 2 not started (the reason is on standard error), 75 start the station
// again.
#define OPENSSL_SUPPRESS_DEPRECATED   // the oldest interface of a hash: the newer one brings the whole library with it
#include <openssl/sha.h>

#include <cstdio>
#include <format>
#include <memory>

#include "kernel/config.hpp"
#include "kernel/procmgr/manager.hpp"

namespace voltkeep::kernel::procmgr {
namespace {

struct Arguments {
    std::string_view image;
    os::SpawnOptions options;
};

Result<Arguments> parse(std::span<char* const> words) {
    Arguments arguments;
    bool is_good = true;
    for (const std::string_view word : words) {
        if (word == "--lab") arguments.options.is_lab = true;
        else if (word == "--rootless") arguments.options.is_rootless = true;
        else {
            is_good = is_good && arguments.image.empty() && !word.starts_with('-');
            arguments.image = word;
        }
    }
    if (!is_good || arguments.image.empty()) return fail(Errc::bad_argument, "usage: procmgr IMAGE [--lab] [--rootless]");
    return arguments;
}

/// The image as the process manager trusts it: decoded whole, validated, and every service's slice fits.
Result<> load(std::string_view path, policy::Image& image) {
    const auto file = TRY(read_file(path, bound<policy::Image>));
    Reader reader{Bytes(file)};
    if (!Codec<policy::Image>::get(reader, image) || !reader.at_end())
        return fail(Errc::malformed, "not a policy image of this build");
    TRY(policy::validate(image));
    auto slice = std::make_unique<control::Slice>();
    for (std::uint16_t i = 0; i < image.services.size(); ++i) TRY(make_slice(image, i, *slice));
    return {};
}

void write_opening(const policy::Image& image, const os::Spawner& spawner, const Arguments& arguments) {
    Line line;
    line.put("event", "station")
        .put("us", 0)
        .put("station", image.station)
        .put("mode", spawner.is_rootless() ? "rootless" : "root");
    line.put("lab", arguments.options.is_lab).put("services", image.services.size()).put("conduits", image.conduits.size());
    (void)os::write_line(1, line.line());
}

/// Says what will be started: the SHA-256 of each program, taken from the descriptor that it is started from.
Result<> measure_programs(const policy::Image& image, const os::Spawner& spawner) {
    List<int, policy::max_services> measured;
    std::vector<std::byte> buffer(1 << 20);
    for (std::uint16_t i = 0; i < image.services.size(); ++i) {
        const int program = spawner.program(i);
        if (std::ranges::find(measured, program) != measured.end()) continue;
        CHECK(measured.push(program));
        SHA256_CTX hash;
        SHA256_Init(&hash);
        for (std::size_t offset = 0, n = 1; n > 0; offset += n) {
            n = TRY(os::read_at(program, buffer, offset)).size();
            SHA256_Update(&hash, buffer.data(), n);
        }
        std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
        SHA256_Final(digest.data(), &hash);
        std::string hex;
        for (const std::uint8_t octet : digest) hex += std::format("{:02x}", octet);
        (void)os::write_line(
            1, Line().put("event", "program").put("us", 0).put("program", image.services[i].program).put("sha256", hex).line());
    }
    return {};
}

/// The exit status, or `otherwise`, when the reason has been said.
int said(const Result<int>& status, int otherwise) {
    if (status) return *status;
    std::fprintf(stderr, "procmgr: %.*s\n", static_cast<int>(status.error().what.size()), status.error().what.data());
    return otherwise;
}

Result<int> run(std::span<char* const> words) {
    const Arguments arguments = TRY(parse(words));
    const auto image = std::make_unique<policy::Image>();
    TRY(load(arguments.image, *image));
    const os::Descriptor state = TRY(os::hold_state_folder(image->state));
    os::Spawner spawner = TRY(os::Spawner::prepare(*image, arguments.options));
    // After the last change of identity, which would forget the parent.
    const os::Descriptor stop_requests = TRY(os::stop_requests());
    write_opening(*image, spawner, arguments);
    TRY(measure_programs(*image, spawner));
    const auto manager = std::make_unique<Manager>(*image, spawner, arguments.options.is_lab);
    // Nothing is allocated from here on.
    return said(manager->run(stop_requests.get()), 1);
}

}  // namespace
}  // namespace voltkeep::kernel::procmgr

int main(int count, char** words) {
    using namespace voltkeep::kernel::procmgr;
    return said(run(std::span(words, static_cast<std::size_t>(count)).subspan(1)), 2);
}
