// SPDX-License-Identifier: Apache-2.0
// A service's configuration: one bounded struct, written by the command line from station.toml (which is the only place
// that parses text) and read by the service before it seals. The file names the struct's fingerprint.
#pragma once

#include <vector>

#include "kernel/message.hpp"

namespace voltkeep::kernel {

/// The whole file, at most `limit` bytes. `not_found`, `full` (longer than the limit) or `io`.
[[nodiscard]] Result<std::vector<std::byte>> read_file(std::string_view path, std::size_t limit);
/// Writes beside it, syncs, and renames: the file is the old one or the new one, whenever the power goes.
[[nodiscard]] Result<> write_file(std::string_view path, Bytes content, unsigned mode = 0600);

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
    if (fingerprint != f.value()) return fail(Errc::integrity, "configuration file of another build: start the station with `voltkeep run`");
    return decode<C>(Bytes(file).subspan(8));
}

}  // namespace voltkeep::kernel
