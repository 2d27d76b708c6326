// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/checkpoint.hpp"

#include <algorithm>

namespace voltkeep::audit_log {

namespace {

constexpr std::size_t time_size = 8;

std::unexpected<Error> bad(std::string_view what) { return fail(Errc::malformed, "checkpoint: " + std::string(what)); }

/// The line at the front, which is taken away. Errors: malformed (it does not end).
Result<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return bad("a line is missing");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

void put_number(std::vector<std::byte>& out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(std::byte(value >> shift & 0xff));
}

void put_name(std::vector<std::byte>& out, std::string_view name) {
    CHECK(is_key_name(name));   // so its length fits into the one byte
    out.push_back(static_cast<std::byte>(name.size()));
    const Bytes bytes = as_bytes(name);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

/// The time that the signature binds; 0: none.
Result<std::uint64_t> check_signature(const Checkpoint& checkpoint, const VerifierKey& key, Bytes signature) {
    std::uint64_t unix_s = 0;
    if (key.type == SignatureType::ml_dsa_44) {
        if (signature.size() < time_size)
            return fail(Errc::integrity, "checkpoint: the signature of " + key.name + " has no time");
        for (const std::byte octet : signature.first(time_size)) unix_s = unix_s << 8 | std::to_integer<std::uint64_t>(octet);
        if (unix_s > INT64_MAX)
            return fail(Errc::integrity, "checkpoint: the signature of " + key.name + " has an impossible time");
        signature = signature.subspan(time_size);
    }
    TRY(verify_bytes(key, message_of(checkpoint, key, unix_s), signature));
    return unix_s;
}

}  // namespace

std::string write_checkpoint(const Checkpoint& checkpoint) {
    return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
           to_base64(std::as_bytes(std::span(checkpoint.root))) + "\n";
}

Result<Checkpoint> read_checkpoint(std::string_view text) {
    Checkpoint checkpoint;
    checkpoint.origin = TRY(take_line(text));
    if (!is_key_name(checkpoint.origin)) return bad("its first line names no log");
    const std::string_view size = TRY(take_line(text)), root = TRY(take_line(text));
    checkpoint.size = TRY(read_decimal(size));
    checkpoint.root = TRY(read_hash(root));
    if (!text.empty()) return fail(Errc::unsupported, "checkpoint: it has extension lines, which not every signature binds");
    return checkpoint;
}

std::vector<std::byte> message_of(const Checkpoint& checkpoint, const VerifierKey& key, std::uint64_t unix_s) {
    std::vector<std::byte> out;
    if (key.type != SignatureType::ml_dsa_44) {
        const std::string text = write_checkpoint(checkpoint);
        const Bytes bytes = as_bytes(text);
        out.assign(bytes.begin(), bytes.end());
        return out;
    }
    const Bytes label = as_bytes(std::string_view("subtree/v1\n\0", 12));
    out.assign(label.begin(), label.end());
    put_name(out, key.name);
    put_number(out, unix_s);
    put_name(out, checkpoint.origin);
    put_number(out, 0);  // the whole tree: it starts at the first leaf
    put_number(out, checkpoint.size);
    for (const std::uint8_t octet : checkpoint.root) out.push_back(std::byte{octet});
    return out;
}

NoteSignature line_of(const VerifierKey& key, std::uint64_t unix_s, Bytes signature) {
    NoteSignature line{key.name, key_id(key), {}};
    if (key.type == SignatureType::ml_dsa_44) put_number(line.bytes, unix_s);
    line.bytes.insert(line.bytes.end(), signature.begin(), signature.end());
    return line;
}

Result<NoteSignature> sign_checkpoint(const Checkpoint& checkpoint, const VerifierKey& key, std::uint64_t unix_s,
                                      const Sign& sign) {
    const auto signature = TRY(sign(message_of(checkpoint, key, unix_s)));
    return line_of(key, unix_s, signature);
}

Result<Signed> check_checkpoint(std::string_view text, std::span<const VerifierKey> keys) {
    const Note note = TRY(read_note(text));
    Signed result{TRY(read_checkpoint(note.text)), {}, 0};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::uint32_t id = key_id(keys[i]);
        bool has_signed = false;
        for (const NoteSignature& signature : note.signatures) {
            if (signature.key_id != id || signature.name != keys[i].name) continue;
            result.unix_s = std::max(result.unix_s, TRY(check_signature(result.checkpoint, keys[i], signature.bytes)));
            has_signed = true;
        }
        if (has_signed) result.by.push_back(i);
    }
    if (result.by.empty()) return fail(Errc::integrity, "checkpoint: no signature of a key that is known");
    return result;
}

}  // namespace voltkeep::audit_log
