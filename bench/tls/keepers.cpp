// SPDX-License-Identifier: Apache-2.0
#include "keepers.hpp"

#include <cstdio>
#include <filesystem>

#include "base/file.hpp"
#include "kernel/test_station.hpp"
#include "pki/certificate.hpp"
#include "pki/development.hpp"
#include "services/crypto/protocol.hpp"
#include "services/crypto/run.hpp"
#include "services/link/signer.hpp"
#include "services/rot/run.hpp"
#include "services/rot/test_tpm.hpp"

namespace bench {
namespace {

using namespace voltkeep;

constexpr std::uint32_t everything = 0xffffffff;

/// In rot's place: one key in memory, and what crypto needs to open its own.
int sign_in_memory(int control) {
    auto self = kernel::Service::start(control);
    const pki::Key key = MUST(pki::make_key(pki::Algorithm::p384));
    const auto unable = [] { return fail(Errc::unsupported); };
    self.serve<rot::Interface>(
        [&](const rot::Sign& m) -> Result<rot::Sign::Signature> {
            rot::Sign::Signature signature;
            std::size_t size = 144;
            CHECK(signature.der.resize(size));
            const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
            CHECK(EVP_DigestSignInit(digest.get(), nullptr, EVP_sha384(), nullptr, key.get()) == 1);
            CHECK(EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.der.data()), &size,
                                 reinterpret_cast<const unsigned char*>(m.content.data()), m.content.size()) == 1);
            CHECK(signature.der.resize(size));
            return signature;
        },
        [&](const rot::GetPublic&) -> Result<rot::GetPublic::Public> {
            return rot::GetPublic::Public{*Blob<160>::from(pki::public_der(key.get())), {}};
        },
        [&](const rot::Quote&) -> Result<rot::Quote::Quoted> { return unable(); },
        [&](const rot::CounterRead&) -> Result<rot::CounterRead::Value> { return unable(); },
        [&](const rot::CounterIncrement&) -> Result<rot::CounterRead::Value> { return unable(); },
        [&](const rot::Certify&) -> Result<rot::Certify::Certified> { return unable(); },
        [&](const rot::Extend&) -> Result<kernel::Done> { return unable(); },
        [&](const rot::Seal& m) -> Result<rot::Seal::Sealed> { return rot::Seal::Sealed{*Blob<1024>::from(m.secret)}; },
        [&](const rot::Unseal&) -> Result<rot::Unseal::Secret> { return unable(); },
        [&](const rot::Random& m) -> Result<rot::Random::Octets> {
            rot::Random::Octets octets;
            CHECK(octets.octets.resize(m.size));
            return octets;
        },
        [&](const rot::GetState&) -> Result<rot::GetState::State> { return unable(); });
    return self.run();
}

/// swtpm, as a station without a part has it.
class Emulated final : public rot::Source {
public:
    explicit Emulated(const rot::testing::Killable& part) : part_(part) {}
    void begin(std::move_only_function<void(std::unique_ptr<rot::Wire>)> arrived) override {
        arrived_ = std::move(arrived);
        again();
    }
    void again() override { arrived_(part_.wire()); }

private:
    const rot::testing::Killable& part_;
    std::move_only_function<void(std::unique_ptr<rot::Wire>)> arrived_;
};

/// The station's certificate for the key that is over there. Waits until it is: a TPM makes it first.
Result<> certify(kernel::Client<crypto::Interface> crypto, const std::string& pki) {
    auto found = crypto.call(crypto::GetPublic{});
    for (const Instant deadline = now() + 30s; !found && now() < deadline; found = crypto.call(crypto::GetPublic{}))
        ::usleep(20'000);
    if (!found) return std::unexpected(found.error());
    std::filesystem::create_directories(pki + "/tpm");
    const pki::Key key = TRY(pki::public_from_der(found->spki.view()));
    TRY(write_file(pki + "/tpm/tls-csms.pem", as_bytes(pki::public_pem(key.get()))));
    TRY(pki::make_development({.directory = pki, .has_tpm = true}, wall_now()));
    return {};
}

}  // namespace

bool with_keeper(Place place, const std::string& folder,
                 const std::function<bool(const tls::RemoteKeys&, const std::string&)>& what) {
    kernel::testing::TestStation station;
    std::optional<rot::testing::Killable> part;
    if (place == Place::tpm) part.emplace(folder + "/part");
    const std::size_t rot = station.add("rot", [&](int control) {
        if (!part) return sign_in_memory(control);
        auto self = kernel::Service::start(control);
        Emulated source(*part);
        return rot::run(self, {}, folder + "/rot", source);
    });
    const std::size_t crypto = station.add("crypto", [&](int control) {
        auto self = kernel::Service::start(control);
        return crypto::run(self, {}, {.keys = folder + "/crypto", .pin = folder + "/pin"});
    });
    const std::size_t link = station.add("link@csms", [&](int control) {
        auto self = kernel::Service::start(control);
        const std::string pki = folder + "/pki";
        const auto certified = certify(self.connect<crypto::Interface>("crypto"), pki);
        const auto keys = link::keys_in_crypto(self, link::Role::websocket_client);
        if (!certified || !keys)
            std::fprintf(stderr, "bench_tls: %s\n",
                         std::string((certified ? keys.error() : certified.error()).what.view()).c_str());
        return certified && keys && what(**keys, pki) ? 0 : 1;
    });
    station.conduit<rot::Interface, rot::Pulse>(crypto, rot, everything, 3000, everything);
    station.conduit<crypto::Interface>(link, crypto, everything, 4000);
    station.start();
    return station.wait(link) == 0;
}

}  // namespace bench
