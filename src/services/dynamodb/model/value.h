// Attribute values: the typed tree every expression works on. Pure data; no limits are enforced
// here, they belong to the reader (value_codec.h) and the operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/decimal.h"

namespace tandem::dynamodb {

/// In the order of Value's alternatives.
enum class Type : std::uint8_t { kS, kN, kB, kBool, kNull, kSS, kNS, kBS, kL, kM };

/// "S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M".
std::string_view type_name(Type type);

class Value;
struct Attribute;

using List = std::vector<Value>;

/// A map by attribute name that keeps the order of insertion. Small maps are the rule, so it is a
/// vector; the reader guards against many equal names itself.
class Map {
 public:
  Map();
  Map(const Map&);
  Map(Map&&) noexcept;
  Map& operator=(const Map&);
  Map& operator=(Map&&) noexcept;
  ~Map();

  const Value* find(std::string_view name) const;
  Value* find(std::string_view name);
  /// Replaces or appends.
  void set(std::string_view name, Value value);
  /// Appends without looking for an equal name.
  Value& append(std::string name, Value value);
  bool erase(std::string_view name);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  const std::vector<Attribute>& attributes() const { return attributes_; }
  std::vector<Attribute>& attributes() { return attributes_; }

 private:
  std::vector<Attribute> attributes_;
};

struct Binary {
  std::string bytes;
  friend bool operator==(const Binary&, const Binary&) = default;
};
struct Null {
  friend bool operator==(Null, Null) { return true; }
};
/// Sets hold no two equal members. Order means nothing; those read from text are sorted.
struct StringSet {
  std::vector<std::string> members;
};
struct NumberSet {
  std::vector<core::Decimal> members;
};
struct BinarySet {
  std::vector<std::string> members;
};

class Value {
 public:
  using Data = std::variant<std::string, core::Decimal, Binary, bool, Null, StringSet, NumberSet,
                            BinarySet, List, Map>;

  Value() : data_(Null{}) {}
  Value(Data data) : data_(std::move(data)) {}    // NOLINT: implicit by design
  Value(core::Decimal number) : data_(number) {}  // NOLINT: implicit by design
  static Value string(std::string text) { return Data(std::in_place_index<0>, std::move(text)); }
  static Value boolean(bool value) { return Data(std::in_place_index<3>, value); }

  Type type() const { return static_cast<Type>(data_.index()); }
  template <class T>
  const T* get() const {
    return std::get_if<T>(&data_);
  }
  template <class T>
  T* get() {
    return std::get_if<T>(&data_);
  }
  /// The bytes of an S or B value; nullptr for other types.
  const std::string* bytes() const;
  const Data& data() const { return data_; }

 private:
  Data data_;
};

struct Attribute {
  std::string name;
  Value value;
};

/// DynamoDB's equality: same type and same value; sets and maps compare without order.
bool operator==(const Value& a, const Value& b);
bool operator==(const Map& a, const Map& b);

/// Order among two S, two N or two B values: negative, zero or positive. Unordered for others.
struct Order {
  bool comparable = false;
  int sign = 0;
};
Order compare(const Value& a, const Value& b);

/// Bytes as DynamoDB counts them against the 400 KB limit and for capacity (Developer Guide,
/// "DynamoDB item sizes and formats").
std::size_t value_size(const Value& value);
/// Names and values of all attributes.
std::size_t item_size(const Map& item);

/// The level of the innermost value; an attribute's own value is level 1.
int nesting(const Map& item);

}  // namespace tandem::dynamodb
