// SPDX-License-Identifier: Apache-2.0
#include "seal.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
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

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) return fail(Errc::full, "no space for the log");
    return fail_errno(what, path);
}

/// Errors: what pwrite says.
Result<> write_at(int file, std::uint64_t offset, std::string_view text, const std::string& path) {
    for (std::string_view rest = text; !rest.empty();) {
        const ssize_t n = ::pwrite(file, rest.data(), rest.size(), static_cast<off_t>(offset + text.size() - rest.size()));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed("pwrite", path);
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

/// The last bytes of a file, at most `count`, and how many stand before them. A file that is not there has none.
struct Tail {
    std::string text;
    std::uint64_t offset = 0;
};
Result<Tail> read_tail(const std::string& path, std::size_t count) {
    const kernel::os::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return Tail{};
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return fail_errno("open", path);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    Tail tail{{}, size - std::min<std::uint64_t>(size, count)};
    tail.text.resize(size - tail.offset);
    const ssize_t n = ::pread(file.get(), tail.text.data(), tail.text.size(), static_cast<off_t>(tail.offset));
    if (n != static_cast<ssize_t>(tail.text.size())) return fail_errno("pread", path);
    return tail;
}

/// Without the rest of a checkpoint that begins before it.
Tail from_first_checkpoint(Tail tail, std::string_view origin) {
    if (tail.offset == 0) return tail;
    const std::size_t at = tail.text.find("\n\n" + std::string(origin));
    const std::size_t cut = at == std::string::npos ? tail.text.size() : at + 2;
    return {tail.text.substr(cut), tail.offset + cut};
}

}  // namespace

Result<SealKey> SealKey::load(const std::string& path) {
    const auto pem = TRY(kernel::read_file(path, 16 * 1024));
    const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), Free());
    if (!key || EVP_PKEY_is_a(key.get(), "ML-DSA-44") != 1) return fail(Errc::malformed, path + " has no ML-DSA-44 key");
    SealKey made;
    std::size_t size = 0;
    CHECK(EVP_PKEY_get_raw_public_key(key.get(), nullptr, &size) == 1);
    made.public_key.resize(size);
    CHECK(EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(made.public_key.data()), &size) == 1);
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
    origin_ = audit_log::origin_of(key_.public_key, generation);
    last_.reset();
    damage_.reset();
    kept_ = 0;
    const Tail end = from_first_checkpoint(TRY(read_tail(folder_ + "/checkpoints", 4 * checkpoint_bound)), origin_);
    const std::string now_text = TRY(read_tail(folder_ + "/checkpoint", checkpoint_bound)).text;
    const audit_log::Checkpoints kept = audit_log::split_checkpoints(end.text), now = audit_log::split_checkpoints(now_text);
    kept_file_ = {};
    kept_length_ = end.offset + kept.length;
    torn_bytes_ = end.text.size() - kept.length;
    has_rest_ = torn_bytes_ > 0;
    const audit_log::VerifierKey key{origin_, audit_log::SignatureType::ml_dsa_44, key_.public_key};
    auto take = [&](const std::string& note) {
        const auto checked = audit_log::check_checkpoint(note, {&key, 1});
        if (!checked || checked->checkpoint.origin != origin_) {
            damage_ = checked ? "a checkpoint of another log" : std::string(checked.error().what.view());
            return;
        }
        if (!last_ || checked->checkpoint.size >= last_->size) last_ = checked->checkpoint;
    };
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

Result<> Seal::make(std::uint64_t size, const audit_log::Hash& root, std::uint64_t unix_s) {
    const Checkpoint checkpoint{origin_, size, root};
    const audit_log::VerifierKey key{origin_, audit_log::SignatureType::ml_dsa_44, key_.public_key};
    audit_log::Note note{audit_log::write_checkpoint(checkpoint), {}};
    note.signatures.push_back(TRY(audit_log::sign_checkpoint(checkpoint, key, unix_s, key_.sign)));
    const std::string text = audit_log::write_note(note) + "\n";   // an empty line behind each
    const bool is_kept = size / seal_every > kept_ / seal_every;
    TRY(is_kept ? keep(text) : replace(text));
    if (is_kept) kept_ = size;
    last_ = checkpoint;
    return {};
}

/// One sync: this is what every 64 entries wait for.
Result<> Seal::keep(std::string_view text) {
    const std::string path = folder_ + "/checkpoints";
    if (!kept_file_) kept_file_ = kernel::os::Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
    if (!kept_file_) return failed("open", path);
    const auto take_back = [&] {
        has_rest_ = ::ftruncate(kept_file_.get(), static_cast<off_t>(kept_length_)) != 0;
        return !has_rest_;
    };
    if (has_rest_ && !take_back()) return failed("ftruncate", path);
    if (auto written = write_at(kept_file_.get(), kept_length_, text, path); !written) {
        take_back();   // if not now, then before the next
        return written;
    }
    has_rest_ = true;
    if (::fdatasync(kept_file_.get()) != 0) return failed("fdatasync", path);
    has_rest_ = false;
    kept_length_ += text.size();
    return {};
}

Result<> Seal::replace(std::string_view text) {
    const std::string path = folder_ + "/checkpoint", fresh = path + ".new";
    const kernel::os::Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!file) return failed("open", fresh);
    TRY(write_at(file.get(), 0, text, fresh));
    if (::fdatasync(file.get()) != 0) return failed("fdatasync", fresh);
    if (::rename(fresh.c_str(), path.c_str()) != 0) return failed("rename", path);
    return {};
}

}  // namespace voltkeep::audit
