// SPDX-License-Identifier: Apache-2.0
// Messages are plain aggregates, reflected with Boost.PFR: there is no generator and no second description.
// Every type has an upper bound known at compile time, so buffers are static and nothing allocates. The reader refuses
// enumerators off their list, counts over their bound, booleans that are not 0 or 1, truncation and trailing bytes.
// Layout: little-endian fields in order, no padding; counts are 16 bit. A QNX and a Linux build read the same bytes.
#pragma once

#include <array>
#include <bit>
#include <boost/pfr.hpp>
#include <boost/pfr/core_name.hpp>
#include <concepts>
#include <cstring>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "base/names.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

namespace voltkeep::kernel {

static_assert(std::endian::native == std::endian::little, "the wire layout is little-endian; a big-endian backend must swap");

/// An open descriptor that travels in a reply. Only a reply type that has such a field may carry one; the receiver owns it.
struct Handle {
    int descriptor = -1;
};

/// At most this many descriptors in one reply.
inline constexpr std::size_t max_handles = 4;

/// The size over which a message must be declared by its interface (`max_size`), and the size that none may have.
inline constexpr std::size_t default_max_size = 4096;
inline constexpr std::size_t hard_max_size = 65536;

template <class E>
concept Enumeration = std::is_enum_v<E>;

/// The highest enumerator of E. Enumerations count from 0 without gaps and name their last one `last_`.
template <Enumeration E>
constexpr bool is_listed(E value) {
    using U = std::underlying_type_t<E>;
    static_assert(std::is_unsigned_v<U>, "an enumeration in a message has an unsigned type");
    return static_cast<U>(value) <= static_cast<U>(E::last_);
}

template <class T>
concept Scalar = std::integral<T> || std::floating_point<T>;

namespace detail {
/// is_bytes<T, Text>: T is a Text<N>. is_many<T, List>: a List<X, N>. is_of<T, std::optional>: a std::optional<X>.
template <class T, template <std::size_t> class Of> inline constexpr bool is_bytes = false;
template <std::size_t N, template <std::size_t> class Of> inline constexpr bool is_bytes<Of<N>, Of> = true;
template <class T, template <class, std::size_t> class Of> inline constexpr bool is_many = false;
template <class X, std::size_t N, template <class, std::size_t> class Of> inline constexpr bool is_many<Of<X, N>, Of> = true;
template <class T, template <class...> class Of> inline constexpr bool is_of = false;
template <class... X, template <class...> class Of> inline constexpr bool is_of<Of<X...>, Of> = true;
}  // namespace detail

/// FNV-1a over names and types: two builds whose messages differ never join a conduit.
class Fingerprint {
public:
    constexpr void mix(std::string_view text) {
        for (char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 1099511628211u;
        value_ = (value_ ^ 0xffu) * 1099511628211u;
    }
    constexpr void mix(std::uint64_t number) {
        for (int shift = 0; shift < 64; shift += 8) value_ = (value_ ^ ((number >> shift) & 0xff)) * 1099511628211u;
    }
    [[nodiscard]] constexpr std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 1469598103934665603u;
};

/// Writes fields into a buffer that is large enough by construction (see `bound`); running over it is a broken invariant.
class Writer {
public:
    explicit Writer(std::span<std::byte> buffer) : buffer_(buffer) {}
    void raw(const void* bytes, std::size_t n) {
        CHECK(n <= buffer_.size() - size_);
        std::memcpy(buffer_.data() + size_, bytes, n);
        size_ += n;
    }
    void handle(Handle h) {
        CHECK(handles_.push(h.descriptor));
    }
    [[nodiscard]] Bytes written() const { return buffer_.first(size_); }
    [[nodiscard]] std::span<const int> handles() const { return {handles_.data(), handles_.size()}; }

private:
    std::span<std::byte> buffer_;
    std::size_t size_ = 0;
    List<int, max_handles> handles_;
};

/// Reads fields; every `get` is false once anything did not fit.
class Reader {
public:
    explicit Reader(Bytes bytes, std::span<const int> handles = {}) : bytes_(bytes), handles_(handles), all_handles_(handles) {}
    [[nodiscard]] bool raw(void* out, std::size_t n) {
        if (n > bytes_.size()) return false;
        std::memcpy(out, bytes_.data(), n);
        bytes_ = bytes_.subspan(n);
        return true;
    }
    [[nodiscard]] bool handle(Handle& h) {
        if (handles_.empty()) return false;
        h.descriptor = handles_.front();
        handles_ = handles_.subspan(1);
        return true;
    }
    [[nodiscard]] bool at_end() const { return bytes_.empty() && handles_.empty(); }
    /// Every descriptor that came, taken or not: for who must close them after a failure.
    [[nodiscard]] std::span<const int> all_handles() const { return all_handles_; }

private:
    Bytes bytes_;
    std::span<const int> handles_;
    std::span<const int> all_handles_;
};

/// What the codec does for each kind of type, in one place: size bound, put, get, fingerprint.
template <class T>
struct Codec {
    static consteval std::size_t bound() {
        if constexpr (std::same_as<T, Handle>) return 0;
        else if constexpr (std::same_as<T, bool>) return 1;
        else if constexpr (Scalar<T> || Enumeration<T>) return sizeof(T);
        else if constexpr (detail::is_of<T, std::chrono::duration>) return sizeof(std::int64_t);
        else if constexpr (detail::is_bytes<T, Text> || detail::is_bytes<T, Blob>) return 2 + T::capacity;
        else if constexpr (detail::is_many<T, List>) return 2 + T::capacity * Codec<typename T::value_type>::bound();
        else if constexpr (detail::is_many<T, std::array>) return std::tuple_size_v<T> * Codec<typename T::value_type>::bound();
        else if constexpr (detail::is_of<T, std::optional>) return 1 + Codec<typename T::value_type>::bound();
        else if constexpr (detail::is_of<T, std::variant>)
            return 1 + []<class... A>(std::type_identity<std::variant<A...>>) {
                return std::max({Codec<A>::bound()...});
            }(std::type_identity<T>{});
        else
            return over_fields([]<class... F>() { return (std::size_t{0} + ... + Codec<F>::bound()); });
    }

    static void put(Writer& w, const T& v) {
        if constexpr (std::same_as<T, Handle>) w.handle(v);
        else if constexpr (std::same_as<T, bool>) {
            const std::uint8_t octet = v ? 1 : 0;
            w.raw(&octet, 1);
        } else if constexpr (Scalar<T> || Enumeration<T>) w.raw(&v, sizeof v);
        else if constexpr (detail::is_of<T, std::chrono::duration>)
            Codec<std::int64_t>::put(w, static_cast<std::int64_t>(v.count()));
        else if constexpr (detail::is_bytes<T, Text> || detail::is_bytes<T, Blob>) {
            Codec<std::uint16_t>::put(w, static_cast<std::uint16_t>(v.size()));
            w.raw(v.data(), v.size());
        } else if constexpr (detail::is_many<T, List> || detail::is_many<T, std::array>) {
            if constexpr (detail::is_many<T, List>) Codec<std::uint16_t>::put(w, static_cast<std::uint16_t>(v.size()));
            for (const auto& item : v) Codec<typename T::value_type>::put(w, item);
        } else if constexpr (detail::is_of<T, std::optional>) {
            Codec<bool>::put(w, v.has_value());
            if (v) Codec<typename T::value_type>::put(w, *v);
        } else if constexpr (detail::is_of<T, std::variant>) {
            Codec<std::uint8_t>::put(w, static_cast<std::uint8_t>(v.index()));
            std::visit([&]<class A>(const A& a) { Codec<A>::put(w, a); }, v);
        } else
            boost::pfr::for_each_field(v, [&]<class F>(const F& f) { Codec<F>::put(w, f); });
    }

    [[nodiscard]] static bool get(Reader& r, T& v) {
        if constexpr (std::same_as<T, Handle>) return r.handle(v);
        else if constexpr (std::same_as<T, bool>) {
            std::uint8_t octet = 2;
            if (!r.raw(&octet, 1) || octet > 1) return false;
            v = octet == 1;
            return true;
        } else if constexpr (Scalar<T>) return r.raw(&v, sizeof v);
        else if constexpr (Enumeration<T>) return r.raw(&v, sizeof v) && is_listed(v);
        else if constexpr (detail::is_of<T, std::chrono::duration>) {
            std::int64_t count = 0;
            if (!Codec<std::int64_t>::get(r, count)) return false;
            v = T(count);
            return true;
        } else if constexpr (detail::is_bytes<T, Text>) {
            std::array<char, T::capacity> characters;
            std::uint16_t n = 0;
            if (!Codec<std::uint16_t>::get(r, n) || n > T::capacity || !r.raw(characters.data(), n)) return false;
            v = *T::from({characters.data(), n});
            return true;
        } else if constexpr (detail::is_bytes<T, Blob>) {
            return get_size(r, v) && r.raw(v.data(), v.size());
        } else if constexpr (detail::is_many<T, List> || detail::is_many<T, std::array>) {
            if constexpr (detail::is_many<T, List>) {
                v.clear();
                if (!get_size(r, v)) return false;
            }
            for (auto& item : v)
                if (!Codec<typename T::value_type>::get(r, item)) return false;
            return true;
        } else if constexpr (detail::is_of<T, std::optional>) {
            bool present = false;
            if (!Codec<bool>::get(r, present)) return false;
            v.reset();
            return !present || Codec<typename T::value_type>::get(r, v.emplace());
        } else if constexpr (detail::is_of<T, std::variant>) {
            std::uint8_t index = 0xff;
            if (!Codec<std::uint8_t>::get(r, index)) return false;
            return [&]<std::size_t... I>(std::index_sequence<I...>) {
                bool ok = false;
                (static_cast<void>(index == I &&
                                   (ok = Codec<std::variant_alternative_t<I, T>>::get(r, v.template emplace<I>()), true)),
                 ...);
                return ok;
            }(std::make_index_sequence<std::variant_size_v<T>>{});
        } else {
            bool ok = true;
            boost::pfr::for_each_field(v, [&]<class F>(F& f) { ok = ok && Codec<F>::get(r, f); });
            return ok;
        }
    }

    static constexpr void mix(Fingerprint& f) {
        f.mix(type_name<T>());
        if constexpr (Enumeration<T>) {
            f.mix(static_cast<std::uint64_t>(T::last_));
            f.mix(enumerator_name<T::last_>());
        } else if constexpr (detail::is_many<T, List> || detail::is_many<T, std::array> || detail::is_of<T, std::optional>)
            Codec<typename T::value_type>::mix(f);
        else if constexpr (detail::is_of<T, std::variant>)
            []<class... A>(Fingerprint& g, std::type_identity<std::variant<A...>>) { (Codec<A>::mix(g), ...); }(
                f, std::type_identity<T>{});
        else if constexpr (is_aggregate())
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                ((f.mix(boost::pfr::get_name<I, T>()), Codec<boost::pfr::tuple_element_t<I, T>>::mix(f)), ...);
            }(std::make_index_sequence<fields()>{});
    }

    /// How many descriptors a value of T carries.
    static consteval std::size_t handles() {
        if constexpr (std::same_as<T, Handle>) return 1;
        else if constexpr (is_aggregate())
            return over_fields([]<class... F>() { return (std::size_t{0} + ... + Codec<F>::handles()); });
        else return 0;
    }

private:
    static consteval bool is_aggregate() {
        return std::is_aggregate_v<T> && !detail::is_many<T, std::array> && !std::same_as<T, Handle>;
    }
    static consteval std::size_t fields() {
        static_assert(std::is_aggregate_v<T> && !std::is_array_v<T>, "a message is made of bounded aggregates");
        return boost::pfr::tuple_size_v<T>;
    }
    /// f.operator()<F...>() of all fields' types.
    static consteval std::size_t over_fields(auto f) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return f.template operator()<boost::pfr::tuple_element_t<I, T>...>();
        }(std::make_index_sequence<fields()>{});
    }
    static bool get_size(Reader& r, T& v) {
        std::uint16_t n = 0;
        return Codec<std::uint16_t>::get(r, n) && v.resize(n);
    }
};

/// The largest number of bytes that a value of T takes.
template <class T>
inline constexpr std::size_t bound = Codec<T>::bound();

/// The value as bytes in `buffer`, which holds at least `bound<T>` bytes.
template <class T>
[[nodiscard]] Bytes encode(const T& value, std::span<std::byte> buffer) {
    Writer w(buffer);
    Codec<T>::put(w, value);
    return w.written();
}

/// The value that exactly these bytes are, or `malformed`.
template <class T>
[[nodiscard]] Result<T> decode(Bytes bytes) {
    Reader r(bytes);
    Result<T> value{std::in_place};
    if (!Codec<T>::get(r, *value) || !r.at_end()) return fail(Errc::malformed, type_name<T>());
    return value;
}

/// The reply to a message that only needs a yes.
struct Done {};

/// What a server serves: its messages in the order of their numbers. Number n is `Message<n>`.
template <class... M>
struct Interface {
    static constexpr std::size_t count = sizeof...(M);
    static_assert(count <= 32, "an interface has at most 32 messages");

    template <std::size_t N> using Message = std::tuple_element_t<N, std::tuple<M...>>;
    template <class X> static constexpr bool has = (std::same_as<X, M> || ...);
    template <class X> static constexpr std::uint16_t number_of = [] {
        std::uint16_t n = 0;
        (void)((std::same_as<X, M> || (++n, false)) || ...);
        return n;
    }();

    static constexpr std::size_t request_bound = std::max({std::size_t{0}, bound<M>...});
    static constexpr std::size_t reply_bound = std::max({std::size_t{0}, bound<typename M::Reply>...});
    static_assert(((Codec<M>::handles() == 0) && ...), "a descriptor travels in a reply only");
    static_assert(((Codec<typename M::Reply>::handles() <= max_handles) && ...));
    static_assert(request_bound <= hard_max_size && reply_bound <= hard_max_size);

    static constexpr std::uint64_t fingerprint = [] {
        Fingerprint f;
        ((Codec<M>::mix(f), Codec<typename M::Reply>::mix(f)), ...);
        return f.value();
    }();
};

/// The name of a message as manifests write it: the struct's own name without its namespace.
template <class M>
constexpr std::string_view message_name() {
    std::string_view name = type_name<M>();
    return name.substr(name.rfind(':') + 1);
}

}  // namespace voltkeep::kernel
