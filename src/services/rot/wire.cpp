// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace voltkeep::rot {
namespace {

constexpr std::size_t header_size = 10;       ///< of a response: tag, size, code
constexpr std::size_t largest_response = 4096;
constexpr std::uint64_t magic = 0x766f6c746b657031;

/// Size as the response itself says it, big-endian.
std::size_t said_size(std::span<const std::uint8_t> response) {
    return std::size_t{response[2]} << 24 | std::size_t{response[3]} << 16 | std::size_t{response[4]} << 8 | response[5];
}

class DescriptorWire final : public Wire {
public:
    DescriptorWire(kernel::os::Descriptor end, Duration patience) : end_(std::move(end)), patience_(patience) {
        self_.common.v1.magic = magic;
        self_.common.v1.version = 2;
        self_.common.v1.transmit = [](TSS2_TCTI_CONTEXT* c, size_t size, const uint8_t* command) {
            return of(c).transmit({command, size});
        };
        self_.common.v1.receive = [](TSS2_TCTI_CONTEXT* c, size_t* size, uint8_t* response, int32_t) {
            return of(c).receive(size, response);
        };
        self_.common.v1.finalize = [](TSS2_TCTI_CONTEXT*) {};
        self_.common.v1.cancel = [](TSS2_TCTI_CONTEXT*) -> TSS2_RC { return TSS2_TCTI_RC_NOT_SUPPORTED; };
        self_.common.v1.getPollHandles = [](TSS2_TCTI_CONTEXT*, TSS2_TCTI_POLL_HANDLE*, size_t*) -> TSS2_RC {
            return TSS2_TCTI_RC_NOT_SUPPORTED;
        };
        self_.common.v1.setLocality = [](TSS2_TCTI_CONTEXT*, uint8_t) -> TSS2_RC { return TSS2_TCTI_RC_NOT_SUPPORTED; };
        self_.common.makeSticky = [](TSS2_TCTI_CONTEXT*, TPM2_HANDLE*, uint8_t) -> TSS2_RC { return TSS2_TCTI_RC_NOT_SUPPORTED; };
        self_.wire = this;
    }
    TSS2_TCTI_CONTEXT* context() override { return reinterpret_cast<TSS2_TCTI_CONTEXT*>(&self_); }

private:
    /// What the stack knows us by.
    struct Context {
        TSS2_TCTI_CONTEXT_COMMON_V2 common{};
        DescriptorWire* wire = nullptr;
    };
    static DescriptorWire& of(TSS2_TCTI_CONTEXT* context) { return *reinterpret_cast<Context*>(context)->wire; }

    /// A wire that failed once is out of step with the part: its late response would answer another command.
    TSS2_RC broken() {
        end_.reset();
        return TSS2_TCTI_RC_IO_ERROR;
    }

    [[nodiscard]] bool wait(short events, Instant deadline) const {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now());
            pollfd p{end_.get(), events, 0};
            const int ready = ::poll(&p, 1, left.count() < 0 ? 0 : static_cast<int>(left.count()));
            if (ready > 0) return true;
            if (ready == 0 || errno != EINTR) return false;
        }
    }

    /// True if it may be tried again.
    static bool is_passing() { return errno == EINTR || errno == EAGAIN; }

    TSS2_RC transmit(std::span<const std::uint8_t> command) {
        if (!end_) return TSS2_TCTI_RC_IO_ERROR;
        size_ = 0;
        deadline_ = now() + patience_;
        while (!command.empty()) {
            if (!wait(POLLOUT, deadline_)) return broken();
            const ssize_t n = ::write(end_.get(), command.data(), command.size());
            if (n > 0) command = command.subspan(static_cast<std::size_t>(n));
            else if (n == 0 || !is_passing()) return broken();
        }
        return TSS2_RC_SUCCESS;
    }

    TSS2_RC receive(std::size_t* size, std::uint8_t* response) {
        if (!end_) return TSS2_TCTI_RC_IO_ERROR;
        while (size_ < header_size || size_ < said_size(response_)) {
            if (size_ >= header_size && said_size(response_) > response_.size()) return broken();
            if (!wait(POLLIN, deadline_)) return broken();
            const ssize_t n = ::read(end_.get(), response_.data() + size_, response_.size() - size_);
            if (n > 0) size_ += static_cast<std::size_t>(n);
            else if (n == 0 || !is_passing()) return broken();
        }
        if (size_ != said_size(response_)) return broken();
        const std::size_t room = std::exchange(*size, size_);
        if (response == nullptr) return TSS2_RC_SUCCESS;   // it only asked how long it is
        if (room < size_) return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
        std::copy_n(response_.data(), size_, response);
        return TSS2_RC_SUCCESS;
    }

    kernel::os::Descriptor end_;
    Duration patience_;
    Instant deadline_;
    Context self_;
    std::array<std::uint8_t, largest_response> response_{};
    std::size_t size_ = 0;   ///< of what has come
};

}  // namespace

std::unique_ptr<Wire> wire_on(kernel::os::Descriptor end, Duration patience) {
    return std::make_unique<DescriptorWire>(std::move(end), patience);
}

}  // namespace voltkeep::rot
