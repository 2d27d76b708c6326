// SPDX-License-Identifier: Apache-2.0
// What only the process manager wants from a system, besides spawning: devices for services, the pipe of their prints, its own
// end.
#pragma once

#include "kernel/control.hpp"
#include "kernel/os.hpp"

namespace voltkeep::kernel::os {

/// A granted device, opened or connected. Paths are relative to the current folder. `not_found`: what it leads to is not there
/// (yet).
[[nodiscard]] Result<Descriptor> open_device(const policy::DeviceGrant& device);
/// Takes away the name of a listening device, at the station's end.
void remove_device(const policy::DeviceGrant& device);

/// A pipe whose writer never waits: what does not fit is lost. `a` reads, `b` writes.
[[nodiscard]] Result<Pair> make_lossy_pipe();
/// What is in the pipe, at most the buffer; nothing left to take is an empty span. `closed`: no writer is left.
[[nodiscard]] Result<std::span<char>> read_pipe(int descriptor, std::span<char> buffer);
/// Memory of so many bytes, all 0, that outlives whoever maps it.
[[nodiscard]] Result<Descriptor> make_memory(std::size_t size);
/// What is in the file from `offset` on, at most the buffer; nothing at its end.
[[nodiscard]] Result<std::span<std::byte>> read_at(int file, std::span<std::byte> buffer, std::size_t offset);
/// What a process that was not waited for yet has used; zeros if the system does not say.
[[nodiscard]] control::Usage usage_of(std::uint32_t pid);
/// Writes the whole of at most 4096 bytes, or nothing and says false, if the reader does not keep up or is gone.
[[nodiscard]] bool write_line(int descriptor, std::string_view line);

/// Makes the station's state folder the current one and holds it for this process alone: `busy` if a station runs in it.
[[nodiscard]] Result<Descriptor> hold_state_folder(std::string_view path);
/// Readable when this process is asked to end: by a signal, or because its parent ended.
[[nodiscard]] Result<Descriptor> stop_requests();
/// Takes one request; false if there is none.
[[nodiscard]] bool take_stop_request(int descriptor);

}  // namespace voltkeep::kernel::os
