// SPDX-License-Identifier: Apache-2.0
// PKCS #11 calls as bytes on a stream, as p11-kit's program beside a module (p11-kit-remote) reads and answers them. So a token
// is used over a descriptor that somebody else opened, without waiting, and no module is loaded by who uses it. What comes back
// is bounded and not trusted. Pure functions: no socket, no clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"

namespace voltkeep::pkcs11 {

/// The calls that we make, by p11-kit's numbers.
enum class Function : std::uint32_t {
    initialize = 1,
    get_slot_list = 4,
    get_token_info = 6,
    init_token = 9,
    open_session = 10,
    init_pin = 14,
    login = 18,
    logout = 19,
    create_object = 20,
    get_attribute_value = 24,
    find_objects_init = 26,
    find_objects = 27,
    find_objects_final = 28,
    sign_init = 42,
    sign = 43,
    generate_key_pair = 59,
};

// Of PKCS #11's own numbers those that we use (CKO_, CKK_, CKA_, CKM_, CKU_, CKF_).
inline constexpr std::uint64_t object_public = 2, object_private = 3, key_type_ec = 3;
inline constexpr std::uint64_t mechanism_ec_key_pair = 0x1040, mechanism_ecdsa = 0x1041;
inline constexpr std::uint64_t security_officer = 0, user = 1;
inline constexpr std::uint64_t session_serial = 4, session_read_write = 2;
enum class AttributeType : std::uint32_t {
    object_class = 0x000,
    is_on_token = 0x001,
    is_private = 0x002,
    label = 0x003,
    value = 0x011,
    key_type = 0x100,
    is_sensitive = 0x103,
    signs = 0x108,
    verifies = 0x10a,
    is_extractable = 0x162,
    ec_parameters = 0x180,
    ec_point = 0x181,
};

/// One attribute of a template: a number, a truth, or octets.
struct Attribute {
    enum class Kind : std::uint8_t { number, truth, octets };
    Attribute(AttributeType t, std::uint64_t n) : type(t), kind(Kind::number), number(n) {}
    Attribute(AttributeType t, bool b) : type(t), kind(Kind::truth), number(b ? 1 : 0) {}
    Attribute(AttributeType t, Bytes o) : type(t), kind(Kind::octets), octets(o) {}
    Attribute(AttributeType t, std::string_view text) : Attribute(t, as_bytes(text)) {}
    AttributeType type;
    Kind kind;
    std::uint64_t number = 0;
    Bytes octets;
};

/// One call on its way out. What is put in follows the order of the function's arguments; whoever puts a secret in wipes
/// `frame`'s bytes.
class Call {
public:
    explicit Call(Function function);
    Call& truth(bool value);
    Call& number(std::uint64_t value);
    Call& octets(Bytes value);
    Call& text(std::string_view value);
    Call& attributes(std::initializer_list<Attribute> values);
    Call& mechanism(std::uint64_t type);  ///< one without parameters
    Call& room(std::uint32_t items);      ///< for so many octets, or numbers, of the answer
    /// For one attribute of at most `size` octets.
    Call& room_for(AttributeType type, std::uint32_t size);

    [[nodiscard]] Function function() const { return function_; }
    /// The whole message, under the number by which its answer is known.
    [[nodiscard]] std::vector<std::byte> frame(std::uint32_t number) const;
    /// Where a secret was put in: wiped by its owner.
    [[nodiscard]] std::span<std::byte> bytes() { return body_; }

private:
    Function function_;
    std::vector<std::byte> body_;
};

/// C_Initialize, the first call of a connection.
[[nodiscard]] Call initialize();

/// A connection begins with one octet from each side: the version of the protocol.
inline constexpr std::byte version{0};

/// What stands before every answer.
struct Header {
    static constexpr std::size_t size = 12;
    std::uint32_t number = 0;
    std::uint32_t length = 0;  ///< of what follows
};
inline constexpr std::size_t longest_answer = 4096;
/// Errors: malformed (more than the bound).
[[nodiscard]] Result<Header> header_of(std::span<const std::byte, Header::size> bytes);

/// One answer, taken apart in the order of its parts. It refers to the bytes that it was made of.
class Answer {
public:
    /// Errors: malformed; what the module said: refused (the PIN is wrong or locked), io (everything else, with its number).
    static Result<Answer> to(Function function, Bytes body);

    Result<std::uint64_t> number();
    /// Octets, at most `most`.
    Result<Bytes> octets(std::size_t most);
    Result<std::vector<std::uint64_t>> numbers(std::size_t most);
    Result<std::string_view> text();
    /// The one attribute that was asked for.
    Result<Bytes> attribute(AttributeType type);

private:
    explicit Answer(Bytes rest) : rest_(rest) {}
    Result<Bytes> take(std::size_t size);
    Result<std::uint64_t> integer(std::size_t size);
    Bytes rest_;
};

/// OpenSSL's and TLS's form of a signature (ECDSA-Sig-Value, DER) of a token's: two numbers of one size. Errors: malformed.
[[nodiscard]] Result<std::vector<std::byte>> der_of(Bytes signature);

/// The name of our token, padded as PKCS #11 has it.
inline constexpr std::string_view token_label = "voltkeep                        ";
static_assert(token_label.size() == 32);

}  // namespace voltkeep::pkcs11
