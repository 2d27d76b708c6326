// SPDX-License-Identifier: Apache-2.0
#include "pki/shape.hpp"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "pki/certificate.hpp"
#include "pki/test_shapes.hpp"

namespace voltkeep::pki {
namespace {

std::string certificate_verify(std::string_view role, std::size_t hash, std::size_t spaces = 64) {
    std::string text(spaces, ' ');
    text += "TLS 1.3, " + std::string(role) + " CertificateVerify";
    text += '\0';
    return text + std::string(hash, ' ');   // a hash may be all spaces
}
std::string checkpoint(std::string_view origin = "voltkeep/VK-DEV-0001", std::string_view size = "42") {
    return std::string(origin) + "\n" + std::string(size) + "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
}
const std::string reading = R"({"FV":"1.4","GI":"Voltkeep","RD":[]})";

std::vector<std::byte> request_for(EVP_PKEY* key) {
    const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), X509_REQ_free);
    X509_REQ_set_pubkey(request.get(), key);
    unsigned char* der = nullptr;
    const int size = i2d_re_X509_REQ_tbs(request.get(), &der);
    const auto octets = std::as_bytes(std::span(der, static_cast<std::size_t>(size)));
    std::vector<std::byte> content(octets.begin(), octets.end());
    OPENSSL_free(der);
    return content;
}

}  // namespace

TEST(Shape, certificate_verify_is_of_one_role_and_one_length) {
    for (const std::size_t hash : {32u, 48u}) {
        EXPECT_TRUE(is_tls13_certificate_verify(as_bytes(certificate_verify("client", hash)), TlsRole::client));
        EXPECT_TRUE(is_tls13_certificate_verify(as_bytes(certificate_verify("server", hash)), TlsRole::server));
        EXPECT_FALSE(is_tls13_certificate_verify(as_bytes(certificate_verify("server", hash)), TlsRole::client));
        EXPECT_FALSE(is_tls13_certificate_verify(as_bytes(certificate_verify("client", hash)), TlsRole::server));
    }
    for (const std::size_t hash : {0u, 31u, 33u, 47u, 64u})
        EXPECT_FALSE(is_tls13_certificate_verify(as_bytes(certificate_verify("client", hash)), TlsRole::client)) << hash;
    for (const std::size_t spaces : {0u, 63u, 65u})
        EXPECT_FALSE(is_tls13_certificate_verify(as_bytes(certificate_verify("client", 48, spaces)), TlsRole::client)) << spaces;
    EXPECT_FALSE(is_tls13_certificate_verify({}, TlsRole::client));
}

TEST(Shape, request_is_whole_and_for_this_key) {
    const Key own = MUST(make_key(Algorithm::p384)), other = MUST(make_key(Algorithm::p384));
    const auto content = request_for(own.get());
    EXPECT_TRUE(is_certificate_request_for(content, public_der(own.get())));
    EXPECT_FALSE(is_certificate_request_for(content, public_der(other.get())));
    auto longer = content;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(is_certificate_request_for(longer, public_der(own.get())));
    for (std::size_t size = 0; size < content.size(); ++size)
        EXPECT_FALSE(is_certificate_request_for(Bytes(content).first(size), public_der(own.get()))) << size;
}

TEST(Shape, checkpoint_has_three_lines) {
    EXPECT_TRUE(is_checkpoint(as_bytes(checkpoint())));
    EXPECT_TRUE(is_checkpoint(as_bytes(checkpoint("o", "0"))));
    EXPECT_FALSE(is_checkpoint(as_bytes(checkpoint("o", "042"))));
    EXPECT_FALSE(is_checkpoint(as_bytes(checkpoint("o", "-1"))));
    EXPECT_FALSE(is_checkpoint(as_bytes(checkpoint("o", "99999999999999999999"))));
    EXPECT_FALSE(is_checkpoint(as_bytes(checkpoint("", "1"))));
    EXPECT_FALSE(is_checkpoint(as_bytes(checkpoint("a b", "1"))));
    EXPECT_FALSE(is_checkpoint(as_bytes(checkpoint() + "more\n")));
    const std::string good = checkpoint();
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(is_checkpoint(as_bytes(good.substr(0, size)))) << size;
}

TEST(Shape, timed_checkpoint_is_of_a_whole_log_by_its_own_name) {
    const std::string good = timed_checkpoint();
    EXPECT_TRUE(is_timed_checkpoint(as_bytes(good)));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(is_timed_checkpoint(as_bytes(good.substr(0, size)))) << size;
    EXPECT_FALSE(is_timed_checkpoint(as_bytes(good + '\0')));
    EXPECT_FALSE(is_timed_checkpoint(as_bytes(timed_checkpoint("a b"))));
    std::string other = good;
    other[other.find("VK", 30)] = 'W';
    EXPECT_FALSE(is_timed_checkpoint(as_bytes(other))) << "of another log";
    other = good;
    other[good.size() - 41] = '\1';
    EXPECT_FALSE(is_timed_checkpoint(as_bytes(other))) << "of a part";
}

TEST(Shape, nothing_has_two_shapes) {
    const Key key = MUST(make_key(Algorithm::p384));
    const auto der = request_for(key.get());
    const std::string all[] = {certificate_verify("client", 48),
                               certificate_verify("server", 48),
                               std::string(as_text(der)),
                               checkpoint(),
                               timed_checkpoint(),
                               reading,
                               "OCMF|" + reading + R"(|{"SD":"00"})",
                               "\x84\x6aSignature1\x40\x40\x40"};
    for (const std::string& one : all) {
        const Bytes content = as_bytes(one);
        const int shapes = is_tls13_certificate_verify(content, TlsRole::client) +
                           is_tls13_certificate_verify(content, TlsRole::server) +
                           is_certificate_request_for(content, public_der(key.get())) + is_checkpoint(content) +
                           is_timed_checkpoint(content) + is_reading(content) + is_record(content) + is_cose_sign1(content);
        EXPECT_EQ(shapes, 1) << one;
    }
}

TEST(Shape, reading_is_one_line_of_JSON) {
    EXPECT_TRUE(is_reading(as_bytes(reading)));
    EXPECT_FALSE(is_reading(as_bytes(reading + "\n")));
    EXPECT_FALSE(is_reading(as_bytes(" " + reading)));
    EXPECT_FALSE(is_reading(as_bytes(R"({"GI":"Voltkeep"})")));
}

}  // namespace voltkeep::pki
