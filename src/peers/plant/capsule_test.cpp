// SPDX-License-Identifier: Apache-2.0
#include "peers/plant/capsule.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "wire/ocmf/ocmf.hpp"

namespace voltkeep::plant {

TEST(Capsule, knows_its_number_and_its_first_reading_over_a_restart) {
    char name[] = "/tmp/voltkeep-capsule-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    const std::string stem = std::string(name) + "/evse1-capsule";
    const auto payload = [](const Text<2048>& record) {
        const auto parts = MUST(ocmf::split(record.view()));
        return MUST(ocmf::read(parts.payload));
    };
    const auto first = payload(
        MUST(Capsule::open(stem))
            ->sign({.number = 1, .mark = 'B', .identification_type = {}, .identification = {}}, "VK-1", 1'000'000, 5'000, 0));
    EXPECT_EQ(first.pagination, 1u);
    const auto last = payload(MUST(Capsule::open(stem))
                                  ->sign({.number = 2, .mark = 'E', .identification_type = {}, .identification = {}}, "VK-1",
                                         3'500'000, 6'000, 60'000));
    EXPECT_EQ(last.pagination, 2u);
    EXPECT_EQ(*ocmf::billed_mwh(last), 2'500'000);
    EXPECT_EQ(*ocmf::returned_mwh(last), 1'000);
    EXPECT_FALSE(std::filesystem::exists(stem + ".page.new"));
    std::filesystem::remove_all(name);
}

}  // namespace voltkeep::plant
