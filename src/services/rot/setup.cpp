// SPDX-License-Identifier: Apache-2.0
// The first start and every later one. Each step finds what it makes, so a first start that was cut off is made to its end by the
// next; the record is written last, and what stands in it must be there from then on.
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "base/file.hpp"
#include "pki/certificate.hpp"
#include "tpm.hpp"

namespace voltkeep::rot {
namespace {

constexpr TPM2_HANDLE storage_root_handle = 0x81000001;   // TCG TPM v2.0 Provisioning Guidance 7.5.1
constexpr TPM2_HANDLE first_counter = 0x01810040;         // in the owner's range
constexpr TPM2_HANDLE endorsements[] = {0x01c0000a, 0x01c00016, 0x01c00002};  // TCG EK Credential Profile: P-256, P-384, RSA-2048
constexpr std::uint32_t lockout_tries = 32, lockout_recovery_s = 600, lockout_owner_s = 86'400;
constexpr std::size_t largest_record = 16'384;

TPM2B_PUBLIC storage_root_template() {
    TPM2B_PUBLIC root{};
    TPMT_PUBLIC& area = root.publicArea;
    area.type = TPM2_ALG_ECC;
    area.nameAlg = TPM2_ALG_SHA256;
    area.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                            TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
    TPMS_ECC_PARMS& ecc = area.parameters.eccDetail;
    ecc.symmetric.algorithm = TPM2_ALG_AES;
    ecc.symmetric.keyBits.aes = 128;
    ecc.symmetric.mode.aes = TPM2_ALG_CFB;
    ecc.scheme.scheme = TPM2_ALG_NULL;
    ecc.curveID = TPM2_ECC_NIST_P256;
    ecc.kdf.scheme = TPM2_ALG_NULL;
    return root;
}

TPM2B_NV_PUBLIC counter_template(Counter counter) {
    TPM2B_NV_PUBLIC index{};
    index.nvPublic.nvIndex = first_counter + static_cast<TPM2_HANDLE>(counter);
    index.nvPublic.nameAlg = TPM2_ALG_SHA256;
    index.nvPublic.attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA | (TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT);
    index.nvPublic.dataSize = 8;
    return index;
}

/// The same key but for its point.
bool is_of(const TPM2B_PUBLIC& found, TPM2B_PUBLIC expected) {
    expected.publicArea.unique = found.publicArea.unique;
    std::array<std::uint8_t, sizeof(TPMT_PUBLIC)> a{}, b{};
    std::size_t a_size = 0, b_size = 0;
    return Tss2_MU_TPMT_PUBLIC_Marshal(&found.publicArea, a.data(), a.size(), &a_size) == TSS2_RC_SUCCESS &&
           Tss2_MU_TPMT_PUBLIC_Marshal(&expected.publicArea, b.data(), b.size(), &b_size) == TSS2_RC_SUCCESS &&
           std::ranges::equal(std::span(a).first(a_size), std::span(b).first(b_size));
}

/// SubjectPublicKeyInfo of a key of the TPM.
Result<std::vector<std::byte>> spki_of(const TPMT_PUBLIC& area) {
    const bool is_large = area.parameters.eccDetail.curveID == TPM2_ECC_NIST_P384;
    const std::size_t width = is_large ? 48 : 32;
    const TPM2B_ECC_PARAMETER &x = area.unique.ecc.x, &y = area.unique.ecc.y;
    if (x.size > width || y.size > width) return fail(Errc::integrity, "a key's point is too long for its curve");
    std::vector<unsigned char> point(1 + 2 * width);
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    std::copy_n(x.buffer, x.size, point.data() + 1 + width - x.size);
    std::copy_n(y.buffer, y.size, point.data() + 1 + 2 * width - y.size);
    std::string group = is_large ? "secp384r1" : "prime256v1";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
                               OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
                               OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr),
                                                                              EVP_PKEY_CTX_free);
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return fail(Errc::integrity, "a key's point is not on its curve");
    return pki::public_der(pki::Key(key).get());
}

Text<64> words_of(std::initializer_list<std::uint32_t> properties) {
    std::string text;
    for (const std::uint32_t property : properties)
        for (int shift = 24; shift >= 0; shift -= 8) {
            const auto c = static_cast<char>(property >> shift & 0xff);
            if (c >= ' ' && c <= '~') text += c;
        }
    while (text.ends_with(' ')) text.pop_back();
    return Text<64>::cut(text);
}

}  // namespace

Result<std::unique_ptr<Tpm>> Tpm::attach(std::unique_ptr<Wire> wire, const Settings& settings) {
    std::unique_ptr<Tpm> tpm(new Tpm(settings));
    TRY(tpm->find_record());
    tpm->stack_ = TRY(Stack::open(std::move(wire)));
    TRY(tpm->find_storage_root());
    TRY(tpm->stack_->begin_session(tpm->storage_root_));
    TRY(tpm->calm_lockout());
    TRY(tpm->find_counters());
    TRY(tpm->find_keys());
    TRY(tpm->look_at_part());
    return tpm;
}

Result<> Tpm::find_record() {
    const auto file = read_file(settings_.file, largest_record);
    if (!file && file.error().code == Errc::not_found) return {};
    if (!file) return std::unexpected(file.error());
    auto record = kernel::decode<Record>(*file);
    if (!record || record->version != record_version)
        return fail(Errc::integrity, settings_.file + " is not what was written there");
    record_ = *record;
    wear_ = WearBudget({record_.wear_level, record_.wear_at_ms});
    is_set_up_ = true;
    return {};
}

Result<> Tpm::keep_record() {
    record_.wear_level = wear_.kept().level;
    record_.wear_at_ms = wear_.kept().at_ms;
    std::vector<std::byte> buffer(kernel::bound<Record>);
    return write_file(settings_.file, kernel::encode(record_, buffer));
}

Result<> Tpm::find_storage_root() {
    const auto found = TRY(stack_->find(storage_root_handle));
    if (!found && is_set_up_)
        return fail(Errc::integrity, "this is not the TPM that the station was set up with: it has no storage root");
    if (!found) TRY(make_storage_root());
    else storage_root_ = *found;
    TPM2B_PUBLIC* area = nullptr;
    TRY(judged(Esys_ReadPublic(stack_->esys(), storage_root_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &area, nullptr, nullptr),
               "read the storage root"));
    const Given<TPM2B_PUBLIC> held(area);
    if (!is_of(*held, storage_root_template())) return fail(Errc::integrity, "the TPM's storage root is another one than ours");
    const std::vector<std::uint8_t> octets = TRY(stack_->name_of(storage_root_));
    const auto name = Blob<68>::from(std::as_bytes(std::span(octets)));
    if (!name || (is_set_up_ && !(*name == record_.storage_root)))
        return fail(Errc::integrity, "this is not the TPM that the station was set up with: its storage root is another one");
    record_.storage_root = *name;
    return {};
}

Result<> Tpm::make_storage_root() {
    const TPM2B_SENSITIVE_CREATE nothing{};
    const TPM2B_DATA outside{};
    const TPML_PCR_SELECTION no_registers{};
    const TPM2B_PUBLIC wanted = storage_root_template();
    ESYS_TR made = ESYS_TR_NONE;
    TRY(judged(Esys_CreatePrimary(stack_->esys(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &nothing,
                                  &wanted, &outside, &no_registers, &made, nullptr, nullptr, nullptr, nullptr),
               "make the storage root"));
    const Loaded held(*stack_, made);
    return judged(Esys_EvictControl(stack_->esys(), ESYS_TR_RH_OWNER, made, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                    storage_root_handle, &storage_root_),
                  "keep the storage root");
}

/// A part locks itself after a few wrong passwords, and some count a cut of power as one. Whoever holds the lockout password has
/// set these already: a try with a wrong one would be worse than none.
Result<> Tpm::calm_lockout() {
    const std::uint32_t permanent = TRY(stack_->property(TPM2_PT_PERMANENT));
    if (is_set_up_ || (permanent & TPMA_PERMANENT_LOCKOUTAUTHSET) != 0) return {};
    return judged(Esys_DictionaryAttackParameters(stack_->esys(), ESYS_TR_RH_LOCKOUT, stack_->session(), ESYS_TR_NONE,
                                                  ESYS_TR_NONE, lockout_tries, lockout_recovery_s, lockout_owner_s),
                  "set the lockout");
}

Result<> Tpm::find_counters() {
    for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(Counter::last_); ++i) {
        const TPM2B_NV_PUBLIC expected = counter_template(Counter{i});
        const auto found = TRY(stack_->find(expected.nvPublic.nvIndex));
        if (!found && is_set_up_) return fail(Errc::integrity, "a counter of the TPM is missing");
        if (!found) {
            TRY(make_counter(Counter{i}));
            continue;
        }
        counters_[i] = *found;
        TPM2B_NV_PUBLIC* index = nullptr;
        TRY(judged(Esys_NV_ReadPublic(stack_->esys(), *found, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &index, nullptr),
                   "read a counter's attributes"));
        const Given<TPM2B_NV_PUBLIC> held(index);
        const bool was_written = (held->nvPublic.attributes & TPMA_NV_WRITTEN) != 0;
        if ((held->nvPublic.attributes & ~TPMA_NV_WRITTEN) != expected.nvPublic.attributes || (!was_written && is_set_up_))
            return fail(Errc::integrity, "a counter of the TPM is another one than ours");
        if (!was_written)   // the first start was cut off in between
            TRY(judged(Esys_NV_Increment(stack_->esys(), *found, *found, stack_->session(), ESYS_TR_NONE, ESYS_TR_NONE),
                       "raise a counter"));
    }
    return {};
}

/// A counter can be read when it was raised once; it begins behind every counter that this TPM ever had.
Result<> Tpm::make_counter(Counter counter) {
    const TPM2B_AUTH no_password{};
    const TPM2B_NV_PUBLIC wanted = counter_template(counter);
    ESYS_TR& made = counters_[static_cast<std::size_t>(counter)];
    TRY(judged(Esys_NV_DefineSpace(stack_->esys(), ESYS_TR_RH_OWNER, stack_->session(), ESYS_TR_NONE, ESYS_TR_NONE, &no_password,
                                   &wanted, &made),
               "make a counter"));
    return judged(Esys_NV_Increment(stack_->esys(), made, made, stack_->session(), ESYS_TR_NONE, ESYS_TR_NONE),
                  "raise a counter");
}

/// A key that the record names must be there, and be itself. One that it does not name is new: the station has grown.
Result<> Tpm::find_keys() {
    bool is_new = !is_set_up_;
    for (const KeyName name : keys_of(std::min(settings_.meters, most_meters))) {
        const std::string role = role_of(name);
        const auto kept = std::ranges::find(record_.keys, std::string_view(role), [](const Kept& k) { return k.role.view(); });
        if (kept != record_.keys.end()) {
            TRY(take_key(name, *kept));
            continue;
        }
        TRY(make_key(name));
        is_new = true;
    }
    return is_new ? keep_record() : Result<>{};
}

Result<> Tpm::make_key(KeyName name) {
    const TPM2B_SENSITIVE_CREATE nothing{};
    const TPM2B_DATA outside{};
    const TPML_PCR_SELECTION no_registers{};
    const TPM2B_PUBLIC wanted = template_of(name);
    TPM2B_PRIVATE* wrapped = nullptr;
    TPM2B_PUBLIC* area = nullptr;
    TRY(judged(Esys_Create(stack_->esys(), storage_root_, stack_->session(Cover::both), ESYS_TR_NONE, ESYS_TR_NONE, &nothing,
                           &wanted, &outside, &no_registers, &wrapped, &area, nullptr, nullptr, nullptr),
               "make key " + role_of(name)));
    const Given<TPM2B_PRIVATE> held_wrapped(wrapped);
    const Given<TPM2B_PUBLIC> held_area(area);
    std::array<std::uint8_t, sizeof(TPM2B_PUBLIC)> octets{};
    std::size_t size = 0;
    TRY(judged(Tss2_MU_TPM2B_PUBLIC_Marshal(held_area.get(), octets.data(), octets.size(), &size), "write down a key"));
    const auto kept_area = Blob<192>::from(std::as_bytes(std::span(octets).first(size)));
    const auto kept_wrapped = Blob<320>::from(std::as_bytes(std::span(held_wrapped->buffer, held_wrapped->size)));
    if (!kept_area || !kept_wrapped || !record_.keys.push({*Text<24>::from(role_of(name)), *kept_area, *kept_wrapped}))
        return fail(Errc::full, "a key of this TPM is larger than there is room for");
    return take_key(name, record_.keys.back());
}

Result<> Tpm::take_key(KeyName name, const Kept& kept) {
    Usable key{};
    std::size_t used = 0;
    TRY(judged(Tss2_MU_TPM2B_PUBLIC_Unmarshal(reinterpret_cast<const std::uint8_t*>(kept.area.data()), kept.area.size(), &used,
                                              &key.area),
               "read a key"));
    if (!is_of(key.area, template_of(name)))
        return fail(Errc::integrity, "key " + role_of(name) + " is another one than was made");
    key.wrapped.size = static_cast<UINT16>(kept.wrapped.size());
    std::memcpy(key.wrapped.buffer, kept.wrapped.data(), kept.wrapped.size());
    key.spki = TRY(spki_of(key.area.publicArea));
    keys_.insert_or_assign(role_of(name), std::move(key));
    return {};
}

Result<> Tpm::look_at_part() {
    part_.name = words_of({TRY(stack_->property(TPM2_PT_MANUFACTURER)), 0x20202020,
                           TRY(stack_->property(TPM2_PT_VENDOR_STRING_1)), TRY(stack_->property(TPM2_PT_VENDOR_STRING_2))});
    const auto indices = TRY(stack_->handles(TPM2_NV_INDEX_FIRST));
    part_.has_endorsement =
        std::ranges::any_of(endorsements, [&](TPM2_HANDLE index) { return std::ranges::contains(indices, index); });
    TPMS_TIME_INFO* time = nullptr;
    TRY(judged(Esys_ReadClock(stack_->esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &time), "read the clock"));
    const Given<TPMS_TIME_INFO> held(time);
    part_.resets = held->clockInfo.resetCount;
    return {};
}

}  // namespace voltkeep::rot
