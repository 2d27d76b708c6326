// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/digest.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <cstring>
#include <memory>

namespace voltkeep::audit_log {

namespace {

const EVP_MD* algorithm() {
    static EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);   // fetched once: a fetch costs more than the hash
    CHECK(digest != nullptr);
    return digest;
}

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value of each digit; 255: none.
constexpr std::array<std::uint8_t, 256> values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(255);
    for (std::size_t i = 0; i < digits.size(); ++i) table[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
    return table;
}();

}  // namespace

Hash sha256(std::initializer_list<Bytes> pieces) {
    thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    Hash hash;
    unsigned size = 0;
    CHECK(EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1);
    for (const Bytes piece : pieces) CHECK(EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1);
    CHECK(EVP_DigestFinal_ex(context.get(), hash.data(), &size) == 1 && size == hash.size());
    return hash;
}

std::string to_base64(Bytes bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? std::to_integer<unsigned>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k) text += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

Result<std::vector<std::byte>> from_base64(std::string_view text) {
    const auto bad = [] { return fail(Errc::malformed, "no base64"); };
    if (text.size() % 4 != 0) return bad();
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3);
    unsigned group = 0, bits = 0;
    for (const char c : text.substr(0, text.size() - padding)) {
        const unsigned digit = values[static_cast<unsigned char>(c)];
        if (digit == 255) return bad();
        group = (group << 6 | digit) & 0xffff;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(std::byte(group >> bits & 0xff));
    }
    if (bits != 2 * padding || (group & ((1u << bits) - 1)) != 0) return bad();
    return bytes;
}

Result<std::uint64_t> read_decimal(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || stopped != end || (text.size() > 1 && text.front() == '0'))
        return fail(Errc::malformed, "no decimal number");
    return value;
}

Result<Hash> read_hash(std::string_view text) {
    Hash hash;
    const auto bytes = TRY(from_base64(text));
    if (bytes.size() != hash.size()) return fail(Errc::malformed, "no SHA-256 hash");
    std::memcpy(hash.data(), bytes.data(), hash.size());
    return hash;
}

}  // namespace voltkeep::audit_log
