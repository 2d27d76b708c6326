// SPDX-License-Identifier: Apache-2.0
// The XML file that the transparency software of S.A.F.E. e.V. opens: the signed records and the public key, for whoever was
// billed.
#pragma once

#include <string>
#include <vector>

#include "wire/ocmf/ocmf.hpp"

namespace voltkeep::ocmf {

struct Signed {
    std::string record;          ///< OCMF|...|...
    std::string public_key;      ///< SubjectPublicKeyInfo, DER, hexadecimal; empty: the reader has it from elsewhere
};

[[nodiscard]] std::string write_container(const std::vector<Signed>& values);
/// Also with other white space, attributes in any order and base64 (`encoding`). Errors: malformed, unsupported (another format).
[[nodiscard]] Result<std::vector<Signed>> read_container(std::string_view xml);

}  // namespace voltkeep::ocmf
