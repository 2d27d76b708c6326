// SPDX-License-Identifier: Apache-2.0
// The service, with a stand-in for rot that comes late, refuses, or dies. A client reports by its exit status: the number of the
// first expectation that failed, 0 if none did.
#include "run.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.hpp"
#include "kernel/test_station.hpp"
#include "pki/test_shapes.hpp"
#include "services/rot/protocol.hpp"

namespace voltkeep::crypto {
namespace {

using kernel::Caller, kernel::Defer, kernel::Service;

#define EXPECT_HERE(condition) \
    if (!(condition)) return ::_exit(__LINE__ % 251 + 1)

constexpr std::uint32_t all_of_rot = (1u << rot::Interface::count) - 1;
constexpr std::uint32_t all_messages = (1u << Interface::count) - 1, requests = 0b011;

Sign handshake() {
    std::string text(64, ' ');
    text += std::string("TLS 1.3, client CertificateVerify\0", 34) + std::string(48, 'h');
    return {Key::tls_csms, {}, Purpose::tls_client, *Blob<content_bound>::from(as_bytes(text))};
}
Sign checkpoint() { return {Key::log, {}, Purpose::checkpoint, *Blob<content_bound>::from(as_bytes(pki::timed_checkpoint()))}; }

/// As much of a TPM as crypto asks for; `is_there` says whether it answers. It seals by turning the secret over.
int stand_in(int control, const std::function<bool()>& is_there) {
    Service self = Service::start(control);
    const auto absent = [] { return fail(Errc::closed, "there is no TPM"); };
    self.serve<rot::Interface>(
        [&](const rot::Sign& m) -> Result<rot::Sign::Signature> {
            if (!is_there()) return absent();
            return rot::Sign::Signature{*Blob<144>::from(as_bytes("by the TPM " + std::to_string(static_cast<int>(m.key))))};
        },
        [&](const rot::GetPublic&) -> Result<rot::GetPublic::Public> { return absent(); },
        [&](const rot::Quote&) -> Result<rot::Quote::Quoted> { return absent(); },
        [&](const rot::CounterRead&) -> Result<rot::CounterRead::Value> { return absent(); },
        [&](const rot::CounterIncrement&) -> Result<rot::CounterRead::Value> { return absent(); },
        [&](const rot::Certify&) -> Result<rot::Certify::Certified> { return absent(); },
        [&](const rot::Extend&) -> Result<kernel::Done> { return absent(); },
        [&](const rot::Seal& m) -> Result<rot::Seal::Sealed> {
            if (!is_there()) return absent();
            rot::Seal::Sealed sealed{*Blob<1024>::from(m.secret)};
            std::ranges::reverse(std::span(sealed.sealed.data(), sealed.sealed.size()));
            return sealed;
        },
        [&](const rot::Unseal& m) -> Result<rot::Unseal::Secret> {
            if (!is_there()) return absent();
            rot::Unseal::Secret secret{*Blob<rot::secret_bound>::from(m.sealed)};
            std::ranges::reverse(std::span(secret.secret.data(), secret.secret.size()));
            return secret;
        },
        [&](const rot::Random& m) -> Result<rot::Random::Octets> {
            if (!is_there()) return absent();
            rot::Random::Octets octets;
            CHECK(octets.octets.resize(m.size));
            return octets;
        },
        [&](const rot::GetState&) -> Result<rot::GetState::State> { return absent(); });
    self.seal();
    return self.run();
}

struct World {
    std::filesystem::path folder;
    kernel::testing::TestStation station;
    std::size_t rot = 0, crypto = 0;

    World() {
        std::string name = (std::filesystem::temp_directory_path() / "crypto-XXXXXX").string();
        CHECK(::mkdtemp(name.data()) != nullptr);
        folder = name;
        rot = station.add("rot", [this](int control) { return stand_in(control, [this] { return !is_marked("gone"); }); });
        crypto = station.add("crypto", [this](int control) {
            Service self = Service::start(control);
            return run(self, {.meters = 1}, {(folder / "keys").string(), {}});
        });
        station.conduit<rot::Interface, rot::Pulse>(crypto, rot, all_of_rot, 3000, all_of_rot);
    }
    ~World() { std::filesystem::remove_all(folder); }
    std::size_t client(std::string name, std::function<void(Service&, kernel::Client<Interface>)> body) {
        const std::size_t index = station.add(std::move(name), [body](int control) {
            Service self = Service::start(control);
            body(self, self.connect<Interface>("crypto"));
            return self.run();
        });
        station.conduit<Interface>(index, crypto, all_messages, 4000, requests);
        return index;
    }
    [[nodiscard]] bool is_marked(std::string_view mark) const { return std::filesystem::exists(folder / mark); }
    void set_mark(std::string_view mark) const {
        kernel::os::Descriptor(::open((folder / mark).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)).reset();
    }
};

/// Until the software keys are open.
void when_open(Service& self, kernel::Client<Interface> crypto, std::function<void()> then) {
    const auto done = std::make_shared<bool>();
    self.every(5ms, [=] {
        const auto state = crypto.call(GetState{});
        if (*done || !state || !state->has_software_keys) return;
        *done = true;
        then();
    });
}

}  // namespace

TEST(CryptoService, each_caller_signs_with_its_own_key_for_its_own_purpose) {
    World world;
    const std::size_t link = world.client("link@csms", [](Service& self, kernel::Client<Interface> crypto) {
        when_open(self, crypto, [=] {
            EXPECT_HERE(crypto.request(handshake(), [=](const Result<Sign::Signature>& signature) {
                EXPECT_HERE(signature && as_text(signature->octets) == "by the TPM 0");
                EXPECT_HERE(crypto.request(checkpoint(), [=](const Result<Sign::Signature>& refused) {
                    EXPECT_HERE(!refused && refused.error().code == Errc::refused);
                    const auto state = crypto.call(GetState{});
                    EXPECT_HERE(state.has_value());
                    const auto tls = std::ranges::find(state->keys, Key::tls_csms, &GetState::Use::key),
                               log = std::ranges::find(state->keys, Key::log, &GetState::Use::key);
                    EXPECT_HERE(tls->place == Place::tpm && tls->uses == 1 && tls->last == Purpose::tls_client &&
                                tls->last_ms > 0);
                    EXPECT_HERE(log->place == Place::software && log->refusals == 1);
                    ::_exit(0);
                }));
            }));
        });
    });
    const std::size_t audit = world.client("audit", [](Service& self, kernel::Client<Interface> crypto) {
        when_open(self, crypto, [=] {
            EXPECT_HERE(crypto.request(checkpoint(), [](const Result<Sign::Signature>& signature) {
                EXPECT_HERE(signature && signature->octets.size() == 2420);   // ML-DSA-44
                ::_exit(0);
            }));
        });
    });
    world.station.start();
    EXPECT_EQ(world.station.wait(link), 0);
    EXPECT_EQ(world.station.wait(audit), 0);
    const auto faults = world.station.faults(world.crypto, 50ms);
    EXPECT_TRUE(std::ranges::any_of(faults, [](const kernel::control::Record& r) {
        return r.code == static_cast<std::uint32_t>(Errc::refused);
    })) << "a refusal is told";
}

TEST(CryptoService, a_TPM_that_comes_late_opens_the_software_keys_then) {
    World world;
    world.set_mark("gone");
    const std::size_t audit = world.client("audit", [&](Service& self, kernel::Client<Interface> crypto) {
        EXPECT_HERE(crypto.request(checkpoint(), [&, crypto](const Result<Sign::Signature>& early) {
            EXPECT_HERE(!early && early.error().code == Errc::closed);
            std::filesystem::remove(world.folder / "gone");
            when_open(self, crypto, [=] {
                EXPECT_HERE(crypto.request(checkpoint(), [](const Result<Sign::Signature>& signature) {
                    EXPECT_HERE(signature.has_value());
                    ::_exit(0);
                }));
            });
        }));
    });
    world.station.start();
    EXPECT_EQ(world.station.wait(audit), 0);
}

TEST(CryptoService, software_keys_are_the_same_after_a_death_and_work_without_a_TPM_once_open) {
    World world;
    const std::size_t audit = world.client("audit", [&](Service& self, kernel::Client<Interface> crypto) {
        const std::string kept = (world.folder / "public").string();
        when_open(self, crypto, [=, &world] {
            EXPECT_HERE(crypto.request(GetPublic{.key = Key::log, .evse = {}}, [=,
                                                                                &world](const Result<GetPublic::Public>& found) {
                EXPECT_HERE(found.has_value());
                const auto before = read_file(kept, 4096);
                if (!before) return ::_exit(write_file(kept, found->spki) ? 0 : 1);
                EXPECT_HERE(std::ranges::equal(*before, found->spki.view()));
                world.set_mark("gone");
                EXPECT_HERE(crypto.request(checkpoint(), [](const Result<Sign::Signature>& signature) {
                    EXPECT_HERE(signature.has_value());
                    ::_exit(0);
                }));
            }));
        });
    });
    world.station.start();
    EXPECT_EQ(world.station.wait(audit), 0);
    world.station.kill_and_restart(world.crypto);
    world.station.kill_and_restart(audit);
    EXPECT_EQ(world.station.wait(audit), 0);
}

}  // namespace voltkeep::crypto
