// SPDX-License-Identifier: Apache-2.0
#include "aside.hpp"

#include <cstdio>
#include <filesystem>
#include <format>

namespace voltkeep::session {

namespace {

constexpr std::string_view log_suffix = "-wal";   ///< SQLite's write-ahead log: a part of the file, if it is there

std::string aside_name(int number) { return std::format("session.aside-{}.db", number); }

bool is_there(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

int free_number(const std::string& folder) {
    int number = 1;
    while (is_there(folder + "/" + aside_name(number))) ++number;
    return number;
}

Result<> move(const std::string& from, const std::string& to) {
    if (!is_there(from)) return {};
    if (std::rename(from.c_str(), to.c_str()) != 0) return fail_errno(from + " to " + to);
    return {};
}

/// The log goes first: without its database it is a trace of what was begun, and the database without it would be an older one.
Result<> move_store(const std::string& folder, const std::string& name) {
    const std::string from = folder + "/" + std::string(store_name), to = folder + "/" + name;
    TRY(move(from + std::string(log_suffix), to + std::string(log_suffix)));
    return move(from, to);
}

Result<> move_successor(const std::string& folder) {
    return move(folder + "/" + std::string(successor_name), folder + "/" + std::string(store_name));
}

}  // namespace

Result<> may_replace_store(const std::string& folder) {
    if (free_number(folder) <= asides_at_most) return {};
    return fail(
        Errc::full,
        std::format("the session store cannot be read, and {} are set aside: look why, and move {}/session.aside-*.db away",
                    asides_at_most, folder));
}

Result<std::string> replace_store(const std::string& folder) {
    TRY(may_replace_store(folder));
    const int number = free_number(folder);
    TRY(move_store(folder, aside_name(number)));
    TRY(move_successor(folder));
    return aside_name(number);
}

Result<> finish_replacement(const std::string& folder) {
    const std::string successor = folder + "/" + std::string(successor_name);
    if (!is_there(successor)) return {};
    for (int number = 1; number <= asides_at_most; ++number) {
        const std::string aside = folder + "/" + aside_name(number);
        if (is_there(aside + std::string(log_suffix)) && !is_there(aside))
            TRY(move(folder + "/" + std::string(store_name), aside));
    }
    if (!is_there(folder + "/" + std::string(store_name))) return move_successor(folder);
    std::error_code ignored;
    for (const std::string_view suffix : {"", "-wal", "-journal"})
        std::filesystem::remove(successor + std::string(suffix), ignored);  // was never needed
    return {};
}

}  // namespace voltkeep::session
