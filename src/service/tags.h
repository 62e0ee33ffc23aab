// The tags of a resource: what every service keeps, checks and shows them with.
//
// AWS's general rules (AWS General Reference, "Tag naming limits and requirements"): at most 50,
// keys of 1 to 128 and values of at most 256 characters, keys that begin with "aws:" for AWS
// itself. What differs between services is which words they refuse with, and whether keys differ by
// case; that is TagRules, one constant in each service.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "core/json.h"
#include "service/operation.h"

namespace tandem::service {

struct Tag {
  std::string key;
  std::optional<std::string> value;  ///< ACM alone has tags without one
};

/// Either of AWS's two forms: a list of {"Key", "Value"}, or a map. Empty for nullptr and null. Of
/// more than a thousand the first thousand and one, which merge() refuses.
std::vector<Tag> read_tags(const json::value* document);

/// Only AWS's services set tags whose keys begin with "aws:".
enum class TagSource { kCaller, kService };
/// CloudFormation calls in-process, or signs with a key known here and names itself as AWS's does:
/// calls on behalf of a user carry the service's principal as user agent (CloudTrail shows it).
TagSource tag_source(const RequestContext& context);

struct TagRules {
  using Refusal = aws::ApiError (*)(std::string_view key);
  enum class Case { kMatters, kIgnored };

  Case keys_by_case = Case::kMatters;
  Refusal too_many = nullptr;   ///< past 50; required
  Refusal reserved = nullptr;   ///< a caller's "aws:" key; required
  Refusal duplicate = nullptr;  ///< one key twice in a request; absent: the last one counts
  Refusal bad_key = nullptr;    ///< absent: the API model sees to length and characters
  Refusal bad_value = nullptr;
};

class TagSet {
 public:
  /// As they were stored, unchecked. Borrows rules.
  explicit TagSet(const TagRules& rules, const json::value* stored = nullptr);

  /// Adds or replaces. Throws the rules' errors; nothing is changed then.
  void merge(const std::vector<Tag>& given, TagSource source);
  void remove(std::string_view key);
  void remove(const json::array* keys);
  /// Only when the tag has that value.
  void remove(std::string_view key, std::string_view value);

  bool empty() const { return tags_.empty(); }
  /// In order of keys: [{"Key", "Value"}], or a map.
  json::array list() const;
  json::object map() const;

 private:
  /// What a key is told apart by.
  std::string fold(std::string_view key) const;

  const TagRules* rules_;
  std::map<std::string, Tag> tags_;
};

/// A request's tags alone, checked.
TagSet tag_set(const TagRules& rules, const json::value* given, TagSource source);

}  // namespace tandem::service
