// SPDX-License-Identifier: Apache-2.0
#include "tpm.hpp"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/sha.h>

#include <bit>

namespace voltkeep::rot {
namespace {

const TPMT_SIG_SCHEME own_scheme = {.scheme = TPM2_ALG_NULL, .details = {}};   // the key's own
constexpr std::size_t owner_size = SHA256_DIGEST_LENGTH;

/// r and s of the TPM as ECDSA-Sig-Value.
Result<Blob<144>> der_of(const TPMT_SIGNATURE& signature) {
    const TPMS_SIGNATURE_ECC& ecc = signature.signature.ecdsa;
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
    BIGNUM* const r = BN_bin2bn(ecc.signatureR.buffer, ecc.signatureR.size, nullptr);
    BIGNUM* const s = BN_bin2bn(ecc.signatureS.buffer, ecc.signatureS.size, nullptr);
    if (signature.sigAlg != TPM2_ALG_ECDSA || !pair || r == nullptr || s == nullptr || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return fail(Errc::io, "the TPM signed in another way");
    }
    std::array<unsigned char, 160> octets{};
    unsigned char* at = octets.data();
    const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
    if (size <= 0 || size > 144 || i2d_ECDSA_SIG(pair.get(), &at) != size)
        return fail(Errc::io, "the TPM's signature is too long");
    return *Blob<144>::from(std::as_bytes(std::span(octets).first(static_cast<std::size_t>(size))));
}

TPM2B_DIGEST digest_of(Bytes content, TPMI_ALG_HASH hash) {
    const auto* const octets = reinterpret_cast<const unsigned char*>(content.data());
    TPM2B_DIGEST digest{};
    if (hash == TPM2_ALG_SHA384) {
        digest.size = SHA384_DIGEST_LENGTH;
        SHA384(octets, content.size(), digest.buffer);
    } else {
        digest.size = SHA256_DIGEST_LENGTH;
        SHA256(octets, content.size(), digest.buffer);
    }
    return digest;
}

TPML_PCR_SELECTION selection_of(std::uint32_t pcrs, Bank bank) {
    TPML_PCR_SELECTION selection{};
    selection.count = 1;
    TPMS_PCR_SELECTION& one = selection.pcrSelections[0];
    one.hash = bank == Bank::sha384 ? TPM2_ALG_SHA384 : TPM2_ALG_SHA256;
    one.sizeofSelect = 3;
    for (unsigned i = 0; i < 3; ++i) one.pcrSelect[i] = static_cast<BYTE>(pcrs >> 8 * i);
    return selection;
}

std::uint32_t pcrs_in(const TPML_PCR_SELECTION& selection) {
    std::uint32_t pcrs = 0;
    for (UINT32 s = 0; s < selection.count; ++s)
        for (unsigned i = 0; i < selection.pcrSelections[s].sizeofSelect && i < 3; ++i)
            pcrs |= static_cast<std::uint32_t>(selection.pcrSelections[s].pcrSelect[i]) << 8 * i;
    return pcrs;
}

/// The registers' values, ascending. A TPM gives up to eight at a time. Errors: unsupported (no such bank).
Result<List<Measurement, 12>> read_registers(Stack& stack, std::uint32_t pcrs, Bank bank) {
    List<Measurement, 12> all;
    for (std::uint32_t left = pcrs; left != 0;) {
        const TPML_PCR_SELECTION wanted = selection_of(left, bank);
        TPML_PCR_SELECTION* given = nullptr;
        TPML_DIGEST* values = nullptr;
        TRY(judged(Esys_PCR_Read(stack.esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, nullptr, &given, &values),
                   "read the registers"));
        const Given<TPML_PCR_SELECTION> held_given(given);
        const Given<TPML_DIGEST> held_values(values);
        const std::uint32_t now_given = pcrs_in(*held_given) & left;
        if (now_given == 0 || std::popcount(now_given) != static_cast<int>(held_values->count))
            return fail(Errc::unsupported, "the TPM has no registers of this bank");
        const TPM2B_DIGEST* value = held_values->digests;
        for (std::uint8_t pcr = 0; pcr < 24; ++pcr) {
            if ((now_given >> pcr & 1) == 0) continue;
            const auto octets = Blob<48>::from(std::as_bytes(std::span(value->buffer, value->size)));
            if (!octets || !all.push({pcr, *octets})) return fail(Errc::io, "the TPM gives other registers than were asked for");
            ++value;
        }
        left &= ~now_given;
    }
    std::ranges::sort(all, {}, &Measurement::pcr);
    return all;
}

Result<TPMS_ATTEST> statement_in(const TPM2B_ATTEST& attest) {
    TPMS_ATTEST statement{};
    std::size_t used = 0;
    TRY(judged(Tss2_MU_TPMS_ATTEST_Unmarshal(attest.attestationData, attest.size, &used, &statement),
               "read the TPM's statement"));
    return statement;
}

Result<Blob<256>> octets_of(const TPM2B_ATTEST& attest) {
    const auto octets = Blob<256>::from(std::as_bytes(std::span(attest.attestationData, attest.size)));
    if (!octets) return fail(Errc::io, "the TPM's statement is too long");
    return *octets;
}

/// Whose secret it is: sealed with it, and compared when it is given back.
std::array<unsigned char, owner_size> owner_of(std::string_view caller_type, std::string_view label) {
    const std::string text = std::string(caller_type) + '\0' + std::string(label);
    std::array<unsigned char, owner_size> owner{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), owner.data());
    return owner;
}

template <class T>
struct Wiped {
    T value{};
    ~Wiped() { OPENSSL_cleanse(&value, sizeof value); }
};

}  // namespace

/// A sealed secret as its owner keeps it. The policy's terms stand beside the object that the TPM checks them against.
struct Tpm::Envelope {
    std::uint32_t version = 1;
    bool is_bound_to_boot = false;
    std::optional<Bound> bound;
    Blob<160> area;
    Blob<400> wrapped;
};

Result<const Tpm::Usable*> Tpm::key(KeyName name) const {
    const auto found = keys_.find(role_of(name));
    if (found == keys_.end()) return fail(Errc::not_found, "there is no key " + role_of(name));
    return &found->second;
}

Result<Loaded> Tpm::load_attestation() {
    const Usable* const attestation = TRY(key({Key::attestation, {}}));
    return load(*attestation);
}

Result<Sign::Signature> Tpm::sign(const Sign& wanted, std::string_view caller_type) {
    const Usable& with = *TRY(key({wanted.key, wanted.evse}));
    TRY(may_sign(wanted, caller_type, with.spki));
    const Loaded loaded = TRY(load(with));
    const TPM2B_DIGEST digest = digest_of(wanted.content, row_of(wanted.key).hash);
    const TPMT_TK_HASHCHECK no_ticket{.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL, .digest = {}};
    TPMT_SIGNATURE* signature = nullptr;
    TRY(judged(Esys_Sign(stack_->esys(), loaded.handle(), stack_->session(Cover::request), ESYS_TR_NONE, ESYS_TR_NONE, &digest,
                         &own_scheme, &no_ticket, &signature),
               "sign"));
    return Sign::Signature{TRY(der_of(*Given<TPMT_SIGNATURE>(signature)))};
}

Result<GetPublic::Public> Tpm::get_public(KeyName name) {
    const Usable& wanted = *TRY(key(name));
    std::array<std::uint8_t, sizeof(TPMT_PUBLIC)> octets{};
    std::size_t size = 0;
    TRY(judged(Tss2_MU_TPMT_PUBLIC_Marshal(&wanted.area.publicArea, octets.data(), octets.size(), &size), "write down a key"));
    const auto spki = Blob<160>::from(wanted.spki);
    const auto area = Blob<256>::from(std::as_bytes(std::span(octets).first(size)));
    if (!spki || !area) return fail(Errc::io, "a key of this TPM is larger than there is room for");
    return GetPublic::Public{*spki, *area};
}

Result<Quote::Quoted> Tpm::quote(const Quote& wanted) {
    if (wanted.nonce.size() < 32) return fail(Errc::bad_argument, "a nonce has at least 32 bytes");
    const List<Measurement, 12> measurements = TRY(read_registers(*stack_, quoted_pcrs, wanted.bank));
    const Loaded attestation = TRY(load_attestation());
    TPM2B_DATA nonce{};
    nonce.size = static_cast<UINT16>(wanted.nonce.size());
    std::memcpy(nonce.buffer, wanted.nonce.data(), wanted.nonce.size());
    const TPML_PCR_SELECTION selection = selection_of(quoted_pcrs, wanted.bank);
    TPM2B_ATTEST* attest = nullptr;
    TPMT_SIGNATURE* signature = nullptr;
    TRY(judged(Esys_Quote(stack_->esys(), attestation.handle(), stack_->session(Cover::both), ESYS_TR_NONE, ESYS_TR_NONE, &nonce,
                          &own_scheme, &selection, &attest, &signature),
               "quote"));
    const Given<TPM2B_ATTEST> held_attest(attest);
    const Given<TPMT_SIGNATURE> held_signature(signature);
    std::vector<std::byte> values;
    for (const Measurement& m : measurements) values.insert(values.end(), m.value.view().begin(), m.value.view().end());
    const TPM2B_DIGEST expected = digest_of(values, TPM2_ALG_SHA256);
    const TPMS_ATTEST statement = TRY(statement_in(*held_attest));
    const TPM2B_DIGEST& quoted = statement.attested.quote.pcrDigest;
    if (!std::ranges::equal(std::span(quoted.buffer, quoted.size), std::span(expected.buffer, expected.size)))
        return fail(Errc::integrity, "the registers are not what the TPM quoted");
    return Quote::Quoted{TRY(octets_of(*held_attest)), TRY(der_of(*held_signature)), measurements};
}

Result<CounterRead::Value> Tpm::read(Counter counter) {
    const ESYS_TR index = counter_of(counter);
    TPM2B_MAX_NV_BUFFER* octets = nullptr;
    TRY(judged(
        Esys_NV_Read(stack_->esys(), index, index, stack_->session(Cover::response), ESYS_TR_NONE, ESYS_TR_NONE, 8, 0, &octets),
        "read a counter"));
    const Given<TPM2B_MAX_NV_BUFFER> held(octets);
    return CounterRead::Value{number_from({held->buffer, std::min<std::size_t>(held->size, 8)})};
}

/// The wear is on the disk before the counter is raised: a loop of deaths in between wears nothing out.
Result<CounterRead::Value> Tpm::increment(Counter counter) {
    if (!wear_.take(wall_now())) return fail(Errc::refused, "the TPM's counters were raised as often as they may be in a day");
    TRY(keep_record());
    const ESYS_TR index = counter_of(counter);
    TRY(judged(Esys_NV_Increment(stack_->esys(), index, index, stack_->session(), ESYS_TR_NONE, ESYS_TR_NONE),
               "raise a counter"));
    return read(counter);
}

Result<Certify::Certified> Tpm::certify(const Certify& wanted) {
    const Loaded attestation = TRY(load_attestation());
    const ESYS_TR index = counter_of(wanted.counter);
    TPM2B_DATA digest{};
    digest.size = static_cast<UINT16>(wanted.digest.size());
    std::ranges::copy(wanted.digest, digest.buffer);
    TPM2B_ATTEST* attest = nullptr;
    TPMT_SIGNATURE* signature = nullptr;
    TRY(judged(Esys_NV_Certify(stack_->esys(), attestation.handle(), index, index, stack_->session(Cover::both), ESYS_TR_PASSWORD,
                               ESYS_TR_NONE, &digest, &own_scheme, 8, 0, &attest, &signature),
               "certify a counter"));
    const Given<TPM2B_ATTEST> held_attest(attest);
    const Given<TPMT_SIGNATURE> held_signature(signature);
    const TPMS_ATTEST statement = TRY(statement_in(*held_attest));
    const TPM2B_MAX_NV_BUFFER& contents = statement.attested.nv.nvContents;
    return Certify::Certified{number_from({contents.buffer, std::min<std::size_t>(contents.size, 8)}),
                              TRY(octets_of(*held_attest)), TRY(der_of(*held_signature))};
}

Result<kernel::Done> Tpm::extend(const Extend& wanted, std::string_view caller_type) {
    TRY(may_extend(wanted.which, caller_type));
    TPM2B_EVENT event{};
    event.size = static_cast<UINT16>(wanted.digest.size());
    std::ranges::copy(wanted.digest, event.buffer);
    TPML_DIGEST_VALUES* values = nullptr;
    TRY(judged(Esys_PCR_Event(stack_->esys(), ESYS_TR_PCR0 + pcr_of(wanted.which), stack_->session(Cover::request), ESYS_TR_NONE,
                              ESYS_TR_NONE, &event, &values),
               "extend a register"));
    const Given<TPML_DIGEST_VALUES> held(values);
    return kernel::Done{};
}

Result<> Tpm::apply_policy(ESYS_TR policy, const Envelope& envelope) {
    if (envelope.is_bound_to_boot) {
        const TPM2B_DIGEST as_they_are{};
        const TPML_PCR_SELECTION selection = selection_of(boot_pcrs, Bank::sha256);
        TRY(judged(Esys_PolicyPCR(stack_->esys(), policy, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &as_they_are, &selection),
                   "policy of the boot"));
    }
    if (!envelope.bound) return {};
    TPM2B_OPERAND at_most{};
    at_most.size = 8;
    for (unsigned i = 0; i < 8; ++i) at_most.buffer[i] = static_cast<BYTE>(envelope.bound->at_most >> (56 - 8 * i));
    const ESYS_TR index = counter_of(envelope.bound->counter);
    return judged(Esys_PolicyNV(stack_->esys(), index, index, policy, stack_->session(Cover::request), ESYS_TR_NONE, ESYS_TR_NONE,
                                &at_most, 0, TPM2_EO_UNSIGNED_LE),
                  "policy of a counter");
}

Result<Seal::Sealed> Tpm::seal(const Seal& wanted, std::string_view caller_type) {
    Envelope envelope{.is_bound_to_boot = wanted.is_bound_to_boot, .bound = wanted.bound, .area = {}, .wrapped = {}};
    const bool has_policy = wanted.is_bound_to_boot || wanted.bound;
    TPM2B_PUBLIC object{};
    object.publicArea.type = TPM2_ALG_KEYEDHASH;
    object.publicArea.nameAlg = TPM2_ALG_SHA256;
    object.publicArea.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_NODA |
                                         (has_policy ? TPMA_OBJECT_ADMINWITHPOLICY : TPMA_OBJECT_USERWITHAUTH);
    object.publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
    if (has_policy) {
        const Loaded trial = TRY(stack_->begin_policy(storage_root_, true));
        TRY(apply_policy(trial.handle(), envelope));
        TPM2B_DIGEST* digest = nullptr;
        TRY(judged(Esys_PolicyGetDigest(stack_->esys(), trial.handle(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &digest),
                   "compute a policy"));
        object.publicArea.authPolicy = *Given<TPM2B_DIGEST>(digest);
    }
    Wiped<TPM2B_SENSITIVE_CREATE> secret;
    TPM2B_SENSITIVE_DATA& data = secret.value.sensitive.data;
    const auto owner = owner_of(caller_type, wanted.label);
    data.size = static_cast<UINT16>(owner_size + wanted.secret.size());
    std::ranges::copy(owner, data.buffer);
    std::memcpy(data.buffer + owner_size, wanted.secret.data(), wanted.secret.size());
    const TPM2B_DATA outside{};
    const TPML_PCR_SELECTION no_registers{};
    TPM2B_PRIVATE* wrapped = nullptr;
    TPM2B_PUBLIC* area = nullptr;
    TRY(judged(Esys_Create(stack_->esys(), storage_root_, stack_->session(Cover::request), ESYS_TR_NONE, ESYS_TR_NONE,
                           &secret.value, &object, &outside, &no_registers, &wrapped, &area, nullptr, nullptr, nullptr),
               "seal"));
    const Given<TPM2B_PRIVATE> held_wrapped(wrapped);
    const Given<TPM2B_PUBLIC> held_area(area);
    std::array<std::uint8_t, sizeof(TPM2B_PUBLIC)> octets{};
    std::size_t size = 0;
    TRY(judged(Tss2_MU_TPM2B_PUBLIC_Marshal(held_area.get(), octets.data(), octets.size(), &size), "seal"));
    const auto kept_area = Blob<160>::from(std::as_bytes(std::span(octets).first(size)));
    const auto kept_wrapped = Blob<400>::from(std::as_bytes(std::span(held_wrapped->buffer, held_wrapped->size)));
    if (!kept_area || !kept_wrapped) return fail(Errc::full, "a sealed secret of this TPM is larger than there is room for");
    envelope.area = *kept_area;
    envelope.wrapped = *kept_wrapped;
    static_assert(kernel::bound<Envelope> <= decltype(Seal::Sealed::sealed)::capacity);
    std::array<std::byte, kernel::bound<Envelope>> buffer;
    return Seal::Sealed{*Blob<1024>::from(kernel::encode(envelope, buffer))};
}

Result<Unseal::Secret> Tpm::unseal(const Unseal& wanted, std::string_view caller_type) {
    const Envelope envelope = TRY(kernel::decode<Envelope>(wanted.sealed));
    if (envelope.version != 1) return fail(Errc::malformed, "a sealed secret of another version");
    TPM2B_PUBLIC area{};
    TPM2B_PRIVATE wrapped{};
    std::size_t used = 0;
    if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(reinterpret_cast<const std::uint8_t*>(envelope.area.data()), envelope.area.size(), &used,
                                       &area) != TSS2_RC_SUCCESS)
        return fail(Errc::malformed, "no sealed secret");
    wrapped.size = static_cast<UINT16>(envelope.wrapped.size());
    std::memcpy(wrapped.buffer, envelope.wrapped.data(), envelope.wrapped.size());
    const Loaded object = TRY(stack_->load(storage_root_, wrapped, area));
    TPM2B_SENSITIVE_DATA* data = nullptr;
    if (envelope.is_bound_to_boot || envelope.bound) {
        const Loaded policy = TRY(stack_->begin_policy(storage_root_, false));
        TRY(apply_policy(policy.handle(), envelope));
        TRY(judged(
            Esys_Unseal(stack_->esys(), object.handle(), policy.handle(), stack_->session(Cover::response), ESYS_TR_NONE, &data),
            "unseal"));
    } else
        TRY(judged(
            Esys_Unseal(stack_->esys(), object.handle(), stack_->session(Cover::response), ESYS_TR_NONE, ESYS_TR_NONE, &data),
            "unseal"));
    struct Cleanse {
        void operator()(TPM2B_SENSITIVE_DATA* d) const {
            OPENSSL_cleanse(d, sizeof *d);
            Esys_Free(d);
        }
    };
    const std::unique_ptr<TPM2B_SENSITIVE_DATA, Cleanse> held(data);
    const auto owner = owner_of(caller_type, wanted.label);
    if (held->size < owner_size || CRYPTO_memcmp(held->buffer, owner.data(), owner_size) != 0)
        return fail(Errc::refused, "a secret of somebody else's");
    const auto secret = Blob<secret_bound>::from(std::as_bytes(std::span(held->buffer + owner_size, held->size - owner_size)));
    if (!secret) return fail(Errc::malformed, "a sealed secret that is too long");
    return Unseal::Secret{*secret};
}

Result<Random::Octets> Tpm::random(std::uint16_t size) {
    if (size == 0 || size > random_bound) return fail(Errc::bad_argument, "1 to 256 bytes");
    Random::Octets all;
    while (all.octets.size() < size) {
        const std::size_t had = all.octets.size();
        TPM2B_DIGEST* some = nullptr;
        TRY(judged(Esys_GetRandom(stack_->esys(), stack_->session(Cover::response), ESYS_TR_NONE, ESYS_TR_NONE,
                                  static_cast<UINT16>(size - had), &some),
                   "get random bytes"));
        const Given<TPM2B_DIGEST> held(some);
        if (held->size == 0) return fail(Errc::io, "the TPM gives no random bytes");
        const std::size_t taken = std::min<std::size_t>(held->size, size - had);
        CHECK(all.octets.resize(had + taken));
        std::memcpy(all.octets.data() + had, held->buffer, taken);
    }
    return all;
}

Result<> Tpm::shut_down() {
    stack_->end_session();
    return judged(Esys_Shutdown(stack_->esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_SU_CLEAR), "shut down");
}

}  // namespace voltkeep::rot
