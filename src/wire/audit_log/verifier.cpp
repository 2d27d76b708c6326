// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/verifier.hpp"

namespace voltkeep::audit_log {

std::string origin_of(Bytes public_key, std::uint64_t generation) {
    return "voltkeep.log/" + to_hex(sha256({public_key})).substr(0, 32) + "/" + std::to_string(generation);
}

Checkpoints split_checkpoints(std::string_view text) {
    Checkpoints all;
    for (;;) {
        const std::size_t body = text.find("\n\n", all.length);
        const std::size_t end = body == std::string_view::npos ? body : text.find("\n\n", body + 2);
        if (end == std::string_view::npos) return all;
        all.notes.emplace_back(text.substr(all.length, end + 1 - all.length));
        all.length = end + 2;
    }
}

std::size_t place_among(const std::vector<std::string>& kept, std::string_view now) {
    const auto size_of = [](std::string_view note) -> std::uint64_t {
        const std::size_t first = note.find('\n'), second = first == std::string_view::npos ? first : note.find('\n', first + 1);
        if (second == std::string_view::npos) return UINT64_MAX;
        return read_decimal(note.substr(first + 1, second - first - 1)).value_or(UINT64_MAX);
    };
    std::size_t place = kept.size();
    for (const std::uint64_t size = size_of(now); place > 0 && size_of(kept[place - 1]) > size; --place) {}
    return place;
}

bool Verifier::wrong(std::uint64_t index, std::uint64_t offset, bool is_torn, std::string what, std::string_view place) {
    if (!result_.damage) {
        result_.damage = Damage{index, offset, is_torn, std::move(what)};
        result_.place = place;
    }
    return false;
}

bool Verifier::checkpoint(std::string_view text, bool with_signature, std::string_view place) {
    const std::uint64_t before = marks_.empty() ? 0 : marks_.back().checkpoint.size;
    auto bad = [&](const Error& why) {
        return wrong(before, 0, false, "the checkpoint behind this entry: " + std::string(why.what.view()), place);
    };
    const auto note = read_note(text);
    if (!note) return bad(note.error());
    auto checkpoint = read_checkpoint(note->text);
    if (!checkpoint) return bad(checkpoint.error());
    if (result_.origin.empty()) {
        if (!checkpoint->origin.starts_with(origin_of(key_, 1).substr(0, origin_of(key_, 1).size() - 1)))
            return wrong(0, 0, false, "the log of another key: " + checkpoint->origin, place);
        result_.origin = checkpoint->origin;
    }
    if (checkpoint->origin != result_.origin)
        return wrong(before, 0, false, "a checkpoint of another log: " + checkpoint->origin, place);
    if (checkpoint->size < before)
        return wrong(checkpoint->size, 0, false, "a checkpoint that is smaller than the one before it", place);
    if (checkpoint->size == 0) return wrong(0, 0, false, "a checkpoint of nothing", place);
    if (with_signature) {
        const VerifierKey key{checkpoint->origin, SignatureType::ml_dsa_44, key_};
        const auto checked = check_checkpoint(text, {&key, 1});
        if (!checked) return bad(checked.error());
        result_.signed_unix_s = checked->unix_s;
    }
    marks_.push_back({std::move(*checkpoint), std::string(place)});
    return true;
}

void Verifier::cut_off(std::string_view place) {
    wrong(marks_.empty() ? 0 : marks_.back().checkpoint.size, 0, true, "the last checkpoint that is kept ends early", place);
}

bool Verifier::tpm_seal(std::string_view line, const TpmKeys* keys, std::string_view place) {
    const std::uint64_t before = sealed_.empty() ? 0 : sealed_.back().checkpoint.size;
    auto seal = read_tpm_seal(line);
    if (!seal) return wrong(before, 0, false, std::string(seal.error().what.view()), place);
    if (seal->size < before || seal->size == 0)
        return wrong(seal->size, 0, false, "a seal of less than the one before it", place);
    if (marks_.empty() || seal->size > marks_.back().checkpoint.size)
        return wrong(marks_.empty() ? 0 : marks_.back().checkpoint.size, 0, false,
                     "checkpoints are missing: the TPM has seen later ones", place);
    if (seal->certified && seal->certified->counter < result_.counter)
        return wrong(before, 0, false, "the TPM's counter was set back before this seal: another TPM, or an earlier state of it",
                     place);
    if (keys != nullptr) {
        auto state = check_tpm_seal(*seal, result_.origin, *keys);
        if (!state) return wrong(before, 0, false, std::string(state.error().what.view()), place);
        if (*state && tpm_ && (*state)->index != tpm_->index)
            return wrong(before, 0, false, "a seal with another counter", place);
        if (*state && tpm_ && (*state)->resets < tpm_->resets)
            return wrong(before, 0, false, "the TPM has counted fewer starts than at the seal before: an earlier state of it",
                         place);
        if (*state) tpm_ = std::move(**state);
    }
    if (seal->certified) {
        ++result_.seals;
        result_.sealed_size = seal->size;
        result_.counter = seal->certified->counter;
    }
    sealed_.push_back({{result_.origin, seal->size, seal->root}, std::string(place)});
    return true;
}

/// With all checkpoints and seals of the size that is reached.
Result<> Verifier::compare() {
    TRY(compare(marks_, next_));
    const auto sealed = compare(sealed_, next_sealed_);
    // Who has the log's key can have signed another history behind the last seal that fits.
    if (sealed && next_sealed_ > 0) good_sealed_ = sealed_[next_sealed_ - 1].checkpoint.size;
    if (!sealed) good_ = good_sealed_;
    return sealed;
}

Result<> Verifier::compare(std::vector<Mark>& marks, std::size_t& next) {
    for (; next < marks.size() && marks[next].checkpoint.size == entries_.size(); ++next) {
        const Hash& root = marks[next].checkpoint.root;
        if (entries_.root() == root && !differs_) {
            good_ = entries_.size();
            continue;
        }
        if (differs_) {
            if (entries_.root() == root) differs_->what = "the hash beside the entry was changed; the entry is as it was signed";
            else if (stored_.root() == root) differs_->what = "the entry was changed; the hash beside it is as it was signed";
            return fail(Errc::integrity, differs_->what);
        }
        return fail(
            Errc::integrity,
            "these entries were changed, moved, added or dropped, and their hashes with them: the signed root of the first " +
                std::to_string(entries_.size()) + " entries is another");
    }
    return {};
}

/// Both times of an entry are of one moment: in one boot they go the same way, unless somebody sets the clock.
void Verifier::compare_clocks(std::uint64_t index, const Entry& entry) {
    constexpr std::int64_t tolerance_ms = 1000;   // a time server may turn it so far
    const std::int64_t ahead = entry.wall_ms - entry.monotonic_ns / 1'000'000;
    if (boot_ == entry.boot && ahead < clocks_ms_ - tolerance_ms && !result_.set_back) result_.set_back = index;
    boot_ = entry.boot;
    clocks_ms_ = ahead;
}

Result<> Verifier::add(const Record& record) {
    if (record.leaf != record.stored && !differs_) {
        differs_ = Damage{record.index, record.offset, false, "the entry or the hash beside it was changed"};
        differs_in_ = segment_;
    }
    if (!differs_) compare_clocks(record.index, TRY(decode(record.encoded)));
    entries_.append(record.leaf);
    stored_.append(record.stored);
    return {};
}

bool Verifier::segment(std::string_view name, std::uint64_t first, Bytes bytes) {
    if (result_.damage) return false;
    segment_ = name;
    if (first != entries_.size()) return wrong(entries_.size(), 0, false, "entries in front of this segment are missing", name);
    bool is_compared = true;
    const Walk walked = walk(bytes, first, [&](const Record& record) -> voltkeep::Result<> {
        TRY(add(record));
        auto same = compare();
        is_compared = same.has_value();
        return same;
    });
    if (differs_ && walked.damage) return wrong(differs_->index, differs_->offset, false, differs_->what, differs_in_);
    if (!walked.damage) return true;
    const Damage& d = *walked.damage;
    if (!is_compared) return wrong(good_, 0, false, d.what, name);
    return wrong(d.index, d.offset, d.is_torn && next_ == marks_.size() && next_sealed_ == sealed_.size(), d.what, name);
}

Verifier::Result Verifier::finish() {
    if (!result_.damage && differs_) wrong(differs_->index, differs_->offset, false, differs_->what, differs_in_);
    if (!result_.damage && marks_.empty()) wrong(0, 0, false, "there is no checkpoint: nothing of it is signed", "checkpoint");
    if (!result_.damage && next_ < marks_.size())
        wrong(entries_.size(), 0, false,
              "entries were dropped at the end: " + std::to_string(marks_.back().checkpoint.size) + " are signed",
              marks_.back().place);
    if (!result_.damage && next_sealed_ < sealed_.size())
        wrong(entries_.size(), 0, false,
              "entries were dropped at the end: " + std::to_string(sealed_.back().checkpoint.size) + " are sealed by the TPM",
              sealed_.back().place);
    result_.entries = result_.damage ? result_.damage->index : entries_.size();
    result_.signed_size = marks_.empty() ? 0 : marks_.back().checkpoint.size;
    result_.root = entries_.root();
    return result_;
}

}  // namespace voltkeep::audit_log
