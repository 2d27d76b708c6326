// SPDX-License-Identifier: Apache-2.0
#include <openssl/ssl.h>

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>

namespace {
/// Before Asio initialises OpenSSL: what it may do is said in the code, never in a configuration file of the machine.
[[gnu::constructor(101)]] void initialise_openssl_without_configuration() {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
}
}  // namespace
