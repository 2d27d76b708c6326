// SPDX-License-Identifier: Apache-2.0
// In the place of the reference CSMS: hands every connection on to it, until it is told (SIGUSR1) to turn malicious. Then it
// drops the station and does to each of its next connections one of the things of Malice, in their order; afterwards it is a
// relay again. What it did is a line in <control socket's folder>/malice.log. Arguments: those of the reference CSMS, which is
// csms_real in this program's folder.
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Socket = int;

enum class Malice : int { pings, nested_json, wide_json, compressed, endless_length, last = endless_length };
constexpr const char* names[] = {"pings", "nested_json", "wide_json", "compressed", "endless_length"};

volatile sig_atomic_t was_told = 0;
void on_told(int) { was_told = 1; }

std::string argument(const std::vector<std::string>& words, const char* name) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i] == name) return words[i + 1];
    return {};
}

Socket listen_on(int port) {
    const Socket listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 16) != 0) std::exit(2);
    return listener;
}

int port_of(Socket socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

Socket connect_to(int port) {
    const Socket socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
    ::close(socket);
    return -1;
}

// ---- the malicious server: one TLS connection, its WebSocket by hand ----------------------------------------------------

/// The octets of a frame of a server: never masked. `first`: FIN, RSV1 and the opcode.
std::string frame(unsigned char first, const std::string& payload) {
    std::string text(1, static_cast<char>(first));
    if (payload.size() < 126) text += static_cast<char>(payload.size());
    else {
        text += static_cast<char>(127);
        for (int shift = 56; shift >= 0; shift -= 8)
            text += static_cast<char>(static_cast<unsigned char>(static_cast<std::uint64_t>(payload.size()) >> shift));
    }
    return text + payload;
}

std::string accept_of(const std::string& request) {
    const std::size_t at = request.find("Sec-WebSocket-Key: ");
    const std::string key = request.substr(at + 19, request.find("\r\n", at) - at - 19) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH], text[32];
    SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest);
    EVP_EncodeBlock(text, digest, sizeof digest);
    return reinterpret_cast<const char*>(text);
}

std::string bomb_of(Malice malice) {
    std::string text;
    switch (malice) {
        case Malice::pings: return frame(0x89, std::string(125, 'p'));
        case Malice::nested_json: return frame(0x81, "[2,\"a20\",\"Reset\"," + std::string(200'000, '['));
        case Malice::wide_json:
            text = "[2,\"a20\",\"Reset\",{";
            for (int i = 0; i < 15'000; ++i) text += "\"k" + std::to_string(i) + "\":[],";
            return frame(0x81, text + "\"type\":\"Immediate\"}]");
        case Malice::compressed:   // RSV1, which nobody agreed to; behind it a stored block that would inflate for ever
            return frame(0xc1,
                         std::string("\xec\xc1\x01\x01\x00\x00\x00\x80\x90\xfe\xaf\xee\x08\x0a", 14) + std::string(100, '\0'));
        case Malice::endless_length:
            return std::string("\x81\x7f\x3f\xff\xff\xff\xff\xff\xff\xff", 10) + std::string(60'000, 'x');
    }
    return text;
}

/// Octets that the station took before it ended the connection or five seconds were over; -1 without a WebSocket.
long do_malice(Socket socket, const std::vector<std::string>& words, Malice malice) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set1_groups_list(context, "SecP384r1MLKEM1024");
    if (SSL_CTX_use_certificate_chain_file(context, argument(words, "--certificates").c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argument(words, "--key").c_str(), SSL_FILETYPE_PEM) != 1)
        return -1;
    SSL* const tls = SSL_new(context);
    SSL_set_fd(tls, socket);
    const timeval patience{2, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (SSL_accept(tls) != 1) return -1;
    std::string request;
    char buffer[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
        const int n = SSL_read(tls, buffer, sizeof buffer);
        if (n <= 0) return -1;
        request.append(buffer, static_cast<std::size_t>(n));
    }
    std::string answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: "
        "ocpp2.1\r\nSec-WebSocket-Accept: " +
        accept_of(request) + "\r\n";
    SSL_write(tls, (answer + "\r\n").data(), static_cast<int>(answer.size() + 2));
    const std::string bomb = bomb_of(malice);
    const int count = malice == Malice::pings ? 20'000 : 8;
    long taken = 0;
    for (int i = 0; i < count; ++i) {
        if (SSL_write(tls, bomb.data(), static_cast<int>(bomb.size())) <= 0) break;
        taken += static_cast<long>(bomb.size());
    }
    const timeval rest{0, 700'000};   // what it still says, or its end
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &rest, sizeof rest);
    while (SSL_read(tls, buffer, sizeof buffer) > 0) {}
    return taken;
}

// ---- the relay ----------------------------------------------------------------------------------------------------------

struct Relay {
    Socket station, csms;
};

bool pump(Socket from, Socket to) {
    char buffer[16384];
    const ssize_t n = ::recv(from, buffer, sizeof buffer, 0);
    return n > 0 && ::send(to, buffer, static_cast<std::size_t>(n), MSG_NOSIGNAL) == n;
}

void start_real(std::vector<std::string> words, const std::string& self, int port) {
    const pid_t parent = ::getpid();
    if (::fork() != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i] == "--port") words[i + 1] = std::to_string(port);
    words.insert(words.begin(), self.substr(0, self.rfind('/')) + "/csms_real");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGUSR1, on_told);
    const std::vector<std::string> words(argv + 1, argv + argc);
    const std::string control = argument(words, "--control");
    const Socket listener = listen_on(std::atoi(argument(words, "--port").c_str()));
    const Socket spare = listen_on(0);
    const int real_port = port_of(spare);
    ::close(spare);
    start_real(words, argv[0], real_port);

    std::vector<Relay> relays;
    int malice = -1;   // the next one, -1: none
    for (;;) {
        std::vector<pollfd> waits{{listener, POLLIN, 0}};
        for (const Relay& relay : relays) {
            waits.push_back({relay.station, POLLIN, 0});
            waits.push_back({relay.csms, POLLIN, 0});
        }
        (void)!::poll(waits.data(), waits.size(), 200);
        const bool is_told = was_told != 0;
        if (is_told) {
            was_told = 0;
            malice = 0;
        }
        std::vector<Relay> left;
        for (std::size_t i = 0; i < relays.size(); ++i) {
            const bool goes_on = !is_told && (waits[1 + 2 * i].revents == 0 || pump(relays[i].station, relays[i].csms)) &&
                                 (waits[2 + 2 * i].revents == 0 || pump(relays[i].csms, relays[i].station));
            if (goes_on) left.push_back(relays[i]);
            else {
                ::close(relays[i].station);
                ::close(relays[i].csms);
            }
        }
        relays = left;
        if (is_told || (waits[0].revents & POLLIN) == 0) continue;
        const Socket station = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (malice >= 0) {
            const long taken = do_malice(station, words, static_cast<Malice>(malice));
            std::FILE* const log = std::fopen((control.substr(0, control.rfind('/')) + "/malice.log").c_str(), "a");
            std::fprintf(log, "{\"malice\":\"%s\",\"octets\":%ld}\n", names[malice], taken);
            std::fclose(log);
            ::close(station);
            if (taken >= 0) malice = malice == static_cast<int>(Malice::last) ? -1 : malice + 1;
            continue;
        }
        const Socket csms = connect_to(real_port);
        if (csms < 0) ::close(station);
        else relays.push_back({station, csms});
    }
}
