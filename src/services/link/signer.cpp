// SPDX-License-Identifier: Apache-2.0
#include "signer.hpp"

#include "services/crypto/protocol.hpp"

namespace voltkeep::link {

Result<std::unique_ptr<tls::RemoteKeys>> keys_in_crypto(kernel::Service& self) {
    const auto crypto = self.connect<crypto::Interface>("crypto");
    return tls::RemoteKeys::make([crypto](std::string_view, std::string_view, Bytes content) -> Result<std::vector<std::byte>> {
        const auto text = Blob<crypto::content_bound>::from(content);
        if (!text) return fail(Errc::bad_argument, "longer than what a handshake has signed");
        const auto signature = TRY(crypto.call(crypto::Sign{crypto::Key::tls_csms, {}, crypto::Purpose::tls_client, *text}));
        return std::vector<std::byte>(signature.octets.data(), signature.octets.data() + signature.octets.size());
    });
}

}  // namespace voltkeep::link
