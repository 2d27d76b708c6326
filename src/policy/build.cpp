// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <format>

#include "policy/compile.hpp"
#include "policy/syscalls.hpp"

namespace voltkeep::policy {

namespace {
using std::format;

constexpr std::size_t max_ends = decltype(control::Slice::conduits)::capacity;

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) text.replace(at, what.size(), by);
    return text;
}

/// Is `b` the path `a` or below it?
bool covers(std::string_view a, std::string_view b) { return b.starts_with(a) && (b.size() == a.size() || b[a.size()] == '/'); }
bool overlap(std::string_view a, std::string_view b) { return covers(a, b) || covers(b, a); }

/// What is wrong with all instances of a service is told once.
class Builder : Refusing {
public:
    Builder(const Policy& policy, const Station& station) : policy_(policy), station_(station) {}

    Checked<std::unique_ptr<Image>> run() {
        Image& image = *image_;
        image.first_uid = station_.first_uid;
        image.station = station_.identity;
        bounded(image.state, station_.state, "station", 1);
        bounded(image.programs, station_.programs, "station", 1);
        if (station_.evses < 1 || station_.evses > max_evses)
            refuse("station", 1, "{} EVSEs: expected 1 to {}", station_.evses, max_evses);
        CHECK(image.cables.resize(std::min(station_.evses, max_evses)));
        for (std::size_t i = 0; i < image.cables.size() && i < station_.cables.size(); ++i)
            bounded(image.cables[i], station_.cables[i], "station", 1);
        for (const Manifest& m : policy_.manifests)
            for (std::uint8_t evse = m.per_evse ? 1 : 0; evse <= (m.per_evse ? station_.evses : 0); ++evse)
                add_instance(m, EvseId{evse});
        for (const Conversation& talk : conversations(policy_)) add_conduits(talk);
        owners();
        descriptors();
        realtime_budget();
        if (!refusals().empty()) return std::unexpected(take_refusals());
        if (const auto valid = validate(image); !valid)
            return std::unexpected(Refusals{{"policy image", 1, std::string(valid.error().what.view())}});
        return std::move(image_);
    }

private:
    struct Owned {
        std::string path;
        const Service* service;
        const Manifest* manifest;
        std::uint32_t line;
        enum class Use : std::uint8_t { read, write, device, stream } use;
    };

    template <std::size_t N>
    void bounded(Text<N>& out, const std::string& text, const std::string& path, std::uint32_t line) {
        if (text.size() > N) refuse(path, line, R"("{}" is longer than {} bytes)", text, N);
        out = Text<N>::cut(text);
    }
    /// A new last item of one of the image's lists.
    template <class T, std::size_t N>
    T* next(List<T, N>& list, const Manifest& m, std::string_view what) {
        if (list.resize(list.size() + 1)) return &list.back();
        refuse(m.path, 1, "{}: expected at most {} {}", m.name, N, what);
        return nullptr;
    }

    void add_instance(const Manifest& m, EvseId evse) {
        Service* s = next(image_->services, m, "services in a station");
        if (!s) return;
        *s = m.service;
        manifest_of_.push_back(&m);
        const std::string name =
            evse.number == 0 ? m.name : format("{}{}{}", m.name, m.name.contains('@') ? "" : "@", evse.number);
        bounded(s->name, name, m.path, 1);
        s->evse = evse;
        s->uid = static_cast<std::uint32_t>(image_->services.size() - 1);
        if (station_.lab) s->syscalls |= 1u << static_cast<unsigned>(SyscallGroup::lab);
        else if (m.has(SyscallGroup::lab))
            refuse(m.path, m.line("grants.syscalls"), "grants.syscalls: the group lab is for a lab station");
        if (const InterfaceDescription* interface = policy_.interface_of(m))
            for (const MessageDescription& message : interface->messages) CHECK(s->messages.push(Text<32>::cut(message.name)));
        const auto grant = [&](auto& list, const auto& granted, const Placed& path, Owned::Use use, std::string_view what) {
            auto* added = next(list, m, what);
            if (!added) return;
            *added = granted;
            owned_.push_back(
                {replaced(replaced(path.text, "{service}", name), "{evse}", std::to_string(evse.number)), s, &m, path.line, use});
            bounded(added->path, owned_.back().path, m.path, path.line);
        };
        for (const auto& [file, path] : m.files)
            grant(s->files, file, path, file.write ? Owned::Use::write : Owned::Use::read, "files");
        for (const auto& [device, path] : m.devices)
            grant(s->devices, device, path, device.kind == DeviceKind::stream ? Owned::Use::stream : Owned::Use::device,
                  "devices");
        s->start_filter = filter_index(m, make_filter(s->syscalls, m.writes(), Stage::start));
        if (s->kind == Kind::native) s->sealed_filter = filter_index(m, make_filter(s->syscalls, m.writes(), Stage::sealed));
    }

    /// Services with the same powers share a filter.
    std::uint16_t filter_index(const Manifest& m, const Result<Filter>& filter) {
        if (!filter) return refuse(m.path, m.line("grants.syscalls"), "{}", filter.error().what.view()), no_index;
        const auto same = std::ranges::find(image_->filters, *filter);
        if (same != image_->filters.end()) return static_cast<std::uint16_t>(same - image_->filters.begin());
        Filter* added = next(image_->filters, m, "filters");
        if (added) *added = *filter;
        return static_cast<std::uint16_t>(image_->filters.size() - 1);
    }

    /// A client of an EVSE talks to that EVSE's server; a client of the station to all; all clients to the station's server.
    void add_conduits(const Conversation& talk) {
        for (std::uint16_t c = 0; c < image_->services.size(); ++c)
            for (std::uint16_t s = 0; s < image_->services.size(); ++s) {
                const EvseId of_client = image_->services[c].evse, of_server = image_->services[s].evse;
                const bool meet = of_client == of_server || of_client.number == 0 || of_server.number == 0;
                if (manifest_of_[c] == talk.client && manifest_of_[s] == talk.server && meet) add_conduit(talk, c, s);
            }
    }

    void add_conduit(const Conversation& talk, std::uint16_t client, std::uint16_t server) {
        const InterfaceDescription* interface = policy_.interface_of(*talk.server);
        Conduit* conduit = next(image_->conduits, *talk.client, "conduits in a station");
        if (!interface || !conduit) return;
        conduit->client = client;
        conduit->server = server;
        conduit->fingerprint = interface->fingerprint;
        CHECK(conduit->deadline_ms.resize(interface->messages.size()));
        for (const Call* call : talk.calls) {
            const MessageDescription* const message = interface->find(call->message);
            if (!message) continue;
            const auto number = static_cast<std::size_t>(message - interface->messages.data());
            conduit->messages |= 1u << number;
            if (call->is_request) conduit->requests |= 1u << number;
            conduit->deadline_ms[number] = call->ms;
            conduit->max_size = static_cast<std::uint32_t>(
                std::max({std::size_t{conduit->max_size}, message->request_bound, message->reply_bound}));
        }
        conduit->pulses_up = pulse_bits(*talk.server, *talk.client);
        conduit->pulses_down = pulse_bits(*talk.client, *talk.server);
        for (const std::uint16_t end : {client, server})
            if (++ends_of_[end] > max_ends)
                refuse(talk.client->path, 1, "{} has more than {} conduits", image_->services[end].name.view(), max_ends);
    }

    [[nodiscard]] std::uint32_t pulse_bits(const Manifest& sender, const Manifest& receiver) const {
        const auto known = policy_.pulses_of(sender);
        std::uint32_t bits = 0;
        for (const std::string& name : pulses_between(sender, receiver))
            if (const auto at = std::ranges::find(known, std::string_view(name)); at != known.end())
                bits |= 1u << (at - known.begin());
        return bits;
    }

    /// One device, one written path and one port has one owner. A file that one writes and another reads would be a conduit
    /// unnamed.
    /// A foreign program's socket is in the folder that it writes; two clients of it would still be two owners.
    static bool speaks_to(const Owned& client, const Owned& folder) {
        return client.use == Owned::Use::stream && folder.use == Owned::Use::write && folder.service->kind == Kind::foreign;
    }
    void owners() {
        using Use = Owned::Use;
        for (const Owned& a : owned_)
            for (const Owned& b : owned_)
                if (a.service < b.service && overlap(a.path, b.path) && (a.use != Use::read || b.use != Use::read) &&
                    !speaks_to(a, b) && !speaks_to(b, a)) {
                    const std::string_view why = a.use >= Use::device || b.use >= Use::device ? "a device has one owner"
                                                 : a.use == b.use                             ? "a written path has one owner"
                                                                  : "what one writes another reads by messages";
                    refuse(b.manifest->path, b.line, "{} of {} is also {}'s ({}:{}): {}", b.path, b.service->name.view(),
                           a.service->name.view(), a.manifest->path, a.line, why);
                }
        for (std::size_t a = 0; a < image_->services.size(); ++a)
            for (std::size_t b = a + 1; b < image_->services.size(); ++b) shared_port(a, b);
    }

    void shared_port(std::size_t a, std::size_t b) {
        const Service &one = image_->services[a], &two = image_->services[b];
        if (one.network != two.network || (one.network == Network::cable && one.evse != two.evse)) return;
        for (const PortGrant& p : one.ports)
            for (const PortGrant& q : two.ports)
                if (p.tcp == q.tcp && p.first <= q.last && q.first <= p.last)
                    refuse(manifest_of_[b]->path, manifest_of_[b]->line("grants.ports"),
                           "port {} of {} is also {}'s: a port has one owner", std::max(p.first, q.first), two.name.view(),
                           one.name.view());
    }

    /// What the runtime holds: 0 to 3, the poller and its timer, two for each conduit, and new ends before the old ones go.
    void descriptors() {
        for (std::uint16_t i = 0; i < image_->services.size(); ++i) {
            const Service& s = image_->services[i];
            const std::size_t held = 6 + 2 * (ends_of_[i] + 1) + s.devices.size();
            if (s.kind == Kind::native && s.limits.files < held)
                refuse(manifest_of_[i]->path, manifest_of_[i]->line("limits.files"),
                       "{} of {} EVSEs holds {} descriptors: expected limits.files for so many", manifest_of_[i]->name,
                       station_.evses, held);
        }
    }

    void realtime_budget() {
        for (unsigned core = 0; core < 64; ++core) {
            std::uint64_t parts = 0;   // of a million
            const Manifest* last = nullptr;
            for (std::size_t i = 0; i < image_->services.size(); ++i)
                if (const Service& s = image_->services[i]; s.schedule == Schedule::fifo && s.cpu == core)
                    parts += std::uint64_t{1'000'000} * s.rt_time_us / s.rt_period_us, last = manifest_of_[i];
            if (parts > max_realtime_percent * 10'000)
                refuse(last->path, last->line("rt_time_us"),
                       "the real-time services of {} EVSEs take {} % of core {}: expected at most {} %", station_.evses,
                       parts / 10'000, core, max_realtime_percent);
        }
    }

    const Policy& policy_;
    const Station& station_;
    std::unique_ptr<Image> image_ = std::make_unique<Image>();
    std::vector<const Manifest*> manifest_of_;   ///< by index of the instance
    std::vector<Owned> owned_;
    std::map<std::uint16_t, std::size_t> ends_of_;
};
}  // namespace

Checked<std::unique_ptr<Image>> build(const Policy& policy, const Station& station) { return Builder(policy, station).run(); }

Checked<Policy> check(std::span<const Source> manifests, std::span<const InterfaceDescription> interfaces) {
    Policy policy{{}, {interfaces.begin(), interfaces.end()}};
    Refusals refusals;
    for (const Source& source : manifests)
        if (auto manifest = read_manifest(source)) policy.manifests.push_back(std::move(*manifest));
        else std::ranges::move(manifest.error(), std::back_inserter(refusals));
    if (!refusals.empty())
        return std::unexpected(std::move(refusals));  // a manifest that cannot be read would look like one that is missing
    std::ranges::sort(policy.manifests, [](const Manifest& a, const Manifest& b) {
        return a.service.rank != b.service.rank ? a.service.rank > b.service.rank : a.name < b.name;
    });
    refusals = judge(policy);
    if (!refusals.empty()) return std::unexpected(std::move(refusals));
    Station largest;
    largest.evses = max_evses;
    largest.lab = std::ranges::any_of(policy.manifests, [](const Manifest& m) { return m.has(SyscallGroup::lab); });
    if (auto image = build(policy, largest); !image) return std::unexpected(std::move(image).error());
    return policy;
}

std::vector<std::byte> encode_image(const Image& image) {
    std::vector<std::byte> bytes(kernel::bound<Image>);
    bytes.resize(kernel::encode(image, bytes).size());
    return bytes;
}

}  // namespace voltkeep::policy
