// SPDX-License-Identifier: Apache-2.0
// The wire against a part that answers in pieces, says too much, hangs up, or says nothing.
#include "wire.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace voltkeep::rot {
namespace {

using kernel::os::Descriptor;

struct Ends {
    Descriptor ours, parts;
};
Ends make_ends() {
    std::array<int, 2> ends{};
    CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    CHECK(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

const std::string command("\x80\x01\x00\x00\x00\x0c\x00\x00\x01\x7b\x00\x08", 12);
std::string response_of(std::size_t size) {
    std::string text("\x80\x01\x00\x00\x00\x00\x00\x00\x00\x00", 10);
    text[4] = static_cast<char>(size >> 8);
    text[5] = static_cast<char>(size & 0xff);
    text.resize(std::max<std::size_t>(size, 10), 'r');
    return text;
}

TSS2_RC send(Wire& wire) {
    return Tss2_Tcti_Transmit(wire.context(), command.size(), reinterpret_cast<const std::uint8_t*>(command.data()));
}
TSS2_RC take(Wire& wire, std::string& out) {
    std::array<std::uint8_t, 4096> buffer{};
    std::size_t size = buffer.size();
    const TSS2_RC code = Tss2_Tcti_Receive(wire.context(), &size, buffer.data(), TSS2_TCTI_TIMEOUT_BLOCK);
    out.assign(reinterpret_cast<const char*>(buffer.data()), code == TSS2_RC_SUCCESS ? size : 0);
    return code;
}
void put(const Descriptor& end, std::string_view text) {
    ASSERT_EQ(::write(end.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST(Wire, carries_a_command_and_takes_a_response_that_comes_in_pieces) {
    Ends ends = make_ends();
    const auto wire = wire_on(std::move(ends.ours), 2s);
    ASSERT_EQ(send(*wire), TSS2_RC_SUCCESS);
    std::array<char, 64> seen{};
    EXPECT_EQ(::read(ends.parts.get(), seen.data(), seen.size()), static_cast<ssize_t>(command.size()));
    const std::string wanted = response_of(3000);
    std::jthread part([&] {
        for (std::size_t at = 0; at < wanted.size(); at += 7) put(ends.parts, std::string_view(wanted).substr(at, 7));
    });
    std::string got;
    EXPECT_EQ(take(*wire, got), TSS2_RC_SUCCESS);
    EXPECT_EQ(got, wanted);
}

TEST(Wire, a_part_that_says_nothing_is_given_up_for_good) {
    Ends ends = make_ends();
    const auto wire = wire_on(std::move(ends.ours), 50ms);
    ASSERT_EQ(send(*wire), TSS2_RC_SUCCESS);
    const Instant before = now();
    std::string got;
    EXPECT_EQ(take(*wire, got), TSS2_TCTI_RC_IO_ERROR);
    EXPECT_LT(now() - before, 2s);
    std::array<char, 64> seen{};
    EXPECT_GT(::read(ends.parts.get(), seen.data(), seen.size()), 0);
    EXPECT_EQ(::read(ends.parts.get(), seen.data(), seen.size()), 0) << "the wire is closed: what comes late meets nobody";
    EXPECT_EQ(send(*wire), TSS2_TCTI_RC_IO_ERROR);
}

TEST(Wire, a_part_that_hangs_up_or_lies_about_a_length_breaks_it) {
    for (const std::string& said :
         {std::string(), response_of(20).substr(0, 12), response_of(9), response_of(5000), response_of(20) + "x"}) {
        Ends ends = make_ends();
        const auto wire = wire_on(std::move(ends.ours), 2s);
        ASSERT_EQ(send(*wire), TSS2_RC_SUCCESS);
        if (!said.empty()) put(ends.parts, said.substr(0, 4096));
        ends.parts.reset();
        std::string got;
        EXPECT_EQ(take(*wire, got), TSS2_TCTI_RC_IO_ERROR) << said.size();
        EXPECT_EQ(send(*wire), TSS2_TCTI_RC_IO_ERROR) << said.size();
    }
}

}  // namespace voltkeep::rot
