// A copy of one API in memory, which ordinary operations change: what goes wrong leaves nothing
// behind, and what goes well is written at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/operation.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

class Draft {
 public:
  /// Without any API.
  explicit Draft(State& real);
  /// kBare: the API and its root only, with the models that every API has.
  enum class Copy { kWhole, kBare };
  void copy(const std::string& api_id, Copy how);

  State& state() { return draft_; }
  /// Calls an operation; a member that it does not honour is refused as in a request. An operation
  /// that is not there is refused by its name.
  Task<json::object> call(std::string operation, json::object input);
  bool has(std::string_view operation) const { return find(operation) != nullptr; }

  /// The API as it is now takes the place of what is stored of it, but for deployments and stages.
  /// Throws ConflictException when what was copied has changed since.
  void commit(const std::string& api_id);

 private:
  using Children = std::vector<std::pair<std::string, json::object>>;
  const service::Operation* find(std::string_view name) const;
  /// What is stored of an API: its record and everything below it.
  std::vector<Children> stored(const std::string& api_id) const;

  State& real_;
  std::unique_ptr<store::Store> store_;
  State draft_;
  std::vector<service::Operation> table_;
  std::vector<Children> copied_;  ///< empty: nothing was
};

}  // namespace tandem::apigateway
