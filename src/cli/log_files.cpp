// SPDX-License-Identifier: Apache-2.0
#include "cli/log_files.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "kernel/config.hpp"
#include "pki/certificate.hpp"

namespace voltkeep::cli {

using audit_log::Hash;

namespace {

constexpr std::size_t segment_bound = 256u << 20, checkpoints_bound = 256u << 20;

/// The segments of a log folder, oldest first: first entry and path.
Result<std::vector<std::pair<std::uint64_t, std::string>>> segments_of(const std::string& folder) {
    std::error_code error;
    std::vector<std::pair<std::uint64_t, std::string>> segments;
    for (const auto& item : std::filesystem::directory_iterator(folder, error)) {
        const std::string stem = item.path().stem().string();
        if (item.path().extension() != ".log" || stem.empty() || stem.size() > 18 ||
            stem.find_first_not_of("0123456789") != std::string::npos)
            continue;
        segments.emplace_back(std::stoull(stem), item.path().string());
    }
    if (error) return fail(Errc::not_found, "no log in " + folder + ": name its folder, or the station's with --state");
    if (segments.empty()) return fail(Errc::not_found, "no log in " + folder + ": start the station with ./voltkeep run");
    std::ranges::sort(segments);
    return segments;
}

Result<std::vector<std::byte>> read_all(const std::string& path, std::size_t bound) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) return fail(Errc::io, path + ": " + error.message());
    return kernel::read_file(path, std::min<std::uintmax_t>(size, bound));
}

/// Nothing, if there is no such file.
Result<std::string> read_text(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return std::string();
    const auto bytes = TRY(read_all(path, checkpoints_bound));
    return std::string(as_text(bytes));
}

/// The key under the name that the checkpoint has, if that is a name of this key.
audit_log::VerifierKey key_named(std::string_view note, const std::vector<std::byte>& public_key) {
    const std::string first = audit_log::origin_of(public_key, 1), prefix = first.substr(0, first.size() - 1);
    const std::string origin(note.substr(0, note.find('\n')));
    return {origin.starts_with(prefix) ? origin : first, audit_log::SignatureType::ml_dsa_44, public_key};
}

/// The TPM's lines: the signatures of the last with its counter, or of all. A line without an end is what a write leaves that was
/// cut off.
void add_seals(audit_log::Verifier& verifier, std::string_view text, const std::optional<audit_log::TpmKeys>& keys,
               bool every_signature) {
    std::vector<std::string_view> lines;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    const auto is_certified = [](std::string_view line) { return std::ranges::count(line, ' ') == 5; };
    const auto last = std::find_if(lines.rbegin(), lines.rend(), is_certified);
    for (auto line = lines.begin(); line != lines.end(); ++line) {
        const bool is_checked = keys && (every_signature || line + 1 == lines.end() || line + 1 == last.base());
        if (!verifier.tpm_seal(*line, is_checked ? &*keys : nullptr, "seals")) return;
    }
    if (!text.empty()) verifier.cut_off("seals");
}

}  // namespace

Result<std::vector<std::byte>> read_log_key(const std::string& file) {
    const auto pem = TRY(kernel::read_file(file, 16 * 1024));
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                            BIO_free_all);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr),
                                                                  EVP_PKEY_free);
    if (!key || EVP_PKEY_is_a(key.get(), "ML-DSA-44") != 1) return fail(Errc::malformed, file + " has no ML-DSA-44 public key");
    std::size_t size = 0;
    CHECK(EVP_PKEY_get_raw_public_key(key.get(), nullptr, &size) == 1);
    std::vector<std::byte> bytes(size);
    CHECK(EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size) == 1);
    return bytes;
}

namespace {
/// The station's folder, of its log's.
std::string station_of(const std::string& folder) {
    return std::filesystem::absolute(folder + "/.").parent_path().parent_path().string();
}
}  // namespace

std::string log_key_file(const std::string& folder) {
    const std::string station = station_of(folder), in_crypto = station + "/state/audit/public.pem";
    std::error_code error;
    const bool is_file =
        std::filesystem::exists(station + "/pki/audit/key.pem", error) || !std::filesystem::exists(in_crypto, error);
    return is_file ? station + "/pki/audit/public.pem" : in_crypto;
}

Result<std::vector<std::byte>> log_key(const std::string& folder, const std::string& key) {
    return read_log_key(key.empty() ? log_key_file(folder) : key);
}

Result<std::optional<audit_log::TpmKeys>> tpm_keys(const std::string& log, const std::string& folder) {
    const std::string from = folder.empty() ? station_of(log) + "/pki/tpm" : folder;
    std::error_code error;
    if (folder.empty() && !std::filesystem::exists(from + "/attestation.pem", error)) return std::nullopt;
    const auto read = [&from](const std::string& name) -> Result<std::vector<std::byte>> {
        const auto pem = TRY(kernel::read_file(from + "/" + name, 4096));
        const pki::Key key = TRY(pki::public_from_pem(as_text(pem)));
        return pki::public_der(key.get());
    };
    return audit_log::TpmKeys{TRY(read("log.pem")), TRY(read("attestation.pem"))};
}

Result<std::optional<audit_log::Damage>> each_record(const std::string& folder,
                                                     const std::function<Result<>(const audit_log::Record&)>& visit) {
    const auto segments = TRY(segments_of(folder));
    for (const auto& [first, path] : segments) {
        const auto bytes = TRY(read_all(path, segment_bound));
        const audit_log::Walk walked = audit_log::walk(bytes, first, visit);
        if (walked.damage) return walked.damage;
    }
    return std::optional<audit_log::Damage>();
}

Result<audit_log::Verifier::Result> verify_folder(const std::string& folder, const std::vector<std::byte>& public_key,
                                                  bool every_signature, const std::optional<audit_log::TpmKeys>& tpm) {
    const auto segments = TRY(segments_of(folder));
    // The checkpoints first: a station that runs may add entries meanwhile, and what is signed is there. `checkpoint` before the
    // others: it is the one that is replaced.
    const std::string seals = TRY(read_text(folder + "/seals"));  // before the checkpoints that they are of
    const std::string now_text = TRY(read_text(folder + "/checkpoint"));
    const std::string kept_text = TRY(read_text(folder + "/checkpoints"));
    const audit_log::Checkpoints kept = audit_log::split_checkpoints(kept_text), now = audit_log::split_checkpoints(now_text);
    audit_log::Verifier verifier(public_key);
    bool is_good = true;
    const auto take_now = [&] {
        for (std::size_t i = 0; i < now.notes.size() && is_good; ++i)
            is_good = verifier.checkpoint(now.notes[i], true, "checkpoint");
        if (is_good && now.length != now_text.size())
            is_good = verifier.checkpoint(std::string_view(now_text).substr(now.length), true, "checkpoint");
    };
    const std::size_t place = audit_log::place_among(kept.notes, now_text);
    for (std::size_t i = 0; i < kept.notes.size() && is_good; ++i) {
        if (i == place) take_now();
        is_good = is_good && verifier.checkpoint(kept.notes[i], every_signature || i + 1 == kept.notes.size(), "checkpoints");
    }
    if (place == kept.notes.size()) take_now();
    if (is_good && kept.length != kept_text.size()) verifier.cut_off("checkpoints");
    if (is_good) add_seals(verifier, seals, tpm, every_signature);
    for (const auto& [first, path] : segments) {
        const auto bytes = TRY(read_all(path, segment_bound));
        verifier.segment(path, first, bytes);
    }
    return verifier.finish();
}

Result<> export_log(const std::string& folder, const std::string& target) {
    const auto key = TRY(kernel::read_file(log_key_file(folder), 16 * 1024));
    std::error_code error;
    if (std::filesystem::exists(target, error) && !std::filesystem::is_empty(target, error))
        return fail(Errc::bad_argument, target + " is there already: name a folder that is not");
    const auto copy = [&error](const std::string& from, const std::string& to) {
        if (!error && std::filesystem::exists(from)) std::filesystem::copy_file(from, to, error);
    };
    for (const char* const made : {"/log", "/pki/audit", "/pki/tpm"})
        if (!error) std::filesystem::create_directories(target + made, error);
    for (const char* const name : {"/seals", "/checkpoint", "/checkpoints"}) copy(folder + name, target + "/log" + name);
    for (const auto& [first, path] : TRY(segments_of(folder)))
        copy(path, target + "/log/" + std::filesystem::path(path).filename().string());
    for (const char* const name : {"/log.pem", "/attestation.pem"})
        copy(station_of(folder) + "/pki/tpm" + name, target + "/pki/tpm" + name);
    if (error) return fail(Errc::io, target + ": " + error.message());
    return kernel::write_file(target + "/pki/audit/public.pem", key, 0644);
}

Result<std::string> prove_entry(const std::string& folder, const std::vector<std::byte>& public_key, std::uint64_t index) {
    // The larger of the two that may be the last.
    const audit_log::Checkpoints kept = audit_log::split_checkpoints(TRY(read_text(folder + "/checkpoints")));
    audit_log::Checkpoints now = audit_log::split_checkpoints(TRY(read_text(folder + "/checkpoint")));
    if (!kept.notes.empty() && (now.notes.empty() || audit_log::place_among(kept.notes, now.notes[0]) < kept.notes.size()))
        now.notes = {kept.notes.back()};
    if (now.notes.size() != 1) return fail(Errc::not_found, "the log has no checkpoint: nothing of it is signed");
    const audit_log::VerifierKey key = key_named(now.notes[0], public_key);
    const audit_log::Signed sealed = TRY(audit_log::check_checkpoint(now.notes[0], {&key, 1}));
    const std::uint64_t size = sealed.checkpoint.size;
    if (index >= size)
        return fail(Errc::bad_argument, "there is no such entry among the " + std::to_string(size) + " that are signed");
    std::map<std::pair<unsigned, std::uint64_t>, Hash> nodes;
    audit_log::Peaks peaks;
    std::vector<std::byte> entry;
    const auto damage = TRY(each_record(folder, [&](const audit_log::Record& record) -> Result<> {
        if (record.index >= size) return {};
        if (record.index == index) entry.assign(record.encoded.begin(), record.encoded.end());
        peaks.append(record.leaf, [&](unsigned level, std::uint64_t at, const Hash& hash) { nodes[{level, at}] = hash; });
        return {};
    }));
    if (peaks.size() < size || peaks.root() != sealed.checkpoint.root)
        return fail(Errc::integrity, "the log is not as it was signed" + (damage ? ": " + damage->what : std::string()) +
                                         "; see voltkeep log verify");
    auto path = TRY(audit_log::prove_inclusion(
        index, size, [&](unsigned level, std::uint64_t at) -> Result<Hash> { return nodes.at({level, at}); }));
    return audit_log::write_proof({std::move(entry), index, std::move(path), now.notes[0]});
}

Result<audit_log::Proven> check_entry(std::string_view text, const std::vector<std::byte>& public_key) {
    const audit_log::ProofFile proof = TRY(audit_log::read_proof(text));
    const audit_log::VerifierKey key = key_named(proof.checkpoint, public_key);
    return audit_log::check_proof(text, {&key, 1});
}

}  // namespace voltkeep::cli
