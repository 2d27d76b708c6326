// SPDX-License-Identifier: Apache-2.0
// V2G traces as JSON lines: what `voltkeep v2g decode` and `voltkeep v2g encode` do with each line. Pure; no line makes them fail
// or throw.
//
// A line is an object. What says how to read it: "v2gtp" ("0x8004"), or "schema" ("V2G_CI_DC.xsd", or the namespace, or just
// "DC"), or "namespace", or "message"; "kind" is "document" (the default) or "fragment", whose element "message" names. Decoding
// takes "hex" and adds "fields" (and "message" if it was not there); encoding takes "fields" and adds "hex". What else is on the
// line comes back unchanged. Instead of a result there may be "error": one sentence, with the bit position.
#pragma once

#include <string>
#include <string_view>

namespace voltkeep::iso15118 {

/// A longer line is an error: it holds no V2GTP frame.
inline constexpr std::size_t max_json_line = 4 * 1024 * 1024;

/// The answer to one line, without the line feed.
[[nodiscard]] std::string decode_json_line(std::string_view line);
[[nodiscard]] std::string encode_json_line(std::string_view line);

}  // namespace voltkeep::iso15118
