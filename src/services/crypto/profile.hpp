// SPDX-License-Identifier: Apache-2.0
// A crypto profile: which algorithms the station uses, and below what it never goes. It is written as TOML by people, signed by
// the command line, and read here as a bounded value: what is not signed is not even looked at. One profile is active, one may be
// candidate, and the last good one waits for the active one to fail. Functions of their arguments.
#pragma once

#include <optional>
#include <vector>

#include "kernel/message.hpp"
#include "pki/composite.hpp"

namespace voltkeep::crypto {

/// Towards whom.
enum class Peer : std::uint8_t { csms, witness, vehicle, last_ = vehicle };

/// Lists as OpenSSL has them: a colon between equals, a slash before what is taken only if the peer knows nothing better.
struct PeerRules {
    Text<160> groups;              ///< "SecP384r1MLKEM1024:X25519MLKEM768/P-384"
    Text<160> floor;               ///< with one of these groups the connection may live; looked at after the handshake
    Text<160> signatures;          ///< "ecdsa_secp384r1_sha384:mldsa87"
    Text<120> suites;              ///< "TLS_AES_256_GCM_SHA384"
};

struct Profile {
    std::uint32_t number = 0;      ///< rises with each profile; one that was ever behind another is never taken again
    Text<32> name;
    bool is_experimental = false;  ///< not for a product: it may have algorithms that no standard names yet
    std::array<PeerRules, static_cast<std::size_t>(Peer::last_) + 1> peers;
    Text<48> firmware;             ///< what a release is signed with
    Text<48> log;                  ///< checkpoints, beside the TPM's signature
    Text<48> meter;                ///< the record around a signed reading
    List<std::uint32_t, 16> disabled;   ///< profiles that are never used again
};

/// Every name is known and serves there, nothing experimental is in a profile that is not, no classical group is an equal of a
/// hybrid one, each floor is among its groups. Errors: refused, with the name that is at fault.
[[nodiscard]] Result<> judge(const Profile& profile);

/// The file: format, size, profile, composite signature. Errors: as `judge`; tls.
[[nodiscard]] Result<std::vector<std::byte>> sign_profile(const Profile& profile, const pki::CompositeKey& signer);
/// Errors: integrity (not signed by this key), malformed (another build's format), refused (as `judge`).
[[nodiscard]] Result<Profile> open_profile(Bytes file, const pki::CompositeKey& signer);

inline constexpr std::size_t profile_file_bound = 8 + kernel::bound<Profile> + pki::composite_signature_size;

/// The profiles of one station, and what is kept of them: signed files, verified at every start.
class Profiles {
public:
    /// `kept`: what `bytes` gave last; nothing: the first start. Errors: as open_profile; integrity (what was kept was changed).
    static Result<Profiles> open(const pki::CompositeKey& signer, Bytes factory, std::optional<Bytes> kept);

    [[nodiscard]] const Profile& active() const { return active_.profile; }
    [[nodiscard]] const std::optional<Profile> candidate() const {
        return candidate_ ? std::optional(candidate_->profile) : std::nullopt;
    }
    [[nodiscard]] bool is_tried() const { return is_tried_; }

    /// A new candidate; the one before is forgotten. Errors: as open_profile; refused (disabled, or not newer than all that were
    /// active).
    Result<> propose(Bytes file);
    /// The candidate was tried. One that failed is no candidate any more. Errors: bad_state (there is none).
    Result<> tried(bool is_good);
    /// The candidate becomes active. Errors: bad_state (there is none, or it was not tried).
    Result<> promote();
    /// Back to the last good one: for good, the failed one is not taken again. Errors: bad_state (there is none), refused (it is
    /// disabled).
    Result<> roll_back();

    /// What is to be kept.
    [[nodiscard]] std::vector<std::byte> bytes() const;

private:
    using File = Blob<profile_file_bound>;
    struct Signed {
        File file;
        Profile profile;
    };
    /// As it is kept. Only what is signed counts of the profiles; the rest can be set back by who owns the disk, and is bounded
    /// by them.
    struct Kept {
        std::uint32_t version = 1;
        File active;
        std::optional<File> last_good;
        std::optional<File> candidate;
        bool is_tried = false;
        std::uint32_t highest = 0;
        List<std::uint32_t, 64> disabled;
    };

    explicit Profiles(const pki::CompositeKey& signer) : signer_(&signer) {}
    Result<Signed> opened(Bytes file) const;
    Result<> take(const Kept& kept);
    void note(const Profile& active);
    [[nodiscard]] bool is_disabled(std::uint32_t number) const { return std::ranges::contains(disabled_, number); }

    const pki::CompositeKey* signer_;
    Signed active_;
    std::optional<Signed> last_good_, candidate_;
    bool is_tried_ = false;
    std::uint32_t highest_ = 0;    ///< number that was ever active
    List<std::uint32_t, 64> disabled_;
};

}  // namespace voltkeep::crypto
