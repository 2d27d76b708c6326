// SPDX-License-Identifier: Apache-2.0
// The policy image: the whole station as the policy compiler checked it. The process manager reads this and nothing else.
// It is one bounded value of the message codec, so its reader is the codec: whatever the bytes, it gives an Image or an error.
#pragma once

#include "base/ids.hpp"
#include "kernel/message.hpp"

namespace voltkeep::policy {

using kernel::default_max_size, kernel::hard_max_size;

inline constexpr std::uint32_t image_version = 3;
inline constexpr std::size_t max_services = 96;
inline constexpr std::size_t max_conduits = 320;
inline constexpr std::size_t max_messages = 32;   ///< an interface's; its bitmap is 32 bits
inline constexpr std::size_t max_filters = 96;
inline constexpr std::uint8_t max_intensity = 32;  ///< deaths in a period that the process manager counts
inline constexpr std::uint16_t no_index = 0xffff;     ///< "no such index"

using ServiceName = Text<24>;                     ///< "iso15118@2", "link@csms"
using Path = Text<160>;

enum class Schedule : std::uint8_t { other, fifo, last_ = fifo };
enum class Start : std::uint8_t { always, on_demand, last_ = on_demand };
enum class Kind : std::uint8_t { native, foreign, last_ = foreign };
/// What happens when a service died more often than its manifest allows.
enum class Exhausted : std::uint8_t { safe_state, give_up, restart_station, last_ = restart_station };
/// In which network a service lives: `none` has no interface at all, not even loopback.
enum class Network : std::uint8_t { none, station, cable, last_ = cable };
/// How a device reaches a service: always as an open descriptor, never as a name.
enum class DeviceKind : std::uint8_t {
    connect,    ///< a connected AF_UNIX SOCK_SEQPACKET socket
    listen,     ///< a listening AF_UNIX SOCK_STREAM socket, mode 0600
    open,       ///< an open character device
    stream,     ///< a connected AF_UNIX SOCK_STREAM socket: of a foreign program, which speaks no messages
    last_ = stream,
};

/// Groups of system calls; which calls are in a group stands once, in policy/syscalls.cpp. Bit n = group n.
enum class SyscallGroup : std::uint8_t {
    base, files, sockets, accept, threads, processes, clock, foreign, kept, lab, last_ = lab
};

/// What a service may ask of the process manager on its control channel. Bit n = request n (kernel/control.hpp).
using ControlBits = std::uint16_t;

struct FileGrant {
    Path path;                    ///< relative to the station's state directory; a folder or a file
    bool write = false;
    bool optional = false;        ///< need not be there at the start
};
struct DeviceGrant {
    Text<24> name;                ///< what the service calls it
    DeviceKind kind = DeviceKind::connect;
    Path path;
};
/// Ports that a service may listen on, in its network.
struct PortGrant {
    bool tcp = true;              ///< else UDP
    std::uint16_t first = 0;
    std::uint16_t last = 0;
};
struct Limits {
    std::uint64_t memory_bytes = 0;     ///< address space (RLIMIT_AS) and the cgroup's memory where there is one
    std::uint16_t cpu_percent = 100;    ///< of one core
    std::uint16_t files = 16;           ///< RLIMIT_NOFILE
    std::uint16_t tasks = 1;
};
struct Watchdog {
    std::uint16_t beat_ms = 100;        ///< one beat at least this often
    std::uint8_t low = 2;               ///< beats missed before it is logged
    std::uint8_t high = 5;              ///< beats missed before the service is ended and started again
};
struct Restart {
    std::uint8_t intensity = 5;         ///< deaths in period_s that are healed
    std::uint16_t period_s = 60;
    List<std::uint16_t, 4> backoff_ms;  ///< the n-th restart in a period waits this long; the last value repeats
    Exhausted exhausted = Exhausted::safe_state;
};
struct Service {
    ServiceName name;
    Text<24> program;                   ///< file in the station's program folder
    Text<24> type;                      ///< the manifest's name without the instance: "iso15118"
    EvseId evse;                        ///< 0: not bound to an EVSE
    Kind kind = Kind::native;
    Start start = Start::always;
    std::uint8_t zone = 3;
    std::uint8_t rank = 0;
    Schedule schedule = Schedule::other;
    std::uint8_t priority = 0;          ///< of SCHED_FIFO
    std::uint8_t cpu = 0xff;            ///< 0xff: any
    std::uint32_t rt_time_us = 0;       ///< real-time budget per rt_period_us
    std::uint32_t rt_period_us = 0;
    std::uint32_t uid = 0;              ///< offset to the station's first uid
    Network network = Network::none;
    List<FileGrant, 12> files;
    List<DeviceGrant, 4> devices;
    std::uint32_t syscalls = 0;         ///< bit n = SyscallGroup n
    std::uint64_t abilities = 0;        ///< bit n = capability n kept; each has its reason in the manifest
    ControlBits control = 0;
    std::uint16_t start_filter = no_index;  ///< index into Image::filters
    std::uint16_t sealed_filter = no_index;
    Limits limits;
    Watchdog watchdog;
    Restart restart;
    List<PortGrant, 4> ports;
    List<Text<32>, max_messages> messages;  ///< the names of those that it serves, by number
};
struct Conduit {
    std::uint16_t client = no_index;        ///< index into Image::services
    std::uint16_t server = no_index;
    std::uint64_t fingerprint = 0;      ///< of the server's interface
    std::uint32_t messages = 0;         ///< bit n: the client may send message n
    std::uint32_t requests = 0;         ///< bit n: message n may only be a `request`, because it may take long
    std::uint32_t pulses_up = 0;        ///< bit n: the server may send its pulse n to the client
    std::uint32_t pulses_down = 0;      ///< bit n: the client may send its pulse n to the server
    List<std::uint16_t, max_messages> deadline_ms;  ///< by message number; 0 where not allowed
    std::uint32_t max_size = default_max_size;      ///< bytes of the largest request or reply
};
/// A seccomp program: `struct sock_filter`s as the kernel takes them.
using Filter = Blob<8192>;

struct Image {
    std::uint32_t version = image_version;
    std::uint32_t first_uid = 0;
    Text<48> station;                   ///< the station's identity, for people
    Path state;                         ///< the station's state directory, absolute
    Path programs;                      ///< where the services' programs are, absolute
    List<Path, 8> cables;               ///< by EVSE - 1: the network namespace of the charging cable, or empty for the station's
    List<Service, max_services> services;
    List<Conduit, max_conduits> conduits;
    List<Filter, max_filters> filters;
};

/// Refuses an image whose indices do not point anywhere, whose folders are relative, whose conduits do not climb in rank, or
/// whose limits are absurd. `decode<Image>` has already bounded every field; this is what remains.
[[nodiscard]] Result<> validate(const Image& image);

}  // namespace voltkeep::policy
