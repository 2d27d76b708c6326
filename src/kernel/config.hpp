// SPDX-License-Identifier: Apache-2.0
// A service's configuration: one bounded struct, written by the command line from station.toml (which is the only place
// that parses text) and read by the service before it seals. The file names the struct's fingerprint.
#pragma once

#include "base/file.hpp"
#include "kernel/message.hpp"

namespace voltkeep::kernel {

using voltkeep::read_file, voltkeep::write_file;

template <class C>
[[nodiscard]] std::vector<std::byte> encode_config(const C& config) {
    Fingerprint f;
    Codec<C>::mix(f);
    std::vector<std::byte> file(8 + bound<C>);
    const std::uint64_t fingerprint = f.value();
    std::memcpy(file.data(), &fingerprint, 8);
    const std::size_t size = encode(config, std::span(file).subspan(8)).size();
    file.resize(8 + size);
    return file;
}

/// `integrity` if the file was written for another build's struct.
template <class C>
[[nodiscard]] Result<C> read_config(std::string_view path) {
    const auto file = TRY(read_file(path, 8 + bound<C>));
    Fingerprint f;
    Codec<C>::mix(f);
    std::uint64_t fingerprint = 0;
    if (file.size() >= 8) std::memcpy(&fingerprint, file.data(), 8);
    if (fingerprint != f.value())
        return fail(Errc::integrity, "configuration file of another build: start the station with `voltkeep run`");
    return decode<C>(Bytes(file).subspan(8));
}

}  // namespace voltkeep::kernel
