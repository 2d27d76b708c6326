// SPDX-License-Identifier: Apache-2.0
#include "seal.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "kernel/config.hpp"
#include "kernel/os.hpp"

namespace voltkeep::audit {

using audit_log::Checkpoint;

namespace {

constexpr std::size_t checkpoint_bound = 16 * 1024;   ///< bytes of one, with this log's one signature; there is room for others

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIO* bio) const { BIO_free_all(bio); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Without the rest of a checkpoint that begins before it.
FileTail from_first_checkpoint(FileTail tail, std::string_view origin) {
    if (tail.offset == 0) return tail;
    const std::size_t at = tail.text.find("\n\n" + std::string(origin));
    const std::size_t cut = at == std::string::npos ? tail.text.size() : at + 2;
    return {tail.text.substr(cut), tail.offset + cut};
}

std::vector<std::byte> raw_public(EVP_PKEY* key) {
    std::size_t size = 0;
    CHECK(EVP_PKEY_get_raw_public_key(key, nullptr, &size) == 1);
    std::vector<std::byte> bytes(size);
    CHECK(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size) == 1);
    return bytes;
}

}  // namespace

Result<SealKey> SealKey::of_public(std::string_view pem) {
    const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const std::unique_ptr<EVP_PKEY, Free> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
    if (!key || EVP_PKEY_is_a(key.get(), "ML-DSA-44") != 1)
        return fail(Errc::malformed, "the log's public key is no ML-DSA-44 key");
    return SealKey{raw_public(key.get()), {}};
}

Result<std::string> SealKey::pem_of(Bytes spki) {
    const auto* at = reinterpret_cast<const unsigned char*>(spki.data());
    const std::unique_ptr<EVP_PKEY, Free> key(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
    const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
    char* text = nullptr;
    if (!key || !bio || PEM_write_bio_PUBKEY(bio.get(), key.get()) != 1)
        return fail(Errc::malformed, "the log's key cannot be written down");
    const long size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

Result<SealKey> SealKey::load(const std::string& path) {
    const auto pem = TRY(kernel::read_file(path, 16 * 1024));
    const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), Free());
    if (!key || EVP_PKEY_is_a(key.get(), "ML-DSA-44") != 1) return fail(Errc::malformed, path + " has no ML-DSA-44 key");
    SealKey made{raw_public(key.get()), {}};
    made.sign = [key](Bytes message) -> Result<std::vector<std::byte>> {
        const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
        const auto* octets = reinterpret_cast<const unsigned char*>(message.data());
        std::size_t length = 0;
        if (EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) != 1 ||
            EVP_DigestSign(context.get(), nullptr, &length, octets, message.size()) != 1)
            return fail(Errc::tls, "the log's key does not sign");
        std::vector<std::byte> signature(length);
        if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, octets, message.size()) !=
            1)
            return fail(Errc::tls, "the log's key does not sign");
        signature.resize(length);
        return signature;
    };
    return made;
}

Result<> Seal::open(std::uint64_t generation) {
    generation_ = generation;
    origin_ = is_key_known() ? audit_log::origin_of(key_.public_key, generation) : std::string();
    last_.reset();
    damage_.reset();
    kept_ = 0;
    const FileTail end = from_first_checkpoint(TRY(read_tail(folder_ + "/checkpoints", 4 * checkpoint_bound)), origin_);
    const std::string now_text = TRY(read_tail(folder_ + "/checkpoint", checkpoint_bound)).text;
    const audit_log::Checkpoints kept = audit_log::split_checkpoints(end.text), now = audit_log::split_checkpoints(now_text);
    torn_bytes_ = end.text.size() - kept.length;
    kept_file_.begin(end.offset + kept.length, torn_bytes_ > 0);
    auto take = [&](const std::string& note) {
        const audit_log::VerifierKey own = key();
        const auto checked = audit_log::check_checkpoint(note, {&own, 1});
        if (!checked || checked->checkpoint.origin != origin_) {
            damage_ = checked ? "a checkpoint of another log" : std::string(checked.error().what.view());
            return;
        }
        if (!last_ || checked->checkpoint.size >= last_->size) last_ = checked->checkpoint;
    };
    if (!is_key_known()) {
        if (!end.text.empty() || !now_text.empty())
            damage_ = "there are checkpoints, and the key that they are signed with is gone";
        return {};
    }
    if (!kept.notes.empty()) take(kept.notes.back());
    kept_ = size();
    if (now.notes.size() == 1) take(now.notes.front());
    if (now.notes.size() > 1 || now.length != now_text.size()) damage_ = "the checkpoint of now is not as it was written";
    // A cut-off one is shorter than a whole one, and none is shorter than the one before it.
    const std::size_t least = kept.notes.empty() ? length_of_first() : kept.notes.back().size() + 1;
    if (torn_bytes_ >= least) damage_ = "the last checkpoint that is kept is not as it was written";
    return {};
}

/// Of the first checkpoint that is kept, with the empty line behind it.
std::size_t Seal::length_of_first() const {
    constexpr std::size_t time = 8, signature = 2420;   // tlog-cosignature's, FIPS 204's
    return audit_log::write_note(
               {audit_log::write_checkpoint({origin_, seal_every, {}}), {{origin_, 0, std::vector<std::byte>(time + signature)}}})
               .size() +
           1;
}

void Seal::know(std::vector<std::byte> public_key) {
    CHECK(!is_key_known() && !last_);
    key_.public_key = std::move(public_key);
    origin_ = audit_log::origin_of(key_.public_key, generation_);
}

ToSign Seal::prepare(std::uint64_t size, const audit_log::Hash& root, std::uint64_t unix_s) const {
    ToSign wanted{{origin_, size, root}, unix_s, {}};
    wanted.message = audit_log::message_of(wanted.checkpoint, key(), unix_s);
    return wanted;
}

Result<> Seal::check(const ToSign& wanted, Bytes signature) const {
    return audit_log::verify_bytes(key(), wanted.message, signature);
}

Result<> Seal::keep(const ToSign& wanted, Bytes signature) {
    const std::uint64_t size = wanted.checkpoint.size;
    const audit_log::Note note{audit_log::write_checkpoint(wanted.checkpoint),
                               {audit_log::line_of(key(), wanted.unix_s, signature)}};
    const std::string text = audit_log::write_note(note) + "\n";  // an empty line behind each
    const bool is_kept = size / seal_every > kept_ / seal_every;
    TRY(is_kept ? kept_file_.append(text) : replace_file(folder_ + "/checkpoint", text));
    if (is_kept) kept_ = size;
    last_ = wanted.checkpoint;
    return {};
}

}  // namespace voltkeep::audit
