// SPDX-License-Identifier: Apache-2.0
// Two clients, their server and the process manager, in every order of what can happen to them. The matching is the runtime's own
// (exchange.hpp); around it stands a small model of the sockets, as os/linux uses them, and of who makes ends anew. The search is
// breadth first, so what it finds first is the shortest way there. That it finds something is shown with matchings that are
// wrong.
#include "kernel/exchange.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

namespace voltkeep::kernel {
namespace {

using u8 = std::uint8_t;
using Seen = ClientExchange::Seen;

constexpr u8 operations = 2;   ///< that each client wants done, one after the other
constexpr u8 queue_size = 3;
constexpr u8 pairs_kept = 3;

struct Message {
    u8 sequence = 0;
    u8 operation = 0;              ///< 1 and up; 0: no message
};

struct Queue {
    std::array<Message, queue_size> items{};
    [[nodiscard]] bool empty() const { return items[0].operation == 0; }
    [[nodiscard]] bool full() const { return items[queue_size - 1].operation != 0; }
    void push(Message m) {
        for (Message& place : items)
            if (place.operation == 0) {
                place = m;
                return;
            }
    }
    Message pop() {
        const Message first = items[0];
        for (std::size_t i = 1; i < queue_size; ++i) items[i - 1] = items[i];
        items[queue_size - 1] = {};
        return first;
    }
};

enum End : u8 { closed, on_its_way, held };   ///< on its way: in the control channel, not taken yet

/// One pair of ends of one conduit, of one epoch. No epoch: there is none.
struct Pair {
    Queue requests, replies;
    u8 epoch = 0;
    u8 of_client = closed, of_server = closed;
    u8 is_reset = 0;               ///< the server left requests unread: the client is told once
    u8 has_pulse = 0;              ///< a pulse that the server has not read, on a pair of its own
};

enum Status : u8 { idle, waiting, finished };

template <class ClientLogic>
struct Caller {
    ClientLogic exchange;
    u8 is_alive = 1;
    u8 status = idle;
    u8 operation = 1;              ///< the one that it wants done
    u8 pad = 0;
};

/// A request that the server's handler holds; it may be answered whenever it likes.
struct Held {
    u8 epoch = 0, sequence = 0, operation = 0;
};

template <class ServerLogic>
struct Serving {
    ServerLogic exchange;
    std::array<Held, 2> deferred{};
    u8 pad[2]{};
};

struct Budget {
    u8 server_deaths = 0, client_deaths = 0, timeouts = 0, full_queues = 0, pulses = 0;
};

template <class ClientLogic, class ServerLogic>
struct State {
    std::array<Caller<ClientLogic>, 2> clients;
    std::array<Serving<ServerLogic>, 2> servings;
    std::array<std::array<Pair, pairs_kept>, 2> pairs;     ///< by conduit; oldest first
    std::array<std::array<u8, operations>, 2> executed{};  ///< by client, operation
    std::array<u8, 2> epochs{};
    u8 is_server_alive = 1;
    Budget spent;
    std::array<u8, 2> pad{};       ///< states are compared by their bytes
};

/// What may go wrong in the model itself, to show that the search would see it.
struct World {
    Budget budget;
    bool is_blocking = false;          ///< client 0 calls: it takes no new ends while it waits
    bool is_one_socket = false;        ///< pulses and requests on the same pair of ends
    bool is_pulse_the_end = false;     ///< a hang-up of the pulses ends the call, whatever its own channel says
    bool is_drained = true;            ///< before ends are changed
};

template <class ClientLogic, class ServerLogic>
class Search {
public:
    using S = State<ClientLogic, ServerLogic>;
    static_assert(std::is_trivially_copyable_v<S> && std::has_unique_object_representations_v<S>);

    explicit Search(World world) : world_(world) {}

    /// The first property that does not hold, and where; empty if all hold in every state.
    std::string run() {
        S first{};
        for (std::size_t c = 0; c < 2; ++c) make_pair(first, c);
        visit(first);
        for (std::size_t next = 0; next < states_.size() && broken_.empty(); ++next) {
            const S state = states_[next];
            successors_ = 0;
            expand(state);
            bool is_done = true;
            for (const auto& client : state.clients) is_done = is_done && client.status == finished;
            if (successors_ == 0 && !is_done) broken_ = "deadlock: a client waits, and nothing can happen";
        }
        return broken_;
    }
    [[nodiscard]] std::size_t count() const { return states_.size(); }

private:
    void visit(const S& state) {
        ++successors_;
        states_.push_back(state);
        if (!seen_.insert(static_cast<std::uint32_t>(states_.size() - 1)).second) states_.pop_back();
    }
    void expect(bool holds, const char* property) {
        if (!holds && broken_.empty()) broken_ = property;
    }

    // ---- sockets

    static Pair* find(S& s, std::size_t c, u8 Pair::* side, End end) {
        for (Pair& pair : s.pairs[c])
            if (pair.epoch != 0 && pair.*side == end) return &pair;
        return nullptr;
    }
    void close_client(Pair& pair) { pair.of_client = closed; }
    void close_server(Pair& pair) {
        pair.of_server = closed;
        if (!pair.requests.empty() || (world_.is_one_socket && pair.has_pulse != 0)) pair.is_reset = 1;
        pair.requests = {};
        pair.has_pulse = 0;
    }
    /// What nobody holds is gone; equal states look equal.
    static void tidy(S& s) {
        for (auto& pairs : s.pairs) {
            std::size_t kept = 0;
            for (const Pair& pair : pairs)
                if (pair.epoch != 0 && (pair.of_client != closed || pair.of_server != closed)) {
                    pairs[kept] = pair;
                    if (pair.of_client == closed) pairs[kept].replies = {}, pairs[kept].is_reset = 0;
                    ++kept;
                }
            for (; kept < pairs_kept; ++kept) pairs[kept] = {};
        }
    }
    static bool make_pair(S& s, std::size_t c) {
        for (Pair& pair : s.pairs[c])
            if (pair.epoch == 0) {
                pair.epoch = ++s.epochs[c];
                pair.of_client = pair.of_server = on_its_way;
                return true;
            }
        return false;
    }
    /// os::receive: what was left unread is told before what is queued, once, and together with it.
    static Arrival receive(Pair& pair, Message& message) {
        const bool was_unread = pair.is_reset != 0;
        pair.is_reset = 0;
        if (!pair.replies.empty()) {
            message = pair.replies.pop();
            return {Arrival::Kind::message, message.sequence, was_unread};
        }
        if (pair.of_server == closed) return {Arrival::Kind::gone, 0, was_unread};
        return {};
    }

    // ---- the client's runtime, as runtime_calls.cpp and runtime_loop.cpp go

    /// The operation is over for its client: what it does next is what it knows.
    void conclude(S& s, std::size_t c, Errc known) {
        auto& client = s.clients[c];
        client.status = idle;
        if (known == Errc::gone_unread) {
            expect(s.executed[c][client.operation - 1u] == 0, "gone_unread, and it was executed");
            return;   // so it is done again
        }
        if (++client.operation > operations) client.status = finished, client.operation = operations;
    }
    void replied(S& s, std::size_t c, Message message) {
        expect(message.operation == s.clients[c].operation, "a reply is given to the wrong call");
        expect(s.executed[c][s.clients[c].operation - 1u] == 1, "a reply to what was not executed");
        conclude(s, c, Errc::ok);
    }
    void gone(S& s, std::size_t c) {
        auto& client = s.clients[c];
        const Errc known = client.exchange.how_gone();
        bool may_be_read_yet = false;   // the server is there, and has not come to it
        for (Pair& pair : s.pairs[c]) {
            if (pair.of_client != held) continue;
            for (const Message& m : pair.replies.items)
                expect(client.status != waiting || m.operation != client.operation,
                       "a queued reply is thrown away, and the call is said to be lost");
            may_be_read_yet = pair.of_server != closed;
            close_client(pair);
        }
        client.exchange.joined();
        if (client.status != waiting) return;
        const bool was_read = s.executed[c][client.operation - 1u] != 0;
        expect(was_read || may_be_read_yet || known == Errc::gone_unread, "certainly not executed, and nobody is told so");
        expect(!may_be_read_yet || known != Errc::gone_unread, "gone_unread, and it may be executed yet");
        conclude(s, c, known);
    }
    void look(const S& state, std::size_t c) {
        S s = state;
        Pair* pair = find(s, c, &Pair::of_client, held);
        if (!pair || (pair->replies.empty() && pair->of_server != closed && pair->is_reset == 0)) return;
        Message message;
        const Seen seen = s.clients[c].exchange.take(receive(*pair, message));
        if (seen == Seen::gone) gone(s, c);
        if (seen == Seen::reply) replied(s, c, message);
        tidy(s);
        visit(s);
    }
    void take_new_ends(const S& state, std::size_t c) {
        S s = state;
        auto& client = s.clients[c];
        if (world_.is_blocking && c == 0 && client.status == waiting) return;
        Pair* next = find(s, c, &Pair::of_client, on_its_way);
        if (!next) return;
        if (Pair* old = find(s, c, &Pair::of_client, held)) {
            if (client.exchange.is_waiting() && world_.is_drained) {
                Message message;
                if (drain([&] { return client.exchange.take(receive(*old, message)); }) == Seen::reply) replied(s, c, message);
            }
            gone(s, c);
        }
        client.exchange.joined();
        next->of_client = held;
        tidy(s);
        visit(s);
    }
    void send(const S& state, std::size_t c) {
        if (state.clients[c].status != idle) return;
        S s = state;
        auto& client = s.clients[c];
        Pair* pair = find(s, c, &Pair::of_client, held);
        if (!pair) return;   // gone_unread at once, and so until new ends come
        if (pair->of_server == closed) {
            if (pair->is_reset == 0) return;   // likewise
            pair->is_reset = 0;                // Linux tells it to whoever asks first, and that is the send
            return visit(s);
        }
        if (pair->requests.full()) return;
        client.status = waiting;
        pair->requests.push({static_cast<u8>(client.exchange.begin()), client.operation});
        visit(s);
        if (s.spent.pulses < world_.budget.pulses) {
            ++s.spent.pulses;
            pair->has_pulse = 1;
            visit(s);
        }
    }
    void time_out(const S& state, std::size_t c) {
        if (state.clients[c].status != waiting || state.spent.timeouts >= world_.budget.timeouts) return;
        S s = state;
        ++s.spent.timeouts;
        s.clients[c].exchange.give_up();
        conclude(s, c, Errc::timeout);
        visit(s);
    }
    void client_dies(const S& state, std::size_t c) {
        if (state.spent.client_deaths >= world_.budget.client_deaths || state.clients[c].status == finished) return;
        S s = state;
        ++s.spent.client_deaths;
        for (Pair& pair : s.pairs[c]) close_client(pair);
        // Its successor knows nothing of what was asked: it goes on with what comes after it.
        const u8 operation = s.clients[c].operation, status = s.clients[c].status;
        s.clients[c] = {};
        s.clients[c].operation = operation;
        if (status == waiting) conclude(s, c, Errc::gone_unknown);
        if (!make_pair(s, c)) return;
        tidy(s);
        visit(s);
    }
    void pulses_hang_up(const S& state, std::size_t c) {
        if (!world_.is_pulse_the_end || state.clients[c].status != waiting) return;
        S s = state;
        const Pair* pair = find(s, c, &Pair::of_client, held);
        if (!pair || pair->of_server != closed) return;
        gone(s, c);
        tidy(s);
        visit(s);
    }

    // ---- the server's runtime

    void take_request(const S& state, std::size_t c) {
        S s = state;
        Pair* pair = find(s, c, &Pair::of_server, held);
        if (!pair) return;
        if (pair->requests.empty()) {
            if (pair->of_client != closed) return;
            close_server(*pair);   // the client is gone
            s.servings[c].exchange.lost();
            tidy(s);
            return visit(s);
        }
        for (Held& place : s.servings[c].deferred) {
            if (place.operation != 0) continue;
            const Message m = pair->requests.pop();
            ++s.executed[c][m.operation - 1u];
            expect(s.executed[c][m.operation - 1u] == 1, "executed twice");
            s.servings[c].exchange.opened(m.sequence);
            place = {static_cast<u8>(s.servings[c].exchange.epoch()), m.sequence, m.operation};
            return visit(s);
        }
    }
    void read_pulse(const S& state, std::size_t c) {
        S s = state;
        Pair* pair = find(s, c, &Pair::of_server, held);
        if (!pair || pair->has_pulse == 0 || (world_.is_one_socket && !pair->requests.empty())) return;
        pair->has_pulse = 0;
        visit(s);
    }
    void answer(const S& state, std::size_t c, std::size_t which) {
        if (state.servings[c].deferred[which].operation == 0) return;
        S s = state;
        const Held held_request = std::exchange(s.servings[c].deferred[which], Held{});
        Pair* pair = find(s, c, &Pair::of_server, held);
        if (!pair || !s.servings[c].exchange.answer(held_request.epoch, held_request.sequence) || pair->of_client == closed)
            return visit(s);
        if (!pair->replies.full()) {
            S sent = s;
            find(sent, c, &Pair::of_server, held)->replies.push({held_request.sequence, held_request.operation});
            visit(sent);
        }
        if (s.spent.full_queues >= world_.budget.full_queues && !pair->replies.full()) return;
        // A reply that cannot be sent ends the conduit, and the process manager is asked for a new one.
        s.spent.full_queues = static_cast<u8>(std::min(s.spent.full_queues + 1, int{world_.budget.full_queues}));
        close_server(*pair);
        s.servings[c].exchange.lost();
        if (!make_pair(s, c)) return;
        tidy(s);
        visit(s);
    }
    void take_new_server_ends(const S& state, std::size_t c) {
        S s = state;
        Pair* next = find(s, c, &Pair::of_server, on_its_way);
        if (!next) return;
        if (Pair* old = find(s, c, &Pair::of_server, held)) close_server(*old);
        next->of_server = held;
        s.servings[c].exchange.joined(next->epoch);
        tidy(s);
        visit(s);
    }
    void server_dies(const S& state) {
        if (state.spent.server_deaths >= world_.budget.server_deaths || state.is_server_alive == 0) return;
        S s = state;
        ++s.spent.server_deaths;
        s.is_server_alive = 0;
        for (std::size_t c = 0; c < 2; ++c) {
            for (Pair& pair : s.pairs[c])
                if (pair.epoch != 0 && pair.of_server != closed) close_server(pair);
            s.servings[c] = {};
        }
        tidy(s);
        visit(s);
    }

    // ---- the process manager

    void start_again(const S& state) {
        if (state.is_server_alive != 0) return;
        S s = state;
        s.is_server_alive = 1;
        for (std::size_t c = 0; c < 2; ++c)
            if (!make_pair(s, c)) return;
        visit(s);
    }

    void expand(const S& s) {
        for (std::size_t c = 0; c < 2; ++c) {
            look(s, c);
            take_new_ends(s, c);
            send(s, c);
            time_out(s, c);
            client_dies(s, c);
            pulses_hang_up(s, c);
            if (s.is_server_alive == 0) continue;
            take_request(s, c);
            read_pulse(s, c);
            for (std::size_t which = 0; which < 2; ++which) answer(s, c, which);
            take_new_server_ends(s, c);
        }
        server_dies(s);
        start_again(s);
    }

    World world_;
    std::vector<S> states_;
    struct Same {
        const std::vector<S>& states;
        bool operator()(std::uint32_t a, std::uint32_t b) const { return std::memcmp(&states[a], &states[b], sizeof(S)) == 0; }
    };
    struct Hash {
        const std::vector<S>& states;
        std::size_t operator()(std::uint32_t a) const {
            return std::hash<std::string_view>{}({reinterpret_cast<const char*>(&states[a]), sizeof(S)});
        }
    };
    std::unordered_set<std::uint32_t, Hash, Same> seen_{1 << 20, Hash{states_}, Same{states_}};   ///< the states, by their place
    std::size_t successors_ = 0;
    std::string broken_;
};

constexpr Budget usual{.server_deaths = 1, .client_deaths = 1, .timeouts = 1, .full_queues = 1, .pulses = 1};

template <class ClientLogic = ClientExchange, class ServerLogic = ServerExchange>
std::string search(World world) {
    Search<ClientLogic, ServerLogic> search(world);
    const std::string broken = search.run();
    std::printf("%zu states%s%s\n", search.count(), broken.empty() ? "" : ": ", broken.c_str());
    return broken;
}

// ---- matchings that are wrong

struct TakesAnyReply : ClientExchange {
    Seen take(Arrival arrival) {
        if (arrival.kind != Arrival::Kind::message || !is_waiting()) return ClientExchange::take(arrival);
        give_up();
        return Seen::reply;
    }
};
struct AlwaysSaysUnread : ClientExchange {
    [[nodiscard]] Errc how_gone() const { return Errc::gone_unread; }
};
struct NeverSaysUnread : ClientExchange {
    [[nodiscard]] Errc how_gone() const { return Errc::gone_unknown; }
};
struct ForgetsWhatWasUnread : ClientExchange {
    Seen take(Arrival arrival) {
        if (arrival.kind == Arrival::Kind::message) arrival.was_unread = false;
        return ClientExchange::take(arrival);
    }
};
struct RemembersTheOldEnds : ClientExchange {
    void joined() { give_up(); }
};
struct IgnoresTheEpoch : ServerExchange {
    [[nodiscard]] bool answer(std::uint32_t, std::uint32_t sequence) { return ServerExchange::answer(epoch(), sequence); }
};

}  // namespace

TEST(Exchange, no_order_of_deaths_and_late_replies_breaks_its_promises) {
    EXPECT_EQ(search({.budget = {.server_deaths = 1, .client_deaths = 1, .timeouts = 1, .full_queues = 1, .pulses = 0},
                      .is_blocking = true}),
              "");
}
TEST(Exchange, nor_when_the_server_dies_again_or_leaves_a_pulse_unread) {
    EXPECT_EQ(search({Budget{.server_deaths = 2, .client_deaths = 0, .timeouts = 2, .full_queues = 0, .pulses = 1}}), "");
}

TEST(Exchange, the_search_finds_matchings_that_are_wrong) {
    EXPECT_NE((search<TakesAnyReply>({usual})), "");
    EXPECT_NE((search<AlwaysSaysUnread>({usual})), "");
    EXPECT_NE((search<NeverSaysUnread>({usual})), "");
    EXPECT_NE((search<ForgetsWhatWasUnread>({usual})), "");
    EXPECT_NE((search<RemembersTheOldEnds>({usual})), "");
    EXPECT_NE((search<ClientExchange, IgnoresTheEpoch>({usual})), "");
    EXPECT_NE(search({.budget = usual, .is_one_socket = true}), "") << "a pulse left unread behind an executed call";
    EXPECT_NE(search({.budget = usual, .is_pulse_the_end = true}), "");
    EXPECT_NE(search({.budget = usual, .is_drained = false}), "");
}

}  // namespace voltkeep::kernel
