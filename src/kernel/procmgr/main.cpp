// SPDX-License-Identifier: Apache-2.0
// procmgr IMAGE [--lab] [--rootless]: starts, contains, connects, watches and restarts the services of one station.
// It reads the policy image and nothing else, writes one JSON object a line to its standard output, and ends with its parent.
// Exit status: 0 stopped in order, 1 the loop failed, 2 not started (the reason is on standard error), 75 start the station again.
#define OPENSSL_SUPPRESS_DEPRECATED   // the oldest interface of a hash: the newer one brings the whole library with it
#include <openssl/sha.h>

#include <cstdio>
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
    for (const std::string_view word : words) {
        if (word == "--lab") arguments.options.is_lab = true;
        else if (word == "--rootless") arguments.options.is_rootless = true;
        else if (word.starts_with('-') || !arguments.image.empty()) return fail(Errc::bad_argument, "usage: procmgr IMAGE [--lab] [--rootless]");
        else arguments.image = word;
    }
    if (arguments.image.empty()) return fail(Errc::bad_argument, "usage: procmgr IMAGE [--lab] [--rootless]");
    return arguments;
}

/// The image as the process manager trusts it: decoded whole, validated, and every service's slice fits.
Result<> load(std::string_view path, policy::Image& image) {
    const auto file = TRY(read_file(path, bound<policy::Image>));
    Reader reader{Bytes(file)};
    if (!Codec<policy::Image>::get(reader, image) || !reader.at_end()) return fail(Errc::malformed, "not a policy image of this build");
    TRY(policy::validate(image));
    auto slice = std::make_unique<control::Slice>();
    for (std::uint16_t i = 0; i < image.services.size(); ++i) TRY(make_slice(image, i, *slice));
    return {};
}

void write_opening(const policy::Image& image, const os::Spawner& spawner, const Arguments& arguments) {
    Line line("station", 0ns);
    line.text("station", image.station).text("mode", spawner.is_rootless() ? "rootless" : "root").flag("lab", arguments.options.is_lab);
    line.number("services", static_cast<std::int64_t>(image.services.size()));
    line.number("conduits", static_cast<std::int64_t>(image.conduits.size()));
    (void)os::write_line(1, line.finish());
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
        Line line("program", 0ns);
        line.text("program", image.services[i].program).hex("sha256", digest);
        (void)os::write_line(1, line.finish());
    }
    return {};
}

Result<int> run(std::span<char* const> words) {
    const Arguments arguments = TRY(parse(words));
    const auto image = std::make_unique<policy::Image>();
    TRY(load(arguments.image, *image));
    const os::Descriptor state = TRY(os::hold_state_folder(image->state));
    os::Spawner spawner = TRY(os::Spawner::prepare(*image, arguments.options));
    const os::Descriptor stop_requests = TRY(os::stop_requests());   // after the last change of identity, which would forget the parent
    write_opening(*image, spawner, arguments);
    TRY(measure_programs(*image, spawner));
    const auto manager = std::make_unique<Manager>(*image, spawner, arguments.options.is_lab);
    // Nothing is allocated from here on.
    const auto status = manager->run(stop_requests.get());
    if (status) return *status;
    std::fprintf(stderr, "procmgr: %.*s\n", static_cast<int>(status.error().what.size()), status.error().what.data());
    return 1;
}

}  // namespace
}  // namespace voltkeep::kernel::procmgr

int main(int count, char** words) {
    using namespace voltkeep::kernel::procmgr;
    const auto status = run(std::span(words, static_cast<std::size_t>(count)).subspan(1));
    if (status) return *status;
    const auto& what = status.error().what;
    std::fprintf(stderr, "procmgr: %.*s\n", static_cast<int>(what.size()), what.data());
    return 2;
}
