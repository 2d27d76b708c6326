// SPDX-License-Identifier: Apache-2.0
// What is wrong in a file that a person wrote, and on which line.
#pragma once

#include <algorithm>
#include <cstdint>
#include <expected>
#include <format>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace voltkeep {

/// One thing that is wrong, and where.
struct Refusal {
    std::string path;
    std::uint32_t line = 1;
    std::string what;
    /// What a person reads: "src/services/x/manifest.toml:12: ...".
    [[nodiscard]] std::string text() const { return std::format("{}:{}: {}", path, line, what); }
    friend bool operator==(const Refusal&, const Refusal&) = default;
};
using Refusals = std::vector<Refusal>;
template <class T>
using Checked = std::expected<T, Refusals>;

/// Who finds fault: each thing that is wrong is told once.
class Refusing {
public:
    [[nodiscard]] const Refusals& refusals() const { return refusals_; }
    [[nodiscard]] Refusals take_refusals() { return std::move(refusals_); }
    template <class... A>
    void refuse(const std::string& path, std::uint32_t line, std::format_string<A...> what, A&&... about) {
        Refusal refusal{path, line, std::format(what, std::forward<A>(about)...)};
        if (!std::ranges::contains(refusals_, refusal)) refusals_.push_back(std::move(refusal));
    }

private:
    Refusals refusals_;
};

/// A file's text and where it came from.
struct Source {
    std::string path;
    std::string text;
};
/// Every file `name` and *.`name` in the folders of `folder`, sorted by path. Paths in refusals begin with `folder`.
[[nodiscard]] Checked<std::vector<Source>> find_sources(const std::string& folder, const std::string& name);

/// On which line each key of a file stands: "grants.network" -> 31.
class KeyLines {
public:
    void set(const std::string& key, std::uint32_t line) { lines_[key] = line; }
    /// 1 if there is no such key.
    [[nodiscard]] std::uint32_t of(std::string_view key) const {
        const auto found = lines_.find(key);
        return found == lines_.end() ? 1 : found->second;
    }

private:
    std::map<std::string, std::uint32_t, std::less<>> lines_;
};

/// A text and the line on which it stands.
struct Placed {
    std::string text;
    std::uint32_t line = 1;
};

}  // namespace voltkeep
