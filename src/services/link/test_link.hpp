// SPDX-License-Identifier: Apache-2.0
// For tests: a real link process between stand-ins for plc, net, audit and its client, and what the log heard.
// The client echoes every frame. A frame that begins with "die" ends it after it has taken the frame, one with "quiet" is
// released unanswered, "bye" is answered and then the connection closed.
#pragma once

#include <fcntl.h>
#include <poll.h>

#include <filesystem>

#include "kernel/test_station.hpp"
#include "link.hpp"
#include "pki/development.hpp"
#include "services/net/protocol.hpp"
#include "services/plc/protocol.hpp"
#include "test_peer.hpp"

namespace voltkeep::link::testing {

constexpr std::uint32_t everything = 0xffffffff;

/// Each entry is one line: "security {...}".
inline int serve_audit(int control, int lines) {
    auto self = kernel::Service::start(control);
    const auto note = [lines](audit::Type type, std::string_view payload) {
        std::string line(type == audit::Type::security ? "security " : "connection ");
        line += payload;
        line += '\n';
        CHECK(::write(lines, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
    };
    self.serve<audit::Interface>(
        [&](const audit::Append& m) -> Result<audit::Append::Appended> {
            note(m.type, m.payload);
            return audit::Append::Appended{};
        },
        [&](const audit::AppendLater&) -> Result<kernel::Done> { return kernel::Done{}; },
        [&](const audit::Read&) -> Result<audit::Read::Entries> { return audit::Read::Entries{}; },
        [&](const audit::GetHead&) -> Result<audit::GetHead::Head> { return audit::GetHead::Head{}; },
        [&](const audit::GetSeals&) -> Result<audit::GetSeals::Seals> { return audit::GetSeals::Seals{}; });
    return self.run();
}

/// Whole frames in and out, as iso15118 and ocpp do it.
class EchoClient {
public:
    EchoClient(kernel::Service& self, kernel::Client<Interface> link) : self_(self), link_(link) {
        self_.on("link", Pulse::frame, [this](EvseId, std::uint64_t) { answer_all(); });
        (void)link_.call(Open{});
        answer_all();
    }

private:
    void answer_all() {
        for (;;) {
            auto piece = link_.call(TakeFrame{});
            if (!piece) return;
            std::string frame(as_text(piece->bytes));
            while (frame.size() < piece->size)
                frame += as_text(MUST(link_.call(TakeFrame{static_cast<std::uint32_t>(frame.size())})).bytes);
            answer(*piece, frame);
        }
    }

    void answer(const TakeFrame::Piece& piece, std::string frame) {
        if (frame.starts_with("die")) ::_exit(9);
        if (frame.starts_with("quiet")) {
            (void)link_.call(Release{piece.connection, piece.id, {}});
            return;
        }
        if (piece.repeated) frame = "again " + frame;
        const auto state = MUST(link_.call(GetState{}));
        const auto count = std::to_string(state.checkpoint.empty() ? 1 : std::stoi(std::string(as_text(state.checkpoint))) + 1);
        if (frame.starts_with("count")) frame = count;
        for (std::size_t offset = 0; offset < frame.size(); offset += piece_bound)
            (void)link_.call(PutFrame{piece.connection, piece.kind, static_cast<std::uint32_t>(frame.size()),
                                      static_cast<std::uint32_t>(offset), piece.id,
                                      *Blob<piece_bound>::from(as_bytes(std::string_view(frame).substr(offset, piece_bound))),
                                      *Blob<checkpoint_bound>::from(as_bytes(count))});
        if (frame.starts_with("bye")) (void)link_.call(Close{piece.connection, "the client said bye"});
    }

    kernel::Service& self_;
    kernel::Client<Interface> link_;
};

class LinkTest : public ::testing::Test {
protected:
    LinkTest() {
        std::string name = ::testing::TempDir() + "link-XXXXXX";
        directory = ::mkdtemp(name.data());
        const auto made = pki::make_development({.directory = directory}, wall_now());
        EXPECT_TRUE(made) << (made ? "" : std::string(made.error().what));
        int ends[2];
        EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        log_ = ends[0];
        audit_lines_ = ends[1];
    }
    ~LinkTest() override {
        ::close(log_);
        ::close(audit_lines_);
        std::filesystem::remove_all(directory);
    }

    [[nodiscard]] std::string path(const std::string& file) const { return directory + "/" + file; }

    /// Starts link with this configuration. `maker` is its plc or net: the service that gives it sockets.
    template <class Maker>
    void start(const Config& config, const char* maker_name, kernel::testing::TestStation::Body maker) {
        const int lines = audit_lines_;
        const std::size_t audit = station.add("audit", [lines](int control) { return serve_audit(control, lines); });
        const std::size_t sockets = station.add(maker_name, std::move(maker));
        link = station.add("link", [config](int control) {
            auto self = kernel::Service::start(control);
            return run(self, config);
        });
        client = station.add(config.role == Role::v2g_server ? "iso15118" : "ocpp", [](int control) {
            auto self = kernel::Service::start(control);
            const EchoClient echo(self, self.connect<Interface>("link"));
            return self.run();
        });
        station.conduit<audit::Interface>(link, audit, everything, 2000, everything);
        station.conduit<Maker>(link, sockets, everything, 5000, everything);
        station.conduit<Interface, Pulse>(client, link, everything, 2000);
        if (before_start) before_start();
        station.start();
    }

    /// Waits until the log has a line with all these words; false after `within`.
    bool log_has(std::initializer_list<std::string_view> words, Duration within = 10s) {
        const Instant deadline = now() + within;
        for (;;) {
            for (std::size_t end = 0; (end = log_text_.find('\n')) != std::string::npos;) {
                const std::string line = log_text_.substr(0, end);
                log_text_.erase(0, end + 1);
                if (std::ranges::all_of(words, [&](std::string_view word) { return line.contains(word); })) return true;
            }
            pollfd ready{log_, POLLIN, 0};
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now());
            if (left <= 0ms || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
            char bytes[4096];
            const ssize_t n = ::read(log_, bytes, sizeof bytes);
            if (n > 0) log_text_.append(bytes, static_cast<std::size_t>(n));
        }
    }

    kernel::testing::TestStation station;
    std::function<void()> before_start;   ///< more services for link
    std::size_t link = 0, client = 0;
    std::string directory;

private:
    int log_ = -1, audit_lines_ = -1;
    std::string log_text_;
};

}  // namespace voltkeep::link::testing
