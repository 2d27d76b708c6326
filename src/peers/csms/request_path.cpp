// SPDX-License-Identifier: Apache-2.0
#include "request_path.hpp"

#include <algorithm>
#include <charconv>

namespace voltkeep::csms {

std::string station_in(std::string_view target, std::string_view path) {
    while (path.ends_with('/')) path.remove_suffix(1);
    if (!target.starts_with(path)) return {};
    target.remove_prefix(path.size());
    if (!target.starts_with('/')) return {};
    target.remove_prefix(1);
    std::string name;
    while (!target.empty()) {
        if (target[0] == '/' || target[0] == '?' || target[0] == '#') return {};
        if (target[0] != '%') {
            name += target[0];
            target.remove_prefix(1);
            continue;
        }
        unsigned char octet = 0;
        if (target.size() < 3) return {};
        const auto [end, error] = std::from_chars(target.data() + 1, target.data() + 3, octet, 16);
        if (error != std::errc() || end != target.data() + 3) return {};
        name += static_cast<char>(octet);
        target.remove_prefix(3);
    }
    return name;
}

bool offers(std::string_view list, std::string_view wanted) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        std::string_view item = list.substr(0, comma);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (item == wanted) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace voltkeep::csms
