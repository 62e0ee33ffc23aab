#include "aws/cbor.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "core/bytes.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using model::Member;
using model::Shape;
using model::Type;

constexpr int kMaxDepth = 128;

/// RFC 8949, 3.1.
enum Major : unsigned { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };
constexpr unsigned kIndefinite = 31;
constexpr unsigned char kBreak = 0xff;
constexpr std::uint64_t kEpochTag = 1;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  json::value whole() {
    json::value value = item(0);
    if (at_ != bytes_.size()) throw CborError("There is something behind the end.");
    return value;
  }

 private:
  struct Head {
    unsigned major = 0;
    unsigned more = 0;        ///< the low five bits
    std::uint64_t value = 0;  ///< nothing when there is no length
    bool indefinite() const { return more == kIndefinite; }
  };

  [[noreturn]] static void cut_off() { throw CborError("The end is missing."); }
  [[noreturn]] static void malformed() { throw CborError("It is not well-formed."); }

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) cut_off();
    const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(count));
    at_ += taken.size();
    return taken;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char byte : take(size)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  bool at_break() {
    if (at_ >= bytes_.size()) cut_off();
    if (static_cast<unsigned char>(bytes_[at_]) != kBreak) return false;
    ++at_;
    return true;
  }

  Head head() {
    constexpr unsigned kOneByte = 24;
    constexpr unsigned kEightBytes = 27;
    const auto first = static_cast<unsigned>(number(1));
    Head head{first >> 5U, first & 31U, first & 31U};
    if (head.more < kOneByte) return head;
    if (head.more <= kEightBytes) {
      head.value = number(std::size_t{1} << (head.more - kOneByte));
    } else if (!head.indefinite()) {
      malformed();
    }
    return head;
  }

  json::value item(int depth) {
    if (depth > kMaxDepth) throw CborError("It is nested too deep.");
    const Head start = head();
    const bool has_end = start.major >= kBytes && start.major <= kMap;
    if (start.indefinite() && !has_end) malformed();
    switch (start.major) {
      case kUnsigned:
        return start.value;
      case kNegative:
        return negative(start.value);
      case kBytes:
        return json::value(json::string(core::base64_encode(string(start, kBytes))));
      case kText:
        return json::value(json::string(text(start)));
      case kArray:
        return array(start, depth);
      case kMap:
        return map(start, depth);
      case kTag:
        return tagged(start.value, depth);
      default:
        return simple(start);
    }
  }

  static json::value negative(std::uint64_t value) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value <= kMost) return -1 - static_cast<std::int64_t>(value);
    return -1.0 - static_cast<double>(value);
  }

  std::string string(const Head& start, unsigned major) {
    if (!start.indefinite()) return std::string(take(start.value));
    std::string all;
    while (!at_break()) {
      const Head piece = head();
      if (piece.major != major || piece.indefinite()) malformed();
      all += take(piece.value);
    }
    return all;
  }
  std::string text(const Head& start) {
    std::string all = string(start, kText);
    if (!core::is_utf8(all)) throw CborError("A text is not UTF-8.");
    return all;
  }

  json::value array(const Head& start, int depth) {
    json::array all;
    // Not reserved: what a length says costs nothing until there are items.
    for (std::uint64_t i = 0; start.indefinite() ? !at_break() : i < start.value; ++i) {
      all.push_back(item(depth + 1));
    }
    return all;
  }
  json::value map(const Head& start, int depth) {
    json::object all;
    for (std::uint64_t i = 0; start.indefinite() ? !at_break() : i < start.value; ++i) {
      const Head name = head();
      if (name.major != kText) throw CborError("A map's key is no text.");
      const std::string key = text(name);
      all[key] = item(depth + 1);
    }
    return all;
  }

  json::value tagged(std::uint64_t tag, int depth) {
    if (tag != kEpochTag) throw CborError("It has a tag that this protocol has not.");
    json::value seconds = item(depth + 1);
    if (!seconds.is_number()) malformed();
    return seconds;
  }

  json::value simple(const Head& start) {
    constexpr unsigned kFalse = 20;
    constexpr unsigned kTrue = 21;
    constexpr unsigned kNull = 22;
    constexpr unsigned kUndefined = 23;
    constexpr unsigned kHalf = 25;
    constexpr unsigned kSingle = 26;
    constexpr unsigned kDouble = 27;
    switch (start.more) {
      case kFalse:
        return false;
      case kTrue:
        return true;
      case kNull:
      case kUndefined:
        return nullptr;
      case kHalf:
        return half(static_cast<unsigned>(start.value));
      case kSingle:
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(start.value)));
      case kDouble:
        return std::bit_cast<double>(start.value);
      default:
        malformed();
    }
  }

  /// RFC 8949, appendix D.
  static double half(unsigned bits) {
    const unsigned exponent = bits >> 10U & 0x1fU;
    const auto fraction = static_cast<double>(bits & 0x3ffU);
    double value = 0;
    if (exponent == 0) {
      value = std::ldexp(fraction, -24);
    } else if (exponent != 31) {
      value = std::ldexp(fraction + 1024, static_cast<int>(exponent) - 25);
    } else {
      value = fraction == 0 ? std::numeric_limits<double>::infinity()
                            : std::numeric_limits<double>::quiet_NaN();
    }
    return (bits & 0x8000U) != 0 ? -value : value;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

class Writer {
 public:
  void structure(const Shape* shape, const json::object& document) {
    start(kMap);
    for (const auto& [key, item] : document) {
      if (item.is_null()) continue;
      const std::string_view name(key.data(), key.size());
      const auto member = shape == nullptr ? std::nullopt : shape->member(name);
      if (member && member->location() != model::Location::kBody) continue;
      text(member ? member->wire_name() : name);
      value(member ? std::optional(member->shape()) : std::nullopt, item);
    }
    end();
  }
  std::string take() { return std::move(bytes_); }

 private:
  void value(const std::optional<Shape>& shape, const json::value& item) {
    if (item.is_object()) return object(shape, item.get_object());
    if (item.is_array()) {
      const auto element =
          shape && shape->is(Type::kList) ? std::optional(shape->element().shape()) : std::nullopt;
      start(kArray);
      for (const json::value& each : item.get_array()) value(element, each);
      return end();
    }
    scalar(shape, item);
  }

  void object(const std::optional<Shape>& shape, const json::object& item) {
    if (!shape || !shape->is(Type::kMap)) {
      return structure(shape && shape->is(Type::kStructure) ? &*shape : nullptr, item);
    }
    const Shape element = shape->value().shape();
    start(kMap);
    for (const auto& [key, each] : item) {
      text({key.data(), key.size()});
      value(element, each);
    }
    end();
  }

  void scalar(const std::optional<Shape>& shape, const json::value& item) {
    const Type type = shape ? shape->type() : Type::kString;
    if (item.is_string()) return string(type, json::view(item.get_string()));
    if (item.is_bool()) return byte(item.get_bool() ? 0xf5 : 0xf4);
    if (!item.is_number()) return byte(0xf6);
    if (type == Type::kTimestamp) {
      head(kTag, kEpochTag);
      return real(item.to_number<double>());
    }
    const bool real_type = type == Type::kDouble || type == Type::kFloat;
    if (item.is_double() || real_type) return real(item.to_number<double>());
    if (item.is_uint64()) return head(kUnsigned, item.get_uint64());
    const std::int64_t number = item.get_int64();
    if (number >= 0) return head(kUnsigned, static_cast<std::uint64_t>(number));
    head(kNegative, static_cast<std::uint64_t>(-1 - number));
  }

  void string(Type type, std::string_view item) {
    if (type == Type::kBlob) {
      if (const auto bytes = core::base64_decode(item)) {
        head(kBytes, bytes->size());
        bytes_ += *bytes;
        return;
      }
    }
    text(item);
  }

  void text(std::string_view item) {
    head(kText, item.size());
    bytes_ += item;
  }
  /// Never a half: older clients do not read them.
  void real(double number) {
    byte(0xfb);
    big_endian(std::bit_cast<std::uint64_t>(number), sizeof number);
  }
  void start(unsigned major) { byte(major << 5U | kIndefinite); }
  void end() { byte(kBreak); }
  void head(unsigned major, std::uint64_t number) {
    constexpr std::uint64_t kInHead = 24;
    if (number < kInHead) return byte(major << 5U | static_cast<unsigned>(number));
    unsigned code = 24;
    std::size_t size = 1;
    while (size < sizeof number && number >> (8 * size) != 0) {
      size *= 2;
      ++code;
    }
    byte(major << 5U | code);
    big_endian(number, size);
  }
  void big_endian(std::uint64_t number, std::size_t size) {
    for (std::size_t i = size; i-- > 0;) byte(static_cast<unsigned>(number >> (8 * i) & 0xffU));
  }
  void byte(unsigned value) { bytes_ += static_cast<char>(value); }

  std::string bytes_;
};

}  // namespace

json::value decode_cbor(std::string_view bytes) { return Reader(bytes).whole(); }

std::string encode_cbor(const Shape& structure, const json::object& document) {
  Writer writer;
  writer.structure(&structure, document);
  return writer.take();
}

std::string encode_cbor(const json::object& document) {
  Writer writer;
  writer.structure(nullptr, document);
  return writer.take();
}

}  // namespace tandem::aws
