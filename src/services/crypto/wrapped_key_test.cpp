// SPDX-License-Identifier: Apache-2.0
#include "wrapped_key.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace voltkeep::crypto {
namespace {

Secret secret_of(char fill, std::size_t size) {
    std::string text(size, fill);
    return MUST(Secret::take(std::as_writable_bytes(std::span(text))));
}
Errc code_of(const auto& result) { return result ? Errc::ok : result.error().code; }
const WrappedAs as{"log", 3, 12};

}  // namespace

TEST(WrappedKey, opens_as_what_it_was_wrapped) {
    const Secret key = secret_of('w', 32);
    const Secret secret = secret_of('s', 64);
    const auto wrapped = MUST(wrap_key(key, as, secret.view()));
    EXPECT_EQ(wrapped.size(), 64 + wrapped_overhead);
    EXPECT_EQ(as_text(wrapped).find("ssss"), std::string_view::npos);
    EXPECT_TRUE(std::ranges::equal(MUST(unwrap_key(key, as, wrapped)).view(), secret.view()));
    EXPECT_NE(MUST(wrap_key(key, as, secret.view())), wrapped) << "each time another nonce";
}

TEST(WrappedKey, opens_as_nothing_else) {
    const Secret key = secret_of('w', 32), other_key = secret_of('v', 32);
    const Secret secret = secret_of('s', 32);
    const auto wrapped = MUST(wrap_key(key, as, secret.view()));
    for (const WrappedAs& other : {WrappedAs{"log", 2, 12}, WrappedAs{"log", 3, 11}, WrappedAs{"meter-record", 3, 12},
                                   WrappedAs{"lo", 3, 12}, WrappedAs{"log\n3", 3, 12}})
        EXPECT_EQ(code_of(unwrap_key(key, other, wrapped)), Errc::integrity) << std::string(other.id);
    EXPECT_EQ(code_of(unwrap_key(other_key, as, wrapped)), Errc::integrity);
    EXPECT_EQ(code_of(unwrap_key(secret_of('w', 31), as, wrapped)), Errc::bad_argument);
    for (std::size_t at = 0; at < wrapped.size(); ++at) {
        auto bent = wrapped;
        bent[at] ^= std::byte{1};
        EXPECT_FALSE(unwrap_key(key, as, bent)) << at;
    }
    for (std::size_t size = 0; size < wrapped.size(); ++size)
        EXPECT_FALSE(unwrap_key(key, as, Bytes(wrapped).first(size))) << size;
    EXPECT_TRUE(unwrap_key(key, as, wrapped)) << "the control";
}

TEST(Secret, takes_bytes_away_from_where_they_were) {
    std::string text(40, 'k');
    const Secret secret = MUST(Secret::take(std::as_writable_bytes(std::span(text))));
    EXPECT_EQ(text, std::string(40, '\0'));
    EXPECT_EQ(as_text(secret.view()), std::string(40, 'k'));
}

}  // namespace voltkeep::crypto
