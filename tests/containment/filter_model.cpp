// SPDX-License-Identifier: Apache-2.0
#include "filter_model.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstring>

namespace voltkeep::containment {

std::uint32_t verdict(const policy::Filter& filter, int number, std::array<std::uint64_t, 6> arguments) {
    seccomp_data data{};
    data.nr = number;
    data.arch = AUDIT_ARCH_X86_64;
    std::ranges::copy(arguments, data.args);
    std::uint32_t accumulator = 0;
    for (std::size_t at = 0; (at + 1) * sizeof(sock_filter) <= filter.size(); ++at) {
        sock_filter i;
        std::memcpy(&i, filter.data() + at * sizeof i, sizeof i);
        const auto jump = [&](bool is_true) { at += is_true ? i.jt : i.jf; };
        switch (i.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + i.k, sizeof accumulator);
                break;
            case BPF_ALU | BPF_AND | BPF_K: accumulator &= i.k; break;
            case BPF_JMP | BPF_JA: at += i.k; break;
            case BPF_JMP | BPF_JEQ | BPF_K: jump(accumulator == i.k); break;
            case BPF_JMP | BPF_JGT | BPF_K: jump(accumulator > i.k); break;
            case BPF_JMP | BPF_JGE | BPF_K: jump(accumulator >= i.k); break;
            case BPF_JMP | BPF_JSET | BPF_K: jump((accumulator & i.k) != 0); break;
            case BPF_RET | BPF_K: return i.k;
            default: CHECK(!"an instruction that libseccomp never wrote before");
        }
    }
    CHECK(!"a filter without an end");
    return 0;
}

bool is_let_through(const policy::Image& image, const policy::Service& s, bool is_sealed, int number,
                    std::array<std::uint64_t, 6> arguments) {
    const auto lets = [&](std::uint16_t index) {
        if (index == policy::no_index) return true;
        const std::uint32_t action = verdict(image.filters[index], number, arguments) & SECCOMP_RET_ACTION_FULL;
        return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_ERRNO;
    };
    return lets(s.start_filter) && (!is_sealed || lets(s.sealed_filter));
}

}  // namespace voltkeep::containment
