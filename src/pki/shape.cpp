// SPDX-License-Identifier: Apache-2.0
#include "pki/shape.hpp"

#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <vector>

namespace voltkeep::pki {
namespace {

bool is_printable(std::string_view line) {
    return std::ranges::all_of(line, [](char c) { return c > ' ' && c <= '~'; });
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_base64(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/'; }

/// The text up to the end of its first line, which is taken away; nothing if there is no whole line.
std::optional<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace

bool is_tls13_certificate_verify(Bytes content, TlsRole role) {
    constexpr std::size_t spaces = 64;
    const std::string_view text = as_text(content);
    const std::string_view context = role == TlsRole::client ? std::string_view("TLS 1.3, client CertificateVerify\0", 34)
                                                             : std::string_view("TLS 1.3, server CertificateVerify\0", 34);
    if (text.size() < spaces || text.find_first_not_of(' ') < spaces || text.substr(spaces, context.size()) != context)
        return false;
    const std::size_t hash = text.size() - spaces - context.size();
    return hash == 32 || hash == 48;   // the hash of the cipher suite: SHA-256 or SHA-384
}

bool is_certificate_request_for(Bytes content, Bytes spki) {
    const auto* at = reinterpret_cast<const unsigned char*>(content.data());
    const auto* const end = at + content.size();
    const std::unique_ptr<X509_REQ_INFO, decltype(&X509_REQ_INFO_free)> info(
        d2i_X509_REQ_INFO(nullptr, &at, static_cast<long>(content.size())), X509_REQ_INFO_free);
    if (!info || at != end) return false;
    // The decoded value is opaque; a request around it has the accessors.
    const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(
        [&]() -> X509_REQ* {
            unsigned char signature[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
                                         0x3d, 0x04, 0x03, 0x03, 0x03, 0x02, 0x00, 0x00};
            std::vector<unsigned char> body(reinterpret_cast<const unsigned char*>(content.data()), end);
            body.insert(body.end(), std::begin(signature), std::end(signature));
            const int size = ASN1_object_size(1, static_cast<int>(body.size()), V_ASN1_SEQUENCE);
            if (size <= 0) return nullptr;
            std::vector<unsigned char> whole(static_cast<std::size_t>(size));
            unsigned char* to = whole.data();
            ASN1_put_object(&to, 1, static_cast<int>(body.size()), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
            std::ranges::copy(body, to);
            const unsigned char* from = whole.data();
            return d2i_X509_REQ(nullptr, &from, size);
        }(),
        X509_REQ_free);
    if (!request) return false;
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request.get()), &der);
    const std::unique_ptr<unsigned char, decltype([](unsigned char* p) { OPENSSL_free(p); })> held(der);
    return size > 0 && std::ranges::equal(std::as_bytes(std::span(der, static_cast<std::size_t>(size))), spki);
}

bool is_checkpoint(Bytes content) {
    std::string_view text = as_text(content);
    const auto origin = take_line(text), size = take_line(text), root = take_line(text);
    if (!origin || !size || !root || !text.empty()) return false;
    if (origin->empty() || origin->starts_with('{') || !is_printable(*origin)) return false;
    if (size->empty() || size->size() > 19 || !std::ranges::all_of(*size, is_digit) || (size->size() > 1 && size->front() == '0'))
        return false;
    return root->size() == 44 && root->back() == '=' && std::ranges::all_of(root->substr(0, 43), is_base64);
}

bool is_timed_checkpoint(Bytes content) {
    constexpr std::string_view label("subtree/v1\n\0", 12);
    constexpr std::size_t number = 8, root = 32;
    std::string_view text = as_text(content);
    if (!text.starts_with(label)) return false;
    text.remove_prefix(label.size());
    const auto take_name = [&text] {
        const std::size_t size = text.empty() ? 0 : static_cast<unsigned char>(text.front());
        const std::string_view name = size > 0 && text.size() > size ? text.substr(1, size) : std::string_view();
        text.remove_prefix(name.empty() ? 0 : size + 1);
        return name;
    };
    const std::string_view name = take_name();
    if (name.empty() || !is_printable(name) || text.size() < number) return false;
    text.remove_prefix(number);  // the time
    if (take_name() != name || text.size() != number + number + root) return false;
    return text.substr(0, number).find_first_not_of('\0') == std::string_view::npos;  // the first entry
}

bool is_reading(Bytes content) {
    const std::string_view text = as_text(content);
    return text.starts_with(R"({"FV":"1.)") && text.ends_with('}') &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

bool is_record(Bytes content) {
    const std::string_view text = as_text(content);
    return text.starts_with(R"(OCMF|{"FV":"1.)") && text.ends_with('}') &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

bool is_cose_sign1(Bytes content) {
    constexpr std::string_view begin = "\x84\x6aSignature1";   // an array of four: the context, two headers, the payload
    return as_text(content).starts_with(begin) && content.size() > begin.size();
}

}  // namespace voltkeep::pki
