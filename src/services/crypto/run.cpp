// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <openssl/rand.h>

#include <deque>

#include "base/file.hpp"
#include "services/rot/protocol.hpp"
#include "software.hpp"
#include "token.hpp"

namespace voltkeep::crypto {
namespace {

constexpr Duration retry = 1s;   ///< to open the software keys, while the TPM says no
const Text<32> wrapping_label = "software-keys", pin_label = "token-pin";

/// The way to the TPM: one request at a time, handshakes first, and a bound.
class ToTpm {
public:
    explicit ToTpm(kernel::Client<rot::Interface> client) : client_(client) {}

    /// `then(result)` is called once, whatever happens.
    template <class M, class Then>
    void ask(bool is_urgent, const M& message, Then then) {
        using R = Result<typename M::Reply>;
        if (waiting_.size() == bound) return then(R(fail(Errc::full, "too many wait for the TPM")));
        Start start = [this, message, shared = std::make_shared<Then>(std::move(then))] {
            const auto sent = client_.request(message, [this, shared](R result) {
                is_busy_ = false;
                (*shared)(std::move(result));
                next();
            });
            is_busy_ = sent.has_value();
            if (!sent) (*shared)(R(std::unexpected(sent.error())));
        };
        if (is_urgent) waiting_.push_front(std::move(start));
        else waiting_.push_back(std::move(start));
        next();
    }

private:
    static constexpr std::size_t bound = 16;
    using Start = std::move_only_function<void()>;

    void next() {
        while (!is_busy_ && !waiting_.empty()) {
            Start start = std::move(waiting_.front());
            waiting_.pop_front();
            start();
        }
    }

    kernel::Client<rot::Interface> client_;
    std::deque<Start> waiting_;
    bool is_busy_ = false;
};

rot::Key tpm_key(Key key) {
    return key == Key::tls_csms ? rot::Key::tls_csms : key == Key::tls_witness ? rot::Key::tls_witness : rot::Key::meter;
}
rot::Purpose tpm_purpose(Purpose purpose) {
    return purpose == Purpose::tls_client ? rot::Purpose::tls_client
           : purpose == Purpose::reading  ? rot::Purpose::reading
                                          : rot::Purpose::certificate_request;
}

class Keys {
public:
    Keys(kernel::Service& self, const Config& config, Files files)
        : self_(self), config_(config), files_(std::move(files)), tpm_(self.connect<rot::Interface>("rot")) {
        for (const KeyName name : keys_of(std::min(config.meters, most_meters)))
            CHECK(state_.keys.push({.key = name.key, .evse = name.evse, .place = place_of(name.key), .last = {}}));
        state_.reason = "the TPM has not answered yet";
        if (config.has_token) use_token();
    }

    /// Opens the software keys, however long the TPM needs to come.
    void begin() {
        const auto kept = read_kept(files_.keys);
        if (!kept) return give_up(kept.error());
        if (*kept) unseal(**kept);
        else make_wrapping_key();
    }

    void sign(const Sign& wanted, const kernel::Caller& caller, kernel::Defer<Sign::Signature> reply) {
        if (const auto allowed = may_sign(wanted, caller.type, caller.evse); !allowed) {
            if (GetState::Use* const use = find({wanted.key, wanted.evse})) ++use->refusals;
            self_.fault(allowed.error());   // a security event: the process manager's events are the log's
            return reply(std::unexpected(allowed.error()));
        }
        const KeyName name{wanted.key, wanted.evse};
        if (place_of(wanted.key) == Place::software) {
            const auto signature = software_ ? software_->sign(name, wanted.content) : Result<Sign::Signature>(not_open());
            if (signature) note(name, wanted.purpose);
            return reply(signature);
        }
        if (place_of(wanted.key) == Place::token) {
            if (!token_) return reply(fail(Errc::closed, "this station has no token"));
            return token_->sign(name, wanted.content,
                                [this, name, purpose = wanted.purpose,
                                 reply = std::move(reply)](const Result<Sign::Signature>& signature) mutable {
                                    if (signature) note(name, purpose);
                                    reply(signature);
                                });
        }
        tpm_.ask(wanted.purpose == Purpose::tls_client,
                 rot::Sign{tpm_key(wanted.key), wanted.evse, tpm_purpose(wanted.purpose), wanted.content},
                 [this, name, purpose = wanted.purpose,
                  reply = std::move(reply)](const Result<rot::Sign::Signature>& signature) mutable {
                     if (!signature) return reply(std::unexpected(signature.error()));
                     note(name, purpose);
                     reply(Sign::Signature{*Blob<3312>::from(signature->der)});
                 });
    }

    void get_public(const GetPublic& wanted, kernel::Defer<GetPublic::Public> reply) {
        if (place_of(wanted.key) == Place::software)
            return reply(software_ ? software_->get_public({wanted.key, wanted.evse}) : Result<GetPublic::Public>(not_open()));
        if (place_of(wanted.key) == Place::token)
            return reply(fail(Errc::unsupported, "a key of the token is in its certificate"));
        tpm_.ask(false, rot::GetPublic{tpm_key(wanted.key), wanted.evse},
                 [reply = std::move(reply)](const Result<rot::GetPublic::Public>& found) mutable {
                     if (!found) return reply(std::unexpected(found.error()));
                     reply(GetPublic::Public{*Blob<2048>::from(found->spki)});
                 });
    }

    [[nodiscard]] GetState::State state() const {
        GetState::State state = state_;
        state.has_token = token_ && token_->is_open();
        if (token_) state.token_reason = token_->reason();
        return state;
    }

private:
    [[nodiscard]] std::unexpected<Error> not_open() const { return fail(Errc::closed, state_.reason); }

    void use_token() {
        token_.emplace(self_, [this](Token::Unlocked then) { unlock_token(std::move(then)); }, [this] { self_.reopen("token"); });
        self_.on_device("token", [this](int descriptor) { token_->take(kernel::os::Descriptor(descriptor)); });
        token_->take(kernel::os::Descriptor(self_.device("token")));
    }

    void unlock_token(Token::Unlocked then) {
        const auto sealed = read_file(files_.pin, decltype(rot::Unseal::sealed)::capacity);
        if (!sealed) return then(fail(Errc::integrity, sealed.error().what));
        tpm_.ask(false, rot::Unseal{pin_label, *Blob<1024>::from(*sealed)},
                 [then = std::move(then)](Result<rot::Unseal::Secret> found) mutable {
                     if (found)
                         then(Secret::take({found->secret.data(), found->secret.size()}));
                     else
                         then(std::unexpected(found.error()));
                 });
    }

    void unseal(const Kept& kept) {
        tpm_.ask(false, rot::Unseal{wrapping_label, kept.sealed}, [this, kept](Result<rot::Unseal::Secret> found) {
            if (!found) return again(found.error());
            const auto wrapping_key = Secret::take({found->secret.data(), found->secret.size()});
            if (!wrapping_key) return give_up(wrapping_key.error());
            open(*wrapping_key, kept);
        });
    }

    /// The first start: half of the wrapping key's randomness is the TPM's.
    void make_wrapping_key() {
        tpm_.ask(false, rot::Random{wrapping_key_size}, [this](Result<rot::Random::Octets> random) {
            if (!random) return again(random.error());
            std::array<std::byte, wrapping_key_size> octets{};
            if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(octets.size())) != 1)
                return give_up(Error(Errc::io, "no random bytes"));
            for (std::size_t i = 0; i < octets.size(); ++i) octets[i] ^= random->octets.view()[i];
            // Not bound to the registers of the boot: the first update changes them, and the keys would be lost with it.
            const rot::Seal seal{.label = wrapping_label, .secret = *Blob<rot::secret_bound>::from(octets), .bound = {}};
            auto wrapping_key = Secret::take(octets);
            if (!wrapping_key) return give_up(wrapping_key.error());
            tpm_.ask(false, seal, [this, key = std::move(*wrapping_key)](const Result<rot::Seal::Sealed>& sealed) {
                if (!sealed) return again(sealed.error());
                open(key, {.sealed = sealed->sealed, .keys = {}});
            });
        });
    }

    void open(const Secret& wrapping_key, const Kept& kept) {
        auto opened = SoftwareKeys::open(wrapping_key, kept, config_.meters, 0);
        if (!opened) return give_up(opened.error());
        if (opened->is_new())
            if (const auto written = opened->write(files_.keys); !written) return again(written.error());
        software_ = std::move(*opened);
        state_.has_software_keys = true;
        state_.reason = {};
    }

    /// It may be better later: the TPM is not there yet, the disk is full.
    void again(const Error& error) {
        if (error.code == Errc::refused || error.code == Errc::integrity || error.code == Errc::malformed) return give_up(error);
        state_.reason = error.what;
        self_.after(retry, [this] { begin(); });
    }
    void give_up(const Error& error) {
        state_.reason = error.what;
        self_.fault(error);
    }

    GetState::Use* find(KeyName name) {
        const auto use =
            std::ranges::find_if(state_.keys, [&](const GetState::Use& u) { return KeyName{u.key, u.evse} == name; });
        return use == state_.keys.end() ? nullptr : &*use;
    }
    void note(KeyName name, Purpose purpose) {
        GetState::Use* const use = find(name);
        if (use == nullptr) return;
        ++use->uses;
        use->last = purpose;
        use->last_ms = wall_now().unix_ms;
    }

    kernel::Service& self_;
    const Config& config_;
    Files files_;
    ToTpm tpm_;
    std::optional<Token> token_;
    std::optional<SoftwareKeys> software_;
    GetState::State state_;
};

}  // namespace

int run(kernel::Service& self, const Config& config, Files files) {
    Keys keys(self, config, std::move(files));
    self.serve<Interface>(
        [&](const Sign& m, const kernel::Caller& caller, kernel::Defer<Sign::Signature> reply) {
            keys.sign(m, caller, std::move(reply));
        },
        [&](const GetPublic& m, kernel::Defer<GetPublic::Public> reply) { keys.get_public(m, std::move(reply)); },
        [&](const GetState&) -> Result<GetState::State> { return keys.state(); });
    self.after(Duration::zero(), [&] { keys.begin(); });
    self.seal();
    return self.run();
}

}  // namespace voltkeep::crypto
