// SPDX-License-Identifier: Apache-2.0
// For tests: a TPM inside the process (libtpms), one that can be killed (swtpm), and wires that are slow or dead.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <tss2/tss2_tcti_libtpms.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "wire.hpp"

namespace voltkeep::rot::testing {

/// A folder that is gone with the test.
struct Folder {
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "rot-XXXXXX").string();
        CHECK(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string operator/(std::string_view name) const { return (path / name).string(); }
    std::filesystem::path path;
};

/// The state is in the file. This emulation writes down at its end that it was stopped in order, whether it was told so or not.
/// It also writes a file of its own into the current folder, so that is the state's folder while it lives.
class InProcess final : public Wire {
public:
    explicit InProcess(const std::string& state) {
        std::filesystem::current_path(std::filesystem::path(state).parent_path());
        ::setenv("TSS2_LOG", "all+NONE", 0);
        std::size_t size = 0;
        CHECK(Tss2_Tcti_Libtpms_Init(nullptr, &size, state.c_str()) == TSS2_RC_SUCCESS);
        memory_.resize(size / sizeof(std::max_align_t) + 1);
        CHECK(Tss2_Tcti_Libtpms_Init(context(), &size, state.c_str()) == TSS2_RC_SUCCESS);
    }
    ~InProcess() override {
        Tss2_Tcti_Finalize(context());
        std::filesystem::current_path(std::filesystem::temp_directory_path());
    }
    TSS2_TCTI_CONTEXT* context() override { return reinterpret_cast<TSS2_TCTI_CONTEXT*>(memory_.data()); }

private:
    std::vector<std::max_align_t> memory_;
};

/// A TPM in a process of its own, as a station without a real one has it. Its end is a cut of power.
class Killable {
public:
    explicit Killable(const std::string& folder) : socket_(folder + "/socket") {
        std::filesystem::create_directories(folder);
        pid_ = ::fork();
        CHECK(pid_ >= 0);
        if (pid_ == 0) {
            const std::string state = "dir=" + folder, server = "type=unixio,path=" + socket_;
            const int nowhere = ::open("/dev/null", O_RDWR);
            ::dup2(nowhere, 1);
            ::dup2(nowhere, 2);
            ::execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state.c_str(), "--server", server.c_str(), "--flags",
                     "not-need-init,startup-clear", nullptr);
            ::_exit(127);
        }
    }
    Killable(const Killable&) = delete;
    Killable& operator=(const Killable&) = delete;
    ~Killable() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::unlink(socket_.c_str());
    }

    /// A new connection; it is served when the one before is closed.
    [[nodiscard]] std::unique_ptr<Wire> wire() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        CHECK(socket_.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, socket_.data(), socket_.size());
        for (const Instant deadline = now() + 10s; now() < deadline; ::usleep(2000)) {   // until it listens
            kernel::os::Descriptor end(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            if (::connect(end.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
                return wire_on(std::move(end));
        }
        return nullptr;
    }

private:
    std::string socket_;
    pid_t pid_ = -1;
};

/// Does something before each command goes on: waits, counts, or breaks the wire by answering false.
class Tapped final : public Wire {
public:
    using Tap = std::function<bool(std::span<const std::uint8_t> command)>;

    Tapped(std::unique_ptr<Wire> inner, Tap tap) : inner_(std::move(inner)), tap_(std::move(tap)) {
        const auto& under = *reinterpret_cast<TSS2_TCTI_CONTEXT_COMMON_V1*>(inner_->context());
        self_.common = {};
        self_.common.v1.magic = under.magic;
        self_.common.v1.version = 2;
        self_.common.v1.transmit = [](TSS2_TCTI_CONTEXT* c, size_t size, const uint8_t* command) -> TSS2_RC {
            Tapped& own = *reinterpret_cast<Context*>(c)->wire;
            return own.tap_({command, size}) ? Tss2_Tcti_Transmit(own.inner_->context(), size, command) : TSS2_TCTI_RC_IO_ERROR;
        };
        self_.common.v1.receive = [](TSS2_TCTI_CONTEXT* c, size_t* size, uint8_t* response, int32_t timeout) -> TSS2_RC {
            return Tss2_Tcti_Receive(reinterpret_cast<Context*>(c)->wire->inner_->context(), size, response, timeout);
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
    struct Context {
        TSS2_TCTI_CONTEXT_COMMON_V2 common{};
        Tapped* wire = nullptr;
    };
    std::unique_ptr<Wire> inner_;
    Tap tap_;
    Context self_;
};

}  // namespace voltkeep::rot::testing
