// SPDX-License-Identifier: Apache-2.0
// Runs the vectors here.
#include <cstdio>

#include "charging/safety/target/vectors.hpp"

int main() {
    using namespace voltkeep::safety::vectors;
    for (unsigned i = 0; i < kRuns; ++i) {
        std::uint32_t delivering = 0;
        const std::uint64_t digest = run(i, delivering);
        char line[40];
        print(i, digest, delivering, line);
        std::fputs(line, stdout);
    }
    return 0;
}
