// SPDX-License-Identifier: Apache-2.0
// A call as stations do it over MQTT: a JSON request on one topic, a JSON reply on another, matched by its id.
#include <fcntl.h>
#include <mosquitto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.hpp"
#include "transports.hpp"

namespace bench {

using namespace voltkeep;
using nlohmann::json;

namespace {
constexpr const char* request_topic = "echo/request";
constexpr const char* reply_topic = "echo/reply";
constexpr int patience_ms = 60'000;

/// A folder of its own with a broker's configuration and socket.
class Folder {
public:
    Folder() {
        std::string pattern = std::filesystem::temp_directory_path() / "voltkeep-bench-XXXXXX";
        CHECK(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
        std::ofstream(configuration()) << "listener 0 " << socket()
                                       << "\nallow_anonymous true\npersistence false\nlog_dest none\n"
                                       << (::geteuid() == 0 ? "user root\n" : "");
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string socket() const { return path_ + "/broker"; }
    [[nodiscard]] std::string configuration() const { return path_ + "/configuration"; }

private:
    std::string path_;
};

int run_broker(const Folder& folder, const Placement& placement) {
    take_place(placement, Role::broker);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (int standard = 0; standard < 3; ++standard) ::dup2(nothing, standard);
    const std::string configuration = folder.configuration();
    for (const char* program : {"/usr/sbin/mosquitto", "/usr/bin/mosquitto"})
        ::execl(program, program, "-c", configuration.c_str(), nullptr);
    return 127;
}

/// One side of the conversation: hears one topic.
struct Party {
    mosquitto* connection = nullptr;
    const char* hears = nullptr;
    bool is_subscribed = false;
    std::string heard;
    bool has_heard = false;

    Party(const Folder& folder, const char* topic) : hears(topic) {
        mosquitto_lib_init();
        connection = mosquitto_new(nullptr, true, this);
        CHECK(connection != nullptr);
        mosquitto_connect_callback_set(
            connection, [](mosquitto* m, void* p, int) { mosquitto_subscribe(m, nullptr, static_cast<Party*>(p)->hears, 0); });
        mosquitto_subscribe_callback_set(
            connection, [](mosquitto*, void* p, int, int, const int*) { static_cast<Party*>(p)->is_subscribed = true; });
        mosquitto_message_callback_set(connection, [](mosquitto*, void* p, const mosquitto_message* m) {
            static_cast<Party*>(p)->heard.assign(static_cast<const char*>(m->payload), static_cast<std::size_t>(m->payloadlen));
            static_cast<Party*>(p)->has_heard = true;
        });
        // Nothing announces that a broker listens: its socket is tried until it answers.
        const Instant limit = now() + 10s;
        while (mosquitto_connect(connection, folder.socket().c_str(), 0, 60) != MOSQ_ERR_SUCCESS) {
            CHECK(now() < limit);
            ::usleep(2000);
        }
        while (!is_subscribed) CHECK(mosquitto_loop(connection, patience_ms, 1) == MOSQ_ERR_SUCCESS);
    }

    bool hear() {
        const Instant limit = now() + std::chrono::milliseconds(patience_ms);
        for (has_heard = false; !has_heard;)
            if (now() > limit || mosquitto_loop(connection, patience_ms, 1) != MOSQ_ERR_SUCCESS) return false;
        return true;
    }
    bool say(const char* topic, const json& what) const {
        const std::string text = what.dump();
        return mosquitto_publish(connection, nullptr, topic, static_cast<int>(text.size()), text.data(), 0, false) ==
               MOSQ_ERR_SUCCESS;
    }
};

int serve(const Folder& folder, int ready) {
    Party self(folder, request_topic);
    if (::write(ready, "", 1) != 1) return 1;
    while (self.hear()) {
        const json request = json::parse(self.heard);
        if (!self.say(reply_topic, {{"id", request["id"]}, {"data", request["data"]}})) break;
    }
    return 1;
}

bool call(Party& self, std::uint64_t id, const std::string& data) {
    if (!self.say(request_topic, {{"id", id}, {"method", "Echo"}, {"data", data}}) || !self.hear()) return false;
    const json reply = json::parse(self.heard);
    return reply["id"] == id && reply["data"].get<std::string>().size() == data.size();
}
}  // namespace

bool run_mosquitto(const Setting& setting, Samples& samples) {
    const Folder folder;
    int ready[2];
    CHECK(::pipe2(ready, O_CLOEXEC) == 0);
    Process broker([&] { return run_broker(folder, setting.placement); });
    Process server([&] {
        take_place(setting.placement, Role::server);
        return serve(folder, ready[1]);
    });
    Process client([&] {
        take_place(setting.placement, Role::client);
        Party self(folder, reply_topic);
        char go = 0;
        ::close(ready[1]);
        if (::read(ready[0], &go, 1) != 1) return 1;   // the server has died if it says nothing
        std::uint64_t id = 0;
        const std::string data(setting.size, 'x');
        return samples.measure(setting.time, [&] { return call(self, ++id, data); }) ? 0 : 1;
    });
    ::close(ready[0]);
    ::close(ready[1]);
    return client.wait() == 0;
}

}  // namespace bench
