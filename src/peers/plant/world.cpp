// SPDX-License-Identifier: Apache-2.0
#include "peers/plant/world.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "peers/plant/control.hpp"

namespace voltkeep::plant {

namespace {

constexpr std::uint32_t kRegistersMark = 0x31'53'4d'56;  // "VMS1"
constexpr std::size_t kRegistersSize = 24;
constexpr std::uint32_t kLatchMark = 0x32'4c'4d'56;      // "VML2"
constexpr std::size_t kLatchSize = 13;
constexpr std::size_t kMostClients = 8;
constexpr std::int64_t kMostCatchUpUs = 200'000;
constexpr int kMostPackets = 64;  // of one connection in one turn

Result<Descriptor> open_file(const std::string& path) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return fail_errno("open", path);
    return file;
}

// A meter remembers through anything. What was never written is a meter as it came from the factory.
Result<> load_registers(const Descriptor& file, const std::string& path, Evse::Setup& setup) {
    std::array<std::byte, kRegistersSize> bytes{};
    const ssize_t n = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (n < 0) return fail_errno("read", path);
    if (n == 0) return {};
    FrameReader r(Bytes(bytes).first(static_cast<std::size_t>(n)));
    if (!r.accepts(kRegistersSize, kRegistersMark))
        return fail(Errc::integrity, path + ": damaged; remove it to get a new meter");
    setup.import_mwh = r.get<std::int64_t>();
    setup.export_mwh = r.get<std::int64_t>();
    return {};
}

void store_registers(const Place& place) {
    FrameWriter<kRegistersSize> w(kRegistersMark);
    w.put(place.evse.import_mwh());
    w.put(place.evse.export_mwh());
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    if (::pwrite(place.registers.get(), bytes->data(), bytes->size(), 0) != static_cast<ssize_t>(bytes->size()))
        std::fprintf(stderr, "plant: the registers of meter %u cannot be stored\n", place.number);
}

// New hardware has nothing latched and nothing spent; a damaged register is one that nobody knows.
Result<> load_latch(const Descriptor& file, const std::string& path, Evse::Setup& setup) {
    std::array<std::byte, kLatchSize + 1> bytes{};
    const ssize_t n = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (n < 0) return fail_errno("read", path);
    if (n == 0) return {};
    FrameReader r(Bytes(bytes).first(static_cast<std::size_t>(n)));
    const bool is_known = r.accepts(kLatchSize, kLatchMark);
    setup.latched = is_known ? r.get<std::uint32_t>() : safety::kUnknownRegister;
    setup.spent = is_known ? r.get<std::uint8_t>() : safety::kUnknownSpent;
    return {};
}

void store_latch(const Place& place) {
    FrameWriter<kLatchSize> w(kLatchMark);
    w.put(place.evse.latched());
    w.put(place.evse.spent());
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    if (::pwrite(place.latch.get(), bytes->data(), bytes->size(), 0) != static_cast<ssize_t>(bytes->size()))
        std::fprintf(stderr, "plant: the latched trips of EVSE %u cannot be stored\n", place.number);
}

}  // namespace

Result<std::unique_ptr<World>> World::open(const Options& options) {
    const std::string lock_path = options.directory + "/plant.lock";
    Descriptor lock = TRY(open_file(lock_path));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return fail(Errc::busy, options.directory + " is in use by another plant");
    std::unique_ptr<World> world(new World(std::move(lock)));
    world->epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    world->timer_ = Descriptor(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!world->epoll_ || !world->timer_) return fail_errno("epoll_create1");
    for (std::uint8_t n = 1; n <= options.evses; ++n) {
        const std::string stem = options.directory + "/evse" + std::to_string(n);
        Descriptor registers = TRY(open_file(stem + "-meter.state"));
        Evse::Setup setup{
            .outlet = options.outlets[std::min<std::size_t>(n, options.outlets.size()) - 1], .seed = options.seed, .number = n};
        TRY(load_registers(registers, stem + "-meter.state", setup));
        Descriptor latch = TRY(open_file(stem + "-latch.state"));
        TRY(load_latch(latch, stem + "-latch.state", setup));
        Listener power = TRY(Listener::open(stem + "-power.sock", Kind::packets, options.socket_mode));
        Listener meter = TRY(Listener::open(stem + "-meter.sock", Kind::packets, options.socket_mode));
        Listener cable = TRY(Listener::open(stem + "-cable.sock", Kind::packets, options.socket_mode));
        world->places_.push_back(std::make_unique<Place>(Place{n,
                                                               Evse(setup),
                                                               std::move(power),
                                                               std::move(meter),
                                                               std::move(cable),
                                                               {},
                                                               {},
                                                               {},
                                                               std::move(registers),
                                                               std::move(latch),
                                                               0,
                                                               false,
                                                               0,
                                                               0,
                                                               false,
                                                               false,
                                                               {}}));
        if (options.meters_sign) world->places_.back()->capsule = TRY(Capsule::open(stem + "-capsule"));
        for (const Listener* door :
             {&world->places_.back()->power_door, &world->places_.back()->meter_door, &world->places_.back()->cable_door})
            world->watch(door->get());
    }
    world->control_door_ =
        std::make_unique<Listener>(TRY(Listener::open(options.directory + "/control.sock", Kind::stream, options.socket_mode)));
    world->watch(world->control_door_->get());
    return world;
}

void World::watch(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0);
}

Result<> World::run(int stop_descriptor) {
    watch(stop_descriptor);
    watch(timer_.get());
    constexpr long period_ns = powerdrv::kInputsPeriodUs * 1'000;
    const itimerspec period{{0, period_ns}, {0, period_ns}};
    if (::timerfd_settime(timer_.get(), 0, &period, nullptr) != 0) return fail_errno("timerfd_settime");
    began_ = now();
    while (true) {
        std::array<epoll_event, 32> events;
        const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
        if (n < 0 && errno != EINTR) return fail_errno("epoll_wait");
        advance();
        for (int i = 0; i < n; ++i) {
            const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
            if (descriptor != stop_descriptor) {
                handle(descriptor);
                continue;
            }
            for (const auto& place : places_) store_registers(*place);
            return {};
        }
    }
}

// The physics follow the clock; a plant that was stopped itself does not run through hours afterwards.
void World::advance() {
    for (const auto& place : places_) {
        std::int64_t behind = (now() - began_).count() / 1'000 - skipped_us_ - place->evse.time_us();
        if (behind > kMostCatchUpUs && place->number == 1) {
            skipped_us_ += behind - kMostCatchUpUs;
            behind = kMostCatchUpUs;
        }
        for (; behind >= 1'000; behind -= 1'000) place->evse.step();
    }
}

void World::handle(int descriptor) {
    if (descriptor == timer_.get()) return on_timer();
    accept_all(descriptor);
    for (const auto& place : places_) {
        if (descriptor == place->power.get()) return on_power(*place);
        if (descriptor == place->meter.get()) return on_meter(*place);
        if (descriptor == place->cable.get()) return on_cable(*place);
    }
    for (const auto& client : clients_)
        if (descriptor == client->socket.get()) {
            on_client(*client);
            break;
        }
    std::erase_if(clients_, [](const auto& client) { return !client->socket; });
}

void World::accept_all(int descriptor) {
    const auto take = [&](const Listener& door, Descriptor& place) {
        if (descriptor != door.get()) return;
        Descriptor newcomer = door.accept();
        if (!newcomer) return;
        watch(newcomer.get());
        place = std::move(newcomer);  // the newest driver is the driver; the older connection ends with `newcomer`
    };
    for (const auto& place : places_) {
        take(place->power_door, place->power);
        take(place->meter_door, place->meter);
        if (descriptor != place->cable_door.get()) continue;
        Descriptor newcomer = place->cable_door.accept();
        if (!newcomer || place->cable || place->own_car) continue;  // one plug: the second car finds it taken
        watch(newcomer.get());
        place->cable = std::move(newcomer);
    }
    if (descriptor != control_door_->get()) return;
    Descriptor newcomer = control_door_->accept();
    if (!newcomer || clients_.size() >= kMostClients) return;
    watch(newcomer.get());
    clients_.push_back(std::make_unique<Client>(Client{std::move(newcomer), {}}));
}

void World::on_timer() {
    std::uint64_t expirations = 0;
    if (::read(timer_.get(), &expirations, sizeof expirations) != sizeof expirations) return;
    ++ticks_;
    const auto every = [&](std::int64_t period_us) {
        return ticks_ % static_cast<std::uint64_t>(period_us / powerdrv::kInputsPeriodUs) == 0;
    };
    for (const auto& place : places_) {
        if (const auto frame = place->evse.inputs(); frame && !send(place->power, *frame)) place->power.reset();
        if (place->own_car && every(kCablePeriodUs)) drive_own_car(*place);
        if (place->cable && every(kCablePeriodUs) && !send(place->cable, encode(place->evse.cable()))) on_cable(*place);
        if (every(meter::kReadingPeriodUs)) send_reading(*place, 0);
    }
}

void World::on_power(Place& place) {
    std::array<std::byte, powerdrv::kOutputsSize> buffer;
    for (int i = 0; i < kMostPackets; ++i) {
        std::size_t size = 0;
        const Got got = receive(place.power, buffer, size);
        if (got == Got::nothing) return;
        if (got == Got::end) return place.power.reset();  // the watchdog does the rest
        const auto frame = size <= buffer.size() ? powerdrv::decode_outputs(Bytes(buffer).first(size)) : fail(Errc::malformed);
        if (!frame) {
            ++place.refused_frames;
            continue;
        }
        const auto registers = std::pair(place.evse.latched(), place.evse.spent());
        place.evse.order(frame->actuators);
        if (std::pair(place.evse.latched(), place.evse.spent()) != registers) store_latch(place);   // before a frame can say so
    }
}

void World::on_meter(Place& place) {
    std::array<std::byte, meter::kSignSize> buffer;
    for (int i = 0; i < kMostPackets; ++i) {
        std::size_t size = 0;
        const Got got = receive(place.meter, buffer, size);
        if (got == Got::nothing) return;
        if (got == Got::end) return place.meter.reset();
        if (place.capsule && size <= buffer.size())
            if (const auto wanted = meter::decode_sign(Bytes(buffer).first(size))) {
                send_record(place, *wanted);
                continue;
            }
        const auto request = size <= buffer.size() ? meter::decode_request(Bytes(buffer).first(size)) : fail(Errc::malformed);
        if (request) send_reading(place, request->number);
        else ++place.refused_frames;
    }
}

void World::send_reading(Place& place, std::uint32_t answers) {
    // Stored before it is said: a register that was told never falls, whatever kills this process.
    const auto reading = place.evse.reading(answers);
    store_registers(place);
    if (reading && !send(place.meter, *reading)) place.meter.reset();
}

/// Of the reading that goes out in front of it.
void World::send_record(Place& place, const meter::SignFrame& wanted) {
    const auto frame = place.evse.reading(0);
    store_registers(place);
    if (!frame) return;
    const auto reading = meter::decode_reading(*frame);
    if (!reading || !send(place.meter, *frame)) return;
    const meter::RecordFrame record{wanted.number, place.capsule->sign(wanted, reading->serial, reading->import_mwh,
                                                                       reading->export_mwh, wall_now().unix_ms)};
    if (!send(place.meter, encode(record))) place.meter.reset();
}

void World::on_cable(Place& place) {
    std::array<std::byte, kCarFrameSize> buffer;
    for (int i = 0; i < kMostPackets; ++i) {
        std::size_t size = 0;
        const Got got = receive(place.cable, buffer, size);
        if (got == Got::nothing) return;
        if (got == Got::end) {
            place.cable.reset();
            return place.evse.set_car({});
        }
        const auto frame = size <= buffer.size() ? decode_car(Bytes(buffer).first(size)) : fail(Errc::malformed);
        if (frame) place.evse.set_car(*frame);
        else ++place.refused_frames;
    }
}

// A car without electronics: its contactor closes on the battery's voltage, and opens when nothing has flowed for a while. On AC
// it closes when the pilot invites.
void World::drive_own_car(Place& place) {
    CarFrame car = place.evse.car();
    const CableFrame cable = place.evse.cable();
    const bool draws = std::abs(cable.current.value) > 1'000;
    place.has_drawn = place.has_drawn || draws;
    place.idle_ms = draws ? 0 : place.idle_ms + 10;
    const bool near = place.evse.is_ac() || std::abs(cable.inlet_voltage.value - cable.battery_voltage.value) < 10'000;
    place.matched_ms = near ? place.matched_ms + 10 : 0;
    const bool is_over = place.has_drawn && place.idle_ms > 1'000;
    if (cable.steady || place.is_released || (is_over && !place.evse.is_ac())) car.contactor = false;
    else if (car.pilot >= CarPilot::c && place.matched_ms >= 300) car.contactor = true;
    if (!(car == place.evse.car())) place.evse.set_car(car);
    if (is_over && !car.contactor && cable.inlet_voltage.value < 60'000) place.has_drawn = false;
}

void World::on_client(Client& client) {
    std::array<std::byte, kLongestLine> buffer;
    std::size_t size = 0;
    const Got got = receive(client.socket, buffer, size);
    if (got == Got::nothing) return;
    if (got == Got::end) return client.socket.reset();
    client.line += as_text(Bytes(buffer).first(std::min(size, buffer.size())));
    for (std::size_t end = client.line.find('\n'); end != std::string::npos; end = client.line.find('\n')) {
        const std::string reply = answer(*this, std::string_view(client.line).substr(0, end));
        client.line.erase(0, end + 1);
        if (!send(client.socket, as_bytes(reply))) return client.socket.reset();
    }
    if (client.line.size() > kLongestLine) client.socket.reset();
}

}  // namespace voltkeep::plant
