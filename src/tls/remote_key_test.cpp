// SPDX-License-Identifier: Apache-2.0
// Handshakes whose private keys are elsewhere, with a stock OpenSSL at the other end, in memory.
#include "tls/remote_key.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "pki/certificate.hpp"
#include "pki/shape.hpp"

namespace voltkeep::tls {
namespace {

struct FreeSsl {
    void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
    void operator()(SSL* s) const { SSL_free(s); }
};
using Context = std::unique_ptr<SSL_CTX, FreeSsl>;
using Connection = std::unique_ptr<SSL, FreeSsl>;

/// A key and its own certificate.
struct Identity {
    explicit Identity(pki::Algorithm algorithm) : key(MUST(pki::make_key(algorithm))) {
        const pki::Contents contents{.subject = {.common_name = "test", .organization = {}, .domain_component = {}},
                                     .dns_name = {},
                                     .not_before = {0},
                                     .not_after = {4'000'000'000'000}};
        certificate = MUST(pki::make_certificate(contents, key.get(), {nullptr, key.get()}));
    }
    pki::Key key;
    pki::Certificate certificate;
};

/// What has the keys: signs as it is asked, and remembers what for. `is_there` false: it is gone.
struct Holder {
    EVP_PKEY* key = nullptr;
    bool is_there = true;
    int asked = 0;
    std::string name, digest, content;

    Result<std::vector<std::byte>> sign(std::string_view of, std::string_view hash, std::span<const std::byte> text) {
        ++asked;
        name = of;
        digest = hash;
        content = as_text(text);
        if (!is_there) return fail(Errc::closed, "gone");
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        std::vector<std::byte> signature(200);
        std::size_t size = signature.size();
        EXPECT_EQ(EVP_DigestSignInit_ex(context.get(), nullptr, digest.c_str(), nullptr, nullptr, key, nullptr), 1);
        EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                 reinterpret_cast<const unsigned char*>(text.data()), text.size()),
                  1);
        signature.resize(size);
        return signature;
    }
};

Context make_context(OSSL_LIB_CTX* library, EVP_PKEY* key, X509* certificate) {
    Context context(SSL_CTX_new_ex(library, nullptr, TLS_method()));
    EXPECT_EQ(SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION), 1);
    EXPECT_EQ(SSL_CTX_set1_groups_list(context.get(), "SecP384r1MLKEM1024"), 1);
    EXPECT_EQ(SSL_CTX_use_certificate(context.get(), certificate), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key), 1);
    EXPECT_EQ(SSL_CTX_check_private_key(context.get()), 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, [](int, X509_STORE_CTX*) { return 1; });
    return context;
}

bool shake_hands(SSL_CTX* near, SSL_CTX* far) {
    const Connection client(SSL_new(near)), server(SSL_new(far));
    BIO *a = nullptr, *b = nullptr;
    EXPECT_EQ(BIO_new_bio_pair(&a, 0, &b, 0), 1);
    SSL_set_bio(client.get(), a, a);
    SSL_set_bio(server.get(), b, b);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    for (int turn = 0; turn < 64; ++turn)
        for (SSL* const end : {client.get(), server.get()}) {
            const int result = SSL_do_handshake(end), why = SSL_get_error(end, result);
            if (result == 1 || why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) continue;
            ERR_clear_error();
            return false;
        }
    return SSL_is_init_finished(client.get()) != 0 && SSL_is_init_finished(server.get()) != 0;
}

struct RemoteKey : testing::Test {
    Identity own{pki::Algorithm::p384}, peer{pki::Algorithm::p384};
    Holder holder{.key = own.key.get(), .name = {}, .digest = {}, .content = {}};
    std::unique_ptr<RemoteKeys> keys = make_keys();

    std::unique_ptr<RemoteKeys> make_keys() {
        return MUST(RemoteKeys::make([this](std::string_view name, std::string_view digest, std::span<const std::byte> content) {
            return holder.sign(name, digest, content);
        }));
    }
    [[nodiscard]] RemoteKeys::Key remote(const Identity& of) const { return MUST(keys->key("tls-csms", of.key.get())); }
    Context peers = make_context(nullptr, peer.key.get(), peer.certificate.get());
};

}  // namespace

TEST_F(RemoteKey, a_client_proves_itself_with_a_key_that_it_does_not_have) {
    const auto key = remote(own);
    const Context context = make_context(keys->context(), key.get(), own.certificate.get());
    EXPECT_EQ(holder.asked, 0) << "nobody is asked before there is something to sign";
    EXPECT_TRUE(shake_hands(context.get(), peers.get()));
    EXPECT_EQ(holder.asked, 1);
    EXPECT_EQ(holder.name, "tls-csms");
    EXPECT_TRUE(pki::is_tls13_certificate_verify(as_bytes(holder.content), pki::TlsRole::client)) << "what is signed comes whole";
}

TEST_F(RemoteKey, a_server_does_with_each_curve) {
    for (const pki::Algorithm algorithm : {pki::Algorithm::p256, pki::Algorithm::p384, pki::Algorithm::p521}) {
        const Identity server(algorithm);
        holder.key = server.key.get();
        const auto key = remote(server);
        const Context context = make_context(keys->context(), key.get(), server.certificate.get());
        EXPECT_TRUE(shake_hands(peers.get(), context.get())) << static_cast<int>(algorithm);
        EXPECT_TRUE(pki::is_tls13_certificate_verify(as_bytes(holder.content), pki::TlsRole::server));
    }
}

TEST_F(RemoteKey, without_a_signature_there_is_no_connection_and_with_the_next_one_there_is) {
    const auto key = remote(own);
    const Context context = make_context(keys->context(), key.get(), own.certificate.get());
    holder.is_there = false;
    EXPECT_FALSE(shake_hands(context.get(), peers.get()));
    EXPECT_EQ(keys->last_error().code, Errc::closed);
    holder.is_there = true;
    EXPECT_TRUE(shake_hands(context.get(), peers.get()));
}

TEST_F(RemoteKey, anothers_signature_is_noticed_by_the_peer) {
    const auto key = remote(own);
    const Context context = make_context(keys->context(), key.get(), own.certificate.get());
    holder.key = peer.key.get();
    EXPECT_FALSE(shake_hands(context.get(), peers.get()));
}

TEST_F(RemoteKey, has_no_private_half_and_fits_its_certificate_alone) {
    const auto key = remote(own);
    EXPECT_EQ(X509_check_private_key(own.certificate.get(), key.get()), 1);
    EXPECT_EQ(X509_check_private_key(peer.certificate.get(), key.get()), 0);
    BIGNUM* number = nullptr;
    EXPECT_NE(EVP_PKEY_get_bn_param(key.get(), "priv", &number), 1);
    unsigned char* der = nullptr;
    EXPECT_LE(i2d_PrivateKey(key.get(), &der), 0);
    ERR_clear_error();
    const auto ml_dsa = MUST(pki::make_key(pki::Algorithm::ml_dsa_87));
    EXPECT_EQ(keys->key("x", ml_dsa.get()).error().code, Errc::unsupported);
}

}  // namespace voltkeep::tls
