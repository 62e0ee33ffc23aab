// ExpressionAttributeNames and ExpressionAttributeValues, and which of them expressions used.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aws/error.h"
#include "services/dynamodb/model/json_reader.h"
#include "services/dynamodb/model/value_codec.h"

namespace tandem::dynamodb {

class Substitutions {
 public:
  /// Read one parameter. Of equal keys the last one counts.
  void read_names(JsonReader& reader);
  void read_values(JsonReader& reader);
  /// A data type of a value that nobody knows, the first; "" when all are known.
  const std::string& unknown_type() const { return unknown_type_; }
  /// For tests and expressions made in code.
  void add_name(std::string key, std::string name);
  void add_value(std::string key, Value value);

  bool has_names() const { return names_.given; }
  bool has_values() const { return values_.given; }

  /// Throws when a parameter is empty, a key is malformed or a value is invalid. Call before any
  /// expression is parsed, as the service does.
  void validate();
  /// What validate() does but for the throwing, which it leaves to that: for whoever has the time.
  void judge();
  /// Throws when something was given that no expression used. Call after all were parsed.
  void check_all_used() const;

  /// key with its "#" or ":". nullptr when not defined. Marks it as used. The pointers stay
  /// valid once validate() was called.
  const std::string* use_name(std::string_view key);
  const Value* use_value(std::string_view key);

 private:
  template <class T>
  struct Entry {
    std::string key;
    T substitute;
    std::string problem;
    bool used = false;
  };
  /// Linear while few, indexed when many: a request may carry hundreds of thousands.
  template <class T>
  struct Entries {
    std::vector<Entry<T>> list;
    std::unordered_map<std::string_view, std::size_t> index;
    bool given = false;

    /// Drops all but the last of equal keys. The list does not change any more afterwards.
    void seal();
    Entry<T>* find(std::string_view key);
    std::string unused() const;
  };

  /// More than is allowed has been read: nothing further is kept, validate() says so.
  bool too_large() const;

  void check();

  bool judged_ = false;
  std::optional<aws::ApiError> verdict_;
  std::size_t read_bytes_ = 0;
  std::string unknown_type_;
  Entries<std::string> names_;
  Entries<Value> values_;
};

}  // namespace tandem::dynamodb
