// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/make.hpp"

namespace voltkeep::pkcs11 {
namespace {

constexpr std::uint64_t is_initialised = 0x400;  // CKF_TOKEN_INITIALIZED
constexpr std::size_t most_slots = 16;

/// The slot whose token has this label, or that has an empty one. Errors: full.
Result<std::uint64_t> find_slot(Program& token, std::string_view label, bool is_empty) {
    Answer list = TRY(token.ask(Call(Function::get_slot_list).truth(true).room(most_slots)));
    const auto slots = TRY(list.numbers(most_slots));
    for (const std::uint64_t slot : slots) {
        Answer info = TRY(token.ask(Call(Function::get_token_info).number(slot)));
        const std::string name(TRY(info.text()));
        for (int skipped = 0; skipped < 3; ++skipped) (void)TRY(info.text());  // maker, model, serial number
        const bool has_begun = (TRY(info.number()) & is_initialised) != 0;
        if (is_empty ? !has_begun : name == label) return slot;
    }
    return fail(Errc::full, "the module has no empty token");
}

}  // namespace

Result<std::uint64_t> begin_token(Program& token, std::string_view pin) {
    const std::uint64_t empty = TRY(find_slot(token, {}, true));
    // One secret: there is no officer beside the user.
    (void)TRY(token.ask(Call(Function::init_token).number(empty).octets(as_bytes(pin)).text(token_label)));
    const std::uint64_t slot = TRY(find_slot(token, token_label, false));
    Answer opened = TRY(token.ask(Call(Function::open_session).number(slot).number(session_serial | session_read_write)));
    const std::uint64_t session = TRY(opened.number());
    (void)TRY(token.ask(Call(Function::login).number(session).number(security_officer).octets(as_bytes(pin))));
    (void)TRY(token.ask(Call(Function::init_pin).number(session).octets(as_bytes(pin))));
    (void)TRY(token.ask(Call(Function::logout).number(session)));
    (void)TRY(token.ask(Call(Function::login).number(session).number(user).octets(as_bytes(pin))));
    return session;
}

}  // namespace voltkeep::pkcs11
