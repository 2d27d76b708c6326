// SPDX-License-Identifier: Apache-2.0
// A client of the operator's door, and of the world's: one line out, one line of JSON back.
#pragma once

#include <string>

#include "kernel/os.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::cli {

using exi::Json;

class DoorClient {
public:
    /// Errors: not_found (no station runs there), io.
    static Result<DoorClient> connect(const std::string& socket);

    /// Sends a request and waits for its answer. Errors: timeout, closed, refused (the station's own words).
    Result<Json> ask(const std::string& request, Duration patience = 10s);

    // For a loop that does not wait: send, then take lines when `descriptor` is readable.
    Result<> send(const std::string& request);
    /// A whole line, if one has come. Errors: closed.
    Result<std::optional<std::string>> take();
    [[nodiscard]] int descriptor() const { return socket_.get(); }

private:
    kernel::os::Descriptor socket_;
    std::string input_;
};

/// The answer's JSON, or what the station said against it.
[[nodiscard]] Result<Json> opened(std::string_view line);

/// A number member, or 0. A text member comes by Json::string.
[[nodiscard]] std::int64_t number_in(const Json& object, std::string_view name);

}  // namespace voltkeep::cli
