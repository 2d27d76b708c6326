// SPDX-License-Identifier: Apache-2.0
// Reads a TOML file key by key into variables: a key that nobody asks for, one that must be there and is not, and a value that is
// not what was expected are refused, each with file and line, and all at once. For programs of people, before a station runs.
#pragma once

#include <set>
#include <toml++/toml.hpp>

#include "base/names.hpp"
#include "base/refusal.hpp"

namespace voltkeep {

[[nodiscard]] std::uint32_t line_of(const toml::node& node);
/// "audit:appended", "meter.Read" -> both halves.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> halves(std::string_view text, char between);
/// The number that is the whole of the text.
[[nodiscard]] std::optional<std::uint32_t> whole(std::string_view text);
/// The number before `unit`, if the node is a text that ends in it: "10%" -> 10, "16M" -> 16.
[[nodiscard]] std::optional<std::uint32_t> whole_before(const toml::node& node, std::string_view unit);
/// The number, if it is one from `low` to `high`.
[[nodiscard]] std::optional<std::int64_t> number_of(const toml::node& node, std::int64_t low, std::int64_t high);
/// "16M" -> bytes, if it is from `low` to `high`; K and M are powers of 1024.
[[nodiscard]] std::optional<std::uint64_t> size_of(const toml::node& node, std::uint64_t low, std::uint64_t high);

/// One file: its text as it was parsed, where each key stands, and what is wrong in it.
struct TomlFile : Refusing {
    std::string path;
    toml::table table;
    KeyLines lines;   ///< of all keys that were asked for

    /// If it is no TOML at all, the one refusal says so.
    static Checked<TomlFile> parse(const std::string& path, std::string_view text);
    template <class... A>
    void refuse(std::uint32_t at, std::format_string<A...> what, A&&... about) {
        Refusing::refuse(path, at, what, std::forward<A>(about)...);
    }
};

/// One table of the file. Every key is asked for by its name; those that nobody asked for are refused at the end of its life.
class TomlSection {
public:
    /// The whole file.
    explicit TomlSection(TomlFile& file) : TomlSection(&file.table, "", file) {}
    TomlSection(TomlSection&&) = delete;
    ~TomlSection();

    const toml::node* find(std::string_view key);
    /// A key that must be there.
    const toml::node* must(std::string_view key, std::string_view expected);
    void refuse(std::string_view key, const toml::node& node, std::string_view expected);

    /// `convert(node)` gives the value, or nothing if the node is not what was expected.
    template <class T, class Convert>
    void value(std::string_view key, T& out, bool required, std::string_view expected, Convert convert) {
        const toml::node* node = required ? must(key, expected) : find(key);
        if (!node) return;
        if (auto converted = convert(*node)) out = static_cast<T>(*converted);
        else refuse(key, *node, expected);
    }
    template <class T>
    void number(std::string_view key, T& out, std::int64_t low, std::int64_t high, std::string_view what, bool required = true) {
        value(key, out, required, std::format("{} from {} to {}", what, low, high),
              [&](const toml::node& node) { return number_of(node, low, high); });
    }
    template <Listed E>
    void choice(std::string_view key, E& out, bool required = false) {
        value(key, out, required, words<E>(),
              [](const toml::node& node) { return from_word<E>(node.value_exact<std::string>().value_or("")); });
    }
    template <class Accept>
    void text(std::string_view key, std::string& out, bool required, std::string_view expected, Accept accept) {
        value(key, out, required, expected, [&](const toml::node& node) {
            auto t = node.value_exact<std::string>();
            return t && accept(*t) ? t : std::nullopt;
        });
    }
    /// The items of a list for which `take(item)` is true; the others are refused.
    template <class Take>
    void each(std::string_view key, std::string_view expected, Take take) {
        const toml::node* node = find(key);
        if (node && !node->is_array()) refuse(key, *node, expected);
        if (!node || !node->is_array()) return;
        for (const toml::node& item : *node->as_array())
            if (!take(item)) refuse(key, item, expected);
    }
    /// A list of texts.
    std::vector<Placed> texts(std::string_view key, std::string_view expected);
    /// A list of texts that have two halves.
    std::vector<std::pair<Placed, Placed>> pairs(std::string_view key, char between, std::string_view expected);
    /// A list of enumerators, as bits.
    template <Listed E, class Bits>
    void bits(std::string_view key, Bits& out, char blank = '-') {
        each(key, words<E>(blank), [&](const toml::node& item) {
            const auto value = from_word<E>(item.value_exact<std::string>().value_or(""), blank);
            if (value) out = static_cast<Bits>(out | Bits{1} << static_cast<unsigned>(*value));
            return value.has_value();
        });
    }
    /// A list of tables, each read by `read(section, line)`.
    template <class Read>
    void tables(std::string_view key, std::string_view expected, Read read) {
        each(key, expected, [&](const toml::node& item) {
            if (!item.is_table()) return false;
            TomlSection section(item.as_table(), prefix_ + std::string(key) + ".", file_);
            read(section, line_of(item));
            return true;
        });
    }
    TomlSection table(std::string_view key, bool required = false);
    [[nodiscard]] std::vector<std::string> keys() const;

private:
    TomlSection(const toml::table* table, std::string prefix, TomlFile& file)
        : table_(table), prefix_(std::move(prefix)), file_(file) {}

    const toml::table* table_;   ///< null: it is not there
    std::string prefix_;
    TomlFile& file_;
    std::set<std::string, std::less<>> known_;
};

}  // namespace voltkeep
