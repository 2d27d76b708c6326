// SPDX-License-Identifier: Apache-2.0
// Our types against the official schemas, which are not part of this project: they are read from VOLTKEEP_OCPP_SCHEMAS, or from a
// folder beside the source tree. Once as tables (each property, each bound, each word, exactly), once by instances that are made
// from the schemas and must pass, and by mutations that the schemas forbid and must not.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "wire/ocpp/actions.hpp"
#include "wire/ocpp/type.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {
namespace {

using Dom = nlohmann::json;
namespace fs = std::filesystem;

std::optional<fs::path> schema_folder() {
    if (const char* named = std::getenv("VOLTKEEP_OCPP_SCHEMAS")) return named;
    for (const auto* beside : {"../shared", "../../shared"}) {
        fs::path folder = fs::path(beside) / "data/ocpp-2.1/schemas";
        if (fs::is_directory(folder)) return folder;
    }
    return std::nullopt;
}

struct Schema {
    std::string name;  ///< of the file: BootNotificationRequest
    const ActionInfo* action;
    Direction direction;
    Dom root;

    const Type& type() const { return direction == Direction::request ? action->request() : action->response(); }
    /// What a property's schema says, references followed.
    const Dom& resolve(const Dom& node) const {
        if (!node.contains("$ref")) return node;
        const std::string reference = node["$ref"];
        return root["definitions"][reference.substr(reference.rfind('/') + 1)];
    }
};

std::vector<Schema> read_schemas(const fs::path& folder) {
    std::vector<Schema> schemas;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".json") continue;
        std::ifstream file(entry.path());
        Schema schema{entry.path().stem(), nullptr, Direction::request, Dom::parse(file)};
        std::string action = schema.name;
        if (action.ends_with("Request")) action.resize(action.size() - 7);
        if (action.ends_with("Response")) {
            action.resize(action.size() - 8);
            schema.direction = Direction::response;
        }
        schema.action = find_action(action);
        EXPECT_TRUE(schema.action) << schema.name;
        if (schema.action) schemas.push_back(std::move(schema));
    }
    std::ranges::sort(schemas, {}, &Schema::name);
    return schemas;
}

const std::vector<Schema>& schemas() {
    static const std::vector<Schema> all = [] {
        const auto folder = schema_folder();
        return folder ? read_schemas(*folder) : std::vector<Schema>{};
    }();
    return all;
}

class Schemas : public testing::Test {
protected:
    void SetUp() override {
        if (schemas().empty()) GTEST_SKIP() << "the official schemas are not here: set VOLTKEEP_OCPP_SCHEMAS to their folder";
    }
};

// ---- the tables

using Kind = Type::Kind;

std::string kind_of(const Dom& node) {
    if (!node.contains("type")) return "any";
    if (node.contains("enum")) return "enum";
    if (node.contains("format")) return "date-time";
    return node["type"];
}

void compare(const Schema& schema, const Dom& unresolved, const Type& type, const std::string& where) {
    const Dom& node = schema.resolve(unresolved);
    const std::string kind = kind_of(node);
    const auto bound = [&](const char* key, std::int64_t otherwise) {
        return node.contains(key) ? node[key].get<std::int64_t>() : otherwise;
    };
    switch (type.kind) {
        case Kind::text:
            EXPECT_EQ(kind, "string") << where;
            EXPECT_EQ(type.most, bound("maxLength", kLongestString)) << where;
            break;
        case Kind::integer:
            EXPECT_EQ(kind, "integer") << where;
            EXPECT_EQ(type.least, bound("minimum", std::numeric_limits<std::int32_t>::min())) << where;
            EXPECT_EQ(type.most, bound("maximum", std::numeric_limits<std::int32_t>::max())) << where;
            break;
        case Kind::decimal:
            EXPECT_EQ(kind, "number") << where;
            EXPECT_EQ(type.least, bound("minimum", std::numeric_limits<std::int64_t>::min())) << where;
            EXPECT_EQ(type.most, bound("maximum", std::numeric_limits<std::int64_t>::max())) << where;
            break;
        case Kind::boolean: EXPECT_EQ(kind, "boolean") << where; break;
        case Kind::date_time: EXPECT_EQ(kind, "date-time") << where; break;
        case Kind::enumeration: {
            EXPECT_EQ(kind, "enum") << where;
            std::set<std::string> theirs;
            if (node.contains("enum")) theirs = node["enum"].get<std::set<std::string>>();
            EXPECT_EQ((std::set<std::string>(type.names.begin(), type.names.end())), theirs) << where;
            break;
        }
        case Kind::any_json: EXPECT_EQ(kind, "any") << where; break;
        case Kind::custom_data: EXPECT_EQ(node["required"], Dom::array({"vendorId"})) << where; break;
        case Kind::list:
            EXPECT_EQ(kind, "array") << where;
            EXPECT_EQ(type.least, bound("minItems", 0)) << where;
            EXPECT_EQ(type.most, bound("maxItems", kUnbounded)) << where;
            if (kind == "array") compare(schema, node["items"], *type.element, where + "[]");
            break;
        case Kind::object: {
            EXPECT_EQ(kind, "object") << where;
            EXPECT_EQ(node.value("additionalProperties", true), false) << where;
            std::set<std::string> required;
            if (node.contains("required")) required = node["required"].get<std::set<std::string>>();
            std::set<std::string> ours;
            for (const Field& field : type.fields) {
                const std::string name(field.name);
                ours.insert(name);
                if (!node["properties"].contains(name)) {
                    ADD_FAILURE() << where << "/" << name << " is ours alone";
                    continue;
                }
                EXPECT_EQ(field.optional == nullptr, required.contains(name)) << where << "/" << name;
                compare(schema, node["properties"][name], *field.type, where + "/" + name);
            }
            for (const auto& [name, unused] : node["properties"].items())
                EXPECT_TRUE(ours.contains(name)) << where << "/" << name << " is missing";
            break;
        }
    }
}

TEST_F(Schemas, each_property_bound_and_word_is_ours) {
    EXPECT_EQ(schemas().size(), 181u);
    for (const Schema& schema : schemas()) compare(schema, schema.root, schema.type(), schema.name);
}

// ---- instances and mutations

/// Makes instances of a schema, sometimes at the edge of what it allows.
class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
    bool once_in(std::size_t n) { return below(n) == 0; }

    Dom instance(const Schema& schema, const Dom& unresolved, unsigned depth = 0) {
        const Dom& node = schema.resolve(unresolved);
        const std::string kind = kind_of(node);
        if (kind == "any") return any();
        if (kind == "enum") return node["enum"][below(node["enum"].size())];
        if (kind == "date-time") return date_time();
        if (kind == "boolean") return once_in(2);
        if (kind == "string") return text(node.value("maxLength", kLongestString));
        if (kind == "integer") return integer(node);
        if (kind == "number") return number(node);
        if (kind == "array") return array(schema, node, depth);
        return object(schema, node, depth);
    }

    std::string text(std::size_t most) {
        static const std::array<std::string, 6> pieces{"a", "Z", "\"", "\u00e4", "\u20ac", "\U0001f50c"};
        const std::size_t length = once_in(8) ? std::min<std::size_t>(most, 300) : below(std::min<std::size_t>(most, 12) + 1);
        std::string result;
        for (std::size_t i = 0; i < length; ++i) result += pieces[below(once_in(3) ? pieces.size() : 2)];
        return result;
    }

private:
    Dom any() {
        switch (below(5)) {
            case 0: return nullptr;
            case 1: return text(20);
            case 2: return Dom::array({1, nullptr, "x"});
            case 3: return Dom{{"a", Dom{{"b", 1.5}}}};
            default: return -3;
        }
    }
    std::string date_time() {
        DateTime time;
        time.time.unix_ms = static_cast<std::int64_t>(below(4'000'000'000'000));
        return *time.text();
    }
    Dom integer(const Dom& node) {
        const auto least = node.value("minimum", static_cast<double>(std::numeric_limits<std::int32_t>::min()));
        const auto most = node.value("maximum", static_cast<double>(std::numeric_limits<std::int32_t>::max()));
        if (once_in(10)) return static_cast<std::int64_t>(least);
        if (once_in(10)) return static_cast<std::int64_t>(most);
        const auto small = static_cast<double>(below(100)) + (node.contains("minimum") ? least : -50);
        if (once_in(8)) return std::min(small, most);  // written with a point: 7.0
        return static_cast<std::int64_t>(std::min(small, most));
    }
    Dom number(const Dom& node) {
        double value = (static_cast<double>(below(2'000'001)) - 1'000'000) / (once_in(2) ? 1000 : 7);
        if (node.contains("minimum")) value = std::abs(value);
        if (node.contains("maximum") && value > node["maximum"].get<double>()) value = node["maximum"] == 0 ? -value : 100;
        return value;
    }
    Dom array(const Schema& schema, const Dom& node, unsigned depth) {
        const auto least = node.value("minItems", std::size_t{0});
        const auto most = std::min<std::size_t>(node.value("maxItems", std::size_t{3}), depth > 4 ? 1 : 3);
        Dom list = Dom::array();
        for (std::size_t n = least + below(most - least + 1); n > 0; --n)
            list.push_back(instance(schema, node["items"], depth + 1));
        return list;
    }
    Dom object(const Schema& schema, const Dom& node, unsigned depth) {
        std::set<std::string> required;
        if (node.contains("required")) required = node["required"].get<std::set<std::string>>();
        Dom result = Dom::object();
        const std::size_t chance = 2 + depth;
        for (const auto& [name, property] : node["properties"].items()) {
            if (required.contains(name) || once_in(name == "customData" ? 6 : chance))
                result[name] = instance(schema, property, depth + 1);
        }
        if (!node.contains("additionalProperties") && once_in(2)) result["own"] = Dom{{"deep", Dom::array({1.25, "x", nullptr})}};
        return result;
    }

    std::mt19937_64 random_;
};

/// A change that makes a valid instance invalid, and what must be said about it.
struct Mutation {
    std::function<void()> apply;
    ErrorCode code;
    std::string where;
};

/// All mutations of an instance, from its root down.
class Mutations {
public:
    Mutations(const Schema& schema, Dom& instance) : schema_(schema) { walk(schema.root, instance, ""); }
    std::vector<Mutation> all;

private:
    void add(ErrorCode code, const std::string& where, std::function<void()> apply) {
        all.push_back({std::move(apply), code, where});
    }
    void set(Dom& value, Dom bad, ErrorCode code, const std::string& where) {
        add(code, where, [&value, bad = std::move(bad)] { value = bad; });
    }

    void walk(const Dom& unresolved, Dom& value, const std::string& where) {
        const Dom& node = schema_.resolve(unresolved);
        const std::string kind = kind_of(node);
        if (kind == "any") return;
        using enum ErrorCode;
        set(value, nullptr, TypeConstraintViolation, where);
        if (kind != "array") set(value, Dom::array(), TypeConstraintViolation, where);
        if (kind != "boolean") set(value, true, TypeConstraintViolation, where);
        const bool is_text = kind == "string" || kind == "enum" || kind == "date-time";
        if (!is_text) set(value, "1", TypeConstraintViolation, where);
        if (kind != "integer" && kind != "number") set(value, 1, TypeConstraintViolation, where);
        if (kind != "object") set(value, Dom::object(), TypeConstraintViolation, where);

        if (node.contains("maxLength")) {
            std::string longer;
            for (std::size_t i = 0; i <= node["maxLength"].get<std::size_t>(); ++i) longer += i % 2 == 0 ? "\u00e4" : "x";
            set(value, longer, PropertyConstraintViolation, where);
        }
        if (kind == "enum") {
            set(value, "", PropertyConstraintViolation, where);
            set(value, value.get<std::string>() + " ", PropertyConstraintViolation, where);
        }
        if (kind == "date-time") {
            for (const auto* bad : {"", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01", "2026-01-01T25:00:00Z",
                                    "x2026-01-01T00:00:00Z"}) {
                set(value, bad, PropertyConstraintViolation, where);
            }
        }
        if (kind == "integer") set(value, 7.5, TypeConstraintViolation, where);
        if (node.contains("minimum")) set(value, node["minimum"].get<double>() - 1, PropertyConstraintViolation, where);
        if (node.contains("maximum")) set(value, node["maximum"].get<double>() + 1, PropertyConstraintViolation, where);
        if (kind == "array") walk_array(node, value, where);
        if (kind == "object") walk_object(node, value, where);
    }

    void walk_array(const Dom& node, Dom& list, const std::string& where) {
        set(list, Dom::array(), ErrorCode::OccurrenceConstraintViolation, where);
        if (node.contains("maxItems")) {
            add(ErrorCode::OccurrenceConstraintViolation, where, [&list, most = node["maxItems"].get<std::size_t>()] {
                const Dom first = list[0];
                while (list.size() <= most) list.push_back(first);
            });
        }
        for (std::size_t i = 0; i < list.size(); ++i) walk(node["items"], list[i], where + "/" + std::to_string(i));
    }

    void walk_object(const Dom& node, Dom& object, const std::string& where) {
        if (node.contains("required")) {
            for (const std::string name : node["required"]) {
                add(ErrorCode::OccurrenceConstraintViolation, where + "/" + name, [&object, name] { object.erase(name); });
            }
        }
        if (node.contains("additionalProperties")) {
            add(ErrorCode::FormatViolation, where + "/zzz", [&object] { object["zzz"] = 1; });
        }
        for (auto& [name, value] : object.items()) {
            if (node["properties"].contains(name)) walk(node["properties"][name], value, where + "/" + name);
        }
    }

    const Schema& schema_;
};

Checked<Message> read(const Schema& schema, const std::string& text) {
    return parse_payload(*schema.action, schema.direction, *check_json(text));
}

std::size_t rounds() {
    const char* asked = std::getenv("VOLTKEEP_OCPP_ROUNDS");  // a round: one instance and one mutation of each schema
    return asked ? std::strtoul(asked, nullptr, 10) : 30;
}

TEST_F(Schemas, what_they_allow_is_read_and_written_back_the_same) {
    Generator make(20210);
    for (std::size_t round = 0; round < rounds(); ++round) {
        for (const Schema& schema : schemas()) {
            const Dom instance = make.instance(schema, schema.root);
            const auto message = read(schema, instance.dump());
            ASSERT_TRUE(message) << schema.name << message.error().where << ": " << message.error().what << "\n"
                                 << instance.dump(1);
            const auto text = message->write();
            ASSERT_TRUE(text) << schema.name << text.error().where << ": " << text.error().what << "\n" << instance.dump(1);
            ASSERT_EQ(Dom::parse(*text), instance) << schema.name;
        }
    }
}

TEST_F(Schemas, what_they_forbid_is_refused_with_code_and_place) {
    Generator make(20211);
    for (std::size_t round = 0; round < rounds(); ++round) {
        for (const Schema& schema : schemas()) {
            Dom instance = make.instance(schema, schema.root);
            const Mutations mutations(schema, instance);
            const Mutation& mutation = mutations.all[make.below(mutations.all.size())];
            mutation.apply();
            const auto message = read(schema, instance.dump());
            ASSERT_FALSE(message) << schema.name << mutation.where << " " << name(mutation.code) << "\n" << instance.dump(1);
            EXPECT_EQ(message.error().where, mutation.where) << schema.name << instance.dump(1);
            EXPECT_EQ(name(message.error().code), name(mutation.code)) << schema.name << mutation.where << "\n"
                                                                       << instance.dump(1);
        }
    }
}

TEST_F(Schemas, each_forbidden_change_of_one_instance_is_refused) {
    Generator make(20212);
    for (const Schema& schema : schemas()) {
        const Dom instance = make.instance(schema, schema.root);
        const std::size_t count = [&] {
            Dom copy = instance;
            return Mutations(schema, copy).all.size();
        }();
        for (std::size_t i = 0; i < std::min<std::size_t>(count, 150); ++i) {
            Dom copy = instance;
            Mutations(schema, copy).all[i].apply();
            EXPECT_FALSE(read(schema, copy.dump())) << schema.name << copy.dump(1);
        }
    }
}

}  // namespace
}  // namespace voltkeep::ocpp
