// SPDX-License-Identifier: Apache-2.0
// Fills an object from JSON that has passed the strict pass. Internal to this folder.
#pragma once

#include <string>
#include <string_view>

#include "wire/ocpp/error.hpp"
#include "wire/ocpp/json.hpp"
#include "wire/ocpp/type.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

class Reader {
public:
    explicit Reader(Json json) : json_(json), at_(json.text().data()), end_(at_ + json.text().size()) {}

    /// False: error() says why, and the object is half filled.
    bool read(const Type& type, void* object);
    OcppError error() && { return std::move(error_); }

private:
    bool refuse(ErrorCode code, std::string_view why);
    bool inside(std::string_view step);
    bool wrong_type(std::string_view expected);
    bool text(const Type& type, void* out);
    bool integer(const Type& type, void* out);
    bool decimal(const Type& type, void* out);
    bool boolean(void* out);
    bool date_time(void* out);
    bool enumeration(const Type& type, void* out);
    bool any_json(void* out);
    bool custom_data(void* out);
    bool object(const Type& type, void* out);
    bool member(const Field& field, void* object);
    bool list(const Type& type, void* out);
    std::optional<Decimal> number();
    /// The text between the quotes, unescaped into `scratch_` where that is needed.
    std::string_view string();
    void space();

    Json json_;
    const char* at_;
    const char* end_;
    std::size_t room_ = kLargestValue;  ///< bytes that list elements may still take
    std::string scratch_;
    OcppError error_;
};

}  // namespace voltkeep::ocpp
