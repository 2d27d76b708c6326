// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"

#include <gtest/gtest.h>

#include "wire/exi/json.hpp"

namespace voltkeep::cli {

TEST(Printable, what_people_write_stays_as_it_is) {
    EXPECT_EQ(printable("Köln 5 € \U0001F697 {\"a\":1}"), "Köln 5 € \U0001F697 {\"a\":1}");
}

TEST(Printable, nothing_reaches_the_terminal_that_it_would_obey) {
    EXPECT_EQ(printable("\x1b[2J\x1b]0;x\x07"), "\\u001b[2J\\u001b]0;x\\u0007");
    EXPECT_EQ(printable("\xc2\x9b" "2J\x7f"), "\\u009b2J\\u007f");
    EXPECT_EQ(printable("a\r\n     7  2026-01-01T00:00:00.000Z  audit"),
              "a\\u000d\\u000a     7  2026-01-01T00:00:00.000Z  audit");
    EXPECT_EQ(printable("\xff\xc0\xaf"), "\\ufffd\\ufffd\\ufffd");
    EXPECT_EQ(printable("\u202egnp.exe\u2028\U000E0041"), "\\u202egnp.exe\\u2028\\udb40\\udc41");
}

TEST(Printable, every_character_of_unicode_comes_out_as_one_line_that_json_reads_as_the_same_text) {
    for (std::uint32_t code = 1; code < 0x110000; code = code == 0xd7ff ? 0xe000 : code + 1) {
        if (code == '"' || code == '\\') continue;
        std::string text;
        if (code < 0x80) text += static_cast<char>(code);
        else if (code < 0x800) (text += static_cast<char>(0xc0 | code >> 6)) += static_cast<char>(0x80 | (code & 0x3f));
        else if (code < 0x10000)
            ((text += static_cast<char>(0xe0 | code >> 12)) += static_cast<char>(0x80 | (code >> 6 & 0x3f))) +=
                static_cast<char>(0x80 | (code & 0x3f));
        else
            (((text += static_cast<char>(0xf0 | code >> 18)) += static_cast<char>(0x80 | (code >> 12 & 0x3f))) +=
             static_cast<char>(0x80 | (code >> 6 & 0x3f))) += static_cast<char>(0x80 | (code & 0x3f));
        const auto json = exi::Json::parse("\"" + printable(text) + "\"");
        ASSERT_TRUE(json) << code;
        ASSERT_EQ(json->scalar(), text) << code;
    }
}

}  // namespace voltkeep::cli
