// SPDX-License-Identifier: Apache-2.0
#include "telling.hpp"

#include <gtest/gtest.h>

namespace voltkeep::iso15118 {

using Next = Telling::Next;

TEST(Telling, sets_one_timer_however_often_the_peer_comes_back) {
    Telling telling;
    EXPECT_EQ(telling.heard(Errc::gone_unread), Next::wait);
    EXPECT_EQ(telling.heard(Errc::gone_unread), Next::waits) << "the peer is back, and is gone again";
    EXPECT_EQ(telling.heard(Errc::timeout), Next::waits);
    telling.timer_is_over();
    EXPECT_EQ(telling.heard(Errc::busy), Next::wait);
    telling.timer_is_over();
    EXPECT_EQ(telling.heard(Errc::ok), Next::done);
}

TEST(Telling, ends_when_the_peer_will_never_take_it) {
    for (const Errc code : {Errc::denied, Errc::malformed, Errc::bad_argument, Errc::unsupported})
        EXPECT_EQ(Telling().heard(code), Next::done);
    for (const Errc code : {Errc::busy, Errc::timeout, Errc::gone_unread, Errc::gone_unknown, Errc::stale})
        EXPECT_EQ(Telling().heard(code), Next::wait);
}

}  // namespace voltkeep::iso15118
