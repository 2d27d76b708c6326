// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/tpm_seal.hpp"

#include <algorithm>

namespace voltkeep::audit_log {

namespace {

std::unexpected<Error> bad(std::string_view what) { return fail(Errc::malformed, "a seal of the TPM: " + std::string(what)); }
std::unexpected<Error> wrong(std::string_view what) { return fail(Errc::integrity, "a seal of the TPM: " + std::string(what)); }

/// A statement of the TPM, field by field, big-endian (TPM 2.0 library, part 2, 10.12).
class Reader {
public:
    explicit Reader(Bytes bytes) : bytes_(bytes) {}
    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const std::byte octet : take(size)) value = value << 8 | std::to_integer<std::uint64_t>(octet);
        return value;
    }
    Bytes sized() { return take(static_cast<std::size_t>(number(2))); }
    [[nodiscard]] bool is_whole() const { return is_good_ && bytes_.empty(); }

private:
    Bytes take(std::size_t size) {
        if (size > bytes_.size()) is_good_ = false;
        const Bytes taken = is_good_ ? bytes_.first(size) : Bytes();
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }
    Bytes bytes_;
    bool is_good_ = true;
};

/// TPMS_ATTEST of TPM2_NV_Certify.
struct Statement {
    Bytes extra, index, contents;
    std::uint32_t resets = 0;
};
Result<Statement> read_statement(Bytes bytes) {
    constexpr std::uint64_t generated = 0xff544347, nv = 0x8014;
    Reader reader(bytes);
    Statement statement;
    if (reader.number(4) != generated || reader.number(2) != nv) return wrong("this is no statement of a TPM about a counter");
    (void)reader.sized();  // the signer: its public key is the one that the signature is checked with
    statement.extra = reader.sized();
    (void)reader.number(8);  // the clock, which a cut of power may set back
    statement.resets = static_cast<std::uint32_t>(reader.number(4));
    (void)reader.number(4);
    (void)reader.number(1);
    (void)reader.number(8);  // the firmware's version
    statement.index = reader.sized();
    const std::uint64_t offset = reader.number(2);
    statement.contents = reader.sized();
    if (!reader.is_whole() || offset != 0 || statement.contents.size() != 8) return wrong("its statement is not whole");
    return statement;
}

}  // namespace

std::string write_tpm_seal(const TpmSeal& seal) {
    std::string line =
        std::to_string(seal.size) + " " + to_base64(std::as_bytes(std::span(seal.root))) + " " + to_base64(seal.signature);
    if (seal.certified)
        line += " " + std::to_string(seal.certified->counter) + " " + to_base64(seal.certified->statement) + " " +
                to_base64(seal.certified->signature);
    return line + "\n";
}

Result<TpmSeal> read_tpm_seal(std::string_view line) {
    if (line.size() > tpm_seal_bound) return bad("it is too long");
    std::vector<std::string_view> fields;
    for (std::size_t at = 0; at <= line.size() && fields.size() < 7;) {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    if (fields.size() != 3 && fields.size() != 6) return bad("it has not three fields or six");
    TpmSeal seal;
    seal.size = TRY(read_decimal(fields[0]));
    seal.root = TRY(read_hash(fields[1]));
    seal.signature = TRY(from_base64(fields[2]));
    if (fields.size() == 6)
        seal.certified = {TRY(read_decimal(fields[3])), TRY(from_base64(fields[4])), TRY(from_base64(fields[5]))};
    return seal;
}

Result<std::optional<TpmState>> check_tpm_seal(const TpmSeal& seal, std::string_view origin, const TpmKeys& keys) {
    const std::string text = write_checkpoint({std::string(origin), seal.size, seal.root});
    TRY(verify_bytes({"the log's key in the TPM", SignatureType::ecdsa_p256, keys.log}, as_bytes(text), seal.signature));
    if (!seal.certified) return std::nullopt;
    const TpmSeal::Certified& certified = *seal.certified;
    TRY(verify_bytes({"the TPM's attestation key", SignatureType::ecdsa_p256, keys.attestation}, certified.statement,
                     certified.signature));
    const Statement statement = TRY(read_statement(certified.statement));
    const Hash digest = sha256({as_bytes(text)});
    if (!std::ranges::equal(statement.extra, std::as_bytes(std::span(digest))))
        return wrong("its statement is of another checkpoint");
    std::uint64_t value = 0;
    for (const std::byte octet : statement.contents) value = value << 8 | std::to_integer<std::uint64_t>(octet);
    if (value != certified.counter) return wrong("its statement is of another value of the counter");
    return TpmState{{statement.index.begin(), statement.index.end()}, statement.resets};
}

}  // namespace voltkeep::audit_log
