// SPDX-License-Identifier: Apache-2.0
#include "base/toml_section.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace voltkeep {

namespace {
std::string value_of(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return '"' + *text + '"';
    std::ostringstream text;
    node.visit([&](const auto& value) { text << value; });
    return text.str();
}
}  // namespace

std::uint32_t line_of(const toml::node& node) {
    return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(node.source().begin.line));
}

std::optional<std::pair<std::string, std::string>> halves(std::string_view text, char between) {
    const std::size_t at = text.find(between);
    if (at == 0 || at == std::string_view::npos || at + 1 == text.size()) return std::nullopt;
    return std::pair{std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

std::optional<std::uint32_t> whole(std::string_view text) {
    std::uint32_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
}

std::optional<std::uint32_t> whole_before(const toml::node& node, std::string_view unit) {
    const std::string text = node.value_exact<std::string>().value_or("");
    return text.ends_with(unit) ? whole(std::string_view(text).substr(0, text.size() - unit.size())) : std::nullopt;
}

std::optional<std::int64_t> number_of(const toml::node& node, std::int64_t low, std::int64_t high) {
    const auto n = node.value_exact<std::int64_t>();
    return n && *n >= low && *n <= high ? n : std::nullopt;
}

std::optional<std::uint64_t> size_of(const toml::node& node, std::uint64_t low, std::uint64_t high) {
    const auto kibi = whole_before(node, "K");
    const auto mebi = whole_before(node, "M");
    const std::uint64_t size = kibi ? std::uint64_t{*kibi} << 10 : mebi ? std::uint64_t{*mebi} << 20 : 0;
    return size >= low && size <= high ? std::optional(size) : std::nullopt;
}

Checked<std::vector<Source>> find_sources(const std::string& folder, const std::string& name) {
    namespace fs = std::filesystem;
    std::vector<Source> sources;
    std::error_code error;
    for (fs::directory_iterator below(folder, error), end; !error && below != end; below.increment(error)) {
        if (!below->is_directory()) continue;
        for (const fs::directory_entry& file : fs::directory_iterator(below->path(), error)) {
            const std::string found = file.path().filename().string();
            if (found != name && !found.ends_with("." + name)) continue;
            std::ifstream stream(file.path());
            sources.push_back({file.path().string(), std::string(std::istreambuf_iterator<char>(stream), {})});
            if (!stream) return std::unexpected(Refusals{{file.path().string(), 1, "cannot be read"}});
        }
    }
    if (error || sources.empty())
        return std::unexpected(Refusals{{folder, 1, "no such file: expected <name>/" + name + " in this folder"}});
    std::ranges::sort(sources, {}, &Source::path);
    return sources;
}

Checked<TomlFile> TomlFile::parse(const std::string& path, std::string_view text) {
    TomlFile file;
    file.path = path;
    toml::parse_result parsed = toml::parse(text, path);
    if (parsed) file.table = std::move(parsed).table();
    else
        file.refuse(static_cast<std::uint32_t>(parsed.error().source().begin.line), "not TOML: {}", parsed.error().description());
    if (!file.refusals().empty()) return std::unexpected(file.take_refusals());
    return file;
}

const toml::node* TomlSection::find(std::string_view key) {
    known_.emplace(key);
    const toml::node* node = table_ ? table_->get(key) : nullptr;
    if (node) file_.lines.set(prefix_ + std::string(key), line_of(*node));
    return node;
}

const toml::node* TomlSection::must(std::string_view key, std::string_view expected) {
    const toml::node* node = find(key);
    if (!node) file_.refuse(table_ ? line_of(*table_) : 1, "{}{} is missing: expected {}", prefix_, key, expected);
    return node;
}

void TomlSection::refuse(std::string_view key, const toml::node& node, std::string_view expected) {
    file_.refuse(line_of(node), "{}{} = {}: expected {}", prefix_, key, value_of(node), expected);
}

std::vector<Placed> TomlSection::texts(std::string_view key, std::string_view expected) {
    std::vector<Placed> list;
    each(key, expected, [&](const toml::node& item) {
        list.push_back({item.value_exact<std::string>().value_or(""), line_of(item)});
        return !list.back().text.empty();
    });
    return list;
}

std::vector<std::pair<Placed, Placed>> TomlSection::pairs(std::string_view key, char between, std::string_view expected) {
    std::vector<std::pair<Placed, Placed>> list;
    each(key, expected, [&](const toml::node& item) {
        const auto both = halves(item.value_exact<std::string>().value_or(""), between);
        if (both) list.push_back({{both->first, line_of(item)}, {both->second, line_of(item)}});
        return both.has_value();
    });
    return list;
}

TomlSection TomlSection::table(std::string_view key, bool required) {
    const toml::node* node = required ? must(key, "a table") : find(key);
    if (node && !node->is_table()) refuse(key, *node, "a table");
    return {node ? node->as_table() : nullptr, prefix_ + std::string(key) + ".", file_};
}

std::vector<std::string> TomlSection::keys() const {
    std::vector<std::string> names;
    if (table_)
        for (const auto& [key, node] : *table_) names.emplace_back(key.str());
    return names;
}

TomlSection::~TomlSection() {
    if (!table_) return;
    std::string list;
    for (const std::string& key : known_) list += (list.empty() ? "one of " : ", ") + key;
    for (const auto& [key, node] : *table_)
        if (!known_.contains(key.str()))
            file_.refuse(static_cast<std::uint32_t>(key.source().begin.line), "{}{}: unknown key: expected {}", prefix_,
                         key.str(), list.empty() ? "nothing" : list);
}

}  // namespace voltkeep
