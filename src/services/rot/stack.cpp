// SPDX-License-Identifier: Apache-2.0
#include "stack.hpp"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_sys.h>

namespace voltkeep::rot {
namespace {

constexpr TPMT_SYM_DEF session_cipher = {.algorithm = TPM2_ALG_AES, .keyBits = {.aes = 128}, .mode = {.aes = TPM2_ALG_CFB}};

/// The TPM's code without the number of the parameter, handle or session that it is about.
TSS2_RC bare(TSS2_RC code) {
    constexpr TSS2_RC format_one = 0x80, format_one_code = 0xbf;
    return (code & format_one) != 0 ? code & format_one_code : code;
}

Errc kind_of(TSS2_RC code) {
    const TSS2_RC layer = code & TSS2_RC_LAYER_MASK;
    if (layer == TSS2_TCTI_RC_LAYER) return Errc::closed;
    if (layer != TSS2_TPM_RC_LAYER) return Errc::io;
    switch (bare(code)) {
        case TPM2_RC_LOCKOUT: return Errc::bad_state;
        case TPM2_RC_POLICY:
        case TPM2_RC_POLICY_FAIL: return Errc::refused;
        case TPM2_RC_INTEGRITY: return Errc::integrity;
        default: return Errc::io;
    }
}

}  // namespace

Result<> judged(TSS2_RC code, std::string_view what) {
    if (code == TSS2_RC_SUCCESS) return {};
    const Errc kind = kind_of(code);
    return fail(kind, std::string(what) + ": " + (kind == Errc::closed ? "the TPM does not answer" : Tss2_RC_Decode(code)));
}

std::uint64_t number_from(std::span<const std::uint8_t> octets) {
    std::uint64_t number = 0;
    for (const std::uint8_t octet : octets) number = number << 8 | octet;
    return number;
}

Result<std::unique_ptr<Stack>> Stack::open(std::unique_ptr<Wire> wire) {
    std::unique_ptr<Stack> stack(new Stack(std::move(wire)));
    TRY(judged(Esys_Initialize(&stack->esys_, stack->wire_->context(), nullptr), "begin"));
    const TSS2_RC started = Esys_Startup(stack->esys_, TPM2_SU_CLEAR);
    if (started != TPM2_RC_INITIALIZE) TRY(judged(started, "start"));   // else somebody has started it already
    TRY(stack->flush_all());
    return stack;
}

Stack::~Stack() {
    end_session();
    if (esys_ != nullptr) Esys_Finalize(&esys_);
}

void Stack::forget(ESYS_TR handle) {
    if (Esys_FlushContext(esys_, handle) != TSS2_RC_SUCCESS) (void)Esys_TR_Close(esys_, &handle);
}

Result<std::vector<TPM2_HANDLE>> Stack::handles(TPM2_HANDLE first) {
    std::vector<TPM2_HANDLE> all;
    for (TPMI_YES_NO more = TPM2_YES; more == TPM2_YES;) {
        TPMS_CAPABILITY_DATA* data = nullptr;
        TRY(judged(Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
                                      all.empty() ? first : all.back() + 1, TPM2_MAX_CAP_HANDLES, &more, &data),
                   "list what is in the TPM"));
        const Given<TPMS_CAPABILITY_DATA> held(data);
        const TPML_HANDLE& list = held->data.handles;
        all.insert(all.end(), list.handle, list.handle + std::min<UINT32>(list.count, TPM2_MAX_CAP_HANDLES));
        if (list.count == 0) break;
    }
    std::erase_if(all, [first](TPM2_HANDLE handle) { return (handle ^ first) >> TPM2_HR_SHIFT != 0; });
    return all;
}

/// Objects and sessions of a process that was killed stay in the TPM until somebody takes them away.
Result<> Stack::flush_all() {
    TSS2_SYS_CONTEXT* plain = nullptr;   // it takes handles of which nothing is known but their number
    TRY(judged(Esys_GetSysContext(esys_, &plain), "begin"));
    for (const TPM2_HANDLE first : {TPM2_TRANSIENT_FIRST, TPM2_LOADED_SESSION_FIRST, TPM2_ACTIVE_SESSION_FIRST})
        for (const TPM2_HANDLE handle : TRY(handles(first))) {
            // A saved session is listed under another type, and flushed under its own.
            const TPM2_HANDLE own =
                first == TPM2_ACTIVE_SESSION_FIRST ? (handle & TPM2_HR_HANDLE_MASK) | TPM2_HMAC_SESSION_FIRST : handle;
            TRY(judged(Tss2_Sys_FlushContext(plain, own), "take away what was left in the TPM"));
        }
    return {};
}

Result<> Stack::begin_session(ESYS_TR salt_key) {
    return judged(Esys_StartAuthSession(esys_, salt_key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr,
                                        TPM2_SE_HMAC, &session_cipher, TPM2_ALG_SHA256, &session_),
                  "begin a session");
}

void Stack::end_session() {
    if (session_ != ESYS_TR_NONE) forget(std::exchange(session_, ESYS_TR_NONE));
}

ESYS_TR Stack::session(Cover cover) {
    unsigned attributes = TPMA_SESSION_CONTINUESESSION;
    if (cover == Cover::request || cover == Cover::both) attributes |= TPMA_SESSION_DECRYPT;
    if (cover == Cover::response || cover == Cover::both) attributes |= TPMA_SESSION_ENCRYPT;
    CHECK(Esys_TRSess_SetAttributes(esys_, session_, static_cast<TPMA_SESSION>(attributes), 0xff) == TSS2_RC_SUCCESS);
    return session_;
}

Result<Loaded> Stack::begin_policy(ESYS_TR salt_key, bool is_trial) {
    ESYS_TR policy = ESYS_TR_NONE;
    TRY(judged(Esys_StartAuthSession(esys_, salt_key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr,
                                     is_trial ? TPM2_SE_TRIAL : TPM2_SE_POLICY, &session_cipher, TPM2_ALG_SHA256, &policy),
               "begin a policy session"));
    return Loaded(*this, policy);
}

Result<std::optional<ESYS_TR>> Stack::find(TPM2_HANDLE handle) {
    if (!std::ranges::contains(TRY(handles(handle & TPM2_HR_RANGE_MASK)), handle)) return std::nullopt;
    ESYS_TR object = ESYS_TR_NONE;
    TRY(judged(Esys_TR_FromTPMPublic(esys_, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object),
               "look at what is in the TPM"));
    return object;
}

Result<std::vector<std::uint8_t>> Stack::name_of(ESYS_TR object) {
    TPM2B_NAME* name = nullptr;
    TRY(judged(Esys_TR_GetName(esys_, object, &name), "read a name"));
    const Given<TPM2B_NAME> held(name);
    return std::vector<std::uint8_t>(held->name, held->name + held->size);
}

Result<Loaded> Stack::load(ESYS_TR parent, const TPM2B_PRIVATE& secret, const TPM2B_PUBLIC& area) {
    ESYS_TR object = ESYS_TR_NONE;
    TRY(judged(Esys_Load(esys_, parent, session(Cover::request), ESYS_TR_NONE, ESYS_TR_NONE, &secret, &area, &object),
               "load a key"));
    return Loaded(*this, object);
}

Result<std::uint32_t> Stack::property(TPM2_PT which) {
    TPMI_YES_NO more = TPM2_NO;
    TPMS_CAPABILITY_DATA* data = nullptr;
    TRY(judged(
        Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, which, 1, &more, &data),
        "read a property"));
    const Given<TPMS_CAPABILITY_DATA> held(data);
    const TPML_TAGGED_TPM_PROPERTY& list = held->data.tpmProperties;
    if (list.count == 0 || list.tpmProperty[0].property != which)
        return fail(Errc::unsupported, "the TPM does not have this property");
    return list.tpmProperty[0].value;
}

}  // namespace voltkeep::rot
