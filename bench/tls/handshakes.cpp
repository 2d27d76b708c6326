// SPDX-License-Identifier: Apache-2.0
#include "handshakes.hpp"

#include <openssl/bio.h>

#include "base/clock.hpp"
#include "tls/details.hpp"

namespace bench {

using namespace voltkeep;

namespace {
using Connection = std::unique_ptr<SSL, decltype([](SSL* connection) { SSL_free(connection); })>;

tls::Profile profile(const std::string& folder, tls::Side side, const Exchange& exchange) {
    tls::Profile profile;
    profile.side = side;
    profile.certificates = folder + "/chain.pem";
    profile.key = folder + "/key.pem";
    profile.trust = folder + "/trust.pem";
    profile.suites = "TLS_AES_256_GCM_SHA384";
    profile.groups = exchange.groups;
    profile.signature_algorithms = "ecdsa_secp384r1_sha384:mldsa87";
    return profile;
}
}  // namespace

Result<Handshakes> Handshakes::make(const std::string& pki, const Exchange& exchange, const tls::RemoteKeys* keys) {
    tls::Profile station = profile(pki + "/station", tls::Side::client, exchange);
    station.keys = keys;
    if (keys != nullptr) station.key = "tls-csms";
    return Handshakes(TRY(tls::make_context(station)),
                      TRY(tls::make_context(profile(pki + "/csms", tls::Side::server, exchange))));
}

Result<std::uint32_t> Handshakes::one() {
    const Instant begun = now();
    const Connection station(SSL_new(station_.get())), csms(SSL_new(csms_.get()));
    BIO *near = nullptr, *far = nullptr;
    if (BIO_new_bio_pair(&near, 65536, &far, 65536) != 1) return fail(Errc::tls, "no memory for a pair of ends");
    SSL_set_bio(station.get(), near, near);
    SSL_set_bio(csms.get(), far, far);
    SSL_set_connect_state(station.get());
    SSL_set_accept_state(csms.get());
    TRY(tls::expect_name(station.get(), "localhost"));
    while (SSL_is_init_finished(station.get()) == 0 || SSL_is_init_finished(csms.get()) == 0)
        for (SSL* const end : {station.get(), csms.get()}) {
            const int result = SSL_do_handshake(end), why = SSL_get_error(end, result);
            if (result != 1 && why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
                return fail(Errc::tls, tls::last_openssl_error().view());
        }
    octets_ = static_cast<std::size_t>(BIO_number_written(near) + BIO_number_written(far));
    return static_cast<std::uint32_t>((now() - begun).count());
}

}  // namespace bench
