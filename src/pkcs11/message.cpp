// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/message.hpp"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include <algorithm>
#include <format>
#include <memory>

namespace voltkeep::pkcs11 {
namespace {

/// What p11-kit calls a function's shape: of its arguments, and of its answer. Both are sent and compared.
struct Shape {
    Function function;
    std::string_view request, answer;
};
constexpr Shape shapes[] = {
    {Function::initialize, "ayyay", ""},
    {Function::get_slot_list, "yfu", "au"},
    {Function::get_token_info, "u", "ssssuuuuuuuuuuuvvs"},
    {Function::init_token, "uayz", ""},
    {Function::open_session, "uu", "u"},
    {Function::init_pin, "uay", ""},
    {Function::login, "uuay", ""},
    {Function::logout, "u", ""},
    {Function::create_object, "uaA", "u"},
    {Function::get_attribute_value, "uufA", "aAu"},
    {Function::find_objects_init, "uaA", ""},
    {Function::find_objects, "ufu", "au"},
    {Function::find_objects_final, "u", ""},
    {Function::sign_init, "uMu", ""},
    {Function::sign, "uayfy", "ay"},
    {Function::generate_key_pair, "uMaAaA", "uu"},
};
const Shape& shape_of(Function function) { return *std::ranges::find(shapes, function, &Shape::function); }

constexpr std::uint32_t error_number = 0;  ///< of an answer that is an error, in the place of the function's
constexpr std::uint32_t nothing = 0xffffffff;
constexpr std::uint64_t pin_incorrect = 0xa0, pin_locked = 0xa4;  // CKR_
constexpr std::string_view handshake = "PRIVATE-GNOME-KEYRING-PKCS11-PROTOCOL-V-1";

void put(std::vector<std::byte>& to, std::uint64_t value, std::size_t size) {
    while (size-- > 0) to.push_back(static_cast<std::byte>(value >> 8 * size));
}
void put(std::vector<std::byte>& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
void put_counted(std::vector<std::byte>& to, Bytes bytes) {
    put(to, bytes.size(), 4);
    put(to, bytes);
}
std::uint64_t integer_of(Bytes bytes) {
    std::uint64_t value = 0;
    for (const std::byte b : bytes) value = value << 8 | static_cast<std::uint8_t>(b);
    return value;
}

std::unexpected<Error> bent() { return fail(Errc::malformed, "the token's answer is not one"); }

}  // namespace

Call::Call(Function function) : function_(function) {
    body_.reserve(512);  // a secret that is put in lies in one place
    put(body_, static_cast<std::uint32_t>(function), 4);
    put_counted(body_, as_bytes(shape_of(function).request));
}

Call& Call::truth(bool value) {
    put(body_, value ? 1 : 0, 1);
    return *this;
}
Call& Call::number(std::uint64_t value) {
    put(body_, value, 8);
    return *this;
}
Call& Call::octets(Bytes value) {
    put(body_, 1, 1);
    put_counted(body_, value);
    return *this;
}
Call& Call::text(std::string_view value) {
    put_counted(body_, as_bytes(value));
    return *this;
}
Call& Call::attributes(std::initializer_list<Attribute> values) {
    put(body_, values.size(), 4);
    for (const Attribute& a : values) {
        put(body_, static_cast<std::uint32_t>(a.type), 4);
        put(body_, 1, 1);
        switch (a.kind) {
            case Attribute::Kind::number: put(body_, 8, 4), put(body_, a.number, 8); break;
            case Attribute::Kind::truth: put(body_, 1, 4), put(body_, a.number, 1); break;
            case Attribute::Kind::octets: put(body_, a.octets.size(), 4), put_counted(body_, a.octets); break;
        }
    }
    return *this;
}
Call& Call::mechanism(std::uint64_t type) {
    put(body_, type, 4);
    put(body_, nothing, 4);
    return *this;
}
Call& Call::room(std::uint32_t items) {
    put(body_, items, 4);
    return *this;
}
Call& Call::room_for(AttributeType type, std::uint32_t size) {
    put(body_, 1, 4);
    put(body_, static_cast<std::uint32_t>(type), 4);
    put(body_, size, 4);
    return *this;
}

std::vector<std::byte> Call::frame(std::uint32_t number) const {
    std::vector<std::byte> bytes;
    bytes.reserve(Header::size + body_.size());
    put(bytes, number, 4);
    put(bytes, 0, 4);  // no options
    put(bytes, body_.size(), 4);
    put(bytes, body_);
    return bytes;
}

Call initialize() {
    Call call(Function::initialize);
    call.octets(as_bytes(handshake)).truth(false).octets(as_bytes(std::string_view("\0", 1)));
    return call;
}

Result<Header> header_of(std::span<const std::byte, Header::size> bytes) {
    const std::uint64_t options = integer_of(bytes.subspan(4, 4)), length = integer_of(bytes.subspan(8, 4));
    if (options != 0 || length > longest_answer) return bent();
    return Header{static_cast<std::uint32_t>(integer_of(bytes.first(4))), static_cast<std::uint32_t>(length)};
}

Result<Answer> Answer::to(Function function, Bytes body) {
    Answer answer(body);
    const std::uint64_t said = TRY(answer.integer(4));
    const std::string_view shape = TRY(answer.text());
    if (said == error_number && shape == "u") {
        const std::uint64_t code = TRY(answer.number());
        if (code == pin_incorrect || code == pin_locked) return fail(Errc::refused, "the token does not take the PIN");
        return fail(Errc::io, std::format("the token answers with error {:#x}", code));
    }
    if (said != static_cast<std::uint32_t>(function) || shape != shape_of(function).answer) return bent();
    return answer;
}

Result<Bytes> Answer::take(std::size_t size) {
    if (size > rest_.size()) return bent();
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
}
Result<std::uint64_t> Answer::integer(std::size_t size) { return integer_of(TRY(take(size))); }
Result<std::uint64_t> Answer::number() { return integer(8); }
Result<std::string_view> Answer::text() {
    const std::uint64_t size = TRY(integer(4));
    return as_text(TRY(take(size)));
}
Result<Bytes> Answer::octets(std::size_t most) {
    if (TRY(integer(1)) != 1) return bent();  // only their number: more than there was room for
    const std::uint64_t size = TRY(integer(4));
    if (size > most) return bent();
    return take(size);
}
Result<std::vector<std::uint64_t>> Answer::numbers(std::size_t most) {
    if (TRY(integer(1)) != 1) return bent();
    const std::uint64_t count = TRY(integer(4));
    if (count > most) return bent();
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = 0; i < count; ++i) all.push_back(TRY(number()));
    return all;
}
Result<Bytes> Answer::attribute(AttributeType type) {
    if (TRY(integer(4)) != 1 || TRY(integer(4)) != static_cast<std::uint32_t>(type) || TRY(integer(1)) != 1) return bent();
    (void)TRY(integer(4));  // the size again
    const std::uint64_t size = TRY(integer(4));
    return take(size);
}

Result<std::vector<std::byte>> der_of(Bytes signature) {
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> made(ECDSA_SIG_new(), ECDSA_SIG_free);
    const auto* at = reinterpret_cast<const unsigned char*>(signature.data());
    const auto half = static_cast<int>(signature.size() / 2);
    if (half == 0 || half > 66 || signature.size() % 2 != 0 || !made) return bent();
    BIGNUM* const r = BN_bin2bn(at, half, nullptr);
    BIGNUM* const s = BN_bin2bn(at + half, half, nullptr);
    CHECK(ECDSA_SIG_set0(made.get(), r, s) == 1);
    const int size = i2d_ECDSA_SIG(made.get(), nullptr);
    std::vector<std::byte> der(static_cast<std::size_t>(size));
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    i2d_ECDSA_SIG(made.get(), &out);
    return der;
}

}  // namespace voltkeep::pkcs11
