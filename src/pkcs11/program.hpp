// SPDX-License-Identifier: Apache-2.0
// p11-kit's program beside a PKCS #11 module, for who may start programs and wait for them: a factory, tests.
#pragma once

#include <sys/types.h>

#include <memory>

#include "base/clock.hpp"
#include "base/descriptor.hpp"
#include "pkcs11/message.hpp"

namespace voltkeep::pkcs11 {

inline constexpr const char* program = "/usr/libexec/p11-kit/p11-kit-remote";
/// The module of a machine that has no secure element: SoftHSM 2. It finds its folder by a file that its environment names.
inline constexpr std::string_view default_module = "/usr/lib/softhsm/libsofthsm2.so";
inline constexpr std::string_view settings_variable = "SOFTHSM2_CONF";
/// What stands in that file; the folder `tokens` in `folder` must be there.
[[nodiscard]] std::string settings_for(const std::string& folder);

struct Started {
    pid_t pid = -1;
    Descriptor end;  ///< at whose close the program ends
};
/// The program, with the settings and the tokens in `folder`, which are made if they are not there. Errors: io.
[[nodiscard]] Result<Started> start_program(const std::string& module, const std::string& folder);

class Program {
public:
    /// Errors: io, unsupported.
    static Result<std::unique_ptr<Program>> start(const std::string& module, const std::string& folder);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program();

    /// Wipes the call, and waits for its answer, which is good until the next. Errors: closed, timeout, and the answer's own.
    Result<Answer> ask(Call& call);

private:
    explicit Program(Started started) : pid_(started.pid), end_(std::move(started.end)) {}
    Result<> read(std::span<std::byte> into);
    pid_t pid_;
    Descriptor end_;
    std::uint32_t number_ = 0;
    std::vector<std::byte> answer_;
};

}  // namespace voltkeep::pkcs11
