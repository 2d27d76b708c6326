// SPDX-License-Identifier: Apache-2.0
// The driver's bus against a meter that answers octet by octet as the test wants it: well, late, in part, wrongly, or not at all.
#include "bus.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "retry.hpp"
#include "wire/sunspec/sunspec.hpp"

namespace voltkeep::meterdrv {
namespace {

using kernel::os::Descriptor;

/// What becomes of one answer, which is whole and right when it comes in. Empty: none. It may wait, and it may end the
/// connection.
using Spoil = std::function<void(std::vector<std::uint8_t>& answer, int socket)>;

/// A Modbus/TCP server of one connection, in a thread, with a register map.
class FakeMeter {
public:
    FakeMeter() {
        put(40'000, sunspec::mark);
        put(40'002, sunspec::write_common({.maker = "Voltkeep", .model = "of a test", .version = "1", .serial = "VK-DC-100001"}));
        measure({.injected_mwh = 1'000'000, .absorbed_mwh = 20, .voltage = {400'000}, .current = {100'000}, .power = {40'000}});
        put(40'115, std::array<std::uint16_t, 2>{sunspec::model::end, 0});
        int ends[2];
        CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        client = Descriptor(ends[0]);
        server_ = Descriptor(ends[1]);
        thread_ = std::thread([this] { serve(); });
    }
    ~FakeMeter() {
        ::shutdown(server_.get(), SHUT_RDWR);
        thread_.join();
    }
    template <std::size_t N>
    void put(int address, const std::array<std::uint16_t, N>& values) {
        for (std::size_t i = 0; i < N; ++i) map[address + static_cast<int>(i)] = values[i];
    }
    void measure(const sunspec::DcMeasurement& m) { put(40'070, sunspec::write_dc(m)); }

    std::map<int, std::uint16_t> map;  ///< changed only while nothing is asked
    Spoil spoil;                       ///< likewise
    Descriptor client;
    std::atomic<int> asked = 0;

private:
    bool receive(std::span<std::uint8_t> buffer) const {
        for (std::size_t done = 0; done < buffer.size();) {
            pollfd ready{server_.get(), POLLIN, 0};
            if (::poll(&ready, 1, 10'000) != 1) return false;
            const ssize_t n = ::recv(server_.get(), buffer.data() + done, buffer.size() - done, 0);
            if (n <= 0) return false;
            done += static_cast<std::size_t>(n);
        }
        return true;
    }
    void serve() {
        std::array<std::uint8_t, 12> request;
        while (receive(request)) {
            ++asked;
            const int address = request[8] << 8 | request[9], count = request[10] << 8 | request[11];
            std::vector<std::uint8_t> answer{request[0], request[1], 0,
                                             0,          0,          static_cast<std::uint8_t>(3 + 2 * count),
                                             request[6], request[7], static_cast<std::uint8_t>(2 * count)};
            for (int i = 0; i < count; ++i) {
                const auto found = map.find(address + i);
                if (found == map.end()) {
                    answer = exception(request, 2);
                    break;
                }
                answer.push_back(static_cast<std::uint8_t>(found->second >> 8));
                answer.push_back(static_cast<std::uint8_t>(found->second));
            }
            if (spoil) spoil(answer, server_.get());
            if (!answer.empty()) (void)!::send(server_.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }

public:
    static std::vector<std::uint8_t> exception(std::span<const std::uint8_t> request, std::uint8_t code) {
        return {request[0], request[1], 0, 0, 0, 3, request[6], static_cast<std::uint8_t>(request[7] | 0x80), code};
    }

private:
    Descriptor server_;
    std::thread thread_;
};

Result<Bus> open(FakeMeter& meter) { return Bus::open(std::move(meter.client), 1); }

/// What a reading is, when each answer from now on is spoiled like this. The connection was good before.
struct Spoiled {
    Errc code;
    bool is_broken;
};
Spoiled read_spoiled(Spoil spoil) {
    FakeMeter meter;
    Bus bus = MUST(open(meter));
    MUST(bus.read());
    meter.spoil = std::move(spoil);
    const Instant begun = now();
    const auto reading = bus.read();
    EXPECT_LT(now() - begun, 2 * Bus::answer_time + 300ms) << "it waits for a bounded time, whatever comes";
    return {reading ? Errc::ok : reading.error().code, bus.is_broken()};
}

}  // namespace

TEST(MeterBus, reads_what_the_meter_shows) {
    FakeMeter meter;
    Bus bus = MUST(open(meter));
    const auto first = bus.read();
    ASSERT_TRUE(first) << first.error().what.view();
    EXPECT_EQ(first->import_mwh, 1'000'000);
    EXPECT_EQ(first->export_mwh, 20);
    EXPECT_EQ(first->voltage.value, 400'000);
    EXPECT_EQ(first->current.value, 100'000);
    EXPECT_EQ(first->power.value, 40'000);
    EXPECT_EQ(first->serial.view(), "VK-DC-100001");
    EXPECT_FALSE(first->is_faulty);
    meter.measure({.injected_mwh = 1'000'500, .is_faulty = true});
    const auto second = MUST(bus.read());
    EXPECT_EQ(second.import_mwh, 1'000'500);
    EXPECT_EQ(second.sequence, first->sequence + 1);
    EXPECT_TRUE(second.is_faulty);
}

TEST(MeterBus, an_answer_that_is_none_breaks_the_connection_and_a_refusal_does_not) {
    using Answer = std::vector<std::uint8_t>;
    const auto expect = [](Errc code, bool is_broken, const char* what, const Spoil& spoil) {
        const Spoiled s = read_spoiled(spoil);
        EXPECT_EQ(s.code, code) << what;
        EXPECT_EQ(s.is_broken, is_broken) << what;
    };
    expect(Errc::timeout, true, "no answer", [](Answer& a, int) { a.clear(); });
    expect(Errc::timeout, true, "half an answer", [](Answer& a, int) { a.resize(a.size() / 2); });
    expect(Errc::timeout, true, "an octet now and then", [](Answer& a, int socket) {
        for (int i = 0; i < 12; ++i) {
            (void)!::send(socket, a.data() + i, 1, MSG_NOSIGNAL);
            std::this_thread::sleep_for(50ms);  // the provocation itself: slower than the whole answer may be
        }
        a.clear();
    });
    expect(Errc::closed, true, "the connection ends", [](Answer& a, int socket) {
        ::shutdown(socket, SHUT_RDWR);
        a.clear();
    });
    expect(Errc::closed, true, "it ends in the middle of an answer", [](Answer& a, int socket) {
        (void)!::send(socket, a.data(), 20, MSG_NOSIGNAL);
        ::shutdown(socket, SHUT_RDWR);
        a.clear();
    });
    expect(Errc::malformed, true, "the answer to another question", [](Answer& a, int) { a[1] ^= 1; });
    expect(Errc::malformed, true, "another protocol", [](Answer& a, int) { a[3] = 1; });
    expect(Errc::malformed, true, "another function", [](Answer& a, int) { a[7] = 4; });
    expect(Errc::malformed, true, "fewer registers than were asked for", [](Answer& a, int) {
        a[5] = static_cast<std::uint8_t>(a[5] - 2);
        a[8] = static_cast<std::uint8_t>(a[8] - 2);
        a.resize(a.size() - 2);
    });
    expect(Errc::busy, false, "it says that it cannot", [](Answer& a, int) { a = FakeMeter::exception(std::span(a), 4); });
    expect(Errc::busy, false, "the gateway does not reach it",
           [](Answer& a, int) { a = FakeMeter::exception(std::span(a), 11); });
    expect(Errc::unsupported, false, "it knows no such registers",
           [](Answer& a, int) { a = FakeMeter::exception(std::span(a), 2); });
}

TEST(MeterBus, values_that_are_none_are_no_reading) {
    const auto after = [](auto change) {
        FakeMeter meter;
        Bus bus = MUST(open(meter));
        MUST(bus.read());
        change(meter);
        const auto reading = bus.read();
        return reading ? Errc::ok : reading.error().code;
    };
    EXPECT_EQ(after([](FakeMeter&) {}), Errc::ok);
    EXPECT_EQ(after([](FakeMeter& m) {
                  for (int i = 0; i < 4; ++i) m.map[40'072 + 31 + i] = 0xffff;
              }),
              Errc::malformed)
        << "energy that is not implemented";
    EXPECT_EQ(after([](FakeMeter& m) { m.map[40'072 + 16] = 0x8000; }), Errc::malformed) << "no scale";
    EXPECT_EQ(after([](FakeMeter& m) { m.map[40'072 + 2] = 2; }), Errc::unsupported) << "two ports";
    EXPECT_EQ(after([](FakeMeter& m) { m.map[40'070] = 713; }), Errc::unsupported) << "another model in its place";
    EXPECT_EQ(after([](FakeMeter& m) { m.map[40'052] = 0; }), Errc::malformed) << "no serial number";
    EXPECT_EQ(after([](FakeMeter& m) {
                  for (int i = 0; i < 16; ++i) m.map[40'052 + i] = 0x4142;
              }),
              Errc::malformed)
        << "a serial number of which only a part would fit";
}

TEST(MeterBus, a_map_is_found_where_maps_may_begin_and_one_without_an_end_is_left) {
    {
        FakeMeter meter;  // it begins at 0, behind other models
        const auto old = std::exchange(meter.map, {});
        meter.put(0, std::array<std::uint16_t, 6>{sunspec::mark[0], sunspec::mark[1], 17, 2, 0, 0});
        for (const auto& [address, value] : old)
            if (address >= 40'002) meter.map[address - 40'002 + 6] = value;
        Bus bus = MUST(open(meter));
        EXPECT_EQ(MUST(bus.read()).import_mwh, 1'000'000);
    }
    {
        FakeMeter meter;
        meter.map.clear();
        EXPECT_EQ(open(meter).error().code, Errc::not_found);
    }
    {
        FakeMeter meter;  // models of no length, one behind the other, to the end of the registers
        for (int at = 40'002; at < 65'536; ++at) meter.map[at] = at % 2 == 0 ? 17 : 0;
        const auto refused = open(meter);
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error().code == Errc::timeout || refused.error().code == Errc::malformed);
        EXPECT_GT(meter.asked, 10);
    }
}

TEST(MeterRetry, waits_longer_each_time_and_begins_anew_after_a_success) {
    Retry retry;
    EXPECT_EQ(retry.next(), 100ms);
    EXPECT_EQ(retry.next(), 200ms);
    for (int i = 0; i < 10; ++i) (void)retry.next();
    EXPECT_EQ(retry.next(), Retry::longest);
    EXPECT_EQ(retry.tries(), 13u);
    retry.succeeded();
    EXPECT_EQ(retry.next(), 100ms);
}

}  // namespace voltkeep::meterdrv
