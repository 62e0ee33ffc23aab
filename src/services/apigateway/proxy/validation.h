// Step 10 of the pipeline: the request validator. AWS, developer guide: "Request validation for
// REST APIs": required parameters are there and not blank; then the body fits its model.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"
#include "net/http.h"
#include "services/apigateway/model/json_schema.h"
#include "services/apigateway/model/routes.h"
#include "services/apigateway/proxy/gateway_response.h"

namespace tandem::apigateway {

/// What a method's validator looks at, compiled with its stage.
struct RequestChecks {
  struct Parameter {
    enum class Where { kHeader, kPath, kQuery };
    Where where;
    std::string name;
  };
  std::vector<Parameter> required;  ///< in the order in which missing ones are named
  /// By content type, lower case, or "$default". Empty: bodies are not looked at.
  std::map<std::string, std::shared_ptr<const JsonSchema>, std::less<>> models;
};

/// The models of one deployment's snapshot, each compiled once.
class SnapshotSchemas {
 public:
  SnapshotSchemas(std::string api_id, const json::object& snapshot);
  /// Null for a model whose bodies are not judged: it is not JSON.
  std::shared_ptr<const JsonSchema> find(const std::string& model);

 private:
  std::string api_id_;
  std::map<std::string, const json::object*, std::less<>> models_;
  std::map<std::string, std::shared_ptr<const JsonSchema>, std::less<>> compiled_;
};

/// Null when the method has no validator, or one that looks at nothing.
std::shared_ptr<const RequestChecks> compile_checks(const json::object& method,
                                                    const json::object& snapshot,
                                                    SnapshotSchemas& schemas);

/// What does not pass is refused; nothing for what does.
std::optional<Refusal> check_parameters(const RequestChecks& checks,
                                        const net::HttpRequest& request,
                                        const PathParameters& path);
/// The schema the body is judged by: null when it is not judged.
std::shared_ptr<const JsonSchema> schema_for(const RequestChecks& checks,
                                             const net::HttpRequest& request);
/// An empty body is judged as {}.
bool body_fits(const JsonSchema& schema, std::string_view body);
/// Larger bodies are judged beside the loop.
inline constexpr std::size_t kJudgedOnLoop = 64 * 1024;
/// The whole step; request and path live until it is done.
Task<std::optional<Refusal>> validate(core::Workers* workers,
                                      std::shared_ptr<const RequestChecks> checks,
                                      const net::HttpRequest* request, const PathParameters* path);

}  // namespace tandem::apigateway
