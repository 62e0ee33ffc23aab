// A method lives inside its resource's record; this reads and writes it there.
#pragma once

#include <string>

#include "core/json.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

class MethodRecord {
 public:
  /// Of the input's restApiId, resourceId and httpMethod. Throws NotFoundException for the first
  /// two.
  MethodRecord(State& state, const json::object& input);

  bool exists() const;
  /// Throws NotFoundException when there is none.
  json::object& method();
  void put(json::object method);
  void erase();
  const std::string& resource_id() const { return resource_id_; }
  /// Writes the changed record.
  void store();

 private:
  State& state_;
  std::string api_id_;
  std::string resource_id_;
  std::string name_;
  json::object resource_;
};

}  // namespace tandem::apigateway
