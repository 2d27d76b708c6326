// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <modbus/modbus.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "wire/sunspec/sunspec.hpp"

namespace voltkeep::modbus_meter {

namespace {

constexpr std::size_t most_clients = 4;
constexpr Duration patience = 100ms;
constexpr int base = sunspec::base_addresses[0];
constexpr std::size_t common_at = sunspec::mark.size(),
                      measurement_at = common_at + sunspec::header_size + sunspec::common_length,
                      end_at = measurement_at + sunspec::header_size + sunspec::dc_length,
                      register_count = end_at + sunspec::header_size;

int connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return -1;
    path.copy(address.sun_path, path.size());
    const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
    if (socket >= 0) ::close(socket);
    return -1;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::open(const Options& options) {
    modbus_t* context = modbus_new_tcp("127.0.0.1", options.port);
    if (context == nullptr) return fail_errno("modbus_new_tcp");
    modbus_set_slave(context, options.unit);
    modbus_set_indication_timeout(context, 0, 200'000);  // for the rest of a request that has begun
    modbus_set_byte_timeout(context, 0, 0);
    modbus_mapping_t* registers = modbus_mapping_new_start_address(0, 0, 0, 0, base, register_count, 0, 0);
    const int door = modbus_tcp_listen(context, static_cast<int>(most_clients));
    std::unique_ptr<Server> server(new Server(options, context, registers, door));
    if (registers == nullptr || door < 0) return fail_errno("listen", "port " + std::to_string(options.port));
    std::ranges::copy(sunspec::mark, registers->tab_registers);
    registers->tab_registers[end_at] = sunspec::model::end;
    return server;
}

Server::~Server() {
    for (const int descriptor : clients_) ::close(descriptor);
    if (plant_ >= 0) ::close(plant_);
    if (door_ >= 0) ::close(door_);
    modbus_mapping_free(registers_);
    modbus_free(context_);
}

Result<> Server::run(int stop) {
    for (;;) {
        if (plant_ < 0) join_plant();
        std::vector<pollfd> waits{{stop, POLLIN, 0}, {door_, POLLIN, 0}, {plant_, POLLIN, 0}};
        for (const int client : clients_) waits.push_back({client, POLLIN, 0});
        constexpr int rejoin_ms = 100;  // a plant that is started again
        if (::poll(waits.data(), waits.size(), plant_ < 0 ? rejoin_ms : -1) < 0 && errno != EINTR) return fail_errno("poll");
        if (waits[0].revents) return {};
        if (waits[2].revents) take_readings();
        for (std::size_t i = 3; i < waits.size(); ++i)
            if (waits[i].revents && !answer(waits[i].fd)) {
                ::close(waits[i].fd);
                std::erase(clients_, waits[i].fd);
            }
        if (waits[1].revents) accept_client();
    }
}

void Server::join_plant() { plant_ = connect_to(options_.meter); }

void Server::take_readings() {
    std::array<std::byte, meter::kRecordSize> buffer;
    for (;;) {
        const ssize_t n = ::recv(plant_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n <= 0) {
            ::close(plant_);
            plant_ = -1;
            return;
        }
        if (const auto reading = meter::decode_reading(Bytes(buffer).first(static_cast<std::size_t>(n)))) {
            show(*reading);
            if (reading->answers != 0) answered_ = reading->answers;
        }
    }
}

void Server::show(const meter::ReadingFrame& r) {
    const auto common = sunspec::write_common(
        {.maker = "Voltkeep", .model = "Simulated DC meter", .version = "1", .serial = Text<32>::cut(r.serial.view())});
    const auto measurement = sunspec::write_dc({.injected_mwh = r.import_mwh,
                                                .absorbed_mwh = r.export_mwh,
                                                .voltage = r.voltage,
                                                .current = r.current,
                                                .power = r.power,
                                                .is_faulty = r.status != 0});
    std::ranges::copy(common, registers_->tab_registers + common_at);
    std::ranges::copy(measurement, registers_->tab_registers + measurement_at);
}

bool Server::refresh() {
    const auto question = encode(meter::RequestFrame{++asked_});
    if (plant_ < 0 || ::send(plant_, question.data(), question.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return false;
    for (const Instant deadline = now() + patience; plant_ >= 0 && answered_ != asked_ && now() < deadline;) {
        pollfd ready{plant_, POLLIN, 0};
        (void)::poll(&ready, 1, static_cast<int>((deadline - now()) / 1ms) + 1);
        if (ready.revents) take_readings();
    }
    return answered_ == asked_;
}

void Server::accept_client() {
    const int client = ::accept4(door_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    if (clients_.size() < most_clients)
        clients_.push_back(client);
    else
        ::close(client);
}

bool Server::answer(int client) {
    std::array<std::uint8_t, MODBUS_TCP_MAX_ADU_LENGTH> request{};
    modbus_set_socket(context_, client);
    const int size = modbus_receive(context_, request.data());
    if (size <= 0) return size == 0;  // 0: for another unit
    constexpr std::size_t unit_at = 6, function_at = 7;
    constexpr std::uint8_t read_holding_registers = 3;
    if (request[unit_at] != options_.unit)
        return modbus_reply_exception(context_, request.data(), MODBUS_EXCEPTION_GATEWAY_TARGET) > 0;
    if (request[function_at] != read_holding_registers)
        return modbus_reply_exception(context_, request.data(), MODBUS_EXCEPTION_ILLEGAL_FUNCTION) > 0;
    if (!refresh())
        return modbus_reply_exception(context_, request.data(), MODBUS_EXCEPTION_SLAVE_OR_SERVER_FAILURE) > 0;
    return modbus_reply(context_, request.data(), size, registers_) > 0;
}

}  // namespace voltkeep::modbus_meter
