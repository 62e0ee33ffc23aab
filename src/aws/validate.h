// A document against its shape's constraints, in the words AWS's services use.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aws/error.h"
#include "aws/model.h"
#include "core/json.h"

namespace re2 {
class RE2;
}

namespace tandem::aws {

struct Violation {
  std::string value;       ///< as printed: 'x' in quotes, or null
  std::string path;        ///< "keySchema.1.member.attributeName"
  std::string constraint;  ///< "Member must not be null"
};

/// Checks documents. Compiles each pattern once, on first use. For any thread: large documents are
/// checked on the pool.
///
/// RE2 has no look-around, so the few patterns that use it (Lambda's alias names, ACM's domain
/// names, an IAM alias) are not checked here: their services check them. A repetition over 1,000 is
/// left to the length constraint that always stands beside it.
class Validator {
 public:
  Validator();
  ~Validator();

  /// At most 10 violations, in model order. raw_payload says that the payload member, which is not
  /// in the document, was there. Also makes sure that values have the types the model gives them,
  /// which in-process callers do not guarantee: throws ApiError SerializationException.
  std::vector<Violation> check(const model::Shape& structure, const json::object& document,
                               bool raw_payload = false);

  /// False when the pattern does not match the whole text; true also for a pattern RE2 cannot
  /// express.
  bool matches(std::string_view pattern, std::string_view text);
  /// True when the pattern can be expressed here.
  bool can_check(std::string_view pattern);

 private:
  const re2::RE2& compiled(std::string_view pattern);
  std::mutex compiling_;
  std::unordered_map<std::string, std::unique_ptr<re2::RE2>> patterns_;
};

/// "2 validation errors detected: Value 'x' at 'y' failed to satisfy constraint: …; …" with the
/// service's code. Nothing when there is no violation.
std::optional<ApiError> validation_error(const model::Operation& operation,
                                         const std::vector<Violation>& violations);

}  // namespace tandem::aws
