// A method lives inside its resource's record, with its responses and its integration; this reads
// and writes it there.
#pragma once

#include <string>

#include "core/json.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

class MethodRecord {
 public:
  /// Of the input's restApiId, resourceId and httpMethod, in whatever case. Throws
  /// NotFoundException when there is no such resource: of an unknown API, too, AWS says no more
  /// than that (measured).
  MethodRecord(State& state, const json::object& input);

  bool exists() const;
  const std::string& name() const { return name_; }
  /// Throws NotFoundException when there is none.
  json::object& method();
  /// Throws NotFoundException when there is no method, or it has none.
  json::object& integration();
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

/// The responses of a method ("methodResponses") or of an integration ("integrationResponses"), by
/// status.
class Responses {
 public:
  Responses(json::object& owner, std::string_view member) : owner_(owner), member_(member) {}

  bool contains(const std::string& status) const;
  /// Throws NotFoundException when there is none.
  json::object& at(const std::string& status);
  void put(const std::string& status, json::object response);
  /// Throws NotFoundException when there is none.
  void erase(const std::string& status);

 private:
  json::object& owner_;
  std::string_view member_;
};

}  // namespace tandem::apigateway
