// SPDX-License-Identifier: Apache-2.0
#include "billing.hpp"

#include <charconv>

#include "base/json.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::meter {

namespace {

using exi::Json;
using ocmf::Reason;
using ocmf::TimeStatus;

/// Before this a clock has never been set: 2026-01-01.
constexpr std::int64_t oldest_wall_ms = 1'767'225'600'000;
/// What a clock may drift or be trimmed in a transaction before its time is no duration any more.
constexpr std::int64_t most_drift_ms = 1'000;

Result<std::int64_t> number_of(const Json& json, std::string_view name) {
    const Json* member = json.find(name);
    std::int64_t value = 0;
    if (member == nullptr) return fail(Errc::integrity, "the meter's page number is damaged");
    const std::string_view text = member->scalar();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
        return fail(Errc::integrity, "the meter's page number is damaged");
    return value;
}

/// Both registers, read at once.
void add_registers(ocmf::Payload& p, ocmf::Reading reading, std::int64_t import_mwh, std::int64_t export_mwh) {
    reading.unit = "kWh";
    for (const auto& [register_name, mwh] : {std::pair{ocmf::obis_import, import_mwh}, {ocmf::obis_export, export_mwh}}) {
        reading.identification = register_name;
        reading.value = ocmf::kwh(mwh);
        p.readings.push_back(reading);
    }
}

}  // namespace

Result<Billing> Billing::open(Config config, const std::optional<std::string>& kept, Keep keep) {
    Billing billing(std::move(config), std::move(keep));
    if (!kept) return billing;
    const auto json = Json::parse(*kept);
    if (!json || !json->is_object()) return fail(Errc::integrity, "the meter's page number is damaged");
    billing.next_page_ = static_cast<std::uint64_t>(TRY(number_of(*json, "next_page")));
    if (billing.next_page_ == 0) return fail(Errc::integrity, "the meter's page number is damaged");
    if (json->find("serial") != nullptr)
        billing.known_ = Known{Text<24>::cut(json->string("serial")), TRY(number_of(*json, "import_mwh")),
                               TRY(number_of(*json, "export_mwh"))};
    const Json* b = json->find("begin");
    if (b != nullptr && b->find("export_mwh") != nullptr)   // a beginning of which only one register was kept has no end
        billing.begin_ = Begin{std::string(b->string("transaction")),
                               std::string(b->string("serial")),
                               TRY(number_of(*b, "import_mwh")),
                               TRY(number_of(*b, "export_mwh")),
                               TRY(number_of(*b, "wall_ms")),
                               b->string("time").empty() ? TimeStatus::unknown : static_cast<TimeStatus>(b->string("time")[0]),
                               b->find("at_ns") != nullptr ? std::optional(Instant{TRY(number_of(*b, "at_ns"))}) : std::nullopt};
    return billing;
}

std::optional<Known> Billing::known() const { return known_; }

std::string Billing::text() const {
    JsonObject<1024> object;
    object.put("next_page", next_page_);
    if (known_)
        object.put("serial", known_->serial.view()).put("import_mwh", known_->import_mwh).put("export_mwh", known_->export_mwh);
    if (begin_) {
        const char time = static_cast<char>(begin_->time);
        JsonObject<512> begin;
        begin.put("transaction", begin_->transaction)
            .put("serial", begin_->serial)
            .put("import_mwh", begin_->import_mwh)
            .put("export_mwh", begin_->export_mwh)
            .put("wall_ms", begin_->wall_ms)
            .put("time", std::string_view(&time, 1));
        if (begin_->at) begin.put("at_ns", begin_->at->ns);
        object.put_raw("begin", begin.text());
    }
    return std::string(object.text());
}

/// A clock that nobody synchronises is informative. From the first reading on its time is relative, a duration that this
/// machine's own clock confirms, whoever died in between; if it was set meanwhile, time is not billable any more, and the reading
/// says so. A machine that was started again has a monotonic clock of its own: if it is below the old one nobody confirms
/// anything, and if not, it confirms too little.
ocmf::Reading Billing::reading_of(const Sample& sample, Reason reason) const {
    ocmf::Reading r;
    r.wall_ms = sample.taken_wall_ms;
    r.reason = reason;
    r.current_type = config_.current_type.view();
    if (sample.taken_wall_ms < oldest_wall_ms) r.time = TimeStatus::unknown;
    else r.time = config_.is_clock_synchronised ? TimeStatus::synchronised : TimeStatus::informative;
    if (reason == Reason::begin || !begin_->at || r.time == TimeStatus::unknown) return r;
    if (sample.taken_ns < begin_->at->ns) return r;
    const std::int64_t by_the_machine = (Instant{sample.taken_ns} - *begin_->at).count() / 1'000'000;
    const std::int64_t by_the_clock = sample.taken_wall_ms - begin_->wall_ms;
    const bool was_set = std::abs(by_the_machine - by_the_clock) > most_drift_ms;
    if (was_set) r.error_flags = "t";
    if (r.time == TimeStatus::informative && begin_->time != TimeStatus::unknown && !was_set) r.time = TimeStatus::relative;
    return r;
}

ocmf::Payload Billing::payload_of(const Sign& wanted, const Sample& sample, std::uint64_t page) const {
    ocmf::Payload p;
    p.gateway = config_.gateway.view();
    p.gateway_serial = config_.gateway_serial.view();
    p.gateway_version = config_.gateway_version.view();
    p.pagination = page;
    p.meter_serial = sample.serial.view();
    p.is_assigned = !wanted.identification.empty();
    p.level = wanted.level.view();
    p.identification_type = wanted.identification_type.empty() ? "NONE" : std::string(wanted.identification_type.view());
    p.identification = wanted.identification.view();
    p.charge_point_type = "EVSEID";
    p.charge_point = config_.evse.view();
    if (wanted.mark == Mark::end) {
        ocmf::Reading first;
        first.wall_ms = begin_->wall_ms;
        first.time = begin_->time;
        first.reason = Reason::begin;
        first.current_type = config_.current_type.view();
        add_registers(p, std::move(first), begin_->import_mwh, begin_->export_mwh);
    }
    const Reason reason = wanted.mark == Mark::begin ? Reason::begin : wanted.mark == Mark::end ? Reason::end : Reason::charging;
    add_registers(p, reading_of(sample, reason), sample.import_mwh, sample.export_mwh);
    return p;
}

Result<Billing::Prepared> Billing::prepare(const Sign& wanted, const Sample& sample) {
    has_disk_failed_ = false;
    if (sample.condition != Condition::good) return fail(Errc::integrity, "the meter is not good");
    if (wanted.mark == Mark::begin) {
        const ocmf::Reading first = reading_of(sample, Reason::begin);
        begin_ = Begin{std::string(wanted.transaction.view()),
                       std::string(sample.serial.view()),
                       sample.import_mwh,
                       sample.export_mwh,
                       first.wall_ms,
                       first.time,
                       Instant{sample.taken_ns}};
    }
    if (!begin_ || begin_->transaction != wanted.transaction.view())
        return fail(Errc::bad_state, "no such transaction was begun");
    const bool has_fallen = sample.import_mwh < begin_->import_mwh || sample.export_mwh < begin_->export_mwh;
    if (begin_->serial != sample.serial.view() || has_fallen)
        return fail(Errc::integrity, "it is not the meter of the beginning");
    known_ = Known{sample.serial, sample.import_mwh, sample.export_mwh};
    const std::uint64_t page = next_page_++;   // used, whatever comes
    TRY(keep());
    return Prepared{sample, page, TRY(ocmf::write(payload_of(wanted, sample, page)))};
}

Result<Sign::Signed> Billing::Prepared::with(std::vector<std::byte> signature) const {
    Sign::Signed result{sample, page, {}, {}};
    const auto record =
        decltype(result.record)::from(ocmf::join(payload, {std::string(ocmf::algorithm_p256), std::move(signature)}));
    if (!record) return fail(Errc::full, "the signed record is longer than its bound");
    result.record = *record;
    return result;
}

Result<Sign::Signed> Billing::wrap(const Sign& wanted, const Sample& sample, std::string_view text_of_record, Verifier verify) {
    /// What may have flowed between the sample and the meter's own reading: 2 s at 1 MW.
    constexpr std::int64_t most_apart_mwh = 600'000;
    has_disk_failed_ = false;
    const auto refuse = [](std::string_view why) { return fail(Errc::integrity, "the meter's record " + std::string(why)); };
    if (sample.condition != Condition::good) return fail(Errc::integrity, "the meter is not good");
    const ocmf::Record record = TRY(ocmf::split(text_of_record));
    if (record.signature.algorithm != ocmf::algorithm_p256)
        return fail(Errc::unsupported, "the meter signs with " + record.signature.algorithm);
    TRY(verify(as_bytes(record.payload), record.signature.bytes));
    const ocmf::Payload p = TRY(ocmf::read(record.payload));
    const ocmf::Reading* last = ocmf::last_of(p, ocmf::Direction::to_the_car);
    if (last == nullptr) return refuse("has no register of energy");
    const ocmf::Reading& reading = *last;
    const std::string_view reasons = wanted.mark == Mark::begin ? "B" : wanted.mark == Mark::end ? "ELRAP" : "CST";
    if (p.meter_serial != sample.serial.view()) return refuse("is of another meter");
    if (p.pagination < next_page_) return refuse("is an old one");
    if (reasons.find(static_cast<char>(reading.reason)) == std::string_view::npos) return refuse("answers another question");
    if (p.identification != wanted.identification.view()) return refuse("is for somebody else");
    Sample billed = sample;
    const ocmf::Reading* other = ocmf::last_of(p, ocmf::Direction::from_the_car);
    for (const ocmf::Reading* r : {last, other})
        if (r != nullptr && (r->status != 'G' || r->error_flags.find('E') != std::string::npos))
            return refuse("says that it cannot be billed");
    billed.import_mwh = TRY(ocmf::mwh(reading.value, reading.unit));
    if (other != nullptr) billed.export_mwh = TRY(ocmf::mwh(other->value, other->unit));
    billed.taken_wall_ms = reading.wall_ms;
    const auto is_apart = [](std::int64_t a, std::int64_t b) { return a < b - most_apart_mwh || a > b + most_apart_mwh; };
    if (is_apart(billed.import_mwh, sample.import_mwh) || is_apart(billed.export_mwh, sample.export_mwh))
        return refuse("has another register than its bus");
    const bool is_known = known_ && known_->serial == sample.serial;
    if (is_known && (billed.import_mwh < known_->import_mwh || billed.export_mwh < known_->export_mwh))
        return refuse("has a register that fell");
    Sign::Signed result{billed, p.pagination, {}, {}};
    const auto whole = decltype(result.record)::from(text_of_record);
    if (!whole) return fail(Errc::full, "the signed record is longer than its bound");
    result.record = *whole;
    known_ = Known{sample.serial, billed.import_mwh, billed.export_mwh};
    next_page_ = p.pagination + 1;
    TRY(keep());
    return result;
}

}  // namespace voltkeep::meter
