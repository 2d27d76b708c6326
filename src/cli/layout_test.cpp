// SPDX-License-Identifier: Apache-2.0
#include "cli/layout.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace voltkeep::cli {
namespace {

/// The state folder of a first start: the process manager and its children find it by this name from wherever they are.
TEST(Layout, a_folder_that_is_not_there_yet_has_an_absolute_name_too) {
    const auto here = std::filesystem::canonical(std::filesystem::current_path());
    ASSERT_FALSE(std::filesystem::exists("no-such-folder"));
    EXPECT_EQ(absolute("no-such-folder"), here / "no-such-folder");
    EXPECT_EQ(absolute("no-such-folder/../state"), here / "state");
    EXPECT_EQ(absolute(here.string()), here);
}

}  // namespace
}  // namespace voltkeep::cli
