// SPDX-License-Identifier: Apache-2.0
// Writes an object as JSON and refuses what the schema does not allow. Internal to this folder.
#pragma once

#include <string>
#include <string_view>

#include "wire/ocpp/codec.hpp"
#include "wire/ocpp/error.hpp"
#include "wire/ocpp/type.hpp"

namespace voltkeep::ocpp {

/// Appends a JSON string, quotes included. The text is UTF-8.
void append_quoted(std::string& out, std::string_view text);

class Writer {
public:
    explicit Writer(Version version) : version_(version) {}

    /// False: error() says why.
    bool write(const Type& type, const void* object, unsigned depth = 0);
    std::string text() && { return std::move(text_); }
    OcppError error() && { return std::move(error_); }

private:
    bool refuse(ErrorCode code, std::string_view why);
    bool inside(std::string_view step);
    bool text(const Type& type, const void* value);
    bool integer(const Type& type, const void* value);
    bool decimal(const Type& type, const void* value);
    bool date_time(const void* value);
    bool enumeration(const Type& type, const void* value);
    bool raw(const void* value, unsigned depth);
    bool object(const Type& type, const void* value, unsigned depth);
    bool list(const Type& type, const void* value, unsigned depth);

    Version version_;
    std::string text_;
    OcppError error_;
};

}  // namespace voltkeep::ocpp
