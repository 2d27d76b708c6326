// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <format>
#include <map>

#include "cli/policy/report.hpp"

namespace voltkeep::cli {
using namespace kernel;
using namespace policy;

namespace {
using std::format;

constexpr double width = 1280, margin = 16, row_height = 112, box_height = 62, band_head = 26;

struct Box {
    const Manifest* service;
    std::size_t row;       ///< from the top
    double x = 0;          ///< middle
    double y = 0;          ///< top
    double half = 0;       ///< of its width
};

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
}

bool only_appends(const Conversation& talk) {
    return talk.server->name == "audit" &&
           std::ranges::all_of(talk.calls, [](const Call* c) { return c->message.starts_with("Append"); });
}

struct Zone {
    unsigned number;
    std::string_view colour;
    std::string_view name;
};
constexpr Zone zones[] = {   // from the top
    {3, "#fdf1e3", "zone 3: non-critical"},
    {2, "#eaf2fb", "zone 2: protocol handlers"},
    {1, "#e8f5ea", "zone 1: trusted base"},
};

std::string powers(const Manifest& m) {
    std::string text;
    const auto add = [&](const std::string& word) { text += (text.empty() ? "" : ", ") + word; };
    if (m.service.network != Network::none) add(m.service.network == Network::cable ? "cable's network" : "station's network");
    for (const auto& [device, path] : m.devices) add(std::string(device.name.view()));
    for (const auto& [file, path] : m.files)
        if (file.write) add("writes " + path.text);
    return text;
}

class Picture {
public:
    explicit Picture(const Policy& policy) {
        for (Conversation& talk : conversations(policy))
            if (only_appends(talk)) loggers_.push_back(talk.client);
            else talks_.push_back(std::move(talk));
        place(policy);
    }

    std::string text() {
        std::string out = format(
            R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" font-family="DejaVu Sans, Verdana, sans-serif">
<style>.n{{font-weight:bold;font-size:14px}}.s{{font-size:10px;fill:#444}}.m{{font-size:9px;fill:#555}}.c{{fill:none;stroke:#5b6b7c;stroke-width:1.4}}.z{{stroke:#b3541e;stroke-width:2}}</style>
<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#444"/></marker></defs>
<rect width="{0}" height="{1}" fill="#fff"/>
)",
            width, height_);
        out += bands_;
        for (const Conversation& talk : talks_) conduit(out, talk);
        for (const Box& box : boxes_) draw_box(out, box);
        out += format(
            R"(<text class="s" x="{}" y="{}">An arrow is a conduit: the upper service may send the named messages to the lower one (orange: into an inner zone). )"
            R"(A ring: pulses come back. A green dot: it appends to audit. A shadow: one for each EVSE.</text>)",
            margin, height_ - 10);
        return out + "\n</svg>\n";
    }

private:
    /// Rows: a zone's services below their callers in the same zone. Columns: each near its neighbours.
    void place(const Policy& policy) {
        std::size_t rows = 0;
        double y = margin;
        for (const auto& [zone, colour, name] : zones) {
            std::map<std::string, std::size_t> level;
            std::size_t depth = 0;
            for (auto m = policy.manifests.rbegin(); m != policy.manifests.rend(); ++m) {   // lowest rank, the callers, first
                if (m->service.zone != zone) continue;
                std::size_t& own = level[m->name];
                for (const Conversation& talk : talks_)
                    if (talk.server == &*m && talk.client->service.zone == zone)
                        own = std::max(own, level[talk.client->name] + 1);
                depth = std::max(depth, own + 1);
                boxes_.push_back({&*m, rows + own, 0, y + band_head + static_cast<double>(own) * row_height, 0});
            }
            if (depth == 0) continue;
            const double height = band_head + static_cast<double>(depth) * row_height - 22;
            band(colour, y, height, name);
            y += height + 26;
            rows += depth;
        }
        band("#ececec", y, 34,
             "kernel layer: procmgr starts, contains, connects, watches and restarts every service; nothing passes through it");
        height_ = y + 34 + 30;
        for (int sweep = 0; sweep < 8; ++sweep)
            for (std::size_t row = 0; row < rows; ++row) order(row);
    }

    void band(std::string_view colour, double y, double height, std::string_view name) {
        bands_ += format(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{}\"/><text class=\"s\" x=\"{}\" "
            "y=\"{}\">{}</text>\n",
            margin, y, width - 2 * margin, height, colour, margin + 10, y + 17, escaped(name));
    }

    /// Puts the boxes of a row in the order of their neighbours, each as near to them as its share of the row lets it.
    void order(std::size_t row) {
        std::vector<std::pair<double, Box*>> wanted;
        for (Box& box : boxes_) {
            if (box.row != row) continue;
            double sum = 0, n = 0;
            for (const Conversation& talk : talks_)
                if (talk.client == box.service || talk.server == box.service) {
                    const Box& other = box_of(talk.client == box.service ? *talk.server : *talk.client);
                    if (other.x == 0) continue;   // not yet placed
                    sum += other.x;
                    ++n;
                }
            wanted.emplace_back(n > 0 ? sum / n : box.x, &box);
        }
        std::ranges::stable_sort(wanted, {}, [](const auto& w) { return w.first; });
        const double slot = (width - 2 * margin) / static_cast<double>(wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            auto& [x, box] = wanted[i];
            const double even = margin + slot * (static_cast<double>(i) + 0.5);
            box->half = std::min(100.0, slot / 2 - 8);
            const double room = slot / 2 - box->half - 8;   // it may move so far within its slot, towards its neighbours
            box->x = x == 0 ? even : std::clamp(x, even - room, even + room);
        }
    }

    Box& box_of(const Manifest& m) { return *std::ranges::find(boxes_, &m, &Box::service); }

    /// Where the ends of a box's conduits lie, side by side in the order of their other ends.
    double end_of(const Conversation& talk, bool at_client) {
        const Box& own = box_of(at_client ? *talk.client : *talk.server);
        std::vector<double> xs;
        for (const Conversation& t : talks_)
            if ((at_client ? t.client : t.server) == own.service) xs.push_back(box_of(at_client ? *t.server : *t.client).x);
        std::ranges::sort(xs);
        const double other = box_of(at_client ? *talk.server : *talk.client).x;
        const auto place = static_cast<double>(std::ranges::lower_bound(xs, other) - xs.begin()) + 1;
        return own.x - own.half + 2 * own.half * place / static_cast<double>(xs.size() + 1);
    }

    void conduit(std::string& out, const Conversation& talk) {
        const double x1 = end_of(talk, true), y1 = box_of(*talk.client).y + box_height;
        const double x2 = end_of(talk, false), y2 = box_of(*talk.server).y - 1;
        const bool crosses = talk.client->service.zone != talk.server->service.zone;
        const bool pulses = !pulses_between(*talk.server, *talk.client).empty();
        out += format(
            "<g><title>{} to {}: {}</title><path class=\"c{}\" marker-end=\"url(#a)\" d=\"M{:.0f} {:.0f}C{:.0f} {:.0f} {:.0f} "
            "{:.0f} {:.0f} {:.0f}\"/>",
            talk.client->name, talk.server->name, messages(talk), crosses ? " z" : "", x1, y1, x1, y1 + 0.6 * (y2 - y1), x2,
            y2 - 0.6 * (y2 - y1), x2, y2);
        if (pulses) out += format("<circle cx=\"{:.0f}\" cy=\"{:.0f}\" r=\"4\" fill=\"#fff\" stroke=\"#444\"/>", x1, y1 + 4);
        out += "</g>\n";
    }

    void draw_box(std::string& out, const Box& box) const {
        const Manifest& m = *box.service;
        const double left = box.x - box.half;
        const auto rect = [&](double shift, std::string_view fill) {
            out += format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.0f}\" height=\"{}\" rx=\"6\" fill=\"{}\" stroke=\"#333\"/>",
                          left + shift, box.y + shift, 2 * box.half, box_height, fill);
        };
        out += format("<g><title>{}</title>", escaped(m.purpose));
        if (m.per_evse) rect(4, "#ddd");
        rect(0, "#fff");
        const auto line = [&](std::string_view kind, double down, std::string_view text) {
            out += format("<text class=\"{}\" x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"middle\">{}</text>", kind, box.x,
                          box.y + down, escaped(text));
        };
        line("n", 21, m.name);
        line("s", 37, format("rank {}{}", m.service.rank, m.is_fifo() ? format(", FIFO {}", m.service.priority) : ""));
        line("m", 52, powers(m));
        if (std::ranges::contains(loggers_, &m))
            out += format("<circle cx=\"{:.0f}\" cy=\"{:.0f}\" r=\"4\" fill=\"#2e8b57\"/>", box.x + box.half - 9, box.y + 9);
        out += "</g>\n";
    }

    std::vector<Conversation> talks_;
    std::vector<const Manifest*> loggers_;
    std::vector<Box> boxes_;
    std::string bands_;
    double height_ = 0;
};
}  // namespace

std::string draw(const Policy& policy) { return Picture(policy).text(); }

}  // namespace voltkeep::cli
