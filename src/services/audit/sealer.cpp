// SPDX-License-Identifier: Apache-2.0
#include "sealer.hpp"

#include "kernel/config.hpp"

namespace voltkeep::audit {

namespace {

constexpr Duration pause_behind_an_error = 1s;
constexpr Duration patience = 2s;             ///< a start needs as long; what lasts longer is told
constexpr std::uint64_t many_unsigned = 256;  ///< entries; so many are told at once

Time time_now() { return {now(), wall_now()}; }

}  // namespace

Sealer::Sealer(kernel::Service& self, Log& log, std::string key_file, std::function<void()> wrote)
    : self_(self),
      log_(log),
      key_file_(std::move(key_file)),
      wrote_(std::move(wrote)),
      crypto_(self.connect<crypto::Interface>("crypto")),
      rot_(self.connect<rot::Interface>("rot")) {}

void Sealer::want(Cause cause) {
    plan_.want(cause);
    wanted_size_ = log_.head().size;
}

void Sealer::turn(bool is_tick) {
    if (!is_signing_ && !log_.is_key_known())
        ask_for_key();
    else if (!is_signing_ && (is_tick || raising_ || log_.is_seal_due()))
        ask_for_signature();
    if (!is_asking_ && now() >= not_before_) step();
}

void Sealer::trouble(Trouble& it, const Error& why, std::string_view occasion) {
    if (it.why.empty()) it.since = now();
    it.why = Text<200>::cut(why.what.empty() ? name(why.code) : why.what.view());
    const bool lasts = now() - it.since >= patience || (&it == &unsigned_ && log_.unsealed() > many_unsigned);
    if (!lasts || std::exchange(it.is_told, true)) return;
    log_.tell_tpm(occasion, it.why, time_now());
    wrote_();
}

void Sealer::over(Trouble& it, std::string_view occasion) {
    if (it.is_told) {
        log_.tell_tpm(occasion, "it answers again", time_now());
        wrote_();
    }
    it = {};
}

// ---- crypto

void Sealer::not_signed(const Error& why) { trouble(unsigned_, why, unsigned_word); }

void Sealer::ask_for_key() {
    const auto asked =
        crypto_.request(crypto::GetPublic{crypto::Key::log, {}}, [this](const Result<crypto::GetPublic::Public>& answer) {
            is_signing_ = false;
            if (!answer) return not_signed(answer.error());
            const auto pem = SealKey::pem_of(answer->spki);
            const auto key = pem ? SealKey::of_public(*pem) : std::unexpected(pem.error());
            if (!key) return not_signed(key.error());
            if (const auto kept = kernel::write_file(key_file_, as_bytes(*pem), 0644); !kept) return not_signed(kept.error());
            over(unsigned_, "signed");
            log_.know(key->public_key);
            turn(true);
        });
    is_signing_ = asked.has_value();
    if (!asked) not_signed(asked.error());
}

void Sealer::ask_for_signature() {
    auto wanted = log_.to_sign(time_now());
    if (!wanted) return;
    const crypto::Sign sign{
        crypto::Key::log, {}, crypto::Purpose::checkpoint, *Blob<crypto::content_bound>::from(wanted->message)};
    const auto asked = crypto_.request(sign, [this, what = *wanted](const Result<crypto::Sign::Signature>& answer) {
        is_signing_ = false;
        const Bytes signature = answer ? answer->octets.view() : Bytes();
        const Result<> taken = answer ? log_.take_signature(what, signature, time_now()) : std::unexpected(answer.error());
        if (!taken) return not_signed(taken.error());
        over(unsigned_, "signed");
        turn();
    });
    is_signing_ = asked.has_value();
    if (!asked) not_signed(asked.error());
}

// ---- rot

/// An error ends the step; it is tried again from where the log and the TPM are then.
template <class M, class Then>
void Sealer::ask(const M& message, Then then) {
    const auto asked = rot_.request(message, [this, then = std::move(then)](const Result<typename M::Reply>& answer) {
        is_asking_ = false;
        if (!answer) return not_sealed(answer.error());
        then(*answer);
    });
    is_asking_ = asked.has_value();
    if (!asked) not_sealed(asked.error());
}

void Sealer::not_sealed(const Error& why) {
    not_before_ = now() + pause_behind_an_error;
    counter_.reset();  // it may have been raised without our knowing
    trouble(unsealed_, why, "unsealed");
}

void Sealer::step() {
    if (keys_.log.empty()) return ask_for_tpm_key(rot::Key::log);
    if (keys_.attestation.empty()) return ask_for_tpm_key(rot::Key::attestation);
    if (!log_.is_key_known()) return;
    if (!counter_) return ask_for_counter();
    if (!log_.last_signed()) return;
    if (raising_) {
        if (log_.is_raise_signed()) *counter_ < raise_to_ ? raise() : certify(*raising_);
        return;
    }
    const auto wanted = plan_.next(now(), log_.last_signed()->size > log_.size_in_tpm());
    is_done_ = !wanted;
    if (!wanted) return;
    if (wanted->step == SealPlan::Step::sign) return sign(*wanted, std::nullopt);
    if (wanted->step == SealPlan::Step::certify) {
        if (log_.last_signed()->size >= wanted_size_) certify(*wanted);
        return;
    }
    raising_ = wanted;
    raise_to_ = *counter_ + 1;
    log_.tell_raise(raise_to_, word(wanted->cause), time_now());
    wrote_();
}

void Sealer::ask_for_tpm_key(rot::Key key) {
    ask(rot::GetPublic{key, {}}, [this, key](const rot::GetPublic::Public& answer) {
        (key == rot::Key::log ? keys_.log : keys_.attestation).assign(answer.spki.view().begin(), answer.spki.view().end());
        turn();
    });
}

void Sealer::ask_for_counter() {
    ask(rot::CounterRead{rot::Counter::log}, [this](const rot::CounterRead::Value& answer) {
        counter_ = answer.value;
        if (!std::exchange(is_judged_, true)) log_.judge(answer.value, keys_, time_now());
        if (log_.has_pending()) wrote_();
        turn();
    });
}

/// The day's budget may be used up: then the seal is as good as it can be without a raise.
void Sealer::raise() {
    const auto asked =
        rot_.request(rot::CounterIncrement{rot::Counter::log}, [this](const Result<rot::CounterRead::Value>& answer) {
            is_asking_ = false;
            if (!answer && answer.error().code != Errc::refused) return not_sealed(answer.error());
            if (answer)
                counter_ = answer->value;
            else {
                raise_to_ = *counter_;  // what the entry told does not come
                log_.tell_tpm("not_raised", answer.error().what.view(), time_now());
                wrote_();
            }
            certify(*raising_);
        });
    is_asking_ = asked.has_value();
    if (!asked) not_sealed(asked.error());
}

void Sealer::certify(const SealPlan::Wanted& what) {
    plan_.begin();
    checkpoint_ = *log_.last_signed();
    const std::string text = audit_log::write_checkpoint(checkpoint_);
    ask(rot::Certify{rot::Counter::log, audit_log::sha256({as_bytes(text)})},
        [this, what](const rot::Certify::Certified& answer) {
            const auto copy = [](Bytes bytes) { return std::vector<std::byte>(bytes.begin(), bytes.end()); };
            counter_ = answer.value;
            sign(what, audit_log::TpmSeal::Certified{answer.value, copy(answer.attest.view()), copy(answer.der.view())});
        });
}

void Sealer::sign(const SealPlan::Wanted& what, std::optional<audit_log::TpmSeal::Certified> certified) {
    if (!certified) checkpoint_ = *log_.last_signed();
    const std::string text = audit_log::write_checkpoint(checkpoint_);
    const auto content = *Blob<rot::content_bound>::from(as_bytes(text));
    ask(rot::Sign{rot::Key::log, {}, rot::Purpose::checkpoint, content},
        [this, what, certified](const rot::Sign::Signature& answer) {
            extend(what, {checkpoint_.size, checkpoint_.root, {answer.der.view().begin(), answer.der.view().end()}, certified});
        });
}

/// So that every quote of this boot covers the head of the log.
void Sealer::extend(const SealPlan::Wanted& what, const audit_log::TpmSeal& seal) {
    ask(rot::Extend{rot::Register::log, checkpoint_.root}, [this, what, seal](const kernel::Done&) {
        if (const auto kept = log_.keep_tpm(seal, time_now()); !kept) return not_sealed(kept.error());
        over(unsealed_, "sealed");
        plan_.done(what, now());
        if (what.step == SealPlan::Step::raise) raising_.reset();
        turn();
    });
}

}  // namespace voltkeep::audit
