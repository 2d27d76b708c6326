// SPDX-License-Identifier: Apache-2.0
// Runs the vectors on a bare Cortex-M3, without any library: reset vector, stack, and semihosting for its words (ARM DUI 0203,
// SYS_WRITE0 and SYS_EXIT). The linker is told where memory is (target.ld).
#include "charging/safety/target/vectors.hpp"

extern "C" {

// What the compiler may call for moves of blocks.
void* memcpy(void* to, const void* from, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) static_cast<volatile char*>(to)[i] = static_cast<const char*>(from)[i];
    return to;
}
void* memset(void* to, int value, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) static_cast<volatile char*>(to)[i] = static_cast<char>(value);
    return to;
}

static void semihosting(std::uint32_t operation, const void* argument) {
    register std::uint32_t r0 asm("r0") = operation;
    register const void* r1 asm("r1") = argument;
    asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

[[noreturn]] static void leave(bool good) {
    semihosting(0x18, reinterpret_cast<const void*>(good ? 0x20026u : 0x20023u));
    for (;;) {}
}

[[noreturn]] void fault() { leave(false); }

[[noreturn]] void reset() {
    using namespace voltkeep::safety::vectors;
    for (unsigned i = 0; i < kRuns; ++i) {
        std::uint32_t delivering = 0;
        const std::uint64_t digest = run(i, delivering);
        char line[40];
        print(i, digest, delivering, line);
        semihosting(0x04, line);
    }
    leave(true);
}

extern char stack_top;
using Handler = void (*)();
[[gnu::section(".vectors"), gnu::used]] const struct {
    char* stack;
    Handler handlers[15];
} vector_table = {&stack_top,
                  {reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault}};
}
