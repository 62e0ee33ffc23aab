// What the data plane reads: the control plane's records, compiled. Rebuilt in part whenever a
// record it depends on changes, never read from the store during a request.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/apigateway/model/gateway_responses.h"
#include "services/apigateway/model/routes.h"
#include "services/apigateway/model/throttle.h"
#include "services/apigateway/proxy/compiled_authorizer.h"
#include "services/apigateway/proxy/integration.h"
#include "services/apigateway/proxy/validation.h"
#include "services/apigateway/store/records.h"

namespace tandem::apigateway {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

struct CompiledMethod {
  std::string http_method;  ///< as configured: "GET", "ANY"
  CompiledIntegration integration;
  bool api_key_required = false;
  std::shared_ptr<const RequestChecks> checks;           ///< null: no request validator
  std::shared_ptr<const CompiledAuthorizer> authorizer;  ///< null: of no type CUSTOM
  std::string setting_key;                               ///< "/todos/GET": how throttles name it
  std::optional<RateLimit> stage_limit;                  ///< of the stage's method settings
  std::string meter_key;                                 ///< names its bucket
};

struct CompiledResource {
  std::string id;
  std::string path;
  std::vector<CompiledMethod> methods;

  /// The method itself, else ANY.
  const CompiledMethod* find(std::string_view http_method) const;
};

struct CompiledStage {
  std::string api_id;
  std::string name;
  std::string metric_name;  ///< the API's, as its metrics have it
  std::string deployment_id;
  std::string variables_json;  ///< ready for the event: "null" or an object
  json::object variables;
  bool default_endpoint_disabled = false;
  bool key_from_authorizer = false;             ///< apiKeySource AUTHORIZER
  std::vector<std::string> binary_media_types;  ///< lower case
  std::optional<std::size_t> minimum_compression;
  ResponseShapes response_shapes;  ///< of the gateway's own answers
  std::vector<CompiledResource> resources;
  Routes routes;  ///< targets index resources
};

struct CompiledPlan {
  struct Stage {
    std::string api_id;
    std::string stage;
    std::map<std::string, RateLimit, std::less<>> method_limits;  ///< by "/todos/GET"
  };
  std::string id;
  std::optional<RateLimit> limit;
  std::optional<Quota> quota;
  std::vector<Stage> stages;

  const Stage* find(std::string_view api_id, std::string_view stage) const;
};

struct CompiledKey {
  struct Membership {
    std::shared_ptr<const CompiledPlan> plan;
    std::string meter_key;  ///< "<plan>/<key>"
  };
  std::string id;
  bool enabled = false;
  std::vector<Membership> plans;
};

struct CompiledDomain {
  struct Mapping {
    std::string api_id;
    std::string stage;  ///< empty: the next path segment names it
  };
  std::map<std::string, Mapping, std::less<>> mappings;  ///< by base path; "" is (none)
};

/// Stages and keys are handed out as shared pointers: a request under way keeps what it began with.
class View {
 public:
  void load_all(const Records& records);
  void load_api(const Records& records, const std::string& api_id);
  /// Keys, plans and their memberships.
  void load_keys(const Records& records);
  void load_domains(const Records& records);
  void clear();

  std::shared_ptr<const CompiledStage> find_stage(std::string_view api_id,
                                                  std::string_view stage) const;
  std::shared_ptr<const CompiledKey> find_key(std::string_view value) const;
  /// The domain itself, else the wildcard domain that covers it.
  std::shared_ptr<const CompiledDomain> find_domain(std::string_view name) const;

 private:
  using Stages = TextMap<std::shared_ptr<const CompiledStage>>;
  TextMap<Stages> apis_;
  TextMap<std::shared_ptr<const CompiledKey>> keys_;  ///< by value
  TextMap<std::shared_ptr<const CompiledDomain>> domains_;
};

}  // namespace tandem::apigateway
