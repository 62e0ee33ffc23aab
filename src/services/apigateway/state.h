// Everything the operations and the data plane share.
#pragma once

#include "service/environment.h"
#include "services/apigateway/model/limits.h"
#include "services/apigateway/ports.h"
#include "services/apigateway/proxy/authorizer_cache.h"
#include "services/apigateway/proxy/meters.h"
#include "services/apigateway/proxy/stage_metrics.h"
#include "services/apigateway/proxy/view.h"
#include "services/apigateway/store/records.h"

namespace tandem::apigateway {

struct State {
  State(service::Environment given, ApiGatewayPorts neighbours)
      : environment(std::move(given)),
        ports(neighbours),
        records(environment.store),
        account(account_limit(environment.region)),
        stage_metrics(environment) {}

  service::Environment environment;
  ApiGatewayPorts ports;
  Records records;
  RateLimit account;
  View view;
  Meters meters;
  StageMetrics stage_metrics;
  AuthorizerCache authorized;
};

}  // namespace tandem::apigateway
