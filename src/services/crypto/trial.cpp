// SPDX-License-Identifier: Apache-2.0
#include "trial.hpp"

#include <botan/auto_rng.h>
#include <botan/ml_dsa.h>
#include <botan/ml_kem.h>
#include <botan/pubkey.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <map>

#include "pki/certificate.hpp"

namespace voltkeep::crypto {
namespace {

using Octets = std::vector<std::uint8_t>;
using Context = std::unique_ptr<EVP_PKEY_CTX, decltype([](EVP_PKEY_CTX* c) { EVP_PKEY_CTX_free(c); })>;

std::unexpected<Error> differs(std::string_view name, std::string_view how) {
    ERR_clear_error();
    return fail(Errc::integrity, std::string(name) + ": " + std::string(how));
}

Octets random_octets(std::size_t size) {
    Octets octets(size);
    CHECK(RAND_bytes(octets.data(), static_cast<int>(size)) == 1);
    return octets;
}

Result<pki::Key> key_from_seed(std::string_view name, Octets seed) {
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ML_KEM_SEED, seed.data(), seed.size()),
                               OSSL_PARAM_construct_end()};
    const Context context(EVP_PKEY_CTX_new_from_name(nullptr, std::string(name).c_str(), nullptr));
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters) != 1)
        return differs(name, "OpenSSL makes no key of the seed");
    return pki::Key(key);
}

Octets public_of(EVP_PKEY* key) {
    Octets octets(8192);
    std::size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size(), &size) != 1) size = 0;
    octets.resize(size);
    return octets;
}

// ---- key encapsulation

struct Encapsulated {
    Octets sent, secret;
};

Result<Encapsulated> encapsulate(EVP_PKEY* key) {
    const Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    Encapsulated out{Octets(4096), Octets(64)};
    std::size_t sent = out.sent.size(), secret = out.secret.size();
    if (!context || EVP_PKEY_encapsulate_init(context.get(), nullptr) != 1 ||
        EVP_PKEY_encapsulate(context.get(), out.sent.data(), &sent, out.secret.data(), &secret) != 1)
        return differs("OpenSSL", "does not encapsulate");
    out.sent.resize(sent);
    out.secret.resize(secret);
    return out;
}

Result<Octets> decapsulate(EVP_PKEY* key, const Octets& sent) {
    const Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    Octets secret(64);
    std::size_t size = secret.size();
    if (!context || EVP_PKEY_decapsulate_init(context.get(), nullptr) != 1 ||
        EVP_PKEY_decapsulate(context.get(), secret.data(), &size, sent.data(), sent.size()) != 1)
        return differs("OpenSSL", "does not decapsulate");
    secret.resize(size);
    return secret;
}

Result<> kem_round(std::string_view name, Botan::ML_KEM_Mode mode, Botan::RandomNumberGenerator& random) {
    const Octets seed = random_octets(64);
    const pki::Key ours = TRY(key_from_seed(name, seed));
    const Botan::ML_KEM_PrivateKey theirs(seed, mode);
    if (theirs.raw_public_key_bits() != public_of(ours.get())) return differs(name, "one seed gives two public keys");

    Botan::PK_KEM_Decryptor open(theirs, random, "Raw");
    const auto opened = [&](const Octets& sent) {
        const auto secret = open.decrypt(sent, 32);
        return Octets(secret.begin(), secret.end());
    };
    Encapsulated out = TRY(encapsulate(ours.get()));
    if (opened(out.sent) != out.secret) return differs(name, "Botan opens another secret than OpenSSL sent");
    const auto theirs_out = Botan::PK_KEM_Encryptor(theirs, "Raw").encrypt(random, 32);
    const auto& bits = theirs_out.encapsulated_shared_key();
    const auto& expected = theirs_out.shared_key();
    const Octets secret = TRY(decapsulate(ours.get(), Octets(bits.begin(), bits.end())));
    if (!std::ranges::equal(secret, expected)) return differs(name, "OpenSSL opens another secret than Botan sent");

    out.sent[out.sent.size() / 2] ^= 1;
    const Octets rejected = TRY(decapsulate(ours.get(), out.sent));
    if (rejected == out.secret) return differs(name, "what was changed on its way opens");
    if (opened(out.sent) != rejected) return differs(name, "what was changed is rejected in two ways");
    return {};
}

// ---- signatures

Result<Octets> sign(EVP_PKEY* key, const Octets& message) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    Octets signature(8192);
    std::size_t size = signature.size();
    if (EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
        return differs("OpenSSL", "does not sign");
    signature.resize(size);
    return signature;
}

bool verifies(EVP_PKEY* key, const Octets& message, const Octets& signature) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const bool is_good = EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) == 1 &&
                         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
    ERR_clear_error();
    return is_good;
}

Result<> signature_round(std::string_view name, Botan::ML_DSA_Mode mode, Botan::RandomNumberGenerator& random) {
    const Octets seed = random_octets(32);
    const pki::Key ours = TRY(key_from_seed(name, seed));
    const Botan::ML_DSA_PrivateKey theirs(seed, mode);
    if (theirs.raw_public_key_bits() != public_of(ours.get())) return differs(name, "one seed gives two public keys");

    const Octets message = random_octets(200);
    Octets other = message;
    other[100] ^= 1;
    Botan::PK_Verifier verifier(theirs, "");
    const Octets signature = TRY(sign(ours.get(), message));
    if (!verifier.verify_message(message, signature)) return differs(name, "Botan does not verify what OpenSSL signed");
    if (verifier.verify_message(other, signature)) return differs(name, "Botan verifies what nobody signed");
    const Octets theirs_signature = Botan::PK_Signer(theirs, random, "").sign_message(message, random);
    if (!verifies(ours.get(), message, theirs_signature)) return differs(name, "OpenSSL does not verify what Botan signed");
    if (verifies(ours.get(), other, theirs_signature)) return differs(name, "OpenSSL verifies what nobody signed");
    return {};
}

/// Botan throws where it cannot go on: a trial ends with an error then, and with nothing else.
template <class F>
Result<> rounds_of(std::string_view name, int rounds, F one) {
    try {
        Botan::AutoSeeded_RNG random;
        for (int i = 0; i < rounds; ++i) TRY(one(random));
        return {};
    } catch (const std::exception& e) {
        return fail(Errc::integrity, std::string(name) + ": " + e.what());
    }
}

// ---- handshakes

struct FreeSsl {
    void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
    void operator()(SSL* s) const { SSL_free(s); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeSsl>;
using Connection = std::unique_ptr<SSL, FreeSsl>;

std::unexpected<Error> no_handshake(std::string_view what) {
    std::array<char, 160> reason{};
    ERR_error_string_n(ERR_peek_last_error(), reason.data(), reason.size());
    ERR_clear_error();
    return fail(Errc::tls, std::string(what) + ": " + reason.data());
}

Result<TlsContext> context_of(const PeerRules& rules, std::string_view groups, EVP_PKEY* key, X509* certificate) {
    TlsContext context(SSL_CTX_new(TLS_method()));
    const auto text = [](std::string_view view) { return std::string(view); };
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
        SSL_CTX_set1_groups_list(context.get(), text(groups).c_str()) != 1 ||
        SSL_CTX_set_ciphersuites(context.get(), text(rules.suites).c_str()) != 1 ||
        SSL_CTX_set1_sigalgs_list(context.get(), text(rules.signatures).c_str()) != 1 ||
        SSL_CTX_use_certificate(context.get(), certificate) != 1 || SSL_CTX_use_PrivateKey(context.get(), key) != 1)
        return no_handshake("the lists of the profile");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       [](int, X509_STORE_CTX*) { return 1; });  // whose it is is not tried here
    return context;
}

Result<> shake_hands(SSL* client, SSL* server) {
    BIO *near = nullptr, *far = nullptr;
    if (BIO_new_bio_pair(&near, 0, &far, 0) != 1) return no_handshake("memory");
    SSL_set_bio(client, near, near);
    SSL_set_bio(server, far, far);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    constexpr int enough = 64;   // turns; a handshake with a HelloRetryRequest takes six
    for (int turn = 0; turn < enough && (SSL_is_init_finished(client) == 0 || SSL_is_init_finished(server) == 0); ++turn)
        for (SSL* const end : {client, server}) {
            const int result = SSL_do_handshake(end);
            const int why = SSL_get_error(end, result);
            if (result != 1 && why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return no_handshake("handshake");
        }
    return SSL_is_init_finished(client) != 0 && SSL_is_init_finished(server) != 0
               ? Result<>{}
               : Result<>(fail(Errc::tls, "the handshake does not end"));
}

/// A group's name as the floor may write it.
bool is_group(std::string_view listed, std::string_view negotiated) {
    const auto plain = [](std::string_view name) { return name == "P-384" ? std::string_view("secp384r1") : name; };
    return plain(listed) == plain(negotiated);
}

bool names(std::string_view list, std::string_view group) {
    while (!list.empty()) {
        const std::size_t end = list.find(':');
        if (is_group(list.substr(0, end), group)) return true;
        list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
    }
    return false;
}

/// What stands behind a name of the profile.
std::vector<std::string> kems_in(const Profile& profile) {
    std::vector<std::string> all;
    for (const PeerRules& rules : profile.peers)
        for (const std::string_view size : {"768", "1024"})
            if (rules.groups.view().contains("MLKEM" + std::string(size)) &&
                !std::ranges::contains(all, "ML-KEM-" + std::string(size)))
                all.push_back("ML-KEM-" + std::string(size));
    return all;
}

std::vector<std::string> signatures_in(const Profile& profile) {
    std::vector<std::string> all{"ML-DSA-65"};   // half of the composite
    for (const std::string_view size : {"44", "65", "87"}) {
        const std::string name = "ML-DSA-" + std::string(size);
        const bool is_named =
            profile.log == name || profile.meter == name || std::ranges::any_of(profile.peers, [&](const PeerRules& r) {
                return r.signatures.view().contains("mldsa" + std::string(size));
            });
        if (is_named && !std::ranges::contains(all, name)) all.push_back(name);
    }
    return all;
}

}  // namespace

Result<> compare_kem(std::string_view name, int rounds) {
    const bool is_large = name == "ML-KEM-1024";
    if (!is_large && name != "ML-KEM-768")
        return fail(Errc::unsupported, std::string(name) + " has no second implementation here");
    const Botan::ML_KEM_Mode mode = is_large ? Botan::ML_KEM_Mode::ML_KEM_1024 : Botan::ML_KEM_Mode::ML_KEM_768;
    return rounds_of(name, rounds, [&](Botan::RandomNumberGenerator& random) { return kem_round(name, mode, random); });
}

Result<> compare_signatures(std::string_view name, int rounds) {
    static const std::map<std::string_view, Botan::ML_DSA_Mode> modes{{"ML-DSA-44", Botan::ML_DSA_Mode::ML_DSA_4x4},
                                                                      {"ML-DSA-65", Botan::ML_DSA_Mode::ML_DSA_6x5},
                                                                      {"ML-DSA-87", Botan::ML_DSA_Mode::ML_DSA_8x7}};
    const auto mode = modes.find(name);
    if (mode == modes.end()) return fail(Errc::unsupported, std::string(name) + " has no second implementation here");
    return rounds_of(name, rounds,
                     [&](Botan::RandomNumberGenerator& random) { return signature_round(name, mode->second, random); });
}

Result<std::string> shadow_handshake(const PeerRules& rules, std::string_view client_groups) {
    const bool is_p521 = rules.signatures.view().contains("secp521r1");
    const pki::Key key = TRY(pki::make_key(is_p521 ? pki::Algorithm::p521 : pki::Algorithm::p384));
    const pki::Contents contents{.subject = {.common_name = "trial", .organization = {}, .domain_component = {}},
                                 .dns_name = {},
                                 .not_before = {0},
                                 .not_after = {4'000'000'000'000}};
    const pki::Certificate certificate = TRY(pki::make_certificate(contents, key.get(), {nullptr, key.get()}));
    const TlsContext server = TRY(context_of(rules, rules.groups, key.get(), certificate.get()));
    const TlsContext client =
        TRY(context_of(rules, client_groups.empty() ? rules.groups.view() : client_groups, key.get(), certificate.get()));
    const Connection near(SSL_new(client.get())), far(SSL_new(server.get()));
    if (!near || !far) return no_handshake("memory");
    TRY(shake_hands(near.get(), far.get()));
    const char* const group = SSL_get0_group_name(far.get());
    if (group == nullptr || !names(rules.floor, group))
        return fail(Errc::integrity, std::string(group == nullptr ? "no group" : group) + " is below the floor");
    return std::string(group);
}

std::vector<Finding> try_profile(const Profile& profile, int rounds) {
    std::vector<Finding> findings;
    const auto note = [&](std::string what, const auto& result) {
        findings.push_back(
            {std::move(what), result.has_value(), result ? std::string() : std::string(result.error().what.view())});
    };
    note("the profile itself", judge(profile));
    for (const std::string& name : kems_in(profile)) note(name + " in two implementations", compare_kem(name, rounds));
    for (const std::string& name : signatures_in(profile))
        note(name + " in two implementations", compare_signatures(name, rounds));
    for (std::size_t peer = 0; peer < profile.peers.size(); ++peer)
        note("a handshake as with " + std::string(name_of(static_cast<Peer>(peer))), shadow_handshake(profile.peers[peer]));
    return findings;
}

}  // namespace voltkeep::crypto
