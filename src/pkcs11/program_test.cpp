// SPDX-License-Identifier: Apache-2.0
// Against p11-kit and SoftHSM themselves.
#include <gtest/gtest.h>

#include <filesystem>

#include "pkcs11/make.hpp"
#include "pki/certificate.hpp"

namespace voltkeep::pkcs11 {

TEST(Program, makes_a_token_whose_key_does_not_leave_and_opens_with_its_PIN_alone) {
    std::string name = ::testing::TempDir() + "pkcs11-XXXXXX";
    const std::filesystem::path folder = ::mkdtemp(name.data());
    {
        const auto token = Program::start(std::string(default_module), folder.string());
        ASSERT_TRUE(token) << token.error().what.view();
        const auto made = make_token(**token, "0123456789", "secc");
        ASSERT_TRUE(made) << made.error().what.view();
        EXPECT_TRUE(pki::public_from_pem(*made));
    }
    const auto token = MUST(Program::start(std::string(default_module), folder.string()));
    Answer list = MUST(token->ask(Call(Function::get_slot_list).truth(true).room(8)));
    const auto slots = MUST(list.numbers(8));
    const std::uint64_t slot = slots.front();
    Answer info = MUST(token->ask(Call(Function::get_token_info).number(slot)));
    EXPECT_EQ(info.text(), token_label);
    Answer opened = MUST(token->ask(Call(Function::open_session).number(slot).number(session_serial)));
    const auto session = MUST(opened.number());
    const auto log_in = [&](std::string_view pin) {
        return token->ask(Call(Function::login).number(session).number(user).octets(as_bytes(pin)));
    };
    EXPECT_EQ(log_in("0123456780").error().code, Errc::refused);
    ASSERT_TRUE(log_in("0123456789"));
    Call find(Function::find_objects_init);
    find.number(session).attributes({{AttributeType::object_class, object_private}});
    ASSERT_TRUE(token->ask(find));
    Answer found = MUST(token->ask(Call(Function::find_objects).number(session).room(4)));
    const auto keys = MUST(found.numbers(4));
    ASSERT_EQ(keys.size(), 1u);
    auto value =
        token->ask(Call(Function::get_attribute_value).number(session).number(keys.front()).room_for(AttributeType::value, 128));
    EXPECT_FALSE(value && value->attribute(AttributeType::value)) << "the private half";
    std::filesystem::remove_all(folder);
}

}  // namespace voltkeep::pkcs11
