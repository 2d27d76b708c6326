// SPDX-License-Identifier: Apache-2.0
// A folder for one test of the log, gone with it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace voltkeep::audit {

class FolderTest : public testing::Test {
protected:
    void SetUp() override {
        // In memory, if the machine has such a folder: order and content are tried here, and a disk takes its time for each sync.
        for (const char* const where : {"/dev/shm/", "/tmp/"}) {
            std::string name = std::string(where) + "voltkeep-log-XXXXXX";
            if (::mkdtemp(name.data()) == nullptr) continue;
            folder = name;
            break;
        }
        ASSERT_FALSE(folder.empty());
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string folder;
};

}  // namespace voltkeep::audit
