// SPDX-License-Identifier: Apache-2.0
// Keeps the tamper-evident log. `Append` is answered when the entry is on the disk; all that come while the disk is busy share
// one sync. What was committed is signed after a second, or 64 entries.
#include <deque>

#include "gather.hpp"
#include "kernel/config.hpp"
#include "kernel/service.hpp"
#include "log.hpp"
#include "sealer.hpp"
#include "services/audit/protocol.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::audit {
namespace {

Time time_now() { return {now(), wall_now()}; }

constexpr const char* key_file = "state/audit/public.pem";  ///< of a station with a TPM: the log's public key

/// As crypto has told it to an earlier start; none yet: it tells it to this one.
SealKey known_key() {
    const auto pem = kernel::read_file(key_file, 16 * 1024);
    return pem ? SealKey::of_public(as_text(*pem)).value_or(SealKey{}) : SealKey{};
}

constexpr Duration end_time = 1200ms;  ///< for the seal of an orderly stop; the process manager gives two seconds

/// What an entry is to be sealed for, if anything.
std::optional<Cause> cause_of(Type type, std::string_view payload) {
    if (type == Type::security) return Cause::security;
    if (type == Type::transaction && exi::Json::parse(payload).value_or(exi::Json::object()).string("step") == "ended")
        return Cause::transaction;
    return std::nullopt;
}

class Keeper {
public:
    Keeper(kernel::Service& self, Log log, bool has_tpm) : self_(self), log_(std::move(log)) {
        if (has_tpm) {
            sealer_.emplace(self, log_, key_file, [this] { schedule(); });
            causes_.push_back(Cause::boot);
        }
        schedule();   // with the first turn of the loop: the disk may take its time, and until then nothing is answered
    }

    void append(const Append& m, const kernel::Caller& caller, kernel::Defer<Append::Appended> reply) {
        const auto index = log_.append(caller.name, m.type, m.evse, m.payload, time_now());
        if (!index) return reply(std::unexpected(index.error()));
        if (const auto cause = sealer_ ? cause_of(m.type, m.payload) : std::nullopt) causes_.push_back(*cause);
        waiting_.emplace_back(*index, std::move(reply));
        gather_.is_complete(waiting_.size()) ? hurry() : schedule();
    }

    Result<kernel::Done> append_later(const AppendLater& m, const kernel::Caller& caller) {
        TRY(log_.append_later(caller.name, m.type, m.evse, m.payload, time_now()));
        schedule();
        return kernel::Done{};
    }

    Result<Read::Entries> read(std::uint64_t from) {
        const auto entries = log_.read(from, time_now());
        if (log_.has_pending()) schedule();
        return entries;
    }

    [[nodiscard]] GetHead::Head head() const { return log_.head(); }
    [[nodiscard]] GetSeals::Seals seals() const {
        GetSeals::Seals seals = log_.seals();
        if (sealer_) seals.problem = sealer_->problem();
        return seals;
    }

    /// What the process manager saw. It gives its events again until it is told that they are stored; the low half of the number
    /// will do.
    void pull() {
        if (!log_.may_write(now())) return;
        self_.ask(kernel::control::Request::take_events, static_cast<std::uint16_t>(log_.stored_event()), [this](Bytes bytes) {
            const auto event = kernel::decode<kernel::control::Event>(bytes);
            if (!event || !log_.may_write(now())) return;
            log_.take(*event, time_now());
            schedule();
        });
    }

    void commit() {
        const std::uint64_t before = log_.head().size;
        const Instant begun = now();
        const Result<> done = log_.commit(time_now());
        gather_.committed(waiting_.size(), now() - begun);
        if (!done && is_good_) self_.fault(done.error());
        is_good_ = done.has_value();
        for (auto& [index, reply] : std::exchange(waiting_, {}))
            reply(done ? Result<Append::Appended>({index}) : std::unexpected(done.error()));
        if (log_.head().size > before) self_.notify(Pulse::appended, log_.head().size);
        if (done && sealer_) {
            for (const Cause cause : std::exchange(causes_, {})) sealer_->want(cause);
            sealer_->turn();
        } else if (done && log_.is_seal_due())
            seal();
        tell_alarm();
        if (log_.has_pending()) schedule();   // what the log itself has to say: now, or when the disk is tried again
    }

    /// A second at most stays unsigned.
    void seal() {
        if (sealer_) return sealer_->turn(true);
        const Result<> done = log_.seal(time_now());
        if (!done && is_sealed_) self_.fault(done.error());
        is_sealed_ = done.has_value();
        if (log_.has_pending()) schedule();
    }

    /// The seal of an orderly stop, as far as the time allows: clients are gone, rot and crypto are not.
    void finish() {
        if (!sealer_) return seal();
        sealer_->want(Cause::stop);
        sealer_->turn(true);
        for (const Instant deadline = now() + end_time; !sealer_->is_idle() && now() < deadline;) {
            (void)kernel::os::wait(self_.descriptor(), deadline);
            self_.turn();
        }
    }

private:
    /// Once: to who tells the CSMS.
    void tell_alarm() {
        const GetSeals::Seals seals = log_.seals();
        if (seals.alarm.empty() || std::exchange(is_alarm_told_, true)) return;
        self_.notify(Pulse::alarm, seals.alarm_entry + 1);  // 0 is the pulse of a peer that came back
    }
    /// One sync for all that came in this turn of the loop and those that were in the last one, and the next for those that come
    /// meanwhile.
    void schedule() {
        if (std::exchange(is_scheduled_, true)) return;
        timer_ =
            self_.after(log_.may_write(now()) ? gather_.patience(waiting_.size()) : log_.retry_at() - now(), [this] { turn(); });
    }
    /// Nobody is waited for any more.
    void hurry() {
        if (std::exchange(is_scheduled_, true)) self_.cancel(timer_);
        timer_ = self_.after(Duration::zero(), [this] { turn(); });
    }
    void turn() {
        is_scheduled_ = false;
        commit();
    }

    kernel::Service& self_;
    Log log_;
    std::optional<Sealer> sealer_;  ///< of a station with a TPM
    std::vector<Cause> causes_;     ///< of what is not committed yet
    bool is_alarm_told_ = false;
    std::deque<std::pair<std::uint64_t, kernel::Defer<Append::Appended>>> waiting_;
    Gather gather_;
    kernel::TimerId timer_{};    ///< of the next commit
    bool is_good_ = true;        ///< the disk takes what it gets
    bool is_sealed_ = true;      ///< and the last checkpoint was signed
    bool is_scheduled_ = false;
};

}  // namespace
}  // namespace voltkeep::audit

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const auto run = MUST(kernel::read_file("run/boot-id", 64));
    const auto config = MUST(kernel::read_config<audit::Config>("config/audit"));
    auto key = config.has_tpm ? audit::known_key() : MUST(audit::SealKey::load("pki/audit/key.pem"));
    audit::Keeper keeper(self, MUST(audit::Log::open("log", as_text(run), audit::time_now(), std::move(key))), config.has_tpm);

    self.serve<audit::Interface>(
        [&](const audit::Append& m, const kernel::Caller& caller, kernel::Defer<audit::Append::Appended> reply) {
            keeper.append(m, caller, std::move(reply));
        },
        [&](const audit::AppendLater& m, const kernel::Caller& caller) { return keeper.append_later(m, caller); },
        [&](const audit::Read& m) { return keeper.read(m.from); },
        [&](const audit::GetHead&) -> Result<audit::GetHead::Head> { return keeper.head(); },
        [&](const audit::GetSeals&) -> Result<audit::GetSeals::Seals> { return keeper.seals(); });

    self.every(100ms, [&] { keeper.pull(); });
    self.every(1s, [&] { keeper.seal(); });
    self.on_stop([&] { keeper.commit(); });
    self.seal();
    const int status = self.run();
    keeper.finish();
    return status;
}
