#include "services/apigateway/store/records.h"

namespace tandem::apigateway {

Records::Records(store::Store& store)
    : apis(store, "api"),
      resources(store, "resource"),
      gateway_responses(store, "gatewayresponse"),
      models(store, "model"),
      validators(store, "requestvalidator"),
      authorizers(store, "authorizer"),
      deployments(store, "deployment"),
      stages(store, "stage"),
      keys(store, "key"),
      plans(store, "plan"),
      plan_keys(store, "plankey"),
      domains(store, "domain"),
      mappings(store, "mapping"),
      usage(store, "usage"),
      settings(store, "settings"),
      store_(store) {}

void erase_all(store::WriteBatch& batch, const store::Documents& from, std::string_view prefix) {
  for (const auto& [id, document] : from.list(prefix)) from.erase(batch, id);
}

}  // namespace tandem::apigateway
