// SPDX-License-Identifier: Apache-2.0
// Searches the whole safety core exhaustively over named classes: for each scene and each class of fault, from every state of
// rest that can be reached, every sequence of the named events, each held for one of the named times, at most kInMotion of them
// before the next rest, until there is no new state. Every period on the way is observed. Then pairs of faults, with one event in
// motion.
//
// A state is known by a key of everything that can change what comes later; times in it are cut where longer makes no difference.
//   safety_search                   searches all
//   safety_search dc|back|ac NAME...     searches these scenes, these faults (or pairs: emergency_stop+slow_car), only
// Prints the counts; ends with 1 at the first broken rule, after telling how it was reached.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

#include "charging/safety/proof/rules.hpp"

namespace {

using namespace voltkeep::safety;
using namespace voltkeep::safety::proof;

enum class Event : std::uint8_t {
    nothing,
    unplug,
    plug,
    ready,
    demand,
    check,
    consent,
    fault,
    second,
    acknowledge,
    setpoint,
    recover,
    restart,
    last_ = restart
};
constexpr std::array<const char*, static_cast<std::size_t>(Event::last_) + 1> kEventNames{
    "nothing",
    "car away",
    "car in B",
    "car in C",
    "demand on/off",
    "cable check wanted",
    "consent on/off",
    "fault on/off",
    "second fault on/off",
    "acknowledge",
    "next setpoint",
    "faults gone, demand withdrawn, acknowledged, demand again",
    "the loop is started anew"};

/// How long the world stays so after an event, milliseconds: a period, less than every time of the table, longer than the short
/// ones, and as long as it takes to rest.
enum class Hold : std::uint8_t { period, shortly, longer, rest, last_ = rest };
constexpr std::array<const char*, static_cast<std::size_t>(Hold::last_) + 1> kHoldNames{"10 ms", "40 ms", "600 ms", "until rest"};

struct Node {
    State state{};
    World world{};
    Observer observer{};
    std::int64_t us = 1'000'000;
    std::uint32_t parent = 0;
    std::uint8_t in_motion = 0;   ///< events since the last rest
    Event event = Event::nothing;
    Hold hold = Hold::period;
};

/// 128 bits of everything that matters later.
class Key {
public:
    template <class T>
    void put(T value) {
        static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
        const auto v = static_cast<std::uint64_t>(value);
        a_ = (a_ ^ v) * 0x9e3779b97f4a7c15u;
        a_ ^= a_ >> 29;
        b_ = (b_ + v) * 0xd1342543de82ef95u + 0x632be59bd9b4e019u;
        b_ ^= b_ >> 31;
    }
    void cut(std::uint32_t value, std::uint32_t at) { put(value < at ? value : at); }
    friend bool operator==(const Key&, const Key&) = default;
    struct Hash {
        std::size_t operator()(const Key& k) const { return k.a_ ^ k.b_; }
    };

private:
    std::uint64_t a_ = 0x243f6a8885a308d3u, b_ = 0x13198a2e03707344u;
};

// A member more in one of these is a question to key_of(): does it change what comes later?
static_assert(sizeof(State) == 352 && sizeof(interlock_state) == 164 && sizeof(Observer) == 100 && sizeof(Setpoint) == 20);

void put_core(Key& key, const State& s, const Sensors& sensors) {
    key.put(s.started);
    key.cut(s.sequence - sensors.echo, 8);
    key.put(s.seen_sequence == sensors.sequence);
    key.cut(s.frame_age_us, 40'000);
    key.put(s.seen), key.put(s.knows_register);
    key.put(s.consent_left_us);
    const auto put_debounced = [&key](const auto& d) {
        key.put(d.stable), key.put(d.seen), key.put(d.held_us), key.put(d.unconfirmed_us);
    };
    put_debounced(s.pilot), put_debounced(s.locked), put_debounced(s.diode);
    key.put(s.stage);
    const bool is_timed = s.stage == Stage::short_test || s.stage == Stage::discharging;   // the stages that end by their time
    key.cut(is_timed ? s.stage_us : 0, 1'600'000);
    key.cut(s.settled_us, 600'000);
    key.put(s.cable_check), key.put(s.insulation_warning), key.put(s.short_circuit), key.put(s.blocked), key.put(s.drive);
    for (const Setpoint& p : {s.wanted, s.asked})
        key.put(p.voltage.value), key.put(p.current.value), key.put(p.ev_voltage_max.value), key.put(p.ramp_ma_per_s),
            key.put(p.phases);
    key.put(s.ramped.value), key.put(s.allowed.value), key.put(s.allowed_back.value);
    key.cut(s.allowed_held_us, 6'200'000);
    key.put(s.phases), key.put(s.phase_pause_us), key.put(s.fault_signal_us);
    const interlock_state& i = s.interlock;
    for (unsigned id = 0; id < PROTECTION_COUNT; ++id) key.put(i.held_us[id]);
    key.cut(i.phase == INTERLOCK_OPEN ? i.rested_us : 0, CLOSING_PAUSE_MS * 1'000), key.put(i.spent), key.put(i.regain_left_us);
    key.put(i.conditions), key.put(i.latched), key.put(i.stop_left_us), key.put(i.phase), key.put(i.stop), key.put(i.armed),
        key.put(i.cause);
}

Key key_of(const Node& n) {
    Key key;
    put_core(key, n.state, n.world.sensors);
    key.put(n.in_motion);
    const World& w = n.world;
    key.put(w.is_there[0]), key.put(w.is_there[1]), key.put(w.is_odd), key.put(w.drawn_ma), key.put(w.watchdog),
        key.put(w.level_mv), key.put(w.demand), key.put(w.renews), key.put(w.setpoint), key.put(w.car_contactor);
    key.put(w.sensors.supply_voltage.value), key.put(w.sensors.outlet_voltage.value), key.put(w.sensors.current.value);
    key.put(w.sensors.contactor_closed), key.put(w.sensors.locked);
    // The register counts until the core has read it; then the next order overwrites it.
    const bool is_read = n.state.knows_register && w.orders.latched != kUnknownRegister;
    key.put(is_read ? 0 : w.sensors.latched), key.put(is_read ? 0 : w.latched);
    const bool is_spent_read = n.state.knows_register && w.orders.spent != kUnknownSpent;
    key.put(is_spent_read ? 0 : w.sensors.spent), key.put(is_spent_read ? 0 : w.spent);
    const Actuators& a = w.orders;
    key.put(a.close_contactor), key.put(a.supply_on), key.put(a.discharge), key.put(a.lock), key.put(a.drive),
        key.put(a.duty_permille);
    key.put(a.voltage.value), key.put(a.current.value);
    const Observer& o = n.observer;
    key.put(o.was_closed), key.put(o.consent_age);
    for (std::size_t i = 0; i < 2; ++i) key.put(o.fault_while_closed[i]), key.put(o.fault_age[i]);
    key.put(o.rested), key.put(o.wear), key.put(o.over_cable), key.put(o.willing), key.put(o.not_ready), key.put(o.unwanted),
        key.put(o.against_order), key.put(o.after_stall);
    key.put(o.tested), key.put(o.stood), key.put(o.matched), key.put(o.not_bled), key.put(o.broken_pilot), key.put(o.setpoint),
        key.put(o.accepted), key.put(o.was_locked), key.put(o.owes_acknowledgement), key.put(o.owes_withdrawal),
        key.put(o.last_current);
    return key;
}

struct Counts {
    std::uint64_t states = 0, runs = 0, periods = 0, delivering = 0, faults_under_power = 0, both_at_once = 0;
};

std::string name_of(Fault fault, Fault second) {
    return class_of(fault).name + (second == Fault::none ? std::string() : std::string("+") + class_of(second).name);
}

class Search {
public:
    Search(Scene scene, Fault fault, Fault second = Fault::none)
        : scene_(scene),
          configuration_(configuration_of(scene, fault)),
          fault_(fault),
          second_(second),
          in_motion_(most_in_motion(scene, fault, second)) {}

    /// False at a broken rule.
    bool run(Counts& counts) {
        Node first;
        first.world.faults = {fault_, second_};
        nodes_.push_back(first);
        known_.insert(key_of(first));
        for (std::uint32_t at = 0; at < nodes_.size(); ++at) {
            if (nodes_.size() > kMost) {
                std::printf("more than %zu states: the classes of this search must become fewer\n", kMost);
                return false;
            }
            for (int event = 0; event <= static_cast<int>(Event::last_); ++event)
                for (int hold = 0; hold <= static_cast<int>(Hold::last_); ++hold) {
                    Node next = nodes_[at];
                    next.parent = at;
                    next.event = static_cast<Event>(event);
                    next.hold = static_cast<Hold>(hold);
                    next.in_motion = next.hold == Hold::rest ? 0 : static_cast<std::uint8_t>(next.in_motion + 1);
                    if (next.in_motion > in_motion_) continue;
                    if (!applies(next)) continue;
                    ++counts.runs;
                    if (!hold_it(next, counts)) return false;
                    if (known_.insert(key_of(next)).second) nodes_.push_back(next);
                }
        }
        counts.states += nodes_.size();
        return true;
    }

private:
    static constexpr std::size_t kMost = 400'000;

    /// And what becomes of it, until rest. One of each kind is searched deeply: what looks the same to the core does the same.
    static std::uint8_t most_in_motion(Scene scene, Fault fault, Fault second) {
        if (second != Fault::none) return 1;
        switch (fault) {   // twins of another class: other sensors, the same way through the core
            case Fault::watchdog:
            case Fault::pilot_between:
            case Fault::residual_ac_150:
            case Fault::residual_dc_200:
            case Fault::minus_temperature:
            case Fault::cabinet_sensor:
            case Fault::supply_voltage_sensor:
            case Fault::mains_frequency:
            case Fault::over_current_long:
            case Fault::cable_unknown: return 1;
            default: break;
        }
        if (scene == Scene::back)
            return fault == Fault::none || fault == Fault::setpoints || fault == Fault::over_current_back ? 2 : 1;
        return 2;
    }

    // Events that change nothing, or that this search does without.
    bool applies(Node& n) {
        World& w = n.world;
        const bool is_single = second_ == Fault::none;
        const bool faulty = fault_ != Fault::none && fault_ != Fault::setpoints && fault_ != Fault::few_closings;
        switch (n.event) {
            case Event::nothing: return true;
            case Event::unplug: return fault_ == Fault::none && level(w, 12'000);
            case Event::plug: return fault_ != Fault::setpoints && is_single && level(w, 9'000);
            case Event::ready: return level(w, 6'000);
            case Event::demand:
                w.demand = w.demand == Demand::none ? Demand::energy : Demand::none;
                return is_single || n.hold == Hold::shortly || n.hold == Hold::rest;
            case Event::check: w.demand = Demand::cable_check; return fault_ == Fault::none && scene_ != Scene::ac;
            case Event::consent: w.renews = !w.renews; return fault_ == Fault::none || n.hold == Hold::rest;
            case Event::fault: w.is_there[0] = !w.is_there[0]; return faulty;
            case Event::second: w.is_there[1] = !w.is_there[1]; return !is_single;
            case Event::acknowledge:
                w.acknowledges = true;
                return fault_ != Fault::setpoints && (n.hold == Hold::period || n.hold == Hold::rest);
            case Event::setpoint: return next_setpoint(w);
            case Event::recover: w.is_there = {}; w.acknowledges = true; w.demand = Demand::none; return n.hold == Hold::period;
            case Event::restart:
                return is_single && is_restarted_for(n.hold) && (is_restarted_in_motion() || nodes_[n.parent].in_motion == 0) &&
                       start_anew(n, configuration_);
        }
        return false;
    }

    /// Of every class where setpoints are searched; to and fro where it can feed back.
    bool next_setpoint(World& w) const {
        const bool is_searched = fault_ == Fault::setpoints;
        w.setpoint = static_cast<std::uint8_t>((w.setpoint + 1) % (is_searched ? kSetpoints : 2));
        return is_searched || scene_ == Scene::back;
    }

    /// Everywhere where a loop rests; in the middle of what happens where latching always, under power and never is searched, and
    /// where what it had spent is not yet regained: there something is wanted again before that.
    [[nodiscard]] bool is_restarted_in_motion() const {
        return fault_ == Fault::emergency_stop || fault_ == Fault::lock_open || fault_ == Fault::diode ||
               fault_ == Fault::few_closings;
    }
    [[nodiscard]] bool is_restarted_for(Hold hold) const {
        return hold == Hold::rest || (hold == Hold::longer && fault_ == Fault::few_closings);
    }

    /// Its successor knows nothing. Under a closed contactor the hardware's watchdog has opened before it is there.
    static bool start_anew(Node& n, const Configuration& configuration) {
        World& w = n.world;
        if (w.has(Fault::frames_stop)) return false;   // nor does what the hardware did then come to anybody
        if (w.orders.close_contactor) w.watchdog = true;
        if (w.orders.latched != kUnknownRegister) w.latched = w.orders.latched;   // its last order has still arrived
        if (w.orders.spent != kUnknownSpent) w.spent = w.orders.spent;
        w.orders = Actuators{.sequence = w.orders.sequence};
        n.state = State{};
        w.demand = Demand::none;   // what was wanted is told to it anew
        w.setpoint = 0;
        Observer& o = n.observer;
        o.setpoint = o.accepted = 0;
        o.was_closed = false;
        o.openings = o.operations = o.refused = o.clamped = 0;
        o.rested = 0;
        // What was regained in part is not; its first period is no time to it.
        if (const std::int32_t ms = static_cast<std::int32_t>(configuration.closing_regained_ms); o.wear > 0)
            o.wear = (o.wear + ms - 1) / ms * ms + 10;
        o.last_current = o.broken_pilot = o.against_order = o.not_bled = 0;   // it has its own time
        return true;
    }

    static bool level(World& w, std::int16_t mv) {
        const bool is_new = w.level_mv != mv;
        w.level_mv = mv;
        return is_new;
    }

    bool hold_it(Node& n, Counts& counts) {
        constexpr std::array<std::int32_t, 4> kPeriods{1, 4, 60, 0};
        if (const std::int32_t periods = kPeriods[static_cast<std::size_t>(n.hold)]; periods > 0) {
            for (std::int32_t i = 0; i < periods; ++i)
                if (!period(n, counts)) return false;
            if (n.event != Event::recover) return true;
            n.world.demand = Demand::energy;
            return period(n, counts) && period(n, counts) && period(n, counts);
        }
        // At rest is where a period changes nothing any more; what still counts is cut after the longest time of the fault's
        // class.
        Key before = key_of(n);
        for (std::int32_t periods = 1; periods <= std::max(class_of(fault_).settle_ms, class_of(second_).settle_ms) / 10;
             ++periods) {
            if (!period(n, counts)) return false;
            if (periods % 8 != 0) continue;
            const Key after = key_of(n);
            if (after == before && n.world.renews == (n.state.consent_left_us > 0)) break;
            before = after;
        }
        return true;
    }

    bool period(Node& n, Counts& counts) {
        World& w = n.world;
        const Stage stage_before = n.state.stage;
        const bool is_faulty = w.is_faulty(), are_both = w.is_there[0] && w.is_there[1];
        advance(w, configuration_, stage_before);
        const bool is_stalled = w.has(Fault::stall);
        const std::int32_t elapsed_ms = is_stalled ? 150 : 10;
        for (std::size_t i = 0; i < 2 && is_stalled; ++i)
            w.is_there[i] = w.is_there[i] && w.faults[i] != Fault::stall;  // one period
        Inputs in{w.sensors, {}};
        in.command.demand = w.demand;
        in.command.setpoint = setpoint_of(w.setpoint, scene_);
        in.command.digital = false;
        in.command.consent_ms = w.renews ? 500 : 0;
        in.command.acknowledge = w.acknowledges ? UINT32_MAX : 0;
        w.acknowledges = false;
        n.us += elapsed_ms * 1'000;
        const Step made = step(configuration_, n.state, in, Tick{n.us});
        n.state = made.state;
        w.orders = made.outputs.actuators;
        ++counts.periods;
        if (stage_before == Stage::delivering) {
            ++counts.delivering;
            if (is_faulty) ++counts.faults_under_power;
            if (are_both) ++counts.both_at_once;
        }
        const char* broken = observe(n.observer, w, scene_, configuration_, in.command, made.outputs, stage_before, elapsed_ms);
        if (broken) tell(n, broken);
        return broken == nullptr;
    }

    void tell(const Node& n, const char* rule) const {
        std::printf("%s, fault %s: BROKEN: %s\n", kSceneNames[static_cast<std::size_t>(scene_)], name_of(fault_, second_).c_str(),
                    rule);
        std::vector<const Node*> way{&n};
        for (const Node* at = &n; at != &nodes_[0];) way.push_back(at = &nodes_[at->parent]);
        for (std::size_t i = way.size() - 1; i-- > 0;)
            std::printf("  %s, held %s -> %s, conditions %08x\n", kEventNames[static_cast<std::size_t>(way[i]->event)],
                        kHoldNames[static_cast<std::size_t>(way[i]->hold)], stage_name(way[i]->state.stage),
                        way[i]->state.interlock.conditions);
    }

    Scene scene_;
    Configuration configuration_;
    Fault fault_, second_;
    std::uint8_t in_motion_;
    std::deque<Node> nodes_;
    std::unordered_set<Key, Key::Hash> known_;
};

// Every word on the command line is a scene or a fault; no scene or no fault among them means all.
bool is_asked(int argc, char** argv, Scene scene, const std::string& fault) {
    bool any_scene = false, any_fault = false, this_scene = false, this_fault = false;
    for (int i = 1; i < argc; ++i) {
        const bool is_scene = std::ranges::any_of(kSceneNames, [&](const char* name) { return std::strcmp(argv[i], name) == 0; });
        (is_scene ? any_scene : any_fault) = true;
        if (std::strcmp(argv[i], kSceneNames[static_cast<std::size_t>(scene)]) == 0) this_scene = true;
        if (argv[i] == fault) this_fault = true;
    }
    return (this_scene || !any_scene) && (this_fault || !any_fault);
}

/// One of each kind of stop, of seeing and of time: what two of them do to each other stands for all pairs.
constexpr std::array kPairedDc{Fault::frames_stop,   Fault::stall,        Fault::emergency_stop,   Fault::lock_open,
                               Fault::pilot_e,       Fault::over_current, Fault::over_temperature, Fault::current_sensor,
                               Fault::mains_voltage, Fault::welded,       Fault::discharge_broken, Fault::insulation};
constexpr std::array kPairedAc{Fault::frames_stop,   Fault::stall,          Fault::emergency_stop,  Fault::lock_open,
                               Fault::pilot_e,       Fault::residual_dc_60, Fault::slow_car,        Fault::over_temperature,
                               Fault::mains_voltage, Fault::cable_lost,     Fault::auxiliary_closed};

constexpr std::array kPairedBack{Fault::emergency_stop, Fault::lock_open, Fault::over_current_back, Fault::mains_frequency};

struct All {
    Counts counts;
    int searches = 0;
};

/// False at a broken rule, or if it has not seen what it is for.
bool search(Scene scene, Fault fault, Fault second, All& all) {
    Counts counts;
    Search search(scene, fault, second);
    if (!search.run(counts)) return false;
    ++all.searches;
    std::printf("%-4s %-34s %6" PRIu64 " states %7" PRIu64 " runs %9" PRIu64 " periods, %" PRIu64 " with power, %" PRIu64
                " of them with the fault\n",
                kSceneNames[static_cast<std::size_t>(scene)], name_of(fault, second).c_str(), counts.states, counts.runs,
                counts.periods, counts.delivering, second == Fault::none ? counts.faults_under_power : counts.both_at_once);
    std::fflush(stdout);
    const auto is_before_power = [](Fault f) {
        return (class_of(f).open_within_ms == 0 && f != Fault::slow_car && f != Fault::cable_thin) || f == Fault::short_circuit ||
               f == Fault::inrush || f == Fault::never_precharged || f == Fault::insulation_test_hangs;
    };
    const bool is_seen = counts.faults_under_power > 0 || is_before_power(fault);
    if (counts.delivering == 0 || !is_seen) {
        std::printf("EMPTY: this search has not seen what it is for\n");
        return false;
    }
    all.counts.states += counts.states, all.counts.runs += counts.runs, all.counts.periods += counts.periods;
    return true;
}

template <std::size_t N>
bool search_pairs(int argc, char** argv, Scene scene, const std::array<Fault, N>& faults, All& all) {
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t j = i + 1; j < N; ++j)
            if (is_asked(argc, argv, scene, name_of(faults[i], faults[j])) && !search(scene, faults[i], faults[j], all))
                return false;
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    All all;
    for (int at = 0; at <= static_cast<int>(Scene::last_); ++at) {
        const auto scene = static_cast<Scene>(at);
        for (int i = 0; i <= static_cast<int>(Fault::last_); ++i) {
            const auto fault = static_cast<Fault>(i);
            if ((static_cast<int>(class_of(fault).kind) >> at & 1) == 0 || !is_asked(argc, argv, scene, class_of(fault).name))
                continue;
            if (!search(scene, fault, Fault::none, all)) return 1;
        }
        if (scene == Scene::dc && !search_pairs(argc, argv, scene, kPairedDc, all)) return 1;
        if (scene == Scene::back && !search_pairs(argc, argv, scene, kPairedBack, all)) return 1;
        if (scene == Scene::ac && !search_pairs(argc, argv, scene, kPairedAc, all)) return 1;
    }
    if (all.searches == 0) return std::printf("no such fault\n"), 2;
    std::printf("%d searches, %" PRIu64 " states, %" PRIu64 " runs, %" PRIu64 " periods, no rule broken\n", all.searches,
                all.counts.states, all.counts.runs, all.counts.periods);
    return 0;
}
