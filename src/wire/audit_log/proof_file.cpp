// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/proof_file.hpp"

namespace voltkeep::audit_log {

namespace {

constexpr std::string_view head = "c2sp.org/tlog-proof@v1\n", extra = "extra ", index_word = "index ";

std::unexpected<Error> bad(std::string_view what) { return fail(Errc::malformed, "proof: " + std::string(what)); }

Result<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return bad("it ends early");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string write_proof(const ProofFile& proof) {
    std::string text(head);
    if (!proof.entry.empty()) text += std::string(extra) + to_base64(proof.entry) + "\n";
    text += std::string(index_word) + std::to_string(proof.index) + "\n";
    for (const Hash& hash : proof.path) text += to_base64(std::as_bytes(std::span(hash))) + "\n";
    return text + "\n" + proof.checkpoint;
}

Result<ProofFile> read_proof(std::string_view text) {
    if (text.size() > proof_file_bound) return bad("it is too long");
    if (!text.starts_with(head)) return bad("it does not begin with c2sp.org/tlog-proof@v1");
    text.remove_prefix(head.size());
    ProofFile proof;
    std::string_view line = TRY(take_line(text));
    if (line.starts_with(extra)) {
        proof.entry = TRY(from_base64(line.substr(extra.size())));
        if (proof.entry.empty() || proof.entry.size() > entry_bound) return bad("the entry in it is empty or too long");
        line = TRY(take_line(text));
    }
    if (!line.starts_with(index_word)) return bad("it names no entry");
    proof.index = TRY(read_decimal(line.substr(index_word.size())));
    for (line = TRY(take_line(text)); !line.empty(); line = TRY(take_line(text))) {
        if (proof.path.size() == proof_path_bound) return bad("its path is longer than any");
        proof.path.push_back(TRY(read_hash(line)));
    }
    if (text.size() > note_bound) return bad("its checkpoint is too long");
    proof.checkpoint = text;
    return proof;
}

Result<Proven> check_proof(std::string_view text, std::span<const VerifierKey> keys) {
    const ProofFile proof = TRY(read_proof(text));
    Proven proven{{}, proof.index, TRY(check_checkpoint(proof.checkpoint, keys))};
    if (proof.entry.empty()) return bad("the entry is not in it");
    const Checkpoint& log = proven.log.checkpoint;
    TRY(check_inclusion(leaf_hash(proof.entry), proof.index, log.size, proof.path, log.root));
    proven.entry = TRY(decode(proof.entry));
    return proven;
}

}  // namespace voltkeep::audit_log
