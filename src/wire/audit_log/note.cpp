// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/note.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/utf8.hpp"
#include "wire/audit_log/digest.hpp"

namespace voltkeep::audit_log {

namespace {

constexpr std::string_view signature_mark = "\xe2\x80\x94 ";   // em dash, space
constexpr std::size_t ed25519_key_size = 32, ml_dsa_44_key_size = 1312, point_size = 65;

/// What stands before the point in the SPKI of every P-256 key (RFC 5480, 2).
constexpr std::array<std::uint8_t, 26> spki_head = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                                    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

std::unexpected<Error> bad(std::string_view what) { return fail(Errc::malformed, "signed note: " + std::string(what)); }

/// Code point of the character at the front, whose length is known.
std::uint32_t code_point(std::string_view text, std::size_t length) {
    const auto octet = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
    if (length == 1) return octet(0);
    std::uint32_t point = octet(0) & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) point = point << 6 | (octet(i) & 0x3f);
    return point;
}

/// Unicode's White_Space.
bool is_space(std::uint32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/// Valid UTF-8, all of whose characters `is_allowed` takes.
template <class IsAllowed>
bool consists_of(std::string_view text, IsAllowed&& is_allowed) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0 || !is_allowed(code_point(text, length))) return false;
        text.remove_prefix(length);
    }
    return true;
}

Result<NoteSignature> read_signature(std::string_view line) {
    if (!line.starts_with(signature_mark)) return bad("a signature line does not begin with a dash and a space");
    line.remove_prefix(signature_mark.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || !is_key_name(line.substr(0, space))) return bad("a signature line has no key name");
    const auto bytes = TRY(from_base64(line.substr(space + 1)));
    if (bytes.size() < 5) return bad("a signature is too short");
    NoteSignature signature{std::string(line.substr(0, space)), 0, {bytes.begin() + 4, bytes.end()}};
    for (std::size_t i = 0; i < 4; ++i) signature.key_id = signature.key_id << 8 | std::to_integer<std::uint32_t>(bytes[i]);
    return signature;
}

std::string hex_of(std::uint32_t id) {
    std::string text;
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[id >> shift & 15];
    return text;
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// Null: the point is not on the curve.
EVP_PKEY* p256_of(Bytes point) {
    char curve[] = "prime256v1";
    std::vector<std::byte> copy(point.begin(), point.end());   // OpenSSL's parameters are not const
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
                                     OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.data(), copy.size()),
                                     OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr),
                                                                              EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) != 1)
        return nullptr;
    return made;
}

/// Of a key of the right size. Null: it is none.
Key key_of(const VerifierKey& key) {
    const auto* octets = reinterpret_cast<const unsigned char*>(key.key.data());
    EVP_PKEY* made = nullptr;
    switch (key.type) {
        case SignatureType::ed25519:
            made = EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, octets, key.key.size());
            break;
        case SignatureType::ml_dsa_44:
            made = EVP_PKEY_new_raw_public_key_ex(nullptr, "ML-DSA-44", nullptr, octets, key.key.size());
            break;
        case SignatureType::ecdsa_p256: made = p256_of(Bytes(key.key).subspan(spki_head.size())); break;
    }
    return {made, EVP_PKEY_free};
}

bool has_right_size(const VerifierKey& key) {
    switch (key.type) {
        case SignatureType::ed25519: return key.key.size() == ed25519_key_size;
        case SignatureType::ml_dsa_44: return key.key.size() == ml_dsa_44_key_size;
        case SignatureType::ecdsa_p256:
            return key.key.size() == spki_head.size() + point_size &&
                   std::ranges::equal(Bytes(key.key).first(spki_head.size()), std::as_bytes(std::span(spki_head)));
    }
    return false;
}

}  // namespace

Result<Note> read_note(std::string_view text) {
    if (text.size() > note_bound) return bad("it is too long");
    if (!consists_of(text, [](std::uint32_t c) { return c >= 0x20 || c == '\n'; }))
        return bad("a character that it may not have");
    const std::size_t border = text.rfind("\n\n");   // the last empty line; the text keeps its newline
    if (border == std::string_view::npos) return bad("no signatures behind an empty line");
    Note note{std::string(text.substr(0, border + 1)), {}};
    std::string_view rest = text.substr(border + 2);
    if (rest.empty()) return bad("no signature");
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos) return bad("the last line does not end");
        if (note.signatures.size() == note_signature_bound) return bad("too many signatures");
        note.signatures.push_back(TRY(read_signature(rest.substr(0, end))));
        rest.remove_prefix(end + 1);
    }
    return note;
}

std::string write_note(const Note& note) {
    std::string text = note.text + "\n";
    for (const NoteSignature& s : note.signatures) {
        std::vector<std::byte> bytes;
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(std::byte(s.key_id >> shift & 0xff));
        bytes.insert(bytes.end(), s.bytes.begin(), s.bytes.end());
        text += std::string(signature_mark) + s.name + " " + to_base64(bytes) + "\n";
    }
    return text;
}

bool is_key_name(std::string_view name) {
    return !name.empty() && name.size() <= key_name_bound &&
           consists_of(name, [](std::uint32_t c) { return c > 0x20 && c != '+' && !is_space(c); });
}

std::uint32_t key_id(const VerifierKey& key) {
    static constexpr std::byte newline{'\n'};
    const auto type = static_cast<std::byte>(key.type);
    const Hash hash = key.type == SignatureType::ecdsa_p256
                          ? sha256({key.key})
                          : sha256({as_bytes(key.name), Bytes(&newline, 1), Bytes(&type, 1), key.key});
    std::uint32_t id = 0;
    for (std::size_t i = 0; i < 4; ++i) id = id << 8 | hash[i];
    return id;
}

std::vector<std::byte> p256_key(Bytes point) {
    CHECK(point.size() == point_size);
    const Bytes start = std::as_bytes(std::span(spki_head));
    std::vector<std::byte> key(start.begin(), start.end());
    key.insert(key.end(), point.begin(), point.end());
    return key;
}

Result<VerifierKey> read_verifier_key(std::string_view text) {
    const std::size_t first = text.find('+'), second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos || !is_key_name(text.substr(0, first))) return bad("a verifier key is name+id+key");
    const auto bytes = TRY(from_base64(text.substr(second + 1)));
    if (bytes.empty()) return bad("a verifier key without a key");
    VerifierKey key{std::string(text.substr(0, first)), static_cast<SignatureType>(bytes[0]), {bytes.begin() + 1, bytes.end()}};
    if (key.type != SignatureType::ed25519 && key.type != SignatureType::ecdsa_p256 && key.type != SignatureType::ml_dsa_44)
        return fail(Errc::unsupported, "signed note: a key of another kind than Ed25519, ECDSA P-256 and ML-DSA-44");
    if (!has_right_size(key) || !key_of(key)) return bad("a verifier key that is none");
    if (text.substr(first + 1, second - first - 1) != hex_of(key_id(key))) return bad("the id of a verifier key is not its own");
    return key;
}

std::string write_verifier_key(const VerifierKey& key) {
    std::vector<std::byte> bytes{static_cast<std::byte>(key.type)};
    bytes.insert(bytes.end(), key.key.begin(), key.key.end());
    return key.name + "+" + hex_of(key_id(key)) + "+" + to_base64(bytes);
}

Result<> verify_bytes(const VerifierKey& key, Bytes message, Bytes signature) {
    const Key public_key = has_right_size(key) ? key_of(key) : Key{nullptr, EVP_PKEY_free};
    if (!public_key) return bad("a verifier key that is none");
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const char* digest = key.type == SignatureType::ecdsa_p256 ? "SHA256" : nullptr;   // the others hash by themselves
    const bool is_good =
        EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, nullptr, nullptr, public_key.get(), nullptr) == 1 &&
        EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                         reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
    if (!is_good) return fail(Errc::integrity, "the signature of " + key.name + " is not its key's over this text");
    return {};
}

}  // namespace voltkeep::audit_log
