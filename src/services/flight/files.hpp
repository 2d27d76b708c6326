// SPDX-License-Identifier: Apache-2.0
// The segments of one recording on the disk: a fixed number of files, the oldest is written over. Blocks for the disk.
#pragma once

#include <string>

#include "kernel/os.hpp"
#include "services/flight/recording.hpp"

namespace voltkeep::flight {

class Files {
public:
    /// `path`: of the files, without their number: "state/session/flight/power@1".
    explicit Files(std::string path) : path_(std::move(path)) {}

    /// Errors: io. Whoever gets one begins a new segment, or gives up.
    [[nodiscard]] Result<> write(const std::vector<Piece>& pieces);

    static constexpr int slots = 8;

private:
    [[nodiscard]] Result<> open_next();

    std::string path_;
    std::uint64_t number_ = 0;        ///< of the newest segment; 0: the folder was not looked at
    kernel::os::Descriptor file_;
};

}  // namespace voltkeep::flight
