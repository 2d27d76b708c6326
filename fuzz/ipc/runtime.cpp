// SPDX-License-Identifier: Apache-2.0
// A real runtime on real sockets, with a client and a server that say anything. The input is a list of words: what is done, an
// octet that it is done with, a length, and so many octets. However it goes: no handler sees a message that the policy does not
// allow, nobody gets two replies to one request, a refusal says what it is, and no descriptor is left.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <source_location>
#include <vector>

#include "kernel/os.hpp"
#include "kernel/runtime.hpp"
#include "kernel/service.hpp"

namespace {
using namespace voltkeep;
using namespace voltkeep::kernel;

enum class Color : std::uint8_t { red, green, last_ = green };
struct Paint {
    Color color{};
    std::optional<Text<12>> name;
    List<std::uint16_t, 4> layers;
    using Reply = Done;
};
struct Forbidden {
    using Reply = Done;
};
struct Later {
    std::uint32_t value = 0;
    struct Answer {
        std::uint32_t value = 0;
        bool is_last = false;
    };
    using Reply = Answer;
};
struct Give {
    struct File {
        Handle handle;
    };
    using Reply = File;
};
using Shop = Interface<Paint, Forbidden, Later, Give>;
enum class Pulse : std::uint8_t { open, closed, last_ = closed };
constexpr std::uint32_t allowed = 0b1101;
constexpr std::uint16_t to_us = 0, from_us = 1;   // conduits

enum Word : std::uint8_t {
    call_us,
    call_us_with_handle,
    pulse_us,
    ask,
    answer,
    answer_raw,
    answer_with_handle,
    pulse_from_server,
    hang_up,
    turn,
    words
};

void require(bool condition, const std::source_location place = std::source_location::current()) {
    if (!condition) broken_invariant("what this fuzzer requires", place.file_name(), static_cast<int>(place.line()));
}

class World {
public:
    World() : file_(::open("/dev/null", O_RDWR | O_CLOEXEC)) {
        os::Pair control = MUST(os::make_pair());
        control_ = std::move(control.a);
        auto slice = std::make_unique<control::Slice>();
        slice->name = "shop";
        slice->watchdog.beat_ms = 1000;
        for (const bool is_server : {true, false}) {
            control::End end;
            const std::string_view peer = is_server ? "customer" : "wholesale";
            end.peer = *policy::ServiceName::from(peer);
            end.peer_type = *Text<24>::from(peer);
            end.is_server = is_server;
            end.fingerprint = Shop::fingerprint;
            end.messages = is_server ? allowed : 0b1111;
            end.pulses_in = 1;   // `open` alone
            end.pulses_out = 3;
            while (end.deadline_ms.push(50)) {}
            end.max_size = static_cast<std::uint32_t>(std::max(Shop::request_bound, Shop::reply_bound) + header_size);
            CHECK(slice->conduits.push(end));
        }
        std::vector<std::byte> buffer(bound<control::Slice>);
        MUST(os::send(control_.get(), encode(*slice, buffer)));
        join();
        tell(control::Join{.kind = control::Kind::go});
        service_.emplace(Service::start(control.b.release()));
        wholesale_ = service_->connect<Shop>("wholesale");
        service_->serve<Shop>(
            [](const Paint& m) -> Result<Done> {
                require(is_listed(m.color) && (!m.name || m.name->size() <= 12) && m.layers.size() <= 4);
                return Done{};
            },
            [](const Forbidden&) -> Result<Done> {
                require(false);
                return Done{};
            },
            [this](const Later& m, Defer<Later::Answer> reply) {
                if (m.value % 3 == 0) return;                                   // dropped: an error
                if (m.value % 3 == 1) return reply(Later::Answer{m.value, true});
                later_.emplace(std::move(reply));                               // answered with the next one, perhaps too late
            },
            [this](const Give&) -> Result<Give::File> { return Give::File{{file_.get()}}; });
        for (const char* peer : {"customer", "wholesale"}) {
            service_->on(peer, Pulse::open, [](EvseId, std::uint64_t) {});
            service_->on(peer, Pulse::closed,
                         [](EvseId, std::uint64_t value) { require(value == 0); });  // a peer that is back, no more
        }
        service_->seal();
        end_of_input();
        open_ = open_here();
    }

    void live(std::span<const std::uint8_t> input) {
        join();
        service_->turn();
        while (input.size() >= 3) {
            const std::size_t size = std::min<std::size_t>(input[2], input.size() - 3);
            perform(static_cast<Word>(input[0] % words), input[1], std::as_bytes(input.subspan(3, size)));
            input = input.subspan(3 + size);
        }
        end_of_input();
        require(open_here() == open_);
    }

private:
    void perform(Word word, std::uint8_t with, Bytes bytes) {
        const std::array handle{file_.get()};
        switch (word) {
            case call_us: return call(with, bytes, {});
            case call_us_with_handle: return call(with, bytes, handle);
            case pulse_us: return say(customer_pulses_, bytes, {});
            case pulse_from_server: return say(wholesale_pulses_, bytes, {});
            case ask: return begin_request(with);
            case answer: return reply(with, bytes, {});
            case answer_with_handle: return reply(with, bytes, handle);
            case answer_raw: return say(wholesale_calls_, bytes, {});
            case hang_up: return end_with_number(with).reset();
            case turn: return look();
            case words: return;
        }
    }
    os::Descriptor& end_with_number(std::uint8_t number) {
        return *std::array{&customer_calls_, &customer_pulses_, &wholesale_calls_, &wholesale_pulses_}[number % 4];
    }
    static void say(const os::Descriptor& end, Bytes bytes, std::span<const int> handles) {
        if (end) (void)os::send(end.get(), bytes, handles);
    }
    /// A request with a good header: number and body are the input's.
    void call(std::uint8_t number, Bytes body, std::span<const int> handles) {
        if (!customer_calls_) return;
        std::vector<std::byte> message(header_size + body.size());
        (void)encode(Header{++sequence_, number, 0}, message);
        std::ranges::copy(body, message.begin() + header_size);
        if (!os::send(customer_calls_.get(), message, handles)) return;
        service_->turn();
        // At most one reply, to this one, or to an earlier `Later` that was cancelled by it and must not be answered.
        std::size_t replies = 0;
        while (auto received = take(customer_calls_)) {
            Header header;
            Reader reader(*received);
            require(Codec<Header>::get(reader, header));
            require(++replies == 1 && header.sequence == sequence_ && header.number == number);
            require(header.status <= static_cast<std::uint16_t>(Errc::last_));
            const bool is_allowed = number < 32 && (allowed >> number & 1) != 0;
            if (!handles.empty()) require(header.status == static_cast<std::uint16_t>(Errc::malformed));
            else require(is_allowed == (header.status != static_cast<std::uint16_t>(Errc::denied)));
        }
    }
    void begin_request(std::uint8_t which) {
        const auto done = [](const auto& result) {
            using R = std::decay_t<decltype(*result)>;
            if constexpr (std::is_same_v<R, Give::File>)
                if (result) os::Descriptor{result->handle.descriptor}.reset();
        };
        if (which % 3 == 0) (void)wholesale_.request(Paint{}, done);
        if (which % 3 == 1) (void)wholesale_.request(Later{}, done);
        if (which % 3 == 2) (void)wholesale_.request(Give{}, done);
    }
    /// What the server would answer to the last request that it was sent: the status and the body are the input's.
    void reply(std::uint8_t status, Bytes body, std::span<const int> handles) {
        while (auto received = take(wholesale_calls_)) {
            Reader reader(*received);
            require(Codec<Header>::get(reader, asked_));
        }
        std::vector<std::byte> message(header_size + body.size());
        (void)encode(Header{asked_.sequence, asked_.number, status}, message);
        std::ranges::copy(body, message.begin() + header_size);
        say(wholesale_calls_, message, handles);
        look();
    }
    /// Every word may need its turn: one takes one message of each conduit.
    void look() {
        for (int i = 0; i < 3; ++i) service_->turn();
    }
    std::optional<Bytes> take(const os::Descriptor& end) {
        if (!end) return std::nullopt;
        const auto received = os::receive(end.get(), buffer_);
        if (!received || !*received) return std::nullopt;
        for (const int handle : (*received)->handles) os::Descriptor{handle}.reset();
        return Bytes(buffer_).first((*received)->size);
    }

    template <class M>
    void tell(const M& message, std::span<const int> handles = {}) {
        std::vector<std::byte> buffer(bound<M>);
        MUST(os::send(control_.get(), encode(message, buffer), handles));
    }
    /// New ends for both conduits, as after a restart of both peers.
    void join() {
        ++epoch_;
        for (const std::uint16_t conduit : {to_us, from_us}) {
            os::Pair calls = MUST(os::make_pair()), pulses = MUST(os::make_pair());
            tell(control::Join{control::Kind::join, conduit, epoch_}, std::array{calls.b.get(), pulses.b.get()});
            (conduit == to_us ? customer_calls_ : wholesale_calls_) = std::move(calls.a);
            (conduit == to_us ? customer_pulses_ : wholesale_pulses_) = std::move(pulses.a);
        }
    }
    void end_of_input() {
        for (std::uint8_t end = 0; end < 4; ++end) end_with_number(end).reset();
        for (int i = 0; i < 64; ++i) service_->turn();   // takes what is queued, then notices
        later_.reset();
        std::array<std::byte, 64> record;
        while (true) {
            const auto received = MUST(os::receive(control_.get(), record));
            if (!received) break;
            require(decode<control::Record>(Bytes(record).first(received->size)).has_value());
        }
    }
    /// Sockets and files of ours that are open; pipes and what else there is are the fuzzer's.
    static std::size_t open_here() {
        std::size_t count = 0;
        std::error_code gone;
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
            const std::string what = std::filesystem::read_symlink(entry.path(), gone).string();
            count += what.starts_with("socket:") || what == "/dev/null";
        }
        return count;
    }

    os::Descriptor file_, control_;
    os::Descriptor customer_calls_, customer_pulses_, wholesale_calls_, wholesale_pulses_;   ///< the peers' ends
    std::optional<Service> service_;
    Client<Shop> wholesale_;
    std::optional<Defer<Later::Answer>> later_;
    std::array<std::byte, 8192> buffer_{};
    Header asked_;
    std::uint32_t sequence_ = 0, epoch_ = 0;
    std::size_t open_ = 0;
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World* const world = new World;
    world->live({data, size});
    return 0;
}
