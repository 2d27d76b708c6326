// SPDX-License-Identifier: Apache-2.0
#include "token.hpp"

#include <openssl/sha.h>

namespace voltkeep::crypto {
namespace {

using pkcs11::Answer, pkcs11::AttributeType, pkcs11::Call, pkcs11::Function;

constexpr Duration pause_before_again = 500ms;  ///< a token that closes at once is not asked in a loop
constexpr std::size_t most_slots = 16, longest_signature = 144;
constexpr Key keys[] = {Key::secc};

}  // namespace

Token::Token(kernel::Service& self, Unlock unlock, kernel::Action again)
    : self_(self),
      unlock_(std::move(unlock)),
      again_(std::move(again)),
      wire_(self, {[this] { list_slots(); }, [this] { late(); }, [this](const Error& why) { lost(why); }}) {}

void Token::take(kernel::os::Descriptor end) {
    if (!end || is_given_up_) return;
    ++connections_;
    wire_.take(std::move(end));
}

// ---- from a connection to the handles of the keys

void Token::ask(Call call, std::move_only_function<Result<>(Answer&)> then) {
    wire_.ask(std::move(call), [this, then = std::move(then)](Result<Answer> answer) mutable {
        const auto done = answer ? then(*answer) : std::unexpected(answer.error());
        if (!done && done.error().code == Errc::refused) return give_up(done.error());  // a PIN is not tried twice
        if (!done) wire_.lose(done.error());
    });
}

void Token::list_slots() {
    ask(std::move(Call(Function::get_slot_list).truth(true).room(most_slots)), [this](Answer& answer) -> Result<> {
        look_at(TRY(answer.numbers(most_slots)), 0);
        return {};
    });
}

void Token::look_at(std::vector<std::uint64_t> slots, std::size_t next) {
    if (next == slots.size()) return give_up(Error(Errc::not_found, "the module has no token of this station"));
    const std::uint64_t slot = slots[next];
    ask(std::move(Call(Function::get_token_info).number(slot)),
        [this, slot, next, slots = std::move(slots)](Answer& answer) mutable -> Result<> {
            if (TRY(answer.text()) == pkcs11::token_label)
                open_session(slot);
            else
                look_at(std::move(slots), next + 1);
            return {};
        });
}

void Token::open_session(std::uint64_t slot) {
    ask(std::move(Call(Function::open_session).number(slot).number(pkcs11::session_serial)), [this](Answer& answer) -> Result<> {
        session_ = TRY(answer.number());
        log_in();
        return {};
    });
}

void Token::log_in() {
    unlock_([this, connection = connections_](Result<Secret> pin) {
        if (connection != connections_) return;
        if (!pin && (pin.error().code == Errc::refused || pin.error().code == Errc::integrity)) return give_up(pin.error());
        if (!pin) {
            reason_ = pin.error().what;
            self_.after(pause_before_again, [this, connection] {
                if (connection == connections_) log_in();
            });
            return;
        }
        ask(std::move(Call(Function::login).number(session_).number(pkcs11::user).octets(pin->view())),
            [this](Answer&) -> Result<> {
                find_keys(0);
                return {};
            });
    });
}

void Token::find_keys(std::size_t number) {
    if (number == std::size(keys)) {
        is_open_ = true;
        reason_ = {};
        return;
    }
    const std::string label = id_of({keys[number], {}});
    Call begin(Function::find_objects_init);
    begin.number(session_).attributes({{AttributeType::object_class, pkcs11::object_private}, {AttributeType::label, label}});
    ask(std::move(begin), [this, number](Answer&) -> Result<> {
        ask(std::move(Call(Function::find_objects).number(session_).room(1)), [this, number](Answer& answer) -> Result<> {
            const auto found = TRY(answer.numbers(1));
            if (found.empty()) return fail(Errc::refused, "the token has no key " + id_of({keys[number], {}}));
            handles_[keys[number]] = found.front();
            ask(std::move(Call(Function::find_objects_final).number(session_)), [this, number](Answer&) -> Result<> {
                find_keys(number + 1);
                return {};
            });
            return {};
        });
        return {};
    });
}

// ---- signatures

void Token::sign(KeyName name, Bytes content, Then then) {
    if (!is_open_) return then(fail(Errc::closed, reason_));
    if (waiting_.size() == most_waiting) return then(fail(Errc::full, "too many wait for the token"));
    Errand errand{name.key, {}, std::move(then)};
    SHA512(reinterpret_cast<const unsigned char*>(content.data()), content.size(),
           reinterpret_cast<unsigned char*>(errand.digest.data()));
    waiting_.push_back(std::move(errand));
    next();
}

void Token::next() {
    if (!is_open_ || waiting_.empty() || wire_.is_asked()) return;
    const Errand& errand = waiting_.front();
    ask(std::move(Call(Function::sign_init).number(session_).mechanism(pkcs11::mechanism_ecdsa).number(handles_.at(errand.key))),
        [this](Answer&) -> Result<> {
            // Who is late meanwhile is answered; the signature that was begun is ended all the same.
            const auto digest = waiting_.empty() ? decltype(Errand::digest){} : waiting_.front().digest;
            ask(std::move(Call(Function::sign).number(session_).octets(digest).room(longest_signature)),
                [this](Answer& signed_) -> Result<> {
                    const Bytes numbers = TRY(signed_.octets(longest_signature));
                    const auto der = TRY(pkcs11::der_of(numbers));
                    answer(Sign::Signature{*Blob<3312>::from(der)});
                    return {};
                });
            return {};
        });
}

void Token::answer(Result<Sign::Signature> signature) {
    if (!is_open_) {  // it was late: whom this was for has his answer
        is_open_ = true;
        reason_ = {};
        return next();
    }
    Then then = std::move(waiting_.front().then);
    waiting_.pop_front();
    then(std::move(signature));
    next();
}

void Token::late() { close("the token does not answer"); }

void Token::lost(const Error& why) {
    close(why.what);
    if (!is_given_up_) self_.after(pause_before_again, [this] { again_(); });
}

void Token::give_up(const Error& why) {
    is_given_up_ = true;
    self_.fault(why);
    wire_.lose(why);
}

void Token::close(std::string_view why) {
    is_open_ = false;
    reason_ = Text<220>::cut(why);
    for (Errand& errand : std::exchange(waiting_, {})) errand.then(fail(Errc::closed, why));
}

}  // namespace voltkeep::crypto
