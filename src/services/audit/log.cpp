// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <algorithm>
#include <charconv>

#include "wire/exi/json.hpp"

namespace voltkeep::audit {

namespace {

using exi::Json;
using Payload = JsonObject<payload_bound>;

constexpr Duration retry_after = 1s;
// What one start can leave unsigned is 63 entries and a commit; of all that may be lost 512 and of every writer one. It lasts a
// second and what the disk takes, which the watchdog ends after two.
constexpr std::uint64_t tail_bound = 1024;
constexpr std::int64_t tail_bound_ns = 10'000'000'000;
constexpr std::string_view self = "audit", manager = "procmgr", damage_event = "TamperDetectionActivated", seal_word = "seal";

constexpr std::string_view words[] = {"boot",        "stop",  "service", "policy",        "security", "connection", "session",
                                      "transaction", "meter", "safety",  "configuration", "message",  "gap",        "checkpoint"};
static_assert(std::size(words) == static_cast<std::size_t>(Type::last_) + 1);
static_assert(words[static_cast<std::size_t>(Type::checkpoint)] == checkpoint_type);

std::string_view word(Type type) { return words[static_cast<std::size_t>(type)]; }

Type type_of(std::string_view text) {
    const auto* found = std::ranges::find(words, text);
    return found == std::end(words) ? Type::gap : static_cast<Type>(found - words);
}

std::string_view word(kernel::control::Cause cause) {
    constexpr std::string_view causes[] = {"none",     "exit",      "signal",       "seccomp", "memory",
                                           "watchdog", "invariant", "start_failed", "ordered"};
    static_assert(std::size(causes) == static_cast<std::size_t>(kernel::control::Cause::last_) + 1);
    return causes[static_cast<std::size_t>(cause)];
}

std::string_view word(kernel::control::Life life) {
    constexpr std::string_view lives[] = {"off", "starting", "ready", "stopping", "dead", "quarantined", "exhausted"};
    static_assert(std::size(lives) == static_cast<std::size_t>(kernel::control::Life::last_) + 1);
    return lives[static_cast<std::size_t>(life)];
}

std::uint64_t number(const Json* json) {
    std::uint64_t value = 0;
    if (json != nullptr) std::from_chars(json->scalar().data(), json->scalar().data() + json->scalar().size(), value);
    return value;
}

Result<> check(std::string_view payload) {
    const auto json = Json::parse(payload);
    if (!json || !json->is_object()) return fail(Errc::bad_argument, "the payload of a log entry is a JSON object");
    return {};
}

}  // namespace

Result<Log> Log::open(const std::string& folder, std::string_view run, Time at, SealKey key, std::uint64_t segment_bound) {
    Known known;
    Seal seal(folder, std::move(key));
    TpmSeals seals(folder);
    TRY(seal.open(Store::generation(folder)));
    TRY(seals.open());
    std::vector<audit_log::Checkpoint> expected;
    if (seal.last()) expected.push_back(*seal.last());
    if (seals.last()) expected.push_back({seal.origin(), seals.last()->size, seals.last()->root});
    Tail tail;
    Store store = TRY(
        Store::open(folder, expected, segment_bound, [&](std::uint64_t index, const audit_log::Entry& e, const audit_log::Hash&) {
            learn(known, index, e);
            if (index == seal.size()) tail = {};  // also when the start begins anew
            if (index >= seal.size()) measure(tail, e);
        }));
    Store::Found found = store.found();
    if (!found.damage && seal.damage()) found.damage = audit_log::Damage{seal.size(), 0, false, *seal.damage()};
    if (!found.damage && seals.last() && seals.last()->size > seal.size())
        found.damage = audit_log::Damage{seal.size(), 0, false, "checkpoints are missing: the TPM has seen later ones"};
    if (!found.damage && seals.damage()) found.damage = audit_log::Damage{seal.size(), 0, false, *seals.damage()};
    if (!found.damage && tail.is_too_long && !(tail.is_told && !seal.is_key_here()))
        found.damage = audit_log::Damage{
            seal.size(), 0, false, "more entries are unsigned than a log that was cut off can have: checkpoints are missing"};
    const std::uint64_t torn_checkpoint = seal.torn_bytes();
    const std::uint64_t unsealed = found.damage ? 0 : found.entries - seal.size();
    if (found.damage) {
        TRY(Store::set_aside(folder));
        TRY(seal.open(Store::generation(folder)));
        TRY(seals.open());
        store = TRY(Store::open(folder, {}, segment_bound));
        known.damage.reset();  // that of the old one: this is another log, and another damage
        known.raised.reset();
    }
    Log log(std::move(store), std::move(seal), std::move(seals), std::move(known));
    log.begin(found, unsealed, torn_checkpoint, run, at);
    return log;
}

void Log::measure(Tail& tail, const audit_log::Entry& entry) {
    const bool is_own = entry.source == self;
    const Type type = type_of(entry.type);
    const Json payload = is_own && type == Type::service ? Json::parse(entry.payload).value_or(Json::object()) : Json::object();
    const bool is_start = is_own && (type == Type::boot || payload.string("life") == "resumed");
    tail.is_told = tail.is_told || payload.string("occasion") == unsigned_word;
    if (is_start) {
        tail.count = 0;
        tail.first_ns.reset();
    }
    tail.is_too_long = tail.is_too_long || ++tail.count > tail_bound;
    if (is_own || entry.source == manager) return;   // these may tell of what happened long before they were written
    if (!tail.first_ns) tail.first_ns = entry.monotonic_ns;
    tail.is_too_long = tail.is_too_long || entry.monotonic_ns - *tail.first_ns > tail_bound_ns;
}

void Log::learn(Known& known, std::uint64_t index, const audit_log::Entry& entry) {
    if (index == 0) known = {};
    const Type type = type_of(entry.type);
    if (entry.source == self &&
        (type == Type::boot || type == Type::checkpoint || type == Type::security || type == Type::service)) {
        const Json payload = Json::parse(entry.payload).value_or(Json::object());
        if (type == Type::security && payload.string("event") == damage_event)
            known.damage = Damage{number(payload.find("entry")), Text<200>::cut(payload.string("detail"))};
        if (type == Type::service && payload.string("occasion") == seal_word)
            known.raised = {number(payload.find("counter")), index};
        if (type == Type::checkpoint || type == Type::boot) {
            known.run = payload.string("run");
            known.next.clear();
        }
        if (const Json* next = payload.find("next"))
            for (const auto& [source, value] : next->members()) known.next[source] = number(&value);
    }
    known.boot = std::max(known.boot, entry.boot);
    known.next[entry.source] = entry.sequence + 1;
}

void Log::begin(const Store::Found& found, std::uint64_t unsealed, std::uint64_t torn_checkpoint, std::string_view run, Time at) {
    const bool is_boot = known_.run != run;
    if (is_boot) {
        ++known_.boot;
        known_.run = run;
        known_.next.clear();
        committed_.clear();
    }
    Payload payload;
    if (is_boot) payload.put("boot", known_.boot).put("run", run);
    else payload.put("service", self).put("life", "resumed").put("stored_event", stored_event());
    payload.put("entries", found.entries)
        .put("verified_from", found.verified_from)
        .put("torn_bytes", found.torn_bytes)
        .put("unsealed", unsealed);
    if (torn_checkpoint > 0) payload.put("torn_checkpoint_bytes", torn_checkpoint);
    if (const auto& last = seals_.last_certified()) payload.put("sealed", last->size).put("counter", last->certified->counter);
    own(is_boot ? Type::boot : Type::service, payload, at);
    if (found.damage) tell_damage(found.damage->index, found.damage->what, at);
}

/// Once: damage stays where it is, and is found at every start.
void Log::tell_damage(std::uint64_t entry, std::string_view what, Time at) {
    if (known_.damage && known_.damage->entry == entry) return;
    known_.damage = Damage{entry, Text<200>::cut(what)};
    own(Type::security, Payload().put("event", damage_event).put("entry", entry).put("detail", what), at);
}

std::uint64_t Log::add(std::string_view source, std::uint64_t sequence, Type type, std::uint8_t evse, std::string_view payload,
                       Time at) {
    return store_.add({std::string(source), sequence, known_.boot, std::max<std::int64_t>(0, at.now.ns),
                       std::max<std::int64_t>(0, at.wall.unix_ms), std::string(word(type)), evse, std::string(payload)});
}

void Log::own(Type type, const Payload& payload, Time at) {
    own_.push_back({type, payload.text(), at});
    add(self, next_of(self), type, 0, own_.back().payload, at);
}

Result<std::uint64_t> Log::append(std::string_view source, Type type, std::uint8_t evse, std::string_view payload, Time at) {
    TRY(check(payload));
    if (!may_write(at.now)) return std::unexpected(*outage_);
    return add(source, next_of(source), type, evse, payload, at);
}

Result<> Log::append_later(std::string_view source, Type type, std::uint8_t evse, std::string_view payload, Time at) {
    TRY(check(payload));
    if (later_.size() >= later_bound || !may_write(at.now)) {
        lose(std::string(source));
        return {};
    }
    later_.emplace_back(source);
    add(source, next_of(source), type, evse, payload, at);
    return {};
}

void Log::lose(const std::string& source) {
    ++dropped_;
    ++lost_[source];
}

std::uint32_t Log::stored_event() const {
    const auto next = committed_.find(std::string(manager));
    return next == committed_.end() || next->second == 0 ? 0 : static_cast<std::uint32_t>(next->second - 1);
}

void Log::take(const kernel::control::Event& e, Time at) {
    using kernel::control::Occasion;
    std::uint64_t& next = known_.next[std::string(manager)];   // std::map: stays where it is when another source is added
    next = std::max<std::uint64_t>(next, 1);   // its first event of a run has the number 1
    if (e.sequence < next) return;
    if (e.sequence > next)   // found again with the event behind it, should this commit fail
        add(self, next_of(self), Type::gap, 0, Payload().put("of", manager).put("missing", e.sequence - next).text(), at);
    next = std::uint64_t{e.sequence} + 1;
    constexpr std::string_view occasions[] = {"life", "fault", "refused", "late", "rejoined"};
    static_assert(std::size(occasions) == static_cast<std::size_t>(Occasion::last_) + 1);
    const bool is_policy = e.occasion == Occasion::refused ||
                           (e.occasion == Occasion::fault && (e.code == 0xfe || e.code == static_cast<int>(Errc::denied)));
    Payload p;
    p.put("service", e.name.view()).put("occasion", occasions[static_cast<std::size_t>(e.occasion)]);
    if (e.occasion == Occasion::life) p.put("life", word(e.life)).put("cause", word(e.cause));
    if (!e.peer.empty()) p.put("peer", e.peer.view());
    if (!e.last.empty()) p.put("last", e.last.view());
    const Duration ago = std::max(Duration::zero(), at.now - Instant{e.at_ns});
    add(manager, e.sequence, is_policy ? Type::policy : Type::service, 0, p.put("code", e.code).put("detail", e.detail).text(),
        {at.now - ago, {at.wall.unix_ms - std::chrono::duration_cast<std::chrono::milliseconds>(ago).count()}});
}

Payload Log::checkpoint() const {
    std::string next;
    for (const auto& [source, value] : known_.next)
        next += (next.empty() ? "{\"" : ",\"") + source + "\":" + std::to_string(value);
    return Payload().put("boot", known_.boot).put("run", known_.run).put_raw("next", next.empty() ? "{}" : next + "}");
}

std::unexpected<Error> Log::stop(const Error& why, Time at) {
    store_.drop_pending();
    for (const std::string& source : std::exchange(later_, {})) lose(source);
    known_.next = committed_;
    retry_at_ = at.now + retry_after;
    for (const Own& o : own_) add(self, next_of(self), o.type, 0, o.payload, o.at);
    if (!outage_) own(Type::service, Payload().put("service", self).put("occasion", "fault").put("detail", why.what.view()), at);
    outage_ = why;
    return std::unexpected(why);
}

Result<> Log::commit(Time at) {
    if (!may_write(at.now)) return std::unexpected(*outage_);
    if (must_seal_ || unkept_) TRY(seal(at));
    if (const auto done = store_.commit(); !done) return stop(done.error(), at);
    outage_.reset();
    own_.clear();
    if (std::exchange(is_raise_pending_, false)) raise_end_ = store_.size();
    later_.clear();
    committed_ = known_.next;
    if (store_.is_segment_full() && store_.begin_segment())
        own(Type::checkpoint, checkpoint(), at);  // if not, the old one grows a little
    for (const auto& [source, count] : std::exchange(lost_, {}))
        own(Type::gap, Payload().put("of", source).put("missing", count), at);
    return {};
}

Result<> Log::seal(Time at) {
    if (unkept_) return may_write(at.now) ? keep(at) : Result<>{};
    if (!seal_.is_key_here() || unsealed() == 0 || !may_write(at.now)) return {};
    ToSign wanted = prepare(at);
    auto signature = seal_.sign(wanted);
    must_seal_ = !signature;
    if (!signature) return stop(signature.error(), at);
    unkept_.emplace(std::move(wanted), std::move(*signature));
    return keep(at);
}

ToSign Log::prepare(Time at) const {
    return seal_.prepare(store_.size(), store_.root(),
                         static_cast<std::uint64_t>(std::max<std::int64_t>(0, at.wall.unix_ms)) / 1000);
}

/// What is signed and not on the disk is written before anything else.
Result<> Log::keep(Time at) {
    const auto done = seal_.keep(unkept_->first, unkept_->second);
    must_seal_ = !done;
    if (!done) return stop(done.error(), at);
    unkept_.reset();
    has_sealed_ = true;
    return {};
}

std::optional<ToSign> Log::to_sign(Time at) const {
    if (unkept_ || !seal_.is_key_known() || unsealed() == 0 || !may_write(at.now)) return std::nullopt;
    return prepare(at);
}

Result<> Log::take_signature(const ToSign& wanted, Bytes signature, Time at) {
    TRY(seal_.check(wanted, signature));
    unkept_.emplace(wanted, std::vector<std::byte>(signature.begin(), signature.end()));
    return may_write(at.now) ? keep(at) : Result<>{};
}

void Log::tell_raise(std::uint64_t counter, std::string_view cause, Time at) {
    raise_end_.reset();
    is_raise_pending_ = true;
    own(Type::service, Payload().put("service", self).put("occasion", seal_word).put("counter", counter).put("cause", cause), at);
}

void Log::tell_tpm(std::string_view occasion, std::string_view detail, Time at) {
    own(Type::service, Payload().put("service", self).put("occasion", occasion).put("detail", detail), at);
}

Result<> Log::keep_tpm(const audit_log::TpmSeal& seal, Time at) {
    if (!may_write(at.now)) return std::unexpected(*outage_);
    TRY(seals_.append(seal));
    if (seal.certified) sealed_at_ = at.wall;
    return {};
}

void Log::judge(std::uint64_t counter, const audit_log::TpmKeys& keys, Time at) {
    const auto& last = seals_.last_certified();
    if (!last) return;  // the first of this log comes now
    if (const auto good = audit_log::check_tpm_seal(*last, seal_.origin(), keys); !good)
        return tell_damage(last->size, good.error().what.view(), at);
    const std::uint64_t sealed = last->certified->counter;
    // A raise that was told, and signed, may have been cut off in front of its line in the file.
    const bool was_cut_off = known_.raised && known_.raised->counter == sealed + 1 && known_.raised->index < signed_at_start_;
    const std::string values =
        "the TPM's counter is at " + std::to_string(counter) + ", the last seal at " + std::to_string(sealed);
    if (counter < sealed)
        tell_damage(last->size, values + ": this is another TPM, or an earlier state of it", at);
    else if (counter > sealed + (was_cut_off ? 1 : 0))
        tell_damage(last->size, values + ": entries that were sealed are missing", at);
    else if (counter > sealed)
        tell_tpm("seal_cut_off", values, at);
}

GetSeals::Seals Log::seals() const {
    GetSeals::Seals seals;
    seals.signed_size = seal_.size();
    if (const auto& last = seals_.last_certified()) {
        seals.sealed_size = last->size;
        seals.counter = last->certified->counter;
    }
    seals.sealed_ms = sealed_at_.unix_ms;
    if (known_.damage) {
        seals.alarm = known_.damage->what;
        seals.alarm_entry = known_.damage->entry;
    }
    return seals;
}

Result<Read::Entries> Log::read(std::uint64_t from, Time at) {
    Read::Entries entries;
    if (from > store_.size()) from = 0;   // who has followed a log that was set aside
    const Result<> done = store_.read(from, entries.entries.capacity,
                                      [&](std::uint64_t index, const audit_log::Entry& e, const audit_log::Hash& hash) {
                                          Entry entry{index,     *Text<24>::from(e.source), e.sequence, e.boot, e.monotonic_ns,
                                                      e.wall_ms, type_of(e.type),           e.evse,     {},     hash};
                                          entry.payload = *decltype(entry.payload)::from(e.payload);
                                          CHECK(entries.entries.push(entry));
                                      });
    if (done || !entries.entries.empty()) return entries;
    if (done.error().code == Errc::integrity) tell_damage(from, done.error().what, at);
    return std::unexpected(done.error());
}

}  // namespace voltkeep::audit
