// SPDX-License-Identifier: Apache-2.0
// The TPM software stack (ESAPI) as values: what it gives is owned, what it loads is flushed, what it says is a Result. One
// thread.
#pragma once

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "wire.hpp"

namespace voltkeep::rot {

/// The stack's answer as ours. `closed`: the wire broke, nothing more is to be had; `refused`: a policy does not hold;
/// `integrity`: what was loaded is not this TPM's; `bad_state`: it is locked out; `not_found`; `io`: anything else, in the
/// stack's own words.
[[nodiscard]] Result<> judged(TSS2_RC code, std::string_view what);

template <class T>
using Given = std::unique_ptr<T, decltype([](T* p) { Esys_Free(p); })>;

class Stack;

/// An object or session in the TPM: flushed at its end.
class Loaded {
public:
    Loaded(Stack& stack, ESYS_TR handle) : stack_(&stack), handle_(handle) {}
    Loaded(Loaded&& other) noexcept : stack_(other.stack_), handle_(std::exchange(other.handle_, ESYS_TR_NONE)) {}
    Loaded& operator=(Loaded&&) = delete;
    ~Loaded();
    [[nodiscard]] ESYS_TR handle() const { return handle_; }

private:
    Stack* stack_;
    ESYS_TR handle_;
};

/// Which parameters of a command travel encrypted: its first one, if it is a sized buffer, and the same of its response.
enum class Cover : std::uint8_t { none, request, response, both };

class Stack {
public:
    /// Starts the TPM if nobody did, and takes away everything that was left in it: three slots are all it has.
    static Result<std::unique_ptr<Stack>> open(std::unique_ptr<Wire> wire);
    ~Stack();

    [[nodiscard]] ESYS_CONTEXT* esys() const { return esys_; }

    /// The session under which all else runs: salted with this key, so that nobody between us and the TPM reads or changes what
    /// we say.
    Result<> begin_session(ESYS_TR salt_key);
    /// The last command but one: behind TPM2_Shutdown nothing may come.
    void end_session();
    /// That session, for one command.
    [[nodiscard]] ESYS_TR session(Cover cover = Cover::none);

    /// The object behind a persistent handle or an NV index; nothing if there is none.
    Result<std::optional<ESYS_TR>> find(TPM2_HANDLE handle);
    Result<std::vector<std::uint8_t>> name_of(ESYS_TR object);
    Result<Loaded> load(ESYS_TR parent, const TPM2B_PRIVATE& secret, const TPM2B_PUBLIC& area);
    /// A session that proves a policy, or with `is_trial` only computes its digest.
    Result<Loaded> begin_policy(ESYS_TR salt_key, bool is_trial);

    Result<std::uint32_t> property(TPM2_PT which);
    [[nodiscard]] Result<std::vector<TPM2_HANDLE>> handles(TPM2_HANDLE first);
    void forget(ESYS_TR handle);
    /// Takes away all objects and sessions, whoever loaded them.
    Result<> flush_all();

private:
    explicit Stack(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}

    std::unique_ptr<Wire> wire_;
    ESYS_CONTEXT* esys_ = nullptr;
    ESYS_TR session_ = ESYS_TR_NONE;
};

inline Loaded::~Loaded() {
    if (handle_ != ESYS_TR_NONE) stack_->forget(handle_);
}

/// Big-endian, as the TPM has its numbers.
[[nodiscard]] std::uint64_t number_from(std::span<const std::uint8_t> octets);

}  // namespace voltkeep::rot
