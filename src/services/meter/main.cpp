// SPDX-License-Identifier: Apache-2.0
// Reads the energy meter of one EVSE, serves its newest reading, pulses for each, and signs those that are billed.
#include "billing.hpp"
#include "kernel/config.hpp"
#include "kernel/os.hpp"
#include "kernel/service.hpp"
#include "pki/certificate.hpp"
#include "services/meter/frames.hpp"
#include "services/meter/protocol.hpp"
#include "watch.hpp"

namespace voltkeep::meter {
namespace {

constexpr Duration stale_after = 1s;
constexpr std::size_t largest_file = 8'192;

class Meter {
public:
    Meter(kernel::Service& self, Result<Billing> billing, Bytes public_key)
        : self_(self), billing_(std::move(billing)), public_key_(*Blob<128>::from(public_key)) {
        if (!billing_) self_.fault(billing_.error());
        else if (const auto known = billing_->known()) watch_ = Watch(*known);
        self_.on_device("meter", [this](int descriptor) { adopt(descriptor); });
        adopt(self_.device("meter"));
        self_.every(500ms, [this] {
            if (!end_) self_.reopen("meter");
        });
    }

    [[nodiscard]] Result<Sample> newest() const {
        if (!sample_ || now() - Instant{sample_->taken_ns} > stale_after) return fail(Errc::stale, "the meter does not answer");
        return *sample_;
    }

    Result<Sign::Signed> sign(const Sign& wanted) {
        const Sample sample = TRY(newest());
        if (!billing_) return std::unexpected(billing_.error());
        auto done = billing_->sign(wanted, sample);
        if (!done) {
            self_.fault(done.error());
            return done;
        }
        done->public_key = public_key_;
        return done;
    }

private:
    void adopt(int descriptor) {
        end_ = kernel::os::Descriptor(descriptor);
        if (end_) self_.watch(descriptor, false, [this](bool, bool) { take(); });
    }

    void take() {
        std::array<std::byte, kReadingSize + 1> buffer;
        const auto received = kernel::os::receive(end_.get(), buffer);
        if (!received) {
            self_.unwatch(end_.get());
            end_.reset();
            return self_.fault(Error(Errc::closed, "the meter's bus is gone"));
        }
        if (!*received) return;
        const auto reading = decode_reading(Bytes(buffer).first((*received)->size));
        if (!reading) return self_.fault(reading.error());
        accept(*reading);
    }

    /// What is not good is told with the last registers that were, so that whoever bills stops at those.
    void accept(const ReadingFrame& r) {
        if (sample_ && sample_->serial == r.serial && sample_->sequence == r.sequence) return;   // the same frame again is no measurement
        const Text<24> before = watch_.known() ? watch_.known()->serial : Text<24>();
        const Watch::Verdict verdict = watch_.see(r, now());
        if (verdict.was_exchanged) {
            replaced_ = before;
            self_.fault(Error(Errc::integrity, "the meter was exchanged"));
            if (billing_)
                if (const auto kept = billing_->adopt(*watch_.known()); !kept) self_.fault(kept.error());   // then it is found again
        }
        if (verdict.condition != Condition::good && (!sample_ || sample_->condition != verdict.condition))
            self_.fault(Error(Errc::integrity, "the meter cannot be billed"));
        const auto& known = watch_.known();
        sample_ = Sample{r.sequence, now().ns, wall_now().unix_ms, known->import_mwh, known->export_mwh, r.voltage, r.current, r.power, r.frequency,
                         r.serial, verdict.condition, replaced_};
        self_.notify(Pulse::sample, r.sequence);
    }

    kernel::Service& self_;
    Result<Billing> billing_;
    Blob<128> public_key_;
    Text<24> replaced_;
    Watch watch_;
    kernel::os::Descriptor end_;
    std::optional<Sample> sample_;
};

/// The book: what was kept last, and where the next state goes.
Result<Billing> open_billing(const Config& config, const std::string& book, EVP_PKEY* key) {
    std::optional<std::string> kept;
    const auto file = kernel::read_file(book, largest_file);
    if (file) kept = as_text(*file);
    else if (file.error().code != Errc::not_found) return std::unexpected(file.error());
    return Billing::open(
        config, kept, [book](std::string_view text) { return kernel::write_file(book, as_bytes(text)); },
        [key](Bytes payload) { return pki::sign_sha256(key, payload); });
}

}  // namespace
}  // namespace voltkeep::meter

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const std::string name(self.name());
    const auto pem = MUST(kernel::read_file("pki/" + name + "/key.pem", meter::largest_file));
    const pki::Key key = MUST(pki::key_from_pem(as_text(pem)));
    const auto config = MUST(kernel::read_config<meter::Config>("config/" + name));
    MUST(pki::sign_sha256(key.get(), as_bytes("first use: what it loads is loaded before the seal")));
    meter::Meter meter(self, meter::open_billing(config, "state/" + name + "/book", key.get()), pki::public_der(key.get()));

    self.serve<meter::Interface>([&](const meter::Read&) { return meter.newest(); }, [&](const meter::Sign& m) { return meter.sign(m); });

    self.seal();
    return self.run();
}
