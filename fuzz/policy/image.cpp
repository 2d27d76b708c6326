// SPDX-License-Identifier: Apache-2.0
// The reader of policy images: whatever the bytes, it gives an image whose indices point somewhere, or an error.
// An input is an image, or (first octet even) changes of a good one: so most inputs get past the first counts.
#include <cstdlib>
#include <memory>
#include <vector>

#include "kernel/image.hpp"

namespace {
using namespace voltkeep;
using namespace voltkeep::policy;

std::vector<std::byte> encoded(const Image& image) {
    static std::vector<std::byte> buffer(kernel::bound<Image>);
    const Bytes bytes = kernel::encode(image, buffer);
    return {bytes.begin(), bytes.end()};
}

/// A server and its client, with one of everything.
std::vector<std::byte> good_image() {
    const auto image = std::make_unique<Image>();
    image->station = "VK-DEV-0001";
    image->state = "/state";
    image->programs = "/programs";
    CHECK(image->cables.resize(2) && image->services.resize(2) && image->conduits.resize(1) && image->filters.resize(2));
    for (std::uint16_t i = 0; i < 2; ++i) {
        Service& s = image->services[i];
        s.name = s.program = s.type = "meter";
        s.evse = EvseId{1};
        s.rank = static_cast<std::uint8_t>(90 - i);
        s.network = Network::cable;
        CHECK(s.files.resize(1) && s.devices.resize(1) && s.ports.resize(1));
        s.ports[0] = {true, 1, 2};
        s.start_filter = s.sealed_filter = i;
        s.limits.memory_bytes = 1u << 24;
        CHECK(image->filters[i].resize(16));
    }
    Conduit& c = image->conduits[0];
    c.client = 1;
    c.server = 0;
    c.messages = 3;
    CHECK(c.deadline_ms.resize(2));
    CHECK(validate(*image));
    return encoded(*image);
}

/// Three octets a change: where (two) and what.
std::vector<std::byte> changed(std::vector<std::byte> bytes, std::span<const std::uint8_t> changes) {
    for (; changes.size() >= 3; changes = changes.subspan(3))
        bytes[(changes[0] + 256u * changes[1]) % bytes.size()] = std::byte{changes[2]};
    return bytes;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<std::byte> good = good_image();
    if (size == 0) return 0;
    const std::span input(data + 1, size - 1);
    const auto raw = std::as_bytes(input);
    const std::vector<std::byte> bytes = data[0] % 2 == 0 ? changed(good, input) : std::vector<std::byte>(raw.begin(), raw.end());
    const auto image = std::make_unique<Result<Image>>(kernel::decode<Image>(bytes));
    if (!*image) return 0;
    if (encoded(**image) != bytes) std::abort();   // two texts for one image
    if (!validate(**image)) return 0;
    const Image& valid = **image;
    for (const Conduit& c : valid.conduits)
        if (c.client >= valid.services.size() || c.server >= valid.services.size() ||
            valid.services[c.client].rank >= valid.services[c.server].rank)
            std::abort();
    for (const Service& s : valid.services)
        for (const std::uint16_t filter : {s.start_filter, s.sealed_filter})
            if (filter != no_index && filter >= valid.filters.size()) std::abort();
    return 0;
}
