// SPDX-License-Identifier: Apache-2.0
// Reads the energy meter of one EVSE, serves its newest reading, pulses for each, and signs those that are billed.
#include "age.hpp"
#include "billing.hpp"
#include "bus.hpp"
#include "kernel/config.hpp"
#include "kernel/service.hpp"
#include "patience.hpp"
#include "pki/certificate.hpp"
#include "services/crypto/protocol.hpp"
#include "services/meter/frames.hpp"
#include "services/meter/protocol.hpp"
#include "watch.hpp"

namespace voltkeep::meter {
namespace {

constexpr Duration stale_after = 1s;
/// The meter is waited for, and a disk that fails is tried again, for so long. Whoever asked waits longer: for a slow TPM.
constexpr Duration patience = 800ms, disk_pause = 100ms;
constexpr std::size_t largest_file = 8'192;

/// `then` is called once, perhaps later: the key may be in another process.
using Then = std::move_only_function<void(Result<std::vector<std::byte>> signature)>;
using Signer = std::move_only_function<void(Bytes payload, Then then)>;

class Meter {
public:
    /// `capsule`: the public key of a meter that signs by itself, else null. `public_key` is of who signs.
    Meter(kernel::Service& self, const Config& config, Result<Billing> billing, Signer signer, EVP_PKEY* capsule,
          Bytes public_key)
        : self_(self),
          billing_(std::move(billing)),
          signer_(std::move(signer)),
          capsule_(capsule),
          public_key_(*Blob<128>::from(public_key)),
          is_driven_(config.is_driven),
          watch_(config.nameplate, billing_ ? billing_->known() : std::nullopt),
          bus_(
              {[this](int descriptor, std::function<void()> then) {
                   self_.watch(descriptor, false, [then = std::move(then)](bool, bool) { then(); });
               },
               [this](int descriptor) { self_.unwatch(descriptor); }},
              [this](Bytes frame) { take(frame); }, [this] { self_.fault(Error(Errc::closed, "the meter's bus is gone")); }) {
        if (!billing_) self_.fault(billing_.error());
        if (is_driven_) return;   // its policy has no bus then
        self_.on_device("meter", [this](int descriptor) { bus_.adopt(descriptor); });
        bus_.adopt(self_.device("meter"));
        self_.every(500ms, [this] {
            if (!bus_) self_.reopen("meter");
        });
    }

    [[nodiscard]] Result<Sample> newest() const {
        if (!sample_ || now() - Instant{sample_->taken_ns} > stale_after) return fail(Errc::stale, "the meter does not answer");
        return *sample_;
    }

    Result<kernel::Done> put(const Reading& r) {
        if (!is_driven_) return fail(Errc::bad_state, "this meter has its own bus");
        if (!is_register(r.import_mwh) || !is_register(r.export_mwh)) return fail(Errc::malformed, "no register shows that");
        ReadingFrame frame{.sequence = r.sequence,
                           .import_mwh = r.import_mwh,
                           .export_mwh = r.export_mwh,
                           .voltage = r.voltage,
                           .current = r.current,
                           .power = r.power,
                           .frequency = r.frequency,
                           .status = r.is_faulty ? std::uint16_t{kInternalFault} : std::uint16_t{0},
                           .serial = r.serial};
        const Instant made = TRY(asked_at(r.asked_ns, now()));
        const bool is_new = accept(frame, made);
        if (is_new && asked_ && made >= asked_->at) take_answer(nullptr);
        return kernel::Done{};
    }

    void sign(const Sign& wanted, kernel::Defer<Sign::Signed> reply) {
        if (!billing_) return reply(std::unexpected(billing_.error()));
        ask(Asked{0, {}, wanted, std::move(reply), Patience(now() + patience)});
    }

private:
    /// A signature that somebody waits for.
    struct Asked {
        std::uint32_t number;            ///< of the question to the meter
        Instant at;                      ///< of that question: a driver's reading is younger
        Sign wanted;
        kernel::Defer<Sign::Signed> reply;
        Patience patience;               ///< the meter is waited for, and a disk that fails is tried again
    };

    /// What the meter has said already may be from before power was off, however new it is: it is asked.
    void ask(Asked asked) {
        if (asked_) std::exchange(asked_, std::nullopt)->reply(fail(Errc::stale, "asked again"));
        if (++last_asked_ == 0) ++last_asked_;   // 0 is what nobody asked for
        asked.number = last_asked_;
        asked.at = now();
        if (!is_driven_) {   // a driver asks all the time
            if (const auto sent = send_question(asked); !sent)
                return asked.reply(fail(Errc::stale, "the meter's bus takes nothing"));
        }
        const Instant until = asked.patience.until();
        asked_ = std::move(asked);
        self_.at(until, [this, number = last_asked_] {
            if (asked_ && asked_->number == number) give_up();
        });
    }
    Result<> send_question(const Asked& asked) {
        if (!capsule_) return bus_.send(encode(RequestFrame{asked.number}));
        const Sign& wanted = asked.wanted;
        const char mark = wanted.mark == Mark::begin ? 'B' : wanted.mark == Mark::end ? 'E' : 'C';
        return bus_.send(encode(SignFrame{asked.number, mark, wanted.identification_type, wanted.identification}));
    }

    void answer(Result<Sign::Signed> done, Asked asked) {
        const bool is_of_disk = !done && billing_->has_disk_failed();
        if (done) done->public_key = public_key_;
        else if (!is_of_disk || asked.patience.disk_failed(done.error())) self_.fault(done.error());
        if (!is_of_disk || now() >= asked.patience.until()) return asked.reply(done);
        self_.after(disk_pause, [this, again = std::move(asked)]() mutable {
            if (asked_) return again.reply(fail(Errc::stale, "asked again"));
            ask(std::move(again));
        });
    }

    void give_up() {
        Asked asked = *std::exchange(asked_, std::nullopt);
        asked.reply(std::unexpected(asked.patience.when_over()));
    }

    /// The newest sample is the one that was asked for, or came with the record that was.
    void take_answer(const RecordFrame* record) {
        Asked asked = *std::exchange(asked_, std::nullopt);
        const auto sample = newest();
        if (!sample) return asked.reply(std::unexpected(sample.error()));
        if (record == nullptr) return have_signed(*sample, std::move(asked));
        const auto verify = [this](Bytes payload, Bytes signature) { return pki::verify_sha256(capsule_, payload, signature); };
        answer(billing_->wrap(asked.wanted, *sample, record->record, verify), std::move(asked));
    }

    void have_signed(const Sample& sample, Asked asked) {
        auto prepared = billing_->prepare(asked.wanted, sample);
        if (!prepared) return answer(std::unexpected(prepared.error()), std::move(asked));
        const std::string payload = prepared->payload;
        signer_(as_bytes(payload), [this, prepared = std::move(*prepared),
                                    asked = std::move(asked)](Result<std::vector<std::byte>> signature) mutable {
            answer(signature ? prepared.with(std::move(*signature)) : std::unexpected(signature.error()), std::move(asked));
        });
    }

    void take(Bytes frame) {
        if (capsule_)
            if (const auto record = decode_record(frame)) {
                if (asked_ && asked_->number == record->answers)
                    take_answer(&*record);  // else it is too late: it was asked again
                return;
            }
        const auto reading = decode_reading(frame);
        if (!reading) return self_.fault(reading.error());
        const bool is_new = accept(*reading, age_.made(reading->time_ms, now()));
        if (is_new && asked_ && !capsule_ && asked_->number == reading->answers) take_answer(nullptr);
    }

    /// What is not good is told with the last registers that were, so that whoever bills stops at those. False: the same frame
    /// again is no measurement.
    bool accept(const ReadingFrame& r, Instant made) {
        if (sample_ && sample_->serial == r.serial && sample_->sequence == r.sequence) return false;
        const Text<24> before = watch_.known() ? watch_.known()->serial : Text<24>();
        const Watch::Verdict verdict = watch_.see(r, made);
        if (verdict.was_exchanged) {
            replaced_ = before;
            self_.fault(Error(Errc::integrity, "the meter was exchanged"));
            if (billing_)
                if (const auto kept = billing_->adopt(*watch_.known()); !kept)
                    self_.fault(kept.error());  // then it is found again
        }
        if (verdict.condition != Condition::good && (!sample_ || sample_->condition != verdict.condition))
            self_.fault(Error(Errc::integrity, "the meter cannot be billed"));
        const auto& known = watch_.known();
        sample_ = Sample{r.sequence,        made.ns,           wall_now().unix_ms - (now() - made) / 1ms,
                         known->import_mwh, known->export_mwh, r.voltage,
                         r.current,         r.power,           r.frequency,
                         r.serial,          verdict.condition, replaced_};
        self_.notify(Pulse::sample, r.sequence);
        return true;
    }

    kernel::Service& self_;
    Result<Billing> billing_;
    Signer signer_;
    EVP_PKEY* capsule_;
    Blob<128> public_key_;
    bool is_driven_;
    std::optional<Asked> asked_;
    std::uint32_t last_asked_ = static_cast<std::uint32_t>(now().ns / 1'000);   ///< not the numbers of the life before
    Text<24> replaced_;
    Watch watch_;
    Age age_;
    Bus bus_;
    std::optional<Sample> sample_;
};

/// The book: what was kept last, and where the next state goes.
Result<Billing> open_billing(const Config& config, const std::string& book) {
    std::optional<std::string> kept;
    const auto file = kernel::read_file(book, largest_file);
    if (file) kept = as_text(*file);
    else if (file.error().code != Errc::not_found) return std::unexpected(file.error());
    return Billing::open(config, kept, [book](std::string_view text) { return kernel::write_file(book, as_bytes(text)); });
}

Result<pki::Key> read_key(const std::string& file, Result<pki::Key> (*read)(std::string_view pem)) {
    const auto pem = TRY(kernel::read_file(file, largest_file));
    return read(as_text(pem));
}

/// The key is here: its file can be read by nobody else.
Signer signer_with(EVP_PKEY* key) {
    MUST(pki::sign_sha256(key, as_bytes("first use: what it loads is loaded before the seal")));
    return [key](Bytes payload, Then then) { then(pki::sign_sha256(key, payload)); };
}

/// The key is in the TPM: crypto has it sign readings of this EVSE, and nothing else.
Signer signer_in(kernel::Client<crypto::Interface> crypto, EvseId evse) {
    return [crypto, evse](Bytes payload, Then then) {
        const auto content = Blob<crypto::content_bound>::from(payload);
        if (!content) return then(fail(Errc::full, "a reading that is longer than what is signed"));
        const auto shared = std::make_shared<Then>(std::move(then));
        const auto sent =
            crypto.request(crypto::Sign{crypto::Key::meter, evse, crypto::Purpose::reading, *content},
                           [shared](const Result<crypto::Sign::Signature>& s) {
                               if (!s) return (*shared)(std::unexpected(s.error()));
                               (*shared)(std::vector<std::byte>(s->octets.data(), s->octets.data() + s->octets.size()));
                           });
        if (!sent) (*shared)(std::unexpected(sent.error()));
    };
}

}  // namespace
}  // namespace voltkeep::meter

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const std::string name(self.name());
    const auto config = MUST(kernel::read_config<meter::Config>("config/" + name));
    const std::string folder = "pki/" + name;
    const pki::Key key = config.is_key_in_tpm ? MUST(meter::read_key(folder + "/public.pem", pki::public_from_pem))
                                              : MUST(meter::read_key(folder + "/key.pem", pki::key_from_pem));
    const pki::Key capsule =
        config.capsule_key.empty() ? nullptr : MUST(meter::read_key(std::string(config.capsule_key), pki::public_from_pem));
    meter::Signer signer = config.is_key_in_tpm ? meter::signer_in(self.connect<crypto::Interface>("crypto"), self.evse())
                                                : meter::signer_with(key.get());
    meter::Meter meter(self, config, meter::open_billing(config, "state/" + name + "/book"), std::move(signer), capsule.get(),
                       pki::public_der(capsule ? capsule.get() : key.get()));

    self.serve<meter::Interface>(
        [&](const meter::Read&) { return meter.newest(); },
        [&](const meter::Sign& m, kernel::Defer<meter::Sign::Signed> reply) { meter.sign(m, std::move(reply)); },
        [&](const meter::Put& m) { return meter.put(m.reading); });

    self.seal();
    return self.run();
}
