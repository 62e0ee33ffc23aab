// Members of a request that an operation does not honour: those that its row does not accept, and
// those that neither the API model nor what AWS has added since (younger.json) knows, which may
// mean anything. Both are refused by name; `unknown_members: warn` of tandem.yaml lets the latter
// pass.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "aws/model.h"
#include "aws/unknown.h"
#include "core/json.h"
#include "service/config.h"

namespace tandem::service {

struct Row;

/// A path such as "Code.SourceKMSKeyArn" into an input.
struct Unhonoured {
  std::string path;
  bool known = true;  ///< to the model
};
/// The first member of the input that row does not honour. Members that stand in others are the
/// services' own to refuse, but for younger ones: their services were written without them, so
/// they have to be accepted by path. "logGroupClass=STANDARD" accepts that one value, which means
/// the same as nothing.
std::optional<Unhonoured> first_unhonoured(const Row& row, const aws::model::Shape& shape,
                                           const json::object& input);

/// What becomes of a request with names that nobody knows. Any thread: large requests are read on
/// the pool.
class UnknownPolicy {
 public:
  explicit UnknownPolicy(UnknownMembers how) : how_(how) {}

  /// kRefuse: throws the neutral error that dispatch renders in the service's own shape, unless
  /// there are none. kWarn: says each name once in the log.
  void judge(std::string_view operation, const aws::UnknownNames& names);

 private:
  UnknownMembers how_;
  std::mutex mutex_;
  std::set<std::string> told_;  ///< bounded
};

}  // namespace tandem::service
