// SPDX-License-Identifier: Apache-2.0
// Is a log as it was written? From its segments, its checkpoints and the public key: which is the first entry that is not, and
// what was done. It knows no files: who has them gives their bytes, the checkpoints first, then the segments in their order.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "wire/audit_log/checkpoint.hpp"
#include "wire/audit_log/segment.hpp"
#include "wire/audit_log/tpm_seal.hpp"

namespace voltkeep::audit_log {

/// The name of the log of a key: its origin. `generation` counts the logs of the key from 1: behind damage begins another.
[[nodiscard]] std::string origin_of(Bytes public_key, std::uint64_t generation);

/// Checkpoints as they stand in a file, each followed by an empty line; what ends early is left over.
struct Checkpoints {
    std::vector<std::string> notes;
    std::size_t length = 0;          ///< bytes of them
};
[[nodiscard]] Checkpoints split_checkpoints(std::string_view text);
/// Where among `kept`, smallest first, the checkpoint `now` of another file belongs: behind those that are not larger. What is no
/// checkpoint belongs to the end.
[[nodiscard]] std::size_t place_among(const std::vector<std::string>& kept, std::string_view now);

class Verifier {
public:
    /// `ml_dsa_key`: the log's public key. The checkpoint of now is the last.
    explicit Verifier(std::vector<std::byte> ml_dsa_key) : key_(std::move(ml_dsa_key)) {}

    /// A checkpoint of the log, each at least as large as the one before. Its signature is checked if `with_signature`: that of
    /// the last must be. False: something is wrong, `finish` says it.
    bool checkpoint(std::string_view note, bool with_signature, std::string_view place);
    /// Behind the last checkpoint of a file is one that ends early.
    void cut_off(std::string_view place);
    /// A line of the TPM's, each of at least as many entries as the one before. Its signatures are checked if `keys` are given.
    /// Behind the checkpoints: they name the log, and the last is at least as large.
    bool tpm_seal(std::string_view line, const TpmKeys* keys, std::string_view place);
    /// A segment, whose first entry is `first` by its name.
    bool segment(std::string_view name, std::uint64_t first, Bytes bytes);

    struct Result {
        std::uint64_t entries = 0;       ///< good ones
        std::uint64_t signed_size = 0;   ///< as many does the last checkpoint sign
        std::uint64_t signed_unix_s = 0; ///< and when it says that it did
        Hash root{};                     ///< of all entries
        std::string origin;
        std::uint64_t seals = 0;                ///< lines of the TPM that certify its counter
        std::uint64_t sealed_size = 0;          ///< as many entries does the last of them seal
        std::uint64_t counter = 0;              ///< and this was the counter then
        std::optional<std::uint64_t> set_back;  ///< the first entry in front of which the clock of a running station was set back
        std::optional<Damage> damage;
        std::string place;               ///< the file with the damage
    };
    [[nodiscard]] Result finish();

private:
    struct Mark {
        Checkpoint checkpoint;
        std::string place;
    };
    bool wrong(std::uint64_t index, std::uint64_t offset, bool is_torn, std::string what, std::string_view place);
    voltkeep::Result<> add(const Record& record);
    void compare_clocks(std::uint64_t index, const Entry& entry);
    [[nodiscard]] voltkeep::Result<> compare();
    [[nodiscard]] voltkeep::Result<> compare(std::vector<Mark>& marks, std::size_t& next);

    std::vector<std::byte> key_;
    std::vector<Mark> marks_;
    std::size_t next_ = 0;               ///< of the marks: the first that is not compared yet
    std::vector<Mark> sealed_;           ///< the TPM's
    std::size_t next_sealed_ = 0;        ///< of these
    std::uint64_t good_sealed_ = 0;      ///< size of the last of these that was as the entries are
    std::optional<TpmState> tpm_;        ///< as the last checked seal has it
    std::uint64_t good_ = 0;             ///< size of the last that was
    Peaks entries_, stored_;             ///< over the entries, and over the hashes beside them
    std::optional<Damage> differs_;      ///< the first entry whose hash beside it is another
    std::string differs_in_, segment_;
    std::uint64_t boot_ = 0;             ///< of the last entry, and
    std::int64_t clocks_ms_ = 0;         ///< by how much its wall time was ahead of its monotonic one
    Result result_;
};

}  // namespace voltkeep::audit_log
