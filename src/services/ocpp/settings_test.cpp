// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.hpp"

namespace voltkeep::ocpp {
namespace {

class OcppSettings : public ::testing::Test {
protected:
    OcppSettings() : folder(::testing::TempDir() + "ocpp-settings-" + std::to_string(::getpid())), path(folder + "/settings") {
        std::filesystem::create_directories(folder);
    }
    ~OcppSettings() override { std::filesystem::remove_all(folder); }

    static Settings with(std::string_view value) {
        Settings settings;
        CHECK(settings.set("a", value));
        return settings;
    }
    Result<Settings> read() { return MUST(SettingsFile::open(path)).read(); }
    void overwrite(std::size_t from, std::size_t size, char with) {
        auto file = MUST(read_file(path, SettingsFile::size));
        ASSERT_EQ(file.size(), SettingsFile::size);
        std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(from), size, static_cast<std::byte>(with));
        ASSERT_TRUE(write_file(path, file));
    }

    std::string folder, path;
};

}  // namespace

TEST_F(OcppSettings, are_what_was_written_last) {
    ASSERT_TRUE(read());
    EXPECT_EQ(*read(), Settings{});
    for (const char* value : {"1", "2", "3"}) {
        auto file = MUST(SettingsFile::open(path));
        ASSERT_TRUE(file.read());
        ASSERT_TRUE(file.write(with("not this one")));
        ASSERT_TRUE(file.write(with(value)));
        EXPECT_EQ(*read(), with(value));
    }
    EXPECT_EQ(std::filesystem::file_size(path), SettingsFile::size);
}

TEST_F(OcppSettings, a_write_that_the_power_cut_leaves_those_before) {
    auto file = MUST(SettingsFile::open(path));
    ASSERT_TRUE(file.write(with("1")));   // the second place, then the first
    ASSERT_TRUE(file.write(with("2")));
    for (const std::size_t byte : {0u, 8u, 16u, 24u, 32u, 36u}) {
        ASSERT_EQ(*read(), with("2"));
        const auto whole = MUST(read_file(path, SettingsFile::size));
        overwrite(byte, 1, static_cast<char>(0x55));
        EXPECT_EQ(*read(), with("1")) << "byte " << byte;
        ASSERT_TRUE(write_file(path, whole));
    }
    overwrite(0, SettingsFile::place_size, 'x');
    auto successor = MUST(SettingsFile::open(path));
    ASSERT_EQ(*successor.read(), with("1"));
    ASSERT_TRUE(successor.write(with("3")));
    EXPECT_EQ(*read(), with("3"));
}

TEST_F(OcppSettings, a_file_of_which_nothing_can_be_read_says_so_and_takes_new_ones) {
    auto file = MUST(SettingsFile::open(path));
    ASSERT_TRUE(file.write(with("1")));
    overwrite(0, SettingsFile::size, 'x');
    auto successor = MUST(SettingsFile::open(path));
    EXPECT_EQ(successor.read().error().code, Errc::integrity);
    ASSERT_TRUE(successor.write(with("2")));
    EXPECT_EQ(*read(), with("2"));
}

TEST_F(OcppSettings, a_file_that_was_cut_while_it_was_made_is_made) {
    ASSERT_TRUE(write_file(path, Bytes(std::vector<std::byte>(100))));
    EXPECT_EQ(*read(), Settings{});
    EXPECT_EQ(std::filesystem::file_size(path), SettingsFile::size);
}

TEST_F(OcppSettings, are_bounded) {
    Settings settings;
    for (std::size_t i = 0; i < decltype(Settings::values)::capacity; ++i)
        EXPECT_TRUE(settings.set("v" + std::to_string(i), std::string(500, 'x')));
    EXPECT_FALSE(settings.set("one more", "x"));
    EXPECT_TRUE(settings.set("v0", "y"));
    EXPECT_FALSE(settings.set("v0", std::string(501, 'x')));
    EXPECT_EQ(settings.find("v0"), "y");
    auto file = MUST(SettingsFile::open(path));
    ASSERT_TRUE(file.write(settings));
    EXPECT_EQ(*read(), settings);
}

TEST_F(OcppSettings, no_file_of_the_process_grows_over_its_bound) {
    const pid_t child = ::fork();
    if (child == 0) {
        const int file = ::open((folder + "/other").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (::pwrite(file, "x", 1, SettingsFile::size) != 1) ::_exit(1);
        bound_files(SettingsFile::size);
        ::signal(SIGXFSZ, SIG_IGN);
        const bool is_let = ::pwrite(file, "x", 1, SettingsFile::size - 1) == 1;
        ::_exit(is_let && ::pwrite(file, "x", 1, SettingsFile::size) < 0 && errno == EFBIG ? 0 : 2);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace voltkeep::ocpp
