// SPDX-License-Identifier: Apache-2.0
#include "signer.hpp"

#include "services/crypto/protocol.hpp"

namespace voltkeep::link {

std::string_view key_in_crypto(Role role) { return role == Role::v2g_server ? "secc" : "tls-csms"; }

Result<std::unique_ptr<tls::RemoteKeys>> keys_in_crypto(kernel::Service& self, Role role) {
    const auto crypto = self.connect<crypto::Interface>("crypto");
    const bool is_server = role == Role::v2g_server;
    const auto key = is_server ? crypto::Key::secc : crypto::Key::tls_csms;
    const auto purpose = is_server ? crypto::Purpose::tls_server : crypto::Purpose::tls_client;
    return tls::RemoteKeys::make([=](std::string_view, std::string_view, Bytes content) -> Result<std::vector<std::byte>> {
        const auto text = Blob<crypto::content_bound>::from(content);
        if (!text) return fail(Errc::bad_argument, "longer than what a handshake has signed");
        const auto signature = TRY(crypto.call(crypto::Sign{key, {}, purpose, *text}));
        return std::vector<std::byte>(signature.octets.data(), signature.octets.data() + signature.octets.size());
    });
}

}  // namespace voltkeep::link
