#include "services/dynamodb/model/substitutions.h"

#include <algorithm>
#include <unordered_set>

#include "aws/error.h"

namespace tandem::dynamodb {
namespace {

aws::ApiError invalid(std::string message) {
  return aws::ApiError::validation_exception(std::move(message));
}

/// Quotas, "Expression parameters": "#name" and ":value" are at most 255 bytes.
constexpr std::size_t kMaxKey = 255;
/// Together at most 2 MB.
constexpr std::size_t kMaxTotal = 2 * 1024 * 1024;

bool is_key(std::string_view key, char sign) {
  return key.size() >= 2 && key.front() == sign &&
         std::all_of(key.begin() + 1, key.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

void check_key(std::string_view parameter, std::string_view key, char sign) {
  if (!is_key(key, sign)) {
    throw invalid(std::string(parameter)
                      .append(" contains invalid key: Syntax error; key: \"")
                      .append(key)
                      .append("\""));
  }
  if (key.size() > kMaxKey) {
    throw invalid(std::string(parameter)
                      .append(" contains invalid key: The expression attribute map contains a key "
                              "that is too long; maximum: 255, key: \"")
                      .append(key)
                      .append("\""));
  }
}

void check_name(std::string_view key, std::string_view name) {
  constexpr std::string_view kInvalid = "ExpressionAttributeNames contains invalid value: ";
  if (name.empty()) {
    throw invalid(std::string(kInvalid).append("Empty attribute name for key ").append(key));
  }
  if (name.size() > kMaxAttributeName) {
    throw invalid(std::string(kInvalid)
                      .append("Attribute name is too large, must be less than 65536 bytes for key ")
                      .append(key));
  }
}

aws::ApiError over_the_limit() {
  return invalid(
      "The total size of ExpressionAttributeNames and ExpressionAttributeValues exceeds the limit "
      "of 2097152 bytes");
}

constexpr std::string_view kNames = "ExpressionAttributeNames";
constexpr std::string_view kValues = "ExpressionAttributeValues";

}  // namespace

template <class T>
void Substitutions::Entries<T>::seal() {
  constexpr std::size_t kFew = 16;
  if (list.size() <= kFew) {
    for (std::size_t last = list.size(); last-- > 0;) {
      for (std::size_t i = last; i-- > 0;) {
        if (list[i].key == list[last].key) {
          list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
          --last;
        }
      }
    }
    return;
  }
  std::unordered_set<std::string> seen;
  std::vector<Entry<T>> kept;
  for (std::size_t i = list.size(); i-- > 0;) {
    if (seen.insert(list[i].key).second) kept.push_back(std::move(list[i]));
  }
  std::reverse(kept.begin(), kept.end());
  list = std::move(kept);
  for (std::size_t i = 0; i < list.size(); ++i) index.emplace(list[i].key, i);
}

template <class T>
Substitutions::Entry<T>* Substitutions::Entries<T>::find(std::string_view key) {
  if (!index.empty()) {
    const auto found = index.find(key);
    return found == index.end() ? nullptr : &list[found->second];
  }
  const auto found =
      std::find_if(list.begin(), list.end(), [key](const auto& entry) { return entry.key == key; });
  return found == list.end() ? nullptr : &*found;
}

template <class T>
std::string Substitutions::Entries<T>::unused() const {
  std::string keys;
  for (const auto& entry : list) {
    if (entry.used) continue;
    if (!keys.empty()) keys += ", ";
    keys += entry.key;
  }
  return keys;
}

void Substitutions::read_names(JsonReader& reader) {
  names_.given = true;
  reader.require_object("java.util.Map<java.lang.String, java.lang.String>");
  reader.object([&](std::string_view key) {
    std::string own(key);
    if (reader.take_null()) return;
    if (too_large()) return reader.skip();
    std::string name = reader.string();
    read_bytes_ += own.size() + name.size();
    add_name(std::move(own), std::move(name));
  });
}

void Substitutions::read_values(JsonReader& reader) {
  values_.given = true;
  reader.require_object(
      "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>");
  reader.object([&](std::string_view key) {
    if (too_large()) return reader.skip();
    std::string own(key);
    Problem problem;
    Value value = read_value(reader, problem);
    if (unknown_type_.empty()) unknown_type_ = std::move(problem.unknown);
    read_bytes_ += own.size() + value_size(value);
    values_.list.push_back({std::move(own), std::move(value), std::move(problem.message), false});
  });
}

void Substitutions::add_name(std::string key, std::string name) {
  names_.given = true;
  names_.list.push_back({std::move(key), std::move(name), {}, false});
}

void Substitutions::add_value(std::string key, Value value) {
  values_.given = true;
  values_.list.push_back({std::move(key), std::move(value), {}, false});
}

void Substitutions::validate() {
  judge();
  if (verdict_) throw *verdict_;
}

void Substitutions::judge() {
  if (judged_) return;
  judged_ = true;
  try {
    check();
  } catch (const aws::ApiError& error) {
    verdict_ = error;
  }
}

void Substitutions::check() {
  if (too_large()) throw over_the_limit();
  names_.seal();
  values_.seal();
  std::size_t total = 0;
  if (names_.given) {
    if (names_.list.empty()) throw invalid("ExpressionAttributeNames must not be empty");
    for (const auto& entry : names_.list) {
      check_key(kNames, entry.key, '#');
      check_name(entry.key, entry.substitute);
      total += entry.key.size() + entry.substitute.size();
    }
  }
  if (values_.given) {
    if (values_.list.empty()) throw invalid("ExpressionAttributeValues must not be empty");
    for (const auto& entry : values_.list) check_key(kValues, entry.key, ':');
    for (const auto& entry : values_.list) {
      if (!entry.problem.empty()) {
        throw invalid("ExpressionAttributeValues contains invalid value: " + entry.problem +
                      " for key " + entry.key);
      }
      total += entry.key.size() + value_size(entry.substitute);
    }
  }
  if (total > kMaxTotal) throw over_the_limit();
}

bool Substitutions::too_large() const { return read_bytes_ > kMaxTotal; }

void Substitutions::check_all_used() const {
  if (const std::string keys = names_.unused(); !keys.empty()) {
    throw invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {" +
                  keys + "}");
  }
  if (const std::string keys = values_.unused(); !keys.empty()) {
    throw invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {" +
                  keys + "}");
  }
}

const std::string* Substitutions::use_name(std::string_view key) {
  Entry<std::string>* entry = names_.find(key);
  if (entry == nullptr) return nullptr;
  entry->used = true;
  return &entry->substitute;
}

const Value* Substitutions::use_value(std::string_view key) {
  Entry<Value>* entry = values_.find(key);
  if (entry == nullptr) return nullptr;
  entry->used = true;
  return &entry->substitute;
}

}  // namespace tandem::dynamodb
