// SPDX-License-Identifier: Apache-2.0
#include "profile.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <string>

namespace voltkeep::crypto {
namespace {

constexpr std::string_view signed_for = "voltkeep crypto profile";
constexpr std::array<std::byte, 4> format{std::byte{'V'}, std::byte{'K'}, std::byte{'P'}, std::byte{1}};
constexpr std::size_t head_size = format.size() + 2;

enum class Use : std::uint8_t { hybrid_group, classical_group, signature, suite, firmware, log, meter };

struct Algorithm {
    std::string_view name;
    Use use;
    bool is_experimental = false;
};

/// Every algorithm that a profile may name. What is not here has no implementation behind it.
constexpr Algorithm algorithms[] = {
    {"SecP384r1MLKEM1024", Use::hybrid_group},
    {"X25519MLKEM768", Use::hybrid_group},
    {"SecP256r1MLKEM768", Use::hybrid_group},
    {"MLKEM1024", Use::hybrid_group, true},   // no classical half: if the lattice falls, all falls
    {"P-384", Use::classical_group},
    {"secp384r1", Use::classical_group},
    {"secp521r1", Use::classical_group},
    {"x448", Use::classical_group},
    {"ecdsa_secp384r1_sha384", Use::signature},
    {"ecdsa_secp521r1_sha512", Use::signature},
    {"ed448", Use::signature},
    {"mldsa65", Use::signature},
    {"mldsa87", Use::signature},
    {"falcon1024", Use::signature, true},
    {"TLS_AES_256_GCM_SHA384", Use::suite},
    {"TLS_CHACHA20_POLY1305_SHA256", Use::suite},
    {"id-MLDSA65-Ed25519-SHA512", Use::firmware},
    {"ML-DSA-44", Use::log},
    {"ML-DSA-65", Use::log},
    {"ML-DSA-65", Use::meter},
    {"ML-DSA-87", Use::meter},
};

bool serves(const Algorithm& algorithm, Use use) {
    return algorithm.use == use || (use == Use::classical_group && algorithm.use == Use::hybrid_group);   // a group is a group
}

std::vector<std::string_view> parts_of(std::string_view text, char between) {
    std::vector<std::string_view> parts;
    for (const auto part : std::views::split(text, between)) parts.emplace_back(std::string_view(part));
    return parts;
}

class Judge {
public:
    explicit Judge(const Profile& profile) : profile_(profile) {}

    Result<> all() const {
        if (profile_.number == 0) return fail(Errc::refused, "a profile's number is at least 1");
        for (const PeerRules& rules : profile_.peers) {
            if (rules.groups.empty() || rules.floor.empty() || rules.signatures.empty() || rules.suites.empty())
                return fail(Errc::refused, "an empty list: a default is nobody's decision");
            TRY(groups(rules.groups));
            TRY(names(rules.signatures, Use::signature));
            TRY(names(rules.suites, Use::suite));
            TRY(floor(rules));
        }
        TRY(name(profile_.firmware, Use::firmware));
        TRY(name(profile_.log, Use::log));
        TRY(name(profile_.meter, Use::meter));
        if (std::ranges::contains(profile_.disabled, profile_.number)) return fail(Errc::refused, "the profile disables itself");
        return {};
    }

private:
    Result<const Algorithm*> name(std::string_view text, Use use) const {
        const auto* const found =
            std::ranges::find_if(algorithms, [&](const Algorithm& a) { return a.name == text && serves(a, use); });
        if (found == std::end(algorithms))
            return fail(Errc::refused, "\"" + std::string(text) + "\" is not known, or does not serve there");
        if (found->is_experimental && !profile_.is_experimental)
            return fail(Errc::refused, "\"" + std::string(text) + "\" is experimental, and this profile is not");
        return found;
    }

    Result<> names(std::string_view list, Use use) const {
        for (const std::string_view one : parts_of(list, ':')) TRY(name(one, use));
        return {};
    }

    /// OpenSSL takes all groups between two slashes as equally good, and then the one that the peer has guessed: a classical
    /// group beside a hybrid one is a downgrade that nobody notices.
    Result<> groups(std::string_view list) const {
        bool was_classical = false;
        for (const std::string_view equals : parts_of(list, '/')) {
            bool has_hybrid = false, has_classical = false;
            for (const std::string_view one : parts_of(equals, ':')) {
                const Algorithm* const group = TRY(name(one, Use::classical_group));
                (group->use == Use::hybrid_group ? has_hybrid : has_classical) = true;
            }
            if (has_hybrid && has_classical)
                return fail(Errc::refused, "\"" + std::string(equals) + "\": a slash parts hybrid groups from classical ones");
            if (has_hybrid && was_classical)
                return fail(Errc::refused, "\"" + std::string(list) + "\": hybrid groups come first");
            was_classical |= has_classical;
        }
        return {};
    }

    Result<> floor(const PeerRules& rules) const {
        std::vector<std::string_view> offered;
        for (const std::string_view equals : parts_of(rules.groups, '/'))
            std::ranges::copy(parts_of(equals, ':'), std::back_inserter(offered));
        for (const std::string_view one : parts_of(rules.floor, ':'))
            if (!std::ranges::contains(offered, one))
                return fail(Errc::refused, "the floor \"" + std::string(one) + "\" is not among the groups");
        return {};
    }

    const Profile& profile_;
};

}  // namespace

Result<> judge(const Profile& profile) { return Judge(profile).all(); }

Result<std::vector<std::byte>> sign_profile(const Profile& profile, const pki::CompositeKey& signer) {
    TRY(judge(profile));
    std::vector<std::byte> file(head_size + kernel::bound<Profile>);
    const std::size_t size = kernel::encode(profile, std::span(file).subspan(head_size)).size();
    std::ranges::copy(format, file.begin());
    file[4] = static_cast<std::byte>(size & 0xff);
    file[5] = static_cast<std::byte>(size >> 8);
    file.resize(head_size + size);
    const auto signature = TRY(pki::composite_sign(signer, file, signed_for));
    file.insert(file.end(), signature.begin(), signature.end());
    return file;
}

Result<Profile> open_profile(Bytes file, const pki::CompositeKey& signer) {
    if (file.size() < head_size + pki::composite_signature_size)
        return fail(Errc::integrity, "a crypto profile without a signature");
    const Bytes text = file.first(file.size() - pki::composite_signature_size);
    TRY(pki::composite_verify(signer, text, file.last(pki::composite_signature_size), signed_for));
    const std::size_t size = std::to_integer<std::size_t>(file[4]) | std::to_integer<std::size_t>(file[5]) << 8;
    if (!std::ranges::equal(text.first(format.size()), format) || size != text.size() - head_size)
        return fail(Errc::malformed, "a crypto profile of another format");
    const Profile profile = TRY(kernel::decode<Profile>(text.subspan(head_size)));
    TRY(judge(profile));
    return profile;
}

Result<Profiles::Signed> Profiles::opened(Bytes file) const {
    const Profile profile = TRY(open_profile(file, *signer_));
    const auto kept = File::from(file);
    if (!kept) return fail(Errc::malformed, "a crypto profile that is too long");
    return Signed{*kept, profile};
}

Result<Profiles> Profiles::open(const pki::CompositeKey& signer, Bytes factory, std::optional<Bytes> kept) {
    Profiles profiles(signer);
    if (!kept) {
        profiles.active_ = TRY(profiles.opened(factory));
        profiles.note(profiles.active_.profile);
        return profiles;
    }
    const auto record = kernel::decode<Kept>(*kept);
    if (!record || record->version != 1)
        return fail(Errc::integrity, "the crypto profiles that were kept are not as they were written");
    TRY(profiles.take(*record));
    return profiles;
}

Result<> Profiles::take(const Kept& kept) {
    disabled_ = kept.disabled;
    highest_ = kept.highest;
    active_ = TRY(opened(kept.active));
    if (kept.last_good) last_good_ = TRY(opened(*kept.last_good));
    if (kept.candidate) candidate_ = TRY(opened(*kept.candidate));
    is_tried_ = candidate_ && kept.is_tried;
    note(active_.profile);
    if (is_disabled(active_.profile.number)) return fail(Errc::integrity, "the active crypto profile is a disabled one");
    return {};
}

/// What an active profile says about others holds from then on.
void Profiles::note(const Profile& active) {
    highest_ = std::max(highest_, active.number);
    for (const std::uint32_t number : active.disabled)
        if (!is_disabled(number)) (void)disabled_.push(number);   // full: the numbers below `highest_` are refused anyway
}

Result<> Profiles::propose(Bytes file) {
    Signed proposed = TRY(opened(file));
    const std::uint32_t number = proposed.profile.number;
    if (is_disabled(number)) return fail(Errc::refused, "crypto profile " + std::to_string(number) + " is disabled");
    if (number <= highest_)
        return fail(Errc::refused, "crypto profile " + std::to_string(number) + " is not newer than " + std::to_string(highest_) +
                                       ", which was active");
    candidate_ = std::move(proposed);
    is_tried_ = false;
    return {};
}

Result<> Profiles::tried(bool is_good) {
    if (!candidate_) return fail(Errc::bad_state, "there is no candidate");
    if (!is_good) candidate_.reset();
    is_tried_ = is_good;
    return {};
}

Result<> Profiles::promote() {
    if (!candidate_) return fail(Errc::bad_state, "there is no candidate");
    if (!is_tried_) return fail(Errc::bad_state, "the candidate was not tried");
    last_good_ = std::move(active_);
    active_ = std::move(*candidate_);
    candidate_.reset();
    is_tried_ = false;
    note(active_.profile);
    return {};
}

Result<> Profiles::roll_back() {
    if (!last_good_) return fail(Errc::bad_state, "there is no profile before this one");
    if (is_disabled(last_good_->profile.number)) return fail(Errc::refused, "the profile before this one is disabled");
    active_ = std::move(*last_good_);
    last_good_.reset();
    return {};
}

std::vector<std::byte> Profiles::bytes() const {
    Kept kept{.active = active_.file,
              .last_good = {},
              .candidate = {},
              .is_tried = is_tried_,
              .highest = highest_,
              .disabled = disabled_};
    if (last_good_) kept.last_good = last_good_->file;
    if (candidate_) kept.candidate = candidate_->file;
    std::vector<std::byte> buffer(kernel::bound<Kept>);
    buffer.resize(kernel::encode(kept, buffer).size());
    return buffer;
}

}  // namespace voltkeep::crypto
